/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real rbldnsd for tests: in a directory of its own, on a free port of
 * loopback.  Zones: bl.test and wl.test with the same data: 127.0.0.2,
 * ::ffff:7f00:2 and 10.0.0.0/9 are listed as 127.0.0.2, 10.128.0.0/10 as
 * 127.0.0.10, 2001:db8::/32 as 127.0.0.2.
 */
#ifndef POSTERN_TESTS_RBLDNSD_H
#define POSTERN_TESTS_RBLDNSD_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RBLDNSD "/usr/sbin/rbldnsd"

struct rbldnsd {
	pid_t pid;
	uint16_t port;
	char directory[64];
};

static const char rbldnsd_ip4[] =
	"$SOA 200 ns.test root.test 1 3600 600 86400 100\n"
	"$NS 3600 ns.test\n"
	"$TTL 300\n"
	":127.0.0.2:listed $\n"
	"127.0.0.2\n"
	"10.0.0.0/9\n"
	"10.128.0.0/10 :127.0.0.10:policy\n";
static const char rbldnsd_ip6[] = "$TTL 300\n"
				  ":127.0.0.2:listed $\n"
				  "2001:db8::/32\n"
				  "::ffff:7f00:2\n";

/* A port that nothing has bound just now. */
static inline uint16_t rbldnsd_free_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t length = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&in, length) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &length) != 0)
		abort();
	close(fd);
	return ntohs(in.sin_port);
}

static inline void rbldnsd_write(const struct rbldnsd *rbldnsd,
				 const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", rbldnsd->directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	chmod(path, 0644);
}

/* Whether it answers anything within ten seconds. */
static inline bool rbldnsd_answers(const struct rbldnsd *rbldnsd)
{
	static const uint8_t query[] = {0,   1,	  1, 0, 0,   1,	  0, 0,	  0,
					0,   0,	  0, 2, 'b', 'l', 4, 't', 'e',
					's', 't', 0, 0, 6,   0,	  1};
	struct timeval wait = {.tv_usec = 100 * 1000};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(rbldnsd->port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool answers = false;
	char reply[512];

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0)
		abort();
	for (unsigned int i = 0; i < 100 && !answers; i++) {
		struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

		if (send(fd, query, sizeof(query), 0) > 0)
			answers = recv(fd, reply, sizeof(reply), 0) > 0;
		if (!answers)
			nanosleep(&pause, NULL);
	}
	close(fd);
	return answers;
}

static inline void rbldnsd_run(const struct rbldnsd *rbldnsd)
{
	int null = open("/dev/null", O_RDWR);
	char bind_to[32];

	snprintf(bind_to, sizeof(bind_to), "127.0.0.1/%u", rbldnsd->port);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execl(RBLDNSD, RBLDNSD, "-n", "-u", "nobody", "-b", bind_to, "-w",
	      rbldnsd->directory, "bl.test:ip4set:ip4", "bl.test:ip6trie:ip6",
	      "wl.test:ip4set:ip4", (char *)NULL);
	_exit(127);
}

/* Returns why it can't run here, or NULL. */
static inline const char *rbldnsd_start(struct rbldnsd *rbldnsd)
{
	memset(rbldnsd, 0, sizeof(*rbldnsd));
	if (access(RBLDNSD, X_OK) != 0)
		return "rbldnsd is not installed";
	if (geteuid() != 0)
		return "rbldnsd needs root, to become nobody";
	strcpy(rbldnsd->directory, "/tmp/postern-rbldnsd-XXXXXX");
	if (!mkdtemp(rbldnsd->directory))
		return "no temporary directory";
	chmod(rbldnsd->directory, 0755);
	rbldnsd_write(rbldnsd, "ip4", rbldnsd_ip4);
	rbldnsd_write(rbldnsd, "ip6", rbldnsd_ip6);
	rbldnsd->port = rbldnsd_free_port();
	rbldnsd->pid = fork();
	if (rbldnsd->pid == 0)
		rbldnsd_run(rbldnsd);
	if (!rbldnsd_answers(rbldnsd))
		return "rbldnsd does not answer";
	return NULL;
}

static inline void rbldnsd_stop(struct rbldnsd *rbldnsd)
{
	char path[128];

	if (rbldnsd->pid > 0) {
		kill(rbldnsd->pid, SIGTERM);
		waitpid(rbldnsd->pid, NULL, 0);
	}
	if (rbldnsd->directory[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s/ip4", rbldnsd->directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/ip6", rbldnsd->directory);
	unlink(path);
	rmdir(rbldnsd->directory);
}

#endif

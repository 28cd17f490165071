/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent in a network of its own. */

#include "daemon.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log.h"
#include "parent/parent.h"
#include "tables/clock.h"

static char directory[] = "/tmp/postern-hostile-XXXXXX";
static pid_t parent;
static bool usable; /* the network is there */

static const char *join(const char *middle, const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s%s/%s", directory, middle, name);
	return path;
}

const char *daemon_path(const char *name)
{
	return join("", name);
}

const char *daemon_pin(const char *name)
{
	return join("/bpf/pins", name);
}

static void write_configuration(const char *more)
{
	FILE *file = fopen(daemon_path("postern.conf"), "we");

	assert_non_null(file);
	fprintf(file,
		"interface = { veth0 }\n"
		"protect = { \"" DAEMON_PROTECTED "\" }\n"
		"user = nobody\ngroup = root\n"
		"control = \"%s/control.sock\"\n"
		"state = \"%s/state\"\n"
		"pin = \"%s/bpf/pins\"\n"
		"bypass { policy = off }\n%s\n",
		directory, directory, directory, more);
	assert_int_equal(fclose(file), 0);
}

bool daemon_setup(const char *configuration)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(mkdir(daemon_path("bpf"), 0700), 0);
	assert_int_equal(mount("bpf", daemon_path("bpf"), "bpf", 0, "mode=700"),
			 0);
	write_configuration(configuration);
	/* NOLINTNEXTLINE(cert-env33-c): words of our own */
	usable = system("PATH=$PATH:/sbin:/usr/sbin;"
			"ip link add veth0 type veth peer name veth1 &&"
			"ip link set lo up && ip link set veth0 up &&"
			"ip link set veth1 up &&"
			"ip addr add " DAEMON_PROTECTED "/24 dev veth0") == 0;
	return usable;
}

void daemon_teardown(void)
{
	char command[128];

	if (geteuid() != 0)
		return;
	if (parent)
		daemon_stop(SIGKILL);
	umount2(daemon_path("bpf"), MNT_DETACH);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	/* NOLINTNEXTLINE(cert-env33-c): words of our own */
	assert_int_equal(system(command), 0);
}

void daemon_start(void)
{
	if (!usable) {
		print_message("skipped: needs root, namespaces and veth\n");
		skip();
	}
	fflush(NULL);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		int log = open(daemon_path("log"),
			       O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);

		dup2(log, STDERR_FILENO);
		close(log);
		if (chdir(directory))
			_exit(2);
		log_init("posternd");
		_exit(parent_run(daemon_path("postern.conf"), false));
	}
}

int daemon_stop(int signal)
{
	uint64_t until = clock_monotonic_ns() + DAEMON_PATIENCE_NS / 4;
	int status = 0;

	kill(parent, signal);
	while (waitpid(parent, &status, WNOHANG) == 0) {
		if (clock_monotonic_ns() > until) {
			kill(parent, SIGKILL);
			waitpid(parent, &status, 0);
			break;
		}
		usleep(10000);
	}
	parent = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

pid_t daemon_pid(void)
{
	return parent;
}

static FILE *open_proc(const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", parent, name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	return file;
}

uint64_t daemon_cpu_ms(void)
{
	FILE *file = open_proc("stat");
	unsigned long long user, system;

	assert_int_equal(fscanf(file,
				"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u "
				"%*u %*u %*u %*u %llu %llu",
				&user, &system),
			 2);
	fclose(file);
	return (user + system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

long daemon_memory_kb(void)
{
	FILE *file = open_proc("status");
	char line[128];
	long kb = -1;

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmData: %ld", &kb) == 1)
			break;
	fclose(file);
	assert_true(kb > 0);
	return kb;
}

unsigned int daemon_descriptors(void)
{
	unsigned int count = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", parent);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

long daemon_log_size(void)
{
	struct stat stat_of;

	assert_int_equal(stat(daemon_path("log"), &stat_of), 0);
	return (long)stat_of.st_size;
}

unsigned int daemon_logged(const char *words)
{
	FILE *file = fopen(daemon_path("log"), "re");
	unsigned int count = 0;
	char line[1100];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, words) != NULL;
	fclose(file);
	return count;
}

bool daemon_filters(void)
{
	__u32 id = 0;

	assert_int_equal(bpf_xdp_query_id((int)if_nametoindex("veth0"), 0, &id),
			 0);
	return id != 0;
}

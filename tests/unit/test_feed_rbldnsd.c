/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rbldnsd's files, compared with what a real rbldnsd answers for them: all
 * traps of its grammar, and random sets.  One rbldnsd serves a zone for each
 * case.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>

#include "dns_message.h"
#include "feed_file.h"
#include "rbldnsd.h"

#define RANDOM_FILES 24
#define PROBES	     400
#define ZONES_MAX    96

struct zone_case {
	enum feed_format format;
	const char *text;
	const char *probes[12]; /* beside the random ones */
};

/* What stands before "|" in no line; each line is a trap. */
static const struct zone_case traps[] = {
	{FEED_IP4SET,
	 "1.2.3.4\r\n5.6.7.8 \r\n9.9.9.9\n",
	 {"1.2.3.4", "5.6.7.8", "9.9.9.9"}},
	{FEED_IP4SET,
	 "1.2.3.4 - 1.2.3.9\n1.2.4.4-1.2.4.9\n1.2.5.4-9\n",
	 {"1.2.3.4", "1.2.3.5", "1.2.3.9", "1.2.4.4", "1.2.4.9", "1.2.4.10",
	  "1.2.5.3", "1.2.5.4", "1.2.5.9", "1.2.5.10"}},
	{FEED_IP4SET,
	 "127-127.0.0\n126-127\n12\n10/8\n20.1\n30.1.2\n",
	 {"127.0.0.1", "126.0.0.1", "12.0.0.1", "0.0.0.12", "10.1.1.1",
	  "20.1.255.255", "20.2.0.0", "30.1.2.255", "30.1.3.0"}},
	{FEED_IP4SET, "0.0.0.0/0\n1.1.1.1\n", {"1.1.1.1", "2.2.2.2"}},
	{FEED_IP4TRIE, "0.0.0.0/0\n!1.1.1.1\n", {"1.1.1.1", "2.2.2.2"}},
	{FEED_IP4TRIE,
	 "0/0\n!1.1/16\n1.1.1/24\n",
	 {"1.1.1.1", "1.1.2.1", "2.2.2.2"}},
	{FEED_IP4SET,
	 "1.2.3.4/24\n1.2.4.0/24\n1.2.5.1/32\n1.2.6.0/33\n",
	 {"1.2.3.4", "1.2.3.0", "1.2.4.7", "1.2.5.1", "1.2.6.0"}},
	{FEED_IP4TSET,
	 "1.2.3\n1.2.3.4\n1.2.4.0/24\n!1.2.3.4\n1.2.5.1 :0:x\n",
	 {"1.2.3.4", "1.2.3.5", "1.2.4.0", "1.2.5.1"}},
	{FEED_IP4SET,
	 "1.1.1.1 :0:\n1.1.1.2 :256:\n1.1.1.3 :2\n1.1.1.4 :2:\n"
	 "1.1.1.5 :2:x\n1.1.1.6 :2x\n1.1.1.7:2\n1.1.1.8:x\n"
	 "1.1.1.9 text\n1.1.1.10 : 2\n1.1.1.11 :127.1:x\n",
	 {"1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6",
	  "1.1.1.7", "1.1.1.8", "1.1.1.9", "1.1.1.10", "1.1.1.11"}},
	{FEED_IP4SET,
	 ":0:\n1.1.1.1\n:2:\n1.1.1.2\n:256\n1.1.1.3\n",
	 {"1.1.1.1", "1.1.1.2", "1.1.1.3"}},
	{FEED_IP4SET,
	 "$TTL 60\n#$TTL 70\n;$TTL 80\n:$TTL 90\n$FOO\n#$FOO\n"
	 "1.1.1.1\n  ;c\n//x\n 1.1.1.2#c\n1.1.1.3;c\n1.1.1.4//\n",
	 {"1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"}},
	{FEED_IP4SET,
	 "1.0.0.0/8\n!1.2.0.0/16\n1.2.3.0/24\n!1.2.3.4\n",
	 {"1.1.1.1", "1.2.1.1", "1.2.3.1", "1.2.3.4", "1.2.3.5"}},
	{FEED_IP4SET,
	 "1.2.3.0/24\n!1.2.3.0/25\n1.2.3.0/26\n",
	 {"1.2.3.1", "1.2.3.64", "1.2.3.127", "1.2.3.128"}},
	{FEED_IP4TRIE,
	 "1.2.3.0/24\n!1.2.3.0/25\n1.2.3.0/26\n",
	 {"1.2.3.1", "1.2.3.64", "1.2.3.127", "1.2.3.128"}},
	{FEED_IP4TRIE,
	 "1.1.1.0/24\n!1.1.1.0/24\n!2.2.2.0/24\n2.2.2.0/24\n",
	 {"1.1.1.1", "2.2.2.2"}},
	{FEED_IP4SET,
	 "1.1.1.0/24\n!1.1.1.0/24\n!2.2.2.0/24\n2.2.2.0/24\n",
	 {"1.1.1.1", "2.2.2.2"}},
	{FEED_IP4SET,
	 "! 1.1.1.1\n1.1.1.0/24\n!1.1.1.2 :x\n!1.1.1.3x\n",
	 {"1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"}},
	{FEED_IP4TRIE,
	 "1.1.1.1-1.1.1.9\n2.2\n3\n4/8\n",
	 {"1.1.1.1", "1.1.1.2", "2.2.2.2", "3.3.3.3", "4.4.4.4"}},
	{FEED_IP4SET,
	 "$MAXRANGE4 256\n1.1.1.0/24\n1.2.0.0/16\n1.3.0.0/23\n"
	 "$MAXRANGE4 /16\n1.4.0.0/16\n$MAXRANGE4 /31\n1.5.0.0/30\n"
	 "1.5.0.8/31\n1.5.0.9\n",
	 {"1.1.1.1", "1.2.1.1", "1.3.0.1", "1.4.1.1", "1.5.0.1", "1.5.0.8"}},
	{FEED_IP4SET,
	 "001.002.003.004\n1.2.3.256\n1.2.3.\n1.2.3.5.6\n",
	 {"1.2.3.4", "1.2.3.0", "1.2.3.5"}},
	{FEED_IP4SET,
	 "\xef\xbb\xbf"
	 "1.1.1.1\n1.1.1.2",
	 {"1.1.1.1", "1.1.1.2"}},
	{FEED_IP4SET, "$TIMESTAMP 2020:01:01:00:00\n1.1.1.1\n", {"1.1.1.1"}},
	{FEED_IP4SET, "1.1.1.1\n2001:db8::1\n", {"1.1.1.1"}},
	{FEED_IP4SET,
	 "1.2.3.250-1.2.5.5\n9.9.0.0-9.11.255.255\n",
	 {"1.2.3.249", "1.2.3.250", "1.2.4.1", "1.2.5.5", "1.2.5.6",
	  "9.8.255.255", "9.9.0.0", "9.11.255.255", "9.12.0.0"}},

	{FEED_IP6TRIE,
	 "2001:db8::/32\n!2001:db8:1::/48\n2001:db8:1:2::/64\n",
	 {"2001:db8::1", "2001:db8:1::1", "2001:db8:1:2::1", "2001:db9::1"}},
	{FEED_IP6TRIE,
	 "::1\n:2:x\n::/127\n2001:db8:1:2:3:4:5:6\n",
	 {"::1", "::", "::2", "2001:db8:1:2:3:4:5:6"}},
	{FEED_IP6TRIE,
	 "2001:db8\n2001\n2001:db9/32\n1::2:\n1::12345\n1:2:\n",
	 {"2001:db8::1", "2001:db9::1", "1::2", "1::1", "2001::1"}},
	{FEED_IP6TRIE,
	 "2001:db8::1/32\n2001:db9::/129\n2001:dba::/32 :0:\n",
	 {"2001:db8::1", "2001:db9::1", "2001:dba::1"}},
	{FEED_IP6TRIE,
	 "2001:db8:1:2:3:4:5:6:7\n00002001:db9::\n",
	 {"2001:db8:1:2:3:4:5:6", "2001:db9::"}},
	{FEED_IP6TRIE,
	 "::/0\n!2001:db8::/32\n",
	 {"::1", "2001:db8::1", "ffff::1"}},
	{FEED_IP6TRIE,
	 "::ffff:7f00:2\n::ffff:7f00:0/126\n!::ffff:7f00:1\n2001:db8::/32\n",
	 {"::ffff:7f00:2", "::ffff:7f00:1", "::ffff:7f00:3", "::ffff:7f00:4",
	  "2001:db8::1"}},
	{FEED_IP6TSET,
	 "2001:db8:1:2\n!2001:db8:1:2::5\n2001:db8::\n::1\n"
	 "2001:db8:3:4 :0:\n!2001:db8:3:4\n2001:db8:5:6/64\n",
	 {"2001:db8:1:2::1", "2001:db8:1:2::5", "2001:db8::", "::1",
	  "2001:db8:3:4::1", "2001:db8:5:6::1"}},

	{FEED_COMBINED,
	 "$DATASET ip4set:a @\n1.1.1.0/24\n!1.1.1.1\n"
	 "$DATASET ip4trie b @\n2.2.0.0/16\n!2.2.2.0/24\n"
	 "$DATASET ip4set c\n3.3.3.3\n$DATASET ip4tset @ # d\n4.4.4.4\n"
	 "$DATASET dnset @\nexample.org\n",
	 {"1.1.1.1", "1.1.1.2", "2.2.2.2", "2.2.3.3", "3.3.3.3", "4.4.4.4"}},
	{FEED_COMBINED,
	 "$DATASET ip6trie @\n2001:db8::/32\n!2001:db8::1\n"
	 "$dataset ip6tset @\n2001:db9:1:2\n"
	 "#$DATASET ip4tset @\n5.5.5.5\n",
	 {"2001:db8::1", "2001:db8::2", "2001:db9:1:2::3", "5.5.5.5"}},
};

#define TRAPS (sizeof(traps) / sizeof(traps[0]))

static uint64_t seed = 25;

static uint32_t random32(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)((z ^ z >> 27) >> 16);
}

/* Few addresses, so that entries meet. */
static uint32_t random_ipv4(void)
{
	static const uint32_t masks[] = {0x0003ffff, 0x000000ff, 0x0000ffff};

	return 0x0a000000 | (random32() & masks[random32() % 3]);
}

static void put_ipv4(FILE *out, uint32_t address)
{
	fprintf(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		address >> 8 & 255, address & 255);
}

static void put_random_ipv4(FILE *out, enum feed_format format)
{
	uint32_t first = random_ipv4();
	unsigned int bits = 8 + random32() % 25;

	if (format != FEED_IP4TSET && random32() % 3 == 0)
		putc('!', out);
	if (format == FEED_IP4SET && random32() % 3 == 0) {
		put_ipv4(out, first);
		putc('-', out);
		put_ipv4(out, first + (random32() & 0xffff) /
					      (1U << random32() % 16));
	} else if (format != FEED_IP4TSET && random32() % 2) {
		if (random32() % 2)
			bits = 24 + random32() % 9;
		put_ipv4(out,
			 first & ~(uint32_t)(UINT64_C(0xffffffff) >> bits));
		fprintf(out, "/%u", bits);
	} else {
		put_ipv4(out, first);
	}
	putc('\n', out);
}

static void put_random_ipv6(FILE *out, enum feed_format format)
{
	bool excludes = random32() % 3 == 0;
	unsigned int bits = 4 * (8 + random32() % 25);
	struct addr addr = {{0x20, 0x01, 0x0d, 0xb8}};
	char text[ADDR_TEXT];

	addr.octets[6] = (uint8_t)(random32() % 3);
	addr.octets[7] = (uint8_t)(random32() % 3);
	addr.octets[15] = (uint8_t)(random32() % 4);
	if (excludes)
		putc('!', out);
	if (format == FEED_IP6TSET && !excludes) {
		fprintf(out, "2001:db8:0:%x%02x\n", addr.octets[6],
			addr.octets[7]);
		return;
	}
	if (format == FEED_IP6TSET)
		bits = 128;
	addr = addr_mask(&addr, (uint8_t)bits);
	fprintf(out, "%s/%u\n", addr_format(&addr, text), bits);
}

static char *random_text(enum feed_format format)
{
	bool ipv6 = format == FEED_IP6TRIE || format == FEED_IP6TSET;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (unsigned int i = 0; i < 120; i++) {
		if (ipv6)
			put_random_ipv6(out, format);
		else
			put_random_ipv4(out, format);
	}
	/* A length stands only after an entry of a trie. */
	fclose(out);
	if (format == FEED_IP6TSET)
		for (char *at = text; (at = strstr(at, "/128"));)
			memmove(at, at + 4, strlen(at + 4) + 1);
	return text;
}

/* The server */

struct server {
	pid_t pid;
	uint16_t port;
	int fd;
	char directory[64];
	struct zone_case zones[ZONES_MAX];
	size_t count;
};

static struct server server;

static void write_zone(size_t number)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/z%zu", server.directory, number);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(server.zones[number].text, file);
	fclose(file);
	chmod(path, 0644);
}

static void run(void)
{
	char *arguments[ZONES_MAX + 10];
	char zones[ZONES_MAX][64], bind_to[32];
	int null = open("/dev/null", O_RDWR);
	size_t n = 0;

	snprintf(bind_to, sizeof(bind_to), "127.0.0.1/%u", server.port);
	arguments[n++] = strdup(RBLDNSD);
	arguments[n++] = strdup("-n");
	arguments[n++] = strdup("-u");
	arguments[n++] = strdup("nobody");
	arguments[n++] = strdup("-b");
	arguments[n++] = bind_to;
	arguments[n++] = strdup("-w");
	arguments[n++] = server.directory;
	for (size_t i = 0; i < server.count; i++) {
		snprintf(zones[i], sizeof(zones[i]), "z%zu.test:%s:z%zu", i,
			 feed_format_name(server.zones[i].format) +
				 strlen("rbldnsd:"),
			 i);
		arguments[n++] = zones[i];
	}
	arguments[n] = NULL;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execv(RBLDNSD, arguments);
	_exit(127);
}

/* Lists of IPv6 have test entries that would else be IPv4. */
static enum family family_in(size_t zone, const struct addr *addr)
{
	enum feed_format format = server.zones[zone].format;

	if (format == FEED_IP6TRIE || format == FEED_IP6TSET)
		return FAMILY_IPV6;
	return addr_family(addr);
}

static void name_of(const struct addr *addr, size_t zone, char name[static 128])
{
	static const char digits[] = "0123456789abcdef";
	char *at = name;

	if (family_in(zone, addr) == FAMILY_IPV4) {
		for (int i = 15; i >= 12; i--)
			at += sprintf(at, "%u.", addr->octets[i]);
	} else {
		for (int i = 15; i >= 0; i--)
			at += sprintf(at, "%c.%c.",
				      digits[addr->octets[i] & 15],
				      digits[addr->octets[i] >> 4]);
	}
	sprintf(at, "z%zu.test", zone);
}

/* Whether rbldnsd lists the address; -1: it does not answer. */
static int ask(size_t zone, const struct addr *addr)
{
	static uint16_t id;
	struct dns_message query;
	uint8_t reply[512];
	char name[128];

	name_of(addr, zone, name);
	memset(&query, 0, sizeof(query));
	dns_put16(&query, ++id);
	dns_put16(&query, 0);
	dns_put16(&query, 1);
	dns_put16(&query, 0);
	dns_put16(&query, 0);
	dns_put16(&query, 0);
	dns_put_name(&query, name);
	dns_put16(&query, 1);
	dns_put16(&query, 1);
	for (unsigned int tries = 0; tries < 100; tries++) {
		struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
		ssize_t got;

		/* It may still be starting. */
		if (tries > 0)
			nanosleep(&pause, NULL);
		if (send(server.fd, query.octets, query.length, 0) < 0)
			continue;
		while ((got = recv(server.fd, reply, sizeof(reply), 0)) >= 12)
			if ((reply[0] << 8 | reply[1]) == id)
				return (reply[6] << 8 | reply[7]) > 0;
	}
	return -1;
}

static void start(void)
{
	struct timeval wait = {.tv_usec = 200 * 1000};
	struct sockaddr_in in = {.sin_family = AF_INET};

	strcpy(server.directory, "/tmp/postern-feeds-XXXXXX");
	if (!mkdtemp(server.directory))
		abort();
	chmod(server.directory, 0755);
	for (size_t i = 0; i < server.count; i++)
		write_zone(i);
	server.port = rbldnsd_free_port();
	server.pid = fork();
	if (server.pid == 0)
		run();
	in.sin_port = htons(server.port);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(server.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(server.fd, (struct sockaddr *)&in, sizeof(in)) != 0)
		abort();
}

static int stop(void **state)
{
	char command[128];

	(void)state;
	if (server.pid > 0) {
		kill(server.pid, SIGTERM);
		waitpid(server.pid, NULL, 0);
	}
	if (server.directory[0] == '\0')
		return 0;
	snprintf(command, sizeof(command), "rm -rf '%s'", server.directory);
	return system(command);
}

static void compare(size_t zone, const struct ranges_set *set,
		    const struct addr *addr)
{
	struct prefix prefix;
	char text[ADDR_TEXT];
	int theirs = ask(zone, addr);
	int ours =
		ranges_set_find_as(set, family_in(zone, addr), addr, &prefix);

	if (theirs < 0)
		fail_msg("rbldnsd does not answer");
	if (theirs != ours)
		fail_msg("zone %zu (%s): %s is %s, we say it is %s; the file:\n"
			 "%s",
			 zone, feed_format_name(server.zones[zone].format),
			 addr_format(addr, text), theirs ? "listed" : "clean",
			 ours ? "listed" : "clean", server.zones[zone].text);
}

static void compare_random(size_t zone, const struct ranges_set *set)
{
	enum feed_format format = server.zones[zone].format;

	for (unsigned int i = 0; i < PROBES; i++) {
		struct addr addr = {{0x20, 0x01, 0x0d, 0xb8}};

		if (format == FEED_IP6TRIE || format == FEED_IP6TSET) {
			addr.octets[6] = (uint8_t)(random32() % 4);
			addr.octets[7] = (uint8_t)(random32() % 4);
			addr.octets[15] = (uint8_t)(random32() % 5);
		} else {
			addr = addr_from_ipv4(
				(struct in_addr){htonl(random_ipv4())});
		}
		compare(zone, set, &addr);
	}
}

static void we_mean_what_rbldnsd_answers(void **state)
{
	(void)state;
	if (server.pid == 0)
		skip();
	for (size_t zone = 0; zone < server.count; zone++) {
		const struct zone_case *of = &server.zones[zone];
		struct ranges_set *set = NULL;
		struct feed_report report;

		assert_int_equal(
			feed_of_text(of->text, of->format, &report, &set), 0);
		for (size_t i = 0; i < 12 && of->probes[i]; i++) {
			struct addr addr;

			assert_int_equal(addr_parse(of->probes[i], &addr), 0);
			compare(zone, set, &addr);
		}
		if (zone >= TRAPS)
			compare_random(zone, set);
		ranges_set_put(set);
	}
}

static void what_rbldnsd_does_not_load_is_refused(void **state)
{
	static const struct zone_case cases[] = {
		{FEED_COMBINED, "1.1.1.1\n$DATASET ip4set @\n", {0}},
		{FEED_COMBINED, "$DATASET ip5set @\n1.1.1.1\n", {0}},
		{FEED_COMBINED, "$DATASET combined @\n1.1.1.1\n", {0}},
		{FEED_IP4SET, "$TIMESTAMP 2037:01:01\n1.1.1.1\n", {0}},
		{FEED_IP4SET,
		 "$TIMESTAMP 2020:01:01 2020:01:02\n1.1.1.1\n",
		 {0}},
		{FEED_IP4SET, "$TIMESTAMP 2020:01:01 +1d\n1.1.1.1\n", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ranges_set *set = NULL;
		struct feed_report report;

		assert_int_equal(feed_of_text(cases[i].text, cases[i].format,
					      &report, &set),
				 -EBADMSG);
		assert_null(set);
		assert_int_not_equal(report.refused[0], 0);
	}
}

static void
a_combined_file_without_the_zone_itself_means_its_subzones(void **state)
{
	struct ranges_set *set = NULL;
	struct feed_report report;

	(void)state;
	assert_int_equal(feed_of_text("$DATASET ip4set a\n1.1.1.1\n1.1.1.2\n"
				      "$DATASET ip4tset b\n2.2.2.2\n",
				      FEED_COMBINED, &report, &set),
			 0);
	assert_int_equal(report.entries[FAMILY_IPV4], 3);
	assert_true(feed_lists(set, "1.1.1.1"));
	assert_true(feed_lists(set, "2.2.2.2"));
	ranges_set_put(set);
}

static int set_up(void **state)
{
	static const enum feed_format formats[] = {FEED_IP4SET, FEED_IP4TRIE,
						   FEED_IP4TSET, FEED_IP6TRIE,
						   FEED_IP6TSET};

	(void)state;
	memcpy(server.zones, traps, sizeof(traps));
	server.count = TRAPS;
	for (size_t i = 0; i < RANDOM_FILES; i++) {
		enum feed_format format = formats[i % 5];

		server.zones[server.count++] = (struct zone_case){
			.format = format, .text = random_text(format)};
	}
	if (access(RBLDNSD, X_OK) == 0 && geteuid() == 0)
		start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_mean_what_rbldnsd_answers),
		cmocka_unit_test(what_rbldnsd_does_not_load_is_refused),
		cmocka_unit_test(
			a_combined_file_without_the_zone_itself_means_its_subzones),
	};

	return cmocka_run_group_tests(tests, set_up, stop);
}

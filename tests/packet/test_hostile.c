/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker that somebody has taken over, at the real parent's socket: it has
 * the worker's privileges, its maps and its ways to ask.  Whatever it asks
 * for, the parent does no more than a worker may have, and goes on.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/message.h"
#include "daemon.h"
#include "parent/takeover.h"
#include "tables/clock.h"
#include "worker/worker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Hooks run where the parent does: two at once find the directory there. */
#define CONFIGURATION                                                          \
	"health { on-open = { sh, \"-c\", \""                                  \
	"mkdir now || touch twice; echo $POSTERN_HOOK >>runs;"                 \
	" sleep 0.01; rmdir now\" } }\n"                                       \
	"queue { flush = { \"example.org\" }"                                  \
	" flush-command = { sh, \"-c\", \"sleep 1\" } }\n"

/* What the worker's process and the test have in common. */
static struct shared {
	void (*attack)(const struct worker_start *start);
	struct jiffies_clock clock;
	volatile unsigned int workers; /* that were started */
	volatile unsigned int done;    /* attacks that have come to an end */
	volatile unsigned int asked;
	volatile unsigned int failed; /* line of a check that failed */
	volatile int results[64];     /* of answers */
	volatile unsigned int answers;
} * shared;

#define CHECK(truth)                                                           \
	do {                                                                   \
		if (!(truth) && !shared->failed)                               \
			shared->failed = __LINE__;                             \
	} while (0)

/* ---- the worker ---- */

int worker_run(const struct worker_start *start)
{
	struct pollfd fd = {.fd = start->parent};

	shared->clock = start->clock;
	shared->workers++;
	shared->attack(start);
	shared->done++;
	poll(&fd, 1, -1); /* until the parent hangs up */
	return 0;
}

/* Waits while the parent does not read. */
static void ask(const struct worker_start *start, const struct message *message)
{
	while (message_send(start->parent, message, -1) == -EAGAIN)
		poll(NULL, 0, 1);
	shared->asked++;
}

/* The next answer of that kind; others are thrown away. */
static void hear(const struct worker_start *start, enum message_kind kind,
		 struct message *out)
{
	struct pollfd fd = {.fd = start->parent, .events = POLLIN};
	int came = -1;

	do {
		poll(&fd, 1, -1);
		if (message_receive(start->parent, out, &came) != 1)
			continue;
		if (came >= 0)
			close(came);
	} while (out->kind != kind);
}

/* When it returns the parent has done all that was asked before. */
static void settle(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_EXPLAIN, .id = 4711};

	message.source.octets[0] = 0x20;
	ask(start, &message);
	hear(start, MESSAGE_EXPLAINED, &message);
}

static void be_ready(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_READY};

	ask(start, &message);
	hear(start, MESSAGE_ATTACHMENTS, &message);
}

/* ---- attacks ---- */

static void use_what_it_holds(const struct worker_start *start)
{
	int loopback = 1;

	be_ready(start);
	for (int fd = 0; fd < 256; fd++) {
		CHECK(bpf_link_create(fd, loopback, BPF_XDP, NULL) < 0);
		CHECK(bpf_link_detach(fd) < 0);
		CHECK(bpf_map_freeze(fd) < 0);
		CHECK(bpf_prog_get_fd_by_id((__u32)fd) < 0);
		CHECK(bpf_map_get_fd_by_id((__u32)fd) < 0);
		CHECK(bpf_obj_pin(fd, "/tmp/postern-hostile-pin") < 0);
	}
}

static const char *const never_held[] = {
	"192.0.2.1",	    "192.0.2.25", "192.0.2.255", "255.255.255.255",
	"224.0.0.1",	    "127.0.0.1",  "0.0.0.0",	 "203.0.113.9",
	"ff02::1",	    "::1",	  "2001:db8::1", "::",
	"::ffff:192.0.2.9",
};

static void nudge_who_is_not_held(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_NUDGE};

	be_ready(start);
	for (size_t i = 0; i < COUNT(never_held); i++)
		for (int times = 0; times < 50; times++) {
			CHECK(addr_parse(never_held[i], &message.source) == 0);
			ask(start, &message);
		}
	settle(start);
}

#define HELD	"198.51.100.7"
#define HELD_TO 25

static void nudge_who_is_held(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_NUDGE};

	be_ready(start);
	CHECK(addr_parse(HELD, &message.source) == 0);
	for (int times = 0; times < 5000; times++)
		ask(start, &message);
	settle(start);
}

static void run_other_commands(const struct worker_start *start)
{
	static const struct hook_call calls[] = {
		{.hook = HOOK_FAIL_OPEN},
		{.hook = HOOKS},
		{.hook = (enum hook)UINT32_MAX},
		{.hook = (enum hook)INT32_MIN},
		{.hook = HOOK_OPEN, .guard = 1},
		{.hook = HOOK_OPEN, .guard = UINT32_MAX},
		{.hook = HOOK_OPEN, .family = FAMILY_MAX},
		{.hook = HOOK_OPEN, .family = (enum family)UINT32_MAX},
		{.hook = HOOK_OPEN, .why = POLICY_WHYS},
		{.hook = HOOK_OPEN, .why = (enum policy_why)UINT32_MAX},
		{.hook = HOOK_UP}, /* not configured */
	};
	static const uint32_t domains[] = {1, 2, INT32_MAX, UINT32_MAX};
	struct message message;

	be_ready(start);
	for (size_t i = 0; i < COUNT(calls); i++) {
		message = (struct message){.kind = MESSAGE_HOOK,
					   .hook = calls[i]};
		ask(start, &message);
	}
	for (size_t i = 0; i < COUNT(domains); i++) {
		message = (struct message){.kind = MESSAGE_FLUSH,
					   .id = domains[i]};
		ask(start, &message);
		hear(start, MESSAGE_FLUSHED, &message);
		CHECK(message.id == domains[i]);
		CHECK(message.result == -EINVAL);
	}
	settle(start);
}

static void run_hooks_without_end(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_HOOK};

	be_ready(start);
	message.hook.hook = HOOK_OPEN;
	for (int i = 0; i < 5000; i++) {
		/* Not what would only repeat the one before. */
		message.hook.family = i % 2 ? FAMILY_IPV4 : FAMILY_IPV6;
		ask(start, &message);
		if (i % 50 == 0)
			poll(NULL, 0, 30);
	}
	settle(start);
}

static void flush_twice_at_once(const struct worker_start *start)
{
	struct message message = {.kind = MESSAGE_FLUSH};

	be_ready(start);
	ask(start, &message);
	ask(start, &message);
	for (int i = 0; i < 2; i++) {
		hear(start, MESSAGE_FLUSHED, &message);
		shared->results[i] = message.result;
	}
}

static void grow_beyond_bounds(const struct worker_start *start)
{
	static const uint32_t pages[][FAMILY_MAX] = {
		{0, 0},
		{1, 1},
		{UINT32_MAX, 0},
		{0, UINT32_MAX},
		{UINT32_MAX, UINT32_MAX},
		{INT32_MAX, 1},
		{UINT32_MAX / 2 + 1, UINT32_MAX / 2 + 1},
	};
	struct message message;

	be_ready(start);
	for (size_t i = 0; i < COUNT(pages); i++) {
		message = (struct message){.kind = MESSAGE_GROW};
		memcpy(message.pages, pages[i], sizeof(message.pages));
		ask(start, &message);
		hear(start, MESSAGE_GROWN, &message);
		CHECK(message.result < 0);
	}
}

/* One for each worker, for it costs the worker its life. */
static void talk_nonsense(const struct worker_start *start)
{
	static char huge[sizeof(struct message) + 1];
	struct message message = {.kind = MESSAGE_READY};
	const struct {
		const void *data;
		size_t size;
		enum message_kind kind;
	} cases[] = {
		{&message, 0, MESSAGE_READY},
		{&message, sizeof(message) - 1, MESSAGE_READY},
		{huge, sizeof(huge), MESSAGE_READY},
		{&message, sizeof(message), MESSAGE_CONFIG},
		{&message, sizeof(message), MESSAGE_KINDS},
		{&message, sizeof(message), (enum message_kind)UINT32_MAX},
	};
	size_t i = shared->workers - 1;

	be_ready(start);
	if (i >= COUNT(cases)) {
		shared->answers = COUNT(cases); /* all have been tried */
		return;
	}
	message.kind = cases[i].kind;
	send(start->parent, cases[i].data, cases[i].size, MSG_NOSIGNAL);
}

/* 0 or the error of a message that carries a descriptor. */
static int send_descriptor(int socket)
{
	struct message message = {.kind = MESSAGE_READY};
	struct iovec iov = {.iov_base = &message, .iov_len = sizeof(message)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const int fd = STDERR_FILENO;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) < 0 ? errno : 0;
}

static void send_descriptors(const struct worker_start *start)
{
	be_ready(start);
	if (start->sandbox.seccomp)
		CHECK(send_descriptor(start->parent) == ENOSYS);
	settle(start);
}

/* Never reads, and never waits. */
static void flood(const struct worker_start *start)
{
	static const enum message_kind kinds[] = {
		MESSAGE_READY, MESSAGE_EXPLAIN, MESSAGE_NUDGE,	 MESSAGE_HOOK,
		MESSAGE_FLUSH, MESSAGE_RELOAD,	MESSAGE_APPLIED, MESSAGE_GROW,
	};

	be_ready(start);
	for (unsigned int i = 0;; i++) {
		struct message message = {.kind = kinds[i % COUNT(kinds)]};

		message.id = i;
		if (message.kind == MESSAGE_HOOK)
			message.hook.hook = HOOK_OPEN;
		if (message.kind == MESSAGE_APPLIED)
			message.result = -EINVAL;
		if (message_send(start->parent, &message, -1) == 0)
			shared->asked++;
	}
}

/* ---- what the test does ---- */

static bool attack_is_over(void)
{
	return shared->done > 0;
}

static void await(bool (*condition)(void), const char *words)
{
	uint64_t until = clock_monotonic_ns() + DAEMON_PATIENCE_NS;

	while (!condition()) {
		if (clock_monotonic_ns() > until)
			fail_msg("waited in vain until %s", words);
		usleep(10000);
	}
}

static void begin(void (*attack)(const struct worker_start *start))
{
	memset(shared, 0, sizeof(*shared));
	shared->attack = attack;
	daemon_start();
}

static void end(void)
{
	if (shared->failed)
		fail_msg("%s:%u", __FILE__, shared->failed);
	assert_int_equal(daemon_stop(SIGTERM), 0);
	assert_false(daemon_filters());
}

static void attack_with(void (*attack)(const struct worker_start *start))
{
	begin(attack);
	await(attack_is_over, "the attack is over");
}

static void what_it_holds_attaches_detaches_and_freezes_nothing(void **state)
{
	(void)state;
	attack_with(use_what_it_holds);
	assert_true(daemon_filters());
	end();
}

/* A socket that sees what leaves veth0. */
static int open_wire(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex("veth1"),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			htons(ETH_P_IP));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Counts segments; all must be from and to what is held. */
static unsigned int nudges_seen(int wire)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;
	unsigned int count = 0;

	while (recv(wire, &packet, sizeof(packet), 0) >=
	       (ssize_t)sizeof(packet)) {
		if (packet.ip.protocol != IPPROTO_TCP)
			continue;
		assert_int_equal(packet.ip.daddr, inet_addr(HELD));
		assert_int_equal(packet.ip.saddr, inet_addr(DAEMON_PROTECTED));
		assert_int_equal(packet.tcp.source, htons(HELD_TO));
		assert_int_equal(packet.tcp.rst, 0);
		assert_int_equal(packet.tcp.syn, 0);
		count++;
	}
	return count;
}

static void nobody_is_nudged_who_is_not_held(void **state)
{
	int wire;

	(void)state;
	begin(nudge_who_is_not_held);
	wire = open_wire();
	await(attack_is_over, "the attack is over");
	assert_int_equal(nudges_seen(wire), 0);
	close(wire);
	end();
}

static bool is_attached(void)
{
	return access(daemon_pin("pending"), F_OK) == 0 && shared->workers > 0;
}

/* As the program does for a SYN that it holds. */
static void hold(int pending)
{
	struct hold held = {
		.since = clock_jiffies_at(&shared->clock, clock_monotonic_ns()),
		.ifindex = if_nametoindex("veth0"),
		.port = htons(HELD_TO),
		.client_port = htons(40000),
		.link_length = ETH_HLEN,
		.link = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0},
	};
	struct addr source;

	assert_int_equal(addr_parse(HELD, &source), 0);
	assert_int_equal(addr_parse(DAEMON_PROTECTED, &held.destination), 0);
	assert_int_equal(bpf_map_update_elem(pending, &source, &held, BPF_ANY),
			 0);
}

static void who_is_held_is_nudged_within_the_budget_of_his_network(void **state)
{
	uint64_t since = clock_monotonic_ns(), seconds;
	int wire, pending;
	unsigned int seen;

	(void)state;
	begin(nudge_who_is_held);
	wire = open_wire();
	await(is_attached, "the tables are pinned");
	pending = bpf_obj_get(daemon_pin("pending"));
	assert_true(pending >= 0);
	while (!attack_is_over()) {
		hold(pending);
		usleep(1000);
		assert_true(clock_monotonic_ns() - since < DAEMON_PATIENCE_NS);
	}
	seen = nudges_seen(wire);
	seconds = (clock_monotonic_ns() - since) / NS_PER_S + 2;
	print_message("%u nudges seen of %u\n", seen, shared->asked);
	assert_in_range(seen, 1, seconds * REPLIES_PER_NETWORK);
	close(pending);
	close(wire);
	end();
}

static unsigned int count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int count = 0;
	int c;

	if (!file)
		return 0;
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

static void no_command_is_run_but_those_configured(void **state)
{
	(void)state;
	attack_with(run_other_commands);
	end();
	assert_int_equal(daemon_logged(": running"), 0);
}

static void hooks_run_one_at_a_time_and_seldom(void **state)
{
	uint64_t since = clock_monotonic_ns();
	unsigned int runs;

	(void)state;
	attack_with(run_hooks_without_end);
	end();
	runs = count_lines(daemon_path("runs"));
	print_message("%u runs of %u\n", runs, shared->asked);
	assert_in_range(runs, 1,
			66 + (clock_monotonic_ns() - since) / (2 * NS_PER_S));
	assert_int_not_equal(access(daemon_path("twice"), F_OK), 0);
}

static void a_second_flush_is_refused_while_one_runs(void **state)
{
	(void)state;
	attack_with(flush_twice_at_once);
	assert_int_equal(shared->results[0], -EBUSY);
	assert_int_equal(shared->results[1], 0);
	assert_int_equal(daemon_logged("flush: running sh"), 1);
	end();
}

static void tables_do_not_grow_beyond_what_is_configured(void **state)
{
	(void)state;
	attack_with(grow_beyond_bounds);
	end();
	assert_int_equal(daemon_logged("there is room for"), 0);
}

static bool all_was_said(void)
{
	return shared->answers > 0;
}

static void who_talks_nonsense_is_replaced(void **state)
{
	(void)state;
	begin(talk_nonsense);
	await(all_was_said, "all of it was said");
	assert_int_equal(shared->workers, shared->answers + 1);
	assert_true(daemon_filters());
	end();
}

static void no_descriptor_reaches_the_parent(void **state)
{
	unsigned int before;

	(void)state;
	attack_with(send_descriptors);
	before = daemon_descriptors();
	assert_true(before < 64);
	assert_int_equal(shared->workers, 1);
	end();
}

/* The parent's figures over some seconds of a flood, once it is under way. */
#define FLOOD_BEGINS_S 6
#define FLOOD_GOES_ON  5

static void under_a_flood(void)
{
	uint64_t cpu_ms, since_ns, took_ms;
	unsigned int asked;
	long memory;

	begin(flood);
	await(daemon_filters, "the program is attached");
	sleep(FLOOD_BEGINS_S);
	memory = daemon_memory_kb();
	cpu_ms = daemon_cpu_ms();
	asked = shared->asked;
	since_ns = clock_monotonic_ns();
	sleep(FLOOD_GOES_ON);
	cpu_ms = daemon_cpu_ms() - cpu_ms;
	took_ms = (clock_monotonic_ns() - since_ns) / NS_PER_MS;
	asked = shared->asked - asked;
	print_message("%u requests in %llu ms took %llu ms of CPU, %ld kB, "
		      "%ld octets of log\n",
		      asked, (unsigned long long)took_ms,
		      (unsigned long long)cpu_ms, daemon_memory_kb() - memory,
		      daemon_log_size());
	assert_true(asked > 0);
	assert_true(cpu_ms * 2 < took_ms);
	assert_true(daemon_memory_kb() - memory < 1024);
	/* A line for each reload of its budget, and little else. */
	assert_true(daemon_log_size() < 200000);
	assert_true(daemon_descriptors() < 64);
}

static void a_flood_takes_no_more_than_its_share(void **state)
{
	(void)state;
	under_a_flood();
	/* It still detaches, and at once. */
	end();
}

static void who_takes_over_during_a_flood_finds_the_program(void **state)
{
	(void)state;
	begin(flood);
	await(daemon_filters, "the program is attached");
	sleep(1);
	assert_int_equal(daemon_stop(TAKEOVER_SIGNAL), 0);
	assert_true(daemon_filters());
	/* The next one has no such worker. */
	attack_with(send_descriptors);
	assert_true(daemon_filters());
	end();
}

static int setup(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	daemon_setup(CONFIGURATION);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	daemon_teardown();
	return 0;
}

/* One that a failed test has left. */
static int stop(void **state)
{
	(void)state;
	if (daemon_pid())
		daemon_stop(SIGTERM);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_holds_attaches_detaches_and_freezes_nothing),
		TEST(nobody_is_nudged_who_is_not_held),
		TEST(who_is_held_is_nudged_within_the_budget_of_his_network),
		TEST(no_command_is_run_but_those_configured),
		TEST(hooks_run_one_at_a_time_and_seldom),
		TEST(a_second_flush_is_refused_while_one_runs),
		TEST(tables_do_not_grow_beyond_what_is_configured),
		TEST(who_talks_nonsense_is_replaced),
		TEST(no_descriptor_reaches_the_parent),
		TEST(a_flood_takes_no_more_than_its_share),
		TEST(who_takes_over_during_a_flood_finds_the_program),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

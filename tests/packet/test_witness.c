/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sock_ops program: of which connections to primaries on this machine it
 * tells.  No kernel runs such a program for a test, so it is attached, and the
 * connections are real: on the loopback of a network namespace of their own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/assert_addr.h"
#include "core/addr.h"
#include "harness.h"
#include "tables/rules.h"
#include "witness.skel.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define SMTP	     25
#define ANOTHER_PORT 26

static const char *const primaries[FAMILY_MAX] = {"192.0.2.5", "2001:db8::5"};
static const char *const others[FAMILY_MAX] = {"192.0.2.25", "2001:db8::25"};
static const char *const sources[FAMILY_MAX] = {"198.51.100.7",
						"2001:db8:77::7"};
static const char *const networks[FAMILY_MAX] = {"198.51.100.0",
						 "2001:db8:77::"};

static struct postern *postern;
static struct witness *witness;
static struct bpf_link *attached;
static struct ring_buffer *ring;
static int cgroup = -1;
static int home = -1;	   /* the network namespace of most tests */
static int elsewhere = -1; /* one with the same addresses */

static struct event seen[EVENTS_SEEN];
static size_t seen_count;

/* ---- the surroundings ---- */

static void add_address(int fd, const char *text)
{
	struct {
		struct in6_addr address;
		__u32 bits;
		int index;
	} ipv6 = {.bits = 128, .index = (int)if_nametoindex("lo")};
	struct ifreq ipv4 = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&ipv4.ifr_addr;
	static unsigned int label;

	if (inet_pton(AF_INET6, text, &ipv6.address) == 1) {
		assert_int_equal(ioctl(fd, SIOCSIFADDR, &ipv6), 0);
		return;
	}
	snprintf(ipv4.ifr_name, sizeof(ipv4.ifr_name), "lo:%u", label++ % 10);
	in->sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &ipv4), 0);
}

/* Leaves this process in a new network namespace; returns its descriptor. */
static int make_netns(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int ipv4, ipv6, netns;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ipv4 = socket(AF_INET, SOCK_DGRAM, 0);
	ipv6 = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_true(netns >= 0 && ipv4 >= 0 && ipv6 >= 0);
	assert_int_equal(ioctl(ipv4, SIOCSIFFLAGS, &up), 0);
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		int fd = f == FAMILY_IPV4 ? ipv4 : ipv6;

		add_address(fd, primaries[f]);
		add_address(fd, others[f]);
		add_address(fd, sources[f]);
	}
	close(ipv4);
	close(ipv6);
	return netns;
}

/* Nobody else sees the mount, and it ends with this process. */
static int open_cgroup(void)
{
	char directory[] = "/tmp/test_witness.XXXXXX";
	int fd = -1;

	if (!mkdtemp(directory) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	if (mount("none", directory, "cgroup2", 0, NULL) == 0) {
		fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		umount2(directory, MNT_DETACH);
	}
	rmdir(directory);
	return fd;
}

static int on_event(void *context, void *data, size_t size)
{
	(void)context;
	if (size == sizeof(struct event) && seen_count < EVENTS_SEEN)
		memcpy(&seen[seen_count], data, size);
	seen_count++;
	return 0;
}

static __u64 own_cookie(void)
{
	socklen_t length = sizeof(__u64);
	__u64 cookie = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
		cookie = 0;
	close(fd);
	return cookie;
}

static bool tells_netns(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCK_OPS,
				       BPF_FUNC_get_netns_cookie, NULL) == 1;
}

static void load(void)
{
	witness = witness__open();
	assert_non_null(witness);
	if (tells_netns())
		witness->rodata->own_netns = own_cookie();
	assert_int_equal(bpf_map__reuse_fd(witness->maps.settings,
					   bpf_map__fd(postern->maps.settings)),
			 0);
	assert_int_equal(bpf_map__reuse_fd(witness->maps.networks,
					   bpf_map__fd(postern->maps.networks)),
			 0);
	assert_int_equal(bpf_map__reuse_fd(witness->maps.events,
					   bpf_map__fd(postern->maps.events)),
			 0);
	assert_int_equal(witness__load(witness), 0);
	attached = bpf_program__attach_cgroup(witness->progs.witness, cgroup);
	assert_non_null(attached);
	ring = ring_buffer__new(bpf_map__fd(postern->maps.events), on_event,
				NULL, NULL);
	assert_non_null(ring);
}

static void add_primaries(void)
{
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		struct addr addr;

		assert_int_equal(addr_parse(primaries[f], &addr), 0);
		rules_add_primary(harness_rules(), &addr, SMTP);
	}
	harness_rules()->arrivals_per_cpu = 1000;
	harness_rules()->witness_fresh = 2 * harness_hour();
	harness_publish();
}

static void start(void)
{
	postern = harness_fresh();
	if (home < 0) {
		elsewhere = make_netns();
		home = make_netns();
		cgroup = open_cgroup();
	}
	if (cgroup < 0) {
		print_message("skipped: there is no cgroup v2\n");
		skip();
	}
	add_primaries();
	load();
}

static int tear_down(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	ring = NULL;
	bpf_link__destroy(attached);
	attached = NULL;
	witness__destroy(witness);
	witness = NULL;
	return 0;
}

/* ---- connections ---- */

/* 0: any address of both families. */
static int listen_at(const char *at, uint16_t port)
{
	struct sockaddr_storage storage;
	struct addr addr;
	socklen_t length;
	int fd, on = 1, off = 0;

	assert_int_equal(addr_parse(at ? at : "::", &addr), 0);
	length = addr_to_sockaddr(&addr, port, &storage);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!at)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)&storage, length) ||
	    listen(fd, 16))
		fail_msg("can't listen: %s", strerror(errno));
	return fd;
}

static void connect_from(const char *from, const char *to, uint16_t port)
{
	struct sockaddr_storage storage;
	struct addr addr;
	socklen_t length;
	int fd;

	assert_int_equal(addr_parse(from, &addr), 0);
	length = addr_to_sockaddr(&addr, 0, &storage);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&storage, length),
			 0);
	assert_int_equal(addr_parse(to, &addr), 0);
	length = addr_to_sockaddr(&addr, port, &storage);
	if (connect(fd, (const struct sockaddr *)&storage, length))
		fail_msg("can't connect to %s: %s", to, strerror(errno));
	close(fd);
}

/* On the loopback all is done when connect(2) returns, and told in order. */
static size_t events_after(const char *from, const char *to, uint16_t port)
{
	int fd = listen_at(to, port);

	seen_count = 0;
	connect_from(from, to, port);
	close(fd);
	ring_buffer__consume(ring);
	return seen_count;
}

static void expect_event(size_t number, const char *source)
{
	assert_true(number < seen_count);
	assert_addr(&seen[number].source, source);
	assert_int_equal(seen[number].kind, EVENT_AT_PRIMARY);
	assert_int_equal(seen[number].reason, REASON_MAX);
}

static void expect_told(enum family f)
{
	assert_int_equal(events_after(sources[f], primaries[f], SMTP), 1);
	expect_event(0, sources[f]);
	assert_addr(&seen[0].destination, primaries[f]);
}

static void expect_untold(enum family f)
{
	assert_int_equal(events_after(sources[f], primaries[f], SMTP), 0);
}

/* ---- tests ---- */

static void who_connects_to_a_primary_is_told_of(void **state)
{
	(void)state;
	start();
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_told(f);
}

static void so_is_who_connects_to_a_socket_of_both_families(void **state)
{
	int fd;

	(void)state;
	start();
	fd = listen_at(NULL, SMTP);
	seen_count = 0;
	connect_from(sources[FAMILY_IPV4], primaries[FAMILY_IPV4], SMTP);
	connect_from(sources[FAMILY_IPV6], primaries[FAMILY_IPV6], SMTP);
	close(fd);
	ring_buffer__consume(ring);
	assert_int_equal(seen_count, 2);
	expect_event(0, sources[FAMILY_IPV4]);
	expect_event(1, sources[FAMILY_IPV6]);
}

/* Then the first that is known of the connection is its last packet. */
static void so_is_who_is_sent_a_cookie(void **state)
{
	int fd;

	(void)state;
	start();
	fd = open("/proc/sys/net/ipv4/tcp_syncookies", O_WRONLY);
	if (fd < 0) {
		print_message("skipped: this kernel has no SYN cookies\n");
		skip();
	}
	assert_int_equal(write(fd, "2", 1), 1);
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_told(f);
	assert_int_equal(write(fd, "1", 1), 1);
	close(fd);
}

static void who_connects_elsewhere_is_not(void **state)
{
	(void)state;
	start();
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		assert_int_equal(
			events_after(sources[f], primaries[f], ANOTHER_PORT),
			0);
		assert_int_equal(events_after(sources[f], others[f], SMTP), 0);
	}
}

static void who_connects_in_another_namespace_is_not(void **state)
{
	(void)state;
	start();
	if (!tells_netns()) {
		print_message("skipped: needs Linux 5.15\n");
		skip();
	}
	assert_int_equal(setns(elsewhere, CLONE_NEWNET), 0);
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_untold(f);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_told(f);
}

static void a_primary_that_connects_to_itself_is_not(void **state)
{
	(void)state;
	start();
	for (enum family f = 0; f < FAMILY_MAX; f++)
		assert_int_equal(events_after(primaries[f], primaries[f], SMTP),
				 0);
}

static void without_a_primary_here_nobody_is(void **state)
{
	(void)state;
	start();
	harness_rules()->here_count = 0;
	harness_publish();
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_untold(f);
}

static void without_a_lease_nobody_is(void **state)
{
	(void)state;
	start();
	harness_lease(harness_now());
	for (enum family f = 0; f < FAMILY_MAX; f++)
		expect_untold(f);
}

static void a_witness_is_told_of_when_that_is_to_end(void **state)
{
	(void)state;
	start();
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		__u64 now = harness_now();

		harness_network(networks[f], now + 3 * harness_hour(), 0);
		expect_untold(f);
		harness_network(networks[f], now + harness_hour(), 0);
		expect_told(f);
		/* Weary is something else. */
		harness_network(networks[f], 0, now + 3 * harness_hour());
		expect_told(f);
	}
}

static void no_more_than_the_budget_are(void **state)
{
	const char *to = primaries[FAMILY_IPV4];
	int fd;

	(void)state;
	start();
	fd = listen_at(to, SMTP);
	harness_rules()->arrivals_per_cpu = 3;
	harness_publish();
	seen_count = 0;
	for (int i = 0; i < 6; i++)
		connect_from(sources[FAMILY_IPV4], to, SMTP);
	close(fd);
	ring_buffer__consume(ring);
	assert_int_equal(seen_count, 3);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_connects_to_a_primary_is_told_of),
		TEST(so_is_who_connects_to_a_socket_of_both_families),
		TEST(so_is_who_is_sent_a_cookie),
		TEST(who_connects_elsewhere_is_not),
		TEST(who_connects_in_another_namespace_is_not),
		TEST(a_primary_that_connects_to_itself_is_not),
		TEST(without_a_primary_here_nobody_is),
		TEST(without_a_lease_nobody_is),
		TEST(a_witness_is_told_of_when_that_is_to_end),
		TEST(no_more_than_the_budget_are),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}

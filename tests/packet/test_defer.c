/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferring: who is passed with word left for the doorman, who has lost it,
 * who is dropped instead, and whom the sk_lookup program then gives to the
 * doorman.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "steer.skel.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define CLIENT_PORT 40000 /* of the packets that frame.c makes */

static const struct packet syns[FAMILY_MAX] = {
	[FAMILY_IPV4] = {.port = PORT},
	[FAMILY_IPV6] = {.from = SOURCE_IPV6},
};
static const char *const sources[FAMILY_MAX] = {SOURCE_IPV4, SOURCE_IPV6};
static const char *const networks[FAMILY_MAX] = {"198.51.100.0",
						 "2001:db8:77::"};

static struct postern *postern;

static void start(void)
{
	postern = harness_fresh();
}

static void set_rules(enum action bypass, enum action listed, enum gate gate)
{
	struct rules *rules = harness_rules();

	rules->bypass = bypass;
	rules->listed = listed;
	rules->ipv4[0].gate = gate;
	rules->ipv6[0].gate = gate;
	harness_publish();
}

static struct flow flow_of(const struct packet *packet)
{
	return (struct flow){
		.source = packet_source(packet),
		.destination = packet_destination(packet),
		.client_port = htons(CLIENT_PORT),
		.port = htons(PORT),
	};
}

/* Whether word was left for the doorman. */
static bool find_word(const struct packet *packet, struct deferral *out)
{
	struct flow flow = flow_of(packet);

	return bpf_map_lookup_elem(bpf_map__fd(postern->maps.deferred), &flow,
				   out) == 0;
}

static void expect_deferred(const struct packet *packet, enum reason reason)
{
	__u64 until = harness_now() + DEFER_SECONDS * harness_hour();
	struct deferral word;

	harness_expect(packet, reason, ACTION_DEFER, NULL);
	assert_true(find_word(packet, &word));
	assert_int_equal(word.reason, reason);
	assert_in_range(word.until, until, until + harness_hour());
}

static void expect_no_word(const struct packet *packet, enum reason reason,
			   enum action action)
{
	struct deferral word;

	harness_expect(packet, reason, action, NULL);
	assert_false(find_word(packet, &word));
}

static void who_bypasses_is_left_to_the_doorman(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		start();
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_CLOSED);
		expect_deferred(&syns[f], REASON_BYPASS);
		harness_verdict(sources[f], VERDICT_CLEAN, ~0ULL, ~0ULL);
		expect_deferred(&syns[f], REASON_BYPASS);
	}
}

static void who_is_listed_is_not_unless_that_is_to_be_rejected(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		start();
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_CLOSED);
		harness_verdict(sources[f], VERDICT_LISTED, ~0ULL, ~0ULL);
		expect_no_word(&syns[f], REASON_LISTED, ACTION_DROP);
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		expect_deferred(&syns[f], REASON_LISTED);
		set_rules(ACTION_DROP, ACTION_DEFER, GATE_OPEN);
		expect_deferred(&syns[f], REASON_LISTED);
	}
}

static void who_is_welcome_then_has_no_word_left(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		start();
		harness_verdict(sources[f], VERDICT_CLEAN, ~0ULL, ~0ULL);
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_CLOSED);
		expect_deferred(&syns[f], REASON_BYPASS);
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_OPEN);
		expect_no_word(&syns[f], REASON_CLEAN, ACTION_PASS);
	}
}

static void in_monitor_mode_nobody_is_deferred(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		start();
		harness_rules()->flags = RULES_MONITOR;
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		expect_no_word(&syns[f], REASON_BYPASS, ACTION_PASS);
	}
}

static void without_a_lease_a_listing_drops(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		start();
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		harness_lease(0);
		expect_no_word(&syns[f], REASON_STALE, ACTION_PASS);
		harness_verdict(sources[f], VERDICT_LISTED, ~0ULL, ~0ULL);
		expect_no_word(&syns[f], REASON_LISTED, ACTION_DROP);
	}
}

static void what_exceeds_the_budget_is_dropped(void **state)
{
	struct deferral word;

	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		const struct cpu_budget spent = {.defers = 2,
						 .start = harness_now()};
		struct frame frame;
		struct result out;

		start();
		harness_rules()->defers_per_cpu = 3;
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_CLOSED);
		harness_spent(&spent);
		expect_deferred(&syns[f], REASON_BYPASS);
		start();
		set_rules(ACTION_DEFER, ACTION_DROP, GATE_CLOSED);
		harness_rules()->defers_per_cpu = 2;
		harness_publish();
		harness_spent(&spent);
		frame_build(&syns[f], &frame);
		harness_run(&frame, &out);
		assert_int_equal(out.reason, REASON_BYPASS);
		assert_int_equal(out.returned, XDP_DROP);
		assert_false(find_word(&syns[f], &word));
	}
}

/* They are suspected of nothing, so nothing worse than a passage befalls them.
 */
static void who_is_shed_is_deferred_or_passes(void **state)
{
	struct deferral word;

	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		struct frame frame;
		struct result out;

		for (int room = 1; room >= 0; room--) {
			start();
			harness_rules()->overload = ACTION_DEFER;
			harness_rules()->holds_per_cpu = 0;
			harness_rules()->defers_per_cpu = (__u32)room;
			set_rules(ACTION_DROP, ACTION_DROP, GATE_OPEN);
			frame_build(&syns[f], &frame);
			harness_run(&frame, &out);
			assert_int_equal(out.reason, REASON_OVERLOAD);
			assert_int_equal(out.returned, XDP_PASS);
			assert_int_equal(find_word(&syns[f], &word), room);
		}
	}
}

static void a_weary_network_is_dropped_but_no_witness(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		__u64 later, now;

		start();
		now = harness_now();
		later = now + harness_hour();
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		harness_network(networks[f], 0, later);
		expect_no_word(&syns[f], REASON_BYPASS, ACTION_DROP);
		harness_network(networks[f], 0, now);
		expect_deferred(&syns[f], REASON_BYPASS);
		harness_network(networks[f], later, later);
		expect_deferred(&syns[f], REASON_BYPASS);
		start();
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		harness_verdict(sources[f], VERDICT_LISTED, ~0ULL, ~0ULL);
		harness_network(networks[f], 0, later);
		expect_no_word(&syns[f], REASON_LISTED, ACTION_DROP);
		start();
		set_rules(ACTION_DEFER, ACTION_DEFER, GATE_CLOSED);
		harness_network("198.51.101.0", 0, later);
		harness_network("2001:db8:77:1::", 0, later);
		expect_deferred(&syns[f], REASON_BYPASS);
	}
}

/* ---- the sk_lookup program ---- */

static struct steer *steer;
static int sockets[FAMILY_MAX] = {-1, -1};

/* On the loopback, out of the way of whatever listens on this machine. */
static int listen_somewhere(enum family family)
{
	struct sockaddr_storage storage;
	struct addr addr;
	socklen_t length;
	int fd;

	assert_int_equal(
		addr_parse(family == FAMILY_IPV4 ? "127.0.0.1" : "::1", &addr),
		0);
	length = addr_to_sockaddr(&addr, 0, &storage);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&storage, length) ||
	    listen(fd, 1))
		fail_msg("can't listen: %s", strerror(errno));
	return fd;
}

static void open_door(enum family family)
{
	__u32 key = family;
	__u64 value;

	sockets[family] = listen_somewhere(family);
	value = (__u64)sockets[family];
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(steer->maps.doorman),
					     &key, &value, BPF_ANY),
			 0);
}

static void close_door(enum family family)
{
	if (sockets[family] >= 0)
		close(sockets[family]);
	sockets[family] = -1;
}

static void load_steer(void)
{
	if (steer)
		return;
	steer = steer__open();
	assert_non_null(steer);
	assert_int_equal(bpf_map__reuse_fd(steer->maps.settings,
					   bpf_map__fd(postern->maps.settings)),
			 0);
	assert_int_equal(bpf_map__reuse_fd(steer->maps.deferred,
					   bpf_map__fd(postern->maps.deferred)),
			 0);
	assert_int_equal(steer__load(steer), 0);
}

struct lookup {
	int verdict;
	bool doorman;
};

/* What the SYN would find; skips the test where the kernel can't tell. */
static struct lookup look_up(enum family family, __u16 client_port)
{
	struct flow flow = flow_of(&syns[family]);
	struct bpf_sk_lookup ctx = {
		.family = family == FAMILY_IPV4 ? AF_INET : AF_INET6,
		.protocol = IPPROTO_TCP,
		.remote_port = htons(client_port),
		.local_port = PORT,
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &ctx,
		    .ctx_size_out = sizeof(ctx), );
	__u64 cookie = 0;
	socklen_t length = sizeof(cookie);

	if (family == FAMILY_IPV4) {
		memcpy(&ctx.remote_ip4, flow.source.octets + 12, 4);
		memcpy(&ctx.local_ip4, flow.destination.octets + 12, 4);
	} else {
		memcpy(ctx.remote_ip6, &flow.source, 16);
		memcpy(ctx.local_ip6, &flow.destination, 16);
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(steer->progs.steer),
				   &options)) {
		print_message("skipped: needs Linux 5.13\n");
		skip();
	}
	if (sockets[family] >= 0)
		getsockopt(sockets[family], SOL_SOCKET, SO_COOKIE, &cookie,
			   &length);
	return (struct lookup){
		.verdict = (int)options.retval,
		.doorman = cookie && ctx.cookie == cookie,
	};
}

static void expect_lookup(enum family family, int verdict, bool doorman)
{
	struct lookup found = look_up(family, CLIENT_PORT);

	assert_int_equal(found.verdict, verdict);
	assert_int_equal(found.doorman, doorman);
}

static void prepare(enum action listed)
{
	start();
	load_steer();
	set_rules(ACTION_DEFER, listed, GATE_CLOSED);
}

static void who_was_deferred_finds_the_doorman(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		prepare(ACTION_DROP);
		open_door(f);
		expect_lookup(f, SK_PASS, false);
		expect_deferred(&syns[f], REASON_BYPASS);
		expect_lookup(f, SK_PASS, true);
		assert_false(look_up(f, CLIENT_PORT + 1).doorman);
		harness_rules()->ports[0] = htons(PORT + 1);
		harness_publish();
		expect_lookup(f, SK_PASS, false);
		close_door(f);
	}
}

static void without_a_lease_the_mta_is_found(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		prepare(ACTION_DROP);
		open_door(f);
		expect_deferred(&syns[f], REASON_BYPASS);
		harness_lease(harness_now());
		expect_lookup(f, SK_PASS, false);
		close_door(f);
	}
}

static void without_a_doorman_the_mta_is_found(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		prepare(ACTION_DROP);
		expect_deferred(&syns[f], REASON_BYPASS);
		expect_lookup(f, SK_PASS, false);
		open_door(f);
		expect_lookup(f, SK_PASS, true);
		close_door(f);
		expect_lookup(f, SK_PASS, false);
	}
}

static void without_a_doorman_a_listing_is_refused(void **state)
{
	(void)state;
	for (enum family f = 0; f < FAMILY_MAX; f++) {
		prepare(ACTION_DEFER);
		harness_verdict(sources[f], VERDICT_LISTED, ~0ULL, ~0ULL);
		expect_deferred(&syns[f], REASON_LISTED);
		expect_lookup(f, SK_DROP, false);
		open_door(f);
		expect_lookup(f, SK_PASS, true);
		close_door(f);
	}
}

static int close_all(void **state)
{
	for (enum family f = 0; f < FAMILY_MAX; f++)
		close_door(f);
	steer__destroy(steer);
	return harness_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_bypasses_is_left_to_the_doorman),
		cmocka_unit_test(
			who_is_listed_is_not_unless_that_is_to_be_rejected),
		cmocka_unit_test(who_is_welcome_then_has_no_word_left),
		cmocka_unit_test(in_monitor_mode_nobody_is_deferred),
		cmocka_unit_test(without_a_lease_a_listing_drops),
		cmocka_unit_test(what_exceeds_the_budget_is_dropped),
		cmocka_unit_test(who_is_shed_is_deferred_or_passes),
		cmocka_unit_test(a_weary_network_is_dropped_but_no_witness),
		cmocka_unit_test(who_was_deferred_finds_the_doorman),
		cmocka_unit_test(without_a_lease_the_mta_is_found),
		cmocka_unit_test(without_a_doorman_the_mta_is_found),
		cmocka_unit_test(without_a_doorman_a_listing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, close_all);
}

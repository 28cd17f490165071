/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of decision: lists, gate, verdicts; what is left of it once the
 * lease has run out; and monitor mode.  A case is a sentence, and what is
 * known when the SYN comes, for both families.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <string.h>

#include "core/stage.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* What is known of the source, as a set. */
enum {
	ALLOWED = 1 << 0,
	BLOCKED = 1 << 1,
	FED = 1 << 2,
	LISTED = 1 << 3,
	CLEAN = 1 << 4,
	NOT_KNOWN = 1 << 5, /* the DNSBLs could not say */
	EXPIRED = 1 << 6,   /* the verdict is */
	CLOSED = 1 << 7,    /* the gate is */
	LEASE_OVER = 1 << 8,
	PASS_UNKNOWN = 1 << 9,
	MONITOR = 1 << 10,
	EVASION = 1 << 11, /* SYN+FIN */
};

struct family_texts {
	const char *source;
	const char *network; /* of lists */
	const char *elsewhere;
};

static const struct family_texts texts[FAMILY_MAX] = {
	[FAMILY_IPV4] = {SOURCE_IPV4, "198.51.100.0/24", "198.51.101.0/24"},
	[FAMILY_IPV6] = {SOURCE_IPV6, "2001:db8:77::/48", "2001:db8:78::/48"},
};

static const struct {
	const char *name;
	unsigned int known;
	enum reason reason;
	unsigned int events;
	enum event_kind kind; /* of the event, when there is one */
} cases[] = {
	{"the allow list beats all other lists", ALLOWED | BLOCKED | FED,
	 REASON_ALLOWED, 0, 0},
	{"the allow list beats a listing", ALLOWED | LISTED, REASON_ALLOWED, 0,
	 0},
	{"the allow list beats the closed gate", ALLOWED | CLOSED,
	 REASON_ALLOWED, 0, 0},
	{"the allow list beats all of them",
	 ALLOWED | BLOCKED | LISTED | CLOSED, REASON_ALLOWED, 0, 0},
	{"the block list beats feeds", BLOCKED | FED, REASON_BLOCKED, 0, 0},
	{"the block list beats the closed gate", BLOCKED | CLOSED,
	 REASON_BLOCKED, 0, 0},
	{"the block list beats a clean verdict", BLOCKED | CLEAN,
	 REASON_BLOCKED, 0, 0},
	{"a feed beats the closed gate", FED | CLOSED, REASON_FEED, 0, 0},
	{"a feed beats a clean verdict", FED | CLEAN, REASON_FEED, 0, 0},
	{"the closed gate beats no verdict", CLOSED, REASON_BYPASS, 1,
	 EVENT_BYPASS},
	{"the closed gate beats a clean verdict", CLOSED | CLEAN, REASON_BYPASS,
	 1, EVENT_BYPASS},
	{"the closed gate beats a listing", CLOSED | LISTED, REASON_BYPASS, 1,
	 EVENT_BYPASS},
	{"the closed gate beats passing the unknown", CLOSED | PASS_UNKNOWN,
	 REASON_BYPASS, 1, EVENT_BYPASS},
	{"a listing", LISTED, REASON_LISTED, 0, 0},
	{"a listing, though the unknown pass", LISTED | PASS_UNKNOWN,
	 REASON_LISTED, 0, 0},
	{"a clean verdict", CLEAN, REASON_CLEAN, 0, 0},
	{"a verdict that says unknown is not held", NOT_KNOWN, REASON_UNKNOWN,
	 0, 0},
	{"an expired listing is none", LISTED | EXPIRED, REASON_HELD, 1,
	 EVENT_UNKNOWN},
	{"an expired clean verdict is none", CLEAN | EXPIRED, REASON_HELD, 1,
	 EVENT_UNKNOWN},
	{"an expired unknown verdict is none", NOT_KNOWN | EXPIRED, REASON_HELD,
	 1, EVENT_UNKNOWN},
	{"no verdict", 0, REASON_HELD, 1, EVENT_UNKNOWN},
	{"no verdict where the unknown pass", PASS_UNKNOWN, REASON_UNKNOWN, 1,
	 EVENT_UNKNOWN},
	{"an expired listing where the unknown pass",
	 LISTED | EXPIRED | PASS_UNKNOWN, REASON_UNKNOWN, 1, EVENT_UNKNOWN},

	{"without a lease nobody is held", LEASE_OVER, REASON_STALE, 0, 0},
	{"without a lease the gate is open", LEASE_OVER | CLOSED, REASON_STALE,
	 0, 0},
	{"without a lease nobody is asked for", LEASE_OVER | PASS_UNKNOWN,
	 REASON_STALE, 0, 0},
	{"without a lease a listing stays in force", LEASE_OVER | LISTED,
	 REASON_LISTED, 0, 0},
	{"without a lease a listing expires", LEASE_OVER | LISTED | EXPIRED,
	 REASON_STALE, 0, 0},
	{"without a lease a listing stays in force behind a closed gate",
	 LEASE_OVER | LISTED | CLOSED, REASON_LISTED, 0, 0},
	{"without a lease a clean verdict passes a closed gate",
	 LEASE_OVER | CLEAN | CLOSED, REASON_CLEAN, 0, 0},
	{"without a lease the lists stay in force", LEASE_OVER | BLOCKED,
	 REASON_BLOCKED, 0, 0},
	{"without a lease feeds stay in force", LEASE_OVER | FED | CLEAN,
	 REASON_FEED, 0, 0},
	{"without a lease the allowed pass", LEASE_OVER | ALLOWED | LISTED,
	 REASON_ALLOWED, 0, 0},
	{"without a lease evasions are dropped", LEASE_OVER | EVASION,
	 REASON_EVASION, 0, 0},

	{"nobody may evade, not even the allowed", ALLOWED | EVASION,
	 REASON_EVASION, 0, 0},
	{"an evasion does not knock at the gate", CLOSED | EVASION,
	 REASON_EVASION, 0, 0},
};

static bool refuses(enum reason reason)
{
	switch (reason) {
	case REASON_HELD:
	case REASON_BLOCKED:
	case REASON_FEED:
	case REASON_LISTED:
	case REASON_EVASION:
	case REASON_BYPASS:
		return true;
	default:
		return false;
	}
}

static void know_lists(const struct family_texts *text, unsigned int known)
{
	struct list meanings[LISTS_MAX];

	if (!(known & (ALLOWED | BLOCKED | FED)))
		return;
	if (known & ALLOWED)
		harness_list(LIST_NUMBER_ALLOWED, text->source);
	if (known & BLOCKED)
		harness_list(LIST_NUMBER_BLOCKED, text->network);
	if (known & FED)
		harness_list(LIST_NUMBER_FED, text->network);
	harness_list(LIST_NUMBER_ALLOWED, text->elsewhere);
	harness_meanings(meanings);
	harness_lists(meanings);
}

static void know_verdict(const char *source, unsigned int known)
{
	__u64 now = harness_now();
	__u64 expires = known & EXPIRED ? now : now + harness_hour();

	if (known & LISTED)
		harness_verdict(source, VERDICT_LISTED, ~0ULL, expires);
	if (known & CLEAN)
		harness_verdict(source, VERDICT_CLEAN, ~0ULL, expires);
	if (known & NOT_KNOWN)
		harness_verdict(source, VERDICT_UNKNOWN, ~0ULL, expires);
}

static struct postern *program;

static void know(enum family family, unsigned int known)
{
	struct rules *rules;

	program = harness_fresh();
	rules = harness_rules();
	rules->ipv4[0].gate = known & CLOSED ? GATE_CLOSED : GATE_OPEN;
	rules->ipv6[0].gate = rules->ipv4[0].gate;
	rules->unknown = known & PASS_UNKNOWN ? UNKNOWN_PASS : UNKNOWN_HOLD;
	rules->flags = known & MONITOR ? RULES_MONITOR : 0;
	harness_publish();
	know_lists(&texts[family], known);
	know_verdict(texts[family].source, known);
	if (known & LEASE_OVER)
		harness_lease(harness_now());
}

static void check(size_t i, enum family family, unsigned int also)
{
	unsigned int known = cases[i].known | also;
	const struct packet packet = {
		.from = texts[family].source,
		.flags = known & EVASION ? TCP_SYN | TCP_FIN : TCP_SYN,
	};
	bool dropped = refuses(cases[i].reason) && !(known & MONITOR);
	struct result out;

	know(family, known);
	harness_expect(&packet, cases[i].reason,
		       dropped ? ACTION_DROP : ACTION_PASS, &out);
	assert_int_equal(out.event_count, cases[i].events);
	/* For a nudge. */
	assert_int_equal(out.is_pending,
			 cases[i].reason == REASON_HELD ||
				 cases[i].reason == REASON_BYPASS);
	if (cases[i].events) {
		struct addr source = packet_source(&packet);
		struct addr door;

		assert_int_equal(out.events[0].kind, cases[i].kind);
		addr_parse(family == FAMILY_IPV4 ? DOOR_IPV4 : DOOR_IPV6,
			   &door);
		assert_true(addr_equal(&out.events[0].destination, &door));
		assert_true(addr_equal(&out.events[0].source, &source));
	}
	assert_int_equal(out.twin.gate, known & CLOSED && !(known & LEASE_OVER)
						? GATE_CLOSED
						: GATE_OPEN);
}

static void decisions_follow_their_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		for (enum family family = 0; family < FAMILY_MAX; family++)
			check(i, family, 0);
	}
}

static void monitor_mode_decides_and_counts_but_lets_all_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		for (enum family family = 0; family < FAMILY_MAX; family++)
			check(i, family, MONITOR);
	}
}

static void witness(const char *key, __u64 until)
{
	const struct network network = {.witness = until};
	struct addr addr;

	harness_rules()->networks = 1;
	harness_publish();
	assert_int_equal(addr_parse(key, &addr), 0);
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(program->maps.networks), &addr,
				    &network, BPF_ANY),
		0);
}

static const struct {
	const char *name;
	unsigned int known;
	enum reason reason;
	enum action action;
} witnesses[] = {
	{"who is clean passes the closed gate", CLOSED | CLEAN, REASON_WITNESS,
	 ACTION_PASS},
	{"and who can't be judged", CLOSED | NOT_KNOWN, REASON_WITNESS,
	 ACTION_PASS},
	{"and who isn't known, where those pass", CLOSED | PASS_UNKNOWN,
	 REASON_WITNESS, ACTION_PASS},
	{"who isn't known has to wait", CLOSED, REASON_HELD, ACTION_DROP},
	{"who is listed does not", CLOSED | LISTED, REASON_LISTED, ACTION_DROP},
	{"nor who is blocked", CLOSED | BLOCKED, REASON_BLOCKED, ACTION_DROP},
	{"at an open gate it is nothing", CLEAN, REASON_CLEAN, ACTION_PASS},
	{"nor without a lease", CLEAN | CLOSED | LEASE_OVER, REASON_CLEAN,
	 ACTION_PASS},
};

static void witnesses_pass_the_closed_gate_unless_listed(void **state)
{
	static const char *const keys[FAMILY_MAX] = {"198.51.100.0",
						     "2001:db8:77::"};

	(void)state;
	for (size_t i = 0; i < COUNT(witnesses); i++) {
		print_message("%s\n", witnesses[i].name);
		for (enum family family = 0; family < FAMILY_MAX; family++) {
			const struct packet packet = {
				.from = texts[family].source,
			};

			know(family, witnesses[i].known);
			witness(keys[family], harness_now() + harness_hour());
			harness_expect(&packet, witnesses[i].reason,
				       witnesses[i].action, NULL);
			/* Once it is over, it is as for anybody. */
			if (witnesses[i].reason != REASON_WITNESS)
				continue;
			witness(keys[family], harness_now());
			harness_expect(&packet, REASON_BYPASS, ACTION_DROP,
				       NULL);
		}
	}
}

static void a_witness_is_told_of_within_the_budget(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4};
	struct cpu_budget spent = {0};
	struct frame frame;
	struct result out;

	(void)state;
	know(FAMILY_IPV4, CLOSED | CLEAN);
	witness("198.51.100.0", harness_now() + harness_hour());
	harness_expect(&packet, REASON_WITNESS, ACTION_PASS, &out);
	assert_int_equal(out.event_count, 1);
	assert_int_equal(out.events[0].kind, EVENT_WITNESS);
	assert_false(out.is_pending);
	spent.start = harness_now();
	spent.knocks = harness_rules()->knocks_per_cpu;
	harness_spent(&spent);
	frame_build(&packet, &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.reason, REASON_WITNESS);
	assert_int_equal(out.returned, XDP_PASS);
	assert_int_equal(out.event_count, 0);
	/* Whatever becomes of it. */
	know(FAMILY_IPV4, CLOSED);
	witness("198.51.100.0", harness_now() + harness_hour());
	harness_expect(&packet, REASON_HELD, ACTION_DROP, &out);
	assert_int_equal(out.event_count, 2);
	assert_int_equal(out.events[0].kind, EVENT_WITNESS);
}

/* The worker says whether there are any: else nobody pays for the question. */
static void without_networks_nobody_is_asked_for(void **state)
{
	(void)state;
	know(FAMILY_IPV4, CLOSED);
	witness("198.51.100.0", harness_now() + harness_hour());
	harness_rules()->networks = 0;
	harness_publish();
	harness_expect(&(struct packet){.from = SOURCE_IPV4}, REASON_BYPASS,
		       ACTION_DROP, NULL);
}

static void other_networks_are_no_witnesses(void **state)
{
	__u64 later;

	(void)state;
	know(FAMILY_IPV4, CLOSED);
	later = harness_now() + harness_hour();
	witness("198.51.101.0", later);
	witness("2001:db8:77:2::", later);
	witness("::", later);
	harness_expect(&(struct packet){.from = SOURCE_IPV4}, REASON_BYPASS,
		       ACTION_DROP, NULL);
	harness_expect(&(struct packet){.from = SOURCE_IPV6}, REASON_BYPASS,
		       ACTION_DROP, NULL);
}

static const struct {
	const char *name;
	unsigned int known;
	enum stage watched;
	enum reason reason;
	enum action action;
} watched[] = {
	{"a watched gate lets the clean in, and counts them", CLOSED | CLEAN,
	 STAGE_BYPASS, REASON_BYPASS, ACTION_PASS},
	{"it doesn't hide a listing", CLOSED | LISTED, STAGE_BYPASS,
	 REASON_LISTED, ACTION_DROP},
	{"nor that a source has to wait", CLOSED, STAGE_BYPASS, REASON_HELD,
	 ACTION_DROP},
	{"nor a block list", CLOSED | BLOCKED, STAGE_BYPASS, REASON_BLOCKED,
	 ACTION_DROP},
	{"an open one is nothing to watch", CLEAN, STAGE_BYPASS, REASON_CLEAN,
	 ACTION_PASS},
	{"watched lists let in", BLOCKED | CLEAN, STAGE_LISTS, REASON_BLOCKED,
	 ACTION_PASS},
	{"watched feeds, too", FED | CLEAN, STAGE_LISTS, REASON_FEED,
	 ACTION_PASS},
	{"they don't hide a listing", BLOCKED | LISTED, STAGE_LISTS,
	 REASON_LISTED, ACTION_DROP},
	{"nor the gate", FED | CLEAN | CLOSED, STAGE_LISTS, REASON_BYPASS,
	 ACTION_DROP},
	{"nor the need to wait", BLOCKED, STAGE_LISTS, REASON_HELD,
	 ACTION_DROP},
	{"the allowed are still allowed", ALLOWED | BLOCKED, STAGE_LISTS,
	 REASON_ALLOWED, ACTION_PASS},
	{"watched verdicts let the listed in", LISTED, STAGE_VERDICTS,
	 REASON_LISTED, ACTION_PASS},
	{"and nobody waits for one", 0, STAGE_VERDICTS, REASON_HELD,
	 ACTION_PASS},
	{"but through no closed gate", LISTED | CLOSED, STAGE_VERDICTS,
	 REASON_BYPASS, ACTION_DROP},
	{"watched evasions pass", EVASION, STAGE_EVASION, REASON_EVASION,
	 ACTION_PASS},
	{"and nothing else does for it", BLOCKED, STAGE_EVASION, REASON_BLOCKED,
	 ACTION_DROP},
};

static void what_is_only_watched_hides_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(watched); i++) {
		print_message("%s\n", watched[i].name);
		for (enum family family = 0; family < FAMILY_MAX; family++) {
			const struct packet packet = {
				.from = texts[family].source,
				.flags = watched[i].known & EVASION
						 ? TCP_SYN | TCP_FIN
						 : TCP_SYN,
			};

			know(family, watched[i].known);
			harness_rules()->watched =
				stage_reasons(watched[i].watched);
			harness_publish();
			harness_expect(&packet, watched[i].reason,
				       watched[i].action, NULL);
		}
	}
}

static void of_several_that_are_watched_the_first_is_counted(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4};

	(void)state;
	know(FAMILY_IPV4, BLOCKED | LISTED | CLOSED);
	harness_rules()->watched = stage_reasons(STAGE_LISTS) |
				   stage_reasons(STAGE_VERDICTS) |
				   stage_reasons(STAGE_BYPASS);
	harness_publish();
	harness_expect(&packet, REASON_BLOCKED, ACTION_PASS, NULL);
	know(FAMILY_IPV4, LISTED | CLOSED);
	harness_rules()->watched =
		stage_reasons(STAGE_VERDICTS) | stage_reasons(STAGE_BYPASS);
	harness_publish();
	harness_expect(&packet, REASON_BYPASS, ACTION_PASS, NULL);
}

/* With `reset` the verdict is asked before the gate. */
static void a_watched_listing_does_not_open_a_gate_that_resets(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4};

	(void)state;
	know(FAMILY_IPV4, LISTED | CLOSED);
	harness_rules()->bypass = ACTION_RESET;
	harness_rules()->watched = stage_reasons(STAGE_VERDICTS);
	harness_publish();
	harness_expect(&packet, REASON_BYPASS, ACTION_RESET, NULL);
	/* Nor does it count as bypass where both are watched. */
	harness_rules()->watched |= stage_reasons(STAGE_BYPASS);
	harness_publish();
	harness_expect(&packet, REASON_LISTED, ACTION_PASS, NULL);
}

static const struct {
	const char *name;
	enum verdict host;    /* VERDICT_UNKNOWN: has none */
	enum verdict network; /* the same */
	bool host_expired;
	enum reason reason;
} networks[] = {
	{"the verdict of its /64 is used", VERDICT_UNKNOWN, VERDICT_LISTED,
	 false, REASON_LISTED},
	{"that of a clean one, too", VERDICT_UNKNOWN, VERDICT_CLEAN, false,
	 REASON_CLEAN},
	{"the host's beats it", VERDICT_CLEAN, VERDICT_LISTED, false,
	 REASON_CLEAN},
	{"also for the worse", VERDICT_LISTED, VERDICT_CLEAN, false,
	 REASON_LISTED},
	{"but not once it has expired", VERDICT_CLEAN, VERDICT_LISTED, true,
	 REASON_LISTED},
};

static void a_host_without_a_verdict_has_that_of_its_network(void **state)
{
	const struct packet packet = {.from = "2001:db8:77:1:2:3:4:5"};
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(networks); i++) {
		__u64 now, later;

		print_message("%s\n", networks[i].name);
		harness_fresh();
		now = harness_now();
		later = now + harness_hour();
		if (networks[i].host != VERDICT_UNKNOWN)
			harness_verdict(packet.from, networks[i].host, ~0ULL,
					networks[i].host_expired ? now : later);
		harness_verdict("2001:db8:77:1::", networks[i].network, ~0ULL,
				later);
		harness_expect(&packet, networks[i].reason,
			       networks[i].reason == REASON_LISTED
				       ? ACTION_DROP
				       : ACTION_PASS,
			       &out);
		assert_true(out.twin.expires == later);
	}
}

static void other_networks_verdicts_are_not_its_own(void **state)
{
	__u64 later;

	(void)state;
	harness_fresh();
	later = harness_now() + harness_hour();
	harness_verdict("2001:db8:77:2::", VERDICT_LISTED, ~0ULL, later);
	harness_verdict("2001:db8:77::", VERDICT_LISTED, ~0ULL, later);
	harness_verdict("198.51.100.0", VERDICT_LISTED, ~0ULL, later);
	harness_verdict("::", VERDICT_LISTED, ~0ULL, later);
	harness_expect(&(struct packet){.from = "2001:db8:77:1::1"},
		       REASON_HELD, ACTION_DROP, NULL);
	/* An IPv4 source has no network, not even ::ffff:0:0/64. */
	harness_expect(&(struct packet){.from = SOURCE_IPV4}, REASON_HELD,
		       ACTION_DROP, NULL);
}

static void gates_are_those_of_the_doors(void **state)
{
	struct rules *rules;
	struct addr other;

	(void)state;
	harness_fresh();
	rules = harness_rules();
	rules->unknown = UNKNOWN_PASS;
	rules->ipv4_count = rules->ipv6_count = 2;
	assert_int_equal(addr_parse("192.0.2.99", &other), 0);
	memcpy(&rules->ipv4[1].address, other.octets + 12, 4);
	assert_int_equal(addr_parse("2001:db8::99", &rules->ipv6[1].address),
			 0);
	rules->ipv4[1].gate = GATE_CLOSED;
	rules->ipv6[0].gate = GATE_CLOSED;
	harness_publish();
	harness_expect(&(struct packet){.to = DOOR_IPV4}, REASON_UNKNOWN,
		       ACTION_PASS, NULL);
	harness_expect(&(struct packet){.to = "192.0.2.99"}, REASON_BYPASS,
		       ACTION_DROP, NULL);
	harness_expect(&(struct packet){.from = SOURCE_IPV6, .to = DOOR_IPV6},
		       REASON_BYPASS, ACTION_DROP, NULL);
	harness_expect(
		&(struct packet){.from = SOURCE_IPV6, .to = "2001:db8::99"},
		REASON_UNKNOWN, ACTION_PASS, NULL);
}

static void the_twin_says_what_the_verdict_is(void **state)
{
	__u64 later;
	struct result out;

	(void)state;
	harness_fresh();
	later = harness_now() + harness_hour();
	harness_verdict(SOURCE_IPV4, VERDICT_LISTED, ~0ULL, later);
	harness_expect(&(struct packet){.port = PORT}, REASON_LISTED,
		       ACTION_DROP, &out);
	assert_int_equal(out.twin.verdict, VERDICT_LISTED);
	assert_int_equal(out.twin.score, 7);
	assert_true(out.twin.expires == later);
	assert_int_equal(out.twin.list, 0);
	harness_expect(&(struct packet){.from = SOURCE_IPV6}, REASON_HELD,
		       ACTION_DROP, &out);
	assert_int_equal(out.twin.verdict, VERDICT_UNKNOWN);
	assert_int_equal(out.twin.score, 0);
	assert_true(out.twin.expires == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_follow_their_order),
		cmocka_unit_test(
			monitor_mode_decides_and_counts_but_lets_all_pass),
		cmocka_unit_test(witnesses_pass_the_closed_gate_unless_listed),
		cmocka_unit_test(other_networks_are_no_witnesses),
		cmocka_unit_test(a_witness_is_told_of_within_the_budget),
		cmocka_unit_test(without_networks_nobody_is_asked_for),
		cmocka_unit_test(what_is_only_watched_hides_nothing_else),
		cmocka_unit_test(
			of_several_that_are_watched_the_first_is_counted),
		cmocka_unit_test(
			a_watched_listing_does_not_open_a_gate_that_resets),
		cmocka_unit_test(
			a_host_without_a_verdict_has_that_of_its_network),
		cmocka_unit_test(other_networks_verdicts_are_not_its_own),
		cmocka_unit_test(gates_are_those_of_the_doors),
		cmocka_unit_test(the_twin_says_what_the_verdict_is),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks of listed addresses: how many it takes, and what ends it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "worker/neighbours.h"

#define NOW 1000

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

/* What is said of a source, and what follows for its network. */
struct note {
	const char *source;
	enum verdict verdict;
	uint64_t now;
	int follows;
};

#define LISTED(source, now, follows)                                           \
	{                                                                      \
		source, VERDICT_LISTED, now, follows                           \
	}
#define CLEAN(source, now, follows)                                            \
	{                                                                      \
		source, VERDICT_CLEAN, now, follows                            \
	}

/* A verdict of `now` ends 100 later. */
static const struct {
	const char *name;
	struct note notes[6];
} cases[] = {
	{"three addresses list their network",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::2", NOW, 0),
	  LISTED("2001:db8::3", NOW, 1), LISTED("2001:db8::4", NOW, 1)}},
	{"the same address counts once",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::1", NOW, 0),
	  LISTED("2001:db8::2", NOW, 0), LISTED("2001:db8::2", NOW, 0)}},
	{"other networks don't count",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::2", NOW, 0),
	  LISTED("2001:db8:0:1::3", NOW, 0)}},
	{"IPv4 has none",
	 {LISTED("192.0.2.1", NOW, 0), LISTED("192.0.2.2", NOW, 0),
	  LISTED("192.0.2.3", NOW, 0)}},
	{"what has ended doesn't count",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::2", NOW, 0),
	  LISTED("2001:db8::3", NOW + 100, 0),
	  LISTED("2001:db8::4", NOW + 100, 0),
	  LISTED("2001:db8::5", NOW + 100, 1)}},
	{"one that is clean now ends it",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::2", NOW, 0),
	  LISTED("2001:db8::3", NOW, 1), CLEAN("2001:db8::2", NOW, -1),
	  CLEAN("2001:db8::1", NOW, 0)}},
	{"a clean neighbour doesn't",
	 {LISTED("2001:db8::1", NOW, 0), LISTED("2001:db8::2", NOW, 0),
	  LISTED("2001:db8::3", NOW, 1), CLEAN("2001:db8::9", NOW, 0),
	  LISTED("2001:db8::3", NOW, 1)}},
};

static int note(struct neighbours *neighbours, const struct note *note,
		struct source_verdict *out)
{
	struct addr source = addr_of(note->source);
	const struct source_verdict verdict = {
		.verdict = note->verdict,
		.score = 3,
		.refresh = note->now + 50,
		.expires = note->now + 100,
		.causes = 1,
	};

	return neighbours_note(neighbours, &source, &verdict, note->now, out);
}

static void networks_follow_their_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct neighbours *neighbours = neighbours_create();
		struct source_verdict out;

		print_message("%s\n", cases[i].name);
		for (size_t j = 0; j < 6 && cases[i].notes[j].source; j++)
			assert_int_equal(
				note(neighbours, &cases[i].notes[j], &out),
				cases[i].notes[j].follows);
		neighbours_free(neighbours);
	}
}

static void the_first_end_is_that_of_the_network(void **state)
{
	const struct note notes[] = {LISTED("2001:db8::1", NOW, 0),
				     LISTED("2001:db8::2", NOW - 20, 0),
				     LISTED("2001:db8::3", NOW, 1)};
	struct neighbours *neighbours = neighbours_create();
	struct source_verdict out = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		note(neighbours, &notes[i], &out);
	assert_int_equal(out.verdict, VERDICT_LISTED);
	assert_int_equal(out.score, 3);
	assert_int_equal(out.expires, NOW - 20 + 100);
	assert_int_equal(out.refresh, NOW - 20 + 50);
	neighbours_free(neighbours);
}

static void what_is_withdrawn_is_forgotten(void **state)
{
	const struct note notes[] = {LISTED("2001:db8::1", NOW, 0),
				     LISTED("2001:db8::2", NOW, 0),
				     LISTED("2001:db8::3", NOW, 0)};
	struct neighbours *neighbours = neighbours_create();
	struct source_verdict out;

	(void)state;
	note(neighbours, &notes[0], &out);
	note(neighbours, &notes[1], &out);
	neighbours_forget(neighbours, 2);
	assert_int_equal(note(neighbours, &notes[2], &out), 1);
	neighbours_forget(neighbours, 1);
	assert_int_equal(note(neighbours, &notes[2], &out), 0);
	neighbours_free(neighbours);
}

static void an_address_without_host_bits_is_a_key(void **state)
{
	struct addr key = addr_of("2001:db8:1:2::"), ipv4 = addr_of("0.0.0.0");
	struct addr host = addr_of("2001:db8:1:2::1");
	struct addr of_host = neighbours_key(&host);

	(void)state;
	assert_true(neighbours_is_key(&key));
	assert_false(neighbours_is_key(&host));
	assert_false(neighbours_is_key(&ipv4));
	assert_true(addr_equal(&of_host, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_follow_their_addresses),
		cmocka_unit_test(the_first_end_is_that_of_the_network),
		cmocka_unit_test(what_is_withdrawn_is_forgotten),
		cmocka_unit_test(an_address_without_host_bits_is_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

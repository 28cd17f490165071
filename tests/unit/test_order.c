/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders: their words, how long they last, and what clocks can't do to them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>

#include "core/order.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define S    1000000000ULL
#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define NOW  INT64_C(1763950000)

static void words_are_those_of_their_subject(void **state)
{
	unsigned int value = 9;

	(void)state;
	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		for (unsigned int v = 0; v < 3; v++) {
			assert_int_equal(
				order_parse(s, order_word(s, v), &value), 0);
			assert_int_equal(value, v);
		}
		assert_null(order_word(s, 3));
		assert_int_equal(order_parse(s, "", &value), -EINVAL);
		assert_int_equal(order_parse(s, "Open", &value), -EINVAL);
		assert_int_equal(order_parse(s, "auto", &value), 0);
		assert_int_equal(value, 0);
	}
	assert_int_equal(order_parse(ORDER_GATE, "monitor", &value), -EINVAL);
	assert_int_equal(order_parse(ORDER_MODE, "open", &value), -EINVAL);
	assert_int_equal(value, 0);
}

static const struct {
	const char *name;
	enum order_subject subject;
	unsigned int value;
	int64_t asked_s;
	int64_t length_s; /* -1: refused */
} lengths[] = {
	{"open lasts until it is taken back", ORDER_GATE, ORDER_GATE_OPEN, 0,
	 0},
	{"open for a time", ORDER_GATE, ORDER_GATE_OPEN, HOUR, HOUR},
	{"close always ends", ORDER_GATE, ORDER_GATE_CLOSE, 0, HOUR},
	{"close for a time", ORDER_GATE, ORDER_GATE_CLOSE, 60, 60},
	{"close for a week", ORDER_GATE, ORDER_GATE_CLOSE, 7 * DAY, 7 * DAY},
	{"close for longer", ORDER_GATE, ORDER_GATE_CLOSE, 7 * DAY + 1, -1},
	{"open for longer", ORDER_GATE, ORDER_GATE_OPEN, 8 * DAY, 8 * DAY},
	{"enforce lasts", ORDER_MODE, ORDER_MODE_ENFORCE, 0, 0},
	{"monitor for a time", ORDER_MODE, ORDER_MODE_MONITOR, 5, 5},
	{"ten years", ORDER_MODE, ORDER_MODE_MONITOR, 3650 * DAY, 3650 * DAY},
	{"more", ORDER_MODE, ORDER_MODE_MONITOR, 3650 * DAY + 1, -1},
	{"less than nothing", ORDER_MODE, ORDER_MODE_MONITOR, -1, -1},
	{"for the beginning of time", ORDER_GATE, ORDER_GATE_CLOSE, INT64_MIN,
	 -1},
};

static void a_forced_gate_always_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		int64_t length_s = 42;
		int result = order_length(lengths[i].subject, lengths[i].value,
					  lengths[i].asked_s, &length_s);

		print_message("%s\n", lengths[i].name);
		assert_int_equal(result, lengths[i].length_s < 0 ? -ERANGE : 0);
		assert_int_equal(length_s, lengths[i].length_s < 0
						   ? 42
						   : lengths[i].length_s);
	}
}

static void an_order_is_over_at_its_end(void **state)
{
	struct order order =
		order_make(ORDER_GATE_OPEN, 1000, 60, NOW, 100 * S);
	struct order none = {0};

	(void)state;
	assert_int_equal(order.uid, 1000);
	assert_int_equal(order.until_unix, NOW + 60);
	assert_false(order_is_over(&order, 100 * S));
	assert_false(order_is_over(&order, 160 * S - 1));
	assert_true(order_is_over(&order, 160 * S));
	assert_true(order_left_s(&order, 130 * S) == 30);
	assert_true(order_left_s(&order, 500 * S) == 0);
	order = order_make(ORDER_GATE_OPEN, 0, 0, NOW, 100 * S);
	assert_false(order_is_over(&order, UINT64_MAX));
	assert_true(order_left_s(&order, 0) < 0);
	assert_false(order_is_over(&none, UINT64_MAX));
}

static const struct {
	const char *name;
	int64_t until_unix; /* the order was given at NOW */
	int64_t now_unix;
	double left_s;
} resumed[] = {
	{"read at once", NOW + 60, NOW, 60},
	{"read later", NOW + 60, NOW + 50, 10},
	{"read too late", NOW + 60, NOW + 61, 0},
	{"read after years", NOW + 60, NOW + 3650 * DAY, 0},
	{"the clock was set back", NOW + 60, NOW - DAY, 60},
	{"the clock has lost its battery", NOW + 60, 0, 60},
	{"it has no end", 0, NOW + 50, -1},
};

static void a_kept_order_lasts_no_longer_than_it_was_given_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(resumed); i++) {
		struct order order = {
			.value = ORDER_GATE_CLOSE,
			.since_unix = NOW,
			.until_unix = resumed[i].until_unix,
		};

		print_message("%s\n", resumed[i].name);
		order_resume(&order, resumed[i].now_unix, 7 * S);
		assert_true(order_left_s(&order, 7 * S) == resumed[i].left_s);
		assert_int_equal(order_is_over(&order, 7 * S),
				 resumed[i].left_s == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_their_subject),
		cmocka_unit_test(a_forced_gate_always_ends),
		cmocka_unit_test(an_order_is_over_at_its_end),
		cmocka_unit_test(
			a_kept_order_lasts_no_longer_than_it_was_given_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

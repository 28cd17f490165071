/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doorman knows of the words of lists. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tables/clock.h"
#include "worker/door_texts.h"

#define ZONE "bl.example.net"

static struct site site = {.zone = ZONE, .weight = 1};
static const struct config_dnsbl config = {.sites = &site, .site_count = 1};
static const struct dnsbl_site_result result = {.matched = true};

/* In place of sources/dnsbl_text.c. */
static struct {
	dnsbl_text_done *done;
	void *context;
} asked[2 * DOOR_TEXTS];
static size_t asked_count;
static int refusal;

int dnsbl_text(uv_loop_t *loop, struct resolver *resolver,
	       const struct config_dnsbl *of,
	       const struct dnsbl_site_result *results,
	       const struct addr *source, dnsbl_text_done *done, void *context)
{
	(void)loop;
	(void)resolver;
	(void)source;
	assert_ptr_equal(of, &config);
	assert_ptr_equal(results, &result);
	if (refusal)
		return refusal;
	asked[asked_count].done = done;
	asked[asked_count++].context = context;
	return 0;
}

static struct addr source_of(size_t number)
{
	struct addr addr = {0};

	addr.octets[14] = (uint8_t)(number >> 8);
	addr.octets[15] = (uint8_t)number;
	return addr;
}

static void ask(struct door_texts *texts, size_t number)
{
	struct addr source = source_of(number);

	door_texts_ask(texts, NULL, NULL, &config, &result, 0, &source,
		       NS_PER_S);
}

static void answer(size_t question, const char *words)
{
	char text[1][ANSWER_TEXT_MAX] = {""};

	snprintf(text[0], sizeof(text[0]), "%s", words);
	asked[question].done(asked[question].context, 1, text);
}

static const char *find(struct door_texts *texts, size_t number,
			const char *zone, uint64_t now_ns, bool expected)
{
	struct addr source = source_of(number);
	const char *text;
	bool known;

	text = door_texts_find(texts, &source, zone, now_ns, &known);
	assert_int_equal(known, expected);
	return text;
}

static int start(void **state)
{
	struct door_texts *texts;

	asked_count = 0;
	refusal = 0;
	assert_int_equal(door_texts_create(&texts), 0);
	*state = texts;
	return 0;
}

static int end(void **state)
{
	door_texts_free(*state);
	return 0;
}

static void a_text_is_known_once_it_is_told(void **state)
{
	assert_null(find(*state, 1, ZONE, NS_PER_S, false));
	ask(*state, 1);
	assert_null(find(*state, 1, ZONE, NS_PER_S, true));
	answer(0, "spam was seen");
	assert_string_equal(find(*state, 1, ZONE, NS_PER_S, true),
			    "spam was seen");
	assert_null(find(*state, 2, ZONE, NS_PER_S, false));
	assert_null(find(*state, 1, "other.example", NS_PER_S, false));
	assert_null(find(*state, 1, ZONE, 3602 * NS_PER_S, false));
}

static void no_text_is_not_asked_for_again(void **state)
{
	ask(*state, 1);
	answer(0, "");
	assert_null(find(*state, 1, ZONE, NS_PER_S, true));
}

static void what_could_not_be_asked_is_not_known(void **state)
{
	refusal = -EAGAIN;
	ask(*state, 1);
	assert_null(find(*state, 1, ZONE, NS_PER_S, false));
}

static void few_are_asked_at_a_time(void **state)
{
	for (size_t i = 0; i < 20; i++)
		ask(*state, i);
	assert_int_equal(asked_count, DOOR_TEXTS_ASKING);
	answer(0, "a");
	ask(*state, 30);
	assert_int_equal(asked_count, DOOR_TEXTS_ASKING + 1);
}

static void the_oldest_gives_way_but_not_one_that_is_waited_for(void **state)
{
	ask(*state, 1000);
	for (size_t i = 0; i < DOOR_TEXTS + 1; i++) {
		ask(*state, i);
		answer(i + 1, "b");
	}
	answer(0, "late");
	assert_string_equal(find(*state, 1000, ZONE, NS_PER_S, true), "late");
	assert_null(find(*state, 0, ZONE, NS_PER_S, false));
	assert_string_equal(find(*state, DOOR_TEXTS, ZONE, NS_PER_S, true),
			    "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_is_known_once_it_is_told,
						start, end),
		cmocka_unit_test_setup_teardown(no_text_is_not_asked_for_again,
						start, end),
		cmocka_unit_test_setup_teardown(
			what_could_not_be_asked_is_not_known, start, end),
		cmocka_unit_test_setup_teardown(few_are_asked_at_a_time, start,
						end),
		cmocka_unit_test_setup_teardown(
			the_oldest_gives_way_but_not_one_that_is_waited_for,
			start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

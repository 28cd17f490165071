/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is remembered to have knocked, and for how long. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "worker/recent.h"

#define MS UINT64_C(1000000)

static uint64_t clock_ns;
static struct recent knocks;
static char taken[8192];

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec = (time_t)(clock_ns / (1000 * MS));
	time->tv_nsec = (long)(clock_ns % (1000 * MS));
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&knocks, 0, sizeof(knocks));
	clock_ns = 5000 * MS;
	return 0;
}

static void knock(const char *source, size_t guard)
{
	struct addr addr;

	assert_int_equal(addr_parse(source, &addr), 0);
	recent_note(&knocks, &addr, guard);
}

static void take(void *context, const struct addr *source)
{
	char text[ADDR_TEXT];

	(void)context;
	strcat(strcat(taken, addr_format(source, text)), " ");
}

static const char *take_all(size_t guard, enum family family)
{
	taken[0] = '\0';
	recent_take(&knocks, guard, family, take, NULL);
	return taken;
}

static void those_of_the_last_second_are_given_once(void **state)
{
	(void)state;
	knock("192.0.2.1", 0);
	clock_ns += 400 * MS;
	knock("192.0.2.2", 0);
	knock("2001:db8::1", 0);
	knock("192.0.2.3", 1);
	clock_ns += 700 * MS;
	assert_string_equal(take_all(0, FAMILY_IPV4), "192.0.2.2 ");
	assert_string_equal(take_all(0, FAMILY_IPV4), "");
	assert_string_equal(take_all(0, FAMILY_IPV6), "2001:db8::1 ");
	assert_string_equal(take_all(1, FAMILY_IPV4), "192.0.2.3 ");
}

/* A retransmission does not make the first SYN younger. */
static void knocking_again_makes_it_no_younger(void **state)
{
	(void)state;
	knock("192.0.2.1", 0);
	clock_ns += 900 * MS;
	knock("192.0.2.1", 0);
	clock_ns += 200 * MS;
	assert_string_equal(take_all(0, FAMILY_IPV4), "");
	knock("192.0.2.1", 0);
	assert_string_equal(take_all(0, FAMILY_IPV4), "192.0.2.1 ");
}

static void the_oldest_make_room(void **state)
{
	char text[ADDR_TEXT];

	(void)state;
	for (int i = 0; i <= RECENT_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		knock(text, 0);
	}
	take_all(0, FAMILY_IPV4);
	assert_null(strstr(taken, "10.0.0.0 "));
	assert_non_null(strstr(taken, "10.0.0.1 "));
	assert_non_null(strstr(taken, "10.0.1.0 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(those_of_the_last_second_are_given_once,
				       set_up),
		cmocka_unit_test_setup(knocking_again_makes_it_no_younger,
				       set_up),
		cmocka_unit_test_setup(the_oldest_make_room, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

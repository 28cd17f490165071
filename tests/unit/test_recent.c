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

static char first_name[] = "first", second_name[] = "second";
static struct addr first_doors[2], second_doors[1];
static struct config_guard guards[2];
static struct config config;

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec = (time_t)(clock_ns / (1000 * MS));
	time->tv_nsec = (long)(clock_ns % (1000 * MS));
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct config_guard guard_of(char *name, struct addr *doors,
				    size_t count)
{
	return (struct config_guard){
		.name = name,
		.protect = doors,
		.protect_count = count,
	};
}

static int set_up(void **state)
{
	(void)state;
	first_doors[0] = addr_of("198.51.100.1");
	first_doors[1] = addr_of("2001:db8:100::1");
	second_doors[0] = addr_of("198.51.100.2");
	guards[0] = guard_of(first_name, first_doors, 2);
	guards[1] = guard_of(second_name, second_doors, 1);
	config = (struct config){.guards = guards, .guard_count = 2};
	memset(&knocks, 0, sizeof(knocks));
	clock_ns = 5000 * MS;
	return 0;
}

static void knock(const char *source, const char *at)
{
	const struct addr addr = addr_of(source), door = addr_of(at);

	recent_note(&knocks, &addr, &door);
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
	recent_take(&knocks, &config, guard, family, take, NULL);
	return taken;
}

static void those_of_the_last_second_are_given_once(void **state)
{
	(void)state;
	knock("192.0.2.1", "198.51.100.1");
	clock_ns += 400 * MS;
	knock("192.0.2.2", "198.51.100.1");
	knock("2001:db8::1", "2001:db8:100::1");
	knock("192.0.2.3", "198.51.100.2");
	knock("192.0.2.4", "198.51.100.3");
	clock_ns += 700 * MS;
	assert_string_equal(take_all(1, FAMILY_IPV4), "192.0.2.2 ");
	assert_string_equal(take_all(1, FAMILY_IPV4), "");
	assert_string_equal(take_all(1, FAMILY_IPV6), "2001:db8::1 ");
	assert_string_equal(take_all(2, FAMILY_IPV4), "192.0.2.3 ");
	assert_string_equal(take_all(0, FAMILY_IPV4), "192.0.2.4 ");
}

/* The first guard goes, the second one has its number, and a door moves. */
static void a_reload_that_numbers_guards_anew_changes_nothing(void **state)
{
	struct addr doors[2] = {second_doors[0], addr_of("198.51.100.3")};

	(void)state;
	knock("192.0.2.1", "198.51.100.1");
	knock("192.0.2.2", "198.51.100.2");
	knock("192.0.2.3", "198.51.100.3");
	guards[0] = guard_of(second_name, doors, 2);
	config.guard_count = 1;
	assert_string_equal(take_all(1, FAMILY_IPV4), "192.0.2.2 192.0.2.3 ");
	assert_string_equal(take_all(0, FAMILY_IPV4), "192.0.2.1 ");
	assert_string_equal(take_all(2, FAMILY_IPV4), "");
}

/* A retransmission does not make the first SYN younger. */
static void knocking_again_makes_it_no_younger(void **state)
{
	(void)state;
	knock("192.0.2.1", "198.51.100.1");
	clock_ns += 900 * MS;
	knock("192.0.2.1", "198.51.100.1");
	clock_ns += 200 * MS;
	assert_string_equal(take_all(1, FAMILY_IPV4), "");
	knock("192.0.2.1", "198.51.100.1");
	assert_string_equal(take_all(1, FAMILY_IPV4), "192.0.2.1 ");
}

static void the_oldest_make_room(void **state)
{
	char text[ADDR_TEXT];

	(void)state;
	for (int i = 0; i <= RECENT_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		knock(text, "198.51.100.1");
	}
	take_all(1, FAMILY_IPV4);
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
		cmocka_unit_test_setup(
			a_reload_that_numbers_guards_anew_changes_nothing,
			set_up),
		cmocka_unit_test_setup(the_oldest_make_room, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

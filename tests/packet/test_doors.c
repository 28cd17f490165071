/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ports and addresses are guarded: all that are named, and no other. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "../unit/assert_addr.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static void every_port_is_guarded_and_no_other(void **state)
{
	struct packet packet = {.from = SOURCE_IPV4};
	struct rules *rules;
	struct frame frame;

	(void)state;
	harness_fresh();
	rules = harness_rules();
	rules->port_count = PORTS_MAX;
	for (unsigned int i = 0; i < PORTS_MAX; i++)
		rules->ports[i] = htons((uint16_t)(1000 + i));
	harness_publish();
	for (unsigned int i = 0; i < PORTS_MAX; i++) {
		packet.port = 1000 + i;
		harness_expect(&packet, REASON_HELD, ACTION_DROP, NULL);
	}
	packet.port = 25;
	frame_build(&packet, &frame);
	harness_fresh();
	rules->port_count = 1;
	rules->ports[0] = htons(1000);
	rules->ports[1] = htons(25); /* beyond the count */
	harness_publish();
	harness_expect_untouched(&frame);
}

/* The door of a number, as text. */
static const char *door(enum family family, unsigned int number,
			char text[static ADDR_TEXT])
{
	snprintf(text, ADDR_TEXT,
		 family == FAMILY_IPV4 ? "192.0.2.%u" : "2001:db8:d::%u",
		 100 + number);
	return text;
}

static void open_doors(unsigned int ipv4, unsigned int ipv6)
{
	struct rules *rules = harness_rules();
	char text[ADDR_TEXT];
	struct addr addr;

	for (unsigned int i = 0; i < DOORS_MAX; i++) {
		addr_parse(door(FAMILY_IPV4, i, text), &addr);
		memcpy(&rules->ipv4[i].address, addr.octets + 12, 4);
		addr_parse(door(FAMILY_IPV6, i, text), &rules->ipv6[i].address);
	}
	rules->ipv4_count = ipv4;
	rules->ipv6_count = ipv6;
	harness_publish();
}

static const char *source(enum family family)
{
	return family == FAMILY_IPV4 ? SOURCE_IPV4 : SOURCE_IPV6;
}

static void every_door_is_guarded_and_named(void **state)
{
	struct result out;

	(void)state;
	for (unsigned int i = 0; i < 2 * DOORS_MAX; i++) {
		enum family family = i / DOORS_MAX;
		char to[ADDR_TEXT];
		struct packet packet = {
			.from = source(family),
			.to = door(family, i % DOORS_MAX, to),
		};

		harness_fresh();
		open_doors(DOORS_MAX, DOORS_MAX);
		harness_expect(&packet, REASON_HELD, ACTION_DROP, &out);
		assert_int_equal(out.event_count, 1);
		assert_addr(&out.events[0].destination, to);
	}
}

/* The door before the count's end is guarded, the one behind it is not. */
static void check_doors(enum family family, unsigned int count)
{
	char to[ADDR_TEXT];
	struct packet packet = {.from = source(family), .to = to};
	struct frame frame;

	door(family, count, to);
	if (count < DOORS_MAX) {
		frame_build(&packet, &frame);
		harness_expect_untouched(&frame);
	}
	if (count > 0) {
		door(family, count - 1, to);
		harness_expect(&packet, REASON_HELD, ACTION_DROP, NULL);
	}
}

static void doors_beyond_the_count_of_their_family_are_none(void **state)
{
	static const unsigned int counts[][2] = {
		{0, DOORS_MAX}, {DOORS_MAX, 0}, {31, 31}, {1, 1}, {0, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		harness_fresh();
		open_doors(counts[i][0], counts[i][1]);
		check_doors(FAMILY_IPV4, counts[i][0]);
		check_doors(FAMILY_IPV6, counts[i][1]);
	}
}

/* A protected IPv4 address, mapped, is no IPv6 address that is protected. */
static void a_door_is_of_its_family_alone(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV6, .to = DOOR_IPV4};
	struct frame frame;

	(void)state;
	harness_fresh();
	frame_build(&packet, &frame);
	harness_expect_untouched(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_port_is_guarded_and_no_other),
		cmocka_unit_test(every_door_is_guarded_and_named),
		cmocka_unit_test(
			doors_beyond_the_count_of_their_family_are_none),
		cmocka_unit_test(a_door_is_of_its_family_alone),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}

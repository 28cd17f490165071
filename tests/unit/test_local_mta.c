/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the MTA on this host?  Tables of sockets as the kernel prints them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "parent/local_mta.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* On a machine of this byte order; the other prints it the other way round. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOOPBACK "0100007F"
#define DOOR	 "190200C0" /* 192.0.2.25 */
#define DOOR6	 "B80D0120000000000000000025000000"
#define MAPPED	 "0000000000000000FFFF0000190200C0"
#else
#define LOOPBACK "7F000001"
#define DOOR	 "C0000219"
#define DOOR6	 "20010DB8000000000000000000000025"
#define MAPPED	 "00000000000000000000FFFFC0000219"
#endif
#define ANY	"00000000"
#define ANY6	"00000000000000000000000000000000"
#define HEADING "  sl  local_address rem_address   st tx_queue rx_queue\n"
#define LINE(address, port, state)                                             \
	"   0: " address ":" port " 00000000:0000 " state                      \
	" 00000000:00000000 00:00000000 00000000     0        0 1234 1\n"

static const struct {
	const char *name;
	const char *table;
	bool listens;	/* at 192.0.2.25 or 2001:db8::25, port 25 */
	bool somewhere; /* where no address is named */
} cases[] = {
	{"nothing", HEADING, false, false},
	{"an empty file", "", false, false},
	{"any address", HEADING LINE(ANY, "0019", "0A"), true, true},
	{"any address of IPv6", HEADING LINE(ANY6, "0019", "0A"), true, true},
	{"the address", HEADING LINE(DOOR, "0019", "0A"), true, true},
	{"the address of IPv6", HEADING LINE(DOOR6, "0019", "0A"), true, true},
	{"IPv4 by a socket of IPv6", HEADING LINE(MAPPED, "0019", "0A"), true,
	 true},
	{"another address", HEADING LINE(LOOPBACK, "0019", "0A"), false, true},
	{"another port", HEADING LINE(ANY, "001A", "0A"), false, false},
	{"a connection", HEADING LINE(DOOR, "0019", "01"), false, false},
	{"behind others",
	 HEADING LINE(ANY, "0050", "0A") LINE(DOOR, "0019", "01")
		 LINE(ANY, "0019", "0A"),
	 true, true},
	{"garbage", "  0: xyz\n\n0019 0A\n" LINE("00", "0019", "0A"), false,
	 false},
};

static bool listens(const char *table, const struct addr *at, size_t count)
{
	FILE *file = fmemopen((void *)(uintptr_t)table, strlen(table) + 1, "r");
	bool found;

	assert_non_null(file);
	found = local_mta_listens(file, 25, at, count);
	fclose(file);
	return found;
}

static void each_table_is_read(void **state)
{
	struct addr doors[2];

	(void)state;
	assert_int_equal(addr_parse("192.0.2.25", &doors[0]), 0);
	assert_int_equal(addr_parse("2001:db8::25", &doors[1]), 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (listens(cases[i].table, doors, 2) != cases[i].listens ||
		    listens(cases[i].table, NULL, 0) != cases[i].somewhere)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_table_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a log: which are witnesses, and whom strangers can't make one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "ctl/witness_log.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define STAMP "Nov 26 22:52:41 mx1 "

static const struct {
	const char *line;
	const char *address; /* NULL: none */
} lines[] = {
	{STAMP "postfix/smtpd[24762]: connect from "
	       "mail.example.net[198.51.100.7]",
	 "198.51.100.7"},
	{STAMP "postfix/smtpd[24762]: connect from unknown[2001:db8::7]",
	 "2001:db8::7"},
	{"2026-11-26T22:52:41.123456+00:00 mx1 postfix/smtpd[2]: connect "
	 "from unknown[198.51.100.7]",
	 "198.51.100.7"},
	{STAMP "postfix-in/smtpd[1]: connect from unknown[198.51.100.7]",
	 "198.51.100.7"},
	{STAMP "postfix/submission/smtpd[1]: connect from "
	       "unknown[198.51.100.7]",
	 "198.51.100.7"},
	{STAMP "postfix/postscreen[77]: CONNECT from [198.51.100.7]:49152 to "
	       "[192.0.2.5]:25",
	 "198.51.100.7"},
	{STAMP "postfix/postscreen[77]: CONNECT from [2001:db8::7]:49152 to "
	       "[2001:db8::5]:25",
	 "2001:db8::7"},

	{"", NULL},
	{STAMP "postfix/smtpd[24762]: disconnect from "
	       "unknown[198.51.100.7] ehlo=1 quit=1",
	 NULL},
	{STAMP "postfix/smtpd[24762]: lost connection after CONNECT from "
	       "unknown[198.51.100.7]",
	 NULL},
	{STAMP "postfix/smtpd[24762]: warning: connect from "
	       "unknown[198.51.100.7]",
	 NULL},
	{STAMP "postfix/smtpd[24762]: connect from unknown[198.51.100]", NULL},
	{STAMP "postfix/smtpd[24762]: connect from unknown[198.51.100.7", NULL},
	{STAMP "postfix/smtpd[24762]: connect from unknown[unknown]", NULL},
	{STAMP "postfix/smtpd[24762]: connect from unknown", NULL},
	{STAMP "postfix/smtpd[24762]: connect from localhost[/var/run/x]",
	 NULL},
	{STAMP "postfix/smtpd[x]: connect from unknown[198.51.100.7]", NULL},
	{STAMP "postfix/smtpd[]: connect from unknown[198.51.100.7]", NULL},
	{STAMP "sshd[1]: connect from unknown[198.51.100.7]", NULL},
	{STAMP "postfix/smtp[1]: connect to mx[198.51.100.7]:25: refused",
	 NULL},

	/* What strangers have said is no witness. */
	{STAMP "postfix/cleanup[9]: 4A: warning: header Subject: "
	       "postfix/smtpd[1]: connect from x[198.51.100.7]",
	 NULL},
	{STAMP "postfix/smtpd[9]: NOQUEUE: reject: RCPT from "
	       "unknown[203.0.113.66]: 450 helo=<connect from x[198.51.100.7]>",
	 NULL},
	{STAMP "postfix/smtpd[9]: warning: postfix/smtpd[1]: connect from "
	       "x[198.51.100.7]",
	 NULL},
};

static void connections_are_witnesses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct addr addr, untouched, expected;
		bool found;

		memset(&addr, 0x55, sizeof(addr));
		untouched = addr;
		found = witness_log_parse(lines[i].line, &addr);
		if (found != (lines[i].address != NULL))
			fail_msg("%s", lines[i].line);
		if (!found) {
			assert_memory_equal(&addr, &untouched, sizeof(addr));
			continue;
		}
		assert_int_equal(addr_parse(lines[i].address, &expected), 0);
		assert_true(addr_equal(&addr, &expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_witnesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of `posternctl watch` for people, and its options. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#include "ctl/watch.h"
#include "run_ctl.h"
#include "shown.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Here ' stands for ". */
#define AT(rest) "{'kind':'decision', 'time':1764202265.12, " rest "}"

static const struct {
	const char *object;
	const char *line; /* NULL: not shown */
} cases[] = {
	{AT("'source':'203.0.113.66', 'destination':'192.0.2.25', 'port':25, "
	    "'action':'drop', 'would':null, 'reason':'bypass', 'list':null, "
	    "'zones':[]"),
	 "00:11:05  drop         bypass    203.0.113.66 > 192.0.2.25:25"},
	{AT("'source':'203.0.113.66', 'destination':'192.0.2.25', 'port':25, "
	    "'action':'pass', 'would':'drop', 'reason':'listed', 'list':null, "
	    "'zones':['zen.spamhaus.org', 'bl.example']"),
	 "00:11:05  would drop   listed    203.0.113.66 > 192.0.2.25:25  "
	 "zen.spamhaus.org, bl.example"},
	{AT("'source':'2001:db8::66', 'destination':'2001:db8::25', "
	    "'port':25, 'action':'reset', 'reason':'feed', 'list':'drop'"),
	 "00:11:05  reset        feed      2001:db8::66 > [2001:db8::25]:25  "
	 "drop"},
	{AT("'source':'203.0.113.66', 'destination':'192.0.2.25', 'port':25, "
	    "'action':'drop', 'reason':'held'"),
	 "00:11:05  hold         held      203.0.113.66 > 192.0.2.25:25"},
	{AT("'source':'203.0.113.66', 'destination':'192.0.2.25', 'port':25, "
	    "'action':'pass', 'would':'drop', 'reason':'held'"),
	 "00:11:05  would hold   held      203.0.113.66 > 192.0.2.25:25"},
	{"{'kind':'left_out', 'left_out':12345, 'reasons':{'listed':12000, "
	 "'held':345}}",
	 "... 12,345 more not shown: 12,000 listed, 345 held"},
	{"{'kind':'begin', 'mode':'monitor'}", NULL},
	{"{'kind':'of a later version'}", NULL},
	{"{}", NULL},
	{"{'kind':'decision'}", "00:00:00  ?            ?         ? > ?:0"},
	/* What comes from elsewhere does not command the terminal. */
	{AT("'source':'\\u001b[2J', 'destination':'a\\nb', 'port':25, "
	    "'action':'\\u0007', 'reason':'\\u009b1m', "
	    "'zones':['\\u001b]0;x\\u0007']"),
	 "00:11:05  ?            ??1m      ?[2J > a?b:25  ?]0;x?"},
};

static void a_decision_is_a_line(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *object = quoted_json(cases[i].object);
		char text[WATCH_LINE_MAX];
		const char *line = watch_line(object, text);

		if (cases[i].line)
			assert_string_equal(line, cases[i].line);
		else
			assert_null(line);
		json_decref(object);
	}
}

static void many_zones_are_cut(void **state)
{
	json_t *object = quoted_json(AT("'source':'192.0.2.1'"));
	json_t *zones = json_array();
	char text[WATCH_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		json_array_append_new(
			zones, json_string("a-long-name.of-a-zone.example"));
	json_object_set_new(object, "zones", zones);
	assert_true(strlen(watch_line(object, text)) < WATCH_LINE_MAX);
	json_decref(object);
}

static const struct {
	const char *line;
	const char *error;
} wrong[] = {
	{"watch --reason spam",
	 "posternctl: \"spam\" is no reason: postern(7) has them\n"},
	{"watch --source 192.0.2.1/24",
	 "posternctl: \"192.0.2.1/24\" is no address, and no prefix with its "
	 "host bits zero\n"},
	{"watch --count 0",
	 "posternctl: --count wants a number, 1 or more, not \"0\"\n"},
	{"watch --count -3",
	 "posternctl: --count wants a number, 1 or more, not \"-3\"\n"},
	{"watch --count 3x",
	 "posternctl: --count wants a number, 1 or more, not \"3x\"\n"},
	{"watch --count 99999999999999999999999",
	 "posternctl: --count wants a number, 1 or more, not "
	 "\"99999999999999999999999\"\n"},
};

static void wrong_options_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		ctl_run_refuse(wrong[i].line, CTL_MISUSED, wrong[i].error);
}

static void without_a_daemon_it_fails(void **state)
{
	struct ctl_run run = ctl_run("--socket /nonexistent/socket watch");

	(void)state;
	assert_int_equal(run.status, CTL_FAILED);
	assert_non_null(strstr(run.err, "no daemon at /nonexistent/socket"));
	ctl_run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_is_a_line),
		cmocka_unit_test(many_zones_are_cut),
		cmocka_unit_test(wrong_options_are_told),
		cmocka_unit_test(without_a_daemon_it_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

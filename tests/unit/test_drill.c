/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a drill makes of the daemon's status, and what it tells. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ctl/drill_gate.h"
#include "ctl/drill_print.h"
#include "drill_fixture.h"
#include "run_ctl.h"
#include "shown.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- the daemon's status ---- */

#define ON	 "'mode':'enforce','interfaces':[{'name':'eth0','attach':'native'}],"
#define NO_ORDER "'orders':{'gate':null},"
#define UP	 "'primaries':[{'state':'up'},{'state':'down'}],"
#define CLOSED	 "{'state':'closed','why':'the primary is up'}"
#define OPEN	 "{'state':'open','why':'the primary is down'}"

/* Two guards; the gate of the second one is closed for IPv6 only. */
#define GUARDS                                                                 \
	"'guards':[{'name':'','doors':['192.0.2.25'],'gate':{'ipv4':" OPEN     \
	",'ipv6':" OPEN "},'domains':[{'domain':null},"                        \
	"{'domain':'example.org'}]},{'name':'b','doors':['192.0.2.26',"        \
	"'2001:db8::26'],'gate':{'ipv4':" OPEN ",'ipv6':" CLOSED "},"          \
	"'domains':[{'domain':'example.net'}]}]"

static const struct {
	const char *status; /* with ' for " */
	const char *backup; /* NULL: not named */
	const char *to;
	bool good;
	const char *chosen;
	const char *recipient;
	enum drill_step step; /* the last one that was ended */
	const char *text;
} statuses[] = {
	{ON NO_ORDER UP GUARDS, NULL, "", true, "2001:db8::26",
	 "postmaster@example.net", DRILL_PRIMARY,
	 "1 of 2 addresses take mail, so the gate is closed"},
	{ON NO_ORDER UP GUARDS, "2001:db8::26", "a@b.example", true,
	 "2001:db8::26", "a@b.example", DRILL_PRIMARY, "1 of 2 addresses"},
	{ON NO_ORDER UP GUARDS, "192.0.2.26", "", false, "192.0.2.26",
	 "postmaster@example.net", DRILL_PRIMARY,
	 "the gate is open without a drill: the primary is down"},
	{ON NO_ORDER UP GUARDS, "192.0.2.25", "", false, "192.0.2.25",
	 "postmaster@example.org", DRILL_PRIMARY, "the gate is open"},
	{ON NO_ORDER UP GUARDS, "192.0.2.99", "", false, "192.0.2.99", "",
	 DRILL_PRIMARY, "192.0.2.99 is not protected by this daemon"},
	{ON NO_ORDER UP "'guards':[]", NULL, "", false, NULL, "", DRILL_PRIMARY,
	 "no address is protected"},
	{ON NO_ORDER UP
	 "'guards':[{'doors':['192.0.2.25'],'gate':{'ipv4':" CLOSED
	 "},'domains':[{'domain':null}]}]",
	 NULL, "", false, "192.0.2.25", "", DRILL_PRIMARY,
	 "no domain is known here: name a recipient by --to ADDR"},
	{ON "'orders':{'gate':{'order':'open','uid':0,'left_s':90}}," UP GUARDS,
	 NULL, "", false, NULL, "", DRILL_DAEMON,
	 "the gate is ordered open (by root, for another 90 s), and a drill "
	 "would end that: \"posternctl gate auto\" takes it back"},
	{"'interfaces':[{'name':'eth0','attach':'gone'}]," NO_ORDER GUARDS,
	 NULL, "", false, NULL, "", DRILL_DAEMON,
	 "the filter is on no interface"},
	{"'mode':3", NULL, "", false, NULL, "", DRILL_DAEMON,
	 "the filter is on no interface"},
};

static json_t *json_of(const char *text)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "{%s}", text);
	return quoted_json(whole);
}

static void the_gate_is_opened_only_where_it_is_closed_by_itself(void **state)
{
	for (size_t i = 0; i < COUNT(statuses); i++) {
		json_t *status = json_of(statuses[i].status);
		const struct drill_outcome *outcome =
			&drill.steps[statuses[i].step];
		char text[ADDR_TEXT];

		print_message("%zu: %s\n", i, statuses[i].text);
		fresh(state);
		drill.backup_chosen = statuses[i].backup != NULL;
		if (statuses[i].backup)
			addr_parse(statuses[i].backup, &drill.backup);
		snprintf(drill.to, sizeof(drill.to), "%s", statuses[i].to);
		assert_int_equal(drill_judge_status(&drill, status),
				 statuses[i].good);
		json_decref(status);
		assert_int_equal(drill.backup_chosen,
				 statuses[i].chosen != NULL);
		if (statuses[i].chosen)
			assert_string_equal(addr_format(&drill.backup, text),
					    statuses[i].chosen);
		assert_string_equal(drill.to, statuses[i].recipient);
		assert_int_equal(outcome->state,
				 statuses[i].good ? DRILL_OK : DRILL_FAILED);
		assert_non_null(strstr(outcome->text, statuses[i].text));
	}
}

/* ---- what is told ---- */

static void tell_of_a_good_one(void)
{
	static const char *const texts[] = {
		"enforce, on eth0", "2 of 2", "for everybody", "220 mx",
		"250 ok",	    "250 ok", "closed",	       "250 ok",
	};

	addr_parse("2001:db8::25", &drill.backup);
	drill.backup_chosen = true;
	snprintf(drill.to, sizeof(drill.to), "u@b.example");
	snprintf(drill.queue_id, sizeof(drill.queue_id), "4Xy");
	snprintf(drill.relay, sizeof(drill.relay), "mx1[192.0.2.5]:25");
	drill.open_ms = 120;
	for (enum drill_step step = 0; step < DRILL_STEPS; step++) {
		drill_end(&drill, step, DRILL_OK, "%s", texts[step]);
		drill.steps[step].at_ms = step * 100;
		drill.steps[step].took_ms = 50;
	}
}

/* A line here is a line of the screen. */
/* clang-format off */
static const char good_text[] =
	"The drill has passed: the backup took a message, and mx1[192.0.2.5]:25 had it\n"
	"0.20 s later.\n"
	"\n"
	"Steps\n"
	"  ok  daemon     0.05 s  enforce, on eth0\n"
	"  ok  primary    0.15 s  2 of 2\n"
	"  ok  open       0.25 s  for everybody\n"
	"  ok  greeting   0.35 s  220 mx\n"
	"  ok  recipient  0.45 s  250 ok\n"
	"  ok  message    0.55 s  250 ok\n"
	"  ok  auto       0.65 s  closed\n"
	"  ok  delivery   0.75 s  250 ok\n"
	"\n"
	"<u@b.example> gets a message with the subject \"Postern drill 0123456789abcdef\".\n"
	"The gate was open for 0.12 s.\n";

static const char failed_text[] =
	"The drill has failed at \"delivery\": deferred: no.\n"
	"\n"
	"Steps\n"
	"  ok           daemon     0.05 s  enforce, on eth0\n"
	"  ok           primary    0.15 s  2 of 2\n"
	"  not reached  open\n"
	"  ok           greeting   0.35 s  220 mx\n"
	"  ok           recipient  0.45 s  250 ok\n"
	"  ok           message    0.55 s  250 ok\n"
	"  ok           auto       0.65 s  closed\n"
	"  failed       delivery   0.75 s  deferred: no\n"
	"\n"
	"<u@b.example> gets a message with the subject \"Postern drill 0123456789abcdef\".\n"
	"! The message stays in the backup's queue as 4Xy; \"postsuper -d 4Xy\" removes it.\n";
/* clang-format on */

static void expect_text(const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct print print = {.out = out};

	drill_show(&print, &drill);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void people_are_told(void **state)
{
	(void)state;
	tell_of_a_good_one();
	expect_text(good_text);
	drill.steps[DRILL_OPEN] = (struct drill_outcome){0};
	drill.open_ms = 0;
	drill.stays = true;
	drill.steps[DRILL_DELIVERY].state = DRILL_FAILED;
	snprintf(drill.steps[DRILL_DELIVERY].text, DRILL_TEXT, "deferred: no");
	expect_text(failed_text);
}

static void expect_member(const json_t *object, const char *key,
			  const char *expected)
{
	char *text =
		json_dumps(json_object_get(object, key),
			   JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
				   JSON_REAL_PRECISION(6));

	print_message("%s\n", key);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void json_has_the_documented_keys(void **state)
{
	static const char *const members[][2] = {
		{"result", "\"unseen\""},
		{"token", "\"0123456789abcdef\""},
		{"from", "\"\""},
		{"to", "\"u@b.example\""},
		{"backup", "\"2001:db8::25\""},
		{"port", "25"},
		{"here", "false"},
		{"queue_id", "\"4Xy\""},
		{"relay", "null"},
		{"queued", "false"},
		{"open_s", "0.12"},
	};
	json_t *json, *steps;

	(void)state;
	tell_of_a_good_one();
	drill.relay[0] = '\0';
	drill.steps[DRILL_DELIVERY].state = DRILL_UNSEEN;
	drill.steps[DRILL_AUTO] = (struct drill_outcome){0};
	json = drill_json(&drill);
	for (size_t i = 0; i < COUNT(members); i++)
		expect_member(json, members[i][0], members[i][1]);
	assert_int_equal(json_object_size(json), COUNT(members) + 1);
	steps = json_object_get(json, "steps");
	assert_int_equal(json_array_size(steps), DRILL_STEPS);
	expect_member(json_array_get(steps, DRILL_OPEN), "at_s", "0.2");
	expect_member(json_array_get(steps, DRILL_OPEN), "took_s", "0.05");
	expect_member(json_array_get(steps, DRILL_AUTO), "state",
		      "\"not_reached\"");
	expect_member(json_array_get(steps, DRILL_AUTO), "at_s", "null");
	expect_member(json_array_get(steps, DRILL_DELIVERY), "state",
		      "\"unseen\"");
	json_decref(json);
}

static const struct {
	const char *line;
	int status;
	const char *error; /* how it begins */
} refused[] = {
	{"drill x", 2, "posternctl: drill takes no arguments\n"},
	{"drill --to user", 2, "posternctl: --to is \"user\", expected a mail"},
	{"drill --to a@b.example>x", 2, "posternctl: --to is \"a@b.example>x"},
	{"drill --from @x", 2, "posternctl: --from is \"@x\", expected a mail"},
	{"drill --backup mx2", 2, "posternctl: --backup is \"mx2\", expected"},
	{"drill --for 2s", 2,
	 "posternctl: --for is \"2s\", expected a time from 10s to 600s\n"},
	{"drill --for 11m", 2, "posternctl: --for is \"11m\", expected"},
	{"drill --wait x", 2, "posternctl: --wait is \"x\", expected"},
	{"drill --helo <x>", 2, "posternctl: --helo is \"<x>\", expected"},
	{"drill --log /nonexistent", 1,
	 "posternctl: /nonexistent: No such file or directory\n"},
	{"--socket /nonexistent/s drill --log /dev/null", 1,
	 "posternctl: daemon: no daemon at /nonexistent/s"},
};

static void bad_command_lines_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct ctl_run run = ctl_run(refused[i].line);

		print_message("%s\n", refused[i].line);
		assert_int_equal(run.status, refused[i].status);
		if (strncmp(run.err, refused[i].error,
			    strlen(refused[i].error)) != 0)
			fail_msg("%s", run.err);
		ctl_run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			the_gate_is_opened_only_where_it_is_closed_by_itself,
			fresh),
		cmocka_unit_test_setup(people_are_told, fresh),
		cmocka_unit_test_setup(json_has_the_documented_keys, fresh),
		cmocka_unit_test_setup(bad_command_lines_are_refused, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

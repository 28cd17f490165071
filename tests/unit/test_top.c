/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `posternctl top` knows, and its screen. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "core/reason.h"
#include "ctl/top_screen.h"
#include "run_ctl.h"
#include "shown.h"

#define NOW 1764202265 /* 00:11:05 */

static struct top_model model;
static struct top_screen screen;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	memset(&model, 0, sizeof(model));
	return 0;
}

static int end(void **state)
{
	(void)state;
	top_model_free(&model);
	return 0;
}

static void take(const char *text)
{
	json_t *line = quoted_json(text);

	top_model_take(&model, line);
	json_decref(line);
}

static void decide(const char *source, const char *reason, size_t times)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{'kind':'decision', 'source':'%s', 'action':'drop', "
		 "'reason':'%s', 'list':null, 'zones':[]}",
		 source, reason);
	for (size_t i = 0; i < times; i++)
		take(text);
}

static void draw(size_t columns, size_t rows)
{
	top_screen_draw(&screen, &model, columns, rows, NOW);
}

static void expect_source(size_t i, const char *text)
{
	char address[ADDR_TEXT];

	assert_true(i < model.source_count);
	assert_string_equal(addr_format(&model.sources[i].addr, address), text);
}

#define STATUS(mode, bypass, listed)                                           \
	"{'version':'0.1.0', 'mode':'" mode "', "                              \
	"'gate':{'ipv4':{'state':'closed', 'why':'the primary is up'}, "       \
	"'ipv6':{'state':'closed', 'why':'the primary is up'}}, "              \
	"'zones':[{'zone':'zen.spamhaus.org', 'state':'ok'}, "                 \
	"{'zone':'bl.example', 'state':'quota'}], "                            \
	"'counters':{'bypass':{'ipv4':" bypass ", 'ipv6':1}, "                 \
	"'listed':{'ipv4':" listed ", 'ipv6':0}}}"

/* ---- the model ---- */

static void the_busiest_come_first(void **state)
{
	(void)state;
	decide("192.0.2.1", "clean", 1);
	decide("2001:db8::1", "bypass", 5);
	decide("192.0.2.2", "listed", 3);
	top_model_age(&model, 0);
	assert_int_equal(model.source_count, 3);
	expect_source(0, "2001:db8::1");
	expect_source(1, "192.0.2.2");
	expect_source(2, "192.0.2.1");
	assert_int_equal(model.sources[0].seen, 5);
	/* What was long ago is worth less. */
	top_model_age(&model, 60);
	decide("192.0.2.1", "clean", 2);
	top_model_age(&model, 61);
	expect_source(0, "192.0.2.1");
	assert_int_equal(model.sources[0].seen, 3);
}

static void who_is_quiet_for_long_is_forgotten(void **state)
{
	(void)state;
	decide("192.0.2.1", "clean", 1);
	top_model_age(&model, 30);
	assert_int_equal(model.source_count, 1);
	top_model_age(&model, 200);
	assert_int_equal(model.source_count, 0);
}

static void the_least_busy_makes_room(void **state)
{
	char source[ADDR_TEXT];

	(void)state;
	for (unsigned int i = 0; i < TOP_SOURCES_MAX; i++) {
		snprintf(source, sizeof(source), "198.51.%u.%u", i / 256,
			 i % 256);
		decide(source, "bypass", i == 7 ? 1 : 2);
	}
	decide("192.0.2.1", "clean", 3);
	top_model_age(&model, 0);
	assert_int_equal(model.source_count, TOP_SOURCES_MAX);
	expect_source(0, "192.0.2.1");
	for (size_t i = 0; i < TOP_SOURCES_MAX; i++)
		assert_string_not_equal(
			addr_format(&model.sources[i].addr, source),
			"198.51.0.7");
}

static void what_is_no_decision_is_ignored(void **state)
{
	(void)state;
	take("{}");
	take("{'kind':'begin'}");
	take("{'kind':'decision'}");
	take("{'kind':'decision', 'source':'mx.example'}");
	take("{'kind':'decision', 'source':7}");
	top_model_age(&model, 0);
	assert_int_equal(model.source_count, 0);
	take("{'kind':'left_out', 'left_out':12, 'reasons':{'held':12}}");
	assert_int_equal(model.left_out, 12);
	/* A reason of a later version. */
	decide("192.0.2.1", "moonphase", 1);
	draw(80, 24);
}

static void rates_are_of_what_was_counted(void **state)
{
	(void)state;
	top_model_status(&model, quoted_json(STATUS("enforce", "100", "7")),
			 10);
	assert_true(model.rates[REASON_BYPASS] == 0);
	top_model_status(&model, quoted_json(STATUS("enforce", "300", "7")),
			 12);
	assert_true(model.rates[REASON_BYPASS] == 100);
	assert_true(model.rates[REASON_LISTED] == 0);
	/* Another program counts anew. */
	top_model_status(&model, quoted_json(STATUS("enforce", "5", "0")), 14);
	assert_true(model.rates[REASON_BYPASS] == 0);
	/* At the same moment: no rate, and no division by zero. */
	top_model_status(&model, quoted_json(STATUS("enforce", "9", "0")), 14);
	assert_true(model.rates[REASON_BYPASS] == 0);
	top_model_status(&model, quoted_json("{}"), 16);
}

/* ---- the screen ---- */

/* clang-format off */
static const char *const whole[] = {
	"Postern 0.1.0, enforcing  00:11:05",
	"gate    closed: the primary is up",
	"DNSBLs  zen.spamhaus.org ok, bl.example quota",
	"",
	"listed         25.0/s  ########                        57 in all",
	"bypass        100.0/s  ##############################  301 in all",
	"",
	"   seen  source                  network                   reason    action",
	"      3  2001:db8:1111:2222:333~ 2001:db8:1111:2222::/64   bypass    drop",
	"      2  192.0.2.66              192.0.2.0/24              listed    would drop",
	"      1  203.0.113.7             203.0.113.0/24            clean     drop",
	"",
	"q quits; sources are a sample: 12,345 more SYNs came",
};
/* clang-format on */

static void fill(void)
{
	top_model_status(&model, quoted_json(STATUS("enforce", "100", "7")),
			 10);
	top_model_status(&model, quoted_json(STATUS("enforce", "300", "57")),
			 12);
	decide("2001:db8:1111:2222:3333:4444:5555:6666", "bypass", 3);
	for (size_t i = 0; i < 2; i++)
		take("{'kind':'decision', 'source':'192.0.2.66', "
		     "'action':'pass', 'would':'drop', 'reason':'listed', "
		     "'zones':['zen.spamhaus.org']}");
	decide("203.0.113.7", "clean", 1);
	take("{'kind':'left_out', 'left_out':12345}");
	top_model_age(&model, 0);
}

static void eighty_columns_are_enough(void **state)
{
	size_t count = sizeof(whole) / sizeof(whole[0]);

	(void)state;
	fill();
	draw(80, count);
	assert_int_equal(screen.used, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(screen.lines[i].text, whole[i]);
	draw(80, 24);
	assert_int_equal(screen.used, 24);
	assert_string_equal(screen.lines[23].text, whole[count - 1]);
}

static void families_may_have_gates_that_differ(void **state)
{
	(void)state;
	top_model_status(
		&model,
		quoted_json(
			"{'mode':'monitor', "
			"'gate':{'ipv4':{'state':'open', 'why':'it is down'}, "
			"'ipv6':{'state':'closed', 'why':'it is up'}}}"),
		1);
	draw(80, 24);
	assert_string_equal(screen.lines[0].text,
			    "Postern ?, monitoring: nothing is refused  "
			    "00:11:05");
	assert_string_equal(screen.lines[1].text,
			    "gate    IPv4 open: it is down");
	assert_string_equal(screen.lines[2].text,
			    "        IPv6 closed: it is up");
	assert_string_equal(screen.lines[3].text, "DNSBLs  none");
	assert_string_equal(screen.lines[5].text, "No SYN has come yet.");
}

static void a_problem_is_shown(void **state)
{
	(void)state;
	fill();
	snprintf(model.problem, sizeof(model.problem), "no daemon at %s",
		 "/run");
	draw(80, 24);
	assert_string_equal(screen.lines[1].text, "! no daemon at /run");
	assert_int_equal(screen.lines[1].tone, TONE_BAD);
}

static void any_size_will_do(void **state)
{
	(void)state;
	fill();
	for (size_t columns = 0; columns < 2 * TOP_COLUMNS_MAX; columns += 7)
		for (size_t rows = 0; rows < 2 * TOP_ROWS_MAX; rows += 3) {
			draw(columns, rows);
			assert_true(screen.used <= rows &&
				    screen.used <= TOP_ROWS_MAX);
			for (size_t i = 0; i < screen.used; i++)
				assert_true(strlen(screen.lines[i].text) <=
					    columns);
		}
}

static void nothing_that_was_sent_commands_the_terminal(void **state)
{
	json_t *evil = json_string("\033[2J\007\177\n\302\233K\303\244");

	(void)state;
	take("{'kind':'decision', 'source':'192.0.2.1', "
	     "'action':'\\u001b[1m', 'reason':'\\u001bc', "
	     "'list':'\\u009b2J', 'zones':['\\n\\r\\t']}");
	top_model_age(&model, 0);
	top_model_status(
		&model,
		json_pack("{s:O, s:O, s:{s:{s:O, s:O}}, s:[{s:O, s:O}]}",
			  "version", evil, "mode", evil, "gate", "ipv4",
			  "state", evil, "why", evil, "zones", "zone", evil,
			  "state", evil),
		1);
	snprintf(model.problem, sizeof(model.problem), "\033]0;x\007");
	draw(120, 24);
	for (size_t i = 0; i < screen.used; i++)
		for (const char *at = screen.lines[i].text; *at; at++)
			assert_true(*at >= ' ' && *at <= '~');
	json_decref(evil);
}

/* ---- the command ---- */

static void without_a_terminal_watch_is_named(void **state)
{
	struct ctl_run run = ctl_run("--socket /nonexistent/socket top");

	(void)state;
	assert_int_equal(run.status, CTL_FAILED);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(run.err, "\"posternctl watch\""));
	ctl_run_free(&run);
	run = ctl_run("--json top");
	assert_int_equal(run.status, CTL_MISUSED);
	assert_non_null(strstr(run.err, "top prints no JSON"));
	ctl_run_free(&run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_busiest_come_first),
		TEST(who_is_quiet_for_long_is_forgotten),
		TEST(the_least_busy_makes_room),
		TEST(what_is_no_decision_is_ignored),
		TEST(rates_are_of_what_was_counted),
		TEST(eighty_columns_are_enough),
		TEST(families_may_have_gates_that_differ),
		TEST(a_problem_is_shown),
		TEST(any_size_will_do),
		TEST(nothing_that_was_sent_commands_the_terminal),
		TEST(without_a_terminal_watch_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `posternctl report` and `history`: what the daemon says (with ' for ") and
 * what people read then, to the letter and within 80 columns.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_ctl.h"
#include "shown.h"

#include "ctl/history.h"
#include "ctl/mail.h"
#include "ctl/report.h"

/* A line here is a line of the screen, 80 columns of it. */
/* clang-format off */

static const char nothing_json[] =
	"{'now':1795745519, 'since':1795132800, 'known_since':1795132800, "
	"'mode':'enforce', 'attempts':0, 'watched':0, 'reasons':[], "
	"'policies':{'off':0, 'strict':0, 'witness':null, 'witness_known':0}}";
static const char nothing_text[] =
"Since 2026-11-20 (days of UTC), 0 attempts were refused, and 0 would have been,\n"
"had this host not been in monitor mode. The mode is enforce now.\n"
"\n"
"Suspected false positives\n"
"  None is known; but which networks connect to a primary is told only with\n"
"  bypass.policy = witness.\n"
"\n"
"The gate was open for a reason\n"
"  Never.\n";

static const char week_json[] =
	"{'now':1795745519, 'since':1795132800, 'known_since':1795230000, "
	"'kept_days':28, 'mode':'monitor', 'left_out':1500, 'attempts':48211, "
	"'watched':3211, 'reasons':["
	"{'reason':'blocked', 'attempts':0, 'watched':0, 'suspects':0}, "
	"{'reason':'listed', 'attempts':45000, 'watched':0, 'suspects':3}, "
	"{'reason':'later', 'attempts':11, 'watched':11, 'suspects':0}, "
	"{'reason':'bypass', 'attempts':3200, 'watched':3200, 'suspects':12}], "
	"'policies':{'off':320, 'strict':3200, 'witness':1500, "
	"'witness_known':3000}, 'networks':14, 'suspects':12, "
	"'suspect_networks':["
	"{'network':'198.51.100.0/24', 'attempts':12, 'watched':12, "
	"'first':1795200000, 'last':1795740000, 'reached':1795740100, "
	"'mercy':null, 'reasons':{'bypass':12}}, "
	"{'network':'2001:db8:600d:beef::/64', 'attempts':3, 'watched':0, "
	"'first':1795200000, 'last':1795740000, 'reached':null, "
	"'mercy':1795700000, 'reasons':{'listed':2, 'bypass':1}}], "
	"'busiest_networks':["
	"{'network':'203.0.113.0/24', 'attempts':41000, 'watched':0, "
	"'first':1795200000, 'last':1795745000, 'reached':null, 'mercy':null, "
	"'reasons':{'listed':40000, 'feed':1000}}], "
	"'zones_known':40000, 'zones':[{'zone':'zen.spamhaus.org', "
	"'attempts':39000, 'alone':1200}, {'zone':'bl.example', "
	"'attempts':400, 'alone':0}], "
	"'openings':[{'guard':'', 'family':'ipv4', 'since':1795300000, "
	"'until':1795303000, 'why':'the primary is down'}, "
	"{'guard':'customer', 'family':'ipv6', 'since':1795745000, "
	"'until':null, 'why':'by hand'}]}";
static const char week_text[] =
"Since 2026-11-20 (days of UTC), 45,000 attempts were refused, and 3,211 would\n"
"have been, had this host not been in monitor mode. The mode is monitor now.\n"
"Known since 2026-11-21 03:00: nothing is known of the time before.\n"
"! There was no room for the networks of 1,500 attempts: they are in the sums\n"
"  alone.\n"
"\n"
"By reason\n"
"  reason  refused  monitor  suspect\n"
"  listed   45,000        0        3  blocklists name it\n"
"  later         0       11        0\n"
"  bypass        0    3,200       12  came here although the primary is up\n"
"\n"
"At the closed gate, by bypass.policy\n"
"  policy   refuses  share  whom\n"
"  off          320   10 %  who is listed\n"
"  strict     3,200  100 %  everybody\n"
"  witness    1,500   50 %  who was no witness, of 3,000 attempts\n"
"\n"
"Suspected false positives\n"
"  These networks connected to a primary, too, within a day, or kept knocking\n"
"  until mercy let them in.\n"
"  network                  attempts  reached (UTC)            refused for\n"
"  198.51.100.0/24                12  2026-11-27 00:41         bypass 12\n"
"  2001:db8:600d:beef::/64         3  2026-11-26 13:33  mercy  listed 2, bypass 1\n"
"  10 more: see --json\n"
"\n"
"Busiest networks\n"
"  network         attempts  last (UTC)        refused for\n"
"  203.0.113.0/24    41,000  2026-11-27 02:03  listed 40,000, feed 1,000\n"
"  13 more: see --json\n"
"\n"
"DNSBLs, of what was refused as listed\n"
"  zone              attempts  share  alone\n"
"  zen.spamhaus.org    39,000   98 %  1,200\n"
"  bl.example             400    1 %      0\n"
"\n"
"The gate was open for a reason\n"
"  from (UTC)        for           family  why\n"
"  2026-11-21 22:26  50 min        IPv4    the primary is down\n"
"  2026-11-27 02:03  still, 8 min  IPv6    guard customer: by hand\n";

static const char days_json[] =
	"{'network':'198.51.100.0/24', 'since':1795132800, 'kept_days':28, "
	"'left_out':0, 'days':[{'day':1795737600, 'first':1795740000, "
	"'last':1795741000, 'attempts':3, 'watched':2, 'reached':1795740001, "
	"'mercy':null, 'reasons':{'listed':1, 'bypass':2}}]}";
static const char days_text[] =
"198.51.100.0/24 was refused, or would have been in monitor mode, on 1 day since\n"
"2026-11-20 00:00:00 UTC.\n"
"  day         first     last (UTC)  attempts by reason\n"
"  2026-11-27  00:40:00  00:56:40    listed 1, bypass 2; 2 of them in monitor\n"
"                                    mode; it connected to the primary, too\n";
/* clang-format on */

static const struct {
	const char *json;
	const char *text;
	void (*show)(const struct print *print, const json_t *object);
} shown[] = {
	{nothing_json, nothing_text, report_show},
	{week_json, week_text, report_show},
	{days_json, days_text, history_show},
};

static void they_read_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		json_t *object = quoted_json(shown[i].json);
		struct print print = {0};
		size_t length;
		char *text;

		print.out = open_memstream(&text, &length);
		shown[i].show(&print, object);
		fclose(print.out);
		assert_string_equal(text, shown[i].text);
		assert_narrow(text);
		free(text);
		json_decref(object);
	}
}

static const char *const times[] = {"soon", "0s", "29d", "999ms", "-1d"};

static void a_time_is_a_second_to_28_days(void **state)
{
	char line[64], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct ctl_run run;

		snprintf(line, sizeof(line), "report --since %s", times[i]);
		snprintf(want, sizeof(want),
			 "\"%s\" is no time of a second or more, and 28d at "
			 "most, such as 12h or 7d",
			 times[i]);
		run = ctl_run(line);
		assert_int_equal(run.status, CTL_MISUSED);
		assert_non_null(strstr(run.err, want));
		assert_string_equal(run.out, "");
		ctl_run_free(&run);
	}
}

static const struct {
	const char *text;
	bool good;
} recipients[] = {
	{"root", true},
	{"postmaster@example.net", true},
	{"", false},
	{"-bv", false},
	{"a b@example.net", false},
	{"a@example.net,b@example.net", false},
	{"a@example.net\nBcc: b@example.net", false},
	{"\xc3\xa4@example.net", false},
};

static void a_recipient_is_one_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++)
		assert_int_equal(mail_is_recipient(recipients[i].text),
				 recipients[i].good);
}

static char directory[] = "/tmp/postern-mail-XXXXXX";
static char program[64], sent[64];

/* A sendmail that keeps what it gets, or does what `script` says. */
static void make_program(const char *script)
{
	FILE *file = fopen(program, "we");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	assert_int_equal(chmod(program, 0700), 0);
}

static void mail_is_given_to_sendmail(void **state)
{
	char script[256], text[1024] = "";
	FILE *file;

	(void)state;
	snprintf(script, sizeof(script), "echo \"$@\" > %s; cat >> %s", sent,
		 sent);
	make_program(script);
	assert_int_equal(mail_send(program, "root", "a subject", "a text\n"),
			 0);
	file = fopen(sent, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "-oi -t\n"
				  "To: root\n"
				  "Subject: a subject\n"
				  "Auto-Submitted: auto-generated\n"
				  "MIME-Version: 1.0\n"
				  "Content-Type: text/plain; charset=utf-8\n"
				  "Content-Transfer-Encoding: 8bit\n"
				  "\n"
				  "a text\n");
}

static void a_sendmail_that_fails_is_told(void **state)
{
	char *large = malloc(1 << 20);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', (1 << 20) - 1);
	large[(1 << 20) - 1] = '\0';
	make_program("exit 75");
	assert_int_equal(mail_send(program, "root", "s", "t\n"), 75);
	/* More than the pipe holds. */
	assert_int_equal(mail_send(program, "root", "s", large), 75);
	make_program("exit 0");
	assert_int_equal(mail_send(program, "root", "s", large), -EPIPE);
	free(large);
}

static void a_sendmail_that_is_missing_is_told(void **state)
{
	(void)state;
	/* It forks where posix_spawn() shares memory, and tells no error. */
	if (getenv("VALGRIND"))
		skip();
	assert_int_equal(unlink(program), 0);
	assert_int_equal(mail_send(program, "root", "s", "t\n"), -ENOENT);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(program, sizeof(program), "%s/sendmail", directory);
	snprintf(sent, sizeof(sent), "%s/sent", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(program);
	unlink(sent);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_read_as_expected),
		cmocka_unit_test(a_time_is_a_second_to_28_days),
		cmocka_unit_test(a_recipient_is_one_word),
		cmocka_unit_test(mail_is_given_to_sendmail),
		cmocka_unit_test(a_sendmail_that_fails_is_told),
		cmocka_unit_test(a_sendmail_that_is_missing_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

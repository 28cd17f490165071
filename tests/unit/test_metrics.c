/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of metrics, both formats, and what is installed beside them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ctl/metrics.h"
#include "ctl_texts.h"
#include "openmetrics.h"
#include "run_ctl.h"
#include "shown.h"

#define RULES	  "userspace/share/postern.rules.yml"
#define DASHBOARD "userspace/share/postern-dashboard.json"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		fail_msg("%s (run it from the top of the source)", path);
	assert_true(getdelim(&text, &room, '\0', file) > 0);
	fclose(file);
	return text;
}

/* For free(3). */
static char *written(const char *quoted, bool openmetrics)
{
	json_t *status = quoted ? quoted_json(quoted) : NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	metrics_write(out, status, openmetrics);
	fclose(out);
	json_decref(status);
	return text;
}

static void names_follow_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < metrics_count; i++) {
		const struct metric *metric = &metrics[i];
		size_t length = strlen(metric->help);

		print_message("%s\n", metric->name);
		assert_int_equal(strncmp(metric->name, "postern_", 8), 0);
		assert_true(strlen(metric->name) + 7 < METRIC_NAME_MAX);
		if (metric->unit)
			assert_true(om_ends(metric->name, metric->unit));
		else
			assert_null(strstr(metric->name, "_seconds"));
		assert_true(isupper((unsigned char)metric->help[0]));
		assert_int_not_equal(metric->help[length - 1], '.');
	}
}

static void openmetrics_is_what_scrapers_accept(void **state)
{
	char *text = written(healthy_json, true);

	(void)state;
	assert_true(om_check(text) > 60);
	free(text);
	text = written(NULL, true);
	assert_int_equal(om_check(text), 1);
	free(text);
}

/* Samples are the same in both. */
static const char *const lines[] = {
	"postern_up 1",
	"postern_build_info{version=\"0.1.0\"} 1",
	"postern_enforcing 1",
	"postern_lease_seconds 9.234",
	"postern_interface_attached{interface=\"eth0\",attach=\"native\"} 1",
	"postern_gate_closed{family=\"ipv6\"} 1",
	"postern_gate_changed_timestamp_seconds{family=\"ipv4\"} 1763680000",
	"postern_primary_probe_age_seconds{primary=\"mx1.example.net\","
	"address=\"192.0.2.5\",port=\"\"} 12.2",
	"postern_primary_up{primary=\"mx1.example.net\","
	"address=\"2001:db8::5\",port=\"\"} 1",
	"postern_zone_ok{zone=\"list.dnswl.org\"} 1",
	"postern_zone_queries_total{zone=\"zen.spamhaus.org\"} 12345",
	"postern_zone_answer_p99_seconds{zone=\"zen.spamhaus.org\"} 0.0304",
	"postern_zone_quota_limit{zone=\"zen.spamhaus.org\"} 100000",
	"postern_feed_fresh{feed=\"drop\"} 1",
	"postern_feed_syns_total{feed=\"drop\",family=\"ipv4\"} 17",
	"postern_list_syns_total{list=\"allow\",family=\"ipv6\"} 2",
	"postern_lookups_total 12345",
	"postern_syns_total{reason=\"late\",outcome=\"failed_open\","
	"family=\"ipv4\"} 3",
	"postern_syns_total{reason=\"listed\",outcome=\"refused\","
	"family=\"ipv6\"} 4321",
};

static void expect_line(const char *text, const char *line)
{
	char *whole = NULL;

	assert_true(asprintf(&whole, "\n%s\n", line) > 0);
	if (!strstr(text, whole))
		fail_msg("no line \"%s\" in:\n%s", line, text);
	free(whole);
}

static void values_are_those_of_the_status(void **state)
{
	(void)state;
	for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
		char *text = written(healthy_json, openmetrics);

		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
			expect_line(text, lines[i]);
		/* It has none in that status. */
		assert_null(
			strstr(text, "postern_zone_quota_used{zone=\"list"));
		free(text);
	}
}

static const char odd_json[] =
	"{'mode':'monitor', 'lease_s':0, 'gate':{'ipv4':{'state':'open'}}, "
	"'interfaces':[{'name':'eth0', 'attach':'gone', 'program_id':0}], "
	"'primaries':[{'name':'a\\\\b\\nc', 'address':'::1', 'port':2525, "
	"'state':'limited', 'last_probe_s':null}], "
	"'zones':[{'zone':'x', 'state':'failing', 'p50_s':null}], "
	"'feeds':[{'name':'f', 'state':'expired', 'age_s':null}], "
	"'counters':{'new':{'ipv4':1}}, 'lookups':null, 'more':[1]}";

static void what_is_odd_or_unknown_breaks_nothing(void **state)
{
	char *text = written(odd_json, true);

	(void)state;
	om_check(text);
	expect_line(text, "postern_enforcing 0");
	expect_line(text, "postern_gate_closed{family=\"ipv4\"} 0");
	expect_line(text, "postern_interface_attached{interface=\"eth0\","
			  "attach=\"gone\"} 0");
	expect_line(text, "postern_primary_up{primary=\"a\\\\b\\nc\","
			  "address=\"::1\",port=\"2525\"} 0");
	expect_line(text, "postern_zone_ok{zone=\"x\"} 0");
	expect_line(text, "postern_feed_fresh{feed=\"f\"} 0");
	expect_line(text, "postern_syns_total{reason=\"new\","
			  "outcome=\"unknown\",family=\"ipv4\"} 1");
	assert_null(strstr(text, "probe_age_seconds{"));
	assert_null(strstr(text, "null"));
	free(text);
	text = written("{}", true);
	om_check(text);
	free(text);
}

static void the_older_format_names_counters_in_full(void **state)
{
	char *text = written(healthy_json, false);

	(void)state;
	expect_line(text, "# TYPE postern_syns_total counter");
	expect_line(text, "# TYPE postern_build_info gauge");
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

/* Dashboard and rules */

static bool is_metric(const char *name, size_t length)
{
	char sample[METRIC_NAME_MAX];

	for (size_t i = 0; i < metrics_count; i++) {
		metric_sample_name(&metrics[i], sample);
		if (strlen(sample) == length &&
		    strncmp(sample, name, length) == 0)
			return true;
	}
	return false;
}

/* Returns how many metrics the text names. */
static size_t check_names(const char *path, const char *text)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, "postern_")); count++) {
		size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz"
					   "0123456789_");

		if (!is_metric(at, length))
			fail_msg("%s: there is no metric %.*s", path,
				 (int)length, at);
		at += length;
	}
	return count;
}

static const char *const alerts[] = {
	"PosternDown",	   "PosternNotAttached", "PosternLeaseExpired",
	"PosternGateOpen", "PosternPrimaryDown", "PosternZoneFailing",
	"PosternQuotaLow", "PosternFeedStale",	 "PosternFailsOpen",
};

static void rules_name_only_what_there_is(void **state)
{
	char *text = read_file(RULES);

	(void)state;
	assert_true(check_names(RULES, text) >= 9);
	for (size_t i = 0; i < sizeof(alerts) / sizeof(*alerts); i++) {
		char line[64];

		snprintf(line, sizeof(line), "      - alert: %s\n", alerts[i]);
		if (!strstr(text, line))
			fail_msg("no alert %s", alerts[i]);
	}
	assert_null(strchr(text, '\t'));
	free(text);
}

/* The value of a key anywhere below, as often as there is one. */
static size_t count_expressions(json_t *value, const char *key)
{
	size_t count = 0, index;
	const char *name;
	json_t *member;

	if (json_is_object(value))
		json_object_foreach(value, name, member) count +=
			strcmp(name, key) == 0 && json_is_string(member)
				? check_names(DASHBOARD,
					      json_string_value(member))
				: count_expressions(member, key);
	if (json_is_array(value))
		json_array_foreach(value, index, member) count +=
			count_expressions(member, key);
	return count;
}

static void the_dashboard_names_only_what_there_is(void **state)
{
	char *text = read_file(DASHBOARD);
	json_error_t error;
	json_t *dashboard = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	(void)state;
	if (!dashboard)
		fail_msg("%s:%d: %s", DASHBOARD, error.line, error.text);
	check_names(DASHBOARD, strstr(text, "\"panels\""));
	assert_true(count_expressions(dashboard, "expr") >= 8);
	assert_true(json_array_size(json_object_get(dashboard, "panels")) >= 6);
	json_decref(dashboard);
	free(text);
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const bad[] = {"localhost", "127.0.0.1:", "::1:x",
					  "127.0.0.1:65536"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char line[64];
		struct ctl_run run;

		snprintf(line, sizeof(line), "exporter --listen %s", bad[i]);
		run = ctl_run(line);
		assert_int_equal(run.status, 2);
		assert_non_null(strstr(run.err, "expected an IP address"));
		ctl_run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_the_rules),
		cmocka_unit_test(openmetrics_is_what_scrapers_accept),
		cmocka_unit_test(values_are_those_of_the_status),
		cmocka_unit_test(what_is_odd_or_unknown_breaks_nothing),
		cmocka_unit_test(the_older_format_names_counters_in_full),
		cmocka_unit_test(rules_name_only_what_there_is),
		cmocka_unit_test(the_dashboard_names_only_what_there_is),
		cmocka_unit_test(bad_addresses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

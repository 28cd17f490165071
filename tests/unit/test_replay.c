/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posternctl replay as far as it goes without the kernel: its command line,
 * errors, and how results look.  tests/packet/test_replay.c has the rest.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>

#include <jansson.h>

#include "capture.h"
#include "core/reason.h"
#include "ctl/replay_print.h"
#include "run_ctl.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define USAGE                                                                  \
	"usage: posternctl [--socket PATH] [--json] replay [OPTIONS] FILE\n"

/* Errors that nobody needs to be root to see */

static const struct {
	const char *line;
	int status;
	const char *err;
} lines[] = {
	{"replay", 2, "posternctl: replay takes FILE\n" USAGE},
	{"replay a b", 2, "posternctl: replay takes FILE\n" USAGE},
	{"replay --config", 2, "posternctl: --config needs a value\n" USAGE},
	{"replay --frames=1 a", 2,
	 "posternctl: unknown option --frames=1\n" USAGE},
	{"replay --frobnicate a", 2,
	 "posternctl: unknown option --frobnicate\n" USAGE},
	{"replay --gate shut a", 2,
	 "posternctl: --gate is \"shut\", expected open or closed\n" USAGE},
	{"replay --gate open --gate x a", 2,
	 "posternctl: --gate is \"x\", expected open or closed\n" USAGE},
	{"replay --protect mx.example.net a", 2,
	 "posternctl: --protect is \"mx.example.net\", expected an IP address, "
	 "or any\n" USAGE},
	{"replay --protect 192.0.2.0/24 a", 2,
	 "posternctl: --protect is \"192.0.2.0/24\", expected an IP address, "
	 "or any\n" USAGE},
	{"--frames replay a", 2,
	 "posternctl: unknown option --frames\n"
	 "usage: posternctl [--socket PATH] [--json] COMMAND [ARGS]\n"
	 "\"posternctl --help\" lists the commands\n"},
	{"replay /nonexistent/a.pcap", 1,
	 "posternctl: /nonexistent/a.pcap: No such file or directory\n"},
	{"--json replay --frames --protect any /nonexistent/a.pcap", 1,
	 "posternctl: /nonexistent/a.pcap: No such file or directory\n"},
};

static void wrong_command_lines_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		ctl_run_expect(lines[i].line, lines[i].status, "",
			       lines[i].err);
}

static void as_many_addresses_as_the_filter_has_room_for(void **state)
{
	char line[128 * 24] = "replay";

	(void)state;
	for (int i = 0; i < DOORS_MAX; i++)
		strcat(line, " --protect ::1 --protect 10.0.0.1");
	strcat(line, " /nonexistent/a.pcap");
	ctl_run_expect(line, 1, "",
		       "posternctl: /nonexistent/a.pcap: No such file or "
		       "directory\n");
	strcat(line, " --protect ::1");
	ctl_run_expect(line, 2, "",
		       "posternctl: more than 32 addresses of IPv6 to "
		       "protect\n" USAGE);
}

static void options_without_end_are_refused(void **state)
{
	char line[4096] = "replay a";

	(void)state;
	for (int i = 0; i < CTL_GIVEN_MAX + 1; i++)
		strcat(line, " --frames");
	ctl_run_expect(line, 2, "",
		       "posternctl: more than 128 options\n" USAGE);
}

/* What comes of it with a capture and a configuration */

static void expect_failure(const struct capture *capture, const char *options,
			   const char *err)
{
	char *line = NULL;

	assert_true(asprintf(&line, "replay %s %s", options, capture->path) >
		    0);
	ctl_run_expect(line, 1, "", err);
	free(line);
}

/* A configuration in the place of what was written there before. */
static void write_config(struct capture *file, const char *text)
{
	rewind(file->file);
	assert_int_equal(ftruncate(fileno(file->file), 0), 0);
	assert_true(fputs(text, file->file) >= 0);
	assert_int_equal(fflush(file->file), 0);
}

static void configurations_are_read_first(void **state)
{
	struct capture capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	struct capture config = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	char options[128], err[256];

	(void)state;
	capture_done(&capture);
	expect_failure(&capture, "--config /nonexistent/postern.conf",
		       "posternctl: /nonexistent/postern.conf: No such file "
		       "or directory\n");
	snprintf(options, sizeof(options), "--config %s", config.path);
	write_config(&config, "interface = { \"lo\" }\nmode = bold\n");
	snprintf(err, sizeof(err),
		 "posternctl: %s:2: mode = \"bold\": expected monitor or "
		 "enforce\n",
		 config.path);
	expect_failure(&capture, options, err);
	write_config(&config, "interface = { \"nosuchif0\" }\n"
			      "bypass { policy = off }\n");
	snprintf(err, sizeof(err),
		 "posternctl: %s protects the addresses of interfaces that "
		 "have none here: name some by --protect\n",
		 config.path);
	expect_failure(&capture, options, err);
	capture_done(&config);
	capture_remove(&capture);
	capture_remove(&config);
}

static void without_root_it_says_so(void **state)
{
	struct capture capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	struct capture config = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	uid_t self = geteuid();
	char options[128];

	(void)state;
	capture_done(&capture);
	write_config(&config, "interface = { \"lo\" }\n"
			      "bypass { policy = off }\n");
	capture_done(&config);
	snprintf(options, sizeof(options), "--protect any --config %s",
		 config.path);
	if (self == 0)
		assert_int_equal(seteuid(65534), 0);
	expect_failure(&capture, options,
		       "posternctl: can't load the XDP program: Operation not "
		       "permitted (it takes root, and a system that lets root "
		       "use BPF)\n");
	assert_int_equal(seteuid(self), 0);
	capture_remove(&capture);
	capture_remove(&config);
}

/* Results */

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct replay_record record_of(uint64_t number, const char *source,
				      const char *destination,
				      enum action action, enum reason reason)
{
	struct replay_record record = {
		.number = number,
		.action = action,
		.reason = reason,
		.ends = {.source = addr_of(source),
			 .destination = addr_of(destination)},
	};

	record.ends.family = strchr(source, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	return record;
}

static void a_frame_is_a_line(void **state)
{
	struct replay_record record = record_of(
		17, "2001:db8::7", "2001:db8::25", ACTION_RESET, REASON_BYPASS);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	replay_print_frame(out, &record);
	record = record_of(UINT64_MAX, "::ffff:192.0.2.7", "2001:db8::25",
			   ACTION_DROP, REASON_EVASION);
	replay_print_frame(out, &record);
	fclose(out);
	assert_string_equal(text,
			    "frame 17 2001:db8::7 > 2001:db8::25 reset bypass\n"
			    "frame 18446744073709551615 ::ffff:192.0.2.7 > "
			    "2001:db8::25 drop evasion\n");
	free(text);
}

static char *json_of(const struct replay_totals *totals,
		     const struct replay_record *records, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	replay_print_json(out, totals, records, count);
	fclose(out);
	return text;
}

#define NO_REASONS                                                             \
	"    \"allowed\": 0,\n    \"witness\": 0,\n    \"clean\": 0,\n"        \
	"    \"unknown\": 0,\n"                                                \
	"    \"late\": 0,\n    \"overload\": 0,\n    \"stale\": 0,\n"

static void json_has_all_reasons_and_judged_frames(void **state)
{
	const struct replay_record records[] = {
		record_of(2, "192.0.2.7", "192.0.2.25", ACTION_DROP,
			  REASON_BLOCKED),
		record_of(9, "2001:db8::7", "2001:db8::25", ACTION_DROP,
			  REASON_HELD),
	};
	struct replay_totals totals = {.frames = 12, .judged = 2};
	char *text;

	(void)state;
	totals.counts[REASON_BLOCKED][FAMILY_IPV4] = 1;
	totals.counts[REASON_HELD][FAMILY_IPV6] = 1;
	text = json_of(&totals, records, COUNT(records));
	assert_string_equal(
		text,
		"{\n  \"frames\": 12,\n  \"smtp_syns\": 2,\n"
		"  \"reasons\": {\n" NO_REASONS "    \"held\": 1,\n"
		"    \"blocked\": 1,\n    \"feed\": 0,\n    \"listed\": 0,\n"
		"    \"evasion\": 0,\n    \"bypass\": 0\n  },\n"
		"  \"per_frame\": [\n"
		"    {\"frame\": 2, \"source\": \"192.0.2.7\", "
		"\"destination\": \"192.0.2.25\", \"action\": \"drop\", "
		"\"reason\": \"blocked\"},\n"
		"    {\"frame\": 9, \"source\": \"2001:db8::7\", "
		"\"destination\": \"2001:db8::25\", \"action\": \"drop\", "
		"\"reason\": \"held\"}\n  ]\n}\n");
	free(text);
}

static void json_of_nothing_is_json(void **state)
{
	struct replay_totals totals = {0};
	json_error_t error;
	json_t *json;
	char *text;

	(void)state;
	text = json_of(&totals, NULL, 0);
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s:\n%s", error.text, text);
	assert_int_equal(json_object_size(json), 4);
	assert_int_equal(json_object_size(json_object_get(json, "reasons")),
			 REASON_MAX);
	assert_int_equal(json_array_size(json_object_get(json, "per_frame")),
			 0);
	json_decref(json);
	free(text);
}

static void expect_totals(const struct replay_scope *scope,
			  const struct replay_totals *totals,
			  const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct print print = print_to(out);

	replay_print_totals(&print, scope, totals);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

/* A line here is a line of the screen. */
/* clang-format off */

static void totals_are_told_in_words_and_a_table(void **state)
{
	const uint16_t ports[] = {25, 587};
	const struct addr protect[] = {addr_of("192.0.2.25"),
				       addr_of("2001:db8::25")};
	struct replay_scope scope = {
		.capture = "smtp\x1b.pcap",
		.config = "/etc/postern/postern.conf",
		.gate = GATE_CLOSED,
		.ports = ports,
		.port_count = 2,
		.protect = protect,
		.protect_count = 2,
	};
	struct replay_totals totals = {.frames = 1234567, .judged = 1003};

	(void)state;
	totals.counts[REASON_ALLOWED][FAMILY_IPV4] = 1;
	totals.counts[REASON_BYPASS][FAMILY_IPV4] = 1000;
	totals.counts[REASON_BYPASS][FAMILY_IPV6] = 2;
	expect_totals(&scope, &totals,
		"smtp?.pcap: 1,234,567 frames. SYNs to ports 25, 587 of 192.0.2.25, 2001:db8::25:\n"
		"1,003.\n"
		"Judged by /etc/postern/postern.conf as if it were enforced, each frame alone:\n"
		"the gate closed, no source known to DNSBLs.\n"
		"\n"
		"SYNs by reason                                                 IPv4         IPv6\n"
		"  let in:\n"
		"    allowed   on the allow list, or a primary                     1            0\n"
		"  would have been refused:\n"
		"    bypass    came here although the primary is up            1,000            2\n"
		"  none yet: witness, clean, unknown, late, overload, stale, held, blocked, feed,\n"
		"  listed, evasion\n");
}

static void nothing_judged_is_told_with_a_hint(void **state)
{
	const uint16_t port = 25;
	const struct addr protect[5] = {addr_of("192.0.2.25")};
	struct replay_scope scope = {
		.capture = "a.pcap",
		.ports = &port,
		.port_count = 1,
		.protect = protect,
		.protect_count = 5,
	};
	struct replay_totals totals = {.frames = 1};

	(void)state;
	expect_totals(&scope, &totals,
		"a.pcap: 1 frame. SYNs to port 25 of 5 protected addresses: 0.\n"
		"Judged without a configuration, each frame alone: no lists, no DNSBLs, the gate\n"
		"open.\n"
		"\"--protect any\" judges SYNs to every address.\n");
	scope.protect_count = 0;
	totals.cut = 1;
	expect_totals(&scope, &totals,
		"a.pcap: 1 frame. SYNs to port 25 of any address: 0.\n"
		"Judged without a configuration, each frame alone: no lists, no DNSBLs, the gate\n"
		"open.\n"
		"! Of 1 frame less than 96 octets were captured: SYNs among them may be missed.\n");
}

/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_command_lines_are_refused),
		cmocka_unit_test(as_many_addresses_as_the_filter_has_room_for),
		cmocka_unit_test(options_without_end_are_refused),
		cmocka_unit_test(configurations_are_read_first),
		cmocka_unit_test(without_root_it_says_so),
		cmocka_unit_test(a_frame_is_a_line),
		cmocka_unit_test(json_has_all_reasons_and_judged_frames),
		cmocka_unit_test(json_of_nothing_is_json),
		cmocka_unit_test(totals_are_told_in_words_and_a_table),
		cmocka_unit_test(nothing_judged_is_told_with_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

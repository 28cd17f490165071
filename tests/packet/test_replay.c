/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternctl replay from a capture to its output, with the real program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/if_ether.h>

#include "core/config.h"
#include "harness.h"
#include "replay_run.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define OTHER_IPV4  "192.0.2.26"
#define OTHER_IPV6  "2001:db8:25::26"
#define MAPPED	    "::ffff:203.0.113.66"
#define MAPPED_DOOR "::ffff:192.0.2.26"
#define V6	    .from = SOURCE_IPV6
#define IPV4	    " > " DOOR_IPV4 " "
#define IPV6	    " > " DOOR_IPV6 " "

static struct capture ethernet(const struct packet *packets, size_t count)
{
	struct capture capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);

	for (size_t i = 0; i < count; i++)
		replay_add(&capture, &packets[i]);
	return capture;
}

static void each_judged_frame_is_told(void **state)
{
	static const struct packet packets[] = {
		{.from = BLOCKED_IPV4},
		{.from = BLOCKED_IPV4, .flags = TCP_ACK},
		{.from = ALLOWED_IPV4},
		{.from = BLOCKED_IPV4, .port = 587},
		{.from = PRIMARY_IPV4},
		{.from = BLOCKED_IPV4, .to = OTHER_IPV4},
		{.from = SOURCE_IPV4},
		{.type = ETH_P_ARP},
		{.from = BLOCKED_IPV6},
		{.from = ALLOWED_IPV6},
		{V6},
		{V6, .protocol = IPPROTO_UDP},
		{.from = BLOCKED_IPV4, .tags = {ETH_P_8021Q}},
		{.from = BLOCKED_IPV6, .tags = {ETH_P_8021AD, ETH_P_8021Q}},
		{.fragment = 1},
		{.from = MAPPED},
	};
	struct capture capture;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = ethernet(packets, COUNT(packets));
	replay_expect(&capture, "",
		      "16 frames, 11 SYNs: allowed 3, held 2, blocked 4, "
		      "evasion 2\n"
		      "1 " BLOCKED_IPV4 IPV4 "drop blocked\n"
		      "3 " ALLOWED_IPV4 IPV4 "pass allowed\n"
		      "5 " PRIMARY_IPV4 IPV4 "pass allowed\n"
		      "7 " SOURCE_IPV4 IPV4 "drop held\n"
		      "9 " BLOCKED_IPV6 IPV6 "drop blocked\n"
		      "10 " ALLOWED_IPV6 IPV6 "pass allowed\n"
		      "11 " SOURCE_IPV6 IPV6 "drop held\n"
		      "13 " BLOCKED_IPV4 IPV4 "drop blocked\n"
		      "14 " BLOCKED_IPV6 IPV6 "drop blocked\n"
		      "15 " SOURCE_IPV4 IPV4 "drop evasion\n"
		      "16 " MAPPED IPV6 "drop evasion\n");
}

#define COOKED(type)   "\0\0\0\1\0\6\2\0\0\0\0\x77\0\0" type
#define COOKED_2(type) type "\0\0\0\0\0\2\0\1\0\6\2\0\0\0\0\x77\0\0"
#define TYPE_IPV4      "\x08\x00"
#define TYPE_IPV6      "\x86\xdd"

static const struct {
	uint16_t link;
	size_t size;
	const char *ipv4; /* NULL: it can't be there */
	const char *ipv6;
} links[] = {
	{LINK_LINUX_SLL, 16, COOKED(TYPE_IPV4), COOKED(TYPE_IPV6)},
	{LINK_LINUX_SLL2, 20, COOKED_2(TYPE_IPV4), COOKED_2(TYPE_IPV6)},
	{LINK_NULL, 4, "\2\0\0\0", "\12\0\0\0"},
	{LINK_NULL, 4, "\0\0\0\2", "\0\0\0\34"},
	{LINK_LOOP, 4, "\0\0\0\2", "\0\0\0\30"},
	{LINK_RAW, 0, "", ""},
	{LINK_IPV4, 0, "", NULL},
	{LINK_IPV6, 0, NULL, ""},
};

static void replay_link(enum capture_format format, size_t row)
{
	struct capture capture = capture_create(format, links[row].link);
	size_t size = links[row].size;

	if (links[row].ipv4)
		replay_add_behind(&capture,
				  &(struct packet){.from = BLOCKED_IPV4},
				  links[row].ipv4, size);
	if (links[row].ipv6)
		replay_add_behind(&capture, &(struct packet){V6},
				  links[row].ipv6, size);
	if (links[row].ipv4 && links[row].ipv6)
		replay_expect(&capture, "",
			      "2 frames, 2 SYNs: held 1, blocked 1\n"
			      "1 " BLOCKED_IPV4 IPV4 "drop blocked\n"
			      "2 " SOURCE_IPV6 IPV6 "drop held\n");
	else if (links[row].ipv4)
		replay_expect(&capture, "",
			      "1 frames, 1 SYNs: blocked 1\n"
			      "1 " BLOCKED_IPV4 IPV4 "drop blocked\n");
	else
		replay_expect(&capture, "",
			      "1 frames, 1 SYNs: held 1\n"
			      "1 " SOURCE_IPV6 IPV6 "drop held\n");
}

static void every_link_layer_is_judged_alike(void **state)
{
	(void)state;
	harness_fresh();
	replay_configure("");
	for (size_t i = 0; i < COUNT(links); i++)
		replay_link(CAPTURE_PCAP, i);
	replay_link(CAPTURE_PCAP_SWAPPED, 0);
	replay_link(CAPTURE_PCAPNG, 0);
}

/* One that the kernel has left there. */
static void a_tag_in_a_cooked_frame_is_followed(void **state)
{
	struct capture capture;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = capture_create(CAPTURE_PCAP, LINK_LINUX_SLL);
	replay_add_behind(&capture, &(struct packet){.from = BLOCKED_IPV4},
			  COOKED("\x81\0") "\0\5" TYPE_IPV4, 20);
	replay_expect(&capture, "",
		      "1 frames, 1 SYNs: blocked 1\n"
		      "1 " BLOCKED_IPV4 IPV4 "drop blocked\n");
}

/* Twice as many sources as may be held in a second, each of them twice. */
static void each_frame_is_the_first_one(void **state)
{
	struct capture capture;
	char source[ADDR_TEXT];
	struct ctl_run run;

	(void)state;
	harness_fresh();
	replay_configure("mode = enforce\n");
	capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	for (int i = 0; i < 2 * 65536; i++) {
		snprintf(source, sizeof(source), "10.0.%d.%d", i >> 8 & 255,
			 i & 255);
		replay_add(&capture, &(struct packet){.from = source});
	}
	capture_done(&capture);
	run = replay(&capture, "--json");
	assert_non_null(strstr(run.out, "\"smtp_syns\": 131072,"));
	assert_non_null(strstr(run.out, "\"held\": 131072,"));
	ctl_run_free(&run);
}

static void frames_are_lines_before_the_totals(void **state)
{
	static const struct packet packets[] = {
		{.port = 80}, {V6}, {.from = BLOCKED_IPV4}};
	static const char lines[] =
		"frame 2 " SOURCE_IPV6 IPV6 "drop held\n"
		"frame 3 " BLOCKED_IPV4 IPV4 "drop blocked\n"
		"/tmp/";
	static const char table[] =
		"  would have been held:\n"
		"    held      waits for its verdict                      "
		"         0            1\n"
		"  would have been refused:\n"
		"    blocked   on the block list                          "
		"         1            0\n"
		"  none yet: ";
	struct capture capture;
	struct ctl_run run;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = ethernet(packets, COUNT(packets));
	capture_done(&capture);
	run = replay(&capture, "--frames");
	assert_string_equal(run.err, "");
	assert_int_equal(run.status, 0);
	assert_memory_equal(run.out, lines, strlen(lines));
	assert_non_null(strstr(run.out, table));
	ctl_run_free(&run);
}

/* Who is on no list, and who is on one. */
static void expect_actions(const char *extra, const char *options,
			   const char *expected)
{
	static const struct packet packets[] = {
		{.from = BLOCKED_IPV4}, {.from = ALLOWED_IPV6}, {0}};
	struct capture capture = ethernet(packets, COUNT(packets));

	replay_configure(extra);
	replay_expect(&capture, options, expected);
}

#define WITH(reason, action)                                                   \
	"1 " BLOCKED_IPV4 IPV4 "drop blocked\n"                                \
	"2 " ALLOWED_IPV6 IPV6 "pass allowed\n"                                \
	"3 " SOURCE_IPV4 IPV4 action " " reason "\n"

#define HELD                                                                   \
	"3 frames, 3 SYNs: allowed 1, held 1, blocked 1\n" WITH("held", "dro"  \
									"p")
#define BYPASS(action)                                                         \
	"3 frames, 3 SYNs: allowed 1, blocked 1, bypass 1\n" WITH("bypass",    \
								  action)

static void the_gate_is_where_the_command_line_wants_it(void **state)
{
	(void)state;
	harness_fresh();
	expect_actions("", "", HELD);
	expect_actions("", "--gate open", HELD);
	expect_actions("", "--gate open --gate closed", BYPASS("drop"));
	expect_actions("bypass { action = reset }\n", "--gate closed",
		       BYPASS("reset"));
	expect_actions("bypass { policy = off }\n", "--gate closed",
		       BYPASS("drop"));
}

static void monitor_mode_is_replayed_as_if_enforced(void **state)
{
	(void)state;
	harness_fresh();
	expect_actions("mode = monitor\n", "", HELD);
	expect_actions("mode = enforce\n", "", HELD);
}

/* The same SYN to several places. */
static void expect_protected(const char *extra, const char *options,
			     const char *expected)
{
	static const struct packet packets[] = {
		{.from = BLOCKED_IPV4},
		{.from = BLOCKED_IPV4, .to = OTHER_IPV4},
		{.from = BLOCKED_IPV6},
		{.from = BLOCKED_IPV6, .to = OTHER_IPV6},
		{.from = BLOCKED_IPV6, .to = MAPPED_DOOR},
		{.from = BLOCKED_IPV4, .port = 587},
	};
	struct capture capture = ethernet(packets, COUNT(packets));

	replay_configure(extra);
	replay_expect(&capture, options, expected);
}

static void what_is_protected_is_judged(void **state)
{
	(void)state;
	harness_fresh();
	expect_protected("", "",
			 "6 frames, 2 SYNs: blocked 2\n"
			 "1 " BLOCKED_IPV4 IPV4 "drop blocked\n"
			 "3 " BLOCKED_IPV6 IPV6 "drop blocked\n");
	expect_protected("ports = { 587 }\n", "",
			 "6 frames, 1 SYNs: blocked 1\n"
			 "6 " BLOCKED_IPV4 IPV4 "drop blocked\n");
	expect_protected("", "--protect " OTHER_IPV4,
			 "6 frames, 1 SYNs: blocked 1\n"
			 "2 " BLOCKED_IPV4 " > " OTHER_IPV4 " drop blocked\n");
	expect_protected("", "--protect " OTHER_IPV6 " --protect " DOOR_IPV4,
			 "6 frames, 2 SYNs: blocked 2\n"
			 "1 " BLOCKED_IPV4 IPV4 "drop blocked\n"
			 "4 " BLOCKED_IPV6 " > " OTHER_IPV6 " drop blocked\n");
	expect_protected("", "--protect any --protect " OTHER_IPV4,
			 "6 frames, 5 SYNs: blocked 5\n"
			 "1 " BLOCKED_IPV4 IPV4 "drop blocked\n"
			 "2 " BLOCKED_IPV4 " > " OTHER_IPV4 " drop blocked\n"
			 "3 " BLOCKED_IPV6 IPV6 "drop blocked\n"
			 "4 " BLOCKED_IPV6 " > " OTHER_IPV6 " drop blocked\n"
			 "5 " BLOCKED_IPV6 " > " MAPPED_DOOR " drop blocked\n");
}

#define FED	"8.8.4.4"
#define FED_TOO "9.9.9.9"

/* A feed of the file, and what comes after it. */
static void configure_feed(const char *path, const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "feed \"drop\" { file = \"%s\" %s }\n",
			     path, more) > 0);
	replay_configure(text);
	free(text);
}

static void feeds_are_read(void **state)
{
	static const struct packet packets[] = {
		{.from = FED}, {.from = FED_TOO}, {.from = ALLOWED_IPV4}};
	struct capture capture;

	(void)state;
	harness_fresh();
	configure_feed(replay_write_feed(FED "\n9.9.0.0/16\n"), "");
	capture = ethernet(packets, COUNT(packets));
	replay_expect(&capture, "",
		      "3 frames, 3 SYNs: allowed 1, feed 2\n"
		      "1 " FED IPV4 "drop feed\n"
		      "2 " FED_TOO IPV4 "drop feed\n"
		      "3 " ALLOWED_IPV4 IPV4 "pass allowed\n");
	configure_feed(replay_write_feed(FED "\n"), "action = reset");
	capture = ethernet(packets, COUNT(packets));
	replay_expect(&capture, "",
		      "3 frames, 3 SYNs: allowed 1, held 1, feed 1\n"
		      "1 " FED IPV4 "reset feed\n"
		      "2 " FED_TOO IPV4 "drop held\n"
		      "3 " ALLOWED_IPV4 IPV4 "pass allowed\n");
}

static void expect_unused(const char *path, const char *more, const char *why)
{
	static const struct packet packets[] = {{.from = FED}};
	struct capture capture = ethernet(packets, COUNT(packets));
	char expected[256];
	struct ctl_run run;

	capture_done(&capture);
	configure_feed(path, more);
	run = replay(&capture, "--frames");
	snprintf(expected, sizeof(expected),
		 "posternctl: feed \"drop\", %s: %s; it lists nobody\n", path,
		 why);
	assert_string_equal(run.err, expected);
	assert_int_equal(run.status, 0);
	assert_memory_equal(run.out, "frame 1 " FED IPV4 "drop held\n",
			    strlen("frame 1 " FED IPV4 "drop held\n"));
	ctl_run_free(&run);
}

static void a_feed_that_cannot_be_used_lists_nobody(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	const char *path;

	(void)state;
	harness_fresh();
	expect_unused("/nonexistent/drop.txt", "", "No such file or directory");
	expect_unused("/dev/null", "", "it is no file");
	path = replay_write_feed(FED "\n");
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	expect_unused(path, "max-age = 1d", "it is older than max-age allows");
}

/* Everybody is unknown, but an evasion is one. */
static void without_a_configuration_there_are_no_lists(void **state)
{
	static const struct packet packets[] = {
		{.from = BLOCKED_IPV4}, {V6, .flags = TCP_SYN | TCP_FIN}};
	static const char lines[] =
		"frame 1 " BLOCKED_IPV4 IPV4 "pass unknown\n"
		"frame 2 " SOURCE_IPV6 IPV6 "drop evasion\n";
	struct capture capture;
	struct ctl_run run;
	char *line = NULL;

	(void)state;
	harness_fresh();
	if (access(CONFIG_DEFAULT_FILE, F_OK) == 0) {
		print_message("skipped: there is a %s\n", CONFIG_DEFAULT_FILE);
		skip();
	}
	capture = ethernet(packets, COUNT(packets));
	capture_done(&capture);
	assert_true(asprintf(&line, "replay --frames %s", capture.path) > 0);
	run = ctl_run(line);
	assert_string_equal(run.err, "");
	assert_memory_equal(run.out, lines, strlen(lines));
	ctl_run_free(&run);
	capture_remove(&capture);
	free(line);
}

static void what_was_read_of_a_broken_capture_is_told(void **state)
{
	static const struct packet packets[] = {{V6}, {V6}};
	static const char lines[] =
		"frame 1 " SOURCE_IPV6 IPV6 "drop held\n/tmp/";
	struct capture capture;
	char expected[128];
	struct ctl_run run;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = ethernet(packets, COUNT(packets));
	capture_done_short(&capture, 20);
	snprintf(expected, sizeof(expected),
		 "posternctl: %s: frame 2: ", capture.path);
	run = replay(&capture, "--frames");
	assert_memory_equal(run.out, lines, strlen(lines));
	assert_memory_equal(run.err, expected, strlen(expected));
	assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
	assert_int_equal(run.status, 1);
	ctl_run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_judged_frame_is_told),
		cmocka_unit_test(every_link_layer_is_judged_alike),
		cmocka_unit_test(a_tag_in_a_cooked_frame_is_followed),
		cmocka_unit_test(each_frame_is_the_first_one),
		cmocka_unit_test(frames_are_lines_before_the_totals),
		cmocka_unit_test(the_gate_is_where_the_command_line_wants_it),
		cmocka_unit_test(monitor_mode_is_replayed_as_if_enforced),
		cmocka_unit_test(what_is_protected_is_judged),
		cmocka_unit_test(feeds_are_read),
		cmocka_unit_test(a_feed_that_cannot_be_used_lists_nobody),
		cmocka_unit_test(without_a_configuration_there_are_no_lists),
		cmocka_unit_test(what_was_read_of_a_broken_capture_is_told),
	};
	int failed;

	if (replay_start())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, harness_close);
	return replay_stop() ? 1 : failed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posternctl replay from a capture to its output, with the real program; and
 * whether that says what the filter does.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/if_ether.h>

#include "core/config.h"
#include "core/reason.h"
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
	static const enum capture_format formats[] = {
		CAPTURE_PCAP, CAPTURE_PCAP_SWAPPED, CAPTURE_PCAPNG};

	(void)state;
	harness_fresh();
	replay_configure("");
	for (size_t f = 0; f < COUNT(formats); f++)
		for (size_t i = 0; i < COUNT(links); i++)
			replay_link(formats[f], i);
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

/* What offloads make of packets, and jumbo frames. */
static void frames_of_any_size_are_judged(void **state)
{
	static const size_t sizes[] = {60,   1514, 2047, 2048,	2049,
				       3519, 4096, 9014, 65535, 200000};
	unsigned char *octets = calloc(1, 200000);
	struct capture capture;
	struct ctl_run run;
	struct frame frame;

	(void)state;
	harness_fresh();
	replay_configure("");
	assert_non_null(octets);
	capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	frame_build(&(struct packet){.from = BLOCKED_IPV4}, &frame);
	memcpy(octets, frame.octets, frame.size);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint16_t length = (uint16_t)(sizes[i] - ETH_HLEN);

		octets[16] = (unsigned char)(length >> 8);
		octets[17] = (unsigned char)length;
		capture_add(&capture, octets, sizes[i]);
	}
	capture_done(&capture);
	free(octets);
	run = replay(&capture, "--json");
	assert_string_equal(run.err, "");
	assert_non_null(strstr(run.out, "\"blocked\": 10,"));
	ctl_run_free(&run);
}

static void cut_frames_are_what_is_left_of_them(void **state)
{
	struct capture capture;
	struct frame frame;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	frame_build(&(struct packet){.from = BLOCKED_IPV4, .data = 400},
		    &frame);
	for (size_t size = 0; size <= 54; size++)
		capture_add_cut(&capture, frame.octets, size, frame.size);
	replay_expect(&capture, "",
		      "55 frames, 1 SYNs: blocked 1\n"
		      "55 " BLOCKED_IPV4 IPV4 "drop blocked\n");
}

/* With the filter itself */

static const struct packet hard[] = {
	{0},
	{V6},
	{.from = BLOCKED_IPV4},
	{.from = BLOCKED_IPV6},
	{.from = ALLOWED_IPV4},
	{.from = ALLOWED_IPV6},
	{.from = MAPPED},
	{.flags = TCP_SYN | TCP_ECE | TCP_CWR},
	{.flags = TCP_SYN | TCP_FIN},
	{.flags = TCP_SYN | TCP_ACK},
	{.flags = TCP_RST},
	{.data = 300, .tcp_options = 12},
	{.doff = 4},
	{.doff = 15},
	{.ihl = 15},
	{.ihl_lie = 4 + 1},
	{.length_lie = -1},
	{.length_zero = true},
	{.padded = 60},
	{.fragment = FRAGMENTS_MORE},
	{.fragment = FRAGMENTS_MORE, .carried = 8},
	{.fragment = FRAGMENTS_MORE, .carried = 3},
	{.fragment = FRAGMENTS_MORE, .carried = PACKET_NO_OCTETS},
	{.fragment = 1},
	{.fragment = 1, .carried = PACKET_NO_OCTETS},
	{.fragment = 2},
	{.fragment = FRAGMENTS_MORE, .port = 80, .carried = 8},
	{.tags = {ETH_P_8021Q}},
	{.tags = {ETH_P_8021AD, ETH_P_8021Q}},
	{.tags = {ETH_P_8021AD, ETH_P_8021AD, ETH_P_8021Q}},
	{V6, .tags = {ETH_P_8021AD, ETH_P_8021Q}},
	{V6, .chain = "h"},
	{V6, .chain = "hdrd"},
	{V6, .chain = "f"},
	{V6, .chain = "m"},
	{V6, .chain = "m", .carried = 8},
	{V6, .chain = "1"},
	{V6, .chain = "2"},
	{V6, .chain = "ff"},
	{V6, .chain = "a"},
	{V6, .chain = "L"},
	{V6, .chain = "LL"},
	{V6, .chain = "ddddddddd"},
	{V6, .chain = "mh", .cut = 14 + 40 + 8 + 4},
	{V6, .chain = "h", .length_zero = true},
	{V6, .length_zero = true},
	{V6, .port = 80},
	{.to = OTHER_IPV4},
	{.version = 6},
	{V6, .type = ETH_P_IP},
	{.type = ETH_P_ARP},
	{.cut = 33},
	{.cut = 34},
	{.cut = 53},
};

/* By itself, and with the lists of the configuration. */
static void run_filter(const struct packet *packet, struct result *out)
{
	struct list meanings[LISTS_MAX];
	struct frame frame;

	harness_fresh();
	harness_list(LIST_NUMBER_ALLOWED, ALLOWED_IPV4);
	harness_list(LIST_NUMBER_ALLOWED, ALLOWED_IPV6);
	harness_list(LIST_NUMBER_BLOCKED, BLOCKED_RANGE);
	harness_list(LIST_NUMBER_BLOCKED, BLOCKED_NET);
	harness_meanings(meanings);
	harness_lists(meanings);
	frame_build(packet, &frame);
	harness_run_live(&frame, out);
}

static void it_says_what_the_filter_does_with_a_frame(void **state)
{
	struct capture capture;
	struct result live;
	char expected[64];
	struct ctl_run run;
	char *rest, *line;

	(void)state;
	harness_fresh();
	replay_configure("");
	capture = ethernet(hard, COUNT(hard));
	capture_done(&capture);
	run = replay(&capture, "--frames");
	line = strtok_r(run.out, "\n", &rest);
	for (size_t i = 0; i < COUNT(hard); i++) {
		run_filter(&hard[i], &live);
		if (live.reason == REASON_MAX)
			continue;
		snprintf(expected, sizeof(expected), "frame %zu ", i + 1);
		assert_memory_equal(line, expected, strlen(expected));
		snprintf(expected, sizeof(expected), " %s %s",
			 live.returned == XDP_DROP ? "drop" : "pass",
			 reason_name(live.reason));
		assert_non_null(line = strstr(line, expected));
		assert_string_equal(line, expected);
		line = strtok_r(NULL, "\n", &rest);
	}
	/* And nothing else is judged. */
	assert_memory_equal(line, "/tmp/", 5);
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
		cmocka_unit_test(without_a_configuration_there_are_no_lists),
		cmocka_unit_test(what_was_read_of_a_broken_capture_is_told),
		cmocka_unit_test(frames_of_any_size_are_judged),
		cmocka_unit_test(cut_frames_are_what_is_left_of_them),
		cmocka_unit_test(it_says_what_the_filter_does_with_a_frame),
	};
	int failed;

	if (replay_start())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, harness_close);
	return replay_stop() ? 1 : failed;
}

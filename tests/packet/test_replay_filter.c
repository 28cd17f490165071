/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what posternctl replay says is what the filter does. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/if_ether.h>

#include "core/reason.h"
#include "harness.h"
#include "replay_run.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define V6 .from = SOURCE_IPV6

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
		      "55 " BLOCKED_IPV4 " > " DOOR_IPV4 " drop blocked\n");
}

static const struct packet hard[] = {
	{0},
	{V6},
	{.from = BLOCKED_IPV4},
	{.from = BLOCKED_IPV6},
	{.from = ALLOWED_IPV4},
	{.from = ALLOWED_IPV6},
	{.from = "::ffff:203.0.113.66"},
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
	{.to = "192.0.2.26"},
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
	capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	for (size_t i = 0; i < COUNT(hard); i++)
		replay_add(&capture, &hard[i]);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading captures, whole and broken.  What libpcap says is not ours to test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "capture.h"
#include "ctl/replay_capture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A frame of Ethernet, ARP as it were. */
static const unsigned char arp[60] = {[12] = 8, [13] = 6, [59] = 0x77};

static struct replay_capture *open_capture(const struct capture *capture)
{
	char error[REPLAY_ERROR] = "";
	struct replay_capture *out;

	if (replay_capture_open(capture->path, error, &out))
		fail_msg("%s", error);
	return out;
}

/* Returns the frames that could be read; how it ended is in *status. */
static uint64_t read_all(const struct capture *capture, int *status,
			 char error[static REPLAY_ERROR])
{
	struct replay_capture *reader = open_capture(capture);
	struct replay_frame frame;
	uint64_t count = 0;

	while ((*status = replay_capture_next(reader, &frame, error)) > 0) {
		count++;
		assert_true(replay_capture_number(reader) == count);
	}
	replay_capture_close(reader);
	return count;
}

static void every_format_is_read(void **state)
{
	static const enum capture_format formats[] = {
		CAPTURE_PCAP, CAPTURE_PCAP_SWAPPED, CAPTURE_PCAPNG};

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct capture capture =
			capture_create(formats[i], LINK_ETHERNET);
		char error[REPLAY_ERROR] = "";
		struct replay_capture *reader;
		struct replay_frame frame;

		capture_add(&capture, arp, sizeof(arp));
		capture_add(&capture, arp, 0);
		capture_add_cut(&capture, arp, 21, sizeof(arp));
		capture_done(&capture);
		reader = open_capture(&capture);
		assert_int_equal(replay_capture_next(reader, &frame, error), 1);
		assert_int_equal(frame.size, sizeof(arp));
		assert_memory_equal(frame.octets, arp, sizeof(arp));
		assert_true(replay_capture_number(reader) == 1);
		assert_int_equal(replay_capture_next(reader, &frame, error), 1);
		assert_int_equal(frame.size, 0);
		assert_int_equal(replay_capture_next(reader, &frame, error), 1);
		assert_int_equal(frame.size, 21);
		assert_memory_equal(frame.octets, arp, 21);
		assert_true(replay_capture_number(reader) == 3);
		assert_int_equal(replay_capture_next(reader, &frame, error), 0);
		assert_string_equal(error, "");
		replay_capture_close(reader);
		capture_remove(&capture);
	}
}

/* Frames of 60 octets are whole; 54 of 1500 are too few, 96 are enough. */
static void what_is_cut_too_short_is_told(void **state)
{
	static const unsigned char octets[96];
	static const size_t lengths[] = {60, 54, 1500, 95, 1500, 96, 1500};
	static const bool expected[] = {false, true, true, false};
	struct capture capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	char error[REPLAY_ERROR];
	struct replay_capture *reader;
	struct replay_frame frame;

	(void)state;
	capture_add(&capture, octets, lengths[0]);
	for (size_t i = 1; i < COUNT(lengths); i += 2)
		capture_add_cut(&capture, octets, lengths[i], lengths[i + 1]);
	capture_done(&capture);
	reader = open_capture(&capture);
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(replay_capture_next(reader, &frame, error), 1);
		assert_int_equal(replay_capture_is_short(reader), expected[i]);
	}
	replay_capture_close(reader);
	capture_remove(&capture);
}

static const struct {
	uint16_t link;
	size_t header;
	const char *octets;
} links[] = {
	{LINK_NULL, 4, "\2\0\0\0\x45"},
	{LINK_LOOP, 4, "\0\0\0\2\x45"},
	{LINK_LINUX_SLL, 16, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\0\x45"},
	{LINK_LINUX_SLL2, 20, "\x08\0\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0\x45"},
	{LINK_RAW, 0, "\x45"},
	{LINK_IPV4, 0, "\x45"},
	{LINK_IPV6, 0, "\x65"},
};

static void every_link_layer_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(links); i++) {
		struct capture capture =
			capture_create(CAPTURE_PCAP, links[i].link);
		struct replay_frame expected = {
			.size = 15, .octets = {[12] = 8, [14] = 0x45}};
		char error[REPLAY_ERROR] = "";
		struct replay_capture *reader;
		struct replay_frame frame;

		if (links[i].link == LINK_IPV6) {
			expected.octets[12] = 0x86;
			expected.octets[13] = 0xdd;
			expected.octets[14] = 0x65;
		}
		capture_add(&capture, links[i].octets, links[i].header + 1);
		capture_done(&capture);
		reader = open_capture(&capture);
		assert_int_equal(replay_capture_next(reader, &frame, error), 1);
		assert_int_equal(frame.size, expected.size);
		assert_memory_equal(frame.octets, expected.octets, frame.size);
		replay_capture_close(reader);
		capture_remove(&capture);
	}
}

static void expect_refused(const char *path, int status, const char *why)
{
	struct replay_capture *untouched = NULL;
	char expected[REPLAY_ERROR], error[REPLAY_ERROR] = "";

	snprintf(expected, sizeof(expected), "%s: %s", path, why);
	assert_int_equal(replay_capture_open(path, error, &untouched), status);
	assert_null(untouched);
	/* Where nothing is expected, libpcap has the word. */
	if (*why)
		assert_string_equal(error, expected);
	else
		assert_memory_equal(error, expected, strlen(expected));
	assert_true(strlen(error) >= strlen(expected) + !*why);
}

static void another_link_layer_is_refused_by_name(void **state)
{
	struct capture ppp = capture_create(CAPTURE_PCAP, LINK_PPP);
	struct capture ppp_ng = capture_create(CAPTURE_PCAPNG, LINK_PPP);
	struct capture none = capture_create(CAPTURE_PCAP, LINK_UNASSIGNED);

	(void)state;
	capture_done(&ppp);
	capture_done(&ppp_ng);
	capture_done(&none);
	expect_refused(ppp.path, -EPROTONOSUPPORT,
		       "the link type is PPP (PPP), expected Ethernet, Linux "
		       "cooked, null/loopback or raw IP");
	expect_refused(ppp_ng.path, -EPROTONOSUPPORT,
		       "the link type is PPP (PPP), expected Ethernet, Linux "
		       "cooked, null/loopback or raw IP");
	expect_refused(none.path, -EPROTONOSUPPORT,
		       "the link type is 60000, expected Ethernet, Linux "
		       "cooked, null/loopback or raw IP");
	capture_remove(&ppp);
	capture_remove(&ppp_ng);
	capture_remove(&none);
}

static void what_is_no_capture_is_refused(void **state)
{
	struct capture capture = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	struct capture garbage = capture_create(CAPTURE_PCAP, LINK_ETHERNET);
	struct capture empty = capture_create(CAPTURE_PCAPNG, LINK_ETHERNET);

	(void)state;
	expect_refused("/nonexistent/smtp.pcap", -ENOENT,
		       "No such file or directory");
	expect_refused("/tmp", -EINVAL, "");
	capture_done_short(&capture, 1);
	expect_refused(capture.path, -EINVAL, "");
	rewind(garbage.file);
	fputs("HELO example.net\r\nMAIL FROM:<>\r\n", garbage.file);
	capture_done(&garbage);
	expect_refused(garbage.path, -EINVAL, "");
	capture_done_short(&empty, 48);
	expect_refused(empty.path, -EINVAL, "");
	capture_remove(&capture);
	capture_remove(&garbage);
	capture_remove(&empty);
}

/* Two frames, and then what makes it a broken file. */
static void expect_broken(struct capture *capture)
{
	char expected[REPLAY_ERROR], error[REPLAY_ERROR] = "";
	int status;

	assert_true(read_all(capture, &status, error) == 2);
	assert_int_equal(status, -EIO);
	snprintf(expected, sizeof(expected), "%s: frame 3: ", capture->path);
	assert_memory_equal(error, expected, strlen(expected));
	assert_true(strlen(error) > strlen(expected));
	capture_remove(capture);
}

static struct capture create_two(enum capture_format format)
{
	struct capture capture = capture_create(format, LINK_ETHERNET);

	capture_add(&capture, arp, sizeof(arp));
	capture_add(&capture, arp, sizeof(arp));
	return capture;
}

static void a_broken_capture_is_read_as_far_as_it_goes(void **state)
{
	static const enum capture_format formats[] = {
		CAPTURE_PCAP, CAPTURE_PCAP_SWAPPED, CAPTURE_PCAPNG};
	static const long missing[] = {1, sizeof(arp), sizeof(arp) + 1};

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		for (size_t m = 0; m < COUNT(missing); m++) {
			struct capture capture = create_two(formats[i]);

			capture_add(&capture, arp, sizeof(arp));
			capture_done_short(&capture, missing[m]);
			expect_broken(&capture);
		}
	}
}

static void a_record_of_impossible_size_is_refused(void **state)
{
	struct capture capture = create_two(CAPTURE_PCAP);
	struct capture ng = create_two(CAPTURE_PCAPNG);

	(void)state;
	capture_u32(&capture, 0);
	capture_u32(&capture, 0);
	capture_u32(&capture, 0xfffffff0);
	capture_u32(&capture, 0xfffffff0);
	capture_octets(&capture, arp, sizeof(arp));
	capture_done(&capture);
	expect_broken(&capture);
	capture_u32(&ng, 6);
	capture_u32(&ng, 0xfffffff0);
	capture_octets(&ng, arp, sizeof(arp));
	capture_done(&ng);
	expect_broken(&ng);
}

static void interfaces_of_different_link_layers_are_refused(void **state)
{
	struct capture capture = create_two(CAPTURE_PCAPNG);

	(void)state;
	capture_interface(&capture, LINK_RAW);
	capture_add(&capture, arp, sizeof(arp));
	capture_done(&capture);
	expect_broken(&capture);
}

static void a_long_path_leaves_room_for_the_reason(void **state)
{
	char path[2000], error[REPLAY_ERROR];
	struct replay_capture *untouched = NULL;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(replay_capture_open(path, error, &untouched),
			 -ENAMETOOLONG);
	assert_string_equal(strchr(error, ':'), ": File name too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_read),
		cmocka_unit_test(what_is_cut_too_short_is_told),
		cmocka_unit_test(every_link_layer_is_known),
		cmocka_unit_test(another_link_layer_is_refused_by_name),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(a_broken_capture_is_read_as_far_as_it_goes),
		cmocka_unit_test(a_record_of_impossible_size_is_refused),
		cmocka_unit_test(
			interfaces_of_different_link_layers_are_refused),
		cmocka_unit_test(a_long_path_leaves_room_for_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the link layers of captures to frames, and who sends them to whom. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl/replay_frame.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* As string literals, so that they can be put together. */
#define MACS	      "\1\2\3\4\5\6\7\10\11\12\13\14"
#define NO_MACS	      "\0\0\0\0\0\0\0\0\0\0\0\0"
#define TYPE_IPV4     "\x08\x00"
#define TYPE_IPV6     "\x86\xdd"
#define TYPE_ARP      "\x08\x06"
#define TAG	      "\x81\x00\x00\x05"
#define SERVICE_TAG   "\x88\xa8\x00\x06"
#define COOKED	      "\0\0\0\1\0\6\1\2\3\4\5\6\0\0"
#define COOKED_2_REST "\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0"
#define IPV4                                                                   \
	"\x45\0\0\x28\0\0\0\0\x40\6\0\0"                                       \
	"\xc6\x33\x64\x07\xc0\0\2\x19"
#define IPV6                                                                   \
	"\x60\0\0\0\0\x14\6\x40"                                               \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"                               \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x25"
#define MAPPED                                                                 \
	"\x60\0\0\0\0\x14\6\x40"                                               \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x07"                         \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x25"
#define REST "the rest"

#define TEXT(literal) literal, sizeof(literal) - 1

#define SENT_IPV4 "198.51.100.7 > 192.0.2.25"
#define SENT_IPV6 "2001:db8::7 > 2001:db8::25"

static const struct {
	const char *name;
	enum replay_link link;
	const char *captured;
	size_t size;
	const char *frame;
	size_t frame_size;
	const char *ends; /* NULL: no IP */
} rows[] = {
	{"Ethernet stays as it is", REPLAY_LINK_ETHERNET,
	 TEXT(MACS TYPE_IPV4 IPV4 REST), TEXT(MACS TYPE_IPV4 IPV4 REST),
	 SENT_IPV4},
	{"Ethernet with IPv6", REPLAY_LINK_ETHERNET, TEXT(MACS TYPE_IPV6 IPV6),
	 TEXT(MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"Ethernet with a tag", REPLAY_LINK_ETHERNET,
	 TEXT(MACS TAG TYPE_IPV4 IPV4), TEXT(MACS TAG TYPE_IPV4 IPV4),
	 SENT_IPV4},
	{"Ethernet with two tags", REPLAY_LINK_ETHERNET,
	 TEXT(MACS SERVICE_TAG TAG TYPE_IPV6 IPV6),
	 TEXT(MACS SERVICE_TAG TAG TYPE_IPV6 IPV6), SENT_IPV6},
	{"Ethernet with more tags than the filter follows",
	 REPLAY_LINK_ETHERNET, TEXT(MACS TAG TAG TAG TYPE_IPV4 IPV4),
	 TEXT(MACS TAG TAG TAG TYPE_IPV4 IPV4), NULL},
	{"ARP", REPLAY_LINK_ETHERNET, TEXT(MACS TYPE_ARP IPV4),
	 TEXT(MACS TYPE_ARP IPV4), NULL},
	{"an IPv4 header that is cut", REPLAY_LINK_ETHERNET,
	 TEXT(MACS TYPE_IPV4 IPV4) - 1, TEXT(MACS TYPE_IPV4 IPV4) - 1, NULL},
	{"an IPv6 header that is cut", REPLAY_LINK_ETHERNET,
	 TEXT(MACS TYPE_IPV6 IPV6) - 1, TEXT(MACS TYPE_IPV6 IPV6) - 1, NULL},
	{"a tag that is cut", REPLAY_LINK_ETHERNET, TEXT(MACS TAG) - 1,
	 TEXT(MACS TAG) - 1, NULL},
	{"half an Ethernet header", REPLAY_LINK_ETHERNET, TEXT(MACS) - 5,
	 TEXT(MACS) - 5, NULL},
	{"nothing at all", REPLAY_LINK_ETHERNET, TEXT(""), TEXT(""), NULL},
	{"a source mapped into IPv6 is told as it is", REPLAY_LINK_ETHERNET,
	 TEXT(MACS TYPE_IPV6 MAPPED), TEXT(MACS TYPE_IPV6 MAPPED),
	 "::ffff:198.51.100.7 > 2001:db8::25"},

	{"cooked", REPLAY_LINK_COOKED, TEXT(COOKED TYPE_IPV4 IPV4 REST),
	 TEXT(NO_MACS TYPE_IPV4 IPV4 REST), SENT_IPV4},
	{"cooked IPv6", REPLAY_LINK_COOKED, TEXT(COOKED TYPE_IPV6 IPV6),
	 TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"cooked with a tag", REPLAY_LINK_COOKED,
	 TEXT(COOKED TAG TYPE_IPV4 IPV4), TEXT(NO_MACS TAG TYPE_IPV4 IPV4),
	 SENT_IPV4},
	{"cooked 802.2", REPLAY_LINK_COOKED, TEXT(COOKED "\0\4" IPV4),
	 TEXT(NO_MACS "\0\4" IPV4), NULL},
	{"a cooked header alone", REPLAY_LINK_COOKED, TEXT(COOKED TYPE_IPV4),
	 TEXT(NO_MACS TYPE_IPV4), NULL},
	{"a cooked header that is cut", REPLAY_LINK_COOKED,
	 TEXT(COOKED TYPE_IPV4) - 1, TEXT(""), NULL},

	{"cooked, version 2", REPLAY_LINK_COOKED_2,
	 TEXT(TYPE_IPV4 COOKED_2_REST IPV4 REST),
	 TEXT(NO_MACS TYPE_IPV4 IPV4 REST), SENT_IPV4},
	{"cooked IPv6, version 2", REPLAY_LINK_COOKED_2,
	 TEXT(TYPE_IPV6 COOKED_2_REST IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6),
	 SENT_IPV6},
	{"a header of version 2 that is cut", REPLAY_LINK_COOKED_2,
	 TEXT(TYPE_IPV4 COOKED_2_REST) - 1, TEXT(""), NULL},

	{"loopback, IPv4 of a little endian", REPLAY_LINK_LOOPBACK,
	 TEXT("\2\0\0\0" IPV4), TEXT(NO_MACS TYPE_IPV4 IPV4), SENT_IPV4},
	{"loopback, IPv4 in network order", REPLAY_LINK_LOOPBACK,
	 TEXT("\0\0\0\2" IPV4), TEXT(NO_MACS TYPE_IPV4 IPV4), SENT_IPV4},
	{"loopback, IPv6 of Linux", REPLAY_LINK_LOOPBACK,
	 TEXT("\12\0\0\0" IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"loopback, IPv6 of OpenBSD", REPLAY_LINK_LOOPBACK,
	 TEXT("\0\0\0\30" IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"loopback, IPv6 of FreeBSD", REPLAY_LINK_LOOPBACK,
	 TEXT("\34\0\0\0" IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"loopback, IPv6 of macOS", REPLAY_LINK_LOOPBACK,
	 TEXT("\36\0\0\0" IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"loopback, another family", REPLAY_LINK_LOOPBACK,
	 TEXT("\7\0\0\0" IPV4), TEXT(NO_MACS "\0\0" IPV4), NULL},
	{"loopback, a family beyond all", REPLAY_LINK_LOOPBACK,
	 TEXT("\2\0\0\2" IPV4), TEXT(NO_MACS "\0\0" IPV4), NULL},
	{"a loopback header that is cut", REPLAY_LINK_LOOPBACK, TEXT("\2\0\0"),
	 TEXT(""), NULL},

	{"raw IPv4", REPLAY_LINK_RAW, TEXT(IPV4 REST),
	 TEXT(NO_MACS TYPE_IPV4 IPV4 REST), SENT_IPV4},
	{"raw IPv6", REPLAY_LINK_RAW, TEXT(IPV6), TEXT(NO_MACS TYPE_IPV6 IPV6),
	 SENT_IPV6},
	{"raw, of neither version", REPLAY_LINK_RAW, TEXT("\x55" IPV4),
	 TEXT(NO_MACS "\0\0\x55" IPV4), NULL},
	{"raw, and nothing there", REPLAY_LINK_RAW, TEXT(""), TEXT(""), NULL},
	{"what is called IPv4", REPLAY_LINK_RAW_IPV4, TEXT(IPV4),
	 TEXT(NO_MACS TYPE_IPV4 IPV4), SENT_IPV4},
	{"what is called IPv6", REPLAY_LINK_RAW_IPV6, TEXT(IPV6),
	 TEXT(NO_MACS TYPE_IPV6 IPV6), SENT_IPV6},
	{"what is called IPv4, and nothing there", REPLAY_LINK_RAW_IPV4,
	 TEXT(""), TEXT(""), NULL},
};

/* A copy that ends where a sanitizer sees it. */
static unsigned char *copy(const char *octets, size_t size)
{
	unsigned char *exact = malloc(size ? size : 1);

	assert_non_null(exact);
	memcpy(exact, octets, size);
	return exact;
}

static void expect_ends(const char *name, const struct replay_frame *frame,
			const char *expected)
{
	char source[ADDR_TEXT], destination[ADDR_TEXT];
	char text[2 * ADDR_TEXT + 8] = "no IP";
	struct replay_ends ends;

	if (replay_frame_ends(frame, &ends))
		snprintf(text, sizeof(text), "%s > %s",
			 replay_format(ends.family, &ends.source, source),
			 replay_format(ends.family, &ends.destination,
				       destination));
	if (strcmp(text, expected ? expected : "no IP") != 0)
		fail_msg("%s: %s", name, text);
}

static void every_link_layer_becomes_ethernet(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char *captured = copy(rows[i].captured, rows[i].size);
		struct replay_frame frame;

		replay_frame_make(rows[i].link, captured, rows[i].size, &frame);
		free(captured);
		if (frame.size != rows[i].frame_size ||
		    memcmp(frame.octets, rows[i].frame, frame.size) != 0)
			fail_msg("%s: another frame", rows[i].name);
		expect_ends(rows[i].name, &frame, rows[i].ends);
	}
}

static void what_is_longer_is_cut(void **state)
{
	unsigned char *captured = malloc(65536);
	struct replay_frame frame;

	(void)state;
	assert_non_null(captured);
	memset(captured, 0x45, 65536);
	replay_frame_make(REPLAY_LINK_ETHERNET, captured, 65536, &frame);
	assert_int_equal(frame.size, REPLAY_FRAME_MAX);
	assert_memory_equal(frame.octets, captured, REPLAY_FRAME_MAX);
	replay_frame_make(REPLAY_LINK_RAW, captured, 65536, &frame);
	assert_int_equal(frame.size, REPLAY_FRAME_MAX);
	assert_memory_equal(frame.octets + 14, captured, REPLAY_FRAME_MAX - 14);
	replay_frame_make(REPLAY_LINK_RAW, captured, REPLAY_FRAME_MAX - 14,
			  &frame);
	assert_int_equal(frame.size, REPLAY_FRAME_MAX);
	free(captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_layer_becomes_ethernet),
		cmocka_unit_test(what_is_longer_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

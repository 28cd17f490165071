/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of captures, fed with anything: what comes out is bounded, ends with
 * what was captured, and has its addresses where they were.
 *
 * The first octet is the link layer, the rest what was captured.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/replay_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

/* The last octets of the frame are some of those that were captured. */
static void check_frame(const struct replay_frame *frame, enum replay_link link,
			const uint8_t *captured, size_t size)
{
	size_t made = link == REPLAY_LINK_ETHERNET ? 0 : 14;
	size_t kept;

	check(frame->size <= REPLAY_FRAME_MAX);
	if (frame->size == 0)
		return;
	check(frame->size >= made);
	kept = frame->size - made;
	check(kept <= size);
	/* Only the end is cut, and only where there is no room. */
	if (frame->size < REPLAY_FRAME_MAX)
		check(memcmp(frame->octets + made, captured + size - kept,
			     kept) == 0);
	for (size_t i = 0; i < made && i < 12; i++)
		check(frame->octets[i] == 0);
}

static void check_ends(const struct replay_frame *frame)
{
	char text[ADDR_TEXT];
	struct replay_ends ends;
	struct addr parsed;

	if (!replay_frame_ends(frame, &ends))
		return;
	check(frame->size >= 34);
	check(ends.family < FAMILY_MAX);
	if (ends.family == FAMILY_IPV4)
		check(addr_family(&ends.source) == FAMILY_IPV4 &&
		      addr_family(&ends.destination) == FAMILY_IPV4);
	check(memmem(frame->octets, frame->size,
		     ends.source.octets + (ends.family == FAMILY_IPV4 ? 12 : 0),
		     ends.family == FAMILY_IPV4 ? 4 : 16) != NULL);
	replay_format(ends.family, &ends.source, text);
	check(strlen(text) < ADDR_TEXT);
	check(addr_parse(text, &parsed) == 0);
	check(addr_equal(&parsed, &ends.source));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_frame frame;
	enum replay_link link;

	if (size < 1)
		return 0;
	link = data[0] % REPLAY_LINK_MAX;
	replay_frame_make(link, data + 1, size - 1, &frame);
	check_frame(&frame, link, data + 1, size - 1);
	check_ends(&frame);
	return 0;
}

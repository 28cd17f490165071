/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, ranges and values the way rbldnsd reads them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/feed_rbldnsd.h"
#include "sources/feed_scan.h"

static uint32_t mask(unsigned int bits)
{
	return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

unsigned int feed_scan_octets(const char **at, uint32_t *out)
{
	const char *next = *at;
	unsigned int bits = 0;
	uint32_t address = 0;
	unsigned int octet;

	for (; bits < 32; bits += 8) {
		if (bits > 0 && *next != '.')
			break;
		if (bits > 0)
			next++;
		if (!feed_scan_number(&next, 255, &octet))
			return 0;
		address |= octet << (24 - bits);
	}
	*at = next;
	*out = address;
	return bits;
}

/* The end of a range, at the `-`: as many octets as before, or just one. */
static bool scan_last(const char **at, uint32_t first, unsigned int bits,
		      uint32_t *out)
{
	unsigned int given;
	uint32_t last;

	++*at;
	given = feed_scan_octets(at, &last);
	if (given == 0)
		return false;
	if (given == 8)
		last = last >> (bits - 8) | (first & mask(bits - 8));
	else if (given != bits)
		return false;
	last |= ~mask(bits);
	if (first > last)
		return false;
	*out = last;
	return true;
}

bool feed_scan_cidr4(const char **at, uint32_t *first, uint32_t *last,
		     unsigned int *bits)
{
	unsigned int length;
	uint32_t address;

	length = feed_scan_octets(at, &address);
	if (length == 0)
		return false;
	if (**at == '-' && last) {
		if (!scan_last(at, address, length, last))
			return false;
		length = 32;
	} else if (**at == '/') {
		++*at;
		if (!feed_scan_number(at, 32, &length))
			return false;
		if (last)
			*last = address | ~mask(length);
	} else if (length == 8) {
		return false; /* a number alone */
	} else if (last) {
		*last = address | ~mask(length);
	}
	*first = address;
	*bits = length;
	return true;
}

static int nibble_of(char c)
{
	if (feed_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One group; false for none, and for one above ffff. */
static bool scan_group(const char **at, unsigned int *out)
{
	const char *start = *at;
	unsigned int group = 0;

	for (; nibble_of(**at) >= 0; ++*at) {
		group = group << 4 | (unsigned int)nibble_of(**at);
		if (group > 0xffff)
			return false;
	}
	*out = group;
	return *at > start;
}

/* Moves what stands behind the `::` to the end. */
static bool spread(struct addr *addr, unsigned int count, unsigned int gap)
{
	unsigned int zeros = 16 - count;

	if (zeros == 0)
		return false;
	memmove(addr->octets + gap + zeros, addr->octets + gap, count - gap);
	memset(addr->octets + gap, 0, zeros);
	return true;
}

bool feed_scan_groups(const char **at, struct addr *out, unsigned int *bits)
{
	unsigned int count = 0, gap = 16, given = 0, group;
	struct addr addr = {{0}};

	if ((*at)[0] == ':' && (*at)[1] == ':') {
		gap = 0;
		*at += 2;
	}
	while (scan_group(at, &group)) {
		addr.octets[count++] = (uint8_t)(group >> 8);
		addr.octets[count++] = (uint8_t)group;
		if (**at != ':' || count == 16) {
			given = count * 8;
			break;
		}
		++*at;
		if (gap == 16 && **at == ':') {
			gap = count;
			++*at;
		}
	}
	/* With a `::`, a `:` may be the last thing: rbldnsd takes it. */
	if (gap < 16) {
		if (!spread(&addr, count, gap))
			return false;
		given = 128;
	}
	if (given == 0)
		return false;
	*out = addr;
	*bits = given;
	return true;
}

bool feed_scan_cidr6(const char **at, struct addr *out, unsigned int *bits)
{
	unsigned int length;
	struct addr addr;

	if (!feed_scan_groups(at, &addr, &length))
		return false;
	if (**at == '/') {
		++*at;
		if (!feed_scan_number(at, 128, &length))
			return false;
	} else if (length == 16) {
		return false; /* a group alone */
	}
	*out = addr;
	*bits = length;
	return true;
}

static bool is_comment(char c)
{
	return c == '#' || c == ';';
}

bool feed_ends_address(char c)
{
	return c == '\0' || feed_is_blank(c) || is_comment(c) || c == ':';
}

/* ":ADDRESS", ":ADDRESS:TEXT", ":N" for 127.0.0.N, or just a text. */
bool feed_is_value(const char *text)
{
	unsigned int bits;
	uint32_t address;

	if (*text != ':')
		return true;
	text++;
	bits = feed_scan_octets(&text, &address);
	/* "127.1" is 127.0.0.1, but none of this makes a zero anything else. */
	if (bits == 0 || address == 0)
		return false;
	text = feed_skip_blanks(text);
	return *text == '\0' || *text == ':';
}

bool feed_is_rest(const char *text)
{
	text = feed_skip_blanks(text);
	return *text == '\0' || is_comment(*text) || feed_is_value(text);
}

bool feed_excludes(const char **line)
{
	if (**line != '!')
		return false;
	*line = feed_skip_blanks(*line + 1);
	return true;
}

static size_t slot_of(const struct feed_exclusions *exclusions,
		      const struct prefix *prefix)
{
	uint64_t halves[2], hash;
	size_t at;

	memcpy(halves, prefix->addr.octets, sizeof(halves));
	hash = (halves[0] ^ prefix->length) * UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ hash >> 29 ^ halves[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	at = (hash ^ hash >> 32) & (exclusions->room - 1);
	/* 0xff marks a slot that is free. */
	while (exclusions->slots[at].length != 0xff &&
	       (exclusions->slots[at].length != prefix->length ||
		!addr_equal(&exclusions->slots[at].addr, &prefix->addr)))
		at = (at + 1) & (exclusions->room - 1);
	return at;
}

static int make_room(struct feed_exclusions *exclusions)
{
	struct feed_exclusions larger = {
		.room = exclusions->room ? exclusions->room * 2 : 64};

	if (exclusions->count * 2 < exclusions->room)
		return 0;
	larger.slots = reallocarray(NULL, larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < larger.room; i++)
		larger.slots[i].length = 0xff;
	for (size_t i = 0; i < exclusions->room; i++)
		if (exclusions->slots[i].length != 0xff)
			larger.slots[slot_of(&larger, &exclusions->slots[i])] =
				exclusions->slots[i];
	larger.count = exclusions->count;
	free(exclusions->slots);
	*exclusions = larger;
	return 0;
}

int feed_exclude(struct feed_exclusions *exclusions,
		 const struct prefix *prefix)
{
	int error = make_room(exclusions);
	size_t at;

	if (error)
		return error;
	at = slot_of(exclusions, prefix);
	exclusions->count += exclusions->slots[at].length == 0xff;
	exclusions->slots[at] = *prefix;
	return 0;
}

bool feed_is_excluded(const struct feed_exclusions *exclusions,
		      const struct prefix *prefix)
{
	if (exclusions->count == 0)
		return false;
	return exclusions->slots[slot_of(exclusions, prefix)].length != 0xff;
}

void feed_exclusions_clear(struct feed_exclusions *exclusions)
{
	free(exclusions->slots);
	memset(exclusions, 0, sizeof(*exclusions));
}

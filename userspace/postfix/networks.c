/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of prefixes. */

#include "postfix/networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What nobody's lists need, and no hostile one may exceed. */
#define STEPS_MAX 20000000

#define SLOTS (2 * (size_t)NETWORKS_MAX)
_Static_assert(NETWORKS_MAX <= UINT16_MAX, "a slot holds a number");

#define MAPPED_BITS 96 /* of ::ffff:0:0/96 */

static bool covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->length <= inner->length &&
	       prefix_contains(outer, &inner->addr);
}

static bool is_same(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && addr_equal(&a->addr, &b->addr);
}

static size_t hash(const struct prefix *prefix)
{
	uint32_t value = 2166136261U ^ prefix->length;

	for (size_t i = 0; i < sizeof(prefix->addr.octets); i++)
		value = (value ^ prefix->addr.octets[i]) * 16777619U;
	return value ^ value >> 16;
}

static int make_room(struct networks *networks)
{
	if (networks->slots)
		return 0;
	networks->slots = calloc(SLOTS, sizeof(*networks->slots));
	networks->prefixes = calloc(NETWORKS_MAX, sizeof(struct prefix));
	if (networks->slots && networks->prefixes)
		return 0;
	networks_free(networks);
	return -ENOMEM;
}

static int add_whole(struct networks *networks, const struct prefix *prefix)
{
	size_t slot = hash(prefix) % SLOTS;
	int error = make_room(networks);

	if (error)
		return error;
	for (; networks->slots[slot] != 0; slot = (slot + 1) % SLOTS)
		if (is_same(&networks->prefixes[networks->slots[slot] - 1],
			    prefix))
			return 0;
	if (networks->count == NETWORKS_MAX)
		return -E2BIG;
	networks->prefixes[networks->count++] = *prefix;
	networks->slots[slot] = (uint16_t)networks->count;
	return 0;
}

/* The lower or the upper half of a prefix. */
static struct prefix half(const struct prefix *whole, bool upper)
{
	struct prefix part = *whole;
	unsigned int bit = whole->length;

	if (addr_family(&whole->addr) == FAMILY_IPV4)
		bit += MAPPED_BITS;
	part.length++;
	if (upper)
		part.addr.octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return part;
}

enum cover {
	COVERS_NOTHING,
	COVERS_PART,
	COVERS_ALL,
};

static enum cover cover_of(struct networks *networks,
			   const struct prefix *prefix,
			   const struct networks *except)
{
	enum cover cover = COVERS_NOTHING;

	for (size_t i = 0; except && i < except->count; i++) {
		networks->steps++;
		if (covers(&except->prefixes[i], prefix))
			return COVERS_ALL;
		if (covers(prefix, &except->prefixes[i]))
			cover = COVERS_PART;
	}
	return cover;
}

int networks_add(struct networks *networks, const struct prefix *prefix,
		 const struct networks *except, const struct networks *besides)
{
	enum cover first = cover_of(networks, prefix, except);
	enum cover second = cover_of(networks, prefix, besides);
	struct prefix lower, upper;
	int error;

	if (first == COVERS_ALL || second == COVERS_ALL)
		return 0;
	if (++networks->steps > STEPS_MAX)
		return -E2BIG;
	if (first == COVERS_NOTHING && second == COVERS_NOTHING)
		return add_whole(networks, prefix);
	lower = half(prefix, false);
	upper = half(prefix, true);
	error = networks_add(networks, &lower, except, besides);
	if (!error)
		error = networks_add(networks, &upper, except, besides);
	return error;
}

void networks_free(struct networks *networks)
{
	free(networks->prefixes);
	free(networks->slots);
	*networks = (struct networks){0};
}

/* Copies without brackets: around all of it, or around the address. */
static int strip_brackets(const char *text, char plain[static PREFIX_TEXT],
			  const char **why)
{
	size_t length = strlen(text);
	const char *close;

	if (length >= PREFIX_TEXT) {
		*why = "it is too long for an address";
		return -EINVAL;
	}
	if (*text != '[') {
		memcpy(plain, text, length + 1);
		return 0;
	}
	close = strchr(text, ']');
	if (!close || (close[1] != '\0' && close[1] != '/')) {
		*why = "expected [ADDRESS] or [ADDRESS]/LENGTH";
		return -EINVAL;
	}
	snprintf(plain, PREFIX_TEXT, "%.*s%s", (int)(close - text - 1),
		 text + 1, close + 1);
	return 0;
}

/* ::ffff:192.0.2.0/120 is 192.0.2.0/24. */
static void unmap(char plain[static PREFIX_TEXT])
{
	char *slash = strchr(plain, '/');
	char address[ADDR_TEXT], *end;
	unsigned long length;
	struct addr addr;

	if (!slash || !strchr(plain, ':') || slash - plain >= ADDR_TEXT)
		return;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - plain), plain);
	if (addr_parse(address, &addr) || addr_family(&addr) != FAMILY_IPV4)
		return;
	length = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || length < MAPPED_BITS || length > 128)
		return;
	snprintf(plain, PREFIX_TEXT, "%s/%lu", addr_format(&addr, address),
		 length - MAPPED_BITS);
}

int networks_parse(const char *text, struct prefix *out, const char **why)
{
	char plain[PREFIX_TEXT];
	int error = strip_brackets(text, plain, why);

	if (error)
		return error;
	unmap(plain);
	error = prefix_parse(plain, out);
	if (error == -ERANGE)
		*why = "the length is too large for such an address";
	else if (error == -EDOM)
		*why = "bits behind the length are set";
	else if (error)
		*why = "it is no ADDRESS or ADDRESS/LENGTH";
	return error ? -EINVAL : 0;
}

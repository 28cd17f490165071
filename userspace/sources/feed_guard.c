/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a feed may not contain. */

#include "sources/feed_guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct guarded {
	struct addr first;
	struct addr last;
	struct prefix prefix;
	const char *what;
	size_t farthest; /* up to here, which of them ends last */
};

struct feed_guard {
	unsigned int widest[FAMILY_MAX];
	struct guarded *guarded; /* IPv4 and then IPv6, by `first` */
	size_t count;
	size_t ipv4_count;
};

/* Where no source on the Internet can be. */
static const struct {
	const char *prefix;
	const char *what;
} special[] = {
	{"0.0.0.0/8", "unroutable space"},
	{"10.0.0.0/8", "private space"},
	{"100.64.0.0/10", "shared space of providers"},
	{"127.0.0.0/8", "loopback space"},
	{"169.254.0.0/16", "link-local space"},
	{"172.16.0.0/12", "private space"},
	{"192.168.0.0/16", "private space"},
	{"224.0.0.0/4", "multicast space"},
	{"240.0.0.0/4", "reserved space"},
	{"::/32", "loopback and unroutable space"},
	{"fc00::/7", "private space"},
	{"fe80::/10", "link-local space"},
	{"ff00::/8", "multicast space"},
};

static struct addr last_of(const struct prefix *prefix)
{
	unsigned int keep = prefix->length;
	struct addr last = prefix->addr;

	if (addr_family(&prefix->addr) == FAMILY_IPV4)
		keep += 96;
	for (unsigned int i = 0; i < sizeof(last.octets); i++) {
		unsigned int from = i * 8;

		if (keep <= from)
			last.octets[i] = 0xff;
		else if (keep < from + 8)
			last.octets[i] |= (uint8_t)(0xff >> (keep - from));
	}
	return last;
}

static void add(struct feed_guard *guard, const struct prefix *prefix,
		const char *what)
{
	guard->guarded[guard->count++] = (struct guarded){
		.first = prefix->addr,
		.last = last_of(prefix),
		.prefix = *prefix,
		.what = what,
	};
}

static void add_host(struct feed_guard *guard, const struct addr *addr,
		     const char *what)
{
	struct prefix host = {*addr, addr_bits(addr_family(addr))};

	add(guard, &host, what);
}

static size_t room_for(const struct config *config, size_t more_count)
{
	size_t room = sizeof(special) / sizeof(special[0]) + more_count;

	if (!config)
		return room;
	room += config->allow_count;
	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard of = config_guard(config, i);

		room += of.protect_count;
		for (size_t j = 0; j < of.primary_count; j++)
			room += of.primaries[j].address_count;
	}
	return room;
}

static void add_guard(struct feed_guard *guard, struct config_guard of)
{
	for (size_t i = 0; i < of.protect_count; i++)
		add_host(guard, &of.protect[i], "protected");
	for (size_t i = 0; i < of.primary_count; i++)
		for (size_t j = 0; j < of.primaries[i].address_count; j++)
			add_host(guard, &of.primaries[i].addresses[j],
				 "a primary");
}

static void add_config(struct feed_guard *guard, const struct config *config)
{
	for (size_t i = 0; i < config_guard_count(config); i++)
		add_guard(guard, config_guard(config, i));
	for (size_t i = 0; i < config->allow_count; i++)
		add(guard, &config->allow[i], "on the allow list");
}

static int compare(const void *a, const void *b)
{
	const struct guarded *left = a, *right = b;
	enum family family = addr_family(&left->first);

	if (family != addr_family(&right->first))
		return family == FAMILY_IPV4 ? -1 : 1;
	return addr_compare(&left->first, &right->first);
}

static void arrange(struct feed_guard *guard)
{
	qsort(guard->guarded, guard->count, sizeof(*guard->guarded), compare);
	while (guard->ipv4_count < guard->count &&
	       addr_family(&guard->guarded[guard->ipv4_count].first) ==
		       FAMILY_IPV4)
		guard->ipv4_count++;
	for (size_t i = 0; i < guard->count; i++) {
		struct guarded *at = &guard->guarded[i];
		size_t before;

		at->farthest = i;
		if (i == 0 || i == guard->ipv4_count)
			continue;
		before = at[-1].farthest;
		at->farthest = addr_compare(&guard->guarded[before].last,
					    &at->last) > 0
				       ? before
				       : i;
	}
}

int feed_guard_create(const struct config *config,
		      const struct feed_guarded *more, size_t more_count,
		      const unsigned int widest[FAMILY_MAX],
		      struct feed_guard **out)
{
	struct feed_guard *guard = calloc(1, sizeof(*guard));
	struct prefix prefix;

	if (!guard)
		return -ENOMEM;
	memcpy(guard->widest, widest, sizeof(guard->widest));
	guard->guarded =
		calloc(room_for(config, more_count), sizeof(*guard->guarded));
	if (!guard->guarded) {
		free(guard);
		return -ENOMEM;
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (prefix_parse(special[i].prefix, &prefix) == 0)
			add(guard, &prefix, special[i].what);
	if (config)
		add_config(guard, config);
	for (size_t i = 0; i < more_count; i++)
		add_host(guard, &more[i].addr, more[i].whose);
	arrange(guard);
	*out = guard;
	return 0;
}

void feed_guard_free(struct feed_guard *guard)
{
	if (!guard)
		return;
	free(guard->guarded);
	free(guard);
}

/* Whether first..last has more addresses than a prefix of `length`. */
static bool is_wider(const struct addr *first, const struct addr *last,
		     unsigned int length)
{
	unsigned int bits = addr_bits(addr_family(first));
	unsigned __int128 size = 0;

	for (unsigned int i = 0; i < 16; i++)
		size = size << 8 | last->octets[i];
	for (unsigned int i = 0; i < 16; i++)
		size -= (unsigned __int128)first->octets[i] << (120 - 8 * i);
	/* `size` is one less than the number of addresses. */
	if (length == 0)
		return false;
	return size >> (bits - length) != 0;
}

static bool is_everything(const struct addr *first, const struct addr *last)
{
	static const struct addr lowest;
	unsigned int from = addr_family(first) == FAMILY_IPV4 ? 12 : 0;

	if (memcmp(first->octets + from, lowest.octets, 16 - from) != 0)
		return false;
	for (unsigned int i = from; i < 16; i++)
		if (last->octets[i] != 0xff)
			return false;
	return true;
}

static const struct guarded *find(const struct feed_guard *guard,
				  const struct addr *first,
				  const struct addr *last)
{
	bool ipv6 = addr_family(first) == FAMILY_IPV6;
	size_t start = ipv6 ? guard->ipv4_count : 0, low = start;
	size_t high = ipv6 ? guard->count : guard->ipv4_count;
	const struct guarded *at;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&guard->guarded[middle].first, last) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == start)
		return NULL;
	at = &guard->guarded[guard->guarded[low - 1].farthest];
	return addr_compare(&at->last, first) >= 0 ? at : NULL;
}

bool feed_guard_admits(const struct feed_guard *guard, const struct addr *first,
		       const struct addr *last, char *why, size_t size)
{
	enum family family = addr_family(first);
	const struct guarded *guarded;
	char text[PREFIX_TEXT];

	if (is_everything(first, last)) {
		snprintf(why, size, "it is everybody");
		return false;
	}
	if (is_wider(first, last, guard->widest[family])) {
		snprintf(why, size, "it is wider than a /%u",
			 guard->widest[family]);
		return false;
	}
	guarded = find(guard, first, last);
	if (!guarded)
		return true;
	snprintf(why, size, "it overlaps %s, which is %s",
		 prefix_format(&guarded->prefix, text), guarded->what);
	return false;
}

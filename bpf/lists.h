/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list that a source is on. */
#ifndef POSTERN_LISTS_H
#define POSTERN_LISTS_H

#include "question.h"
#include "ranges.h"

/* The list that the source is on, and how far that decides. */
struct listing {
	__u32 id; /* 0: on none */
	enum list_kind kind;
	enum action action;
};

static __always_inline struct listing find_list(const struct question *q)
{
	struct listing listing = {0};
	const struct list *list;
	__u32 id;

	if (q->syn->family == FAMILY_IPV4)
		list = ranges_lookup_ipv4(q->syn->source.ipv4, &id);
	else
		list = ranges_lookup_ipv6(q->syn->source.ipv6, &id);
	/* Without a deadline it is 0, less one the last moment there is. */
	if (!list || q->now > list->expires - 1)
		return listing;
	listing.id = id;
	listing.kind = list->kind;
	listing.action = list->action;
	return listing;
}

static __always_inline void count_list(const struct question *q, __u32 id)
{
	struct list_counters *counter;
	__u64 *of_family;

	if (!q->live)
		return;
	counter = bpf_map_lookup_elem(&list_counters, &id);
	if (!counter)
		return;
	of_family =
		q->syn->family == FAMILY_IPV4 ? &counter->ipv4 : &counter->ipv6;
	/* Not for those on none, but without a branch. */
	*of_family += ranges_le(1, id);
}

/* What a list says; REASON_MAX where the way goes on. */
static __always_inline enum reason by_list(const struct question *q,
					   const struct listing *listing,
					   struct decision *decision)
{
	if (listing->kind == LIST_NONE)
		return REASON_MAX;
	count_list(q, listing->id);
	if (listing->kind == LIST_ALLOW)
		return REASON_ALLOWED;
	/* Some feeds are only counted. */
	if (listing->kind == LIST_FEED && listing->action == ACTION_PASS)
		return REASON_MAX;
	decision->action = listing->action;
	return listing->kind == LIST_BLOCK ? REASON_BLOCKED : REASON_FEED;
}

#endif

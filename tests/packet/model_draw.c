/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws states and frames. */

#include <string.h>

#include "core/stage.h"
#include "model_draw.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define ETHERNET   14
#define CHAIN_MAX  9
#define UNLIMITED  1000000
#define FLAGS_MASK 0xff

/* splitmix64, by Sebastiano Vigna: every seed is a good one. */
static uint64_t next(struct draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int below(struct draw *draw, size_t limit)
{
	return (unsigned int)(next(draw) % limit);
}

/* Once in so many times. */
static bool once_in(struct draw *draw, unsigned int times)
{
	return below(draw, times) == 0;
}

/* In an hour, or an hour ago: never close to now. */
static int draw_time(struct draw *draw)
{
	return once_in(draw, 3) ? -2 : 2;
}

static enum action draw_refusal(struct draw *draw)
{
	return ACTION_DROP + below(draw, 2);
}

static void draw_lists(struct draw *draw, struct model_state *out)
{
	for (unsigned int n = 1; n < LIST_NUMBERS; n++) {
		struct model_list *list = &out->lists[n];

		*list = (struct model_list){.action = draw_refusal(draw)};
		if (n == LIST_NUMBER_ALLOWED ||
		    (n > LIST_NUMBER_BLOCKED && once_in(draw, 3)))
			list->action = ACTION_PASS;
		if (once_in(draw, 2))
			continue;
		for (size_t i = 0; i < MODEL_PREFIXES; i++)
			if (once_in(draw, 6))
				list->prefixes |= 1U << i;
		if (once_in(draw, 2))
			list->expires = draw_time(draw);
	}
}

static void draw_verdict(struct draw *draw, unsigned int times,
			 struct model_verdict *out)
{
	static const enum verdict verdicts[] = {VERDICT_UNKNOWN, VERDICT_CLEAN,
						VERDICT_CLEAN, VERDICT_LISTED,
						VERDICT_LISTED};

	out->exists = once_in(draw, times);
	out->verdict = verdicts[below(draw, COUNT(verdicts))];
	out->expires = draw_time(draw);
}

void draw_knowledge(struct draw *draw, struct model_state *out)
{
	bool networks = !once_in(draw, 3);

	draw_lists(draw, out);
	/* The last one has none: to the map it is IPv4. */
	for (size_t i = 0; i < MODEL_HOSTS - 1; i++)
		draw_verdict(draw, 2, &out->hosts[i]);
	for (size_t i = 0; i < MODEL_NETWORKS; i++) {
		out->networks[i].exists = networks && once_in(draw, 2);
		out->networks[i].witness = draw_time(draw);
		out->networks[i].weary = draw_time(draw);
	}
	/* Those of IPv6 are the last ones. */
	for (size_t i = MODEL_NETWORKS / 2; i < MODEL_NETWORKS; i++)
		draw_verdict(draw, 3, &out->networks64[i]);
}

static unsigned int draw_budget(struct draw *draw)
{
	return once_in(draw, 8) ? 0 : UNLIMITED;
}

static void draw_doors(struct draw *draw, struct model_state *out)
{
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		out->door_count[family] = MODEL_DOORS;
		if (once_in(draw, 8))
			out->door_count[family] = below(draw, MODEL_DOORS);
		for (size_t i = 0; i < MODEL_DOORS; i++)
			out->gates[family][i] = below(draw, 3);
	}
	out->port_count = 1 + below(draw, MODEL_PORTS);
	for (size_t i = 0; i < MODEL_PORTS; i++)
		out->ports[i] = (uint16_t)(i ? 2500 + i : PORT);
}

void draw_rules(struct draw *draw, struct model_state *out)
{
	out->lease = once_in(draw, 5) ? -2 : 2;
	out->monitor = once_in(draw, 6);
	out->shown = once_in(draw, 6);
	out->watched = 0;
	for (enum stage stage = 0; stage < STAGES; stage++)
		if (once_in(draw, 5))
			out->watched |= 1U << stage;
	out->unknown = once_in(draw, 4) ? UNKNOWN_PASS : UNKNOWN_HOLD;
	out->bypass = ACTION_DROP + below(draw, 3);
	out->listed = ACTION_DROP + below(draw, 3);
	out->overload = once_in(draw, 2) ? ACTION_PASS : ACTION_DEFER;
	out->hold_limit = 2;
	out->hold_memory = 2;
	out->witness_wait = once_in(draw, 3) ? 0 : 2;
	out->holds = draw_budget(draw);
	out->events = draw_budget(draw);
	out->knocks = draw_budget(draw);
	out->replies = draw_budget(draw);
	out->defers = draw_budget(draw);
	draw_doors(draw, out);
}

void draw_pending(struct draw *draw, const struct model_syn *syn,
		  struct model_state *out)
{
	struct model_pending *pending = &out->pending;

	pending->exists = !once_in(draw, 3);
	pending->asked = !once_in(draw, 3);
	/* Within the limits, between them, beyond them. */
	pending->age = 1 + 2 * (int)below(draw, 3);
	pending->sequence = once_in(draw, 3) ? 4711 : syn->sequence;
}

static void draw_ends(struct draw *draw, struct packet *out)
{
	enum family family;

	out->from = model_hosts[below(draw, MODEL_HOSTS)];
	family = strchr(out->from, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	out->to = model_doors[family][below(draw, MODEL_DOORS)];
	if (once_in(draw, 20))
		out->to = family == FAMILY_IPV4 ? "192.0.2.99"
						: "2001:db8:25::99";
	if (once_in(draw, 10))
		out->port = 2499 + below(draw, 4);
}

static void draw_link(struct draw *draw, struct packet *out)
{
	static const uint16_t tags[] = {0x8100, 0x88a8, 0x9100};
	unsigned int count = once_in(draw, 2) ? 0 : below(draw, 3);

	if (once_in(draw, 20))
		count = PACKET_TAGS_MAX;
	for (size_t i = 0; i < count; i++)
		out->tags[i] = tags[once_in(draw, 20) ? 2 : below(draw, 2)];
}

/* A few headers of all kinds, or about as many as are followed. */
static void draw_chain(struct draw *draw, char chain[static CHAIN_MAX + 1],
		       struct packet *out)
{
	static const char all[] = "hhrddDaffmm12L", plain[] = "hrda";
	bool many = once_in(draw, 6);
	unsigned int length = many ? 7 + below(draw, 3) : below(draw, 5);
	unsigned int longs = 0;

	for (size_t i = 0; i < length; i++) {
		chain[i] = many ? plain[below(draw, COUNT(plain) - 1)]
				: all[below(draw, COUNT(all) - 1)];
		/* Two of the long ones are all that fits into a frame. */
		if (chain[i] == 'L' && ++longs > 2)
			chain[i] = 'd';
	}
	chain[length] = '\0';
	out->chain = chain;
}

static void draw_ipv4(struct draw *draw, struct packet *out)
{
	static const uint16_t fragments[] = {FRAGMENTS_NEVER,
					     FRAGMENTS_MORE,
					     FRAGMENTS_MORE | 1,
					     FRAGMENTS_MORE | 2,
					     1,
					     2,
					     0x1fff,
					     0x8000};

	if (once_in(draw, 3))
		out->ihl = (uint8_t)(5 + below(draw, 11));
	if (once_in(draw, 20))
		out->ihl_lie = (uint8_t)(1 + below(draw, 16));
	if (once_in(draw, 5))
		out->fragment = fragments[below(draw, COUNT(fragments))];
}

static void draw_tcp(struct draw *draw, struct packet *out)
{
	if (once_in(draw, 6))
		out->flags = (uint16_t)(TCP_SYN |
					(below(draw, 256) & below(draw, 256)));
	if (once_in(draw, 20))
		out->flags = (uint16_t)(1 + below(draw, FLAGS_MASK));
	if (once_in(draw, 2))
		out->tcp_options = (uint8_t)(4 * below(draw, 11));
	if (once_in(draw, 20))
		out->doff = (uint8_t)(1 + below(draw, 15));
	if (once_in(draw, 5))
		out->data = (uint16_t)below(draw, 200);
	/* What a fragment carries, often less than the header. */
	if (once_in(draw, out->fragment || out->chain ? 3 : 20))
		out->carried = (int)below(draw, 22) - 1;
}

static void draw_lies(struct draw *draw, struct packet *out)
{
	if (once_in(draw, 15))
		out->length_lie = (int)below(draw, 64) - 40;
	/* As in jumbograms, or else none at all. */
	if (once_in(draw, out->chain && out->chain[0] == 'h' ? 4 : 30))
		out->length_zero = true;
	if (once_in(draw, 10))
		out->padded = 60 + below(draw, 200);
	if (once_in(draw, 30))
		out->version = (uint8_t)(1 + below(draw, 15));
	if (once_in(draw, 30))
		out->protocol = (uint8_t)below(draw, 256);
	if (once_in(draw, 30))
		out->type = once_in(draw, 2) ? 0x0800 : 0x86dd;
}

/* Some octets are others than they were, and the end may be missing. */
static void mutate(struct draw *draw, struct frame *frame)
{
	unsigned int count = once_in(draw, 5) ? 1 + below(draw, 3) : 0;

	while (count--) {
		size_t limit = frame->size < 100 ? frame->size : 100;
		size_t at = below(draw, once_in(draw, 4) ? frame->size : limit);

		if (once_in(draw, 2))
			frame->octets[at] ^=
				(unsigned char)(1U << below(draw, 8));
		else
			frame->octets[at] = (unsigned char)below(draw, 256);
	}
	if (!once_in(draw, 15) || frame->size == ETHERNET)
		return;
	frame->size = ETHERNET + below(draw, frame->size - ETHERNET);
	/* What follows is not of the frame, and must not be read. */
	memset(frame->octets + frame->size, 0xff,
	       sizeof(frame->octets) - frame->size);
}

void draw_frame(struct draw *draw, struct frame *out)
{
	struct packet packet = {.from = NULL};
	char chain[CHAIN_MAX + 1];

	draw_ends(draw, &packet);
	draw_link(draw, &packet);
	if (!strchr(packet.from, ':'))
		draw_ipv4(draw, &packet);
	else if (once_in(draw, 2))
		draw_chain(draw, chain, &packet);
	draw_tcp(draw, &packet);
	draw_lies(draw, &packet);
	frame_build(&packet, out);
	mutate(draw, out);
}

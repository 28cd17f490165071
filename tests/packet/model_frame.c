/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From octets to what they mean: RFC 791, 8200, 9293, and for what only serves
 * to slip past filters RFC 1858, 3128, 7112 and postern(7).
 */

#include <arpa/inet.h>
#include <string.h>

#include "model.h"

/* What the program follows, by README and parse.h: more is an evasion. */
#define TAGS	     2
#define EXTENSIONS   8
#define DEEPEST	     1023 /* where a header may begin */
#define TCP_OCTETS   20
#define PORTS_OCTETS 4

enum {
	HOP_BY_HOP = 0,
	TCP = 6,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION = 60,
};

static bool has(const struct frame *frame, size_t at, size_t size)
{
	return at + size <= frame->size;
}

static unsigned int octet(const struct frame *frame, size_t at)
{
	return frame->octets[at];
}

static unsigned int word(const struct frame *frame, size_t at)
{
	return octet(frame, at) << 8 | octet(frame, at + 1);
}

/* Where the header behind Ethernet begins, and its type; 0: nowhere. */
static size_t skip_link(const struct frame *frame, unsigned int *type)
{
	size_t at = 12;

	if (!has(frame, at, 2))
		return 0;
	*type = word(frame, at);
	for (int tags = 0; tags < TAGS; tags++) {
		if (*type != 0x8100 && *type != 0x88a8)
			break;
		at += 4;
		if (!has(frame, at, 2))
			return 0;
		*type = word(frame, at);
	}
	return at + 2;
}

/* A first fragment has to carry all of TCP's header. */
static void read_cut(const struct frame *frame, size_t at, size_t size,
		     struct model_syn *out)
{
	out->kind = MODEL_EVASION;
	out->port_hidden = size < PORTS_OCTETS || !has(frame, at, PORTS_OCTETS);
	if (!out->port_hidden)
		out->port = (uint16_t)word(frame, at + 2);
}

/* `size` octets of TCP, by what IP tells; the frame may be longer or not. */
static void read_tcp(const struct frame *frame, size_t at, size_t size,
		     bool first_fragment, struct model_syn *out)
{
	unsigned int flags, header;

	if (size < TCP_OCTETS || !has(frame, at, TCP_OCTETS)) {
		if (first_fragment)
			read_cut(frame, at, size, out);
		return;
	}
	flags = octet(frame, at + 13);
	header = (octet(frame, at + 12) >> 4) * 4;
	if (!(flags & TCP_SYN) || flags & (TCP_ACK | TCP_RST))
		return;
	/* The stack drops it. */
	if (header < TCP_OCTETS || (!first_fragment && header > size))
		return;
	out->kind = flags & TCP_FIN ? MODEL_EVASION : MODEL_SYN;
	out->port = (uint16_t)word(frame, at + 2);
	out->sequence = word(frame, at + 4) << 16 | word(frame, at + 6);
	out->complete = has(frame, at, size);
}

static void hide(struct model_syn *out)
{
	out->kind = MODEL_EVASION;
	out->port_hidden = true;
}

static struct addr ipv4_at(const struct frame *frame, size_t at)
{
	struct in_addr in;

	memcpy(&in, frame->octets + at, sizeof(in));
	return addr_from_ipv4(in);
}

static void read_ipv4(const struct frame *frame, size_t at,
		      struct model_syn *out)
{
	unsigned int header, total, offset;
	bool more;

	if (!has(frame, at, 20) || octet(frame, at) >> 4 != 4 ||
	    octet(frame, at + 9) != TCP)
		return;
	header = (octet(frame, at) & 15) * 4;
	total = word(frame, at + 2);
	if (header < 20 || !has(frame, at, header) || total < header)
		return;
	out->family = FAMILY_IPV4;
	out->source = ipv4_at(frame, at + 12);
	out->destination = ipv4_at(frame, at + 16);
	offset = word(frame, at + 6) & 0x1fff;
	more = word(frame, at + 6) & 0x2000;
	if (offset == 0)
		read_tcp(frame, at + header, total - header, more, out);
	else if (offset == 1) /* its flags would overwrite the first ones */
		hide(out);
}

static bool is_extension(unsigned int protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING ||
	       protocol == FRAGMENT || protocol == AUTHENTICATION ||
	       protocol == DESTINATION;
}

/* The walk along the headers of IPv6. */
struct walk {
	size_t at; /* in the frame */
	unsigned int protocol;
	bool fragment; /* one that is not all of the packet, and has more */
	bool ended;    /* behind this there is nothing to be found */
	bool evasion;
};

static void enter_fragment(const struct frame *frame, struct walk *walk)
{
	unsigned int field = word(frame, walk->at + 2), offset = field >> 3;

	walk->fragment = field & 1;
	walk->ended = offset > 0;
	walk->evasion = offset == 1 && octet(frame, walk->at) == TCP;
}

static void step(const struct frame *frame, struct walk *walk)
{
	unsigned int unit = walk->protocol == AUTHENTICATION ? 4 : 8;
	size_t size = 8;

	if (walk->at > DEEPEST || !has(frame, walk->at, 8)) {
		/* A first fragment has to carry all of them. */
		walk->evasion = walk->fragment;
		walk->ended = true;
		return;
	}
	if (walk->protocol == FRAGMENT)
		enter_fragment(frame, walk);
	else
		size += octet(frame, walk->at + 1) * unit;
	walk->protocol = octet(frame, walk->at);
	walk->at += size;
	if (!walk->ended && walk->at > DEEPEST) {
		walk->evasion = true;
		walk->ended = true;
	}
}

static void walk_extensions(const struct frame *frame, struct walk *walk)
{
	bool fragmented = false;

	for (int i = 0; is_extension(walk->protocol) && !walk->ended; i++) {
		bool again = fragmented && walk->protocol == FRAGMENT;

		fragmented = fragmented || walk->protocol == FRAGMENT;
		/* Nobody has use for so many, or is fragmented twice. */
		if (i == EXTENSIONS ||
		    (again && has(frame, walk->at, 8) && walk->at <= DEEPEST)) {
			walk->evasion = true;
			walk->ended = true;
			return;
		}
		step(frame, walk);
	}
}

static void read_ipv6(const struct frame *frame, size_t at,
		      struct model_syn *out)
{
	struct walk walk = {.at = at + 40};
	size_t payload, walked;

	if (!has(frame, at, 40) || octet(frame, at) >> 4 != 6)
		return;
	out->family = FAMILY_IPV6;
	memcpy(out->source.octets, frame->octets + at + 8, 16);
	memcpy(out->destination.octets, frame->octets + at + 24, 16);
	payload = word(frame, at + 4);
	walk.protocol = octet(frame, at + 6);
	/* A jumbogram: RFC 2675. */
	if (payload == 0 && walk.protocol == HOP_BY_HOP)
		payload = frame->size - walk.at;
	walk_extensions(frame, &walk);
	walked = walk.at - (at + 40);
	if (walk.evasion || (walk.fragment && walked > payload)) {
		hide(out);
		return;
	}
	if (walk.ended || walk.protocol != TCP || walked > payload)
		return;
	read_tcp(frame, walk.at, payload - walked, walk.fragment, out);
}

static bool is_dressed(const struct addr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(addr->octets, mapped, sizeof(mapped)) == 0;
}

void model_read(const struct frame *frame, struct model_syn *out)
{
	unsigned int type;
	size_t at = skip_link(frame, &type);

	memset(out, 0, sizeof(*out));
	if (at && type == 0x0800)
		read_ipv4(frame, at, out);
	else if (at && type == 0x86dd)
		read_ipv6(frame, at, out);
	if (out->kind == MODEL_SYN && out->family == FAMILY_IPV6 &&
	    is_dressed(&out->source))
		out->kind = MODEL_EVASION;
}

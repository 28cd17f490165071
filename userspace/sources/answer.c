/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded walk through a reply (RFC 1035, section 4).  Names are expanded by
 * the C library, which keeps within the reply and out of loops; all else is
 * compared with the end before it is read.
 */

#include "sources/answer.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define ALIASES_MAX 16

#define TYPE_TLSA 52 /* not every C library has a name for it */

#define FLAGS_REPLY	0x8000
#define FLAGS_OPCODE	0x7800
#define FLAGS_TRUNCATED 0x0200
#define FLAGS_RCODE	0x000f

static const char malformed[] = "malformed reply";

static const unsigned int codes[] = {
	[QUESTION_A] = ns_t_a,	     [QUESTION_AAAA] = ns_t_aaaa,
	[QUESTION_MX] = ns_t_mx,     [QUESTION_TXT] = ns_t_txt,
	[QUESTION_TLSA] = TYPE_TLSA,
};

int question_type_code(enum question_type type)
{
	return (int)codes[type];
}

void answer_fail(struct answer *out, enum question_type type, const char *why)
{
	out->kind = ANSWER_FAILED;
	out->why = why;
	out->ttl_s = 0;
	out->type = type;
	out->count = 0;
}

struct message {
	const uint8_t *start;
	const uint8_t *end;
	unsigned int flags;
	unsigned int answer_count;
	unsigned int authority_count;
	const uint8_t *answers;
	const uint8_t *authority;
};

struct record {
	char owner[NS_MAXDNAME];
	unsigned int type;
	unsigned int class;
	uint32_t ttl_s;
	const uint8_t *data;
	size_t length;
};

static unsigned int get16(const uint8_t *octets)
{
	return (unsigned int)(octets[0] << 8 | octets[1]);
}

static uint32_t get32(const uint8_t *octets)
{
	return (uint32_t)get16(octets) << 16 | get16(octets + 2);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Returns how many octets the name takes at `at`, or -1. */
static int read_name(const struct message *message, const uint8_t *at,
		     char *name, int size)
{
	return dn_expand(message->start, message->end, at, name, size);
}

/* Reads the record at *at and moves *at behind it. */
static int read_record(const struct message *message, const uint8_t **at,
		       struct record *out)
{
	const size_t fixed = 10; /* type, class, TTL, length of the data */
	const uint8_t *next = *at;
	int length;

	length = read_name(message, next, out->owner, sizeof(out->owner));
	if (length < 0)
		return -1;
	next += length;
	if ((size_t)(message->end - next) < fixed)
		return -1;
	out->type = get16(next);
	out->class = get16(next + 2);
	out->ttl_s = get32(next + 4);
	out->length = get16(next + 8);
	/* RFC 2181, section 8: with the top bit set it counts as 0. */
	if (out->ttl_s > INT32_MAX)
		out->ttl_s = 0;
	next += fixed;
	if ((size_t)(message->end - next) < out->length)
		return -1;
	out->data = next;
	*at = next + out->length;
	return 0;
}

/* Both as text; either may have the dot of the root at its end. */
static bool same_name(const char *a, const char *b)
{
	size_t length = strlen(a), other = strlen(b);

	if (length > 0 && a[length - 1] == '.')
		length--;
	if (other > 0 && b[other - 1] == '.')
		other--;
	return length == other && strncasecmp(a, b, length) == 0;
}

/* Moves *at behind the one question, which must be ours. */
static bool read_question(const struct message *message, const uint8_t **at,
			  const char *name, unsigned int code)
{
	char asked[NS_MAXDNAME];
	int length;

	length = read_name(message, *at, asked, sizeof(asked));
	if (length < 0 || message->end - *at - length < 4 ||
	    !same_name(asked, name) || get16(*at + length) != code ||
	    get16(*at + length + 2) != ns_c_in)
		return false;
	*at += length + 4;
	return true;
}

/* RFC 2308, section 5.  Returns whether there is an SOA. */
static bool negative_ttl(const struct message *message, uint32_t *ttl)
{
	const uint8_t *at = message->authority;
	struct record record;

	for (unsigned int i = 0; i < message->authority_count; i++) {
		char name[NS_MAXDNAME];
		size_t used = 0;

		if (read_record(message, &at, &record) != 0)
			return false;
		if (record.type != ns_t_soa)
			continue;
		/* MNAME, RNAME, five numbers of which MINIMUM is the last. */
		for (int names = 0; names < 2; names++) {
			int length = read_name(message, record.data + used,
					       name, sizeof(name));

			if (length < 0)
				return false;
			used += (size_t)length;
		}
		if (used + 20 != record.length)
			return false;
		*ttl = least(record.ttl_s, get32(record.data + used + 16));
		return true;
	}
	return false;
}

static int add_address(const struct record *record, struct answer *out)
{
	struct addr addr;

	if (out->type == QUESTION_A) {
		struct in_addr in;

		if (record->length != sizeof(in))
			return -1;
		memcpy(&in, record->data, sizeof(in));
		addr = addr_from_ipv4(in);
	} else {
		struct in6_addr in6;

		if (record->length != sizeof(in6))
			return -1;
		memcpy(&in6, record->data, sizeof(in6));
		addr = addr_from_ipv6(&in6);
		/* It would be taken for the IPv4 address that it isn't. */
		if (addr_family(&addr) == FAMILY_IPV4)
			return 0;
	}
	out->addresses[out->count++] = addr;
	return 0;
}

static int add_mx(const struct message *message, const struct record *record,
		  struct answer *out)
{
	struct answer_mx *mx = &out->mx[out->count];
	int length;

	if (record->length < 3)
		return -1;
	length = read_name(message, record->data + 2, mx->host,
			   sizeof(mx->host));
	if (length < 0 || (size_t)length != record->length - 2)
		return -1;
	mx->preference = (uint16_t)get16(record->data);
	out->count++;
	return 0;
}

/* The strings of the first record, joined, as far as there is room. */
static int add_text(const struct record *record, struct answer *out)
{
	const uint8_t *at = record->data;
	const uint8_t *end = at + record->length;
	size_t used = 0;

	if (out->count++ > 0)
		return 0;
	while (at < end) {
		size_t length = *at++;

		if (length > (size_t)(end - at))
			return -1;
		for (; length > 0; length--, at++)
			if (used < sizeof(out->text) - 1)
				out->text[used++] =
					(char)(*at < ' ' || *at > '~' ? '?'
								      : *at);
	}
	out->text[used] = '\0';
	return 0;
}

/* A TLSA record has three octets before its data, which may not be empty. */
static int add_tlsa(const struct record *record, struct answer *out)
{
	if (record->length < 4)
		return -1;
	out->count++;
	return 0;
}

static const char *add_record(const struct message *message,
			      const struct record *record, struct answer *out)
{
	int error;

	if (out->count == ANSWER_RECORDS_MAX)
		return "more records than anybody needs";
	if (out->type == QUESTION_MX)
		error = add_mx(message, record, out);
	else if (out->type == QUESTION_TXT)
		error = add_text(record, out);
	else if (out->type == QUESTION_TLSA)
		error = add_tlsa(record, out);
	else
		error = add_address(record, out);
	if (error)
		return malformed;
	out->ttl_s = least(out->ttl_s, record->ttl_s);
	return NULL;
}

/*
 * Adds the records that `name` owns.  Where it is an alias instead, `name`
 * becomes what it stands for and *alias is set.  Returns what went wrong.
 */
static const char *collect(const struct message *message,
			   char name[static NS_MAXDNAME], struct answer *out,
			   bool *alias)
{
	const uint8_t *at = message->answers;
	char target[NS_MAXDNAME] = "";
	const char *why = NULL;
	struct record record;

	*alias = false;
	for (unsigned int i = 0; i < message->answer_count && !why; i++) {
		if (read_record(message, &at, &record) != 0)
			return malformed;
		if (record.class != ns_c_in || !same_name(record.owner, name))
			continue;
		if (record.type == codes[out->type]) {
			why = add_record(message, &record, out);
		} else if (record.type == ns_t_cname) {
			if (read_name(message, record.data, target,
				      sizeof(target)) < 0)
				return malformed;
			out->ttl_s = least(out->ttl_s, record.ttl_s);
			*alias = true;
		}
	}
	if (*alias)
		memcpy(name, target, sizeof(target));
	return why;
}

/* Follows aliases to the records.  Returns what went wrong, or NULL. */
static const char *records(const struct message *message, const char *question,
			   struct answer *out, bool *aliased)
{
	char name[NS_MAXDNAME] = "";
	const char *why;
	bool alias;

	*aliased = false;
	strncpy(name, question, sizeof(name) - 1);
	for (unsigned int i = 0; i < ALIASES_MAX; i++) {
		why = collect(message, name, out, &alias);
		if (why || out->count > 0 || !alias)
			return why;
		*aliased = true;
	}
	return "too many aliases";
}

static const char *failure_code(unsigned int rcode)
{
	switch (rcode) {
	case ns_r_servfail:
		return "SERVFAIL";
	case ns_r_refused:
		return "REFUSED";
	case ns_r_formerr:
		return "FORMERR";
	case ns_r_notimpl:
		return "NOTIMP";
	default:
		return "an error code";
	}
}

/* Reads the header and finds the sections.  Returns what is wrong, or NULL. */
static const char *open_message(struct message *message, const char *name,
				unsigned int code)
{
	const uint8_t *at = message->start;
	struct record record;
	unsigned int rcode;

	if (message->end - at < NS_HFIXEDSZ)
		return malformed;
	message->flags = get16(at + 2);
	message->answer_count = get16(at + 6);
	message->authority_count = get16(at + 8);
	rcode = message->flags & FLAGS_RCODE;
	if (!(message->flags & FLAGS_REPLY) || message->flags & FLAGS_OPCODE)
		return malformed;
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return failure_code(rcode);
	if (message->flags & FLAGS_TRUNCATED)
		return "truncated reply";
	if (get16(at + 4) != 1)
		return malformed;
	at += NS_HFIXEDSZ;
	if (!read_question(message, &at, name, code))
		return "a reply to another question";
	message->answers = at;
	for (unsigned int i = 0; i < message->answer_count; i++)
		if (read_record(message, &at, &record) != 0)
			return malformed;
	message->authority = at;
	return NULL;
}

static const char *parse(struct message *message, const char *name,
			 struct answer *out)
{
	const char *why = open_message(message, name, codes[out->type]);
	uint32_t ttl = 0;
	bool aliased;

	if (why)
		return why;
	if ((message->flags & FLAGS_RCODE) == ns_r_nxdomain) {
		if (negative_ttl(message, &ttl))
			out->ttl_s = ttl;
		out->kind = ANSWER_NONE;
		return NULL;
	}
	out->ttl_s = INT32_MAX;
	why = records(message, name, out, &aliased);
	if (why)
		return why;
	if (out->count > 0) {
		out->kind = ANSWER_RECORDS;
		return NULL;
	}
	if (aliased)
		return "an alias that leads nowhere";
	if (message->answer_count > 0)
		return "records of something else";
	if (!negative_ttl(message, &ttl))
		return "an empty answer without an SOA, as of a filtering "
		       "resolver";
	out->ttl_s = ttl;
	out->kind = ANSWER_NONE;
	return NULL;
}

void answer_parse(const uint8_t *reply, size_t length, const char *name,
		  enum question_type type, struct answer *out)
{
	struct message message = {.start = reply, .end = reply + length};
	const char *why;

	answer_fail(out, type, NULL);
	why = parse(&message, name, out);
	if (why)
		answer_fail(out, type, why);
}

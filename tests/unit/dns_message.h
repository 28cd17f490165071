/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds DNS messages for tests, right and wrong ones. */
#ifndef POSTERN_TESTS_DNS_MESSAGE_H
#define POSTERN_TESTS_DNS_MESSAGE_H

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DNS_REPLY 0x8180 /* QR, RD, RA */
#define DNS_TC	  0x0200

struct dns_message {
	uint8_t octets[65536];
	size_t length;
};

struct dns_record {
	enum { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL } section;
	const char *owner; /* NULL: the question's name */
	uint16_t type;
	uint32_t ttl_s;
	const char *data; /* as a zone file would say it; SOA: MINIMUM */
};

static inline void dns_put(struct dns_message *message, const void *octets,
			   size_t length)
{
	if (message->length + length > sizeof(message->octets))
		abort();
	memcpy(message->octets + message->length, octets, length);
	message->length += length;
}

static inline void dns_put16(struct dns_message *message, unsigned int value)
{
	uint16_t wire = htons((uint16_t)value);

	dns_put(message, &wire, sizeof(wire));
}

static inline void dns_put32(struct dns_message *message, uint32_t value)
{
	uint32_t wire = htonl(value);

	dns_put(message, &wire, sizeof(wire));
}

static inline void dns_put_name(struct dns_message *message, const char *name)
{
	while (*name) {
		uint8_t length = (uint8_t)strcspn(name, ".");

		dns_put(message, &length, 1);
		dns_put(message, name, length);
		name += length;
		if (*name == '.')
			name++;
	}
	dns_put(message, "", 1);
}

static inline void dns_begin(struct dns_message *message, uint16_t id,
			     uint16_t flags, const char *name, uint16_t type)
{
	message->length = 0;
	dns_put16(message, id);
	dns_put16(message, flags);
	dns_put16(message, 1);
	dns_put16(message, 0);
	dns_put32(message, 0);
	dns_put_name(message, name);
	dns_put16(message, type);
	dns_put16(message, ns_c_in);
}

static inline void dns_put_data(struct dns_message *message,
				const struct dns_record *record)
{
	uint8_t address[16], length;
	const char *host;

	switch (record->type) {
	case ns_t_a:
		inet_pton(AF_INET, record->data, address);
		dns_put(message, address, 4);
		break;
	case ns_t_aaaa:
		inet_pton(AF_INET6, record->data, address);
		dns_put(message, address, 16);
		break;
	case ns_t_mx:
		host = strchr(record->data, ' ') + 1;
		dns_put16(message, (unsigned int)atoi(record->data));
		dns_put_name(message, *host == '.' ? "" : host);
		break;
	case 52: /* TLSA: any octets will do */
		dns_put(message, record->data, strlen(record->data));
		break;
	case ns_t_txt:
		length = (uint8_t)strlen(record->data);
		dns_put(message, &length, 1);
		dns_put(message, record->data, length);
		break;
	case ns_t_soa:
		dns_put_name(message, "ns.example");
		dns_put_name(message, "root.example");
		for (uint32_t i = 1; i <= 4; i++)
			dns_put32(message, i);
		dns_put32(message, (uint32_t)strtoul(record->data, NULL, 10));
		break;
	default:
		dns_put_name(message, record->data);
	}
}

/* Records must be added in the order of their sections. */
static inline void dns_add(struct dns_message *message,
			   const struct dns_record *record)
{
	uint8_t *count = message->octets + 6 + 2 * record->section;
	size_t start;

	if (record->owner)
		dns_put_name(message, record->owner);
	else
		dns_put16(message, 0xc00c);
	dns_put16(message, record->type);
	dns_put16(message, ns_c_in);
	dns_put32(message, record->ttl_s);
	dns_put16(message, 0);
	start = message->length;
	dns_put_data(message, record);
	message->octets[start - 2] = (uint8_t)((message->length - start) >> 8);
	message->octets[start - 1] = (uint8_t)(message->length - start);
	if (++count[1] == 0)
		count[0]++;
}

#endif

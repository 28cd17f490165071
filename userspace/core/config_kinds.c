/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of values: what is wrong with a text that is none, within the
 * bounds of its key, and how a value is printed so that it is read again.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_keys.h"
#include "core/config_values.h"

__attribute__((format(printf, 2, 3))) static int
refuse(char why[static CONFIG_WHY_TEXT], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, CONFIG_WHY_TEXT, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int refuse_number(const struct config_key *key,
			 char why[static CONFIG_WHY_TEXT])
{
	return refuse(why, "expected a number from %" PRIu64 " to %" PRIu64,
		      key->least, key->most);
}

static int parse_number(const struct config_key *key, const char *text,
			void *value, char why[static CONFIG_WHY_TEXT])
{
	unsigned int narrow;
	uint64_t number;

	if (config_parse_number(text, &number) != 0 || number < key->least ||
	    number > key->most)
		return refuse_number(key, why);
	narrow = (unsigned int)number;
	memcpy(value, &narrow, sizeof(narrow));
	return 0;
}

static void print_number(const struct config_key *key, const void *value,
			 FILE *out)
{
	unsigned int number;

	(void)key;
	memcpy(&number, value, sizeof(number));
	fprintf(out, "%u", number);
}

static int parse_port(const struct config_key *key, const char *text,
		      void *value, char why[static CONFIG_WHY_TEXT])
{
	uint64_t number;
	uint16_t port;

	(void)key;
	if (config_parse_number(text, &number) != 0 || number < 1 ||
	    number > UINT16_MAX)
		return refuse(why, "expected a port from 1 to 65535");
	port = (uint16_t)number;
	memcpy(value, &port, sizeof(port));
	return 0;
}

static void print_port(const struct config_key *key, const void *value,
		       FILE *out)
{
	uint16_t port;

	(void)key;
	memcpy(&port, value, sizeof(port));
	fprintf(out, "%u", port);
}

static int parse_duration(const struct config_key *key, const char *text,
			  void *value, char why[static CONFIG_WHY_TEXT])
{
	char least[CONFIG_DURATION_TEXT];
	char most[CONFIG_DURATION_TEXT];
	uint64_t ms;

	if (config_parse_duration(text, &ms) != 0 || ms < key->least ||
	    ms > key->most)
		return refuse(why,
			      "expected a time from %s to %s, with its unit "
			      "(ms, s, m, h, d)%s%s",
			      config_format_duration(key->least, least),
			      config_format_duration(key->most, most),
			      key->hint ? "; " : "",
			      key->hint ? key->hint : "");
	memcpy(value, &ms, sizeof(ms));
	return 0;
}

static void print_duration(const struct config_key *key, const void *value,
			   FILE *out)
{
	char text[CONFIG_DURATION_TEXT];
	uint64_t ms;

	(void)key;
	memcpy(&ms, value, sizeof(ms));
	fputs(config_format_duration(ms, text), out);
}

/* A period that clocks and counters can hold without thinking about it. */
#define PERIOD_LEAST_MS UINT64_C(1000)
#define PERIOD_MOST_MS	(UINT64_C(366) * 24 * 60 * 60 * 1000)

static int parse_rate(const struct config_key *key, const char *text,
		      void *value, char why[static CONFIG_WHY_TEXT])
{
	struct config_rate rate;

	if (config_parse_rate(text, &rate) != 0 || rate.count < key->least ||
	    rate.count > key->most ||
	    (rate.count > 0 && (rate.period_ms < PERIOD_LEAST_MS ||
				rate.period_ms > PERIOD_MOST_MS)))
		return refuse(why,
			      "expected a number and a time from 1s to 366d, "
			      "such as \"%s\"%s%s",
			      key->fallback, key->hint ? "; " : "",
			      key->hint ? key->hint : "");
	memcpy(value, &rate, sizeof(rate));
	return 0;
}

static void print_rate(const struct config_key *key, const void *value,
		       FILE *out)
{
	char text[CONFIG_RATE_TEXT];
	struct config_rate rate;

	(void)key;
	memcpy(&rate, value, sizeof(rate));
	fprintf(out, "\"%s\"", config_format_rate(&rate, text));
}

/* "expected a, b or c" */
static int refuse_choice(const struct config_choice *choices,
			 char why[static CONFIG_WHY_TEXT])
{
	const char *before = "expected ";
	size_t used = 0;

	for (; choices->word; choices++) {
		if (choices[1].word || used == 0)
			used += (size_t)snprintf(why + used,
						 CONFIG_WHY_TEXT - used, "%s%s",
						 before, choices->word);
		else
			used += (size_t)snprintf(why + used,
						 CONFIG_WHY_TEXT - used,
						 " or %s", choices->word);
		before = ", ";
	}
	return -EINVAL;
}

static int parse_choice(const struct config_key *key, const char *text,
			void *value, char why[static CONFIG_WHY_TEXT])
{
	for (const struct config_choice *choice = key->choices; choice->word;
	     choice++) {
		if (strcmp(choice->word, text) == 0) {
			memcpy(value, &choice->value, sizeof(choice->value));
			return 0;
		}
	}
	return refuse_choice(key->choices, why);
}

static void print_choice(const struct config_key *key, const void *value,
			 FILE *out)
{
	const struct config_choice *choice = key->choices;

	while (memcmp(&choice->value, value, sizeof(choice->value)) != 0)
		choice++;
	fputs(choice->word, out);
}

static int parse_switch(const struct config_key *key, const char *text,
			void *value, char why[static CONFIG_WHY_TEXT])
{
	bool yes = strcmp(text, "yes") == 0;

	(void)key;
	if (!yes && strcmp(text, "no") != 0)
		return refuse(why, "expected yes or no");
	memcpy(value, &yes, sizeof(yes));
	return 0;
}

static void print_switch(const struct config_key *key, const void *value,
			 FILE *out)
{
	bool yes;

	(void)key;
	memcpy(&yes, value, sizeof(yes));
	fputs(yes ? "yes" : "no", out);
}

static int parse_require(const struct config_key *key, const char *text,
			 void *value, char why[static CONFIG_WHY_TEXT])
{
	unsigned int number = 1;

	if (strcmp(text, "all") == 0)
		number = 0;
	else if (strcmp(text, "any") != 0 &&
		 parse_number(key, text, &number, why) != 0)
		return refuse(why,
			      "expected any, all, or a number from 1 to "
			      "%" PRIu64,
			      key->most);
	memcpy(value, &number, sizeof(number));
	return 0;
}

static void print_require(const struct config_key *key, const void *value,
			  FILE *out)
{
	unsigned int number;

	memcpy(&number, value, sizeof(number));
	if (number == 0)
		fputs("all", out);
	else
		print_number(key, value, out);
}

static int parse_text(const struct config_key *key, const char *text,
		      void *value, char why[static CONFIG_WHY_TEXT])
{
	char **copy = value;
	char *duplicate;

	if (!key->accepts(text))
		return refuse(why, "expected %s", key->hint);
	duplicate = strdup(text);
	if (!duplicate)
		return -ENOMEM;
	*copy = duplicate;
	return 0;
}

/* Single quotes: libconfuse leaves everything alone there but \' and \\. */
static void print_text(const struct config_key *key, const void *value,
		       FILE *out)
{
	const char *text;

	(void)key;
	memcpy(&text, value, sizeof(text));
	putc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('\'', out);
}

static int parse_interface(const struct config_key *key, const char *text,
			   void *value, char why[static CONFIG_WHY_TEXT])
{
	char name[IF_NAMESIZE] = "";

	(void)key;
	if (!config_is_interface(text))
		return refuse(why,
			      "expected the name of an interface, of at most "
			      "%d characters",
			      IF_NAMESIZE - 1);
	memcpy(name, text, strlen(text) + 1);
	memcpy(value, name, sizeof(name));
	return 0;
}

static void print_interface(const struct config_key *key, const void *value,
			    FILE *out)
{
	const char *name = value;

	print_text(key, &name, out);
}

static int parse_address(const struct config_key *key, const char *text,
			 void *value, char why[static CONFIG_WHY_TEXT])
{
	struct addr addr;

	(void)key;
	if (addr_parse(text, &addr) != 0)
		return refuse(why, "expected an IPv4 or IPv6 address");
	if (!config_is_unicast(&addr))
		return refuse(why, "expected the address of a host");
	memcpy(value, &addr, sizeof(addr));
	return 0;
}

static void print_address(const struct config_key *key, const void *value,
			  FILE *out)
{
	char text[ADDR_TEXT];
	struct addr addr;

	(void)key;
	memcpy(&addr, value, sizeof(addr));
	fprintf(out, "\"%s\"", addr_format(&addr, text));
}

/* The prefix that an address with host bits and a length stands for. */
static int refuse_host_bits(const char *text, char why[static CONFIG_WHY_TEXT])
{
	const char *slash = strchr(text, '/');
	char meant[PREFIX_TEXT];
	char address[ADDR_TEXT];
	struct prefix prefix;
	uint64_t length;

	/* prefix_parse() has taken both apart before. */
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	addr_parse(address, &prefix.addr);
	config_parse_number(slash + 1, &length);
	prefix.length = (uint8_t)length;
	prefix.addr = addr_mask(&prefix.addr, prefix.length);
	return refuse(why,
		      "bits are set beyond the length, expected \"%s\", or "
		      "the address alone",
		      prefix_format(&prefix, meant));
}

static int parse_prefix(const struct config_key *key, const char *text,
			void *value, char why[static CONFIG_WHY_TEXT])
{
	struct prefix prefix;

	(void)key;
	switch (prefix_parse(text, &prefix)) {
	case 0:
		memcpy(value, &prefix, sizeof(prefix));
		return 0;
	case -EDOM:
		return refuse_host_bits(text, why);
	case -ERANGE:
		return refuse(why, "expected a length of at most 32 for IPv4, "
				   "128 for IPv6");
	default:
		return refuse(why, "expected an address or a prefix, such as "
				   "\"192.0.2.0/24\" or \"2001:db8::/32\"");
	}
}

static void print_prefix(const struct config_key *key, const void *value,
			 FILE *out)
{
	char text[PREFIX_TEXT];
	struct prefix prefix;

	(void)key;
	memcpy(&prefix, value, sizeof(prefix));
	fprintf(out, "\"%s\"", prefix_format(&prefix, text));
}

static int parse_endpoint(const struct config_key *key, const char *text,
			  void *value, char why[static CONFIG_WHY_TEXT])
{
	struct config_nameserver endpoint = {0};

	(void)key;
	if (config_parse_endpoint(text, &endpoint) != 0)
		return refuse(why, "expected the address of a host, or one "
				   "with a port, such as \"192.0.2.53:53\" or "
				   "\"[2001:db8::53]:53\"");
	memcpy(value, &endpoint, sizeof(endpoint));
	return 0;
}

static void print_endpoint(const struct config_key *key, const void *value,
			   FILE *out)
{
	struct config_nameserver endpoint;
	char text[CONFIG_ENDPOINT_TEXT];

	(void)key;
	memcpy(&endpoint, value, sizeof(endpoint));
	fprintf(out, "\"%s\"", config_format_endpoint(&endpoint, text));
}

static int parse_site(const struct config_key *key, const char *text,
		      void *value, char why[static CONFIG_WHY_TEXT])
{
	struct site site;
	const char *fault;

	(void)key;
	if (site_parse(text, &site, &fault) != 0)
		return refuse(why, "%s", fault);
	memcpy(value, &site, sizeof(site));
	return 0;
}

static bool contains(const uint64_t set[static 4], unsigned int value)
{
	return set[value / 64] >> (value % 64) & 1;
}

/* "[2..4;10]", or the number where there is but one. */
static void print_octet(const uint64_t set[static 4], FILE *out)
{
	const char *separator = "[";
	unsigned int members = 0;

	for (unsigned int value = 0; value < 256; value++)
		members += contains(set, value);
	if (members == 1)
		separator = "";
	for (unsigned int first = 0; first < 256; first++) {
		unsigned int last = first;

		if (!contains(set, first))
			continue;
		while (last < 255 && contains(set, last + 1))
			last++;
		fprintf(out, "%s%u", separator, first);
		if (last > first)
			fprintf(out, "..%u", last);
		separator = ";";
		first = last;
	}
	if (members > 1)
		putc(']', out);
}

static void print_site(const struct config_key *key, const void *value,
		       FILE *out)
{
	struct site site;

	(void)key;
	memcpy(&site, value, sizeof(site));
	fprintf(out, "\"%s", site.zone);
	for (unsigned int i = 0; site.filtered && i < 4; i++) {
		putc(i == 0 ? '=' : '.', out);
		print_octet(site.filter[i], out);
	}
	fprintf(out, "*%d\"", site.weight);
}

#define KIND(name, type, is_owned)                                             \
	const struct config_kind config_kind_##name = {                        \
		.size = sizeof(type),                                          \
		.owned = is_owned,                                             \
		.parse = parse_##name,                                         \
		.print = print_##name,                                         \
	}

KIND(number, unsigned int, false);
KIND(port, uint16_t, false);
KIND(duration, uint64_t, false);
KIND(rate, struct config_rate, false);
KIND(choice, unsigned int, false);
KIND(switch, bool, false);
KIND(require, unsigned int, false);
KIND(text, char *, true);
KIND(interface, char[IF_NAMESIZE], false);
KIND(address, struct addr, false);
KIND(prefix, struct prefix, false);
KIND(endpoint, struct config_nameserver, false);
KIND(site, struct site, false);

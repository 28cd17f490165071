/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which format a file is in, by its beginning. */

#include "sources/feed_detect.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "sources/feed_rbldnsd.h"
#include "sources/feed_scan.h"

/* Enough of a line to tell. */
#define SEEN_MAX 255

/* How many lines look like what. */
struct tally {
	size_t lines; /* without comments and empty ones */
	size_t ipv4;
	size_t ipv6;
	size_t half_ipv6; /* four groups, as in ip6tset */
	size_t hosts;	  /* an address, and a name behind it */
	size_t systems;	  /* AS numbers */
	size_t names;	  /* of domains */
	size_t json;
	size_t json_prefixes;
	size_t dshield;
	size_t drop;
	size_t rbldnsd;
	size_t shortened; /* "192.0.2" or "10.1-3": only rbldnsd takes them */
	bool combined;
};

static bool begins(const char *line, const char *word)
{
	return strncasecmp(line, word, strlen(word)) == 0;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A `$` and a word that rbldnsd knows. */
static void see_special(struct tally *tally, const char *word)
{
	static const char *const words[] = {"soa ", "ns ",	 "nameserver",
					    "ttl ", "maxrange4", "timestamp"};

	if (begins(word, "dataset")) {
		tally->combined = true;
		tally->rbldnsd++;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		tally->rbldnsd += begins(word, words[i]);
	tally->rbldnsd += feed_is_digit(*word) && feed_is_blank(word[1]);
}

/* "NAME" or "NAME.NAME", with a letter in it. */
static bool is_name(const char *at, size_t length)
{
	bool letter = false;

	for (size_t i = 0; i < length; i++) {
		if (!is_letter(at[i]) && !feed_is_digit(at[i]) &&
		    !strchr(".-_*", at[i]))
			return false;
		letter |= is_letter(at[i]);
	}
	return letter;
}

static void see_address(struct tally *tally, const char *after)
{
	const char *word;
	uint32_t last;

	if (*after == '/')
		after += 1 + strspn(after + 1, ".0123456789");
	word = feed_skip_blanks(after);

	if (*word == ':' && (word > after || feed_is_digit(word[1])))
		tally->rbldnsd++;
	else if (*word == ';' && begins(feed_skip_blanks(word + 1), "SBL"))
		tally->drop++;
	else if (feed_is_blank(*after) && feed_scan_ipv4(&word, &last) &&
		 feed_is_blank(*word) && feed_is_digit(*feed_skip_blanks(word)))
		tally->dshield++;
	else if (feed_is_blank(*after) &&
		 is_name(word, strcspn(word, " \t\r#")))
		tally->hosts++;
}

static void see_word(struct tally *tally, const char *line)
{
	size_t length = strcspn(line, " \t\r#;,");
	const char *number = line + 2;
	unsigned int system;

	if (begins(line, "AS") &&
	    feed_scan_number(&number, 429496729, &system) &&
	    (*number == '\0' || strchr(" \t\r#;,", *number)))
		tally->systems++;
	else if (length > 0 && is_name(line, length) &&
		 memchr(line, '.', length))
		tally->names++;
}

/* Four groups and nothing shortened: half an address. */
static bool is_half_ipv6(const char *line)
{
	size_t length = strspn(line, "0123456789abcdefABCDEF:");
	size_t colons = 0;

	for (size_t i = 0; i < length; i++) {
		if (line[i] == ':' && line[i + 1] == ':')
			return false;
		colons += line[i] == ':';
	}
	return colons == 3 &&
	       (line[length] == '\0' || strchr(" \t:#;", line[length]));
}

/* Four octets, and as many at the end of a range. */
static bool is_whole(const char *line)
{
	uint32_t address;

	if (!feed_scan_ipv4(&line, &address))
		return false;
	if (*line != '-')
		return true;
	line++;
	return feed_scan_ipv4(&line, &address);
}

/* Fewer octets, the way only rbldnsd reads them, and no text. */
static bool is_shortened(const char *line)
{
	uint32_t first, last;
	unsigned int bits;

	if (is_whole(line) || !feed_scan_cidr4(&line, &first, &last, &bits))
		return false;
	line = feed_skip_blanks(line);
	return *line == '\0' || strchr("#;:", *line);
}

static void see_entry(struct tally *tally, const char *line)
{
	struct addr ipv6;
	uint32_t ipv4;

	tally->lines++;
	if (*line == '{') {
		tally->json++;
		tally->json_prefixes += strstr(line, "\"cidr\"") != NULL;
	} else if (is_shortened(line)) {
		tally->shortened++;
	} else if (feed_scan_ipv4(&line, &ipv4)) {
		tally->ipv4++;
		see_address(tally, line);
	} else if (is_half_ipv6(line)) {
		tally->half_ipv6++;
	} else if (feed_scan_ipv6(&line, &ipv6)) {
		tally->ipv6++;
		see_address(tally, line);
	} else if (*line == '!') {
		tally->rbldnsd++;
	} else if (*line == ':') {
		tally->rbldnsd += feed_is_digit(line[1]);
	} else {
		see_word(tally, line);
	}
}

static void see(struct tally *tally, const char *line)
{
	line = feed_skip_blanks(line);
	if (*line == '$')
		see_special(tally, line + 1);
	else if (*line != '\0' && strchr("#;:", *line) && line[1] == '$')
		see_special(tally, line + 2);
	else if (*line != '\0' && !strchr("#;\r", *line) && !begins(line, "//"))
		see_entry(tally, line);
}

static void count(struct tally *tally, const char *text, size_t size)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *end = text + size;
	char line[SEEN_MAX + 1];

	memset(tally, 0, sizeof(*tally));
	if (size >= 3 && memcmp(text, bom, 3) == 0)
		text += 3;
	while (text < end) {
		size_t left = (size_t)(end - text), length;
		const char *newline = memchr(text, '\n', left);

		length = newline ? (size_t)(newline - text) : left;
		left = length;
		if (length > SEEN_MAX)
			length = SEEN_MAX;
		memcpy(line, text, length);
		line[length] = '\0';
		see(tally, line);
		text += left + 1;
	}
}

static bool is_markup(const char *text, size_t size)
{
	while (size > 0 && strchr(" \t\r\n\xef\xbb\xbf", *text)) {
		text++;
		size--;
	}
	return size > 1 && *text == '<' &&
	       (is_letter(text[1]) || strchr("!?/", text[1]));
}

static const char *binary_kind(const char *text, size_t size)
{
	static const struct {
		const char *magic;
		const char *what;
	} kinds[] = {
		{"PK\003\004", "a zip archive"},
		{"\xfd"
		 "7zXZ",
		 "a file packed by xz"},
		{"BZh", "a file packed by bzip2"},
		{"%PDF", "a PDF document"},
		{"\xff\xfe", "text in UTF-16"},
		{"\xfe\xff", "text in UTF-16"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (size >= strlen(kinds[i].magic) &&
		    memcmp(text, kinds[i].magic, strlen(kinds[i].magic)) == 0)
			return kinds[i].what;
	return memchr(text, '\0', size) ? "binary data" : NULL;
}

const char *feed_detect_other(const char *text, size_t size,
			      enum feed_format given)
{
	const char *binary = binary_kind(text, size);
	struct tally tally;

	if (binary)
		return binary;
	if (is_markup(text, size))
		return "an HTML page";
	if (given != FEED_AUTO && given != FEED_PLAIN && given != FEED_DROP)
		return NULL;
	count(&tally, text, size);
	if (given == FEED_AUTO && tally.rbldnsd > 0)
		return NULL;
	if (tally.hosts * 2 > tally.lines)
		return "a hosts file";
	if (tally.systems * 2 > tally.lines)
		return "a list of AS numbers";
	if (tally.names * 2 > tally.lines)
		return "a list of domain names";
	if (given == FEED_AUTO && tally.json * 2 > tally.lines &&
	    tally.json_prefixes == 0)
		return "JSON without any \"cidr\"";
	return NULL;
}

enum feed_format feed_detect(const char *text, size_t size)
{
	struct tally tally;

	count(&tally, text, size);
	if (tally.combined)
		return FEED_COMBINED;
	if (tally.json_prefixes > 0 && tally.json * 2 > tally.lines)
		return FEED_DROP_JSON;
	if (tally.rbldnsd > 0 || tally.half_ipv6 * 2 > tally.lines) {
		if (tally.ipv6 + tally.half_ipv6 <= tally.ipv4)
			return FEED_IP4SET;
		return tally.half_ipv6 > tally.ipv6 ? FEED_IP6TSET
						    : FEED_IP6TRIE;
	}
	if (tally.shortened > 0 && tally.shortened + tally.ipv4 == tally.lines)
		return FEED_IP4SET;
	if (tally.dshield * 2 > tally.lines)
		return FEED_DSHIELD;
	if (tally.drop > 0)
		return FEED_DROP;
	return FEED_PLAIN;
}

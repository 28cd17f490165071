/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sites: what is taken, what is refused and with which words, what matches.
 * Where Postfix is installed its own parser is asked for its opinion too.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "core/site.h"

#define POSTFIX_LIBRARY "/usr/lib/postfix/libpostfix-util.so"

#define LABEL_60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define ZONE_183 LABEL_60 "." LABEL_60 "." LABEL_60 "."

static const struct {
	const char *text;
	const char *zone;
	bool filtered;
	int weight;
} taken[] = {
	{"zen.example", "zen.example", false, 1},
	{"ZEN.Example", "zen.example", false, 1},
	{"x", "x", false, 1},
	{"a_b._c.d-e", "a_b._c.d-e", false, 1},
	{"1.2.x", "1.2.x", false, 1},
	{"z.example*2", "z.example", false, 2},
	{"z.example*+2", "z.example", false, 2},
	{"z.example*-4", "z.example", false, -4},
	{"z.example*0", "z.example", false, 0},
	{"z.example*007", "z.example", false, 7},
	{"z.example*1000000", "z.example", false, 1000000},
	{"z.example*-1000000", "z.example", false, -1000000},
	{"z.example=127.0.0.2", "z.example", true, 1},
	{"z.example=127.0.0.[2..11]*3", "z.example", true, 3},
	{"z.example=[127.0.0.[2..11]]*3", "z.example", true, 3},
	{"list.dnswl.org=127.0.[0..255].[1..3]*-4", "list.dnswl.org", true, -4},
	{ZONE_183 "ffffff", ZONE_183 "ffffff", false, 1},
};

static void valid_sites_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		const char *why = NULL;
		struct site site;

		print_message("%s\n", taken[i].text);
		assert_int_equal(site_parse(taken[i].text, &site, &why), 0);
		assert_string_equal(site.zone, taken[i].zone);
		assert_int_equal(site.filtered, taken[i].filtered);
		assert_int_equal(site.weight, taken[i].weight);
		assert_null(why);
	}
}

static const struct {
	const char *text;
	const char *words; /* part of the reason */
} refused[] = {
	{"", "no zone"},
	{"=127.0.0.2", "no zone"},
	{"*2", "no zone"},
	{"z.example.", "empty label"},
	{".z.example", "empty label"},
	{"z..example", "empty label"},
	{".", "empty label"},
	{"-z.example", "begins or ends"},
	{"z-.example", "begins or ends"},
	{"z.example/24", "character"},
	{"z example", "character"},
	{"z.example\t", "character"},
	{"z\xc3\xa4.example", "character"},
	{"1.2.3", "is a number"},
	{"12", "is a number"},
	{LABEL_60 "gggg.example", "longer than 63"},
	{ZONE_183 "fffffff", "longer than 189"},
	{"z.example*", "weight"},
	{"z.example* 2", "weight"},
	{"z.example*2x", "weight"},
	{"z.example*2 ", "weight"},
	{"z.example*2.5", "weight"},
	{"z.example*--2", "weight"},
	{"z.example*+", "weight"},
	{"z.example*2*3", "weight"},
	{"z.example*2=127.0.0.2", "weight"},
	{"z.example*1000001", "weight"},
	{"z.example*-1000001", "weight"},
	{"z.example*99999999999999999999", "weight"},
	{"z.example=", "lacks a number"},
	{"z.example=*2", "lacks a number"},
	{"z.example=[]", "lacks a number"},
	{"z.example=127.0.0", "fewer than four"},
	{"z.example=127.0.0.", "lacks a number"},
	{"z.example=127..0.2", "lacks a number"},
	{"z.example= 127.0.0.2", "lacks a number"},
	{"z.example=127.0.0.2 ", "follows"},
	{"z.example=127.0.0.2.3", "follows"},
	{"z.example=127.0.0.1..3", "follows"},
	{"z.example=127.0.0.2]", "follows"},
	{"z.example=127.0.0.2=3", "follows"},
	{"z.example=127.0.0.256", "above 255"},
	{"z.example=127.0.0.99999999999999999999", "above 255"},
	{"z.example=127.0.0.[1..256]", "above 255"},
	{"z.example=127.0.0.[3..1]", "ends before"},
	{"z.example=127.0.0.[]", "lacks a number"},
	{"z.example=127.0.0.[1;]", "lacks a number"},
	{"z.example=127.0.0.[;1]", "lacks a number"},
	{"z.example=127.0.0.[1..]", "lacks a number"},
	{"z.example=127.0.0.[..1]", "lacks a number"},
	{"z.example=127.0.0.[[1]]", "lacks a number"},
	{"z.example=127.0.0.[1", "within [...]"},
	{"z.example=127.0.0.[1,2]", "within [...]"},
	{"z.example=127.0.0.[1 ; 2]", "within [...]"},
	{"z.example=127.0.0.[1..2..3]", "within [...]"},
	{"z.example=127.0.0.[1.2]", "within [...]"},
	{"z.example=127.0.0.-2", "lacks a number"},
	{"z.example=a.b.c.d", "lacks a number"},
	{"z.example=[127.0.0.2", "within [...]"},
	{"z.example=[[127.0.0.2]]", "within [...]"},
};

static void faulty_sites_are_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const char *why = NULL;
		struct site site, before;

		memset(&site, 0xa5, sizeof(site));
		memcpy(&before, &site, sizeof(site));
		print_message("\"%s\"\n", refused[i].text);
		assert_int_equal(site_parse(refused[i].text, &site, &why),
				 -EINVAL);
		assert_non_null(why);
		print_message("    %s\n", why);
		assert_non_null(strstr(why, refused[i].words));
		assert_memory_equal(&site, &before, sizeof(site));
	}
}

static const struct {
	const char *site;
	uint8_t answer[4];
	bool matches;
} answers[] = {
	{"z.example", {127, 0, 0, 2}, true},
	{"z.example", {127, 0, 0, 0}, true},
	{"z.example", {127, 1, 2, 3}, true},
	{"z.example", {127, 255, 254, 255}, true},
	{"z.example", {127, 0, 0, 1}, false},
	{"z.example", {127, 255, 255, 0}, false},
	{"z.example", {127, 255, 255, 254}, false},
	{"z.example", {127, 255, 255, 255}, false},
	{"z.example", {126, 0, 0, 2}, false},
	{"z.example", {128, 0, 0, 2}, false},
	{"z.example", {192, 0, 2, 2}, false},
	{"z.example", {0, 0, 0, 0}, false},
	{"z.example=127.0.0.2", {127, 0, 0, 2}, true},
	{"z.example=127.0.0.2", {127, 0, 0, 3}, false},
	{"z.example=127.0.0.1", {127, 0, 0, 1}, true},
	{"z.example=127.0.0.[0..255]", {127, 0, 0, 0}, true},
	{"z.example=127.0.0.[0..255]", {127, 0, 0, 255}, true},
	{"z.example=127.0.0.[63;64;127;128;191;192]", {127, 0, 0, 64}, true},
	{"z.example=127.0.0.[63;64;127;128;191;192]", {127, 0, 0, 65}, false},
	{"z.example=127.0.0.[63;64;127;128;191;192]", {127, 0, 0, 192}, true},
	{"z.example=127.0.0.[2;4..7]", {127, 0, 0, 3}, false},
	{"z.example=127.0.0.[2;4..7]", {127, 0, 0, 4}, true},
	{"z.example=127.0.0.[2;4..7]", {127, 0, 0, 7}, true},
	{"z.example=127.0.0.[2;4..7]", {127, 0, 0, 8}, false},
	{"z.example=127.[1;2].[3;4].5", {127, 2, 4, 5}, true},
	{"z.example=127.[1;2].[3;4].5", {127, 3, 4, 5}, false},
	{"z.example=10.0.0.2", {10, 0, 0, 2}, false},
	{"z.example=[0..255].0.0.2", {10, 0, 0, 2}, false},
	{"z.example=127.255.255.254", {127, 255, 255, 254}, true},
};

static void answers_match_by_filter_and_within_loopback(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const uint8_t *o = answers[i].answer;
		const char *why;
		struct site site;

		print_message("%s %u.%u.%u.%u\n", answers[i].site, o[0], o[1],
			      o[2], o[3]);
		assert_int_equal(site_parse(answers[i].site, &site, &why), 0);
		assert_int_equal(site_matches(&site, o), answers[i].matches);
	}
}

static const struct {
	const char *zone;
	const char *shown;
} zones[] = {
	{"zen.spamhaus.org", "zen.spamhaus.org"},
	{"abcdefghij0123456789.zen.dq.spamhaus.net", "***.zen.dq.spamhaus.net"},
	{"abcdefghij012345678.zen.example", "abcdefghij012345678.zen.example"},
	{"a-long-name-with-dashes-in-it.example",
	 "a-long-name-with-dashes-in-it.example"},
	{"zen.0123456789abcdef0123456789abcdef", "zen.***"},
	{"x.0123456789abcdef0123456789abcdef.y", "x.***.y"},
	{"x", "x"},
	{"", ""},
};

static void secret_labels_are_redacted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		char text[SITE_ZONE_MAX];

		assert_string_equal(site_redact(zones[i].zone, text),
				    zones[i].shown);
	}
}

#define KEY "0123456789abcdefghij"

static const struct {
	const char *text;
	const char *shown;
} texts[] = {
	{"listed, see http://x.example/1", "listed, see http://x.example/1"},
	{"7." KEY ".zen.example is listed", "7.***.zen.example is listed"},
	{KEY, "***"},
	{KEY KEY " twice", "****** twice"},
	{"0123456789ABCDEFGHIJ.zen", "***.zen"},
	{"cut off: 0123456789abc", "cut off: ***"},
	{"cut off: 0123", "cut off: ***"},
	{"or a number: 012", "or a number: 012"},
	{"only part: 0123456789abcdefghi.", "only part: 0123456789abcdefghi."},
	{"01230123456789abcdefghij", "0123***"},
	{"", ""},
};

static void secret_labels_are_redacted_in_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char text[64];

		strcpy(text, texts[i].text);
		site_redact_text(KEY ".zen.example", text);
		assert_string_equal(text, texts[i].shown);
		strcpy(text, texts[i].text);
		site_redact_text("zen.example", text);
		assert_string_equal(text, texts[i].text);
	}
}

/* What this test uses of Postfix: VSTRING, ip_match(3), valid_hostname(3). */
struct postfix {
	void *(*alloc)(ssize_t size);
	void (*free)(void *memory);
	void *(*release)(void *codes);
	char *(*text)(void *codes);
	char *(*parse)(void *codes, char *pattern);
	int (*execute)(const char *codes, const char *octets);
	int (*hostname)(const char *name, int gripe);
};

static bool postfix_open(struct postfix *postfix)
{
	void *library = dlopen(POSTFIX_LIBRARY, RTLD_NOW);
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"vstring_alloc", &postfix->alloc},
		{"myfree", &postfix->free},
		{"vstring_free", &postfix->release},
		{"ip_match_save", &postfix->text},
		{"ip_match_parse", &postfix->parse},
		{"ip_match_execute", &postfix->execute},
		{"valid_hostname", &postfix->hostname},
	};

	if (!library)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return false;
		memcpy(symbols[i].function, &symbol, sizeof(symbol));
	}
	return true;
}

static void compare_matches(const struct postfix *postfix, void *codes,
			    const struct site *site)
{
	char *program = postfix->text(codes);

	for (unsigned int i = 0; i < 256; i++) {
		uint8_t octets[4] = {127, 0, 0, (uint8_t)i};

		if (i % 3 == 1)
			octets[1] = (uint8_t)rand();
		assert_int_equal(
			site_matches(site, octets),
			!!postfix->execute(program, (const char *)octets));
	}
	postfix->free(program);
}

/* Mostly filters that are nearly right. */
static void make_filter(char text[static 64])
{
	static const char *const parts[] = {
		"127", ".0", ".0", ".[1;2]", ".[3..9]",	 ".",	"[",
		"]",   ";",  "..", "2",	     "255",	 "256", "0",
		".2",  "01", " ",  "x",	     ".[0..255]"};
	static const char *const starts[] = {"127.0.0.", "[127.0.", "127.",
					     "127.[0..255].[0;1].", ""};
	size_t count = (size_t)rand() % 5;

	strcpy(text, starts[rand() % 5]);
	for (size_t i = 0; i < count; i++)
		strcat(text, parts[rand() % 19]);
}

static void make_zone(char text[static 64])
{
	static const char letters[] = "aaZz09--__..b.c ";
	size_t count = 1 + (size_t)rand() % 8;

	for (size_t i = 0; i < count; i++)
		text[i] = letters[rand() % 16];
	text[count] = '\0';
}

static void postfix_agrees(void **state)
{
	unsigned int good = 0;
	struct postfix postfix;

	(void)state;
	if (!postfix_open(&postfix)) {
		print_message("no %s, so not compared\n", POSTFIX_LIBRARY);
		skip();
	}
	srand(1);
	for (unsigned int i = 0; i < 200000; i++) {
		void *codes = postfix.alloc(64);
		char filter[64], zone[64], text[160];
		struct site site;
		const char *why;
		bool theirs, ours;

		make_filter(filter);
		make_zone(zone);
		if (rand() % 2)
			strcpy(zone, "z.example");
		snprintf(text, sizeof(text), "%s=%s", zone, filter);
		ours = site_parse(text, &site, &why) == 0;
		theirs = postfix.hostname(zone, 0) &&
			 !postfix.parse(codes, filter);
		if (ours != theirs)
			fail_msg("%s: Postfix %s it", text,
				 theirs ? "takes" : "refuses");
		if (ours) {
			good++;
			compare_matches(&postfix, codes, &site);
		}
		postfix.release(codes);
	}
	print_message("%u of 200000 were valid\n", good);
	assert_in_range(good, 2000, 150000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_sites_are_taken),
		cmocka_unit_test(faulty_sites_are_refused_with_a_reason),
		cmocka_unit_test(answers_match_by_filter_and_within_loopback),
		cmocka_unit_test(secret_labels_are_redacted),
		cmocka_unit_test(secret_labels_are_redacted_in_texts),
		cmocka_unit_test(postfix_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

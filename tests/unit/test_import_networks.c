/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns, sets with exceptions, and cidr tables: against brute force, and
 * against postmap(1) where Postfix is installed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "postfix/cidr.h"
#include "postfix/networks.h"
#include "postfix/text.h"

static const struct {
	const char *text;
	const char *prefix; /* NULL: refused */
} patterns[] = {
	{"192.0.2.0/24", "192.0.2.0/24"},
	{"192.0.2.1", "192.0.2.1"},
	{"[192.0.2.1]", "192.0.2.1"},
	{"[192.0.2.0]/24", "192.0.2.0/24"},
	{"[192.0.2.0/24]", "192.0.2.0/24"},
	{"0.0.0.0/0", "0.0.0.0/0"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"[2001:DB8::]/32", "2001:db8::/32"},
	{"[::1]", "::1"},
	{"::/0", "::/0"},
	{"::ffff:192.0.2.1", "192.0.2.1"},
	{"[::ffff:192.0.2.0]/120", "192.0.2.0/24"},
	{"[::ffff:127.0.0.0]/104", "127.0.0.0/8"},
	{"::ffff:0:0/96", "0.0.0.0/0"},
	{"::ffff:0:0/95", NULL},
	{"::ffff:192.0.2.0/129", NULL},
	{"", NULL},
	{"[]", NULL},
	{"[192.0.2.1", NULL},
	{"192.0.2.1]", NULL},
	{"[192.0.2.1]x", NULL},
	{"[192.0.2.1]/", NULL},
	{"192.0.2.1/", NULL},
	{"192.0.2.0/x", NULL},
	{"192.0.2.0/33", NULL},
	{"192.0.2.1/24", NULL},
	{"192.0.2", NULL},
	{"192.0.2.0/24/24", NULL},
	{"2001:db8::/129", NULL},
	{"mail.example", NULL},
	{"1234567890123456789012345678901234567890123456789012", NULL},
};

static void patterns_are_parsed_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const char *why = NULL;
		char text[PREFIX_TEXT];
		struct prefix prefix;

		print_message("%s\n", patterns[i].text);
		if (!patterns[i].prefix) {
			assert_int_equal(
				networks_parse(patterns[i].text, &prefix, &why),
				-EINVAL);
			assert_non_null(why);
			continue;
		}
		assert_int_equal(
			networks_parse(patterns[i].text, &prefix, &why), 0);
		assert_string_equal(prefix_format(&prefix, text),
				    patterns[i].prefix);
	}
}

static bool has(const struct networks *networks, const struct addr *addr)
{
	for (size_t i = 0; i < networks->count; i++)
		if (prefix_contains(&networks->prefixes[i], addr))
			return true;
	return false;
}

/* One of the prefixes within 10.0.0.0/24 or 2001:db8::/120. */
static struct prefix any_prefix(void)
{
	static const char *const bases[] = {"10.0.0.0", "2001:db8::"};
	struct prefix prefix;
	uint8_t bits;

	assert_int_equal(addr_parse(bases[rand() % 2], &prefix.addr), 0);
	bits = addr_bits(addr_family(&prefix.addr));
	prefix.addr.octets[15] = (uint8_t)rand();
	prefix.length = (uint8_t)(bits - rand() % 9);
	prefix.addr = addr_mask(&prefix.addr, prefix.length);
	return prefix;
}

static struct addr nth_address(unsigned int n)
{
	struct addr addr;

	assert_int_equal(addr_parse(n < 256 ? "10.0.0.0" : "2001:db8::", &addr),
			 0);
	addr.octets[15] = (uint8_t)n;
	return addr;
}

#define ADDRESSES 512

static void what_is_added_is_what_no_exception_covers(void **state)
{
	(void)state;
	srand(1);
	for (unsigned int round = 0; round < 2000; round++) {
		struct networks except = {0}, besides = {0}, set = {0};
		struct prefix prefix = any_prefix();

		for (int i = rand() % 5; i > 0; i--) {
			struct prefix one = any_prefix();
			struct networks *to = rand() % 2 ? &except : &besides;

			assert_int_equal(networks_add(to, &one, NULL, NULL), 0);
		}
		assert_int_equal(networks_add(&set, &prefix, &except, &besides),
				 0);
		for (unsigned int n = 0; n < ADDRESSES; n++) {
			struct addr addr = nth_address(n);
			bool expected = prefix_contains(&prefix, &addr) &&
					!has(&except, &addr) &&
					!has(&besides, &addr);

			assert_int_equal(has(&set, &addr), expected);
		}
		networks_free(&set);
		networks_free(&except);
		networks_free(&besides);
	}
}

static void nothing_is_added_twice_and_the_room_is_bounded(void **state)
{
	struct networks set = {0};
	struct prefix prefix;

	(void)state;
	assert_int_equal(prefix_parse("10.0.0.0/32", &prefix), 0);
	for (unsigned int i = 0; i < 2 * NETWORKS_MAX; i++) {
		prefix.addr.octets[13] = (uint8_t)(i / 2 >> 16);
		prefix.addr.octets[14] = (uint8_t)(i / 2 >> 8);
		prefix.addr.octets[15] = (uint8_t)(i / 2);
		assert_int_equal(networks_add(&set, &prefix, NULL, NULL), 0);
	}
	assert_int_equal(set.count, NETWORKS_MAX);
	assert_int_equal(networks_add(&set, &prefix, NULL, NULL), 0);
	prefix.addr.octets[12] = 11;
	assert_int_equal(networks_add(&set, &prefix, NULL, NULL), -E2BIG);
	assert_int_equal(set.count, NETWORKS_MAX);
	networks_free(&set);
}

/* Thousands of holes in one network: it ends, and soon. */
static void work_is_bounded(void **state)
{
	struct networks except = {0}, set = {0};
	struct prefix prefix;
	int error = 0;

	(void)state;
	for (unsigned int i = 0; i < 8000; i++) {
		assert_int_equal(prefix_parse("2001:db8::1", &prefix), 0);
		prefix.addr.octets[5] = (uint8_t)(i >> 8);
		prefix.addr.octets[6] = (uint8_t)i;
		assert_int_equal(networks_add(&except, &prefix, NULL, NULL), 0);
	}
	assert_int_equal(prefix_parse("2001:db8::/32", &prefix), 0);
	for (unsigned int i = 0; i < 1000 && !error; i++)
		error = networks_add(&set, &prefix, &except, NULL);
	assert_int_equal(error, -E2BIG);
	networks_free(&set);
	networks_free(&except);
}

/* Tables */

struct found {
	struct networks decided;
	struct networks allowed;
	unsigned int skipped;
};

static int on_rule(void *context, const struct postfix_cidr_rule *rule)
{
	struct found *found = context;

	if (strcmp(rule->result, "permit") == 0)
		return networks_add(&found->allowed, &rule->prefix,
				    &found->decided, NULL);
	return networks_add(&found->decided, &rule->prefix, NULL, NULL);
}

static void on_skipped(void *context, unsigned int line, const char *why)
{
	struct found *found = context;

	(void)line;
	(void)why;
	found->skipped++;
}

static void read_table(const char *text, struct found *found)
{
	const struct postfix_cidr_reader reader = {
		.rule = on_rule,
		.skipped = on_skipped,
		.context = found,
	};

	memset(found, 0, sizeof(*found));
	assert_int_equal(postfix_cidr_read(text, strlen(text), &reader), 0);
}

static void found_free(struct found *found)
{
	networks_free(&found->decided);
	networks_free(&found->allowed);
}

static void a_table_that_is_none_is_skipped(void **state)
{
	static const char text[] = "\x7f\x45LF\0\1\2";
	struct found found = {.skipped = 0};
	const struct postfix_cidr_reader reader = {
		.rule = on_rule,
		.skipped = on_skipped,
		.context = &found,
	};

	(void)state;
	assert_int_equal(postfix_cidr_read(text, sizeof(text), &reader), 0);
	assert_int_equal(found.skipped, 1);
}

static void write_rule(FILE *out)
{
	static const char *const results[] = {
		"permit", "permit",    "reject",   "dunno",
		"",	  "permit \t", "\treject", "\n permit"};
	struct prefix prefix = any_prefix();
	char text[ADDR_TEXT];
	bool whole = rand() % 3 == 0, bracket = rand() % 4 == 0;

	if (rand() % 8 == 0)
		fputs("\n# 10.0.0.0/8 permit\n  # x\n", out);
	/* Sometimes with bits behind the length. */
	if (rand() % 8 == 0)
		prefix.addr.octets[15] |= 1;
	fprintf(out, "%s%s", bracket ? "[" : "",
		addr_format(&prefix.addr, text));
	if (bracket && rand() % 2) {
		putc(']', out);
		bracket = false;
	}
	if (!whole)
		fprintf(out, "/%u", prefix.length);
	fprintf(out, "%s %s\n", bracket ? "]" : "", results[rand() % 8]);
}

static char directory[] = "/tmp/postern-cidr-XXXXXX";

static FILE *create(const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	return file;
}

/* An empty configuration, and all addresses as keys. */
static void prepare_postmap(void)
{
	char text[ADDR_TEXT];
	FILE *file;

	assert_non_null(mkdtemp(directory));
	fclose(create("main.cf"));
	file = create("keys");
	for (unsigned int n = 0; n < ADDRESSES; n++) {
		struct addr addr = nth_address(n);

		fprintf(file, "%s\n", addr_format(&addr, text));
	}
	fclose(file);
}

/* Asks for all of them; returns how many have "permit". */
static unsigned int ask_postmap(bool permitted[static ADDRESSES])
{
	char command[160], line[128];
	unsigned int count = 0;
	struct addr addr;
	FILE *answers;

	snprintf(command, sizeof(command),
		 "cd %s && exec postmap -c . -q - cidr:%s/table <keys "
		 "2>/dev/null",
		 directory, directory);
	answers = popen(command, "re");
	assert_non_null(answers);
	while (fgets(line, sizeof(line), answers)) {
		char *result = strchr(line, '\t');

		assert_non_null(result);
		*result++ = '\0';
		assert_int_equal(addr_parse(line, &addr), 0);
		if (strcmp(result, "permit\n") != 0)
			continue;
		permitted[addr.octets[15] +
			  (addr_family(&addr) == FAMILY_IPV4 ? 0 : 256)] = true;
		count++;
	}
	pclose(answers);
	return count;
}

/* Returns how many addresses are permitted. */
static unsigned int compare_with_postmap(const char *text)
{
	bool permitted[ADDRESSES] = {false};
	FILE *file = create("table");
	unsigned int count;
	struct found found;

	fputs(text, file);
	fclose(file);
	count = ask_postmap(permitted);
	read_table(text, &found);
	for (unsigned int n = 0; n < ADDRESSES; n++) {
		struct addr addr = nth_address(n);
		char shown[ADDR_TEXT];

		if (has(&found.allowed, &addr) != permitted[n])
			fail_msg("%s: postmap %s it:\n%s",
				 addr_format(&addr, shown),
				 permitted[n] ? "permits" : "does not permit",
				 text);
	}
	found_free(&found);
	return count;
}

static void postmap_permits_the_same(void **state)
{
	unsigned int count = 0;
	char command[64];

	(void)state;
	if (system("postconf -d mail_version >/dev/null 2>&1") != 0) {
		print_message("no postmap(1), so not compared\n");
		skip();
	}
	prepare_postmap();
	srand(1);
	for (unsigned int round = 0; round < 100; round++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		for (int i = rand() % 10; i >= 0; i--)
			write_rule(out);
		fclose(out);
		count += compare_with_postmap(text);
		free(text);
	}
	print_message("%u of %u are permitted\n", count, 100 * ADDRESSES);
	assert_in_range(count, 10 * ADDRESSES, 90 * ADDRESSES);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

/* Words and files */

static void words_end_at_separators_outside_of_braces(void **state)
{
	char text[] = " a,b\t\n c=d  {e f, {g}}h } i ,";
	static const char *const words[] = {"a",	   "b", "c=d",
					    "{e f, {g}}h", "}", "i"};
	char *rest = text;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(postfix_word(&rest), words[i]);
	assert_null(postfix_word(&rest));
	assert_null(postfix_word(&rest));
}

static void only_regular_files_of_some_size_are_read(void **state)
{
	char path[] = "/tmp/postern-text-XXXXXX";
	int fd = mkstemp(path);
	char *text = NULL;
	size_t size = 7;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\ny", 3), 3);
	assert_int_equal(postfix_text_read(path, &text, &size), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(text, "x\ny", 3);
	free(text);
	text = NULL;
	assert_int_equal(ftruncate(fd, POSTFIX_TEXT_MAX), 0);
	assert_int_equal(postfix_text_read(path, &text, &size), 0);
	assert_int_equal(size, POSTFIX_TEXT_MAX);
	free(text);
	text = NULL;
	assert_int_equal(ftruncate(fd, POSTFIX_TEXT_MAX + 1), 0);
	assert_int_equal(postfix_text_read(path, &text, &size), -EFBIG);
	assert_int_equal(postfix_text_read("/tmp", &text, &size), -EISDIR);
	assert_int_equal(postfix_text_read("/dev/zero", &text, &size),
			 -ENOTSUP);
	assert_int_equal(postfix_text_read("/tmp/none/x", &text, &size),
			 -ENOENT);
	assert_null(text);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_are_parsed_or_refused_with_a_reason),
		cmocka_unit_test(what_is_added_is_what_no_exception_covers),
		cmocka_unit_test(
			nothing_is_added_twice_and_the_room_is_bounded),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(a_table_that_is_none_is_skipped),
		cmocka_unit_test(postmap_permits_the_same),
		cmocka_unit_test(words_end_at_separators_outside_of_braces),
		cmocka_unit_test(only_regular_files_of_some_size_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

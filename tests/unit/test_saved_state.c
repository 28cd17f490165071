/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept over restarts: it comes back as it was written, or, once a
 * single bit of it is another one, not at all.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/addr.h"
#include "worker/fnv.h"
#include "worker/saved_state.h"

#define FINGERPRINT UINT64_C(0x0123456789abcdef)

struct seen {
	uint64_t fingerprint;
	bool wants_verdicts;
	size_t quota_count;
	size_t verdict_count;
	struct saved_quota quota;     /* the last one */
	struct saved_verdict verdict; /* likewise */
};

static bool on_fingerprint(void *context, uint64_t fingerprint)
{
	struct seen *seen = context;

	seen->fingerprint = fingerprint;
	return seen->wants_verdicts;
}

static void on_quota(void *context, const struct saved_quota *quota)
{
	struct seen *seen = context;

	seen->quota_count++;
	seen->quota = *quota;
}

static void on_verdict(void *context, const struct saved_verdict *verdict)
{
	struct seen *seen = context;

	seen->verdict_count++;
	seen->verdict = *verdict;
}

/* Returns NULL, or why it was refused. */
static const char *read_it(const void *data, size_t size, struct seen *seen)
{
	const struct saved_visitor visitor = {
		.fingerprint = on_fingerprint,
		.quota = on_quota,
		.verdict = on_verdict,
		.context = seen,
	};
	/* Its own piece of memory: reading beyond its end shows. */
	void *copy = malloc(size ? size : 1);
	const char *why = NULL;

	if (size)
		memcpy(copy, data, size);
	if (saved_state_read(copy, size, &visitor, &why) == 0)
		assert_null(why);
	else
		assert_non_null(why);
	free(copy);
	return why;
}

static const struct saved_quota a_quota = {
	.zone = "zen.example",
	.started_s = 1763942400,
	.used = 70000,
	.prewarmed = 12,
};

static struct saved_verdict a_verdict(void)
{
	struct saved_verdict verdict = {
		.verdict = VERDICT_LISTED,
		.score = -3,
		.since_s = 1763942401,
		.expires_s = UINT64_C(0xfedcba9876543210),
		.causes = UINT64_C(1) << 63,
	};

	assert_int_equal(addr_parse("2001:db8::25", &verdict.source), 0);
	return verdict;
}

static uint8_t *write_it(size_t quotas, size_t verdicts, size_t *size)
{
	struct saved_verdict verdict = a_verdict();
	struct saved_writer writer;
	char *data = NULL;
	FILE *out = open_memstream(&data, size);

	saved_state_begin(&writer, out, FINGERPRINT);
	for (size_t i = 0; i < quotas; i++)
		saved_state_put_quota(&writer, &a_quota);
	for (size_t i = 0; i < verdicts; i++)
		saved_state_put_verdict(&writer, &verdict);
	assert_int_equal(saved_state_end(&writer), 0);
	fclose(out);
	return (uint8_t *)data;
}

static void what_was_written_comes_back(void **state)
{
	struct seen seen = {.wants_verdicts = true};
	struct saved_verdict verdict = a_verdict();
	size_t size;
	uint8_t *data = write_it(2, 3, &size);

	(void)state;
	assert_null(read_it(data, size, &seen));
	assert_true(seen.fingerprint == FINGERPRINT);
	assert_int_equal(seen.quota_count, 2);
	assert_string_equal(seen.quota.zone, a_quota.zone);
	assert_true(seen.quota.started_s == a_quota.started_s);
	assert_true(seen.quota.used == a_quota.used);
	assert_true(seen.quota.prewarmed == a_quota.prewarmed);
	assert_int_equal(seen.verdict_count, 3);
	assert_true(addr_equal(&seen.verdict.source, &verdict.source));
	assert_int_equal(seen.verdict.verdict, verdict.verdict);
	assert_int_equal(seen.verdict.score, verdict.score);
	assert_true(seen.verdict.since_s == verdict.since_s);
	assert_true(seen.verdict.expires_s == verdict.expires_s);
	assert_true(seen.verdict.causes == verdict.causes);
	free(data);
}

static void verdicts_of_other_sites_are_left_out(void **state)
{
	struct seen seen = {.wants_verdicts = false};
	size_t size;
	uint8_t *data = write_it(1, 5, &size);

	(void)state;
	assert_null(read_it(data, size, &seen));
	assert_int_equal(seen.quota_count, 1);
	assert_int_equal(seen.verdict_count, 0);
	free(data);
}

static void nothing_at_all_is_fine(void **state)
{
	struct seen seen = {.wants_verdicts = true};
	size_t size;
	uint8_t *data = write_it(0, 0, &size);

	(void)state;
	assert_null(read_it(data, size, &seen));
	assert_int_equal(seen.quota_count + seen.verdict_count, 0);
	free(data);
}

/* At every place, and nothing of it is used. */
static void a_file_cut_off_is_refused(void **state)
{
	size_t size;
	uint8_t *data = write_it(2, 2, &size);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		struct seen seen = {.wants_verdicts = true};

		assert_non_null(read_it(data, length, &seen));
		assert_int_equal(seen.quota_count + seen.verdict_count, 0);
	}
	free(data);
}

static void an_altered_file_is_refused(void **state)
{
	size_t size;
	uint8_t *data = write_it(1, 1, &size);

	(void)state;
	for (size_t bit = 0; bit < size * 8; bit++) {
		struct seen seen = {.wants_verdicts = true};

		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_non_null(read_it(data, size, &seen));
		assert_int_equal(seen.quota_count + seen.verdict_count, 0);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(data);
}

static void something_after_the_end_is_refused(void **state)
{
	struct seen seen = {.wants_verdicts = true};
	size_t size;
	uint8_t *data = write_it(1, 1, &size);

	(void)state;
	data = realloc(data, size + 1);
	data[size] = 'E';
	assert_string_equal(read_it(data, size + 1, &seen), "is damaged");
	free(data);
}

static void alien_files_are_told_apart(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		const char *why;
	} cases[] = {
		{"", 0, "is no state of posternd"},
		{"postern\n", 8, "is no state of posternd"},
		{"{\"version\": 1, \"verdicts\": []}", 30,
		 "is no state of posternd"},
		{"postern\n\0\0\0\2\0\0\0\0\0\0\0\0", 20,
		 "is of another version"},
		{"postern\n\0\0\0\1\0\0\0\0\0\0\0\0", 20, "is cut off"},
		{"postern\n\0\0\0\1\0\0\0\0\0\0\0\0X", 21, "is damaged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seen seen = {0};

		assert_string_equal(
			read_it(cases[i].data, cases[i].size, &seen),
			cases[i].why);
	}
}

/* Puts the right seal on octets that are not: `size` without the seal. */
static void seal(uint8_t *data, size_t size, uint32_t count)
{
	uint64_t hash;

	data[size] = 'E';
	for (int i = 0; i < 4; i++)
		data[size + 1 + (size_t)i] = (uint8_t)(count >> (8 * (3 - i)));
	hash = fnv_add(FNV_START, data, size + 5);
	for (int i = 0; i < 8; i++)
		data[size + 5 + (size_t)i] = (uint8_t)(hash >> (8 * (7 - i)));
}

/* Well sealed, but what it says can't be. */
static void impossible_records_are_refused(void **state)
{
	struct seen seen = {.wants_verdicts = true};
	const size_t header = 20, quota = 1 + 1 + 11 + 24;
	size_t size;
	uint8_t *data = write_it(1, 1, &size);

	(void)state;
	/* First that sealing by hand is right at all. */
	seal(data, size - 13, 2);
	assert_null(read_it(data, size, &seen));
	seal(data, size - 13, 3);
	assert_non_null(read_it(data, size, &seen));

	data[header + 2] = ' '; /* within a zone's name */
	seal(data, size - 13, 2);
	assert_non_null(read_it(data, size, &seen));
	data[header + 2] = 'z';

	data[header + quota + 1 + 16] = VERDICT_UNKNOWN;
	seal(data, size - 13, 2);
	assert_non_null(read_it(data, size, &seen));
	data[header + quota + 1 + 16] = 17;
	seal(data, size - 13, 2);
	assert_non_null(read_it(data, size, &seen));
	data[header + quota + 1 + 16] = VERDICT_CLEAN;
	seal(data, size - 13, 2);
	assert_null(read_it(data, size, &seen));
	free(data);
}

static void too_many_zones_are_refused(void **state)
{
	struct seen seen = {0};
	size_t size;
	uint8_t *data = write_it(SAVED_QUOTAS_MAX, 0, &size);

	(void)state;
	assert_null(read_it(data, size, &seen));
	free(data);
	data = write_it(SAVED_QUOTAS_MAX + 1, 0, &size);
	assert_string_equal(read_it(data, size, &seen), "is damaged");
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_comes_back),
		cmocka_unit_test(verdicts_of_other_sites_are_left_out),
		cmocka_unit_test(nothing_at_all_is_fine),
		cmocka_unit_test(a_file_cut_off_is_refused),
		cmocka_unit_test(an_altered_file_is_refused),
		cmocka_unit_test(something_after_the_end_is_refused),
		cmocka_unit_test(alien_files_are_told_apart),
		cmocka_unit_test(impossible_records_are_refused),
		cmocka_unit_test(too_many_zones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of answers: what is kept, what is replaced, what is not there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "worker/answers.h"

#define SITES 3

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

/* The nth source: 10.0.0.0 and on, or 2001:db8::/64 and on. */
static struct addr source(enum family family, uint32_t n)
{
	struct addr addr =
		addr_of(family == FAMILY_IPV4 ? "10.0.0.0" : "2001:db8::");
	size_t at = family == FAMILY_IPV4 ? 13 : 5;

	addr.octets[at] = (uint8_t)(n >> 16);
	addr.octets[at + 1] = (uint8_t)(n >> 8);
	addr.octets[at + 2] = (uint8_t)n;
	return addr;
}

static void put(struct answers *answers, const struct addr *addr,
		uint32_t ttl_s, size_t sites, uint64_t now_ns)
{
	struct dnsbl_site_result results[SITES] = {{0}};
	struct dnsbl_result result = {
		.source = *addr,
		.site_count = sites,
		.sites = results,
	};

	for (size_t i = 0; i < sites; i++)
		results[i] = (struct dnsbl_site_result){
			.settled = true,
			.matched = i == 1,
			.kind = ANSWER_RECORDS,
			.address = {127, 0, 0, (uint8_t)i},
			.ttl_s = ttl_s + (uint32_t)i,
		};
	answers_put(answers, &result, now_ns);
}

static void check(const struct answers *answers, const struct addr *addr,
		  uint32_t ttl_s, uint64_t at_ns)
{
	const struct dnsbl_site_result *results;
	uint64_t when = 0;

	results = answers_get(answers, addr, &when);
	assert_non_null(results);
	assert_true(when == at_ns);
	for (size_t i = 0; i < SITES; i++) {
		assert_true(results[i].settled);
		assert_int_equal(results[i].matched, i == 1);
		assert_int_equal(results[i].kind, ANSWER_RECORDS);
		assert_int_equal(results[i].address[3], i);
		assert_int_equal(results[i].ttl_s, ttl_s + i);
	}
}

static void nothing_is_known_at_first(void **state)
{
	static const char *const texts[] = {"::", "0.0.0.0", "192.0.2.1",
					    "2001:db8::1"};
	struct answers *answers;
	uint64_t when = 42;

	(void)state;
	assert_int_equal(answers_create(SITES, &answers), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct addr addr = addr_of(texts[i]);

		assert_null(answers_get(answers, &addr, &when));
	}
	assert_true(when == 42);
	answers_free(answers);
}

static void what_was_put_is_found_until_it_is_put_anew(void **state)
{
	struct addr one = addr_of("192.0.2.1"), other = addr_of("2001:db8::1");
	struct answers *answers;

	(void)state;
	assert_int_equal(answers_create(SITES, &answers), 0);
	put(answers, &one, 300, SITES, 1000);
	put(answers, &other, 600, SITES, 2000);
	check(answers, &one, 300, 1000);
	check(answers, &other, 600, 2000);
	put(answers, &one, 60, SITES, 3000);
	check(answers, &one, 60, 3000);
	check(answers, &other, 600, 2000);
	answers_free(answers);
}

/* Whatever collides, nobody gets the answers for somebody else. */
static void newer_sources_take_the_place_of_older_ones(void **state)
{
	const uint32_t many = 50000;
	struct answers *answers;
	uint32_t found = 0, late = 0;
	uint64_t when;

	(void)state;
	assert_int_equal(answers_create(SITES, &answers), 0);
	for (uint32_t n = 0; n < many; n++) {
		struct addr addr = source(n % 2, n);

		put(answers, &addr, n, SITES, n + 1);
		check(answers, &addr, n, n + 1);
	}
	for (uint32_t n = 0; n < many; n++) {
		struct addr addr = source(n % 2, n);

		if (!answers_get(answers, &addr, &when))
			continue;
		check(answers, &addr, n, n + 1);
		found++;
		late += n >= many - 1000;
	}
	print_message("%u of %u found, of the last thousand %u\n", found, many,
		      late);
	/* Most slots are in use, and the last ones are nearly all there. */
	assert_in_range(found, 6000, 20000);
	assert_in_range(late, 850, 1000);
	answers_free(answers);
}

static void without_sites_a_source_is_known_by_its_time(void **state)
{
	struct addr addr = addr_of("192.0.2.1");
	struct answers *answers;
	uint64_t when = 0;

	(void)state;
	assert_int_equal(answers_create(0, &answers), 0);
	put(answers, &addr, 0, 0, 7);
	assert_non_null(answers_get(answers, &addr, &when));
	assert_true(when == 7);
	answers_free(answers);
}

static void freeing_nothing_is_nothing(void **state)
{
	(void)state;
	answers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_first),
		cmocka_unit_test(what_was_put_is_found_until_it_is_put_anew),
		cmocka_unit_test(newer_sources_take_the_place_of_older_ones),
		cmocka_unit_test(without_sites_a_source_is_known_by_its_time),
		cmocka_unit_test(freeing_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

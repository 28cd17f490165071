/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is one attempt at the closed gate, and which policy refuses it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/addr.h"
#include "core/attempts.h"

#define S     UINT64_C(1000000000)
#define START (1000 * S)

static void note(struct attempts *attempts, const char *source, bool listed,
		 bool witness, uint64_t now_ns)
{
	struct addr addr;

	assert_int_equal(addr_parse(source, &addr), 0);
	attempts_note(attempts, &addr, listed, witness, now_ns);
}

static void check(const struct attempts *attempts, uint64_t off,
		  uint64_t strict, uint64_t witness)
{
	struct attempts_status status = attempts_status(attempts);

	assert_int_equal(status.off, off);
	assert_int_equal(status.strict, strict);
	assert_int_equal(status.witness, witness);
}

static void each_policy_refuses_its_share(void **state)
{
	struct attempts *attempts = attempts_create(7);

	(void)state;
	assert_non_null(attempts);
	check(attempts, 0, 0, 0);
	note(attempts, "198.51.100.1", false, false, START);
	check(attempts, 0, 1, 1);
	note(attempts, "198.51.100.2", true, false, START);
	check(attempts, 1, 2, 2);
	note(attempts, "2001:db8::1", false, true, START);
	check(attempts, 1, 3, 2);
	note(attempts, "2001:db8::2", true, true, START);
	check(attempts, 2, 4, 3);
	attempts_reset(attempts);
	check(attempts, 0, 0, 0);
	note(attempts, "198.51.100.1", false, false, START);
	check(attempts, 0, 1, 1);
	attempts_free(attempts);
}

static void repeated_syns_are_one_attempt(void **state)
{
	struct attempts *attempts = attempts_create(7);

	(void)state;
	assert_non_null(attempts);
	for (uint64_t after = 0; after < ATTEMPTS_S; after += 10)
		note(attempts, "198.51.100.1", false, false, START + after * S);
	check(attempts, 0, 1, 1);
	note(attempts, "198.51.100.1", false, false, START + ATTEMPTS_S * S);
	check(attempts, 0, 2, 2);
	attempts_free(attempts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_refuses_its_share),
		cmocka_unit_test(repeated_syns_are_one_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

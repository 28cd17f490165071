/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts of `posternctl status` and `explain`: what the daemon says (with '
 * for ") and what people read then, to the letter and within 80 columns.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "ctl_texts.h"
#include "shown.h"

#include "ctl/explain.h"
#include "ctl/status.h"

#define NOW 1763950000 /* 2025-11-24 02:06 UTC */

static void status_reads_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		json_t *status = quoted_json(statuses[i].json);
		struct print print = {0};
		size_t length;
		char *text;

		print.out = open_memstream(&text, &length);
		status_show(&print, status, NOW);
		fclose(print.out);
		assert_string_equal(text, statuses[i].text);
		assert_narrow(text);
		free(text);
		json_decref(status);
	}
}

static void explanations_read_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(explained) / sizeof(explained[0]); i++) {
		json_t *object = quoted_json(explained[i].json);
		struct print print = {0};
		size_t length;
		char *text;

		print.out = open_memstream(&text, &length);
		explain_show(&print, object);
		fclose(print.out);
		assert_string_equal(text, explained[i].text);
		assert_narrow(text);
		free(text);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_reads_as_expected),
		cmocka_unit_test(explanations_read_as_expected),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

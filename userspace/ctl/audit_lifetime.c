/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maximal_queue_lifetime of postconf(5). */

#include "ctl/audit_lifetime.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME	"maximal_queue_lifetime"
#define DEFAULT "5d"
#define LIMIT_S 1000000000 /* 31 years: more than anybody means */

/* Days where no unit is given. */
static uint64_t unit_s(const char *text)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{"", 86400}, {"s", 1},	   {"m", 60},
		{"h", 3600}, {"d", 86400}, {"w", 604800},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, text) == 0)
			return units[i].seconds;
	return 0;
}

static bool parse_time(const char *text, uint64_t *out)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	if (unit_s(end) == 0 || number > LIMIT_S / unit_s(end))
		return false;
	*out = number * unit_s(end);
	return true;
}

int audit_lifetime(struct main_cf *main_cf, uint64_t *out,
		   char error[static MAIN_CF_ERROR])
{
	char *text = NULL;
	int result;

	result = main_cf_get(main_cf, NAME, NULL, NULL, &text, error);
	if (result == -ENOMEM)
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
	if (!result && !parse_time(text ? text : DEFAULT, out)) {
		snprintf(error, MAIN_CF_ERROR,
			 "%.200s:%u: " NAME
			 " is \"%.40s\", expected a time such as 5d",
			 main_cf_path(main_cf), main_cf_line(main_cf, NAME),
			 text);
		result = -EINVAL;
	}
	free(text);
	return result;
}

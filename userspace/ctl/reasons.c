/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of reasons in words. */

#include "ctl/reasons.h"

#include <stdint.h>
#include <stdio.h>

#include "ctl/print.h"

const char *reasons_text(const json_t *object, char *text, size_t size)
{
	json_t *reasons = json_object_get(object, "reasons");
	char count[PRINT_QUANTITY];
	const char *name;
	json_t *value;
	size_t used = 0;

	text[0] = '\0';
	json_object_foreach(reasons, name, value)
	{
		uint64_t attempts = (uint64_t)json_integer_value(value);
		int n = snprintf(text + used, size - used, "%s%s %s",
				 used ? ", " : "", name,
				 print_count(attempts, count));

		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unix times as text. */

#include "ctl/when.h"

#include <stdio.h>
#include <time.h>

#include "ctl/fields.h"

const char *when_text(const json_t *object, const char *key,
		      char text[static WHEN_TEXT])
{
	double unix_s = 0;
	struct tm parts;
	time_t when;

	snprintf(text, WHEN_TEXT, "%19s", "?");
	if (!field_number(object, key, &unix_s))
		return text;
	when = (time_t)unix_s;
	if (gmtime_r(&when, &parts))
		strftime(text, WHEN_TEXT, "%F %T", &parts);
	return text;
}

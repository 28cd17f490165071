/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values out of JSON objects. */

#include "ctl/fields.h"

#include <string.h>

const char *field_text(const json_t *object, const char *key,
		       const char *unknown)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : unknown;
}

bool field_is(const json_t *object, const char *key, const char *text)
{
	return strcmp(field_text(object, key, ""), text) == 0;
}

bool field_number(const json_t *object, const char *key, double *out)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_number(value))
		return false;
	*out = json_number_value(value);
	return true;
}

uint64_t field_count(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count < 0 ? 0 : (uint64_t)count;
}

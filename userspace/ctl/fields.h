/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what a daemon of another version may have written: a missing key, a
 * null and a value of another type are all "not known".  Objects may be NULL.
 */
#ifndef POSTERN_CTL_FIELDS_H
#define POSTERN_CTL_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A string, or `unknown`; valid as long as the object. */
const char *field_text(const json_t *object, const char *key,
		       const char *unknown);

bool field_is(const json_t *object, const char *key, const char *text);

/* Whether there is a number; it goes to *out, which is untouched otherwise. */
bool field_number(const json_t *object, const char *key, double *out);

/* A count, or 0. */
uint64_t field_count(const json_t *object, const char *key);

#endif

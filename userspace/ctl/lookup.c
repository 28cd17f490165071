/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What DNSBLs say of an address, asked afresh. */

#include "ctl/lookup.h"

#include "ctl/explain.h"
#include "ctl/fields.h"

static const char *words_of(const json_t *found)
{
	if (field_is(found, "verdict", "listed"))
		return "is listed";
	if (field_is(found, "verdict", "clean"))
		return "is not listed";
	return "could be listed or not: a zone that matters does not answer";
}

static enum tone tone_of(const json_t *found)
{
	if (field_is(found, "verdict", "listed"))
		return TONE_BAD;
	return field_is(found, "verdict", "clean") ? TONE_GOOD : TONE_WARN;
}

void lookup_show(const struct print *print, const json_t *found)
{
	const json_t *sites = json_object_get(found, "sites");
	double score = 0, threshold = 0;

	field_number(found, "score", &score);
	field_number(found, "threshold", &threshold);
	print_paragraph(print, tone_of(found), "",
			"%s %s (score %.0f, threshold %.0f).",
			field_text(found, "address", "?"), words_of(found),
			score, threshold);
	explain_show_sites(print, sites);
	explain_show_texts(print, sites);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a SYN meets and why, in a sentence or three. */

#include "ctl/explain.h"

#include <stdarg.h>
#include <string.h>

#include <jansson.h>

#include "core/reason.h"
#include "ctl/fields.h"
#include "ctl/table.h"

#define STORY_MAX 1536

struct story {
	size_t used;
	char text[STORY_MAX];
};

static void tell(struct story *story, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What doesn't fit is left out. */
static void tell(struct story *story, const char *format, ...)
{
	size_t room = sizeof(story->text) - story->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(story->text + story->used, room, format, args);
	va_end(args);
	if (length > 0)
		story->used +=
			(size_t)length < room ? (size_t)length : room - 1;
}

/* Whether enforcing stops a SYN for this reason. */
static bool is_stopped(enum reason reason)
{
	return reason != REASON_MAX &&
	       (reason_outcome(reason) == OUTCOME_HELD ||
		reason_outcome(reason) == OUTCOME_REFUSED);
}

static void tell_outcome(struct story *story, const json_t *explained,
			 enum reason reason)
{
	const char *words = reason == REASON_MAX
				    ? field_text(explained, "reason", "?")
				    : reason_words(reason);
	const char *now = " now";

	tell(story, "A SYN from %s ", field_text(explained, "address", "?"));
	if (!field_is(explained, "action", "pass")) {
		tell(story, "is ");
	} else if (is_stopped(reason) &&
		   field_is(explained, "mode", "monitor")) {
		tell(story,
		     "passes now, because nothing is refused in monitor mode. "
		     "Enforced, it would be ");
		now = "";
	} else if (is_stopped(reason)) {
		tell(story,
		     "passes now, because `monitor` in the configuration has "
		     "this only watched. Enforced, it would be ");
		now = "";
	} else {
		tell(story, "passes now: %s", words);
		return;
	}
	if (reason == REASON_HELD)
		tell(story, "held%s, until DNSBLs have been asked about it",
		     now);
	else if (field_is(explained, "action", "reset"))
		tell(story, "answered with a reset%s: %s", now, words);
	else if (field_is(explained, "action", "defer"))
		tell(story, "left to the doorman%s: %s", now, words);
	else
		tell(story, "dropped%s: %s", now, words);
}

static void tell_list(struct story *story, const json_t *explained)
{
	const char *list = field_text(explained, "list", NULL);
	const char *prefix = field_text(explained, "prefix", NULL);
	char text[PRINT_QUANTITY];
	double age;

	if (!list && !prefix)
		return;
	tell(story, " (%s", list ? list : prefix);
	if (list && prefix)
		tell(story, ": %s", prefix);
	if (field_number(explained, "list_age_s", &age))
		tell(story, ", %s old", print_duration(age, text));
	tell(story, ")");
}

/* " (score 3, threshold 1)" */
static void tell_score(struct story *story, const json_t *explained)
{
	double threshold;
	double score;

	if (!field_number(explained, "score", &score))
		return;
	tell(story, " (score %.0f", score);
	if (field_number(explained, "threshold", &threshold))
		tell(story, ", threshold %.0f", threshold);
	tell(story, ")");
}

static void tell_expiry(struct story *story, const json_t *explained)
{
	char text[PRINT_QUANTITY];
	double expires;

	if (field_number(explained, "expires_s", &expires))
		tell(story, ", valid for %s", print_duration(expires, text));
}

/* The address that counts for the score, or NULL. */
static const char *counted_answer(const json_t *site)
{
	if (json_is_false(json_object_get(site, "matched")))
		return NULL;
	return field_text(site, "answer", NULL);
}

/* Told in the sentence, where there is just one and it counts. */
static bool tell_site(struct story *story, const json_t *explained)
{
	const json_t *sites = json_object_get(explained, "sites");
	const json_t *site = json_array_get(sites, 0);
	const char *answer = counted_answer(site);
	double weight;

	if (json_array_size(sites) != 1 || !answer)
		return false;
	tell(story, ": %s %s", field_text(site, "zone", "?"), answer);
	if (field_number(site, "weight", &weight))
		tell(story, " weight %.0f", weight);
	return true;
}

/* Returns whether the sites have been told with it. */
static bool tell_verdict(struct story *story, const json_t *explained)
{
	bool told;

	tell_score(story, explained);
	told = tell_site(story, explained);
	tell_expiry(story, explained);
	tell(story, ".");
	return told;
}

/* A refusal for another reason hides what blocklists say: it's told apart. */
static bool tell_apart(struct story *story, const json_t *explained)
{
	if (field_is(explained, "verdict", "unknown")) {
		tell(story, " DNSBLs have not been asked about it.");
		return false;
	}
	if (field_is(explained, "verdict", "listed"))
		tell(story, " Blocklists name it, too");
	else if (field_is(explained, "verdict", "clean"))
		tell(story, " No blocklist names it");
	else
		return false;
	return tell_verdict(story, explained);
}

static void tell_hold(struct story *story)
{
	tell(story,
	     " The first SYN starts a lookup. Its sender repeats it within a "
	     "second or so, and is let in then unless blocklists name it, or "
	     "at the latest when hold-limit is over.");
}

static void tell_gate(struct story *story, const json_t *explained)
{
	const char *address = field_text(explained, "address", "");
	const char *gate = field_text(explained, "gate", NULL);

	if (gate)
		tell(story, " The gate is %s for %s.", gate,
		     strchr(address, ':') ? "IPv6" : "IPv4");
}

static void add_weight(struct table *table, const json_t *site, bool counts)
{
	double weight;

	if (counts && field_number(site, "weight", &weight))
		table_add(table, TONE_PLAIN, "weight %.0f", weight);
	else
		table_add(table, TONE_PLAIN, "%s", "");
}

/* How long it is valid, or why there is no answer. */
static void add_validity(struct table *table, const json_t *site)
{
	const char *why = field_text(site, "why", NULL);
	char text[PRINT_QUANTITY];
	double ttl;

	if (why)
		table_add(table, TONE_WARN, "%s", why);
	else if (field_number(site, "ttl_s", &ttl))
		table_add(table, TONE_PLAIN, "valid for %s",
			  print_duration(ttl, text));
	else
		table_add(table, TONE_PLAIN, "%s", "");
}

void explain_show_sites(const struct print *print, const json_t *sites)
{
	struct table table = table_of("llll");
	const json_t *site;
	const char *answer;
	size_t i;

	json_array_foreach(sites, i, site)
	{
		answer = field_text(site, "answer", NULL);
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(site, "zone", "?"));
		if (answer)
			table_add(&table, TONE_PLAIN, "%s%s", answer,
				  counted_answer(site) ? "" : " (not counted)");
		else
			table_add(&table, TONE_PLAIN, "%s",
				  field_text(site, "why", NULL) ? "no answer"
								: "no listing");
		add_weight(&table, site, counted_answer(site) != NULL);
		add_validity(&table, site);
	}
	table_finish(&table, print);
}

/* Sites of the same zone have the same. */
static bool is_said_before(const json_t *sites, size_t index, const char *text)
{
	const json_t *site = json_array_get(sites, index);
	const char *zone = field_text(site, "zone", "?");

	for (size_t i = 0; i < index; i++) {
		const json_t *before = json_array_get(sites, i);

		if (field_is(before, "zone", zone) &&
		    field_is(before, "text", text))
			return true;
	}
	return false;
}

void explain_show_texts(const struct print *print, const json_t *sites)
{
	const json_t *site;
	size_t i;

	json_array_foreach(sites, i, site)
	{
		const char *text = field_text(site, "text", NULL);

		if (text && !is_said_before(sites, i, text))
			print_paragraph(print, TONE_PLAIN, "  ", "%s says: %s",
					field_text(site, "zone", "?"), text);
	}
}

void explain_show(const struct print *print, const json_t *explained)
{
	const json_t *sites = json_object_get(explained, "sites");
	enum reason reason;
	struct story story = {0};
	bool told = false;

	reason = reason_by_name(field_text(explained, "reason", ""));
	tell_outcome(&story, explained, reason);
	if (reason == REASON_LISTED || reason == REASON_CLEAN) {
		told = tell_verdict(&story, explained);
	} else {
		tell_list(&story, explained);
		tell(&story, ".");
		if (reason == REASON_HELD)
			tell_hold(&story);
		else
			told = tell_apart(&story, explained);
	}
	if (reason != REASON_BYPASS)
		tell_gate(&story, explained);
	print_paragraph(print, TONE_PLAIN, "", "%s", story.text);
	if (!told)
		explain_show_sites(print, sites);
	explain_show_texts(print, sites);
}

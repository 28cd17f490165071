/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rbldnsd's files: lines, special entries, and files of several data sets. */

#include "sources/feed_rbldnsd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "sources/feed_scan.h"

static const struct {
	const char *name;
	feed_dataset *dataset; /* NULL: not of addresses */
} datasets[] = {
	{"ip4set", feed_ip4set},   {"ip4trie", feed_ip4trie},
	{"ip4tset", feed_ip4tset}, {"ip6trie", feed_ip6trie},
	{"ip6tset", feed_ip6tset}, {"dnset", NULL},
	{"generic", NULL},
};

int feed_rbldnsd_create(struct feed_reading *reading)
{
	struct feed_rbldnsd *rbldnsd = calloc(1, sizeof(*rbldnsd));

	if (!rbldnsd)
		return -ENOMEM;
	if (ranges_input_create(&rbldnsd->others) != 0) {
		free(rbldnsd);
		return -ENOMEM;
	}
	reading->rbldnsd = rbldnsd;
	return 0;
}

void feed_rbldnsd_free(struct feed_rbldnsd *rbldnsd)
{
	if (!rbldnsd)
		return;
	feed_exclusions_clear(&rbldnsd->exclusions);
	ranges_input_free(rbldnsd->others);
	free(rbldnsd);
}

/* The rest of the line behind a word, if the line begins with it. */
static const char *after_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncasecmp(line, word, length) != 0 ||
	    !feed_is_blank(line[length]))
		return NULL;
	return feed_skip_blanks(line + length);
}

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

/* rbldnsd lets the limit only shrink. */
static int set_range_max(struct feed_reading *reading, const char *at)
{
	struct feed_rbldnsd *rbldnsd = reading->rbldnsd;
	bool length = *at == '/';
	unsigned int number;

	at += length;
	if (!feed_scan_number(&at, length ? 32 : UINT32_MAX / 16, &number) ||
	    number == 0 || *at != '\0')
		return reject(reading, "no size after $MAXRANGE4");
	if (length)
		number = (uint32_t)(UINT64_C(1) << (32 - number));
	if (rbldnsd->range_max == 0 || number < rbldnsd->range_max)
		rbldnsd->range_max = number;
	return 0;
}

static int set_timestamp(struct feed_reading *reading, const char *at)
{
	struct feed_report *report = reading->report;
	int64_t stamp, expires;
	int64_t now = time(NULL);

	if (!feed_scan_timestamp(at, &stamp, &expires))
		return reject(reading, "no date after $TIMESTAMP");
	if (stamp > now)
		return feed_refuse(report, "it says that it is from the "
					   "future ($TIMESTAMP)");
	if (expires && expires <= now)
		return feed_refuse(report, "it says that it is out of date "
					   "($TIMESTAMP)");
	if (expires &&
	    (report->expires_unix == 0 || expires < report->expires_unix))
		report->expires_unix = expires;
	return 0;
}

/* What a data set of a combined file had is kept with others of its kind. */
static int end_dataset(struct feed_reading *reading)
{
	struct feed_rbldnsd *rbldnsd = reading->rbldnsd;
	struct ranges_input *base = reading->all;
	uint64_t *entries = reading->report->entries;
	int error;

	feed_exclusions_clear(&rbldnsd->exclusions);
	if (!rbldnsd->base) {
		reading->all = rbldnsd->others;
		for (enum family f = 0; f < FAMILY_MAX; f++) {
			rbldnsd->entries_others[f] +=
				entries[f] - rbldnsd->entries_before[f];
			entries[f] = rbldnsd->entries_before[f];
		}
	}
	error = feed_resolve(reading);
	reading->all = base;
	memcpy(rbldnsd->entries_before, entries,
	       sizeof(rbldnsd->entries_before));
	return error;
}

/* "TYPE[:NAME] SUBZONE...", "@" being the zone itself. */
static int begin_dataset(struct feed_reading *reading, const char *at)
{
	struct feed_rbldnsd *rbldnsd = reading->rbldnsd;
	size_t length = strcspn(at, " \t:");
	int error = end_dataset(reading);
	size_t i = 0;

	if (error)
		return error;
	while (i < sizeof(datasets) / sizeof(datasets[0]) &&
	       (strlen(datasets[i].name) != length ||
		strncmp(datasets[i].name, at, length) != 0))
		i++;
	if (i == sizeof(datasets) / sizeof(datasets[0]))
		return feed_refuse(reading->report,
				   "line %" PRIu64 " begins a data set of a "
				   "kind that is not known",
				   reading->line_number);
	rbldnsd->dataset = datasets[i].dataset;
	rbldnsd->dataset_known = true;
	rbldnsd->base = false;
	rbldnsd->ignored = true;
	at += strcspn(at, " \t");
	for (;;) {
		at = feed_skip_blanks(at);
		if (*at == '\0' || *at == '#' || *at == ';')
			break;
		length = strcspn(at, " \t");
		rbldnsd->ignored = false;
		rbldnsd->base |= length == 1 && *at == '@';
		at += length;
	}
	rbldnsd->any_base |= rbldnsd->base && rbldnsd->dataset;
	if (!rbldnsd->dataset)
		return feed_problem(reading, FEED_NOTED,
				    "a data set without addresses is skipped");
	if (rbldnsd->ignored)
		return reject(reading, "a data set for no zone: its entries "
				       "don't count");
	return 0;
}

/* Entries that begin with `$`; `combined` may begin data sets. */
static int take_special(struct feed_reading *reading, const char *at,
			bool combined, bool comment)
{
	static const char *const others[] = {"soa", "ns", "nameserver", "ttl"};
	const char *rest;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (after_word(at, others[i]))
			return 0;
	/* Texts to substitute. */
	if ((feed_is_digit(*at) || *at == '=') && feed_is_blank(at[1]))
		return 0;
	if ((rest = after_word(at, "maxrange4")))
		return set_range_max(reading, rest);
	if ((rest = after_word(at, "timestamp")))
		return set_timestamp(reading, rest);
	if (combined && (rest = after_word(at, "dataset")))
		return begin_dataset(reading, rest);
	return comment ? 0 : reject(reading, "an unknown special entry");
}

static int take(struct feed_reading *reading, char *line, size_t length,
		feed_dataset *dataset, bool combined)
{
	bool comment;

	/* CR is no blank here. */
	while (length > 0 && feed_is_blank(line[length - 1]))
		length--;
	line[length] = '\0';
	while (feed_is_blank(*line))
		line++;
	comment = *line == '#' || *line == ';';
	if (*line == '$')
		return take_special(reading, line + 1, combined, false);
	if ((comment || *line == ':') && line[1] == '$')
		return take_special(reading, line + 2, combined, comment);
	if (comment || *line == '\0')
		return 0;
	if (!combined)
		return dataset(reading, line);
	if (!reading->rbldnsd->dataset_known)
		return feed_refuse(reading->report,
				   "line %" PRIu64 " comes before any "
				   "$DATASET: rbldnsd would not load it",
				   reading->line_number);
	if (!reading->rbldnsd->dataset || reading->rbldnsd->ignored)
		return 0;
	return reading->rbldnsd->dataset(reading, line);
}

/*
 * A query for the zone itself is answered from the data sets that name it.
 * Where none does, the subzones are all that the file is for.
 */
static int end_combined(struct feed_reading *reading)
{
	struct feed_rbldnsd *rbldnsd = reading->rbldnsd;
	struct ranges_input *base = reading->all;
	int error = end_dataset(reading);

	if (error)
		return error;
	if (rbldnsd->any_base) {
		if (rbldnsd->entries_others[FAMILY_IPV4] +
			    rbldnsd->entries_others[FAMILY_IPV6] >
		    0)
			feed_problem(reading, FEED_NOTED,
				     "entries for subzones alone don't count, "
				     "because others are for the zone itself");
		return 0;
	}
	reading->all = rbldnsd->others;
	rbldnsd->others = base;
	memcpy(reading->report->entries, rbldnsd->entries_others,
	       sizeof(rbldnsd->entries_others));
	return 0;
}

#define PARSER(name)                                                           \
	static int take_##name(struct feed_reading *reading, char *line,       \
			       size_t length)                                  \
	{                                                                      \
		return take(reading, line, length, feed_##name, false);        \
	}                                                                      \
	const struct feed_parser feed_rbldnsd_##name = {.line = take_##name}

PARSER(ip4set);
PARSER(ip4trie);
PARSER(ip4tset);
PARSER(ip6trie);
PARSER(ip6tset);

static int take_combined(struct feed_reading *reading, char *line,
			 size_t length)
{
	return take(reading, line, length, NULL, true);
}

const struct feed_parser feed_rbldnsd_combined = {
	.line = take_combined,
	.end = end_combined,
};

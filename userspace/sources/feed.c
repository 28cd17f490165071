/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a feed: stream, format, lines, and whether the whole is sound. */

#include "sources/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sources/feed_detect.h"
#include "sources/feed_entry.h"
#include "sources/feed_rbldnsd.h"

#define NAME(NAME_, name) [FEED_##NAME_] = name,
static const char *const names[FEED_FORMATS] = {FEED_FORMAT_TABLE(NAME)};

static const struct feed_parser *const parsers[FEED_FORMATS] = {
	[FEED_AUTO] = &feed_plain, /* before one has looked */
	[FEED_PLAIN] = &feed_plain,
	[FEED_DROP] = &feed_drop,
	[FEED_DROP_JSON] = &feed_json,
	[FEED_DSHIELD] = &feed_dshield,
	[FEED_IP4SET] = &feed_rbldnsd_ip4set,
	[FEED_IP4TRIE] = &feed_rbldnsd_ip4trie,
	[FEED_IP4TSET] = &feed_rbldnsd_ip4tset,
	[FEED_IP6TRIE] = &feed_rbldnsd_ip6trie,
	[FEED_IP6TSET] = &feed_rbldnsd_ip6tset,
	[FEED_COMBINED] = &feed_rbldnsd_combined,
};

const char *feed_format_name(enum feed_format format)
{
	return names[format];
}

enum feed_format feed_format_find(const char *name)
{
	enum feed_format format = 0;

	while (format < FEED_FORMATS && strcmp(names[format], name) != 0)
		format++;
	return format;
}

static bool is_rbldnsd(enum feed_format format)
{
	return format >= FEED_IP4SET;
}

/* No string functions: no NUL stands at its end. */
static bool is_blank(const char *text, size_t size)
{
	static const char blanks[] = {' ', '\t', '\r', '\n'};

	while (size > 0 && memchr(blanks, *text, sizeof(blanks))) {
		text++;
		size--;
	}
	return size == 0;
}

/* Chooses the parser; or says in the report why there is none. */
static int choose(struct feed_stream *stream, struct feed_reading *reading,
		  const struct feed_parser **out)
{
	enum feed_format given = reading->options->format;
	const char *text, *other;
	size_t size;
	int error;

	error = feed_stream_peek(stream, &text, &size);
	if (error)
		return error;
	if (is_blank(text, size)) {
		feed_refuse(reading->report, "it is empty");
		return -EBADMSG;
	}
	other = feed_detect_other(text, size, given);
	if (other) {
		feed_refuse(reading->report,
			    "it is %s, and no list of addresses", other);
		return -EBADMSG;
	}
	reading->report->format =
		given == FEED_AUTO ? feed_detect(text, size) : given;
	*out = parsers[reading->report->format];
	return 0;
}

static int take_line(struct feed_reading *reading,
		     const struct feed_parser *parser, struct feed_line *line)
{
	static const char bom[] = "\xef\xbb\xbf";
	bool rbldnsd = is_rbldnsd(reading->report->format);

	reading->line_number++;
	if (reading->line_number == 1 && !rbldnsd && line->length >= 3 &&
	    memcmp(line->text, bom, 3) == 0) {
		line->text += 3;
		line->length -= 3;
	}
	reading->line = line->text;
	reading->line_length = line->length;
	reading->line_cut = line->cut;
	/* To rbldnsd a NUL ends the line. */
	if (!rbldnsd && memchr(line->text, '\0', line->length))
		return feed_problem(reading, FEED_REJECTED, "binary data");
	return parser->line(reading, line->text, line->length);
}

static int read_lines(struct feed_stream *stream, struct feed_reading *reading)
{
	const struct feed_parser *parser = NULL;
	struct feed_line line;
	int result;

	result = choose(stream, reading, &parser);
	if (result)
		return result;
	while ((result = feed_stream_line(stream, &line)) > 0) {
		result = take_line(reading, parser, &line);
		if (result)
			return result;
	}
	if (result == 0 && parser->end)
		result = parser->end(reading);
	return result ? result : feed_resolve(reading);
}

/* Whether what was read may be used. */
static void judge(const struct feed_reading *reading)
{
	struct feed_report *report = reading->report;
	uint64_t rejected = report->count[FEED_REJECTED];
	uint64_t good = report->entries[FAMILY_IPV4] +
			report->entries[FAMILY_IPV6] +
			report->count[FEED_LEFT_OUT];

	if (rejected * 100 > (rejected + good) * reading->options->rejected_max)
		feed_refuse(report,
			    "%" PRIu64 " of %" PRIu64 " entries are no "
			    "addresses, more than %u %%",
			    rejected, rejected + good,
			    reading->options->rejected_max);
	else if (good == 0)
		feed_refuse(report, "it has no entries");
	else if (good == report->count[FEED_LEFT_OUT])
		feed_refuse(report, "all its entries had to be left out");
}

static int read_all(int fd, struct feed_reading *reading,
		    struct ranges_set **out)
{
	struct feed_stream *stream = NULL;
	int error;

	error = feed_stream_open(fd, &stream);
	if (!error)
		error = ranges_input_create(&reading->layers);
	if (!error)
		error = ranges_input_create(&reading->all);
	if (!error)
		error = feed_rbldnsd_create(reading);
	if (!error)
		error = read_lines(stream, reading);
	feed_stream_close(stream);
	if (!error)
		error = ranges_set_create(reading->all, out);
	feed_rbldnsd_free(reading->rbldnsd);
	ranges_input_free(reading->layers);
	ranges_input_free(reading->all);
	return error;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void explain(struct feed_report *report, int error)
{
	if (report->refused[0] != '\0')
		return;
	switch (error) {
	case -EBADMSG:
		feed_refuse(report, "it can't be unpacked: damaged, or not "
				    "complete");
		break;
	case -EFBIG:
		feed_refuse(report, "it is larger than %" PRIu64 " MiB",
			    FEED_TEXT_MAX >> 20);
		break;
	default:
		feed_refuse(report, "%s", strerror(-error));
	}
}

int feed_read(int fd, const struct feed_options *options,
	      struct feed_report *report, struct ranges_set **out)
{
	struct feed_reading reading = {.options = options, .report = report};
	struct stat before, after;
	struct ranges_set *set = NULL;
	int error = 0;

	memset(report, 0, sizeof(*report));
	report->format = options->format;
	if (fstat(fd, &before) != 0)
		error = -errno;
	else if (S_ISDIR(before.st_mode))
		error = -EISDIR;
	if (!error)
		error = read_all(fd, &reading, &set);
	if (error) {
		explain(report, error);
		return error;
	}
	judge(&reading);
	if (report->refused[0] == '\0' &&
	    (fstat(fd, &after) != 0 || !is_same(&before, &after)))
		feed_refuse(report, "it changed while it was read: write a "
				    "temporary file and rename it");
	*out = set;
	return 0;
}

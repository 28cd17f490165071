/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, and their JSON. */

#include "bench_report.h"

#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct bench_case bench_case_of(const struct bench_list *list, int hits)
{
	return (struct bench_case){
		.family = list->family,
		.shape = list->shape,
		.entries = list->count,
		.hits = hits,
	};
}

static struct bench_row *add(struct bench_report *report, const char *what,
			     const struct bench_case *of)
{
	struct bench_row *row;

	if (report->count == report->room) {
		size_t room = report->room ? report->room * 2 : 64;
		void *grown = reallocarray(report->rows, room, sizeof(*row));

		if (!grown)
			err(EXIT_FAILURE, "out of memory");
		report->rows = grown;
		report->room = room;
	}
	row = &report->rows[report->count++];
	*row = (struct bench_row){
		.of = *of,
		.time = {-1, -1},
		.own = -1,
		.mpps = -1,
		.ms = -1,
		.mib = -1,
	};
	snprintf(row->what, sizeof(row->what), "%s", what);
	return row;
}

void bench_report_time(struct bench_report *report, const char *what,
		       const struct bench_case *of,
		       const struct bench_time *time,
		       const struct bench_time *nothing)
{
	struct bench_row *row = add(report, what, of);

	row->time = *time;
	row->own = time->min > nothing->min ? time->min - nothing->min : 0;
}

void bench_report_live(struct bench_report *report, const char *what,
		       const struct bench_case *of,
		       const struct bench_time *time,
		       const struct bench_time *nothing)
{
	bench_report_time(report, what, of, time, nothing);
	report->rows[report->count - 1].mpps = 1000 / time->min;
}

void bench_report_ms(struct bench_report *report, const char *what,
		     const struct bench_case *of, double ms)
{
	add(report, what, of)->ms = ms;
}

void bench_report_mib(struct bench_report *report, const char *what,
		      const struct bench_case *of, double mib)
{
	add(report, what, of)->mib = mib;
}

void bench_report_skip(struct bench_report *report, const char *what,
		       const struct bench_case *of, const char *why)
{
	struct bench_row *row = add(report, what, of);

	snprintf(row->skipped, sizeof(row->skipped), "%s", why);
}

static bool is_same(const struct bench_case *a, const struct bench_case *b)
{
	return a->family == b->family && a->shape == b->shape &&
	       a->entries == b->entries && a->hits == b->hits;
}

const struct bench_row *bench_report_find(const struct bench_report *report,
					  const char *what,
					  const struct bench_case *of)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct bench_row *row = &report->rows[i];

		if (strcmp(row->what, what) == 0 && is_same(&row->of, of) &&
		    row->skipped[0] == '\0')
			return row;
	}
	return NULL;
}

static json_t *number(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

static json_t *text(const char *value)
{
	return value ? json_string(value) : json_null();
}

static json_t *integer(bool is_there, json_int_t value)
{
	return is_there ? json_integer(value) : json_null();
}

static const char *family_word(enum family family)
{
	static const char *const words[FAMILY_MAX] = {
		[FAMILY_IPV4] = "ipv4",
		[FAMILY_IPV6] = "ipv6",
	};

	return family < FAMILY_MAX ? words[family] : NULL;
}

static json_t *row_json(const struct bench_row *row)
{
	const struct bench_case *of = &row->of;

	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"what", row->what, "family", text(family_word(of->family)),
		"entries", integer(of->entries > 0, (json_int_t)of->entries),
		"distribution",
		text(of->shape < BENCH_SHAPES ? bench_shape_name(of->shape)
					      : NULL),
		"hits", integer(of->hits >= 0, of->hits), "ns_per_packet",
		number(row->time.median), "ns_min", number(row->time.min),
		"own_ns", number(row->own), "mpps", number(row->mpps), "ms",
		number(row->ms), "mib", number(row->mib), "skipped",
		text(row->skipped[0] ? row->skipped : NULL));
}

int bench_report_json(const struct bench_report *report, const char *path)
{
	json_t *rows = json_array();
	int error = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < report->count && !error; i++)
		if (json_array_append_new(rows, row_json(&report->rows[i])))
			error = -ENOMEM;
	if (!error &&
	    json_dump_file(rows, path,
			   JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0)
		error = errno ? -errno : -EIO;
	json_decref(rows);
	return error;
}

void bench_report_free(struct bench_report *report)
{
	free(report->rows);
}

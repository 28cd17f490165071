/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `status` says, as metrics: one table, from which names, HELP and TYPE
 * come, and which the manual page, the dashboard and the alert rules are
 * tested against.
 *
 * Two formats: OpenMetrics 1.0.0, and the older text format of Prometheus,
 * 0.0.4, in which a counter's name has its _total in TYPE and HELP, too.
 *
 * Pure: JSON in, text out.
 */
#ifndef POSTERN_CTL_METRICS_H
#define POSTERN_CTL_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_INFO,
};

/* Which objects of the status have the value, and what labels they give. */
enum metric_each {
	EACH_NONE, /* the exporter's own: whether there is a status */
	EACH_DAEMON,
	EACH_BUILD,
	EACH_GATE,
	EACH_PRIMARY,
	EACH_INTERFACE,
	EACH_ZONE,
	EACH_FEED,
	EACH_FEED_FAMILY,
	EACH_LIST,
	EACH_LIST_FAMILY,
	EACH_LOOKUPS,
	EACH_NUDGE,
	EACH_QUEUE,
	EACH_DOORMAN,
	EACH_REASON,
	EACH_MAX,
};

struct metric {
	const char *name; /* of the family: without _total or _info */
	const char *unit; /* the end of the name, or NULL */
	const char *key;  /* of the value; NULL: the family's name is it */
	const char *word; /* NULL: it is a number; else: is it this text? */
	const char *help; /* a sentence without its full stop */
	enum metric_type type;
	enum metric_each each;
};

extern const struct metric metrics[];
extern const size_t metrics_count;

#define METRIC_NAME_MAX 64

/* The name that samples have: with _total or _info.  Returns `name`. */
const char *metric_sample_name(const struct metric *metric,
			       char name[static METRIC_NAME_MAX]);

/* `status` NULL: the daemon doesn't answer. */
void metrics_write(FILE *out, const json_t *status, bool openmetrics);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of metrics, and its two formats. */

#include "ctl/metrics.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "core/reason.h"

const struct metric metrics[] = {
	{"postern_up", NULL, NULL, NULL, "Whether posternd answers",
	 METRIC_GAUGE, EACH_NONE},
	{"postern_build", NULL, NULL, NULL, "The version of posternd",
	 METRIC_INFO, EACH_BUILD},
	{"postern_enforcing", NULL, "mode", "enforce",
	 "Whether SYNs are refused, not only counted", METRIC_GAUGE,
	 EACH_DAEMON},
	{"postern_lease_seconds", "seconds", "lease_s", NULL,
	 "How long the kernel believes the daemon yet; at 0 the gate is open",
	 METRIC_GAUGE, EACH_DAEMON},
	{"postern_interface_attached", NULL, "program_id", NULL,
	 "Whether the filter is on the interface", METRIC_GAUGE,
	 EACH_INTERFACE},
	{"postern_gate_closed", NULL, "state", "closed",
	 "Whether the gate is closed, because primaries take mail",
	 METRIC_GAUGE, EACH_GATE},
	{"postern_gate_changed_timestamp_seconds", "seconds", "since", NULL,
	 "When the gate was last opened or closed", METRIC_GAUGE, EACH_GATE},
	{"postern_primary_up", NULL, "state", "up",
	 "Whether the primary takes mail", METRIC_GAUGE, EACH_PRIMARY},
	{"postern_primary_probe_age_seconds", "seconds", "last_probe_s", NULL,
	 "How long ago the primary was probed", METRIC_GAUGE, EACH_PRIMARY},
	{"postern_zone_ok", NULL, "state", "ok",
	 "Whether the DNSBL works, by its answers and its test entries",
	 METRIC_GAUGE, EACH_ZONE},
	{"postern_zone_queries", NULL, "queries", NULL,
	 "Questions to the DNSBL", METRIC_COUNTER, EACH_ZONE},
	{"postern_zone_listed", NULL, "listed", NULL,
	 "Answers of the DNSBL that list the source", METRIC_COUNTER,
	 EACH_ZONE},
	{"postern_zone_failed", NULL, "failed", NULL,
	 "Questions to the DNSBL without a usable answer", METRIC_COUNTER,
	 EACH_ZONE},
	{"postern_zone_waiting", NULL, "waiting", NULL,
	 "Sources that wait for an answer of the DNSBL", METRIC_GAUGE,
	 EACH_ZONE},
	{"postern_zone_answer_median_seconds", "seconds", "p50_s", NULL,
	 "Within which time half of the answers came lately", METRIC_GAUGE,
	 EACH_ZONE},
	{"postern_zone_answer_p99_seconds", "seconds", "p99_s", NULL,
	 "Within which time 99 of 100 answers came lately", METRIC_GAUGE,
	 EACH_ZONE},
	{"postern_zone_quota_used", NULL, "quota_used", NULL,
	 "Questions of this period that count for the quota", METRIC_GAUGE,
	 EACH_ZONE},
	{"postern_zone_quota_limit", NULL, "quota_limit", NULL,
	 "The quota of a period; 0 is without limit", METRIC_GAUGE, EACH_ZONE},
	{"postern_feed_fresh", NULL, "state", "fresh",
	 "Whether the feed is in force and not older than its max-age",
	 METRIC_GAUGE, EACH_FEED},
	{"postern_feed_entries", NULL, "entries", NULL,
	 "Entries of the feed's version in force", METRIC_GAUGE, EACH_FEED},
	{"postern_feed_age_seconds", "seconds", "age_s", NULL,
	 "Age of the feed's version in force", METRIC_GAUGE, EACH_FEED},
	{"postern_feed_syns", NULL, NULL, NULL, "SYNs that the feed decided",
	 METRIC_COUNTER, EACH_FEED_FAMILY},
	{"postern_list_entries", NULL, "entries", NULL, "Entries of the list",
	 METRIC_GAUGE, EACH_LIST},
	{"postern_list_syns", NULL, NULL, NULL, "SYNs that the list decided",
	 METRIC_COUNTER, EACH_LIST_FAMILY},
	{"postern_verdicts", NULL, "verdicts", NULL, "Verdicts in the kernel",
	 METRIC_GAUGE, EACH_LOOKUPS},
	{"postern_lookups", NULL, "asked", NULL, "Sources that were looked up",
	 METRIC_COUNTER, EACH_LOOKUPS},
	{"postern_lookups_shed", NULL, "shed", NULL,
	 "Sources that weren't, for want of room", METRIC_COUNTER,
	 EACH_LOOKUPS},
	{"postern_lookups_put_off", NULL, "put_off", NULL,
	 "Sources that weren't at once, for want of quota", METRIC_COUNTER,
	 EACH_LOOKUPS},
	{"postern_lookups_waiting", NULL, "waiting", NULL,
	 "Sources that wait to be looked up", METRIC_GAUGE, EACH_LOOKUPS},
	{"postern_lookups_active", NULL, "active", NULL,
	 "Sources that are being looked up", METRIC_GAUGE, EACH_LOOKUPS},
	{"postern_nudges", NULL, "sent", NULL,
	 "Held sources that were asked to resend their SYN", METRIC_COUNTER,
	 EACH_NUDGE},
	{"postern_nudges_answered", NULL, "back", NULL,
	 "Those of them that came back", METRIC_COUNTER, EACH_NUDGE},
	{"postern_queue_messages", NULL, "length", NULL,
	 "Messages in the queue of the local Postfix", METRIC_GAUGE,
	 EACH_QUEUE},
	{"postern_queue_oldest_seconds", "seconds", "oldest_s", NULL,
	 "Age of the oldest of them", METRIC_GAUGE, EACH_QUEUE},
	{"postern_doorman_sessions", NULL, "sessions", NULL,
	 "Connections that the doorman has now", METRIC_GAUGE, EACH_DOORMAN},
	{"postern_doorman_told", NULL, "told", NULL,
	 "Connections that he told to come another way", METRIC_COUNTER,
	 EACH_DOORMAN},
	{"postern_doorman_turned_away", NULL, "turned_away", NULL,
	 "Connections that he had no room for", METRIC_COUNTER, EACH_DOORMAN},
	{"postern_syns", NULL, NULL, NULL,
	 "SYNs to protected ports; in monitor mode, what would have become of "
	 "them",
	 METRIC_COUNTER, EACH_REASON},
};
const size_t metrics_count = sizeof(metrics) / sizeof(metrics[0]);

/* Where the objects stand in the status. */
enum layout {
	LAYOUT_ROOT,
	LAYOUT_OBJECT,
	LAYOUT_ARRAY,
	LAYOUT_MEMBERS, /* of an object, whose keys are a label */
};

#define LABELS_MAX 4

static const struct {
	const char *key;
	const char *member; /* the label for keys of LAYOUT_MEMBERS */
	struct {
		const char *label;
		const char *key;
	} labels[LABELS_MAX - 1];
	enum layout layout;
	bool by_family;
} places[EACH_MAX] = {
	[EACH_DAEMON] = {.layout = LAYOUT_ROOT},
	[EACH_BUILD] = {.layout = LAYOUT_ROOT,
			.labels = {{"version", "version"}}},
	[EACH_GATE] = {.layout = LAYOUT_MEMBERS,
		       .key = "gate",
		       .member = "family"},
	[EACH_PRIMARY] = {.layout = LAYOUT_ARRAY,
			  .key = "primaries",
			  .labels = {{"primary", "name"},
				     {"address", "address"},
				     {"port", "port"}}},
	[EACH_INTERFACE] = {.layout = LAYOUT_ARRAY,
			    .key = "interfaces",
			    .labels = {{"interface", "name"},
				       {"attach", "attach"}}},
	[EACH_ZONE] = {.layout = LAYOUT_ARRAY,
		       .key = "zones",
		       .labels = {{"zone", "zone"}}},
	[EACH_FEED] = {.layout = LAYOUT_ARRAY,
		       .key = "feeds",
		       .labels = {{"feed", "name"}}},
	[EACH_FEED_FAMILY] = {.layout = LAYOUT_ARRAY,
			      .key = "feeds",
			      .labels = {{"feed", "name"}},
			      .by_family = true},
	[EACH_LIST] = {.layout = LAYOUT_ARRAY,
		       .key = "lists",
		       .labels = {{"list", "name"}}},
	[EACH_LIST_FAMILY] = {.layout = LAYOUT_ARRAY,
			      .key = "lists",
			      .labels = {{"list", "name"}},
			      .by_family = true},
	[EACH_LOOKUPS] = {.layout = LAYOUT_OBJECT, .key = "lookups"},
	[EACH_NUDGE] = {.layout = LAYOUT_OBJECT, .key = "nudge"},
	[EACH_QUEUE] = {.layout = LAYOUT_OBJECT, .key = "queue"},
	[EACH_DOORMAN] = {.layout = LAYOUT_OBJECT, .key = "doorman"},
	[EACH_REASON] = {.layout = LAYOUT_MEMBERS,
			 .key = "counters",
			 .member = "reason",
			 .by_family = true},
};

static const char *const outcomes[OUTCOME_MAX] = {
	[OUTCOME_LET_IN] = "let_in",
	[OUTCOME_FAILED_OPEN] = "failed_open",
	[OUTCOME_HELD] = "held",
	[OUTCOME_REFUSED] = "refused",
};

static const char *const families[] = {"ipv4", "ipv6"};

struct labels {
	size_t count;
	struct {
		const char *name;
		const json_t *value; /* a string or a number; or NULL: */
		const char *text;
	} all[LABELS_MAX];
};

struct writer {
	FILE *out;
	bool openmetrics;
	const struct metric *metric;
};

const char *metric_sample_name(const struct metric *metric,
			       char name[static METRIC_NAME_MAX])
{
	static const char *const ends[] = {
		[METRIC_GAUGE] = "",
		[METRIC_COUNTER] = "_total",
		[METRIC_INFO] = "_info",
	};

	snprintf(name, METRIC_NAME_MAX, "%s%s", metric->name,
		 ends[metric->type]);
	return name;
}

/* Labels and values */

static void label_text(struct labels *labels, const char *name,
		       const char *text)
{
	labels->all[labels->count].name = name;
	labels->all[labels->count].value = NULL;
	labels->all[labels->count++].text = text;
}

static void label_value(struct labels *labels, const char *name,
			const json_t *value)
{
	labels->all[labels->count].name = name;
	labels->all[labels->count].value = value;
	labels->all[labels->count++].text = "";
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

static void put_number(FILE *out, const json_t *value)
{
	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
	else
		fprintf(out, "%.12g", json_real_value(value));
}

static void put_labels(FILE *out, const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		const json_t *value = labels->all[i].value;

		fprintf(out, "%s%s=\"", i == 0 ? "{" : ",",
			labels->all[i].name);
		if (json_is_string(value))
			put_escaped(out, json_string_value(value));
		else if (json_is_number(value))
			put_number(out, value);
		else
			put_escaped(out, labels->all[i].text);
		fputc('"', out);
	}
	if (labels->count > 0)
		fputc('}', out);
}

static void put_name(const struct writer *writer, const struct labels *labels)
{
	char name[METRIC_NAME_MAX];

	fputs(metric_sample_name(writer->metric, name), writer->out);
	put_labels(writer->out, labels);
}

/* What isn't known has no sample. */
static void put_sample(const struct writer *writer, const struct labels *labels,
		       const json_t *value)
{
	const char *word = writer->metric->word;
	const char *text = json_string_value(value);

	if (word ? !text : !json_is_number(value))
		return;
	put_name(writer, labels);
	fputc(' ', writer->out);
	if (word)
		fputc(strcmp(text, word) == 0 ? '1' : '0', writer->out);
	else
		put_number(writer->out, value);
	fputc('\n', writer->out);
}

/* Objects of the status */

static void put_families(const struct writer *writer,
			 const struct labels *labels, const json_t *object)
{
	for (size_t i = 0; i < 2; i++) {
		struct labels both = *labels;

		label_text(&both, "family", families[i]);
		put_sample(writer, &both, json_object_get(object, families[i]));
	}
}

/* An interface without a program has 0 there. */
static void put_attached(const struct writer *writer,
			 const struct labels *labels, const json_t *object)
{
	const json_t *id = json_object_get(object, writer->metric->key);

	put_name(writer, labels);
	fprintf(writer->out, " %d\n", json_integer_value(id) > 0);
}

static void put_object(const struct writer *writer, struct labels *labels,
		       const json_t *object)
{
	const struct metric *metric = writer->metric;
	enum metric_each each = metric->each;

	for (size_t i = 0; i < LABELS_MAX - 1 && places[each].labels[i].label;
	     i++)
		label_value(
			labels, places[each].labels[i].label,
			json_object_get(object, places[each].labels[i].key));
	if (metric->type == METRIC_INFO) {
		put_name(writer, labels);
		fputs(" 1\n", writer->out);
	} else if (each == EACH_INTERFACE) {
		put_attached(writer, labels, object);
	} else if (places[each].by_family) {
		put_families(writer, labels, object);
	} else {
		put_sample(writer, labels,
			   json_object_get(object, metric->key));
	}
}

static void put_array(const struct writer *writer, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct labels labels = {0};

		put_object(writer, &labels, json_array_get(array, i));
	}
}

static void put_members(const struct writer *writer, json_t *object)
{
	enum metric_each each = writer->metric->each;
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member)
	{
		struct labels labels = {0};

		label_text(&labels, places[each].member, key);
		if (each == EACH_REASON) {
			enum reason reason = reason_by_name(key);

			label_text(&labels, "outcome",
				   reason < REASON_MAX
					   ? outcomes[reason_outcome(reason)]
					   : "unknown");
		}
		put_object(writer, &labels, member);
	}
}

static void put_samples(const struct writer *writer, const json_t *status)
{
	enum metric_each each = writer->metric->each;
	struct labels labels = {0};
	json_t *place;

	if (each == EACH_NONE) {
		put_name(writer, &labels);
		fprintf(writer->out, " %d\n", status != NULL);
		return;
	}
	place = places[each].key ? json_object_get(status, places[each].key)
				 : NULL;
	switch (places[each].layout) {
	case LAYOUT_ROOT:
		put_object(writer, &labels, status);
		break;
	case LAYOUT_OBJECT:
		put_object(writer, &labels, place);
		break;
	case LAYOUT_ARRAY:
		put_array(writer, place);
		break;
	case LAYOUT_MEMBERS:
		put_members(writer, place);
		break;
	}
}

static void put_header(const struct writer *writer)
{
	static const char *const types[] = {
		[METRIC_GAUGE] = "gauge",
		[METRIC_COUNTER] = "counter",
		[METRIC_INFO] = "info",
	};
	const struct metric *metric = writer->metric;
	char name[METRIC_NAME_MAX];

	metric_sample_name(metric, name);
	if (!writer->openmetrics) {
		fprintf(writer->out, "# HELP %s %s.\n# TYPE %s %s\n", name,
			metric->help, name,
			metric->type == METRIC_INFO ? "gauge"
						    : types[metric->type]);
		return;
	}
	fprintf(writer->out, "# TYPE %s %s\n", metric->name,
		types[metric->type]);
	if (metric->unit)
		fprintf(writer->out, "# UNIT %s %s\n", metric->name,
			metric->unit);
	fprintf(writer->out, "# HELP %s %s.\n", metric->name, metric->help);
}

void metrics_write(FILE *out, const json_t *status, bool openmetrics)
{
	struct writer writer = {.out = out, .openmetrics = openmetrics};

	for (size_t i = 0; i < metrics_count; i++) {
		writer.metric = &metrics[i];
		if (!status && writer.metric->each != EACH_NONE)
			continue;
		put_header(&writer);
		put_samples(&writer, status);
	}
	if (openmetrics)
		fputs("# EOF\n", out);
}

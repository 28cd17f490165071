/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Head, rates, sources: as many of them as there is room for. */

#include "ctl/top_screen.h"

#include <stdarg.h>
#include <string.h>

#include "core/reason.h"
#include "ctl/fields.h"
#include "tables/networks.h"

#define BAR_MAX 30

/* Columns of a row of the sources, without the source itself. */
#define NETWORK_COLUMNS 24
#define ROW_COLUMNS	(7 + 2 + 1 + NETWORK_COLUMNS + 2 + 8 + 2 + 11)
#define SOURCE_LEAST	15
#define SOURCE_MOST	39

static void put(struct top_screen *screen, enum tone tone, const char *format,
		...) __attribute__((format(printf, 3, 4)));

static void put(struct top_screen *screen, enum tone tone, const char *format,
		...)
{
	size_t length;
	va_list args;
	char *text;

	if (screen->used >= screen->rows)
		return;
	screen->lines[screen->used].tone = tone;
	text = screen->lines[screen->used++].text;
	va_start(args, format);
	vsnprintf(text, screen->columns + 1, format, args);
	va_end(args);
	length = strlen(text);
	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* ---- head ---- */

static void put_first(struct top_screen *screen, const struct top_model *model,
		      time_t now)
{
	bool monitors = field_is(model->status, "mode", "monitor");
	char clock[16] = "";
	struct tm parts;

	if (localtime_r(&now, &parts))
		strftime(clock, sizeof(clock), "%H:%M:%S", &parts);
	put(screen, TONE_HEAD, "Postern %.16s, %s  %s",
	    field_text(model->status, "version", "?"),
	    monitors ? "monitoring: nothing is refused" : "enforcing", clock);
	if (*model->problem)
		put(screen, TONE_BAD, "! %s", model->problem);
}

static void put_gate(struct top_screen *screen, const struct top_model *model)
{
	const json_t *gate = json_object_get(model->status, "gate");
	const json_t *ipv4 = json_object_get(gate, "ipv4");
	const json_t *ipv6 = json_object_get(gate, "ipv6");
	const char *state = field_text(ipv4, "state", "?");
	const char *why = field_text(ipv4, "why", "?");

	if (field_is(ipv6, "state", state) && field_is(ipv6, "why", why)) {
		put(screen, TONE_PLAIN, "gate    %s: %s", state, why);
		return;
	}
	put(screen, TONE_PLAIN, "gate    IPv4 %s: %s", state, why);
	put(screen, TONE_PLAIN, "        IPv6 %s: %s",
	    field_text(ipv6, "state", "?"), field_text(ipv6, "why", "?"));
}

static void put_zones(struct top_screen *screen, const struct top_model *model)
{
	const json_t *zones = json_object_get(model->status, "zones");
	char text[TOP_COLUMNS_MAX + 1] = "";
	bool all_are_well = true;
	const json_t *zone;
	size_t used = 0;
	size_t i;

	json_array_foreach(zones, i, zone)
	{
		const char *state = field_text(zone, "state", "?");

		if (strcmp(state, "ok") != 0 && strcmp(state, "untested") != 0)
			all_are_well = false;
		if (used < sizeof(text))
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s%s %s",
				used ? ", " : "", field_text(zone, "zone", "?"),
				state);
	}
	put(screen, all_are_well ? TONE_PLAIN : TONE_WARN, "DNSBLs  %s",
	    used ? text : "none");
}

/* ---- rates ---- */

static double highest_rate(const struct top_model *model)
{
	double highest = 0;

	for (unsigned int i = 0; i < REASON_MAX; i++)
		if (model->rates[i] > highest)
			highest = model->rates[i];
	return highest;
}

static enum tone tone_of(enum reason reason)
{
	if (reason >= REASON_MAX)
		return TONE_PLAIN;
	switch (reason_outcome(reason)) {
	case OUTCOME_LET_IN:
		return TONE_GOOD;
	case OUTCOME_FAILED_OPEN:
		return TONE_WARN;
	case OUTCOME_REFUSED:
		return TONE_BAD;
	default:
		return TONE_PLAIN;
	}
}

static void put_rate(struct top_screen *screen, const struct top_model *model,
		     enum reason reason, double highest)
{
	char bar[BAR_MAX + 1] = "", count[PRINT_QUANTITY];
	double rate = model->rates[reason];
	size_t length = 0;

	if (rate > 0)
		length = (size_t)(rate / highest * (BAR_MAX - 1)) + 1;
	memset(bar, '#', length);
	put(screen, rate > 0 ? tone_of(reason) : TONE_PLAIN,
	    "%-8s %10.1f/s  %-*s  %s in all", reason_name(reason), rate,
	    BAR_MAX, bar, print_count(model->counters[reason], count));
}

/* Of those that have happened at all; the busy ones where room is scarce. */
static void put_rates(struct top_screen *screen, const struct top_model *model)
{
	double highest = highest_rate(model);
	size_t room = screen->rows > screen->used + 4
			      ? (screen->rows - screen->used - 4) / 2
			      : 0;
	size_t wanted = 0;

	for (unsigned int i = 0; i < REASON_MAX; i++)
		wanted += model->counters[i] > 0;
	for (enum reason reason = 0; reason < REASON_MAX && room > 0;
	     reason++) {
		if (model->counters[reason] == 0 ||
		    (wanted > room && model->rates[reason] <= 0))
			continue;
		put_rate(screen, model, reason, highest);
		room--;
	}
	if (wanted == 0)
		put(screen, TONE_PLAIN, "No SYN has come yet.");
}

/* ---- sources ---- */

static int source_columns(const struct top_screen *screen)
{
	size_t room = screen->columns > ROW_COLUMNS
			      ? screen->columns - ROW_COLUMNS
			      : 0;

	if (room < SOURCE_LEAST)
		return SOURCE_LEAST;
	return room > SOURCE_MOST ? SOURCE_MOST : (int)room;
}

/* What does not fit ends in "~". */
static void cut(char *text, size_t columns)
{
	if (strlen(text) > columns)
		snprintf(text + columns - 1, 2, "~");
}

static void put_source(struct top_screen *screen,
		       const struct top_source *source)
{
	struct prefix network = {
		.addr = networks_key(&source->addr),
		.length = addr_family(&source->addr) == FAMILY_IPV4
				  ? NETWORK_BITS_IPV4
				  : NETWORK_BITS_IPV6,
	};
	char address[ADDR_TEXT], prefix[PREFIX_TEXT], seen[PRINT_QUANTITY];
	int width = source_columns(screen);

	addr_format(&source->addr, address);
	prefix_format(&network, prefix);
	cut(address, (size_t)width);
	cut(prefix, NETWORK_COLUMNS);
	put(screen, tone_of(source->reason),
	    "%7s  %-*s %-*s  %-8s  %-11.11s%s%s",
	    print_count(source->seen, seen), width, address, NETWORK_COLUMNS,
	    prefix, reason_name(source->reason), source->action,
	    *source->by ? "  " : "", source->by);
}

static void put_sources(struct top_screen *screen,
			const struct top_model *model)
{
	put(screen, TONE_HEAD, "%7s  %-*s %-*s  %-8s  %s", "seen",
	    source_columns(screen), "source", NETWORK_COLUMNS, "network",
	    "reason", "action");
	for (size_t i = 0;
	     i < model->source_count && screen->used + 1 < screen->rows; i++)
		put_source(screen, &model->sources[i]);
}

static void put_last(struct top_screen *screen, const struct top_model *model)
{
	char count[PRINT_QUANTITY];

	while (screen->used + 1 < screen->rows)
		put(screen, TONE_PLAIN, "%s", "");
	if (model->left_out > 0)
		put(screen, TONE_HEAD,
		    "q quits; sources are a sample: %s more SYNs came",
		    print_count(model->left_out, count));
	else
		put(screen, TONE_HEAD, "q quits");
}

void top_screen_draw(struct top_screen *screen, const struct top_model *model,
		     size_t columns, size_t rows, time_t now)
{
	screen->columns = columns < TOP_COLUMNS_MAX ? columns : TOP_COLUMNS_MAX;
	screen->rows = rows < TOP_ROWS_MAX ? rows : TOP_ROWS_MAX;
	screen->used = 0;
	put_first(screen, model, now);
	put_gate(screen, model);
	put_zones(screen, model);
	put(screen, TONE_PLAIN, "%s", "");
	put_rates(screen, model);
	put(screen, TONE_PLAIN, "%s", "");
	put_sources(screen, model);
	put_last(screen, model);
}

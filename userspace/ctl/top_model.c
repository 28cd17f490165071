/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources by how busy they are, and rates. */

#include "ctl/top_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/reason.h"
#include "ctl/fields.h"

/* After so long a decision is worth half. */
#define HALF_LIFE_S 15.0

/* Who is less busy than that was seen once, a minute or two ago. */
#define QUIET 0.01

static struct top_source *find(struct top_model *model, const struct addr *addr)
{
	for (size_t i = 0; i < model->source_count; i++)
		if (addr_equal(&model->sources[i].addr, addr))
			return &model->sources[i];
	return NULL;
}

static struct top_source *place_for(struct top_model *model)
{
	struct top_source *least = &model->sources[0];

	if (model->source_count < TOP_SOURCES_MAX)
		return &model->sources[model->source_count++];
	for (size_t i = 1; i < TOP_SOURCES_MAX; i++)
		if (model->sources[i].busy < least->busy)
			least = &model->sources[i];
	return least;
}

static void take_decision(struct top_model *model, const json_t *decision)
{
	struct top_source *source;
	struct addr addr;

	if (addr_parse(field_text(decision, "source", ""), &addr))
		return;
	source = find(model, &addr);
	if (!source) {
		source = place_for(model);
		*source = (struct top_source){.addr = addr};
	}
	source->busy++;
	source->seen++;
	source->reason = reason_by_name(field_text(decision, "reason", ""));
	watch_action(decision, source->action);
	watch_by(decision, source->by);
}

void top_model_take(struct top_model *model, const json_t *line)
{
	if (field_is(line, "kind", "decision"))
		take_decision(model, line);
	else if (field_is(line, "kind", "left_out"))
		model->left_out += field_count(line, "left_out");
}

static uint64_t counter_of(const json_t *status, enum reason reason)
{
	const json_t *counter = json_object_get(
		json_object_get(status, "counters"), reason_name(reason));

	return field_count(counter, "ipv4") + field_count(counter, "ipv6");
}

void top_model_status(struct top_model *model, json_t *status, double now_s)
{
	double passed_s = now_s - model->counted_s;

	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		uint64_t now = counter_of(status, reason);
		uint64_t before = model->counters[reason];

		model->rates[reason] = 0;
		/* Another program counts anew. */
		if (model->counted && passed_s > 0 && now > before)
			model->rates[reason] =
				(double)(now - before) / passed_s;
		model->counters[reason] = now;
	}
	model->counted = true;
	model->counted_s = now_s;
	json_decref(model->status);
	model->status = status;
}

static int compare(const void *a, const void *b)
{
	const struct top_source *one = a, *other = b;

	if (one->busy != other->busy)
		return one->busy > other->busy ? -1 : 1;
	return addr_compare(&one->addr, &other->addr);
}

void top_model_age(struct top_model *model, double now_s)
{
	double factor = exp2((model->aged_s - now_s) / HALF_LIFE_S);
	size_t kept = 0;

	model->aged_s = now_s;
	for (size_t i = 0; i < model->source_count; i++) {
		model->sources[i].busy *= factor;
		if (model->sources[i].busy >= QUIET)
			model->sources[kept++] = model->sources[i];
	}
	model->source_count = kept;
	qsort(model->sources, kept, sizeof(model->sources[0]), compare);
}

void top_model_free(struct top_model *model)
{
	json_decref(model->status);
	model->status = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question for each zone.  Answers that come after the time is up find
 * that all has been told, and the last one frees what there is.
 */

#include "sources/dnsbl_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_name.h"

struct text_question {
	struct dnsbl_text *of;
	char zone[SITE_ZONE_MAX];
	char text[ANSWER_TEXT_MAX];
};

struct dnsbl_text {
	uv_timer_t timer;
	bool closed; /* the timer */
	bool told;
	dnsbl_text_done *done;
	void *context;
	size_t pending;
	struct text_question questions[DNSBL_TEXT_ZONES];
	size_t question_count;
	size_t site_count;
	size_t *question_of; /* by site; DNSBL_TEXT_ZONES: none */
	char (*texts)[ANSWER_TEXT_MAX];
};

static void free_text(struct dnsbl_text *text)
{
	free(text->question_of);
	free(text->texts);
	free(text);
}

static void free_when_idle(struct dnsbl_text *text)
{
	if (text->closed && text->pending == 0)
		free_text(text);
}

static void on_closed(uv_handle_t *timer)
{
	struct dnsbl_text *text = timer->data;

	text->closed = true;
	free_when_idle(text);
}

static void tell(struct dnsbl_text *text)
{
	text->told = true;
	for (size_t i = 0; i < text->site_count; i++)
		if (text->question_of[i] < DNSBL_TEXT_ZONES)
			memcpy(text->texts[i],
			       text->questions[text->question_of[i]].text,
			       sizeof(text->texts[i]));
	uv_close((uv_handle_t *)&text->timer, on_closed);
	text->done(text->context, text->site_count, text->texts);
}

static void on_timeout(uv_timer_t *timer)
{
	tell(timer->data);
}

static void on_answer(void *context, const struct answer *answer)
{
	struct text_question *question = context;
	struct dnsbl_text *text = question->of;

	text->pending--;
	if (!text->told && answer->kind == ANSWER_RECORDS) {
		memcpy(question->text, answer->text, sizeof(question->text));
		site_redact_text(question->zone, question->text);
	}
	if (!text->told && text->pending == 0)
		tell(text);
	else
		free_when_idle(text);
}

/* The question for a zone, an old or a new one; DNSBL_TEXT_ZONES: no room. */
static size_t find_question(struct dnsbl_text *text, const char *zone)
{
	size_t i = 0;

	while (i < text->question_count &&
	       strcmp(text->questions[i].zone, zone) != 0)
		i++;
	if (i < text->question_count || i == DNSBL_TEXT_ZONES)
		return i;
	text->questions[i].of = text;
	memcpy(text->questions[i].zone, zone, SITE_ZONE_MAX);
	text->question_count++;
	return i;
}

static struct dnsbl_text *create(const struct config_dnsbl *config,
				 const struct dnsbl_site_result *results)
{
	struct dnsbl_text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->site_count = config->site_count;
	/* One more: none of them is an error. */
	text->question_of =
		calloc(config->site_count + 1, sizeof(*text->question_of));
	text->texts = calloc(config->site_count + 1, sizeof(*text->texts));
	if (!text->question_of || !text->texts) {
		free_text(text);
		return NULL;
	}
	for (size_t i = 0; i < config->site_count; i++)
		text->question_of[i] =
			results[i].matched
				? find_question(text, config->sites[i].zone)
				: DNSBL_TEXT_ZONES;
	return text;
}

static void ask_all(struct dnsbl_text *text, struct resolver *resolver,
		    const struct addr *source)
{
	for (size_t i = 0; i < text->question_count; i++) {
		struct text_question *question = &text->questions[i];
		char name[SITE_ZONE_MAX];

		dnsbl_name(source, question->zone, name);
		if (resolver_ask(resolver, name, QUESTION_TXT, on_answer,
				 question) == 0)
			text->pending++;
	}
}

int dnsbl_text(uv_loop_t *loop, struct resolver *resolver,
	       const struct config_dnsbl *config,
	       const struct dnsbl_site_result *results,
	       const struct addr *source, dnsbl_text_done *done, void *context)
{
	struct dnsbl_text *text = create(config, results);

	if (!text)
		return -ENOMEM;
	ask_all(text, resolver, source);
	if (text->pending == 0) {
		free_text(text);
		return -ENOENT;
	}
	text->done = done;
	text->context = context;
	uv_timer_init(loop, &text->timer);
	text->timer.data = text;
	uv_timer_start(&text->timer, on_timeout, DNSBL_TEXT_MS, 0);
	return 0;
}

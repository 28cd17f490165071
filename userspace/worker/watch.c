/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchers: coming, being told, going. */

#include "worker/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/reason.h"
#include "worker/watch_tally.h"

#define TICK_MS 1000

struct watcher {
	struct watch *watch;
	struct control_stream *stream;
	struct watch_filter filter;
	uint64_t left_out[REASON_MAX]; /* and not told yet */
};

struct watch {
	struct watch_owner owner;
	uv_timer_t timer;
	struct watcher *watchers[WATCHERS_MAX];
	size_t count;
	struct watch_tally tally;
	bool counting; /* the tally has begun */
	bool closing;
	bool closed; /* the timer is */
};

bool watch_is_on(const struct watch *watch)
{
	return watch && watch->count > 0;
}

static void free_when_left(struct watch *watch)
{
	if (watch->closed && watch->count == 0)
		free(watch);
}

/* ---- what was left out ---- */

static json_t *left_out_json(const uint64_t left_out[static REASON_MAX])
{
	json_t *reasons = json_object();
	json_int_t sum = 0;

	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		if (!left_out[reason])
			continue;
		sum += (json_int_t)left_out[reason];
		json_object_set_new(reasons, reason_name(reason),
				    json_integer((json_int_t)left_out[reason]));
	}
	if (sum == 0) {
		json_decref(reasons);
		return NULL;
	}
	return json_pack("{s:s, s:I, s:o}", "kind", "left_out", "left_out", sum,
			 "reasons", reasons);
}

static void tell_left_out(struct watcher *watcher)
{
	json_t *left_out = left_out_json(watcher->left_out);
	char *line = left_out ? control_format_result(left_out) : NULL;

	if (line && control_stream_send(watcher->stream, line))
		memset(watcher->left_out, 0, sizeof(watcher->left_out));
	free(line);
}

static void settle(struct watch *watch)
{
	uint64_t counted[REASON_MAX], left_out[REASON_MAX];

	if (watch->owner.count(watch->owner.context, counted))
		return;
	if (!watch->counting)
		watch_tally_begin(&watch->tally, counted);
	watch->counting = true;
	watch->owner.drain(watch->owner.context);
	watch_tally_settle(&watch->tally, counted, left_out);
	for (size_t i = 0; i < WATCHERS_MAX; i++) {
		struct watcher *watcher = watch->watchers[i];

		for (unsigned int r = 0; watcher && r < REASON_MAX; r++)
			if (watcher->filter.reasons & REASON_BIT(r))
				watcher->left_out[r] += left_out[r];
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct watch *watch = timer->data;

	settle(watch);
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		if (watch->watchers[i])
			tell_left_out(watch->watchers[i]);
}

/* ---- coming and going ---- */

static void on_gone(void *context)
{
	struct watcher *watcher = context;
	struct watch *watch = watcher->watch;

	for (size_t i = 0; i < WATCHERS_MAX; i++)
		if (watch->watchers[i] == watcher)
			watch->watchers[i] = NULL;
	free(watcher);
	if (--watch->count == 0) {
		watch->counting = false;
		if (!watch->closing)
			uv_timer_stop(&watch->timer);
		watch->owner.changed(watch->owner.context);
	}
	free_when_left(watch);
}

static struct watcher **find_place(struct watch *watch)
{
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		if (!watch->watchers[i])
			return &watch->watchers[i];
	return NULL;
}

static void say(struct watcher *watcher, json_t *result)
{
	char *line = control_format_result(result);

	if (line)
		control_stream_send(watcher->stream, line);
	free(line);
}

void watch_join(struct watch *watch, const struct watch_filter *filter,
		json_t *first, struct control_request *request)
{
	struct watcher **place = find_place(watch);
	struct watcher *watcher = place ? calloc(1, sizeof(*watcher)) : NULL;

	if (!watcher) {
		control_fail(request,
			     place ? "the daemon lacks memory for that"
				   : "%d watch already: no more may at a time",
			     WATCHERS_MAX);
		json_decref(first);
		return;
	}
	/* What was left out so far is for those who were there. */
	if (watch->count > 0)
		settle(watch);
	watcher->watch = watch;
	watcher->filter = *filter;
	watcher->stream = control_stream_begin(request, on_gone, watcher);
	if (!watcher->stream) {
		free(watcher);
		json_decref(first);
		return;
	}
	*place = watcher;
	if (watch->count++ == 0) {
		watch->owner.changed(watch->owner.context);
		settle(watch);
		uv_timer_start(&watch->timer, on_tick, TICK_MS, TICK_MS);
	}
	say(watcher, first);
}

/* ---- decisions ---- */

static bool wants(const struct watcher *watcher, const struct shown *shown)
{
	return watcher &&
	       watch_filter_has(&watcher->filter, shown->event.reason,
				&shown->event.source);
}

static char *line_of(const struct watch *watch, const struct shown *shown)
{
	json_t *result = watch->owner.describe(watch->owner.context, shown);

	return result ? control_format_result(result) : NULL;
}

void watch_note(struct watch *watch, const struct shown *shown)
{
	char *line = NULL;

	/* It may be one from before: nobody watches any more. */
	if (!watch->counting || shown->event.reason >= REASON_MAX)
		return;
	watch_tally_note(&watch->tally, shown->event.reason);
	for (size_t i = 0; i < WATCHERS_MAX; i++) {
		struct watcher *watcher = watch->watchers[i];

		if (!wants(watcher, shown))
			continue;
		if (!line)
			line = line_of(watch, shown);
		if (!line || !control_stream_send(watcher->stream, line))
			watcher->left_out[shown->event.reason]++;
	}
	free(line);
}

/* ---- life ---- */

int watch_create(uv_loop_t *loop, const struct watch_owner *owner,
		 struct watch **out)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->owner = *owner;
	uv_timer_init(loop, &watch->timer);
	watch->timer.data = watch;
	*out = watch;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;

	watch->closed = true;
	free_when_left(watch);
}

void watch_close(struct watch *watch)
{
	watch->closing = true;
	uv_close((uv_handle_t *)&watch->timer, on_closed);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the map to a file and back. */

#include "worker/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/policy.h"
#include "worker/causes.h"
#include "worker/save_file.h"
#include "worker/saved_state.h"

#define FILE_NAME "dnsbl.state"

#define EVERY_MS UINT64_C(300000)

struct save {
	uv_loop_t *loop;
	struct save_of of;
	char *directory;
	const struct config_dnsbl *config;
	const struct dnsbl *dnsbl;
	uv_timer_t timer;
	uv_idle_t idle; /* while verdicts are written */
	uv_work_t work; /* while the file is made safe */
	unsigned int handles;
	bool working;
	bool closing;
	bool complained;
	bool restored; /* before that, what the file has is worth more */

	uint64_t fingerprint;
	struct saved_quota quotas[SAVED_QUOTAS_MAX];
	size_t quota_count;

	struct save_file file; /* being written */
	struct saved_writer writer;
	struct verdict_walk walk;
	uint32_t verdict_count;
	int result; /* of the work */
};

static void complain(struct save *save, int error)
{
	if (!save->complained)
		log_warning("can't save verdicts and quotas in %s: %s; a "
			    "restart will begin without them",
			    save->directory, strerror(-error));
	save->complained = true;
}

/* ---- the clock of the wall ---- */

static uint64_t wall_of(const struct save *save, uint64_t jiffies)
{
	int64_t ahead_ns = (int64_t)(clock_ns_at(save->of.clock, jiffies) -
				     clock_monotonic_ns());

	return (uint64_t)((int64_t)time(NULL) + ahead_ns / (int64_t)NS_PER_S);
}

/* What was before the last boot has no jiffies. */
static uint64_t jiffies_of(const struct save *save, uint64_t wall_s)
{
	uint64_t now_s = (uint64_t)time(NULL), ns = clock_monotonic_ns();

	if (wall_s >= now_s)
		ns += (wall_s - now_s) * NS_PER_S;
	else if ((now_s - wall_s) < ns / NS_PER_S)
		ns -= (now_s - wall_s) * NS_PER_S;
	else
		ns = 0;
	return clock_jiffies_at(save->of.clock, ns);
}

/* ---- saving ---- */

static void add_quota(void *context, const struct dnsbl_quota *quota)
{
	struct save *save = context;
	struct saved_quota *out;

	if (save->quota_count == SAVED_QUOTAS_MAX)
		return;
	out = &save->quotas[save->quota_count++];
	memset(out->zone, 0, sizeof(out->zone));
	strncpy(out->zone, quota->zone, sizeof(out->zone) - 1);
	out->started_s = quota->started_s;
	out->used = quota->used;
	out->prewarmed = quota->prewarmed;
}

static void gather(struct save *save)
{
	save->quota_count = 0;
	save->fingerprint = save->config ? causes_fingerprint(save->config) : 0;
	if (save->dnsbl)
		dnsbl_quota_save(save->dnsbl, add_quota, save);
}

static void put_verdict(void *context, const struct addr *source,
			const struct source_verdict *verdict)
{
	struct save *save = context;
	struct saved_verdict saved = {
		.source = *source,
		.verdict = verdict->verdict,
		.score = verdict->score,
		.since_s = wall_of(save, verdict->since),
		.expires_s = wall_of(save, verdict->expires),
		.causes = verdict->causes,
	};

	if (verdict->verdict == VERDICT_UNKNOWN ||
	    !verdicts_is_valid(save->of.verdicts, verdict) ||
	    save->verdict_count == SAVED_VERDICTS_MAX)
		return;
	save->verdict_count++;
	saved_state_put_verdict(&save->writer, &saved);
}

static int begin(struct save *save)
{
	int error = save_file_open(save->directory, FILE_NAME, &save->file);

	if (error)
		return error;
	saved_state_begin(&save->writer, save->file.stream, save->fingerprint);
	for (size_t i = 0; i < save->quota_count; i++)
		saved_state_put_quota(&save->writer, &save->quotas[i]);
	save->walk = (struct verdict_walk){0};
	save->verdict_count = 0;
	return 0;
}

/* Returns 1 while there is more. */
static int step(struct save *save)
{
	int more = verdicts_walk(save->of.verdicts, &save->walk, put_verdict,
				 save);

	return more ? more : saved_state_end(&save->writer);
}

static void save_at_once(struct save *save)
{
	int result = begin(save);

	if (result) {
		complain(save, result);
		return;
	}
	do {
		result = step(save);
	} while (result > 0);
	if (result)
		save_file_discard(&save->file);
	else
		result = save_file_finish(&save->file);
	if (result)
		complain(save, result);
}

static void on_work(uv_work_t *work)
{
	struct save *save = work->data;

	save->result = save_file_finish(&save->file);
}

static void free_when_idle(struct save *save)
{
	if (save->handles > 0 || save->working)
		return;
	free(save->directory);
	free(save);
}

static void on_worked(uv_work_t *work, int status)
{
	struct save *save = work->data;

	(void)status;
	save->working = false;
	if (save->result)
		complain(save, save->result);
	else
		save->complained = false;
	if (!save->closing)
		return;
	save_at_once(save);
	free_when_idle(save);
}

static void on_idle(uv_idle_t *idle)
{
	struct save *save = idle->data;
	int more = step(save);

	if (more > 0)
		return;
	uv_idle_stop(idle);
	if (more < 0) {
		save_file_discard(&save->file);
		complain(save, more);
		return;
	}
	save->work.data = save;
	save->working = true;
	uv_queue_work(save->loop, &save->work, on_work, on_worked);
}

static void on_timer(uv_timer_t *timer)
{
	struct save *save = timer->data;
	int error;

	if (save->working || uv_is_active((uv_handle_t *)&save->idle))
		return;
	gather(save);
	error = begin(save);
	if (error)
		complain(save, error);
	else
		uv_idle_start(&save->idle, on_idle);
}

/* ---- restoring ---- */

struct restoring {
	struct save *save;
	struct dnsbl *dnsbl;
	size_t verdicts;
};

static bool on_fingerprint(void *context, uint64_t fingerprint)
{
	const struct restoring *restoring = context;
	const struct config_dnsbl *config = restoring->save->config;

	return config && fingerprint == causes_fingerprint(config);
}

static void on_quota(void *context, const struct saved_quota *quota)
{
	struct restoring *restoring = context;
	struct dnsbl_quota used = {
		.zone = quota->zone,
		.started_s = quota->started_s,
		.used = quota->used,
		.prewarmed = quota->prewarmed,
	};

	if (restoring->dnsbl)
		dnsbl_quota_restore(restoring->dnsbl, &used);
}

/* A verdict that holds for longer than any can is of another clock. */
static bool make_verdict(const struct save *save,
			 const struct saved_verdict *saved,
			 struct source_verdict *out)
{
	uint64_t now_s = (uint64_t)time(NULL), now_ns = clock_monotonic_ns();
	struct policy_lifetime life;

	if (saved->expires_s <= now_s ||
	    saved->expires_s - now_s > DNSBL_TTL_MAX || saved->since_s > now_s)
		return false;
	life = policy_lifetime((uint32_t)(saved->expires_s - now_s));
	*out = (struct source_verdict){
		.verdict = saved->verdict,
		.score = saved->score,
		.refresh = clock_jiffies_at(save->of.clock,
					    now_ns + life.refresh_ns),
		.expires = jiffies_of(save, saved->expires_s),
		.since = jiffies_of(save, saved->since_s),
		.causes = saved->causes,
	};
	return true;
}

static void on_verdict(void *context, const struct saved_verdict *saved)
{
	struct restoring *restoring = context;
	struct save *save = restoring->save;
	struct source_verdict next, found, network;
	uint64_t now = clock_jiffies_at(save->of.clock, clock_monotonic_ns());

	if (!make_verdict(save, saved, &next) ||
	    (verdicts_get(save->of.verdicts, &saved->source, &found) == 0 &&
	     verdicts_is_valid(save->of.verdicts, &found)) ||
	    verdicts_put(save->of.verdicts, &saved->source, &next))
		return;
	restoring->verdicts++;
	if (!neighbours_is_key(&saved->source))
		neighbours_note(save->of.neighbours, &saved->source, &next, now,
				&network);
}

void save_restore(struct save *save, struct dnsbl *dnsbl)
{
	struct restoring restoring = {.save = save, .dnsbl = dnsbl};
	const struct saved_visitor visitor = {
		.fingerprint = on_fingerprint,
		.quota = on_quota,
		.verdict = on_verdict,
		.context = &restoring,
	};
	const char *why = NULL;
	void *data = NULL;
	size_t size = 0;
	int error;

	save->restored = true;
	error = save_file_read(save->directory, FILE_NAME, SAVED_STATE_MAX,
			       &data, &size);
	if (error == -ENOENT)
		return;
	if (error || saved_state_read(data, size, &visitor, &why))
		log_warning("%s/%s %s%s, so nothing is known from before the "
			    "restart%s",
			    save->directory, FILE_NAME,
			    error ? "can't be read: " : why,
			    error ? strerror(-error) : "",
			    save_file_put_aside(save->directory, FILE_NAME)
				    ? ""
				    : "; it is put aside");
	else if (restoring.verdicts)
		log_notice("verdicts known from before the restart: %zu",
			   restoring.verdicts);
	free(data);
}

/* ---- life ---- */

int save_create(uv_loop_t *loop, const struct save_of *of, struct save **out)
{
	struct save *save = calloc(1, sizeof(*save));

	if (save)
		save->directory = strdup(of->directory);
	if (!save || !save->directory) {
		free(save);
		return -ENOMEM;
	}
	save->loop = loop;
	save->of = *of;
	uv_timer_init(loop, &save->timer);
	uv_idle_init(loop, &save->idle);
	save->handles = 2;
	save->timer.data = save;
	save->idle.data = save;
	uv_timer_start(&save->timer, on_timer, EVERY_MS, EVERY_MS);
	*out = save;
	return 0;
}

void save_use(struct save *save, const struct config_dnsbl *config,
	      const struct dnsbl *dnsbl)
{
	save->config = config;
	save->dnsbl = dnsbl;
}

static void on_closed(uv_handle_t *handle)
{
	struct save *save = handle->data;

	save->handles--;
	free_when_idle(save);
}

void save_close(struct save *save)
{
	save->closing = true;
	gather(save);
	if (uv_is_active((uv_handle_t *)&save->idle)) {
		uv_idle_stop(&save->idle);
		save_file_discard(&save->file);
	}
	/* Otherwise once the work is done: both would use the same name. */
	if (save->restored && !save->working)
		save_at_once(save);
	uv_close((uv_handle_t *)&save->timer, on_closed);
	uv_close((uv_handle_t *)&save->idle, on_closed);
}

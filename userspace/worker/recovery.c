/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After an outage: hooks, and the queue back to the primary. */

#include "worker/recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/flush.h"
#include "core/log.h"
#include "tables/clock.h"
#include "worker/runtime_file.h"

#define TICK_MS	  250
#define FILE_NAME "recovery.json"

struct recovery {
	recovery_tell *tell;
	void *context;
	char *directory;
	struct runtime_file file;
	const struct config *config;
	enum policy_health site; /* the last thing that was known */
	bool owes_up;		 /* on-up */
	uint64_t up_due_ns;
	struct flush flush;
	bool kept; /* what the file says */
	uv_timer_t tick;
};

static bool owes(const struct recovery *recovery)
{
	return recovery->owes_up || recovery->flush.owed;
}

static void keep(struct recovery *recovery)
{
	bool owed = owes(recovery);

	if (owed == recovery->kept && !runtime_file_is_due(&recovery->file))
		return;
	recovery->kept = owed;
	runtime_file_save(&recovery->file,
			  json_pack("{s:b}", "owed", (int)owed));
}

/* A flush too many does no harm; mail that nobody asks for may wait long. */
static void load(struct recovery *recovery)
{
	json_t *object = NULL;
	const json_t *owed;
	int error = runtime_file_load(&recovery->file, &object);

	owed = json_object_get(object, "owed");
	recovery->kept = json_is_true(owed);
	recovery->owes_up = recovery->kept;
	if (object && !json_is_boolean(owed)) {
		runtime_file_refuse(&recovery->file, "it does not tell");
		error = -EBADMSG;
	}
	if (error) {
		log_notice("the queue will be flushed, as nobody knows "
			   "whether it has to be");
		recovery->owes_up = true;
	}
	json_decref(object);
}

static void run_hook(struct recovery *recovery, enum hook hook,
		     enum policy_why why)
{
	const struct message message = {
		.kind = MESSAGE_HOOK,
		.hook = {.hook = hook, .why = why},
	};

	recovery->tell(recovery->context, &message);
}

static void run_up(struct recovery *recovery, uint64_t now_ns)
{
	if (!recovery->owes_up || !recovery->flush.healthy ||
	    now_ns < recovery->up_due_ns)
		return;
	recovery->owes_up = false;
	run_hook(recovery, HOOK_UP, POLICY_UP);
}

static void flush_next(struct recovery *recovery, uint64_t now_ns)
{
	struct message message = {.kind = MESSAGE_FLUSH};
	size_t index;

	if (!flush_take(&recovery->flush, now_ns, &index))
		return;
	message.id = (uint32_t)index;
	recovery->tell(recovery->context, &message);
}

static void on_tick(uv_timer_t *timer)
{
	struct recovery *recovery = timer->data;
	uint64_t now_ns = clock_monotonic_ns();

	run_up(recovery, now_ns);
	flush_next(recovery, now_ns);
	keep(recovery);
}

int recovery_create(uv_loop_t *loop, const char *directory, recovery_tell *tell,
		    void *context, struct recovery **out)
{
	struct recovery *recovery = calloc(1, sizeof(*recovery));

	if (!recovery)
		return -ENOMEM;
	recovery->directory = strdup(directory);
	if (!recovery->directory) {
		free(recovery);
		return -ENOMEM;
	}
	recovery->file = (struct runtime_file){
		.directory = recovery->directory,
		.name = FILE_NAME,
		.what = "whether the queue has to be flushed",
	};
	recovery->tell = tell;
	recovery->context = context;
	load(recovery);
	uv_timer_init(loop, &recovery->tick);
	recovery->tick.data = recovery;
	uv_timer_start(&recovery->tick, on_tick, TICK_MS, TICK_MS);
	*out = recovery;
	return 0;
}

static bool same_domains(const struct config_queue *a,
			 const struct config_queue *b)
{
	if (a->flush_count != b->flush_count)
		return false;
	for (size_t i = 0; i < a->flush_count; i++)
		if (strcmp(a->flush[i], b->flush[i]) != 0)
			return false;
	return true;
}

void recovery_use(struct recovery *recovery, const struct config *config)
{
	bool first = !recovery->config;

	if (first || !same_domains(&recovery->config->queue, &config->queue))
		flush_set(&recovery->flush, config->queue.flush_count);
	/* Owed since before this process began. */
	if (first && recovery->owes_up)
		flush_outage(&recovery->flush);
	recovery->config = config;
}

static void begin_outage(struct recovery *recovery)
{
	flush_outage(&recovery->flush);
	recovery->owes_up = true;
	run_hook(recovery, HOOK_DOWN, POLICY_DOWN);
}

static void begin_health(struct recovery *recovery)
{
	uint64_t settle_ns = recovery->config->health.settle_ms * NS_PER_MS;
	uint64_t now_ns = clock_monotonic_ns();
	bool settling = now_ns < recovery->up_due_ns;

	flush_healthy(&recovery->flush, now_ns, settle_ns);
	recovery->up_due_ns = now_ns + settle_ns;
	/* The other family comes back a moment later: that is no news. */
	if (owes(recovery) && !settling)
		log_info("the primary is back: its mail follows when it has "
			 "settled");
}

void recovery_came_back(struct recovery *recovery)
{
	flush_outage(&recovery->flush);
	recovery->owes_up = true;
}

void recovery_follow(struct recovery *recovery, enum policy_health site)
{
	if (site == POLICY_HEALTH_UNKNOWN) {
		flush_falter(&recovery->flush);
		return;
	}
	if (site == POLICY_HEALTH_DOWN && recovery->site != site)
		begin_outage(recovery);
	else if (site == POLICY_HEALTH_UP && !recovery->flush.healthy)
		begin_health(recovery);
	recovery->site = site;
	keep(recovery);
}

void recovery_flushed(struct recovery *recovery, const struct message *message)
{
	uint64_t delay_ns;
	uint32_t random = UINT32_MAX / 2;

	/* One that an earlier worker asked for is none of ours. */
	if (!recovery->flush.running || message->id != recovery->flush.current)
		return;
	delay_ns = recovery->config->queue.flush_delay_ms * NS_PER_MS;
	/* Without randomness there is just no jitter. */
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	flush_done(&recovery->flush, clock_monotonic_ns(),
		   flush_pause(delay_ns, random));
	if (recovery->flush.owed == 0)
		log_notice("delivery of the mail for all domains has been "
			   "asked for");
}

/* Seconds until the next step, or null: it waits for the primary. */
static json_t *wait_json(const struct recovery *recovery)
{
	const struct flush *flush = &recovery->flush;
	uint64_t due_ns =
		recovery->owes_up ? recovery->up_due_ns : flush->due_ns;
	uint64_t now_ns = clock_monotonic_ns();

	if (!flush->healthy)
		return json_null();
	return json_real(due_ns > now_ns ? (double)(due_ns - now_ns) / 1e9 : 0);
}

json_t *recovery_json(const struct recovery *recovery)
{
	const struct flush *flush = &recovery->flush;

	if (!owes(recovery))
		return json_null();
	return json_pack(
		"{s:I, s:s?, s:b, s:o}", "owed", (json_int_t)flush->owed,
		"next",
		flush->owed ? recovery->config->queue.flush[flush->next] : NULL,
		"on_up", (int)recovery->owes_up, "in_s", wait_json(recovery));
}

static void on_closed(uv_handle_t *handle)
{
	struct recovery *recovery = handle->data;

	free(recovery->directory);
	free(recovery);
}

void recovery_close(struct recovery *recovery)
{
	uv_close((uv_handle_t *)&recovery->tick, on_closed);
}

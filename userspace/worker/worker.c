/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's loop: start-up, the parent's messages, timers, the end. */

#include "worker/worker.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/log.h"
#include "worker/state.h"

#define RENEW_MS 2000
#define SWEEP_MS 1000

/* How often it is said that nudges were lost. */
#define NUDGES_SAY_NS (60 * NS_PER_S)

/* As at the start, rather than as large as what was freed last. */
#define OWN_MAPPING (128 << 10)

#define ADMIN_GROUP "postern-admin"

static void on_parent(uv_poll_t *poll, int status, int events);

static int follow_parent(struct worker *worker)
{
	int events = UV_READABLE | UV_DISCONNECT;

	if (worker->outbox.count > 0)
		events |= UV_WRITABLE;
	return uv_poll_start(&worker->parent, events, on_parent);
}

/* Who is not nudged resends its SYN by itself, a second later. */
static void nudge_was_lost(struct worker *worker)
{
	uint64_t now_ns = clock_monotonic_ns();

	worker->nudges_lost++;
	if (worker->nudges_said_ns &&
	    now_ns - worker->nudges_said_ns < NUDGES_SAY_NS)
		return;
	log_warning("sources were not nudged, as the parent is busy: %" PRIu64,
		    worker->nudges_lost);
	worker->nudges_lost = 0;
	worker->nudges_said_ns = now_ns;
}

void worker_tell(struct worker *worker, const struct message *message)
{
	bool is_nudge = message->kind == MESSAGE_NUDGE;
	int error = is_nudge ? outbox_try(&worker->outbox, message)
			     : outbox_send(&worker->outbox, message);

	if (error == -EAGAIN && is_nudge)
		nudge_was_lost(worker);
	else if (error)
		log_warning("the parent does not listen: %s", strerror(-error));
	else if (worker->outbox.count > 0 && !worker->closing)
		follow_parent(worker);
}

static void on_lease(uv_timer_t *timer)
{
	struct worker *worker = timer->data;

	settings_renew(worker->settings,
		       clock_jiffies_at(&worker->start.clock,
					clock_monotonic_ns() + LEASE_NS));
}

static void on_config(struct worker *worker, int fd);

/* Ages of files are by the clock of the wall: feeds are looked at again. */
static void follow_wall(struct worker *worker)
{
	int64_t step_s = wall_look_now(&worker->wall);

	if (step_s == 0)
		return;
	log_notice("the clock was set %s by %lld s: what lasts for a time ends "
		   "when it would have",
		   step_s > 0 ? "forward" : "back",
		   (long long)(step_s > 0 ? step_s : -step_s));
	runtime_clock_set(worker->runtime, step_s);
	orders_clock_set(worker->orders, step_s);
	feeds_reload(worker->feeds, false);
}

static void on_sweep(uv_timer_t *timer)
{
	struct worker *worker = timer->data;
	int fd;

	follow_wall(worker);
	verdicts_sweep(worker->verdicts);
	networks_sweep(worker->networks);
	gate_check(worker);
	stories_sum_up(worker->stories, clock_monotonic_ns());
	fd = room_take_deferred(worker);
	if (fd >= 0) {
		on_config(worker, fd);
		close(fd);
	}
}

static void on_addresses_changed(void *context)
{
	lookups_follow_own(context);
	gate_update(context);
}

static void on_config(struct worker *worker, int fd)
{
	struct message answer = {.kind = MESSAGE_APPLIED, .result = -EBADF};
	struct config *next = NULL;

	if (fd >= 0)
		answer.result =
			config_load(fd, "configuration", &next, answer.text);
	if (!answer.result)
		answer.result = apply_config(worker, next, answer.text);
	if (answer.result)
		config_free(next);
	door_follow(worker);
	worker_tell(worker, &answer);
	gate_run_hooks(worker);
}

void worker_on_message(struct worker *worker, const struct message *message,
		       int fd)
{
	switch (message->kind) {
	case MESSAGE_CONFIG:
		on_config(worker, fd);
		break;
	case MESSAGE_ATTACHMENTS:
		worker->attachments = message->attachments;
		break;
	case MESSAGE_NUDGES:
		worker->nudges = message->nudges;
		break;
	case MESSAGE_DOORMAN:
		door_take(worker, message->family, fd);
		break;
	case MESSAGE_IDENTITY:
		door_identify(worker, message, fd);
		break;
	case MESSAGE_EXPLAINED:
		commands_on_explained(worker, message);
		break;
	case MESSAGE_RELOADED:
		commands_on_reloaded(worker, message);
		break;
	case MESSAGE_FLUSHED:
		recovery_flushed(worker->recovery, message);
		break;
	case MESSAGE_WATCHED:
		witnesses_answer(worker, message);
		break;
	case MESSAGE_QUEUE:
		worker->queue = message->queue;
		break;
	case MESSAGE_TABLE:
		if (room_on_table(worker, message, fd))
			return;
		break;
	case MESSAGE_GROWN:
		room_on_grown(worker, message);
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void end(struct worker *worker);

static void on_parent(uv_poll_t *poll, int status, int events)
{
	struct worker *worker = poll->data;
	struct message message;
	int result, fd;

	(void)status;
	if (events & UV_WRITABLE) {
		outbox_flush(&worker->outbox);
		follow_parent(worker);
	}
	result = message_receive(worker->start.parent, &message, &fd);
	if (result == -EAGAIN || result == -EBADMSG)
		return;
	if (result <= 0) {
		end(worker);
		return;
	}
	worker_on_message(worker, &message, fd);
}

static int open_tables(struct worker *worker)
{
	const struct maps *maps = &worker->start.maps;
	int error;

	error = settings_open(maps->settings, &worker->settings);
	if (!error)
		error = verdicts_open(maps->verdicts,
				      worker->start.config->dnsbl.cache,
				      &worker->start.clock, &worker->verdicts);
	if (!error)
		error = networks_open(maps->networks, KNOWN_NETWORKS_MAX,
				      &worker->start.clock, &worker->networks);
	if (!error)
		error = knocks_create(worker->networks, remember_mercy, worker,
				      &worker->knocked);
	if (!error)
		error = lists_open(maps, worker->ranges);
	if (!error)
		error = door_start(worker);
	return error;
}

/* What is known of sources, beside the map. */
static int open_memory(struct worker *worker)
{
	const struct worker_start *start = &worker->start;
	const struct save_of of = {
		.verdicts = worker->verdicts,
		.neighbours = worker->neighbours = neighbours_create(),
		.clock = &start->clock,
		.directory = start->config->state,
	};
	int error;

	worker->stories = stories_create();
	if (!worker->neighbours || !worker->stories)
		return -ENOMEM;
	withdraw_init(&worker->withdraw, &worker->loop, worker->verdicts);
	error = save_create(&worker->loop, &of, &worker->save);
	if (!error)
		error = history_keeper_create(&worker->loop, of.directory,
					      &worker->history);
	return error;
}

static void tell_parent(void *context, const struct message *message)
{
	worker_tell(context, message);
}

static void on_order_ended(void *context)
{
	gate_update(context);
}

static int open_lists(struct worker *worker)
{
	const struct worker_start *start = &worker->start;
	int error;

	error = publisher_create(&worker->loop, worker->ranges, room_grow,
				 worker, &worker->publisher);
	if (!error)
		error = runtime_create(&worker->loop, worker->publisher,
				       &start->clock, start->config->state,
				       &worker->runtime);
	if (!error)
		error = orders_create(&worker->loop, start->config->state,
				      on_order_ended, worker, &worker->orders);
	if (!error)
		error = recovery_create(&worker->loop, start->config->state,
					tell_parent, worker, &worker->recovery);
	if (!error)
		error = feeds_create(&worker->loop, worker->publisher,
				     &start->clock, start->maps.list_counters,
				     &worker->feeds);
	return error;
}

static int open_sources(struct worker *worker, const struct config *config)
{
	int error;

	error = resolver_create(&worker->loop, config->dnsbl.nameservers,
				config->dnsbl.nameserver_count,
				&worker->resolver);
	if (!error)
		error = addresses_watch(&worker->loop, on_addresses_changed,
					worker, &worker->addresses);
	if (!error)
		error = watch_command_start(worker);
	if (!error)
		error = events_open(&worker->loop, worker->start.maps.events,
				    lookups_on_event, worker, &worker->events);
	return error;
}

static int open_control(struct worker *worker)
{
	const struct group *admin = getgrnam(ADMIN_GROUP);
	static struct control_options options;

	options = (struct control_options){
		.commands = worker_commands,
		.command_count = worker_command_count,
		.context = worker,
		.admin_group = admin ? admin->gr_gid : PEER_NO_GROUP,
		.admin_group_name = ADMIN_GROUP,
	};
	return control_server_create(&worker->loop, worker->start.control,
				     &options, &worker->control);
}

static int start_timers(struct worker *worker)
{
	int error;

	uv_timer_init(&worker->loop, &worker->lease);
	uv_timer_init(&worker->loop, &worker->sweep);
	worker->lease.data = worker;
	worker->sweep.data = worker;
	uv_timer_init(&worker->loop, &worker->kept_timer);
	worker->kept_timer.data = worker;
	worker->parent.data = worker;
	wall_look_now(&worker->wall);
	error = uv_poll_init(&worker->loop, &worker->parent,
			     worker->start.parent);
	if (!error)
		error = follow_parent(worker);
	if (!error)
		error = uv_timer_start(&worker->sweep, on_sweep, SWEEP_MS,
				       SWEEP_MS);
	return error;
}

/*
 * What an earlier worker has closed, the program believes so long.  In new maps
 * there is no lease yet, and 0 is no time of this clock.
 */
static void keep_gates(struct worker *worker)
{
	uint64_t lease = settings_lease(worker->settings);

	if (lease)
		gate_keep(worker, clock_ns_at(&worker->start.clock, lease));
}

static int set_up(struct worker *worker)
{
	struct message ready = {.kind = MESSAGE_READY};
	char text[CONFIG_ERROR_TEXT];
	int error;

	outbox_init(&worker->outbox, worker->start.parent);
	error = open_tables(worker);
	if (!error)
		error = open_memory(worker);
	if (!error)
		error = open_lists(worker);
	if (!error)
		error = open_sources(worker, worker->start.config);
	if (!error)
		error = open_control(worker);
	if (!error)
		error = start_timers(worker);
	if (error) {
		log_error("can't start: %s", strerror(-error));
		return error;
	}
	keep_gates(worker);
	error = apply_config(worker, worker->start.config, text);
	if (error) {
		log_error("%s", text);
		return error;
	}
	gate_run_hooks(worker);
	save_restore(worker->save, worker->dnsbl);
	/* The first lease: the program may be attached from now on. */
	on_lease(&worker->lease);
	uv_timer_start(&worker->lease, on_lease, RENEW_MS, RENEW_MS);
	worker_tell(worker, &ready);
	return 0;
}

static void close_handle(uv_handle_t *handle)
{
	if (handle->type != UV_UNKNOWN_HANDLE && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* The loop ends by itself once all is closed. */
static void end(struct worker *worker)
{
	if (worker->closing)
		return;
	worker->closing = true;
	close_handle((uv_handle_t *)&worker->parent);
	close_handle((uv_handle_t *)&worker->lease);
	close_handle((uv_handle_t *)&worker->sweep);
	close_handle((uv_handle_t *)&worker->kept_timer);
	close_handle((uv_handle_t *)&worker->withdraw.idle);
	if (worker->save)
		save_close(worker->save);
	if (worker->history)
		history_keeper_close(worker->history);
	if (worker->control)
		control_server_close(worker->control);
	if (worker->watch)
		watch_close(worker->watch);
	if (worker->feeds)
		feeds_close(worker->feeds);
	if (worker->runtime)
		runtime_close(worker->runtime);
	if (worker->orders)
		orders_close(worker->orders);
	if (worker->recovery)
		recovery_close(worker->recovery);
	if (worker->verifier)
		verifier_close(worker->verifier);
	if (worker->publisher)
		publisher_close(worker->publisher);
	door_close(worker);
	events_close(worker->events);
	addresses_unwatch(worker->addresses);
	if (worker->primaries)
		primaries_close(worker->primaries);
	if (worker->dnsbl)
		dnsbl_close(worker->dnsbl);
	if (worker->resolver)
		resolver_close(worker->resolver);
}

static void clean_up(struct worker *worker)
{
	answers_free(worker->answers);
	neighbours_free(worker->neighbours);
	stories_free(worker->stories);
	lists_close(worker->ranges);
	knocks_free(worker->knocked);
	networks_close(worker->networks);
	verdicts_close(worker->verdicts);
	patience_free(worker->patience);
	door_texts_free(worker->door_texts);
	tls_identity_free(worker->door_tls);
	settings_close(worker->settings);
}

int worker_run(const struct worker_start *start)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int error;

	if (!worker) {
		log_error("can't start: %s", strerror(ENOMEM));
		return 1;
	}
	/*
	 * Large arrays grow by remapping, and go back to the system when a
	 * feed has been read: so its peak stays within bounds.
	 */
	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	/* Should the parent vanish without closing its socket. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	worker->start = *start;
	room_init(&worker->room);
	uv_loop_init(&worker->loop);
	error = set_up(worker);
	if (error)
		end(worker);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	clean_up(worker);
	uv_loop_close(&worker->loop);
	free(worker);
	return error ? 1 : 0;
}

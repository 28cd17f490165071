/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the worker asks for.  The parent takes it for a stranger's: each kind
 * of request has its budget, all of them together have a share of the
 * parent's time, and a worker that says what none of ours would say is
 * replaced.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/state.h"

/*
 * The worker's share of the parent's time: what it asks for costs four times
 * as much as it takes, so a flood keeps a quarter of one CPU busy.  Meanwhile
 * it waits in the socket, whose room is limited; signals, hooks and links do
 * not wait.
 */
#define SHARE	4
#define MOST_NS (SHARE * NS_PER_S)

/* For each look at the other descriptors. */
#define AT_ONCE 16

#define TELL_EVERY_NS (60 * NS_PER_S)

static void on_ready(struct parent *parent, struct message *message)
{
	(void)message;
	if (!parent->attached) {
		if (links_attach(parent->links, parent->config)) {
			parent->stop = true;
			parent->status = 1;
			return;
		}
		links_drop_others(parent->links, parent->config);
		steering_drop(parent->steering, parent->config);
		parent->attached = true;
	}
	parent_tell_attachments(parent);
	parent_tell_nudges(parent);
}

static void on_explain(struct parent *parent, struct message *message)
{
	struct message answer = {.kind = MESSAGE_EXPLAINED, .id = message->id};

	answer.result = loader_explain(parent->loader, &message->source,
				       &answer.decision);
	worker_process_tell(parent, &answer, -1);
}

static void on_nudge(struct parent *parent, struct message *message)
{
	if (parent->config->dnsbl.nudge)
		nudge_source(parent->nudger, &message->source);
}

static void on_hook(struct parent *parent, struct message *message)
{
	const struct hook_call *call = &message->hook;

	if ((unsigned int)call->hook < HOOKS && call->hook != HOOK_FAIL_OPEN &&
	    (unsigned int)call->family < FAMILY_MAX &&
	    (unsigned int)call->why < POLICY_WHYS)
		hooks_run(parent->hooks, parent->config, call);
}

static void on_flush(struct parent *parent, struct message *message)
{
	queue_flush(parent->queue, parent->config, message->id);
}

static void refuse_flush(struct parent *parent, const struct message *message)
{
	const struct message answer = {
		.kind = MESSAGE_FLUSHED, .id = message->id, .result = -EBUSY};

	worker_process_tell(parent, &answer, -1);
}

static void on_reload(struct parent *parent, struct message *message)
{
	reload_start(parent, message->id);
}

static void refuse_reload(struct parent *parent, const struct message *message)
{
	reload_busy(parent, message->id, "too many reloads: try again later");
}

static void on_grow(struct parent *parent, struct message *message)
{
	grow_tables(parent, message);
}

static void on_watch(struct parent *parent, struct message *message)
{
	struct message answer = {.kind = MESSAGE_WATCHED, .id = message->id};

	if (message->id)
		answer.result = primary_watch_attach(
			parent->watch, parent->loader, answer.text);
	else
		primary_watch_detach(parent->watch);
	worker_process_tell(parent, &answer, -1);
}

static void refuse_watch(struct parent *parent, const struct message *message)
{
	struct message answer = {
		.kind = MESSAGE_WATCHED, .id = message->id, .result = -EBUSY};

	snprintf(answer.text, sizeof(answer.text), "asked for too often");
	worker_process_tell(parent, &answer, -1);
}

/*
 * No honest worker comes near these.  What is refused without a word is of no
 * use so often; what costs only the parent's time has that share alone.
 */
static const struct request {
	void (*serve)(struct parent *parent, struct message *message);
	void (*refuse)(struct parent *parent, const struct message *message);
	uint64_t each_ns; /* one in so long; 0: no budget of its own */
	uint32_t at_once;
} requests[MESSAGE_KINDS] = {
	[MESSAGE_READY] = {on_ready, NULL, 10 * NS_PER_S, 4},
	[MESSAGE_EXPLAIN] = {on_explain, NULL, 0, 0},
	[MESSAGE_NUDGE] = {on_nudge, NULL, 0, 0},
	[MESSAGE_HOOK] = {on_hook, NULL, 2 * NS_PER_S, 64},
	[MESSAGE_FLUSH] = {on_flush, refuse_flush, NS_PER_S, 64},
	[MESSAGE_RELOAD] = {on_reload, refuse_reload, NS_PER_S / 10, 1000},
	[MESSAGE_GROW] = {on_grow, NULL, 0, 0}, /* has its own */
	[MESSAGE_WATCH] = {on_watch, refuse_watch, NS_PER_S, 64},
	[MESSAGE_APPLIED] = {reload_applied, NULL, 0, 0},
};

static void tell_left_out(struct requests *state, uint64_t now_ns)
{
	state->left_out++;
	if (!budget_take(&state->told, now_ns, TELL_EVERY_NS, TELL_EVERY_NS))
		return;
	log_warning("the worker asks for too much: %llu of its requests left "
		    "out",
		    (unsigned long long)state->left_out);
	state->left_out = 0;
}

static void serve(struct parent *parent, struct message *message)
{
	const struct request *request = &requests[message->kind];
	struct requests *state = &parent->requests;
	uint64_t now_ns = clock_monotonic_ns();

	if (!request->serve) {
		log_error("the worker sent what only the parent may send");
		worker_process_replace(parent);
		return;
	}
	if (!request->each_ns ||
	    budget_take(&state->of[message->kind], now_ns, request->each_ns,
			request->at_once * request->each_ns)) {
		request->serve(parent, message);
		return;
	}
	tell_left_out(state, now_ns);
	if (request->refuse)
		request->refuse(parent, message);
}

/* Returns whether there may be more. */
static bool serve_one(struct parent *parent)
{
	struct message message;
	int result, fd;

	result = message_receive(parent->socket, &message, &fd);
	if (result == -EAGAIN || result == -EINTR)
		return false;
	if (result == 1 && fd >= 0) {
		close(fd);
		result = -EBADMSG; /* the parent asks for none */
	}
	if (result == -EBADMSG)
		log_error("the worker sent a malformed message");
	if (result <= 0) {
		/* Without its socket it is of no use. */
		worker_process_replace(parent);
		return false;
	}
	serve(parent, &message);
	return parent->socket >= 0 && !parent->stop;
}

static uint64_t used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

void requests_serve(struct parent *parent)
{
	parent->requests.served = true;
	for (int i = 0; i < AT_ONCE && serve_one(parent); i++)
		;
}

/*
 * Who asks for little at a time makes the loop turn for each of it, and what a
 * request has begun may be done by the rest of its turn: all that counts.
 */
uint64_t requests_poll(struct parent *parent, struct pollfd *fd)
{
	struct requests *state = &parent->requests;
	uint64_t turned_ns = used_ns() - state->used_ns;
	uint64_t now_ns = clock_monotonic_ns(), rest_ns;

	if (state->served)
		budget_spend(&state->share, now_ns, turned_ns * SHARE);
	state->served = false;
	state->used_ns += turned_ns;
	rest_ns = budget_wait_ns(&state->share, now_ns, MOST_NS);
	*fd = (struct pollfd){.fd = rest_ns ? -1 : parent->socket,
			      .events = POLLIN};
	return rest_ns;
}

void requests_renew(struct parent *parent)
{
	memset(parent->requests.of, 0, sizeof(parent->requests.of));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the commands of the configuration, in lanes. */

#include "parent/hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "parent/command.h"
#include "tables/clock.h"

#define TIME_LIMIT_NS (60 * NS_PER_S)

/* Changes that wait for their turn. */
#define WAITING_MAX 8

enum lane_number {
	LANE_SITE,
	LANE_GATE,
	LANE_FAILURE,
	LANES,
};
_Static_assert(LANES == HOOK_LANES, "as many as are polled");

static const struct {
	const char *name;
	enum lane_number lane;
	size_t command; /* offset in struct config */
} table[HOOKS] = {
	[HOOK_UP] = {"on-up", LANE_SITE, offsetof(struct config, health.on_up)},
	[HOOK_DOWN] = {"on-down", LANE_SITE,
		       offsetof(struct config, health.on_down)},
	[HOOK_OPEN] = {"on-open", LANE_GATE,
		       offsetof(struct config, health.on_open)},
	[HOOK_CLOSE] = {"on-close", LANE_GATE,
			offsetof(struct config, health.on_close)},
	[HOOK_FAIL_OPEN] = {"on-fail-open", LANE_FAILURE,
			    offsetof(struct config, health.on_fail_open)},
};

struct lane {
	struct command command;
	struct hook_call waiting[WAITING_MAX]; /* the oldest first */
	size_t count;
};

struct hooks {
	struct lane lanes[LANES];
};

int hooks_create(struct hooks **out)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return -ENOMEM;
	for (size_t i = 0; i < LANES; i++)
		hooks->lanes[i].command = command_idle();
	*out = hooks;
	return 0;
}

static char *const *command_of(const struct config *config, enum hook hook)
{
	char **words;

	memcpy(&words, (const char *)config + table[hook].command,
	       sizeof(words));
	return words;
}

static bool has_gate(enum hook hook)
{
	return table[hook].lane == LANE_GATE;
}

static const char *why_of(const struct hook_call *call)
{
	if (call->hook == HOOK_FAIL_OPEN)
		return "the daemon's lease has run out";
	return policy_why_words(call->why);
}

static void run(struct lane *lane, const struct config *config,
		const struct hook_call *call)
{
	const char *family = call->family == FAMILY_IPV4 ? "ipv4" : "ipv6";
	const struct config_guard guard = config_guard(config, call->guard);
	const struct command_variable environment[] = {
		{"POSTERN_HOOK", table[call->hook].name},
		{"POSTERN_WHY", why_of(call)},
		{has_gate(call->hook) ? "POSTERN_GUARD" : NULL, guard.name},
		{"POSTERN_FAMILY", family},
		{NULL, NULL},
	};

	command_start(&lane->command, table[call->hook].name,
		      command_of(config, call->hook), environment,
		      TIME_LIMIT_NS);
}

/* A reload may have taken the command away; a worker may say anything. */
static bool is_known(const struct config *config, const struct hook_call *call)
{
	return command_of(config, call->hook) &&
	       call->guard < config_guard_count(config);
}

/* The oldest that waits, if it is still to be run. */
static void run_next(struct lane *lane, const struct config *config)
{
	while (lane->count && !command_runs(&lane->command)) {
		struct hook_call call = lane->waiting[0];

		lane->count--;
		memmove(lane->waiting, lane->waiting + 1,
			lane->count * sizeof(call));
		if (is_known(config, &call))
			run(lane, config, &call);
	}
}

static bool is_same(const struct hook_call *a, const struct hook_call *b)
{
	return a->hook == b->hook && a->guard == b->guard &&
	       a->family == b->family;
}

void hooks_run(struct hooks *hooks, const struct config *config,
	       const struct hook_call *call)
{
	struct lane *lane = &hooks->lanes[table[call->hook].lane];

	if (!is_known(config, call))
		return;
	/* What would only repeat the last one that waits. */
	if (lane->count && is_same(&lane->waiting[lane->count - 1], call))
		return;
	if (lane->count == WAITING_MAX) {
		log_warning("%s: too many changes wait for it, so one is "
			    "given up",
			    table[lane->waiting[0].hook].name);
		lane->count--;
		memmove(lane->waiting, lane->waiting + 1,
			lane->count * sizeof(*call));
	}
	lane->waiting[lane->count++] = *call;
	run_next(lane, config);
}

void hooks_carry(struct hooks *hooks, const struct config *before,
		 const struct config *next)
{
	struct lane *lane = &hooks->lanes[LANE_GATE];
	size_t kept = 0;

	for (size_t i = 0; i < lane->count; i++) {
		struct hook_call call = lane->waiting[i];
		size_t guard = config_guard_named(
			next, config_guard(before, call.guard).name);

		if (guard == SIZE_MAX)
			continue;
		call.guard = (uint32_t)guard;
		lane->waiting[kept++] = call;
	}
	lane->count = kept;
}

size_t hooks_poll(const struct hooks *hooks, struct pollfd *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < LANES; i++)
		if (hooks->lanes[i].command.output >= 0)
			fds[count++] = (struct pollfd){
				.fd = hooks->lanes[i].command.output,
				.events = POLLIN,
			};
	return count;
}

bool hooks_read(struct hooks *hooks, int fd)
{
	for (size_t i = 0; i < LANES; i++) {
		if (hooks->lanes[i].command.output != fd)
			continue;
		command_read(&hooks->lanes[i].command);
		return true;
	}
	return false;
}

bool hooks_reaped(struct hooks *hooks, const struct config *config, pid_t pid,
		  int status)
{
	bool failed;

	for (size_t i = 0; i < LANES; i++) {
		if (!command_reaped(&hooks->lanes[i].command, pid, status,
				    &failed))
			continue;
		run_next(&hooks->lanes[i], config);
		return true;
	}
	return false;
}

void hooks_check(struct hooks *hooks)
{
	for (size_t i = 0; i < LANES; i++)
		command_check(&hooks->lanes[i].command);
}

void hooks_close(struct hooks *hooks)
{
	for (size_t i = 0; hooks && i < LANES; i++)
		command_close(&hooks->lanes[i].command);
	free(hooks);
}

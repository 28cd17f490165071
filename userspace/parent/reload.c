/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration comes into force in two steps: the parent attaches to what
 * is new, the worker applies the rest; what either refuses changes nothing.
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/state.h"

/* Far more than an honest worker takes to try a configuration. */
#define ANSWER_WITHIN_NS (60 * NS_PER_S)

/* Detaches from what the configuration in force doesn't need. */
static void detach(struct parent *parent)
{
	links_drop_others(parent->links, parent->config);
	steering_drop(parent->steering, parent->config);
}

static void drop(struct parent *parent)
{
	detach(parent);
	config_free(parent->reload.config);
	parent->reload.config = NULL;
}

void reload_drop(struct parent *parent)
{
	if (!parent->reload.config)
		return;
	drop(parent);
	log_error("the worker is gone during a reload: the old configuration "
		  "stays in force");
}

static void tell_result(struct parent *parent, uint32_t request, int result,
			const char *text)
{
	struct message answer = {
		.kind = MESSAGE_RELOADED, .id = request, .result = result};

	if (!request)
		return;
	snprintf(answer.text, sizeof(answer.text), "%s", text);
	worker_process_tell(parent, &answer, -1);
}

static void answer_reload(struct parent *parent, uint32_t request, int result,
			  const char *text)
{
	if (result)
		log_error("configuration refused, the old one stays in force: "
			  "%s",
			  text);
	tell_result(parent, request, result, text);
}

void reload_busy(struct parent *parent, uint32_t request, const char *text)
{
	tell_result(parent, request, -EBUSY, text);
}

/* Attaches to all that `next` needs, or to nothing more. */
static int attach(struct parent *parent, const struct config *next,
		  char error[static CONFIG_ERROR_TEXT])
{
	char why[CONFIG_ERROR_TEXT] = "";
	int result;

	result = steering_attach(parent->steering, parent->loader, next, why);
	if (result) {
		snprintf(error, CONFIG_ERROR_TEXT, "%.100s: %.400s",
			 parent->config_path, why);
		return result;
	}
	result = links_attach(parent->links, next);
	if (result) {
		steering_drop(parent->steering, parent->config);
		snprintf(error, CONFIG_ERROR_TEXT,
			 "%s: can't attach to all its interfaces",
			 parent->config_path);
	}
	return result;
}

/* Attaches to what is new, then lets the worker try the rest. */
static int try_config(struct parent *parent, struct config *next, int fd,
		      uint32_t request, char error[static CONFIG_ERROR_TEXT])
{
	struct message message = {.kind = MESSAGE_CONFIG};
	const char *fixed = config_fixed_difference(parent->config, next);
	int result;

	if (fixed) {
		snprintf(error, CONFIG_ERROR_TEXT,
			 "%s: %s can't be changed while the daemon runs: "
			 "restart it",
			 parent->config_path, fixed);
		return -EINVAL;
	}
	result = attach(parent, next, error);
	if (result)
		return result;
	if (config_defers(next) && !config_defers(parent->config))
		worker_process_give_door(parent);
	result = worker_process_tell(parent, &message, fd);
	if (result) {
		detach(parent);
		snprintf(error, CONFIG_ERROR_TEXT,
			 "the worker does not listen: try again");
		return result;
	}
	parent->reload.config = next;
	parent->reload.request = request;
	parent->reload.since_ns = clock_monotonic_ns();
	return 0;
}

/* A signal has nobody who could try again: it is remembered, once. */
static void defer(struct parent *parent, uint32_t request)
{
	if (request) {
		reload_busy(parent, request,
			    "another reload is under way: try again");
		return;
	}
	if (!parent->reload.again)
		log_info("the configuration will be reloaded once %s",
			 parent->reload.config ? "the reload under way is over"
					       : "there is a worker again");
	parent->reload.again = true;
}

void reload_start(struct parent *parent, uint32_t request)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *next = NULL;
	int result, fd;

	if (parent->reload.config || parent->socket < 0) {
		defer(parent, request);
		return;
	}
	service_reloading(parent->service);
	fd = config_open(parent->config_path, error);
	result = fd < 0 ? fd
			: config_load(fd, parent->config_path, &next, error);
	if (!result)
		result = try_config(parent, next, fd, request, error);
	if (result) {
		config_free(next);
		answer_reload(parent, request, result, error);
	}
	if (fd >= 0)
		close(fd);
}

void reload_applied(struct parent *parent, struct message *message)
{
	uint32_t request = parent->reload.request;

	if (!parent->reload.config)
		return;
	message->text[sizeof(message->text) - 1] = '\0';
	if (message->result) {
		drop(parent);
		answer_reload(parent, request, message->result, message->text);
		return;
	}
	hooks_carry(parent->hooks, parent->config, parent->reload.config);
	config_free(parent->config);
	parent->config = parent->reload.config;
	parent->reload.config = NULL;
	detach(parent);
	log_notice("configuration reloaded from %s", parent->config_path);
	parent_tell_attachments(parent);
	/* Certificates are renewed beside the configuration. */
	worker_process_give_identity(parent);
	answer_reload(parent, request, 0, "");
}

void reload_check(struct parent *parent)
{
	if (parent->reload.config &&
	    clock_monotonic_ns() - parent->reload.since_ns > ANSWER_WITHIN_NS) {
		log_error("the worker does not say whether it takes the "
			  "configuration: ending it");
		worker_process_replace(parent);
	}
	if (!parent->reload.again || parent->reload.config ||
	    parent->socket < 0)
		return;
	parent->reload.again = false;
	reload_start(parent, 0);
}

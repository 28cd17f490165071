/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a name, kept up to date by TTL. */

#include "sources/follow.h"

#include <errno.h>
#include <stdlib.h>

#include "core/log.h"

#define TTL_MIN_S 60
#define TTL_MAX_S 3600
#define RETRY_S	  30
#define BUSY_S	  1 /* the resolver has too many questions now */
#define MS_PER_S  1000

struct follow {
	uv_timer_t timer;
	struct resolver *resolver;
	const char *name;
	enum family family;
	follow_found *found; /* NULL: closed */
	void *context;
	unsigned int pending; /* the timer, and a question under way */
	bool failing;
};

static void release(struct follow *follow)
{
	if (--follow->pending == 0)
		free(follow);
}

static void on_close(uv_handle_t *handle)
{
	release(handle->data);
}

static void on_due(uv_timer_t *timer);

static void ask_again_in(struct follow *follow, uint64_t seconds)
{
	uv_timer_start(&follow->timer, on_due, seconds * MS_PER_S, 0);
}

static void fail(struct follow *follow, const char *why)
{
	if (!follow->failing)
		log_warning("the %s addresses of %s can't be looked up, "
			    "the last known ones stay: %s",
			    follow->family == FAMILY_IPV4 ? "IPv4" : "IPv6",
			    follow->name, why);
	follow->failing = true;
	ask_again_in(follow, RETRY_S);
}

static uint64_t bounded_ttl(uint32_t ttl_s)
{
	if (ttl_s < TTL_MIN_S)
		return TTL_MIN_S;
	return ttl_s > TTL_MAX_S ? TTL_MAX_S : ttl_s;
}

static void on_answer(void *context, const struct answer *answer)
{
	struct follow *follow = context;

	if (follow->found && answer->kind == ANSWER_FAILED) {
		fail(follow, answer->why);
	} else if (follow->found) {
		follow->failing = false;
		ask_again_in(follow, bounded_ttl(answer->ttl_s));
		follow->found(
			follow->context, follow->family, answer->addresses,
			answer->kind == ANSWER_RECORDS ? answer->count : 0);
	}
	release(follow);
}

static void on_due(uv_timer_t *timer)
{
	struct follow *follow = timer->data;
	int error;

	error = resolver_ask(follow->resolver, follow->name,
			     follow->family == FAMILY_IPV4 ? QUESTION_A
							   : QUESTION_AAAA,
			     on_answer, follow);
	if (error == -EAGAIN)
		ask_again_in(follow, BUSY_S);
	else if (error)
		fail(follow, uv_strerror(error));
	else
		follow->pending++;
}

int follow_start(uv_loop_t *loop, struct resolver *resolver, const char *name,
		 enum family family, follow_found *found, void *context,
		 struct follow **out)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (!follow)
		return -ENOMEM;
	follow->resolver = resolver;
	follow->name = name;
	follow->family = family;
	follow->found = found;
	follow->context = context;
	follow->pending = 1;
	uv_timer_init(loop, &follow->timer);
	follow->timer.data = follow;
	ask_again_in(follow, 0);
	*out = follow;
	return 0;
}

void follow_close(struct follow *follow)
{
	follow->found = NULL;
	uv_close((uv_handle_t *)&follow->timer, on_close);
}

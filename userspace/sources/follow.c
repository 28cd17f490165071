/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a name, kept up to date by TTL. */

#include "sources/follow.h"

#include <errno.h>
#include <stdlib.h>

#include "core/log.h"

#define TTL_MIN_S 60
#define TTL_MAX_S 3600
#define RETRY_S	  30
#define BUSY_S	  1 /* the resolver has too many questions now */
#define MS_PER_S  1000

static const char *const words[] = {
	[QUESTION_A] = "IPv4 addresses",
	[QUESTION_AAAA] = "IPv6 addresses",
	[QUESTION_MX] = "MX records",
	[QUESTION_TXT] = "TXT records",
};

struct follow {
	uv_timer_t timer;
	struct resolver *resolver;
	const char *name;
	enum question_type type;
	follow_found *found; /* NULL: closed */
	void *context;
	unsigned int pending; /* the timer, and a question under way */
	bool failing;
	uint64_t known_ms; /* when it was answered last; 0: never, or stale */
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

static void fail(struct follow *follow, const struct answer *failed)
{
	uint64_t now_ms = uv_now(follow->timer.loop);

	if (!follow->failing)
		log_warning("the %s of %s can't be looked up%s: %s",
			    words[follow->type], follow->name,
			    follow->known_ms ? ", the last known ones stay"
					     : "",
			    failed->why);
	follow->failing = true;
	ask_again_in(follow, RETRY_S);
	if (!follow->known_ms ||
	    now_ms - follow->known_ms < FOLLOW_STALE_S * MS_PER_S)
		return;
	log_warning("the %s of %s have not been seen for a day: not known "
		    "any more",
		    words[follow->type], follow->name);
	follow->known_ms = 0;
	follow->found(follow->context, failed);
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
		fail(follow, answer);
	} else if (follow->found) {
		follow->failing = false;
		follow->known_ms = uv_now(follow->timer.loop);
		ask_again_in(follow, bounded_ttl(answer->ttl_s));
		follow->found(follow->context, answer);
	}
	release(follow);
}

static void on_due(uv_timer_t *timer)
{
	struct follow *follow = timer->data;
	static struct answer failed;
	int error;

	error = resolver_ask(follow->resolver, follow->name, follow->type,
			     on_answer, follow);
	if (error == -EAGAIN) {
		ask_again_in(follow, BUSY_S);
	} else if (error) {
		answer_fail(&failed, follow->type, uv_strerror(error));
		fail(follow, &failed);
	} else {
		follow->pending++;
	}
}

int follow_start(uv_loop_t *loop, struct resolver *resolver, const char *name,
		 enum question_type type, uint64_t delay_ms,
		 follow_found *found, void *context, struct follow **out)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (!follow)
		return -ENOMEM;
	follow->resolver = resolver;
	follow->name = name;
	follow->type = type;
	follow->found = found;
	follow->context = context;
	follow->pending = 1;
	uv_timer_init(loop, &follow->timer);
	follow->timer.data = follow;
	uv_timer_start(&follow->timer, on_due, delay_ms, 0);
	*out = follow;
	return 0;
}

void follow_close(struct follow *follow)
{
	follow->found = NULL;
	uv_close((uv_handle_t *)&follow->timer, on_close);
}

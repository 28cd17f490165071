/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies are noted as they come and given to whoever asked by an idle handle,
 * in the loop's next round: so a callback finds nothing half done, neither in
 * c-ares nor in the caller.
 */

#include "sources/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/log.h"
#include "sources/channel.h"

#define RESOLV_CONF    "/etc/resolv.conf"
#define RESOLV_CONF_MS 5000
#define CHANNELS_MAX   8
#define HANDLES	       3

struct question {
	struct resolver *resolver;
	struct question *next; /* among the unused or the finished ones */
	resolver_done *done;
	void *context;
	enum question_type type;
	char name[SITE_ZONE_MAX];
	uint8_t *reply; /* NULL: none came, and `failure` says why */
	size_t length;
	const char *failure;
};

struct resolver {
	uv_loop_t *loop;
	uv_idle_t hand_out;
	uv_timer_t tick;
	uv_timer_t watch;
	struct config_nameserver nameservers[CONFIG_NAMESERVERS_MAX];
	size_t nameserver_count;
	struct stat resolv_conf;
	/* The first is asked; others live until they have their answers. */
	struct channel *channels[CHANNELS_MAX];
	size_t channel_count;
	struct question *unused;
	struct question *finished;
	struct question **finished_end;
	size_t pending;
	bool closing;
	unsigned int handles;
	struct answer answer;
	struct question questions[RESOLVER_WINDOW];
};

/* Runs inside of c-ares. */
static void on_reply(void *context, const uint8_t *reply, size_t length,
		     const char *failure);

static int add_channel(struct resolver *resolver)
{
	struct channel *channel;
	int error;

	error = channel_open(resolver->loop, resolver->nameservers,
			     resolver->nameserver_count, on_reply, &channel);
	if (error)
		return error;
	if (resolver->channel_count == CHANNELS_MAX)
		channel_close(resolver->channels[--resolver->channel_count]);
	for (size_t i = resolver->channel_count; i > 0; i--)
		resolver->channels[i] = resolver->channels[i - 1];
	resolver->channels[0] = channel;
	resolver->channel_count++;
	return 0;
}

static void drop_drained_channels(struct resolver *resolver)
{
	size_t kept = 1;

	for (size_t i = 1; i < resolver->channel_count; i++) {
		struct channel *channel = resolver->channels[i];

		if (channel_pending(channel) > 0)
			resolver->channels[kept++] = channel;
		else
			channel_close(channel);
	}
	resolver->channel_count = kept;
}

static void on_tick(uv_timer_t *timer)
{
	struct resolver *resolver = timer->data;

	for (size_t i = 0; i < resolver->channel_count; i++)
		channel_tick(resolver->channels[i]);
	drop_drained_channels(resolver);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct resolver *resolver = handle->data;

	if (--resolver->handles == 0)
		free(resolver);
}

static void close_handles(struct resolver *resolver)
{
	uv_close((uv_handle_t *)&resolver->hand_out, on_handle_closed);
	uv_close((uv_handle_t *)&resolver->tick, on_handle_closed);
	uv_close((uv_handle_t *)&resolver->watch, on_handle_closed);
}

/* Gives the answer away when the question's place is free again. */
static void hand_over(struct resolver *resolver, struct question *question)
{
	resolver_done *done = question->done;
	void *context = question->context;

	if (question->reply)
		answer_parse(question->reply, question->length, question->name,
			     question->type, &resolver->answer);
	else
		answer_fail(&resolver->answer, question->type,
			    question->failure);
	free(question->reply);
	question->reply = NULL;
	question->next = resolver->unused;
	resolver->unused = question;
	resolver->pending--;
	done(context, &resolver->answer);
}

static void on_hand_out(uv_idle_t *idle)
{
	struct resolver *resolver = idle->data;
	struct question *question = resolver->finished;

	resolver->finished = NULL;
	resolver->finished_end = &resolver->finished;
	while (question) {
		struct question *next = question->next;

		hand_over(resolver, question);
		question = next;
	}
	if (resolver->finished)
		return;
	uv_idle_stop(idle);
	if (resolver->closing) {
		close_handles(resolver);
	} else if (resolver->pending == 0) {
		uv_timer_stop(&resolver->tick);
		drop_drained_channels(resolver);
	}
}

static void on_reply(void *context, const uint8_t *reply, size_t length,
		     const char *failure)
{
	struct question *question = context;
	struct resolver *resolver = question->resolver;

	question->failure = failure;
	question->length = length;
	question->reply = reply ? malloc(length) : NULL;
	if (reply && question->reply)
		memcpy(question->reply, reply, length);
	else if (reply)
		question->failure = "out of memory";
	question->next = NULL;
	*resolver->finished_end = question;
	resolver->finished_end = &question->next;
	uv_idle_start(&resolver->hand_out, on_hand_out);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_resolv_conf(struct stat *status)
{
	if (stat(RESOLV_CONF, status) != 0)
		memset(status, 0, sizeof(*status));
}

static void on_watch(uv_timer_t *timer)
{
	struct resolver *resolver = timer->data;
	struct stat now;
	int error;

	if (resolver->nameserver_count > 0)
		return;
	read_resolv_conf(&now);
	if (same_file(&now, &resolver->resolv_conf))
		return;
	resolver->resolv_conf = now;
	error = add_channel(resolver);
	if (error)
		log_warning("%s has changed, but can't be used: %s",
			    RESOLV_CONF, strerror(-error));
	else
		log_notice("%s has changed: asking its nameservers from now on",
			   RESOLV_CONF);
	drop_drained_channels(resolver);
}

static void start(struct resolver *resolver)
{
	resolver->handles = HANDLES;
	uv_idle_init(resolver->loop, &resolver->hand_out);
	uv_timer_init(resolver->loop, &resolver->tick);
	uv_timer_init(resolver->loop, &resolver->watch);
	resolver->hand_out.data = resolver;
	resolver->tick.data = resolver;
	resolver->watch.data = resolver;
	uv_timer_start(&resolver->watch, on_watch, RESOLV_CONF_MS,
		       RESOLV_CONF_MS);
}

static void set_nameservers(struct resolver *resolver,
			    const struct config_nameserver *nameservers,
			    size_t nameserver_count)
{
	if (nameserver_count > 0)
		memcpy(resolver->nameservers, nameservers,
		       nameserver_count * sizeof(*nameservers));
	resolver->nameserver_count = nameserver_count;
	read_resolv_conf(&resolver->resolv_conf);
}

int resolver_create(uv_loop_t *loop,
		    const struct config_nameserver *nameservers,
		    size_t nameserver_count, struct resolver **out)
{
	struct resolver *resolver;
	int error;

	if (nameserver_count > CONFIG_NAMESERVERS_MAX)
		return -E2BIG;
	resolver = calloc(1, sizeof(*resolver));
	if (!resolver)
		return -ENOMEM;
	resolver->loop = loop;
	resolver->finished_end = &resolver->finished;
	for (size_t i = 0; i < RESOLVER_WINDOW; i++) {
		resolver->questions[i].resolver = resolver;
		resolver->questions[i].next = resolver->unused;
		resolver->unused = &resolver->questions[i];
	}
	set_nameservers(resolver, nameservers, nameserver_count);
	error = add_channel(resolver);
	if (error) {
		free(resolver);
		return error;
	}
	start(resolver);
	*out = resolver;
	return 0;
}

int resolver_use(struct resolver *resolver,
		 const struct config_nameserver *nameservers,
		 size_t nameserver_count)
{
	struct config_nameserver before[CONFIG_NAMESERVERS_MAX];
	size_t before_count = resolver->nameserver_count;
	int error;

	if (nameserver_count > CONFIG_NAMESERVERS_MAX)
		return -E2BIG;
	memcpy(before, resolver->nameservers, sizeof(before));
	set_nameservers(resolver, nameservers, nameserver_count);
	error = add_channel(resolver);
	if (error)
		set_nameservers(resolver, before, before_count);
	else
		drop_drained_channels(resolver);
	return error;
}

int resolver_ask(struct resolver *resolver, const char *name,
		 enum question_type type, resolver_done *done, void *context)
{
	struct question *question = resolver->unused;
	size_t length = strlen(name);

	if (resolver->closing)
		return -ESHUTDOWN;
	if (length == 0 || length >= sizeof(question->name))
		return -EINVAL;
	if (!question)
		return -EAGAIN;
	resolver->unused = question->next;
	if (resolver->pending++ == 0)
		uv_timer_start(&resolver->tick, on_tick, CHANNEL_TICK_MS,
			       CHANNEL_TICK_MS);
	question->done = done;
	question->context = context;
	question->type = type;
	memcpy(question->name, name, length + 1);
	channel_query(resolver->channels[0], name, type, question);
	return 0;
}

size_t resolver_pending(const struct resolver *resolver)
{
	return resolver->pending;
}

void resolver_close(struct resolver *resolver)
{
	resolver->closing = true;
	uv_timer_stop(&resolver->tick);
	uv_timer_stop(&resolver->watch);
	while (resolver->channel_count > 0)
		channel_close(resolver->channels[--resolver->channel_count]);
	uv_idle_start(&resolver->hand_out, on_hand_out);
}

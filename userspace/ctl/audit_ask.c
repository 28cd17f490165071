/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One probe of each server, and what it hears. */

#include "ctl/audit_ask.h"

#include <errno.h>
#include <ifaddrs.h>
#include <string.h>

/* Between postscreen's 6 s and what senders wait (RFC 5321, 4.5.3.2). */
#define CONNECT_MS  5000
#define GREETING_MS 20000
#define DIALOGUE_MS 30000
/* Address verification may take Postfix 9 s for each. */
#define RECIPIENT_MS 15000

struct question {
	const struct audit *audit;
	struct audit_server *server;
	uv_loop_t *loop;
	size_t *pending;
	uint64_t said_ms;  /* when the last command was */
	size_t recipients; /* answered */
};

/* They are asked about in their order. */
static void keep_answer(struct question *question, const struct reply *reply,
			uint64_t took_ms)
{
	struct audit_answer *answer =
		&question->server->answers[question->recipients++];

	answer->code = reply->code;
	answer->took_ms = took_ms;
	memcpy(answer->text, reply->text, sizeof(answer->text));
}

static void on_heard(void *context, enum dialogue_step step,
		     const char *recipient, const struct reply *reply)
{
	struct question *question = context;
	struct audit_server *server = question->server;
	uint64_t now_ms = uv_now(question->loop);
	uint64_t took_ms = now_ms - question->said_ms;

	(void)recipient;
	question->said_ms = now_ms;
	if (step == STEP_EHLO || step == STEP_HELO) {
		server->offers_known = reply->code < 400;
		server->starttls = reply->starttls;
		server->size = reply->size;
	} else if (step == STEP_MAIL) {
		server->mail_ms = took_ms;
	} else if (step == STEP_RCPT) {
		keep_answer(question, reply, took_ms);
	}
}

static void on_done(void *context, const struct probe_result *result)
{
	struct question *question = context;

	question->server->result = *result;
	--*question->pending;
}

static int start(struct question *question, const char *helo)
{
	const struct audit *audit = question->audit;
	struct probe_target target = {
		.addr = question->server->addr,
		.port = question->server->port,
		.helo = helo,
		.recipient = audit->recipients[0],
		.more = audit->recipients + 1,
		.heard = on_heard,
		.connect_ms = CONNECT_MS,
		.greeting_ms = GREETING_MS,
		.timeout_ms =
			DIALOGUE_MS + audit->recipient_count * RECIPIENT_MS,
	};
	struct probe *probe;

	return probe_start(question->loop, &target, on_done, question, &probe);
}

static void mark_own(struct audit *audit)
{
	struct ifaddrs *all;
	struct addr addr;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!one->ifa_addr || addr_from_sockaddr(one->ifa_addr, &addr))
			continue;
		for (size_t i = 0; i < audit->server_count; i++)
			if (addr_equal(&audit->servers[i].addr, &addr))
				audit->servers[i].own = true;
	}
	freeifaddrs(all);
}

int audit_ask(uv_loop_t *loop, struct audit *audit, const char *helo)
{
	struct question questions[AUDIT_SERVERS_MAX];
	size_t pending = 0;
	int error = 0;

	mark_own(audit);
	/* The time of the last round may be long ago. */
	uv_update_time(loop);
	for (size_t i = 0; !error && i < audit->server_count; i++) {
		questions[i] = (struct question){
			.audit = audit,
			.server = &audit->servers[i],
			.loop = loop,
			.pending = &pending,
		};
		error = start(&questions[i], helo);
		if (!error)
			pending++;
	}
	while (pending > 0)
		uv_run(loop, UV_RUN_ONCE);
	return error;
}

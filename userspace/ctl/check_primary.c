/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the primaries meet us: as a trusted host, or as any stranger. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check_facts.h"
#include "sources/probe.h"

#define PRIMARIES_MAX 32
#define SMTP_PORT     25

/* As posternd's own probes; postscreen's teaser takes 6 s. */
#define CONNECT_MS  5000
#define GREETING_MS 20000
#define DIALOGUE_MS 30000

/* A stranger is made to wait for at least so long. */
#define TEASER_MS 2000

#define EXEMPT                                                                 \
	"put %s, from where posternd asks, on the primary's allow lists "      \
	"(postscreen_access_list, greylisting, "                               \
	"smtpd_client_event_limit_exceptions, fail2ban's ignoreip)"

struct primary {
	struct check *check;
	uv_loop_t *loop;
	size_t *pending;
	struct addr addr;
	uint16_t port;
	const char *name;
	uint64_t start_ms;
	uint64_t greeting_ms;	/* it took so long to greet */
	unsigned int rcpt_code; /* 0: it was not asked */
	char rcpt[REPLY_TEXT_MAX];
	struct probe_result result;
};

struct primaries {
	struct primary of[PRIMARIES_MAX];
	size_t count;
};

static void add(struct primaries *all, const char *name,
		const struct addr *addr, uint16_t port)
{
	for (size_t i = 0; i < all->count; i++)
		if (addr_equal(&all->of[i].addr, addr) &&
		    all->of[i].port == port)
			return;
	if (all->count < PRIMARIES_MAX)
		all->of[all->count++] = (struct primary){
			.name = name, .addr = *addr, .port = port};
}

static void add_mx(struct primaries *all, const struct check *check)
{
	for (size_t i = 0; i < check->mx.domain_count; i++) {
		const struct mx_domain *domain = &check->mx.domains[i];

		for (size_t j = 0; j < domain->record_count; j++) {
			const struct mx_host *host =
				&check->mx.hosts[domain->records[j].host];

			if (!mx_is_primary(&check->mx, domain,
					   &domain->records[j]))
				continue;
			for (size_t k = 0; k < host->address_count; k++)
				add(all, host->name, &host->addresses[k],
				    SMTP_PORT);
		}
	}
}

/* Their names are resolved where they have no addresses. */
static void add_named(struct primaries *all, struct check *check,
		      const struct config_primary *primary)
{
	struct ask_question *questions = NULL;

	for (size_t i = 0; i < primary->address_count; i++)
		add(all, primary->name, &primary->addresses[i], primary->port);
	if (primary->address_count == 0 && check->ask)
		questions = calloc(2, sizeof(*questions));
	if (!questions)
		return;
	for (size_t i = 0; i < 2; i++) {
		strncpy(questions[i].name, primary->name,
			sizeof(questions[i].name) - 1);
		questions[i].type = i ? QUESTION_AAAA : QUESTION_A;
	}
	ask_all(check->ask, questions, 2);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; questions[i].answer.kind == ANSWER_RECORDS &&
				   j < questions[i].answer.count;
		     j++)
			add(all, primary->name,
			    &questions[i].answer.addresses[j], primary->port);
	free(questions);
}

static void gather(struct primaries *all, struct check *check)
{
	for (size_t i = 0; i < config_guard_count(check->config); i++) {
		struct config_guard guard = config_guard(check->config, i);

		for (size_t j = 0; j < guard.primary_count; j++)
			add_named(all, check, &guard.primaries[j]);
	}
	add_mx(all, check);
}

/* Asking */

static void on_heard(void *context, enum dialogue_step step,
		     const char *recipient, const struct reply *reply)
{
	struct primary *primary = context;

	(void)recipient;
	if (step == STEP_GREETING)
		primary->greeting_ms =
			uv_now(primary->loop) - primary->start_ms;
	if (step != STEP_RCPT)
		return;
	primary->rcpt_code = reply->code;
	memcpy(primary->rcpt, reply->text, sizeof(primary->rcpt));
}

static void on_done(void *context, const struct probe_result *result)
{
	struct primary *primary = context;

	primary->result = *result;
	--*primary->pending;
}

static const struct addr *source_of(const struct config_health *health,
				    const struct addr *addr)
{
	for (size_t i = 0; i < health->source_count; i++)
		if (addr_family(&health->source[i]) == addr_family(addr))
			return &health->source[i];
	return NULL;
}

/* A mailbox of the first domain, which the primary must know. */
static void choose_recipient(const struct check *check,
			     char text[static DIALOGUE_ARGUMENT_MAX])
{
	const char *given = check->config->health.recipient;

	if (given)
		snprintf(text, DIALOGUE_ARGUMENT_MAX, "%s", given);
	else if (check->domain_count > 0)
		snprintf(text, DIALOGUE_ARGUMENT_MAX, "postmaster@%.200s",
			 check->domains[0]);
	else
		snprintf(text, DIALOGUE_ARGUMENT_MAX, "postmaster");
}

static int start(struct primary *primary, const char *recipient)
{
	const struct config_health *health = &primary->check->config->health;
	struct probe_target target = {
		.addr = primary->addr,
		.port = primary->port,
		.source = source_of(health, &primary->addr),
		.helo = health->helo,
		.recipient = recipient,
		.heard = on_heard,
		.connect_ms = CONNECT_MS,
		.greeting_ms = GREETING_MS,
		.timeout_ms = DIALOGUE_MS,
		.starttls = health->starttls,
	};
	struct probe *probe;

	primary->start_ms = uv_now(primary->loop);
	return probe_start(primary->loop, &target, on_done, primary, &probe);
}

static int ask(struct check *check, struct primaries *all)
{
	char recipient[DIALOGUE_ARGUMENT_MAX];
	size_t pending = 0;
	uv_loop_t loop;
	int error = uv_loop_init(&loop);

	if (error)
		return error;
	signal(SIGPIPE, SIG_IGN);
	choose_recipient(check, recipient);
	for (size_t i = 0; i < all->count && !error; i++) {
		all->of[i].check = check;
		all->of[i].loop = &loop;
		all->of[i].pending = &pending;
		error = start(&all->of[i], recipient);
		if (!error)
			pending++;
	}
	while (pending > 0)
		uv_run(&loop, UV_RUN_ONCE);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return error;
}

/* Judging */

/* "192.0.2.25", or who is meant where the kernel chooses. */
static const char *asked_from(const struct check *check,
			      const struct addr *addr,
			      char text[static ADDR_TEXT])
{
	const struct addr *source = source_of(&check->config->health, addr);

	if (source)
		return addr_format(source, text);
	return "this host's addresses";
}

static void judge_good(struct check *check, const struct primary *primary,
		       const char *about)
{
	char source[ADDR_TEXT];
	const char *from = asked_from(check, &primary->addr, source);

	if (primary->greeting_ms >= TEASER_MS) {
		check_add(check, CHECK_WARN, about,
			  "%.100s makes us wait %.1f s for its greeting, as "
			  "postscreen does with strangers",
			  primary->name, (double)primary->greeting_ms / 1000);
		check_cure(check, EXEMPT, from);
	} else if (primary->rcpt_code / 100 == 4) {
		check_add(check, CHECK_WARN, about,
			  "%.100s puts us off, as greylisting does: %.120s",
			  primary->name, primary->rcpt);
		check_cure(check, EXEMPT, from);
	} else if (primary->rcpt_code / 100 == 5) {
		check_add(check, CHECK_WARN, about,
			  "%.100s refuses our recipient: %.120s", primary->name,
			  primary->rcpt);
		check_cure(check, "name a mailbox that it has in "
				  "health.recipient");
	} else {
		check_add(check, CHECK_OK, about,
			  "%.100s takes mail from us without ado",
			  primary->name);
	}
}

static void judge(struct check *check, const struct primary *primary)
{
	char about[ADDR_TEXT], source[ADDR_TEXT];
	const struct probe_result *result = &primary->result;
	const char *from = asked_from(check, &primary->addr, source);

	addr_format(&primary->addr, about);
	switch (result->reason) {
	case PROBE_GOOD:
		judge_good(check, primary, about);
		return;
	case PROBE_LOCAL:
	case PROBE_UNREACHABLE:
		check_add(check, CHECK_UNKNOWN, about,
			  "%.100s can't be reached", primary->name);
		check_cure(check, "look at this host's network and routes");
		return;
	case PROBE_LIMITED:
		check_add(check, CHECK_FAIL, about,
			  "%.100s limits our connections: %.120s",
			  primary->name, result->reply);
		check_cure(check, EXEMPT, from);
		return;
	default:
		check_add(check, CHECK_FAIL, about, "%.100s %s%s%.120s",
			  primary->name, probe_reason_words(result->reason),
			  result->reply[0] ? ": " : "", result->reply);
		check_cure(check, "see whether the primary is up, and lets "
				  "this host in: while it is not, the gate "
				  "stays open");
	}
}

void check_primary(struct check *check)
{
	struct primaries *all;

	if (!check->config || check->config->policy == POLICY_OFF)
		return;
	all = calloc(1, sizeof(*all));
	if (!all)
		return;
	gather(all, check);
	if (all->count == 0) {
		check_add(check, CHECK_UNKNOWN, "",
			  "no address of a primary is known");
		check_cure(check, "see preference and resolver; a primary can "
				  "be named with its addresses, too");
	} else if (ask(check, all) != 0) {
		check_add(check, CHECK_UNKNOWN, "", "primaries can't be asked");
	} else {
		for (size_t i = 0; i < all->count; i++)
			judge(check, &all->of[i]);
	}
	free(all);
}

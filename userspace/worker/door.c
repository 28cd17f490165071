/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorman in the worker: whom he meets, what he tells, and how often. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/reason.h"
#include "worker/state.h"

int door_start(struct worker *worker)
{
	int error = patience_create(&worker->patience);

	return error ? error : door_texts_create(&worker->door_texts);
}

/* Who knocks at the doorman's own socket, on another port, was not deferred. */
static bool is_guarded(const struct worker *worker, uint16_t port)
{
	for (size_t i = 0; i < worker->config->port_count; i++)
		if (worker->config->ports[i] == port)
			return true;
	return false;
}

/* Why it was deferred; when that is forgotten, what needs least words. */
static enum reason reason_of(const struct worker *worker,
			     const struct doorman_guest *guest)
{
	const struct flow flow = {
		.source = guest->source,
		.destination = guest->destination,
		.client_port = htons(guest->client_port),
		.port = htons(guest->port),
	};
	struct deferral deferral;

	if (bpf_map_lookup_elem(worker->start.maps.deferred, &flow, &deferral))
		return REASON_BYPASS;
	return deferral.reason;
}

/* Whose network has come often enough is dropped from now on. */
static void spend_patience(struct worker *worker, const struct addr *network)
{
	const struct config *config = worker->config;
	uint64_t until_ns;
	int error;

	if (!patience_spend(worker->patience, network, config->patience,
			    config->patience_period_ms * NS_PER_MS,
			    clock_monotonic_ns(), &until_ns))
		return;
	error = networks_tire(worker->networks, network, until_ns);
	if (error)
		log_debug("a network goes on being deferred: %s",
			  strerror(-error));
}

/* The first site that has a listing which counts; *zone is its, redacted. */
static const char *listing(struct worker *worker, const struct addr *source,
			   const char **zone,
			   char redacted[static SITE_ZONE_MAX])
{
	const struct config_dnsbl *config = &worker->dnsbl_config->dnsbl;
	const struct dnsbl_site_result *results;
	uint64_t now_ns = clock_monotonic_ns();
	const char *text;
	uint64_t at_ns;
	size_t i = 0;
	bool known;

	results = answers_get(worker->answers, source, &at_ns);
	if (!results)
		return NULL;
	while (i < config->site_count &&
	       !(results[i].matched && config->sites[i].weight > 0))
		i++;
	if (i == config->site_count)
		return NULL;
	*zone = site_redact(config->sites[i].zone, redacted);
	text = door_texts_find(worker->door_texts, source,
			       config->sites[i].zone, now_ns, &known);
	if (!known)
		door_texts_ask(worker->door_texts, &worker->loop,
			       worker->resolver, config, results, i, source,
			       now_ns);
	return text;
}

/* RFC 5321, 4.5.3.1.5: 512 octets with the end of the line. */
#define TEXT_LINE_MAX (512 - 2)
_Static_assert(TEXT_LINE_MAX < DOORMAN_REPLY_MAX, "a whole line fits");

static void tell_listed(struct worker *worker, const struct addr *source,
			char refusal[static DOORMAN_REPLY_MAX])
{
	unsigned int code = worker->config->doorman.listed_code;
	char addr[ADDR_TEXT], redacted[SITE_ZONE_MAX];
	const char *zone = "a DNS blocklist";
	const char *text = listing(worker, source, &zone, redacted);

	snprintf(refusal, TEXT_LINE_MAX + 1,
		 "%u %u.7.1 client [%s] is listed by %s%s%s", code, code / 100,
		 addr_format(source, addr), zone, text ? ": " : "",
		 text ? text : "");
}

static bool meet(void *context, const struct doorman_guest *guest,
		 struct doorman_welcome *out)
{
	struct worker *worker = context;
	struct source_verdict verdict;
	enum reason reason;

	if (!is_guarded(worker, guest->port))
		return false;
	out->network = networks_key(&guest->source);
	out->clean = lookups_find(worker, &guest->source, &verdict) &&
		     verdict.verdict == VERDICT_CLEAN;
	reason = reason_of(worker, guest);
	out->reason = reason_name(reason);
	stories_id(worker->stories, &guest->source, clock_monotonic_ns(),
		   out->id);
	if (reason != REASON_OVERLOAD)
		spend_patience(worker, &out->network);
	switch (reason) {
	case REASON_LISTED:
		tell_listed(worker, &guest->source, out->refusal);
		break;
	case REASON_OVERLOAD:
		snprintf(out->refusal, sizeof(out->refusal),
			 "451 4.3.2 too many new senders at a time, please try "
			 "again later");
		break;
	default:
		snprintf(out->refusal, sizeof(out->refusal),
			 "451 4.3.2 " DOORMAN_BYPASS_WORDS);
		break;
	}
	return true;
}

/*
 * The sockets may come before any configuration is in force: the first one
 * waits for larger tables then, and messages are read meanwhile.
 */
static const struct config *config_of(const struct worker *worker)
{
	return worker->config ? worker->config : worker->start.config;
}

/* Keys don't stay in memory that is used for something else later. */
static int read_identity(int fd, struct tls_identity **out, const char **why)
{
	char *pem = malloc(TLS_IDENTITY_MAX);
	ssize_t size;
	int error;

	if (!pem)
		return -ENOMEM;
	size = pread(fd, pem, TLS_IDENTITY_MAX, 0);
	error = size < 0 ? -errno
			 : tls_identity_load(pem, (size_t)size, out, why);
	explicit_bzero(pem, TLS_IDENTITY_MAX);
	free(pem);
	return error;
}

static const char *name_of(const struct worker *worker)
{
	return *worker->door_name ? worker->door_name : NULL;
}

void door_identify(struct worker *worker, const struct message *message, int fd)
{
	const struct identity_message *identity = &message->identity;
	struct tls_identity *old = worker->door_tls, *next = NULL;
	const char *why = NULL;
	int error = message->result;

	if (!error || *identity->name)
		snprintf(worker->door_name, sizeof(worker->door_name), "%.255s",
			 identity->name);
	if (!error && fd >= 0)
		error = read_identity(fd, &next, &why);
	if (error && error != message->result)
		log_error("%.255s: not of use for the doorman's TLS: %s",
			  identity->files, why ? why : strerror(-error));
	if (error) {
		log_notice("the doorman %s",
			   old ? "keeps the certificate that he has"
			       : "offers no STARTTLS");
		next = old;
	}
	worker->door_tls = next;
	if (worker->doorman)
		doorman_identify(worker->doorman, name_of(worker), next);
	if (next != old)
		tls_identity_free(old);
}

static int listen_at(struct worker *worker, enum family family, int fd)
{
	int own = dup(fd);
	int error;

	if (own < 0)
		return -errno;
	if (!worker->doorman) {
		error = doorman_create(&worker->loop, meet, worker,
				       &worker->doorman);
		if (error) {
			close(own);
			return error;
		}
		doorman_identify(worker->doorman, name_of(worker),
				 worker->door_tls);
		doorman_configure(worker->doorman, &config_of(worker)->doorman);
	}
	return doorman_listen(worker->doorman, family, own);
}

void door_take(struct worker *worker, enum family family, int fd)
{
	int error = -EBADF;

	if (fd >= 0 && family < FAMILY_MAX)
		error = listen_at(worker, family, fd);
	if (error)
		log_error("the doorman can't listen, so the MTA gets what is "
			  "deferred: %s",
			  strerror(-error));
}

void door_follow(struct worker *worker)
{
	if (!worker->doorman)
		return;
	if (config_defers(worker->config))
		doorman_configure(worker->doorman, &worker->config->doorman);
	else
		door_close(worker);
}

void door_close(struct worker *worker)
{
	if (worker->doorman)
		doorman_close(worker->doorman);
	worker->doorman = NULL;
}

json_t *door_json(const struct worker *worker)
{
	struct doorman_status status = {0};
	const char *state = "off";

	if (worker->doorman)
		doorman_status(worker->doorman, &status);
	if (config_defers(worker->config))
		state = worker->doorman ? "on" : "missing";
	return json_pack(
		"{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "state",
		state, "starttls", status.starttls, "sessions",
		(json_int_t)status.sessions, "taken", (json_int_t)status.taken,
		"told", (json_int_t)status.told, "turned_away",
		(json_int_t)status.turned_away, "cut_short",
		(json_int_t)status.cut_short, "tls", (json_int_t)status.tls,
		"tls_failed", (json_int_t)status.tls_failed, "weary",
		(json_int_t)networks_tired(worker->networks));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What MX records, and those that go with them, say of this host. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/check_facts.h"

/* Questions of one kind at a time. */
#define NAMES_MAX 64

/* Whether it is in an `mx-of`, so that the gate depends on it. */
static bool is_watched(const struct check *check, const char *name)
{
	for (size_t i = 0; i < config_guard_count(check->config); i++) {
		struct config_guard guard = config_guard(check->config, i);

		for (size_t j = 0; j < guard.mx_of_count; j++)
			if (strcasecmp(guard.mx_of[j], name) == 0)
				return true;
	}
	return false;
}

static bool uses_mx_of(const struct check *check)
{
	for (size_t i = 0; i < config_guard_count(check->config); i++)
		if (config_guard(check->config, i).mx_of_count > 0)
			return true;
	return false;
}

static bool has_gate(const struct check *check)
{
	return check->config->policy != POLICY_OFF;
}

static void judge_backup(struct check *check, const struct mx_domain *domain)
{
	if (has_gate(check) && uses_mx_of(check) &&
	    !is_watched(check, domain->name)) {
		check_add(check, CHECK_WARN, domain->name,
			  "Postfix relays it, and it is not in mx-of: the gate "
			  "may be closed while its primary is down");
		check_cure(check, "add \"%.120s\" to mx-of", domain->name);
		return;
	}
	check_add(check, CHECK_OK, domain->name,
		  "this host has preference %d, the best MX %d", domain->own,
		  domain->best);
}

static void judge_equal(struct check *check, const struct mx_domain *domain)
{
	check_add(check, CHECK_FAIL, domain->name,
		  "this host and its best MX have the same preference, %d: "
		  "senders choose at random",
		  domain->own);
	check_cure(check,
		   "give this host a higher number in the MX records of "
		   "%.120s than the primary's %d",
		   domain->name, domain->best);
}

/* Nobody else takes its mail in good times: a closed gate would. */
static void judge_first(struct check *check, const struct mx_domain *domain)
{
	bool watched = is_watched(check, domain->name);
	const char *what = domain->role == MX_ONLY ? "only MX" : "best MX";

	check_add(check, watched || !has_gate(check) ? CHECK_WARN : CHECK_FAIL,
		  domain->name, "this host is its %s: %s", what,
		  !has_gate(check) ? "a closed gate would refuse its mail"
		  : watched	   ? "it keeps the gate open"
				   : "the closed gate refuses its mail");
	check_cure(check,
		   "give %.120s an MX at another address of this host, and "
		   "leave that out of `protect`; or, where this host should "
		   "be the backup, mend its MX preferences",
		   domain->name);
}

static void judge_elsewhere(struct check *check, const struct mx_domain *domain)
{
	if (!is_watched(check, domain->name)) {
		check_add(check, CHECK_OK, domain->name,
			  "its MX name no protected address");
		return;
	}
	check_add(check, CHECK_WARN, domain->name,
		  "its MX name no protected address: who is a primary can't "
		  "be told by them");
	check_cure(check,
		   "see `protect`; behind NAT, name the primaries in sections "
		   "`primary` and take %.120s out of mx-of",
		   domain->name);
}

static void judge_domain(struct check *check, const struct mx_domain *domain)
{
	switch (domain->role) {
	case MX_BACKUP:
		judge_backup(check, domain);
		break;
	case MX_EQUAL:
		judge_equal(check, domain);
		break;
	case MX_FIRST:
	case MX_ONLY:
		judge_first(check, domain);
		break;
	case MX_ELSEWHERE:
		judge_elsewhere(check, domain);
		break;
	case MX_NONE:
		check_add(check, CHECK_WARN, domain->name, "has no MX record");
		check_cure(check, "give it MX records, or stop relaying it");
		break;
	case MX_UNKNOWN:
		check_add(check, CHECK_UNKNOWN, domain->name,
			  "DNS does not tell its MX: %s",
			  domain->why ? domain->why : "not asked");
		break;
	}
}

void check_preference(struct check *check)
{
	if (!check->config)
		return;
	for (size_t i = 0; i < check->mx.domain_count; i++)
		judge_domain(check, &check->mx.domains[i]);
	if (check->domain_count == 0)
		check_add(check, CHECK_OK, "",
			  "no domains are known: neither mx-of nor Postfix's "
			  "relay_domains name any");
	else if (check->mx.domain_count == 0)
		check_add(check, CHECK_UNKNOWN, "", "DNS can't be asked");
}

/* TLSA */

#define GIVE_CERTIFICATE                                                       \
	"give the doorman the mail server's certificate (doorman.starttls, "   \
	"tls-cert-file)"

/* The daemon knows; else he has what the configuration or Postfix names. */
static bool lacks_certificate(const struct check *check)
{
	const struct config_doorman *doorman = &check->config->doorman;
	const json_t *told = json_object_get(
		json_object_get(check->status, "doorman"), "starttls");

	if (!config_defers(check->config))
		return false;
	if (told)
		return !json_is_true(told);
	return doorman->starttls == STARTTLS_NONE ||
	       (!doorman->tls_cert_file && !check->certificate);
}

static size_t own_hosts(const struct check *check,
			const struct mx_host *out[NAMES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < check->mx.host_count && count < NAMES_MAX; i++)
		if (check->mx.hosts[i].own)
			out[count++] = &check->mx.hosts[i];
	return count;
}

static void judge_tlsa(struct check *check, const struct mx_host *host,
		       const struct answer *answer)
{
	if (answer->kind == ANSWER_FAILED) {
		check_add(check, CHECK_UNKNOWN, host->name,
			  "DNS does not tell its TLSA records: %s",
			  answer->why);
		return;
	}
	if (answer->kind == ANSWER_NONE) {
		check_add(check, CHECK_OK, host->name, "has no TLSA record");
	} else if (!lacks_certificate(check)) {
		check_add(check, CHECK_OK, host->name,
			  "has TLSA records, and the doorman %s",
			  config_defers(check->config)
				  ? "has a certificate, too"
				  : "is not used");
	} else {
		check_add(check, CHECK_WARN, host->name,
			  "has TLSA records, and the doorman no certificate: "
			  "senders with DANE keep their mail without having "
			  "read his words");
		check_cure(check, GIVE_CERTIFICATE);
	}
}

void check_tlsa(struct check *check)
{
	const struct mx_host *hosts[NAMES_MAX];
	struct ask_question *questions;
	size_t count = own_hosts(check, hosts);

	if (count == 0 || !check->config || !check->ask)
		return;
	questions = calloc(count, sizeof(*questions));
	if (!questions)
		return;
	for (size_t i = 0; i < count; i++) {
		snprintf(questions[i].name, sizeof(questions[i].name),
			 "_25._tcp.%.240s", hosts[i]->name);
		questions[i].type = QUESTION_TLSA;
	}
	ask_all(check->ask, questions, count);
	for (size_t i = 0; i < count; i++)
		judge_tlsa(check, hosts[i], &questions[i].answer);
	free(questions);
}

/* MTA-STS (RFC 8461) */

static bool is_ours(const struct mx_domain *domain)
{
	return domain->own >= 0;
}

/* The policy itself is fetched by HTTPS, which is not done here. */
static void judge_policy(struct check *check, const struct mx_domain *domain,
			 const struct answer *answer)
{
	const char *name = domain->name;

	if (answer->kind == ANSWER_FAILED) {
		check_add(check, CHECK_UNKNOWN, name,
			  "DNS does not tell whether it has MTA-STS: %s",
			  answer->why);
	} else if (answer->kind == ANSWER_NONE ||
		   strncmp(answer->text, "v=STSv1", 7) != 0) {
		check_add(check, CHECK_OK, name, "has no MTA-STS");
	} else {
		check_add(check, CHECK_UNKNOWN, name,
			  "has MTA-STS: its policy is not fetched here");
		check_cure(check,
			   "see that https://mta-sts.%.120s/.well-known/"
			   "mta-sts.txt names this host among its mx, and that "
			   "its certificate has that name%s",
			   name,
			   lacks_certificate(check) ? "; and " GIVE_CERTIFICATE
						    : "");
	}
}

void check_mta_sts(struct check *check)
{
	const struct mx_domain *domains[NAMES_MAX];
	struct ask_question *questions;
	size_t count = 0;

	if (!check->config || !check->ask)
		return;
	for (size_t i = 0; i < check->mx.domain_count && count < NAMES_MAX; i++)
		if (is_ours(&check->mx.domains[i]))
			domains[count++] = &check->mx.domains[i];
	questions = calloc(count + 1, sizeof(*questions));
	if (!questions)
		return;
	for (size_t i = 0; i < count; i++) {
		snprintf(questions[i].name, sizeof(questions[i].name),
			 "_mta-sts.%.240s", domains[i]->name);
		questions[i].type = QUESTION_TXT;
	}
	ask_all(check->ask, questions, count);
	for (size_t i = 0; i < count; i++)
		judge_policy(check, domains[i], &questions[i].answer);
	free(questions);
}

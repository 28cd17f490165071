/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two rounds of questions: MX records, then addresses of their hosts. */

#include "ctl/mx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void set_name(struct ask_question *question, const char *name,
		     enum question_type type)
{
	/* Whoever asks has checked its length. */
	strncpy(question->name, name, sizeof(question->name) - 1);
	question->type = type;
}

/* Returns the number of the host, which is added; MX_HOSTS_MAX: no room. */
static size_t host_number(struct mx_survey *survey, const char *name)
{
	struct mx_host *host = &survey->hosts[survey->host_count];

	for (size_t i = 0; i < survey->host_count; i++)
		if (strcasecmp(survey->hosts[i].name, name) == 0)
			return i;
	if (survey->host_count == MX_HOSTS_MAX)
		return MX_HOSTS_MAX;
	strncpy(host->name, name, sizeof(host->name) - 1);
	return survey->host_count++;
}

/* Half of the truth could name the wrong primary. */
static void forget(struct mx_domain *domain, const char *why)
{
	domain->role = MX_UNKNOWN;
	domain->why = why;
	domain->record_count = 0;
}

static void take_records(struct mx_survey *survey, struct mx_domain *domain,
			 const struct answer *answer)
{
	domain->role = MX_NONE;
	if (answer->kind == ANSWER_FAILED)
		forget(domain, answer->why);
	if (answer->kind != ANSWER_RECORDS)
		return;
	for (size_t i = 0; i < answer->count; i++) {
		const struct answer_mx *mx = &answer->mx[i];
		size_t host;

		/* A null MX is none (RFC 7505). */
		if (mx->host[0] == '\0')
			continue;
		host = host_number(survey, mx->host);
		if (domain->record_count == MX_OF_DOMAIN_MAX ||
		    host == MX_HOSTS_MAX) {
			forget(domain, "more hosts than there is room for");
			return;
		}
		domain->records[domain->record_count++] = (struct mx_record){
			.preference = mx->preference, .host = host};
		domain->role = MX_ELSEWHERE;
	}
}

static int ask_records(struct ask *ask, struct mx_survey *survey)
{
	size_t count = survey->domain_count;
	struct ask_question *questions = calloc(count + 1, sizeof(*questions));

	if (!questions)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		set_name(&questions[i], survey->domains[i].name, QUESTION_MX);
	ask_all(ask, questions, count);
	for (size_t i = 0; i < count; i++)
		take_records(survey, &survey->domains[i], &questions[i].answer);
	free(questions);
	return 0;
}

static void take_addresses(struct mx_host *host, const struct answer *answer)
{
	if (answer->kind == ANSWER_FAILED)
		host->failure = answer->why;
	if (answer->kind != ANSWER_RECORDS)
		return;
	for (size_t i = 0; i < answer->count; i++)
		if (host->address_count < MX_ADDRESSES_MAX)
			host->addresses[host->address_count++] =
				answer->addresses[i];
}

static int ask_addresses(struct ask *ask, struct mx_survey *survey)
{
	size_t count = survey->host_count * 2;
	struct ask_question *questions = calloc(count + 1, sizeof(*questions));

	if (!questions)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		set_name(&questions[i], survey->hosts[i / 2].name,
			 i % 2 ? QUESTION_AAAA : QUESTION_A);
	ask_all(ask, questions, count);
	for (size_t i = 0; i < count; i++)
		take_addresses(&survey->hosts[i / 2], &questions[i].answer);
	free(questions);
	return 0;
}

static void mark_own(struct mx_host *host, const struct addr *own,
		     size_t own_count)
{
	for (size_t i = 0; i < host->address_count; i++)
		for (size_t j = 0; j < own_count; j++)
			if (addr_equal(&host->addresses[i], &own[j]))
				host->own = true;
}

static int lower(int a, int b)
{
	return a < 0 || b < a ? b : a;
}

void mx_judge(const struct mx_survey *survey, struct mx_domain *domain)
{
	domain->own = -1;
	domain->best = -1;
	if (domain->role == MX_UNKNOWN || domain->role == MX_NONE)
		return;
	for (size_t i = 0; i < domain->record_count; i++) {
		const struct mx_record *record = &domain->records[i];
		const struct mx_host *host = &survey->hosts[record->host];

		if (host->own)
			domain->own = lower(domain->own, record->preference);
		else
			domain->best = lower(domain->best, record->preference);
		/* It may be ourselves. */
		if (host->failure && !host->own)
			domain->why = host->failure;
	}
	if (domain->own < 0)
		domain->role = domain->why ? MX_UNKNOWN : MX_ELSEWHERE;
	else if (domain->best < 0)
		domain->role = MX_ONLY;
	else if (domain->best < domain->own)
		domain->role = MX_BACKUP;
	else
		domain->role =
			domain->best == domain->own ? MX_EQUAL : MX_FIRST;
}

bool mx_is_primary(const struct mx_survey *survey,
		   const struct mx_domain *domain,
		   const struct mx_record *record)
{
	return domain->role == MX_BACKUP && !survey->hosts[record->host].own &&
	       record->preference < domain->own;
}

size_t mx_count(const struct mx_survey *survey, enum mx_role role)
{
	size_t count = 0;

	for (size_t i = 0; i < survey->domain_count; i++)
		count += survey->domains[i].role == role;
	return count;
}

int mx_find(struct ask *ask, const char *const *names, size_t name_count,
	    const struct addr *own, size_t own_count, struct mx_survey *out)
{
	int error;

	for (size_t i = 0; i < name_count && i < CONFIG_DOMAINS_MAX; i++)
		out->domains[out->domain_count++].name = names[i];
	error = ask_records(ask, out);
	if (!error)
		error = ask_addresses(ask, out);
	for (size_t i = 0; !error && i < out->host_count; i++)
		mark_own(&out->hosts[i], own, own_count);
	for (size_t i = 0; !error && i < out->domain_count; i++)
		mx_judge(out, &out->domains[i]);
	return error;
}

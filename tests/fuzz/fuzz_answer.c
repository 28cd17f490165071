/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any reply, to any type of question: the first octet chooses the type, the
 * rest is the reply.  Whatever it is, the answer must keep its promises.
 */

#include <stdlib.h>
#include <string.h>

#include "sources/answer.h"
#include "sources/dnsbl_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What callers rely on. */
static void check(const struct answer *answer, enum question_type type)
{
	if (answer->type != type || answer->count > ANSWER_RECORDS_MAX ||
	    (answer->kind == ANSWER_FAILED) != (answer->why != NULL) ||
	    (answer->kind == ANSWER_RECORDS) != (answer->count > 0))
		abort();
	if (answer->kind != ANSWER_RECORDS)
		return;
	if (type == QUESTION_TXT)
		for (const char *at = answer->text; *at; at++)
			if (*at < ' ' || *at > '~')
				abort();
	for (size_t i = 0; i < answer->count; i++) {
		if (type == QUESTION_MX &&
		    strlen(answer->mx[i].host) >= sizeof(answer->mx[i].host))
			abort();
		if ((type == QUESTION_A || type == QUESTION_AAAA) &&
		    addr_family(&answer->addresses[i]) !=
			    (type == QUESTION_A ? FAMILY_IPV4 : FAMILY_IPV6))
			abort();
	}
}

static void judge(const struct answer *answer)
{
	static const char *const texts[] = {"z.example",
					    "z.example=127.0.0.[2..9]"};
	struct dnsbl_site_result result;
	struct zone_finding finding;
	struct site sites[2];
	const char *why;

	for (size_t i = 0; i < 2; i++)
		if (site_parse(texts[i], &sites[i], &why) != 0)
			abort();
	dnsbl_code_judge("z.example", sites, 2, answer, &finding);
	if ((finding.state == ZONE_OK) != (finding.why == NULL))
		abort();
	if (answer->kind == ANSWER_RECORDS)
		dnsbl_code_match(&sites[1], answer, &result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer answer;
	enum question_type type;

	if (size == 0)
		return 0;
	type = (enum question_type)(data[0] % 4);
	answer_parse(data + 1, size - 1, "2.0.0.127.z.example", type, &answer);
	check(&answer, type);
	if (type == QUESTION_A)
		judge(&answer);
	return 0;
}

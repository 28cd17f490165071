/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation is given once the lists have said in words why. */

#include <stdlib.h>

#include "sources/dnsbl_text.h"
#include "worker/state.h"

struct explain_text {
	struct control_request *request;
	json_t *explained;
};

static void on_text(void *context, size_t site_count,
		    char (*texts)[ANSWER_TEXT_MAX])
{
	struct explain_text *waiting = context;
	json_t *sites = json_object_get(waiting->explained, "sites");

	for (size_t i = 0; i < site_count; i++)
		if (*texts[i])
			json_object_set_new(json_array_get(sites, i), "text",
					    control_text(texts[i]));
	control_reply(waiting->request, waiting->explained);
	free(waiting);
}

/* Returns whether the explanation is on its way. */
static bool ask_text(struct worker *worker, struct explain_text *waiting,
		     const struct addr *source)
{
	const struct dnsbl_site_result *results;
	uint64_t at_ns;

	if (!worker->answers)
		return false;
	results = answers_get(worker->answers, source, &at_ns);
	return results && dnsbl_text(&worker->loop, worker->resolver,
				     &worker->dnsbl_config->dnsbl, results,
				     source, on_text, waiting) == 0;
}

void explain_reply(struct worker *worker, struct control_request *request,
		   const struct addr *source, json_t *explained)
{
	struct explain_text *waiting = malloc(sizeof(*waiting));

	if (waiting && explained) {
		waiting->request = request;
		waiting->explained = explained;
		if (ask_text(worker, waiting, source))
			return;
	}
	free(waiting);
	control_reply(request, explained);
}

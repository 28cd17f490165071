/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control command `lookup`: what DNSBLs say of an address right now. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_explain.h"
#include "worker/state.h"

struct lookup {
	struct control_request *request;
	int threshold;
};

static json_t *sites_json(const struct dnsbl_explanation *explanation)
{
	json_t *all = json_array();

	for (size_t i = 0; i < explanation->site_count; i++) {
		const struct dnsbl_explained_site *one = &explanation->sites[i];
		json_t *site = explain_site_json(one->site, &one->result, 0);

		/* What it says belongs to what counts. */
		if (site && *one->text && one->result.matched)
			json_object_set_new(site, "text",
					    control_text(one->text));
		json_array_append_new(all, site);
	}
	return all;
}

static void on_explained(void *context,
			 const struct dnsbl_explanation *explanation)
{
	const struct dnsbl_decision *decision = &explanation->decision;
	struct lookup *lookup = context;
	char text[ADDR_TEXT];

	control_reply(
		lookup->request,
		json_pack("{s:s, s:s, s:i, s:i, s:o}", "address",
			  addr_format(&explanation->source, text), "verdict",
			  explain_verdict_name(decision->verdict), "score",
			  decision->score, "threshold", lookup->threshold,
			  "sites", sites_json(explanation)));
	free(lookup);
}

static int start(const struct worker *worker, const struct addr *source,
		 struct control_request *request)
{
	const struct config_dnsbl *config = &worker->dnsbl_config->dnsbl;
	struct lookup *lookup = malloc(sizeof(*lookup));
	int error;

	if (!lookup)
		return -ENOMEM;
	lookup->request = request;
	lookup->threshold = config->threshold;
	error = dnsbl_explain(worker->resolver, config, source, on_explained,
			      lookup);
	if (error)
		free(lookup);
	return error;
}

void lookup_command(void *context, const json_t *args,
		    struct control_request *request)
{
	const char *text = json_string_value(json_object_get(args, "address"));
	const struct worker *worker = context;
	struct addr source;
	int error;

	if (!text || addr_parse(text, &source)) {
		control_fail(request, "\"%s\" is no IPv4 or IPv6 address",
			     text ? text : "");
		return;
	}
	error = start(worker, &source, request);
	if (error == -ENOENT)
		control_fail(request, "no DNSBLs are configured (dnsbl.sites)");
	else if (error)
		control_fail(request, "can't ask: %s", strerror(-error));
}

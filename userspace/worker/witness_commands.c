/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control commands about networks that may pass the closed gate. */

#include <errno.h>
#include <string.h>

#include "worker/state.h"

#define FOR_S	  ((int64_t)(NETWORKS_WITNESS_NS / NS_PER_S))
#define FOR_MAX_S (INT64_C(30) * 86400)

/* Of one request, and shown in one answer. */
#define NETWORKS_MAX 1000

static unsigned int bits_of(const struct addr *addr)
{
	return addr_family(addr) == FAMILY_IPV4 ? 24 : 64;
}

/* The /24 or /64 of an address, or of a prefix that is no wider. */
static bool read_network(const json_t *value, struct addr *out,
			 struct control_request *request)
{
	const char *text = json_string_value(value);
	struct prefix prefix;

	if (!text || prefix_parse(text, &prefix) != 0) {
		control_fail(request, "\"%s\" is no address or prefix",
			     text ? text : "");
		return false;
	}
	if (prefix.length < bits_of(&prefix.addr)) {
		control_fail(request,
			     "\"%s\" is wider than a /%u: a witness is a "
			     "network of a sender",
			     text, bits_of(&prefix.addr));
		return false;
	}
	*out = networks_key(&prefix.addr);
	return true;
}

/* All of them are read before anything is done: all or none. */
static bool check_networks(const json_t *networks,
			   struct control_request *request)
{
	const json_t *value;
	struct addr key;
	size_t i;

	if (json_array_size(networks) == 0 ||
	    json_array_size(networks) > NETWORKS_MAX) {
		control_fail(request, "expected \"networks\", 1 to %d of them",
			     NETWORKS_MAX);
		return false;
	}
	json_array_foreach(networks, i, value)
	{
		if (!read_network(value, &key, request))
			return false;
	}
	return true;
}

static bool are_of_use(const struct worker *worker,
		       struct control_request *request)
{
	if (worker->config->policy == POLICY_WITNESS)
		return true;
	control_fail(request, "bypass.policy is not \"witness\", so there is "
			      "no use for one");
	return false;
}

static void let_in(struct worker *worker, const json_t *networks,
		   struct control_request *request)
{
	const json_t *value;
	struct addr key;
	size_t i;

	json_array_foreach(networks, i, value)
	{
		if (read_network(value, &key, request))
			witnesses_let_in(worker, &key);
	}
}

/* Until when they may pass; 0: no longer. */
struct term {
	uint64_t until_ns;
	bool exactly; /* also those that may for longer */
};

static int set_network(struct worker *worker, const struct addr *key,
		       const struct term *term)
{
	if (term->exactly)
		return networks_set_witness(worker->networks, key,
					    term->until_ns);
	return networks_prolong_witness(worker->networks, key, term->until_ns);
}

/* Sets all of them, and answers. */
static void set_networks(struct worker *worker, const json_t *networks,
			 const struct term *term,
			 struct control_request *request)
{
	json_int_t done = 0, over_share = 0, failed = 0;
	const json_t *value;
	struct addr key;
	size_t i;

	json_array_foreach(networks, i, value)
	{
		int result;

		if (!read_network(value, &key, request))
			return;
		result = set_network(worker, &key, term);
		if (result >= 0 && term->until_ns)
			remember_reached(worker, &key);
		done += result >= 0;
		over_share += result == -EDQUOT;
		failed += result < 0 && result != -EDQUOT;
	}
	if (term->until_ns)
		let_in(worker, networks, request);
	control_reply(request,
		      json_pack("{s:I, s:I, s:I}", "done", done, "over_share",
				over_share, "failed", failed));
}

void witness_commands_add(void *context, const json_t *args,
			  struct control_request *request)
{
	const json_t *networks = json_object_get(args, "networks");
	const json_t *time = json_object_get(args, "for_s");
	json_int_t for_s = time ? json_integer_value(time) : FOR_S;
	struct worker *worker = context;
	struct term term = {
		.exactly = json_is_true(json_object_get(args, "exactly")),
	};

	if (for_s <= 0 || for_s > FOR_MAX_S) {
		control_fail(request, "expected a time of 1s to 30d");
		return;
	}
	term.until_ns = clock_monotonic_ns() + (uint64_t)for_s * NS_PER_S;
	if (are_of_use(worker, request) && check_networks(networks, request))
		set_networks(worker, networks, &term, request);
}

void witness_commands_del(void *context, const json_t *args,
			  struct control_request *request)
{
	const json_t *networks = json_object_get(args, "networks");
	const struct term over = {.exactly = true};

	if (check_networks(networks, request))
		set_networks(context, networks, &over, request);
}

static void add_to_list(void *context, const struct addr *key,
			uint64_t until_ns)
{
	const struct prefix prefix = {
		.addr = *key,
		.length = (uint8_t)bits_of(key),
	};
	uint64_t now_ns = clock_monotonic_ns();
	char text[PREFIX_TEXT];

	if (until_ns > now_ns && json_array_size(context) < NETWORKS_MAX)
		json_array_append_new(
			context,
			json_pack("{s:s, s:f}", "network",
				  prefix_format(&prefix, text), "left_s",
				  (double)(until_ns - now_ns) / 1e9));
}

void witness_commands_list(void *context, const json_t *args,
			   struct control_request *request)
{
	struct worker *worker = context;
	json_t *all = json_array();

	(void)args;
	networks_visit(worker->networks, add_to_list, all);
	control_reply(request,
		      json_pack("{s:o, s:I}", "networks", all, "count",
				(json_int_t)networks_count(worker->networks)));
}

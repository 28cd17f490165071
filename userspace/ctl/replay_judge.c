/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter that nothing is behind, and what it says of frames. */

#include "ctl/replay_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/driver.h"
#include "parent/loader.h"
#include "parent/twin.h"
#include "tables/rules.h"
#include "tables/settings.h"

struct replay_judge {
	struct loader *loader;
	struct settings_table *settings;
	struct ranges_map *ranges[FAMILY_MAX];
	struct rules rules;
	enum gate gate;
	bool any; /* each frame's own destination is protected */
};

static void publish(struct replay_judge *judge)
{
	for (enum family family = 0; family < FAMILY_MAX; family++)
		rules_set_gate(&judge->rules, family, judge->gate);
	settings_publish(judge->settings, &judge->rules);
}

static int open_tables(struct replay_judge *judge,
		       char error[static CONFIG_ERROR_TEXT])
{
	struct maps maps;
	int status;

	loader_maps(judge->loader, &maps);
	status = settings_open(maps.settings, &judge->settings);
	if (!status)
		status = lists_open(&maps, judge->ranges);
	if (status)
		snprintf(error, CONFIG_ERROR_TEXT,
			 "can't use the maps of the program: %s",
			 strerror(-status));
	return status;
}

static int put_lists(struct replay_judge *judge, const struct config *config,
		     const struct lists_plan *plan,
		     char error[static CONFIG_ERROR_TEXT])
{
	static const bool both[FAMILY_MAX] = {true, true};
	uint32_t missing[FAMILY_MAX];
	int status = lists_put(plan, judge->ranges, both, missing);

	if (status)
		lists_describe(status, config, error);
	return status;
}

/* The lease never ends; of the budgets the twin spends nothing. */
static void put_rules(struct replay_judge *judge, const struct config *config,
		      const struct addr *protect, size_t count)
{
	rules_make(config, loader_clock(judge->loader), 1, &judge->rules);
	judge->rules.flags = 0;
	judge->rules.watched = 0;
	for (size_t i = 0; i < count; i++)
		rules_protect(&judge->rules, &protect[i]);
	publish(judge);
	settings_renew(judge->settings, ~0ULL);
}

static int load(struct replay_judge *judge, const struct config *config,
		char error[static CONFIG_ERROR_TEXT])
{
	const char *objection;
	int status;

	driver_listen();
	status = loader_open_private(config, &judge->loader);
	if (!status)
		return 0;
	objection = driver_objection();
	snprintf(error, CONFIG_ERROR_TEXT,
		 "can't load the XDP program: %s%s%s%s", strerror(-status),
		 status == -EPERM ? " (it takes root, and a system that lets "
				    "root use BPF)"
				  : "",
		 *objection ? "; the kernel says: " : "", objection);
	return status;
}

int replay_judge_open(const struct config *config,
		      const struct lists_plan *plan, enum gate gate,
		      const struct addr *protect, size_t count,
		      char error[static CONFIG_ERROR_TEXT],
		      struct replay_judge **out)
{
	struct replay_judge *judge = calloc(1, sizeof(*judge));
	int status;

	if (!judge) {
		snprintf(error, CONFIG_ERROR_TEXT, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	judge->gate = gate;
	judge->any = count == 0;
	status = load(judge, config, error);
	if (!status)
		status = open_tables(judge, error);
	if (!status)
		status = put_lists(judge, config, plan, error);
	if (status) {
		replay_judge_close(judge);
		return status;
	}
	put_rules(judge, config, protect, count);
	*out = judge;
	return 0;
}

/* Of the family on the wire: ::ffff:192.0.2.1 may be a destination, too. */
static void protect_only(struct replay_judge *judge,
			 const struct replay_ends *ends)
{
	bool ipv6 = ends->family == FAMILY_IPV6;

	judge->rules.ipv6[0].address = ends->destination;
	judge->rules.ipv6_count = ipv6;
	judge->rules.ipv4[0].address = addr_to_ipv4(&ends->destination).s_addr;
	judge->rules.ipv4_count = !ipv6;
	publish(judge);
}

int replay_judge_frame(struct replay_judge *judge, struct replay_frame *frame,
		       struct replay_ends *ends, struct decision *decision)
{
	struct decision judged;
	int status;

	if (!replay_frame_ends(frame, ends))
		return 0;
	if (judge->any)
		protect_only(judge, ends);
	status = twin_judge(loader_twin(judge->loader), frame->octets,
			    frame->size, &judged);
	if (status)
		return status;
	*decision = judged;
	return judged.reason != REASON_MAX;
}

void replay_judge_close(struct replay_judge *judge)
{
	if (!judge)
		return;
	lists_close(judge->ranges);
	settings_close(judge->settings);
	loader_close(judge->loader);
	free(judge);
}

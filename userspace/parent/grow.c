/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's lists have outgrown the range tables.
 *
 * A program knows how large its tables are, which is what makes its lookups
 * fast; so larger ones come with a program of their own.  It shares all other
 * maps, finds in its tables what is in force, and takes the place of the one
 * before at each interface at one instant.
 */

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "parent/state.h"
#include "tables/ranges_room.h"

/* How often a worker may ask: each time is up to a second's work. */
#define REQUESTS_MAX	8
#define REQUESTS_WITHIN (60 * NS_PER_S)

static bool asks_too_often(struct parent *parent)
{
	uint64_t now = clock_monotonic_ns();

	if (!parent->grow.count ||
	    now - parent->grow.since_ns > REQUESTS_WITHIN) {
		parent->grow.since_ns = now;
		parent->grow.count = 0;
	}
	return ++parent->grow.count > REQUESTS_MAX;
}

/*
 * The pages to make for each family, 0 for one that stays as it is: half as
 * many again as are needed, so that it is not soon asked for more.
 */
static int choose_pages(const struct parent *parent,
			const uint32_t needed[static FAMILY_MAX],
			uint32_t out[static FAMILY_MAX])
{
	struct ranges_room most =
		ranges_room_for(parent->config->list_capacity_max);
	uint32_t now[FAMILY_MAX];
	bool any = false;

	loader_pages(parent->loader, now);
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		uint32_t limit = ranges_room_pages(&most, family);

		out[family] = 0;
		if (needed[family] <= now[family])
			continue;
		if (needed[family] > limit)
			return -ENOSPC;
		out[family] = limit;
		if (needed[family] < limit - needed[family] / 2)
			out[family] = needed[family] + needed[family] / 2;
		any = true;
	}
	return any ? 0 : -EINVAL;
}

static int enlarge(struct parent *parent,
		   const uint32_t pages[static FAMILY_MAX])
{
	struct loader *next = NULL;
	int error;

	error = loader_enlarge(parent->loader, pages, &next);
	if (error) {
		log_error("can't enlarge the tables of the lists: %s",
			  strerror(-error));
		return error;
	}
	error = links_replace(parent->links, loader_program(next));
	if (error) {
		loader_close(next);
		return error;
	}
	/* From here on there is no way back, and none is needed. */
	if (pins_intact(parent->pins))
		loader_pin_tables(next, parent->pins);
	nudge_use(parent->nudger, loader_pending(next), loader_replies(next));
	loader_close(parent->loader);
	parent->loader = next;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (pages[family])
			log_notice("the lists have outgrown list-capacity: "
				   "there is room for %llu entries of IPv%c "
				   "now",
				   (unsigned long long)ranges_room_entries(
					   family, pages[family]),
				   family == FAMILY_IPV4 ? '4' : '6');
	return 0;
}

static int hand_over(struct parent *parent, enum family family)
{
	struct message message = {.kind = MESSAGE_TABLE};
	struct maps maps;
	int error = 0;

	loader_maps(parent->loader, &maps);
	message.table.family = family;
	for (uint32_t part = 0; part < TABLE_PARTS && !error; part++) {
		int fd = part == TABLE_OUTER ? maps.ranges[family].outer
					     : maps.ranges[family].inner[part];

		message.table.part = part;
		error = worker_process_tell(parent, &message, fd);
	}
	return error;
}

void grow_tables(struct parent *parent, const struct message *request)
{
	struct message answer = {.kind = MESSAGE_GROWN};
	uint32_t pages[FAMILY_MAX];
	int error = 0;

	/* What is refused here costs nothing, and is the worker's to tell. */
	answer.result = choose_pages(parent, request->pages, pages);
	if (!answer.result && asks_too_often(parent)) {
		if (budget_take(&parent->requests.growth, clock_monotonic_ns(),
				REQUESTS_WITHIN, REQUESTS_WITHIN))
			log_warning("the worker asks for larger tables too "
				    "often");
		answer.result = -EBUSY;
	}
	if (!answer.result)
		answer.result = enlarge(parent, pages);
	for (enum family family = 0;
	     family < FAMILY_MAX && !answer.result && !error; family++)
		if (pages[family])
			error = hand_over(parent, family);
	if (!error)
		error = worker_process_tell(parent, &answer, -1);
	/* One that goes on writing to the tables before would do so in vain. */
	if (error && !answer.result)
		worker_process_replace(parent);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that must stay reachable, and are known only while it runs. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "sources/addresses.h"
#include "worker/feed_state.h"

static int copy(struct feeds *feeds, const struct addr *primaries, size_t count)
{
	struct addr *copied = calloc(count + 1, sizeof(*copied));

	if (!copied)
		return -ENOMEM;
	if (count)
		memcpy(copied, primaries, count * sizeof(*copied));
	free(feeds->primaries);
	feeds->primaries = copied;
	feeds->primary_count = count;
	return 0;
}

static bool lists_any(const struct feed *feed, const struct addr *addrs,
		      size_t count)
{
	struct prefix prefix;

	for (size_t i = 0; feed->set && i < count; i++)
		if (ranges_set_find(feed->set, &addrs[i], &prefix))
			return true;
	return false;
}

void feeds_keep(struct feeds *feeds, const struct addr *primaries, size_t count)
{
	struct addr own[ADDRESSES_PROTECTED_MAX];
	size_t own_count = addresses_own(feeds->config, own);

	if (copy(feeds, primaries, count) != 0) {
		log_error("feeds may list a primary: %s", strerror(ENOMEM));
		return;
	}
	for (size_t i = 0; i < feeds->count; i++) {
		struct feed *feed = feeds->all[i];

		if (feed->due || (!lists_any(feed, primaries, count) &&
				  !lists_any(feed, own, own_count)))
			continue;
		log_notice("feed \"%s\" lists a primary or this host, which "
			   "was not known to be one: it is read again",
			   feed->config.name);
		feed->due = true;
	}
	feeds_load_next(feeds);
}

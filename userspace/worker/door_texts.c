/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of lists, for the doorman. */

#include "worker/door_texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/clock.h"

#define KEPT_NS (UINT64_C(3600) * NS_PER_S)

struct entry {
	struct addr source;
	char zone[SITE_ZONE_MAX]; /* "": free */
	uint64_t asked_ns;
	bool asking;
	size_t site;
	struct door_texts *texts;
	char text[ANSWER_TEXT_MAX];
};

struct door_texts {
	struct entry entries[DOOR_TEXTS];
	size_t next; /* to be replaced */
	unsigned int asking;
};

int door_texts_create(struct door_texts **out)
{
	struct door_texts *texts = calloc(1, sizeof(*texts));

	if (!texts)
		return -ENOMEM;
	*out = texts;
	return 0;
}

const char *door_texts_find(const struct door_texts *texts,
			    const struct addr *source, const char *zone,
			    uint64_t now_ns, bool *known)
{
	*known = false;
	for (size_t i = 0; i < DOOR_TEXTS; i++) {
		const struct entry *entry = &texts->entries[i];

		if (now_ns - entry->asked_ns > KEPT_NS ||
		    strcmp(entry->zone, zone) != 0 ||
		    memcmp(&entry->source, source, sizeof(*source)) != 0)
			continue;
		*known = true;
		return *entry->text ? entry->text : NULL;
	}
	return NULL;
}

static void on_text(void *context, size_t site_count,
		    char (*texts)[ANSWER_TEXT_MAX])
{
	struct entry *entry = context;

	entry->asking = false;
	entry->texts->asking--;
	if (entry->site < site_count)
		memcpy(entry->text, texts[entry->site], sizeof(entry->text));
}

/* The oldest that nobody waits for: fewer are asked than there are. */
static struct entry *take_oldest(struct door_texts *texts)
{
	struct entry *entry;

	do {
		entry = &texts->entries[texts->next];
		texts->next = (texts->next + 1) % DOOR_TEXTS;
	} while (entry->asking);
	return entry;
}

void door_texts_ask(struct door_texts *texts, uv_loop_t *loop,
		    struct resolver *resolver,
		    const struct config_dnsbl *config,
		    const struct dnsbl_site_result *results, size_t site,
		    const struct addr *source, uint64_t now_ns)
{
	struct entry *entry;

	if (texts->asking >= DOOR_TEXTS_ASKING)
		return;
	entry = take_oldest(texts);
	memset(entry, 0, sizeof(*entry));
	if (dnsbl_text(loop, resolver, config, results, source, on_text, entry))
		return;
	texts->asking++;
	entry->asking = true;
	entry->texts = texts;
	entry->source = *source;
	entry->site = site;
	entry->asked_ns = now_ns;
	memcpy(entry->zone, config->sites[site].zone, sizeof(entry->zone));
}

void door_texts_free(struct door_texts *texts)
{
	free(texts);
}

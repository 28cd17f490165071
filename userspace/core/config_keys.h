/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of the configuration: one table for each section, from which come
 * parsing, defaults, bounds, error messages and printing.  And one table of
 * what this version does not do.
 *
 * Private to core/config*.c.
 */
#ifndef POSTERN_CORE_CONFIG_KEYS_H
#define POSTERN_CORE_CONFIG_KEYS_H

#include <stdio.h>

#include "core/config.h"
#include "core/config_text.h"

struct config_key;

/* What values of one kind are in memory and in text. */
struct config_kind {
	size_t size;
	bool owned; /* a value is a char * for free() */

	/*
	 * Returns 0, -ENOMEM, or -EINVAL with `why` set; *value (of `size`)
	 * is untouched then.
	 */
	int (*parse)(const struct config_key *key, const char *text,
		     void *value, char why[static CONFIG_WHY_TEXT]);
	void (*print)(const struct config_key *key, const void *value,
		      FILE *out);
};

extern const struct config_kind config_kind_number;    /* unsigned int */
extern const struct config_kind config_kind_port;      /* uint16_t */
extern const struct config_kind config_kind_duration;  /* uint64_t, ms */
extern const struct config_kind config_kind_rate;      /* struct config_rate */
extern const struct config_kind config_kind_choice;    /* unsigned int */
extern const struct config_kind config_kind_switch;    /* bool */
extern const struct config_kind config_kind_require;   /* unsigned, 0: all */
extern const struct config_kind config_kind_text;      /* char * */
extern const struct config_kind config_kind_interface; /* IF_NAMESIZE */
extern const struct config_kind config_kind_address;   /* struct addr */
extern const struct config_kind config_kind_prefix;    /* struct prefix */
extern const struct config_kind config_kind_endpoint;  /* config_nameserver */
extern const struct config_kind config_kind_site;      /* struct site */

/* A word and what it stands for; tables end with a NULL. */
struct config_choice {
	const char *word;
	unsigned int value;
};

struct config_key {
	const char *name;
	const struct config_kind *kind;
	const char *fallback; /* the default; NULL: none, or empty */
	size_t offset;	      /* in struct config, or in its section's */
	uint64_t least;	      /* of numbers, times and counts of rates */
	uint64_t most;
	const char *hint; /* text: what is expected; else what to add to it */
	const struct config_choice *choices;
	bool (*accepts)(const char *text);

	size_t entries; /* a list of so many at most; 0: no list */
	size_t count;	/* offset of the number of entries */
	bool in_place;	/* entries are an array at `offset`, not on the heap */
	bool distinct;	/* no entry may be given twice */
};

struct config_section {
	const char *name; /* "" for what stands outside of sections */
	const struct config_key *keys;
	size_t key_count;

	/* With a title and any number of times, when `size` is not 0: */
	size_t size;   /* of the struct, which begins with its name */
	size_t offset; /* in struct config, of the array */
	size_t count;  /* ... and of how many there are */
	size_t entries;
	bool (*accepts)(const char *title);
	const char *hint; /* what is expected of a title */

	/* Another such section may stand in it: */
	const char *holds;   /* NULL: none */
	size_t holds_offset; /* in this one's struct, as above */
	size_t holds_count;
};

#define CONFIG_SECTIONS 9
extern const struct config_section config_sections[CONFIG_SECTIONS];

/* config_keys_health.c: those of the section `health`. */
#define CONFIG_HEALTH_KEYS 15
extern const struct config_key config_health_keys[CONFIG_HEALTH_KEYS];

/* config_keys_feed.c: those of the section `feed`. */
#define CONFIG_FEED_KEYS 8
extern const struct config_key config_feed_keys[CONFIG_FEED_KEYS];

/* config_keys_queue.c: those of the section `queue`. */
#define CONFIG_QUEUE_KEYS 8
extern const struct config_key config_queue_keys[CONFIG_QUEUE_KEYS];

/* config_keys_doorman.c: those of the section `doorman`. */
#define CONFIG_DOORMAN_KEYS 9
extern const struct config_key config_doorman_keys[CONFIG_DOORMAN_KEYS];

/* NULL for a name that is none. */
const struct config_section *config_section_find(const char *name);
const struct config_key *config_key_find(const struct config_section *section,
					 const char *name);

/*
 * What this version does not do: one value of a key; or, with `value` NULL, a
 * key that the tables don't have.
 */
struct config_unsupported {
	const char *section;
	const char *key;
	const char *value;
	const char *instead; /* the remedy */
};

/* NULL where there is no such entry. */
const struct config_unsupported *config_unsupported_find(const char *section,
							 const char *key,
							 const char *value);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists known in advance, compiled into the range tables: which number
 * stands for which list, and what is on it.
 */
#ifndef POSTERN_TABLES_LISTS_H
#define POSTERN_TABLES_LISTS_H

#include "core/config.h"
#include "tables/maps.h"
#include "tables/ranges_set.h"

/* The numbers, in the order of precedence. */
enum list_number {
	LIST_NUMBER_NONE,
	LIST_NUMBER_ALLOW,
	LIST_NUMBER_PRIMARIES,
	LIST_NUMBER_ALLOW_NOW, /* `posternctl allow` */
	LIST_NUMBER_BLOCK,
	LIST_NUMBER_BLOCK_NOW, /* `posternctl block` */
	LIST_NUMBERS,
};

/* Feeds have the numbers behind these. */
_Static_assert(LIST_NUMBERS + CONFIG_FEEDS_MAX <= LISTS_MAX, "room for feeds");

/* The name of a list in status and explain; NULL: there is no such list. */
const char *lists_name(unsigned int number);

/*
 * What goes into the tables: for each number, which entries and what they
 * mean.  Filled by its owner, with a reference to each set.
 */
struct lists_plan {
	struct ranges_set *sets[LISTS_MAX]; /* NULL: no entries */
	struct list meanings[LISTS_MAX];
};

/*
 * Puts the lists of `config` into a plan, and the meanings of the numbers
 * below LIST_NUMBERS; the rest of it stays.  Returns 0, or -ENOMEM with the
 * plan as before.
 */
int lists_plan_config(struct lists_plan *plan, const struct config *config);

/* Drops all references. */
void lists_plan_clear(struct lists_plan *plan);

/*
 * Compiles the families that are wanted and puts them in force, all or none.
 * Blocks; for any thread, but one at a time.  Returns 0 or a negative errno:
 * -ENOSPC for too many entries, with the pages that a family
 * is short of in `missing`, all that it needs.
 */
int lists_put(const struct lists_plan *plan,
	      struct ranges_map *const maps[static FAMILY_MAX],
	      const bool wanted[static FAMILY_MAX],
	      uint32_t missing[static FAMILY_MAX]);

/* How many entries the configuration has for it. */
size_t lists_count(const struct config *config, unsigned int number);

/*
 * The narrowest entry of the list that contains the address.  Returns false
 * when none does.
 */
bool lists_find(const struct config *config, unsigned int number,
		const struct addr *addr, struct prefix *out);

/*
 * Opens the range tables of both families; the descriptors are borrowed until
 * lists_close().  Returns 0 and *out, or a negative errno.
 */
int lists_open(const struct maps *maps,
	       struct ranges_map *out[static FAMILY_MAX]);
void lists_close(struct ranges_map *const maps[static FAMILY_MAX]);

/* What an error of lists_put() means, in one line. */
void lists_describe(int error, const struct config *config,
		    char text[static CONFIG_ERROR_TEXT]);

/*
 * Compiles the lists of `config` and puts them in force, both families or
 * neither.  Returns 0, or a negative errno with one line in `error`.
 */
int lists_publish(const struct config *config,
		  struct ranges_map *const maps[static FAMILY_MAX],
		  char error[static CONFIG_ERROR_TEXT]);

#endif

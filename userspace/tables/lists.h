/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists known in advance, compiled into the range tables: which number
 * stands for which list, and what is on it.
 */
#ifndef POSTERN_TABLES_LISTS_H
#define POSTERN_TABLES_LISTS_H

#include "core/config.h"
#include "tables/maps.h"
#include "tables/ranges.h"

/* The numbers, in the order of precedence. */
enum list_number {
	LIST_NUMBER_NONE,
	LIST_NUMBER_ALLOW,
	LIST_NUMBER_PRIMARIES,
	LIST_NUMBER_BLOCK,
	LIST_NUMBERS,
};

/* The name of a list in status and explain; NULL: there is no such list. */
const char *lists_name(unsigned int number);

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

/*
 * Compiles the lists of `config` and puts them in force, both families or
 * neither.  Returns 0, or a negative errno with one line in `error`.
 */
int lists_publish(const struct config *config,
		  struct ranges_map *const maps[static FAMILY_MAX],
		  char error[static CONFIG_ERROR_TEXT]);

#endif

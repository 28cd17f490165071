/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of an object, of which the range tables can be replaced by larger
 * ones.  For the loader alone.
 */
#ifndef POSTERN_PARENT_TABLES_H
#define POSTERN_PARENT_TABLES_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "parent/pins.h"
#include "tables/maps.h"

/* Is it to be pinned?  Maps of libbpf's own (.rodata) are the program's. */
bool tables_pinnable(const struct bpf_map *map);

/* Is it an inner one of the range tables, so it may have been enlarged? */
bool tables_has(const struct bpf_map *map);

/* The range tables of one family, borrowed. */
struct ranges_fds tables_of(const struct bpf_object *object,
			    enum family family);

/*
 * Do the range tables that are pinned belong together?  A daemon that was
 * killed while it replaced them may have left some of each.
 */
bool tables_pinned(const struct pins *pins);

/*
 * Gives all maps of `from` to `to`, which is open and not loaded; but for the
 * families with `pages` range tables of that size, which are empty.  Returns 0
 * or a negative errno.
 */
int tables_share(const struct bpf_object *from, struct bpf_object *to,
		 const uint32_t pages[static FAMILY_MAX]);

/* Fills these with what `from` has in force; the same. */
int tables_copy(const struct bpf_object *from, const struct bpf_object *to,
		const uint32_t pages[static FAMILY_MAX]);

#endif

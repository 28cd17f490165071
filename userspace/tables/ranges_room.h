/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large the maps of the range tables are: fixed when they are made, which
 * takes privileges, so the loader does it.  All of it is allocated at once,
 * twice, whether it is used or not.
 */
#ifndef POSTERN_TABLES_RANGES_ROOM_H
#define POSTERN_TABLES_RANGES_ROOM_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "tables/maps.h"

/* The max_entries of the inner maps of each family. */
struct ranges_room {
	uint32_t ipv4_pages;
	uint32_t ipv6_pages;
};

/* The room for so many entries of each family. */
struct ranges_room ranges_room_for(uint64_t entries);

/* The entries that so many pages of a family have room for. */
uint64_t ranges_room_entries(enum family family, uint32_t pages);

/* The same of one family. */
uint32_t ranges_room_pages(const struct ranges_room *room, enum family family);

/* What both copies of both families take, in octets. */
uint64_t ranges_room_size(const struct ranges_room *room);

/*
 * Makes the maps ranges_FAMILY (outer), ranges_FAMILY_a and _b (inner), the
 * outer ones showing the empty _a, and gives them to an object that is open
 * and not loaded.  Returns 0 or a negative errno.
 */
int ranges_room_create(struct bpf_object *object,
		       const struct ranges_room *room);

/* The same for one family. */
int ranges_room_create_family(struct bpf_object *object, enum family family,
			      uint32_t pages);

/*
 * Copies the table that `from` shows to the first inner map of `to`, which has
 * as many pages or more: there it means the same.  Nobody else may write to
 * either meanwhile.  Returns 0 or a negative errno: -EINVAL when `from` shows
 * none of its own, or `to` has less room.
 */
int ranges_room_copy(const struct ranges_fds *from,
		     const struct ranges_fds *to);

/*
 * Are these maps of one set: two of the same size, one of them shown?  What
 * was replaced by half is not.
 */
bool ranges_room_is_set(const struct ranges_fds *fds);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large the maps of the range tables are: fixed when they are made, which
 * takes privileges, so the loader does it.  All of it is allocated at once,
 * twice, whether it is used or not.
 */
#ifndef POSTERN_TABLES_RANGES_ROOM_H
#define POSTERN_TABLES_RANGES_ROOM_H

#include <bpf/libbpf.h>
#include <stdint.h>

#include "shared.h"

/* The max_entries of the inner maps of each family. */
struct ranges_room {
	uint32_t ipv4_pages;
	uint32_t ipv6_pages;
};

/* The room for so many entries of each family. */
struct ranges_room ranges_room_for(uint64_t entries);

/* The entries that so many pages of a family have room for. */
uint64_t ranges_room_entries(enum family family, uint32_t pages);

/* What both copies of both families take, in octets. */
uint64_t ranges_room_size(const struct ranges_room *room);

/*
 * Makes the maps ranges_FAMILY (outer), ranges_FAMILY_a and _b (inner), the
 * outer ones showing the empty _a, and gives them to an object that is open
 * and not loaded.  Returns 0 or a negative errno.
 */
int ranges_room_create(struct bpf_object *object,
		       const struct ranges_room *room);

#endif

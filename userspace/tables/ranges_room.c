/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the maps of the range tables in the size that is wanted.
 *
 * By hand, not by libbpf from the object's definitions: before libbpf 1.2 the
 * template of the inner maps, bpf_map__inner_map(), can't be resized.
 */

#include "tables/ranges_room.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "ranges_layout.h"

/* What is reserved for an entry, in octets, on average. */
#define IPV4_ENTRY 4
#define IPV6_ENTRY 16
/* Pages and blocks are not filled to the last: a part of so many. */
#define SPARE_PARTS 32

static uint32_t pages_for(uint64_t entries, uint32_t entry, uint64_t page)
{
	uint64_t size;

	if (entries > UINT32_MAX)
		entries = UINT32_MAX;
	size = (entries + entries / SPARE_PARTS) * entry;
	return size < page ? 1 : (uint32_t)((size + page - 1) / page);
}

static const uint64_t ipv4_page = RANGES_IPV4_STARTS;
static const uint64_t ipv6_page =
	(RANGES_PAGE_NODES - RANGES_BLOCK_NODES) * (uint64_t)RANGES_NODE_SIZE;

struct ranges_room ranges_room_for(uint64_t entries)
{
	return (struct ranges_room){
		.ipv4_pages = 1 + pages_for(entries, IPV4_ENTRY, ipv4_page),
		.ipv6_pages = pages_for(entries, IPV6_ENTRY, ipv6_page),
	};
}

uint32_t ranges_room_pages(const struct ranges_room *room, enum family family)
{
	return family == FAMILY_IPV4 ? room->ipv4_pages : room->ipv6_pages;
}

uint64_t ranges_room_entries(enum family family, uint32_t pages)
{
	uint64_t size, entry = IPV6_ENTRY;

	if (family == FAMILY_IPV4) {
		size = (pages - 1) * ipv4_page;
		entry = IPV4_ENTRY;
	} else {
		size = pages * ipv6_page;
	}
	return size / entry * SPARE_PARTS / (SPARE_PARTS + 1);
}

uint64_t ranges_room_size(const struct ranges_room *room)
{
	return 2 * ((uint64_t)room->ipv4_pages * RANGES_IPV4_PAGE_SIZE +
		    (uint64_t)room->ipv6_pages * RANGES_IPV6_PAGE_SIZE);
}

static int create_inner(const char *name, uint32_t page, uint32_t pages)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
				page, pages, &opts);

	return fd < 0 ? -errno : fd;
}

/* An outer map that shows `inner`. */
static int create_outer(const char *name, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (uint32_t)inner);
	uint32_t zero = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, name,
				sizeof(uint32_t), sizeof(uint32_t), 1, &opts);
	int error;

	if (fd < 0)
		return -errno;
	if (bpf_map_update_elem(fd, &zero, &inner, BPF_ANY) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* libbpf duplicates the descriptor. */
static int assign(struct bpf_object *object, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map)
		return -ENOENT;
	return bpf_map__reuse_fd(map, fd);
}

static int create_family(struct bpf_object *object, const char *name,
			 uint32_t page, uint32_t pages)
{
	char names[2][BPF_OBJ_NAME_LEN];
	int inner[2] = {-1, -1}, outer = -1;
	int error = 0;

	for (int i = 0; i < 2 && !error; i++) {
		snprintf(names[i], sizeof(names[i]), "%s_%c", name, 'a' + i);
		inner[i] = create_inner(names[i], page, pages);
		error = inner[i] < 0 ? inner[i]
				     : assign(object, names[i], inner[i]);
	}
	if (!error) {
		outer = create_outer(name, inner[0]);
		error = outer < 0 ? outer : assign(object, name, outer);
	}
	for (int i = 0; i < 2; i++)
		if (inner[i] >= 0)
			close(inner[i]);
	if (outer >= 0)
		close(outer);
	return error;
}

int ranges_room_create_family(struct bpf_object *object, enum family family,
			      uint32_t pages)
{
	if (family == FAMILY_IPV4)
		return create_family(object, "ranges_ipv4",
				     RANGES_IPV4_PAGE_SIZE, pages);
	return create_family(object, "ranges_ipv6", RANGES_IPV6_PAGE_SIZE,
			     pages);
}

int ranges_room_create(struct bpf_object *object,
		       const struct ranges_room *room)
{
	int error = 0;

	for (enum family family = 0; family < FAMILY_MAX && !error; family++)
		error = ranges_room_create_family(
			object, family, ranges_room_pages(room, family));
	return error;
}

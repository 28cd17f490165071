/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts compiled tables in force. */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tables/ranges_internal.h"

struct ranges_map {
	enum family family;
	int outer;
	int inner[2];
	char *pages[2];
	size_t size; /* of each */
	unsigned int current;
};

static size_t page_size(enum family family)
{
	return family == FAMILY_IPV4 ? RANGES_IPV4_PAGE_SIZE
				     : RANGES_IPV6_PAGE_SIZE;
}

/* Maps an inner map; returns its id, or a negative errno. */
static int map_inner(struct ranges_map *map, unsigned int i, uint32_t *id)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	size_t size;
	void *pages;

	if (bpf_obj_get_info_by_fd(map->inner[i], &info, &length) != 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY ||
	    info.value_size != page_size(map->family) ||
	    !(info.map_flags & BPF_F_MMAPABLE))
		return -EINVAL;
	size = (size_t)info.max_entries * info.value_size;
	if (map->size && map->size != size)
		return -EINVAL;
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     map->inner[i], 0);
	if (pages == MAP_FAILED)
		return -errno;
	map->pages[i] = pages;
	map->size = size;
	*id = info.id;
	return 0;
}

int ranges_map_open(enum family family, int outer, const int inner[static 2],
		    struct ranges_map **out)
{
	struct ranges_map *map;
	uint32_t zero = 0, current, ids[2] = {0};
	int error;

	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	map->family = family;
	map->outer = outer;
	for (unsigned int i = 0; i < 2; i++) {
		map->inner[i] = inner[i];
		error = map_inner(map, i, &ids[i]);
		if (error)
			goto fail;
	}
	/* What a lookup from userspace gives is the id of the inner map. */
	if (bpf_map_lookup_elem(outer, &zero, &current) != 0) {
		error = -errno;
		goto fail;
	}
	error = -EINVAL;
	if (ids[0] == ids[1] || (current != ids[0] && current != ids[1]))
		goto fail;
	map->current = current == ids[1];
	*out = map;
	return 0;
fail:
	ranges_map_close(map);
	return error;
}

void ranges_map_close(struct ranges_map *map)
{
	if (!map)
		return;
	for (unsigned int i = 0; i < 2; i++)
		if (map->pages[i])
			munmap(map->pages[i], map->size);
	free(map);
}

uint32_t ranges_map_pages(const struct ranges_map *map)
{
	return (uint32_t)(map->size / page_size(map->family));
}

int ranges_publish(struct ranges_map *map, const struct ranges *ranges,
		   const struct list lists[static LISTS_MAX])
{
	unsigned int spare = map->current ^ 1;
	uint32_t zero = 0;

	if (ranges->family != map->family)
		return -EINVAL;
	if (ranges_pages(ranges) > ranges_map_pages(map))
		return -ENOSPC;
	if (map->family == FAMILY_IPV4)
		ranges_ipv4_write(&ranges->ipv4, lists, map->pages[spare]);
	else
		ranges_ipv6_write(&ranges->ipv6, lists, map->pages[spare]);
	if (bpf_map_update_elem(map->outer, &zero, &map->inner[spare],
				BPF_ANY) != 0)
		return -errno;
	map->current = spare;
	return 0;
}

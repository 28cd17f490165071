/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying the table in force to larger maps. */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tables/ranges_room.h"

static int map_info(int fd, struct bpf_map_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &length) ? -errno : 0;
}

/* Which inner map is shown; negative errno: none of the two. */
static int find_shown(const struct ranges_fds *fds, struct bpf_map_info *out)
{
	struct bpf_map_info info[2];
	uint32_t zero = 0, shown;
	int error;

	error = map_info(fds->inner[0], &info[0]);
	if (!error)
		error = map_info(fds->inner[1], &info[1]);
	if (error)
		return error;
	/* What a lookup from userspace gives is the id of the inner map. */
	if (bpf_map_lookup_elem(fds->outer, &zero, &shown))
		return -errno;
	if (info[0].id == info[1].id ||
	    info[0].max_entries != info[1].max_entries ||
	    info[0].value_size != info[1].value_size)
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		if (info[i].id != shown)
			continue;
		*out = info[i];
		return i;
	}
	return -EINVAL;
}

bool ranges_room_is_set(const struct ranges_fds *fds)
{
	struct bpf_map_info info;

	return find_shown(fds, &info) >= 0;
}

int ranges_room_copy(const struct ranges_fds *from, const struct ranges_fds *to)
{
	struct bpf_map_info source, target;
	void *old = MAP_FAILED, *new = MAP_FAILED;
	int shown = find_shown(from, &source);
	int error = shown < 0 ? shown : map_info(to->inner[0], &target);
	size_t size;

	if (error)
		return error;
	if (target.value_size != source.value_size ||
	    target.max_entries < source.max_entries)
		return -EINVAL;
	size = (size_t)source.max_entries * source.value_size;
	old = mmap(NULL, size, PROT_READ, MAP_SHARED, from->inner[shown], 0);
	if (old == MAP_FAILED)
		return -errno;
	new = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, to->inner[0],
		   0);
	if (new == MAP_FAILED)
		error = -errno;
	else
		memcpy(new, old, size);
	munmap(old, size);
	if (new != MAP_FAILED)
		munmap(new, size);
	return error;
}

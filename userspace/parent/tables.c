/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Range tables among the maps of an object, and larger ones in their place. */

#include "parent/tables.h"

#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "tables/ranges_room.h"

/* In the order of the parts: the inner ones, then the outer one. */
static const char *const names[FAMILY_MAX][TABLE_PARTS] = {
	[FAMILY_IPV4] = {"ranges_ipv4_a", "ranges_ipv4_b", "ranges_ipv4"},
	[FAMILY_IPV6] = {"ranges_ipv6_a", "ranges_ipv6_b", "ranges_ipv6"},
};

bool tables_pinnable(const struct bpf_map *map)
{
	return strchr(bpf_map__name(map), '.') == NULL;
}

/* The family whose range tables have such a map; FAMILY_MAX: none. */
static enum family family_of(const struct bpf_map *map)
{
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (int part = 0; part < TABLE_PARTS; part++)
			if (strcmp(names[family][part], bpf_map__name(map)) ==
			    0)
				return family;
	return FAMILY_MAX;
}

bool tables_has(const struct bpf_map *map)
{
	return family_of(map) != FAMILY_MAX &&
	       bpf_map__type(map) == BPF_MAP_TYPE_ARRAY;
}

static struct ranges_fds set_of(const int fds[static TABLE_PARTS])
{
	return (struct ranges_fds){
		.inner = {fds[0], fds[1]},
		.outer = fds[TABLE_OUTER],
	};
}

struct ranges_fds tables_of(const struct bpf_object *object, enum family family)
{
	int fds[TABLE_PARTS] = {-1, -1, -1};

	for (int part = 0; part < TABLE_PARTS; part++)
		fds[part] = bpf_object__find_map_fd_by_name(
			object, names[family][part]);
	return set_of(fds);
}

static bool family_is_pinned(const struct pins *pins, enum family family)
{
	int fds[TABLE_PARTS] = {-1, -1, -1};
	struct ranges_fds set;
	char path[PATH_MAX];
	bool whole;

	for (int part = 0; part < TABLE_PARTS; part++)
		fds[part] =
			bpf_obj_get(pins_path(pins, names[family][part], path));
	set = set_of(fds);
	whole = ranges_room_is_set(&set);
	for (int part = 0; part < TABLE_PARTS; part++)
		if (fds[part] >= 0)
			close(fds[part]);
	return whole;
}

bool tables_pinned(const struct pins *pins)
{
	return family_is_pinned(pins, FAMILY_IPV4) &&
	       family_is_pinned(pins, FAMILY_IPV6);
}

int tables_share(const struct bpf_object *from, struct bpf_object *to,
		 const uint32_t pages[static FAMILY_MAX])
{
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map (map, to) {
		enum family family = family_of(map);

		if (!tables_pinnable(map) ||
		    (family != FAMILY_MAX && pages[family]))
			continue;
		/* libbpf keeps a duplicate. */
		error = bpf_map__reuse_fd(map,
					  bpf_object__find_map_fd_by_name(
						  from, bpf_map__name(map)));
		if (error)
			return error;
	}
	for (enum family family = 0; family < FAMILY_MAX && !error; family++)
		if (pages[family])
			error = ranges_room_create_family(to, family,
							  pages[family]);
	return error;
}

int tables_copy(const struct bpf_object *from, const struct bpf_object *to,
		const uint32_t pages[static FAMILY_MAX])
{
	int error = 0;

	for (enum family family = 0; family < FAMILY_MAX && !error; family++) {
		struct ranges_fds old = tables_of(from, family);
		struct ranges_fds new = tables_of(to, family);

		if (pages[family])
			error = ranges_room_copy(&old, &new);
	}
	return error;
}

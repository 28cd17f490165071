/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading the programs; making, adopting and pinning the maps. */

#include "parent/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/carry.h"
#include "parent/driver.h"
#include "parent/tables.h"
#include "parent/twin.h"
#include "postern.skel.h"
#include "tables/ranges_room.h"

struct loader {
	struct postern *skeleton;
	struct jiffies_clock clock;
	bool adopted;	/* the maps of an earlier daemon are in use */
	bool fragments; /* frames in several buffers can be judged */
};

/* Reads the ABI of the maps that are pinned; 0: there are none. */
static __u64 pinned_abi(const struct pins *pins)
{
	struct settings settings = {0};
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);
	char path[PATH_MAX];
	__u32 key = 0;
	int fd;

	fd = bpf_obj_get(pins_path(pins, "settings", path));
	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) ||
	    info.value_size != sizeof(settings) ||
	    bpf_map_lookup_elem(fd, &key, &settings))
		settings.abi = 0;
	close(fd);
	return settings.abi;
}

/* Whether a pinned map can stand in for one that is to be made. */
static bool fits(int fd, const struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	       info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       (info.max_entries == bpf_map__max_entries(map) ||
		(tables_has(map) &&
		 info.max_entries > bpf_map__max_entries(map))) &&
	       info.map_flags == bpf_map__map_flags(map);
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

#define MAPS_MAX 32

/*
 * Takes over the pinned maps of an earlier daemon: all of them, or none, so
 * that no two maps are of different times.
 */
static bool adopt_maps(struct bpf_object *object, const struct pins *pins)
{
	char path[PATH_MAX];
	struct bpf_map *map;
	int fds[MAPS_MAX];
	size_t count = 0, used = 0;
	bool all = true;

	if (pinned_abi(pins) != POSTERN_ABI || !tables_pinned(pins))
		return false;
	bpf_object__for_each_map (map, object) {
		if (!tables_pinnable(map) || count == MAPS_MAX)
			continue;
		fds[count] =
			bpf_obj_get(pins_path(pins, bpf_map__name(map), path));
		all = all && fds[count] >= 0 && fits(fds[count], map);
		count++;
	}
	bpf_object__for_each_map (map, object) {
		if (!all)
			break;
		/* libbpf keeps a duplicate. */
		if (tables_pinnable(map))
			all = bpf_map__reuse_fd(map, fds[used++]) == 0;
	}
	close_all(fds, count);
	return all;
}

/* Pins the maps whose names begin so. */
static int pin_maps(struct bpf_object *object, const struct pins *pins,
		    const char *prefix)
{
	char path[PATH_MAX];
	struct bpf_map *map;
	int error;

	bpf_object__for_each_map (map, object) {
		if (!tables_pinnable(map) ||
		    strncmp(bpf_map__name(map), prefix, strlen(prefix)) != 0)
			continue;
		pins_path(pins, bpf_map__name(map), path);
		error = pins_replace(bpf_map__fd(map), path);
		if (error) {
			log_error("can't pin %s: %s", path, strerror(-error));
			return error;
		}
	}
	return 0;
}

static void size_maps(struct postern *skeleton, const struct config *config,
		      const struct ranges_room *room)
{
	bpf_map__set_max_entries(skeleton->maps.verdicts, config->dnsbl.cache);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv4_a,
				 room->ipv4_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv4_b,
				 room->ipv4_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv6_a,
				 room->ipv6_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv6_b,
				 room->ipv6_pages);
}

static int open_skeleton(struct loader *loader, const struct config *config,
			 const struct pins *pins, bool fragments)
{
	struct ranges_room room = ranges_room_for(config->list_capacity);

	loader->skeleton = postern__open();
	if (!loader->skeleton)
		return -errno;
	size_maps(loader->skeleton, config, &room);
	/* Frames in several buffers (Linux 5.18); refused by older ones. */
	loader->fragments = fragments;
	if (fragments)
		bpf_program__set_flags(loader->skeleton->progs.postern,
				       BPF_F_XDP_HAS_FRAGS);
	loader->adopted = pins && adopt_maps(loader->skeleton->obj, pins);
	if (loader->adopted)
		return 0;
	return ranges_room_create(loader->skeleton->obj, &room);
}

static int load(struct loader *loader, const struct config *config,
		const struct pins *pins)
{
	int error;

	error = open_skeleton(loader, config, pins, true);
	if (error)
		return error;
	error = postern__load(loader->skeleton);
	if (error != -EINVAL)
		return error;
	postern__destroy(loader->skeleton);
	loader->skeleton = NULL;
	error = open_skeleton(loader, config, pins, false);
	if (error)
		return error;
	return postern__load(loader->skeleton);
}

static int mark_abi(const struct loader *loader)
{
	struct settings settings = {.abi = POSTERN_ABI};
	__u32 key = 0;

	if (bpf_map_update_elem(bpf_map__fd(loader->skeleton->maps.settings),
				&key, &settings, BPF_ANY))
		return -errno;
	return 0;
}

static int load_program(struct loader *loader, const struct config *config,
			const struct pins *pins)
{
	int error = load(loader, config, pins);

	if (error)
		log_error("can't load the XDP program: %s%s%s",
			  strerror(-error),
			  driver_objection()[0] ? "; the kernel says: " : "",
			  driver_objection());
	return error;
}

/* What a daemon of another build knew, as far as both have a place for it. */
static void carry_over(struct bpf_object *object, const struct pins *pins)
{
	static const char *const names[] = {"verdicts", "counters",
					    "list_counters", "networks"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct bpf_map *map =
			bpf_object__find_map_by_name(object, names[i]);
		int from = bpf_obj_get(pins_path(pins, names[i], path));
		int result;

		if (from < 0)
			continue;
		result = carry_map(from, bpf_map__fd(map));
		close(from);
		if (result < 0)
			log_warning("can't carry over the map %s of an earlier "
				    "daemon: %s",
				    names[i], strerror(-result));
		else
			log_info("carried over %d elements of the map %s",
				 result, names[i]);
	}
}

/* Makes fresh maps ours, and findable. */
static int found(const struct loader *loader, const struct pins *pins)
{
	int error;

	if (loader->adopted) {
		log_info("adopted the maps of an earlier daemon");
		return 0;
	}
	error = mark_abi(loader);
	if (error) {
		log_error("can't write the map settings: %s", strerror(-error));
		return error;
	}
	carry_over(loader->skeleton->obj, pins);
	return pin_maps(loader->skeleton->obj, pins, "");
}

static void tell_limits(const struct loader *loader)
{
	if (!loader->fragments)
		log_info("this kernel (before 5.18) shows the program no "
			 "frames in several buffers: drivers may refuse to "
			 "attach it natively with a large MTU");
}

static int calibrate(struct loader *loader)
{
	int program = bpf_program__fd(loader->skeleton->progs.clock);
	int error = twin_calibrate(program, &loader->clock);

	if (error)
		log_error("can't read the kernel's clock: %s",
			  strerror(-error));
	return error;
}

int loader_open(const struct config *config, const struct pins *pins,
		struct loader **out)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int error;

	if (!loader)
		return -ENOMEM;
	error = load_program(loader, config, pins);
	if (!error)
		error = calibrate(loader);
	if (!error)
		error = found(loader, pins);
	if (error) {
		loader_close(loader);
		return error;
	}
	tell_limits(loader);
	*out = loader;
	return 0;
}

int loader_open_private(const struct config *config, struct loader **out)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int error;

	if (!loader)
		return -ENOMEM;
	error = load(loader, config, NULL);
	if (!error)
		error = twin_calibrate(
			bpf_program__fd(loader->skeleton->progs.clock),
			&loader->clock);
	if (error) {
		loader_close(loader);
		return error;
	}
	*out = loader;
	return 0;
}

int loader_enlarge(const struct loader *from,
		   const uint32_t pages[static FAMILY_MAX], struct loader **out)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int error;

	if (!loader)
		return -ENOMEM;
	loader->clock = from->clock;
	loader->fragments = from->fragments;
	loader->skeleton = postern__open();
	if (!loader->skeleton) {
		error = -errno;
		free(loader);
		return error;
	}
	if (loader->fragments)
		bpf_program__set_flags(loader->skeleton->progs.postern,
				       BPF_F_XDP_HAS_FRAGS);
	error = tables_share(from->skeleton->obj, loader->skeleton->obj, pages);
	if (!error)
		error = postern__load(loader->skeleton);
	if (!error)
		error = tables_copy(from->skeleton->obj, loader->skeleton->obj,
				    pages);
	if (error) {
		loader_close(loader);
		return error;
	}
	*out = loader;
	return 0;
}

int loader_pin_tables(const struct loader *loader, const struct pins *pins)
{
	return pin_maps(loader->skeleton->obj, pins, "ranges_");
}

void loader_pages(const struct loader *loader, uint32_t out[static FAMILY_MAX])
{
	out[FAMILY_IPV4] =
		bpf_map__max_entries(loader->skeleton->maps.ranges_ipv4_a);
	out[FAMILY_IPV6] =
		bpf_map__max_entries(loader->skeleton->maps.ranges_ipv6_a);
}

int loader_try(const struct config *config)
{
	struct loader loader = {0};
	int error = load_program(&loader, config, NULL);

	postern__destroy(loader.skeleton);
	return error;
}

int loader_program(const struct loader *loader)
{
	return bpf_program__fd(loader->skeleton->progs.postern);
}

int loader_twin(const struct loader *loader)
{
	return bpf_program__fd(loader->skeleton->progs.explain);
}

int loader_pending(const struct loader *loader)
{
	return bpf_map__fd(loader->skeleton->maps.pending);
}

int loader_replies(const struct loader *loader)
{
	return bpf_map__fd(loader->skeleton->maps.replies);
}

void loader_maps(const struct loader *loader, struct maps *out)
{
	const struct postern *skeleton = loader->skeleton;

	out->settings = bpf_map__fd(skeleton->maps.settings);
	out->verdicts = bpf_map__fd(skeleton->maps.verdicts);
	out->counters = bpf_map__fd(skeleton->maps.counters);
	out->list_counters = bpf_map__fd(skeleton->maps.list_counters);
	out->events = bpf_map__fd(skeleton->maps.events);
	out->deferred = bpf_map__fd(skeleton->maps.deferred);
	out->networks = bpf_map__fd(skeleton->maps.networks);
	for (enum family family = 0; family < FAMILY_MAX; family++)
		out->ranges[family] = tables_of(skeleton->obj, family);
}

const struct jiffies_clock *loader_clock(const struct loader *loader)
{
	return &loader->clock;
}

uint64_t loader_lease_ns(const struct loader *loader)
{
	struct settings settings;
	__u32 key = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(loader->skeleton->maps.settings),
				&key, &settings))
		return UINT64_MAX / 2;
	return clock_ns_at(&loader->clock, settings.lease);
}

int loader_rules(const struct loader *loader, struct rules *out)
{
	struct settings settings;
	__u32 key = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(loader->skeleton->maps.settings),
				&key, &settings))
		return -errno;
	*out = settings.rules[settings.current & 1];
	return 0;
}

static int first_door(const struct rules *rules, enum family family,
		      struct addr *out)
{
	struct in_addr in;

	if (family == FAMILY_IPV4) {
		if (rules->ipv4_count == 0)
			return -EADDRNOTAVAIL;
		in.s_addr = rules->ipv4[0].address;
		*out = addr_from_ipv4(in);
		return 0;
	}
	if (rules->ipv6_count == 0)
		return -EADDRNOTAVAIL;
	*out = rules->ipv6[0].address;
	return 0;
}

int loader_explain(const struct loader *loader, const struct addr *source,
		   struct decision *out)
{
	struct settings settings;
	const struct rules *rules;
	struct addr door;
	__u32 key = 0;
	int error;

	if (bpf_map_lookup_elem(bpf_map__fd(loader->skeleton->maps.settings),
				&key, &settings))
		return -errno;
	rules = &settings.rules[settings.current & 1];
	error = first_door(rules, addr_family(source), &door);
	if (error)
		return error;
	return twin_explain(loader_twin(loader), source, &door,
			    ntohs(rules->ports[0]), out);
}

void loader_close(struct loader *loader)
{
	if (!loader)
		return;
	postern__destroy(loader->skeleton);
	free(loader);
}

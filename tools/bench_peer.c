/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's maps, filled with a list. */

#include "bench_peer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "bench_maps.skel.h"

const char *bench_peer_name(enum bench_peer peer)
{
	static const char *const names[BENCH_PEERS] = {
		[BENCH_TRIE] = "LPM trie",
		[BENCH_HASH] = "hash",
		[BENCH_LRU] = "LRU hash",
	};

	return names[peer];
}

const char *bench_peer_lacks(enum bench_peer peer,
			     const struct bench_list *list)
{
	if (peer != BENCH_TRIE && list->shape == BENCH_CLUSTERED)
		return "it has no prefixes of many lengths";
	return NULL;
}

static struct bpf_map *map_of(const struct bench_maps *skeleton,
			      enum bench_peer peer, enum family family)
{
	if (peer == BENCH_TRIE)
		return family == FAMILY_IPV4 ? skeleton->maps.trie_ipv4
					     : skeleton->maps.trie_ipv6;
	return family == FAMILY_IPV4 ? skeleton->maps.hash_ipv4
				     : skeleton->maps.hash_ipv6;
}

/* An LRU hash evicts before it is full. */
static uint32_t room_for(enum bench_peer peer, size_t count)
{
	return (uint32_t)(peer == BENCH_LRU ? count + count / 4 + 8192 : count);
}

/* `fragments`: as Postern is, where the kernel has it. */
static int load(enum bench_peer peer, const struct bench_list *list,
		bool fragments, struct bench_maps **out)
{
	struct bench_maps *skeleton = bench_maps__open();
	struct bpf_map *map;
	int error;

	if (!skeleton)
		return -errno;
	bpf_program__set_autoload(skeleton->progs.explain, false);
	bpf_program__set_autoload(skeleton->progs.clock, false);
	if (fragments)
		bpf_program__set_flags(skeleton->progs.postern,
				       BPF_F_XDP_HAS_FRAGS);
	skeleton->rodata->use_trie = peer == BENCH_TRIE;
	map = map_of(skeleton, peer, list->family);
	if (peer == BENCH_LRU)
		bpf_map__set_type(map, BPF_MAP_TYPE_LRU_HASH);
	bpf_map__set_max_entries(map, room_for(peer, list->count));
	error = bench_maps__load(skeleton);
	if (error)
		bench_maps__destroy(skeleton);
	else
		*out = skeleton;
	return error;
}

static int add_prefix(int map, enum family family, const struct prefix *prefix,
		      uint32_t value)
{
	struct {
		uint32_t length;
		unsigned char octets[sizeof(struct addr)];
	} key = {.length = prefix->length};
	const unsigned char *octets = prefix->addr.octets;

	if (family == FAMILY_IPV4)
		memcpy(key.octets, octets + 12, 4);
	else
		memcpy(key.octets, octets, sizeof(key.octets));
	return bpf_map_update_elem(map, &key, &value, BPF_ANY);
}

static int fill(int map, enum bench_peer peer, const struct bench_list *list,
		unsigned int feeds)
{
	size_t at = list->family == FAMILY_IPV4 ? 12 : 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct prefix *entry = &list->entries[i];
		uint32_t value = (uint32_t)(1 + i % feeds);
		int failed;

		if (peer == BENCH_TRIE)
			failed = add_prefix(map, list->family, entry, value);
		else
			failed = bpf_map_update_elem(
				map, entry->addr.octets + at, &value, BPF_ANY);
		if (failed)
			return -errno;
	}
	return 0;
}

int bench_peer_load(enum bench_peer peer, const struct bench_list *list,
		    struct bench_maps **out)
{
	int error = load(peer, list, true, out);

	return error == -EINVAL ? load(peer, list, false, out) : error;
}

int bench_peer_map(enum bench_peer peer, const struct bench_list *list,
		   const struct bench_maps *skeleton)
{
	return bpf_map__fd(map_of(skeleton, peer, list->family));
}

int bench_peer_fill(enum bench_peer peer, const struct bench_list *list,
		    unsigned int feeds, struct bench_maps *skeleton)
{
	struct list *lists = skeleton->bss->peer_lists;

	for (unsigned int i = 1; i <= feeds; i++)
		lists[i] = (struct list){
			.kind = LIST_FEED,
			.action = ACTION_DROP,
			.expires = INT64_MAX,
		};
	return fill(bench_peer_map(peer, list, skeleton), peer, list, feeds);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole program once more, but with maps of the kernel's in place of the
 * range tables: nothing else differs from what it is measured against.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "ranges.h"

struct trie_key_ipv4 {
	__u32 length;
	__be32 address;
};

struct trie_key_ipv6 {
	__u32 length;
	struct addr address;
};

/* The bench sets max_entries; a value is the number of a list. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct trie_key_ipv4);
	__type(value, __u32);
} trie_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct trie_key_ipv6);
	__type(value, __u32);
} trie_ipv6 SEC(".maps");

/* A hash or an LRU hash, as the bench wants. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __be32);
	__type(value, __u32);
} hash_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __be64); /* a /64 */
	__type(value, __u32);
} hash_ipv6 SEC(".maps");

const volatile __u32 use_trie;

struct list peer_lists[LISTS_MAX];

static __always_inline const struct list *peer_list(const __u32 *value,
						    __u32 *id)
{
	*id = value ? *value & RANGES_LIST_MASK : 0;
	return &peer_lists[*id];
}

/* As ranges_lookup_ipv4(). */
static __always_inline const struct list *peer_lookup_ipv4(__be32 address,
							   __u32 *id)
{
	struct trie_key_ipv4 key = {.length = 32, .address = address};
	const __u32 *value;

	if (use_trie)
		value = bpf_map_lookup_elem(&trie_ipv4, &key);
	else
		value = bpf_map_lookup_elem(&hash_ipv4, &key.address);
	return peer_list(value, id);
}

/* As ranges_lookup_ipv6(). */
static __always_inline const struct list *
peer_lookup_ipv6(const __be64 address[static 2], __u32 *id)
{
	struct trie_key_ipv6 key = {.length = 128};
	__be64 network = address[0];
	const __u32 *value;

	__builtin_memcpy(&key.address, address, sizeof(key.address));
	if (use_trie)
		value = bpf_map_lookup_elem(&trie_ipv6, &key);
	else
		value = bpf_map_lookup_elem(&hash_ipv6, &network);
	return peer_list(value, id);
}

#define ranges_lookup_ipv4 peer_lookup_ipv4
#define ranges_lookup_ipv6 peer_lookup_ipv6

#include "postern.bpf.c"

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

static __always_inline const __u32 *peer_ipv4(const struct addr *address)
{
	struct trie_key_ipv4 key = {.length = 32};

	__builtin_memcpy(&key.address, &address->octets[12],
			 sizeof(key.address));
	if (use_trie)
		return bpf_map_lookup_elem(&trie_ipv4, &key);
	return bpf_map_lookup_elem(&hash_ipv4, &key.address);
}

static __always_inline const __u32 *peer_ipv6(const struct addr *address)
{
	struct trie_key_ipv6 key = {.length = 128, .address = *address};
	__be64 network;

	if (use_trie)
		return bpf_map_lookup_elem(&trie_ipv6, &key);
	__builtin_memcpy(&network, address, sizeof(network));
	return bpf_map_lookup_elem(&hash_ipv6, &network);
}

/* As ranges_lookup(). */
static __always_inline const struct list *
peer_lookup(enum family family, const struct addr *address, __u32 *id)
{
	const __u32 *value =
		family == FAMILY_IPV4 ? peer_ipv4(address) : peer_ipv6(address);

	*id = value ? *value & RANGES_LIST_MASK : 0;
	return value ? &peer_lists[*id] : 0;
}

#define ranges_lookup peer_lookup

#include "postern.bpf.c"

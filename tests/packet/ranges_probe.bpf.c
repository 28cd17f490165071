/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up what the frame asks for, and nothing else. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "ranges.h"
#include "ranges_probe.h"

char _license[] SEC("license") = "GPL";

static __always_inline const struct list *
lookup(const struct probe_question *question, __u32 *id)
{
	__be64 words[2];
	__be32 ipv4;

	__builtin_memcpy(words, &question->addr, sizeof(words));
	__builtin_memcpy(&ipv4, &question->addr.octets[12], sizeof(ipv4));
	if (question->family == FAMILY_IPV4)
		return ranges_lookup_ipv4(ipv4, id);
	return ranges_lookup_ipv6(words, id);
}

SEC("xdp")
int ranges_probe(struct xdp_md *ctx)
{
	struct probe *probe = (void *)(long)ctx->data;

	if ((void *)(probe + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (int i = 0; i < PROBE_QUESTIONS; i++) {
		struct probe_question *question = &probe->questions[i];
		const struct list *list;
		__u32 id = 0;

		list = lookup(question, &id);
		question->id = id;
		question->kind = list ? list->kind : LIST_NONE;
		question->expires = list ? list->expires : 0;
		if (question->want)
			probe->wrong += id != probe_list(question->expires);
		else
			probe->wrong += id != 0;
	}
	return XDP_PASS;
}

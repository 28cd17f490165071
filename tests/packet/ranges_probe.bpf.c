/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up what the frame asks for, and nothing else. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "ranges.h"
#include "ranges_probe.h"

char _license[] SEC("license") = "GPL";

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

		list = ranges_lookup(question->family, &question->addr, &id);
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

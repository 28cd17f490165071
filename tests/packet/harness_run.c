/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs frames and looks what they leave behind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "core/reason.h"
#include "harness_run.h"
#include "tables/counters.h"

static struct ring_buffer *ring;
static struct result *seeing; /* whose events are being read */

static int on_event(void *context, void *data, size_t size)
{
	struct result *out = seeing;

	(void)context;
	if (((const struct event *)data)->kind == EVENT_SHOWN) {
		assert_int_equal(size, sizeof(struct shown));
		if (out) {
			memcpy(&out->shown, data, size);
			out->shown_count++;
		}
		return 0;
	}
	assert_int_equal(size, sizeof(struct event));
	if (!out)
		return 0;
	if (out->event_count < EVENTS_SEEN)
		memcpy(&out->events[out->event_count], data, size);
	out->event_count++;
	return 0;
}

int harness_watch(int events)
{
	ring = ring_buffer__new(events, on_event, NULL, NULL);
	return ring ? 0 : -errno;
}

static void read_events(struct result *out)
{
	seeing = out;
	ring_buffer__consume(ring);
	seeing = NULL;
}

void harness_forget_events(void)
{
	read_events(NULL);
}

void harness_unwatch(void)
{
	ring_buffer__free(ring);
}

int harness_run_program(const struct bpf_program *program,
			const struct frame *in, struct frame *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in->octets,
		    .data_size_in = (__u32)in->size, .data_out = out->octets,
		    .data_size_out = sizeof(out->octets), .repeat = 1);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(errno));
	out->size = options.data_size_out;
	return (int)options.retval;
}

static bool get(const struct bpf_map *map, const struct addr *key, void *out)
{
	return bpf_map_lookup_elem(bpf_map__fd(map), key, out) == 0;
}

static size_t entries_of(const struct bpf_map *map)
{
	struct flow key, next; /* the largest */
	const struct flow *after = NULL;
	size_t count = 0;

	while (bpf_map_get_next_key(bpf_map__fd(map), after, &next) == 0) {
		key = next;
		after = &key;
		count++;
	}
	return count;
}

/* All of what a frame can leave a trace in, the ring buffer excepted. */
struct traces {
	struct counters counters;
	struct list_counters lists[LIST_NUMBERS];
	struct source_verdict host, network;
	struct hold hold;
	struct cpu_budget budget;
	size_t pending;
	size_t replies;
	size_t deferred;
};

/* Fields are copied one by one into zeroed memory: padding compares, too. */
static void take_traces(const struct addr *source, struct traces *out)
{
	const struct postern *skeleton = harness_skeleton();
	struct addr network = addr_mask(source, 64);
	int cpus = libbpf_num_possible_cpus();
	struct cpu_budget *budgets;
	__u32 zero = 0;

	memset(out, 0, sizeof(*out));
	assert_int_equal(counters_read(bpf_map__fd(skeleton->maps.counters),
				       &out->counters),
			 0);
	for (unsigned int n = 1; n < LIST_NUMBERS; n++)
		out->lists[n] = harness_list_counters(n);
	get(skeleton->maps.verdicts, source, &out->host);
	get(skeleton->maps.verdicts, &network, &out->network);
	get(skeleton->maps.pending, source, &out->hold);
	budgets = calloc((size_t)cpus, sizeof(*budgets));
	assert_non_null(budgets);
	bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.budgets), &zero,
			    budgets);
	out->budget = budgets[sched_getcpu()];
	free(budgets);
	out->pending = entries_of(skeleton->maps.pending);
	out->replies = entries_of(skeleton->maps.replies);
	out->deferred = entries_of(skeleton->maps.deferred);
}

/* The only counter that moved; REASON_MAX: none did. */
static enum reason counted(const struct counters *before,
			   const struct counters *after, enum family family)
{
	enum reason moved = REASON_MAX;

	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		__u64 ipv4 = counters_of(&after->ipv4, reason) -
			     counters_of(&before->ipv4, reason);
		__u64 ipv6 = counters_of(&after->ipv6, reason) -
			     counters_of(&before->ipv6, reason);

		if (!ipv4 && !ipv6)
			continue;
		assert_int_equal(moved, REASON_MAX);
		assert_int_equal(ipv4, family == FAMILY_IPV4);
		assert_int_equal(ipv6, family == FAMILY_IPV6);
		moved = reason;
	}
	return moved;
}

/* By what the frame says; a source within ::ffff:0:0/96 is not IPv4. */
static enum family family_of(const struct frame *frame)
{
	size_t at = 12;

	while (frame->octets[at] == 0x81 || frame->octets[at] == 0x88)
		at += 4;
	return frame->octets[at] == 0x08 ? FAMILY_IPV4 : FAMILY_IPV6;
}

static struct addr source_of(const struct frame *frame)
{
	enum family family = family_of(frame);
	struct addr addr = {{0}};
	struct in_addr in;
	size_t at = 14;

	while (frame->octets[at - 2] == 0x81 || frame->octets[at - 2] == 0x88)
		at += 4;
	if (family == FAMILY_IPV6) {
		memcpy(addr.octets, frame->octets + at + 8, 16);
		return addr;
	}
	memcpy(&in, frame->octets + at + 12, sizeof(in));
	return addr_from_ipv4(in);
}

static void run_twin(const struct frame *frame, struct decision *out)
{
	struct addr source = source_of(frame);
	struct frame after_run = {.size = 0};
	struct traces before, after;
	struct result result = {0};
	int returned;

	take_traces(&source, &before);
	returned = harness_run_program(harness_skeleton()->progs.explain, frame,
				       &after_run);
	take_traces(&source, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	read_events(&result);
	assert_int_equal(result.event_count, 0);
	assert_int_equal(result.shown_count, 0);
	*out = (struct decision){.reason = REASON_MAX};
	if (frame->size < sizeof(*out)) {
		assert_int_equal(returned, XDP_ABORTED);
		return;
	}
	assert_int_equal(returned, XDP_PASS);
	memcpy(out, after_run.octets, sizeof(*out));
}

void harness_run_live(const struct frame *frame, struct result *out)
{
	struct addr source = source_of(frame);
	struct traces before, after;

	memset(out, 0, sizeof(*out));
	take_traces(&source, &before);
	out->returned = harness_run_program(harness_skeleton()->progs.postern,
					    frame, &out->frame);
	take_traces(&source, &after);
	read_events(out);
	out->reason =
		counted(&before.counters, &after.counters, family_of(frame));
	out->is_pending =
		get(harness_skeleton()->maps.pending, &source, &out->hold);
	if (out->returned == XDP_TX)
		return;
	assert_int_equal(out->frame.size, frame->size);
	assert_memory_equal(out->frame.octets, frame->octets, frame->size);
}

void harness_run(const struct frame *frame, struct result *out)
{
	struct decision twin;

	run_twin(frame, &twin);
	harness_run_live(frame, out);
	out->twin = twin;
}

static int returned_for(enum action action)
{
	switch (action) {
	case ACTION_DROP:
		return XDP_DROP;
	case ACTION_RESET:
		return XDP_TX;
	default:
		return XDP_PASS;
	}
}

void harness_expect(const struct packet *packet, enum reason reason,
		    enum action action, struct result *out)
{
	struct result unseen;
	struct frame frame;

	out = out ? out : &unseen;
	frame_build(packet, &frame);
	harness_run(&frame, out);
	assert_string_equal(reason_name(out->reason), reason_name(reason));
	assert_int_equal(out->returned, returned_for(action));
	assert_string_equal(reason_name(out->twin.reason), reason_name(reason));
	assert_int_equal(out->twin.action, action);
}

void harness_expect_untouched(const struct frame *frame)
{
	struct result out;

	harness_run(frame, &out);
	assert_string_equal(reason_name(out.reason), "none");
	assert_int_equal(out.returned, XDP_PASS);
	assert_int_equal(out.event_count, 0);
	assert_int_equal(out.shown_count, 0);
	assert_false(out.is_pending);
	assert_string_equal(reason_name(out.twin.reason), "none");
	assert_int_equal(out.twin.action, ACTION_PASS);
}

void harness_repeat(const struct packet *packet, unsigned int times)
{
	struct frame frame, out;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.octets,
		    .data_out = out.octets, .data_size_out = sizeof(out.octets),
		    .repeat = (int)times);

	frame_build(packet, &frame);
	options.data_size_in = (__u32)frame.size;
	if (bpf_prog_test_run_opts(
		    bpf_program__fd(harness_skeleton()->progs.postern),
		    &options))
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(errno));
}

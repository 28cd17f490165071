/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program, loaded privately (nothing is attached or pinned) and run
 * frame by frame through BPF_PROG_TEST_RUN, its maps written by the modules
 * of userspace/tables.  One at a time.
 *
 * harness_fresh() begins every test: enforcing, the lease valid, gates open,
 * unknown sources held, budgets ample, all maps empty.  Every length of time
 * is an hour, so that a test sets times back or ahead and never waits.
 */
#ifndef POSTERN_TESTS_HARNESS_H
#define POSTERN_TESTS_HARNESS_H

#include <linux/bpf.h>

#include "frame.h"
#include "postern.skel.h"
#include "ranges_layout.h"
#include "shared.h"
#include "tables/clock.h"

#define EVENTS_SEEN 8

/* Numbers of lists, in the order of precedence. */
enum {
	LIST_NUMBER_ALLOWED = 1,
	LIST_NUMBER_BLOCKED,
	LIST_NUMBER_FED,
	LIST_NUMBER_FED_TOO,
	LIST_NUMBERS,
};

struct result {
	int returned;	      /* XDP_PASS, ... */
	enum reason reason;   /* that was counted; REASON_MAX: none */
	struct decision twin; /* what `explain` says of the same */
	struct event events[EVENTS_SEEN];
	size_t event_count; /* all of them, even beyond EVENTS_SEEN */
	struct shown shown; /* the last one; not among those */
	size_t shown_count;
	bool is_pending; /* the source has an entry afterwards */
	struct hold hold;
	struct frame frame; /* afterwards */
};

/*
 * Skips the test, saying why, where the program can't be loaded.  The skeleton
 * is for what the functions below don't do.
 */
struct postern *harness_fresh(void);

/* Now, and an hour, in jiffies. */
__u64 harness_now(void);
__u64 harness_hour(void);

/* The clock that the tables were opened with. */
const struct jiffies_clock *harness_clock(void);

/* Rules to be changed, which harness_publish() then puts in force. */
struct rules *harness_rules(void);
void harness_publish(void);

void harness_lease(__u64 until);

/* Adds a prefix to a list; harness_lists() puts them in force. */
void harness_list(unsigned int number, const char *prefix);
void harness_lists(const struct list meanings[static LISTS_MAX]);
/* The usual meanings: allow, block, feed, feed; for as long as possible. */
void harness_meanings(struct list meanings[static LISTS_MAX]);

void harness_verdict(const char *source, enum verdict verdict, __u64 refresh,
		     __u64 expires);
void harness_watch_until(const char *source, __u64 until);
struct source_verdict harness_verdict_of(const char *source);

/* Sets the time at which a source began to be held; it may be new. */
void harness_held_since(const char *source, __u64 since);

/* What is known of a network: its address, with the host bits zero. */
void harness_network(const char *network, __u64 witness, __u64 weary);

/* What was spent on this CPU since `start`. */
void harness_spent(const struct cpu_budget *budget);

struct list_counters harness_list_counters(unsigned int number);

/*
 * Runs a frame through both programs.  Fails the test when the twin leaves a
 * trace, when more than one counter moves, or when a frame that passes or is
 * dropped is not left as it was.
 */
void harness_run(const struct frame *frame, struct result *out);

/* The same without the twin. */
void harness_run_live(const struct frame *frame, struct result *out);

/*
 * Builds and runs a packet and fails unless this is what it meets, in both
 * programs.
 */
void harness_expect(const struct packet *packet, enum reason reason,
		    enum action action, struct result *out);

/* The frame passes, and neither counters nor events say that it came. */
void harness_expect_untouched(const struct frame *frame);

/* Runs a frame many times, without looking. */
void harness_repeat(const struct packet *packet, unsigned int times);

/* Group teardown for cmocka. */
int harness_close(void **state);

#endif

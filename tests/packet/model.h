/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has to happen to a frame, by the documentation (postern(7), "How it
 * decides", postern.conf(5) and the RFCs of the headers), for comparison with
 * what the program does.  It is written to be plain, not fast, and shares
 * nothing with the program but the words of shared.h.
 *
 * Knowledge is of few hosts, so that it often concerns the one that sends:
 * model_hosts.  Times are in half hours from now, far from where seconds
 * matter.
 */
#ifndef POSTERN_TESTS_MODEL_H
#define POSTERN_TESTS_MODEL_H

#include <stdbool.h>

#include "frame.h"
#include "harness.h"

#define MODEL_HOSTS    9
#define MODEL_NETWORKS 6 /* /24, /64 */
#define MODEL_PREFIXES 12
#define MODEL_DOORS    3 /* of each family */
#define MODEL_PORTS    3

/* The last one is an IPv4 address dressed as IPv6. */
extern const char *const model_hosts[MODEL_HOSTS];
extern const char *const model_networks[MODEL_NETWORKS];
extern const char *const model_prefixes[MODEL_PREFIXES];
extern const char *const model_doors[FAMILY_MAX][MODEL_DOORS];

struct model_list {
	unsigned int prefixes; /* a bit for each of model_prefixes */
	enum action action;
	int expires; /* 0: never */
};

struct model_verdict {
	bool exists;
	enum verdict verdict;
	int expires;
};

struct model_network {
	bool exists;
	int witness;
	int weary;
};

/* What is remembered of an earlier SYN of each source. */
struct model_pending {
	bool exists;
	bool asked; /* it was held for its verdict, not refused at the gate */
	int age;
	uint32_t sequence;
};

/* All that a decision depends on. */
struct model_state {
	/* The lists by LIST_NUMBER_..., in the order of precedence. */
	struct model_list lists[LIST_NUMBERS];
	struct model_verdict hosts[MODEL_HOSTS];
	struct model_verdict networks64[MODEL_NETWORKS];
	struct model_network networks[MODEL_NETWORKS];
	struct model_pending pending;

	int lease;
	bool monitor;
	bool shown;	      /* somebody watches */
	unsigned int watched; /* stages, a bit for each */
	enum unknown unknown;
	enum action bypass, listed, overload;
	int hold_limit, hold_memory, witness_wait;
	unsigned int holds, events, knocks, replies, defers; /* budgets */
	size_t door_count[FAMILY_MAX];
	enum gate gates[FAMILY_MAX][MODEL_DOORS];
	size_t port_count;
	uint16_t ports[MODEL_PORTS];
};

enum model_kind {
	MODEL_OTHER, /* no beginning of a connection */
	MODEL_SYN,
	MODEL_EVASION,
};

/* What a frame is, whoever it is for. */
struct model_syn {
	enum model_kind kind;
	enum family family;
	struct addr source;
	struct addr destination;
	bool port_hidden;
	uint16_t port;
	uint32_t sequence;
	bool complete; /* the frame has all of the segment */
};

void model_read(const struct frame *frame, struct model_syn *out);

struct model_answer {
	enum reason reason; /* REASON_MAX: not judged */
	enum action action; /* before budgets of acting, as `explain` has it */
	int returned;	    /* XDP_...: what happens to the frame */
	unsigned int list;  /* that the source is on, where it is judged */
};

/* What happens, or what explain has to say of it. */
void model_decide(const struct model_state *state, const struct model_syn *syn,
		  bool explained, struct model_answer *out);

/*
 * Puts lists, verdicts and networks into the maps of the program, and nothing
 * else (model_install.c).
 */
void model_install_knowledge(const struct model_state *state);
/* ... the rest, as often as it changes, for a frame that is to come. */
void model_install_rules(const struct model_state *state,
			 const struct model_syn *syn);

/* On standard error. */
void model_print_state(const struct model_state *state);
void model_print_frame(const struct frame *frame, const struct model_syn *syn);

#endif

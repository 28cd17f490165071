/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a drill does, step after step, and what came of each.
 *
 * Private to ctl/drill*.c: drill.c reads the command line and takes the steps
 * in their order, drill_gate.c asks the daemon, drill_mail.c speaks SMTP,
 * drill_follow.c looks where the message goes, drill_print.c tells.
 *
 * A step is begun and ended once.  Those that were never begun stay at 0,
 * "not reached".  All times are of one clock, drill_clock_ms().
 */
#ifndef POSTERN_CTL_DRILL_FACTS_H
#define POSTERN_CTL_DRILL_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"
#include "ctl/ctl.h"
#include "ctl/helo.h"

/* NAME, name: in the order in which they are taken. */
#define DRILL_STEP_TABLE(STEP)                                                 \
	STEP(DAEMON, daemon)                                                   \
	STEP(PRIMARY, primary)                                                 \
	STEP(OPEN, open)                                                       \
	STEP(GREETING, greeting)                                               \
	STEP(RECIPIENT, recipient)                                             \
	STEP(MESSAGE, message)                                                 \
	STEP(AUTO, auto)                                                       \
	STEP(DELIVERY, delivery)

#define DRILL_STEP_ENUM(NAME, name) DRILL_##NAME,
enum drill_step { DRILL_STEP_TABLE(DRILL_STEP_ENUM) DRILL_STEPS };

enum drill_state {
	DRILL_NOT_REACHED,
	DRILL_OK,
	DRILL_UNSEEN, /* can't be seen from here, and no fault */
	DRILL_FAILED,
	DRILL_STATES,
};

#define DRILL_TEXT     320
#define DRILL_QUEUE_ID 64
#define DRILL_RELAY    160
#define DRILL_MAILBOX  (DIALOGUE_ARGUMENT_MAX + 1)

struct drill_outcome {
	enum drill_state state;
	uint64_t at_ms;	  /* when it began, since the drill did */
	uint64_t took_ms; /* until it ended */
	char text[DRILL_TEXT];
};

/* The gate's order, as the daemon told when it took it. */
struct drill_order {
	bool given;
	json_int_t since;
	json_int_t until;
	json_int_t uid;
};

struct drill {
	const struct ctl *ctl;
	uint64_t started_ms;
	char token[17]; /* 16 random hexadecimal digits */
	char helo[HELO_MAX];
	char from[DRILL_MAILBOX]; /* "": the null sender */
	char to[DRILL_MAILBOX];	  /* "": not chosen yet */
	struct addr backup;
	uint16_t port;
	bool backup_chosen;
	unsigned int open_s; /* the longest that the gate is open */
	unsigned int wait_s; /* ... and that the delivery is waited for */
	const char *log;     /* --log: FILE, "-", or NULL */
	const char *postfix; /* --postfix: its configuration, or NULL */
	struct drill_order order;
	uint64_t opened_ms;	       /* 0: never */
	uint64_t open_ms;	       /* for how long the gate was open */
	bool here;		       /* the backup is this very host */
	char queue_id[DRILL_QUEUE_ID]; /* "": the MTA told none */
	char relay[DRILL_RELAY];       /* who took it in the end; or "" */
	bool stays; /* the message is still in the backup's queue */
	struct drill_outcome steps[DRILL_STEPS];
};

/* CLOCK_MONOTONIC. */
uint64_t drill_clock_ms(void);

/* Whether SIGINT, SIGTERM or SIGHUP has come. */
bool drill_stopped(void);

void drill_begin(struct drill *drill, enum drill_step step);

/* Returns whether it is DRILL_OK. */
bool drill_end(struct drill *drill, enum drill_step step,
	       enum drill_state state, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "failed": one has; "unseen": one couldn't be seen; else "passed". */
const char *drill_result(const struct drill *drill);

/* The step that failed first, or DRILL_STEPS. */
enum drill_step drill_first_failed(const struct drill *drill);

const char *drill_step_name(enum drill_step step);

#endif

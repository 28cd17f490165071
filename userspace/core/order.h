/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator has ordered by hand, over what health and
 * configuration say: of the gate, and of the mode.  An order ends by itself,
 * or is taken back by "auto".
 *
 * Two clocks: it ends by CLOCK_BOOTTIME, which nobody can set and which goes
 * on while the machine sleeps; the wall clock is for people, and for a file
 * that is read after a reboot.
 *
 * Pure: no I/O, no clock of its own.
 */
#ifndef POSTERN_CORE_ORDER_H
#define POSTERN_CORE_ORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum order_subject {
	ORDER_GATE,
	ORDER_MODE,
	ORDER_SUBJECTS,
};

/* 0 is always "auto": nothing is ordered. */
enum order_gate {
	ORDER_GATE_AUTO,
	ORDER_GATE_OPEN,
	ORDER_GATE_CLOSE,
};

enum order_mode {
	ORDER_MODE_AUTO,
	ORDER_MODE_MONITOR,
	ORDER_MODE_ENFORCE,
};

/* How long orders last when nothing is said, and at most. */
#define ORDER_CLOSE_S	  INT64_C(3600)
#define ORDER_CLOSE_MAX_S (INT64_C(7) * 86400)
#define ORDER_MAX_S	  (INT64_C(3650) * 86400)

struct order {
	unsigned int value; /* one of the enum of its subject */
	uid_t uid;	    /* who gave it */
	int64_t since_unix;
	int64_t until_unix; /* 0: until it is taken back */
	uint64_t ends_ns;   /* of CLOCK_BOOTTIME; 0: the same */
};

/* "gate", "mode" */
const char *order_subject_name(enum order_subject subject);

/* "open"; NULL for a value that is none. */
const char *order_word(enum order_subject subject, unsigned int value);

/* Returns 0, or -EINVAL with *out untouched. */
int order_parse(enum order_subject subject, const char *word,
		unsigned int *out);

/*
 * For how many seconds it lasts, when `asked_s` were asked for (0: it was not
 * said); 0 is until it is taken back.  A gate that is forced closed always
 * ends.  Returns 0, or -ERANGE with *out untouched.
 */
int order_length(enum order_subject subject, unsigned int value,
		 int64_t asked_s, int64_t *out_s);

/* An order that is given now. */
struct order order_make(unsigned int value, uid_t uid, int64_t length_s,
			int64_t now_unix, uint64_t now_ns);

/*
 * Sets `ends_ns` of an order that was kept in a file.  Whatever was done to
 * the wall clock meanwhile, it lasts no longer than it was given for.
 */
void order_resume(struct order *order, int64_t now_unix, uint64_t now_ns);

/* Whether it is over; no order never is. */
bool order_is_over(const struct order *order, uint64_t now_ns);

/* Seconds until then; negative: it has no end. */
double order_left_s(const struct order *order, uint64_t now_ns);

#endif

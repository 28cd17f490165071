/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The orders given by `posternctl gate` and `posternctl mode`: in force at
 * once, kept over restarts in a file, ending by themselves.
 */
#ifndef POSTERN_WORKER_ORDERS_H
#define POSTERN_WORKER_ORDERS_H

#include <jansson.h>
#include <uv.h>

#include "core/order.h"

struct orders;

/* An order has come to its end. */
typedef void orders_ended(void *context);

/*
 * Reads what `directory` has kept.  What is damaged is logged and put aside.
 * `ended` is called from the loop only.  Returns 0 and *out, or -ENOMEM.
 */
int orders_create(uv_loop_t *loop, const char *directory, orders_ended *ended,
		  void *context, struct orders **out);

/* Valid until the next change; one of value 0 where there is none. */
const struct order *orders_get(const struct orders *orders,
			       enum order_subject subject);

/*
 * Takes the place of the order before, or with value 0 takes it back.
 * `length_s` is that of order_length().  Returns whether it will survive a
 * restart: 0 or a negative errno.
 */
int orders_give(struct orders *orders, enum order_subject subject,
		unsigned int value, uid_t uid, int64_t length_s);

/*
 * The clock was set, by so many seconds: orders end when they would have, and
 * the file says so in the new time.
 */
void orders_clock_set(struct orders *orders, int64_t step_s);

/* {"gate": null, "mode": {"order", "since", "until", "left_s", "uid"}} */
json_t *orders_json(const struct orders *orders);

/* Frees itself once the loop has closed its timer. */
void orders_close(struct orders *orders);

#endif

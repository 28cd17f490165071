/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any octets as orders.json and as recovery.json: what is taken of them is what
 * might have been ordered, and it is said and kept without harm.
 */

#include <stdint.h>

#include "state_file.h"
#include "worker/orders.h"
#include "worker/recovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_ended(void *context)
{
	(void)context;
}

static void on_tell(void *context, const struct message *message)
{
	(void)context;
	(void)message;
}

static void check_order(const struct order *order, enum order_subject subject)
{
	if (order->value == 0)
		return;
	if (!order_word(subject, order->value))
		abort();
	/* A gate that is forced closed always ends. */
	if (subject == ORDER_GATE && order->value == ORDER_GATE_CLOSE &&
	    (order->ends_ns == 0 ||
	     order->until_unix - order->since_unix > ORDER_CLOSE_MAX_S))
		abort();
}

static void check_orders(uv_loop_t *loop)
{
	struct orders *orders = NULL;
	json_t *json;

	if (orders_create(loop, state_directory, on_ended, NULL, &orders) != 0)
		abort();
	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++)
		check_order(orders_get(orders, s), s);
	json = orders_json(orders);
	if (!json_is_object(json))
		abort();
	json_decref(json);
	orders_close(orders);
}

static void check_recovery(uv_loop_t *loop)
{
	struct recovery *recovery = NULL;

	if (recovery_create(loop, state_directory, on_tell, NULL, &recovery) !=
	    0)
		abort();
	recovery_close(recovery);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uv_loop_t loop;

	if (!state_is_object(data, size))
		return 0;
	state_set_up();
	state_write("orders.json", data, size);
	state_write("recovery.json", data, size);
	if (uv_loop_init(&loop) != 0)
		abort();
	check_orders(&loop);
	check_recovery(&loop);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop) != 0)
		abort();
	return 0;
}

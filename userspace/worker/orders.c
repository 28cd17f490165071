/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders: in force, in their file, at their end. */

#include "worker/orders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/wall.h"
#include "worker/runtime_file.h"

#define TICK_MS	  500
#define FILE_NAME "orders.json"

struct orders {
	char *directory;
	struct runtime_file file;
	orders_ended *ended;
	void *context;
	struct order of[ORDER_SUBJECTS];
	uv_timer_t tick;
};

/* ---- the file ---- */

static json_t *file_json(const struct orders *orders)
{
	json_t *object = json_object();

	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		const struct order *order = &orders->of[s];

		if (order->value)
			json_object_set_new(
				object, order_subject_name(s),
				json_pack("{s:s, s:I, s:I, s:I}", "order",
					  order_word(s, order->value), "since",
					  (json_int_t)order->since_unix,
					  "until",
					  (json_int_t)order->until_unix, "uid",
					  (json_int_t)order->uid));
	}
	return object;
}

static int save(struct orders *orders)
{
	return runtime_file_save(&orders->file, file_json(orders));
}

/* Between 1970 and 9999: so sums of times don't overflow. */
static bool is_time(int64_t unix_s)
{
	return unix_s >= 0 && unix_s < INT64_C(253402300800);
}

/*
 * Takes what would be taken from posternctl, too; else there is no order.
 * Returns whether it is one.
 */
static bool load_order(struct order *order, enum order_subject subject,
		       const json_t *object)
{
	const char *word = json_string_value(json_object_get(object, "order"));
	struct order found = {
		.uid = (uid_t)json_integer_value(
			json_object_get(object, "uid")),
		.since_unix =
			json_integer_value(json_object_get(object, "since")),
		.until_unix =
			json_integer_value(json_object_get(object, "until")),
	};
	int64_t asked_s = 0, length_s;

	if (!word || order_parse(subject, word, &found.value) != 0)
		return false;
	if (!is_time(found.since_unix) || !is_time(found.until_unix))
		return false;
	if (found.until_unix)
		asked_s = found.until_unix - found.since_unix;
	if (order_length(subject, found.value, asked_s, &length_s) != 0)
		return false;
	if (length_s)
		found.until_unix = found.since_unix + length_s;
	order_resume(&found, time(NULL), wall_boot_ns());
	*order = found;
	return true;
}

static void load(struct orders *orders)
{
	json_t *object = NULL;
	bool bad = false;

	runtime_file_load(&orders->file, &object);
	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		const json_t *one =
			json_object_get(object, order_subject_name(s));

		bad |= one && !load_order(&orders->of[s], s, one);
	}
	json_decref(object);
	if (!bad)
		return;
	runtime_file_refuse(&orders->file,
			    "what nobody could have ordered is left out");
	save(orders);
}

/* ---- the end ---- */

static bool end_those_over(struct orders *orders)
{
	bool any = false;

	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		struct order *order = &orders->of[s];

		if (!order_is_over(order, wall_boot_ns()))
			continue;
		log_notice("the order \"%s %s\" is over", order_subject_name(s),
			   order_word(s, order->value));
		*order = (struct order){0};
		any = true;
	}
	return any;
}

static void on_tick(uv_timer_t *timer)
{
	struct orders *orders = timer->data;

	if (runtime_file_is_due(&orders->file))
		save(orders);
	if (!end_those_over(orders))
		return;
	save(orders);
	orders->ended(orders->context);
}

int orders_create(uv_loop_t *loop, const char *directory, orders_ended *ended,
		  void *context, struct orders **out)
{
	struct orders *orders = calloc(1, sizeof(*orders));

	if (!orders)
		return -ENOMEM;
	orders->directory = strdup(directory);
	if (!orders->directory) {
		free(orders);
		return -ENOMEM;
	}
	orders->file = (struct runtime_file){
		.directory = orders->directory,
		.name = FILE_NAME,
		.what = "the orders",
	};
	orders->ended = ended;
	orders->context = context;
	load(orders);
	end_those_over(orders);
	uv_timer_init(loop, &orders->tick);
	orders->tick.data = orders;
	uv_timer_start(&orders->tick, on_tick, TICK_MS, TICK_MS);
	*out = orders;
	return 0;
}

const struct order *orders_get(const struct orders *orders,
			       enum order_subject subject)
{
	return &orders->of[subject];
}

static void log_given(enum order_subject subject, unsigned int value, uid_t uid,
		      int64_t length_s)
{
	const char *name = order_subject_name(subject);
	const char *word = order_word(subject, value);

	if (!value)
		log_notice("ordered: %s %s, so nothing is forced any more "
			   "uid=%u",
			   name, word, uid);
	else if (length_s)
		log_notice("ordered: %s %s uid=%u for_s=%lld", name, word, uid,
			   (long long)length_s);
	else
		log_notice("ordered: %s %s, until it is taken back uid=%u",
			   name, word, uid);
}

int orders_give(struct orders *orders, enum order_subject subject,
		unsigned int value, uid_t uid, int64_t length_s)
{
	orders->of[subject] = (struct order){0};
	if (value)
		orders->of[subject] = order_make(value, uid, length_s,
						 time(NULL), wall_boot_ns());
	log_given(subject, value, uid, length_s);
	return save(orders);
}

void orders_clock_set(struct orders *orders, int64_t step_s)
{
	bool any = false;

	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		struct order *order = &orders->of[s];

		if (!order->value)
			continue;
		order->since_unix += step_s;
		if (order->until_unix)
			order->until_unix += step_s;
		any = true;
	}
	if (any)
		save(orders);
}

json_t *orders_json(const struct orders *orders)
{
	json_t *object = json_object();

	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		const struct order *order = &orders->of[s];
		double left_s = order_left_s(order, wall_boot_ns());
		json_t *one = json_null();

		if (order->value)
			one = json_pack(
				"{s:s, s:I, s:o, s:o, s:I}", "order",
				order_word(s, order->value), "since",
				(json_int_t)order->since_unix, "until",
				order->until_unix
					? json_integer(order->until_unix)
					: json_null(),
				"left_s",
				left_s < 0 ? json_null() : json_real(left_s),
				"uid", (json_int_t)order->uid);
		json_object_set_new(object, order_subject_name(s), one);
	}
	return object;
}

static void on_closed(uv_handle_t *handle)
{
	struct orders *orders = handle->data;

	free(orders->directory);
	free(orders);
}

void orders_close(struct orders *orders)
{
	uv_close((uv_handle_t *)&orders->tick, on_closed);
}

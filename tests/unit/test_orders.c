/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders in force: kept over restarts, and ending by themselves. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "worker/orders.h"

#define NAME "orders.json"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static char directory[64];
static uv_loop_t loop;
static struct orders *orders;
static unsigned int ended;

static void on_ended(void *context)
{
	assert_ptr_equal(context, &loop);
	ended++;
	uv_stop(&loop);
}

static void begin(void)
{
	ended = 0;
	assert_int_equal(
		orders_create(&loop, directory, on_ended, &loop, &orders), 0);
}

static void end(void)
{
	orders_close(orders);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void restart(void)
{
	end();
	begin();
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-orders-XXXXXX");
	assert_non_null(mkdtemp(directory));
	uv_loop_init(&loop);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {NAME, NAME ".new", NAME ".damaged"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
	return rmdir(directory);
}

static void expect(enum order_subject subject, unsigned int value)
{
	assert_int_equal(orders_get(orders, subject)->value, value);
}

static void put(const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/" NAME, directory);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void they_are_kept_over_a_restart(void **state)
{
	(void)state;
	begin();
	expect(ORDER_GATE, ORDER_GATE_AUTO);
	expect(ORDER_MODE, ORDER_MODE_AUTO);
	assert_int_equal(
		orders_give(orders, ORDER_GATE, ORDER_GATE_CLOSE, 1000, 3600),
		0);
	assert_int_equal(
		orders_give(orders, ORDER_MODE, ORDER_MODE_MONITOR, 0, 0), 0);
	restart();
	expect(ORDER_GATE, ORDER_GATE_CLOSE);
	expect(ORDER_MODE, ORDER_MODE_MONITOR);
	assert_int_equal(orders_get(orders, ORDER_GATE)->uid, 1000);
	assert_int_equal(orders_get(orders, ORDER_MODE)->until_unix, 0);
	assert_int_equal(orders_give(orders, ORDER_GATE, ORDER_GATE_AUTO, 0, 0),
			 0);
	restart();
	expect(ORDER_GATE, ORDER_GATE_AUTO);
	expect(ORDER_MODE, ORDER_MODE_MONITOR);
	end();
}

static void they_end_by_themselves(void **state)
{
	(void)state;
	begin();
	orders_give(orders, ORDER_GATE, ORDER_GATE_CLOSE, 0, 1);
	orders_give(orders, ORDER_MODE, ORDER_MODE_ENFORCE, 0, 3600);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(ended, 1);
	expect(ORDER_GATE, ORDER_GATE_AUTO);
	expect(ORDER_MODE, ORDER_MODE_ENFORCE);
	restart();
	expect(ORDER_GATE, ORDER_GATE_AUTO);
	expect(ORDER_MODE, ORDER_MODE_ENFORCE);
	end();
}

static const struct {
	const char *name;
	const char *text; /* with the time it is now for %lld, twice */
	enum order_gate gate;
} files[] = {
	{"one that lasts for longer than anybody may order",
	 "{\"gate\":{\"order\":\"close\",\"since\":%lld,"
	 "\"until\":9%lld,\"uid\":0}}",
	 ORDER_GATE_AUTO},
	{"none of ours", "[]", ORDER_GATE_AUTO},
	{"half of one", "{\"gate\":{\"order\":\"clo", ORDER_GATE_AUTO},
	{"no order", "{\"gate\":17}", ORDER_GATE_AUTO},
	{"an unknown one", "{\"gate\":{\"order\":\"ajar\"}}", ORDER_GATE_AUTO},
	{"open for ever", "{\"gate\":{\"order\":\"open\"}}", ORDER_GATE_OPEN},
	{"closed for ever, in the past",
	 "{\"gate\":{\"order\":\"close\",\"since\":1000}}", ORDER_GATE_AUTO},
	{"ends before it began",
	 "{\"gate\":{\"order\":\"open\",\"since\":2000,\"until\":1000}}",
	 ORDER_GATE_AUTO},
	{"numbers out of bounds",
	 "{\"gate\":{\"order\":\"open\",\"since\":-9223372036854775808,"
	 "\"until\":9223372036854775807}}",
	 ORDER_GATE_AUTO},
	{"closed for the usual time, at the end of all times",
	 "{\"gate\":{\"order\":\"close\","
	 "\"since\":9223372036854775807}}",
	 ORDER_GATE_AUTO},
	{"open for a while, before all times",
	 "{\"gate\":{\"order\":\"open\",\"since\":-9223372036854775808,"
	 "\"until\":-9223372036854775798}}",
	 ORDER_GATE_AUTO},
};

static void what_nobody_could_have_ordered_is_not_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		char text[256];
		long long now = time(NULL);

		print_message("%s\n", files[i].name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), files[i].text, now, now);
#pragma GCC diagnostic pop
		put(text);
		begin();
		expect(ORDER_GATE, files[i].gate);
		end();
	}
}

static void expect_kept_until(int64_t until)
{
	char path[128];
	json_t *kept;

	snprintf(path, sizeof(path), "%s/" NAME, directory);
	kept = json_load_file(path, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(kept, "gate"), "until")),
			 until);
	json_decref(kept);
}

/* The clock was set by a day: the file is meant for the new time. */
static void a_clock_that_was_set_ends_nothing(void **state)
{
	static const int64_t steps[] = {86400, -86400};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct order *order;
		int64_t since, until;

		begin();
		orders_give(orders, ORDER_GATE, ORDER_GATE_OPEN, 0, 3600);
		orders_give(orders, ORDER_MODE, ORDER_MODE_MONITOR, 0, 0);
		order = orders_get(orders, ORDER_GATE);
		since = order->since_unix;
		until = order->until_unix;
		orders_clock_set(orders, steps[i]);
		assert_int_equal(order->since_unix, since + steps[i]);
		assert_int_equal(order->until_unix, until + steps[i]);
		expect(ORDER_GATE, ORDER_GATE_OPEN);
		assert_int_equal(orders_get(orders, ORDER_MODE)->until_unix, 0);
		end();
		expect_kept_until(until + steps[i]);
	}
}

static void what_can_not_be_kept_is_told(void **state)
{
	struct orders *other;

	(void)state;
	assert_int_equal(
		orders_create(&loop, "/nonexistent", on_ended, &loop, &other),
		0);
	assert_true(orders_give(other, ORDER_GATE, ORDER_GATE_OPEN, 0, 0) < 0);
	assert_int_equal(orders_get(other, ORDER_GATE)->value, ORDER_GATE_OPEN);
	orders_close(other);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void their_object_tells_what_is_left(void **state)
{
	json_t *object, *gate;

	(void)state;
	begin();
	orders_give(orders, ORDER_GATE, ORDER_GATE_OPEN, 7, 3600);
	object = orders_json(orders);
	gate = json_object_get(object, "gate");
	assert_string_equal(json_string_value(json_object_get(gate, "order")),
			    "open");
	assert_true(json_number_value(json_object_get(gate, "left_s")) > 3500);
	assert_int_equal(json_integer_value(json_object_get(gate, "uid")), 7);
	assert_true(json_is_null(json_object_get(object, "mode")));
	json_decref(object);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_are_kept_over_a_restart,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(they_end_by_themselves, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_nobody_could_have_ordered_is_not_taken, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_that_was_set_ends_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_can_not_be_kept_is_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(their_object_tells_what_is_left,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

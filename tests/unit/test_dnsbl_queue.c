/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue: order, priorities, bounds, and that no source is in it twice. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_queue.h"

static struct addr source(uint32_t number)
{
	struct in_addr in = {.s_addr = htonl(number)};

	return addr_from_ipv4(in);
}

static struct dnsbl_queue *create(uint32_t held, uint32_t refresh,
				  uint32_t prewarm, uint32_t taken)
{
	const uint32_t sizes[DNSBL_PRIORITIES] = {held, refresh, prewarm};
	struct dnsbl_queue *queue = dnsbl_queue_create(sizes, taken);

	assert_non_null(queue);
	return queue;
}

static int put(struct dnsbl_queue *queue, uint32_t number,
	       enum dnsbl_priority priority)
{
	struct addr addr = source(number);

	return dnsbl_queue_put(queue, &addr, priority);
}

/* Takes one, which must be as expected; returns its id. */
static uint32_t take(struct dnsbl_queue *queue, uint32_t number,
		     enum dnsbl_priority priority)
{
	struct addr addr = source(number);
	struct dnsbl_waiting waiting;

	assert_true(dnsbl_queue_take(queue, &waiting));
	assert_true(addr_equal(&waiting.source, &addr));
	assert_int_equal(waiting.priority, priority);
	return waiting.id;
}

static void assert_empty(struct dnsbl_queue *queue)
{
	struct dnsbl_waiting waiting;

	assert_false(dnsbl_queue_take(queue, &waiting));
}

static void first_in_is_first_out(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 4);

	(void)state;
	assert_empty(queue);
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(put(queue, i, DNSBL_HELD), 0);
	for (uint32_t i = 1; i <= 3; i++)
		take(queue, i, DNSBL_HELD);
	assert_empty(queue);
	dnsbl_queue_free(queue);
}

static void higher_priorities_are_taken_first(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 4);

	(void)state;
	put(queue, 1, DNSBL_PREWARM);
	put(queue, 2, DNSBL_REFRESH);
	put(queue, 3, DNSBL_HELD);
	put(queue, 4, DNSBL_HELD);
	take(queue, 3, DNSBL_HELD);
	take(queue, 4, DNSBL_HELD);
	take(queue, 2, DNSBL_REFRESH);
	take(queue, 1, DNSBL_PREWARM);
	dnsbl_queue_free(queue);
}

static void asking_again_raises_the_priority_only(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 4);

	(void)state;
	put(queue, 1, DNSBL_PREWARM);
	put(queue, 2, DNSBL_HELD);
	assert_int_equal(put(queue, 1, DNSBL_REFRESH), 0);
	assert_int_equal(dnsbl_queue_waiting(queue, DNSBL_PREWARM), 0);
	assert_int_equal(dnsbl_queue_waiting(queue, DNSBL_REFRESH), 1);
	assert_int_equal(put(queue, 2, DNSBL_PREWARM), 0);
	assert_int_equal(dnsbl_queue_waiting(queue, DNSBL_HELD), 1);
	take(queue, 2, DNSBL_HELD);
	take(queue, 1, DNSBL_REFRESH);
	assert_empty(queue);
	dnsbl_queue_free(queue);
}

static void one_under_way_is_not_queued_again_until_released(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 4);
	struct addr addr = source(1);
	uint32_t id;

	(void)state;
	put(queue, 1, DNSBL_HELD);
	id = take(queue, 1, DNSBL_HELD);
	assert_int_equal(put(queue, 1, DNSBL_HELD), 0);
	assert_true(dnsbl_queue_has(queue, &addr));
	assert_empty(queue);
	dnsbl_queue_release(queue, id);
	assert_false(dnsbl_queue_has(queue, &addr));
	assert_int_equal(put(queue, 1, DNSBL_HELD), 0);
	take(queue, 1, DNSBL_HELD);
	dnsbl_queue_free(queue);
}

static void a_full_queue_refuses_the_next(void **state)
{
	struct dnsbl_queue *queue = create(2, 1, 0, 1);

	(void)state;
	assert_int_equal(put(queue, 1, DNSBL_HELD), 0);
	assert_int_equal(put(queue, 2, DNSBL_HELD), 0);
	assert_int_equal(put(queue, 3, DNSBL_HELD), -EAGAIN);
	assert_int_equal(put(queue, 1, DNSBL_HELD), 0);
	assert_int_equal(put(queue, 3, DNSBL_REFRESH), 0);
	assert_int_equal(put(queue, 4, DNSBL_PREWARM), -EAGAIN);
	/* No room above: it stays where it is. */
	assert_int_equal(put(queue, 3, DNSBL_HELD), 0);
	assert_int_equal(dnsbl_queue_waiting(queue, DNSBL_REFRESH), 1);
	dnsbl_queue_free(queue);
}

static void no_more_than_the_bound_are_taken(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 1);
	uint32_t id;

	(void)state;
	put(queue, 1, DNSBL_HELD);
	put(queue, 2, DNSBL_HELD);
	id = take(queue, 1, DNSBL_HELD);
	assert_empty(queue);
	dnsbl_queue_release(queue, id);
	take(queue, 2, DNSBL_HELD);
	dnsbl_queue_free(queue);
}

static void trust_is_kept_until_the_source_is_taken(void **state)
{
	struct dnsbl_queue *queue = create(4, 4, 4, 4);
	struct addr first = source(1), third = source(3);
	struct dnsbl_waiting waiting;

	(void)state;
	put(queue, 1, DNSBL_HELD);
	put(queue, 2, DNSBL_HELD);
	dnsbl_queue_trust(queue, &first);
	dnsbl_queue_trust(queue, &third);
	assert_true(dnsbl_queue_take(queue, &waiting));
	assert_true(waiting.trusted);
	dnsbl_queue_release(queue, waiting.id);
	assert_true(dnsbl_queue_take(queue, &waiting));
	assert_false(waiting.trusted);
	/* The place of the first one has no memory of it. */
	put(queue, 4, DNSBL_HELD);
	assert_true(dnsbl_queue_take(queue, &waiting));
	assert_false(waiting.trusted);
	dnsbl_queue_free(queue);
}

/* Against a plain array: what is in there, where, and in which order. */
static void random_use_keeps_every_source_once(void **state)
{
	enum { SOURCES = 64, MAX = 16, TAKEN = 8 };
	struct dnsbl_queue *queue = create(MAX, MAX, MAX, TAKEN);
	int where[SOURCES] = {0}; /* 0: nowhere, 1-3: priority, 4: taken */
	uint32_t ids[SOURCES] = {0};
	unsigned int counts[5] = {0}, taken = 0;

	(void)state;
	srand(1);
	for (unsigned int round = 0; round < 200000; round++) {
		uint32_t i = (uint32_t)rand() % SOURCES;
		int to = 1 + rand() % 3;
		struct dnsbl_waiting waiting;

		if (rand() % 4 == 0 && where[i] == 4) {
			dnsbl_queue_release(queue, ids[i]);
			where[i] = 0;
			taken--;
		} else if (rand() % 3 == 0 &&
			   dnsbl_queue_take(queue, &waiting)) {
			uint32_t got;

			memcpy(&got, waiting.source.octets + 12, 4);
			got = ntohl(got);
			assert_int_equal(where[got], waiting.priority + 1);
			for (int p = 1; p <= (int)waiting.priority; p++)
				assert_int_equal(counts[p], 0);
			counts[where[got]]--;
			where[got] = 4;
			ids[got] = waiting.id;
			taken++;
			assert_true(taken <= TAKEN);
		} else {
			bool full = counts[to] == MAX;
			int error = put(queue, i, (enum dnsbl_priority)to - 1);

			assert_int_equal(error,
					 where[i] == 0 && full ? -EAGAIN : 0);
			if (full || where[i] == 4 ||
			    (where[i] > 0 && where[i] <= to))
				continue;
			counts[where[i]]--;
			counts[to]++;
			where[i] = to;
		}
		for (int p = 1; p <= 3; p++)
			assert_int_equal(
				dnsbl_queue_waiting(queue,
						    (enum dnsbl_priority)p - 1),
				counts[p]);
	}
	dnsbl_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_is_first_out),
		cmocka_unit_test(higher_priorities_are_taken_first),
		cmocka_unit_test(asking_again_raises_the_priority_only),
		cmocka_unit_test(
			one_under_way_is_not_queued_again_until_released),
		cmocka_unit_test(a_full_queue_refuses_the_next),
		cmocka_unit_test(no_more_than_the_bound_are_taken),
		cmocka_unit_test(trust_is_kept_until_the_source_is_taken),
		cmocka_unit_test(random_use_keeps_every_source_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

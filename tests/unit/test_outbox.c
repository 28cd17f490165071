/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the worker says while the parent does not read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/outbox.h"

static int sockets[2]; /* worker, parent */
static struct outbox outbox;

static int set_up(void **state)
{
	(void)state;
	outbox_init(&outbox, -1);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		return -1;
	outbox_init(&outbox, sockets[0]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(sockets[0]);
	if (sockets[1] >= 0)
		close(sockets[1]);
	return 0;
}

/* Returns how many there was room for. */
static unsigned int fill_with_nudges(void)
{
	struct message nudge = {.kind = MESSAGE_NUDGE};
	unsigned int count = 0;
	int error;

	while ((error = outbox_try(&outbox, &nudge)) == 0)
		count++;
	assert_int_equal(error, -EAGAIN);
	return count;
}

static int say(uint32_t id)
{
	struct message message = {.kind = MESSAGE_FLUSH, .id = id};

	return outbox_send(&outbox, &message);
}

/* The next message that the parent finds; 0: none, or a nudge. */
static uint32_t heard(void)
{
	struct message message;
	int fd;

	if (message_receive(sockets[1], &message, &fd) != 1)
		return 0;
	return message.kind == MESSAGE_FLUSH ? message.id : 0;
}

static void what_there_is_room_for_is_sent_at_once(void **state)
{
	(void)state;
	assert_int_equal(say(1), 0);
	assert_int_equal(say(2), 0);
	assert_int_equal(outbox.count, 0);
	assert_int_equal(heard(), 1);
	assert_int_equal(heard(), 2);
}

static void nothing_is_lost_behind_nudges(void **state)
{
	unsigned int nudges = fill_with_nudges();

	(void)state;
	for (uint32_t id = 1; id <= OUTBOX_MAX; id++)
		assert_int_equal(say(id), 0);
	assert_int_equal(say(OUTBOX_MAX + 1), -EAGAIN);
	outbox_flush(&outbox);
	assert_int_equal(outbox.count, OUTBOX_MAX);
	for (unsigned int i = 0; i < nudges; i++)
		assert_int_equal(heard(), 0);
	/* Those that are kept come first. */
	assert_int_equal(
		outbox_try(&outbox, &(struct message){.kind = MESSAGE_NUDGE}),
		-EAGAIN);
	assert_int_equal(say(OUTBOX_MAX + 1), -EAGAIN);
	for (uint32_t id = 1; id <= OUTBOX_MAX; id++) {
		outbox_flush(&outbox);
		assert_int_equal(heard(), id);
	}
	assert_int_equal(outbox.count, 0);
	assert_int_equal(say(99), 0);
	assert_int_equal(heard(), 99);
}

static void the_ring_goes_round(void **state)
{
	uint32_t next = 1, id = 1;

	(void)state;
	for (unsigned int round = 0; round < 3; round++) {
		fill_with_nudges();
		for (unsigned int i = 0; i < OUTBOX_MAX / 3 * 2; i++)
			assert_int_equal(say(id++), 0);
		while (next < id) {
			uint32_t one = heard();

			outbox_flush(&outbox);
			if (one > 0)
				assert_int_equal(one, next++);
		}
	}
}

static void without_a_parent_nothing_is_kept(void **state)
{
	(void)state;
	fill_with_nudges();
	assert_int_equal(say(1), 0);
	close(sockets[1]);
	sockets[1] = -1;
	outbox_flush(&outbox);
	assert_int_equal(outbox.count, 0);
	assert_int_equal(say(2), -EPIPE);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_there_is_room_for_is_sent_at_once),
		CASE(nothing_is_lost_behind_nudges),
		CASE(the_ring_goes_round),
		CASE(without_a_parent_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

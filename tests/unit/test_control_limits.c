/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds and permissions of the control socket: whoever reads slowly, stays
 * silent, comes too often or asks for what isn't his harms nobody else.
 */

#include "control_fixture.h"

#include <grp.h>
#include <poll.h>
#include <sys/resource.h>

#define STRANGER 65534
#define OTHERS	 4243

#define CHANGE	"{\"command\":\"change\"}\n"
#define HUGE	"{\"command\":\"huge\"}\n"
#define CHANGED "{\"ok\":true,\"result\":{\"changed\":true}}"
#define REFUSED                                                                \
	WRONG("change is for root and members of group \\\"admins\\\"\"}")
#define BUSY                                                                   \
	WRONG("the daemon has too many requests under way: try again in a "    \
	      "moment\"}")

/* Time */

static bool hung_up(int fd)
{
	struct pollfd poll_of = {.fd = fd};

	return poll(&poll_of, 1, 0) == 1 && poll_of.revents & POLLHUP;
}

static void a_slow_reader_harms_nobody_and_is_let_go(void **state)
{
	uint64_t until = deadline();
	size_t length = 0;
	int fd = dial();
	char octet;

	(void)state;
	say(fd, HUGE HUGE HUGE HUGE);
	while (handled == 0)
		turn(until);
	expect_service();
	handled = 1;
	while (!hung_up(fd))
		turn(until);
	/* No other reply was made while the first one could not go out. */
	assert_int_equal(handled, 1);
	while (hear_octet(fd, &octet) > 0)
		length++;
	assert_true(length < CONTROL_REPLY_MAX - 64);
	close(fd);
}

static void who_leaves_without_reading_harms_nobody(void **state)
{
	uint64_t until = deadline();
	int fd = dial();
	char octet;

	(void)state;
	say(fd, ECHO_1);
	while (recv(fd, &octet, 1, MSG_PEEK) < 0)
		turn(until);
	close(fd);
	expect_service();
}

static void who_stays_silent_is_let_go(void **state)
{
	int silent = dial();
	int talked = dial();

	(void)state;
	say(talked, ECHO_1);
	expect_line(talked, REPLY_1);
	expect_hang_up(silent);
	expect_hang_up(talked);
}

static void who_trickles_is_let_go(void **state)
{
	uint64_t until = deadline();
	int fd = dial();

	(void)state;
	/* Slowly: the timeout must strike, not the limit of a line. */
	while (send(fd, " ", 1, MSG_NOSIGNAL) == 1)
		for (size_t before = ticks; ticks == before;)
			turn(until);
	expect_hang_up(fd);
}

static void no_answer_in_time_is_an_answer(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, LATER ECHO_1);
	expect_line(fd, WRONG("the daemon found no answer in time\"}"));
	expect_hang_up(fd);
	assert_int_equal(handled, 0);
	answer(0);
	waiting_count = 0;
	expect_service();
}

/* Numbers */

static void a_client_too_many_takes_the_place_of_the_quietest(void **state)
{
	int fds[CONTROL_CLIENTS_MAX];

	(void)state;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial();
		say(fds[i], ECHO_1);
		expect_line(fds[i], REPLY_1);
	}
	expect_service();
	expect_hang_up(fds[0]);
	for (size_t i = 1; i < CONTROL_CLIENTS_MAX; i++) {
		say(fds[i], ECHO_1);
		expect_line(fds[i], REPLY_1);
		close(fds[i]);
	}
}

static void requests_under_way_are_bounded(void **state)
{
	int fds[CONTROL_REQUESTS_MAX];
	int fd;

	(void)state;
	/* The clients of the first half lose their place to the second. */
	for (size_t i = 0; i < CONTROL_REQUESTS_MAX; i++) {
		fds[i] = dial();
		say(fds[i], LATER);
		expect_waiting(i + 1);
	}
	fd = dial();
	say(fd, LATER);
	expect_line(fd, BUSY);
	assert_int_equal(waiting_count, CONTROL_REQUESTS_MAX);
	for (size_t i = 0; i < CONTROL_REQUESTS_MAX; i++) {
		answer(i);
		close(fds[i]);
	}
	waiting_count = 0;
	say(fd, LATER);
	expect_waiting(1);
	close(fd);
}

static void without_descriptors_connections_wait(void **state)
{
	int early, copies[1024], fd;
	struct rlimit limit, low;
	uint64_t begin;
	size_t count = 0;
	char octet;

	(void)state;
	/* It has a limit of its own, and tells nobody. */
	if (getenv("VALGRIND"))
		skip();
	early = dial();
	say(early, ECHO_1);
	expect_line(early, REPLY_1);
	fd = dial();
	say(fd, ECHO_1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = 512;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while ((copies[count] = dup(fd)) >= 0)
		count++;
	begin = uv_hrtime();
	for (int i = 0; i < 50; i++)
		turn(deadline());
	/* The loop waits for its ticks of 2 ms, it isn't kept busy. */
	assert_true(uv_hrtime() - begin > 60000000);
	assert_int_equal(recv(fd, &octet, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	say(early, ECHO_1);
	expect_line(early, REPLY_1);
	while (count > 0)
		close(copies[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_line(fd, REPLY_1);
	close(fd);
	close(early);
}

/* Permission: the effective ids are what the server gets to see. */

static int dial_as(uid_t uid, gid_t gid, size_t count, const gid_t *groups)
{
	int fd;

	assert_int_equal(setgroups(count, groups), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	fd = dial();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	return fd;
}

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("only root can connect as somebody else\n");
	skip();
}

static void one_user_takes_no_place_of_another(void **state)
{
	int fds[CONTROL_CLIENTS_MAX];
	int more;

	(void)state;
	need_root();
	fds[0] = dial();
	for (size_t i = 1; i < CONTROL_CLIENTS_MAX; i++)
		fds[i] = dial_as(STRANGER, STRANGER, 0, NULL);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		say(fds[i], ECHO_1);
		expect_line(fds[i], REPLY_1);
	}
	more = dial_as(STRANGER, STRANGER, 0, NULL);
	say(more, ECHO_1);
	expect_line(more, REPLY_1);
	expect_hang_up(fds[1]);
	say(fds[0], ECHO_1);
	expect_line(fds[0], REPLY_1);
	close(more);
	close(fds[0]);
	for (size_t i = 2; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
}

static const struct {
	uid_t uid;
	gid_t gid;
	size_t count;
	gid_t groups[3];
	const char *reply;
} askers[] = {
	{0, 0, 0, {0}, CHANGED},
	{0, 0, 1, {OTHERS}, CHANGED},
	{STRANGER, ADMINS, 0, {0}, CHANGED},
	{STRANGER, OTHERS, 1, {ADMINS}, CHANGED},
	{STRANGER, OTHERS, 3, {1, OTHERS, ADMINS}, CHANGED},
	{STRANGER, OTHERS, 0, {0}, REFUSED},
	{STRANGER, OTHERS, 3, {1, 2, OTHERS}, REFUSED},
	{STRANGER, 0, 1, {0}, REFUSED},
};

static void changes_are_for_root_and_admins(void **state)
{
	(void)state;
	need_root();
	for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
		int fd = dial_as(askers[i].uid, askers[i].gid, askers[i].count,
				 askers[i].groups);

		say(fd, CHANGE ECHO_1);
		expect_line(fd, askers[i].reply);
		expect_line(fd, REPLY_1);
		close(fd);
	}
}

static void without_the_group_changes_are_for_root(void **state)
{
	int fd;

	(void)state;
	need_root();
	fd = dial_as(STRANGER, OTHERS, 1, (const gid_t[]){ADMINS});
	say(fd, CHANGE);
	expect_line(fd, REFUSED);
	close(fd);
	fd = dial();
	say(fd, CHANGE);
	expect_line(fd, CHANGED);
	close(fd);
}

#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slow_reader_harms_nobody_and_is_let_go, start_impatient),
		TEST(who_leaves_without_reading_harms_nobody, start),
		TEST(who_stays_silent_is_let_go, start_impatient),
		TEST(who_trickles_is_let_go, start_impatient),
		TEST(no_answer_in_time_is_an_answer, start_impatient),
		TEST(a_client_too_many_takes_the_place_of_the_quietest, start),
		TEST(requests_under_way_are_bounded, start),
		TEST(without_descriptors_connections_wait, start),
		TEST(one_user_takes_no_place_of_another, start),
		TEST(changes_are_for_root_and_admins, start),
		TEST(without_the_group_changes_are_for_root,
		     start_without_group),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

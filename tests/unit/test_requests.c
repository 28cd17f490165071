/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's requests in the parent, their budgets, and reloads one after
 * the other: with a worker and links that only note what they are told, and
 * clocks that this test turns on.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/budget.h"
#include "load_config.h"
#include "parent/state.h"
#include "parent_stubs.h"
#include "tables/clock.h"

static struct parent parent;
static char path[64];
static int file = -1;

/* ---- what stands in for the rest of the parent ---- */

static struct {
	unsigned int tried;    /* configurations that the worker was given */
	unsigned int answers;  /* to its own requests */
	struct message answer; /* the last of them */
	unsigned int replaced;
	unsigned int attachments;
	int socket; /* its end */
} worker;

/* What asking the program costs, and a turn of the loop for whatever it is. */
#define EXPLAIN_NS (20 * NS_PER_MS)
#define TURN_NS	   (2 * NS_PER_MS)

static uint64_t monotonic_ns, cpu_ns;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	uint64_t ns = clock == CLOCK_MONOTONIC ? monotonic_ns : cpu_ns;

	if (clock != CLOCK_MONOTONIC && clock != CLOCK_THREAD_CPUTIME_ID)
		return timespec_get(out, TIME_UTC) ? 0 : -1;
	*out = (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S)};
	return 0;
}

static void work_for(uint64_t ns)
{
	monotonic_ns += ns;
	cpu_ns += ns;
}

int worker_process_tell(struct parent *of, const struct message *message,
			int fd)
{
	assert_ptr_equal(of, &parent);
	if (message->kind == MESSAGE_CONFIG) {
		assert_true(fd >= 0);
		worker.tried++;
	} else {
		assert_true(message->kind == MESSAGE_RELOADED ||
			    message->kind == MESSAGE_EXPLAINED ||
			    message->kind == MESSAGE_FLUSHED);
		worker.answers++;
		worker.answer = *message;
	}
	return 0;
}

static void hang_up(void)
{
	if (parent.socket >= 0)
		close(parent.socket);
	if (worker.socket >= 0)
		close(worker.socket);
	parent.socket = worker.socket = -1;
}

void worker_process_replace(struct parent *of)
{
	worker.replaced++;
	hang_up();
	reload_drop(of);
}

void worker_process_give_door(struct parent *of)
{
	(void)of;
}

void parent_tell_attachments(struct parent *of)
{
	(void)of;
	worker.attachments++;
}

void parent_tell_nudges(struct parent *of)
{
	(void)of;
}

int loader_explain(const struct loader *loader, const struct addr *source,
		   struct decision *out)
{
	(void)loader;
	(void)source;
	(void)out;
	work_for(EXPLAIN_NS);
	return 0;
}

void nudge_source(struct nudger *nudger, const struct addr *source)
{
	(void)nudger;
	(void)source;
}

void grow_tables(struct parent *of, const struct message *request)
{
	(void)of;
	(void)request;
}

int links_attach(struct links *links, const struct config *config)
{
	(void)links;
	(void)config;
	return 0;
}

void links_drop_others(struct links *links, const struct config *config)
{
	(void)links;
	(void)config;
}

/* ---- cases ---- */

static void connect_worker(void)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	parent.socket = pair[0];
	worker.socket = pair[1];
}

static int begin(void **state)
{
	(void)state;
	memset(&worker, 0, sizeof(worker));
	memset(&parent, 0, sizeof(parent));
	monotonic_ns = 1000 * NS_PER_S;
	cpu_ns = 10 * NS_PER_S;
	file = memfd_create("config", MFD_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(write(file, LEAST, strlen(LEAST)), strlen(LEAST));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	parent.config_path = path;
	parent.config = expect_loaded(LEAST);
	connect_worker();
	return hooks_create(&parent.hooks);
}

static int end(void **state)
{
	(void)state;
	hooks_close(parent.hooks);
	config_free(parent.reload.config);
	config_free(parent.config);
	hang_up();
	close(file);
	return 0;
}

static void worker_answers(int result)
{
	struct message message = {.kind = MESSAGE_APPLIED, .result = result};

	reload_applied(&parent, &message);
	reload_check(&parent);
}

static void a_signal_during_a_reload_makes_one_more(void **state)
{
	(void)state;
	reload_start(&parent, 0);
	assert_int_equal(worker.tried, 1);
	for (int i = 0; i < 3; i++) {
		reload_start(&parent, 0);
		reload_check(&parent);
	}
	assert_int_equal(worker.tried, 1);
	worker_answers(0);
	assert_int_equal(worker.tried, 2);
	worker_answers(0);
	assert_int_equal(worker.tried, 2);
	assert_null(parent.reload.config);
}

static void one_more_follows_a_refused_one_too(void **state)
{
	(void)state;
	reload_start(&parent, 0);
	reload_start(&parent, 0);
	worker_answers(-EINVAL);
	assert_int_equal(worker.tried, 2);
	worker_answers(0);
	assert_int_equal(worker.tried, 2);
}

static void a_request_during_a_reload_is_told_to_try_again(void **state)
{
	(void)state;
	reload_start(&parent, 0);
	reload_start(&parent, 7);
	assert_int_equal(worker.answers, 1);
	assert_int_equal(worker.answer.id, 7);
	assert_int_equal(worker.answer.result, -EBUSY);
	worker_answers(0);
	assert_int_equal(worker.tried, 1);
}

static void a_signal_without_a_worker_waits_for_one(void **state)
{
	(void)state;
	hang_up();
	reload_start(&parent, 0);
	reload_check(&parent);
	assert_int_equal(worker.tried, 0);
	connect_worker();
	reload_check(&parent);
	assert_int_equal(worker.tried, 1);
	reload_check(&parent);
	assert_int_equal(worker.tried, 1);
}

static void a_worker_that_does_not_answer_is_replaced(void **state)
{
	struct config *before = parent.config;

	(void)state;
	reload_start(&parent, 0);
	reload_start(&parent, 0);
	reload_check(&parent);
	assert_int_equal(worker.replaced, 0);
	parent.reload.since_ns -= 61 * NS_PER_S;
	reload_check(&parent);
	assert_int_equal(worker.replaced, 1);
	assert_null(parent.reload.config);
	assert_ptr_equal(parent.config, before);
	/* What was remembered is tried with the next one. */
	assert_int_equal(worker.tried, 1);
	connect_worker();
	reload_check(&parent);
	assert_int_equal(worker.tried, 2);
}

static void an_answer_to_nothing_changes_nothing(void **state)
{
	struct config *before = parent.config;

	(void)state;
	worker_answers(0);
	worker_answers(-EINVAL);
	assert_ptr_equal(parent.config, before);
	assert_int_equal(worker.answers, 0);
}

/* ---- requests ---- */

static void ask_with(const struct message *message, int fd)
{
	assert_int_equal(message_send(worker.socket, message, fd), 0);
	requests_serve(&parent);
}

static void ask(enum message_kind kind, uint32_t id)
{
	const struct message message = {.kind = kind, .id = id};

	ask_with(&message, -1);
}

/* What of its share is used up. */
static uint64_t owed_ns(void)
{
	const struct budget *share = &parent.requests.share;

	return share->whole_ns > monotonic_ns ? share->whole_ns - monotonic_ns
					      : 0;
}

static void what_is_asked_for_costs_four_times_its_time(void **state)
{
	struct pollfd fd;

	(void)state;
	assert_int_equal(requests_poll(&parent, &fd), 0);
	assert_int_equal(fd.fd, parent.socket);
	ask(MESSAGE_EXPLAIN, 1);
	work_for(TURN_NS);
	requests_poll(&parent, &fd);
	assert_int_equal(owed_ns(), 4 * (EXPLAIN_NS + TURN_NS));
	/* What the parent does by itself is none of it. */
	work_for(TURN_NS);
	requests_poll(&parent, &fd);
	assert_int_equal(owed_ns(), 4 * EXPLAIN_NS + 3 * TURN_NS);
}

/*
 * The parent's loop, with a worker that asks for so much in each turn.  Returns
 * the time that this has taken.
 */
static uint64_t flood_for(uint64_t ns, unsigned int at_once)
{
	const struct message message = {.kind = MESSAGE_EXPLAIN};
	uint64_t until_ns = monotonic_ns + ns, taken_ns = 0;

	while (monotonic_ns < until_ns) {
		uint64_t before_ns = cpu_ns;
		struct pollfd fd = {0};
		uint64_t rest_ns = requests_poll(&parent, &fd);

		if (fd.fd < 0) {
			assert_true(rest_ns > 0);
			monotonic_ns += rest_ns;
			continue;
		}
		for (unsigned int i = 0; i < at_once; i++)
			(void)message_send(worker.socket, &message, -1);
		requests_serve(&parent);
		work_for(TURN_NS);
		taken_ns += cpu_ns - before_ns;
	}
	return taken_ns;
}

static void a_flood_gets_a_quarter_of_the_time(void **state)
{
	/* For a turn; of more than there are it takes none. */
	static const unsigned int floods[] = {1, 4, 16, 20};
	const uint64_t turn_ns = 16 * EXPLAIN_NS + TURN_NS;

	(void)state;
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		uint64_t since_ns = monotonic_ns, taken_ns;

		/* A second of it may have been saved. */
		taken_ns = flood_for(20 * NS_PER_S, floods[i]);
		assert_in_range(taken_ns, (monotonic_ns - since_ns) / 4,
				(monotonic_ns - since_ns) / 4 + NS_PER_S +
					turn_ns);
		/* Another worker has no other share. */
		requests_renew(&parent);
		since_ns = monotonic_ns;
		taken_ns = flood_for(60 * NS_PER_S, floods[i]);
		assert_in_range(taken_ns,
				(monotonic_ns - since_ns) / 4 - turn_ns,
				(monotonic_ns - since_ns) / 4 + turn_ns);
		/* An empty socket, and the whole of its share. */
		hang_up();
		connect_worker();
		monotonic_ns += 10 * NS_PER_S;
	}
}

static void too_many_reloads_are_refused_and_told_once(void **state)
{
	(void)state;
	parent.attached = true;
	for (uint32_t i = 1; i <= 1200; i++)
		ask(MESSAGE_RELOAD, i);
	assert_int_equal(worker.tried, 1);
	assert_int_equal(worker.answers, 1199);
	assert_int_equal(worker.answer.result, -EBUSY);
	assert_string_equal(worker.answer.text,
			    "too many reloads: try again later");
	/* All but the first that was left out, which was told. */
	assert_int_equal(parent.requests.left_out, 199);
}

static void who_is_ready_too_often_is_not_answered(void **state)
{
	(void)state;
	parent.attached = true;
	for (int i = 0; i < 20; i++)
		ask(MESSAGE_READY, 0);
	assert_int_equal(worker.attachments, 4);
	requests_renew(&parent);
	worker.attachments = 0;
	ask(MESSAGE_READY, 0);
	assert_int_equal(worker.attachments, 1);
}

static void who_speaks_as_the_parent_is_replaced(void **state)
{
	(void)state;
	for (int kind = MESSAGE_CONFIG; kind < MESSAGE_KINDS; kind++) {
		worker.replaced = 0;
		ask((enum message_kind)kind, 0);
		assert_int_equal(worker.replaced, 1);
		connect_worker();
	}
}

static void who_sends_a_descriptor_is_replaced(void **state)
{
	const struct message message = {.kind = MESSAGE_READY};
	int ends[2];
	char octet;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	ask_with(&message, ends[1]);
	assert_int_equal(worker.replaced, 1);
	assert_int_equal(worker.attachments, 0);
	/* Nobody has it any more. */
	close(ends[1]);
	assert_int_equal(read(ends[0], &octet, 1), 0);
	close(ends[0]);
}

/* ---- budgets ---- */

static void a_budget_is_spent_and_comes_back(void **state)
{
	const uint64_t each = 10, most = 3 * each;
	struct budget budget = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(budget_take(&budget, 1000, each, most));
	assert_false(budget_take(&budget, 1000, each, most));
	assert_int_equal(budget_wait_ns(&budget, 1000, most), 1);
	assert_false(budget_take(&budget, 1009, each, most));
	assert_true(budget_take(&budget, 1010, each, most));
	assert_false(budget_take(&budget, 1019, each, most));
	/* Never more than at once, however long it is left alone. */
	for (int i = 0; i < 3; i++)
		assert_true(budget_take(&budget, 90000, each, most));
	assert_false(budget_take(&budget, 90000, each, most));
}

static void what_is_spent_on_credit_has_to_come_back(void **state)
{
	struct budget budget = {0};

	(void)state;
	budget_spend(&budget, 1000, 500);
	assert_int_equal(budget_wait_ns(&budget, 1000, 100), 401);
	assert_false(budget_take(&budget, 1400, 1, 100));
	assert_true(budget_take(&budget, 1401, 1, 100));
	assert_int_equal(budget_wait_ns(&budget, 1401, 100), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_signal_during_a_reload_makes_one_more),
		TEST(one_more_follows_a_refused_one_too),
		TEST(a_request_during_a_reload_is_told_to_try_again),
		TEST(a_signal_without_a_worker_waits_for_one),
		TEST(a_worker_that_does_not_answer_is_replaced),
		TEST(an_answer_to_nothing_changes_nothing),
		TEST(what_is_asked_for_costs_four_times_its_time),
		TEST(a_flood_gets_a_quarter_of_the_time),
		TEST(too_many_reloads_are_refused_and_told_once),
		TEST(who_is_ready_too_often_is_not_answered),
		TEST(who_speaks_as_the_parent_is_replaced),
		TEST(who_sends_a_descriptor_is_replaced),
		cmocka_unit_test(a_budget_is_spent_and_comes_back),
		cmocka_unit_test(what_is_spent_on_credit_has_to_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

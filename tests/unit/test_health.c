/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probers, and the primaries that they are for, in a world of their own:
 * the clock, the other side (sources/probe), DNS (sources/resolver) and the log
 * are played here, so that hours pass in no time and every case runs the same
 * on a busy machine.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "sources/primaries.h"

#define MS     1000000ULL
#define MINUTE 60000ULL
#define HOUR   3600000ULL

#define PRIMARIES_MAX 4
#define PROBES_MAX    4096
#define LINES_MAX     32

/* What probes of one address meet. */
struct primary {
	const char *address;
	enum probe_reason reason;
	const char *reply;
	uint64_t takes_ms; /* but a connection that times out takes its limit */
};

static struct world {
	uv_loop_t loop;
	struct primary primaries[PRIMARIES_MAX];
	int start_error;
	uint64_t probes[PROBES_MAX]; /* when each began, in ms */
	uint64_t last_connect_ms;
	size_t probe_count;
	size_t cancelled;
	struct answer answers[2]; /* to A, to AAAA */
	uint64_t questions[2][64];
	size_t question_count[2];
	bool deaf; /* DNS does not answer until resolve_rest() */
	char lines[LINES_MAX][256];
	size_t line_count;
	struct config config;
	struct config_primary configured;
	struct primaries *known;
	bool calling; /* a call to the module is on the stack */
	unsigned int changes;
	unsigned int calls; /* of on_changed() */
	uint64_t digest;
} world;

static uint64_t clock_ns = 1000000 * MS;

/* libuv takes its time from here. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec = (time_t)(clock_ns / (1000 * MS));
	time->tv_nsec = (long)(clock_ns % (1000 * MS));
	return 0;
}

static uint64_t now_ms(void)
{
	return clock_ns / MS;
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	if (level == LOG_LEVEL_DEBUG)
		return;
	assert_true(world.line_count < LINES_MAX);
	va_start(args, format);
	vsnprintf(world.lines[world.line_count++], sizeof(world.lines[0]),
		  format, args);
	va_end(args);
}

/* The probe */

struct probe {
	uv_timer_t timer;
	probe_done *done;
	void *context;
	const struct primary *primary;
	uint64_t started_ms;
	struct probe_result result;
};

static struct primary *primary_at(const char *address)
{
	for (size_t i = 0; i < PRIMARIES_MAX; i++)
		if (world.primaries[i].address &&
		    strcmp(world.primaries[i].address, address) == 0)
			return &world.primaries[i];
	fail_msg("nobody lives at %s", address);
	return NULL;
}

static void on_probe_close(uv_handle_t *handle)
{
	struct probe *probe = handle->data;

	if (probe->done)
		probe->done(probe->context, &probe->result);
	free(probe);
}

static void on_probe_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, on_probe_close);
}

int probe_start(uv_loop_t *loop, const struct probe_target *target,
		probe_done *done, void *context, struct probe **out)
{
	const struct primary *primary;
	char address[ADDR_TEXT];
	struct probe *probe;

	if (world.start_error)
		return world.start_error;
	assert_true(world.probe_count < PROBES_MAX);
	world.probes[world.probe_count++] = now_ms();
	world.last_connect_ms = target->connect_ms;
	assert_string_equal(target->recipient, "postmaster");
	assert_int_equal(target->port, 25);
	assert_int_equal(target->timeout_ms, 30000);
	primary = primary_at(addr_format(&target->addr, address));
	probe = calloc(1, sizeof(*probe));
	assert_non_null(probe);
	probe->done = done;
	probe->context = context;
	probe->primary = primary;
	probe->started_ms = now_ms();
	probe->result.reason = primary->reason;
	snprintf(probe->result.reply, sizeof(probe->result.reply), "%s",
		 primary->reply ? primary->reply : "");
	uv_timer_init(loop, &probe->timer);
	probe->timer.data = probe;
	uv_timer_start(&probe->timer, on_probe_timer,
		       primary->reason == PROBE_CONNECT_TIMEOUT
			       ? target->connect_ms
			       : primary->takes_ms,
		       0);
	*out = probe;
	return 0;
}

void probe_hurry(struct probe *probe, uint64_t connect_ms)
{
	uint64_t end_ms = probe->started_ms + connect_ms;

	if (probe->result.reason == PROBE_CONNECT_TIMEOUT)
		uv_timer_start(&probe->timer, on_probe_timer,
			       end_ms > now_ms() ? end_ms - now_ms() : 0, 0);
}

void probe_cancel(struct probe *probe)
{
	world.cancelled++;
	probe->done = NULL;
	if (!uv_is_closing((uv_handle_t *)&probe->timer))
		uv_close((uv_handle_t *)&probe->timer, on_probe_close);
}

/* DNS */

struct question {
	uv_timer_t timer;
	resolver_done *done;
	void *context;
	size_t index;
};

static void on_question_close(uv_handle_t *handle)
{
	struct question *question = handle->data;

	question->done(question->context, &world.answers[question->index]);
	free(question);
}

static void on_question_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, on_question_close);
}

int resolver_ask(struct resolver *resolver, const char *name,
		 enum question_type type, resolver_done *done, void *context)
{
	size_t index = type == QUESTION_AAAA;
	struct question *question = calloc(1, sizeof(*question));

	assert_null(resolver);
	assert_string_equal(name, "mx1.example.net");
	assert_non_null(question);
	world.questions[index][world.question_count[index]++] = now_ms();
	question->done = done;
	question->context = context;
	question->index = index;
	uv_timer_init(&world.loop, &question->timer);
	question->timer.data = question;
	uv_timer_start(&question->timer, on_question_timer,
		       world.deaf ? 1000 * HOUR : 10, 0);
	return 0;
}

static void answer(enum question_type type, uint32_t ttl_s, const char *first,
		   const char *second)
{
	struct answer *to = &world.answers[type == QUESTION_AAAA];

	memset(to, 0, sizeof(*to));
	to->kind = first ? ANSWER_RECORDS : ANSWER_NONE;
	to->ttl_s = ttl_s;
	to->type = type;
	if (first)
		assert_int_equal(addr_parse(first, &to->addresses[0]), 0);
	if (second)
		assert_int_equal(addr_parse(second, &to->addresses[1]), 0);
	to->count = (size_t) !!first + (size_t) !!second;
}

static void answer_failed(enum question_type type)
{
	struct answer *to = &world.answers[type == QUESTION_AAAA];

	memset(to, 0, sizeof(*to));
	to->kind = ANSWER_FAILED;
	to->why = "timeout";
}

/* The wiring */

/* Of all addresses and their states. */
static uint64_t digest(void)
{
	const struct health_target *targets;
	uint64_t sum = 1;
	size_t count;

	targets = primaries_targets(world.known, &count);
	for (size_t i = 0; i < count; i++)
		sum = sum * 1000003 + targets[i].addr.octets[15] * 4U +
		      targets[i].state;
	return sum;
}

/* It is also called when a doubt ends: then nothing has changed. */
static void on_changed(void *context)
{
	uint64_t now = digest();

	assert_ptr_equal(context, &world);
	assert_false(world.calling);
	world.changes += now != world.digest;
	world.digest = now;
	world.calls++;
}

/* Lets time pass from one timer to the next. */
static void run_ms(uint64_t ms)
{
	uint64_t end_ms = now_ms() + ms;

	for (;;) {
		uint64_t next_ms = end_ms;
		int timeout;

		uv_run(&world.loop, UV_RUN_NOWAIT);
		timeout = uv_backend_timeout(&world.loop);
		if (timeout == 0 && uv_loop_alive(&world.loop))
			continue;
		if (now_ms() == end_ms)
			return;
		if (timeout > 0)
			next_ms = now_ms() + (unsigned int)timeout;
		clock_ns = (next_ms < end_ms ? next_ms : end_ms) * MS;
	}
}

static void set_world(void)
{
	memset(&world, 0, sizeof(world));
	assert_int_equal(uv_loop_init(&world.loop), 0);
	world.configured.name = strdup("mx1.example.net");
	world.configured.port = 25;
	world.config.primaries = &world.configured;
	world.config.primary_count = 1;
	world.config.health.interval_ms = 30000;
	world.config.health.timeout_ms = 30000;
	world.config.health.fall = 2;
	world.config.health.rise = 3;
}

static void populate(size_t index, const char *address)
{
	world.primaries[index] = (struct primary){.address = address,
						  .reason = PROBE_GOOD,
						  .reply = "250 2.1.5 Ok",
						  .takes_ms = 40};
}

static int create(void)
{
	int error;

	world.calling = true;
	error = primaries_create(&world.loop, &world.config, NULL, on_changed,
				 &world, &world.known);
	if (!error)
		primaries_protect(world.known, world.config.protect,
				  world.config.protect_count);
	world.calling = false;
	return error;
}

static void hint(enum family family)
{
	world.calling = true;
	primaries_hint(world.known, 0, family);
	world.calling = false;
}

static struct addr *literals;

/* A primary at one or two literal addresses. */
static void start_at(const char *first, const char *second)
{
	size_t count = 0;

	set_world();
	literals = calloc(2, sizeof(*literals));
	assert_int_equal(addr_parse(first, &literals[count++]), 0);
	if (second)
		assert_int_equal(addr_parse(second, &literals[count++]), 0);
	world.configured.addresses = literals;
	world.configured.address_count = count;
	populate(0, first);
	if (second)
		populate(1, second);
	assert_int_equal(create(), 0);
}

/* A primary that DNS knows as 192.0.2.5 and 2001:db8::5. */
static void start_named(uint32_t ttl_s)
{
	set_world();
	populate(0, "192.0.2.5");
	populate(1, "2001:db8::5");
	populate(2, "192.0.2.6");
	answer(QUESTION_A, ttl_s, "192.0.2.5", NULL);
	answer(QUESTION_AAAA, ttl_s, "2001:db8::5", NULL);
	assert_int_equal(create(), 0);
}

static void finish(void)
{
	unsigned int changes = world.changes;

	if (world.known) {
		world.calling = true;
		primaries_close(world.known);
		world.calling = false;
	}
	run_ms(2000 * HOUR);
	assert_int_equal(world.changes, changes);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	free(world.configured.name);
	free(literals);
	literals = NULL;
}

static const struct health_target *target(size_t index)
{
	const struct health_target *targets;
	size_t count;

	targets = primaries_targets(world.known, &count);
	assert_true(index < count);
	return &targets[index];
}

static size_t target_count(void)
{
	size_t count;

	primaries_targets(world.known, &count);
	return count;
}

static void assert_state(enum health_state state)
{
	assert_string_equal(health_state_name(target(0)->state),
			    health_state_name(state));
}

/* Until the first target is in that state; returns how long it took, in ms. */
static uint64_t run_until(enum health_state state, uint64_t limit_ms)
{
	uint64_t start_ms = now_ms();

	while (target(0)->state != state) {
		if (now_ms() - start_ms > limit_ms)
			fail_msg("not %s within %llu ms",
				 health_state_name(state),
				 (unsigned long long)limit_ms);
		run_ms(1);
	}
	return now_ms() - start_ms;
}

static void the_first_good_probe_brings_it_up(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	assert_state(HEALTH_UNKNOWN);
	assert_int_equal(target(0)->last_ns, 0);
	run_ms(100);
	assert_state(HEALTH_UP);
	assert_int_equal(world.changes, 1);
	assert_int_equal(world.last_connect_ms, 5000);
	assert_int_equal(target(0)->reason, PROBE_GOOD);
	assert_string_equal(target(0)->reply, "250 2.1.5 Ok");
	assert_string_equal(target(0)->name, "mx1.example.net");
	assert_true(target(0)->last_good_ns > 0);
	assert_int_equal(world.line_count, 1);
	assert_string_equal(world.lines[0],
			    "primary mx1.example.net [192.0.2.5]:25 is up: "
			    "takes mail state=up reason=good "
			    "reply=\"250 2.1.5 Ok\"");
	finish();
}

static void in_peace_it_probes_no_more_than_once_in_25_seconds(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(5 * HOUR);
	for (size_t i = 1; i < world.probe_count; i++)
		assert_in_range(world.probes[i] - world.probes[i - 1], 25000,
				35000);
	assert_in_range(world.probe_count, 550, 650);
	assert_int_equal(world.changes, 1);
	assert_int_equal(world.line_count, 1);
	finish();
}

static void a_first_bad_probe_is_confirmed_quickly(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	primary_at("192.0.2.5")->reason = PROBE_REFUSED;
	primary_at("192.0.2.5")->reply = "";
	assert_in_range(run_until(HEALTH_DOWN, 1000), 200, 400);
	assert_int_equal(world.changes, 1);
	assert_string_equal(world.lines[0],
			    "primary mx1.example.net [192.0.2.5]:25 is down: "
			    "refuses connections state=down reason=refused");
	finish();
}

static void a_hint_finds_a_dead_process_within_half_a_second(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(10000);
	primary_at("192.0.2.5")->reason = PROBE_REFUSED;
	primary_at("192.0.2.5")->takes_ms = 1;
	hint(FAMILY_IPV4);
	assert_in_range(run_until(HEALTH_DOWN, 1000), 200, 300);
	finish();
}

static void a_hint_finds_a_black_hole_within_six_seconds(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(10000);
	primary_at("192.0.2.5")->reason = PROBE_CONNECT_TIMEOUT;
	hint(FAMILY_IPV4);
	assert_in_range(run_until(HEALTH_DOWN, 10000), 4900, 5500);
	assert_int_equal(world.last_connect_ms, 2000);
	finish();
}

static void a_hint_hurries_the_probe_that_is_under_way(void **state)
{
	uint64_t hinted_ms;
	size_t before;

	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	primary_at("192.0.2.5")->reason = PROBE_CONNECT_TIMEOUT;
	before = world.probe_count;
	while (world.probe_count == before)
		run_ms(1);
	assert_int_equal(world.last_connect_ms, 5000);
	run_ms(500);
	hinted_ms = now_ms();
	hint(FAMILY_IPV4);
	hint(FAMILY_IPV4);
	run_until(HEALTH_DOWN, 10000);
	assert_in_range(now_ms() - hinted_ms, 4400, 5000);
	assert_int_equal(world.probe_count, before + 2);
	finish();
}

static void a_hint_is_idle_where_it_was_good_just_now(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	hint(FAMILY_IPV4);
	run_ms(900);
	assert_int_equal(world.probe_count, 1);
	run_ms(200);
	hint(FAMILY_IPV6);
	run_ms(100);
	assert_int_equal(world.probe_count, 1);
	hint(FAMILY_IPV4);
	hint(FAMILY_IPV4);
	run_ms(100);
	assert_int_equal(world.probe_count, 2);
	assert_int_equal(world.last_connect_ms, 2000);
	finish();
}

static bool in_doubt(enum family family)
{
	return primaries_in_doubt(world.known, 0, family);
}

static void a_doubt_lasts_until_the_answer_is_there(void **state)
{
	unsigned int calls;

	(void)state;
	start_at("192.0.2.5", NULL);
	assert_false(in_doubt(FAMILY_IPV4));
	run_ms(10000);
	calls = world.calls;
	hint(FAMILY_IPV4);
	assert_true(in_doubt(FAMILY_IPV4));
	assert_false(in_doubt(FAMILY_IPV6));
	run_ms(20);
	assert_true(in_doubt(FAMILY_IPV4));
	assert_int_equal(world.calls, calls);
	run_ms(30);
	assert_false(in_doubt(FAMILY_IPV4));
	assert_int_equal(world.calls, calls + 1);
	/* A bad answer is doubted until a second one confirms it. */
	primary_at("192.0.2.5")->reason = PROBE_REFUSED;
	run_ms(10000);
	hint(FAMILY_IPV4);
	run_ms(150);
	assert_state(HEALTH_UP);
	assert_true(in_doubt(FAMILY_IPV4));
	run_ms(300);
	assert_state(HEALTH_DOWN);
	assert_false(in_doubt(FAMILY_IPV4));
	hint(FAMILY_IPV4);
	assert_false(in_doubt(FAMILY_IPV4));
	finish();
}

static void a_hint_makes_a_routine_probe_a_doubt(void **state)
{
	size_t before;

	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	before = world.probe_count;
	while (world.probe_count == before)
		run_ms(1);
	assert_false(in_doubt(FAMILY_IPV4));
	hint(FAMILY_IPV4);
	assert_true(in_doubt(FAMILY_IPV4));
	run_ms(50);
	assert_false(in_doubt(FAMILY_IPV4));
	assert_int_equal(world.probe_count, before + 1);
	finish();
}

static void an_empty_bucket_leaves_no_doubt(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	for (size_t i = 0; i < 3; i++) {
		run_ms(2500);
		hint(FAMILY_IPV4);
		assert_true(in_doubt(FAMILY_IPV4));
	}
	run_ms(2500);
	hint(FAMILY_IPV4);
	assert_false(in_doubt(FAMILY_IPV4));
	assert_int_equal(world.probe_count, 4);
	finish();
}

static void knock_for(uint64_t ms)
{
	for (uint64_t end_ms = now_ms() + ms; now_ms() < end_ms;) {
		hint(FAMILY_IPV4);
		run_ms(50);
	}
}

static void constant_knocking_costs_one_probe_in_ten_seconds(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	knock_for(10 * MINUTE);
	assert_in_range(world.probe_count, 55, 65);
	assert_int_equal(world.changes, 1);
	finish();
}

static void under_constant_knocking_death_shows_within_15_seconds(void **state)
{
	uint64_t start_ms;

	(void)state;
	start_at("192.0.2.5", NULL);
	knock_for(5 * MINUTE);
	primary_at("192.0.2.5")->reason = PROBE_REFUSED;
	start_ms = now_ms();
	while (target(0)->state == HEALTH_UP)
		knock_for(50);
	assert_in_range(now_ms() - start_ms, 200, 15000);
	finish();
}

static void recovery_takes_seconds(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	primary_at("192.0.2.5")->reason = PROBE_GREETING;
	run_ms(20000);
	assert_state(HEALTH_DOWN);
	primary_at("192.0.2.5")->reason = PROBE_GOOD;
	assert_in_range(run_until(HEALTH_UP, 20000), 8000, 18000);
	assert_int_equal(world.changes, 2);
	assert_int_equal(world.line_count, 2);
	finish();
}

static void a_long_outage_is_not_hammered(void **state)
{
	size_t before;

	(void)state;
	start_at("192.0.2.5", NULL);
	primary_at("192.0.2.5")->reason = PROBE_MAIL;
	run_ms(HOUR);
	before = world.probe_count;
	run_ms(HOUR);
	assert_in_range(world.probe_count - before, 100, 145);
	assert_int_equal(world.changes, 1);
	finish();
}

static void an_alternating_primary_does_not_flap(void **state)
{
	struct primary *primary;
	size_t seen = 0;

	(void)state;
	start_at("192.0.2.5", NULL);
	primary = primary_at("192.0.2.5");
	while (world.probe_count < 400) {
		run_ms(50);
		if (world.probe_count == seen)
			continue;
		seen = world.probe_count;
		primary->reason = seen % 2 ? PROBE_CLOSED : PROBE_GOOD;
	}
	assert_int_equal(world.changes, 1);
	assert_state(HEALTH_UP);
	finish();
}

static void limited_is_neither_but_ends_in_unknown(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	primary_at("192.0.2.5")->reason = PROBE_LIMITED;
	primary_at("192.0.2.5")->reply = "421 4.7.0 \"too many\"";
	run_ms(80000);
	assert_state(HEALTH_UP);
	hint(FAMILY_IPV4);
	assert_string_equal(world.lines[1],
			    "primary mx1.example.net [192.0.2.5]:25 limits "
			    "our connections state=up reason=limited "
			    "reply=\"421 4.7.0 'too many'\"");
	run_ms(50000);
	assert_state(HEALTH_UNKNOWN);
	run_ms(HOUR);
	assert_int_equal(world.line_count, 3);
	for (size_t i = 1; i < world.probe_count; i++)
		assert_true(world.probes[i] - world.probes[i - 1] > 25000);
	finish();
}

static void malformed_replies_are_logged_once(void **state)
{
	struct primary *primary;

	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	primary = primary_at("192.0.2.5");
	for (size_t i = 0; i < 10; i++) {
		size_t before = world.probe_count;

		primary->reason = PROBE_MALFORMED;
		primary->reply = "SSH-2.0-x";
		while (world.probe_count == before)
			run_ms(10);
		primary->reason = PROBE_GOOD;
		run_ms(5000);
	}
	assert_state(HEALTH_UP);
	assert_int_equal(world.line_count, 2);
	assert_string_equal(world.lines[1],
			    "primary mx1.example.net [192.0.2.5]:25 does not "
			    "speak SMTP state=up reason=malformed "
			    "reply=\"SSH-2.0-x\"");
	primary->reason = PROBE_MALFORMED;
	run_ms(HOUR);
	assert_state(HEALTH_DOWN);
	assert_int_equal(world.line_count, 3);
	finish();
}

static void want_of_memory_is_our_own_fault(void **state)
{
	(void)state;
	start_at("192.0.2.5", NULL);
	run_ms(1000);
	world.start_error = -ENOMEM;
	run_ms(10000);
	hint(FAMILY_IPV4);
	run_ms(70000);
	assert_state(HEALTH_UP);
	assert_int_equal(target(0)->reason, PROBE_LOCAL);
	assert_int_equal(target(0)->error, -ENOMEM);
	run_ms(30000);
	assert_state(HEALTH_UNKNOWN);
	world.start_error = 0;
	run_ms(6000);
	assert_state(HEALTH_UP);
	finish();
}

static void addresses_are_judged_apart(void **state)
{
	(void)state;
	start_at("192.0.2.5", "2001:db8::5");
	primary_at("2001:db8::5")->reason = PROBE_REFUSED;
	run_ms(1000);
	assert_int_equal(target_count(), 2);
	assert_int_equal(target(0)->state, HEALTH_UP);
	assert_int_equal(target(1)->state, HEALTH_DOWN);
	assert_string_equal(world.lines[1],
			    "primary mx1.example.net [2001:db8::5]:25 is down: "
			    "refuses connections state=down reason=refused "
			    "reply=\"250 2.1.5 Ok\"");
	finish();
}

static void an_address_written_twice_is_probed_once(void **state)
{
	(void)state;
	start_at("192.0.2.5", "192.0.2.5");
	assert_int_equal(target_count(), 1);
	finish();
}

static void more_addresses_than_there_is_room_for_are_named(void **state)
{
	(void)state;
	set_world();
	literals = calloc(HEALTH_TARGETS_MAX + 1, sizeof(*literals));
	for (size_t i = 0; i <= HEALTH_TARGETS_MAX; i++) {
		literals[i].octets[0] = 0x20;
		literals[i].octets[14] = (uint8_t)(i >> 8);
		literals[i].octets[15] = (uint8_t)i;
	}
	world.configured.addresses = literals;
	world.configured.address_count = HEALTH_TARGETS_MAX + 1;
	assert_int_equal(create(), 0);
	assert_int_equal(target_count(), HEALTH_TARGETS_MAX);
	assert_int_equal(world.line_count, 1);
	assert_string_equal(world.lines[0],
			    "primary mx1.example.net [2000::400] is not "
			    "probed: no space left on device");
	finish();
}

static void names_are_looked_up_and_probed(void **state)
{
	(void)state;
	start_named(300);
	assert_int_equal(target_count(), 0);
	run_ms(1000);
	assert_int_equal(target_count(), 2);
	assert_int_equal(target(0)->state, HEALTH_UP);
	assert_int_equal(target(1)->state, HEALTH_UP);
	run_ms(HOUR);
	assert_in_range(world.question_count[0], 12, 13);
	assert_in_range(world.question_count[1], 12, 13);
	assert_int_equal(target_count(), 2);
	finish();
}

static void ttls_are_kept_within_bounds(void **state)
{
	(void)state;
	start_named(1);
	run_ms(10 * MINUTE);
	assert_in_range(world.question_count[0], 10, 11);
	finish();

	start_named(86400);
	run_ms(10 * HOUR + MINUTE);
	assert_in_range(world.question_count[0], 10, 11);
	finish();
}

static void an_address_that_leaves_dns_is_forgotten(void **state)
{
	unsigned int changes;

	(void)state;
	start_named(60);
	run_ms(1000);
	changes = world.changes;
	answer(QUESTION_A, 60, "192.0.2.6", NULL);
	answer(QUESTION_AAAA, 60, NULL, NULL);
	run_ms(MINUTE + 1000);
	assert_int_equal(target_count(), 1);
	assert_string_equal(target(0)->reply, "250 2.1.5 Ok");
	assert_state(HEALTH_UP);
	assert_int_equal(addr_family(&target(0)->addr), FAMILY_IPV4);
	assert_int_equal(target(0)->addr.octets[15], 6);
	/* One went, one came and went up, one went. */
	assert_int_equal(world.changes, changes + 3);
	finish();
}

static void a_target_that_stays_keeps_its_state(void **state)
{
	uint64_t since_ns;

	(void)state;
	start_named(60);
	run_ms(1000);
	since_ns = target(0)->since_ns;
	answer(QUESTION_A, 60, "192.0.2.6", "192.0.2.5");
	run_ms(MINUTE + 1000);
	assert_int_equal(target_count(), 3);
	assert_int_equal(target(0)->since_ns, since_ns);
	assert_state(HEALTH_UP);
	finish();
}

static void a_probe_under_way_is_cancelled_with_its_target(void **state)
{
	(void)state;
	start_named(60);
	primary_at("192.0.2.5")->takes_ms = 25000;
	answer(QUESTION_A, 60, "192.0.2.5", NULL);
	run_ms(MINUTE - 1000);
	while (world.probe_count % 2 == 0)
		run_ms(1);
	answer(QUESTION_A, 60, NULL, NULL);
	run_ms(MINUTE);
	assert_int_equal(target_count(), 1);
	finish();
}

static void what_dns_fails_to_say_changes_nothing(void **state)
{
	(void)state;
	start_named(60);
	run_ms(1000);
	answer_failed(QUESTION_A);
	run_ms(10 * MINUTE);
	assert_int_equal(target_count(), 2);
	assert_state(HEALTH_UP);
	/* Every 30 s; said once. */
	assert_in_range(world.question_count[0], 19, 21);
	assert_int_equal(world.line_count, 3);
	assert_string_equal(world.lines[2],
			    "the IPv4 addresses of mx1.example.net can't be "
			    "looked up, the last known ones stay: timeout");
	finish();
}

static void a_name_without_any_address_is_said_once(void **state)
{
	(void)state;
	start_named(60);
	answer(QUESTION_A, 60, NULL, NULL);
	answer(QUESTION_AAAA, 60, NULL, NULL);
	run_ms(HOUR);
	assert_int_equal(target_count(), 0);
	assert_int_equal(world.line_count, 1);
	assert_string_equal(world.lines[0],
			    "primary mx1.example.net has no address in DNS");
	finish();
}

static void our_own_addresses_are_no_primaries(void **state)
{
	struct addr protect;

	(void)state;
	set_world();
	assert_int_equal(addr_parse("192.0.2.25", &protect), 0);
	world.config.protect = &protect;
	world.config.protect_count = 1;
	answer(QUESTION_A, 60, "192.0.2.25", "0.0.0.0");
	answer(QUESTION_AAAA, 60, NULL, NULL);
	assert_int_equal(create(), 0);
	run_ms(HOUR);
	assert_int_equal(target_count(), 0);
	assert_int_equal(world.line_count, 2);
	assert_string_equal(world.lines[0],
			    "primary mx1.example.net [192.0.2.25] is an "
			    "address of our own: not probed");
	finish();

	start_at("::", "2001:db8::5");
	assert_int_equal(target_count(), 1);
	assert_int_equal(world.line_count, 1);
	finish();
}

static void closing_ends_probes_and_questions(void **state)
{
	(void)state;
	start_named(60);
	run_ms(12);
	assert_int_equal(world.probe_count, 2);
	finish();
	assert_int_equal(world.cancelled, 2);

	start_named(60);
	world.deaf = true;
	run_ms(1000);
	finish();
	assert_int_equal(world.probe_count, 0);

	start_named(60);
	finish();
	assert_int_equal(world.question_count[0], 0);
}

static void arguments_that_break_the_protocol_are_refused(void **state)
{
	static char bad[] = "a\r\nDATA";
	static char good[] = "backup.example.net";

	(void)state;
	set_world();
	world.config.health.helo = bad;
	assert_int_equal(create(), -EINVAL);
	world.config.health.helo = good;
	world.config.health.recipient = bad;
	assert_int_equal(create(), -EINVAL);
	assert_null(world.known);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_good_probe_brings_it_up),
		cmocka_unit_test(
			in_peace_it_probes_no_more_than_once_in_25_seconds),
		cmocka_unit_test(a_first_bad_probe_is_confirmed_quickly),
		cmocka_unit_test(
			a_hint_finds_a_dead_process_within_half_a_second),
		cmocka_unit_test(a_hint_finds_a_black_hole_within_six_seconds),
		cmocka_unit_test(a_hint_hurries_the_probe_that_is_under_way),
		cmocka_unit_test(a_hint_is_idle_where_it_was_good_just_now),
		cmocka_unit_test(a_doubt_lasts_until_the_answer_is_there),
		cmocka_unit_test(a_hint_makes_a_routine_probe_a_doubt),
		cmocka_unit_test(an_empty_bucket_leaves_no_doubt),
		cmocka_unit_test(
			constant_knocking_costs_one_probe_in_ten_seconds),
		cmocka_unit_test(
			under_constant_knocking_death_shows_within_15_seconds),
		cmocka_unit_test(recovery_takes_seconds),
		cmocka_unit_test(a_long_outage_is_not_hammered),
		cmocka_unit_test(an_alternating_primary_does_not_flap),
		cmocka_unit_test(limited_is_neither_but_ends_in_unknown),
		cmocka_unit_test(malformed_replies_are_logged_once),
		cmocka_unit_test(want_of_memory_is_our_own_fault),
		cmocka_unit_test(addresses_are_judged_apart),
		cmocka_unit_test(an_address_written_twice_is_probed_once),
		cmocka_unit_test(
			more_addresses_than_there_is_room_for_are_named),
		cmocka_unit_test(names_are_looked_up_and_probed),
		cmocka_unit_test(ttls_are_kept_within_bounds),
		cmocka_unit_test(an_address_that_leaves_dns_is_forgotten),
		cmocka_unit_test(a_target_that_stays_keeps_its_state),
		cmocka_unit_test(
			a_probe_under_way_is_cancelled_with_its_target),
		cmocka_unit_test(what_dns_fails_to_say_changes_nothing),
		cmocka_unit_test(a_name_without_any_address_is_said_once),
		cmocka_unit_test(our_own_addresses_are_no_primaries),
		cmocka_unit_test(closing_ends_probes_and_questions),
		cmocka_unit_test(arguments_that_break_the_protocol_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains, their MX hosts and what the policy makes of them, in a world in
 * which the clock, the other side of probes, DNS and the log are played: so
 * days pass in no time.
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
#define SECOND 1000ULL
#define MINUTE 60000ULL
#define HOUR   3600000ULL
#define DAY    86400000ULL

#define RECORDS_MAX   64
#define PROBED_MAX    32
#define LINES_MAX     64
#define LINE_MAX_TEXT 256

/* A record in DNS: "mx1.example.net A 192.0.2.5"; NULL: the end. */
struct record {
	char name[300];
	enum question_type type;
	char value[300]; /* "10 host" for an MX; "fail" */
};

struct probed {
	struct addr addr;
	uint16_t port;
	size_t count;
	char recipient[300];
	struct addr source; /* zero: none */
	enum probe_reason reason;
	size_t running;
};

static struct world {
	uv_loop_t loop;
	struct config config;
	struct config_guard guards[2];
	struct primaries *known;
	struct record records[RECORDS_MAX];
	size_t record_count;
	uint32_t ttl_s;
	size_t questions;
	size_t asking, asking_most;
	struct probed probed[PROBED_MAX];
	size_t probed_count;
	unsigned int changes;
	bool calling;
	char lines[LINES_MAX][LINE_MAX_TEXT];
	size_t line_count;
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

	if (level == LOG_LEVEL_DEBUG || world.line_count == LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(world.lines[world.line_count++], LINE_MAX_TEXT, format, args);
	va_end(args);
}

static bool was_logged(const char *line)
{
	for (size_t i = 0; i < world.line_count; i++)
		if (strcmp(world.lines[i], line) == 0)
			return true;
	return false;
}

/* Probes */

struct probe {
	uv_timer_t timer;
	probe_done *done;
	void *context;
	struct probed *of;
};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct probed *find_probed(const struct addr *addr, uint16_t port)
{
	struct probed *one;

	for (size_t i = 0; i < world.probed_count; i++)
		if (world.probed[i].port == port &&
		    addr_equal(&world.probed[i].addr, addr))
			return &world.probed[i];
	assert_true(world.probed_count < PROBED_MAX);
	one = &world.probed[world.probed_count++];
	one->addr = *addr;
	one->port = port;
	return one;
}

static struct probed *probed(const char *text)
{
	struct addr addr = addr_of(text);

	return find_probed(&addr, 25);
}

static void on_probe_closed(uv_handle_t *handle)
{
	struct probe *probe = handle->data;
	struct probe_result result = {.reason = probe->of->reason};

	probe->of->running--;
	if (probe->done)
		probe->done(probe->context, &result);
	free(probe);
}

static void on_probe_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, on_probe_closed);
}

int probe_start(uv_loop_t *loop, const struct probe_target *target,
		probe_done *done, void *context, struct probe **out)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	assert_non_null(probe);
	probe->done = done;
	probe->context = context;
	probe->of = find_probed(&target->addr, target->port);
	probe->of->count++;
	/* One prober for an address, whoever wants to know. */
	assert_int_equal(probe->of->running++, 0);
	snprintf(probe->of->recipient, sizeof(probe->of->recipient), "%s",
		 target->recipient);
	if (target->source)
		probe->of->source = *target->source;
	uv_timer_init(loop, &probe->timer);
	probe->timer.data = probe;
	uv_timer_start(&probe->timer, on_probe_timer, 20, 0);
	*out = probe;
	return 0;
}

void probe_hurry(struct probe *probe, uint64_t connect_ms)
{
	(void)probe;
	(void)connect_ms;
}

void probe_cancel(struct probe *probe)
{
	probe->done = NULL;
	if (!uv_is_closing((uv_handle_t *)&probe->timer))
		uv_close((uv_handle_t *)&probe->timer, on_probe_closed);
}

/* DNS */

struct question {
	uv_timer_t timer;
	char name[300];
	enum question_type type;
	resolver_done *done;
	void *context;
};

static void add_to_answer(struct answer *to, const struct record *record)
{
	char *end;

	if (strcmp(record->value, "fail") == 0) {
		answer_fail(to, record->type, "SERVFAIL");
		return;
	}
	to->kind = ANSWER_RECORDS;
	if (record->type != QUESTION_MX) {
		to->addresses[to->count++] = addr_of(record->value);
		return;
	}
	to->mx[to->count].preference =
		(uint16_t)strtoul(record->value, &end, 10);
	snprintf(to->mx[to->count++].host, SITE_ZONE_MAX, "%s", end + 1);
}

static void on_question_closed(uv_handle_t *handle)
{
	struct question *question = handle->data;
	static struct answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.kind = ANSWER_NONE;
	answer.type = question->type;
	answer.ttl_s = world.ttl_s;
	for (size_t i = 0; i < world.record_count; i++)
		if (world.records[i].type == question->type &&
		    strcasecmp(world.records[i].name, question->name) == 0)
			add_to_answer(&answer, &world.records[i]);
	world.asking--;
	question->done(question->context, &answer);
	free(question);
}

static void on_question_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, on_question_closed);
}

int resolver_ask(struct resolver *resolver, const char *name,
		 enum question_type type, resolver_done *done, void *context)
{
	struct question *question = calloc(1, sizeof(*question));

	assert_null(resolver);
	assert_non_null(question);
	world.questions++;
	world.asking++;
	if (world.asking > world.asking_most)
		world.asking_most = world.asking;
	snprintf(question->name, sizeof(question->name), "%s", name);
	question->type = type;
	question->done = done;
	question->context = context;
	uv_timer_init(&world.loop, &question->timer);
	question->timer.data = question;
	uv_timer_start(&question->timer, on_question_timer, 5, 0);
	return 0;
}

/* "name TYPE value" */
static void dns(const char *text)
{
	struct record *record = &world.records[world.record_count++];
	char type[8];

	assert_true(world.record_count <= RECORDS_MAX);
	record->value[0] = '\0';
	assert_true(sscanf(text, "%299s %7s %299[^\n]", record->name, type,
			   record->value) >= 2);
	record->type = strcmp(type, "MX") == 0	   ? QUESTION_MX
		       : strcmp(type, "AAAA") == 0 ? QUESTION_AAAA
						   : QUESTION_A;
}

/* Of that name and type, in place of what there is. */
static void dns_forget(const char *name, enum question_type type)
{
	for (size_t i = 0; i < world.record_count; i++)
		if (world.records[i].type == type &&
		    strcmp(world.records[i].name, name) == 0)
			world.records[i].name[0] = '\0';
}

/* The usual: a primary of both families, and us. */
static void dns_usual(void)
{
	dns("mx1.example.net A 192.0.2.5");
	dns("mx1.example.net AAAA 2001:db8::5");
	dns("mx2.example.net A 192.0.2.25");
	dns("mx2.example.net AAAA 2001:db8::25");
	dns("example.net MX 10 mx1.example.net");
	dns("example.net MX 20 mx2.example.net");
}

/* The wiring */

static void on_changed(void *context)
{
	assert_ptr_equal(context, &world);
	assert_false(world.calling);
	world.changes++;
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

static char *domains[CONFIG_DOMAINS_MAX];

static void set_world(void)
{
	static char name[] = "example.net";

	memset(&world, 0, sizeof(world));
	assert_int_equal(uv_loop_init(&world.loop), 0);
	world.ttl_s = 300;
	domains[0] = name;
	world.config.mx_of = domains;
	world.config.mx_of_count = 1;
	world.config.health.interval_ms = 30000;
	world.config.health.timeout_ms = 30000;
	world.config.health.fall = 2;
	world.config.health.rise = 3;
	world.config.health.settle_ms = 60000;
	world.config.health.require = 1;
	world.config.policy = POLICY_STRICT;
}

static void start(void)
{
	struct addr doors[] = {addr_of("192.0.2.25"), addr_of("2001:db8::25"),
			       addr_of("192.0.2.26")};

	world.calling = true;
	assert_int_equal(primaries_create(&world.loop, &world.config, NULL,
					  on_changed, &world, &world.known),
			 0);
	primaries_protect(world.known, doors, 3);
	world.calling = false;
}

static void finish(void)
{
	unsigned int changes = world.changes;

	world.calling = true;
	primaries_close(world.known);
	world.calling = false;
	run_ms(30 * DAY);
	assert_int_equal(world.changes, changes);
	assert_int_equal(uv_loop_close(&world.loop), 0);
}

static struct policy_gate gate_of(size_t guard, enum family family)
{
	const struct policy_guard *guards = primaries_guards(world.known);

	return policy_gate(&world.config, &guards[guard], family);
}

static void assert_gate(size_t guard, enum policy_why ipv4,
			enum policy_why ipv6)
{
	assert_string_equal(policy_why_words(gate_of(guard, FAMILY_IPV4).why),
			    policy_why_words(ipv4));
	assert_string_equal(policy_why_words(gate_of(guard, FAMILY_IPV6).why),
			    policy_why_words(ipv6));
}

/* Cases */

static void a_domains_primary_is_found_and_closes_the_gate(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	start();
	assert_gate(0, POLICY_UNRESOLVED, POLICY_UNRESOLVED);
	run_ms(SECOND);
	assert_gate(0, POLICY_UP, POLICY_UP);
	assert_string_equal(primaries_domain(world.known, 0, 0), "example.net");
	assert_string_equal(probed("192.0.2.5")->recipient,
			    "postmaster@example.net");
	/* Neither we nor who is worse. */
	assert_int_equal(world.probed_count, 2);
	finish();
}

static void a_recipient_of_the_configuration_comes_first(void **state)
{
	static char recipient[] = "probe@example.org";

	(void)state;
	set_world();
	dns_usual();
	world.config.health.recipient = recipient;
	start();
	run_ms(SECOND);
	assert_string_equal(probed("192.0.2.5")->recipient, recipient);
	finish();
}

static void each_family_is_probed_from_its_source(void **state)
{
	struct addr none = {0};
	struct addr source = addr_of("2001:db8::25");

	(void)state;
	set_world();
	dns_usual();
	world.config.health.source[0] = source;
	world.config.health.source_count = 1;
	start();
	run_ms(SECOND);
	assert_true(addr_equal(&probed("192.0.2.5")->source, &none));
	assert_true(addr_equal(&probed("2001:db8::5")->source, &source));
	finish();
}

static const struct {
	const char *name;
	const char *records[8];
	enum policy_why ipv4;
	enum policy_why ipv6;
	size_t probed; /* addresses */
} zones[] = {
	{"nothing at all", {NULL}, POLICY_NO_MX, POLICY_NO_MX, 0},
	{"a null MX",
	 {"example.net MX 0 ", "example.net A 192.0.2.5"},
	 POLICY_NULL_MX,
	 POLICY_NULL_MX,
	 0},
	{"a null MX beside a real one is none",
	 {"example.net MX 0 ", "example.net MX 10 mx1.example.net",
	  "mx1.example.net A 192.0.2.5", "example.net MX 20 mx2.example.net",
	  "mx2.example.net A 192.0.2.25"},
	 POLICY_UP,
	 POLICY_NO_ADDRESS,
	 1},
	{"no MX, but an address: the domain is its own MX",
	 {"example.net A 192.0.2.5"},
	 POLICY_ELSEWHERE,
	 POLICY_ELSEWHERE,
	 0},
	{"no MX, and the address is ours",
	 {"example.net A 192.0.2.25"},
	 POLICY_BEST,
	 POLICY_BEST,
	 0},
	{"MX records that can't be looked up",
	 {"example.net MX fail"},
	 POLICY_UNRESOLVED,
	 POLICY_UNRESOLVED,
	 0},
	{"we are the best, and nobody is probed",
	 {"example.net MX 10 mx2.example.net", "mx2.example.net A 192.0.2.25",
	  "example.net MX 20 mx1.example.net", "mx1.example.net A 192.0.2.5"},
	 POLICY_BEST,
	 POLICY_BEST,
	 0},
	{"a better one whose addresses can't be looked up may be us",
	 {"example.net MX 5 mx0.example.net", "mx0.example.net A fail",
	  "example.net MX 10 mx1.example.net", "mx1.example.net A 192.0.2.5",
	  "example.net MX 20 mx2.example.net", "mx2.example.net A 192.0.2.25"},
	 POLICY_UNRESOLVED,
	 POLICY_UNRESOLVED,
	 1},
	{"a better one without any address",
	 {"example.net MX 10 mx1.example.net",
	  "example.net MX 20 mx2.example.net", "mx2.example.net A 192.0.2.25"},
	 POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS,
	 0},
	{"a better one that is at home on the loopback is not believed",
	 {"example.net MX 10 mx1.example.net", "mx1.example.net A 127.0.0.1",
	  "mx1.example.net AAAA ::1", "example.net MX 20 mx2.example.net",
	  "mx2.example.net A 192.0.2.25"},
	 POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS,
	 0},
	{"a name in other letters, and given twice, is one host",
	 {"example.net MX 30 MX1.example.net",
	  "example.net MX 10 mx1.EXAMPLE.net", "mx1.example.net A 192.0.2.5",
	  "example.net MX 20 mx2.example.net", "mx2.example.net A 192.0.2.25"},
	 POLICY_UP,
	 POLICY_NO_ADDRESS,
	 1},
};

static void what_dns_says_decides_who_the_primaries_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		print_message("%s\n", zones[i].name);
		set_world();
		for (size_t j = 0; j < 8 && zones[i].records[j]; j++)
			dns(zones[i].records[j]);
		start();
		run_ms(10 * SECOND);
		assert_gate(0, zones[i].ipv4, zones[i].ipv6);
		assert_int_equal(world.probed_count, zones[i].probed);
		finish();
	}
}

static void more_mx_hosts_than_are_kept_leave_it_open(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	for (int i = 0; i < 15; i++) {
		char text[64];

		snprintf(text, sizeof(text),
			 "example.net MX 30 m%d.example.org", i);
		dns(text);
	}
	start();
	run_ms(10 * SECOND);
	assert_gate(0, POLICY_MANY_MX, POLICY_MANY_MX);
	finish();
}

static void a_changed_primary_counts_after_settle(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	dns("mx3.example.net A 192.0.2.6");
	start();
	run_ms(MINUTE);
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX 10 mx3.example.net");
	dns("example.net MX 20 mx2.example.net");
	run_ms(4 * MINUTE + SECOND);
	/* It is probed, but not believed; the one before is forgotten. */
	assert_int_equal(probed("192.0.2.6")->count, 1);
	assert_gate(0, POLICY_UNKNOWN, POLICY_NO_ADDRESS);
	assert_true(was_logged("the MX hosts of example.net have changed: "
			       "mx3.example.net (10), mx2.example.net (20)"));
	run_ms(50 * SECOND);
	assert_gate(0, POLICY_UNKNOWN, POLICY_NO_ADDRESS);
	world.changes = 0;
	run_ms(12 * SECOND);
	assert_gate(0, POLICY_UP, POLICY_NO_ADDRESS);
	assert_true(world.changes > 0);
	finish();
}

static void a_changed_address_counts_after_settle(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(MINUTE);
	dns_forget("mx1.example.net", QUESTION_A);
	dns("mx1.example.net A 192.0.2.6");
	run_ms(4 * MINUTE + 5 * SECOND);
	assert_gate(0, POLICY_UNKNOWN, POLICY_UP);
	run_ms(MINUTE);
	assert_gate(0, POLICY_UP, POLICY_UP);
	finish();
}

static void
who_becomes_a_primary_by_preference_counts_after_settle(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	dns("mx3.example.net A 192.0.2.6");
	dns("example.net MX 30 mx3.example.net");
	probed("192.0.2.5")->reason = PROBE_REFUSED;
	start();
	run_ms(MINUTE);
	assert_gate(0, POLICY_DOWN, POLICY_UP);
	assert_int_equal(probed("192.0.2.6")->count, 0);
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX 10 mx1.example.net");
	dns("example.net MX 20 mx2.example.net");
	dns("example.net MX 15 mx3.example.net");
	run_ms(4 * MINUTE + SECOND);
	assert_gate(0, POLICY_UNKNOWN, POLICY_UP);
	run_ms(MINUTE);
	assert_gate(0, POLICY_UP, POLICY_UP);
	finish();
}

static void becoming_the_best_opens_at_once(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(MINUTE);
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX 10 mx1.example.net");
	dns("example.net MX 10 mx2.example.net");
	run_ms(4 * MINUTE + SECOND);
	assert_gate(0, POLICY_BEST, POLICY_BEST);
	finish();
}

static void a_domain_that_is_gone_opens_at_once(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(MINUTE);
	dns_forget("example.net", QUESTION_MX);
	run_ms(4 * MINUTE + SECOND);
	assert_gate(0, POLICY_NO_MX, POLICY_NO_MX);
	finish();
}

static void what_dns_fails_to_say_stays_for_a_day(void **state)
{
	size_t before;

	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(MINUTE);
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX fail");
	dns_forget("mx1.example.net", QUESTION_A);
	dns("mx1.example.net A fail");
	run_ms(23 * HOUR);
	assert_gate(0, POLICY_UP, POLICY_UP);
	/* It is health that decides meanwhile, and it is asked for. */
	before = probed("192.0.2.5")->count;
	probed("192.0.2.5")->reason = PROBE_REFUSED;
	run_ms(MINUTE);
	assert_true(probed("192.0.2.5")->count > before);
	assert_gate(0, POLICY_DOWN, POLICY_UP);
	run_ms(2 * HOUR);
	assert_gate(0, POLICY_UNRESOLVED, POLICY_UNRESOLVED);
	assert_true(was_logged("the MX records of example.net have not been "
			       "seen for a day: not known any more"));
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX 10 mx1.example.net");
	dns("example.net MX 20 mx2.example.net");
	dns_forget("mx1.example.net", QUESTION_A);
	dns("mx1.example.net A 192.0.2.5");
	run_ms(MINUTE);
	assert_gate(0, POLICY_DOWN, POLICY_UP);
	finish();
}

static void ttls_are_followed(void **state)
{
	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(HOUR);
	/* Five names of a type each, every 300 s. */
	assert_in_range(world.questions, 5 * 12, 5 * 13);
	finish();
}

static void names_and_addresses_are_shared(void **state)
{
	static char other[] = "example.org", third[] = "example.com";

	(void)state;
	set_world();
	dns_usual();
	dns("example.org MX 10 mx1.example.net");
	dns("example.org MX 20 mx2.example.net");
	/* The same address by another name. */
	dns("example.com MX 10 mx.example.com");
	dns("example.com MX 20 mx2.example.net");
	dns("mx.example.com A 192.0.2.5");
	domains[1] = other;
	domains[2] = third;
	world.config.mx_of_count = 3;
	start();
	run_ms(SECOND);
	assert_gate(0, POLICY_UP, POLICY_NO_ADDRESS);
	assert_string_equal(primaries_domain(world.known, 0, 2), "example.com");
	assert_int_equal(gate_of(0, FAMILY_IPV6).domain, 2);
	assert_int_equal(probed("192.0.2.5")->count, 1);
	assert_int_equal(world.probed_count, 2);
	/* 3 MX, 2 of each of 3 hosts. */
	assert_int_equal(world.questions, 9);
	/* One of them goes; the others go on with what is known. */
	dns_forget("example.net", QUESTION_MX);
	dns("example.net MX 20 mx2.example.net");
	run_ms(5 * MINUTE + SECOND);
	assert_int_equal(gate_of(0, FAMILY_IPV4).why, POLICY_BEST);
	assert_int_equal(gate_of(0, FAMILY_IPV4).domain, 0);
	run_ms(MINUTE);
	assert_string_equal(probed("192.0.2.5")->recipient,
			    "postmaster@example.org");
	finish();
}

static void hundreds_of_domains_leave_room_for_others(void **state)
{
	static char names[CONFIG_DOMAINS_MAX][32];

	(void)state;
	set_world();
	dns_usual();
	for (int i = 0; i < CONFIG_DOMAINS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "d%d.example.org", i);
		domains[i] = names[i];
	}
	world.config.mx_of_count = CONFIG_DOMAINS_MAX;
	start();
	run_ms(30 * SECOND);
	assert_in_range(world.asking_most, 1, RESOLVER_WINDOW / 8);
	/* Each is its own implicit MX, and only so many hosts are kept. */
	assert_int_equal(gate_of(0, FAMILY_IPV4).gate, GATE_OPEN);
	finish();
}

static void named_primaries_are_one_domain_more(void **state)
{
	static char name[] = "mx1.example.net";
	struct addr literal = addr_of("192.0.2.7");
	struct config_primary primary = {
		.name = name,
		.addresses = &literal,
		.address_count = 1,
		.port = 25,
	};

	(void)state;
	set_world();
	dns_usual();
	world.config.primaries = &primary;
	world.config.primary_count = 1;
	probed("192.0.2.7")->reason = PROBE_REFUSED;
	start();
	run_ms(SECOND);
	assert_gate(0, POLICY_DOWN, POLICY_NO_ADDRESS);
	assert_null(primaries_domain(world.known, 0, 0));
	assert_string_equal(probed("192.0.2.7")->recipient, "postmaster");
	probed("192.0.2.7")->reason = PROBE_GOOD;
	run_ms(5 * MINUTE);
	assert_gate(0, POLICY_UP, POLICY_NO_ADDRESS);
	finish();
}

/* Backup of one domain, best MX of another, at two addresses of one host. */
static void guards_are_decided_apart(void **state)
{
	static char name[] = "b", other[] = "example.org";
	static char *others[] = {other};
	struct addr door = addr_of("192.0.2.26");

	(void)state;
	set_world();
	dns_usual();
	dns("example.org MX 10 mx.example.org");
	dns("mx.example.org A 192.0.2.26");
	dns("example.org MX 20 mx1.example.net");
	world.guards[0] = (struct config_guard){
		.name = name,
		.protect = &door,
		.protect_count = 1,
		.mx_of = others,
		.mx_of_count = 1,
	};
	world.config.guards = world.guards;
	world.config.guard_count = 1;
	start();
	run_ms(SECOND);
	assert_gate(0, POLICY_UP, POLICY_UP);
	assert_gate(1, POLICY_BEST, POLICY_NO_DOOR);
	assert_string_equal(primaries_domain(world.known, 1, 0), "example.org");
	/* A knock at one guard makes no prober of another one's work. */
	run_ms(10 * SECOND);
	primaries_hint(world.known, 1, FAMILY_IPV4);
	run_ms(100);
	assert_int_equal(probed("192.0.2.5")->count, 1);
	primaries_hint(world.known, 0, FAMILY_IPV4);
	run_ms(100);
	assert_int_equal(probed("192.0.2.5")->count, 2);
	finish();
}

/* Our own MTA at another address must not close the gate, up as always. */
static void a_door_of_another_guard_is_no_primary(void **state)
{
	static char name[] = "b";
	struct addr door = addr_of("192.0.2.26");

	(void)state;
	set_world();
	dns("example.net MX 10 mx.example.org");
	dns("mx.example.org A 192.0.2.26");
	dns("example.net MX 20 mx2.example.net");
	dns("mx2.example.net A 192.0.2.25");
	world.guards[0] = (struct config_guard){
		.name = name,
		.protect = &door,
		.protect_count = 1,
	};
	world.config.guards = world.guards;
	world.config.guard_count = 1;
	start();
	run_ms(SECOND);
	assert_gate(0, POLICY_NO_ADDRESS, POLICY_NO_ADDRESS);
	assert_gate(1, POLICY_NO_PRIMARY, POLICY_NO_DOOR);
	assert_int_equal(world.probed_count, 0);
	finish();
}

static void an_address_that_becomes_ours_is_not_probed_any_more(void **state)
{
	struct addr doors[] = {addr_of("192.0.2.25"), addr_of("192.0.2.5")};

	(void)state;
	set_world();
	dns_usual();
	start();
	run_ms(SECOND);
	assert_gate(0, POLICY_UP, POLICY_UP);
	primaries_protect(world.known, doors, 2);
	assert_gate(0, POLICY_BEST, POLICY_NO_DOOR);
	run_ms(HOUR);
	assert_int_equal(probed("192.0.2.5")->count, 1);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_domains_primary_is_found_and_closes_the_gate),
		cmocka_unit_test(a_recipient_of_the_configuration_comes_first),
		cmocka_unit_test(each_family_is_probed_from_its_source),
		cmocka_unit_test(what_dns_says_decides_who_the_primaries_are),
		cmocka_unit_test(more_mx_hosts_than_are_kept_leave_it_open),
		cmocka_unit_test(a_changed_primary_counts_after_settle),
		cmocka_unit_test(a_changed_address_counts_after_settle),
		cmocka_unit_test(
			who_becomes_a_primary_by_preference_counts_after_settle),
		cmocka_unit_test(becoming_the_best_opens_at_once),
		cmocka_unit_test(a_domain_that_is_gone_opens_at_once),
		cmocka_unit_test(what_dns_fails_to_say_stays_for_a_day),
		cmocka_unit_test(ttls_are_followed),
		cmocka_unit_test(names_and_addresses_are_shared),
		cmocka_unit_test(hundreds_of_domains_leave_room_for_others),
		cmocka_unit_test(named_primaries_are_one_domain_more),
		cmocka_unit_test(guards_are_decided_apart),
		cmocka_unit_test(a_door_of_another_guard_is_no_primary),
		cmocka_unit_test(
			an_address_that_becomes_ours_is_not_probed_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

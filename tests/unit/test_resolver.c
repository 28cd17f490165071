/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver, against a nameserver in this process for what goes wrong, and
 * against a real rbldnsd.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "dns_server.h"
#include "rbldnsd.h"
#include "sources/resolver.h"

#define PATIENCE_MS 30000

/* One question and what became of it. */
struct asked {
	bool returned; /* resolver_ask() has */
	unsigned int calls;
	enum answer_kind kind;
	char why[128];
	uint32_t ttl_s;
	size_t count;
	struct addr first;
	char text[ANSWER_TEXT_MAX];
	struct resolver *ask_again; /* for the same, from the callback */
	const char *name;
};

static uv_loop_t loop;
static struct dns_server server;
static struct resolver *resolver;
static uv_timer_t patience;

static void on_patience(uv_timer_t *timer)
{
	(void)timer;
	print_error("nothing happened for %d ms\n", PATIENCE_MS);
	abort();
}

static struct config_nameserver nameserver(const char *address, uint16_t port)
{
	struct config_nameserver result = {.port = port};

	assert_int_equal(addr_parse(address, &result.addr), 0);
	return result;
}

static int set_up(void **state)
{
	struct config_nameserver self;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(dns_server_start(&server, &loop, "127.0.0.1", 0), 0);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
	self = nameserver("127.0.0.1", server.port);
	assert_int_equal(resolver_create(&loop, &self, 1, &resolver), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (resolver)
		resolver_close(resolver);
	resolver = NULL;
	dns_server_stop(&server);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static void on_done(void *context, const struct answer *answer)
{
	struct asked *asked = context;

	assert_true(asked->returned);
	asked->calls++;
	asked->kind = answer->kind;
	snprintf(asked->why, sizeof(asked->why), "%s",
		 answer->why ? answer->why : "");
	asked->ttl_s = answer->ttl_s;
	asked->count = answer->count;
	if (answer->kind == ANSWER_RECORDS && answer->type == QUESTION_TXT)
		memcpy(asked->text, answer->text, sizeof(asked->text));
	else if (answer->kind == ANSWER_RECORDS)
		asked->first = answer->addresses[0];
	if (asked->ask_again && asked->calls == 1)
		assert_int_equal(resolver_ask(asked->ask_again, asked->name,
					      QUESTION_A, on_done, asked),
				 0);
}

static int ask(struct resolver *of, const char *name, enum question_type type,
	       struct asked *asked)
{
	int error = resolver_ask(of, name, type, on_done, asked);

	asked->returned = true;
	return error;
}

static void run_until_answered(void)
{
	while (resolver_pending(resolver) > 0)
		uv_run(&loop, UV_RUN_ONCE);
}

static const struct {
	const char *name;
	enum answer_kind kind;
	const char *why;
} behaviours[] = {
	{"2.0.0.127.listed.test", ANSWER_RECORDS, ""},
	{"2.0.0.127.clean.test", ANSWER_NONE, ""},
	{"2.0.0.127.servfail.test", ANSWER_FAILED, "SERVFAIL"},
	{"2.0.0.127.refused.test", ANSWER_FAILED, "REFUSED"},
	{"2.0.0.127.silent.test", ANSWER_FAILED, "no answer in time"},
	{"2.0.0.127.truncated.test", ANSWER_RECORDS, ""},
	{"2.0.0.127.wrongid.test", ANSWER_NONE, ""},
	{"2.0.0.127.otherquestion.test", ANSWER_NONE, ""},
	{"2.0.0.127.nodata.test", ANSWER_FAILED, "without an SOA"},
	{"2.0.0.127.alias.test", ANSWER_FAILED, "alias"},
	{"2.0.0.127.blocked.test", ANSWER_RECORDS, ""},
	{"2.0.0.127.long.test", ANSWER_NONE, ""},
	{"2.0.0.127.late.test", ANSWER_FAILED, "no answer in time"},
	{"not..a.name", ANSWER_FAILED, "not a domain name"},
};

/* An answer that comes when its question has been given up. */
static void wait_for_late_answer(void)
{
	while (server.sent_late < 2)
		uv_run(&loop, UV_RUN_ONCE);
	for (unsigned int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static void each_behaviour_gives_one_answer(void **state)
{
	static struct asked asked[sizeof(behaviours) / sizeof(*behaviours)];
	const size_t count = sizeof(behaviours) / sizeof(*behaviours);

	(void)state;
	memset(asked, 0, sizeof(asked));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ask(resolver, behaviours[i].name, QUESTION_A,
				     &asked[i]),
				 0);
	assert_int_equal(resolver_pending(resolver), count);
	run_until_answered();
	wait_for_late_answer();
	for (size_t i = 0; i < count; i++) {
		print_message("%s: %s\n", behaviours[i].name, asked[i].why);
		assert_int_equal(asked[i].calls, 1);
		assert_int_equal(asked[i].kind, behaviours[i].kind);
		assert_non_null(strstr(asked[i].why, behaviours[i].why));
	}
	assert_int_equal(server.asked_of[DNS_SILENT], 2);
	assert_int_equal(server.asked_tcp, 1);
}

/* Apart from others, which newer versions of c-ares let suffer for it. */
static void malformed_replies_fail(void **state)
{
	struct asked garbage = {0}, cut = {0};

	(void)state;
	assert_int_equal(ask(resolver, "1.garbage.test", QUESTION_A, &garbage),
			 0);
	assert_int_equal(ask(resolver, "1.short.test", QUESTION_A, &cut), 0);
	run_until_answered();
	print_message("%s; %s\n", garbage.why, cut.why);
	assert_int_equal(garbage.calls, 1);
	assert_int_equal(garbage.kind, ANSWER_FAILED);
	assert_int_equal(cut.calls, 1);
	assert_int_equal(cut.kind, ANSWER_FAILED);
}

static void a_truncated_reply_over_tcp_fails(void **state)
{
	struct asked asked = {0};

	(void)state;
	assert_int_equal(ask(resolver, "1.half.test", QUESTION_A, &asked), 0);
	run_until_answered();
	assert_int_equal(asked.calls, 1);
	assert_int_equal(asked.kind, ANSWER_FAILED);
	assert_non_null(strstr(asked.why, "truncated"));
}

static void a_negative_answer_has_the_ttl_of_its_soa(void **state)
{
	struct asked asked = {0};

	(void)state;
	assert_int_equal(ask(resolver, "1.clean.test", QUESTION_A, &asked), 0);
	run_until_answered();
	assert_int_equal(asked.ttl_s, 100);
}

static void names_that_are_none_are_refused(void **state)
{
	char name[SITE_ZONE_MAX + 1];
	struct asked asked = {0};

	(void)state;
	memset(name, 'a', sizeof(name));
	name[SITE_ZONE_MAX] = '\0';
	assert_int_equal(ask(resolver, name, QUESTION_A, &asked), -EINVAL);
	assert_int_equal(ask(resolver, "", QUESTION_A, &asked), -EINVAL);
	assert_int_equal(resolver_pending(resolver), 0);
}

static void a_full_window_refuses_and_closing_answers_all(void **state)
{
	static struct asked asked[RESOLVER_WINDOW + 1];

	(void)state;
	memset(asked, 0, sizeof(asked));
	for (size_t i = 0; i < RESOLVER_WINDOW; i++)
		assert_int_equal(
			ask(resolver, "1.silent.test", QUESTION_A, &asked[i]),
			0);
	assert_int_equal(ask(resolver, "1.silent.test", QUESTION_A,
			     &asked[RESOLVER_WINDOW]),
			 -EAGAIN);
	uv_run(&loop, UV_RUN_NOWAIT);
	resolver_close(resolver);
	assert_int_equal(asked[0].calls, 0);
	assert_int_equal(ask(resolver, "1.silent.test", QUESTION_A,
			     &asked[RESOLVER_WINDOW]),
			 -ESHUTDOWN);
	resolver = NULL;
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < RESOLVER_WINDOW; i++) {
		assert_int_equal(asked[i].calls, 1);
		assert_int_equal(asked[i].kind, ANSWER_FAILED);
		assert_non_null(strstr(asked[i].why, "closed"));
	}
	assert_int_equal(asked[RESOLVER_WINDOW].calls, 0);
}

static void a_callback_may_ask_again(void **state)
{
	struct asked asked = {.ask_again = resolver, .name = "1.listed.test"};

	(void)state;
	assert_int_equal(ask(resolver, asked.name, QUESTION_A, &asked), 0);
	run_until_answered();
	assert_int_equal(asked.calls, 2);
}

/* Also when the first one fails within resolver_ask() itself. */
static void a_callback_may_ask_for_what_fails_at_once(void **state)
{
	struct asked asked = {.ask_again = resolver, .name = "not..a.name"};

	(void)state;
	assert_int_equal(ask(resolver, asked.name, QUESTION_A, &asked), 0);
	run_until_answered();
	assert_int_equal(asked.calls, 2);
}

static void other_nameservers_take_over_and_old_ones_finish(void **state)
{
	struct config_nameserver nobody =
		nameserver("127.0.0.1", rbldnsd_free_port());
	struct asked old = {0}, new = {0};

	(void)state;
	assert_int_equal(ask(resolver, "1.long.test", QUESTION_A, &old), 0);
	assert_int_equal(resolver_use(resolver, &nobody, 1), 0);
	assert_int_equal(ask(resolver, "1.listed.test", QUESTION_A, &new), 0);
	run_until_answered();
	assert_int_equal(old.kind, ANSWER_NONE);
	assert_int_equal(new.kind, ANSWER_FAILED);
	print_message("%s\n", new.why);
}

static void nameservers_may_change_often(void **state)
{
	struct config_nameserver self = nameserver("127.0.0.1", server.port);
	struct asked asked[40] = {{0}};

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(
			ask(resolver, "1.listed.test", QUESTION_A, &asked[i]),
			0);
		assert_int_equal(resolver_use(resolver, &self, 1), 0);
	}
	run_until_answered();
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(asked[i].calls, 1);
	/* Those of channels that were dropped to make room have failed. */
	assert_int_equal(asked[0].kind, ANSWER_FAILED);
	assert_int_equal(asked[39].kind, ANSWER_RECORDS);
}

static void the_second_nameserver_is_asked_when_the_first_fails(void **state)
{
	static const char *const names[] = {"1.silent.test", "1.servfail.test",
					    "1.refused.test"};
	struct config_nameserver both[2];
	/* Beyond this function: tear_down() runs what its stop has begun. */
	static struct dns_server second;
	struct asked asked[3] = {{0}};

	(void)state;
	assert_int_equal(dns_server_start(&second, &loop, "127.0.0.2", 0), 0);
	both[0] = nameserver("127.0.0.1", server.port);
	both[1] = nameserver("127.0.0.2", second.port);
	assert_int_equal(resolver_use(resolver, both, 2), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(ask(resolver, names[i], QUESTION_A, &asked[i]),
				 0);
	}
	/* The second behaves the same, so all fail, but it was asked. */
	while (!asked[1].calls || !asked[2].calls ||
	       second.asked_of[DNS_SILENT] == 0)
		uv_run(&loop, UV_RUN_ONCE);
	resolver_close(resolver);
	resolver = NULL;
	for (unsigned int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	for (unsigned int i = 0; i < 3; i++) {
		print_message("%s: %s\n", names[i], asked[i].why);
		assert_int_equal(asked[i].calls, 1);
		assert_int_equal(asked[i].kind, ANSWER_FAILED);
	}
	assert_true(second.asked_of[DNS_SERVFAIL] > 0);
	assert_true(second.asked_of[DNS_REFUSED] > 0);
	dns_server_stop(&second);
}

static void a_nameserver_that_is_gone_fails_and_comes_back(void **state)
{
	struct asked gone = {0}, back = {0};
	uint16_t port = server.port;

	(void)state;
	dns_server_stop(&server);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(ask(resolver, "1.listed.test", QUESTION_A, &gone), 0);
	run_until_answered();
	assert_int_equal(gone.kind, ANSWER_FAILED);
	print_message("%s\n", gone.why);
	assert_int_equal(dns_server_start(&server, &loop, "127.0.0.1", port),
			 0);
	assert_int_equal(ask(resolver, "1.listed.test", QUESTION_A, &back), 0);
	run_until_answered();
	assert_int_equal(back.kind, ANSWER_RECORDS);
}

static void too_many_nameservers_are_refused(void **state)
{
	struct config_nameserver many[CONFIG_NAMESERVERS_MAX + 1];
	struct resolver *other = NULL;

	(void)state;
	for (size_t i = 0; i <= CONFIG_NAMESERVERS_MAX; i++)
		many[i] = nameserver("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
				     65535);
	assert_int_equal(resolver_create(&loop, many,
					 CONFIG_NAMESERVERS_MAX + 1, &other),
			 -E2BIG);
	assert_null(other);
	assert_int_equal(
		resolver_use(resolver, many, CONFIG_NAMESERVERS_MAX + 1),
		-E2BIG);
	assert_int_equal(resolver_use(resolver, many, CONFIG_NAMESERVERS_MAX),
			 0);
}

static const struct {
	const char *name;
	enum question_type type;
	enum answer_kind kind;
	const char *first;
	uint32_t ttl_s;
} real[] = {
	{"2.0.0.127.bl.test", QUESTION_A, ANSWER_RECORDS, "127.0.0.2", 300},
	{"1.0.0.127.bl.test", QUESTION_A, ANSWER_NONE, NULL, 100},
	{"2.0.0.127.bl.test", QUESTION_TXT, ANSWER_RECORDS, "listed 127.0.0.2",
	 300},
	{"1.2.128.10.bl.test", QUESTION_A, ANSWER_RECORDS, "127.0.0.10", 300},
	{"2.0.0.127.elsewhere.test", QUESTION_A, ANSWER_FAILED, "REFUSED", 0},
};

static void a_real_rbldnsd_is_understood(void **state)
{
	struct asked asked[sizeof(real) / sizeof(*real)] = {{0}};
	struct config_nameserver rbl;
	struct rbldnsd rbldnsd;
	const char *why;

	(void)state;
	why = rbldnsd_start(&rbldnsd);
	if (why) {
		rbldnsd_stop(&rbldnsd);
		print_message("%s\n", why);
		skip();
	}
	rbl = nameserver("127.0.0.1", rbldnsd.port);
	assert_int_equal(resolver_use(resolver, &rbl, 1), 0);
	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++)
		assert_int_equal(
			ask(resolver, real[i].name, real[i].type, &asked[i]),
			0);
	run_until_answered();
	rbldnsd_stop(&rbldnsd);
	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
		char text[ADDR_TEXT];

		print_message("%s\n", real[i].name);
		assert_int_equal(asked[i].kind, real[i].kind);
		assert_int_equal(asked[i].ttl_s, real[i].ttl_s);
		if (real[i].kind == ANSWER_FAILED)
			assert_string_equal(asked[i].why, real[i].first);
		else if (real[i].type == QUESTION_TXT)
			assert_string_equal(asked[i].text, real[i].first);
		else if (real[i].kind == ANSWER_RECORDS)
			assert_string_equal(addr_format(&asked[i].first, text),
					    real[i].first);
	}
}

/* ---- resolv.conf, in namespaces where port 53 and the file are ours ---- */

static void write_resolv_conf(const char *address)
{
	FILE *file = fopen("/etc/resolv.conf", "w");

	assert_non_null(file);
	fprintf(file, "nameserver %s\n", address);
	fclose(file);
}

/* Returns why it can't be done, or NULL. */
static const char *enter_namespaces(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	char file[] = "/tmp/postern-resolv-XXXXXX";
	int fd, error;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
		return "namespaces need root";
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	error = ioctl(fd, SIOCSIFFLAGS, &loopback);
	close(fd);
	if (error || mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) != 0)
		return "the namespaces can't be set up";
	fd = mkstemp(file);
	error = mount(file, "/etc/resolv.conf", "", MS_BIND, NULL);
	close(fd);
	unlink(file);
	return error ? "resolv.conf can't be replaced" : NULL;
}

/* Asks until the second nameserver was reached; aborts after PATIENCE_MS. */
static int follow_resolv_conf(void)
{
	struct dns_server first, second;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
	write_resolv_conf("127.0.0.1");
	if (dns_server_start(&first, &loop, "127.0.0.1", 53) != 0 ||
	    dns_server_start(&second, &loop, "127.0.0.2", 53) != 0 ||
	    resolver_create(&loop, NULL, 0, &resolver) != 0)
		return 1;
	for (unsigned int i = 0; second.asked == 0; i++) {
		struct asked asked = {0};

		if (ask(resolver, "1.listed.test", QUESTION_A, &asked) != 0)
			return 2;
		run_until_answered();
		if (asked.kind != ANSWER_RECORDS)
			return 3;
		if (i == 0 && first.asked != 1)
			return 4;
		if (i == 0)
			write_resolv_conf("127.0.0.2");
		usleep(50 * 1000);
	}
	return 0;
}

static void a_change_of_resolv_conf_is_followed(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		const char *why = enter_namespaces();

		if (why)
			print_message("%s\n", why);
		_exit(why ? 77 : follow_resolv_conf());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_behaviour_gives_one_answer),
		CASE(malformed_replies_fail),
		CASE(a_truncated_reply_over_tcp_fails),
		CASE(a_negative_answer_has_the_ttl_of_its_soa),
		CASE(names_that_are_none_are_refused),
		CASE(a_full_window_refuses_and_closing_answers_all),
		CASE(a_callback_may_ask_again),
		CASE(a_callback_may_ask_for_what_fails_at_once),
		CASE(other_nameservers_take_over_and_old_ones_finish),
		CASE(nameservers_may_change_often),
		CASE(the_second_nameserver_is_asked_when_the_first_fails),
		CASE(a_nameserver_that_is_gone_fails_and_comes_back),
		CASE(too_many_nameservers_are_refused),
		CASE(a_real_rbldnsd_is_understood),
		cmocka_unit_test(a_change_of_resolv_conf_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

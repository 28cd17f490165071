/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told, on a socket of the test's own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parent/service.h"

static char path[108];
static int manager = -1;
static struct service *service;
static struct service_state state;

/* A path, or "@name" for the abstract namespace. */
static void listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length;

	snprintf(path, sizeof(path), "%s%d", name, (int)getpid());
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(path);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(manager, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 length)),
		0);
	setenv("NOTIFY_SOCKET", path, 1);
}

static int begin(void **context)
{
	(void)context;
	memset(&state, 0, sizeof(state));
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	listen_at("/tmp/postern-test-service-");
	return 0;
}

static int end(void **context)
{
	(void)context;
	service_close(service);
	service = NULL;
	close(manager);
	if (path[0] == '/')
		unlink(path);
	return 0;
}

static void open_service(void)
{
	assert_int_equal(service_open(&service), 0);
}

/* The next datagram, or "": there is none. */
static const char *heard(void)
{
	static char text[1024];
	ssize_t length = recv(manager, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void tell(bool ready, bool reloading, const char *status)
{
	state.ready = ready;
	state.reloading = reloading;
	snprintf(state.status, sizeof(state.status), "%s", status);
	service_tell(service, &state);
}

static void only_changes_are_told(void **context)
{
	(void)context;
	open_service();
	tell(false, false, "starting");
	assert_string_equal(heard(), "STATUS=starting");
	assert_string_equal(heard(), "");
	tell(false, false, "starting");
	assert_string_equal(heard(), "");
	tell(true, false, "starting");
	assert_string_equal(heard(), "READY=1");
	tell(true, false, "filtering");
	assert_string_equal(heard(), "STATUS=filtering");
	tell(true, false, "filtering");
	assert_string_equal(heard(), "");
	service_stopping(service);
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=Stopping");
}

static void a_reload_is_told_with_its_time(void **context)
{
	unsigned long long us;

	(void)context;
	open_service();
	tell(true, false, "x");
	heard();
	heard();
	tell(true, true, "x");
	assert_int_equal(
		sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu", &us), 1);
	assert_true(us > 0);
	tell(true, true, "x");
	assert_string_equal(heard(), "");
	tell(true, false, "x");
	assert_string_equal(heard(), "READY=1");
}

/* A configuration that is refused never gets as far as the worker. */
static void a_reload_that_is_over_at_once_is_told_too(void **context)
{
	(void)context;
	open_service();
	tell(true, false, "");
	heard();
	service_reloading(service);
	assert_int_equal(strncmp(heard(), "RELOADING=1\n", 12), 0);
	assert_true(service_is_due(service, true, false));
	tell(true, false, "");
	assert_string_equal(heard(), "READY=1");
	assert_string_equal(heard(), "");
}

static void before_it_is_ready_no_reload_is_told(void **context)
{
	(void)context;
	open_service();
	service_reloading(service);
	assert_string_equal(heard(), "");
	tell(false, false, "");
	assert_string_equal(heard(), "");
}

static void the_watchdog_is_told_when_half_its_time_is_over(void **context)
{
	(void)context;
	setenv("WATCHDOG_USEC", "20000", 1);
	open_service();
	tell(true, false, "");
	assert_string_equal(heard(), "READY=1");
	usleep(15000);
	tell(true, false, "");
	assert_string_equal(heard(), "");
	state.alive = true;
	tell(true, false, "");
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_string_equal(heard(), "");
	usleep(15000);
	tell(true, false, "");
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void a_watchdog_for_another_process_is_none(void **context)
{
	(void)context;
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("WATCHDOG_PID", "1", 1);
	open_service();
	state.alive = true;
	tell(false, false, "");
	assert_string_equal(heard(), "");
}

static void children_can_not_talk_to_the_manager(void **context)
{
	(void)context;
	setenv("WATCHDOG_USEC", "1", 1);
	open_service();
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void the_abstract_namespace_is_fine(void **context)
{
	(void)context;
	end(NULL);
	listen_at("@postern-test-service-");
	open_service();
	tell(true, false, "");
	assert_string_equal(heard(), "READY=1");
}

static void without_a_manager_nothing_is_due(void **context)
{
	static const char *const none[] = {
		NULL, "", "x", "@", "/nonexistent/x", "vsock:2:1234"};

	(void)context;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		if (none[i])
			setenv("NOTIFY_SOCKET", none[i], 1);
		else
			unsetenv("NOTIFY_SOCKET");
		open_service();
		/* There it can only be seen when something is sent. */
		if (!none[i] || none[i][0] != '/')
			assert_false(service_is_due(service, true, false));
		tell(true, false, "x");
		service_stopping(service);
		service_close(service);
		service = NULL;
	}
	assert_string_equal(heard(), "");
}

static void what_is_due_is_a_change_or_a_second(void **context)
{
	(void)context;
	open_service();
	assert_true(service_is_due(service, false, false));
	tell(false, false, "");
	assert_false(service_is_due(service, false, false));
	assert_true(service_is_due(service, true, false));
	tell(true, false, "");
	assert_false(service_is_due(service, true, false));
	assert_true(service_is_due(service, true, true));
}

/* Nobody reads: what doesn't fit is lost, and nothing waits for it. */
static void a_manager_that_hangs_holds_nothing_up(void **context)
{
	char text[64];

	(void)context;
	open_service();
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		tell(true, false, text);
	}
	assert_string_equal(heard(), "STATUS=0");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_changes_are_told),
		TEST(a_reload_is_told_with_its_time),
		TEST(a_reload_that_is_over_at_once_is_told_too),
		TEST(before_it_is_ready_no_reload_is_told),
		TEST(the_watchdog_is_told_when_half_its_time_is_over),
		TEST(a_watchdog_for_another_process_is_none),
		TEST(children_can_not_talk_to_the_manager),
		TEST(the_abstract_namespace_is_fine),
		TEST(without_a_manager_nothing_is_due),
		TEST(what_is_due_is_a_change_or_a_second),
		TEST(a_manager_that_hangs_holds_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

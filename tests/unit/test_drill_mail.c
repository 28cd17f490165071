/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drill's SMTP session, with a server that follows a script. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drill_fixture.h"

#include "ctl/drill_mail.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define PATIENCE_MS 20000

/* What the server of a test answers; NULL: it never does. */
struct script {
	const char *greeting;
	const char *ehlo;
	const char *mail;
	const char *rcpt;
	const char *data;
	const char *end;
};

static const struct script good = {
	"220-wait\r\n220 mx ESMTP\r\n",
	"250-mx\r\n250 SIZE\r\n",
	"250 ok\r\n",
	"250 2.1.5 Ok\r\n",
	"354 go on\r\n",
	"250 2.0.0 Ok: queued as 4Xy\r\n",
};

static void answer(FILE *file, const char *text)
{
	if (!text)
		pause();
	fputs(text, file);
	fflush(file);
}

/* Whether the message ends at the lone dot, all of its lines by CRLF. */
static const char *take_message(FILE *file, const struct script *script)
{
	char line[1100];

	while (fgets(line, sizeof(line), file)) {
		if (strcmp(line, ".\r\n") == 0)
			return script->end;
		if (!strstr(line, "\r\n"))
			break;
	}
	return "554 bare LF\r\n";
}

/* In a child; it knows nothing but the script. */
static void serve(int listener, const struct script *script)
{
	int fd = accept(listener, NULL, NULL);
	FILE *file = fdopen(fd, "r+");
	char line[1100];

	answer(file, script->greeting);
	while (fgets(line, sizeof(line), file)) {
		const char *text = "502 5.5.1 what?\r\n";

		if (strncmp(line, "EHLO ", 5) == 0)
			text = script->ehlo;
		else if (strcmp(line, "HELO a.example\r\n") == 0)
			text = "250 mx\r\n";
		else if (strcmp(line, "MAIL FROM:<>\r\n") == 0)
			text = script->mail;
		else if (strcmp(line, "RCPT TO:<u@b.example>\r\n") == 0)
			text = script->rcpt;
		else if (strcmp(line, "DATA\r\n") == 0)
			text = script->data;
		answer(file,
		       strcmp(line, "QUIT\r\n") == 0 ? "221 bye\r\n" : text);
		if (text == script->data && text[0] == '3')
			answer(file, take_message(file, script));
	}
	_exit(0);
}

/* Returns its process id; the port goes to the drill. */
static pid_t start_server(const struct script *script, int *listener)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	socklen_t length = sizeof(address);
	pid_t pid;

	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(*listener, (struct sockaddr *)&address, sizeof(address)),
		0);
	assert_int_equal(listen(*listener, 1), 0);
	getsockname(*listener, (struct sockaddr *)&address, &length);
	drill.port = ntohs(address.sin_port);
	pid = fork();
	if (pid == 0)
		serve(*listener, script);
	return pid;
}

static void talk(const struct script *script, uint64_t limit_ms)
{
	int listener;
	pid_t pid;

	fresh(NULL);
	snprintf(drill.helo, sizeof(drill.helo), "a.example");
	snprintf(drill.to, sizeof(drill.to), "u@b.example");
	addr_parse("127.0.0.1", &drill.backup);
	pid = start_server(script, &listener);
	drill_send(&drill, drill_clock_ms() + limit_ms);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
}

static void a_message_is_delivered(void **state)
{
	(void)state;
	talk(&good, PATIENCE_MS);
	assert_int_equal(drill.steps[DRILL_MESSAGE].state, DRILL_OK);
	assert_string_equal(drill.steps[DRILL_GREETING].text, "220 mx ESMTP");
	assert_string_equal(drill.steps[DRILL_RECIPIENT].text,
			    "<u@b.example>: 250 2.1.5 Ok");
	assert_string_equal(drill.queue_id, "4Xy");
	assert_true(drill.here);
}

static void a_server_without_ehlo_is_greeted_by_helo(void **state)
{
	struct script script = good;

	(void)state;
	script.ehlo = "502 5.5.1 no\r\n";
	talk(&script, PATIENCE_MS);
	assert_int_equal(drill.steps[DRILL_MESSAGE].state, DRILL_OK);
}

static const struct {
	struct script script;
	enum drill_step step;
	const char *text;
} refusals[] = {
	{{.greeting = "554 5.7.1 go away\r\n"},
	 DRILL_GREETING,
	 "no greeting: 554 5.7.1 go away"},
	{{.greeting = "hello\r\n"},
	 DRILL_GREETING,
	 "no greeting: this is not SMTP: hello"},
	{{.greeting = "220 mx\r\n", .ehlo = "421 4.3.0 later\r\n"},
	 DRILL_RECIPIENT,
	 "EHLO: 421 4.3.0 later"},
	{{.greeting = "220 mx\r\n",
	  .ehlo = "250 mx\r\n",
	  .mail = "530 5.7.0 Must issue a STARTTLS command first\r\n"},
	 DRILL_RECIPIENT,
	 "MAIL: 530 5.7.0 Must issue a STARTTLS command first"},
	{{.greeting = "220 mx\r\n",
	  .ehlo = "250 mx\r\n",
	  .mail = "250 ok\r\n",
	  .rcpt = "451 4.3.2 the primary MX is up\r\n"},
	 DRILL_RECIPIENT,
	 "RCPT: 451 4.3.2 the primary MX is up"},
	{{.greeting = "220 mx\r\n",
	  .ehlo = "250 mx\r\n",
	  .mail = "250 ok\r\n",
	  .rcpt = "250 ok\r\n",
	  .data = "554 5.5.1 no\r\n"},
	 DRILL_MESSAGE,
	 "DATA: 554 5.5.1 no"},
	{{.greeting = "220 mx\r\n",
	  .ehlo = "250 mx\r\n",
	  .mail = "250 ok\r\n",
	  .rcpt = "250 ok\r\n",
	  .data = "354 go\r\n",
	  .end = "550 5.7.1 spam\r\n"},
	 DRILL_MESSAGE,
	 "end of the message: 550 5.7.1 spam"},
};

static void what_is_refused_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		print_message("%s\n", refusals[i].text);
		talk(&refusals[i].script, PATIENCE_MS);
		assert_int_equal(drill_first_failed(&drill), refusals[i].step);
		assert_string_equal(drill.steps[refusals[i].step].text,
				    refusals[i].text);
	}
}

static void silence_ends_in_time(void **state)
{
	struct script script = {.greeting = NULL};

	(void)state;
	talk(&script, 300);
	assert_int_equal(drill.steps[DRILL_GREETING].state, DRILL_FAILED);
	assert_string_equal(drill.steps[DRILL_GREETING].text,
			    "no greeting: no answer before the gate closes");
	assert_true(drill.steps[DRILL_GREETING].took_ms >= 250);
}

static void nobody_listens(void **state)
{
	fresh(state);
	addr_parse("127.0.0.1", &drill.backup);
	drill.port = 1;
	drill_send(&drill, drill_clock_ms() + PATIENCE_MS);
	assert_string_equal(drill.steps[DRILL_GREETING].text,
			    "no connection: Connection refused");
}

static void messages_are_as_they_should_be(void **state)
{
	char text[DRILL_MESSAGE_MAX];
	size_t length;

	(void)state;
	memset(drill.to, 't', sizeof(drill.to) - 1);
	memset(drill.from, 'f', sizeof(drill.from) - 1);
	memset(drill.helo, 'h', sizeof(drill.helo) - 1);
	length = drill_message(&drill, drill.helo, 0, text);
	assert_int_equal(length, strlen(text));
	assert_true(length < sizeof(text));
	fresh(state);
	snprintf(drill.to, sizeof(drill.to), "u@b.example");
	drill_message(&drill, "a.example", 0, text);
	assert_non_null(strstr(text, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
				     "From: Postern drill "
				     "<postmaster@a.example>\r\n"
				     "To: <u@b.example>\r\n"
				     "Subject: Postern drill "
				     "0123456789abcdef\r\n"
				     "Message-ID: <postern-drill-"
				     "0123456789abcdef@a.example>\r\n"));
	assert_string_equal(text + strlen(text) - 5, "\r\n.\r\n");
}

static const struct {
	const char *reply;
	const char *id;
} ids[] = {
	{"250 2.0.0 Ok: queued as 4XyZ12abc", "4XyZ12abc"},
	{"250 OK id=1vOmP2-0001Bc-0A", "1vOmP2-0001Bc-0A"},
	{"250 2.0.0 Ok: queued as 4Xy; thanks", "4Xy"},
	{"250 2.0.0 accepted", ""},
	{"250 Ok: queued as ", ""},
	{"250 id=00000000000000000000000000000000000000000000000000000000000000"
	 "00",
	 ""},
};

static void queue_ids_are_found(void **state)
{
	char id[DRILL_QUEUE_ID];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		print_message("%s\n", ids[i].reply);
		drill_queue_id(ids[i].reply, id);
		assert_string_equal(id, ids[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_message_is_delivered, fresh),
		cmocka_unit_test_setup(a_server_without_ehlo_is_greeted_by_helo,
				       fresh),
		cmocka_unit_test_setup(what_is_refused_is_told, fresh),
		cmocka_unit_test_setup(silence_ends_in_time, fresh),
		cmocka_unit_test_setup(nobody_listens, fresh),
		cmocka_unit_test_setup(messages_are_as_they_should_be, fresh),
		cmocka_unit_test_setup(queue_ids_are_found, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the dialogue: what each reply makes of a primary. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sources/dialogue.h"

static const struct {
	enum dialogue_step step;
	const char *line;
	enum probe_reason reason; /* PROBE_REASONS: it goes on */
	enum dialogue_step next;
} judged[] = {
	{STEP_GREETING, "220 mx ESMTP", PROBE_REASONS, STEP_EHLO},
	{STEP_GREETING, "220", PROBE_REASONS, STEP_EHLO},
	{STEP_GREETING, "250 mx", PROBE_MALFORMED, STEP_QUIT},
	{STEP_GREETING, "354 mx", PROBE_MALFORMED, STEP_QUIT},
	{STEP_GREETING, "421 4.3.2 All server ports are busy", PROBE_GREETING,
	 STEP_QUIT},
	{STEP_GREETING, "450 later", PROBE_GREETING, STEP_QUIT},
	{STEP_GREETING, "521 5.3.2 no mail here", PROBE_GREETING, STEP_QUIT},
	{STEP_GREETING, "554 5.7.1 you are listed", PROBE_GREETING, STEP_QUIT},
	/* Postfix */
	{STEP_GREETING, "421 4.7.0 mx Error: too many connections from 1.2.3.4",
	 PROBE_LIMITED, STEP_QUIT},
	/* sendmail */
	{STEP_GREETING, "421 4.3.2 Connection rate limit exceeded.",
	 PROBE_LIMITED, STEP_QUIT},
	{STEP_GREETING, "421 4.3.2 Too many open connections.", PROBE_LIMITED,
	 STEP_QUIT},
	/* Exim: of one address, and of all */
	{STEP_GREETING,
	 "421 Too many concurrent SMTP connections from this IP address; "
	 "please try again later.",
	 PROBE_LIMITED, STEP_QUIT},
	{STEP_GREETING,
	 "421 Too many concurrent SMTP connections; please try again later.",
	 PROBE_GREETING, STEP_QUIT},
	{STEP_GREETING, "421 4.7.1 Service unavailable", PROBE_GREETING,
	 STEP_QUIT},
	{STEP_GREETING, "554 5.7.0 too many connections", PROBE_GREETING,
	 STEP_QUIT},

	{STEP_EHLO, "250 mx", PROBE_REASONS, STEP_MAIL},
	{STEP_EHLO, "354 mx", PROBE_MALFORMED, STEP_QUIT},
	{STEP_EHLO, "421 mx closing", PROBE_EHLO, STEP_QUIT},
	{STEP_EHLO, "421 4.7.0 mx closing", PROBE_LIMITED, STEP_QUIT},
	{STEP_EHLO, "451 local error", PROBE_EHLO, STEP_QUIT},
	{STEP_EHLO, "502 5.5.1 what?", PROBE_REASONS, STEP_HELO},
	{STEP_EHLO, "550 no", PROBE_REASONS, STEP_HELO},
	{STEP_HELO, "250 mx", PROBE_REASONS, STEP_MAIL},
	{STEP_HELO, "450 later", PROBE_EHLO, STEP_QUIT},
	{STEP_HELO, "550 5.7.1 bad name", PROBE_EHLO, STEP_QUIT},

	{STEP_MAIL, "250 2.1.0 Ok", PROBE_REASONS, STEP_RCPT},
	{STEP_MAIL, "354 go", PROBE_MALFORMED, STEP_QUIT},
	{STEP_MAIL, "421 4.3.0 mx", PROBE_MAIL, STEP_QUIT},
	{STEP_MAIL, "421 4.7.0 rate", PROBE_LIMITED, STEP_QUIT},
	{STEP_MAIL, "450 4.7.1 Error: too much mail from 1.2.3.4",
	 PROBE_LIMITED, STEP_QUIT},
	{STEP_MAIL, "451 4.7.1 Service unavailable - try again later",
	 PROBE_MAIL, STEP_QUIT},
	{STEP_MAIL, "452 4.3.1 Insufficient system storage", PROBE_MAIL,
	 STEP_QUIT},
	{STEP_MAIL, "530 5.7.0 Must issue a STARTTLS command first", PROBE_MAIL,
	 STEP_QUIT},
	{STEP_MAIL, "550 5.1.0 no", PROBE_MAIL, STEP_QUIT},

	{STEP_RCPT, "250 2.1.5 Ok", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "251 will forward", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "354 go", PROBE_MALFORMED, STEP_QUIT},
	{STEP_RCPT, "421 mx closing", PROBE_RCPT, STEP_QUIT},
	{STEP_RCPT, "421 4.3.0 mx closing", PROBE_RCPT, STEP_QUIT},
	{STEP_RCPT, "421 4.7.0 too many errors", PROBE_LIMITED, STEP_QUIT},
	{STEP_RCPT, "421 rate limit", PROBE_LIMITED, STEP_QUIT},
	{STEP_RCPT, "450 4.7.1 Greylisted", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "450 4.7.1 rate limit", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "450 4.2.0 Greylisted", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "451 please come again", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "451 4.7.1 local problem", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "451 Temporary local problem - please try later",
	 PROBE_RCPT, STEP_RSET},
	{STEP_RCPT, "451 Requested action aborted: local error in processing",
	 PROBE_RCPT, STEP_RSET},
	{STEP_RCPT, "451 4.3.0 <postmaster>: Temporary lookup failure",
	 PROBE_RCPT, STEP_RSET},
	{STEP_RCPT, "451 4.3.5 Server configuration problem", PROBE_RCPT,
	 STEP_RSET},
	{STEP_RCPT, "450 4.3.2 mx", PROBE_RCPT, STEP_RSET},
	{STEP_RCPT, "452 4.3.1 full", PROBE_RCPT, STEP_RSET},
	{STEP_RCPT, "452 4.2.2 mailbox full", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "452 too many recipients", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "550 5.1.1 no such mailbox", PROBE_GOOD, STEP_RSET},
	{STEP_RCPT, "554 5.3.0 no", PROBE_GOOD, STEP_RSET},

	{STEP_RSET, "250 Ok", PROBE_REASONS, STEP_QUIT},
	{STEP_RSET, "421 4.7.0 bye", PROBE_REASONS, STEP_QUIT},
};

static struct reply parse(const char *line)
{
	struct reply_parser parser;
	char data[256];
	size_t used;
	int length;

	length = snprintf(data, sizeof(data), "%s\r\n", line);
	reply_reset(&parser);
	assert_int_equal(reply_parse(&parser, data, (size_t)length, &used),
			 REPLY_DONE);
	return parser.reply;
}

static void each_reply_has_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judged) / sizeof(*judged); i++) {
		struct reply reply = parse(judged[i].line);
		struct dialogue_move move =
			dialogue_judge(judged[i].step, &reply);

		print_message("step %d: %s\n", judged[i].step, judged[i].line);
		assert_int_equal(move.decided,
				 judged[i].reason != PROBE_REASONS);
		if (move.decided)
			assert_int_equal(move.reason, judged[i].reason);
		assert_int_equal(move.next, judged[i].next);
	}
}

static void every_error_ends_at_quit_and_none_is_said_twice(void **state)
{
	(void)state;
	for (enum dialogue_step step = STEP_GREETING; step < STEP_QUIT;
	     step++) {
		for (unsigned int code = 200; code < 600; code++) {
			struct reply reply = {.code = code};
			struct dialogue_move move =
				dialogue_judge(step, &reply);

			assert_true(move.next > step);
			if (move.decided)
				assert_true(move.next >= STEP_RSET);
		}
	}
}

static const struct {
	enum starttls level;
	enum dialogue_step step;
	bool offered;
	const char *line;
	enum probe_reason reason; /* PROBE_REASONS: it goes on */
	enum dialogue_step next;
} secured[] = {
	{STARTTLS_NONE, STEP_EHLO, true, "250 mx", PROBE_REASONS, STEP_MAIL},
	{STARTTLS_MAY, STEP_EHLO, true, "250 mx", PROBE_REASONS, STEP_STARTTLS},
	{STARTTLS_MAY, STEP_EHLO, false, "250 mx", PROBE_REASONS, STEP_MAIL},
	{STARTTLS_MAY, STEP_EHLO, false, "502 no", PROBE_REASONS, STEP_HELO},
	{STARTTLS_MAY, STEP_EHLO, true, "451 no", PROBE_EHLO, STEP_QUIT},
	{STARTTLS_MAY, STEP_STARTTLS, false, "220 go", PROBE_REASONS,
	 STEP_EHLO},
	{STARTTLS_MAY, STEP_STARTTLS, false, "454 4.7.0 no", PROBE_REASONS,
	 STEP_MAIL},
	{STARTTLS_MAY, STEP_STARTTLS, false, "421 4.3.2 no", PROBE_TLS,
	 STEP_QUIT},
	{STARTTLS_ENCRYPT, STEP_EHLO, true, "250 mx", PROBE_REASONS,
	 STEP_STARTTLS},
	{STARTTLS_ENCRYPT, STEP_EHLO, false, "250 mx", PROBE_TLS, STEP_QUIT},
	{STARTTLS_ENCRYPT, STEP_HELO, false, "250 mx", PROBE_TLS, STEP_QUIT},
	{STARTTLS_ENCRYPT, STEP_STARTTLS, false, "454 4.7.0 no", PROBE_TLS,
	 STEP_QUIT},
	{STARTTLS_ENCRYPT, STEP_STARTTLS, false, "220 go", PROBE_REASONS,
	 STEP_EHLO},
};

static void tls_is_used_as_the_level_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secured) / sizeof(*secured); i++) {
		struct reply reply = {
			.code = (unsigned int)atoi(secured[i].line),
			.starttls = secured[i].offered};
		struct dialogue_move move = dialogue_secure(
			secured[i].level, secured[i].step, &reply,
			dialogue_judge(secured[i].step, &reply));

		print_message("%zu: %s\n", i, secured[i].line);
		assert_int_equal(move.next, secured[i].next);
		assert_int_equal(move.decided,
				 secured[i].reason != PROBE_REASONS);
		if (move.decided)
			assert_int_equal(move.reason, secured[i].reason);
	}
}

static void commands_are_complete_lines(void **state)
{
	char text[DIALOGUE_COMMAND_MAX];
	size_t length;

	(void)state;
	length = dialogue_command(STEP_EHLO, "a.example", "p", text);
	assert_int_equal(length, strlen(text));
	assert_string_equal(text, "EHLO a.example\r\n");
	dialogue_command(STEP_HELO, "[192.0.2.1]", "p", text);
	assert_string_equal(text, "HELO [192.0.2.1]\r\n");
	dialogue_command(STEP_MAIL, "a.example", "p", text);
	assert_string_equal(text, "MAIL FROM:<>\r\n");
	dialogue_command(STEP_RCPT, "a.example", "postmaster", text);
	assert_string_equal(text, "RCPT TO:<postmaster>\r\n");
	dialogue_command(STEP_RSET, "a.example", "p", text);
	assert_string_equal(text, "RSET\r\n");
	dialogue_command(STEP_QUIT, "a.example", "p", text);
	assert_string_equal(text, "QUIT\r\n");
	dialogue_command(STEP_STARTTLS, "a.example", "p", text);
	assert_string_equal(text, "STARTTLS\r\n");
}

static void the_longest_argument_fits(void **state)
{
	char argument[DIALOGUE_ARGUMENT_MAX + 2];
	char text[DIALOGUE_COMMAND_MAX];
	size_t length;

	(void)state;
	memset(argument, 'x', sizeof(argument));
	argument[DIALOGUE_ARGUMENT_MAX] = '\0';
	assert_true(dialogue_argument_valid(argument));
	length = dialogue_command(STEP_RCPT, argument, argument, text);
	assert_int_equal(length, strlen(text));
	assert_string_equal(text + length - 3, ">\r\n");

	argument[DIALOGUE_ARGUMENT_MAX] = 'x';
	argument[DIALOGUE_ARGUMENT_MAX + 1] = '\0';
	assert_false(dialogue_argument_valid(argument));
}

static void arguments_can_not_break_out_of_their_command(void **state)
{
	static const char *const bad[] = {
		"",   "a b", "a\r\nDATA", "a\n",   "a\tb",
		"a>", "<a",  "\303\274",  "a\177",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(dialogue_argument_valid(bad[i]));
	assert_true(dialogue_argument_valid("postmaster"));
	assert_true(dialogue_argument_valid("o'brien+x@example.org"));
	assert_true(dialogue_argument_valid("[IPv6:2001:db8::25]"));
}

static void every_reason_has_a_name_and_words(void **state)
{
	(void)state;
	assert_string_equal(probe_reason_name(PROBE_CONNECT_TIMEOUT),
			    "connect_timeout");
	for (enum probe_reason reason = 0; reason < PROBE_REASONS; reason++)
		assert_true(strlen(probe_reason_words(reason)) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_has_its_meaning),
		cmocka_unit_test(
			every_error_ends_at_quit_and_none_is_said_twice),
		cmocka_unit_test(tls_is_used_as_the_level_says),
		cmocka_unit_test(commands_are_complete_lines),
		cmocka_unit_test(the_longest_argument_fits),
		cmocka_unit_test(arguments_can_not_break_out_of_their_command),
		cmocka_unit_test(every_reason_has_a_name_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

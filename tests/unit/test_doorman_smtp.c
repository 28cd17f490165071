/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the doorman answers.  A case is what a sender says and what it hears,
 * at one go and octet by octet.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sources/doorman_smtp.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define HEARD_MAX 65536

#define NAME	"mx2.example.net"
#define REFUSAL "451 4.3.2 the primary MX is up, please deliver there"
#define EHLO                                                                   \
	"250-" NAME "\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"     \
	"250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
#define MAIL_OK "250 2.1.0 ok\r\n"
#define BYE	"221 2.0.0 " NAME " bye\r\n"
#define WHAT	"500 5.5.2 not understood\r\n"

static const struct {
	const char *name;
	const char *said;
	const char *heard;
	bool ended;
} cases[] = {
	{"a usual sender is told and keeps its message",
	 "EHLO a.example\r\nMAIL FROM:<a@a.example> SIZE=9\r\n"
	 "RCPT TO:<b@example.net>\r\nQUIT\r\n",
	 EHLO MAIL_OK REFUSAL "\r\n" BYE, true},
	{"a pipelining one, too, and DATA has no valid recipients",
	 "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n"
	 "RCPT TO:<c@example.net>\r\nDATA\r\nRSET\r\n",
	 MAIL_OK REFUSAL "\r\n" REFUSAL "\r\n"
			 "554 5.5.1 no valid recipients\r\n250 2.0.0 ok\r\n",
	 false},
	{"HELO", "HELO a.example\r\n", "250 " NAME "\r\n", false},
	{"verbs in any case, blanks behind", "helo  a.example \r\nqUiT \r\n",
	 "250 " NAME "\r\n" BYE, true},
	{"LF alone ends a line", "NOOP\nQUIT\n", "250 2.0.0 ok\r\n" BYE, true},
	{"what comes after QUIT is not answered", "QUIT\r\nNOOP\r\n", BYE,
	 true},
	{"VRFY", "VRFY postmaster\r\n", "252 2.0.0 send mail to find out\r\n",
	 false},
	{"a name is needed", "EHLO\r\nHELO \r\n",
	 "501 5.5.4 EHLO needs a name\r\n501 5.5.4 HELO needs a name\r\n",
	 false},
	{"commands out of order", "RCPT TO:<b@example.net>\r\nDATA\r\n",
	 "503 5.5.1 expected MAIL first\r\n"
	 "503 5.5.1 expected MAIL and RCPT first\r\n",
	 false},
	{"MAIL and DATA without RCPT", "MAIL FROM:<>\r\nDATA\r\n",
	 MAIL_OK "503 5.5.1 expected MAIL and RCPT first\r\n", false},
	{"MAIL twice", "MAIL FROM:<>\r\nMAIL FROM:<>\r\n",
	 MAIL_OK "503 5.5.1 there is a sender already\r\n", false},
	{"RSET and EHLO end the transaction",
	 "MAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nEHLO a\r\nMAIL FROM:<>\r\n",
	 MAIL_OK "250 2.0.0 ok\r\n" MAIL_OK EHLO MAIL_OK, false},
	{"RSET forgets recipients",
	 "MAIL FROM:<>\r\nRCPT TO:<b>\r\nRSET\r\nDATA\r\n",
	 MAIL_OK REFUSAL "\r\n250 2.0.0 ok\r\n"
			 "503 5.5.1 expected MAIL and RCPT first\r\n",
	 false},
	{"paths that are none",
	 "MAIL <a@a.example>\r\nMAIL FROM:\r\nMAIL FROM:<>\r\nRCPT "
	 "b@example.net\r\nRCPT TO:\r\n",
	 "501 5.5.4 expected MAIL FROM:<address>\r\n"
	 "501 5.5.4 expected MAIL FROM:<address>\r\n" MAIL_OK
	 "501 5.5.4 expected RCPT TO:<address>\r\n"
	 "501 5.5.4 expected RCPT TO:<address>\r\n",
	 false},
	{"a blank before the path, as many send it",
	 "MAIL FROM: <>\r\nRCPT TO: <b>\r\n", MAIL_OK REFUSAL "\r\n", false},
	{"an address with eight bits",
	 "MAIL FROM:<\xc3\xa4@a.example> SMTPUTF8\r\n", MAIL_OK, false},
	{"what is not done here", "STARTTLS\r\nAUTH PLAIN\r\nEXPN a\r\n",
	 "502 5.5.1 not done here\r\n502 5.5.1 not done here\r\n"
	 "502 5.5.1 not done here\r\n",
	 false},
	{"garbage", "GET / HTTP/1.1\r\n\r\nNOOPS\r\n", WHAT WHAT WHAT, false},
	{"a carriage return within a line", "NO\rOP\r\n", WHAT, false},
	{"two of them at its end", "NOOP\r\r\n", WHAT, false},
	{"control characters", "NOOP \x01\r\nNOOP \x7f\r\n", WHAT WHAT, false},
	{"too many errors",
	 "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12\r\n",
	 WHAT WHAT WHAT WHAT WHAT WHAT WHAT WHAT WHAT WHAT
	 "421 4.7.0 too many errors\r\n",
	 true},
};

#define EHLO_TLS                                                               \
	"250-" NAME "\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"     \
	"250-SMTPUTF8\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n"
#define READY "220 2.0.0 ready to start TLS\r\n"

/* With a certificate; what is said before TLS, and over it. */
static const struct {
	const char *name;
	const char *said;
	const char *heard;
	bool starting;
	const char *then; /* NULL: no TLS follows */
	const char *heard_then;
} tls_cases[] = {
	{"STARTTLS is offered and taken", "EHLO a\r\nSTARTTLS\r\n",
	 EHLO_TLS READY, true, "EHLO a\r\nQUIT\r\n", EHLO BYE},
	{"it needs no EHLO, and any case will do", "starttls\r\n", READY, true,
	 NULL, NULL},
	{"it has no parameters", "STARTTLS now\r\n",
	 "501 5.5.4 STARTTLS has no parameters\r\n", false, NULL, NULL},
	{"what comes behind it in plain text is not answered",
	 "STARTTLS\r\nMAIL FROM:<>\r\nRCPT TO:<b>\r\n", READY, true,
	 "RCPT TO:<b>\r\n", "503 5.5.1 expected MAIL first\r\n"},
	{"it ends the transaction", "MAIL FROM:<>\r\nSTARTTLS\r\n",
	 MAIL_OK READY, true, "RCPT TO:<b>\r\nMAIL FROM:<>\r\n",
	 "503 5.5.1 expected MAIL first\r\n" MAIL_OK},
	{"not twice", "STARTTLS\r\n", READY, true, "STARTTLS\r\nNOOP\r\n",
	 "503 5.5.1 this is TLS already\r\n250 2.0.0 ok\r\n"},
	{"who speaks it is told, too", "STARTTLS\r\n", READY, true,
	 "MAIL FROM:<>\r\nRCPT TO:<b>\r\n", MAIL_OK REFUSAL "\r\n"},
};

struct heard {
	char text[HEARD_MAX];
	size_t used;
};

static void hear(struct doorman_smtp *smtp, struct heard *heard)
{
	assert_true(heard->used + smtp->out_used < sizeof(heard->text));
	memcpy(heard->text + heard->used, smtp->out, smtp->out_used);
	heard->used += smtp->out_used;
	heard->text[heard->used] = '\0';
	smtp->out_used = 0;
}

static void begin(struct doorman_smtp *smtp, struct heard *heard)
{
	doorman_smtp_begin(smtp, NAME, REFUSAL);
	heard->used = 0;
	hear(smtp, heard);
	assert_string_equal(heard->text, "220 " NAME " ESMTP\r\n");
	heard->used = 0;
	heard->text[0] = '\0';
}

/* In pieces of some size, and what was not taken once more. */
static void converse(struct doorman_smtp *smtp, const char *said, size_t size,
		     size_t piece, struct heard *heard)
{
	while (size && !smtp->ended && !smtp->starting) {
		size_t taken = doorman_smtp_take(smtp, said,
						 size < piece ? size : piece);

		assert_true(taken || smtp->out_used);
		said += taken;
		size -= taken;
		hear(smtp, heard);
	}
}

static void each_is_answered(void **state)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 7};
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t p = 0; p < COUNT(pieces); p++) {
			begin(&smtp, &heard);
			converse(&smtp, cases[i].said, strlen(cases[i].said),
				 pieces[p], &heard);
			if (strcmp(heard.text, cases[i].heard) != 0 ||
			    smtp.ended != cases[i].ended)
				fail_msg("%s, by %zu:\n%s", cases[i].name,
					 pieces[p], heard.text);
		}
}

static void expect_answer(struct doorman_smtp *smtp, size_t i, const char *said,
			  size_t piece, const char *answer)
{
	static struct heard heard;

	heard.used = 0;
	heard.text[0] = '\0';
	converse(smtp, said, strlen(said), piece, &heard);
	if (strcmp(heard.text, answer) != 0)
		fail_msg("%s, by %zu:\n%s", tls_cases[i].name, piece,
			 heard.text);
}

static void tls_starts_anew(void **state)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 7};
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	for (size_t i = 0; i < COUNT(tls_cases); i++)
		for (size_t p = 0; p < COUNT(pieces); p++) {
			begin(&smtp, &heard);
			doorman_smtp_offer(&smtp, true);
			expect_answer(&smtp, i, tls_cases[i].said, pieces[p],
				      tls_cases[i].heard);
			assert_int_equal(smtp.starting, tls_cases[i].starting);
			if (!tls_cases[i].then)
				continue;
			doorman_smtp_secure(&smtp);
			doorman_smtp_offer(&smtp, true);
			expect_answer(&smtp, i, tls_cases[i].then, pieces[p],
				      tls_cases[i].heard_then);
		}
}

static void what_was_offered_may_be_gone(void **state)
{
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	begin(&smtp, &heard);
	doorman_smtp_offer(&smtp, true);
	converse(&smtp, "EHLO a\r\n", 8, SIZE_MAX, &heard);
	heard.used = 0;
	doorman_smtp_offer(&smtp, false);
	converse(&smtp, "STARTTLS\r\nNOOP\r\n", 16, SIZE_MAX, &heard);
	assert_string_equal(heard.text,
			    "454 4.7.0 TLS is not available for now\r\n"
			    "250 2.0.0 ok\r\n");
}

static void a_nul_is_garbage(void **state)
{
	static const char said[] = "NOOP\0 a\r\n";
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	begin(&smtp, &heard);
	converse(&smtp, said, sizeof(said) - 1, SIZE_MAX, &heard);
	assert_string_equal(heard.text, WHAT);
}

static void a_long_line_is_refused_and_skipped(void **state)
{
	static const struct {
		size_t length;
		const char *heard;
	} lengths[] = {
		{DOORMAN_LINE_MAX - 2, "250 2.0.0 ok\r\n250 2.0.0 ok\r\n"},
		{DOORMAN_LINE_MAX - 1,
		 "500 5.5.2 line too long\r\n250 2.0.0 ok\r\n"},
		{20000, "500 5.5.2 line too long\r\n250 2.0.0 ok\r\n"},
	};
	static struct heard heard;
	static char said[30000];
	struct doorman_smtp smtp;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t length = lengths[i].length;

		memset(said, 'x', sizeof(said));
		memcpy(said, "NOOP ", 5);
		memcpy(said + length, "\r\nNOOP\r\n", 8);
		begin(&smtp, &heard);
		converse(&smtp, said, length + 8, 1000, &heard);
		assert_string_equal(heard.text, lengths[i].heard);
	}
}

static void it_ends_after_many_commands(void **state)
{
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	begin(&smtp, &heard);
	for (unsigned int i = 0; i < DOORMAN_COMMANDS_MAX; i++)
		converse(&smtp, "NOOP\r\n", 6, SIZE_MAX, &heard);
	assert_false(smtp.ended);
	heard.used = 0;
	converse(&smtp, "NOOP\r\n", 6, SIZE_MAX, &heard);
	assert_string_equal(heard.text, "421 4.7.0 too many commands\r\n");
	assert_true(smtp.ended);
}

static void it_ends_after_many_octets(void **state)
{
	static char said[DOORMAN_OCTETS_MAX + 1];
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	memset(said, 'x', sizeof(said));
	begin(&smtp, &heard);
	converse(&smtp, said, DOORMAN_OCTETS_MAX, 1024, &heard);
	assert_false(smtp.ended);
	converse(&smtp, said, 1, 1024, &heard);
	assert_string_equal(heard.text, "421 4.7.0 too much\r\n");
	assert_true(smtp.ended);
}

/* It waits, and goes on where it was. */
static void nothing_is_taken_without_room_for_the_reply(void **state)
{
	static const char said[] = "EHLO a\r\nEHLO a\r\nEHLO a\r\nEHLO a\r\n"
				   "EHLO a\r\nEHLO a\r\nEHLO a\r\nEHLO a\r\n"
				   "EHLO a\r\nEHLO a\r\nEHLO a\r\nEHLO a\r\n"
				   "EHLO a\r\nEHLO a\r\nEHLO a\r\nEHLO a\r\n"
				   "EHLO a\r\nEHLO a\r\nEHLO a\r\nEHLO a\r\n";
	static struct heard heard;
	struct doorman_smtp smtp;
	char name[DOORMAN_NAME_MAX];
	size_t taken, replies = 0;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	doorman_smtp_begin(&smtp, name, REFUSAL);
	hear(&smtp, &heard);
	taken = doorman_smtp_take(&smtp, said, sizeof(said) - 1);
	assert_true(taken > 0 && taken < sizeof(said) - 1);
	assert_int_equal(doorman_smtp_take(&smtp, said + taken, 1), 0);
	heard.used = 0;
	hear(&smtp, &heard);
	converse(&smtp, said + taken, sizeof(said) - 1 - taken, SIZE_MAX,
		 &heard);
	for (const char *at = heard.text;
	     (at = strstr(at, "250 ENHANCEDSTATUSCODES\r\n")); at++)
		replies++;
	assert_int_equal(replies, 20);
}

static void the_longest_refusal_is_said_whole(void **state)
{
	char refusal[DOORMAN_REPLY_MAX];
	static struct heard heard;
	struct doorman_smtp smtp;

	(void)state;
	memset(refusal, 'r', sizeof(refusal) - 1);
	refusal[sizeof(refusal) - 1] = '\0';
	doorman_smtp_begin(&smtp, NAME, refusal);
	smtp.out_used = 0;
	heard.used = 0;
	converse(&smtp, "MAIL FROM:<>\r\nRCPT TO:<b>\r\n", 27, SIZE_MAX,
		 &heard);
	assert_true(smtp.told);
	assert_non_null(strstr(heard.text, refusal));
	assert_string_equal(heard.text + heard.used - 2, "\r\n");
}

static void it_can_be_ended_once(void **state)
{
	struct doorman_smtp smtp;
	static struct heard heard;

	(void)state;
	begin(&smtp, &heard);
	doorman_smtp_end(&smtp, "4.3.2 too busy");
	doorman_smtp_end(&smtp, "4.3.2 too busy");
	assert_int_equal(doorman_smtp_take(&smtp, "NOOP\r\n", 6), 0);
	hear(&smtp, &heard);
	assert_string_equal(heard.text, "421 4.3.2 too busy\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_answered),
		cmocka_unit_test(tls_starts_anew),
		cmocka_unit_test(what_was_offered_may_be_gone),
		cmocka_unit_test(a_nul_is_garbage),
		cmocka_unit_test(a_long_line_is_refused_and_skipped),
		cmocka_unit_test(it_ends_after_many_commands),
		cmocka_unit_test(it_ends_after_many_octets),
		cmocka_unit_test(nothing_is_taken_without_room_for_the_reply),
		cmocka_unit_test(the_longest_refusal_is_said_whole),
		cmocka_unit_test(it_can_be_ended_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands and replies of the doorman. */

#include "sources/doorman_smtp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Room for any reply: EHLO's is the longest. */
#define ROOM 640
_Static_assert(DOORMAN_REPLY_MAX + 2 <= ROOM, "a refusal fits");
_Static_assert(2 * ROOM <= DOORMAN_OUT_MAX, "two replies fit");

__attribute__((format(printf, 2, 3))) static void say(struct doorman_smtp *smtp,
						      const char *format, ...)
{
	size_t room = sizeof(smtp->out) - smtp->out_used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(smtp->out + smtp->out_used, room, format, args);
	va_end(args);
	/* There is always room; if not, half a reply were worse than none. */
	if (length > 0 && (size_t)length < room)
		smtp->out_used += (size_t)length;
}

/* A reply to what no sender should have sent. */
static void complain(struct doorman_smtp *smtp, const char *reply)
{
	if (++smtp->errors > DOORMAN_ERRORS_MAX)
		doorman_smtp_end(smtp, "4.7.0 too many errors");
	else
		say(smtp, "%s\r\n", reply);
}

void doorman_smtp_end(struct doorman_smtp *smtp, const char *words)
{
	if (smtp->ended)
		return;
	say(smtp, "421 %s\r\n", words);
	smtp->ended = true;
}

static void reset(struct doorman_smtp *smtp)
{
	smtp->mail = false;
	smtp->rcpt = false;
}

/* ---- commands: `argument` is what follows the verb, without blanks ---- */

static void on_ehlo(struct doorman_smtp *smtp, const char *argument)
{
	if (!*argument) {
		complain(smtp, "501 5.5.4 EHLO needs a name");
		return;
	}
	reset(smtp);
	smtp->offered = smtp->offers;
	say(smtp,
	    "250-%s\r\n"
	    "250-PIPELINING\r\n"
	    "250-SIZE 0\r\n"
	    "250-8BITMIME\r\n"
	    "250-SMTPUTF8\r\n"
	    "%s"
	    "250 ENHANCEDSTATUSCODES\r\n",
	    smtp->name, smtp->offers ? "250-STARTTLS\r\n" : "");
}

static void on_helo(struct doorman_smtp *smtp, const char *argument)
{
	if (!*argument) {
		complain(smtp, "501 5.5.4 HELO needs a name");
		return;
	}
	reset(smtp);
	say(smtp, "250 %s\r\n", smtp->name);
}

/* What follows "FROM:" or "TO:"; NULL: it isn't that, or nothing follows. */
static const char *path_of(const char *argument, const char *keyword)
{
	size_t length = strlen(keyword);

	if (strncasecmp(argument, keyword, length) != 0)
		return NULL;
	argument += length;
	argument += strspn(argument, " ");
	return *argument ? argument : NULL;
}

static void on_mail(struct doorman_smtp *smtp, const char *argument)
{
	if (!path_of(argument, "FROM:")) {
		complain(smtp, "501 5.5.4 expected MAIL FROM:<address>");
	} else if (smtp->mail) {
		complain(smtp, "503 5.5.1 there is a sender already");
	} else {
		smtp->mail = true;
		say(smtp, "250 2.1.0 ok\r\n");
	}
}

static void on_rcpt(struct doorman_smtp *smtp, const char *argument)
{
	if (!smtp->mail) {
		complain(smtp, "503 5.5.1 expected MAIL first");
	} else if (!path_of(argument, "TO:")) {
		complain(smtp, "501 5.5.4 expected RCPT TO:<address>");
	} else {
		smtp->rcpt = true;
		smtp->told = true;
		say(smtp, "%s\r\n", smtp->refusal);
	}
}

/* RFC 5321, 3.3.  Recipients have had their answer, so this bounces none. */
static void on_data(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	if (smtp->rcpt)
		say(smtp, "554 5.5.1 no valid recipients\r\n");
	else
		complain(smtp, "503 5.5.1 expected MAIL and RCPT first");
}

static void on_rset(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	reset(smtp);
	say(smtp, "250 2.0.0 ok\r\n");
}

static void on_noop(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	say(smtp, "250 2.0.0 ok\r\n");
}

static void on_vrfy(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	say(smtp, "252 2.0.0 send mail to find out\r\n");
}

static void on_quit(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	say(smtp, "221 2.0.0 %s bye\r\n", smtp->name);
	smtp->ended = true;
}

static void on_other(struct doorman_smtp *smtp, const char *argument)
{
	(void)argument;
	complain(smtp, "502 5.5.1 not done here");
}

/* RFC 3207, 4.  Without a certificate it isn't done here. */
static void on_starttls(struct doorman_smtp *smtp, const char *argument)
{
	if (smtp->secure) {
		complain(smtp, "503 5.5.1 this is TLS already");
	} else if (!smtp->offers && smtp->offered) {
		say(smtp, "454 4.7.0 TLS is not available for now\r\n");
	} else if (!smtp->offers) {
		on_other(smtp, argument);
	} else if (*argument) {
		complain(smtp, "501 5.5.4 STARTTLS has no parameters");
	} else {
		say(smtp, "220 2.0.0 ready to start TLS\r\n");
		smtp->starting = true;
	}
}

static const struct command {
	const char *verb;
	void (*run)(struct doorman_smtp *smtp, const char *argument);
} commands[] = {
	{"EHLO", on_ehlo},  {"HELO", on_helo},	       {"MAIL", on_mail},
	{"RCPT", on_rcpt},  {"DATA", on_data},	       {"RSET", on_rset},
	{"NOOP", on_noop},  {"VRFY", on_vrfy},	       {"QUIT", on_quit},
	{"EXPN", on_other}, {"HELP", on_other},	       {"AUTH", on_other},
	{"BDAT", on_other}, {"STARTTLS", on_starttls}, {"ETRN", on_other},
};

static const struct command *find(const char *line, size_t length)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].verb) == length &&
		    strncasecmp(commands[i].verb, line, length) == 0)
			return &commands[i];
	return NULL;
}

static void run(struct doorman_smtp *smtp)
{
	size_t verb = strcspn(smtp->line, " \t");
	const char *argument = smtp->line + verb;
	const struct command *command = find(smtp->line, verb);

	argument += strspn(argument, " \t");
	if (command)
		command->run(smtp, argument);
	else
		complain(smtp, "500 5.5.2 not understood");
}

/* ---- lines ---- */

static void end_line(struct doorman_smtp *smtp)
{
	if (smtp->length && smtp->line[smtp->length - 1] == '\r')
		smtp->length--;
	smtp->line[smtp->length] = '\0';
	for (size_t i = 0; i < smtp->length; i++)
		smtp->garbled |= ((unsigned char)smtp->line[i] < ' ' &&
				  smtp->line[i] != '\t') ||
				 smtp->line[i] == 0x7f;
	if (++smtp->commands > DOORMAN_COMMANDS_MAX)
		doorman_smtp_end(smtp, "4.7.0 too many commands");
	else if (smtp->overlong)
		complain(smtp, "500 5.5.2 line too long");
	else if (smtp->garbled)
		complain(smtp, "500 5.5.2 not understood");
	else
		run(smtp);
	smtp->length = 0;
	smtp->overlong = false;
	smtp->garbled = false;
}

static void add(struct doorman_smtp *smtp, char c)
{
	/* One is left for the NUL. */
	if (smtp->length < sizeof(smtp->line) - 1)
		smtp->line[smtp->length++] = c;
	else
		smtp->overlong = true;
}

size_t doorman_smtp_take(struct doorman_smtp *smtp, const char *data,
			 size_t size)
{
	size_t taken = 0;

	while (taken < size && !smtp->ended && !smtp->starting &&
	       smtp->out_used + ROOM <= sizeof(smtp->out)) {
		char c = data[taken++];

		if (++smtp->octets > DOORMAN_OCTETS_MAX)
			doorman_smtp_end(smtp, "4.7.0 too much");
		else if (c == '\n')
			end_line(smtp);
		else
			add(smtp, c);
	}
	return taken;
}

void doorman_smtp_offer(struct doorman_smtp *smtp, bool starttls)
{
	smtp->offers = starttls && !smtp->secure;
}

void doorman_smtp_secure(struct doorman_smtp *smtp)
{
	reset(smtp);
	smtp->starting = false;
	smtp->offers = false;
	smtp->secure = true;
}

void doorman_smtp_begin(struct doorman_smtp *smtp, const char *name,
			const char *refusal)
{
	memset(smtp, 0, sizeof(*smtp));
	snprintf(smtp->name, sizeof(smtp->name), "%s", name);
	snprintf(smtp->refusal, sizeof(smtp->refusal), "%s", refusal);
	say(smtp, "220 %s ESMTP\r\n", smtp->name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the probe's SMTP dialogue. */

#include "sources/dialogue.h"

#include <stdio.h>
#include <string.h>

#define REASON_NAME(NAME, name, words)	[PROBE_##NAME] = #name,
#define REASON_WORDS(NAME, name, words) [PROBE_##NAME] = words,

static const char *const names[] = {PROBE_REASON_TABLE(REASON_NAME)};
static const char *const words[] = {PROBE_REASON_TABLE(REASON_WORDS)};

/*
 * Limits on us, in the words of servers that don't say 421 4.7.0.  A limit on
 * everybody ("too many concurrent SMTP connections", "server busy") is none
 * of these: then the primary takes no mail from others either.
 */
static const char *const limit_words[] = {
	"too many connections", "too many open connections",
	"too much mail from",	"connection rate",
	"rate limit",		"from this IP",
};

/* What Exim and RFC 5321 say in place of 451 4.3.0. */
static const char *const trouble_words[] = {
	"local problem",
	"local error",
};

const char *probe_reason_name(enum probe_reason reason)
{
	return names[reason];
}

const char *probe_reason_words(enum probe_reason reason)
{
	return words[reason];
}

static bool says(const struct reply *reply, const char *const *phrases,
		 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(reply->text, phrases[i]))
			return true;
	return false;
}

static bool is_limit(enum dialogue_step step, const struct reply *reply)
{
	if (reply->code == 421 && reply->enhanced && reply->subject == 7 &&
	    reply->detail == 0)
		return true;
	/* At RCPT any other 4xx is a decision about mail, so it is good. */
	if (reply->code / 100 != 4 || (step == STEP_RCPT && reply->code != 421))
		return false;
	return says(reply, limit_words,
		    sizeof(limit_words) / sizeof(*limit_words));
}

static struct dialogue_move decide(enum probe_reason reason,
				   enum dialogue_step next)
{
	return (struct dialogue_move){
		.next = next, .decided = true, .reason = reason};
}

static struct dialogue_move go_on(enum dialogue_step next)
{
	return (struct dialogue_move){.next = next};
}

/*
 * A primary that can't decide about any recipient, because something behind
 * it is broken (4.3.x, RFC 3463: mail system status), refuses everybody.
 */
static bool is_broken(const struct reply *reply)
{
	if (reply->code / 100 != 4)
		return false;
	if (reply->code == 421)
		return true;
	if (reply->enhanced)
		return reply->subject == 3;
	return reply->code == 451 &&
	       says(reply, trouble_words,
		    sizeof(trouble_words) / sizeof(*trouble_words));
}

/* One that refuses our recipient, or greylists us, decides about mail. */
static struct dialogue_move judge_recipient(const struct reply *reply)
{
	return decide(is_broken(reply) ? PROBE_RCPT : PROBE_GOOD,
		      reply->code == 421 ? STEP_QUIT : STEP_RSET);
}

/* A step that must succeed: 2xx leads to `next`, 4xx and 5xx to `reason`. */
static struct dialogue_move judge_step(const struct reply *reply,
				       enum dialogue_step next,
				       enum probe_reason reason)
{
	if (reply->code >= 400)
		return decide(reason, STEP_QUIT);
	return go_on(next);
}

struct dialogue_move dialogue_judge(enum dialogue_step step,
				    const struct reply *reply)
{
	if (step == STEP_RSET || step == STEP_QUIT)
		return go_on(STEP_QUIT);
	if (is_limit(step, reply))
		return decide(PROBE_LIMITED, STEP_QUIT);
	if (reply->code / 100 == 3 ||
	    (step == STEP_GREETING && reply->code < 400 && reply->code != 220))
		return decide(PROBE_MALFORMED, STEP_QUIT);

	switch (step) {
	case STEP_GREETING:
		return judge_step(reply, STEP_EHLO, PROBE_GREETING);
	case STEP_EHLO:
		if (reply->code >= 500)
			return go_on(STEP_HELO);
		return judge_step(reply, STEP_MAIL, PROBE_EHLO);
	case STEP_HELO:
		return judge_step(reply, STEP_MAIL, PROBE_EHLO);
	case STEP_STARTTLS:
		if (reply->code == 421)
			return decide(PROBE_TLS, STEP_QUIT);
		return go_on(reply->code >= 400 ? STEP_MAIL : STEP_EHLO);
	case STEP_MAIL:
		return judge_step(reply, STEP_RCPT, PROBE_MAIL);
	default:
		return judge_recipient(reply);
	}
}

struct dialogue_move dialogue_secure(enum starttls level,
				     enum dialogue_step step,
				     const struct reply *reply,
				     struct dialogue_move move)
{
	if (level == STARTTLS_NONE || move.decided || move.next != STEP_MAIL)
		return move;
	if (step == STEP_EHLO && reply->starttls)
		return go_on(STEP_STARTTLS);
	return level == STARTTLS_ENCRYPT ? decide(PROBE_TLS, STEP_QUIT) : move;
}

bool dialogue_argument_valid(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > DIALOGUE_ARGUMENT_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '<' ||
		    text[i] == '>')
			return false;
	return true;
}

size_t dialogue_command(enum dialogue_step step, const char *helo,
			const char *recipient,
			char text[static DIALOGUE_COMMAND_MAX])
{
	int length = 0;

	switch (step) {
	case STEP_GREETING:
		break;
	case STEP_EHLO:
		length = snprintf(text, DIALOGUE_COMMAND_MAX, "EHLO %s\r\n",
				  helo);
		break;
	case STEP_HELO:
		length = snprintf(text, DIALOGUE_COMMAND_MAX, "HELO %s\r\n",
				  helo);
		break;
	case STEP_MAIL:
		length = snprintf(text, DIALOGUE_COMMAND_MAX,
				  "MAIL FROM:<>\r\n");
		break;
	case STEP_RCPT:
		length = snprintf(text, DIALOGUE_COMMAND_MAX,
				  "RCPT TO:<%s>\r\n", recipient);
		break;
	case STEP_RSET:
		length = snprintf(text, DIALOGUE_COMMAND_MAX, "RSET\r\n");
		break;
	case STEP_QUIT:
		length = snprintf(text, DIALOGUE_COMMAND_MAX, "QUIT\r\n");
		break;
	case STEP_STARTTLS:
		length = snprintf(text, DIALOGUE_COMMAND_MAX, "STARTTLS\r\n");
		break;
	}
	return (size_t)length;
}

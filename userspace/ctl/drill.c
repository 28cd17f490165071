/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a drill, and its steps in their order. */

#include "ctl/drill.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/config_values.h"
#include "ctl/drill_follow.h"
#include "ctl/drill_gate.h"
#include "ctl/drill_mail.h"
#include "ctl/drill_print.h"
#include "ctl/endpoint.h"

#define SMTP_PORT  25
#define OPEN_S	   60
#define OPEN_MAX_S 600
#define WAIT_S	   120
#define WAIT_MAX_S 3600

/* So that the session ends before the gate closes over it. */
#define CLOSING_MS 2000

static volatile sig_atomic_t stopped;

bool drill_stopped(void)
{
	return stopped;
}

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* The gate is to be closed again, whoever wants an end.  No SA_RESTART. */
static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	stopped = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* The command line */

static bool choose_token(struct drill *drill)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		ctl_error(drill->ctl, "no random number: %s", strerror(errno));
		return false;
	}
	snprintf(drill->token, sizeof(drill->token), "%016" PRIx64, number);
	return true;
}

static bool take_mailbox(const struct ctl *ctl, const char *option,
			 char out[static DRILL_MAILBOX])
{
	const char *text = ctl_option(ctl, option);

	if (!text)
		return true;
	if (!config_is_mailbox(text) || !strchr(text, '@') ||
	    strlen(text) >= DRILL_MAILBOX) {
		ctl_error(ctl,
			  "--%s is \"%s\", expected a mailbox, such as "
			  "\"user@example.net\"",
			  option, text);
		return false;
	}
	snprintf(out, DRILL_MAILBOX, "%s", text);
	return true;
}

static bool take_backup(struct drill *drill)
{
	const char *text = ctl_option(drill->ctl, "backup");
	struct config_nameserver server;

	if (!text)
		return true;
	if (endpoint_parse(text, SMTP_PORT, &server) != 0) {
		ctl_error(drill->ctl,
			  "--backup is \"%s\", expected a protected address, "
			  "perhaps with a port",
			  text);
		return false;
	}
	drill->backup = server.addr;
	drill->port = server.port;
	drill->backup_chosen = true;
	return true;
}

static bool take_time(const struct ctl *ctl, const char *option,
		      unsigned int least_s, unsigned int most_s,
		      unsigned int *out_s)
{
	const char *text = ctl_option(ctl, option);
	uint64_t ms;

	if (!text)
		return true;
	if (config_parse_duration(text, &ms) != 0 || ms / 1000 < least_s ||
	    ms / 1000 > most_s) {
		ctl_error(ctl,
			  "--%s is \"%s\", expected a time from %us to %us",
			  option, text, least_s, most_s);
		return false;
	}
	*out_s = (unsigned int)(ms / 1000);
	return true;
}

static bool parse(struct drill *drill)
{
	drill->log = ctl_option(drill->ctl, "log");
	drill->postfix = ctl_option(drill->ctl, "postfix");
	return take_mailbox(drill->ctl, "to", drill->to) &&
	       take_mailbox(drill->ctl, "from", drill->from) &&
	       take_backup(drill) && helo_choose(drill->ctl, drill->helo) &&
	       take_time(drill->ctl, "for", 10, OPEN_MAX_S, &drill->open_s) &&
	       take_time(drill->ctl, "wait", 1, WAIT_MAX_S, &drill->wait_s);
}

/* The steps */

static void rehearse(struct drill *drill, struct drill_follow *follow)
{
	catch_signals();
	drill->started_ms = drill_clock_ms();
	if (!drill_check(drill) || drill_stopped())
		return;
	if (drill_open_gate(drill))
		drill_send(drill, drill->opened_ms +
					  drill->open_s * UINT64_C(1000) -
					  CLOSING_MS);
	drill_close_gate(drill);
	if (drill->steps[DRILL_MESSAGE].state == DRILL_OK)
		drill_follow_run(follow, drill);
}

static enum ctl_exit tell(const struct drill *drill)
{
	enum drill_step failed = drill_first_failed(drill);
	struct print print = print_to(drill->ctl->out);

	if (drill->ctl->json)
		ctl_print_json(drill->ctl, drill_json(drill));
	else
		drill_show(&print, drill);
	if (failed < DRILL_STEPS)
		ctl_error(drill->ctl, "%s: %s", drill_step_name(failed),
			  drill->steps[failed].text);
	else if (drill_stopped())
		ctl_error(drill->ctl, "interrupted");
	else
		return CTL_DONE;
	return CTL_FAILED;
}

enum ctl_exit drill_run(const struct ctl *ctl, char **operands)
{
	struct drill drill = {
		.ctl = ctl,
		.port = SMTP_PORT,
		.open_s = OPEN_S,
		.wait_s = WAIT_S,
	};
	struct drill_follow *follow;

	(void)operands;
	if (!parse(&drill))
		return CTL_MISUSED;
	if (!choose_token(&drill))
		return CTL_FAILED;
	follow = drill_follow_open(&drill);
	if (!follow)
		return CTL_FAILED;
	rehearse(&drill, follow);
	drill_follow_close(follow);
	return tell(&drill);
}

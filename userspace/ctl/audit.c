/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of an audit, and the files that it names. */

#include "ctl/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/config_values.h"
#include "ctl/audit_ask.h"
#include "ctl/audit_lifetime.h"
#include "ctl/audit_print.h"
#include "ctl/endpoint.h"
#include "ctl/helo.h"
#include "postfix/load.h"
#include "postfix/text.h"

#define SMTP_PORT 25

struct command {
	const struct ctl *ctl;
	struct audit *audit;
	struct config *config;
	struct postfix_import *theirs;
	char helo[HELO_MAX]; /* "": our address's literal */
	char recipients[AUDIT_RECIPIENTS_MAX][DIALOGUE_ARGUMENT_MAX + 1];
};

/* The command line */

static bool add_servers(struct command *command, const char *option,
			enum audit_role role)
{
	struct config_nameserver server;
	const char *text;
	size_t at = 0;

	while ((text = ctl_next_option(command->ctl, option, &at))) {
		if (endpoint_parse(text, SMTP_PORT, &server) != 0) {
			ctl_error(command->ctl,
				  "--%s is \"%s\", expected an IP address, or "
				  "one with a port, such as \"192.0.2.5:25\" "
				  "or \"[2001:db8::5]:25\"",
				  option, text);
			return false;
		}
		if (!audit_servers_add(command->audit, role, &server.addr,
				       server.port)) {
			ctl_error(command->ctl, "more than %d servers",
				  AUDIT_SERVERS_MAX);
			return false;
		}
	}
	return true;
}

/* Nobody has this one, and whoever reads a log can tell where it is from. */
static bool name_unknown(struct command *command)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		ctl_error(command->ctl, "no random number: %s",
			  strerror(errno));
		return false;
	}
	snprintf(command->recipients[AUDIT_UNKNOWN],
		 sizeof(command->recipients[0]),
		 "postern-audit-%016" PRIx64 "@%.200s", number,
		 command->audit->domain);
	snprintf(command->recipients[AUDIT_POSTMASTER],
		 sizeof(command->recipients[0]), "postmaster@%.200s",
		 command->audit->domain);
	command->audit->recipient_count = 2;
	return true;
}

static bool add_known(struct command *command, const char *text)
{
	struct audit *audit = command->audit;
	size_t room = sizeof(command->recipients[0]);
	int length;

	if (audit->recipient_count == AUDIT_RECIPIENTS_MAX) {
		ctl_error(command->ctl,
			  "more than %d known recipients: Postfix would hang "
			  "up after as many errors",
			  AUDIT_KNOWN_MAX);
		return false;
	}
	length = snprintf(command->recipients[audit->recipient_count], room,
			  strchr(text, '@') ? "%s" : "%s@%s", text,
			  audit->domain);
	if (!config_is_mailbox(text) || length < 0 || (size_t)length >= room) {
		ctl_error(command->ctl,
			  "--known is \"%s\", expected a mailbox, such as "
			  "\"user\" or \"user@%s\"",
			  text, audit->domain);
		return false;
	}
	audit->recipient_count++;
	return true;
}

static bool name_recipients(struct command *command)
{
	struct audit *audit = command->audit;
	const char *text;
	size_t at = 0;

	if (!name_unknown(command))
		return false;
	while ((text = ctl_next_option(command->ctl, "known", &at)))
		if (!add_known(command, text))
			return false;
	for (size_t i = 0; i < audit->recipient_count; i++)
		audit->recipients[i] = command->recipients[i];
	return true;
}

static bool parse(struct command *command, const char *domain)
{
	if (!config_is_host_name(domain) || strlen(domain) > 200) {
		ctl_error(command->ctl, "\"%s\" is no domain", domain);
		return false;
	}
	command->audit->domain = domain;
	return add_servers(command, "primary", AUDIT_PRIMARY) &&
	       add_servers(command, "backup", AUDIT_BACKUP) &&
	       name_recipients(command) &&
	       helo_choose(command->ctl, command->helo);
}

/* The files */

/* The primary's lists are of use only with ours, so that is sought then. */
static bool read_config(struct command *command)
{
	const char *path = ctl_option(command->ctl, "config");
	char error[CONFIG_ERROR_TEXT];
	int fd, result;

	if (!path && !ctl_option(command->ctl, "main-cf"))
		return true;
	if (!path)
		path = CONFIG_DEFAULT_FILE;
	fd = config_open(path, error);
	result = fd;
	if (fd >= 0) {
		result = config_load(fd, path, &command->config, error);
		close(fd);
	}
	if (result < 0) {
		ctl_error(command->ctl, "%s", error);
		return false;
	}
	command->audit->config = command->config;
	return true;
}

static int import(struct command *command, struct main_cf *main_cf,
		  char error[static MAIN_CF_ERROR])
{
	command->theirs = calloc(1, sizeof(*command->theirs));
	if (!command->theirs) {
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	command->audit->theirs = command->theirs;
	return postfix_import(main_cf, postfix_text_read, command->theirs,
			      error);
}

static int take_lifetime(struct command *command, struct main_cf *main_cf,
			 char error[static MAIN_CF_ERROR])
{
	struct audit *audit = command->audit;
	int result = audit_lifetime(main_cf, &audit->lifetime_s, error);

	audit->lifetime_known = !result;
	return result;
}

static bool read_main_cf(struct command *command, const char *option,
			 int (*take)(struct command *command,
				     struct main_cf *main_cf,
				     char error[static MAIN_CF_ERROR]))
{
	const char *operand = ctl_option(command->ctl, option);
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf = NULL;
	char *path = NULL;
	int result;

	if (!operand)
		return true;
	result = postfix_load(operand, &main_cf, &path, error);
	if (!result)
		result = take(command, main_cf, error);
	if (result)
		ctl_error(command->ctl, "%s", error);
	main_cf_free(main_cf);
	free(path);
	return !result;
}

/* The audit */

static bool has_both(const struct command *command)
{
	const struct audit *audit = command->audit;
	bool there[] = {false, false};

	for (size_t i = 0; i < audit->server_count; i++)
		there[audit->servers[i].role] = true;
	for (size_t role = 0; role < 2; role++) {
		const char *name = role == AUDIT_PRIMARY ? "primary" : "backup";

		if (there[role])
			continue;
		ctl_error(command->ctl,
			  "no %s of %s is known (%s): name it by --%s ADDR",
			  name, audit->domain,
			  audit->mx_failure	 ? audit->mx_failure
			  : audit->mx_count == 0 ? "it has no MX record"
			  : role == AUDIT_BACKUP
				  ? "all its MX have the same preference"
				  : "its MX have no address",
			  name);
		return false;
	}
	return true;
}

static enum ctl_exit ask(struct command *command)
{
	uv_loop_t loop;
	bool ready = false;
	int error;

	signal(SIGPIPE, SIG_IGN);
	error = uv_loop_init(&loop);
	if (!error) {
		error = audit_servers_find(&loop, command->audit);
		ready = !error && has_both(command);
		if (ready)
			error = audit_ask(&loop, command->audit,
					  command->helo[0] ? command->helo
							   : NULL);
		uv_run(&loop, UV_RUN_DEFAULT);
		uv_loop_close(&loop);
	}
	if (error)
		ctl_error(command->ctl, "%s", uv_strerror(error));
	return ready && !error ? CTL_DONE : CTL_FAILED;
}

static enum ctl_exit tell(const struct command *command)
{
	struct print print = print_to(command->ctl->out);
	size_t faults;

	audit_judge(command->audit);
	faults = audit_count(command->audit, AUDIT_FAULT);
	if (command->ctl->json)
		ctl_print_json(command->ctl, audit_json(command->audit));
	else
		audit_show(&print, command->audit);
	if (faults == 0)
		return CTL_DONE;
	ctl_error(command->ctl, "%s has %zu %s", command->audit->domain, faults,
		  faults == 1 ? "fault" : "faults");
	return CTL_FAILED;
}

static enum ctl_exit run(struct command *command, const char *domain)
{
	enum ctl_exit status;

	if (!parse(command, domain))
		return CTL_MISUSED;
	if (!read_config(command) ||
	    !read_main_cf(command, "main-cf", import) ||
	    !read_main_cf(command, "ours", take_lifetime))
		return CTL_FAILED;
	status = ask(command);
	return status == CTL_DONE ? tell(command) : status;
}

enum ctl_exit audit_run(const struct ctl *ctl, char **operands)
{
	struct command *command = calloc(1, sizeof(*command));
	enum ctl_exit status = CTL_FAILED;

	if (command)
		command->audit = calloc(1, sizeof(*command->audit));
	if (!command || !command->audit) {
		ctl_error(ctl, "%s", strerror(ENOMEM));
	} else {
		command->ctl = ctl;
		status = run(command, operands[0]);
	}
	if (command) {
		if (command->theirs)
			postfix_import_free(command->theirs);
		free(command->theirs);
		config_free(command->config);
		free(command->audit);
	}
	free(command);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a check, what all checks look at, and their table. */

#include "ctl/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ctl/check_facts.h"
#include "ctl/client.h"
#include "postfix/load.h"
#include "postfix/text.h"

#define POSTFIX_DIRECTORY "/etc/postfix"
#define ANSWER_S	  5

/* In the order in which they run: "own-listed" goes by what "zone" found. */
const struct check_item check_items[] = {
	{"config", "daemon", check_config},
	{"permissions", "daemon", check_permissions},
	{"daemon", "daemon", check_daemon},
	{"kernel", "system", check_kernel},
	{"bpf", "system", check_bpf},
	{"clock", "system", check_clock},
	{"interface", "network", check_interface},
	{"attach", "network", check_attach},
	{"mtu", "network", check_mtu},
	{"channels", "network", check_channels},
	{"offload", "network", check_offload},
	{"container", "system", check_container},
	{"doorman", "system", check_doorman},
	{"resolver", "dns", check_resolver},
	{"zone", "dns", check_zone},
	{"own-listed", "dns", check_own_listed},
	{"preference", "mx", check_preference},
	{"tlsa", "mx", check_tlsa},
	{"mta-sts", "mx", check_mta_sts},
	{"primary", "primary", check_primary},
	{NULL, NULL, NULL},
};

/* Findings */

void check_add(struct check *check, enum check_state state, const char *about,
	       const char *format, ...)
{
	struct check_finding *finding = &check->findings[check->finding_count];
	va_list args;

	if (check->finding_count == CHECK_FINDINGS_MAX) {
		check->omitted++;
		return;
	}
	check->finding_count++;
	finding->item = check->item;
	finding->state = state;
	snprintf(finding->about, sizeof(finding->about), "%s", about);
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

void check_cure(struct check *check, const char *format, ...)
{
	va_list args;

	if (check->finding_count == 0 || check->omitted > 0)
		return;
	va_start(args, format);
	vsnprintf(check->findings[check->finding_count - 1].cure, CHECK_CURE,
		  format, args);
	va_end(args);
}

size_t check_count(const struct check *check, enum check_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < check->finding_count; i++)
		count += check->findings[i].state == state;
	return count;
}

/* What they look at */

static void load(struct check *check)
{
	int fd = config_open(check->path, check->config_error);

	check->config_status = fd < 0 ? fd : 0;
	if (fd < 0)
		return;
	check->config_status = config_load(fd, check->path, &check->config,
					   check->config_error);
	close(fd);
	if (check->config)
		check->door_count =
			addresses_protected(check->config, check->doors);
}

/* Where --socket is not given, the configuration may say another one. */
static void ask_daemon(const struct ctl *ctl, struct check *check)
{
	const char *socket = ctl->socket;

	if (check->config && strcmp(socket, CONFIG_DEFAULT_CONTROL) == 0)
		socket = check->config->control;
	check->status_error =
		client_ask(socket, "status", json_object(), ANSWER_S,
			   &check->status, check->status_text);
}

static void add_domain(struct check *check, const char *name)
{
	for (size_t i = 0; i < check->domain_count; i++)
		if (strcasecmp(check->domains[i], name) == 0)
			return;
	if (check->domain_count < CONFIG_DOMAINS_MAX)
		check->domains[check->domain_count++] = name;
}

static bool is_set(struct main_cf *main_cf, const char *name)
{
	char error[MAIN_CF_ERROR];
	char *text = NULL;
	bool set = main_cf_get(main_cf, name, NULL, NULL, &text, error) == 0 &&
		   text && *text != '\0';

	free(text);
	return set;
}

/* There may be another mail server: what can't be read is none. */
static void read_postfix(struct check *check, const char *operand)
{
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf = NULL;
	char *path = NULL;

	if (postfix_load(operand, &main_cf, &path, error) != 0)
		return;
	if (served_find(main_cf, postfix_text_read, &check->served, error) != 0)
		check->served.count = 0;
	check->certificate = is_set(main_cf, "smtpd_tls_chain_files") ||
			     is_set(main_cf, "smtpd_tls_cert_file");
	main_cf_free(main_cf);
	free(path);
}

static void gather_domains(const struct ctl *ctl, struct check *check)
{
	const char *postfix = ctl_option(ctl, "postfix");

	for (size_t i = 0;
	     check->config && i < config_guard_count(check->config); i++) {
		struct config_guard guard = config_guard(check->config, i);

		for (size_t j = 0; j < guard.mx_of_count; j++)
			add_domain(check, guard.mx_of[j]);
	}
	read_postfix(check, postfix ? postfix : POSTFIX_DIRECTORY);
	for (size_t i = 0; i < check->served.count; i++)
		add_domain(check, check->served.domains[i]);
}

static int ask_dns(struct check *check)
{
	const struct config_dnsbl *dnsbl =
		check->config ? &check->config->dnsbl : NULL;
	int error = ask_open(dnsbl ? dnsbl->nameservers : NULL,
			     dnsbl ? dnsbl->nameserver_count : 0, &check->ask);

	/* Checks do without; but not without memory. */
	if (error)
		return error == -ENOMEM ? error : 0;
	return mx_find(check->ask, check->domains, check->domain_count,
		       check->doors, check->door_count, &check->mx);
}

static int gather(const struct ctl *ctl, struct check *check)
{
	load(check);
	ask_daemon(ctl, check);
	gather_domains(ctl, check);
	return ask_dns(check);
}

static enum ctl_exit tell(const struct ctl *ctl, const struct check *check)
{
	struct print print = print_to(ctl->out);

	if (ctl->json)
		ctl_print_json(ctl, check_json(check));
	else
		check_show(&print, check);
	return check_count(check, CHECK_FAIL) ? CTL_FAILED : CTL_DONE;
}

enum ctl_exit check_run(const struct ctl *ctl, char **operands)
{
	struct check *check = calloc(1, sizeof(*check));
	enum ctl_exit status = CTL_FAILED;
	int error = -ENOMEM;

	(void)operands;
	if (check) {
		check->root = "";
		check->path = ctl_option(ctl, "config");
		if (!check->path)
			check->path = CONFIG_DEFAULT_FILE;
		error = gather(ctl, check);
	}
	if (error) {
		ctl_error(ctl, "%s", strerror(-error));
	} else {
		for (check->item = check_items; check->item->name;
		     check->item++)
			check->item->run(check);
		status = tell(ctl, check);
	}
	if (check) {
		ask_close(check->ask);
		json_decref(check->status);
		config_free(check->config);
	}
	free(check);
	return status;
}

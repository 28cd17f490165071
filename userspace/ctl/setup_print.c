/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From facts to a configuration, with what was left open as comments. */

#include <string.h>
#include <strings.h>

#include "core/config_values.h"
#include "ctl/postfix_print.h"
#include "ctl/setup_facts.h"

static void print_head(const struct setup *setup, FILE *out)
{
	postfix_comment(out, "",
			"Made by posternctl setup: see "
			"postern.conf(5), and the sample "
			"configuration, for what else can be set.");
	fputs("#\n", out);
	postfix_comment(out, "",
			"It only watches: mode = monitor. Look at \"posternctl "
			"status\" for some days before you say enforce. Put "
			"this host's addresses on the primary's allow lists "
			"(postscreen_access_list, fail2ban's ignoreip) first.");
	if (setup->postfix && postfix_import_has_secret(&setup->import))
		postfix_comment(out, "",
				"It has secret keys of DNSBLs: let nobody else "
				"read it.");
	for (size_t i = 0; i < setup->note_count; i++) {
		if (setup->notes[i].state == SETUP_FOUND)
			continue;
		postfix_comment(out, "! ", "%s: %s", setup->notes[i].what,
				setup->notes[i].text);
	}
}

static void print_interfaces(const struct setup *setup, FILE *out)
{
	fputc('\n', out);
	if (setup->interface_count == 0) {
		postfix_comment(out, "",
				"CHANGE: the interfaces by which mail "
				"arrives.");
		fputs("interface = { \"eth0\" }\n", out);
		return;
	}
	postfix_comment(out, "", "By which mail arrives.");
	fputs("interface = {", out);
	for (size_t i = 0; i < setup->interface_count; i++)
		fprintf(out, "%s\"%s\"", i > 0 ? ", " : " ",
			setup->interfaces[i]);
	fputs(" }\n", out);
}

static void print_protect(const struct setup *setup, FILE *out)
{
	char text[ADDR_TEXT];

	fputc('\n', out);
	if (setup->protect_count == 0) {
		postfix_comment(out, "",
				"The addresses that are the backup MX: all of "
				"the interfaces, unless they are named.");
		fputs("#protect = { \"192.0.2.25\" }\n\nmode = monitor\n", out);
		return;
	}
	postfix_comment(out, "", "The addresses that are the backup MX.");
	fputs("protect = {\n", out);
	for (size_t i = 0; i < setup->protect_count; i++)
		fprintf(out, "\t\"%s\"%s\n",
			addr_format(&setup->protect[i], text),
			i + 1 < setup->protect_count ? "," : "");
	fputs("}\n\nmode = monitor\n", out);
}

static bool is_allowed(const struct setup *setup, const struct addr *addr)
{
	for (size_t i = 0; setup->postfix && i < setup->import.allow.count; i++)
		if (prefix_contains(&setup->import.allow.prefixes[i], addr))
			return true;
	return false;
}

static bool is_primary(const struct setup *setup, size_t host)
{
	for (size_t i = 0; i < setup->mx.domain_count; i++) {
		const struct mx_domain *domain = &setup->mx.domains[i];

		for (size_t j = 0; j < domain->record_count; j++)
			if (domain->records[j].host == host &&
			    mx_is_primary(&setup->mx, domain,
					  &domain->records[j]))
				return true;
	}
	return false;
}

/* They may send mail through this host. */
static void print_primaries(const struct setup *setup, FILE *out)
{
	const char *before = "allow += {\n";
	char text[ADDR_TEXT];
	bool any = false;

	if (!setup->postfix || setup->import.allow.count == 0)
		before = "allow = {\n";
	for (size_t i = 0; i < setup->mx.host_count; i++) {
		const struct mx_host *host = &setup->mx.hosts[i];

		for (size_t j = 0;
		     is_primary(setup, i) && j < host->address_count; j++) {
			if (is_allowed(setup, &host->addresses[j]))
				continue;
			if (!any)
				postfix_comment(out, "",
						"The primaries, as DNS has "
						"them today: mail may come "
						"from them.");
			fprintf(out, "%s\t\"%s\"", any ? ",\n" : before,
				addr_format(&host->addresses[j], text));
			any = true;
		}
	}
	if (any)
		fputs("\n}\n", out);
}

static void print_domains(const struct setup *setup, const char *indent,
			  const char *key, bool all, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < setup->mx.domain_count; i++) {
		const struct mx_domain *domain = &setup->mx.domains[i];

		if (!all && !setup_serves(setup, domain))
			continue;
		if (!any)
			fprintf(out, "%s%s = {", indent, key);
		fprintf(out, "%s\n%s\t\"%s\"", any ? "," : "", indent,
			domain->name);
		any = true;
	}
	if (any)
		fprintf(out, "\n%s}\n", indent);
}

static void print_gate(const struct setup *setup, FILE *out)
{
	fputc('\n', out);
	if (setup->policy != POLICY_OFF) {
		postfix_comment(out, "",
				"The domains that are served here. Their "
				"primaries are the MX of a better preference, "
				"as DNS says.");
		print_domains(setup, "", "mx-of", false, out);
		return;
	}
	postfix_comment(out, "",
			"CHANGE: the domains that are served here, or their "
			"primaries. Take `policy = off` out then.");
	if (setup->mx.domain_count > 0)
		print_domains(setup, "#", "mx-of", true, out);
	else
		fputs("#mx-of = { \"example.net\" }\n", out);
	fputs("#primary \"mx1.example.net\" { address = { \"192.0.2.5\" } }\n",
	      out);
}

/* A name without a dot is refused by careful servers. */
static bool has_name(const struct setup *setup)
{
	return setup->host_name && strchr(setup->host_name, '.') &&
	       strncasecmp(setup->host_name, "localhost", 9) != 0;
}

/* Where the doorman finds his certificate, if it is not the usual place. */
static void print_postfix(const struct setup *setup, FILE *out)
{
	static const char usual[] = "/etc/postfix/main.cf";
	const char *slash =
		setup->postfix ? strrchr(setup->postfix, '/') : NULL;
	char directory[HOST_PATH];

	if (!slash || strcmp(setup->postfix, usual) == 0)
		return;
	snprintf(directory, sizeof(directory), "%.*s",
		 (int)(slash - setup->postfix), setup->postfix);
	if (config_is_path(directory) && !strpbrk(directory, "'\\"))
		fprintf(out, "\tpostfix = '%s'\n", directory);
}

static void print_names(const struct setup *setup, FILE *out)
{
	if (!has_name(setup))
		return;
	fputc('\n', out);
	postfix_comment(out, "", "myhostname of Postfix.");
	fprintf(out, "health { helo = \"%s\" }\ndoorman {\n\tname = \"%s\"\n",
		setup->host_name, setup->host_name);
	print_postfix(setup, out);
	fputs("}\n", out);
}

static void print_queue(const struct setup *setup, FILE *out)
{
	if (setup->policy == POLICY_OFF && !setup->queue)
		return;
	fputc('\n', out);
	postfix_comment(out, "", "Mail of these is delivered after an outage.");
	fputs("queue {\n", out);
	if (setup->queue)
		fprintf(out, "\tdirectory = '%s'\n", setup->queue);
	if (setup->policy != POLICY_OFF)
		print_domains(setup, "\t", "flush", false, out);
	fputs("}\n", out);
}

static void print_bypass(const struct setup *setup, FILE *out)
{
	fputc('\n', out);
	if (setup->policy == POLICY_OFF) {
		fputs("bypass { policy = off }\n", out);
		return;
	}
	postfix_comment(out, "", "Those who come although a primary is up.");
	fprintf(out, "bypass {\n\tpolicy = %s\n\taction = %s\n}\n",
		setup->policy == POLICY_WITNESS ? "witness" : "strict",
		setup->action == ACTION_DEFER ? "defer" : "drop");
}

static void print_dnsbl(const struct setup *setup, FILE *out)
{
	bool sites = setup->postfix && setup->import.site_count > 0;

	fputc('\n', out);
	if (!sites)
		postfix_comment(out, "",
				"CHANGE: the lists that the primary asks. Read "
				"their terms first.");
	else
		postfix_comment(out, "", "The lists that Postfix asks here.");
	fputs("dnsbl {\n", out);
	if (sites)
		postfix_print_sites(&setup->import, out);
	else
		fputs("#\tsites = { \"bl.example.net=127.0.0.[2..11]\" }\n",
		      out);
	if (setup->local_resolver)
		fputs("\tnameservers = { \"127.0.0.1\" }\n", out);
	fputs("}\n", out);
}

void setup_print(const struct setup *setup, FILE *out)
{
	print_head(setup, out);
	print_interfaces(setup, out);
	print_protect(setup, out);
	if (setup->postfix)
		postfix_print_allow(&setup->import, out);
	print_primaries(setup, out);
	print_gate(setup, out);
	print_names(setup, out);
	print_queue(setup, out);
	print_bypass(setup, out);
	print_dnsbl(setup, out);
	if (setup->postfix)
		postfix_print_notes(&setup->import, out);
}

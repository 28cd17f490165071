/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an audit makes of what servers say, and its command line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/audit_facts.h"
#include "ctl/audit_lifetime.h"
#include "ctl/audit_print.h"
#include "load_config.h"
#include "run_ctl.h"
#include "sources/doorman.h"

static struct audit audit;
static struct postfix_import theirs;
static struct audit_server *const primary = &audit.servers[0];
static struct audit_server *const backup = &audit.servers[1];

static void answer(struct audit_server *server, size_t recipient,
		   const char *text)
{
	struct audit_answer *one = &server->answers[recipient];

	one->code = (unsigned int)atoi(text);
	one->took_ms = 5;
	snprintf(one->text, sizeof(one->text), "%s", text);
}

static void set_server(struct audit_server *server, enum audit_role role,
		       const char *addr, const char *name, int preference)
{
	server->role = role;
	assert_int_equal(addr_parse(addr, &server->addr), 0);
	server->port = 25;
	server->preference = preference;
	snprintf(server->name, sizeof(server->name), "%s", name);
	server->result.reason = PROBE_GOOD;
	server->offers_known = true;
	server->starttls = true;
	server->size = 10240000;
	answer(server, AUDIT_UNKNOWN, "550 5.1.1 unknown");
	answer(server, AUDIT_POSTMASTER, "250 2.1.5 Ok");
	answer(server, 2, "250 2.1.5 Ok");
}

/* A pair without fault; each case spoils something. */
static void good_pair(void)
{
	memset(&audit, 0, sizeof(audit));
	memset(&theirs, 0, sizeof(theirs));
	audit.domain = "example.net";
	audit.recipients[0] = "postern-audit-1@example.net";
	audit.recipients[1] = "postmaster@example.net";
	audit.recipients[2] = "user@example.net";
	audit.recipient_count = 3;
	audit.server_count = 2;
	audit.mx_count = 2;
	audit.lifetime_known = true;
	audit.lifetime_s = 5 * 86400;
	set_server(primary, AUDIT_PRIMARY, "192.0.2.5", "mx1.example.net", 10);
	set_server(backup, AUDIT_BACKUP, "192.0.2.25", "mx2.example.net", 20);
}

static void nothing(void)
{
}

static void backup_takes_unknown(void)
{
	answer(backup, AUDIT_UNKNOWN, "250 2.1.5 Ok");
}

static void both_take_unknown(void)
{
	backup_takes_unknown();
	answer(primary, AUDIT_UNKNOWN, "250 2.1.5 Ok");
}

static void primary_defers_unknown(void)
{
	backup_takes_unknown();
	answer(primary, AUDIT_UNKNOWN, "450 4.2.0 Greylisted");
}

static void backup_takes_unknown_of_a_dead_primary(void)
{
	backup_takes_unknown();
	memset(primary->answers, 0, sizeof(primary->answers));
	primary->offers_known = false;
	primary->result.reason = PROBE_REFUSED;
}

static void backup_defers_unknown(void)
{
	answer(backup, AUDIT_UNKNOWN, "450 4.1.1 unverified address");
}

static void backup_defers_user(void)
{
	answer(backup, 2, "450 4.1.1 unverified address");
}

static void doorman_answers(void)
{
	static const char told[] = "451 4.3.2 " DOORMAN_BYPASS_WORDS;

	backup->result.reason = PROBE_RCPT;
	backup->size = 0;
	answer(backup, AUDIT_UNKNOWN, told);
	answer(backup, AUDIT_POSTMASTER, told);
	answer(backup, 2, told);
}

static void backup_verifies_user(void)
{
	backup->answers[2].took_ms = 3010;
	backup->mail_ms = 5;
}

static void both_are_slow(void)
{
	backup_verifies_user();
	primary->answers[2].took_ms = 3000;
}

static void the_net_is_slow(void)
{
	backup_verifies_user();
	backup->mail_ms = 2900;
}

static void backup_refuses_user(void)
{
	answer(backup, 2, "554 5.7.1 Relay access denied");
}

static void both_refuse_user(void)
{
	backup_refuses_user();
	answer(primary, 2, "550 5.1.1 unknown");
}

static void backup_refuses_postmaster(void)
{
	answer(backup, AUDIT_POSTMASTER, "550 5.1.1 unknown");
}

static void larger_size(void)
{
	backup->size = 20480000;
}

static void smaller_size(void)
{
	backup->size = 1000;
}

static void size_without_limit(void)
{
	backup->size = 0;
}

static void no_starttls(void)
{
	backup->starttls = false;
}

static void starttls_here_alone(void)
{
	primary->starttls = false;
}

static void same_preference(void)
{
	backup->preference = 10;
}

static void better_preference(void)
{
	backup->preference = 5;
}

static void no_mx(void)
{
	backup->preference = -1;
}

static void no_mx_at_all(void)
{
	audit.mx_count = 0;
}

static void no_dns(void)
{
	audit.mx_failure = "no answer in time";
	primary->preference = backup->preference = -1;
}

static void gate_closed(void)
{
	backup->result.reason = PROBE_CONNECT_TIMEOUT;
	backup->offers_known = false;
	memset(backup->answers, 0, sizeof(backup->answers));
}

static void asked_from_itself(void)
{
	backup->own = true;
}

static void short_lifetime(void)
{
	audit.lifetime_s = 3 * 86400;
}

static const struct {
	const char *name;
	void (*spoil)(void);
	size_t faults;
	enum audit_check check;
	enum audit_state state;
	const char *text;
	const char *cure; /* in it; NULL: there is none */
} cases[] = {
	{"a good pair has no fault", nothing, 0, AUDIT_CHECK_UNKNOWN, AUDIT_OK,
	 "refused", NULL},
	{"an unknown recipient makes backscatter", backup_takes_unknown, 1,
	 AUDIT_CHECK_UNKNOWN, AUDIT_FAULT, "backscatter",
	 "reject_unverified_recipient"},
	{"and the other cure", backup_takes_unknown, 1, AUDIT_CHECK_UNKNOWN,
	 AUDIT_FAULT, "backscatter", "relay_recipient_maps"},
	{"a primary that takes everything makes none", both_take_unknown, 0,
	 AUDIT_CHECK_UNKNOWN, AUDIT_OK, "as by the primary", NULL},
	{"a primary that doesn't tell is no excuse", primary_defers_unknown, 1,
	 AUDIT_CHECK_UNKNOWN, AUDIT_FAULT, "backscatter", "relay_recipient"},
	{"nor a dead one", backup_takes_unknown_of_a_dead_primary, 2,
	 AUDIT_CHECK_UNKNOWN, AUDIT_FAULT, "backscatter", "relay_recipient"},
	{"a deferred unknown recipient is a note", backup_defers_unknown, 0,
	 AUDIT_CHECK_UNKNOWN, AUDIT_NOTE, "450 4.1.1 unverified",
	 "unverified_recipient_reject_code = 550"},
	{"a deferred known one is a fault", backup_defers_user, 1,
	 AUDIT_CHECK_KNOWN, AUDIT_FAULT, "user@example.net meets 450",
	 "recipients = verify"},
	{"the doorman is no MTA", doorman_answers, 1, AUDIT_CHECK_REACH,
	 AUDIT_FAULT, "doorman answers for the MTA", "posternctl allow add"},
	{"one that was verified only now, too", backup_verifies_user, 1,
	 AUDIT_CHECK_KNOWN, AUDIT_FAULT, "after 3.0 s", "address_verify_map"},
	{"but not where both take their time", both_are_slow, 0,
	 AUDIT_CHECK_KNOWN, AUDIT_OK, "is accepted", NULL},
	{"nor where everything takes its time", the_net_is_slow, 0,
	 AUDIT_CHECK_KNOWN, AUDIT_OK, "is accepted", NULL},
	{"a refused known one is a fault", backup_refuses_user, 1,
	 AUDIT_CHECK_KNOWN, AUDIT_FAULT, "Relay access denied",
	 "relay_domains = example.net"},
	{"but not if the primary refuses it", both_refuse_user, 0,
	 AUDIT_CHECK_KNOWN, AUDIT_NOTE, "as by the primary", NULL},
	{"postmaster has to be taken", backup_refuses_postmaster, 1,
	 AUDIT_CHECK_POSTMASTER, AUDIT_FAULT, "postmaster@example.net is refu",
	 "relay_recipient_maps"},
	{"a larger SIZE is a fault", larger_size, 1, AUDIT_CHECK_SIZE,
	 AUDIT_FAULT, "must bounce later", "message_size_limit = 10240000"},
	{"a smaller one, too", smaller_size, 1, AUDIT_CHECK_SIZE, AUDIT_FAULT,
	 "1000 octets, the primary 10240000 octets: it refuses",
	 "message_size_limit = 10240000"},
	{"none is the largest", size_without_limit, 1, AUDIT_CHECK_SIZE,
	 AUDIT_FAULT, "no limit, the primary 10240000 octets: it takes",
	 "message_size_limit = 10240000"},
	{"missing STARTTLS is a fault", no_starttls, 1, AUDIT_CHECK_STARTTLS,
	 AUDIT_FAULT, "not offered", "on the backup say \"smtpd_tls_security"},
	{"and so it is at the primary", starttls_here_alone, 1,
	 AUDIT_CHECK_STARTTLS, AUDIT_FAULT, "goes on in clear",
	 "on the primary say"},
	{"the same preference is a fault", same_preference, 1, AUDIT_CHECK_MX,
	 AUDIT_FAULT, "preference 10 is the same as the primary's 10",
	 "above 10"},
	{"a better one, too", better_preference, 1, AUDIT_CHECK_MX, AUDIT_FAULT,
	 "better than", "above 10"},
	{"a backup without MX is a fault", no_mx, 1, AUDIT_CHECK_MX,
	 AUDIT_FAULT, "no MX of example.net", "MX record"},
	{"no MX at all is one fault", no_mx_at_all, 1, AUDIT_CHECK_MX,
	 AUDIT_FAULT, "has no MX record", "MX records"},
	{"without DNS nothing is said of MX", no_dns, 0, AUDIT_CHECK_MX,
	 AUDIT_NOTE, "not known: no answer in time", NULL},
	{"a backup that can't be reached is a fault, and no other", gate_closed,
	 1, AUDIT_CHECK_REACH, AUDIT_FAULT, "doesn't answer a SYN",
	 "posternctl allow add"},
	{"who is trusted may see too much", asked_from_itself, 0,
	 AUDIT_CHECK_REACH, AUDIT_NOTE, "ask from elsewhere", NULL},
	{"a short lifetime is a fault", short_lifetime, 1, AUDIT_CHECK_LIFETIME,
	 AUDIT_FAULT, "3 d only", "maximal_queue_lifetime = 30d"},
};

static bool is_found(enum audit_check check, enum audit_state state,
		     const char *text, const char *words)
{
	for (size_t i = 0; i < audit.finding_count; i++) {
		const struct audit_finding *one = &audit.findings[i];

		if (one->check == check && one->state == state &&
		    strstr(one->text, text) &&
		    (words ? strstr(one->cure, words) != NULL
			   : one->cure[0] == '\0'))
			return true;
	}
	return false;
}

static void each_fault_is_seen_and_has_a_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		good_pair();
		cases[i].spoil();
		audit_judge(&audit);
		assert_int_equal(audit_count(&audit, AUDIT_FAULT),
				 cases[i].faults);
		assert_true(is_found(cases[i].check, cases[i].state,
				     cases[i].text, cases[i].cure));
		for (size_t f = 0; f < audit.finding_count; f++)
			if (audit.findings[f].state == AUDIT_FAULT)
				assert_true(audit.findings[f].cure[0]);
	}
}

#define SITES                                                                  \
	"interface = { eth0 } bypass { policy = off }\n"                       \
	"dnsbl { sites = { \"a.example=127.0.0.2*2\", "                        \
	"\"c.example\" } threshold = 2 }\n"

static char filter[] = "127.0.0.[2..4]";

static void add_site(const char *text, char *shown)
{
	struct postfix_site *site = &theirs.sites[theirs.site_count++];
	const char *why;

	assert_int_equal(site_parse(text, &site->site, &why), 0);
	site->filter = shown;
}

static void blocklists_are_compared(void **state)
{
	struct config *config = expect_loaded(SITES);

	(void)state;
	good_pair();
	add_site("a.example=127.0.0.2*3", NULL);
	add_site("b.example=127.0.0.[2..4]*2", filter);
	add_site("abcdefghijklmnopqrstuvwxyz.d.example", NULL);
	theirs.threshold = 3;
	audit.theirs = &theirs;
	audit.config = config;
	audit_judge(&audit);
	assert_int_equal(audit_count(&audit, AUDIT_FAULT), 2);
	assert_true(is_found(AUDIT_CHECK_DNSBL, AUDIT_FAULT, "b.example is",
			     "add \"b.example=127.0.0.[2..4]*2\" to"));
	assert_true(is_found(AUDIT_CHECK_DNSBL, AUDIT_FAULT, "***.d.example is",
			     "***.d.example*1"));
	assert_true(is_found(AUDIT_CHECK_DNSBL, AUDIT_NOTE,
			     "a.example weighs 3 at the primary, 2", NULL));
	assert_true(is_found(AUDIT_CHECK_DNSBL, AUDIT_NOTE,
			     "c.example is asked here, but not", NULL));
	assert_true(is_found(AUDIT_CHECK_DNSBL, AUDIT_NOTE,
			     "threshold is 3 at the primary, 2", NULL));
	config_free(config);
}

static void tables_fit_a_terminal(void **state)
{
	char *text = NULL, *rest;
	struct print print = {0};
	size_t size;

	(void)state;
	good_pair();
	backup_takes_unknown();
	same_preference();
	print.out = open_memstream(&text, &size);
	audit_judge(&audit);
	audit_show(&print, &audit);
	fclose(print.out);
	assert_non_null(strstr(text, "example.net: 2 faults."));
	assert_non_null(strstr(text, "relay_recipient_maps"));
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (strlen(line) > PRINT_COLUMNS)
			fail_msg("too long: %s", line);
	free(text);
}

static void json_has_the_documented_keys(void **state)
{
	json_t *json, *server;

	(void)state;
	good_pair();
	no_mx();
	primary->offers_known = false;
	audit_judge(&audit);
	json = audit_json(&audit);
	assert_string_equal(json_string_value(json_object_get(json, "domain")),
			    "example.net");
	assert_int_equal(json_integer_value(json_object_get(json, "faults")),
			 1);
	server = json_array_get(json_object_get(json, "servers"), 0);
	assert_true(json_is_null(json_object_get(server, "size")));
	server = json_array_get(json_object_get(json, "servers"), 1);
	assert_true(json_is_null(json_object_get(server, "preference")));
	assert_true(json_is_true(json_object_get(server, "starttls")));
	assert_int_equal(json_array_size(json_object_get(server, "recipients")),
			 3);
	assert_int_equal(json_object_size(server), 10);
	json_decref(json);
}

static const struct {
	const char *text;
	uint64_t seconds; /* 0: refused */
	const char *error;
} lifetimes[] = {
	{"", 5 * 86400, NULL},
	{"maximal_queue_lifetime = 30d\n", 30 * 86400, NULL},
	{"x = 2\nmaximal_queue_lifetime = ${x}w\n", 14 * 86400, NULL},
	{"maximal_queue_lifetime = 7\n", 7 * 86400, NULL},
	{"maximal_queue_lifetime = 36h\n", 36 * 3600, NULL},
	{"\nmaximal_queue_lifetime = 5y\n", 0,
	 "main.cf:2: maximal_queue_lifetime is \"5y\", expected a time such as "
	 "5d"},
	{"maximal_queue_lifetime = 99999999999999999999d\n", 0,
	 "main.cf:1: maximal_queue_lifetime is \"99999999999999999999d\", "
	 "expected a time such as 5d"},
	{"maximal_queue_lifetime =\n", 0,
	 "main.cf:1: maximal_queue_lifetime is \"\", expected a time such as "
	 "5d"},
};

static void lifetimes_are_read_as_postfix_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lifetimes); i++) {
		const char *text = lifetimes[i].text;
		char error[MAIN_CF_ERROR] = "";
		struct main_cf *main_cf;
		uint64_t seconds = 0;
		int result;

		print_message("%s\n", text);
		assert_int_equal(main_cf_load(text, strlen(text), "main.cf",
					      "/", &main_cf, error),
				 0);
		result = audit_lifetime(main_cf, &seconds, error);
		assert_int_equal(result, lifetimes[i].error ? -EINVAL : 0);
		assert_int_equal(seconds, lifetimes[i].seconds);
		if (lifetimes[i].error)
			assert_string_equal(error, lifetimes[i].error);
		main_cf_free(main_cf);
	}
}

static const struct {
	const char *line;
	int status;
	const char *error; /* how it begins */
} refused[] = {
	{"audit", 2, "posternctl: audit takes DOMAIN\n"},
	{"audit a..b", 2, "posternctl: \"a..b\" is no domain\n"},
	{"audit --primary mx1 example.net", 2,
	 "posternctl: --primary is \"mx1\", expected an IP address"},
	{"audit --backup 192.0.2.1:x example.net", 2,
	 "posternctl: --backup is \"192.0.2.1:x\", expected an IP address"},
	{"audit --known a>b example.net", 2,
	 "posternctl: --known is \"a>b\", expected a mailbox"},
	{"audit --helo <x> example.net", 2,
	 "posternctl: --helo is \"<x>\", expected the name"},
	{"audit --ours /nonexistent example.net", 1,
	 "posternctl: /nonexistent: No such file or directory\n"},
	{"audit --main-cf /dev/null --config /nonexistent example.net", 1,
	 "posternctl: /nonexistent: "},
};

static void bad_command_lines_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		print_message("%s\n", refused[i].line);
		ctl_run_refuse(refused[i].line, refused[i].status,
			       refused[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_seen_and_has_a_cure),
		cmocka_unit_test(blocklists_are_compared),
		cmocka_unit_test(tables_fit_a_terminal),
		cmocka_unit_test(json_has_the_documented_keys),
		cmocka_unit_test(lifetimes_are_read_as_postfix_reads_them),
		cmocka_unit_test(bad_command_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

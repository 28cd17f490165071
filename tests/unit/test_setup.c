/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a setup makes of Postfix and of MX records, and how it writes it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "ctl/setup_facts.h"
#include "fixture_root.h"
#include "load_config.h"
#include "run_ctl.h"

/* Domains of relay_domains */

static int read_table(const char *path, char **text, size_t *size)
{
	static const struct {
		const char *path;
		const char *text;
	} tables[] = {
		{"/t/file", "# domains\nexample.com example.org\n\n"},
		{"/t/map", "Example.NET  ok\n # no\nexample.edu\tx\n"},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(tables[i].path, path) != 0)
			continue;
		*text = strdup(tables[i].text);
		*size = strlen(tables[i].text);
		return *text ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static void domains_are_found_where_postfix_has_them(void **state)
{
	static const struct {
		const char *main_cf;
		const char *domains;
		const char *note; /* a part of the first one, or NULL */
	} cases[] = {
		{"", "", NULL},
		{"relay_domains =\n", "", NULL},
		{"relay_domains = Example.net, example.net b.example\n",
		 "example.net b.example ", NULL},
		{"relay_domains = /t/file\n", "example.com example.org ", NULL},
		{"relay_domains = hash:/t/map x.example\n",
		 "example.net example.edu x.example ", NULL},
		{"relay_domains = texthash:/t/none\n", "", "can't be read"},
		{"relay_domains = mysql:/t/map\n", "", "name its domains"},
		{"relay_domains = .example.net\n", "", "is no domain"},
		{"relay_domains = !example.net\n", "", "is an exception"},
	};
	static struct served served;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[MAIN_CF_ERROR], all[256] = "";
		struct main_cf *main_cf;

		memset(&served, 0, sizeof(served));
		assert_int_equal(main_cf_load(cases[i].main_cf,
					      strlen(cases[i].main_cf),
					      "main.cf", "/t", &main_cf, error),
				 0);
		assert_int_equal(
			served_find(main_cf, read_table, &served, error), 0);
		for (size_t j = 0; j < served.count; j++) {
			strcat(all, served.domains[j]);
			strcat(all, " ");
		}
		assert_string_equal(all, cases[i].domains);
		assert_int_equal(served.note_count, cases[i].note ? 1 : 0);
		if (cases[i].note)
			assert_non_null(strstr(served.notes[0], cases[i].note));
		main_cf_free(main_cf);
	}
}

/* MX records: "o" is a host of ours, "x" another, "?" one without address. */

static struct setup setup;

static void add_domain(const char *name, const char *records)
{
	struct mx_survey *mx = &setup.mx;
	struct mx_domain *domain = &mx->domains[mx->domain_count++];
	char host;
	int used, preference;

	domain->name = name;
	domain->role = *records ? MX_ELSEWHERE : MX_NONE;
	for (; sscanf(records, " %c%d%n", &host, &preference, &used) == 2;
	     records += used) {
		struct mx_host *one = &mx->hosts[mx->host_count];

		snprintf(one->name, sizeof(one->name), "%c%zu.example", host,
			 mx->host_count);
		one->own = host == 'o';
		one->failure = host == '?' ? "SERVFAIL" : NULL;
		one->address_count = host != '?';
		assert_int_equal(
			addr_parse(host == 'o' ? "192.0.2.25" : "192.0.2.5",
				   &one->addresses[0]),
			0);
		domain->records[domain->record_count++] =
			(struct mx_record){.preference = (uint16_t)preference,
					   .host = mx->host_count++};
	}
	mx_judge(mx, domain);
}

static void preferences_make_a_role(void **state)
{
	static const struct {
		const char *records;
		enum mx_role role;
		unsigned int primaries;
	} cases[] = {
		{"", MX_NONE, 0},
		{"x10", MX_ELSEWHERE, 0},
		{"x10 ?20", MX_UNKNOWN, 0},
		{"x10 o20", MX_BACKUP, 1},
		{"o20 x10 x15 x20 x30", MX_BACKUP, 2},
		{"x10 o20 o10", MX_EQUAL, 0},
		{"x10 o10", MX_EQUAL, 0},
		{"x10 o5", MX_FIRST, 0},
		{"o5 o10", MX_ONLY, 0},
		{"?10 o20", MX_BACKUP, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mx_domain *domain = &setup.mx.domains[0];
		unsigned int primaries = 0;

		memset(&setup, 0, sizeof(setup));
		add_domain("example.net", cases[i].records);
		if (domain->role != cases[i].role)
			fail_msg("%s: role %d", cases[i].records,
				 (int)domain->role);
		for (size_t j = 0; j < domain->record_count; j++)
			primaries += mx_is_primary(&setup.mx, domain,
						   &domain->records[j]);
		assert_int_equal(primaries, cases[i].primaries);
	}
}

/* Configurations */

static struct config *print_and_load(void)
{
	struct config *config = NULL;
	char error[CONFIG_ERROR_TEXT];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	setup_print(&setup, out);
	fclose(out);
	if (load(text, strlen(text), &config, error) != 0)
		fail_msg("%s\n%s", error, text);
	for (const char *at = text; *at; at += strcspn(at, "\n") + 1)
		assert_true(strcspn(at, "\n") <= 80);
	free(text);
	assert_int_equal(config->mode, MODE_MONITOR);
	return config;
}

static void begin(void)
{
	memset(&setup, 0, sizeof(setup));
	setup.root = fixture_root;
	fixture_make();
}

static void end(struct config *config)
{
	config_free(config);
	fixture_remove();
}

static void listen_on_25(void)
{
	fixture_put("/proc/net/tcp", "  sl  local_address rem_address   st\n"
				     "   0: 00000000:0019 00000000:0000 0A\n");
}

static void nothing_found_still_loads(void **state)
{
	struct config *config;

	(void)state;
	begin();
	setup_find_host(&setup);
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->policy, POLICY_OFF);
	assert_string_equal(config->interfaces[0], "eth0");
	end(config);
}

static void a_backup_is_strict_and_defers(void **state)
{
	struct config *config;

	(void)state;
	begin();
	listen_on_25();
	add_domain("example.net", "x10 o20");
	add_domain("example.org", "o10");
	add_domain("example.com", "x10");
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->policy, POLICY_STRICT);
	assert_int_equal(config->bypass_action, ACTION_DEFER);
	/* The one of which we are the only MX keeps the gate open. */
	assert_int_equal(config->mx_of_count, 2);
	assert_string_equal(config->mx_of[1], "example.org");
	assert_int_equal(config->queue.flush_count, 2);
	assert_int_equal(config->allow_count, 1);
	end(config);
}

static void witnesses_make_it_drop(void **state)
{
	struct config *config;

	(void)state;
	begin();
	listen_on_25();
	add_domain("example.net", "x10 o20");
	setup.witnesses = true;
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->policy, POLICY_WITNESS);
	assert_int_equal(config->bypass_action, ACTION_DROP);
	end(config);
}

static void without_a_mail_server_here_it_drops(void **state)
{
	struct config *config;

	(void)state;
	begin();
	add_domain("example.net", "x10 o20");
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->bypass_action, ACTION_DROP);
	end(config);
	begin();
	listen_on_25();
	fixture_put("/proc/net/nf_conntrack",
		    "ipv4 2 tcp 6 117 ESTABLISHED src=203.0.113.9 "
		    "dst=192.0.2.25 sport=4000 dport=25 src=10.0.0.2 "
		    "dst=203.0.113.9 sport=25 dport=4000 use=2\n");
	add_domain("example.net", "x10 o20");
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->bypass_action, ACTION_DROP);
	end(config);
}

static void without_dns_domains_are_a_comment(void **state)
{
	struct config *config;

	(void)state;
	begin();
	listen_on_25();
	add_domain("example.net", "?10");
	setup_choose(&setup);
	config = print_and_load();
	assert_int_equal(config->policy, POLICY_OFF);
	assert_int_equal(config->mx_of_count, 0);
	end(config);
}

/* Postfix's settings come from a file, as a new user has them. */
static void postfix_is_carried_over(void **state)
{
	struct config *config;
	char path[64];

	(void)state;
	begin();
	fixture_put("/etc/postfix/main.cf",
		    "mynetworks = 127.0.0.0/8 198.51.100.0/28\n"
		    "myhostname = mx2.example.net\n"
		    "queue_directory = /var/spool/postfix-2\n"
		    "smtpd_tls_chain_files = /etc/ssl/a.pem, /etc/ssl/b.pem\n"
		    "relay_domains = example.net\n"
		    "postscreen_dnsbl_sites = bl.example=127.0.0.2*2\n"
		    "postscreen_dnsbl_threshold = 2\n");
	snprintf(path, sizeof(path), "%s/etc/postfix", fixture_root);
	assert_int_equal(setup_find_postfix(&setup, path), 0);
	assert_string_equal(setup.certificate, "/etc/ssl/a.pem");
	assert_string_equal(setup.served.domains[0], "example.net");
	setup_choose(&setup);
	config = print_and_load();
	assert_string_equal(config->health.helo, "mx2.example.net");
	assert_string_equal(config->doorman.name, "mx2.example.net");
	assert_string_equal(config->doorman.postfix, path);
	assert_string_equal(config->queue.directory, "/var/spool/postfix-2");
	assert_int_equal(config->dnsbl.site_count, 1);
	assert_int_equal(config->dnsbl.threshold, 2);
	assert_int_equal(config->allow_count, 2);
	end(config);
	postfix_import_free(&setup.import);
	free(setup.postfix);
	free(setup.host_name);
	free(setup.queue);
	free(setup.certificate);
}

/* With whatever routes this machine has; nothing here asks DNS. */
static void the_command_prints_what_loads(void **state)
{
	char error[CONFIG_ERROR_TEXT], line[128];
	struct config *config = NULL;
	struct ctl_run found;

	(void)state;
	begin();
	fixture_put("/main.cf", "mynetworks = 198.51.100.0/28\n"
				"myhostname = mx2.example.net\n"
				"queue_directory = /var/spool/postfix\n"
				"smtpd_tls_cert_file = /etc/ssl/a.pem\n");
	snprintf(line, sizeof(line), "setup --dry-run --postfix %s/main.cf",
		 fixture_root);
	found = ctl_run(line);
	assert_int_equal(found.status, CTL_DONE);
	assert_non_null(strstr(found.err, "/etc/ssl/a.pem"));
	if (load(found.out, strlen(found.out), &config, error) != 0)
		fail_msg("%s", error);
	assert_int_equal(config->policy, POLICY_OFF);
	ctl_run_free(&found);
	snprintf(line, sizeof(line), "setup --output %s/main.cf", fixture_root);
	found = ctl_run(line);
	assert_int_equal(found.status, CTL_FAILED);
	assert_non_null(strstr(found.err, "is there already"));
	ctl_run_free(&found);
	end(config);
}

/* The file */

static void expect_content(const char *path, const char *text)
{
	char found[64] = "";
	struct stat status;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(found, sizeof(found), file));
	fclose(file);
	assert_string_equal(found, text);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

static void nothing_is_overwritten_without_force(void **state)
{
	char path[64], deep[64];

	(void)state;
	begin();
	snprintf(path, sizeof(path), "%s/postern/postern.conf", fixture_root);
	snprintf(deep, sizeof(deep), "%s/a/b/postern.conf", fixture_root);
	assert_int_equal(setup_write(path, "one", 3, false), 0);
	expect_content(path, "one");
	assert_int_equal(setup_write(path, "two", 3, false), -EEXIST);
	expect_content(path, "one");
	assert_int_equal(setup_write(path, "two", 3, true), 0);
	expect_content(path, "two");
	assert_int_equal(setup_write(deep, "x", 1, false), -ENOENT);
	/* Nothing is left lying about. */
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(fixture_root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_are_found_where_postfix_has_them),
		cmocka_unit_test(preferences_make_a_role),
		cmocka_unit_test(nothing_found_still_loads),
		cmocka_unit_test(a_backup_is_strict_and_defers),
		cmocka_unit_test(witnesses_make_it_drop),
		cmocka_unit_test(without_a_mail_server_here_it_drops),
		cmocka_unit_test(without_dns_domains_are_a_comment),
		cmocka_unit_test(postfix_is_carried_over),
		cmocka_unit_test(the_command_prints_what_loads),
		cmocka_unit_test(nothing_is_overwritten_without_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

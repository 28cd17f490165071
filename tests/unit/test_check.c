/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks make of files, of MX records, of a status; the command. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/timex.h>
#include <unistd.h>

#include "ctl/check_facts.h"
#include "fixture_root.h"
#include "load_config.h"
#include "run_ctl.h"

static struct check *check;

static int make(void **state)
{
	(void)state;
	fixture_make();
	check = calloc(1, sizeof(*check));
	assert_non_null(check);
	check->root = fixture_root;
	check->path = "/none";
	check->item = check_items;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	json_decref(check->status);
	config_free(check->config);
	free(check);
	fixture_remove();
	return 0;
}

/* What the last run found. */
static size_t first;

static void run(void (*one)(struct check *check))
{
	first = check->finding_count;
	one(check);
}

/* Its only finding, or the first of several. */
static void expect_found(enum check_state state, const char *words)
{
	const struct check_finding *found = &check->findings[first];

	assert_true(check->finding_count > first);
	if (found->state != state || !strstr(found->text, words))
		fail_msg("%d: %s\nexpected %d: %s", (int)found->state,
			 found->text, (int)state, words);
	/* Whatever is wrong, there is something to do about it. */
	if (state == CHECK_WARN || state == CHECK_FAIL)
		assert_true(found->cure[0] != '\0');
}

#define INTERFACE                                                              \
	"interface = { \"eth0\" }\n"                                           \
	"protect = { \"192.0.2.25\" }\n"
#define PRIMARY "primary \"mx1.example\" { address = { \"192.0.2.5\" } }\n"

static void configure(const char *text)
{
	char error[CONFIG_ERROR_TEXT];

	config_free(check->config);
	check->config = NULL;
	if (load(text, strlen(text), &check->config, error) != 0)
		fail_msg("%s", error);
}

/* Network */

static void put_driver(const char *name)
{
	char link[256], target[64];

	fixture_put("/sys/class/net/eth0/device/x", "");
	snprintf(link, sizeof(link), "%s/sys/class/net/eth0/device/driver",
		 fixture_root);
	snprintf(target, sizeof(target), "../drivers/%s", name);
	unlink(link);
	assert_int_equal(symlink(target, link), 0);
}

static void interfaces_are_looked_at(void **state)
{
	(void)state;
	configure(INTERFACE PRIMARY);
	run(check_interface);
	expect_found(CHECK_FAIL, "no such interface");
	fixture_put("/sys/class/net/eth0/mtu", "1500\n");
	run(check_interface);
	expect_found(CHECK_OK, "a virtual device");
	put_driver("virtio_net");
	run(check_interface);
	expect_found(CHECK_OK, "driver virtio_net");
	put_driver("e1000e");
	run(check_interface);
	expect_found(CHECK_WARN, "no native XDP");
	fixture_put("/proc/net/vlan/eth0", "");
	run(check_interface);
	expect_found(CHECK_WARN, "is a VLAN");
	fixture_put("/sys/class/net/eth0/bridge/x", "");
	run(check_interface);
	expect_found(CHECK_WARN, "is a bridge");
}

static void the_mtu_is_held_against_the_driver(void **state)
{
	(void)state;
	configure(INTERFACE PRIMARY);
	fixture_put("/sys/class/net/eth0/mtu", "9000\n");
	run(check_mtu);
	expect_found(CHECK_OK, "MTU 9000");
	put_driver("ixgbe");
	run(check_mtu);
	expect_found(CHECK_WARN, "ixgbe takes about 3050");
	fixture_put("/sys/class/net/eth0/mtu", "1500\n");
	run(check_mtu);
	expect_found(CHECK_OK, "MTU 1500");
}

static void status_tells_how_it_is_attached(void **state)
{
	static const struct {
		const char *attach;
		enum check_state state;
	} cases[] = {
		{"native", CHECK_OK},
		{"generic", CHECK_WARN},
		{"gone", CHECK_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_decref(check->status);
		check->status =
			json_pack("{s:[{s:s, s:s}]}", "interfaces", "name",
				  "eth0", "attach", cases[i].attach);
		run(check_attach);
		expect_found(cases[i].state, "");
	}
}

/* System */

static void kernels_are_told_by_their_version(void **state)
{
	static const struct {
		const char *release;
		enum check_state state;
	} cases[] = {
		{"5.10.0-30-amd64\n", CHECK_OK},
		{"6.1.0\n", CHECK_OK},
		{"5.9.16\n", CHECK_FAIL},
		{"4.19.0\n", CHECK_FAIL},
	};

	(void)state;
	run(check_kernel);
	expect_found(CHECK_UNKNOWN, "can't be read");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_put("/proc/sys/kernel/osrelease", cases[i].release);
		run(check_kernel);
		expect_found(cases[i].state, "Linux");
	}
}

static void bpf_needs_its_file_system(void **state)
{
	(void)state;
	fixture_put("/proc/self/mounts", "proc /proc proc rw 0 0\n");
	run(check_bpf);
	expect_found(CHECK_FAIL, "no bpf file system");
	fixture_put("/proc/self/mounts", "bpf /sys/fs/bpf bpf rw 0 0\n");
	run(check_bpf);
	expect_found(CHECK_OK, "mounted");
	assert_int_equal(check->finding_count, first + 1);
	fixture_put("/proc/sys/net/core/bpf_jit_enable", "0\n");
	run(check_bpf);
	assert_int_equal(check->finding_count, first + 2);
}

static void the_clock_is_judged_by_the_kernel(void **state)
{
	static const struct {
		int state;
		int status;
		enum check_state found;
	} cases[] = {
		{TIME_OK, 0, CHECK_OK},	     {TIME_INS, 0, CHECK_OK},
		{TIME_ERROR, 0, CHECK_WARN}, {TIME_OK, STA_UNSYNC, CHECK_WARN},
		{-1, 0, CHECK_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		first = check->finding_count;
		check_judge_clock(check, cases[i].state, cases[i].status);
		expect_found(cases[i].found, "");
	}
}

static void the_doorman_needs_the_mail_server(void **state)
{
	(void)state;
	configure(INTERFACE PRIMARY);
	run(check_doorman);
	expect_found(CHECK_OK, "not used");
	configure(INTERFACE PRIMARY "bypass { action = defer }\n");
	run(check_doorman);
	expect_found(CHECK_FAIL, "192.0.2.25");
	fixture_put("/proc/net/nf_conntrack",
		    "ipv4 2 tcp 6 117 ESTABLISHED src=203.0.113.9 "
		    "dst=192.0.2.25 sport=4000 dport=25 src=10.0.0.2 "
		    "dst=203.0.113.9 sport=25 dport=4000 use=2\n");
	run(check_doorman);
	expect_found(CHECK_FAIL, "DNAT");
}

/* MX: "o" is a host of ours, "x" another. */
static void set_domain(const char *name, const char *records)
{
	struct mx_survey *mx = &check->mx;
	struct mx_domain *domain = &mx->domains[0];
	int used, preference;
	char host;

	memset(mx, 0, sizeof(*mx));
	mx->domain_count = 1;
	check->domains[0] = name;
	check->domain_count = 1;
	domain->name = name;
	domain->role = *records ? MX_ELSEWHERE : MX_NONE;
	for (; sscanf(records, " %c%d%n", &host, &preference, &used) == 2;
	     records += used) {
		mx->hosts[mx->host_count].own = host == 'o';
		domain->records[domain->record_count++] =
			(struct mx_record){.preference = (uint16_t)preference,
					   .host = mx->host_count++};
	}
	mx_judge(mx, domain);
}

#define MX_OF "mx-of = { \"example.net\" }\n"

static void preferences_are_judged_by_what_the_gate_does(void **state)
{
	static const struct {
		const char *config;
		const char *domain;
		const char *records;
		enum check_state state;
		const char *words;
	} cases[] = {
		{INTERFACE MX_OF, "example.net", "x10 o20", CHECK_OK,
		 "preference 20, the best MX 10"},
		{INTERFACE MX_OF, "example.net", "x10 o10", CHECK_FAIL,
		 "the same preference, 10"},
		{INTERFACE MX_OF, "example.net", "x10 o5", CHECK_WARN,
		 "its best MX: it keeps the gate open"},
		{INTERFACE MX_OF, "example.org", "o5", CHECK_FAIL,
		 "its only MX: the closed gate refuses its mail"},
		{INTERFACE "bypass { policy = off }\n", "example.org", "o5",
		 CHECK_WARN, "its only MX"},
		{INTERFACE MX_OF, "example.org", "x10 o20", CHECK_WARN,
		 "it is not in mx-of"},
		{INTERFACE PRIMARY, "example.org", "x10 o20", CHECK_OK, ""},
		{INTERFACE MX_OF, "example.net", "x10", CHECK_WARN,
		 "no protected address"},
		{INTERFACE MX_OF, "example.org", "x10", CHECK_OK,
		 "no protected address"},
		{INTERFACE MX_OF, "example.net", "", CHECK_WARN,
		 "has no MX record"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		configure(cases[i].config);
		set_domain(cases[i].domain, cases[i].records);
		run(check_preference);
		expect_found(cases[i].state, cases[i].words);
	}
}

static void public_resolvers_are_known(void **state)
{
	(void)state;
	configure(INTERFACE PRIMARY
		  "dnsbl { nameservers = { \"8.8.8.8\" } }\n");
	run(check_resolver);
	expect_found(CHECK_WARN, "public resolver of Google");
	configure(INTERFACE PRIMARY
		  "dnsbl { nameservers = { \"127.0.0.1\" } }\n");
	run(check_resolver);
	expect_found(CHECK_OK, "no public resolver");
	configure(INTERFACE PRIMARY);
	run(check_resolver);
	expect_found(CHECK_FAIL, "no nameserver");
}

/* Daemon */

static void files_that_others_may_write_are_told(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/postern.conf", fixture_root);
	check->path = path;
	run(check_permissions);
	expect_found(CHECK_UNKNOWN, "No such file");
	fixture_put("/postern.conf", "");
	assert_int_equal(chmod(path, 0666), 0);
	run(check_permissions);
	expect_found(CHECK_FAIL, "others than root may write");
	if (geteuid() != 0)
		return;
	assert_int_equal(chmod(path, 0644), 0);
	run(check_permissions);
	expect_found(CHECK_OK, "only root may write");
	configure(INTERFACE PRIMARY
		  "dnsbl { sites = { "
		  "\"abcdefghij0123456789.dq.example\" } }\n");
	run(check_permissions);
	expect_found(CHECK_FAIL, "secret keys");
	check->path = "/none";
}

static void set_status(const char *mode, const char *interface)
{
	json_decref(check->status);
	check->status = json_pack("{s:s, s:s, s:[{s:s}], s:[]}", "version", "1",
				  "configured_mode", mode, "interfaces", "name",
				  interface, "zones");
}

static void a_daemon_with_another_configuration_is_told(void **state)
{
	(void)state;
	configure(INTERFACE PRIMARY "mode = enforce\n");
	check->status_error = -ENOENT;
	run(check_daemon);
	expect_found(CHECK_WARN, "does not run");
	check->status_error = -EACCES;
	run(check_daemon);
	expect_found(CHECK_UNKNOWN, "");
	check->status_error = -ETIMEDOUT;
	run(check_daemon);
	expect_found(CHECK_FAIL, "");
	set_status("monitor", "eth0");
	run(check_daemon);
	expect_found(CHECK_WARN, "`mode` differs");
	configure(INTERFACE PRIMARY "mode = monitor\n");
	run(check_daemon);
	expect_found(CHECK_OK, "runs");
	set_status("monitor", "eth1");
	run(check_daemon);
	expect_found(CHECK_WARN, "`interface` differs");
	set_status("monitor", "eth0");
	configure(INTERFACE PRIMARY "mode = monitor\n"
				    "dnsbl { sites = { \"bl.example\" } }\n");
	run(check_daemon);
	expect_found(CHECK_WARN, "`dnsbl.sites` differs");
}

/* The command */

static void it_works_without_anything(void **state)
{
	struct ctl_run found;
	json_t *all, *one;
	size_t i;

	(void)state;
	found = ctl_run("--socket /none/socket --json check --config "
			"/none/postern.conf --postfix /none");
	assert_int_equal(found.status, CTL_FAILED);
	all = json_loads(found.out, 0, NULL);
	assert_non_null(all);
	assert_string_equal(json_string_value(json_object_get(all, "config")),
			    "/none/postern.conf");
	assert_true(json_integer_value(json_object_get(all, "failed")) > 0);
	json_array_foreach(json_object_get(all, "findings"), i, one)
	{
		static const char *const keys[] = {"check", "group", "state",
						   "about", "text",  "cure"};

		for (size_t k = 0; k < 6; k++)
			assert_true(
				json_is_string(json_object_get(one, keys[k])));
	}
	assert_true(i > 5);
	json_decref(all);
	ctl_run_free(&found);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make, clean)
	const struct CMUnitTest tests[] = {
		CASE(interfaces_are_looked_at),
		CASE(the_mtu_is_held_against_the_driver),
		CASE(status_tells_how_it_is_attached),
		CASE(kernels_are_told_by_their_version),
		CASE(bpf_needs_its_file_system),
		CASE(the_clock_is_judged_by_the_kernel),
		CASE(the_doorman_needs_the_mail_server),
		CASE(preferences_are_judged_by_what_the_gate_does),
		CASE(public_resolvers_are_known),
		CASE(files_that_others_may_write_are_told),
		CASE(a_daemon_with_another_configuration_is_told),
		CASE(it_works_without_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

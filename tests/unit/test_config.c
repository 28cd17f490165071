/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations that load: what becomes of their values, of what they leave
 * out, of the sample, and of what config_print() makes of them.  Those that
 * don't load are in test_config_{text,values,check}.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "assert_addr.h"
#include "load_config.h"

static void expect_prefix(const struct prefix *prefix, const char *expected)
{
	char text[PREFIX_TEXT];

	assert_string_equal(prefix_format(prefix, text), expected);
}

/* The example of the design, in all its syntax. */
static const char design[] =
	"interface = { \"eth0\" }\n"
	"protect   = { \"192.0.2.25\", \"2001:db8::25\" }  # default: all\n"
	"ports     = { 25 }\n"
	"mode      = monitor            # monitor | enforce\n"
	"attach    = auto               # auto | native | generic\n"
	"user      = \"postern\"\n"
	"allow     = { \"198.51.100.0/28\" }    # the primaries' own\n"
	"block     = { }\n"
	"control   = \"/run/postern/control.sock\"\n"
	"pin       = \"/sys/fs/bpf/postern\"\n"
	"\n"
	"primary \"mx1.example.net\" {\n"
	"    address = { \"192.0.2.5\" }  # default: resolve the name\n"
	"    port    = 25\n"
	"}\n"
	"mx-of = { }                    # the domains\n"
	"\n"
	"health {\n"
	"    interval = 30s   timeout = 30s   fall = 2   rise = 3   "
	"settle = 60s\n"
	"    require  = any             # any | all | a number\n"
	"    on-up    = { }             # e.g. { \"postqueue\", \"-f\" }\n"
	"    on-down  = { }\n"
	"}\n"
	"bypass {\n"
	"    policy   = strict          # off | strict | witness\n"
	"    action   = drop            # drop | reset | defer; the sample\n"
	"    patience = \"100/1h\"        # defer: how often\n"
	"}\n"
	"dnsbl {\n"
	"    sites       = { \"zen.spamhaus.org=127.0.0.[2..11]*3\", "
	"\"list.dnswl.org=127.0.[0..255].[1..3]*-4\" }\n"
	"    threshold   = 1\n"
	"    unknown     = hold         # hold | pass\n"
	"    hold-limit  = 2500ms       # the first SYN later than this\n"
	"    nudge       = yes\n"
	"    quota       = \"100000/1d\"  # lookups per zone\n"
	"    nameservers = { }          # default: resolv.conf\n"
	"    action      = drop         # drop | reset | reject\n"
	"}\n"
	"feed \"drop\" {\n"
	"    file = \"/var/lib/postern/drop.txt\"   format = auto   "
	"action = drop   max-age = 7d\n"
	"}\n";

static void the_example_of_the_design_loads(void **state)
{
	struct config *config = expect_loaded(design);

	(void)state;
	assert_int_equal(config->interface_count, 1);
	assert_string_equal(config->interfaces[0], "eth0");
	assert_int_equal(config->protect_count, 2);
	assert_addr(&config->protect[0], "192.0.2.25");
	assert_addr(&config->protect[1], "2001:db8::25");
	assert_int_equal(config->mode, MODE_MONITOR);
	assert_int_equal(config->allow_count, 1);
	expect_prefix(&config->allow[0], "198.51.100.0/28");
	assert_int_equal(config->block_count, 0);
	assert_null(config->block);
	assert_int_equal(config->primary_count, 1);
	assert_string_equal(config->primaries[0].name, "mx1.example.net");
	assert_int_equal(config->primaries[0].address_count, 1);
	assert_addr(&config->primaries[0].addresses[0], "192.0.2.5");
	assert_null(config->health.on_up);
	assert_int_equal(config->policy, POLICY_STRICT);
	assert_int_equal(config->dnsbl.site_count, 2);
	assert_string_equal(config->dnsbl.sites[0].zone, "zen.spamhaus.org");
	assert_int_equal(config->dnsbl.sites[1].weight, -4);
	config_free(config);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct config *config = expect_loaded(LEAST);

	(void)state;
	assert_int_equal(config->protect_count, 0);
	assert_null(config->protect);
	assert_int_equal(config->port_count, 1);
	assert_int_equal(config->ports[0], 25);
	assert_int_equal(config->mode, MODE_MONITOR);
	assert_int_equal(config->attach, ATTACH_AUTO);
	assert_string_equal(config->user, "postern");
	assert_string_equal(config->group, "postern");
	assert_int_equal(config->list_capacity, 1000000);
	assert_int_equal(config->list_capacity_max, 4000000);
	assert_string_equal(config->control, CONFIG_DEFAULT_CONTROL);
	assert_string_equal(config->pin, CONFIG_DEFAULT_PIN);
	assert_int_equal(config->primary_count, 0);
	assert_int_equal(config->health.interval_ms, 30000);
	assert_int_equal(config->health.timeout_ms, 30000);
	assert_int_equal(config->health.settle_ms, 60000);
	assert_int_equal(config->health.fall, 2);
	assert_int_equal(config->health.rise, 3);
	assert_int_equal(config->health.require, 1);
	assert_false(config->health.require_all);
	assert_null(config->health.on_up);
	assert_null(config->health.on_down);
	assert_null(config->health.on_open);
	assert_null(config->health.on_close);
	assert_null(config->health.on_fail_open);
	assert_string_equal(config->queue.directory, "/var/spool/postfix");
	assert_int_equal(config->queue.flush_count, 0);
	assert_null(config->queue.flush_command);
	assert_int_equal(config->queue.flush_delay_ms, 10000);
	assert_int_equal(config->queue.recipients, RECIPIENTS_OFF);
	assert_null(config->queue.recipient_file);
	assert_int_equal(config->queue.verify_port, 10025);
	assert_int_equal(config->queue.verify_delay_ms, 5000);
	assert_null(config->health.helo);
	assert_null(config->health.recipient);
	assert_int_equal(config->mercy_ms, 7200000);
	assert_int_equal(config->crowd, 50);
	assert_int_equal(config->dnsbl.site_count, 0);
	assert_int_equal(config->dnsbl.threshold, 1);
	assert_int_equal(config->dnsbl.unknown, UNKNOWN_HOLD);
	assert_int_equal(config->dnsbl.hold_limit_ms, 2500);
	assert_true(config->dnsbl.nudge);
	assert_int_equal(config->dnsbl.quota, 100000);
	assert_int_equal(config->dnsbl.quota_period_ms, 86400000);
	assert_int_equal(config->dnsbl.nameserver_count, 0);
	assert_int_equal(config->dnsbl.cache, 262144);
	config_free(config);
	config = expect_loaded("interface = { eth0 }\n"
			       "primary \"mx1.example.net\" { }\n");
	assert_int_equal(config->policy, POLICY_STRICT);
	assert_int_equal(config->primaries[0].port, 25);
	assert_int_equal(config->primaries[0].address_count, 0);
	assert_null(config->primaries[0].addresses);
	config_free(config);
}

static void every_value_is_taken(void **state)
{
	struct config *config = expect_loaded(
		"interface = { eth0, 'eth1.25' } interface += { wan }\n"
		"ports={25,2525} mode=enforce attach=generic\n"
		"monitor = { bypass, lists }\n"
		"user = mail group=\"mail\" list-capacity = 1024\n"
		"list-capacity-max = 16777216\n"
		"allow = { 192.0.2.1, \"2001:db8::/32\", 0.0.0.0/0 }\n"
		"block += { \"203.0.113.0/24\" } control = /c.sock\n"
		"pin = /sys/fs/bpf/p-1_x\n"
		"primary a.example { port = 26 }\n"
		"primary \"b.example\" {address={ 192.0.2.5, "
		"\"2001:db8::5\"}}\n"
		"health { interval=1s timeout = 5m fall=1 rise=100 settle=0s\n"
		"require = 2 on-up = { \"sh\", '-c', 'echo ${X} \\'a\\' \\n' "
		"}\n"
		"on-down = \"true\" helo=b.example recipient=\"x+y@example\" "
		"}\n"
		"bypass { mercy = 0s crowd = 0 }\n"
		"queue { flush = { a.example } flush-delay = 0s directory = "
		"/q\n"
		"flush-command = { exim, '-R' } recipients = verify\n"
		"recipient-file = /r verify-port = 2525 verify-delay = 1s }\n"
		"dnsbl { sites = { z.example, \"y.example*2\" } threshold=3\n"
		"unknown = pass hold-limit = 10s nudge = no quota = 0\n"
		"nameservers = { 192.0.2.1, \"192.0.2.1:54\", 2001:db8::1,\n"
		"  \"[2001:db8::1]:54\" } cache = 1024 }\n");

	(void)state;
	assert_int_equal(config->interface_count, 3);
	assert_string_equal(config->interfaces[1], "eth1.25");
	assert_string_equal(config->interfaces[2], "wan");
	assert_int_equal(config->port_count, 2);
	assert_int_equal(config->ports[1], 2525);
	assert_int_equal(config->mode, MODE_ENFORCE);
	assert_int_equal(config->monitored_count, 2);
	assert_int_equal(config->monitored[0], STAGE_BYPASS);
	assert_int_equal(config->monitored[1], STAGE_LISTS);
	assert_int_equal(config->attach, ATTACH_GENERIC);
	assert_string_equal(config->user, "mail");
	assert_string_equal(config->group, "mail");
	assert_int_equal(config->allow_count, 3);
	expect_prefix(&config->allow[0], "192.0.2.1");
	expect_prefix(&config->allow[2], "0.0.0.0/0");
	assert_int_equal(config->block_count, 1);
	assert_int_equal(config->primary_count, 2);
	assert_int_equal(config->primaries[0].port, 26);
	assert_addr(&config->primaries[1].addresses[1], "2001:db8::5");
	assert_int_equal(config->health.settle_ms, 0);
	assert_int_equal(config->health.require, 2);
	assert_int_equal(config->health.on_up_count, 3);
	assert_string_equal(config->health.on_up[2], "echo ${X} 'a' \\n");
	assert_null(config->health.on_up[3]);
	assert_int_equal(config->health.on_down_count, 1);
	assert_int_equal(config->mercy_ms, 0);
	assert_int_equal(config->crowd, 0);
	assert_int_equal(config->queue.flush_count, 1);
	assert_string_equal(config->queue.flush[0], "a.example");
	assert_string_equal(config->queue.flush_command[1], "-R");
	assert_int_equal(config->queue.flush_delay_ms, 0);
	assert_string_equal(config->queue.directory, "/q");
	assert_int_equal(config->queue.recipients, RECIPIENTS_VERIFY);
	assert_string_equal(config->queue.recipient_file, "/r");
	assert_int_equal(config->queue.verify_port, 2525);
	assert_int_equal(config->queue.verify_delay_ms, 1000);
	assert_string_equal(config->health.recipient, "x+y@example");
	assert_int_equal(config->dnsbl.threshold, 3);
	assert_int_equal(config->dnsbl.unknown, UNKNOWN_PASS);
	assert_int_equal(config->dnsbl.hold_limit_ms, 10000);
	assert_false(config->dnsbl.nudge);
	assert_int_equal(config->dnsbl.quota, 0);
	assert_int_equal(config->dnsbl.nameserver_count, 4);
	assert_int_equal(config->dnsbl.nameservers[0].port, 53);
	assert_int_equal(config->dnsbl.nameservers[1].port, 54);
	assert_int_equal(config->dnsbl.nameservers[2].port, 53);
	assert_int_equal(config->dnsbl.nameservers[3].port, 54);
	config_free(config);
}

static void all_primaries_may_be_required(void **state)
{
	struct config *config =
		expect_loaded("interface = eth0 primary a.example { }\n"
			      "health { require = all }\n");

	(void)state;
	assert_true(config->health.require_all);
	assert_int_equal(config->health.require, 0);
	config_free(config);
}

/* Each is LEAST in another dress. */
static const char *const same[] = {
	"# a comment\n\n\n" LEAST,
	"interface = { # one\n eth0 /* two\n */, // three\n}\n"
	"bypass { policy = off }",
	"interface={eth0,}bypass{policy=off}",
	"interface=eth0\r\nbypass { # CR LF\r\n policy=off\r\n}\r\n",
	"bypass { }\n" LEAST "bypass { }",
	"interface = {} interface = { eth0 } bypass { policy = \"off\" }\n",
	LEAST "# caf\xc3\xa9, no newline at the end",
	LEAST "##\n#\n//\n///\n/**/\n/***/\n/* // # \" ' { */",
	LEAST "mx-of = { } dnsbl { quota = \"100000/24h\" action = drop }",
	LEAST "dnsbl { quota = \"0/1d\" }",
	LEAST "bypass { patience = \"100/60m\" action = drop }",
};

static void syntax_is_liberal(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct config *config = expect_loaded(same[i]);

		assert_int_equal(config->interface_count, 1);
		assert_string_equal(config->interfaces[0], "eth0");
		assert_int_equal(config->policy, POLICY_OFF);
		config_free(config);
	}
}

static void the_environment_is_not_looked_at(void **state)
{
	struct config *config;

	(void)state;
	setenv("POSTERN_TEST", "expanded", 1);
	config = expect_loaded(LEAST
			       "health { on-up = { '${POSTERN_TEST}' } }\n");
	assert_string_equal(config->health.on_up[0], "${POSTERN_TEST}");
	config_free(config);
}

/* Prints `config` into memory for free(). */
static void guards_have_addresses_domains_and_primaries(void **state)
{
	struct config *config = expect_loaded(
		"interface = { eth0 } protect = { 192.0.2.25 }\n"
		"mx-of = { a.example, b.example }\n"
		"primary c.example { }\n"
		"guard \"d\" { protect = { 192.0.2.26, ::2 }\n"
		"primary e.example { port = 26 address = { ::1 } }\n"
		"primary c.example { } }\n"
		"guard \"f\" { protect = { 192.0.2.27 } mx-of = { g.example } "
		"}\n");
	struct config_guard guard = config_guard(config, 0);
	struct addr addr;

	(void)state;
	assert_int_equal(config_guard_count(config), 3);
	assert_string_equal(guard.name, "");
	assert_int_equal(guard.protect_count, 1);
	assert_int_equal(guard.mx_of_count, 2);
	assert_string_equal(guard.mx_of[1], "b.example");
	assert_int_equal(guard.primary_count, 1);
	guard = config_guard(config, 1);
	assert_string_equal(guard.name, "d");
	assert_int_equal(guard.protect_count, 2);
	assert_int_equal(guard.mx_of_count, 0);
	assert_int_equal(guard.primary_count, 2);
	assert_string_equal(guard.primaries[0].name, "e.example");
	assert_int_equal(guard.primaries[0].port, 26);
	assert_addr(&guard.primaries[0].addresses[0], "::1");
	assert_int_equal(guard.primaries[1].port, 25);
	guard = config_guard(config, 2);
	assert_string_equal(guard.mx_of[0], "g.example");
	assert_int_equal(guard.primary_count, 0);
	assert_int_equal(addr_parse("::2", &addr), 0);
	assert_int_equal(config_guard_of(config, &addr), 1);
	assert_int_equal(addr_parse("192.0.2.27", &addr), 0);
	assert_int_equal(config_guard_of(config, &addr), 2);
	assert_int_equal(addr_parse("192.0.2.28", &addr), 0);
	assert_int_equal(config_guard_of(config, &addr), 0);
	config_free(config);
}

static char *printed(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print(config, out);
	fclose(out);
	return text;
}

static void what_is_printed_loads_to_the_same(void **state)
{
	static const char *const texts[] = {
		LEAST,
		design,
		"interface = { eth0 }\n"
		"primary a.example { address = { ::1 } port = 65535 }\n"
		"primary b.example { }\n"
		"health { require = all on-up = { \"a \\\"b\\\" \\\\\", '${' "
		"}\n"
		"recipient = \"a'b@c.example\" helo = a settle = 90s }\n"
		"dnsbl { sites = { \"z.example=127.[0;2;4..6].1.[9]*-3\", y }\n"
		"unknown = pass nudge = no\n"
		"nameservers = { 127.0.0.1, ::1 } hold-limit = 100ms }\n",
		"interface = { eth0 } mx-of = { a.example, b.example }\n"
		"guard \"c\" { protect = { 192.0.2.26, ::2 }\n"
		"primary d.example { port = 26 address = { ::1 } }\n"
		"primary e.example { } }\n"
		"guard \"f\" { protect = { 192.0.2.27 } mx-of = { g.example } "
		"}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config *config = expect_loaded(texts[i]);
		char *first = printed(config);
		char *second;

		config_free(config);
		config = expect_loaded(first);
		second = printed(config);
		config_free(config);
		assert_string_equal(first, second);
		free(first);
		free(second);
	}
}

static void lists_grow_long(void **state)
{
	const size_t entries = 20000;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct config *config;

	(void)state;
	assert_non_null(out);
	fprintf(out, LEAST "block = {");
	for (size_t i = 0; i < entries; i++)
		fprintf(out, "10.%zu.%zu.0/24,", i / 256, i % 256);
	fprintf(out, "}");
	fclose(out);
	config = expect_loaded(text);
	assert_int_equal(config->block_count, entries);
	expect_prefix(&config->block[entries - 1], "10.78.31.0/24");
	config_free(config);
	free(text);
}

static void the_sample_loads_in_monitor_mode(void **state)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;
	int fd = config_open(SAMPLE, error);

	(void)state;
	if (fd < 0 || config_load(fd, SAMPLE, &config, error) != 0)
		fail_msg("%s", error);
	close(fd);
	assert_int_equal(config->mode, MODE_MONITOR);
	assert_int_equal(config->policy, POLICY_STRICT);
	assert_int_equal(config->primary_count, 1);
	config_free(config);
}

/* Whether a commented line of the sample is a setting, or begins or ends one */
static bool is_setting(const char *line)
{
	size_t word;

	if (*line == '}' || *line == '\t')
		return true;
	word = strspn(line, "abcdefghijklmnopqrstuvwxyz-");
	if (strncmp(line + word, " \"", 2) == 0)
		return line[strcspn(line, "\n") - 1] == '{';
	return word > 0 && strncmp(line + word, " = ", 3) == 0;
}

/* What the sample only shows has to be right as well. */
static void the_sample_loads_with_all_its_examples(void **state)
{
	size_t size;
	char *text = read_sample(&size);
	struct config *config;

	(void)state;
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		line += strspn(line, "\t");
		if (*line == '#' && is_setting(line + 1))
			*line = ' ';
	}
	config = expect_loaded(text);
	free(text);
	assert_int_equal(config->allow_count, 2);
	assert_int_equal(config->block_count, 1);
	assert_int_equal(config->feed_count, 1);
	assert_int_equal(config->health.on_up_count, 2);
	assert_int_equal(config->health.on_down_count, 3);
	assert_int_equal(config->health.on_open_count, 3);
	assert_int_equal(config->queue.flush_count, 2);
	assert_non_null(config->health.helo);
	assert_non_null(config->health.recipient);
	assert_int_equal(config->dnsbl.site_count, 2);
	assert_int_equal(config->dnsbl.nameserver_count, 1);
	config_free(config);
}

static void the_copy_can_not_be_changed(void **state)
{
	char error[CONFIG_ERROR_TEXT] = "";
	int fd = config_open(SAMPLE, error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	close(fd);
}

/* A descriptor that parent and worker share has one offset for both. */
static void it_is_read_from_the_start(void **state)
{
	char error[CONFIG_ERROR_TEXT] = "";
	int fd = config_open(SAMPLE, error);

	(void)state;
	assert_true(lseek(fd, 0, SEEK_END) > 0);
	for (int i = 0; i < 2; i++) {
		struct config *config = NULL;

		assert_int_equal(config_load(fd, SAMPLE, &config, error), 0);
		config_free(config);
	}
	close(fd);
}

static void a_pipe_can_be_read(void **state)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], LEAST, strlen(LEAST)), strlen(LEAST));
	close(ends[1]);
	assert_int_equal(config_load(ends[0], "pipe", &config, error), 0);
	config_free(config);
	close(ends[0]);
}

static void what_a_reload_can_not_change_is_named(void **state)
{
	static const struct {
		const char *text;
		const char *name;
	} cases[] = {
		{"", NULL},
		{"mode = enforce ports = 26 allow = { ::1 }", NULL},
		{"list-capacity-max = 2048", NULL},
		{"user = mail", "user"},
		{"group = mail", "group"},
		{"control = /x", "control"},
		{"pin = /sys/fs/bpf/x", "pin"},
		{"list-capacity = 2048", "list-capacity"},
		{"dnsbl { cache = 2048 }", "dnsbl.cache"},
		{"pin = /sys/fs/bpf/x user = mail", "user"},
	};
	struct config *now = expect_loaded(LEAST);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *next;
		const char *name;
		char text[256];

		snprintf(text, sizeof(text), LEAST "%s", cases[i].text);
		next = expect_loaded(text);
		name = config_fixed_difference(now, next);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
		else
			assert_null(name);
		config_free(next);
	}
	config_free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_design_loads),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(every_value_is_taken),
		cmocka_unit_test(all_primaries_may_be_required),
		cmocka_unit_test(syntax_is_liberal),
		cmocka_unit_test(the_environment_is_not_looked_at),
		cmocka_unit_test(guards_have_addresses_domains_and_primaries),
		cmocka_unit_test(what_is_printed_loads_to_the_same),
		cmocka_unit_test(lists_grow_long),
		cmocka_unit_test(the_sample_loads_in_monitor_mode),
		cmocka_unit_test(the_sample_loads_with_all_its_examples),
		cmocka_unit_test(the_copy_can_not_be_changed),
		cmocka_unit_test(it_is_read_from_the_start),
		cmocka_unit_test(a_pipe_can_be_read),
		cmocka_unit_test(what_a_reload_can_not_change_is_named),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

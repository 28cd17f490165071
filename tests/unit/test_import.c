/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken out of a main.cf and its tables, and what is noted; the
 * command, and that posternd accepts what it prints.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "postfix/import.h"

#define PATH "main.cf"

/* Files in memory, instead of those of this machine. */
static const struct {
	const char *path;
	const char *text;
} tables[] = {
	{"/t/access", "# no rule\n"
		      "192.0.2.7 permit\n"
		      "192.0.2.0/24\treject\n"
		      "192.0.2.8 permit\n"
		      "[2001:db8::]/32 PERMIT\n"
		      "198.51.100.4/30 dunno\n"
		      "198.51.100.0/28 permit\n"},
	{"/t/dunno", "192.0.2.128/25 dunno\n192.0.2.0/24 reject\n"},
	{"/t/permit", "192.0.2.0/24 permit\n"},
	{"/t/networks", "192.0.2.64/26 whatever\n2001:db8:1::/48\n"
			"203.0.113.0/24 x\n"},
	{"/t/odd", "!192.0.2.0/24 permit\n"
		   "if 192.0.2.0/24\n192.0.2.1 permit\nif !::/0\nendif\n"
		   "192.0.2.2 permit\nendif\n"
		   "192.0.2.3\n"
		   "192.0.2.9/24 permit\n"
		   "192.0.2.4 frob\n"
		   "192.0.2.4 permit\n"
		   "x permit\n"
		   "0.0.0.0/0 permit\n"
		   "192.0.2.5 permit\n"},
};

static int read_table(const char *path, char **text, size_t *size)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(tables[i].path, path) != 0)
			continue;
		*text = strdup(tables[i].text);
		*size = strlen(tables[i].text);
		return *text ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

#define NOTES_MAX 8
#define NETS	  "mynetworks =\n"

/* As "zone=filter*weight ...", "prefix ...", and parts of notes. */
static const struct {
	const char *text;
	int threshold;
	const char *sites;
	const char *allow;
	const char *notes[NOTES_MAX];
} imports[] = {
	{NETS, 1, "", "", {NULL}},
	{"", 1, "", "", {"mynetworks is not set"}},

	/* postscreen(8) */
	{NETS "postscreen_dnsbl_sites = a.example*2, b.example=127.0.0.[2;3]\n"
	      " c.example=127.0.0.2*-1\n a.example*2\n"
	      "postscreen_dnsbl_threshold = 3\n"
	      "postscreen_dnsbl_action = enforce\n",
	 3,
	 "a.example*2 b.example=127.0.0.[2;3]*1 c.example=127.0.0.2*-1 "
	 "a.example*2 ",
	 "",
	 {NULL}},
	{NETS "s = A.Example\npostscreen_dnsbl_sites = $s ${t?b.example}\n",
	 1,
	 "a.example*1 ",
	 "",
	 {"postscreen_dnsbl_action is ignore"}},
	{NETS "postscreen_dnsbl_sites = a.example $nope\n"
	      "postscreen_dnsbl_action = drop",
	 1,
	 "a.example*1 ",
	 "",
	 {"main.cf:2: $nope is not set"}},
	{NETS "postscreen_dnsbl_whitelist_threshold = -2\n"
	      "postscreen_dnsbl_ttl = 2h\n",
	 1,
	 "",
	 "",
	 {"postscreen_dnsbl_allowlist_threshold is -2: it has no counterpart",
	  "main.cf:3: postscreen_dnsbl_ttl: "}},
	{NETS "postscreen_dnsbl_threshold = 2\n"
	      "postscreen_dnsbl_sites = a.example b.example*-5\n"
	      "postscreen_dnsbl_action = drop",
	 2,
	 "a.example*1 b.example*-5 ",
	 "",
	 {"don't add up to the threshold of 2"}},

	/* smtpd(8) */
	{NETS "smtpd_client_restrictions = permit_mynetworks,\n"
	      " reject_rbl_client a.example REJECT_RBL_CLIENT "
	      "b.example=127.0.0.2\n"
	      "smtpd_recipient_restrictions = reject_rbl_client a.example\n"
	      "smtpd_data_restrictions = reject_rbl_client c.example\n"
	      "postscreen_dnsbl_threshold = 4\n",
	 4,
	 "a.example*4 b.example=127.0.0.2*4 c.example*4 ",
	 "",
	 {NULL}},
	{NETS "postscreen_dnsbl_sites = a.example*3 b.example*4\n"
	      "postscreen_dnsbl_action = drop\n"
	      "postscreen_dnsbl_threshold = 4\n"
	      "smtpd_helo_restrictions = reject_rbl_client a.example, "
	      "reject_rbl_client b.example",
	 4,
	 "a.example*3 b.example*4 a.example*4 ",
	 "",
	 {NULL}},
	{NETS "smtpd_sender_restrictions = permit_dnswl_client w.example "
	      "reject_rbl_client a.example reject_rbl_client b.example permit "
	      "reject_rbl_client c.example",
	 1,
	 "w.example*-2 a.example*1 b.example*1 ",
	 "",
	 {"main.cf:2: permit_dnswl_client w.example has the weight -2"}},
	{NETS "smtpd_relay_restrictions = reject_rbl_client a.example "
	      "permit_dnswl_client w.example=127.0.[0..255].[1..3]",
	 1,
	 "a.example*1 w.example=127.0.[0..255].[1..3]*-1 ",
	 "",
	 {"has the weight -1"}},
	{NETS "smtpd_client_restrictions = permit_dnswl_client w.example "
	      "reject_rbl_client a.example\n"
	      "smtpd_sender_restrictions = permit_dnswl_client w.example "
	      "reject_rbl_client a.example reject_rbl_client b.example",
	 1,
	 "w.example*-2 a.example*1 b.example*1 ",
	 "",
	 {"has the weight -1", "has the weight -2"}},
	{NETS "postscreen_dnsbl_sites = w.example*-4\n"
	      "postscreen_dnsbl_action = drop\n"
	      "smtpd_client_restrictions = permit_dnswl_client w.example "
	      "warn_if_reject reject_rbl_client a.example "
	      "reject_rbl_client b.example",
	 1,
	 "w.example*-4 w.example*-1 b.example*1 ",
	 "",
	 {"has the weight -1", "a.example: it only warns"}},
	{NETS "smtpd_restriction_classes = onex xone\n"
	      "one = reject_rbl_client a.example\n"
	      "smtpd_client_restrictions = one\n",
	 1,
	 "",
	 "",
	 {NULL}},
	{NETS "smtpd_client_restrictions = warn_if_reject reject_rbl_client "
	      "a.example reject_rhsbl_helo b.example reject_maps_rbl",
	 1,
	 "",
	 "",
	 {"main.cf:2: smtpd_client_restrictions: reject_rbl_client a.example: "
	  "it only warns",
	  "reject_rhsbl_helo b.example: a SYN has no name",
	  "reject_maps_rbl: add the zones"}},
	{NETS "smtpd_client_restrictions = check_client_access hash:/x "
	      "permit_sasl_authenticated reject_rbl_client a.example "
	      "check_client_access hash:/y permit_tls_clientcerts\n",
	 1,
	 "a.example*1 ",
	 "",
	 {"check_client_access hash:/x: whom it lets in",
	  "permit_sasl_authenticated: a SYN can't tell"}},
	{NETS "smtpd_restriction_classes = one, two\n"
	      "one = reject_rbl_client a.example, two\n"
	      "two = reject_rbl_client b.example\n"
	      "smtpd_client_restrictions = one\n",
	 1,
	 "a.example*1 b.example*1 ",
	 "",
	 {"main.cf:4: two: the DNSBLs of this restriction class"}},
	{NETS "smtpd_etrn_restrictions = reject_rbl_client a.example\n"
	      "x = reject_rbl_client b.example\n",
	 1,
	 "",
	 "",
	 {NULL}},

	/* mynetworks */
	{"mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104, [::1]/128\n"
	 " [2001:db8::]/32 [2001:db8:1::/48] 192.0.2.1 [192.0.2.1]",
	 1,
	 "",
	 "127.0.0.0/8 ::1 2001:db8::/32 2001:db8:1::/48 192.0.2.1 ",
	 {NULL}},
	{"mynetworks = !192.0.2.1, !!192.0.2.2, !192.0.2.128/25 192.0.2.0/24\n"
	 " ![2001:db8::1] [2001:db8::]/126",
	 1,
	 "",
	 "192.0.2.2 192.0.2.0 192.0.2.2/31 192.0.2.4/30 192.0.2.8/29 "
	 "192.0.2.16/28 192.0.2.32/27 192.0.2.64/26 2001:db8:: "
	 "2001:db8::2/127 ",
	 {NULL}},
	{"mynetworks = !192.0.2.0/25 192.0.2.0/26 192.0.2.1",
	 1,
	 "",
	 "",
	 {NULL}},
	{"mynetworks = 192.0.2.1 hash:/x /y !/z mail.example cidr:nets "
	 "0.0.0.0/0 192.0.2.2",
	 1,
	 "",
	 "192.0.2.1 192.0.2.2 ",
	 {"\"hash:/x\" is not carried over", "\"/y\" is not carried over",
	  "\"/z\" is not carried over", "\"mail.example\" is not carried over",
	  "\"cidr:nets\" is not carried over",
	  "main.cf:1: 0.0.0.0/0 covers everybody"}},
	{"mynetworks = 192.0.2.1 static:all 192.0.2.2",
	 1,
	 "",
	 "192.0.2.1 ",
	 {"mynetworks: \"static:all\" decides about everybody"}},
	{"mynetworks = 192.0.2.64 cidr:/t/networks 192.0.2.65",
	 1,
	 "",
	 "192.0.2.64 192.0.2.64/26 203.0.113.0/24 192.0.2.65 ",
	 {"/t/networks:2: left out: it has no result"}},
	{"mynetworks = !cidr:/t/networks 192.0.2.0/24",
	 1,
	 "",
	 "192.0.2.0/26 192.0.2.128/25 ",
	 {"/t/networks:2: left out"}},
	{"mynetworks = cidr:/t/none 192.0.2.1",
	 1,
	 "",
	 "192.0.2.1 ",
	 {"cidr:/t/none can't be read (No such file or directory)"}},

	/* postscreen_access_list */
	{NETS "postscreen_access_list = permit_mynetworks cidr:/t/access\n",
	 1,
	 "",
	 "192.0.2.7 2001:db8::/32 198.51.100.0/30 198.51.100.8/29 ",
	 {"rejects 1 networks, but postscreen_denylist_action is ignore"}},
	{NETS "postscreen_access_list = cidr:/t/access cidr:/t/permit\n"
	      "postscreen_blacklist_action = enforce\n",
	 1,
	 "",
	 "192.0.2.7 2001:db8::/32 198.51.100.0/30 198.51.100.8/29 ",
	 {"/t/access:3: 192.0.2.0/24 is rejected there"}},
	{NETS "postscreen_access_list = cidr:/t/dunno cidr:/t/permit\n"
	      "postscreen_denylist_action = drop\n",
	 1,
	 "",
	 "192.0.2.128/25 ",
	 {"/t/dunno:2: 192.0.2.0/24 is rejected there"}},
	{NETS "postscreen_access_list = cidr:/t/odd\n",
	 1,
	 "",
	 "192.0.2.5 ",
	 {"/t/odd:1: left out: a pattern with",
	  "/t/odd:2: left out: the rules within this \"if\"",
	  "/t/odd:8: left out: it has no result",
	  "/t/odd:9: left out: bits behind the length are set",
	  "/t/odd:10: \"frob\" is not carried over",
	  "/t/odd:12: left out: it is no ADDRESS",
	  "/t/odd:13: 0.0.0.0/0 covers"}},
	{NETS "postscreen_access_list = dunno cidr:/t/permit\n",
	 1,
	 "",
	 "",
	 {NULL}},
	{NETS "postscreen_access_list = static:dunno static:permit "
	      "cidr:/t/permit\n",
	 1,
	 "",
	 "",
	 {"\"static:permit\" decides about everybody"}},
	{NETS "postscreen_access_list = permit, cidr:/t/permit\n",
	 1,
	 "",
	 "",
	 {"postscreen_access_list: \"permit\" is not carried over"}},
	{NETS "postscreen_access_list = hash:/x $config_directory/y:z\n",
	 1,
	 "",
	 "",
	 {"\"hash:/x\" is not carried over", "\"./y:z\" is not carried over"}},
};

static int import(const char *text, struct postfix_import *out,
		  char error[static MAIN_CF_ERROR])
{
	struct main_cf *main_cf = NULL;
	int result;

	result = main_cf_load(text, strlen(text), PATH, ".", &main_cf, error);
	if (!result)
		result = postfix_import(main_cf, read_table, out, error);
	main_cf_free(main_cf);
	return result;
}

static void expect_sites(const struct postfix_import *found,
			 const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < found->site_count; i++) {
		const struct postfix_site *one = &found->sites[i];
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s%s*%d ",
			 one->site.zone, one->filter ? "=" : "",
			 one->filter ? one->filter : "", one->site.weight);
	}
	assert_string_equal(text, expected);
}

static void expect_allow(const struct postfix_import *found,
			 const char *expected)
{
	char text[1024] = "", prefix[PREFIX_TEXT];

	for (size_t i = 0; i < found->allow.count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s ",
			 prefix_format(&found->allow.prefixes[i], prefix));
	}
	assert_string_equal(text, expected);
}

static void expect_notes(const struct postfix_import *found,
			 const char *const notes[static NOTES_MAX])
{
	size_t count = 0;

	while (count < NOTES_MAX && notes[count])
		count++;
	for (size_t i = 0; i < found->note_count; i++)
		print_message("    %s\n", found->notes[i]);
	assert_int_equal(found->note_count, count);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(found->notes[i], notes[i]));
}

static void settings_are_taken_and_the_rest_is_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(imports) / sizeof(imports[0]); i++) {
		struct postfix_import *found = calloc(1, sizeof(*found));
		char error[MAIN_CF_ERROR] = "";

		print_message("%s\n", imports[i].text);
		assert_int_equal(import(imports[i].text, found, error), 0);
		assert_string_equal(error, "");
		assert_int_equal(found->threshold, imports[i].threshold);
		expect_sites(found, imports[i].sites);
		expect_allow(found, imports[i].allow);
		expect_notes(found, imports[i].notes);
		postfix_import_free(found);
		free(found);
	}
}

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{"a = 1\nb\n", "main.cf:2: no \"=\" behind the name"},
	{"a = 1\n\nmydomain = ${a\n", "main.cf:3: \"{\" without \"}\""},
	{"mynetworks = $a\na = $b\nb = $a\n", "refers to itself"},
	{"a = 1\npostscreen_dnsbl_sites = x.example,\n y.example*\n",
	 "main.cf:2: postscreen_dnsbl_sites: \"y.example*\": the weight"},
	{"postscreen_dnsbl_sites = x.example=127.0.0.[3..1]\n",
	 "main.cf:1: postscreen_dnsbl_sites: "},
	{"postscreen_dnsbl_sites = abcdefghij0123456789.example*x\n",
	 "\"***.example*x\""},
	{"postscreen_dnsbl_threshold = x\n", "main.cf:1: "},
	{"postscreen_dnsbl_threshold = 0\n", "expected a number from 1"},
	{"postscreen_dnsbl_threshold =\n", "expected a number from 1"},
	{"smtpd_client_restrictions = reject_rbl_client\n",
	 "main.cf:1: smtpd_client_restrictions: nothing follows"},
	{"x = 1\nsmtpd_client_restrictions = reject_rbl_client a.example*2\n",
	 "main.cf:2: smtpd_client_restrictions: \"a.example*2\": a weight"},
	{"smtpd_client_restrictions = permit_dnswl_client a..example\n",
	 "main.cf:1: smtpd_client_restrictions: \"a..example\": "},
	{"smtpd_restriction_classes = a\na = a\n"
	 "smtpd_client_restrictions = a\n",
	 "part of itself"},
	{"mynetworks = 192.0.2.1/24\n",
	 "main.cf:1: mynetworks: \"192.0.2.1/24\": bits behind"},
	{"mynetworks = 192.0.2.0/33\n", "the length is too large"},
	{"mynetworks = 192.0.2\n", "it is no ADDRESS"},
	{"mynetworks = [2001:db8::\n", "expected [ADDRESS]"},
	{"mynetworks = 192.0.2.0/24 2001:db8::/32\n",
	 "expected IPv6 addresses in brackets"},
};

static void what_postfix_refuses_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct postfix_import *found = calloc(1, sizeof(*found));
		char error[MAIN_CF_ERROR] = "";

		print_message("%s\n", refused[i].text);
		assert_int_equal(import(refused[i].text, found, error),
				 -EINVAL);
		print_message("    %s\n", error);
		assert_ptr_equal(strstr(error, PATH ":"), error);
		assert_non_null(strstr(error, refused[i].error));
		postfix_import_free(found);
		free(found);
	}
}

/* Too much of anything is noted, not taken and not an error. */
static void what_is_too_much_is_left_out(void **state)
{
	struct postfix_import *found = calloc(1, sizeof(*found));
	char error[MAIN_CF_ERROR] = "";
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	out = open_memstream(&text, &size);
	fprintf(out, "postscreen_dnsbl_sites =");
	for (int i = 0; i < 70; i++)
		fprintf(out, " z%d.example", i);
	fprintf(out, "\nmynetworks =");
	for (int i = 0; i < NETWORKS_MAX + 300; i++)
		fprintf(out, " 10.%d.%d.1", i / 256, i % 256);
	for (int i = 0; i < 65; i++)
		fprintf(out, " cidr:/t/permit");
	for (int i = 0; i < 300; i++)
		fprintf(out, " hash:/x%d", i);
	fclose(out);
	assert_int_equal(import(text, found, error), 0);
	assert_int_equal(found->site_count, CONFIG_SITES_MAX);
	assert_int_equal(found->allow.count, NETWORKS_MAX);
	assert_non_null(strstr(found->notes[0], "room for 64 sites"));
	assert_non_null(strstr(found->notes[7], "more than 16384 networks"));
	assert_non_null(strstr(found->notes[8], "more than 64 tables"));
	assert_int_equal(found->note_count, POSTFIX_NOTES_MAX);
	assert_in_range(found->notes_omitted, 40, 60);
	postfix_import_free(found);
	free(found);
	free(text);
}

/* The command */

struct run {
	int status;
	char *out;
	char *err;
};

static char directory[] = "/tmp/postern-import-XXXXXX";

static struct run run(const char *operand, bool json)
{
	char name[] = "posternctl", command[] = "import-postfix";
	char option[] = "--json";
	char *last = strdup(operand);
	char *argv[] = {name, command, last, json ? option : NULL, NULL};
	struct run run;
	size_t size;
	FILE *out = open_memstream(&run.out, &size);
	FILE *err = open_memstream(&run.err, &size);

	run.status = (int)ctl_main(json ? 4 : 3, argv, out, err);
	fclose(out);
	fclose(err);
	free(last);
	return run;
}

static void run_free(struct run *run)
{
	free(run->out);
	free(run->err);
}

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static const char sample[] =
	"mynetworks = 127.0.0.0/8, 192.0.2.0/24\n"
	"postscreen_access_list = permit_mynetworks,\n"
	"    cidr:${config_directory}/access.cidr\n"
	"postscreen_dnsbl_sites = zen.example=127.0.0.[2..11]*3,\n"
	"# good ones\n"
	"    list.example=127.0.[0..255].[1..3]*-4\n"
	"postscreen_dnsbl_threshold = 3\n"
	"smtpd_client_restrictions = reject_rbl_client b.example,\n"
	"    reject_rhsbl_sender \001\x1b[31m\"}\xff.example\n";

static void json_has_these_keys_and_no_other(void **state)
{
	json_t *root, *expected, *notes;
	struct run done;

	(void)state;
	write_file("main.cf", sample);
	write_file("access.cidr", "203.0.113.5 permit\n");
	done = run(directory, true);
	assert_string_equal(done.err, "");
	assert_int_equal(done.status, 0);
	root = json_loads(done.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	notes = json_incref(json_object_get(root, "notes"));
	assert_int_equal(json_array_size(notes), 2);
	assert_int_equal(json_object_del(root, "notes"), 0);
	expected = json_pack(
		"{s:[{s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:n, s:i}], "
		"s:i, s:[s, s, s]}",
		"sites", "zone", "zen.example", "filter", "127.0.0.[2..11]",
		"weight", 3, "zone", "list.example", "filter",
		"127.0.[0..255].[1..3]", "weight", -4, "zone", "b.example",
		"filter", "weight", 3, "threshold", 3, "allow", "127.0.0.0/8",
		"192.0.2.0/24", "203.0.113.5");
	assert_non_null(expected);
	assert_true(json_equal(root, expected));
	json_decref(notes);
	json_decref(expected);
	json_decref(root);
	run_free(&done);
}

static struct config *load(const char *text)
{
	int fd = memfd_create("postern.conf", MFD_CLOEXEC);
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	if (config_load(fd, "postern.conf", &config, error) != 0)
		fail_msg("%s\n%s", error, text);
	close(fd);
	return config;
}

static void expect_printable(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && *text != '\t' &&
		    (unsigned char)*text < ' ')
			fail_msg("a control character: %d", *text);
}

static void the_configuration_loads_as_it_is(void **state)
{
	struct config *config;
	struct run done;

	(void)state;
	write_file("main.cf", sample);
	write_file("access.cidr", "203.0.113.5 permit\n");
	done = run(directory, false);
	assert_string_equal(done.err, "");
	assert_int_equal(done.status, 0);
	expect_printable(done.out);
	config = load(done.out);
	assert_int_equal(config->mode, MODE_MONITOR);
	assert_int_equal(config->policy, POLICY_OFF);
	assert_int_equal(config->allow_count, 3);
	assert_int_equal(config->dnsbl.site_count, 3);
	assert_int_equal(config->dnsbl.sites[0].weight, 3);
	assert_int_equal(config->dnsbl.sites[1].weight, -4);
	assert_int_equal(config->dnsbl.threshold, 3);
	config_free(config);
	run_free(&done);
}

static void every_import_makes_a_configuration_that_loads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(imports) / sizeof(imports[0]); i++) {
		struct run done;

		write_file("main.cf", imports[i].text);
		done = run(directory, false);
		assert_int_equal(done.status, 0);
		config_free(load(done.out));
		run_free(&done);
	}
}

static void failures_are_one_line_and_status_1(void **state)
{
	static const struct {
		const char *name;
		const char *text; /* NULL: no file is made */
		const char *words;
	} failures[] = {
		{"none", NULL, "No such file"},
		{"fifo", NULL, "no regular file"},
		{"empty", NULL, "main.cf: No such file"},
		{"bad.cf", "a = 1\nb\n", "bad.cf:2: no \"=\""},
	};
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/empty", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/fifo", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct run done;

		if (failures[i].text)
			write_file(failures[i].name, failures[i].text);
		snprintf(path, sizeof(path), "%s/%s", directory,
			 failures[i].name);
		done = run(path, i % 2);
		assert_int_equal(done.status, 1);
		assert_string_equal(done.out, "");
		assert_non_null(strstr(done.err, failures[i].words));
		assert_ptr_equal(strchr(done.err, '\n'),
				 done.err + strlen(done.err) - 1);
		run_free(&done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_taken_and_the_rest_is_noted),
		cmocka_unit_test(what_postfix_refuses_is_an_error),
		cmocka_unit_test(what_is_too_much_is_left_out),
		cmocka_unit_test(json_has_these_keys_and_no_other),
		cmocka_unit_test(the_configuration_loads_as_it_is),
		cmocka_unit_test(every_import_makes_a_configuration_that_loads),
		cmocka_unit_test(failures_are_one_line_and_status_1),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

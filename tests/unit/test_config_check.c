/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to hold between keys, and how many of each there may be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load_config.h"

/* With a primary and its gate. */
#define GATED "interface = { eth0 } primary a.example { }\n"

static void nothing_is_overridden_silently(void **state)
{
	static const struct refused cases[] = {
		{"mode = monitor\n\nmode = enforce",
		 "t.conf:3: mode is given a second time, first on line 1, "
		 "expected it once"},
		{"allow = { 192.0.2.1 }\nallow = { 192.0.2.2 }",
		 "t.conf:2: allow is given a second time, first on line 1, "
		 "expected it once (`+=` adds to a list)"},
		{"allow = { 192.0.2.1 }\nallow = { }\n",
		 "t.conf:2: allow is given a second time, first on line 1, "
		 "expected it once (`+=` adds to a list)"},
		{"health { fall = 2 }\nhealth {\nfall = 3 }",
		 "t.conf:3: health.fall is given a second time, first on line "
		 "1, expected it once"},
		{"primary a.example { }\nprimary a.example { }",
		 "t.conf:2: \"a.example\" is given a second time, "
		 "expected it once"},
		{"primary a.example { }\nprimary A.example { }",
		 "t.conf:2: the primary \"A.example\" is given a second time, "
		 "expected it once"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void keys_have_to_fit_together(void **state)
{
	static const struct refused cases[] = {
		{"", "t.conf:1: no interface is given, expected one, such as "
		     "interface = { \"eth0\" }"},
		{"# nothing\n\n# at all\n",
		 "t.conf:3: no interface is given, expected one, such as "
		 "interface = { \"eth0\" }"},
		{"interface = { eth0 } bypass { policy = witness }\n",
		 "t.conf:1: bypass.policy = witness, but no primary is named, "
		 "expected a `primary` section, `mx-of`, or policy = off"},
		{LEAST "doorman {\ntls-key-file = \"/k.pem\" }",
		 "t.conf:3: doorman.tls-key-file without "
		 "doorman.tls-cert-file, "
		 "expected both or the latter alone"},
		{LEAST "queue {\nrecipients = verify\n}\n",
		 "t.conf:3: queue.recipients = verify, but no recipients are "
		 "known, expected recipient-file = \"/a/path\""},
		{LEAST "queue { flush-command = { \"\" } }",
		 "t.conf:2: queue.flush-command begins with \"\", expected a "
		 "command"},
		{LEAST "health { on-open = { \"\", x } }",
		 "t.conf:2: health.on-open begins with \"\", expected a "
		 "command"},
		{"interface = { eth0 }\n",
		 "t.conf:1: bypass.policy = strict, but no primary is named, "
		 "expected a `primary` section, `mx-of`, or policy = off"},
		{"interface = { eth0 }\nbypass {\npolicy = strict\n}\n",
		 "t.conf:3: bypass.policy = strict, but no primary is named, "
		 "expected a `primary` section, `mx-of`, or policy = off"},
		{GATED "health { require = 2 }",
		 "t.conf:2: health.require = 2, but 1 primary is named, "
		 "expected no more than that"},
		{GATED "primary b.example { }\nhealth {\nrequire = 3 }",
		 "t.conf:4: health.require = 3, but 2 primaries are named, "
		 "expected no more than that"},
		{GATED "protect = { 192.0.2.5 }\nprimary b.example {\n"
		       "address = { 192.0.2.4,\n192.0.2.5 } }\n",
		 "t.conf:5: primary.address = \"192.0.2.5\" is in `protect` "
		 "too, expected the primary to be another host"},
		{GATED "guard b {\nmx-of = { example.net }\n}",
		 "t.conf:4: guard \"b\" protects nothing, expected `protect` "
		 "with addresses of this host"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n}",
		 "t.conf:4: guard \"b\" names neither domains nor primaries, "
		 "expected `mx-of` or a `primary` section"},
		{GATED "protect = { 192.0.2.25,\n192.0.2.26 }\nguard b {\n"
		       "protect = { 192.0.2.26 } mx-of = { example.net } }",
		 "t.conf:3: protect = \"192.0.2.26\" is in the guard \"b\" "
		 "too, "
		 "expected it in one place"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "mx-of = { example.net } }\nguard c {\n"
		       "protect = { 192.0.2.27,\n192.0.2.26 }\n"
		       "mx-of = { example.net } }",
		 "t.conf:7: protect = \"192.0.2.26\" is in the guard \"b\" "
		 "too, "
		 "expected it in one place"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "primary m.example {\naddress = { 192.0.2.4,\n"
		       "192.0.2.26 } } }",
		 "t.conf:6: primary.address = \"192.0.2.26\" is in `protect` "
		 "too, expected the primary to be another host"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "primary m.example { }\nprimary n.example { } }\n"
		       "health {\nrequire = 2\n}",
		 "t.conf:7: health.require = 2, but 1 primary is named, "
		 "expected no more than that"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "primary m.example { }\nprimary M.example { } }\n",
		 "t.conf:5: the primary \"M.example\" is given a second time, "
		 "expected it once"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "primary m.example { adress = 192.0.2.5 } }\n",
		 "t.conf:4: unknown key `adress` in `primary`, did you mean "
		 "`address`?"},
		{GATED "mx-of = { example.net,\nexample.org,\nExample.NET }",
		 "t.conf:4: mx-of = \"Example.NET\" is given twice, expected "
		 "it "
		 "once"},
		{GATED "mx-of = { \"a b\" }",
		 "t.conf:2: mx-of = \"a b\": expected a domain name"},
		{GATED "guard b {\nprotect = { 192.0.2.26 }\n"
		       "primary m.example { address = { 192.0.2.4 } } }\n"
		       "block = { 192.0.2.4 }",
		 "t.conf:5: block = \"192.0.2.4\" covers 192.0.2.4 of the "
		 "primary m.example, expected a prefix without it"},
		{LEAST "block = { 192.0.2.1,\n0.0.0.0/0 }",
		 "t.conf:3: block = \"0.0.0.0/0\" blocks everybody, expected a "
		 "longer prefix"},
		{LEAST "block = { \"::/0\" }",
		 "t.conf:2: block = \"::/0\" blocks everybody, expected a "
		 "longer prefix"},
		{LEAST "block = { 192.0.2.0/24 }\nprotect = { 192.0.2.25 }",
		 "t.conf:2: block = \"192.0.2.0/24\" covers 192.0.2.25, which "
		 "is in `protect`, expected a prefix without it"},
		{GATED "block = { 2001:db8::/32 }\nprimary b.example {\n"
		       "address = { 2001:db8::5 } }",
		 "t.conf:2: block = \"2001:db8::/32\" covers 2001:db8::5 of "
		 "the primary b.example, expected a prefix without it"},
		{LEAST "health { source = { 192.0.2.25,\n192.0.2.26 } }",
		 "t.conf:3: health.source = \"192.0.2.26\" is the second one "
		 "of "
		 "its family, expected one for IPv4 and one for IPv6 at most"},
		{LEAST "health { on-up = { \"\", \"-f\" } }",
		 "t.conf:2: health.on-up begins with \"\", expected a command"},
		{LEAST "health { on-down = '' }",
		 "t.conf:2: health.on-down begins with \"\", expected a "
		 "command"},
		{LEAST "dnsbl { sites = { z.example, \"y.example*-4\" }\n"
		       "threshold = 2 }",
		 "t.conf:3: dnsbl.threshold = 2, but the weights of the sites "
		 "add up to 1, expected no more than that"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

/* `count` numbers from 0 on, each between `head` and `tail`. */
static char *repeat(const char *before, size_t count, const char *head,
		    const char *tail, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(before, out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%zu%s", head, i, tail);
	fputs(after, out);
	fclose(out);
	return text;
}

static void nothing_grows_without_bound(void **state)
{
	static const struct {
		const char *before;
		size_t fits;
		const char *head;
		const char *tail;
		const char *after;
		const char *error; /* with one more */
	} cases[] = {
		{"bypass { policy = off } interface = { ", 16, "e", ",", "}",
		 "t.conf:1: interface = \"e16\" is one too many, expected at "
		 "most 16"},
		{LEAST "protect = { ::1, ", 32, "192.0.2.1", ",\n", "}",
		 "t.conf:34: protect: more than 32 addresses of IPv4, expected "
		 "at most so many"},
		{LEAST "protect = { 192.0.2.1, ", 32, "2001:db8::", ",\n", "}",
		 "t.conf:34: protect: more than 32 addresses of IPv6, expected "
		 "at most so many"},
		{LEAST, 64, "primary a", ".example { }\n", "",
		 "t.conf:66: primary \"a64.example\" is one too many, expected "
		 "at most 64"},
		{LEAST "primary a { address = {", 16, "192.0.2.", ",", "} }",
		 "t.conf:2: primary.address = \"192.0.2.16\" is one too many, "
		 "expected at most 16"},
		{LEAST "dnsbl { sites = {", 64, "z", ".example,", "} }",
		 "t.conf:2: dnsbl.sites = \"z64.example\" is one too many, "
		 "expected at most 64"},
		{LEAST "dnsbl { nameservers = {", 8, "192.0.2.1", ",", "} }",
		 "t.conf:2: dnsbl.nameservers = \"192.0.2.18\" is one too "
		 "many, expected at most 8"},
		{LEAST "health { on-up = {", 32, "x", ",", "} }",
		 "t.conf:2: health.on-up = \"x32\" is one too many, expected "
		 "at most 32"},
		{LEAST "primary a { address = { ::5 } } list-capacity = 1024\n"
		       "block = {",
		 1023, "2001:db8::", ",", "}",
		 "t.conf:2: list-capacity = 1024, but `allow`, `block` and the "
		 "primaries have 1025 entries, expected at least that"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct refused refused = {.error = cases[i].error};
		char *text =
			repeat(cases[i].before, cases[i].fits, cases[i].head,
			       cases[i].tail, cases[i].after);

		config_free(expect_loaded(text));
		free(text);
		text = repeat(cases[i].before, cases[i].fits + 1, cases[i].head,
			      cases[i].tail, cases[i].after);
		refused.text = text;
		expect_refused(&refused, 1);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_overridden_silently),
		cmocka_unit_test(keys_have_to_fit_together),
		cmocka_unit_test(nothing_grows_without_bound),
	};

	return cmocka_run_group_tests_name("config checks", tests, NULL, NULL);
}

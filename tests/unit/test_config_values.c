/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and values that are refused, each with the line that says why. */

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

#define LABEL_63                                                               \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define ALL_KEYS                                                               \
	"expected one of interface, protect, ports, mode, monitor, attach, "   \
	"user, group, list-capacity, list-capacity-max, allow, block, "        \
	"control, pin, state, mx-of, primary, guard, feed, health, bypass, "   \
	"doorman, dnsbl, queue"
#define EXPECTED_TIME(from, to)                                                \
	"expected a time from " from " to " to ", with its unit "              \
	"(ms, s, m, h, d)"
#define EXPECTED_PREFIX                                                        \
	"expected an address or a prefix, such as \"192.0.2.0/24\" or "        \
	"\"2001:db8::/32\""
#define EXPECTED_NAMESERVER                                                    \
	"expected the address of a host, or one with a port, such as "         \
	"\"192.0.2.53:53\" or \"[2001:db8::53]:53\""

static void unknown_keys_are_named(void **state)
{
	static const struct refused cases[] = {
		{"\ninterfaces = { eth0 }",
		 "t.conf:2: unknown key `interfaces`, did you mean "
		 "`interface`?"},
		{"health {\n\tfall = 2\n\tintreval = 3s\n}",
		 "t.conf:3: unknown key `intreval` in `health`, did you mean "
		 "`interval`?"},
		{"helth { }",
		 "t.conf:1: unknown key `helth`, did you mean `health`?"},
		{"list_capacity = 3",
		 "t.conf:1: unknown key `list_capacity`, did you mean "
		 "`list-capacity`?"},
		{"interval = 3s", "t.conf:1: unknown key `interval`, expected "
				  "`interval` within `health {...}`"},
		{"treshold = 3", "t.conf:1: unknown key `treshold`, did you "
				 "mean `threshold` within `dnsbl {...}`?"},
		{"bypass { mode = enforce }",
		 "t.conf:1: unknown key `mode` in `bypass`, expected `mode` "
		 "outside of sections"},
		{"health { dnsbl { } }",
		 "t.conf:1: unknown key `dnsbl` in `health`, expected `dnsbl` "
		 "outside of sections"},
		{"bypass { something = 1 }",
		 "t.conf:1: unknown key `something` in `bypass`, expected one "
		 "of policy, action, witness-wait, mercy, crowd, patience"},
		{"x = 1", "t.conf:1: unknown key `x`, " ALL_KEYS},
		{LABEL_63 LABEL_63 " = 1",
		 "t.conf:1: unknown key `" LABEL_63
		 "abcdefghijklmnopqrstuvwxyzabc...`, " ALL_KEYS},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void what_is_not_supported_is_named(void **state)
{
	static const struct refused cases[] = {
		{"tls { }", "t.conf:1: `tls` is not supported by this version: "
			    "leave it out"},
		{"health { tls = yes }",
		 "t.conf:1: `tls` is not supported by this version: use "
		 "starttls"},
		{"include(\"/etc/passwd\")",
		 "t.conf:1: `include` is not supported by this version: put "
		 "everything into this file"},
		{"include \"/etc/passwd\"",
		 "t.conf:1: `include` is not supported by this version: put "
		 "everything into this file"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void bad_values_are_shown(void **state)
{
	static const struct refused cases[] = {
		{"mode = enforced",
		 "t.conf:1: mode = \"enforced\": expected monitor or enforce"},
		{"attach = \"\"", "t.conf:1: attach = \"\": expected auto, "
				  "native or generic"},
		{"bypass { policy = on }", "t.conf:1: bypass.policy = \"on\": "
					   "expected off, strict or witness"},
		{"bypass { action = pass }",
		 "t.conf:1: bypass.action = \"pass\": expected drop, reset or "
		 "defer"},
		{"bypass { action = reject }",
		 "t.conf:1: bypass.action = \"reject\": expected drop, reset "
		 "or "
		 "defer"},
		{"dnsbl { action = defer }",
		 "t.conf:1: dnsbl.action = \"defer\": expected drop, reset or "
		 "reject"},
		{"doorman { listed = 550 }",
		 "t.conf:1: doorman.listed = \"550\": expected 451 or 554"},
		{"doorman { connections = 3 }",
		 "t.conf:1: doorman.connections = \"3\": expected a number "
		 "from "
		 "4 to 4096"},
		{"doorman { name = \"-\" }",
		 "t.conf:1: doorman.name = \"-\": expected the name of this "
		 "host"},
		{"doorman { starttls = encrypt }",
		 "t.conf:1: doorman.starttls = \"encrypt\": expected none or "
		 "may"},
		{"doorman { tls-cert-file = \"c.pem\" }",
		 "t.conf:1: doorman.tls-cert-file = \"c.pem\": expected an "
		 "absolute path"},
		{"bypass { patience = often }",
		 "t.conf:1: bypass.patience = \"often\": expected a number and "
		 "a time from 1s to 366d, such as \"100/1h\""},
		{"dnsbl { quota = \"1/1ms\" }",
		 "t.conf:1: dnsbl.quota = \"1/1ms\": expected a number and a "
		 "time from 1s to 366d, such as \"100000/1d\"; 0 is without "
		 "limit"},
		{"dnsbl { nudge = maybe }",
		 "t.conf:1: dnsbl.nudge = \"maybe\": expected yes or no"},
		{"interface = { \"averyverylongname\" }",
		 "t.conf:1: interface = \"averyverylongname\": expected the "
		 "name of an interface, of at most 15 characters"},
		{"interface = { \"a/b\" }",
		 "t.conf:1: interface = \"a/b\": expected the name of an "
		 "interface, of at most 15 characters"},
		{"interface = {\neth0,\neth1,\neth0 }",
		 "t.conf:4: interface = \"eth0\" is given twice, first on line "
		 "2, expected it once"},
		{"protect = { mx.example }",
		 "t.conf:1: protect = \"mx.example\": expected an IPv4 or IPv6 "
		 "address"},
		{"protect = { 192.0.2.0/24 }",
		 "t.conf:1: protect = \"192.0.2.0/24\": expected an IPv4 or "
		 "IPv6 address"},
		{"protect = { 224.0.0.1 }",
		 "t.conf:1: protect = \"224.0.0.1\": expected the address of a "
		 "host"},
		{"protect = { 0.0.0.0 }",
		 "t.conf:1: protect = \"0.0.0.0\": expected the address of a "
		 "host"},
		{"protect = { ff02::1 }",
		 "t.conf:1: protect = \"ff02::1\": expected the address of a "
		 "host"},
		{"protect = { \"::\" }",
		 "t.conf:1: protect = \"::\": expected the address of a host"},
		{"protect = { 2001:db8::1 } protect += { 2001:DB8:0::1 }",
		 "t.conf:1: protect = \"2001:DB8:0::1\" is given twice, first "
		 "on line 1, expected it once"},
		{"ports = { 0 }",
		 "t.conf:1: ports = \"0\": expected a port from 1 to 65535"},
		{"ports = { 65536 }", "t.conf:1: ports = \"65536\": expected a "
				      "port from 1 to 65535"},
		{"ports = { smtp }", "t.conf:1: ports = \"smtp\": expected a "
				     "port from 1 to 65535"},
		{"ports = { 1,2,3,4,5,6,7,8,\n9 }",
		 "t.conf:2: ports = \"9\" is one too many, expected at most "
		 "8"},
		{"user = \"\"",
		 "t.conf:1: user = \"\": expected the name of a user"},
		{"group = \"a b\"",
		 "t.conf:1: group = \"a b\": expected the name of a group"},
		{"control = control.sock",
		 "t.conf:1: control = \"control.sock\": expected an absolute "
		 "path of less than 108 characters"},
		{"control = /a/../b",
		 "t.conf:1: control = \"/a/../b\": expected an absolute path "
		 "of less than 108 characters"},
		{"control = /" LABEL_63 LABEL_63,
		 "t.conf:1: control = \"/" LABEL_63
		 "abcdefghijklmnopqrstuvwxyzab...\": expected an absolute path "
		 "of less than 108 characters"},
		{"pin = /sys/fs/bpf/postern.1",
		 "t.conf:1: pin = \"/sys/fs/bpf/postern.1\": expected an "
		 "absolute path without dots, as bpffs wants it"},
		{"pin = /", "t.conf:1: pin = \"/\": expected an absolute path "
			    "without dots, as bpffs wants it"},
		{"list-capacity = 1000",
		 "t.conf:1: list-capacity = \"1000\": expected a number from "
		 "1024 to 16777216"},
		{"allow = { 10.1.2.3/8 }",
		 "t.conf:1: allow = \"10.1.2.3/8\": bits are set beyond the "
		 "length, expected \"10.0.0.0/8\", or the address alone"},
		{"block = {\n2001:db8::1/64 }",
		 "t.conf:2: block = \"2001:db8::1/64\": bits are set beyond "
		 "the length, expected \"2001:db8::/64\", or the address "
		 "alone"},
		{"block = { 10.0.0.0/33 }",
		 "t.conf:1: block = \"10.0.0.0/33\": expected a length of at "
		 "most 32 for IPv4, 128 for IPv6"},
		{"block = { 10.0.0/8 }",
		 "t.conf:1: block = \"10.0.0/8\": " EXPECTED_PREFIX},
		{"block = { \"10.0.0.0 - 10.0.0.9\" }",
		 "t.conf:1: block = \"10.0.0.0 - 10.0.0.9\": " EXPECTED_PREFIX},
		{"primary \"192.0.2.5\" { }",
		 "t.conf:1: primary \"192.0.2.5\": expected the name of a "
		 "host"},
		{"primary \"\" { }",
		 "t.conf:1: primary \"\": expected the name of a host"},
		{"primary \"a..b\" { }",
		 "t.conf:1: primary \"a..b\": expected the name of a host"},
		{"primary \"" LABEL_63 "x.example\" { }",
		 "t.conf:1: primary \"" LABEL_63 "x.example\": expected the "
		 "name of a host"},
		{"primary a.example {\nport = 0 }",
		 "t.conf:2: primary.port = \"0\": expected a port from 1 to "
		 "65535"},
		{"primary a.example { address = { ::1, ::1 } }",
		 "t.conf:1: primary.address = \"::1\" is given twice, first on "
		 "line 1, expected it once"},
		{"health { interval = 30 }",
		 "t.conf:1: health.interval = \"30\": " EXPECTED_TIME("1s",
								      "1h")},
		{"health { interval = 999ms }",
		 "t.conf:1: health.interval = \"999ms\": " EXPECTED_TIME("1s",
									 "1h")},
		{"health { interval = 61m }",
		 "t.conf:1: health.interval = \"61m\": " EXPECTED_TIME("1s",
								       "1h")},
		{"health { timeout = 301s }",
		 "t.conf:1: health.timeout = \"301s\": " EXPECTED_TIME("1s",
								       "5m")},
		{"health { settle = -1s }",
		 "t.conf:1: health.settle = \"-1s\": " EXPECTED_TIME("0s",
								     "1h")},
		{"health { settle = 99999999999999999999d }",
		 "t.conf:1: health.settle = "
		 "\"99999999999999999999d\": " EXPECTED_TIME("0s", "1h")},
		{"health { fall = 0 }",
		 "t.conf:1: health.fall = \"0\": expected a number from 1 to "
		 "100"},
		{"health { rise = 101 }",
		 "t.conf:1: health.rise = \"101\": expected a number from 1 to "
		 "100"},
		{"health { rise = 0x3 }",
		 "t.conf:1: health.rise = \"0x3\": expected a number from 1 to "
		 "100"},
		{"health { require = some }",
		 "t.conf:1: health.require = \"some\": expected any, all, or a "
		 "number from 1 to 64"},
		{"health { require = 0 }",
		 "t.conf:1: health.require = \"0\": expected any, all, or a "
		 "number from 1 to 64"},
		{"health { helo = \"[192.0.2.1]\" }",
		 "t.conf:1: health.helo = \"[192.0.2.1]\": expected a host "
		 "name"},
		{"health { recipient = \"a> SIZE=1\" }",
		 "t.conf:1: health.recipient = \"a> SIZE=1\": expected a "
		 "mailbox, such as postmaster@example.net"},
		{"dnsbl { sites = { \"z.example*x\" } }",
		 "t.conf:1: dnsbl.sites = \"z.example*x\": the weight after "
		 "\"*\" is no whole number from -1000000 to 1000000"},
		{"dnsbl { sites = {\n\"abcdefghij0123456789.z.example*x\" } }",
		 "t.conf:2: dnsbl.sites = \"***.z.example*x\": the weight "
		 "after \"*\" is no whole number from -1000000 to 1000000"},
		{"dnsbl { threshold = 0 }",
		 "t.conf:1: dnsbl.threshold = \"0\": expected a number from 1 "
		 "to 1000000"},
		{"dnsbl { threshold = -3 }",
		 "t.conf:1: dnsbl.threshold = \"-3\": expected a number from 1 "
		 "to 1000000"},
		{"dnsbl { unknown = drop }",
		 "t.conf:1: dnsbl.unknown = \"drop\": expected hold or pass"},
		{"dnsbl { hold-limit = 11s }",
		 "t.conf:1: dnsbl.hold-limit = \"11s\": " EXPECTED_TIME(
			 "100ms", "10s") "; a Windows sender gives up after "
					 "21s"},
		{"dnsbl { nameservers = { \"[192.0.2.1]:53\" } }",
		 "t.conf:1: dnsbl.nameservers = "
		 "\"[192.0.2.1]:53\": " EXPECTED_NAMESERVER},
		{"dnsbl { nameservers = { \"192.0.2.1:0\" } }",
		 "t.conf:1: dnsbl.nameservers = "
		 "\"192.0.2.1:0\": " EXPECTED_NAMESERVER},
		{"dnsbl { cache = 1023 }",
		 "t.conf:1: dnsbl.cache = \"1023\": expected a number from "
		 "1024 to 16777216"},
		{"dnsbl { cache = 4294967297 }",
		 "t.conf:1: dnsbl.cache = \"4294967297\": expected a number "
		 "from 1024 to 16777216"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys_are_named),
		cmocka_unit_test(what_is_not_supported_is_named),
		cmocka_unit_test(bad_values_are_shown),
	};

	return cmocka_run_group_tests_name("config values", tests, NULL, NULL);
}

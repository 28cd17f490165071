/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames are judged, which pass untouched and uncounted, and which are
 * evasions.  Every case runs in the program and in its twin.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/if_ether.h>
#include <string.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define OTHER_IPV4 "192.0.2.26"
#define OTHER_IPV6 "2001:db8:25::26"

/* Sizes of the headers of a plain SYN. */
#define SYN_IPV4 (14 + 20 + 20)
#define SYN_IPV6 (14 + 40 + 20)

struct row {
	const char *name;
	struct packet packet;
};

#define V6 .from = SOURCE_IPV6

static const struct row untouched[] = {
	{"ARP", {.type = ETH_P_ARP}},
	{"PPPoE", {.type = ETH_P_PPP_SES}},
	{"UDP", {.protocol = IPPROTO_UDP}},
	{"UDP over IPv6", {V6, .protocol = IPPROTO_UDP}},
	{"ICMP", {.protocol = IPPROTO_ICMP}},
	{"ICMPv6", {V6, .protocol = IPPROTO_ICMPV6}},
	{"SCTP", {.protocol = IPPROTO_SCTP}},
	{"IPv4 within IPv4", {.protocol = IPPROTO_IPIP}},
	{"an address that is not protected", {.to = OTHER_IPV4}},
	{"an IPv6 address that is not protected", {V6, .to = OTHER_IPV6}},
	{"another port", {.port = 587}},
	{"another port over IPv6", {V6, .port = 587}},
	{"the port in the other byte order", {.port = 25 << 8}},
	{"port 0", {.port = PORT_ZERO}},
	{"port 0 over IPv6", {V6, .port = PORT_ZERO}},
	{"SYN+ACK", {.flags = TCP_SYN | TCP_ACK}},
	{"SYN+ACK over IPv6", {V6, .flags = TCP_SYN | TCP_ACK}},
	{"ACK", {.flags = TCP_ACK}},
	{"RST", {.flags = TCP_RST}},
	{"RST+ACK", {.flags = TCP_RST | TCP_ACK}},
	{"SYN+RST", {.flags = TCP_SYN | TCP_RST}},
	{"FIN", {.flags = TCP_FIN}},
	{"FIN+ACK", {.flags = TCP_FIN | TCP_ACK}},
	{"all flags", {.flags = 0xff}},
	{"no flag", {.flags = TCP_NONE}},
	{"data of a connection",
	 {.flags = TCP_ACK | TCP_PSH, .tcp_options = 12, .data = 500}},
	{"data of a connection over IPv6",
	 {V6, .flags = TCP_ACK | TCP_PSH, .tcp_options = 12, .data = 500}},
	{"a first fragment of a connection's data",
	 {.flags = TCP_ACK, .data = 100, .fragment = FRAGMENTS_MORE}},
	{"a fragment at offset 2", {.fragment = 2}},
	{"a fragment at offset 2, with more to come",
	 {.fragment = FRAGMENTS_MORE | 2}},
	{"the last fragment there can be", {.fragment = 0x1fff}},
	{"an IPv6 fragment at offset 2", {V6, .chain = "2"}},
	{"an IPv6 fragment at offset 1 of UDP",
	 {V6, .chain = "1", .protocol = IPPROTO_UDP}},
	{"an IPv6 first fragment of UDP",
	 {V6, .chain = "m", .protocol = IPPROTO_UDP}},
	{"a header of 4 words", {.ihl_lie = 4 + 1}},
	{"a header of no words", {.ihl_lie = 0 + 1}},
	{"a header of no words, which would read as a SYN",
	 {.from = "80.2.0.1", .ihl_lie = 0 + 1, .length_lie = 25 - 40}},
	{"a header beyond the frame", {.ihl_lie = 15 + 1}},
	{"a header beyond the frame that says it is whole",
	 {.ihl_lie = 15 + 1, .length_lie = 40}},
	{"a total length shorter than the header", {.length_lie = -21}},
	{"a total length of nothing", {.length_zero = true}},
	{"a total length too short for TCP", {.length_lie = -1}},
	{"version 6 in an IPv4 frame", {.version = 6}},
	{"version 5", {.version = 5}},
	{"version 4 in an IPv6 frame", {V6, .version = 4}},
	{"version 7", {V6, .version = 7}},
	{"IPv6 told to be IPv4 by Ethernet", {V6, .type = ETH_P_IP}},
	{"IPv4 told to be IPv6 by Ethernet", {.type = ETH_P_IPV6}},
	{"a TCP header of 4 words", {.doff = 4}},
	{"a TCP header of 1 word", {.doff = 1}},
	{"a TCP header beyond the packet", {.doff = 6}},
	{"a TCP header far beyond the packet", {V6, .doff = 15, .data = 39}},
	{"a TCP header that ends in the frame's padding",
	 {.doff = 6, .padded = 60}},
	{"three VLAN tags",
	 {.tags = {ETH_P_8021AD, ETH_P_8021AD, ETH_P_8021Q}}},
	{"a payload length of nothing", {V6, .length_zero = true}},
	{"a payload length too short for TCP", {V6, .length_lie = -1}},
	{"a payload that ends within the extension headers",
	 {V6, .chain = "dd", .length_lie = -25}},
	{"a payload that ends behind the extension headers",
	 {V6, .chain = "dd", .length_lie = -20}},
	{"ESP", {V6, .protocol = 50}},
	{"no next header", {V6, .protocol = IPPROTO_NONE}},
	{"no next header behind options",
	 {V6, .chain = "hd", .protocol = IPPROTO_NONE}},
	{"an unknown next header", {V6, .protocol = 253}},
	{"ESP behind options", {V6, .chain = "hd", .protocol = 50}},
	{"UDP behind as many headers as are followed",
	 {V6, .chain = "hddddddd", .protocol = IPPROTO_UDP}},
	{"options that are cut", {V6, .chain = "h", .cut = 14 + 40 + 7}},
	{"long options that are cut", {V6, .chain = "D", .cut = 14 + 40 + 23}},
	{"options of one octet", {V6, .chain = "d", .cut = 14 + 40 + 1}},
	{"an authentication header that is cut",
	 {V6, .chain = "a", .cut = 14 + 40 + 23}},
	{"an atomic fragment's header that is cut",
	 {V6, .chain = "f", .cut = 14 + 40 + 7}},
	{"an atomic fragment that is cut",
	 {V6, .chain = "f", .cut = 14 + 40 + 8 + 19}},
};

static void none_of_our_business_passes_untouched_and_uncounted(void **state)
{
	struct frame frame;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(untouched); i++) {
		print_message("%s\n", untouched[i].name);
		frame_build(&untouched[i].packet, &frame);
		harness_expect_untouched(&frame);
	}
}

static const struct row whole[] = {
	{"IPv4", {.port = PORT}},
	{"IPv6", {V6}},
	{"two tags", {.tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"IPv4 with options", {.ihl = 15}},
	{"IPv6 with a chain", {V6, .chain = "hDa"}},
	{"a SYN+FIN", {.flags = TCP_SYN | TCP_FIN}},
};

/* What is cut before the end of the TCP header; TEST_RUN wants 14 octets. */
static void a_syn_cut_at_any_octet_passes_untouched(void **state)
{
	struct frame frame;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(whole); i++) {
		print_message("%s\n", whole[i].name);
		frame_build(&whole[i].packet, &frame);
		while (--frame.size >= ETH_HLEN)
			harness_expect_untouched(&frame);
	}
}

static const struct row judged[] = {
	{"a plain SYN", {.port = PORT}},
	{"a plain SYN over IPv6", {V6}},
	{"the options of a usual client", {.tcp_options = 20}},
	{"as many options as there can be", {V6, .tcp_options = 40}},
	{"never to be fragmented", {.fragment = FRAGMENTS_NEVER}},
	{"1 word of IPv4 options", {.ihl = 6}},
	{"5 words of IPv4 options", {.ihl = 10}},
	{"9 words of IPv4 options", {.ihl = 14}},
	{"10 words of IPv4 options", {.ihl = 15}},
	{"an 802.1Q tag", {.tags = {ETH_P_8021Q}}},
	{"an 802.1Q tag over IPv6", {V6, .tags = {ETH_P_8021Q}}},
	{"an 802.1ad tag", {.tags = {ETH_P_8021AD}}},
	{"802.1ad and 802.1Q", {.tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"two 802.1Q over IPv6", {V6, .tags = {ETH_P_8021Q, ETH_P_8021Q}}},
	{"two tags and 10 words of options",
	 {.tags = {ETH_P_8021AD, ETH_P_8021Q}, .ihl = 15}},
	{"hop-by-hop options", {V6, .chain = "h"}},
	{"a routing header", {V6, .chain = "r"}},
	{"destination options", {V6, .chain = "d"}},
	{"long destination options", {V6, .chain = "D"}},
	{"very long destination options", {V6, .chain = "L"}},
	{"an authentication header", {V6, .chain = "a"}},
	{"an atomic fragment", {V6, .chain = "f"}},
	{"two headers", {V6, .chain = "hd"}},
	{"all kinds of them", {V6, .chain = "hdrfaD"}},
	{"seven", {V6, .chain = "hrdDdfa"}},
	{"as many as are followed", {V6, .chain = "hdrfaDdd"}},
	{"as many, twice tagged",
	 {V6, .chain = "hDDDDDDD", .tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"an atomic fragment behind options", {V6, .chain = "hdf"}},
	{"options behind an atomic fragment", {V6, .chain = "fd"}},
	{"no payload length, as a jumbogram has, but small",
	 {V6, .chain = "h", .length_zero = true}},
	{"the same with more headers and data",
	 {V6, .chain = "hdr", .length_zero = true, .data = 100}},
	{"a first fragment with a whole TCP header",
	 {.fragment = FRAGMENTS_MORE, .data = 4}},
	{"a first fragment that ends within TCP's options",
	 {.fragment = FRAGMENTS_MORE, .tcp_options = 20, .carried = 24}},
	{"an IPv6 first fragment with a whole TCP header",
	 {V6, .chain = "m", .data = 4}},
	{"an IPv6 first fragment that ends within TCP's options",
	 {V6, .chain = "m", .tcp_options = 20, .carried = 24}},
	{"data", {.data = 100}},
	{"data over IPv6", {V6, .data = 1400}},
	{"Fast Open's option, and data", {.tcp_options = 12, .data = 300}},
	{"ECE and CWR", {.flags = TCP_SYN | TCP_ECE | TCP_CWR}},
	{"PSH", {.flags = TCP_SYN | TCP_PSH}},
	{"URG", {V6, .flags = TCP_SYN | TCP_URG}},
	{"all that a SYN may carry",
	 {.flags = TCP_SYN | TCP_PSH | TCP_URG | TCP_ECE | TCP_CWR}},
	{"a frame padded to 60 octets", {.padded = 60}},
	{"a frame padded beyond reason", {V6, .padded = 1500}},
	{"a source of zeros", {.from = "0.0.0.0"}},
	{"a source of ones", {.from = "255.255.255.255"}},
	{"a source of IPv6 zeros", {.from = "::"}},
	{"a source that is IPv4-compatible", {.from = "::198.51.100.7"}},
	{"a source that looks like mapped",
	 {.from = "0:0:0:0:ffff:0:198.51.100.7"}},
};

static void syns_for_us_are_judged_whatever_they_look_like(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(judged); i++) {
		print_message("%s\n", judged[i].name);
		harness_fresh();
		harness_expect(&judged[i].packet, REASON_HELD, ACTION_DROP,
			       &out);
		assert_int_equal(out.event_count, 1);
		assert_true(out.is_pending);
	}
}

static const struct row evasions[] = {
	{"a first fragment of 8 octets",
	 {.fragment = FRAGMENTS_MORE, .carried = 8}},
	{"a first fragment of 16 octets",
	 {.fragment = FRAGMENTS_MORE, .carried = 16}},
	{"a first fragment of 19 octets",
	 {.fragment = FRAGMENTS_MORE, .carried = 19}},
	{"a first fragment whose padding looks like flags",
	 {.fragment = FRAGMENTS_MORE, .carried = 8, .padded = 60}},
	{"a first fragment without its ports",
	 {.fragment = FRAGMENTS_MORE, .carried = 3}},
	{"a first fragment of nothing",
	 {.fragment = FRAGMENTS_MORE, .carried = PACKET_NO_OCTETS}},
	{"a first fragment of nothing in a padded frame",
	 {.fragment = FRAGMENTS_MORE,
	  .carried = PACKET_NO_OCTETS,
	  .padded = 60}},
	{"a short first fragment behind options and tags",
	 {.fragment = FRAGMENTS_MORE,
	  .carried = 8,
	  .ihl = 15,
	  .tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"a fragment at offset 1", {.fragment = 1}},
	{"a fragment at offset 1, with more to come",
	 {.fragment = FRAGMENTS_MORE | 1}},
	{"a fragment at offset 1 of one octet", {.fragment = 1, .carried = 1}},
	{"an IPv6 first fragment of 8 octets",
	 {V6, .chain = "m", .carried = 8}},
	{"an IPv6 first fragment of 16 octets",
	 {V6, .chain = "hm", .carried = 16}},
	{"an IPv6 first fragment of nothing",
	 {V6, .chain = "m", .carried = PACKET_NO_OCTETS}},
	{"an IPv6 fragment at offset 1", {V6, .chain = "1"}},
	{"an IPv6 fragment at offset 1 behind options", {V6, .chain = "hd1"}},
	{"an IPv6 first fragment without its chain",
	 {V6, .chain = "md", .cut = 14 + 40 + 8}},
	{"an IPv6 first fragment that ends within its chain",
	 {V6, .chain = "mdd", .cut = 14 + 40 + 8 + 12}},
	{"the same by what IPv6 says",
	 {V6, .chain = "mdd", .carried = PACKET_NO_OCTETS, .length_lie = -8,
	  .cut = 14 + 40 + 8 + 8}},
	{"nine headers", {V6, .chain = "hdrfaDddd"}},
	{"ten headers", {V6, .chain = "hdrfaDdddd"}},
	{"nine headers before UDP",
	 {V6, .chain = "hddddddda", .protocol = IPPROTO_UDP}},
	{"more octets of headers than are followed", {V6, .chain = "LL"}},
	{"the same before UDP", {V6, .chain = "LL", .protocol = IPPROTO_UDP}},
	{"two headers of fragments", {V6, .chain = "fdf"}},
	{"a first fragment within an atomic one",
	 {V6, .chain = "fm", .data = 4}},
	{"an IPv6 first fragment whose chain goes on in the padding",
	 {V6, .chain = "mdd", .protocol = IPPROTO_UDP, .length_lie = -20 - 8}},
	{"SYN+FIN", {.flags = TCP_SYN | TCP_FIN}},
	{"SYN+FIN over IPv6", {V6, .flags = TCP_SYN | TCP_FIN}},
	{"SYN+FIN+PSH+URG", {.flags = TCP_SYN | TCP_FIN | TCP_PSH | TCP_URG}},
	{"IPv6 from a mapped address", {.from = "::ffff:198.51.100.7"}},
	{"IPv6 from the first mapped address", {.from = "::ffff:0.0.0.0"}},
};

static void evasions_aimed_at_us_are_dropped(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(evasions); i++) {
		print_message("%s\n", evasions[i].name);
		harness_expect(&evasions[i].packet, REASON_EVASION, ACTION_DROP,
			       &out);
		assert_int_equal(out.event_count, 0);
		assert_false(out.is_pending);
	}
}

static void the_same_aimed_at_another_address_passes(void **state)
{
	struct frame frame;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(evasions); i++) {
		struct packet packet = evasions[i].packet;

		print_message("%s\n", evasions[i].name);
		packet.to = packet.from && strchr(packet.from, ':')
				    ? OTHER_IPV6
				    : OTHER_IPV4;
		frame_build(&packet, &frame);
		harness_expect_untouched(&frame);
	}
}

static const struct row elsewhere[] = {
	{"SYN+FIN", {.port = 443, .flags = TCP_SYN | TCP_FIN}},
	{"SYN+FIN over IPv6", {V6, .port = 443, .flags = TCP_SYN | TCP_FIN}},
	{"SYN+FIN to port 0", {.port = PORT_ZERO, .flags = TCP_SYN | TCP_FIN}},
	{"IPv6 from a mapped address",
	 {.from = "::ffff:198.51.100.7", .port = 443}},
	{"a first fragment of 8 octets",
	 {.port = 443, .fragment = FRAGMENTS_MORE, .carried = 8}},
	{"a first fragment of its ports alone",
	 {.port = 443, .fragment = FRAGMENTS_MORE, .carried = 4}},
	{"a first fragment of 8 octets to port 0",
	 {.port = PORT_ZERO, .fragment = FRAGMENTS_MORE, .carried = 8}},
	{"an IPv6 first fragment of 16 octets",
	 {V6, .port = 443, .chain = "m", .carried = 16}},
};

static void the_same_aimed_at_another_port_passes_where_it_is_seen(void **state)
{
	struct frame frame;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		print_message("%s\n", elsewhere[i].name);
		frame_build(&elsewhere[i].packet, &frame);
		harness_expect_untouched(&frame);
	}
}

static void monitor_mode_lets_evasions_pass_but_counts_them(void **state)
{
	(void)state;
	harness_fresh();
	harness_rules()->flags = RULES_MONITOR;
	harness_publish();
	for (size_t i = 0; i < COUNT(evasions); i++)
		harness_expect(&evasions[i].packet, REASON_EVASION, ACTION_PASS,
			       NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			none_of_our_business_passes_untouched_and_uncounted),
		cmocka_unit_test(a_syn_cut_at_any_octet_passes_untouched),
		cmocka_unit_test(
			syns_for_us_are_judged_whatever_they_look_like),
		cmocka_unit_test(evasions_aimed_at_us_are_dropped),
		cmocka_unit_test(the_same_aimed_at_another_address_passes),
		cmocka_unit_test(
			the_same_aimed_at_another_port_passes_where_it_is_seen),
		cmocka_unit_test(
			monitor_mode_lets_evasions_pass_but_counts_them),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}

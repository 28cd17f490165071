/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reset that goes back for a SYN: what it says, that its checksums are
 * right, that it is never larger than what came, and its budgets.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define SEQUENCE 0x12345678U /* of the SYNs that frame.c makes */

static const struct {
	const char *name;
	struct packet packet;
} syns[] = {
	{"IPv4", {.port = PORT}},
	{"IPv6", {.from = SOURCE_IPV6}},
	{"a usual client's options", {.tcp_options = 20}},
	{"IPv4 options", {.ihl = 15}},
	{"extension headers", {.from = SOURCE_IPV6, .chain = "hdrfaDdd"}},
	{"an 802.1Q tag", {.tags = {ETH_P_8021Q}}},
	{"two tags", {.tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"two tags over IPv6",
	 {.from = SOURCE_IPV6, .tags = {ETH_P_8021AD, ETH_P_8021Q}}},
	{"data", {.data = 100}},
	{"data over IPv6", {.from = SOURCE_IPV6, .data = 1000}},
	{"Fast Open, ECN",
	 {.tcp_options = 12, .data = 7, .flags = TCP_SYN | TCP_ECE | TCP_CWR}},
	{"a padded frame", {.padded = 60}},
	{"all at once",
	 {.from = SOURCE_IPV6,
	  .tags = {ETH_P_8021AD, ETH_P_8021Q},
	  .chain = "hdD",
	  .tcp_options = 40,
	  .data = 33,
	  .padded = 400}},
	{"addresses with carries", {.from = "255.255.255.254", .data = 1}},
	{"IPv6 addresses with carries",
	 {.from = "2fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}},
};

/* RFC 1071 over big-endian words. */
static unsigned int add_up(const void *data, size_t size, unsigned int sum)
{
	const unsigned char *octets = data;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? octets[i] : (unsigned int)octets[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void check_ethernet(const struct frame *reply, const struct frame *syn,
			   size_t link)
{
	assert_memory_equal(reply->octets, syn->octets + ETH_ALEN, ETH_ALEN);
	assert_memory_equal(reply->octets + ETH_ALEN, syn->octets, ETH_ALEN);
	assert_memory_equal(reply->octets + 2 * ETH_ALEN,
			    syn->octets + 2 * ETH_ALEN, link - 2 * ETH_ALEN);
}

static void check_tcp(const unsigned char *at, const struct packet *packet,
		      unsigned int pseudo)
{
	struct tcphdr tcp;

	memcpy(&tcp, at, sizeof(tcp));
	assert_int_equal(ntohs(tcp.source), PORT);
	assert_int_equal(ntohs(tcp.dest), 40000);
	assert_int_equal(at[13], TCP_RST | TCP_ACK);
	assert_int_equal(tcp.doff, 5);
	assert_int_equal(tcp.seq, 0);
	assert_true(ntohl(tcp.ack_seq) == SEQUENCE + 1 + packet->data);
	assert_int_equal(
		add_up(at, sizeof(tcp), pseudo + IPPROTO_TCP + sizeof(tcp)),
		0xffff);
}

static void check_ipv4(const unsigned char *at, const struct packet *packet)
{
	struct addr from = packet_source(packet);
	struct addr to = packet_destination(packet);
	struct iphdr ip;

	memcpy(&ip, at, sizeof(ip));
	assert_int_equal(ip.version, 4);
	assert_int_equal(ip.ihl, 5);
	assert_int_equal(ntohs(ip.tot_len), 40);
	assert_int_equal(ntohs(ip.frag_off) & 0x3fff, 0);
	assert_int_equal(ip.protocol, IPPROTO_TCP);
	assert_in_range(ip.ttl, 32, 255);
	assert_memory_equal(&ip.saddr, to.octets + 12, 4);
	assert_memory_equal(&ip.daddr, from.octets + 12, 4);
	assert_int_equal(add_up(at, sizeof(ip), 0), 0xffff);
	check_tcp(at + sizeof(ip), packet, add_up(at + 12, 8, 0));
}

static void check_ipv6(const unsigned char *at, const struct packet *packet)
{
	struct addr from = packet_source(packet);
	struct addr to = packet_destination(packet);
	struct ipv6hdr ip;

	memcpy(&ip, at, sizeof(ip));
	assert_int_equal(ip.version, 6);
	assert_int_equal(ntohs(ip.payload_len), 20);
	assert_int_equal(ip.nexthdr, IPPROTO_TCP);
	assert_in_range(ip.hop_limit, 32, 255);
	assert_memory_equal(&ip.saddr, to.octets, 16);
	assert_memory_equal(&ip.daddr, from.octets, 16);
	check_tcp(at + sizeof(ip), packet, add_up(at + 8, 32, 0));
}

static void close_gates(enum action action)
{
	struct rules *rules = harness_rules();

	rules->bypass = action;
	rules->ipv4[0].gate = GATE_CLOSED;
	rules->ipv6[0].gate = GATE_CLOSED;
	harness_publish();
}

static void a_reset_is_what_a_closed_port_would_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(syns); i++) {
		const struct packet *packet = &syns[i].packet;
		struct addr source = packet_source(packet);
		bool ipv4 = addr_family(&source) == FAMILY_IPV4;
		size_t link = ETH_HLEN;
		struct result out;
		struct frame syn;

		print_message("%s\n", syns[i].name);
		harness_fresh();
		close_gates(ACTION_RESET);
		harness_expect(packet, REASON_BYPASS, ACTION_RESET, &out);
		frame_build(packet, &syn);
		for (size_t t = 0; t < PACKET_TAGS_MAX && packet->tags[t]; t++)
			link += 4;
		assert_int_equal(out.frame.size, link + (ipv4 ? 40 : 60));
		assert_true(out.frame.size <= syn.size);
		check_ethernet(&out.frame, &syn, link);
		if (ipv4)
			check_ipv4(out.frame.octets + link, packet);
		else
			check_ipv6(out.frame.octets + link, packet);
	}
}

static void who_is_reset_depends_on_the_reason(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4};
	struct rules *rules;

	(void)state;
	harness_fresh();
	rules = harness_rules();
	harness_verdict(SOURCE_IPV4, VERDICT_LISTED, ~0ULL,
			harness_now() + harness_hour());
	rules->listed = ACTION_RESET;
	harness_publish();
	harness_expect(&packet, REASON_LISTED, ACTION_RESET, NULL);
	/* The gate's action does not hide that it is listed. */
	close_gates(ACTION_RESET);
	rules->listed = ACTION_DROP;
	harness_publish();
	harness_expect(&packet, REASON_LISTED, ACTION_DROP, NULL);
	rules->flags = RULES_MONITOR;
	harness_publish();
	harness_expect(&packet, REASON_LISTED, ACTION_PASS, NULL);
	harness_expect(&(struct packet){.from = SOURCE_IPV6}, REASON_BYPASS,
		       ACTION_PASS, NULL);
	/* Evasions and holds are never answered. */
	rules->flags = 0;
	rules->listed = ACTION_RESET;
	harness_publish();
	harness_expect(&(struct packet){.flags = TCP_SYN | TCP_FIN},
		       REASON_EVASION, ACTION_DROP, NULL);
	rules->ipv6[0].gate = GATE_OPEN;
	harness_publish();
	harness_expect(&(struct packet){.from = SOURCE_IPV6}, REASON_HELD,
		       ACTION_DROP, NULL);
}

/* Refused by a budget: counted the same, and the twin can't know. */
static void expect_bypass(const char *from, int returned)
{
	const struct packet packet = {.from = from};
	struct frame frame;
	struct result out;

	frame_build(&packet, &frame);
	harness_run(&frame, &out);
	assert_int_equal(out.reason, REASON_BYPASS);
	assert_int_equal(out.returned, returned);
	assert_int_equal(out.twin.action, ACTION_RESET);
}

static void beyond_the_budget_of_a_cpu_they_are_dropped(void **state)
{
	(void)state;
	harness_fresh();
	harness_rules()->replies_per_cpu = 2;
	close_gates(ACTION_RESET);
	expect_bypass("198.51.100.1", XDP_TX);
	expect_bypass("2001:db8:1::1", XDP_TX);
	expect_bypass("203.0.113.1", XDP_DROP);
	harness_spent(&(struct cpu_budget){
		.start = harness_now() - harness_hour() - 1, .replies = 2});
	expect_bypass("203.0.113.1", XDP_TX);
}

static const struct {
	const char *start; /* of hosts within one network */
	const char *end;
	const char *other;
} networks[] = {
	{"198.51.100.", "", "198.51.101.1"},
	{"2001:db8:77:", "::1", "2001:db8:78::1"},
};

static const char *host(size_t network, int number, char text[static ADDR_TEXT])
{
	snprintf(text, ADDR_TEXT, "%s%d%s", networks[network].start, number,
		 networks[network].end);
	return text;
}

static void beyond_the_budget_of_a_network_they_are_dropped(void **state)
{
	char text[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(networks); i++) {
		harness_fresh();
		close_gates(ACTION_RESET);
		for (int n = 0; n < REPLIES_PER_NETWORK; n++)
			expect_bypass(host(i, n, text), XDP_TX);
		expect_bypass(host(i, 200, text), XDP_DROP);
		expect_bypass(networks[i].other, XDP_TX);
		expect_bypass(host(i, 0, text), XDP_DROP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_is_what_a_closed_port_would_answer),
		cmocka_unit_test(who_is_reset_depends_on_the_reason),
		cmocka_unit_test(beyond_the_budget_of_a_cpu_they_are_dropped),
		cmocka_unit_test(
			beyond_the_budget_of_a_network_they_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies: what they say, and what is made of those that say nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "dns_message.h"
#include "sources/answer.h"

#define NAME "2.0.0.127.z.example"

#define A(ttl, address)                                                        \
	{                                                                      \
		DNS_ANSWER, NULL, ns_t_a, ttl, address                         \
	}
#define SOA(ttl, minimum)                                                      \
	{                                                                      \
		DNS_AUTHORITY, "z.example", ns_t_soa, ttl, minimum             \
	}

static const struct {
	const char *name;
	enum question_type type;
	uint16_t flags;
	struct dns_record records[6];
	enum answer_kind kind;
	uint32_t ttl_s;
	size_t count;
	const char *first; /* record, or part of the reason */
} replies[] = {
	/* Records. */
	{"a listing",
	 QUESTION_A,
	 DNS_REPLY,
	 {A(300, "127.0.0.2")},
	 ANSWER_RECORDS,
	 300,
	 1,
	 "127.0.0.2"},
	{"the least TTL counts",
	 QUESTION_A,
	 DNS_REPLY,
	 {A(300, "127.0.0.2"), A(70, "127.0.0.4"), A(200, "127.0.0.9")},
	 ANSWER_RECORDS,
	 70,
	 3,
	 "127.0.0.2"},
	{"a TTL with the top bit set is 0",
	 QUESTION_A,
	 DNS_REPLY,
	 {A(0x80000001, "127.0.0.2")},
	 ANSWER_RECORDS,
	 0,
	 1,
	 "127.0.0.2"},
	{"owners are compared without case",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, "2.0.0.127.Z.eXample", ns_t_a, 5, "127.0.0.2"}},
	 ANSWER_RECORDS,
	 5,
	 1,
	 "127.0.0.2"},
	{"an SOA beside records changes nothing",
	 QUESTION_A,
	 DNS_REPLY,
	 {A(300, "127.0.0.2"), SOA(9, "9")},
	 ANSWER_RECORDS,
	 300,
	 1,
	 "127.0.0.2"},
	{"records follow an alias",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_cname, 60, "y.example"},
	  {DNS_ANSWER, "y.example", ns_t_a, 300, "127.0.0.3"}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "127.0.0.3"},
	{"aliases may come in any order",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, "x.example", ns_t_a, 300, "127.0.0.3"},
	  {DNS_ANSWER, "y.example", ns_t_cname, 200, "x.example"},
	  {DNS_ANSWER, NULL, ns_t_cname, 100, "y.example"}},
	 ANSWER_RECORDS,
	 100,
	 1,
	 "127.0.0.3"},
	{"records of other names don't count",
	 QUESTION_A,
	 DNS_REPLY,
	 {A(300, "127.0.0.2"),
	  {DNS_ANSWER, "y.example", ns_t_a, 1, "127.0.0.3"}},
	 ANSWER_RECORDS,
	 300,
	 1,
	 "127.0.0.2"},
	{"AAAA",
	 QUESTION_AAAA,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_aaaa, 60, "2001:db8::1"}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "2001:db8::1"},
	{"AAAA that would be taken for IPv4 is left out",
	 QUESTION_AAAA,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_aaaa, 60, "::ffff:192.0.2.1"},
	  {DNS_ANSWER, NULL, ns_t_aaaa, 60, "2001:db8::1"}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "2001:db8::1"},
	{"MX",
	 QUESTION_MX,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_mx, 60, "10 mx1.example"},
	  {DNS_ANSWER, NULL, ns_t_mx, 60, "20 mx2.example"}},
	 ANSWER_RECORDS,
	 60,
	 2,
	 "10 mx1.example"},
	{"a null MX",
	 QUESTION_MX,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_mx, 60, "0 ."}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "0 "},
	{"TLSA records are counted",
	 QUESTION_TLSA,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, 52, 60, "312d"},
	  {DNS_ANSWER, NULL, 52, 60, "312e"}},
	 ANSWER_RECORDS,
	 60,
	 2,
	 ""},
	{"a TLSA record without data",
	 QUESTION_TLSA,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, 52, 60, "312"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "malformed"},
	{"TXT",
	 QUESTION_TXT,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_txt, 60, "see http://z.example/?q"}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "see http://z.example/?q"},
	{"TXT is made printable",
	 QUESTION_TXT,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_txt, 60, "a\nb\x1b[31m\xff"}},
	 ANSWER_RECORDS,
	 60,
	 1,
	 "a?b?[31m?"},

	/* None. */
	{"NXDOMAIN lasts as long as the SOA's minimum",
	 QUESTION_A,
	 DNS_REPLY | ns_r_nxdomain,
	 {SOA(3600, "150")},
	 ANSWER_NONE,
	 150,
	 0,
	 NULL},
	{"NXDOMAIN lasts no longer than the SOA",
	 QUESTION_A,
	 DNS_REPLY | ns_r_nxdomain,
	 {SOA(90, "150")},
	 ANSWER_NONE,
	 90,
	 0,
	 NULL},
	{"NXDOMAIN without an SOA",
	 QUESTION_A,
	 DNS_REPLY | ns_r_nxdomain,
	 {{0}},
	 ANSWER_NONE,
	 0,
	 0,
	 NULL},
	{"NODATA with an SOA",
	 QUESTION_A,
	 DNS_REPLY,
	 {SOA(3600, "150")},
	 ANSWER_NONE,
	 150,
	 0,
	 NULL},
	{"an SOA behind an NS",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_AUTHORITY, "z.example", ns_t_ns, 60, "ns.example"},
	  SOA(3600, "150")},
	 ANSWER_NONE,
	 150,
	 0,
	 NULL},

	/* Nothing is known. */
	{"NODATA without an SOA",
	 QUESTION_A,
	 DNS_REPLY,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "without an SOA"},
	{"NODATA with an NS only",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_AUTHORITY, "z.example", ns_t_ns, 60, "ns.example"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "without an SOA"},
	{"an SOA elsewhere is none",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ADDITIONAL, "z.example", ns_t_soa, 60, "60"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "without an SOA"},
	{"SERVFAIL",
	 QUESTION_A,
	 DNS_REPLY | ns_r_servfail,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "SERVFAIL"},
	{"SERVFAIL with a record",
	 QUESTION_A,
	 DNS_REPLY | ns_r_servfail,
	 {A(300, "127.0.0.2")},
	 ANSWER_FAILED,
	 0,
	 0,
	 "SERVFAIL"},
	{"REFUSED",
	 QUESTION_A,
	 DNS_REPLY | ns_r_refused,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "REFUSED"},
	{"FORMERR",
	 QUESTION_A,
	 DNS_REPLY | ns_r_formerr,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "FORMERR"},
	{"NOTIMP",
	 QUESTION_A,
	 DNS_REPLY | ns_r_notimpl,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "NOTIMP"},
	{"YXDOMAIN",
	 QUESTION_A,
	 DNS_REPLY | ns_r_yxdomain,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "error code"},
	{"a truncated reply",
	 QUESTION_A,
	 DNS_REPLY | DNS_TC,
	 {A(300, "127.0.0.2")},
	 ANSWER_FAILED,
	 0,
	 0,
	 "truncated"},
	{"a truncated NXDOMAIN",
	 QUESTION_A,
	 DNS_REPLY | DNS_TC | ns_r_nxdomain,
	 {{0}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "truncated"},
	{"a query",
	 QUESTION_A,
	 0x0100,
	 {A(300, "127.0.0.2")},
	 ANSWER_FAILED,
	 0,
	 0,
	 "malformed"},
	{"a reply to a notify",
	 QUESTION_A,
	 DNS_REPLY | 0x2000,
	 {A(300, "127.0.0.2")},
	 ANSWER_FAILED,
	 0,
	 0,
	 "malformed"},
	{"an alias only",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_cname, 60, "y.example"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "alias"},
	{"an alias only, with an SOA",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_cname, 60, "y.example"}, SOA(60, "60")},
	 ANSWER_FAILED,
	 0,
	 0,
	 "alias"},
	{"an alias of itself",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_cname, 60, NAME}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "alias"},
	{"aliases in a circle",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_cname, 60, "y.example"},
	  {DNS_ANSWER, "y.example", ns_t_cname, 60, NAME}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "alias"},
	{"records of another name",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, "y.example", ns_t_a, 60, "127.0.0.2"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "something else"},
	{"records of another type",
	 QUESTION_A,
	 DNS_REPLY,
	 {{DNS_ANSWER, NULL, ns_t_txt, 60, "127.0.0.2"}},
	 ANSWER_FAILED,
	 0,
	 0,
	 "something else"},
};

static const char *first_record(const struct answer *answer, char *text,
				size_t size)
{
	char address[ADDR_TEXT];

	switch (answer->type) {
	case QUESTION_MX:
		snprintf(text, size, "%u %s", answer->mx[0].preference,
			 answer->mx[0].host);
		break;
	case QUESTION_TXT:
		snprintf(text, size, "%s", answer->text);
		break;
	case QUESTION_TLSA:
		text[0] = '\0';
		break;
	default:
		snprintf(text, size, "%s",
			 addr_format(&answer->addresses[0], address));
	}
	return text;
}

static void expect(const struct answer *answer, size_t index)
{
	char text[2 * ANSWER_TEXT_MAX];

	assert_int_equal(answer->kind, replies[index].kind);
	assert_int_equal(answer->type, replies[index].type);
	assert_int_equal(answer->ttl_s, replies[index].ttl_s);
	assert_int_equal(answer->count, replies[index].count);
	if (answer->kind == ANSWER_FAILED) {
		assert_non_null(strstr(answer->why, replies[index].first));
		return;
	}
	assert_null(answer->why);
	if (answer->kind == ANSWER_RECORDS)
		assert_string_equal(first_record(answer, text, sizeof(text)),
				    replies[index].first);
}

/* In a block of its own size, so that ASan sees a read too far. */
static void parse(const uint8_t *octets, size_t length, const char *name,
		  enum question_type type, struct answer *out)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, octets, length);
	answer_parse(copy, length, name, type, out);
	free(copy);
}

static void build(struct dns_message *message, size_t index)
{
	dns_begin(message, 7, replies[index].flags, NAME,
		  (uint16_t)question_type_code(replies[index].type));
	for (size_t i = 0; i < 6 && replies[index].records[i].data; i++)
		dns_add(message, &replies[index].records[i]);
}

static void replies_say_what_they_say(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		print_message("%s\n", replies[i].name);
		build(&message, i);
		parse(message.octets, message.length, NAME, replies[i].type,
		      &answer);
		expect(&answer, i);
	}
}

static void a_dot_at_the_end_of_the_name_changes_nothing(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	build(&message, 0);
	parse(message.octets, message.length, NAME ".", QUESTION_A, &answer);
	expect(&answer, 0);
}

static void replies_to_other_questions_fail(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	build(&message, 0);
	parse(message.octets, message.length, "3.0.0.127.z.example", QUESTION_A,
	      &answer);
	assert_int_equal(answer.kind, ANSWER_FAILED);
	assert_non_null(strstr(answer.why, "another question"));
	parse(message.octets, message.length, NAME, QUESTION_TXT, &answer);
	assert_int_equal(answer.kind, ANSWER_FAILED);
	assert_non_null(strstr(answer.why, "another question"));
}

/* Whatever is cut off, less is never taken for more. */
static void cut_replies_fail(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		build(&message, i);
		for (size_t length = 0; length < message.length; length++) {
			parse(message.octets, length, NAME, replies[i].type,
			      &answer);
			if (answer.kind == replies[i].kind)
				continue;
			assert_true(answer.kind == ANSWER_FAILED);
		}
	}
	build(&message, 0);
	for (size_t length = 0; length < message.length; length++) {
		parse(message.octets, length, NAME, QUESTION_A, &answer);
		assert_int_equal(answer.kind, ANSWER_FAILED);
	}
}

static void a_record_that_claims_too_much_fails(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	for (unsigned int length = 0; length < 300; length++) {
		build(&message, 0);
		message.octets[message.length - 6] = (uint8_t)(length >> 8);
		message.octets[message.length - 5] = (uint8_t)length;
		parse(message.octets, message.length, NAME, QUESTION_A,
		      &answer);
		assert_int_equal(answer.kind,
				 length == 4 ? ANSWER_RECORDS : ANSWER_FAILED);
	}
}

static void names_in_a_circle_fail(void **state)
{
	static struct dns_message message;
	static struct answer answer;

	(void)state;
	build(&message, 0);
	/* The owner's pointer refers to itself. */
	message.octets[message.length - 15] = (uint8_t)(message.length - 16);
	parse(message.octets, message.length, NAME, QUESTION_A, &answer);
	assert_int_equal(answer.kind, ANSWER_FAILED);
	assert_non_null(strstr(answer.why, "malformed"));
}

static void sixty_four_records_are_read_and_more_fail(void **state)
{
	static struct dns_message message;
	static struct answer answer;
	struct dns_record record = A(60, "127.0.0.2");

	(void)state;
	dns_begin(&message, 7, DNS_REPLY, NAME, ns_t_a);
	for (size_t i = 0; i < ANSWER_RECORDS_MAX; i++)
		dns_add(&message, &record);
	parse(message.octets, message.length, NAME, QUESTION_A, &answer);
	assert_int_equal(answer.kind, ANSWER_RECORDS);
	assert_int_equal(answer.count, ANSWER_RECORDS_MAX);
	dns_add(&message, &record);
	parse(message.octets, message.length, NAME, QUESTION_A, &answer);
	assert_int_equal(answer.kind, ANSWER_FAILED);
	assert_int_equal(answer.count, 0);
}

static void strings_of_a_text_are_joined_and_bounded(void **state)
{
	static struct dns_message message;
	static struct answer answer;
	struct dns_record record = {DNS_ANSWER, NULL, ns_t_txt, 60, "ab"};
	char longest[256];

	(void)state;
	dns_begin(&message, 7, DNS_REPLY, NAME, ns_t_txt);
	dns_add(&message, &record);
	dns_put(&message,
		"\x02"
		"cd",
		3);
	message.octets[message.length - 7] += 3;
	parse(message.octets, message.length, NAME, QUESTION_TXT, &answer);
	assert_int_equal(answer.kind, ANSWER_RECORDS);
	assert_string_equal(answer.text, "abcd");

	memset(longest, 'x', 255);
	longest[255] = '\0';
	record.data = longest;
	dns_begin(&message, 7, DNS_REPLY, NAME, ns_t_txt);
	dns_add(&message, &record);
	dns_put(&message, "\x01y", 2);
	message.octets[message.length - 2 - 256 - 1] += 2;
	parse(message.octets, message.length, NAME, QUESTION_TXT, &answer);
	assert_int_equal(answer.kind, ANSWER_RECORDS);
	assert_string_equal(answer.text, longest);
}

static void a_text_whose_string_is_longer_than_the_record_fails(void **state)
{
	static struct dns_message message;
	static struct answer answer;
	struct dns_record record = {DNS_ANSWER, NULL, ns_t_txt, 60, "ab"};

	(void)state;
	dns_begin(&message, 7, DNS_REPLY, NAME, ns_t_txt);
	dns_add(&message, &record);
	message.octets[message.length - 3] = 3;
	dns_put(&message, "more", 4);
	parse(message.octets, message.length, NAME, QUESTION_TXT, &answer);
	assert_int_equal(answer.kind, ANSWER_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_say_what_they_say),
		cmocka_unit_test(a_dot_at_the_end_of_the_name_changes_nothing),
		cmocka_unit_test(replies_to_other_questions_fail),
		cmocka_unit_test(cut_replies_fail),
		cmocka_unit_test(a_record_that_claims_too_much_fails),
		cmocka_unit_test(names_in_a_circle_fail),
		cmocka_unit_test(sixty_four_records_are_read_and_more_fail),
		cmocka_unit_test(strings_of_a_text_are_joined_and_bounded),
		cmocka_unit_test(
			a_text_whose_string_is_longer_than_the_record_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

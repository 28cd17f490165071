/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMTP replies: what is one, what is kept of it, what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sources/reply.h"

#define OCTETS_60 "123456789 123456789 123456789 123456789 123456789 123456789 "

static const struct {
	const char *name;
	const char *data;
	unsigned int code;
	unsigned int subject; /* 0.0: no enhanced code */
	unsigned int detail;
	const char *text;
	const char *rest; /* what is left for the next reply */
} whole[] = {
	{"a line is a reply", "220 mx ESMTP\r\n", 220, 0, 0, "220 mx ESMTP",
	 ""},
	{"a bare LF ends a line", "220 mx\n", 220, 0, 0, "220 mx", ""},
	{"a code alone is a reply", "250\r\n", 250, 0, 0, "250", ""},
	{"a code and a space too", "250 \r\n", 250, 0, 0, "250 ", ""},
	{"the last of many lines counts", "250-mx\r\n250-SIZE 1\r\n250 DSN\r\n",
	 250, 0, 0, "250 DSN", ""},
	{"a teaser belongs to the greeting", "220-wait\r\n220 mx\r\n", 220, 0,
	 0, "220 mx", ""},
	{"an empty last line does not hide the one before",
	 "554-go away\r\n554 \r\n", 554, 0, 0, "554-go away", ""},
	{"an error may end a teaser", "220-wait\r\n421 4.3.2 busy\r\n", 421, 3,
	 2, "421 4.3.2 busy", ""},
	{"an error that ends a success takes its enhanced code away",
	 "250-2.1.0 ok\r\n550 no\r\n", 550, 0, 0, "550 no", ""},
	{"what follows is left", "250 a\r\n250 b\r\n", 250, 0, 0, "250 a",
	 "250 b\r\n"},
	{"an enhanced code is read", "452 4.3.1 full\r\n", 452, 3, 1,
	 "452 4.3.1 full", ""},
	{"an enhanced code may stand alone", "550 5.7.26\r\n", 550, 7, 26,
	 "550 5.7.26", ""},
	{"an enhanced code may have long parts", "450 4.123.456 x\r\n", 450,
	 123, 456, "450 4.123.456 x", ""},
	{"an enhanced code of the first lines counts",
	 "451-4.7.1 grey\r\n451 again\r\n", 451, 7, 1, "451 again", ""},
	{"that of the last line counts more",
	 "451-4.7.1 grey\r\n451 4.3.0 broken\r\n", 451, 3, 0,
	 "451 4.3.0 broken", ""},
	{"an enhanced code of another class is text", "451 5.3.0 x\r\n", 451, 0,
	 0, "451 5.3.0 x", ""},
	{"four digits are no enhanced code", "451 4.3.1234 x\r\n", 451, 0, 0,
	 "451 4.3.1234 x", ""},
	{"an address is no enhanced code", "421 4.3.2.1 busy\r\n", 421, 0, 0,
	 "421 4.3.2.1 busy", ""},
	{"half an enhanced code is none", "451 4.3. x\r\n", 451, 0, 0,
	 "451 4.3. x", ""},
	{"other octets than ASCII are masked", "220 m\303\274ller\r\n", 220, 0,
	 0, "220 m??ller", ""},
	{"a tab is a space", "220 a\tb\r\n", 220, 0, 0, "220 a b", ""},
	{"long text is cut", "220 " OCTETS_60 OCTETS_60 OCTETS_60 "\r\n", 220,
	 0, 0, "220 " OCTETS_60 OCTETS_60 "123456789 123456789 123456789 12345",
	 ""},
};

static const struct {
	const char *name;
	const char *data;
	size_t length; /* 0: to the NUL */
	const char *text;
} broken[] = {
	{"an empty line", "\r\n", 0, ""},
	{"two digits", "22\r\n", 0, "22"},
	{"words", "SSH-2.0-OpenSSH_9.2\r\n", 0, "SSH-2.0-OpenSSH_9.2"},
	{"HTTP", "HTTP/1.1 400 Bad Request\r\n", 0, "HTTP/1.1 400 Bad Request"},
	{"POP3", "+OK ready\r\n", 0, "+OK ready"},
	{"a code below 200", "150 x\r\n", 0, "150 x"},
	{"a code above 599", "600 x\r\n", 0, "600 x"},
	{"four digits", "2200 x\r\n", 0, "2200 x"},
	{"a tab after the code", "220\tx\r\n", 0, "220 x"},
	{"a space before the code", " 220 x\r\n", 0, " 220 x"},
	{"another code of success", "250-a\r\n220 b\r\n", 0, "220 b"},
	{"a success after an error", "451-a\r\n250 b\r\n", 0, "250 b"},
	{"another error after an error", "451-a\r\n550 b\r\n", 0, "550 b"},
	{"a NUL", "220 a\0b\r\n", 9, "220 a"},
	{"a control character", "220 a\033[2J\r\n", 0, "220 a"},
	{"a DEL", "220 a\177\r\n", 0, "220 a"},
	{"a CR within a line", "220 a\rb\r\n", 0, "220 a"},
	{"two CRs", "220 a\r\r\n", 0, "220 a"},
	{"a TLS alert", "\025\003\003\000\002\002\050", 7, ""},
};

static const struct {
	const char *data;
	bool starttls;
	bool sized;
	uint64_t size;
} offers[] = {
	{"250-mx\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 DSN\r\n", true,
	 true, 10240000},
	{"250-mx\r\n250-size 7 \r\n250 starttls\r\n", true, true, 7},
	{"250-mx\r\n250 SIZE\r\n", false, true, 0},
	{"250-mx\r\n250 SIZE 0\r\n", false, true, 0},
	{"250-mx\r\n250 SIZE 99999999999999999999\r\n", false, true, 0},
	{"250-mx\r\n250-SIZES 7\r\n250 XSTARTTLS\r\n", false, false, 0},
	{"250 STARTTLS\r\n", false, false, 0}, /* a host of that name */
	{"250-STARTTLS\r\n250 SIZ\r\n", false, false, 0},
	{"250-mx\r\n250\r\n", false, false, 0},
};

/* Feeds in pieces of `piece` octets. */
static enum reply_status feed(struct reply_parser *parser, const char *data,
			      size_t length, size_t piece, size_t *used)
{
	enum reply_status status = REPLY_MORE;

	reply_reset(parser);
	*used = 0;
	while (*used < length && status == REPLY_MORE) {
		size_t left = length - *used;
		size_t taken;

		status = reply_parse(parser, data + *used,
				     left < piece ? left : piece, &taken);
		*used += taken;
	}
	return status;
}

static void whole_replies_are_understood_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		size_t length = strlen(whole[i].data);

		print_message("%s\n", whole[i].name);
		for (size_t piece = 1; piece <= length; piece++) {
			struct reply_parser parser;
			struct reply *reply = &parser.reply;
			size_t used;

			assert_int_equal(feed(&parser, whole[i].data, length,
					      piece, &used),
					 REPLY_DONE);
			assert_int_equal(reply->code, whole[i].code);
			assert_int_equal(reply->enhanced,
					 whole[i].subject + whole[i].detail >
						 0);
			if (reply->enhanced) {
				assert_int_equal(reply->subject,
						 whole[i].subject);
				assert_int_equal(reply->detail,
						 whole[i].detail);
			}
			assert_string_equal(reply->text, whole[i].text);
			assert_string_equal(whole[i].data + used,
					    whole[i].rest);
		}
	}
}

static void a_reply_without_its_end_waits_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		size_t length =
			strlen(whole[i].data) - strlen(whole[i].rest) - 1;
		struct reply_parser parser;
		size_t used;

		print_message("%s\n", whole[i].name);
		assert_int_equal(
			feed(&parser, whole[i].data, length, length, &used),
			REPLY_MORE);
		assert_int_equal(used, length);
	}
}

static void broken_replies_are_refused_and_stay_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		size_t length = broken[i].length ? broken[i].length
						 : strlen(broken[i].data);

		print_message("%s\n", broken[i].name);
		for (size_t piece = 1; piece <= length; piece++) {
			struct reply_parser parser;
			size_t used;

			assert_int_equal(feed(&parser, broken[i].data, length,
					      piece, &used),
					 REPLY_MALFORMED);
			assert_string_equal(parser.reply.text, broken[i].text);
			assert_int_equal(
				reply_parse(&parser, "250 ok\r\n", 8, &used),
				REPLY_MALFORMED);
			assert_int_equal(used, 0);
		}
	}
}

static enum reply_status feed_long_line(size_t length)
{
	char line[REPLY_LINE_MAX + 8];
	struct reply_parser parser;
	size_t used;

	memset(line, 'x', sizeof(line));
	memcpy(line, "220 ", 4);
	memcpy(line + length, "\r\n", 2);
	return feed(&parser, line, length + 2, length + 2, &used);
}

static void a_line_has_an_upper_bound(void **state)
{
	(void)state;
	assert_int_equal(feed_long_line(REPLY_LINE_MAX), REPLY_DONE);
	assert_int_equal(feed_long_line(REPLY_LINE_MAX + 1), REPLY_MALFORMED);
}

static enum reply_status feed_lines(size_t count)
{
	enum reply_status status = REPLY_MORE;
	struct reply_parser parser;
	size_t used;

	reply_reset(&parser);
	for (size_t i = 1; i < count && status == REPLY_MORE; i++)
		status = reply_parse(&parser, "250-x\r\n", 7, &used);
	if (status == REPLY_MORE)
		status = reply_parse(&parser, "250 x\r\n", 7, &used);
	return status;
}

static void a_reply_has_an_upper_bound_of_lines(void **state)
{
	(void)state;
	assert_int_equal(feed_lines(REPLY_LINES_MAX), REPLY_DONE);
	assert_int_equal(feed_lines(REPLY_LINES_MAX + 1), REPLY_MALFORMED);
	assert_int_equal(feed_lines(100000), REPLY_MALFORMED);
}

static void what_is_offered_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++) {
		const char *data = offers[i].data;
		struct reply_parser parser;
		size_t used;

		print_message("%s\n", data);
		assert_int_equal(feed(&parser, data, strlen(data), 3, &used),
				 REPLY_DONE);
		assert_int_equal(parser.reply.starttls, offers[i].starttls);
		assert_int_equal(parser.reply.sized, offers[i].sized);
		assert_int_equal(parser.reply.size, offers[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_offered_is_kept),
		cmocka_unit_test(whole_replies_are_understood_in_any_pieces),
		cmocka_unit_test(a_reply_without_its_end_waits_for_more),
		cmocka_unit_test(broken_replies_are_refused_and_stay_so),
		cmocka_unit_test(a_line_has_an_upper_bound),
		cmocka_unit_test(a_reply_has_an_upper_bound_of_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

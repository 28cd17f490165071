/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feeds that are no rbldnsd files: lines, formats, packing, refusals, guard. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "feed_file.h"
#include "sources/feed_guard.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A line of a plain file: what it lists, and an address that it must not. */
static const struct {
	const char *line;
	const char *listed; /* NULL: the line is rejected */
	const char *other;
} lines[] = {
	{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
	{"  192.0.2.1\t", "192.0.2.1", "192.0.2.0"},
	{"192.0.2.1\r", "192.0.2.1", "192.0.2.0"},
	{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
	{"192.0.2.0/24 # x", "192.0.2.255", "192.0.3.0"},
	{"192.0.2.0/24;x", "192.0.2.255", "192.0.3.0"},
	{"192.0.2.0/24 // x", "192.0.2.255", "192.0.3.0"},
	{"192.0.2.1\t//x", "192.0.2.1", "192.0.2.2"},
	{"192.0.2.77/24", "192.0.2.1", "192.0.3.1"},
	{"192.0.2.0/255.255.255.0", "192.0.2.9", "192.0.3.0"},
	{"192.0.2.0 255.255.255.128", "192.0.2.127", "192.0.2.128"},
	{"192.0.2.5-192.0.2.9", "192.0.2.9", "192.0.2.10"},
	{"192.0.2.5 - 192.0.2.9", "192.0.2.5", "192.0.2.4"},
	{"192.0.2.5- 192.0.2.9 # x", "192.0.2.7", "192.0.2.4"},
	{"128.0.0.0/1", "255.255.255.255", "127.255.255.255"},
	{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
	{"2001:DB8::1", "2001:db8::1", "2001:db8::2"},
	{"2001:db8::77/64", "2001:db8::1", "2001:db8:0:1::"},
	{"2001:db8::1-2001:db8::6", "2001:db8::6", "2001:db8::7"},
	{"2001:db8::1 - 2001:db8::6", "2001:db8::1", "2001:db8::"},
	{"192.0.2.1 x", NULL, "192.0.2.1"},
	{"192.0.2.1,x", NULL, "192.0.2.1"},
	{"192.0.2.1 7", NULL, "192.0.2.1"},
	{"192.0.2.0 24", NULL, "192.0.2.0"},
	{"192.0.2.0/33", NULL, "192.0.2.0"},
	{"192.0.2.0/", NULL, "192.0.2.0"},
	{"192.0.2.0/24/24", NULL, "192.0.2.0"},
	{"192.0.2.0/24-192.0.2.9", NULL, "192.0.2.0"},
	{"192.0.2.0 /24", NULL, "192.0.2.0"},
	{"192.0.2.0//24", NULL, "192.0.2.0"},
	{"192.0.2.0/255.0.255.0", NULL, "192.0.2.0"},
	{"192.0.2.0/0.0.0.255", NULL, "192.0.2.0"},
	{"192.0.2", NULL, "192.0.2.0"},
	{"192.0.2.", NULL, "192.0.2.0"},
	{"192.0.2.256", NULL, "192.0.2.25"},
	{"192.0.2.01", NULL, "192.0.2.1"},
	{"0300.0.2.1", NULL, "192.0.2.1"},
	{"192.0.2.1.5", NULL, "192.0.2.1"},
	{"192.0.2.9-192.0.2.5", NULL, "192.0.2.5"},
	{"192.0.2.9-5", NULL, "192.0.2.5"},
	{"192.0.2.5-192.0.2.9-192.0.2.11", NULL, "192.0.2.5"},
	{"192.0.2.5-2001:db8::1", NULL, "192.0.2.5"},
	{"0.0.0.0/0", NULL, "192.0.2.1"},
	{"0.0.0.0 0.0.0.0", NULL, "192.0.2.1"},
	{"0.0.0.0-255.255.255.255", NULL, "192.0.2.1"},
	{"::/0", NULL, "2001:db8::"},
	{"::ffff:192.0.2.1", NULL, "192.0.2.1"},
	{"2001:db8::/129", NULL, "2001:db8::"},
	{"2001:db8::1%eth0", NULL, "2001:db8::1"},
	{"2001:db8:::1", NULL, "2001:db8::1"},
	{"!192.0.2.1", NULL, "192.0.2.1"},
	{"3221225985", NULL, "192.0.2.1"},
	{"0xc0000201", NULL, "192.0.2.1"},
	{"-", NULL, "192.0.2.1"},
	{"/24", NULL, "192.0.2.1"},
};

static void each_line_of_a_plain_file_means_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct feed_report report;
		struct ranges_set *set;
		char text[256];

		snprintf(text, sizeof(text), "198.51.100.1\n%s\n203.0.113.1\n",
			 lines[i].line);
		if (feed_of_text(text, FEED_PLAIN, &report, &set) != 0)
			fail_msg("%s: %s", lines[i].line, report.refused);
		if ((lines[i].listed && !feed_lists(set, lines[i].listed)) ||
		    feed_lists(set, lines[i].other) ||
		    report.count[FEED_REJECTED] != !lines[i].listed)
			fail_msg("%s", lines[i].line);
		assert_true(feed_lists(set, "198.51.100.1"));
		assert_true(feed_lists(set, "203.0.113.1"));
		ranges_set_put(set);
	}
}

/* Whole files: the format that is found, and what is in it. */
static const struct {
	const char *text;
	enum feed_format format;
	unsigned int ipv4;
	unsigned int ipv6;
	unsigned int rejected;
	const char *listed;
} files[] = {
	{"192.0.2.1", FEED_PLAIN, 1, 0, 0, "192.0.2.1"},
	{"\xef\xbb\xbf"
	 "192.0.2.1\r\n192.0.2.2\r\n",
	 FEED_PLAIN, 2, 0, 0, "192.0.2.1"},
	{"# x\n\n; y\n// z\n192.0.2.1\n2001:db8::1\n", FEED_PLAIN, 1, 1, 0,
	 "2001:db8::1"},
	{"\t# x\n  \r\n  ; y\n // z\n192.0.2.1\n", FEED_PLAIN, 1, 0, 0,
	 "192.0.2.1"},
	{"#\n# firehol_level1\n#\n# ipv4 hash:net ipset\n#\n# Entries : 2\n"
	 "192.0.2.0/24\n198.51.100.0/23\n",
	 FEED_PLAIN, 2, 0, 0, "198.51.101.5"},
	{"# emerging\n\n# Spamhaus\n192.0.2.0/24\n#DShield\n198.51.100.0/24\n",
	 FEED_PLAIN, 2, 0, 0, "192.0.2.9"},
	{"; Spamhaus DROP List 2026/01/01\n; x\n192.0.2.0/24 ; SBL256894\n"
	 "198.51.100.0/24 ; SBL434604\n",
	 FEED_DROP, 2, 0, 0, "192.0.2.9"},
	{"; Spamhaus DROPv6\n2001:db8::/32 ; SBL303641\n", FEED_DROP, 0, 1, 0,
	 "2001:db8::5"},
	{"{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\",\"rir\":\"arin\"}\n"
	 "{\"cidr\":\"2001:db8::/32\",\"sblid\":\"SBL2\",\"rir\":\"x\"}\n"
	 "{\"type\":\"metadata\",\"timestamp\":1,\"size\":2,\"records\":2}\n",
	 FEED_DROP_JSON, 1, 1, 0, "2001:db8::5"},
	{"{\"cidr\":\"192.0.2.0/24\"}\n{\"cidr\":\"192.0.2.0/99\"}\n{\n"
	 "{\"cidr\":7}\n{\"cidr\":\"198.51.100.0/24\"}\n[]\n",
	 FEED_DROP_JSON, 2, 0, 4, "192.0.2.9"},
	{"#   DShield.org Recommended Block List\n"
	 "Start\tEnd\tNetblock\tAttacks\tName\tCountry\temail\n"
	 "192.0.2.0\t192.0.2.255\t24\t4321\tX\tUS\ta@example.org\n"
	 "198.51.100.0\t198.51.100.255\t24\t3\tY Z\t\t\n"
	 "203.0.113.0\t203.0.113.99\t24\t3\tY\t\t\n",
	 FEED_DSHIELD, 2, 0, 1, "192.0.2.9"},
	{"$SOA 1 a b 1 1 1 1 1\n$NS 1 a\n:127.0.0.2:x\n192.0.2.1\n",
	 FEED_IP4SET, 1, 0, 0, "192.0.2.1"},
	{":127.0.0.2:see http://example.org/$\n192.0.2\n", FEED_IP4SET, 1, 0, 0,
	 "192.0.2.7"},
	{"192.0.2.0/24\n!192.0.2.1\n", FEED_IP4SET, 1, 0, 0, "192.0.2.7"},
	{"192.0.2\n198.51.100.7\n203.0.113.5-9\n", FEED_IP4SET, 3, 0, 0,
	 "203.0.113.9"},
	{"1.5 percent\n198.51.100.7\n198.51.100.8\n", FEED_PLAIN, 2, 0, 1,
	 "198.51.100.7"},
	{"$TTL 3600\n2001:db8::/32\n", FEED_IP6TRIE, 0, 1, 0, "2001:db8::1"},
	{"$TTL 3600\n2001:db8:1:2\n", FEED_IP6TSET, 0, 1, 0, "2001:db8:1:2::9"},
	{"$TTL 1\n$DATASET ip4set @\n192.0.2.1\n", FEED_COMBINED, 1, 0, 0,
	 "192.0.2.1"},
	{"::1\n2001:db8::1\n", FEED_PLAIN, 0, 2, 0, "2001:db8::1"},
};

static void formats_are_found_by_looking(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct feed_report report;
		struct ranges_set *set;

		if (feed_of_text(files[i].text, FEED_AUTO, &report, &set) != 0)
			fail_msg("%s: %s", files[i].text, report.refused);
		if (report.format != files[i].format ||
		    report.entries[FAMILY_IPV4] != files[i].ipv4 ||
		    report.entries[FAMILY_IPV6] != files[i].ipv6 ||
		    report.count[FEED_REJECTED] != files[i].rejected ||
		    !feed_lists(set, files[i].listed))
			fail_msg("%s\nis %s, %d %d, %d rejected", files[i].text,
				 feed_format_name(report.format),
				 (int)report.entries[FAMILY_IPV4],
				 (int)report.entries[FAMILY_IPV6],
				 (int)report.count[FEED_REJECTED]);
		ranges_set_put(set);
	}
}

/* Wherever it ends what is looked at, half an address is no entry. */
static void large_files_are_found_by_whole_lines(void **state)
{
	static char text[200000];

	(void)state;
	for (size_t shift = 0; shift < 16; shift++) {
		size_t size = shift;
		struct feed_report report;
		struct ranges_set *set;

		memset(text, '#', shift);
		if (shift)
			text[size++] = '\n';
		while (size + 16 < sizeof(text))
			size += (size_t)sprintf(text + size,
						"198.51.100.111\n");
		assert_int_equal(feed_of_text(text, FEED_AUTO, &report, &set),
				 0);
		assert_int_equal(report.format, FEED_PLAIN);
		ranges_set_put(set);
	}
}

static void what_is_no_list_is_said(void **state)
{
	static const struct {
		const char *text;
		const char *refused;
	} cases[] = {
		{"", "it is empty"},
		{"\n \r\n\t\n", "it is empty"},
		{"# nothing\n\n", "it has no entries"},
		{"<!DOCTYPE html>\n<html>", "an HTML page"},
		{"\n  <html><body>404</body></html>", "an HTML page"},
		{"<?xml version=\"1.0\"?>", "an HTML page"},
		{"# x\n127.0.0.1 localhost\n0.0.0.0 ads.example.com\n",
		 "a hosts file"},
		{"::1 localhost ip6-localhost\n127.0.0.1\tlocalhost\n",
		 "a hosts file"},
		{"AS64496\nAS64497\n", "a list of AS numbers"},
		{"; x\nAS64496 ; EXAMPLE\nAS64497 ; X\n",
		 "a list of AS numbers"},
		{"{\"asn\":64496,\"rir\":\"x\"}\n", "JSON without any"},
		{"example.org\nexample.com\n", "a list of domain names"},
		{"PK\003\004aaaa", "a zip archive"},
		{"\xff\xfe"
		 "1\n",
		 "text in UTF-16"},
		{"foo\nbar\nbaz baz\n", "are no addresses"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct feed_options options = {.rejected_max = 50};
		struct feed_report report;
		struct ranges_set *set;

		feed_of_octets(cases[i].text, strlen(cases[i].text), &options,
			       &report, &set);
		if (!strstr(report.refused, cases[i].refused))
			fail_msg("%s: \"%s\"", cases[i].text, report.refused);
		ranges_set_put(set);
	}
}

static void too_large_a_share_of_rejected_lines_refuses(void **state)
{
	static const struct {
		unsigned int most;
		bool refused;
	} cases[] = {{0, true}, {24, true}, {25, false}, {100, false}};
	static const char text[] = "192.0.2.1\n192.0.2.2\n192.0.2.3\nx y\n";

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct feed_options options = {
			.format = FEED_PLAIN, .rejected_max = cases[i].most};
		struct feed_report report;
		struct ranges_set *set;

		assert_int_equal(feed_of_octets(text, strlen(text), &options,
						&report, &set),
				 0);
		assert_int_equal(report.refused[0] != '\0', cases[i].refused);
		ranges_set_put(set);
	}
}

static void problems_are_counted_and_the_first_are_kept(void **state)
{
	struct feed_report report;
	struct ranges_set *set;
	char text[4096] = "";
	size_t used = 0;

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "bad %u\n192.0.2.9/24\n", i);
	assert_int_equal(feed_of_text(text, FEED_PLAIN, &report, &set), 0);
	assert_int_equal(report.count[FEED_REJECTED], 30);
	assert_int_equal(report.count[FEED_NOTED], 30);
	assert_int_equal(report.problem_count, 2 * FEED_PROBLEMS_MAX);
	assert_int_equal(report.problems[0].line, 1);
	assert_string_equal(report.problems[0].text, "bad 0");
	assert_string_equal(report.problems[0].reason, "no address");
	assert_int_equal(report.problems[1].line, 2);
	assert_string_equal(report.problems[1].reason,
			    "bits are set beyond the length: taken as "
			    "192.0.2.0/24");
	assert_int_equal(report.problems[2].line, 3);
	ranges_set_put(set);
}

static size_t pack_gzip(const char *text, size_t size, char *out, size_t room)
{
	z_stream stream = {0};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)text;
	stream.avail_in = (uInt)size;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return room - stream.avail_out;
}

static size_t pack_zstd(const char *text, size_t size, char *out, size_t room)
{
	size_t packed = ZSTD_compress(out, room, text, size, 3);

	assert_false(ZSTD_isError(packed));
	return packed;
}

static void packed_files_are_unpacked(void **state)
{
	static size_t (*const packers[])(const char *, size_t, char *,
					 size_t) = {pack_gzip, pack_zstd};
	static const char text[] = "192.0.2.1\n192.0.2.2\n";
	const struct feed_options options = {.rejected_max = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(packers); i++) {
		char packed[1024];
		struct feed_report report;
		struct ranges_set *set;
		size_t size =
			packers[i](text, strlen(text), packed, sizeof(packed));

		/* Two members, one behind the other. */
		memcpy(packed + size, packed, size);
		assert_int_equal(feed_of_octets(packed, 2 * size, &options,
						&report, &set),
				 0);
		assert_int_equal(report.entries[FAMILY_IPV4], 4);
		assert_true(feed_lists(set, "192.0.2.2"));
		ranges_set_put(set);
		/* Cut at any place, it is refused. */
		for (size_t cut = 1; cut < size; cut++) {
			feed_of_octets(packed, cut, &options, &report, &set);
			assert_int_not_equal(report.refused[0], 0);
			ranges_set_put(set);
		}
		memset(packed + size, 'x', 8);
		feed_of_octets(packed, size + 8, &options, &report, &set);
		assert_int_not_equal(report.refused[0], 0);
		ranges_set_put(set);
	}
}

#define BOMB_PART (64 << 20)

/* Some kilobytes that become more than is read of any file. */
static void bombs_are_refused(void **state)
{
	static size_t (*const packers[])(const char *, size_t, char *,
					 size_t) = {pack_gzip, pack_zstd};
	const struct feed_options options = {.rejected_max = 100};
	const size_t parts = FEED_TEXT_MAX / BOMB_PART + 1;
	char *text = malloc(BOMB_PART), *packed = malloc(BOMB_PART);

	(void)state;
	assert_true(text && packed);
	memset(text, '#', BOMB_PART);
	for (size_t i = 0; i < COUNT(packers); i++) {
		size_t size = packers[i](text, BOMB_PART, packed, BOMB_PART);
		struct ranges_set *set;
		struct feed_report report;

		assert_true(size * parts < BOMB_PART);
		for (size_t part = 1; part < parts; part++)
			memcpy(packed + size * part, packed, size);
		assert_int_equal(feed_of_octets(packed, size * parts, &options,
						&report, &set),
				 -EFBIG);
		assert_string_equal(report.refused,
				    "it is larger than 2048 MiB");
	}
	free(text);
	free(packed);
}

/* A frame of zstd says itself how much memory it takes to unpack it. */
static void a_frame_that_wants_much_memory_is_refused(void **state)
{
	/* Magic, no options, the window, and one block as it is. */
	char frame[] = "\x28\xb5\x2f\xfd\x00W\x51\x00\x00"
		       "192.0.2.1\n";
	const struct feed_options options = {.rejected_max = 0};
	struct feed_report report;
	struct ranges_set *set;

	(void)state;
	for (unsigned int bits = 20; bits <= 31; bits++) {
		int error;

		frame[5] = (char)((bits - 10) << 3);
		error = feed_of_octets(frame, sizeof(frame) - 1, &options,
				       &report, &set);
		assert_int_equal(error, bits <= 27 ? 0 : -EBADMSG);
		ranges_set_put(set);
	}
}

/* A megabyte of zeros in a line is neither a crash nor an entry. */
static void long_lines_are_one_problem(void **state)
{
	size_t size = 1 << 20;
	char *text = malloc(size + 64);
	struct feed_report report;
	struct ranges_set *set;

	(void)state;
	assert_non_null(text);
	memcpy(text, "192.0.2.1\n", 10);
	memset(text + 10, '7', size);
	strcpy(text + 10 + size, "\n192.0.2.2\n# ");
	assert_int_equal(feed_of_text(text, FEED_PLAIN, &report, &set), 0);
	assert_int_equal(report.entries[FAMILY_IPV4], 2);
	assert_int_equal(report.count[FEED_REJECTED], 1);
	memset(text + 10, '#', size);
	ranges_set_put(set);
	assert_int_equal(feed_of_text(text, FEED_PLAIN, &report, &set), 0);
	assert_int_equal(report.entries[FAMILY_IPV4], 2);
	assert_int_equal(report.count[FEED_REJECTED], 0);
	ranges_set_put(set);
	free(text);
}

static void the_guard_leaves_out_what_must_stay(void **state)
{
	static const struct {
		const char *line;
		const char *why; /* NULL: it is taken */
	} cases[] = {
		{"11.0.0.0/8", NULL},
		{"12.0.0.0/7", "wider than a /8"},
		{"12.0.0.0-13.0.0.0", "wider than a /8"},
		{"12.0.0.1-13.0.0.0", NULL},
		{"2600::/19", NULL},
		{"2002::/18", "wider than a /19"},
		{"10.1.2.3", "private space"},
		{"9.255.255.255-10.0.0.0", "private space"},
		{"127.0.0.2", "loopback space"},
		{"224.0.0.1", "multicast space"},
		{"240.0.0.0/4", "wider than a /8"},
		{"255.255.255.255", "reserved space"},
		{"::1", "loopback"},
		{"fe80::/10", "wider"},
		{"fe80::1", "link-local space"},
		{"fc00::/19", "private space"},
		{"ff02::1", "multicast space"},
		{"192.0.2.25", "192.0.2.25, which is protected"},
		{"192.0.2.0/24", "192.0.2.25, which is protected"},
		{"192.0.3.0/24", NULL},
		{"198.51.100.5", "198.51.100.5, which is a primary"},
		{"198.51.100.0-198.51.100.4", NULL},
		{"203.0.113.7", "203.0.113.0/28, which is on the allow list"},
		{"203.0.113.16", NULL},
		{"203.0.112.0/22", "on the allow list"},
		{"198.18.0.1", "198.18.0.1, which is an address of this host"},
		{"2001:db8::25", "protected"},
		{"2001:db8::/32", "protected"},
		{"2001:db9::/32", NULL},
	};
	struct prefix allow = {{{0}}, 28};
	struct addr protect[2], primary;
	struct feed_guarded own = {.whose = "an address of this host"};
	struct config_primary primaries = {.addresses = &primary,
					   .address_count = 1};
	struct config config = {
		.protect = protect,
		.protect_count = 2,
		.primaries = &primaries,
		.primary_count = 1,
		.allow = &allow,
		.allow_count = 1,
	};
	const unsigned int widest[FAMILY_MAX] = {8, 19};
	struct feed_guard *guard = NULL;

	(void)state;
	addr_parse("192.0.2.25", &protect[0]);
	addr_parse("2001:db8::25", &protect[1]);
	addr_parse("198.51.100.5", &primary);
	addr_parse("203.0.113.0", &allow.addr);
	addr_parse("198.18.0.1", &own.addr);
	assert_int_equal(feed_guard_create(&config, &own, 1, widest, &guard),
			 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct feed_options options = {
			.format = FEED_PLAIN,
			.rejected_max = 0,
			.guard = guard,
		};
		struct feed_report report;
		struct ranges_set *set;

		assert_int_equal(feed_of_octets(cases[i].line,
						strlen(cases[i].line), &options,
						&report, &set),
				 0);
		if (report.count[FEED_LEFT_OUT] != (cases[i].why != NULL) ||
		    (cases[i].why &&
		     !strstr(report.problems[0].reason, cases[i].why)))
			fail_msg("%s: %s", cases[i].line,
				 report.problem_count
					 ? report.problems[0].reason
					 : "taken");
		ranges_set_put(set);
	}
	feed_guard_free(guard);
}

static void the_entry_that_matches_is_told(void **state)
{
	static const struct {
		const char *addr;
		const char *prefix;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.0", "192.0.2.0"},
		{"198.51.100.9", "198.51.100.0/24"},
		{"203.0.113.6", "203.0.113.4/30"},
		{"203.0.113.9", "203.0.113.8/31"},
		{"203.0.113.1", "203.0.113.1"},
		{"2001:db8::1", "2001:db8::/33"},
		{"2001:db8:8000::1", "2001:db8:8000::/33"},
	};
	struct feed_report report;
	struct ranges_set *set;
	char text[PREFIX_TEXT];

	(void)state;
	assert_int_equal(feed_of_text("192.0.2.1\n192.0.2.0\n198.51.100.0/24\n"
				      "198.51.100.9\n203.0.113.1-203.0.113.9\n"
				      "2001:db8:8000::/33\n2001:db8::/33\n",
				      FEED_PLAIN, &report, &set),
			 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix found;
		struct addr addr;

		addr_parse(cases[i].addr, &addr);
		assert_true(ranges_set_find(set, &addr, &found));
		assert_string_equal(prefix_format(&found, text),
				    cases[i].prefix);
	}
	ranges_set_put(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_of_a_plain_file_means_what_it_says),
		cmocka_unit_test(formats_are_found_by_looking),
		cmocka_unit_test(large_files_are_found_by_whole_lines),
		cmocka_unit_test(what_is_no_list_is_said),
		cmocka_unit_test(too_large_a_share_of_rejected_lines_refuses),
		cmocka_unit_test(problems_are_counted_and_the_first_are_kept),
		cmocka_unit_test(packed_files_are_unpacked),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(a_frame_that_wants_much_memory_is_refused),
		cmocka_unit_test(long_lines_are_one_problem),
		cmocka_unit_test(the_guard_leaves_out_what_must_stay),
		cmocka_unit_test(the_entry_that_matches_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

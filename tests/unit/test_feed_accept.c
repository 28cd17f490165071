/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which versions of a feed are taken, and when one ends. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "worker/feed_state.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char name[] = "one", file[] = "/one";

static struct ranges_set *set_of(unsigned int entries)
{
	struct ranges_input *input = NULL;
	struct ranges_set *set = NULL;

	assert_int_equal(ranges_input_create(&input), 0);
	for (unsigned int i = 0; i < entries; i++)
		assert_int_equal(ranges_input_ipv4(input, 1, 0x0b000000 + i,
						   0x0b000000 + i),
				 0);
	assert_int_equal(ranges_set_create(input, &set), 0);
	ranges_input_free(input);
	return set;
}

static struct feed feed_with(unsigned int entries)
{
	struct feed feed = {
		.config = {.name = name,
			   .file = file,
			   .max_age_ms = 86400000,
			   .change_max = 50},
	};

	if (entries) {
		feed.set = set_of(entries);
		feed.report.entries[FAMILY_IPV4] = entries;
		feed.state = FEED_STATE_FRESH;
	}
	return feed;
}

static struct feed_file load_of(unsigned int entries, int64_t age_s)
{
	struct feed_file load = {.set = set_of(entries)};

	load.report.entries[FAMILY_IPV4] = entries;
	load.version.inode = entries;
	load.opened_unix = time(NULL);
	load.version.modified.tv_sec = load.opened_unix - age_s;
	return load;
}

static void forget(struct feed *feed, struct feed_file *load)
{
	ranges_set_put(feed->set);
	ranges_set_put(feed->before);
	ranges_set_put(load->set);
}

static const struct {
	const char *name;
	unsigned int before;
	unsigned int now;
	unsigned int most; /* max-change */
	bool force;
	bool taken;
} sizes[] = {
	{"the first one has any size", 0, 1, 50, false, true},
	{"the same size", 1000, 1000, 50, false, true},
	{"half the size", 1000, 500, 50, false, true},
	{"less than half", 1000, 499, 50, false, false},
	{"half as much again", 1000, 1500, 50, false, true},
	{"more than half as much again", 1000, 1501, 50, false, false},
	{"small lists may do as they like", 1, 99, 50, false, true},
	{"small lists may shrink", 99, 1, 50, false, true},
	{"a small list that gets large is none", 99, 500, 50, false, false},
	{"large ones may not get small", 100, 1, 50, false, false},
	{"by force they may", 1000, 1, 50, true, true},
	{"without a bound they may", 1000, 1, 0, false, true},
	{"a wide bound", 1000, 5000, 400, false, true},
	{"beyond a wide bound", 1000, 5001, 400, false, false},
};

static void a_list_may_change_so_much(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct feed feed = feed_with(sizes[i].before);
		struct feed_file load = load_of(sizes[i].now, 0);

		print_message("%s\n", sizes[i].name);
		feed.config.change_max = sizes[i].most;
		feed.force = sizes[i].force;
		assert_int_equal(feed_accept(&feed, &load), sizes[i].taken);
		assert_int_equal(ranges_set_count(feed.set, FAMILY_IPV4),
				 sizes[i].taken ? sizes[i].now
						: sizes[i].before);
		assert_int_equal(feed.state, sizes[i].taken
						     ? FEED_STATE_FRESH
						     : FEED_STATE_REFUSED);
		assert_false(feed.force);
		forget(&feed, &load);
	}
}

static void what_was_there_stays_until_the_next_is_in_force(void **state)
{
	struct feed feed = feed_with(3);
	struct feed_file load = load_of(4, 0);
	struct ranges_set *old = feed.set;

	(void)state;
	assert_true(feed_accept(&feed, &load));
	assert_ptr_equal(feed.before, old);
	assert_null(load.set);
	assert_int_equal(feed.good.inode, 4);
	forget(&feed, &load);
}

/* It may have been half a file: its size says nothing of what it gets. */
static void what_goes_on_being_written_has_no_bound(void **state)
{
	static const struct {
		int64_t age_s;
		ino_t inode;
		bool taken;
	} cases[] = {
		{0, 1, true},
		{FEED_QUIET_S - 1, 1, true},
		{FEED_QUIET_S, 1, false},
		{0, 2, false}, /* another file in its place */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feed feed = feed_with(0);
		struct feed_file half = load_of(1000, cases[i].age_s);
		struct feed_file whole = load_of(5000, 0);

		half.version.inode = 1;
		whole.version.inode = cases[i].inode;
		assert_true(feed_accept(&feed, &half));
		assert_int_equal(feed_accept(&feed, &whole), cases[i].taken);
		forget(&feed, &whole);
	}
}

static void what_can_not_be_used_changes_nothing(void **state)
{
	static const struct {
		int error;
		const char *refused;
		int64_t age_s;
		enum feed_state state;
	} cases[] = {
		{-ENOENT, "", 0, FEED_STATE_MISSING},
		{-ENOTDIR, "", 0, FEED_STATE_MISSING},
		{-EACCES, "", 0, FEED_STATE_UNREADABLE},
		{-EINVAL, "", 0, FEED_STATE_UNREADABLE},
		{0, "it is empty", 0, FEED_STATE_REFUSED},
		{0, "", 86401, FEED_STATE_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feed feed = feed_with(5);
		struct feed_file load = load_of(5, cases[i].age_s);

		load.error = cases[i].error;
		strcpy(load.report.refused, cases[i].refused);
		assert_false(feed_accept(&feed, &load));
		assert_int_equal(feed.state, cases[i].state);
		assert_int_not_equal(feed.why[0], '\0');
		assert_non_null(feed.set);
		forget(&feed, &load);
	}
}

static void a_version_ends_with_its_age_or_by_its_own_word(void **state)
{
	static const struct {
		uint64_t max_age_ms;
		int64_t own;  /* $TIMESTAMP, from now; 0: none */
		int64_t ends; /* from now; 0: never */
	} cases[] = {
		{0, 0, 0},	 {60000, 0, 60},  {0, 30, 30},
		{60000, 30, 30}, {60000, 90, 60},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feed feed = feed_with(0);
		struct feed_file load = load_of(5, 0);
		int64_t now = load.version.modified.tv_sec;

		feed.config.max_age_ms = cases[i].max_age_ms;
		if (cases[i].own)
			load.report.expires_unix = now + cases[i].own;
		assert_true(feed_accept(&feed, &load));
		assert_int_equal(feed.expires_unix,
				 cases[i].ends ? now + cases[i].ends : 0);
		if (cases[i].ends) {
			assert_false(feed_expire(&feed, feed.expires_unix - 1));
			assert_non_null(feed.set);
			assert_true(feed_expire(&feed, feed.expires_unix));
			assert_null(feed.set);
			assert_int_equal(feed.state, FEED_STATE_EXPIRED);
			assert_false(feed_expire(&feed, feed.expires_unix));
		} else {
			assert_false(feed_expire(&feed, INT64_MAX));
		}
		forget(&feed, &load);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_may_change_so_much),
		cmocka_unit_test(
			what_was_there_stays_until_the_next_is_in_force),
		cmocka_unit_test(what_goes_on_being_written_has_no_bound),
		cmocka_unit_test(what_can_not_be_used_changes_nothing),
		cmocka_unit_test(
			a_version_ends_with_its_age_or_by_its_own_word),
	};

	log_set_threshold(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

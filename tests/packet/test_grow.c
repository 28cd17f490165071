/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker asks the parent for larger range tables: what it gets, what it is
 * refused, and what the program says meanwhile.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "parent/state.h"
#include "tables/lists.h"
#include "tables/ranges_room.h"
#include "tables/rules.h"
#include "tables/settings.h"

#define BPFFS "/sys/fs/bpf"
#define PIN   BPFFS "/pins"

#define CONFIG                                                                 \
	"interface = { eth0 } bypass { policy = off }\n"                       \
	"protect = { \"" DOOR_IPV4 "\", \"" DOOR_IPV6 "\" }\n"                 \
	"block = { \"198.51.100.0/24\", \"2001:db8:bad::/48\" }\n"             \
	"list-capacity = 1024 list-capacity-max = 1000000\n"

struct fixture {
	struct parent parent;
	int worker; /* its end of the socket */
};

/* What the worker was given. */
struct gift {
	struct ranges_fds tables[FAMILY_MAX];
	unsigned int count;
	int result;
};

static struct config *load_config(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;

	assert_int_equal(write(fd, CONFIG, strlen(CONFIG)),
			 (ssize_t)strlen(CONFIG));
	if (config_load(fd, "test", &config, error))
		fail_msg("%s", error);
	close(fd);
	return config;
}

/* One of its own, which ends with the process. */
static bool mount_bpffs(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("bpf", BPFFS, "bpf", 0, NULL) == 0;
}

/* The lists and rules of the configuration, as a worker has them. */
static void put_in_force(const struct fixture *fixture)
{
	const struct parent *parent = &fixture->parent;
	struct settings_table *settings = NULL;
	struct ranges_map *ranges[FAMILY_MAX];
	char error[CONFIG_ERROR_TEXT];
	struct rules rules;
	struct maps maps;

	loader_maps(parent->loader, &maps);
	assert_int_equal(lists_open(&maps, ranges), 0);
	assert_int_equal(lists_publish(parent->config, ranges, error), 0);
	/* Twice: so the second of the inner maps is in force. */
	assert_int_equal(lists_publish(parent->config, ranges, error), 0);
	lists_close(ranges);
	assert_int_equal(settings_open(maps.settings, &settings), 0);
	rules_make(parent->config, loader_clock(parent->loader), 1, &rules);
	for (size_t i = 0; i < parent->config->protect_count; i++)
		rules_protect(&rules, &parent->config->protect[i]);
	settings_publish(settings, &rules);
	settings_close(settings);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct parent *parent = &fixture->parent;
	int pair[2];

	*state = fixture;
	parent->socket = fixture->worker = -1;
	if (geteuid() != 0 || !mount_bpffs())
		return 0;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	parent->socket = pair[0];
	fixture->worker = pair[1];
	parent->config = load_config();
	assert_int_equal(pins_open(PIN, &parent->pins), 0);
	assert_int_equal(
		loader_open(parent->config, parent->pins, &parent->loader), 0);
	assert_int_equal(links_create(parent->pins,
				      loader_program(parent->loader),
				      &parent->links),
			 0);
	assert_int_equal(nudge_open(loader_pending(parent->loader),
				    loader_replies(parent->loader),
				    loader_clock(parent->loader),
				    &parent->nudger),
			 0);
	put_in_force(fixture);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct parent *parent = &fixture->parent;

	links_close(parent->links);
	nudge_close(parent->nudger);
	loader_close(parent->loader);
	if (parent->pins)
		pins_remove(parent->pins);
	pins_close(parent->pins);
	config_free(parent->config);
	close(parent->socket);
	close(fixture->worker);
	free(fixture);
	return 0;
}

static struct fixture *ready(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->worker < 0) {
		print_message("skipped: needs root, and a bpffs\n");
		skip();
	}
	fixture->parent.grow = (struct grow){0};
	return fixture;
}

static void receive(const struct fixture *fixture, struct gift *out)
{
	memset(out, 0, sizeof(*out));
	for (;;) {
		struct message message;
		struct ranges_fds *tables;
		int fd;

		assert_int_equal(
			message_receive(fixture->worker, &message, &fd), 1);
		if (message.kind == MESSAGE_GROWN) {
			assert_int_equal(fd, -1);
			out->result = message.result;
			return;
		}
		assert_int_equal(message.kind, MESSAGE_TABLE);
		assert_true(fd >= 0);
		assert_in_range(message.table.family, 0, FAMILY_MAX - 1);
		assert_in_range(message.table.part, 0, TABLE_PARTS - 1);
		tables = &out->tables[message.table.family];
		if (message.table.part == TABLE_OUTER)
			tables->outer = fd;
		else
			tables->inner[message.table.part] = fd;
		out->count++;
	}
}

static void give_back(const struct gift *gift)
{
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		const struct ranges_fds *tables = &gift->tables[family];

		if (tables->outer <= 0)
			continue;
		close(tables->inner[0]);
		close(tables->inner[1]);
		close(tables->outer);
	}
}

static void ask(struct fixture *fixture, uint32_t ipv4, uint32_t ipv6,
		struct gift *out)
{
	const struct message request = {
		.kind = MESSAGE_GROW,
		.pages = {[FAMILY_IPV4] = ipv4, [FAMILY_IPV6] = ipv6},
	};

	grow_tables(&fixture->parent, &request);
	receive(fixture, out);
}

static void expect_reason(const struct fixture *fixture, const char *source,
			  enum reason reason)
{
	struct decision decision;
	struct addr addr;

	assert_int_equal(addr_parse(source, &addr), 0);
	assert_int_equal(
		loader_explain(fixture->parent.loader, &addr, &decision), 0);
	if (decision.reason != reason)
		fail_msg("%s: reason %d, expected %d", source,
			 (int)decision.reason, (int)reason);
}

static void expect_lists_in_force(const struct fixture *fixture)
{
	expect_reason(fixture, "198.51.100.7", REASON_BLOCKED);
	expect_reason(fixture, "2001:db8:bad::7", REASON_BLOCKED);
	expect_reason(fixture, "198.51.101.7", REASON_STALE);
	expect_reason(fixture, "2001:db8:bae::7", REASON_STALE);
}

static void what_is_senseless_or_too_much_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint32_t ipv4, ipv6;
		int result;
	} cases[] = {
		{"nothing", 0, 0, -EINVAL},
		{"what is there already", 2, 1, -EINVAL},
		{"more than the maximum", 6, 0, -ENOSPC},
		{"the same for IPv6", 0, 18, -ENOSPC},
		{"as much as there can be", UINT32_MAX, 0, -ENOSPC},
		{"the same of both", UINT32_MAX, UINT32_MAX, -ENOSPC},
		{"one that may grow, and one that may not", 3, UINT32_MAX,
		 -ENOSPC},
	};
	struct fixture *fixture = ready(state);
	uint32_t before[FAMILY_MAX], after[FAMILY_MAX];

	loader_pages(fixture->parent.loader, before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gift gift;

		ask(fixture, cases[i].ipv4, cases[i].ipv6, &gift);
		if (gift.result != cases[i].result || gift.count)
			fail_msg("%s: result %d, %u descriptors", cases[i].name,
				 gift.result, gift.count);
	}
	loader_pages(fixture->parent.loader, after);
	assert_memory_equal(before, after, sizeof(before));
	expect_lists_in_force(fixture);
}

static void larger_tables_have_what_is_in_force(void **state)
{
	struct fixture *fixture = ready(state);
	uint32_t pages[FAMILY_MAX];
	struct gift gift;

	expect_lists_in_force(fixture);
	ask(fixture, 0, 2, &gift);
	assert_int_equal(gift.result, 0);
	/* Half as many again, and the other family stays as it is. */
	assert_int_equal(gift.count, TABLE_PARTS);
	assert_true(ranges_room_is_set(&gift.tables[FAMILY_IPV6]));
	loader_pages(fixture->parent.loader, pages);
	assert_int_equal(pages[FAMILY_IPV4], 2);
	assert_int_equal(pages[FAMILY_IPV6], 3);
	expect_lists_in_force(fixture);
	give_back(&gift);

	ask(fixture, 4, 0, &gift);
	assert_int_equal(gift.result, 0);
	loader_pages(fixture->parent.loader, pages);
	/* The maximum is no more than that. */
	assert_int_equal(pages[FAMILY_IPV4], 5);
	expect_lists_in_force(fixture);
	give_back(&gift);
}

/* Another daemon finds them, with what is in force. */
static void pins_are_those_in_use(void **state)
{
	struct fixture *fixture = ready(state);
	struct parent *parent = &fixture->parent;
	uint32_t before[FAMILY_MAX], after[FAMILY_MAX];

	loader_pages(parent->loader, before);
	links_close(parent->links);
	parent->links = NULL;
	loader_close(parent->loader);
	parent->loader = NULL;
	assert_int_equal(
		loader_open(parent->config, parent->pins, &parent->loader), 0);
	loader_pages(parent->loader, after);
	assert_int_equal(after[FAMILY_IPV6], before[FAMILY_IPV6]);
	assert_int_equal(after[FAMILY_IPV4], before[FAMILY_IPV4]);
	expect_lists_in_force(fixture);
	assert_int_equal(links_create(parent->pins,
				      loader_program(parent->loader),
				      &parent->links),
			 0);
}

static void who_asks_too_often_is_refused(void **state)
{
	struct fixture *fixture = ready(state);
	unsigned int granted = 0;
	struct gift gift;

	fixture->parent.config->list_capacity_max = 16777216;
	for (unsigned int i = 0; i < 12; i++) {
		uint32_t pages[FAMILY_MAX];

		loader_pages(fixture->parent.loader, pages);
		ask(fixture, 0, pages[FAMILY_IPV6] + 1, &gift);
		if (gift.result != 0)
			break;
		give_back(&gift);
		granted++;
	}
	assert_int_equal(gift.result, -EBUSY);
	assert_int_equal(gift.count, 0);
	assert_int_equal(granted, 8);
	expect_lists_in_force(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_senseless_or_too_much_is_refused),
		cmocka_unit_test(larger_tables_have_what_is_in_force),
		cmocka_unit_test(pins_are_those_in_use),
		cmocka_unit_test(who_asks_too_often_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

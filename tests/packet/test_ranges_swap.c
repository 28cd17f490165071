/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting range tables in force: what is refused, who may, and that nobody
 * ever sees a swap, whatever is looked up meanwhile.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ranges_fixture.h"

#define SWAPS	  300
#define NOBODY	  65534
#define EXIT_SKIP 77

static void what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct subject *small = subject_create(FAMILY_IPV4);
	struct subject *large = subject_create(FAMILY_IPV4);
	struct list lists[LISTS_MAX] = {0};

	for (unsigned int i = 0; i < 1000; i++)
		subject_add(small, 1 + i % 255, random_addr(FAMILY_IPV4), 32);
	for (unsigned int i = 0; i < 1200000; i++)
		subject_add(large, 1 + i % 255, random_addr(FAMILY_IPV4), 32);
	subject_compile(small);
	subject_compile(large);
	assert_int_equal(ranges_map_pages(fixture->maps[FAMILY_IPV4]),
			 FIXTURE_IPV4_PAGES);
	assert_int_equal(ranges_pages(large->ranges), FIXTURE_IPV4_PAGES + 1);
	fixture_publish(fixture, small->ranges, FAMILY_IPV4, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ranges_publish(fixture->maps[FAMILY_IPV4],
						large->ranges, lists),
				 -ENOSPC);
		subject_compare(small, fixture, 1);
	}
	subject_free(small);
	subject_free(large);
}

/* The id of the inner map in force. */
static uint32_t in_force(const struct fixture *fixture, enum family family)
{
	uint32_t zero = 0, id;

	assert_int_equal(
		bpf_map_lookup_elem(fixture->outer[family], &zero, &id), 0);
	return id;
}

static void adoption_finds_what_is_in_force(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int round = 0; round < 4; round++) {
		enum family family = round % FAMILY_MAX;
		int inner[2] = {fixture->inner[family][1],
				fixture->inner[family][0]};
		struct subject *subjects[2];
		uint32_t id;

		for (int i = 0; i < 2; i++) {
			subjects[i] = subject_create(family);
			for (int n = 0; n < 1000; n++)
				subject_add(subjects[i], 1 + random_below(255),
					    random_addr(family),
					    addr_bits(family));
			subject_compile(subjects[i]);
		}
		fixture_publish(fixture, subjects[0]->ranges, family, 1);
		/* Another one, who knows nothing, in another order too. */
		ranges_map_close(fixture->maps[family]);
		assert_int_equal(
			ranges_map_open(family, fixture->outer[family],
					round < 2 ? inner
						  : fixture->inner[family],
					&fixture->maps[family]),
			0);
		subject_compare(subjects[0], fixture, 1);
		id = in_force(fixture, family);
		fixture_publish(fixture, subjects[1]->ranges, family, 2);
		assert_int_not_equal(in_force(fixture, family), id);
		subject_compare(subjects[1], fixture, 2);
		subject_free(subjects[0]);
		subject_free(subjects[1]);
	}
}

static void maps_of_another_kind_are_refused(void **state)
{
	struct fixture *fixture = *state;
	const int *ipv4 = fixture->inner[FAMILY_IPV4];
	const int *ipv6 = fixture->inner[FAMILY_IPV6];
	int same[2] = {ipv4[0], ipv4[0]};
	struct ranges_map *map = NULL;

	assert_int_equal(ranges_map_open(FAMILY_IPV4,
					 fixture->outer[FAMILY_IPV4], ipv6,
					 &map),
			 -EINVAL);
	assert_int_equal(ranges_map_open(FAMILY_IPV4,
					 fixture->outer[FAMILY_IPV6], ipv4,
					 &map),
			 -EINVAL);
	assert_int_equal(ranges_map_open(FAMILY_IPV4,
					 fixture->outer[FAMILY_IPV4], same,
					 &map),
			 -EINVAL);
	assert_int_equal(ranges_map_open(FAMILY_IPV4, -1, ipv4, &map), -EBADF);
	assert_null(map);
}

/* Whatever a table holds, a lookup ends. */
static void garbage_is_survived(void **state)
{
	struct fixture *fixture = *state;
	size_t sizes[FAMILY_MAX] = {
		FIXTURE_IPV4_PAGES * (size_t)RANGES_IPV4_PAGE_SIZE,
		FIXTURE_IPV6_PAGES * (size_t)RANGES_IPV6_PAGE_SIZE,
	};

	for (enum family f = 0; f < FAMILY_MAX; f++) {
		for (int i = 0; i < 2; i++) {
			uint64_t *map =
				mmap(NULL, sizes[f], PROT_READ | PROT_WRITE,
				     MAP_SHARED, fixture->inner[f][i], 0);

			assert_ptr_not_equal(map, MAP_FAILED);
			for (size_t n = 0; n < sizes[f] / sizeof(*map); n++)
				map[n] = random64();
			munmap(map, sizes[f]);
		}
	}
	for (int i = 0; i < 10000; i++) {
		struct probe probe = {0};

		for (size_t n = 0; n < PROBE_QUESTIONS; n++) {
			probe.questions[n].family = n % FAMILY_MAX;
			probe.questions[n].addr = random_addr(n % FAMILY_MAX);
		}
		fixture_run(fixture, &probe, 1);
	}
}

/* Whether old kernels forbid bpf(2) to whom is not privileged: before 5.19. */
static int publish_as_nobody(const struct fixture *fixture,
			     const struct ranges *ranges)
{
	struct list lists[LISTS_MAX] = {0};
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int error;

		if (setgroups(0, NULL) != 0 ||
		    setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		    setresuid(NOBODY, NOBODY, NOBODY) != 0)
			_exit(1);
		error = ranges_publish(fixture->maps[FAMILY_IPV4], ranges,
				       lists);
		_exit(error == -EPERM ? EXIT_SKIP : error != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void no_privilege_is_needed(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV4);
	struct probe probe = {0};
	int result;

	subject_add(subject, 7, random_addr(FAMILY_IPV4), 32);
	subject_compile(subject);
	result = publish_as_nobody(fixture, subject->ranges);
	probe.questions[0].addr = subject->addrs[0];
	fixture_run(fixture, &probe, 1);
	subject_free(subject);
	if (result == EXIT_SKIP)
		skip();
	assert_int_equal(result, 0);
	assert_int_equal(probe.questions[0].id, 7);
}

struct watch {
	const struct fixture *fixture;
	struct probe probe;
	atomic_bool stop;
	uint64_t lookups;
	uint64_t wrong;
};

static void *watch_all(void *context)
{
	struct watch *watch = context;

	while (!watch->stop) {
		struct probe probe = watch->probe;

		fixture_run(watch->fixture, &probe, 2000);
		watch->lookups += 2000 * PROBE_QUESTIONS;
		watch->wrong += probe.wrong;
	}
	return NULL;
}

/* Some are in every version, some in none, and the rest comes and goes. */
static struct subject *make_version(enum family family, uint64_t version,
				    const struct probe *probe)
{
	struct subject *subject = subject_create(family);
	uint8_t bits = addr_bits(family);

	for (size_t i = 0; i < PROBE_QUESTIONS; i++) {
		const struct probe_question *question = &probe->questions[i];

		if (question->family == family && question->want)
			subject_add(subject, probe_list(version),
				    question->addr, bits);
	}
	for (uint32_t i = random_below(3000); i > 0; i--) {
		struct addr addr =
			probe->questions[random_below(PROBE_QUESTIONS)].addr;

		if (addr_family(&addr) != family)
			continue;
		/* Near those asked for, but another one. */
		addr = random_within(addr, random_below(bits));
		addr.octets[15] |= 1;
		subject_add(subject, 1 + random_below(255), addr, bits);
	}
	subject_compile(subject);
	return subject;
}

static void swaps_are_never_seen(void **state)
{
	struct watch watch = {.fixture = *state};
	pthread_t thread;

	random_seed(1);
	for (unsigned int i = 0; i < PROBE_QUESTIONS; i++) {
		struct probe_question *question = &watch.probe.questions[i];

		question->family = i % FAMILY_MAX;
		question->addr = random_addr(question->family);
		question->addr.octets[15] &= 0xfe;
		question->want = i / FAMILY_MAX % 2;
	}
	for (uint64_t version = 0; version < SWAPS; version++) {
		for (enum family f = 0; f < FAMILY_MAX; f++) {
			struct subject *subject =
				make_version(f, version, &watch.probe);
			struct list lists[LISTS_MAX] = {0};

			for (unsigned int i = 1; i < LISTS_MAX; i++)
				lists[i].expires = version;
			assert_int_equal(ranges_publish(watch.fixture->maps[f],
							subject->ranges, lists),
					 0);
			subject_free(subject);
		}
		if (version == 0)
			assert_int_equal(pthread_create(&thread, NULL,
							watch_all, &watch),
					 0);
	}
	watch.stop = true;
	pthread_join(thread, NULL);
	print_message("%d swaps of both tables, %llu lookups, %llu wrong\n",
		      SWAPS, (unsigned long long)watch.lookups,
		      (unsigned long long)watch.wrong);
	assert_true(watch.lookups >= 100 * SWAPS);
	assert_int_equal(watch.wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_does_not_fit_is_refused_and_changes_nothing),
		cmocka_unit_test(adoption_finds_what_is_in_force),
		cmocka_unit_test(maps_of_another_kind_are_refused),
		cmocka_unit_test(no_privilege_is_needed),
		cmocka_unit_test(swaps_are_never_seen),
		cmocka_unit_test(garbage_is_survived),
	};

	return cmocka_run_group_tests_name("swaps of range tables", tests,
					   fixture_setup, fixture_teardown);
}

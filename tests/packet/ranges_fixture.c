/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps, program and tables for the tests of the range tables. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <string.h>

#include "ranges_fixture.h"
#include "ranges_probe.skel.h"
#include "tables/ranges_room.h"

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct ranges_probe *skeleton = ranges_probe__open();
	const struct ranges_room room = {
		.ipv4_pages = FIXTURE_IPV4_PAGES,
		.ipv6_pages = FIXTURE_IPV6_PAGES,
	};

	assert_non_null(fixture);
	assert_non_null(skeleton);
	assert_int_equal(ranges_room_create(skeleton->obj, &room), 0);
	assert_int_equal(ranges_probe__load(skeleton), 0);
	fixture->skeleton = skeleton;
	fixture->outer[FAMILY_IPV4] = bpf_map__fd(skeleton->maps.ranges_ipv4);
	fixture->inner[FAMILY_IPV4][0] =
		bpf_map__fd(skeleton->maps.ranges_ipv4_a);
	fixture->inner[FAMILY_IPV4][1] =
		bpf_map__fd(skeleton->maps.ranges_ipv4_b);
	fixture->outer[FAMILY_IPV6] = bpf_map__fd(skeleton->maps.ranges_ipv6);
	fixture->inner[FAMILY_IPV6][0] =
		bpf_map__fd(skeleton->maps.ranges_ipv6_a);
	fixture->inner[FAMILY_IPV6][1] =
		bpf_map__fd(skeleton->maps.ranges_ipv6_b);
	for (enum family f = 0; f < FAMILY_MAX; f++)
		assert_int_equal(ranges_map_open(f, fixture->outer[f],
						 fixture->inner[f],
						 &fixture->maps[f]),
				 0);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	for (enum family f = 0; f < FAMILY_MAX; f++)
		ranges_map_close(fixture->maps[f]);
	ranges_probe__destroy(fixture->skeleton);
	free(fixture);
	return 0;
}

void fixture_run(const struct fixture *fixture, struct probe *probe,
		 unsigned int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = probe,
		    .data_size_in = sizeof(*probe), .data_out = probe,
		    .data_size_out = sizeof(*probe), .repeat = (int)repeat);
	int fd = bpf_program__fd(fixture->skeleton->progs.ranges_probe);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, XDP_PASS);
}

/* List n has the kind n % 3 + 1 and expires at n + `version`. */
void fixture_publish(const struct fixture *fixture, const struct ranges *ranges,
		     enum family family, uint64_t version)
{
	struct list lists[LISTS_MAX] = {0};

	for (unsigned int i = 1; i < LISTS_MAX; i++)
		lists[i] = (struct list){
			.kind = i % 3 + 1,
			.expires = version + i,
		};
	assert_int_equal(ranges_publish(fixture->maps[family], ranges, lists),
			 0);
}

static uint64_t state64;

void random_seed(uint64_t seed)
{
	state64 = seed;
}

uint64_t random64(void)
{
	/* splitmix64 */
	uint64_t z = state64 += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t random_below(uint64_t limit)
{
	return (uint32_t)(random64() % limit);
}

struct addr random_within(struct addr addr, unsigned int bits)
{
	unsigned int from = addr_family(&addr) == FAMILY_IPV4 ? 96 : 0;

	for (unsigned int i = from + bits; i < 128; i++)
		if (random_below(2))
			addr.octets[i / 8] ^= (uint8_t)(0x80 >> i % 8);
	return addr;
}

struct addr random_addr(enum family family)
{
	struct addr addr = {0};

	if (family == FAMILY_IPV4)
		addr = addr_from_ipv4((struct in_addr){0});
	return random_within(addr, 0);
}

/* The address before or behind, around the end. */
static struct addr step(struct addr addr, bool up)
{
	unsigned int from = addr_family(&addr) == FAMILY_IPV4 ? 12 : 0;

	for (unsigned int i = 16; i-- > from;) {
		addr.octets[i] = (uint8_t)(addr.octets[i] + (up ? 1 : 0xff));
		if (addr.octets[i] != (up ? 0 : 0xff))
			break;
	}
	return addr;
}

struct subject *subject_create(enum family family)
{
	struct subject *subject = calloc(1, sizeof(*subject));

	assert_non_null(subject);
	subject->family = family;
	assert_int_equal(ranges_input_create(&subject->input), 0);
	return subject;
}

void subject_free(struct subject *subject)
{
	ranges_free(subject->ranges);
	ranges_input_free(subject->input);
	free(subject->addrs);
	free(subject);
}

void subject_ask(struct subject *subject, struct addr addr)
{
	if (subject->count == subject->room) {
		subject->room = subject->room ? 2 * subject->room : 64;
		subject->addrs = reallocarray(subject->addrs, subject->room,
					      sizeof(addr));
		assert_non_null(subject->addrs);
	}
	subject->addrs[subject->count++] = addr;
}

void subject_add(struct subject *subject, unsigned int list, struct addr addr,
		 unsigned int length)
{
	struct prefix prefix = {
		addr_mask(&addr, (uint8_t)length),
		(uint8_t)length,
	};

	assert_int_equal(ranges_input_prefix(subject->input, list, &prefix), 0);
	subject_ask(subject, prefix.addr);
	subject_ask(subject, step(prefix.addr, false));
	subject_ask(subject, random_within(prefix.addr, length));
	subject_ask(subject, step(random_within(prefix.addr, length), true));
}

void subject_compile(struct subject *subject)
{
	ranges_free(subject->ranges);
	subject->ranges = NULL;
	assert_int_equal(ranges_compile(subject->input, subject->family,
					&subject->ranges),
			 0);
}

static void expect(const struct subject *subject,
		   const struct probe_question *answer, uint64_t version)
{
	unsigned int want = ranges_find(subject->ranges, &answer->addr);
	char text[ADDR_TEXT];

	if (answer->id != want)
		fail_msg("%s is on list %u, not %u",
			 addr_format(&answer->addr, text), want, answer->id);
	assert_int_equal(answer->kind, want ? want % 3 + 1 : LIST_NONE);
	assert_int_equal(answer->expires, want ? want + version : 0);
}

void subject_compare(const struct subject *subject,
		     const struct fixture *fixture, uint64_t version)
{
	for (size_t i = 0; i < subject->count; i += PROBE_QUESTIONS / 2) {
		struct probe probe = {0};

		for (size_t n = 0; n < PROBE_QUESTIONS; n++) {
			size_t at = i + n / 2;

			probe.questions[n].family = subject->family;
			probe.questions[n].addr =
				n % 2 || at >= subject->count
					? random_addr(subject->family)
					: subject->addrs[at];
		}
		fixture_run(fixture, &probe, 1);
		for (size_t n = 0; n < PROBE_QUESTIONS; n++)
			expect(subject, &probe.questions[n], version);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it takes to read a feed again while its last version is kept: at most
 * three times what the kernel has reserved for such a table, or for IPv6, what
 * is compiled, the version before included.
 * LINES=10000000 in the environment does it with as many lines as that.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/feed.h"
#include "tables/ranges.h"
#include "tables/ranges_room.h"

#define LINES_DEFAULT 1000000
#define NETWORKS_IPV4 20000
#define NETWORKS_IPV6 8000
#define MOST	      3.0

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((seed >> 32) * limit >> 32);
}

/* All addresses are far from each other. */
static void write_uniform_ipv4(FILE *file, uint32_t line)
{
	uint32_t at = line * UINT32_C(2654435761);

	fprintf(file, "%u.%u.%u.%u\n", at >> 24, at >> 16 & 255, at >> 8 & 255,
		at & 255);
}

/* Some networks have far more than others; nine of ten are addresses. */
static void write_clustered_ipv4(FILE *file, uint32_t line)
{
	uint64_t part = random_below(UINT32_MAX);
	uint32_t network =
		(uint32_t)((part * part >> 32) * NETWORKS_IPV4 >> 32);
	uint32_t at = (network * UINT32_C(40503) & 0xffff) << 16 |
		      random_below(1 << 16);
	uint32_t length = 32;

	(void)line;
	if (random_below(10) == 0)
		length = random_below(8) ? 24 + random_below(8)
					 : 16 + random_below(8);
	at &= UINT32_MAX << (32 - length);
	fprintf(file, "%u.%u.%u.%u/%u\n", at >> 24, at >> 16 & 255,
		at >> 8 & 255, at & 255, length);
}

static void write_uniform_ipv6(FILE *file, uint32_t line)
{
	(void)line;
	fprintf(file, "2a00:%x:%x:%x::/64\n", random_below(NETWORKS_IPV6),
		random_below(1 << 16), random_below(1 << 16));
}

static void write_clustered_ipv6(FILE *file, uint32_t line)
{
	if (line % 4 == 0)
		fprintf(file, "2a00:%x:%x:%x:%x:%x:%x:%x\n",
			random_below(NETWORKS_IPV6), random_below(1 << 16),
			random_below(1 << 16), random_below(1 << 16),
			random_below(1 << 16), random_below(1 << 16),
			random_below(1 << 16));
	else if (line % 4 == 1)
		fprintf(file, "2a00:%x:%x::/48\n", random_below(NETWORKS_IPV6),
			random_below(1 << 16));
	else
		write_uniform_ipv6(file, line);
}

static const struct {
	const char *name;
	enum family family;
	void (*write)(FILE *file, uint32_t line);
} shapes[] = {
	{"uniform IPv4", FAMILY_IPV4, write_uniform_ipv4},
	{"clustered IPv4", FAMILY_IPV4, write_clustered_ipv4},
	{"uniform IPv6", FAMILY_IPV6, write_uniform_ipv6},
	{"clustered IPv6", FAMILY_IPV6, write_clustered_ipv6},
};

static uint32_t lines(void)
{
	const char *text = getenv("LINES");

	return text ? (uint32_t)strtoul(text, NULL, 10) : LINES_DEFAULT;
}

static int write_feed(void (*write)(FILE *file, uint32_t line))
{
	int fd = memfd_create("feed", MFD_CLOEXEC);
	FILE *file = fdopen(dup(fd), "w");

	assert_non_null(file);
	for (uint32_t line = 0; line < lines(); line++)
		write(file, line);
	assert_int_equal(fclose(file), 0);
	return fd;
}

/* A line of /proc/self/status, in octets. */
static double memory(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256], *value;
	double kib = -1;

	assert_non_null(file);
	while (kib < 0 && fgets(line, sizeof(line), file)) {
		value = strchr(line, ':');
		if (value && strncmp(line, name, strlen(name)) == 0)
			kib = strtod(value + 1, NULL);
	}
	fclose(file);
	assert_true(kib >= 0);
	return kib * 1024;
}

/* From here on the peak counts anew; some kernels can't do that. */
static bool forget_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");

	if (!file)
		return false;
	fputs("5", file);
	return fclose(file) == 0;
}

/*
 * For IPv4, what is reserved for so many entries: to be compiled to half of
 * that, as most lists are, is no reason to read them with less memory.
 */
static double table_size(enum family family, uint32_t pages)
{
	struct ranges_room room = ranges_room_for(lines());

	if (family == FAMILY_IPV6)
		return (double)pages * RANGES_IPV6_PAGE_SIZE;
	assert_true(pages <= room.ipv4_pages);
	return (double)room.ipv4_pages * RANGES_IPV4_PAGE_SIZE;
}

/* As a feed is put in force, but for the copy into the kernel's map. */
static double reload(int fd, enum family family, struct ranges_set **kept)
{
	struct feed_options options = {.rejected_max = FEED_REJECTED_MAX};
	struct ranges_input *input = NULL;
	struct ranges_set *set = NULL;
	struct ranges *ranges = NULL;
	struct feed_report report;
	uint32_t pages;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(feed_read(fd, &options, &report, &set), 0);
	assert_string_equal(report.refused, "");
	assert_int_equal(report.entries[family], lines());
	assert_int_equal(ranges_input_create(&input), 0);
	ranges_input_lend(input, 1, set);
	assert_int_equal(ranges_compile(input, family, &ranges), 0);
	pages = ranges_pages(ranges);
	ranges_free(ranges);
	ranges_input_free(input);
	ranges_set_put(*kept);
	*kept = set;
	return table_size(family, pages);
}

static void a_reload_takes_three_tables_at_most(void **state)
{
	/* Its own memory would count, too. */
	if (getenv("VALGRIND") || !forget_peak())
		skip();
	/* What is freed must not look as if it were in use: see worker.c. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct ranges_set *kept = NULL;
		double before, kept_size, table, peak;
		int fd;

		seed = 1;
		fd = write_feed(shapes[i].write);
		before = memory("VmRSS");
		table = reload(fd, shapes[i].family, &kept);
		kept_size = memory("VmRSS") - before;
		forget_peak();
		reload(fd, shapes[i].family, &kept);
		peak = memory("VmHWM") - before;
		printf("%-14s %u lines: a table of %.1f MiB, kept %.1f MiB, "
		       "at most %.1f MiB, %.2f times the table\n",
		       shapes[i].name, lines(), table / (1 << 20),
		       kept_size / (1 << 20), peak / (1 << 20), peak / table);
		ranges_set_put(kept);
		close(fd);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what is freed */
		assert_true(peak <= MOST * table);
#endif
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reload_takes_three_tables_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

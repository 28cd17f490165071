/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads, each of which depends on the one before. */

#include "bench_memory.h"

#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tables/clock.h"

#define LINE  64
#define LOADS 1000000
#define TRIES 5

const size_t bench_memory_mib[BENCH_MEMORY_SIZES] = {2, 8, 32, 128};

/* All lines in one circle, in random order: Sattolo's shuffle. */
static void link_lines(unsigned char *memory, uint32_t *order, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		order[i] = (uint32_t)i;
	for (size_t i = lines - 1; i > 0; i--) {
		size_t other = (size_t)random() % i;
		uint32_t moved = order[i];

		order[i] = order[other];
		order[other] = moved;
	}
	for (size_t i = 0; i < lines; i++)
		*(uint32_t *)(void *)(memory + i * LINE) = order[i];
}

static double walk(const unsigned char *memory)
{
	uint64_t start = clock_monotonic_ns();
	uint32_t at = 0;

	for (size_t i = 0; i < LOADS; i++)
		at = *(const volatile uint32_t *)(const void *)(memory +
								at * LINE);
	return (double)(clock_monotonic_ns() - start) / LOADS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(size_t size, struct bench_time *out)
{
	size_t lines = size / LINE;
	uint32_t *order = calloc(lines, sizeof(*order));
	unsigned char *memory;
	double ns[TRIES];

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!order || memory == MAP_FAILED) {
		free(order);
		return -ENOMEM;
	}
	/* As the maps of the kernel are: in small pages. */
	madvise(memory, size, MADV_NOHUGEPAGE);
	link_lines(memory, order, lines);
	free(order);
	for (size_t i = 0; i < TRIES; i++)
		ns[i] = walk(memory);
	munmap(memory, size);
	qsort(ns, TRIES, sizeof(*ns), compare);
	*out = (struct bench_time){ns[0], ns[TRIES / 2]};
	return 0;
}

int bench_memory(struct bench_report *report)
{
	const struct bench_case any = {FAMILY_MAX, BENCH_SHAPES, 0, -1};
	const struct bench_time nothing = {0, 0};
	char what[BENCH_WHAT];

	for (size_t i = 0; i < BENCH_MEMORY_SIZES; i++) {
		struct bench_time time;
		int error = measure(bench_memory_mib[i] << 20, &time);

		if (error) {
			warnx("can't measure memory: out of it");
			return error;
		}
		snprintf(what, sizeof(what), "random load within %zu MiB",
			 bench_memory_mib[i]);
		bench_report_time(report, what, &any, &time, &nothing);
	}
	return 0;
}

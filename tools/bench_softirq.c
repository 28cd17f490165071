/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One CPU, and its ksoftirqd. */

#include "bench_softirq.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static char schedstat[64]; /* the file that tells */
static bool has_alone;

/* The first word of a file in /proc. */
static int read_word(const char *path, char word[static 32])
{
	FILE *file = fopen(path, "re");
	int got;

	if (!file)
		return -errno;
	got = fscanf(file, "%31s", word);
	fclose(file);
	return got == 1 ? 0 : -EIO;
}

static void find_thread(size_t cpu)
{
	char wanted[32], path[64], name[32];
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	if (!processes)
		return;
	snprintf(wanted, sizeof(wanted), "ksoftirqd/%zu", cpu);
	while ((entry = readdir(processes))) {
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		if (read_word(path, name) != 0 || strcmp(name, wanted) != 0)
			continue;
		snprintf(schedstat, sizeof(schedstat), "/proc/%.20s/schedstat",
			 entry->d_name);
		break;
	}
	closedir(processes);
}

int bench_softirq_stay(void)
{
	size_t cpu = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	/* The last one: the first has most interrupts. */
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			cpu = i;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	find_thread(cpu);
	return 0;
}

int bench_softirq_alone(bool alone)
{
	const struct sched_param param = {
		.sched_priority =
			alone ? sched_get_priority_min(SCHED_FIFO) : 0,
	};

	if (sched_setscheduler(0, alone ? SCHED_FIFO : SCHED_OTHER, &param))
		return -errno;
	has_alone = alone;
	return 0;
}

bool bench_softirq_is_alone(void)
{
	return has_alone;
}

uint64_t bench_softirq_ns(void)
{
	unsigned long long ns = 0;
	char word[32];

	if (schedstat[0] != '\0' && read_word(schedstat, word) == 0 &&
	    sscanf(word, "%llu", &ns) != 1)
		ns = 0;
	return ns;
}

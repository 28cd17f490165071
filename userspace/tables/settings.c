/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and lease, written where the program reads them. */

#include "tables/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct settings_table {
	struct settings *map;
	size_t size;
};

int settings_open(int map, struct settings_table **out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct settings_table *table;

	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->size = (sizeof(struct settings) + page - 1) / page * page;
	table->map = mmap(NULL, table->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  map, 0);
	if (table->map == MAP_FAILED) {
		int error = -errno;

		free(table);
		return error;
	}
	*out = table;
	return 0;
}

const struct rules *settings_rules(const struct settings_table *table)
{
	return &table->map->rules[table->map->current & 1];
}

void settings_publish(struct settings_table *table, const struct rules *rules)
{
	__u32 spare = (table->map->current & 1) ^ 1;

	table->map->rules[spare] = *rules;
	__atomic_store_n(&table->map->current, spare, __ATOMIC_RELEASE);
}

void settings_renew(struct settings_table *table, __u64 lease)
{
	__atomic_store_n(&table->map->lease, lease, __ATOMIC_RELEASE);
}

__u64 settings_lease(const struct settings_table *table)
{
	return __atomic_load_n(&table->map->lease, __ATOMIC_ACQUIRE);
}

void settings_close(struct settings_table *table)
{
	if (!table)
		return;
	munmap(table->map, table->size);
	free(table);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as lists.json: what is taken of it is sound, and kept the same. */

#include <errno.h>
#include <stdlib.h>

#include "state_file.h"
#include "worker/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const json_t *all, size_t count)
{
	const json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const char *text =
			json_string_value(json_object_get(one, "prefix"));
		int64_t expires =
			json_integer_value(json_object_get(one, "expires"));
		struct prefix prefix;

		if (!text || prefix_parse(text, &prefix) != 0 ||
		    prefix.length == 0 || expires < 0)
			abort();
	}
	if (count > RUNTIME_ENTRIES_MAX || json_array_size(all) > count)
		abort();
}

static int no_room(void *context, const uint32_t pages[static FAMILY_MAX])
{
	(void)context;
	(void)pages;
	return -ENOSPC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ranges_map *const no_maps[FAMILY_MAX] = {NULL};
	static struct jiffies_clock clock = {.hz = 250};
	struct publisher *publisher = NULL;
	struct runtime *runtime = NULL;
	uv_loop_t loop;

	if (!state_is_object(data, size))
		return 0;
	state_set_up();
	state_write("lists.json", data, size);
	if (uv_loop_init(&loop) != 0 ||
	    publisher_create(&loop, no_maps, no_room, NULL, &publisher) != 0 ||
	    runtime_create(&loop, publisher, &clock, state_directory,
			   &runtime) != 0)
		abort();
	for (unsigned int list = 0; list < RUNTIME_LISTS; list++) {
		json_t *all = runtime_json(runtime, list);

		check(all, runtime_count(runtime, list));
		json_decref(all);
	}
	runtime_close(runtime);
	uv_run(&loop, UV_RUN_DEFAULT);
	publisher_close(publisher);
	if (uv_loop_close(&loop) != 0)
		abort();
	return 0;
}

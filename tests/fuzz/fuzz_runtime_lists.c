/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as lists.json: what is taken of it is sound, and kept the same. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "worker/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/postern-fuzz-XXXXXX";

static void remove_all(void)
{
	static const char *const names[] = {"lists.json", "lists.json.damaged"};
	char path[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

static void set_up(void)
{
	if (!mkdtemp(directory) || atexit(remove_all) != 0)
		abort();
	log_set_threshold(LOG_LEVEL_ERROR);
}

static void write_file(const uint8_t *data, size_t size)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/lists.json", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

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

/* What is no JSON is not our parser's, and would be logged each time. */
static bool is_object(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size,
				    JSON_REJECT_DUPLICATES, NULL);
	bool is = json_is_object(object);

	json_decref(object);
	return is;
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
	static bool ready;
	uv_loop_t loop;

	if (!is_object(data, size))
		return 0;
	if (!ready)
		set_up();
	ready = true;
	write_file(data, size);
	if (uv_loop_init(&loop) != 0 ||
	    publisher_create(&loop, no_maps, no_room, NULL, &publisher) != 0 ||
	    runtime_create(&loop, publisher, &clock, directory, &runtime) != 0)
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

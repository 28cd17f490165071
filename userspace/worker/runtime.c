/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists that posternctl changes. */

#include "worker/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/protocol.h"
#include "core/log.h"
#include "core/wall.h"
#include "worker/runtime_file.h"

#define TICK_MS 1000

#define FILE_NAME "lists.json"

/* How late this process may be until the kernel ends a block by itself. */
#define GRACE_S 60

/* More would not fit an answer of the control socket. */
#define SHOWN_MAX 1800

struct entry {
	struct prefix prefix;
	int64_t added_unix;
	int64_t expires_unix; /* 0: never; for people, and for the file */
	uint64_t ends_ns;     /* of CLOCK_BOOTTIME; 0: never */
	char *note;
};

struct entries {
	struct entry *of;
	size_t count;
	size_t room;
};

struct runtime {
	struct publisher *publisher;
	const struct jiffies_clock *clock;
	char *directory;
	struct runtime_file file;
	struct entries lists[RUNTIME_LISTS];
	uint64_t ends_ns;  /* when the first block expires; 0: none does */
	uint64_t deadline; /* of the kernel, for that */
	uv_timer_t tick;
};

static const struct {
	const char *name;
	unsigned int number;
	enum list_kind kind;
} meanings[RUNTIME_LISTS] = {
	[RUNTIME_ALLOW] = {"allow", LIST_NUMBER_ALLOW_NOW, LIST_ALLOW},
	[RUNTIME_BLOCK] = {"block", LIST_NUMBER_BLOCK_NOW, LIST_BLOCK},
};

static struct entry *find(const struct entries *entries,
			  const struct prefix *prefix)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->of[i];

		if (entry->prefix.length == prefix->length &&
		    addr_equal(&entry->prefix.addr, &prefix->addr))
			return entry;
	}
	return NULL;
}

static int append(struct entries *entries, const struct entry *entry)
{
	size_t room = entries->room ? entries->room * 2 : 64;
	struct entry *grown;

	if (entries->count == entries->room) {
		grown = reallocarray(entries->of, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		entries->of = grown;
		entries->room = room;
	}
	entries->of[entries->count++] = *entry;
	return 0;
}

static void drop(struct entries *entries, struct entry *entry)
{
	size_t behind = (size_t)(entries->of + entries->count - entry) - 1;

	free(entry->note);
	memmove(entry, entry + 1, behind * sizeof(*entry));
	entries->count--;
}

/*
 * A list ends as a whole in the kernel, when nobody was there to end the
 * first of its entries.  Only what blocks does so: in doubt mail gets in.
 * It stays the same as long as the entries do, for another one makes both
 * families anew.
 */
static uint64_t kernel_deadline(struct runtime *runtime)
{
	const struct entries *entries = &runtime->lists[RUNTIME_BLOCK];
	uint64_t first = 0, now_ns = wall_boot_ns(), left_ns;

	for (size_t i = 0; i < entries->count; i++) {
		uint64_t ends_ns = entries->of[i].ends_ns;

		if (ends_ns && (first == 0 || ends_ns < first))
			first = ends_ns;
	}
	if (first == runtime->ends_ns)
		return runtime->deadline;
	left_ns = first > now_ns ? first - now_ns : 0;
	runtime->ends_ns = first;
	runtime->deadline = 0;
	if (first)
		runtime->deadline = clock_jiffies_at(
			runtime->clock,
			clock_monotonic_ns() + left_ns + GRACE_S * NS_PER_S);
	return runtime->deadline;
}

/* Makes the list what its entries say; not yet in force. */
static int set(struct runtime *runtime, enum runtime_list list)
{
	const struct list meaning = {
		.kind = meanings[list].kind,
		.action = ACTION_DROP,
		.expires = list == RUNTIME_BLOCK ? kernel_deadline(runtime) : 0,
	};
	const struct entries *entries = &runtime->lists[list];
	struct ranges_input *input = NULL;
	struct ranges_set *made = NULL;
	int error;

	error = ranges_input_create(&input);
	for (size_t i = 0; i < entries->count && !error; i++)
		error = ranges_input_prefix(input, 1, &entries->of[i].prefix);
	if (!error)
		error = ranges_set_create(input, &made);
	ranges_input_free(input);
	if (!error)
		publisher_set(runtime->publisher, meanings[list].number, made,
			      &meaning);
	return error;
}

static json_t *entry_json(const struct entry *entry)
{
	char text[PREFIX_TEXT];

	return json_pack("{s:s, s:I, s:I, s:o}", "prefix",
			 prefix_format(&entry->prefix, text), "added",
			 (json_int_t)entry->added_unix, "expires",
			 (json_int_t)entry->expires_unix, "note",
			 control_text(entry->note ? entry->note : ""));
}

static json_t *entries_json(const struct entries *entries, size_t most)
{
	json_t *all = json_array();

	for (size_t i = 0; i < entries->count && i < most; i++)
		json_array_append_new(all, entry_json(&entries->of[i]));
	return all;
}

json_t *runtime_json(const struct runtime *runtime, enum runtime_list list)
{
	return entries_json(&runtime->lists[list], SHOWN_MAX);
}

static int save(struct runtime *runtime)
{
	json_t *object = json_object();

	for (unsigned int list = 0; list < RUNTIME_LISTS; list++)
		json_object_set_new(
			object, meanings[list].name,
			entries_json(&runtime->lists[list], SIZE_MAX));
	return runtime_file_save(&runtime->file, object);
}

/*
 * Whatever was done to the clock since it was kept, an entry lasts no longer
 * than it was made for.
 */
static void resume(struct entry *entry)
{
	int64_t now = time(NULL), left, length;

	if (entry->added_unix < 0)
		entry->added_unix = 0;
	if (entry->expires_unix) {
		left = entry->expires_unix < now ? 0
						 : entry->expires_unix - now;
		length = entry->expires_unix - entry->added_unix;
		if (left > length)
			left = length > 0 ? length : 0;
		if (left > RUNTIME_FOR_MAX_S)
			left = RUNTIME_FOR_MAX_S;
		entry->expires_unix = now + left;
		entry->ends_ns = wall_boot_ns() + (uint64_t)left * NS_PER_S;
	}
	if (entry->added_unix > now)
		entry->added_unix = now;
}

/* Returns whether it is one. */
static bool load_entry(struct entries *entries, const json_t *object)
{
	const char *note = json_string_value(json_object_get(object, "note"));
	const char *text = json_string_value(json_object_get(object, "prefix"));
	struct entry entry = {
		.added_unix =
			json_integer_value(json_object_get(object, "added")),
		.expires_unix =
			json_integer_value(json_object_get(object, "expires")),
	};

	if (!text || prefix_parse(text, &entry.prefix) != 0 ||
	    entry.prefix.length == 0 || find(entries, &entry.prefix))
		return false;
	resume(&entry);
	if (note && *note != '\0')
		entry.note = strdup(note);
	if (append(entries, &entry) == 0)
		return true;
	free(entry.note);
	return false;
}

/* Returns how many of it are no entries. */
static size_t load_list(struct entries *entries, const json_t *all)
{
	size_t i, bad = all && !json_is_array(all);
	const json_t *one;

	json_array_foreach(all, i, one)
	{
		if (i >= RUNTIME_ENTRIES_MAX || !load_entry(entries, one))
			bad++;
	}
	return bad;
}

static void load(struct runtime *runtime)
{
	json_t *object = NULL;
	char why[64];
	size_t bad = 0;

	if (runtime_file_load(&runtime->file, &object))
		return;
	for (unsigned int list = 0; list < RUNTIME_LISTS; list++)
		bad += load_list(&runtime->lists[list],
				 json_object_get(object, meanings[list].name));
	json_decref(object);
	if (bad == 0)
		return;
	snprintf(why, sizeof(why), "left out, as they are no entries: %zu",
		 bad);
	runtime_file_refuse(&runtime->file, why);
	save(runtime);
}

/* Drops what has expired; returns whether there was anything. */
static bool expire(struct runtime *runtime, enum runtime_list list)
{
	struct entries *entries = &runtime->lists[list];
	uint64_t now_ns = wall_boot_ns();
	char text[PREFIX_TEXT];
	bool any = false;

	for (size_t i = entries->count; i-- > 0;) {
		struct entry *entry = &entries->of[i];

		if (!entry->ends_ns || entry->ends_ns > now_ns)
			continue;
		log_notice("%s %s has expired", meanings[list].name,
			   prefix_format(&entry->prefix, text));
		drop(entries, entry);
		any = true;
	}
	return any;
}

static void on_tick(uv_timer_t *timer)
{
	struct runtime *runtime = timer->data;
	bool any = false;

	if (runtime_file_is_due(&runtime->file))
		save(runtime);
	for (unsigned int list = 0; list < RUNTIME_LISTS; list++) {
		if (!expire(runtime, list))
			continue;
		any = true;
		set(runtime, list);
	}
	if (!any)
		return;
	publisher_publish(runtime->publisher, NULL, NULL);
	save(runtime);
}

static void free_runtime(struct runtime *runtime)
{
	for (unsigned int list = 0; list < RUNTIME_LISTS; list++) {
		for (size_t i = 0; i < runtime->lists[list].count; i++)
			free(runtime->lists[list].of[i].note);
		free(runtime->lists[list].of);
	}
	free(runtime->directory);
	free(runtime);
}

int runtime_create(uv_loop_t *loop, struct publisher *publisher,
		   const struct jiffies_clock *clock, const char *directory,
		   struct runtime **out)
{
	struct runtime *runtime = calloc(1, sizeof(*runtime));
	int error = 0;

	if (!runtime)
		return -ENOMEM;
	runtime->publisher = publisher;
	runtime->clock = clock;
	runtime->directory = strdup(directory);
	runtime->file = (struct runtime_file){
		.directory = runtime->directory,
		.name = FILE_NAME,
		.what = "the run-time lists",
	};
	if (!runtime->directory)
		error = -ENOMEM;
	if (!error)
		load(runtime);
	for (unsigned int list = 0; list < RUNTIME_LISTS && !error; list++) {
		expire(runtime, list);
		error = set(runtime, list);
	}
	if (error) {
		free_runtime(runtime);
		return error;
	}
	uv_timer_init(loop, &runtime->tick);
	runtime->tick.data = runtime;
	uv_timer_start(&runtime->tick, on_tick, TICK_MS, TICK_MS);
	*out = runtime;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free_runtime(handle->data);
}

void runtime_close(struct runtime *runtime)
{
	uv_close((uv_handle_t *)&runtime->tick, on_closed);
}

int runtime_add(struct runtime *runtime, enum runtime_list list,
		const struct prefix *prefix, uint64_t for_s, const char *note,
		int *kept)
{
	struct entries *entries = &runtime->lists[list];
	struct entry *old = find(entries, prefix);
	struct entry entry = {
		.prefix = *prefix,
		.added_unix = time(NULL),
	};
	int error;

	if (!old && runtime_count(runtime, RUNTIME_ALLOW) +
				    runtime_count(runtime, RUNTIME_BLOCK) >=
			    RUNTIME_ENTRIES_MAX)
		return -ENOSPC;
	if (for_s) {
		entry.expires_unix = entry.added_unix + (int64_t)for_s;
		entry.ends_ns = wall_boot_ns() + for_s * NS_PER_S;
	}
	if (note && *note != '\0') {
		entry.note = strdup(note);
		if (!entry.note)
			return -ENOMEM;
	}
	if (old) {
		free(old->note);
		*old = entry;
	} else if (append(entries, &entry) != 0) {
		free(entry.note);
		return -ENOMEM;
	}
	error = set(runtime, list);
	*kept = save(runtime);
	return error;
}

int runtime_remove(struct runtime *runtime, enum runtime_list list,
		   const struct prefix *prefix, int *kept)
{
	struct entry *entry = find(&runtime->lists[list], prefix);
	int error;

	if (!entry)
		return -ENOENT;
	drop(&runtime->lists[list], entry);
	error = set(runtime, list);
	*kept = save(runtime);
	return error;
}

void runtime_clock_set(struct runtime *runtime, int64_t step_s)
{
	bool any = false;

	for (unsigned int list = 0; list < RUNTIME_LISTS; list++) {
		struct entries *entries = &runtime->lists[list];

		for (size_t i = 0; i < entries->count; i++) {
			struct entry *entry = &entries->of[i];

			entry->added_unix += step_s;
			if (!entry->ends_ns)
				continue;
			entry->expires_unix += step_s;
			any = true;
		}
	}
	if (any)
		save(runtime);
}

size_t runtime_count(const struct runtime *runtime, enum runtime_list list)
{
	return runtime->lists[list].count;
}

bool runtime_find(const struct runtime *runtime, enum runtime_list list,
		  const struct addr *addr, struct prefix *out, double *age_s)
{
	const struct entries *entries = &runtime->lists[list];
	const struct entry *best = NULL;

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->of[i];

		if (prefix_contains(&entry->prefix, addr) &&
		    (!best || entry->prefix.length > best->prefix.length))
			best = entry;
	}
	if (!best)
		return false;
	*out = best->prefix;
	*age_s = difftime(time(NULL), (time_t)best->added_unix);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that run-time lists are kept in. */

#include "worker/runtime_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tables/clock.h"
#include "worker/save_file.h"

/* More than as many entries as there may be, with notes, ever take. */
#define SIZE_MOST (64 << 20)

/* After a disk was full: is it still? */
#define AGAIN_NS (30 * NS_PER_S)

int runtime_file_read(const char *directory, const char *name, json_t **out)
{
	json_t *object;
	void *text = NULL;
	size_t size = 0;
	int error = save_file_read(directory, name, SIZE_MOST, &text, &size);

	if (error == -ENOENT) {
		*out = NULL;
		return 0;
	}
	if (error)
		return error;
	object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (!json_is_object(object)) {
		json_decref(object);
		return -EBADMSG;
	}
	*out = object;
	return 0;
}

int runtime_file_write(const char *directory, const char *name,
		       const json_t *object)
{
	struct save_file file;
	int error = save_file_open(directory, name, &file);

	if (error)
		return error;
	if (json_dumpf(object, file.stream, JSON_INDENT(1)) == 0)
		return save_file_finish(&file);
	save_file_discard(&file);
	return -EIO;
}

int runtime_file_load(const struct runtime_file *file, json_t **out)
{
	int error = runtime_file_read(file->directory, file->name, out);

	if (error == -EBADMSG)
		runtime_file_refuse(file, "it is damaged, or no JSON object");
	else if (error == -EINVAL)
		runtime_file_refuse(file, "it is no file");
	else if (error)
		runtime_file_refuse(file, strerror(-error));
	return error;
}

void runtime_file_refuse(const struct runtime_file *file, const char *why)
{
	int error = save_file_put_aside(file->directory, file->name);

	log_error("%s/%s (%s): %s%s%s%s", file->directory, file->name,
		  file->what, why, error ? "" : "; it is put aside as ",
		  error ? "" : file->name, error ? "" : SAVE_FILE_DAMAGED);
}

int runtime_file_save(struct runtime_file *file, json_t *object)
{
	int error =
		object ? runtime_file_write(file->directory, file->name, object)
		       : -ENOMEM;

	json_decref(object);
	if (error && !file->again_ns)
		log_error("can't keep %s in %s: %s; what is new ends with this "
			  "process, if it can't later either",
			  file->what, file->directory, strerror(-error));
	if (!error && file->again_ns)
		log_notice("%s could be kept in %s after all", file->what,
			   file->directory);
	file->again_ns = error ? clock_monotonic_ns() + AGAIN_NS : 0;
	return error;
}

bool runtime_file_is_due(const struct runtime_file *file)
{
	return file->again_ns && clock_monotonic_ns() >= file->again_ns;
}

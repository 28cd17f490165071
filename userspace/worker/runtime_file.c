/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that run-time lists are kept in. */

#include "worker/runtime_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "worker/save_file.h"

/* More than as many entries as there may be, with notes, ever take. */
#define SIZE_MOST (64 << 20)

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

void runtime_file_put_aside(const char *directory, const char *name)
{
	int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char damaged[SAVE_FILE_NAME_MAX];

	if (at < 0)
		return;
	snprintf(damaged, sizeof(damaged), "%s.damaged", name);
	renameat(at, name, at, damaged);
	close(at);
}

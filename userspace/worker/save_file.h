/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is replaced as a whole: what is there is always complete,
 * whenever the power fails.  No module of its own state.
 */
#ifndef POSTERN_WORKER_SAVE_FILE_H
#define POSTERN_WORKER_SAVE_FILE_H

#include <stddef.h>
#include <stdio.h>

#define SAVE_FILE_NAME_MAX 64

/* What is added to the name of one that was put aside. */
#define SAVE_FILE_DAMAGED ".damaged"

struct save_file {
	int directory;
	const char *name;
	FILE *stream; /* of the new version */
};

/*
 * Borrows `name`.  Returns 0 and *out, to be finished or discarded; or a
 * negative errno.
 */
int save_file_open(const char *directory, const char *name,
		   struct save_file *out);

/* Puts the new version in the old one's place.  Returns 0 or an errno. */
int save_file_finish(struct save_file *file);

void save_file_discard(struct save_file *file);

/*
 * Gives what can't be read another name, so that the next version does not
 * destroy it.  Returns 0 or a negative errno.
 */
int save_file_put_aside(const char *directory, const char *name);

/*
 * Returns 0 with the content for free(3); -ENOENT, -EFBIG above `max` octets,
 * or another negative errno.
 */
int save_file_read(const char *directory, const char *name, size_t max,
		   void **out, size_t *size);

#endif

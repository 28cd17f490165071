/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of what was set by hand (run-time lists, orders): JSON, replaced as a
 * whole.  `name` is that of the file, such as "lists.json", and short.
 */
#ifndef POSTERN_WORKER_RUNTIME_FILE_H
#define POSTERN_WORKER_RUNTIME_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Returns 0 with an object or NULL (there is no file) in *out; or a negative
 * errno: -EBADMSG for a file that is none of ours.
 */
int runtime_file_read(const char *directory, const char *name, json_t **out);

/* What is there now is whole, whenever the power fails.  0 or an errno. */
int runtime_file_write(const char *directory, const char *name,
		       const json_t *object);

/*
 * One of them, as its owner has it: `what` is in it, in words, such as "the
 * run-time lists".  All is borrowed.
 */
struct runtime_file {
	const char *directory;
	const char *name;
	const char *what;
	uint64_t again_ns; /* when to try again; 0: all is written */
};

/*
 * As runtime_file_read().  What can't be read is logged and put aside, so that
 * the next write does not destroy it.
 */
int runtime_file_load(const struct runtime_file *file, json_t **out);

/*
 * Logs why it is not used, or not all of it, and puts it aside; what is used
 * has to be saved again.
 */
void runtime_file_refuse(const struct runtime_file *file, const char *why);

/*
 * As runtime_file_write(); takes the object, NULL is -ENOMEM.  Logs the first
 * failure, and its end; meanwhile the owner tries again when it is due.
 */
int runtime_file_save(struct runtime_file *file, json_t *object);

/* Whether a write has failed a while ago. */
bool runtime_file_is_due(const struct runtime_file *file);

#endif

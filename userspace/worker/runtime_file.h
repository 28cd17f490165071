/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of what was set by hand (run-time lists, orders): JSON, replaced as a
 * whole.  `name` is that of the file, such as "lists.json", and short.
 */
#ifndef POSTERN_WORKER_RUNTIME_FILE_H
#define POSTERN_WORKER_RUNTIME_FILE_H

#include <jansson.h>

/*
 * Returns 0 with an object or NULL (there is no file) in *out; or a negative
 * errno: -EBADMSG for a file that is none of ours.
 */
int runtime_file_read(const char *directory, const char *name, json_t **out);

/* What is there now is whole, whenever the power fails.  0 or an errno. */
int runtime_file_write(const char *directory, const char *name,
		       const json_t *object);

/* Puts a file that can't be read out of the way of the next one. */
void runtime_file_put_aside(const char *directory, const char *name);

#endif

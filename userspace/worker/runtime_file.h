/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that run-time lists are kept in: JSON, replaced as a whole. */
#ifndef POSTERN_WORKER_RUNTIME_FILE_H
#define POSTERN_WORKER_RUNTIME_FILE_H

#include <jansson.h>

/*
 * Returns 0 with an object or NULL (there is no file) in *out; or a negative
 * errno: -EBADMSG for a file that is none of ours.
 */
int runtime_file_read(const char *directory, json_t **out);

/* What is there now is whole, whenever the power fails.  0 or an errno. */
int runtime_file_write(const char *directory, const json_t *object);

/* Puts a file that can't be read out of the way of the next one. */
void runtime_file_put_aside(const char *directory);

#endif

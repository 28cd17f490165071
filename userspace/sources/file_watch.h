/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells that a file may have changed, be it by writing to it, by renaming
 * another one into its place, or because a directory on its way has come or
 * gone.
 *
 * The file's directory is watched, or as long as there is none, the nearest
 * one above it.  What is not told that way (another host writes to a file
 * system of the network, the file is a link to somewhere else, the limits of
 * inotify are reached) is found by looking from time to time.
 */
#ifndef POSTERN_SOURCES_FILE_WATCH_H
#define POSTERN_SOURCES_FILE_WATCH_H

#include <stdbool.h>
#include <uv.h>

struct file_watch;

/*
 * What the file is now: `status` is 0, or a negative error of libuv and then
 * `now` says nothing.  Also called when nothing has changed.
 */
typedef void file_watch_seen(void *context, int status, const uv_stat_t *now);

/*
 * Tells how the file is soon after the start, after each change, and every
 * `poll_ms`.  Returns 0 and *out, or a negative error of libuv.
 */
int file_watch_start(uv_loop_t *loop, const char *path, uint64_t poll_ms,
		     file_watch_seen *seen, void *context,
		     struct file_watch **out);

/* Tells how the file is now, as soon as that is known. */
void file_watch_look(struct file_watch *watch);

/* Whether changes are told by the kernel, rather than found by looking. */
bool file_watch_is_told(const struct file_watch *watch);

/* Nothing is told any more; frees itself once the loop has let go of it. */
void file_watch_close(struct file_watch *watch);

#endif

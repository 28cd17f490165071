/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as a file of the state directory, which is one of our own. */
#ifndef POSTERN_FUZZ_STATE_FILE_H
#define POSTERN_FUZZ_STATE_FILE_H

#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"

static char state_directory[] = "/tmp/postern-fuzz-XXXXXX";

static inline int state_remove_one(const char *path, const struct stat *stat,
				   int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void state_remove(void)
{
	nftw(state_directory, state_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What is refused would be logged each time. */
static inline void state_set_up(void)
{
	static bool ready;

	if (ready)
		return;
	ready = true;
	if (!mkdtemp(state_directory) || atexit(state_remove) != 0)
		abort();
	log_set_threshold(LOG_LEVEL_ERROR);
}

static inline void state_write(const char *name, const uint8_t *data,
			       size_t size)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", state_directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* What is no JSON is not our parser's, and would be logged, too. */
static inline bool state_is_object(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size,
				    JSON_REJECT_DUPLICATES, NULL);
	bool is = json_is_object(object);

	json_decref(object);
	return is;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the file of one feed; all but the running of it from the loop. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/addresses.h"
#include "sources/feed_guard.h"
#include "worker/feed_state.h"

void feed_version_of(const struct stat *stat, struct feed_version *out)
{
	*out = (struct feed_version){
		.device = stat->st_dev,
		.inode = stat->st_ino,
		.size = stat->st_size,
		.modified = stat->st_mtim,
	};
}

bool feed_version_same(const struct feed_version *a,
		       const struct feed_version *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec;
}

int feed_load_create(struct feed *feed, struct feed_load **out)
{
	const struct config *config = feed->feeds->config;
	const unsigned int widest[FAMILY_MAX] = {feed->config.widest_ipv4,
						 feed->config.widest_ipv6};
	struct addr own[ADDRESSES_PROTECTED_MAX];
	struct feed_load *load = calloc(1, sizeof(*load));
	int error = -ENOMEM;

	if (!load)
		return error;
	load->feed = feed;
	load->path = strdup(feed->config.file);
	if (load->path)
		error = feed_guard_create(config, own,
					  addresses_protected(config, own),
					  widest, &load->guard);
	if (error) {
		feed_load_free(load);
		return error;
	}
	load->options = (struct feed_options){
		.format = feed->config.format,
		.rejected_max = feed->config.rejected_max,
		.guard = load->guard,
	};
	*out = load;
	return 0;
}

void feed_load_run(struct feed_load *load)
{
	/* What is no file, such as a FIFO, must not make it wait. */
	int fd = open(load->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) != 0)
		load->error = -errno;
	else if (!S_ISREG(stat.st_mode))
		load->error = -EINVAL;
	if (!load->error) {
		feed_version_of(&stat, &load->version);
		feed_read(fd, &load->options, &load->report, &load->set);
	}
	if (fd >= 0)
		close(fd);
}

void feed_load_free(struct feed_load *load)
{
	if (!load)
		return;
	ranges_set_put(load->set);
	feed_guard_free(load->guard);
	free(load->path);
	free(load);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins in bpffs: lock, paths, removal. */

#include "parent/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/log.h"

#define LINK_PREFIX "link-"

/* The name of a pin that is about to take the place of another. */
#define NEXT "next"

struct pins {
	char directory[PATH_MAX];
	int fd; /* of the directory; carries the lock */
};

static int make_directory(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	return 0;
}

/*
 * All that is in the directory will be removed one day.  So it has to be in a
 * BPF file system, and not be its root, where others have theirs.
 */
static int check_directory(int fd)
{
	struct stat here, above;
	struct statfs fs;

	if (fstatfs(fd, &fs) || fstat(fd, &here) ||
	    fstatat(fd, "..", &above, 0))
		return -errno;
	if (fs.f_type != BPF_FS_MAGIC)
		return -EMEDIUMTYPE;
	return here.st_dev == above.st_dev ? 0 : -EXDEV;
}

/* Is there one at all, above what could not be made? */
static bool is_in_bpffs(const char *directory)
{
	char path[PATH_MAX];
	struct statfs fs;
	char *slash;

	snprintf(path, sizeof(path), "%s", directory);
	while (statfs(path, &fs) != 0) {
		slash = strrchr(path, '/');
		if (errno != ENOENT || !slash || slash == path)
			return false;
		*slash = '\0';
	}
	return fs.f_type == BPF_FS_MAGIC;
}

static int open_directory(const char *directory)
{
	int error, fd;

	error = make_directory(directory);
	if (error)
		return is_in_bpffs(directory) ? error : -EMEDIUMTYPE;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = check_directory(fd);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

int pins_open(const char *directory, struct pins **out)
{
	struct pins *pins = calloc(1, sizeof(*pins));

	if (!pins)
		return -ENOMEM;
	snprintf(pins->directory, sizeof(pins->directory), "%s", directory);
	pins->fd = open_directory(directory);
	if (pins->fd < 0) {
		int error = pins->fd;

		if (error == -EMEDIUMTYPE)
			log_error("%s is not on a BPF file system: mount one "
				  "with \"mount -t bpf bpf /sys/fs/bpf\"",
				  directory);
		else if (error == -EXDEV)
			log_error("%s is the root of a BPF file system, which "
				  "is not ours alone: set pin to a directory "
				  "in it",
				  directory);
		else
			log_error("can't make %s: %s", directory,
				  strerror(-error));
		free(pins);
		return error;
	}
	if (flock(pins->fd, LOCK_EX | LOCK_NB)) {
		log_error("another posternd runs with pin = \"%s\": stop it "
			  "first",
			  directory);
		pins_close(pins);
		return -EBUSY;
	}
	*out = pins;
	return 0;
}

const char *pins_path(const struct pins *pins, const char *name,
		      char path[static PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", pins->directory, name) >=
	    PATH_MAX)
		path[0] = '\0'; /* nothing can be pinned there */
	return path;
}

const char *pins_link_path(const struct pins *pins, const char *interface,
			   char path[static PATH_MAX])
{
	char name[sizeof(LINK_PREFIX) + 64];

	snprintf(name, sizeof(name), LINK_PREFIX "%s", interface);
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = ':';
	return pins_path(pins, name, path);
}

int pins_replace(int fd, const char *path)
{
	const char *name = strrchr(path, '/');
	char next[PATH_MAX];
	int error;

	if (!name || snprintf(next, sizeof(next), "%.*s/" NEXT,
			      (int)(name - path), path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	if (unlink(next) && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, next))
		return -errno;
	if (rename(next, path) == 0)
		return 0;
	error = -errno;
	unlink(next);
	return error;
}

int pins_adopt(const struct pins *pins, const char *name, int program,
	       bool (*is_wanted)(int link, const void *context),
	       const void *context)
{
	char path[PATH_MAX];
	int error, fd;

	fd = bpf_obj_get(pins_path(pins, name, path));
	if (fd < 0)
		return -ENOENT;
	error = is_wanted(fd, context) ? 0 : -ENOENT;
	if (!error && bpf_link_update(fd, program, NULL))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

bool pins_intact(const struct pins *pins)
{
	struct stat held, there;

	return fstat(pins->fd, &held) == 0 && held.st_nlink > 0 &&
	       stat(pins->directory, &there) == 0 &&
	       held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

bool pins_follow(struct pins *pins)
{
	struct stat held;

	if (fstat(pins->fd, &held) || held.st_nlink == 0)
		return false;
	if (pins_intact(pins))
		return true;
	log_warning("%s is hidden or unmounted: the filter goes on, but it "
		    "ends with this daemon, and none can adopt it",
		    pins->directory);
	snprintf(pins->directory, sizeof(pins->directory), "/proc/self/fd/%d",
		 pins->fd);
	return true;
}

static bool is_link(const char *name)
{
	return strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX)) == 0;
}

int pins_links(const struct pins *pins,
	       void (*each)(void *context, const char *interface),
	       void *context)
{
	DIR *dir = opendir(pins->directory);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (!is_link(entry->d_name))
			continue;
		for (char *c = entry->d_name; *c; c++)
			if (*c == ':')
				*c = '.';
		each(context, entry->d_name + strlen(LINK_PREFIX));
		count++;
	}
	closedir(dir);
	return count;
}

/* Detaches for good, even when somebody else holds the link. */
static bool detach_link(const char *path)
{
	int fd = bpf_obj_get(path);
	bool detached;

	if (fd < 0)
		return false;
	detached = bpf_link_detach(fd) == 0;
	close(fd);
	return detached;
}

void pins_drop_link(const struct pins *pins, const char *interface)
{
	char path[PATH_MAX];

	if (!pins_intact(pins))
		return;
	detach_link(pins_link_path(pins, interface, path));
	unlink(path);
}

bool pins_drop(const struct pins *pins, const char *name)
{
	char path[PATH_MAX];

	if (!pins_intact(pins))
		return false;
	detach_link(pins_path(pins, name, path));
	return unlink(path) == 0;
}

int pins_detach(const char *directory)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int error, detached = 0;
	DIR *dir;

	dir = opendir(directory);
	if (!dir)
		return -errno;
	error = check_directory(dirfd(dir));
	if (error) {
		closedir(dir);
		return error;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", directory,
			     entry->d_name) >= (int)sizeof(path))
			continue;
		if (is_link(entry->d_name))
			detached += detach_link(path);
		else if (strcmp(entry->d_name, PINS_STEERING) == 0 ||
			 strcmp(entry->d_name, PINS_PRIMARY_WATCH) == 0)
			detach_link(path);
		unlink(path);
	}
	closedir(dir);
	/*
	 * Busy: the sandbox of a service has it as a mount point.  No
	 * directory: it is hidden, and known by its descriptor alone.
	 */
	if (rmdir(directory) && errno != EBUSY && errno != ENOTDIR)
		return -errno;
	return detached;
}

void pins_remove(struct pins *pins)
{
	int error;

	/* What took its place belongs to somebody else. */
	if (!pins_intact(pins))
		return;
	error = pins_detach(pins->directory);
	if (error < 0 && error != -ENOENT)
		log_warning("can't remove %s: %s", pins->directory,
			    strerror(-error));
}

void pins_close(struct pins *pins)
{
	if (!pins)
		return;
	if (pins->fd >= 0)
		close(pins->fd);
	free(pins);
}

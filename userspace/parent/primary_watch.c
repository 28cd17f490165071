/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sock_ops program, its link, and the cgroup that it is attached to. */

#include "parent/primary_watch.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/driver.h"
#include "witness.skel.h"

#define MOUNTS "/proc/self/mounts"

struct primary_watch {
	const struct pins *pins;
	struct witness *skeleton; /* NULL: not loaded */
	int link;		  /* -1: not attached */
};

int primary_watch_create(const struct pins *pins, struct primary_watch **out)
{
	struct primary_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->pins = pins;
	watch->link = -1;
	*out = watch;
	return 0;
}

/* ---- the cgroup ---- */

/*
 * Its root, as far as it is seen from here: in a container that of the
 * container, where its MTA is, too.  Returns a descriptor, or a negative
 * errno: -ENODEV when none is mounted.
 */
static int open_cgroup(void)
{
	FILE *mounts = setmntent(MOUNTS, "re");
	struct mntent entry;
	char text[2 * PATH_MAX];
	int fd = -ENODEV;

	if (!mounts)
		return -errno;
	while (getmntent_r(mounts, &entry, text, sizeof(text))) {
		if (strcmp(entry.mnt_type, "cgroup2") != 0)
			continue;
		fd = open(entry.mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
		break;
	}
	endmntent(mounts);
	return fd;
}

/* ---- the program ---- */

/* 0: this kernel, or its helper for programs, can't tell. */
static __u64 own_netns(void)
{
	socklen_t length = sizeof(__u64);
	__u64 cookie = 0;
	int fd;

	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCK_OPS,
				    BPF_FUNC_get_netns_cookie, NULL) != 1)
		return 0;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
		cookie = 0;
	close(fd);
	return cookie;
}

/* It shares three maps with the XDP program. */
static int load(struct primary_watch *watch, const struct loader *loader)
{
	struct maps maps;
	int error;

	watch->skeleton = witness__open();
	if (!watch->skeleton)
		return -errno;
	loader_maps(loader, &maps);
	watch->skeleton->rodata->own_netns = own_netns();
	error = bpf_map__reuse_fd(watch->skeleton->maps.settings,
				  maps.settings);
	if (!error)
		error = bpf_map__reuse_fd(watch->skeleton->maps.networks,
					  maps.networks);
	if (!error)
		error = bpf_map__reuse_fd(watch->skeleton->maps.events,
					  maps.events);
	if (!error)
		error = witness__load(watch->skeleton);
	return error;
}

/* ---- the link ---- */

/* Whether a link is one of this cgroup, which may be gone by now. */
static bool is_of(int fd, const void *cgroup)
{
	struct bpf_link_info info = {0};
	__u32 length = sizeof(info);
	struct stat stat;

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	       info.type == BPF_LINK_TYPE_CGROUP &&
	       info.cgroup.attach_type == BPF_CGROUP_SOCK_OPS &&
	       fstat(*(const int *)cgroup, &stat) == 0 &&
	       info.cgroup.cgroup_id == stat.st_ino;
}

static int create(const struct primary_watch *watch, int cgroup, int program)
{
	char path[PATH_MAX];
	int error, fd;

	fd = bpf_link_create(program, cgroup, BPF_CGROUP_SOCK_OPS, NULL);
	if (fd < 0)
		return -errno;
	error = pins_replace(fd,
			     pins_path(watch->pins, PINS_PRIMARY_WATCH, path));
	if (error)
		close(fd);
	return error ? error : fd;
}

static int attach(struct primary_watch *watch, int cgroup)
{
	int program = bpf_program__fd(watch->skeleton->progs.witness);
	int fd = pins_adopt(watch->pins, PINS_PRIMARY_WATCH, program, is_of,
			    &cgroup);

	if (fd == -ENOENT)
		fd = create(watch, cgroup, program);
	if (fd < 0)
		return fd;
	watch->link = fd;
	return 0;
}

static void unload(struct primary_watch *watch)
{
	witness__destroy(watch->skeleton);
	watch->skeleton = NULL;
	if (watch->link >= 0)
		close(watch->link);
	watch->link = -1;
}

int primary_watch_attach(struct primary_watch *watch,
			 const struct loader *loader,
			 char why[static CONFIG_ERROR_TEXT])
{
	int cgroup, error;

	if (watch->link >= 0)
		return 0;
	cgroup = open_cgroup();
	if (cgroup == -ENODEV)
		snprintf(why, CONFIG_ERROR_TEXT, "no cgroup v2 is mounted");
	else if (cgroup < 0)
		snprintf(why, CONFIG_ERROR_TEXT, "can't open cgroup v2: %s",
			 strerror(-cgroup));
	if (cgroup < 0)
		return cgroup;
	error = load(watch, loader);
	if (!error)
		error = attach(watch, cgroup);
	close(cgroup);
	if (error) {
		snprintf(why, CONFIG_ERROR_TEXT,
			 "the kernel takes no program of type sock_ops at the "
			 "root of cgroup v2: %s%s%s",
			 strerror(-error), driver_objection()[0] ? ": " : "",
			 driver_objection());
		unload(watch);
	}
	return error;
}

void primary_watch_detach(struct primary_watch *watch)
{
	bool attached = watch->link >= 0;

	if (attached)
		bpf_link_detach(watch->link);
	unload(watch);
	if (pins_drop(watch->pins, PINS_PRIMARY_WATCH) || attached)
		log_notice("nobody becomes a witness any more by connecting to "
			   "a primary on this machine");
}

void primary_watch_close(struct primary_watch *watch)
{
	if (!watch)
		return;
	unload(watch);
	free(watch);
}

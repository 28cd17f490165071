/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sk_lookup program, its link, and the sockets that it chooses. */

#include "parent/steering.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/driver.h"
#include "parent/local_mta.h"
#include "steer.skel.h"

#define NETNS	"/proc/self/ns/net"
#define PIN_MAP "doorman"
#define BACKLOG 128

struct steering {
	const struct pins *pins;
	struct steer *skeleton; /* NULL: not loaded */
	int link;		/* -1: not attached */
};

int steering_create(const struct pins *pins, struct steering **out)
{
	struct steering *steering = calloc(1, sizeof(*steering));

	if (!steering)
		return -ENOMEM;
	steering->pins = pins;
	steering->link = -1;
	*out = steering;
	return 0;
}

/* It shares two maps with the XDP program. */
static int load(struct steering *steering, const struct loader *loader)
{
	struct maps maps;
	int error;

	steering->skeleton = steer__open();
	if (!steering->skeleton)
		return -errno;
	loader_maps(loader, &maps);
	error = bpf_map__reuse_fd(steering->skeleton->maps.settings,
				  maps.settings);
	if (!error)
		error = bpf_map__reuse_fd(steering->skeleton->maps.deferred,
					  maps.deferred);
	if (!error)
		error = steer__load(steering->skeleton);
	return error;
}

/* Whether a link is one of this network namespace. */
static bool is_ours(int fd, const void *context)
{
	struct bpf_link_info info = {0};
	__u32 length = sizeof(info);
	struct stat netns;

	(void)context;
	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	       info.type == BPF_LINK_TYPE_NETNS &&
	       info.netns.attach_type == BPF_SK_LOOKUP &&
	       stat(NETNS, &netns) == 0 && info.netns.netns_ino == netns.st_ino;
}

static int create(const struct steering *steering, int program)
{
	char path[PATH_MAX];
	int error = 0, fd, netns;

	netns = open(NETNS, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return -errno;
	fd = bpf_link_create(program, netns, BPF_SK_LOOKUP, NULL);
	if (fd < 0)
		error = -errno;
	close(netns);
	if (!error)
		error = pins_replace(
			fd, pins_path(steering->pins, PINS_STEERING, path));
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

static int attach(struct steering *steering)
{
	int program = bpf_program__fd(steering->skeleton->progs.steer);
	char path[PATH_MAX];
	int fd;

	fd = pins_adopt(steering->pins, PINS_STEERING, program, is_ours, NULL);
	if (fd == -ENOENT)
		fd = create(steering, program);
	if (fd < 0)
		return fd;
	steering->link = fd;
	return pins_replace(bpf_map__fd(steering->skeleton->maps.doorman),
			    pins_path(steering->pins, PIN_MAP, path));
}

static void unload(struct steering *steering)
{
	steer__destroy(steering->skeleton);
	steering->skeleton = NULL;
	if (steering->link >= 0)
		close(steering->link);
	steering->link = -1;
}

int steering_attach(struct steering *steering, const struct loader *loader,
		    const struct config *config,
		    char why[static CONFIG_ERROR_TEXT])
{
	int error;

	if (!config_defers(config))
		return 0;
	error = local_mta_check(config, why);
	if (error || steering->link >= 0)
		return error;
	error = load(steering, loader);
	if (!error)
		error = attach(steering);
	if (error) {
		snprintf(why, CONFIG_ERROR_TEXT,
			 "bypass.action = defer and dnsbl.action = reject "
			 "need a program of type sk_lookup (Linux 5.9), and "
			 "the kernel takes none: %s%s%s",
			 strerror(-error), driver_objection()[0] ? ": " : "",
			 driver_objection());
		steering_detach(steering);
		return error;
	}
	log_notice("connections that are deferred go to the doorman");
	return 0;
}

void steering_drop(struct steering *steering, const struct config *config)
{
	if (!config_defers(config))
		steering_detach(steering);
}

static int make_socket(enum family family)
{
	struct sockaddr_storage storage;
	struct addr loopback;
	socklen_t length;
	int error = 0, fd, on = 1;

	addr_parse(family == FAMILY_IPV4 ? "127.0.0.1" : "::1", &loopback);
	length = addr_to_sockaddr(&loopback, 0, &storage);
	fd = socket(storage.ss_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Where it is bound to is only for it to be out of the way. */
	if (family == FAMILY_IPV4)
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	else if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ==
		 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&storage, length) ||
	    listen(fd, BACKLOG))
		error = -errno;
	if (error)
		close(fd);
	return error ? error : fd;
}

int steering_socket(struct steering *steering, enum family family)
{
	__u32 key = family;
	__u64 value;
	int fd;

	if (steering->link < 0)
		return -ENOTCONN;
	fd = make_socket(family);
	if (fd < 0)
		return fd;
	value = (__u64)fd;
	if (bpf_map_update_elem(bpf_map__fd(steering->skeleton->maps.doorman),
				&key, &value, BPF_ANY)) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

void steering_detach(struct steering *steering)
{
	bool attached = steering->link >= 0;
	char path[PATH_MAX];

	if (attached)
		bpf_link_detach(steering->link);
	unload(steering);
	if (pins_drop(steering->pins, PINS_STEERING) || attached)
		log_notice("nobody is deferred any more");
	if (pins_intact(steering->pins))
		unlink(pins_path(steering->pins, PIN_MAP, path));
}

void steering_close(struct steering *steering)
{
	if (!steering)
		return;
	unload(steering);
	free(steering);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pinned links of the program, one an interface. */

#include "parent/links.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/driver.h"
#include "parent/foreign.h"
#include "tables/clock.h"

/* How long after an interface that came back could not be attached to. */
#define RETRY_NS (30 * NS_PER_S)

struct link {
	char interface[IF_NAMESIZE];
	int fd; /* -1: not attached */
	unsigned int ifindex;
	bool native;
	bool renamed;
	uint64_t retry_ns; /* when to try again to attach; monotonic */
};

struct links {
	const struct pins *pins;
	int program;
	size_t count;
	struct link of[CONFIG_INTERFACES_MAX];
};

int links_create(const struct pins *pins, int program, struct links **out)
{
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		return -ENOMEM;
	links->pins = pins;
	links->program = program;
	*out = links;
	return 0;
}

static struct link *find(struct links *links, const char *interface)
{
	for (size_t i = 0; i < links->count; i++)
		if (strcmp(links->of[i].interface, interface) == 0)
			return &links->of[i];
	return NULL;
}

static bool is_named(const struct config *config, const char *interface)
{
	for (size_t i = 0; i < config->interface_count; i++)
		if (strcmp(config->interfaces[i], interface) == 0)
			return true;
	return false;
}

/* The interface that a link is on; 0: it is detached, or no link of XDP. */
static unsigned int link_ifindex(int fd)
{
	struct bpf_link_info info = {0};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length) ||
	    info.type != BPF_LINK_TYPE_XDP)
		return 0;
	return info.xdp.ifindex;
}

static bool is_native(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	return bpf_xdp_query((int)ifindex, 0, &query) == 0 &&
	       query.attach_mode == XDP_ATTACHED_DRV;
}

static bool mode_suits(enum config_attach attach, bool native)
{
	return attach == ATTACH_AUTO || (attach == ATTACH_NATIVE) == native;
}

/* Takes over a link that is pinned; returns its descriptor, or -ENOENT. */
static int adopt(struct links *links, const char *interface,
		 unsigned int ifindex, enum config_attach attach)
{
	char path[PATH_MAX];
	int fd;

	fd = bpf_obj_get(pins_link_path(links->pins, interface, path));
	if (fd < 0)
		return -ENOENT;
	if (link_ifindex(fd) != ifindex) {
		/* Of an interface that is gone. */
		unlink(path);
		close(fd);
		return -ENOENT;
	}
	if (!mode_suits(attach, is_native(ifindex))) {
		log_notice("%s: the attach mode changes, so the program is "
			   "detached for a moment",
			   interface);
		bpf_link_detach(fd);
		unlink(path);
		close(fd);
		return -ENOENT;
	}
	if (bpf_link_update(fd, links->program, NULL)) {
		int error = -errno;

		log_error("%s: can't replace the program that is attached: %s",
			  interface, strerror(-error));
		close(fd);
		return error;
	}
	log_info("%s: adopted the program's link, without a gap", interface);
	return fd;
}

static int refuse_foreign(const char *interface, unsigned int ifindex)
{
	uint32_t program = foreign_program((int)ifindex);
	char text[256];

	if (!program)
		return 0;
	log_error("%s already has an XDP program (%s): remove it with \"ip "
		  "link set dev %s xdp off\", or stop what attached it",
		  interface, foreign_describe(program, text, sizeof(text)),
		  interface);
	return -EBUSY;
}

static int create(struct links *links, const char *interface,
		  unsigned int ifindex, enum config_attach attach)
{
	LIBBPF_OPTS(bpf_link_create_opts, options);
	char words[DRIVER_WORDS];
	int fd = -1;

	if (attach != ATTACH_GENERIC) {
		options.flags = XDP_FLAGS_DRV_MODE;
		fd = bpf_link_create(links->program, (int)ifindex, BPF_XDP,
				     &options);
		if (fd >= 0)
			return fd;
		driver_words(links->program, (int)ifindex, -errno, words);
		if (attach == ATTACH_NATIVE) {
			log_error("%s: can't attach natively: %s: attach = "
				  "auto would fall back to generic mode",
				  interface, words);
			return -EOPNOTSUPP;
		}
		log_warning("%s: attaching in generic mode, which costs more a "
			    "packet: the driver says: %s",
			    interface, words);
	}
	options.flags = XDP_FLAGS_SKB_MODE;
	fd = bpf_link_create(links->program, (int)ifindex, BPF_XDP, &options);
	if (fd < 0) {
		int error = -errno;

		log_error("%s: can't attach: %s", interface, strerror(-error));
		return error;
	}
	return fd;
}

/* Creates and pins; returns the descriptor or a negative errno. */
static int create_pinned(struct links *links, const char *interface,
			 unsigned int ifindex, enum config_attach attach)
{
	char path[PATH_MAX];
	int error, fd;

	error = refuse_foreign(interface, ifindex);
	if (error)
		return error;
	fd = create(links, interface, ifindex, attach);
	if (fd < 0)
		return fd;
	error = pins_replace(fd, pins_link_path(links->pins, interface, path));
	if (error) {
		log_error("%s: can't pin the link as %s: %s", interface, path,
			  strerror(-error));
		close(fd);
		return error;
	}
	return fd;
}

static int attach_one(struct links *links, struct link *link,
		      enum config_attach attach)
{
	unsigned int ifindex = if_nametoindex(link->interface);
	int fd;

	if (!ifindex) {
		log_error("there is no interface %s", link->interface);
		return -ENODEV;
	}
	fd = adopt(links, link->interface, ifindex, attach);
	if (fd == -ENOENT)
		fd = create_pinned(links, link->interface, ifindex, attach);
	if (fd < 0)
		return fd;
	link->fd = fd;
	link->ifindex = ifindex;
	link->native = is_native(ifindex);
	log_notice("%s: filtering, attached %s", link->interface,
		   link->native ? "natively" : "in generic mode");
	return 0;
}

static void detach_one(struct links *links, struct link *link)
{
	if (link->fd >= 0) {
		bpf_link_detach(link->fd);
		close(link->fd);
		pins_drop_link(links->pins, link->interface);
		log_notice("%s: not filtering any more", link->interface);
	}
	*link = links->of[--links->count];
}

int links_attach(struct links *links, const struct config *config)
{
	size_t before = links->count;
	int error = 0;

	for (size_t i = 0; i < config->interface_count; i++) {
		struct link *link;

		if (find(links, config->interfaces[i]))
			continue;
		if (links->count == CONFIG_INTERFACES_MAX) {
			error = -E2BIG;
			break;
		}
		link = &links->of[links->count];
		memset(link, 0, sizeof(*link));
		memcpy(link->interface, config->interfaces[i],
		       sizeof(link->interface));
		link->fd = -1;
		error = attach_one(links, link, config->attach);
		if (error)
			break;
		links->count++;
	}
	while (error && links->count > before)
		detach_one(links, &links->of[links->count - 1]);
	return error;
}

int links_replace(struct links *links, int program)
{
	size_t done = 0;
	int error = 0;

	for (; done < links->count; done++) {
		const struct link *link = &links->of[done];

		if (link->fd < 0 || !link_ifindex(link->fd))
			continue;
		if (bpf_link_update(link->fd, program, NULL) == 0)
			continue;
		error = -errno;
		log_error("%s: can't replace the program that is attached: %s",
			  link->interface, strerror(-error));
		break;
	}
	if (!error) {
		links->program = program;
		return 0;
	}
	/* The one before was taken a moment ago. */
	while (done-- > 0)
		if (links->of[done].fd >= 0)
			bpf_link_update(links->of[done].fd, links->program,
					NULL);
	return error;
}

struct selection {
	struct links *links;
	const struct config *config;
};

/* A link of an earlier daemon, whose configuration named the interface. */
static void drop_unnamed(void *context, const char *interface)
{
	const struct selection *selection = context;

	if (is_named(selection->config, interface))
		return;
	pins_drop_link(selection->links->pins, interface);
	log_notice("%s: not filtering any more: the configuration doesn't "
		   "name it",
		   interface);
}

void links_drop_others(struct links *links, const struct config *config)
{
	struct selection selection = {.links = links, .config = config};

	for (size_t i = links->count; i-- > 0;)
		if (!is_named(config, links->of[i].interface))
			detach_one(links, &links->of[i]);
	pins_links(links->pins, drop_unnamed, &selection);
}

static void lose(struct link *link)
{
	log_warning("%s is gone: filtering goes on when it is back",
		    link->interface);
	close(link->fd);
	link->fd = -1;
	link->ifindex = 0;
	link->renamed = false;
	link->retry_ns = 0;
}

/* The link stays where it is, but by that name nobody will find it again. */
static void check_name(struct link *link)
{
	char name[IF_NAMESIZE];
	bool renamed = if_indextoname(link->ifindex, name) &&
		       strcmp(name, link->interface) != 0;

	if (renamed && !link->renamed)
		log_warning("%s is called %s now: filtering goes on there, but "
			    "the next start needs its new name in the "
			    "configuration",
			    link->interface, name);
	link->renamed = renamed;
}

/* What is in the way is said each time, so it is not tried all the time. */
static bool reattach(struct links *links, struct link *link,
		     enum config_attach attach)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!if_nametoindex(link->interface) || now_ns < link->retry_ns)
		return false;
	link->retry_ns = now_ns + RETRY_NS;
	attach_one(links, link, attach);
	return true;
}

bool links_check(struct links *links, const struct config *config)
{
	bool changed = false;

	for (size_t i = 0; i < links->count; i++) {
		struct link *link = &links->of[i];

		if (link->fd >= 0 && !link_ifindex(link->fd)) {
			lose(link);
			changed = true;
		}
		if (link->fd >= 0)
			check_name(link);
		if (link->fd < 0 && reattach(links, link, config->attach))
			changed = true;
	}
	return changed;
}

void links_attachments(const struct links *links, struct attachments *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->of[i];
		struct attachment *attachment = &out->of[out->count++];

		memcpy(attachment->interface, link->interface,
		       sizeof(attachment->interface));
		/* There, but not attached to: something is in the way. */
		attachment->ifindex = link->fd >= 0
					      ? link->ifindex
					      : if_nametoindex(link->interface);
		attachment->native = link->native;
		if (link->fd >= 0)
			attachment->program_id =
				foreign_program((int)link->ifindex);
	}
}

void links_detach(struct links *links)
{
	while (links->count)
		detach_one(links, &links->of[links->count - 1]);
}

void links_close(struct links *links)
{
	if (!links)
		return;
	for (size_t i = 0; i < links->count; i++)
		if (links->of[i].fd >= 0)
			close(links->of[i].fd);
	free(links);
}

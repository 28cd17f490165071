/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of interfaces. */

#include "sources/addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_global(const struct addr *addr)
{
	const uint8_t *octets = addr->octets;

	if (addr_family(addr) == FAMILY_IPV4)
		return octets[12] != 127 &&
		       !(octets[12] == 169 && octets[13] == 254);
	return !(octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80) &&
	       !IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)octets);
}

int addresses_of(const char *interface, struct addr *out, size_t max)
{
	struct ifaddrs *all;
	size_t count = 0;

	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		struct addr addr;

		if (!one->ifa_addr || strcmp(one->ifa_name, interface) != 0 ||
		    addr_from_sockaddr(one->ifa_addr, &addr) ||
		    !is_global(&addr))
			continue;
		if (count < max)
			out[count] = addr;
		count++;
	}
	freeifaddrs(all);
	return (int)count;
}

bool addresses_is_local(const struct addr *addr)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *one = all; one && !found;
	     one = one->ifa_next) {
		struct addr here;

		found = one->ifa_addr &&
			addr_from_sockaddr(one->ifa_addr, &here) == 0 &&
			addr_equal(&here, addr);
	}
	freeifaddrs(all);
	return found;
}

/*
 * Takes what there is room for in its family, of those addresses that belong
 * to the guard.
 */
static size_t take(const struct config *config, size_t guard,
		   const struct addr *from, size_t count,
		   size_t room[static FAMILY_MAX], struct addr *out)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		size_t *left = &room[addr_family(&from[i])];

		if (!*left || config_guard_of(config, &from[i]) != guard)
			continue;
		--*left;
		out[taken++] = from[i];
	}
	return taken;
}

size_t addresses_own(const struct config *config,
		     struct addr out[static ADDRESSES_PROTECTED_MAX])
{
	size_t taken = 0;

	for (size_t i = 0; i < config->interface_count; i++) {
		size_t room = ADDRESSES_PROTECTED_MAX - taken;
		int all =
			addresses_of(config->interfaces[i], out + taken, room);
		size_t count = all < 0 ? 0 : (size_t)all;

		taken += count > room ? room : count;
	}
	return taken;
}

size_t addresses_protected(const struct config *config,
			   struct addr out[static ADDRESSES_PROTECTED_MAX])
{
	size_t room[FAMILY_MAX] = {DOORS_MAX, DOORS_MAX};
	struct addr own[ADDRESSES_PROTECTED_MAX];
	size_t taken = 0;

	/* What is named comes before what is found, should room be scarce. */
	for (size_t i = config_guard_count(config); i-- > 0;) {
		struct config_guard guard = config_guard(config, i);

		taken += take(config, i, guard.protect, guard.protect_count,
			      room, out + taken);
	}
	if (config->protect_count)
		return taken;
	return taken + take(config, 0, own, addresses_own(config, own), room,
			    out + taken);
}

struct address_watch {
	int socket;
	uv_poll_t poll;
	void (*changed)(void *context);
	void *context;
};

/* What changed doesn't matter: the owner looks at everything again. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct address_watch *watch = poll->data;
	char buffer[8192];

	(void)status;
	(void)events;
	while (recv(watch->socket, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	watch->changed(watch->context);
}

static void on_closed(uv_handle_t *handle)
{
	struct address_watch *watch = handle->data;

	close(watch->socket);
	free(watch);
}

static int open_netlink(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

int addresses_watch(uv_loop_t *loop, void (*changed)(void *context),
		    void *context, struct address_watch **out)
{
	struct address_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return -ENOMEM;
	watch->changed = changed;
	watch->context = context;
	watch->poll.data = watch;
	watch->socket = open_netlink();
	if (watch->socket < 0) {
		error = watch->socket;
		free(watch);
		return error;
	}
	error = uv_poll_init(loop, &watch->poll, watch->socket);
	if (error) {
		close(watch->socket);
		free(watch);
		return error;
	}
	error = uv_poll_start(&watch->poll, UV_READABLE, on_readable);
	if (error) {
		addresses_unwatch(watch);
		return error;
	}
	*out = watch;
	return 0;
}

void addresses_unwatch(struct address_watch *watch)
{
	if (watch)
		uv_close((uv_handle_t *)&watch->poll, on_closed);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this machine tells of itself in /proc, /sys and /run.
 *
 * `root` goes before these: "" for this machine, a directory for a test.
 */
#ifndef POSTERN_CTL_HOST_H
#define POSTERN_CTL_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

#define HOST_PATH 512
#define HOST_TEXT 256

/*
 * Writes the first line of a small file, without its newline.  Returns 0, or
 * a negative errno with *text untouched.
 */
int host_read(const char *root, const char *path, char text[static HOST_TEXT]);

/* The same as a number. */
int host_read_number(const char *root, const char *path, uint64_t *out);

bool host_has(const char *root, const char *path);

/*
 * The interfaces that default routes lead to, those of IPv4 first, in the
 * order of the kernel.  Returns how many were written.
 */
size_t host_default_interfaces(const char *root,
			       char out[CONFIG_INTERFACES_MAX][IF_NAMESIZE]);

enum host_link {
	HOST_LINK_DEVICE,
	HOST_LINK_BRIDGE,
	HOST_LINK_BOND,
	HOST_LINK_VLAN,
};

enum host_link host_link_kind(const char *root, const char *interface);

/*
 * Below a bridge its ports with hardware, below a VLAN its device: what XDP
 * is attached to.  Returns how many were written.
 */
size_t host_lower(const char *root, const char *interface,
		  char out[CONFIG_INTERFACES_MAX][IF_NAMESIZE]);

/* Whether it is a container; `kind`, such as "docker". */
bool host_is_container(const char *root, char kind[static HOST_TEXT]);

/*
 * Whether connections to the port are sent to another address than they came
 * for, as the kernel's table of connections or a process of Docker's shows;
 * false also where there is none to look into.
 */
bool host_sees_dnat(const char *root, uint16_t port);

/* Whether something listens on the TCP port at one of the addresses. */
bool host_listens(const char *root, uint16_t port, const struct addr *at,
		  size_t count);

/* Whether a process here hands witnesses on (`posternctl witness follow`). */
bool host_has_witnesses(const char *root);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is at the other end of a unix socket: the credentials that the peer had
 * when it connected, so what it does to itself afterwards changes nothing.
 */
#ifndef POSTERN_CONTROL_PEER_H
#define POSTERN_CONTROL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	pid_t pid;
	bool admin; /* root, or in the group asked for */
};

/* Stands for a group that does not exist. */
#define PEER_NO_GROUP ((gid_t)-1)

/* Returns 0, or a negative errno with *out untouched. */
int peer_identify(int fd, gid_t admin_group, struct peer *out);

#endif

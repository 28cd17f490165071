/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials of a unix socket's peer. */

#include "control/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* SO_PEERCRED has the primary group only: the others are asked for apart. */
static int has_group(int fd, gid_t group, bool *out)
{
	socklen_t length = 0;
	gid_t *groups = NULL;
	int status = 0;
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) == 0) {
		*out = false;
		return 0;
	}
	if (errno != ERANGE)
		return -errno;
	groups = malloc(length);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0) {
		status = -errno;
		goto out;
	}
	for (size_t i = 0; i < length / sizeof(*groups); i++)
		found = found || groups[i] == group;
	*out = found;
out:
	free(groups);
	return status;
}

int peer_identify(int fd, gid_t admin_group, struct peer *out)
{
	struct ucred cred;
	socklen_t length = sizeof(cred);
	struct peer peer;
	int status;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) < 0)
		return -errno;
	peer.uid = cred.uid;
	peer.pid = cred.pid;
	peer.admin = cred.uid == 0;
	if (!peer.admin && admin_group != PEER_NO_GROUP) {
		peer.admin = cred.gid == admin_group;
		if (!peer.admin) {
			status = has_group(fd, admin_group, &peer.admin);
			if (status)
				return status;
		}
	}
	*out = peer;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the listening control socket, which the worker then serves. */
#ifndef POSTERN_PARENT_CONTROL_SOCKET_H
#define POSTERN_PARENT_CONTROL_SOCKET_H

#include <sys/types.h>

/*
 * Listens on `path`, open to root and `group`; makes its directory (0755)
 * where missing and takes the place of a socket that nobody listens on.
 * Returns the descriptor, and the inode of its name in *inode; or a negative
 * errno after it has logged why.
 */
int control_socket_open(const char *path, gid_t group, ino_t *inode);

/* Removes the name, unless another daemon's socket has it by now. */
void control_socket_unlink(const char *path, ino_t inode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a running daemon to leave everything attached and pinned, and to end:
 * the caller then adopts it, as after a crash.
 */
#ifndef POSTERN_PARENT_TAKEOVER_H
#define POSTERN_PARENT_TAKEOVER_H

#include <signal.h>

/* What the daemon that leaves is told by. */
#define TAKEOVER_SIGNAL SIGUSR2

/*
 * Ends the daemon that listens at the control socket `path`.  Returns 0 once
 * it is gone, also when there was none; or a negative errno after it has
 * logged why.
 */
int takeover_from(const char *path);

#endif

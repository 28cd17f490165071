/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `posternctl exporter`: serves metrics over HTTP, for as long as it runs.
 *
 * It reads the control socket and nothing else, so it needs no privilege but
 * the socket's group.  Everything is bounded: connections, how long each may
 * last, how often the daemon is asked.
 */
#ifndef POSTERN_CTL_EXPORTER_H
#define POSTERN_CTL_EXPORTER_H

#include "ctl/ctl.h"

#define EXPORTER_LISTEN "127.0.0.1:9167"

enum ctl_exit exporter_run(const struct ctl *ctl, char **operands);

#endif

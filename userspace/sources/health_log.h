/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the log says of primaries: one line for each change, in words for
 * people and key=value for machines.  sources/health decides when.
 */
#ifndef POSTERN_SOURCES_HEALTH_LOG_H
#define POSTERN_SOURCES_HEALTH_LOG_H

#include "core/log.h"
#include "sources/health.h"

/* The state has changed, by the last probe. */
void health_log_change(const struct health_target *target);

/* The last probe, apart from any change. */
void health_log_probe(enum log_level level, const struct health_target *target);

void health_log_vanished(const struct health_target *target);

/* An address that can't be probed, for want of room or memory. */
void health_log_lost(const char *primary, const struct addr *addr, int error);

/* The address of a primary is one of ours. */
void health_log_own(const char *primary, const struct addr *addr);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which zones a verdict rests on, as it stands in `source_verdict.causes`: a
 * bit for each, chosen by the zone's name alone, so that it means the same to
 * another engine, another daemon and after a restart.  Zones may share a bit:
 * then more verdicts are forgotten than must be, and asked for again.
 *
 * Pure.
 */
#ifndef POSTERN_WORKER_CAUSES_H
#define POSTERN_WORKER_CAUSES_H

#include <stdint.h>

#include "core/config.h"

/* From the bits of an engine with these sites (dnsbl_result.causes). */
uint64_t causes_of(const struct config_dnsbl *config, uint64_t zones);

/* The zones whose part in a verdict is another one now, or none any more. */
uint64_t causes_changed(const struct config_dnsbl *before,
			const struct config_dnsbl *now);

/* Of what verdicts depend on: the same only for the same sites. */
uint64_t causes_fingerprint(const struct config_dnsbl *config);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ethtool(8) tells of a network card, by the same calls. */
#ifndef POSTERN_CTL_NIC_H
#define POSTERN_CTL_NIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a feature, by its name in `ethtool -k` ("rx-lro"), is on.  Returns
 * 0 and *on; -ENOENT: it has no such feature; or another negative errno.
 */
int nic_feature(const char *interface, const char *feature, bool *on);

/* Combined channels (queues) in use, and how many there could be. */
int nic_channels(const char *interface, uint32_t *now, uint32_t *max);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as DShield's list. */

#include "feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed_fuzz(data, size, FEED_DSHIELD);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as a plain feed. */

#include "feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed_fuzz(data, size, FEED_PLAIN);
	return 0;
}

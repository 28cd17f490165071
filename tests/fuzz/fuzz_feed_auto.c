/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets, of whatever format and packing they seem to be. */

#include "feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed_fuzz(data, size, FEED_AUTO);
	return 0;
}

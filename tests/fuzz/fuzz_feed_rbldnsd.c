/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as rbldnsd's files; the first one says of which kind. */

#include "feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned int kinds = FEED_FORMATS - FEED_IP4SET;

	if (size == 0)
		return 0;
	feed_fuzz(data + 1, size - 1,
		  (enum feed_format)(FEED_IP4SET + data[0] % kinds));
	return 0;
}

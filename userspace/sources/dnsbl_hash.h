/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hash by which the tables of the DNSBL engine find a source.  A stranger
 * who knew the seed could fill a bucket, or push out whom he likes.  Pure.
 */
#ifndef POSTERN_SOURCES_DNSBL_HASH_H
#define POSTERN_SOURCES_DNSBL_HASH_H

#include <string.h>

#include "core/addr.h"

static inline uint64_t dnsbl_hash(uint64_t seed, const struct addr *source)
{
	const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t words[2], value = seed;

	memcpy(words, source->octets, sizeof(words));
	for (unsigned int i = 0; i < 2; i++) {
		value = (value ^ words[i]) * multiplier;
		value ^= value >> 29;
	}
	value *= multiplier;
	return value ^ value >> 32;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which format a file is in, by its beginning; or that it is no list of
 * addresses at all, and what it is instead.  Pure.
 */
#ifndef POSTERN_SOURCES_FEED_DETECT_H
#define POSTERN_SOURCES_FEED_DETECT_H

#include <stddef.h>

#include "core/feed_format.h"

/*
 * What the text is instead of a list, as "an HTML page"; NULL if it may be
 * one.  `given`, unless it is FEED_AUTO, is what the file is said to be.
 */
const char *feed_detect_other(const char *text, size_t size,
			      enum feed_format given);

enum feed_format feed_detect(const char *text, size_t size);

#endif

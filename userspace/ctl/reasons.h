/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a network was refused, and how often for that. */
#ifndef POSTERN_CTL_REASONS_H
#define POSTERN_CTL_REASONS_H

#include <jansson.h>
#include <stddef.h>

/*
 * The key "reasons" of an object in words, as "listed 12, bypass 3"; what does
 * not fit is cut.  Returns `text`.
 */
const char *reasons_text(const json_t *object, char *text, size_t size);

#endif

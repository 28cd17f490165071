/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address compared as text, which tells both when they differ. */
#ifndef POSTERN_TESTS_ASSERT_ADDR_H
#define POSTERN_TESTS_ASSERT_ADDR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/addr.h"

static inline void assert_addr(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT];

	assert_string_equal(addr_format(addr, text), expected);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a Postfix keeps what it can't deliver. */
#ifndef POSTERN_CTL_AUDIT_LIFETIME_H
#define POSTERN_CTL_AUDIT_LIFETIME_H

#include <stdint.h>

#include "postfix/main_cf.h"

/*
 * maximal_queue_lifetime in seconds, also where it is Postfix's default.
 * Returns 0; or -ENOMEM, or -EINVAL with "PATH:LINE: why" in `error` and *out
 * untouched.
 */
int audit_lifetime(struct main_cf *main_cf, uint64_t *out,
		   char error[static MAIN_CF_ERROR]);

#endif

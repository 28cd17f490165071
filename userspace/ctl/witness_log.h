/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Witnesses in the log of a primary's Postfix: lines by which smtpd(8) and
 * postscreen(8) tell of a connection, which exists only once the client has
 * answered our SYN-ACK and so can't be forged.  Pure.
 */
#ifndef POSTERN_CTL_WITNESS_LOG_H
#define POSTERN_CTL_WITNESS_LOG_H

#include <stdbool.h>

#include "core/addr.h"

/*
 * Whether a line tells of one; the client's address goes to *out, which is
 * untouched otherwise.  Words that a client chose (its HELO, its host name)
 * never count: the address is that behind "connect from HOST", at the start of
 * what Postfix says.
 */
bool witness_log_parse(const char *line, struct addr *out);

#endif

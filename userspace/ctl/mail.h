/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message to an administrator, through the local MTA. */
#ifndef POSTERN_CTL_MAIL_H
#define POSTERN_CTL_MAIL_H

#include <stdbool.h>

/* Where every MTA has it, for others' sake. */
#define MAIL_PROGRAM "/usr/sbin/sendmail"

/*
 * Can it stand in a header as it is?  Visible ASCII without commas, so that it
 * is one address and one line, and no option.
 */
bool mail_is_recipient(const char *text);

/*
 * Gives `program` (MAIL_PROGRAM) a message of plain text to one recipient, and
 * waits for its end.  Returns 0, a negative errno if it could not be run or
 * did not read, or its exit status.
 */
int mail_send(const char *program, const char *recipient, const char *subject,
	      const char *text);

#endif

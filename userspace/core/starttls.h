/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether TLS is used (RFC 3207), in Postfix's words for its security levels.
 */
#ifndef POSTERN_CORE_STARTTLS_H
#define POSTERN_CORE_STARTTLS_H

enum starttls {
	STARTTLS_NONE,
	STARTTLS_MAY,	  /* where it is offered */
	STARTTLS_ENCRYPT, /* always */
};

#endif

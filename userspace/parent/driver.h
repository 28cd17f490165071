/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libbpf and drivers say.  A bpf_link hides a driver's own error text;
 * the older netlink interface passes it on, so it is asked for the diagnosis.
 */
#ifndef POSTERN_PARENT_DRIVER_H
#define POSTERN_PARENT_DRIVER_H

#define DRIVER_WORDS 200

/* Makes libbpf log through core/log.h, and keeps the kernel's messages. */
void driver_listen(void);

/* The kernel's last words, such as the verifier's objection; may be "". */
const char *driver_objection(void);

/*
 * Writes why a native attach failed with `error` (a negative errno): the
 * driver's text where there is one, the errno in words otherwise.
 */
void driver_words(int program, int ifindex, int error,
		  char words[static DRIVER_WORDS]);

#endif

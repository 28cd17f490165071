/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the program is attached: one pinned bpf_link for each interface,
 * native if the driver can, generic otherwise.  A link that an earlier daemon
 * left is adopted by replacing its program, which leaves no moment without
 * one.
 */
#ifndef POSTERN_PARENT_LINKS_H
#define POSTERN_PARENT_LINKS_H

#include "core/config.h"
#include "core/message.h"
#include "parent/pins.h"

struct links;

/* `pins` must outlive it; `program` is borrowed. */
int links_create(const struct pins *pins, int program, struct links **out);

/*
 * Attaches to all interfaces of `config` that it isn't attached to yet.
 * Returns 0; or a negative errno after it has logged why and has detached
 * again from what it had newly attached to.
 */
int links_attach(struct links *links, const struct config *config);

/*
 * Has another program, borrowed, judge at all of them, without a gap.  Returns
 * 0; or a negative errno with the one before at all of them again, after it
 * has logged why.
 */
int links_replace(struct links *links, int program);

/* Detaches from the interfaces that `config` doesn't name any more. */
void links_drop_others(struct links *links, const struct config *config);

/*
 * Looks after interfaces that vanished and came back; call it every few
 * seconds.  Returns true when links_attachments() would answer otherwise
 * than before.
 */
bool links_check(struct links *links, const struct config *config);

void links_attachments(const struct links *links, struct attachments *out);

/* Detaches everything and removes the pins of links. */
void links_detach(struct links *links);

/* Frees; what is attached and pinned stays so. */
void links_close(struct links *links);

#endif

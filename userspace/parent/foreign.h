/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names the XDP program that somebody else has put on an interface. */
#ifndef POSTERN_PARENT_FOREIGN_H
#define POSTERN_PARENT_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

/* The id of the program on an interface; 0: there is none. */
uint32_t foreign_program(int ifindex);

/*
 * Writes what is known of a program: its id, name, who loaded it and which
 * processes hold it.  Returns `text`.
 */
const char *foreign_describe(uint32_t program_id, char *text, size_t size);

#endif

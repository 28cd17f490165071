/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of mail addresses, one a line, which is read a line at a time, so
 * that it may be of any length.  What follows the address is ignored, as are
 * empty lines and those that begin with "#": so a table of Postfix in text
 * form will do.
 */
#ifndef POSTERN_SOURCES_RECIPIENT_FILE_H
#define POSTERN_SOURCES_RECIPIENT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RECIPIENT_MAX 255

struct recipient_file {
	off_t offset;	  /* of the next line */
	ino_t inode;	  /* of the file that it was read from */
	uint64_t skipped; /* lines that are no address, since the start */
};

/*
 * Reads the next address.  A file that was replaced is read from its start.
 * Returns 1 with an address "LOCAL@DOMAIN" in `recipient`; 0 at the end, and
 * begins again next time; -EAGAIN when only lines that are none were found so
 * far, of which it reads no more than some hundred at once; or the errno of
 * open(2) or read(2), negative.
 */
int recipient_file_next(struct recipient_file *file, const char *path,
			char recipient[static RECIPIENT_MAX + 1]);

#endif

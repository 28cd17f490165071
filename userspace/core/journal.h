/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The native protocol of systemd's journal
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram with a field a line, so that
 * lines can be found by more than their words.  Values without newlines need no
 * other form.
 */
#ifndef POSTERN_CORE_JOURNAL_H
#define POSTERN_CORE_JOURNAL_H

#include <stddef.h>

#define JOURNAL_SOCKET	   "/run/systemd/journal/socket"
#define JOURNAL_RECORD_MAX 2048

struct journal_field {
	const char *name;
	const char *value; /* one line; NULL: it is left out */
};

/*
 * Returns a descriptor that is connected to the journal, or a negative errno.
 * It outlives the journal's restarts, and dropped privileges.
 */
int journal_open(const char *path);

/*
 * Returns the size of the record, or 0: it has no room, or a value has a
 * newline.
 */
size_t journal_format(const struct journal_field *fields, size_t count,
		      char record[static JOURNAL_RECORD_MAX]);

/* Never blocks.  Returns 0 or a negative errno: then it is not logged. */
int journal_send(int journal, const char *record, size_t size);

#endif

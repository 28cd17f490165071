/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records for the journal. */

#include "core/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int journal_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error, journal;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (journal < 0)
		return -errno;
	if (connect(journal, (const struct sockaddr *)&address,
		    sizeof(address)) == 0)
		return journal;
	error = -errno;
	close(journal);
	return error;
}

size_t journal_format(const struct journal_field *fields, size_t count,
		      char record[static JOURNAL_RECORD_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		size_t room = JOURNAL_RECORD_MAX - used;
		int n;

		if (!fields[i].value)
			continue;
		if (strchr(fields[i].value, '\n'))
			return 0;
		n = snprintf(record + used, room, "%s=%s\n", fields[i].name,
			     fields[i].value);
		if (n < 0 || (size_t)n >= room)
			return 0;
		used += (size_t)n;
	}
	return used;
}

int journal_send(int journal, const char *record, size_t size)
{
	return send(journal, record, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0
		       ? -errno
		       : 0;
}

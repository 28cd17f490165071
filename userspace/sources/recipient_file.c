/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a file of addresses, a line at a time. */

#include "sources/recipient_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config_values.h"

#define LINES_AT_ONCE 200
#define LINE_ROOM     1024

/* The first word, if it is an address with a domain. */
static bool parse(const char *line, char recipient[static RECIPIENT_MAX + 1])
{
	size_t length = strcspn(line, " \t\r\n");

	if (length == 0 || length > RECIPIENT_MAX)
		return false;
	memcpy(recipient, line, length);
	recipient[length] = '\0';
	return strchr(recipient, '@') && config_is_mailbox(recipient);
}

static bool is_blank(const char *line)
{
	return line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0';
}

/* A line longer than that has no address in it; its rest is skipped. */
static bool read_line(FILE *stream, char line[static LINE_ROOM])
{
	int c = 0;

	if (!fgets(line, LINE_ROOM, stream))
		return false;
	if (!strchr(line, '\n'))
		while (c != '\n' && c != EOF)
			c = getc(stream);
	return true;
}

static int next_of(struct recipient_file *file, FILE *stream,
		   char recipient[static RECIPIENT_MAX + 1])
{
	char line[LINE_ROOM];

	for (int i = 0; i < LINES_AT_ONCE; i++) {
		if (!read_line(stream, line)) {
			file->offset = 0;
			return ferror(stream) ? -EIO : 0;
		}
		file->offset = ftello(stream);
		if (parse(line, recipient))
			return 1;
		file->skipped += !is_blank(line);
	}
	return -EAGAIN;
}

int recipient_file_next(struct recipient_file *file, const char *path,
			char recipient[static RECIPIENT_MAX + 1])
{
	/* Not to wait for the writer of what is no file. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat now;
	int result;

	if (!stream) {
		result = -errno;
		if (fd >= 0)
			close(fd);
		return result;
	}
	if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) {
		fclose(stream);
		return -EINVAL;
	}
	if (now.st_ino != file->inode || file->offset > now.st_size)
		file->offset = 0;
	file->inode = now.st_ino;
	fseeko(stream, file->offset, SEEK_SET);
	result = next_of(file, stream, recipient);
	fclose(stream);
	return result;
}

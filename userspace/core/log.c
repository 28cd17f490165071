/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines for the journal or a person's terminal. */

#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Longer messages are cut: a stranger's data may be part of them. */
#define LINE_MAX_OCTETS 1024

static const struct {
	const char *word;
	int syslog; /* sd-daemon(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_NOTICE] = {"notice", 5},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static const char *process = "postern";
static enum log_level limit = LOG_LEVEL_INFO;
static bool journal;

/* Is stderr the stream that systemd means?  It may be redirected. */
static bool is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	struct stat stream;
	char own[48];

	if (!text || fstat(STDERR_FILENO, &stream) != 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)stream.st_dev,
		 (uintmax_t)stream.st_ino);
	return strcmp(text, own) == 0;
}

void log_init(const char *name)
{
	process = name;
	journal = is_journal();
}

void log_set_threshold(enum log_level threshold)
{
	limit = threshold;
}

static int put_prefix(char *line, size_t size, enum log_level level)
{
	char stamp[32];
	struct tm tm;
	time_t now;

	if (journal)
		return snprintf(line, size, "<%d>%s: ", levels[level].syslog,
				process);
	now = time(NULL);
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%F %T", &tm);
	return snprintf(line, size, "%s %s: %s: ", stamp, process,
			levels[level].word);
}

/* A line stays one line, whatever a stranger put into its arguments. */
static void flatten(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_OCTETS];
	int saved = errno;
	size_t length;
	va_list args;
	int n;

	if (level > limit)
		return;
	n = put_prefix(line, sizeof(line), level);
	length = n < 0 ? 0 : (size_t)n;
	va_start(args, format);
	n = vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (n > 0)
		length += (size_t)n;
	if (length > sizeof(line) - 1)
		length = sizeof(line) - 1;
	flatten(line, length);
	line[length++] = '\n';
	/* There is nobody left to tell when stderr itself fails. */
	if (write(STDERR_FILENO, line, length) < 0)
		errno = saved;
	errno = saved;
}

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

#include "core/journal.h"

/* Longer messages are cut: a stranger's data may be part of them. */
#define TEXT_MAX   1001
#define PREFIX_MAX 96

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
static bool journal; /* stderr is the journal's */
static int journal_fd = -1;

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

void log_init_at(const char *name, const char *path)
{
	process = name;
	journal = is_journal();
	/* A worker goes on with that of its parent. */
	if (journal && journal_fd < 0)
		journal_fd = journal_open(path);
	if (!journal && journal_fd >= 0) {
		close(journal_fd);
		journal_fd = -1;
	}
}

void log_init(const char *name)
{
	log_init_at(name, JOURNAL_SOCKET);
}

int log_descriptor(void)
{
	return journal_fd >= 0 ? journal_fd : STDERR_FILENO;
}

void log_set_threshold(enum log_level threshold)
{
	limit = threshold;
}

bool log_wants(enum log_level level)
{
	return level <= limit;
}

/* ---- the text ---- */

/* A line stays one line, whatever a stranger put into its arguments. */
static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Behind the words, which make room for it. */
static void put_about(char *text, size_t size, const struct log_about *about)
{
	char behind[128];
	size_t length = strlen(text), needed;
	int n;

	n = snprintf(behind, sizeof(behind), "%s%s%s%s",
		     about->reason ? " reason=" : "",
		     about->reason ? about->reason : "",
		     about->id ? " id=" : "", about->id ? about->id : "");
	needed = n < 0 ? 0 : strlen(behind);
	if (length + needed >= size)
		length = size - 1 - needed;
	memcpy(text + length, behind, needed);
	text[length + needed] = '\0';
}

/* ---- where it goes ---- */

/* Returns false where the journal has not taken it. */
static bool to_journal(enum log_level level, const struct log_about *about,
		       const char *text)
{
	const char priority[] = {(char)('0' + levels[level].syslog), '\0'};
	char record[JOURNAL_RECORD_MAX], name[32];
	const struct journal_field fields[] = {
		{"PRIORITY", priority},
		{"SYSLOG_FACILITY", "3"}, /* daemon */
		{"SYSLOG_IDENTIFIER", name},
		{"POSTERN_SOURCE", about->source},
		{"POSTERN_REASON", about->reason},
		{"POSTERN_ID", about->id},
		{"MESSAGE", text},
	};
	size_t size;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(process, "["),
		 process);
	size = journal_format(fields, sizeof(fields) / sizeof(fields[0]),
			      record);
	return size > 0 && journal_send(journal_fd, record, size) == 0;
}

static void put_prefix(char *prefix, size_t size, enum log_level level)
{
	char stamp[32];
	struct tm tm;
	time_t now;

	if (journal) {
		snprintf(prefix, size, "<%d>%s: ", levels[level].syslog,
			 process);
		return;
	}
	now = time(NULL);
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%F %T", &tm);
	snprintf(prefix, size, "%s %s: %s: ", stamp, process,
		 levels[level].word);
}

static void to_stderr(enum log_level level, const char *text)
{
	char line[PREFIX_MAX + TEXT_MAX + 1], prefix[PREFIX_MAX];
	int length;

	put_prefix(prefix, sizeof(prefix), level);
	length = snprintf(line, sizeof(line), "%s%s\n", prefix, text);
	/* There is nobody left to tell when stderr itself fails. */
	if (length > 0)
		(void)!write(STDERR_FILENO, line, (size_t)length);
}

__attribute__((format(printf, 3, 0))) static void
write_line(enum log_level level, const struct log_about *about,
	   const char *format, va_list args)
{
	char text[TEXT_MAX];

	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	put_about(text, sizeof(text), about);
	flatten(text);
	if (journal_fd < 0 || !to_journal(level, about, text))
		to_stderr(level, text);
}

void log_about(enum log_level level, const struct log_about *about,
	       const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	write_line(level, about, format, args);
	va_end(args);
	errno = saved;
}

void log_write(enum log_level level, const char *format, ...)
{
	static const struct log_about nobody;
	int saved = errno;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	write_line(level, &nobody, format, args);
	va_end(args);
	errno = saved;
}

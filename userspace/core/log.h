/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line per event, on stderr, with time and level in words.  Where stderr
 * is the journal's (JOURNAL_STREAM), as a record of the journal with fields
 * (core/journal.h); with a syslog level prefix (sd-daemon(3)) where that can't
 * be had.  Messages are words for people; what a machine would want follows as
 * key=value.
 *
 * What each level means:
 *
 *	error    it does not do what it should, until somebody sees to it
 *	warning  something is wrong or left out; mail gets in all the same
 *	notice   a change that an administrator wants to know of
 *	info     one event of many, as far as the budgets allow
 *	debug    what a single source met, step by step
 *
 * errno survives every call.  Lines are written whole, by one write(2).
 */
#ifndef POSTERN_CORE_LOG_H
#define POSTERN_CORE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/*
 * Call once in each process: `name` (not copied) is put before every line.  In
 * the journal it is the identifier, but for a part in brackets.
 */
void log_init(const char *name);

/* The same with another socket of the journal, for tests. */
void log_init_at(const char *name, const char *journal);

/*
 * Where lines go, to be kept when others are closed: the journal's socket, or
 * stderr.
 */
int log_descriptor(void);

/* Lines of lesser weight are not written; LOG_LEVEL_INFO at first. */
void log_set_threshold(enum log_level threshold);
bool log_wants(enum log_level level);

void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Whom a line is about, so that all lines of one story can be found: `id` is
 * the same in all of them.  What is NULL is left out.  Reason and id are put
 * behind the words; the words have the source already.  The journal gets
 * POSTERN_SOURCE, POSTERN_REASON, POSTERN_ID.
 */
#define LOG_ID_TEXT 9 /* eight hexadecimal digits, and NUL */
struct log_about {
	const char *source;
	const char *reason;
	const char *id;
};
void log_about(enum log_level level, const struct log_about *about,
	       const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line per event, on stderr: with a syslog level prefix under systemd
 * (sd-daemon(3)), with time and level in words elsewhere.  Messages are words
 * for people; what a machine would want follows as key=value.
 *
 * errno survives every call.  Lines are written whole, by one write(2).
 */
#ifndef POSTERN_CORE_LOG_H
#define POSTERN_CORE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Call once in each process: `name` (not copied) is put before every line. */
void log_init(const char *name);

/* Lines of lesser weight are not written; LOG_LEVEL_INFO at first. */
void log_set_threshold(enum log_level threshold);

void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

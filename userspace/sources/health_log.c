/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines about primaries. */

#include "sources/health_log.h"

#include <stdio.h>
#include <string.h>

#define NAME_TEXT (SITE_ZONE_MAX + ADDR_TEXT + 16)

/* "primary mx1.example.net [192.0.2.5]:25" */
static const char *put_name(char text[static NAME_TEXT],
			    const struct health_target *target)
{
	char address[ADDR_TEXT];

	snprintf(text, NAME_TEXT, "primary %s [%s]:%u", target->name,
		 addr_format(&target->addr, address), target->port);
	return text;
}

/* ' reply="..."' or the like; nothing for an empty value. */
static const char *put_field(char *text, size_t size, const char *key,
			     const char *value)
{
	size_t start = strlen(key) + strlen(" =\"");
	int length;

	text[0] = '\0';
	if (value[0] == '\0')
		return text;
	length = snprintf(text, size, " %s=\"%s\"", key, value);
	/* A primary must not be able to end the quotes. */
	for (size_t i = start; i + 1 < (size_t)length && i < size; i++)
		if (text[i] == '"')
			text[i] = '\'';
	return text;
}

static void put_line(enum log_level level, const struct health_target *target,
		     const char *head)
{
	const char *error = target->error ? uv_strerror(target->error) : "";
	char reply_text[PROBE_REPLY_MAX + 16];
	char error_text[80];
	char name[NAME_TEXT];

	put_field(reply_text, sizeof(reply_text), "reply", target->reply);
	put_field(error_text, sizeof(error_text), "error", error);
	log_write(level, "%s %s%s state=%s reason=%s%s%s",
		  put_name(name, target), head,
		  probe_reason_words(target->reason),
		  health_state_name(target->state),
		  probe_reason_name(target->reason), error_text, reply_text);
}

void health_log_change(const struct health_target *target)
{
	switch (target->state) {
	case HEALTH_UP:
		put_line(LOG_LEVEL_NOTICE, target, "is up: ");
		break;
	case HEALTH_DOWN:
		put_line(LOG_LEVEL_WARNING, target, "is down: ");
		break;
	case HEALTH_UNKNOWN:
		put_line(LOG_LEVEL_WARNING, target,
			 "has not been seen well for too long: ");
		break;
	}
}

void health_log_probe(enum log_level level, const struct health_target *target)
{
	put_line(level, target, "");
}

void health_log_vanished(const struct health_target *target)
{
	char name[NAME_TEXT];

	log_notice("%s is not in DNS any more", put_name(name, target));
}

void health_log_lost(const char *primary, const struct addr *addr, int error)
{
	char address[ADDR_TEXT];

	log_error("primary %s [%s] is not probed: %s", primary,
		  addr_format(addr, address), uv_strerror(error));
}

void health_log_own(const char *primary, const struct addr *addr)
{
	char address[ADDR_TEXT];

	log_warning("primary %s [%s] is an address of our own: not probed",
		    primary, addr_format(addr, address));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log and queue of the backup's Postfix. */

#include "ctl/drill_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/child.h"

#define LOG_EVERY_MS   200
#define QUEUE_EVERY_MS 1000
#define COMMAND_MS     10000
#define LINE_ROOM      2048

static const char *const usual_logs[] = {"/var/log/mail.log",
					 "/var/log/maillog"};

/* Of the message, in the queue. */
enum queue_view {
	QUEUE_UNKNOWN,
	QUEUE_WAITING,
	QUEUE_STUCK, /* its delivery has failed for now */
	QUEUE_GONE,
};

struct drill_follow {
	int log; /* -1: there is none */
	char path[DRILL_TEXT];
	char id[DRILL_QUEUE_ID]; /* what the message is called now */
	size_t used;
	bool too_long; /* the rest of the line is left out */
	char line[LINE_ROOM];
	bool in_queue;
	struct drill_news news;
};

/* The command of Postfix, for the instance that is meant. */
static int run_postfix(const struct drill *drill, const char *program,
		       const char *option, const char *operand,
		       child_line *line, void *context)
{
	char words[5][DRILL_TEXT];
	const char *given[] = {program, "-c", drill->postfix, option, operand};
	char *argv[6] = {0};
	size_t count = 0;

	for (size_t i = 0; i < 5; i++) {
		if (!given[i] || ((i == 1 || i == 2) && !drill->postfix))
			continue;
		snprintf(words[count], sizeof(words[0]), "%s", given[i]);
		argv[count] = words[count];
		count++;
	}
	return child_run(argv, COMMAND_MS, line, context);
}

/* ---- the log ---- */

/* "..., status=WORD (REASON)", and in front of it "relay=HOST[ADDRESS]:PORT" */
static bool copy_field(const char *line, const char *name, char end, char *out,
		       size_t size)
{
	const char *found = strstr(line, name);
	const char *stop;

	if (!found)
		return false;
	found += strlen(name);
	stop = strchr(found, end);
	if (!stop || (size_t)(stop - found) >= size)
		return false;
	memcpy(out, found, (size_t)(stop - found));
	out[stop - found] = '\0';
	return true;
}

/* The last word of "250 2.0.0 Ok: queued as ID)". */
static bool is_handed_to_filter(const char *relay, const char *reason,
				char id[static DRILL_QUEUE_ID])
{
	const char *found = strstr(reason, "queued as ");

	if (!found || (!strstr(relay, "[127.") && !strstr(relay, "[::1]")))
		return false;
	return sscanf(found, "queued as %63[0-9A-Za-z]", id) == 1;
}

enum drill_fate drill_log_line(const char *line, const char *id,
			       struct drill_news *news)
{
	static const struct {
		const char *word;
		enum drill_fate fate;
	} fates[] = {
		{"sent", DRILL_FATE_SENT},
		{"deferred", DRILL_FATE_DEFERRED},
		{"bounced", DRILL_FATE_BOUNCED},
		{"expired", DRILL_FATE_BOUNCED},
	};
	char start[DRILL_QUEUE_ID + 8], status[32];
	const char *reason;
	size_t length;

	snprintf(start, sizeof(start), ": %s: to=<", id);
	line = strstr(line, start);
	if (!line ||
	    !copy_field(line, ", relay=", ',', news->relay,
			sizeof(news->relay)) ||
	    !copy_field(line, ", status=", ' ', status, sizeof(status)))
		return DRILL_FATE_NONE;
	reason = strstr(line, ", status=") + strlen(", status=") +
		 strlen(status) + 1;
	length = strlen(reason);
	if (length >= 2 && reason[0] == '(' && reason[length - 1] == ')') {
		reason++;
		length -= 2;
	}
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		if (strcmp(status, fates[i].word) != 0)
			continue;
		snprintf(news->words, sizeof(news->words), "%s: %.*s",
			 news->relay, (int)length, reason);
		if (fates[i].fate == DRILL_FATE_SENT &&
		    is_handed_to_filter(news->relay, reason, news->id))
			return DRILL_FATE_HANDED;
		return fates[i].fate;
	}
	return DRILL_FATE_NONE;
}

static bool find_log(struct drill_follow *follow, const char *path)
{
	follow->log = open(path, O_RDONLY | O_CLOEXEC);
	if (follow->log < 0)
		return false;
	/* A pipe has no past to leave out. */
	lseek(follow->log, 0, SEEK_END);
	snprintf(follow->path, sizeof(follow->path), "%s", path);
	return true;
}

static void keep_path(void *context, const char *line)
{
	snprintf(context, DRILL_TEXT, "%s", line);
}

/* Where Postfix says that it logs to, or where syslog commonly does. */
static void seek_log(struct drill_follow *follow, const struct drill *drill)
{
	char path[DRILL_TEXT] = "";

	run_postfix(drill, "postconf", "-h", "maillog_file", keep_path, path);
	if (path[0] == '/' && find_log(follow, path))
		return;
	for (size_t i = 0; i < 2; i++)
		if (find_log(follow, usual_logs[i]))
			return;
}

struct drill_follow *drill_follow_open(const struct drill *drill)
{
	struct drill_follow *follow = calloc(1, sizeof(*follow));

	if (!follow) {
		ctl_error(drill->ctl, "%s", strerror(ENOMEM));
		return NULL;
	}
	follow->log = -1;
	if (drill->log && strcmp(drill->log, "-") == 0) {
		follow->log = STDIN_FILENO;
		snprintf(follow->path, sizeof(follow->path), "standard input");
	} else if (!drill->log) {
		seek_log(follow, drill);
	} else if (!find_log(follow, drill->log)) {
		ctl_error(drill->ctl, "%s: %s", drill->log, strerror(errno));
		drill_follow_close(follow);
		return NULL;
	}
	return follow;
}

static enum drill_fate take_line(struct drill_follow *follow)
{
	enum drill_fate fate;

	follow->line[follow->used] = '\0';
	follow->used = 0;
	fate = drill_log_line(follow->line, follow->id, &follow->news);
	if (fate == DRILL_FATE_HANDED)
		memcpy(follow->id, follow->news.id, sizeof(follow->id));
	return fate;
}

static enum drill_fate take_octets(struct drill_follow *follow,
				   const char *data, size_t length)
{
	enum drill_fate fate = DRILL_FATE_NONE;

	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n') {
			if (!follow->too_long)
				fate = take_line(follow);
			follow->used = 0;
			follow->too_long = false;
			if (fate > DRILL_FATE_HANDED)
				return fate;
		} else if (follow->used + 1 < sizeof(follow->line)) {
			follow->line[follow->used++] = data[i];
		} else {
			follow->too_long = true;
		}
	}
	return DRILL_FATE_NONE;
}

/* What has been written since the last time. */
static enum drill_fate read_log(struct drill_follow *follow)
{
	struct pollfd poll_of = {.fd = follow->log, .events = POLLIN};
	enum drill_fate fate;
	char data[4096];

	while (poll(&poll_of, 1, 0) > 0 && !drill_stopped()) {
		ssize_t count = read(follow->log, data, sizeof(data));

		if (count <= 0)
			break;
		fate = take_octets(follow, data, (size_t)count);
		if (fate)
			return fate;
	}
	return DRILL_FATE_NONE;
}

/* ---- the queue ---- */

bool drill_queue_line(const char *line, const char *id, struct drill_news *news)
{
	json_t *message = json_loads(line, 0, NULL);
	const char *found =
		json_string_value(json_object_get(message, "queue_id"));
	const json_t *recipients = json_object_get(message, "recipients");
	bool is_it = found && strcmp(found, id) == 0;
	const char *why;

	if (is_it) {
		why = json_string_value(json_object_get(
			json_array_get(recipients, 0), "delay_reason"));
		snprintf(news->words, sizeof(news->words), "%s",
			 why ? why : "");
	}
	json_decref(message);
	return is_it;
}

static void on_queue_line(void *context, const char *line)
{
	struct drill_follow *follow = context;

	if (!follow->in_queue)
		follow->in_queue =
			drill_queue_line(line, follow->id, &follow->news);
}

static enum queue_view look_at_queue(struct drill_follow *follow,
				     const struct drill *drill)
{
	follow->in_queue = false;
	if (run_postfix(drill, "postqueue", "-j", NULL, on_queue_line,
			follow) != 0)
		return QUEUE_UNKNOWN;
	if (!follow->in_queue)
		return QUEUE_GONE;
	return follow->news.words[0] != '\0' ? QUEUE_STUCK : QUEUE_WAITING;
}

/* ---- the step ---- */

static void tell_fate(const struct drill_follow *follow, struct drill *drill,
		      enum drill_fate fate)
{
	const struct drill_news *news = &follow->news;

	if (fate == DRILL_FATE_SENT) {
		memcpy(drill->relay, news->relay, sizeof(drill->relay));
		drill_end(drill, DRILL_DELIVERY, DRILL_OK, "%s", news->words);
		return;
	}
	drill->stays = fate == DRILL_FATE_DEFERRED;
	drill_end(drill, DRILL_DELIVERY, DRILL_FAILED, "%s: %s",
		  drill->stays ? "deferred" : "refused", news->words);
}

/* Where the log tells nothing. */
static void tell_queue(const struct drill_follow *follow, struct drill *drill,
		       enum queue_view view)
{
	drill->stays = view == QUEUE_STUCK || view == QUEUE_WAITING;
	if (drill_stopped())
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN, "interrupted");
	else if (view == QUEUE_STUCK)
		drill_end(drill, DRILL_DELIVERY, DRILL_FAILED,
			  "still in the queue: %s", follow->news.words);
	else if (view == QUEUE_WAITING)
		drill_end(drill, DRILL_DELIVERY, DRILL_FAILED,
			  "still in the queue after %u s", drill->wait_s);
	else if (view == QUEUE_GONE)
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN,
			  "it has left the queue, but no log (--log FILE) "
			  "tells whether the primary took it");
	else if (follow->log >= 0)
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN,
			  "%s says nothing of it within %u s", follow->path,
			  drill->wait_s);
	else
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN,
			  "neither a log (--log FILE) nor Postfix's queue can "
			  "be read here: look whether <%s> has it",
			  drill->to);
}

/*
 * The log comes first, as it knows more: also after a look at the queue that
 * would decide.
 */
static void follow_both(struct drill_follow *follow, struct drill *drill)
{
	uint64_t deadline_ms =
		drill_clock_ms() + drill->wait_s * UINT64_C(1000);
	bool queue = drill->here || drill->postfix;
	enum queue_view view = QUEUE_UNKNOWN;
	uint64_t look_ms = 0;

	for (;;) {
		bool over = drill_stopped() || drill_clock_ms() >= deadline_ms;
		enum drill_fate fate = DRILL_FATE_NONE;

		if (follow->log >= 0)
			fate = read_log(follow);
		if (fate) {
			tell_fate(follow, drill, fate);
			return;
		}
		if (over || view == QUEUE_GONE || view == QUEUE_STUCK ||
		    (view == QUEUE_UNKNOWN && look_ms && follow->log < 0)) {
			tell_queue(follow, drill, view);
			return;
		}
		if (queue && drill_clock_ms() >= look_ms) {
			view = look_at_queue(follow, drill);
			look_ms = drill_clock_ms() + QUEUE_EVERY_MS;
		}
		poll(NULL, 0, LOG_EVERY_MS);
	}
}

void drill_follow_run(struct drill_follow *follow, struct drill *drill)
{
	drill_begin(drill, DRILL_DELIVERY);
	memcpy(follow->id, drill->queue_id, sizeof(follow->id));
	if (drill->queue_id[0] == '\0')
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN,
			  "the backup told no queue id: look whether <%s> has "
			  "it",
			  drill->to);
	else if (!drill->here && !drill->log && !drill->postfix)
		drill_end(drill, DRILL_DELIVERY, DRILL_UNSEEN,
			  "the backup is another host, and no log of it is "
			  "given (--log FILE): look whether <%s> has it",
			  drill->to);
	else
		follow_both(follow, drill);
}

void drill_follow_close(struct drill_follow *follow)
{
	if (!follow)
		return;
	if (follow->log > STDIN_FILENO)
		close(follow->log);
	free(follow);
}

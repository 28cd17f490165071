/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing and counting the queue of the local MTA. */

#include "parent/queue.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/command.h"
#include "parent/queue_count.h"
#include "tables/clock.h"

#define FLUSH_LIMIT_NS (60 * NS_PER_S)
#define COUNT_LIMIT_NS (30 * NS_PER_S)

/* A count costs no more than a hundredth of one CPU's time. */
#define COUNT_EVERY_NS (60 * NS_PER_S)
#define COUNT_SHARE    100

struct queue {
	queue_tell *tell;
	void *context;
	struct command flush;
	uint32_t flushing; /* which domain */
	struct command count;
	uint64_t count_due_ns;
	struct message counted; /* what the child has printed */
};

/* "LENGTH OLDEST" */
static void on_count_line(void *context, const char *line)
{
	struct queue *queue = context;
	struct queue_state *state = &queue->counted.queue;
	char *end;

	errno = 0;
	state->length = strtoull(line, &end, 10);
	state->oldest_unix = strtoll(end, NULL, 10);
	state->known = errno == 0 && *end == ' ';
}

int queue_create(queue_tell *tell, void *context, struct queue **out)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	queue->tell = tell;
	queue->context = context;
	queue->flush = command_idle();
	queue->count = command_idle();
	queue->count.on_line = on_count_line;
	queue->count.context = queue;
	*out = queue;
	return 0;
}

/* ---- flush ---- */

static void tell_flushed(const struct queue *queue, uint32_t index, int result)
{
	const struct message message = {
		.kind = MESSAGE_FLUSHED,
		.id = index,
		.result = result,
	};

	queue->tell(queue->context, &message);
}

/* The configured command, or postqueue's, with the domain behind it. */
static void make_command(const struct config_queue *config, uint32_t index,
			 char *argv[static CONFIG_ARGUMENTS_MAX + 2])
{
	static char postqueue[] = "postqueue", site[] = "-s";
	size_t count = 0;

	for (; count < config->flush_command_count; count++)
		argv[count] = config->flush_command[count];
	if (count == 0) {
		argv[count++] = postqueue;
		argv[count++] = site;
	}
	argv[count++] = config->flush[index];
	argv[count] = NULL;
}

void queue_flush(struct queue *queue, const struct config *config,
		 uint32_t index)
{
	char *argv[CONFIG_ARGUMENTS_MAX + 2];
	int result = -EINVAL;

	if (command_runs(&queue->flush)) {
		result = -EBUSY;
	} else if (index < config->queue.flush_count) {
		make_command(&config->queue, index, argv);
		log_notice("asking for delivery of the mail for %s",
			   config->queue.flush[index]);
		result = command_start(&queue->flush, "flush", argv, NULL,
				       FLUSH_LIMIT_NS);
	}
	if (result)
		tell_flushed(queue, index, result);
	else
		queue->flushing = index;
}

/* ---- count ---- */

/* Files of strangers are looked at with no more rights than their owner's. */
static int become_owner(const char *directory)
{
	char path[PATH_MAX];
	struct stat stat_of;

	if (snprintf(path, sizeof(path), "%s/active", directory) >=
		    (int)sizeof(path) ||
	    stat(path, &stat_of) != 0)
		return -ENOENT;
	if (setgroups(0, NULL) ||
	    setresgid(stat_of.st_gid, stat_of.st_gid, stat_of.st_gid) ||
	    setresuid(stat_of.st_uid, stat_of.st_uid, stat_of.st_uid))
		return -errno;
	return 0;
}

static int count_in_child(const void *argument)
{
	const char *directory = argument;
	struct queue_count count;

	setpriority(PRIO_PROCESS, 0, 19);
	/* Says nothing where there is no Postfix. */
	if (become_owner(directory) || queue_count(directory, &count))
		return 0;
	dprintf(STDOUT_FILENO, "%" PRIu64 " %" PRId64 "\n", count.length,
		count.oldest_unix);
	return 0;
}

static void on_counted(struct queue *queue)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t pause_ns = (now_ns - queue->count.started_ns) * COUNT_SHARE;

	queue->count_due_ns =
		now_ns +
		(pause_ns > COUNT_EVERY_NS ? pause_ns : COUNT_EVERY_NS);
	queue->counted.kind = MESSAGE_QUEUE;
	queue->counted.queue.at_unix = time(NULL);
	queue->tell(queue->context, &queue->counted);
}

void queue_check(struct queue *queue, const struct config *config)
{
	command_check(&queue->flush);
	command_check(&queue->count);
	if (command_runs(&queue->count) ||
	    clock_monotonic_ns() < queue->count_due_ns)
		return;
	queue->counted = (struct message){0};
	if (command_call(&queue->count, "counting the queue", count_in_child,
			 config->queue.directory, COUNT_LIMIT_NS) != 0)
		queue->count_due_ns = clock_monotonic_ns() + COUNT_EVERY_NS;
}

/* ---- both ---- */

size_t queue_poll(const struct queue *queue, struct pollfd *fds)
{
	const int outputs[QUEUE_FDS] = {queue->flush.output,
					queue->count.output};
	size_t count = 0;

	for (size_t i = 0; i < QUEUE_FDS; i++)
		if (outputs[i] >= 0)
			fds[count++] = (struct pollfd){.fd = outputs[i],
						       .events = POLLIN};
	return count;
}

bool queue_read(struct queue *queue, int fd)
{
	if (fd == queue->flush.output)
		command_read(&queue->flush);
	else if (fd == queue->count.output)
		command_read(&queue->count);
	else
		return false;
	return true;
}

bool queue_reaped(struct queue *queue, pid_t pid, int status)
{
	bool failed;

	if (command_reaped(&queue->flush, pid, status, &failed)) {
		tell_flushed(queue, queue->flushing, failed ? -EIO : 0);
		return true;
	}
	if (!command_reaped(&queue->count, pid, status, &failed))
		return false;
	on_counted(queue);
	return true;
}

void queue_close(struct queue *queue)
{
	if (!queue)
		return;
	command_close(&queue->flush);
	command_close(&queue->count);
	free(queue);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the parent for larger range tables, and takes them in use.  It answers
 * within a second, while which nothing else is done: it is seldom.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "worker/state.h"

/* Less than the lease. */
#define ANSWER_MS 5000

static int *part_of(struct ranges_fds *fds, uint32_t part)
{
	return part == TABLE_OUTER ? &fds->outer : &fds->inner[part];
}

void room_init(struct room *room)
{
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (uint32_t part = 0; part < TABLE_PARTS; part++)
			*part_of(&room->next[family], part) = -1;
	room->deferred_fd = -1;
}

static void close_fds(struct ranges_fds *fds)
{
	for (uint32_t part = 0; part < TABLE_PARTS; part++) {
		int *fd = part_of(fds, part);

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

bool room_on_table(struct worker *worker, const struct message *message, int fd)
{
	int *place;

	if (message->table.family >= FAMILY_MAX ||
	    message->table.part >= TABLE_PARTS || fd < 0)
		return false;
	place = part_of(&worker->room.next[message->table.family],
			message->table.part);
	if (*place >= 0)
		close(*place);
	*place = fd;
	return true;
}

/* Takes the new maps of one family in use. */
static int take(struct worker *worker, enum family family)
{
	struct ranges_fds *next = &worker->room.next[family];
	struct ranges_fds *now = &worker->start.maps.ranges[family];
	struct ranges_map *map;
	int error;

	error = ranges_map_open(family, next->outer, next->inner, &map);
	if (error)
		return error;
	ranges_map_close(worker->ranges[family]);
	worker->ranges[family] = map;
	close_fds(now);
	*now = *next;
	for (uint32_t part = 0; part < TABLE_PARTS; part++)
		*part_of(next, part) = -1;
	return 0;
}

/*
 * The parent's program reads the new maps already: if they can't be used, or
 * come too late to know that nobody is writing, a worker has to begin anew.
 */
void room_on_grown(struct worker *worker, const struct message *message)
{
	int error = 0;

	if (!worker->room.asked && !message->result)
		error = -ETIMEDOUT;
	worker->room.answered = true;
	worker->room.result = message->result;
	for (enum family family = 0; family < FAMILY_MAX && !error; family++)
		if (worker->room.next[family].outer >= 0)
			error = take(worker, family);
	if (error) {
		log_error("can't use the enlarged tables: %s",
			  strerror(-error));
		_exit(1);
	}
	publisher_use(worker->publisher, worker->ranges);
}

static bool receive(struct worker *worker)
{
	struct message message;
	int result, fd;

	result = message_receive(worker->start.parent, &message, &fd);
	if (result == -EAGAIN || result == -EBADMSG)
		return true;
	if (result <= 0)
		return false;
	/* It would be applied within what is being put in force. */
	if (message.kind == MESSAGE_CONFIG) {
		if (worker->room.deferred_fd >= 0)
			close(worker->room.deferred_fd);
		worker->room.deferred_fd = fd;
		return true;
	}
	worker_on_message(worker, &message, fd);
	return true;
}

static int wait_for_answer(struct worker *worker)
{
	struct pollfd parent = {.fd = worker->start.parent, .events = POLLIN};
	uint64_t end_ns = clock_monotonic_ns() + ANSWER_MS * NS_PER_MS;

	while (!worker->room.answered) {
		uint64_t now_ns = clock_monotonic_ns();

		if (now_ns >= end_ns) {
			log_warning("the parent does not enlarge the tables "
				    "in time");
			return -ETIMEDOUT;
		}
		poll(&parent, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		/* The loop finds out by itself that the parent is gone. */
		if (!receive(worker))
			return -EPIPE;
	}
	return worker->room.result;
}

/* If it is not the size that is refused, it has been said why. */
int room_grow(void *context, const uint32_t pages[static FAMILY_MAX])
{
	struct worker *worker = context;
	struct message request = {.kind = MESSAGE_GROW};
	int error;

	memcpy(request.pages, pages, sizeof(request.pages));
	worker->room.answered = false;
	worker->room.asked = true;
	worker_tell(worker, &request);
	error = wait_for_answer(worker);
	worker->room.asked = false;
	return error ? -ENOSPC : 0;
}

int room_take_deferred(struct worker *worker)
{
	int fd = worker->room.deferred_fd;

	worker->room.deferred_fd = -1;
	return fd;
}

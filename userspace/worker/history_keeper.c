/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history of refusals, to its file and back. */

#include "worker/history_keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "worker/save_file.h"

#define FILE_NAME "refusals.state"
#define EVERY_MS  UINT64_C(300000)

struct history_keeper {
	struct history *history;
	char *directory;
	uv_loop_t *loop;
	uv_timer_t timer;
	uv_work_t work;
	uint64_t saved; /* its changes then */
	void *data;	/* being written, or NULL */
	size_t size;
	int result;
	bool complained;
	bool closing;
	bool closed; /* the timer is */
};

struct history *history_keeper_store(const struct history_keeper *keeper)
{
	return keeper->history;
}

static void free_when_idle(struct history_keeper *keeper)
{
	if (!keeper->closed || keeper->data)
		return;
	history_free(keeper->history);
	free(keeper->directory);
	free(keeper);
}

/* ---- saving ---- */

/* In a thread of its own, unless it is the last time. */
static void write_out(uv_work_t *work)
{
	struct history_keeper *keeper = work->data;
	struct save_file file;

	keeper->result = save_file_open(keeper->directory, FILE_NAME, &file);
	if (keeper->result)
		return;
	/* What fails here shows again when the stream is flushed or closed. */
	if (fwrite(keeper->data, 1, keeper->size, file.stream) !=
	    keeper->size) {
		keeper->result = -EIO;
		save_file_discard(&file);
		return;
	}
	keeper->result = save_file_finish(&file);
}

static void finish(struct history_keeper *keeper)
{
	free(keeper->data);
	keeper->data = NULL;
	if (keeper->result && !keeper->complained)
		log_warning("can't save the history of refusals in %s: %s; a "
			    "restart will begin without what is new",
			    keeper->directory, strerror(-keeper->result));
	keeper->complained = keeper->result != 0;
}

/* Whether there is something to write. */
static bool gather(struct history_keeper *keeper)
{
	uint64_t changes = history_changes(keeper->history);

	if (changes == keeper->saved ||
	    history_encode(keeper->history, &keeper->data, &keeper->size))
		return false;
	keeper->saved = changes;
	return true;
}

static void save_at_once(struct history_keeper *keeper)
{
	if (!gather(keeper))
		return;
	write_out(&keeper->work);
	finish(keeper);
}

static void on_written(uv_work_t *work, int status)
{
	struct history_keeper *keeper = work->data;

	(void)status;
	finish(keeper);
	if (keeper->closing)
		save_at_once(keeper);
	free_when_idle(keeper);
}

static void on_timer(uv_timer_t *timer)
{
	struct history_keeper *keeper = timer->data;

	if (keeper->data || !gather(keeper))
		return;
	if (uv_queue_work(keeper->loop, &keeper->work, write_out, on_written)) {
		keeper->result = -ENOMEM;
		finish(keeper);
	}
}

/* ---- life ---- */

static void load(struct history_keeper *keeper)
{
	const char *why = NULL;
	void *data = NULL;
	size_t size = 0;
	int error = save_file_read(keeper->directory, FILE_NAME,
				   HISTORY_FILE_MAX, &data, &size);

	if (error == -ENOENT)
		return;
	if (!error)
		error = history_decode(keeper->history, data, size, &why);
	if (error)
		log_warning("%s/%s %s%s%s: the history of refusals begins anew",
			    keeper->directory, FILE_NAME,
			    why ? why : "can't be read, ",
			    why ? "" : strerror(-error),
			    save_file_put_aside(keeper->directory, FILE_NAME)
				    ? ""
				    : "; it is put aside");
	free(data);
}

int history_keeper_create(uv_loop_t *loop, const char *directory,
			  struct history_keeper **out)
{
	struct history_keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return -ENOMEM;
	keeper->loop = loop;
	keeper->history = history_create(time(NULL));
	keeper->directory = strdup(directory);
	if (!keeper->history || !keeper->directory) {
		history_free(keeper->history);
		free(keeper->directory);
		free(keeper);
		return -ENOMEM;
	}
	load(keeper);
	uv_timer_init(loop, &keeper->timer);
	keeper->timer.data = keeper;
	keeper->work.data = keeper;
	uv_timer_start(&keeper->timer, on_timer, EVERY_MS, EVERY_MS);
	*out = keeper;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct history_keeper *keeper = handle->data;

	keeper->closed = true;
	free_when_idle(keeper);
}

void history_keeper_close(struct history_keeper *keeper)
{
	keeper->closing = true;
	/* Otherwise once that work is done: both use the same name. */
	if (!keeper->data)
		save_at_once(keeper);
	uv_close((uv_handle_t *)&keeper->timer, on_closed);
}

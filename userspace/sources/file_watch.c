/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches the directory of a file, and looks at the file. */

#include "sources/file_watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

/* Who writes a lot makes many events, and one look is enough for some. */
#define SOON_MS 50

/* As often a directory may come while it is found missing. */
#define TRIES 8

struct file_watch {
	uv_fs_event_t event;
	uv_timer_t soon;
	uv_timer_t slow;
	uv_fs_t look;
	unsigned int handles; /* and looks, that keep this alive */
	bool looking;
	bool again;   /* ... which does not see what came since */
	bool strayed; /* what is watched may not be the right directory */
	bool told;
	bool complained;
	char *path;
	char *name;	 /* within `path`: what is watched for, and behind it */
	char *directory; /* that is watched: what is before it */
	file_watch_seen *seen; /* NULL: closed */
	void *context;
};

static void release(struct file_watch *watch)
{
	if (--watch->handles > 0)
		return;
	free(watch->path);
	free(watch->directory);
	free(watch);
}

static void on_look(uv_fs_t *look)
{
	struct file_watch *watch = look->data;
	int status = look->result < 0 ? (int)look->result : 0;
	uv_stat_t now = look->statbuf;

	uv_fs_req_cleanup(look);
	watch->looking = false;
	if (watch->seen)
		watch->seen(watch->context, status, &now);
	if (watch->seen && watch->again)
		file_watch_look(watch);
	release(watch);
}

void file_watch_look(struct file_watch *watch)
{
	watch->again = watch->looking;
	if (watch->looking)
		return;
	watch->look.data = watch;
	if (uv_fs_stat(watch->event.loop, &watch->look, watch->path, on_look) !=
	    0)
		return;
	watch->looking = true;
	watch->handles++;
}

/* Whether `name` of an event is the name up to the next slash. */
static bool is_name(const char *name, const char *part)
{
	size_t length = strcspn(part, "/");

	return strncmp(name, part, length) == 0 && name[length] == '\0';
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void on_soon(uv_timer_t *timer);

static void on_event(uv_fs_event_t *event, const char *name, int events,
		     int status)
{
	struct file_watch *watch = event->data;
	bool wanted = !name || is_name(name, watch->name);
	/* The directory itself is told by its own name. */
	bool self = !name || is_name(name, base_of(watch->directory));

	(void)events;
	if (status == 0 && !wanted && !self)
		return;
	if (status != 0 || self || strchr(watch->name, '/'))
		watch->strayed = true;
	if (!uv_is_active((uv_handle_t *)&watch->soon))
		uv_timer_start(&watch->soon, on_soon, SOON_MS, 0);
}

/* Cuts the last name off; returns where it begins. */
static size_t go_up(char *directory)
{
	char *slash = strrchr(directory, '/');

	if (!slash) {
		memcpy(directory, ".", sizeof("."));
		return 0;
	}
	/* The root's slash is its name. */
	slash[slash == directory] = '\0';
	return (size_t)(slash + 1 - directory);
}

/* Returns 0 or a negative error of libuv. */
static int watch_nearest(struct file_watch *watch)
{
	char *directory = watch->directory;
	int error;

	memcpy(directory, watch->path, strlen(watch->path) + 1);
	do {
		watch->name = watch->path + go_up(directory);
		error = uv_fs_event_start(&watch->event, on_event, directory,
					  0);
	} while ((error == UV_ENOENT || error == UV_ENOTDIR) &&
		 strcmp(directory, "/") != 0 && strcmp(directory, ".") != 0);
	return error;
}

/* Whether a directory nearer to the file has come meanwhile. */
static bool has_nearer(const struct file_watch *watch)
{
	char *slash = strchr(watch->name, '/');
	bool exists;

	if (!slash)
		return false;
	*slash = '\0';
	exists = access(watch->path, F_OK) == 0;
	*slash = '/';
	return exists;
}

static void arm(struct file_watch *watch)
{
	int error = 0;

	for (int i = 0; i < TRIES; i++) {
		uv_fs_event_stop(&watch->event);
		error = watch_nearest(watch);
		if (error || !has_nearer(watch))
			break;
	}
	watch->strayed = false;
	watch->told = !error;
	if (error && !watch->complained)
		log_warning(
			"the kernel does not tell about changes of %s (%s), "
			"so they are looked for every %" PRIu64 " s",
			watch->path, uv_strerror(error),
			uv_timer_get_repeat(&watch->slow) / 1000);
	watch->complained |= error != 0;
}

static void on_soon(uv_timer_t *timer)
{
	struct file_watch *watch = timer->data;

	if (watch->strayed)
		arm(watch);
	file_watch_look(watch);
}

/* Also finds that a link on the way leads to another directory now. */
static void on_slow(uv_timer_t *timer)
{
	struct file_watch *watch = timer->data;

	arm(watch);
	file_watch_look(watch);
}

int file_watch_start(uv_loop_t *loop, const char *path, uint64_t poll_ms,
		     file_watch_seen *seen, void *context,
		     struct file_watch **out)
{
	struct file_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return UV_ENOMEM;
	watch->path = strdup(path);
	watch->directory = malloc(strlen(path) + sizeof("."));
	if (!watch->path || !watch->directory) {
		watch->handles = 1;
		release(watch);
		return UV_ENOMEM;
	}
	watch->seen = seen;
	watch->context = context;
	watch->handles = 3;
	watch->event.data = watch->soon.data = watch->slow.data = watch;
	uv_fs_event_init(loop, &watch->event);
	uv_timer_init(loop, &watch->soon);
	uv_timer_init(loop, &watch->slow);
	uv_timer_start(&watch->slow, on_slow, poll_ms, poll_ms);
	arm(watch);
	file_watch_look(watch);
	*out = watch;
	return 0;
}

bool file_watch_is_told(const struct file_watch *watch)
{
	return watch->told;
}

static void on_closed(uv_handle_t *handle)
{
	release(handle->data);
}

void file_watch_close(struct file_watch *watch)
{
	watch->seen = NULL;
	uv_close((uv_handle_t *)&watch->event, on_closed);
	uv_close((uv_handle_t *)&watch->soon, on_closed);
	uv_close((uv_handle_t *)&watch->slow, on_closed);
}

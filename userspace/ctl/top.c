/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches decisions and asks for the status every other second, until q is
 * typed.  While the daemon is away it says so, and tries again.
 */

#include "ctl/top.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/terminal.h"
#include "ctl/top_model.h"
#include "ctl/top_screen.h"

/* It is not to keep the keyboard waiting. */
#define ANSWER_S 2

#define STATUS_EVERY_S 2.0
#define DRAW_EVERY_S   1.0

#define QUIT 'q'

struct top {
	const struct ctl *ctl;
	struct client_stream *stream; /* NULL: the daemon is away */
	double asked_s, drawn_s;
	size_t columns, rows; /* when it was drawn */
	struct top_model model;
	struct top_screen screen;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the daemon ---- */

static int ask(struct top *top, char error[static CONTROL_ERROR_MAX])
{
	json_t *status = NULL;
	int result = client_ask(top->ctl->socket, "status", json_object(),
				ANSWER_S, &status, error);

	top->asked_s = now_s();
	if (result == 0)
		top_model_status(&top->model, status, top->asked_s);
	if (result == 0 && !top->stream)
		result = client_stream_open(top->ctl->socket, "watch",
					    json_object(), ANSWER_S,
					    &top->stream, error);
	return result;
}

static void lose(struct top *top, const char *error)
{
	client_stream_close(top->stream);
	top->stream = NULL;
	snprintf(top->model.problem, sizeof(top->model.problem), "%.*s",
		 (int)sizeof(top->model.problem) - 1, error);
}

static void ask_again(struct top *top)
{
	char error[CONTROL_ERROR_MAX];

	if (ask(top, error) < 0)
		lose(top, error);
	else
		top->model.problem[0] = '\0';
}

/* All that is there; of a flood no more than a second's worth. */
static void take_lines(struct top *top)
{
	char error[CONTROL_ERROR_MAX];
	double until_s = now_s() + DRAW_EVERY_S;

	while (top->stream && now_s() < until_s) {
		json_t *line = NULL;
		int status = client_stream_next(top->stream, 0, &line, error);

		if (status < 0)
			lose(top, error);
		if (status <= 0)
			return;
		top_model_take(&top->model, line);
		json_decref(line);
	}
}

/* ---- the screen ---- */

static void draw(struct top *top)
{
	top->drawn_s = now_s();
	top_model_age(&top->model, top->drawn_s);
	terminal_size(&top->columns, &top->rows);
	top_screen_draw(&top->screen, &top->model, top->columns, top->rows,
			time(NULL));
	for (size_t i = 0; i < top->screen.used; i++)
		terminal_put(i, top->screen.lines[i].tone,
			     top->screen.lines[i].text);
	terminal_show();
}

/*
 * Until something is typed or shown, or it is time to draw.  False: there is
 * no keyboard any more.
 */
static bool wait(const struct top *top)
{
	double left_s = top->drawn_s + DRAW_EVERY_S - now_s();
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = top->stream ? client_stream_fd(top->stream) : -1,
		 .events = POLLIN},
	};

	return poll(fds, 2, left_s > 0 ? (int)(left_s * 1e3) + 1 : 0) <= 0 ||
	       !(fds[0].revents & (POLLHUP | POLLERR | POLLNVAL));
}

static bool was_resized(const struct top *top)
{
	size_t columns, rows;

	terminal_size(&columns, &rows);
	return columns != top->columns || rows != top->rows;
}

static void run(struct top *top)
{
	do {
		/* It is here that a new size comes to be known. */
		if (terminal_key() == QUIT)
			return;
		take_lines(top);
		if (now_s() >= top->asked_s + STATUS_EVERY_S)
			ask_again(top);
		if (was_resized(top) || now_s() >= top->drawn_s + DRAW_EVERY_S)
			draw(top);
	} while (wait(top) && !terminal_is_over());
}

static enum ctl_exit fail(const struct top *top, const char *words)
{
	ctl_error(top->ctl, "top: %s; \"posternctl watch\" needs no terminal",
		  words);
	return CTL_FAILED;
}

static enum ctl_exit show(struct top *top)
{
	char words[TERMINAL_ERROR_MAX], error[CONTROL_ERROR_MAX];

	if (terminal_check(top->ctl->out, words) < 0)
		return fail(top, words);
	if (ask(top, error) < 0) {
		ctl_error(top->ctl, "%s", error);
		return CTL_FAILED;
	}
	if (terminal_open(top->ctl->out, words) < 0)
		return fail(top, words);
	run(top);
	terminal_close();
	return CTL_DONE;
}

enum ctl_exit top_run(const struct ctl *ctl, char **operands)
{
	struct top *top = calloc(1, sizeof(*top));
	enum ctl_exit status;

	(void)operands;
	if (ctl->json) {
		free(top);
		ctl_error(ctl, "top prints no JSON: \"watch\" does");
		return CTL_MISUSED;
	}
	if (!top) {
		ctl_error(ctl, "out of memory");
		return CTL_FAILED;
	}
	top->ctl = ctl;
	top->model.aged_s = now_s();
	status = show(top);
	client_stream_close(top->stream);
	top_model_free(&top->model);
	free(top);
	return status;
}

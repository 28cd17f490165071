/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal by ncurses; without it there is none. */

#include "ctl/terminal.h"

#include <errno.h>

#ifdef POSTERN_CURSES

#include <curses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SCREEN *screen; /* NULL: not taken over */
static volatile sig_atomic_t is_over;

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void on_end(int number)
{
	(void)number;
	is_over = 1;
}

/* Not restarted: whoever waits is to notice. */
static void catch_ends(void)
{
	struct sigaction action = {.sa_handler = on_end};

	is_over = 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
}

static short colour_of(enum tone tone)
{
	switch (tone) {
	case TONE_GOOD:
		return COLOR_GREEN;
	case TONE_WARN:
		return COLOR_YELLOW;
	case TONE_BAD:
		return COLOR_RED;
	default:
		return -1;
	}
}

static void prepare_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	if ((no_color && *no_color) || !has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR)
		return;
	for (enum tone tone = TONE_PLAIN; tone <= TONE_BAD; tone++)
		if (colour_of(tone) >= 0)
			init_pair((short)tone, colour_of(tone), -1);
}

static attr_t attributes_of(enum tone tone)
{
	return tone == TONE_HEAD ? A_BOLD : A_NORMAL;
}

static int fail_unknown(char error[static TERMINAL_ERROR_MAX])
{
	const char *term = getenv("TERM");

	snprintf(error, TERMINAL_ERROR_MAX,
		 "TERM is \"%.32s\", a terminal without a screen, or unknown",
		 term ? term : "");
	return -EINVAL;
}

int terminal_check(FILE *out, char error[static TERMINAL_ERROR_MAX])
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(fileno(out))) {
		snprintf(error, TERMINAL_ERROR_MAX, "this is no terminal");
		return -ENOTTY;
	}
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return fail_unknown(error);
	return 0;
}

int terminal_open(FILE *out, char error[static TERMINAL_ERROR_MAX])
{
	static bool at_exit;
	int status = terminal_check(out, error);

	if (status)
		return status;
	screen = newterm(NULL, out, stdin);
	if (!screen)
		return fail_unknown(error);
	if (!at_exit)
		atexit(terminal_close);
	at_exit = true;
	catch_ends();
	prepare_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	return 0;
}

void terminal_size(size_t *columns, size_t *rows)
{
	*columns = COLS > 0 ? (size_t)COLS : 0;
	*rows = LINES > 0 ? (size_t)LINES : 0;
}

void terminal_put(size_t row, enum tone tone, const char *text)
{
	bool coloured = has_colors() && colour_of(tone) >= 0;

	attr_set(attributes_of(tone), coloured ? (short)tone : 0, NULL);
	mvaddnstr((int)row, 0, text, COLS);
	attr_set(A_NORMAL, 0, NULL);
	/* Behind the last column there is nothing to clear. */
	if (strlen(text) < (size_t)COLS)
		clrtoeol();
}

void terminal_show(void)
{
	refresh();
}

int terminal_key(void)
{
	int key = getch();

	return key == ERR || key == KEY_RESIZE ? 0 : key;
}

bool terminal_is_over(void)
{
	return is_over != 0;
}

void terminal_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

#else /* built without ncurses */

int terminal_check(FILE *out, char error[static TERMINAL_ERROR_MAX])
{
	(void)out;
	snprintf(error, TERMINAL_ERROR_MAX,
		 "this posternctl was built without ncurses");
	return -ENOTSUP;
}

int terminal_open(FILE *out, char error[static TERMINAL_ERROR_MAX])
{
	return terminal_check(out, error);
}

void terminal_size(size_t *columns, size_t *rows)
{
	*columns = 0;
	*rows = 0;
}

void terminal_put(size_t row, enum tone tone, const char *text)
{
	(void)row;
	(void)tone;
	(void)text;
}

void terminal_show(void)
{
}

int terminal_key(void)
{
	return 0;
}

bool terminal_is_over(void)
{
	return true;
}

void terminal_close(void)
{
}

#endif

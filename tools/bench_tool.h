/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs programs of others. */
#ifndef POSTERN_TOOLS_BENCH_TOOL_H
#define POSTERN_TOOLS_BENCH_TOOL_H

#define BENCH_TOOL_WHY 160

/*
 * Runs argv[0], found in PATH, with `input` (a file, read from its start; -1:
 * none) as standard input.  Returns 0 when it has ended with status 0; else a
 * negative errno, -ENOENT when there is no such program, and in `why` one line
 * that says so, or what the program said.
 */
int bench_tool(const char *const argv[], int input, char why[BENCH_TOOL_WHY]);

/* The same with a text as its input. */
int bench_tool_feed(const char *const argv[], const char *input,
		    char why[BENCH_TOOL_WHY]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The privileged parent: owns programs, links and pins, runs the commands of
 * the configuration, and keeps a worker alive.
 */
#ifndef POSTERN_PARENT_PARENT_H
#define POSTERN_PARENT_PARENT_H

#include <stdbool.h>

/*
 * Runs the daemon until SIGTERM or SIGINT, after it has taken over from a
 * running one if `takeover`.  Returns the exit status: 0, or 1 after it has
 * logged one line that says what is wrong.
 */
int parent_run(const char *config_path, bool takeover);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real parent, as a process of its own in a network and a directory that
 * are the test's: veth0, which it guards, and veth1 at its other end.  What
 * runs as the worker is what the test program has as worker_run().
 */
#ifndef POSTERN_TESTS_DAEMON_H
#define POSTERN_TESTS_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DAEMON_PROTECTED "192.0.2.25"

/* For as long as a condition may take on a busy machine. */
#define DAEMON_PATIENCE_NS 60000000000ULL

/*
 * Makes network and directory; `configuration` is added to what is needed
 * anyway.  Returns false where that can't be done; daemon_start() then skips
 * the test.
 */
bool daemon_setup(const char *configuration);
void daemon_teardown(void);

/* A path below the test's directory, from a few that are kept. */
const char *daemon_path(const char *name);
const char *daemon_pin(const char *name);

void daemon_start(void);

/* Sends it a signal, and returns its exit status; -1: it had to be killed. */
int daemon_stop(int signal);

/* Of the parent. */
pid_t daemon_pid(void);
uint64_t daemon_cpu_ms(void);
long daemon_memory_kb(void);
unsigned int daemon_descriptors(void);

/* Octets and matching lines of its log since the start. */
long daemon_log_size(void);
unsigned int daemon_logged(const char *words);

/* Is there a program on veth0? */
bool daemon_filters(void);

#endif

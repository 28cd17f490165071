/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the worker may ask of the kernel: seccomp(2), by libseccomp. */
#ifndef POSTERN_PARENT_SECCOMP_H
#define POSTERN_PARENT_SECCOMP_H

/*
 * From now on this process, and all of its threads to come, can make only the
 * system calls that a worker makes: no program is executed, no process is
 * started, and bpf(2) reads and writes entries of maps that are already open.
 * Whatever else is asked for fails with ENOSYS, as on a kernel that is too
 * old, so libraries fall back where they can.  There is no way back.
 *
 * The process has no_new_privs set.  Returns 0; -EINVAL or -ENOSYS where the
 * kernel has no seccomp filters; or another negative errno.
 */
int seccomp_confine(void);

#endif

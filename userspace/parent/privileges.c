/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up privileges. */

#include "parent/privileges.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/seccomp.h"
#include "shared.h"

int privileges_find(const char *user, struct identity *out)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		log_error("there is no user \"%s\": create it with \"useradd "
			  "--system %s\", or set user in the configuration",
			  user, user);
		return -ENOENT;
	}
	out->uid = entry->pw_uid;
	out->gid = entry->pw_gid;
	return 0;
}

int privileges_find_group(const char *group, gid_t *out)
{
	const struct group *entry = getgrnam(group);

	if (!entry) {
		log_error("there is no group \"%s\": create it with \"groupadd "
			  "--system %s\", or set group in the configuration",
			  group, group);
		return -ENOENT;
	}
	*out = entry->gr_gid;
	return 0;
}

static int compare_descriptors(const void *a, const void *b)
{
	const int *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static int close_others(const int *keep, size_t count)
{
	unsigned int next = STDERR_FILENO + 1;
	int *sorted;
	int null;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	sorted = malloc(count * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, keep, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_descriptors);
	for (size_t i = 0; i < count; i++) {
		unsigned int fd = (unsigned int)sorted[i];

		if (fd > next)
			close_range(next, fd - 1, 0);
		if (fd >= next)
			next = fd + 1;
	}
	close_range(next, ~0U, 0);
	free(sorted);
	return 0;
}

static int set_capabilities(const cap_value_t *permitted,
			    const cap_value_t *effective)
{
	cap_t caps = cap_init();
	int error = 0;

	if (!caps)
		return -ENOMEM;
	if ((permitted &&
	     cap_set_flag(caps, CAP_PERMITTED, 1, permitted, CAP_SET)) ||
	    (effective &&
	     cap_set_flag(caps, CAP_EFFECTIVE, 1, effective, CAP_SET)) ||
	    cap_set_proc(caps))
		error = -errno;
	cap_free(caps);
	return error;
}

/* Nothing that is executed later can get them back either. */
static int empty_bounding_set(void)
{
	for (int cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (cap_drop_bound(cap))
			return -errno;
	return 0;
}

static int become(const struct identity *identity)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(1, &identity->gid) ||
	    setresgid(identity->gid, identity->gid, identity->gid) ||
	    setresuid(identity->uid, identity->uid, identity->uid))
		return -errno;
	return 0;
}

/* Keeps CAP_BPF only where maps can't be used without it. */
static int keep_what_maps_need(int map, bool *cap_bpf)
{
	static const cap_value_t bpf = CAP_BPF;
	struct settings settings;
	__u32 key = 0;
	int error;

	error = set_capabilities(&bpf, NULL);
	if (error)
		return error;
	if (bpf_map_lookup_elem(map, &key, &settings) == 0)
		return set_capabilities(NULL, NULL);
	if (errno != EPERM)
		return -errno;
	*cap_bpf = true;
	log_info("this kernel (before 5.19) lets nobody use a map without "
		 "CAP_BPF: keeping that one capability");
	return set_capabilities(&bpf, &bpf);
}

static int confine(bool *seccomp)
{
	int error = seccomp_confine();

	*seccomp = !error;
	if (error != -EINVAL && error != -ENOSYS)
		return error;
	log_warning("this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)"
		    ": the worker goes on without one");
	return 0;
}

int privileges_drop(const struct identity *identity, const int *keep,
		    size_t count, int map, struct sandbox *out)
{
	struct sandbox sandbox = {0};
	int error;

	error = close_others(keep, count);
	if (!error)
		error = empty_bounding_set();
	if (!error)
		error = become(identity);
	if (!error)
		error = keep_what_maps_need(map, &sandbox.cap_bpf);
	if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		error = -errno;
	if (!error)
		error = confine(&sandbox.seccomp);
	if (error)
		log_error("can't give up privileges: %s", strerror(-error));
	else
		*out = sandbox;
	return error;
}

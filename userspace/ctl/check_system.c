/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel, clock, and whether the mail server is here. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "ctl/check_facts.h"
#include "ctl/fields.h"
#include "parent/local_mta.h"

/* The least that Postern runs on. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 10

#define SMTP_PORT 25

void check_kernel(struct check *check)
{
	unsigned int major, minor;
	char text[HOST_TEXT], *end;

	if (host_read(check->root, "/proc/sys/kernel/osrelease", text) != 0) {
		check_add(check, CHECK_UNKNOWN, "",
			  "its version can't be read");
		return;
	}
	major = (unsigned int)strtoul(text, &end, 10);
	minor = *end == '.' ? (unsigned int)strtoul(end + 1, NULL, 10) : 0;
	if (major < KERNEL_MAJOR ||
	    (major == KERNEL_MAJOR && minor < KERNEL_MINOR)) {
		check_add(check, CHECK_FAIL, "", "Linux %.60s is too old",
			  text);
		check_cure(check, "take a kernel from %d.%d on", KERNEL_MAJOR,
			   KERNEL_MINOR);
	} else {
		check_add(check, CHECK_OK, "", "Linux %.60s", text);
	}
}

static bool has_bpf_file_system(const struct check *check)
{
	char path[HOST_PATH], line[HOST_PATH];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/mounts", check->root);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " bpf ") != NULL;
	if (file)
		fclose(file);
	return found;
}

void check_bpf(struct check *check)
{
	uint64_t jit;

	if (!has_bpf_file_system(check)) {
		check_add(check, CHECK_FAIL, "",
			  "no bpf file system is mounted, where maps are kept");
		check_cure(check, "mount -t bpf bpf /sys/fs/bpf");
	} else {
		check_add(check, CHECK_OK, "", "a bpf file system is mounted");
	}
	if (host_read_number(check->root, "/proc/sys/net/core/bpf_jit_enable",
			     &jit) == 0 &&
	    jit == 0) {
		check_add(check, CHECK_WARN, "jit",
			  "programs are interpreted: each packet costs several "
			  "times as much");
		check_cure(check, "sysctl net.core.bpf_jit_enable=1");
	}
	if (check->status &&
	    !json_is_true(json_object_get(
		    json_object_get(check->status, "worker"), "seccomp"))) {
		check_add(check, CHECK_WARN, "seccomp",
			  "the worker runs without a filter of system calls");
		check_cure(check, "take a kernel with CONFIG_SECCOMP_FILTER");
	}
}

void check_judge_clock(struct check *check, int state, int status)
{
	if (state < 0) {
		check_add(check, CHECK_UNKNOWN, "", "the kernel does not tell");
	} else if (state == TIME_ERROR || status & STA_UNSYNC) {
		check_add(check, CHECK_WARN, "",
			  "nothing keeps the clock right: history and age of "
			  "feeds go by it");
		check_cure(check, "run chrony, systemd-timesyncd or ntpd (in a "
				  "container: on its host)");
	} else {
		check_add(check, CHECK_OK, "", "the clock is synchronised");
	}
}

void check_clock(struct check *check)
{
	struct timex timex = {0};
	int state = adjtimex(&timex);

	check_judge_clock(check, state, timex.status);
}

void check_doorman(struct check *check)
{
	char why[CONFIG_ERROR_TEXT];

	if (!check->config)
		return;
	if (!config_defers(check->config)) {
		check_add(check, CHECK_OK, "", "the doorman is not used");
	} else if (host_sees_dnat(check->root, SMTP_PORT)) {
		check_add(check, CHECK_FAIL, "",
			  "connections to port 25 are sent on to another "
			  "address (DNAT), as to a container: the doorman "
			  "can't be given them");
		check_cure(check, "use drop or reset for bypass.action and "
				  "dnsbl.action, or run posternd where the "
				  "mail server is");
	} else if (local_mta_check(check->config, why) != 0) {
		check_add(check, CHECK_FAIL, "", "%s", why);
		check_cure(check, "start the mail server before posternd, or "
				  "use drop or reset");
	} else {
		check_add(check, CHECK_OK, "",
			  "the mail server is here, so the doorman can stand "
			  "in for it");
	}
}

void check_container(struct check *check)
{
	char kind[HOST_TEXT];

	if (!host_is_container(check->root, kind)) {
		check_add(check, CHECK_OK, "", "this is no container");
		return;
	}
	if (mx_count(&check->mx, MX_ELSEWHERE) > 0) {
		check_add(check, CHECK_WARN, kind,
			  "this is a container, and MX records name other "
			  "addresses than its own");
		check_cure(check, "run posternd on the host whose addresses "
				  "they name, with the interface by which mail "
				  "arrives there");
	} else {
		check_add(check, CHECK_OK, kind,
			  "this is a container, with addresses of its own");
	}
}

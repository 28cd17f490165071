/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns an XDP program? */

#include "parent/foreign.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t foreign_program(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query(ifindex, 0, &query))
		return 0;
	if (query.prog_id)
		return query.prog_id;
	if (query.drv_prog_id)
		return query.drv_prog_id;
	return query.skb_prog_id ? query.skb_prog_id : query.hw_prog_id;
}

/* Whether one descriptor is the program, or a link of it (proc(5), fdinfo). */
static bool names_program(const char *fdinfo, uint32_t program_id)
{
	static const char key[] = "prog_id:";
	FILE *file = fopen(fdinfo, "re");
	bool found = false;
	char line[128];

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strncmp(line, key, strlen(key)) == 0 &&
			strtoul(line + strlen(key), NULL, 10) == program_id;
	fclose(file);
	return found;
}

static bool holds_program(const char *pid, uint32_t program_id)
{
	char path[640];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid,
			 entry->d_name);
		found = isdigit((unsigned char)entry->d_name[0]) &&
			names_program(path, program_id);
	}
	closedir(dir);
	return found;
}

static void command_of(const char *pid, char *name, size_t size)
{
	char path[320];
	FILE *file;

	snprintf(name, size, "?");
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, (int)size, file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

/* Appends "name[pid]" of the first process that holds the program. */
static void append_holder(uint32_t program_id, char *text, size_t size)
{
	struct dirent *entry;
	size_t length = strlen(text);
	DIR *dir = opendir("/proc");
	char name[64];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !holds_program(entry->d_name, program_id))
			continue;
		command_of(entry->d_name, name, sizeof(name));
		snprintf(text + length, size - length, ", held by %s[%.16s]",
			 name, entry->d_name);
		break;
	}
	closedir(dir);
}

const char *foreign_describe(uint32_t program_id, char *text, size_t size)
{
	struct bpf_prog_info info = {0};
	__u32 length = sizeof(info);
	const struct passwd *user;
	int fd;

	snprintf(text, size, "id %u", program_id);
	fd = bpf_prog_get_fd_by_id(program_id);
	if (fd < 0)
		return text;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0) {
		user = getpwuid(info.created_by_uid);
		snprintf(text, size, "id %u, name %s, loaded by %s (uid %u)",
			 program_id, info.name[0] ? info.name : "(none)",
			 user ? user->pw_name : "?", info.created_by_uid);
	}
	close(fd);
	append_holder(program_id, text, size);
	return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files of the kernel's and of container managers'. */

#include "ctl/host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config_values.h"
#include "parent/local_mta.h"

#define LINE_MAX_OCTETS 4096

static FILE *open_below(const char *root, const char *path)
{
	char whole[HOST_PATH];

	if (snprintf(whole, sizeof(whole), "%s%s", root, path) >= HOST_PATH) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(whole, "re");
}

int host_read(const char *root, const char *path, char text[static HOST_TEXT])
{
	FILE *file = open_below(root, path);
	char line[HOST_TEXT];
	int error = 0;

	if (!file)
		return -errno;
	/* Attributes in /sys may fail to be read. */
	if (fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = '\0';
	else
		error = ferror(file) && errno ? -errno : -ENODATA;
	fclose(file);
	if (!error)
		memcpy(text, line, sizeof(line));
	return error;
}

int host_read_number(const char *root, const char *path, uint64_t *out)
{
	char text[HOST_TEXT];
	int error = host_read(root, path, text);

	return error ? error : config_parse_number(text, out);
}

bool host_has(const char *root, const char *path)
{
	char whole[HOST_PATH];

	return snprintf(whole, sizeof(whole), "%s%s", root, path) < HOST_PATH &&
	       access(whole, F_OK) == 0;
}

/* Interfaces */

struct names {
	char (*of)[IF_NAMESIZE];
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	if (!config_is_interface(name) || names->count == CONFIG_INTERFACES_MAX)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->of[i], name) == 0)
			return;
	snprintf(names->of[names->count++], IF_NAMESIZE, "%s", name);
}

/* A route that leads to nowhere (lo) is none. */
static void add_route(struct names *names, const char *name, unsigned int flags)
{
	if (flags & RTF_UP && !(flags & RTF_REJECT) && strcmp(name, "lo") != 0)
		add_name(names, name);
}

/* Cuts the words off a line; what there isn't stays NULL. */
static void split(char *line, char **words, size_t count)
{
	char *rest = line;

	for (size_t i = 0; i < count; i++)
		words[i] = strtok_r(i == 0 ? line : NULL, " \t\n", &rest);
}

static unsigned int hexadecimal(const char *word)
{
	return word ? (unsigned int)strtoul(word, NULL, 16) : 0;
}

static bool is_zero(const char *word)
{
	return word && strspn(word, "0") == strlen(word);
}

/*
 * The words of a route, by their numbers: a default route has zeroes for
 * destination and mask (or length of the prefix).
 */
struct route_words {
	const char *path;
	unsigned int destination;
	unsigned int mask;
	unsigned int flags;
	unsigned int name;
};

#define ROUTE_WORDS 10

static void add_routes(const char *root, const struct route_words *at,
		       struct names *names)
{
	FILE *file = open_below(root, at->path);
	char line[LINE_MAX_OCTETS];
	char *words[ROUTE_WORDS];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		split(line, words, ROUTE_WORDS);
		if (is_zero(words[at->destination]) &&
		    is_zero(words[at->mask]) && words[at->name])
			add_route(names, words[at->name],
				  hexadecimal(words[at->flags]));
	}
	fclose(file);
}

size_t host_default_interfaces(const char *root,
			       char out[CONFIG_INTERFACES_MAX][IF_NAMESIZE])
{
	static const struct route_words ipv4 = {
		.path = "/proc/net/route",
		.destination = 1,
		.mask = 7,
		.flags = 3,
		.name = 0,
	};
	static const struct route_words ipv6 = {
		.path = "/proc/net/ipv6_route",
		.destination = 0,
		.mask = 1,
		.flags = 8,
		.name = 9,
	};
	struct names names = {.of = out};

	add_routes(root, &ipv4, &names);
	add_routes(root, &ipv6, &names);
	return names.count;
}

enum host_link host_link_kind(const char *root, const char *interface)
{
	char path[HOST_PATH];

	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", interface);
	if (host_has(root, path))
		return HOST_LINK_BRIDGE;
	snprintf(path, sizeof(path), "/sys/class/net/%s/bonding", interface);
	if (host_has(root, path))
		return HOST_LINK_BOND;
	snprintf(path, sizeof(path), "/proc/net/vlan/%s", interface);
	return host_has(root, path) ? HOST_LINK_VLAN : HOST_LINK_DEVICE;
}

/* A port without hardware belongs to a guest or a container. */
static void add_port(const char *root, struct names *names, const char *port)
{
	char path[HOST_PATH];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", port);
	if (host_has(root, path))
		add_name(names, port);
}

size_t host_lower(const char *root, const char *interface,
		  char out[CONFIG_INTERFACES_MAX][IF_NAMESIZE])
{
	enum host_link kind = host_link_kind(root, interface);
	struct names names = {.of = out};
	char path[HOST_PATH];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/class/net/%s%s", root, interface,
		 kind == HOST_LINK_BRIDGE ? "/brif" : "");
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (kind == HOST_LINK_BRIDGE)
			add_port(root, &names, entry->d_name);
		else if (kind == HOST_LINK_VLAN &&
			 strncmp(entry->d_name, "lower_", 6) == 0)
			add_name(&names, entry->d_name + 6);
	}
	closedir(dir);
	return names.count;
}

/* Containers and NAT */

bool host_is_container(const char *root, char kind[static HOST_TEXT])
{
	static const struct {
		const char *path;
		const char *kind;
	} marks[] = {
		{"/.dockerenv", "docker"},
		{"/run/.containerenv", "podman"},
	};

	/* systemd's container interface: the manager's name. */
	if (host_read(root, "/run/systemd/container", kind) == 0)
		return true;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!host_has(root, marks[i].path))
			continue;
		snprintf(kind, HOST_TEXT, "%s", marks[i].kind);
		return true;
	}
	return false;
}

/* The value of `key` in "... key=value ...", from *at on; moves *at. */
static bool next_value(const char **at, const char *key,
		       char value[static ADDR_TEXT])
{
	const char *found = strstr(*at, key);
	size_t length;

	if (!found)
		return false;
	found += strlen(key);
	length = strcspn(found, " \n");
	if (length >= ADDR_TEXT)
		return false;
	memcpy(value, found, length);
	value[length] = '\0';
	*at = found + length;
	return true;
}

/* "... src=A dst=B sport=C dport=25 ... src=D dst=A ...": B is not D. */
static bool is_dnat(const char *line, uint16_t port)
{
	char destination[ADDR_TEXT], source[ADDR_TEXT], number[ADDR_TEXT];

	return strstr(line, " tcp ") &&
	       next_value(&line, " dst=", destination) &&
	       next_value(&line, " dport=", number) &&
	       strtoul(number, NULL, 10) == port &&
	       next_value(&line, " src=", source) &&
	       strcmp(source, destination) != 0;
}

static bool has_dnat(const char *root, uint16_t port)
{
	FILE *file = open_below(root, "/proc/net/nf_conntrack");
	char line[LINE_MAX_OCTETS];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = is_dnat(line, port);
	fclose(file);
	return found;
}

bool host_listens(const char *root, uint16_t port, const struct addr *at,
		  size_t count)
{
	static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	bool listens = false;

	for (size_t i = 0; !listens && i < 2; i++) {
		FILE *file = open_below(root, tables[i]);

		if (!file)
			continue;
		listens = local_mta_listens(file, port, at, count);
		fclose(file);
	}
	return listens;
}

/* Processes */

/* The argument behind `at` within the command line, or NULL. */
static const char *next_argument(const char *at, const char *end)
{
	at += strlen(at) + 1;
	return at < end ? at : NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Runs `posternctl witness follow`, perhaps by way of another program. */
static bool is_follower(const char *arguments, const char *end,
			const void *context)
{
	bool ctl = false;

	(void)context;
	for (const char *at = arguments; at; at = next_argument(at, end)) {
		const char *next = next_argument(at, end);

		if (strcmp(base_name(at), "posternctl") == 0)
			ctl = true;
		else if (ctl && strcmp(at, "witness") == 0)
			return next && strcmp(next, "follow") == 0;
	}
	return false;
}

/* Stands for a container's port: "docker-proxy ... -host-port 25 ...". */
static bool is_docker_proxy(const char *arguments, const char *end,
			    const void *context)
{
	const uint16_t *port = context;

	if (strcmp(base_name(arguments), "docker-proxy") != 0)
		return false;
	for (const char *at = arguments; at; at = next_argument(at, end)) {
		const char *next = next_argument(at, end);

		if (strcmp(at, "-host-port") == 0)
			return next && strtoul(next, NULL, 10) == *port;
	}
	return false;
}

static bool read_namespace(const char *root, const char *process,
			   char name[static HOST_TEXT])
{
	char path[HOST_PATH];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/proc/%.16s/ns/net", root, process);
	length = readlink(path, name, HOST_TEXT - 1);
	if (length > 0)
		name[length] = '\0';
	return length > 0;
}

/* A container's processes are to be seen here, but no affair of ours. */
static bool is_of_this_network(const char *root, const char *process)
{
	char ours[HOST_TEXT], theirs[HOST_TEXT];

	return !read_namespace(root, "self", ours) ||
	       !read_namespace(root, process, theirs) ||
	       strcmp(ours, theirs) == 0;
}

/* Arguments end with NULs.  Returns how many octets there are. */
static size_t read_arguments(const char *root, const char *process,
			     char text[static LINE_MAX_OCTETS])
{
	char path[HOST_PATH];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/cmdline", process);
	file = open_below(root, path);
	if (!file)
		return 0;
	size = fread(text, 1, LINE_MAX_OCTETS - 1, file);
	text[size] = '\0';
	fclose(file);
	return size;
}

/* Whether there is a process of that kind. */
static bool has_process(const char *root,
			bool (*is)(const char *arguments, const char *end,
				   const void *context),
			const void *context)
{
	char path[HOST_PATH], arguments[LINE_MAX_OCTETS];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		size_t size = 0;

		if (isdigit((unsigned char)entry->d_name[0]))
			size = read_arguments(root, entry->d_name, arguments);
		found = size > 0 && is(arguments, arguments + size, context) &&
			is_of_this_network(root, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

bool host_has_witnesses(const char *root)
{
	return has_process(root, is_follower, NULL);
}

bool host_sees_dnat(const char *root, uint16_t port)
{
	return has_dnat(root, port) ||
	       has_process(root, is_docker_proxy, &port);
}

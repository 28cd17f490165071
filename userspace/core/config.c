/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration's life: opening the file, comparing, freeing. */

#include "core/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/config_text.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, text, size);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			text += put;
			size -= (size_t)put;
		}
	}
	return 0;
}

/* Returns a descriptor, or a negative errno. */
static int copy_file(int from)
{
	char *text = NULL;
	size_t size;
	int fd = -1;
	int rc;

	rc = config_text_read(from, &text, &size);
	if (rc != 0)
		goto out;
	fd = memfd_create("postern.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	rc = write_all(fd, text, size);
	if (rc == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		rc = -errno;
out:
	free(text);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

int config_open(const char *path, char error[static CONFIG_ERROR_TEXT])
{
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = from < 0 ? -errno : copy_file(from);

	if (from >= 0)
		close(from);
	if (fd < 0)
		snprintf(error, CONFIG_ERROR_TEXT, "%.200s: %s", path,
			 strerror(-fd));
	return fd;
}

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++)
		free(texts[i]);
	free(texts);
}

static void free_guard(struct config_guard *guard)
{
	for (size_t i = 0; i < guard->primary_count; i++) {
		free(guard->primaries[i].name);
		free(guard->primaries[i].addresses);
	}
	free(guard->primaries);
	free_texts(guard->mx_of, guard->mx_of_count);
	free(guard->protect);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		free_guard(&guard);
		if (i > 0)
			free(guard.name);
	}
	free(config->guards);
	for (size_t i = 0; i < config->feed_count; i++) {
		free(config->feeds[i].name);
		free(config->feeds[i].file);
	}
	free(config->feeds);
	free_texts(config->health.on_up, config->health.on_up_count);
	free_texts(config->health.on_down, config->health.on_down_count);
	free_texts(config->health.on_open, config->health.on_open_count);
	free_texts(config->health.on_close, config->health.on_close_count);
	free_texts(config->health.on_fail_open,
		   config->health.on_fail_open_count);
	free(config->queue.directory);
	free(config->queue.recipient_file);
	free_texts(config->queue.flush, config->queue.flush_count);
	free_texts(config->queue.flush_command,
		   config->queue.flush_command_count);
	free(config->health.helo);
	free(config->health.recipient);
	free(config->doorman.name);
	free(config->doorman.tls_cert_file);
	free(config->doorman.tls_key_file);
	free(config->doorman.postfix);
	free(config->dnsbl.sites);
	free(config->allow);
	free(config->block);
	free(config->user);
	free(config->group);
	free(config->control);
	free(config->pin);
	free(config->state);
	free(config);
}

size_t config_guard_count(const struct config *config)
{
	return 1 + config->guard_count;
}

struct config_guard config_guard(const struct config *config, size_t number)
{
	static char unnamed[] = "";

	if (number > 0)
		return config->guards[number - 1];
	return (struct config_guard){
		.name = unnamed,
		.protect = config->protect,
		.protect_count = config->protect_count,
		.mx_of = config->mx_of,
		.mx_of_count = config->mx_of_count,
		.primaries = config->primaries,
		.primary_count = config->primary_count,
	};
}

size_t config_guard_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_guard_count(config); i++)
		if (strcmp(config_guard(config, i).name, name) == 0)
			return i;
	return SIZE_MAX;
}

size_t config_guard_of(const struct config *config, const struct addr *addr)
{
	for (size_t i = 0; i < config->guard_count; i++)
		for (size_t j = 0; j < config->guards[i].protect_count; j++)
			if (addr_equal(&config->guards[i].protect[j], addr))
				return i + 1;
	return 0;
}

bool config_defers(const struct config *config)
{
	return (config->policy != POLICY_OFF &&
		config->bypass_action == ACTION_DEFER) ||
	       (config->dnsbl.site_count > 0 &&
		(config->dnsbl.action == ACTION_DEFER ||
		 config->dnsbl.overload == ACTION_DEFER));
}

const char *config_fixed_difference(const struct config *now,
				    const struct config *next)
{
	if (strcmp(now->user, next->user) != 0)
		return "user";
	if (strcmp(now->group, next->group) != 0)
		return "group";
	if (strcmp(now->control, next->control) != 0)
		return "control";
	if (strcmp(now->pin, next->pin) != 0)
		return "pin";
	if (strcmp(now->state, next->state) != 0)
		return "state";
	if (now->list_capacity != next->list_capacity)
		return "list-capacity";
	if (now->dnsbl.cache != next->dnsbl.cache)
		return "dnsbl.cache";
	return NULL;
}

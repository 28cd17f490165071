/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration, fed with anything: it loads, and what config_print()
 * makes of it loads to the same, or it is refused by one printable line.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static int load(const void *text, size_t size, struct config **out,
		char error[static CONFIG_ERROR_TEXT])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	int rc;

	check(fd >= 0);
	check(write(fd, text, size) == (ssize_t)size);
	rc = config_load(fd, "fuzz", out, error);
	close(fd);
	return rc;
}

static void check_error(int rc, const char *error)
{
	size_t length = strnlen(error, CONFIG_ERROR_TEXT);

	check(rc == -EINVAL);
	check(length < CONFIG_ERROR_TEXT);
	check(strncmp(error, "fuzz:", 5) == 0);
	for (size_t i = 0; i < length; i++)
		check(error[i] >= ' ' && error[i] <= '~');
}

static char *print(const struct config *config, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	check(out != NULL);
	config_print(config, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;
	struct config *again = NULL;
	char *first, *second;
	size_t length;
	int rc;

	rc = load(data, size, &config, error);
	if (rc != 0) {
		check(config == NULL);
		check_error(rc, error);
		return 0;
	}
	check(error[0] == '\0');
	first = print(config, &length);
	check(load(first, length, &again, error) == 0);
	check(config_fixed_difference(config, again) == NULL);
	second = print(again, &length);
	check(strcmp(first, second) == 0);
	free(second);
	free(first);
	config_free(again);
	config_free(config);
	return 0;
}

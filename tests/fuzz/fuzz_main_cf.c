/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a main.cf, and what stands behind its first NUL as every table
 * that it names: it is refused by one line, or what is made of it is a
 * configuration that loads.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/config.h"
#include "ctl/postfix_print.h"
#include "postfix/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *table;
static size_t table_size;

static void check(int truth)
{
	if (!truth)
		abort();
}

static int read_table(const char *path, char **text, size_t *size)
{
	char *copy = malloc(table_size + 1);

	check(path[0] == '/');
	if (!copy)
		return -ENOMEM;
	memcpy(copy, table, table_size);
	*text = copy;
	*size = table_size;
	return 0;
}

static void check_loads(const struct postfix_import *import)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);

	check(fd >= 0 && out);
	postfix_print(import, "main.cf", out);
	fclose(out);
	/* A very long list may not fit; else all of it is good. */
	if (length <= CONFIG_SIZE_MAX) {
		check(write(fd, text, length) == (ssize_t)length);
		check(config_load(fd, "fuzz", &config, error) == 0);
		check(config->allow_count == import->allow.count);
		config_free(config);
	}
	close(fd);
	free(text);
}

static void check_import(struct main_cf *main_cf)
{
	struct postfix_import *import = calloc(1, sizeof(*import));
	char error[MAIN_CF_ERROR] = "";
	int result;

	if (!import)
		return;
	result = postfix_import(main_cf, read_table, import, error);
	check(result == 0 || result == -EINVAL);
	check((result == 0) == (error[0] == '\0'));
	check(strnlen(error, MAIN_CF_ERROR) < MAIN_CF_ERROR);
	if (result == 0)
		check_loads(import);
	else
		check(strncmp(error, "main.cf:", 8) == 0);
	postfix_import_free(import);
	free(import);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	size_t length = nul ? (size_t)(nul - data) : size;
	struct main_cf *main_cf = NULL;
	char error[MAIN_CF_ERROR] = "";
	int result;

	table = nul ? (const char *)nul + 1 : "";
	table_size = nul ? size - length - 1 : 0;
	result = main_cf_load((const char *)data, length, "main.cf", "/d",
			      &main_cf, error);
	check((result == 0) == (error[0] == '\0'));
	if (result == 0)
		check_import(main_cf);
	main_cf_free(main_cf);
	return 0;
}

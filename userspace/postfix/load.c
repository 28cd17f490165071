/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path to a main.cf. */

#include "postfix/load.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/text.h"

/* As Postfix has it in $config_directory; for free(3), or NULL. */
static char *directory_of(const char *path)
{
	char *copy = strdup(path);
	char *real;

	if (!copy)
		return NULL;
	real = realpath(dirname(copy), NULL);
	free(copy);
	return real;
}

/* The file, or main.cf in a directory; *path for free(3) in any case. */
static int read_main_cf(const char *operand, char **path, char **text,
			size_t *size)
{
	int error = postfix_text_read(operand, text, size);

	if (error == -EISDIR) {
		if (asprintf(path, "%s/main.cf", operand) < 0) {
			*path = NULL;
			return -ENOMEM;
		}
		return postfix_text_read(*path, text, size);
	}
	*path = strdup(operand);
	return *path ? error : -ENOMEM;
}

static int load_text(const char *path, const char *text, size_t size,
		     struct main_cf **out, char error[static MAIN_CF_ERROR])
{
	char *directory = directory_of(path);
	int result = -ENOMEM;

	snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
	if (directory)
		result = main_cf_load(text, size, path, directory, out, error);
	free(directory);
	return result;
}

int postfix_load(const char *operand, struct main_cf **out, char **path,
		 char error[static MAIN_CF_ERROR])
{
	char *name = NULL, *text = NULL;
	size_t size = 0;
	int result;

	result = read_main_cf(operand, &name, &text, &size);
	if (result)
		snprintf(error, MAIN_CF_ERROR, "%.200s: %s",
			 name ? name : operand,
			 result == -ENOTSUP ? "no regular file"
					    : strerror(-result));
	else
		result = load_text(name, text, size, out, error);
	free(text);
	if (result)
		free(name);
	else
		*path = name;
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import, as JSON or as a configuration. */

#include "ctl/import_postfix.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/protocol.h"
#include "ctl/postfix_import.h"
#include "ctl/postfix_print.h"
#include "ctl/postfix_text.h"

static json_t *sites_json(const struct postfix_import *import)
{
	json_t *all = json_array();

	for (size_t i = 0; i < import->site_count; i++) {
		const struct postfix_site *one = &import->sites[i];

		json_array_append_new(all, json_pack("{s:s, s:s?, s:i}", "zone",
						     one->site.zone, "filter",
						     one->filter, "weight",
						     one->site.weight));
	}
	return all;
}

static json_t *allow_json(const struct postfix_import *import)
{
	json_t *all = json_array();
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < import->allow.count; i++)
		json_array_append_new(
			all, json_string(prefix_format(
				     &import->allow.prefixes[i], text)));
	return all;
}

static json_t *notes_json(const struct postfix_import *import)
{
	json_t *all = json_array();
	char text[64];

	for (size_t i = 0; i < import->note_count; i++)
		json_array_append_new(all, control_text(import->notes[i]));
	if (import->notes_omitted > 0) {
		snprintf(text, sizeof(text), "and %zu more notes",
			 import->notes_omitted);
		json_array_append_new(all, json_string(text));
	}
	return all;
}

static void show(const struct ctl *ctl, const char *path,
		 const struct postfix_import *import)
{
	if (ctl->json)
		ctl_print_json(ctl, json_pack("{s:o, s:i, s:o, s:o}", "sites",
					      sites_json(import), "threshold",
					      import->threshold, "allow",
					      allow_json(import), "notes",
					      notes_json(import)));
	else
		postfix_print(import, path, ctl->out);
}

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

static int import_text(const struct ctl *ctl, const char *path,
		       const char *text, size_t size,
		       char error[static MAIN_CF_ERROR])
{
	struct postfix_import *import = calloc(1, sizeof(*import));
	char *directory = directory_of(path);
	struct main_cf *main_cf = NULL;
	int result = -ENOMEM;

	snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
	if (import && directory)
		result = main_cf_load(text, size, path, directory, &main_cf,
				      error);
	if (!result)
		result = postfix_import(main_cf, postfix_text_read, import,
					error);
	if (!result)
		show(ctl, path, import);
	main_cf_free(main_cf);
	if (import)
		postfix_import_free(import);
	free(import);
	free(directory);
	return result;
}

/* The file, or main.cf in a directory; *path for free(3). */
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

enum ctl_exit import_postfix_run(const struct ctl *ctl, char **operands)
{
	char error[MAIN_CF_ERROR];
	char *path = NULL, *text = NULL;
	size_t size = 0;
	int result;

	result = read_main_cf(operands[0], &path, &text, &size);
	if (result)
		snprintf(error, sizeof(error), "%.200s: %s",
			 path ? path : operands[0],
			 result == -ENOTSUP ? "no regular file"
					    : strerror(-result));
	else
		result = import_text(ctl, path, text, size, error);
	if (result)
		ctl_error(ctl, "%s", error);
	free(text);
	free(path);
	return result ? CTL_FAILED : CTL_DONE;
}

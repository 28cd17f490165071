/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import, as JSON or as a configuration. */

#include "ctl/import_postfix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/protocol.h"
#include "ctl/postfix_print.h"
#include "postfix/import.h"
#include "postfix/load.h"
#include "postfix/text.h"

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

static int import_from(const struct ctl *ctl, const char *path,
		       struct main_cf *main_cf,
		       char error[static MAIN_CF_ERROR])
{
	struct postfix_import *import = calloc(1, sizeof(*import));
	int result;

	if (!import) {
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	result = postfix_import(main_cf, postfix_text_read, import, error);
	if (!result)
		show(ctl, path, import);
	postfix_import_free(import);
	free(import);
	return result;
}

enum ctl_exit import_postfix_run(const struct ctl *ctl, char **operands)
{
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf = NULL;
	char *path = NULL;
	int result;

	result = postfix_load(operands[0], &main_cf, &path, error);
	if (!result)
		result = import_from(ctl, path, main_cf, error);
	if (result)
		ctl_error(ctl, "%s", error);
	main_cf_free(main_cf);
	free(path);
	return result ? CTL_FAILED : CTL_DONE;
}

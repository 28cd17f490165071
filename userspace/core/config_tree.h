/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as libconfuse holds it: a tree of sections and keys, in
 * which every value says where it was read.
 *
 * Private to config_tree.c and config_load.c.
 */
#ifndef POSTERN_CORE_CONFIG_TREE_H
#define POSTERN_CORE_CONFIG_TREE_H

#include <confuse.h>
#include <stdarg.h>

#include "core/config_keys.h"
#include "core/config_source.h"

struct config_value {
	const cfg_t *section;
	const struct config_key *key;
	int line;
	_Alignas(max_align_t) unsigned char data[]; /* key->kind->size */
};

struct config_source {
	const char *name;
	cfg_t *root; /* for cfg_free() */
	int last_line;
	int status; /* of the first failure */
	char *error;
};

/* As config_source_fail(), with another status; line 0 is none. */
int config_source_vfail(struct config_source *source, int status, int line,
			const char *format, va_list arguments)
	__attribute__((format(printf, 4, 0)));

/* Returns 0, -ENOMEM, or -EINVAL with `why` set; then *out is untouched. */
int config_value_new(const struct config_key *key, const char *text,
		     struct config_value **out,
		     char why[static CONFIG_WHY_TEXT]);
void config_value_free(struct config_value *value);

/*
 * Parses `text`, which config_text_clean() has seen, into source->root.
 * Returns 0, or a negative errno, recorded in `source` unless it is -ENOMEM.
 */
int config_tree_parse(struct config_source *source, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in which file a configuration comes from, for what is checked after
 * all of it has been read.
 *
 * Private to core/config*.c.
 */
#ifndef POSTERN_CORE_CONFIG_SOURCE_H
#define POSTERN_CORE_CONFIG_SOURCE_H

#include "core/config.h"

struct config_source;

/*
 * The line of the entry `index` of a key; that of the last entry where there
 * are fewer, or the file's last line where the key is not given.
 */
int config_source_line(const struct config_source *source, const char *section,
		       const char *key, size_t index);

/*
 * The same for a key of the section number `number` of those of a name that
 * may come several times; the section's own line where the key is not given.
 */
int config_source_titled_line(const struct config_source *source,
			      const char *section, size_t number,
			      const char *key, size_t index);

/* And for a key of a section within such a section. */
int config_source_nested_line(const struct config_source *source,
			      const char *section, size_t number,
			      const char *nested, size_t nested_number,
			      const char *key, size_t index);

/* Records "NAME:LINE: ..." unless something is recorded; returns -EINVAL. */
int config_source_fail(struct config_source *source, int line,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* config_check.c: what holds between keys.  Returns 0, or -EINVAL, recorded. */
int config_check(const struct config *config, struct config_source *source);

#endif

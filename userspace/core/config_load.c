/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads a configuration: text, tree, struct config, checks.  Records the one
 * error that is reported.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_text.h"
#include "core/config_tree.h"

int config_source_vfail(struct config_source *source, int status, int line,
			const char *format, va_list arguments)
{
	int used;

	if (source->status != 0)
		return source->status;
	source->status = status;
	if (line > 0)
		used = snprintf(source->error, CONFIG_ERROR_TEXT,
				"%.200s:%d: ", source->name, line);
	else
		used = snprintf(source->error, CONFIG_ERROR_TEXT,
				"%.200s: ", source->name);
	vsnprintf(source->error + used, CONFIG_ERROR_TEXT - (size_t)used,
		  format, arguments);
	return status;
}

int config_source_fail(struct config_source *source, int line,
		       const char *format, ...)
{
	va_list arguments;
	int rc;

	va_start(arguments, format);
	rc = config_source_vfail(source, -EINVAL, line, format, arguments);
	va_end(arguments);
	return rc;
}

/* No line is to blame. */
__attribute__((format(printf, 3, 4))) static int
fail(struct config_source *source, int status, const char *format, ...)
{
	va_list arguments;
	int rc;

	va_start(arguments, format);
	rc = config_source_vfail(source, status, 0, format, arguments);
	va_end(arguments);
	return rc;
}

static int entry_line(const struct config_source *source, cfg_t *section,
		      const char *key, size_t index)
{
	cfg_opt_t *option = section ? cfg_getopt(section, key) : NULL;
	unsigned int entries = option ? cfg_opt_size(option) : 0;
	const struct config_value *value;

	if (entries == 0)
		return source->last_line;
	if (index >= entries)
		index = entries - 1;
	value = cfg_opt_getnptr(option, (unsigned int)index);
	return value->line;
}

int config_source_line(const struct config_source *source, const char *section,
		       const char *key, size_t index)
{
	cfg_t *holder = source->root;

	if (*section != '\0')
		holder = cfg_getsec(source->root, section);
	return entry_line(source, holder, key, index);
}

int config_source_titled_line(const struct config_source *source,
			      const char *section, size_t number,
			      const char *key, size_t index)
{
	cfg_t *holder =
		cfg_getnsec(source->root, section, (unsigned int)number);
	int line = entry_line(source, holder, key, index);

	/* Where the key is missing, the section at least. */
	if (holder && cfg_size(holder, key) == 0)
		return holder->line;
	return line;
}

int config_source_nested_line(const struct config_source *source,
			      const char *section, size_t number,
			      const char *nested, size_t nested_number,
			      const char *key, size_t index)
{
	cfg_t *outer = cfg_getnsec(source->root, section, (unsigned int)number);
	cfg_t *holder =
		outer ? cfg_getnsec(outer, nested, (unsigned int)nested_number)
		      : NULL;

	if (holder && cfg_size(holder, key) == 0)
		return holder->line;
	return entry_line(source, holder, key, index);
}

/* Hands what the value owns over to `to`. */
static void move_value(struct config_value *value, void *to)
{
	memcpy(to, value->data, value->key->kind->size);
	memset(value->data, 0, value->key->kind->size);
}

static int store_default(const struct config_key *key, void *to)
{
	struct config_value *value = NULL;
	char why[CONFIG_WHY_TEXT];
	int rc;

	rc = config_value_new(key, key->fallback, &value, why);
	if (rc != 0)
		return rc;
	move_value(value, to);
	config_value_free(value);
	return 0;
}

static int store_list(const struct config_key *key, cfg_opt_t *option,
		      unsigned char *base)
{
	size_t size = key->kind->size;
	size_t count = cfg_opt_size(option);
	unsigned char *to = base + key->offset;

	if (!key->in_place && count > 0) {
		/* One more, so that lists of pointers end with NULL. */
		unsigned char *entries = calloc(count + 1, size);

		if (!entries)
			return -ENOMEM;
		memcpy(to, &entries, sizeof(entries));
		to = entries;
	}
	for (size_t i = 0; i < count; i++)
		move_value(cfg_opt_getnptr(option, (unsigned int)i),
			   to + i * size);
	if (count == 0 && key->fallback) {
		int rc = store_default(key, to);

		if (rc != 0)
			return rc;
		count = 1;
	}
	memcpy(base + key->count, &count, sizeof(count));
	return 0;
}

static int store_section(cfg_t *cfg, const struct config_section *section,
			 void *to)
{
	unsigned char *base = to;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];
		cfg_opt_t *option = cfg_getopt(cfg, key->name);

		if (key->entries > 0)
			rc = store_list(key, option, base);
		else if (cfg_opt_size(option) > 0)
			move_value(cfg_opt_getnptr(option, 0),
				   base + key->offset);
		else if (key->fallback)
			rc = store_default(key, base + key->offset);
	}
	return rc;
}

static int store_titled(cfg_t *holder, const struct config_section *section,
			unsigned char *base, size_t offset, size_t count_at);

static int store_one(cfg_t *cfg, const struct config_section *section,
		     unsigned char *to)
{
	int rc;

	/* As with values, what libconfuse allocated moves on. */
	memcpy(to, &cfg->title, sizeof(cfg->title));
	cfg->title = NULL;
	rc = store_section(cfg, section, to);
	if (rc == 0 && section->holds)
		rc = store_titled(cfg, config_section_find(section->holds), to,
				  section->holds_offset, section->holds_count);
	return rc;
}

/* Those that come any number of times, each with a title. */
static int store_titled(cfg_t *holder, const struct config_section *section,
			unsigned char *base, size_t offset, size_t count_at)
{
	size_t count = cfg_size(holder, section->name);
	unsigned char *all;
	int rc = 0;

	if (count == 0)
		return 0;
	all = calloc(count, section->size);
	if (!all)
		return -ENOMEM;
	memcpy(base + offset, &all, sizeof(all));
	memcpy(base + count_at, &count, sizeof(count));
	for (unsigned int i = 0; rc == 0 && i < count; i++)
		rc = store_one(cfg_getnsec(holder, section->name, i), section,
			       all + i * section->size);
	return rc;
}

static int store(cfg_t *root, struct config *config)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < CONFIG_SECTIONS; i++) {
		const struct config_section *section = &config_sections[i];

		if (section->size > 0)
			rc = store_titled(root, section,
					  (unsigned char *)config,
					  section->offset, section->count);
		else if (*section->name == '\0')
			rc = store_section(root, section, config);
		else
			rc = store_section(cfg_getsec(root, section->name),
					   section, config);
	}
	config->health.require_all = config->health.require == 0;
	return rc;
}

/* Reads the file and checks what libconfuse would misread. */
static int read_text(struct config_source *source, int fd, char **text,
		     size_t *size)
{
	char why[CONFIG_WHY_TEXT];
	int rc;

	rc = config_text_read(fd, text, size);
	if (rc == -EFBIG)
		return fail(source, -EINVAL,
			    "the file is larger than %d octets, expected long "
			    "lists to be elsewhere",
			    CONFIG_SIZE_MAX);
	if (rc != 0)
		return fail(source, rc, "%s", strerror(-rc));
	if (config_text_clean(*text, *size, &source->last_line, why) != 0)
		return config_source_fail(source, source->last_line, "%s", why);
	return 0;
}

int config_load(int fd, const char *name, struct config **out,
		char error[static CONFIG_ERROR_TEXT])
{
	struct config_source source = {.name = name, .error = error};
	struct config *config = NULL;
	char *text = NULL;
	size_t size = 0;
	int rc;

	rc = read_text(&source, fd, &text, &size);
	if (rc != 0)
		goto out;
	rc = config_tree_parse(&source, text, size);
	if (rc != 0)
		goto out;
	rc = -ENOMEM;
	config = calloc(1, sizeof(*config));
	if (!config)
		goto out;
	rc = store(source.root, config);
	if (rc != 0)
		goto out;
	rc = config_check(config, &source);
	if (rc != 0)
		goto out;
	*out = config;
	config = NULL;
out:
	if (rc != 0 && source.status == 0)
		fail(&source, rc, "%s", strerror(-rc));
	config_free(config);
	if (source.root)
		cfg_free(source.root);
	free(text);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of libconfuse: its options, its callbacks, its errors.
 *
 * To libconfuse every key holds pointers: to a struct config_value.  Values
 * are parsed and refused as they are met, so that the first error of the file
 * is the one reported.
 */

#include "core/config_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_values.h"
#include "core/config_words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Room for "section.key". */
#define NAME_TEXT 64

/* libconfuse gives its callbacks no context; NULL when it is not parsing. */
static struct config_source *parsing;

void config_value_free(struct config_value *value)
{
	char *text;

	if (!value)
		return;
	if (value->key->kind->owned) {
		memcpy(&text, value->data, sizeof(text));
		free(text);
	}
	free(value);
}

int config_value_new(const struct config_key *key, const char *text,
		     struct config_value **out,
		     char why[static CONFIG_WHY_TEXT])
{
	size_t size = key->kind->size;
	struct config_value *value;
	int rc;

	value = calloc(1, sizeof(*value) + size);
	if (!value)
		return -ENOMEM;
	value->key = key;
	rc = key->kind->parse(key, text, value->data, why);
	if (rc != 0) {
		free(value);
		return rc;
	}
	*out = value;
	return 0;
}

static const struct config_section *section_of(const cfg_t *cfg)
{
	bool root = cfg == parsing->root;

	return config_section_find(root ? "" : cfg->name);
}

/* "mode", "health.interval" */
static const char *full_name(const struct config_section *section,
			     const char *key, char name[static NAME_TEXT])
{
	snprintf(name, NAME_TEXT, "%s%s%.40s", section->name,
		 *section->name != '\0' ? "." : "", key);
	return name;
}

/* One value as libconfuse meets it. */
struct met {
	cfg_t *cfg;
	cfg_opt_t *option;
	const struct config_section *section;
	const struct config_key *key;
	const char *text;
};

/* "health.fall = "0"" and what is wrong with it; returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int refuse(const struct met *met,
							const char *format, ...)
{
	bool site = met->key->kind == &config_kind_site;
	char shown[CONFIG_SHOWN_TEXT];
	char why[CONFIG_WHY_TEXT];
	char name[NAME_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return config_source_fail(parsing, met->cfg->line, "%s = \"%s\"%s",
				  full_name(met->section, met->key->name, name),
				  config_show(met->text, site, shown), why);
}

static int refuse_unsupported(const struct met *met,
			      const struct config_unsupported *entry)
{
	return refuse(met, " is not supported by this version: %s",
		      entry->instead);
}

/* The entry before the last that is the same as `value`. */
static const struct config_value *find_twin(cfg_opt_t *option,
					    const struct config_value *value)
{
	size_t size = value->key->kind->size;

	for (unsigned int i = 0; i + 1 < cfg_opt_size(option); i++) {
		const struct config_value *other = cfg_opt_getnptr(option, i);

		if (memcmp(other->data, value->data, size) == 0)
			return other;
	}
	return NULL;
}

/* libconfuse has made room for the value in its list before. */
static int check_list(const struct met *met, const struct config_value *value)
{
	const struct config_key *key = met->key;
	const struct config_value *twin;

	if (key->entries > 0 && cfg_opt_size(met->option) > key->entries)
		return refuse(met, " is one too many, expected at most %zu",
			      key->entries);
	twin = key->distinct ? find_twin(met->option, value) : NULL;
	if (!twin)
		return 0;
	return refuse(met,
		      " is given twice, first on line %d, expected it "
		      "once",
		      twin->line);
}

static int parse_met(const struct met *met, struct config_value **out)
{
	const struct config_unsupported *entry = config_unsupported_find(
		met->section->name, met->key->name, met->text);
	struct config_value *value = NULL;
	char why[CONFIG_WHY_TEXT];
	int rc;

	if (entry)
		return refuse_unsupported(met, entry);
	rc = config_value_new(met->key, met->text, &value, why);
	if (rc == -EINVAL)
		refuse(met, ": %s", why);
	if (rc == 0)
		rc = check_list(met, value);
	if (rc != 0) {
		config_value_free(value);
		return rc;
	}
	value->section = met->cfg;
	value->line = met->cfg->line;
	*out = value;
	return 0;
}

/* libconfuse has read one value. */
static int take_value(cfg_t *cfg, cfg_opt_t *option, const char *text,
		      void *result)
{
	const struct config_section *section = section_of(cfg);
	struct met met = {
		.cfg = cfg,
		.option = option,
		.section = section,
		.key = config_key_find(section, option->name),
		.text = text,
	};

	struct config_value *value = NULL;
	void **slot = result;

	if (parsing->status != 0 || parse_met(&met, &value) != 0)
		return -1;
	*slot = value;
	return 0;
}

/*
 * libconfuse lets go of a value: while it is parsing that means that the key
 * is given again, which silently undid what was said before.
 */
static void drop_value(void *pointer)
{
	struct config_value *value = pointer;
	char name[NAME_TEXT];

	if (parsing) {
		full_name(section_of(value->section), value->key->name, name);
		config_source_fail(parsing, value->section->line,
				   "%s is given a second time, first on line "
				   "%d, expected it once%s",
				   name, value->line,
				   value->key->entries > 0
					   ? " (`+=` adds to a list)"
					   : "");
	}
	config_value_free(value);
}

/* libconfuse does not know a key. */
static void refuse_key(const cfg_t *cfg, const char *key)
{
	const struct config_section *section = section_of(cfg);
	const struct config_unsupported *entry =
		config_unsupported_find(section->name, key, NULL);
	bool root = *section->name == '\0';
	char shown[CONFIG_SHOWN_TEXT];
	char advice[CONFIG_WHY_TEXT];

	config_show(key, false, shown);
	if (entry)
		config_source_fail(parsing, cfg->line,
				   "`%s` is not supported by this version: %s",
				   shown, entry->instead);
	else
		config_source_fail(
			parsing, cfg->line, "unknown key `%s`%s%s%s, %s", shown,
			root ? "" : " in `", section->name, root ? "" : "`",
			config_advise(section, key, advice));
}

/* libconfuse's messages, whose one argument is a string, in plainer words. */
static const struct translation {
	const char *from;
	const char *before;
	const char *after;
} translations[] = {
	{"unexpected token '%s'", "`",
	 "` does not fit here, expected a value, or a `,`, `=` or brace "
	 "before it"},
	{"found duplicate title '%s'", "\"",
	 "\" is given a second time, expected it once"},
	{"missing equal sign after option '%s'", "`",
	 "` without a value, expected `=` after it"},
	{"missing opening brace for section '%s'", "`",
	 "` is a section, expected `{` to begin it"},
	{"missing title for section '%s'", "`",
	 "` without a name, expected one in quotes after it"},
	{"attempt to append to non-list option '%s'", "`",
	 "` is no list, expected `=` after it"},
};

/* libconfuse refuses something of its own. */
__attribute__((format(printf, 2, 0))) static void
take_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char shown[CONFIG_SHOWN_TEXT];

	if (strcmp(format, "no such option '%s'") == 0) {
		refuse_key(cfg, va_arg(arguments, const char *));
		return;
	}
	if (strcmp(format, "premature end of file") == 0) {
		config_source_fail(parsing, parsing->last_line,
				   "the file ends within a setting, expected "
				   "its value");
		return;
	}
	for (size_t i = 0; i < COUNT(translations); i++) {
		if (strcmp(format, translations[i].from) != 0)
			continue;
		config_show(va_arg(arguments, const char *), false, shown);
		config_source_fail(parsing, cfg->line, "%s%s%s",
				   translations[i].before, shown,
				   translations[i].after);
		return;
	}
	config_source_vfail(parsing, -EINVAL, cfg->line, format, arguments);
}

/* A section with a title has been read: the last one of `option`. */
static int check_title(cfg_t *cfg, cfg_opt_t *option)
{
	const struct config_section *section =
		config_section_find(option->name);
	unsigned int last = cfg_opt_size(option) - 1;
	const char *title = cfg_opt_getnsec(option, last)->title;
	char shown[CONFIG_SHOWN_TEXT];

	config_show(title, false, shown);
	if (!section->accepts(title))
		return config_source_fail(parsing, cfg->line,
					  "%s \"%s\": expected %s",
					  option->name, shown, section->hint);
	if (last >= section->entries)
		return config_source_fail(parsing, cfg->line,
					  "%s \"%s\" is one too many, expected "
					  "at most %zu",
					  option->name, shown,
					  section->entries);
	for (unsigned int i = 0; i < last; i++)
		if (strcasecmp(cfg_opt_getnsec(option, i)->title, title) == 0)
			return config_source_fail(parsing, cfg->line,
						  "the %s \"%s\" is given a "
						  "second time, expected it "
						  "once",
						  option->name, shown);
	return 0;
}

/* The keys of a section, and those behind them, as libconfuse wants them. */
static cfg_opt_t *options_new(const struct config_section *section, size_t more)
{
	cfg_opt_t *options =
		calloc(section->key_count + more + 1, sizeof(*options));

	for (size_t i = 0; options && i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];
		cfg_flag_t flags = key->entries > 0 ? CFGF_LIST : CFGF_NONE;

		options[i] = (cfg_opt_t)CFG_PTR_CB(key->name, NULL, flags,
						   take_value, drop_value);
	}
	return options;
}

/* The option for a section itself; its keys are freed by free_options(). */
static int put_section(const struct config_section *section, cfg_opt_t *out)
{
	bool titled = section->size > 0;
	cfg_flag_t flags =
		titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES
		       : CFGF_NONE;
	cfg_opt_t *keys = options_new(section, section->holds ? 1 : 0);
	int rc = 0;

	if (!keys)
		return -ENOMEM;
	*out = (cfg_opt_t)CFG_SEC(section->name, keys, flags);
	if (titled)
		out->validcb = check_title;
	if (section->holds)
		rc = put_section(config_section_find(section->holds),
				 keys + section->key_count);
	return rc;
}

static void free_options(cfg_opt_t *options)
{
	for (cfg_opt_t *at = options; at && at->name; at++)
		free_options(at->subopts);
	free(options);
}

static int tree_new(cfg_t **out)
{
	const struct config_section *root = config_section_find("");
	cfg_opt_t *options = options_new(root, CONFIG_SECTIONS);
	cfg_opt_t *at;
	int rc = -ENOMEM;

	if (!options)
		return rc;
	at = options + root->key_count;
	for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
		if (&config_sections[i] == root)
			continue;
		if (put_section(&config_sections[i], at++) != 0)
			goto out;
	}
	*out = cfg_init(options, CFGF_NONE);
	if (*out)
		rc = 0;
out:
	/* cfg_init() has copied it all. */
	free_options(options);
	return rc;
}

int config_tree_parse(struct config_source *source, char *text, size_t size)
{
	FILE *stream;
	int rc;

	rc = tree_new(&source->root);
	/* Nothing to parse, and no stream of that size. */
	if (rc != 0 || size == 0)
		return rc;
	stream = fmemopen(text, size, "r");
	if (!stream)
		return -errno;
	cfg_set_error_function(source->root, take_error);
	parsing = source;
	rc = cfg_parse_fp(source->root, stream);
	parsing = NULL;
	fclose(stream);
	/* It says nothing when it is out of memory. */
	if (rc != CFG_SUCCESS && source->status == 0)
		return -ENOMEM;
	return source->status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a configuration from the tables that it was read by. */

#include <string.h>

#include "core/config_keys.h"

static void print_list(const struct config_key *key, const unsigned char *base,
		       FILE *out)
{
	const unsigned char *entries = base + key->offset;
	size_t count;

	memcpy(&count, base + key->count, sizeof(count));
	if (!key->in_place)
		memcpy(&entries, base + key->offset, sizeof(entries));
	fputs("{", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? " " : ", ", out);
		key->kind->print(key, entries + i * key->kind->size, out);
	}
	fputs(" }", out);
}

/* Texts without a default may be missing, and have no word for that. */
static bool is_missing(const struct config_key *key, const unsigned char *base)
{
	const char *text;

	if (key->entries > 0 || !key->kind->owned)
		return false;
	memcpy(&text, base + key->offset, sizeof(text));
	return !text;
}

static void print_keys(const struct config_section *section, const void *from,
		       const char *indent, FILE *out)
{
	const unsigned char *base = from;

	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];

		if (is_missing(key, base))
			continue;
		fprintf(out, "%s%s = ", indent, key->name);
		if (key->entries > 0)
			print_list(key, base, out);
		else
			key->kind->print(key, base + key->offset, out);
		putc('\n', out);
	}
}

static void print_section(const struct config_section *section,
			  const unsigned char *from, const char *indent,
			  FILE *out);

static void print_titled(const struct config_section *section,
			 const unsigned char *base, size_t offset,
			 size_t count_at, const char *indent, FILE *out)
{
	const unsigned char *all;
	size_t count;

	memcpy(&all, base + offset, sizeof(all));
	memcpy(&count, base + count_at, sizeof(count));
	for (size_t i = 0; i < count; i++)
		print_section(section, all + i * section->size, indent, out);
}

/* No section within another one holds a third. */
static void print_section(const struct config_section *section,
			  const unsigned char *from, const char *indent,
			  FILE *out)
{
	const char *title;

	fprintf(out, "%s%s ", indent, section->name);
	if (section->size > 0) {
		memcpy(&title, from, sizeof(title));
		fprintf(out, "\"%s\" ", title);
	}
	fputs("{\n", out);
	print_keys(section, from, *indent ? "\t\t" : "\t", out);
	if (section->holds)
		print_titled(config_section_find(section->holds), from,
			     section->holds_offset, section->holds_count, "\t",
			     out);
	fprintf(out, "%s}\n", indent);
}

void config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
		const struct config_section *section = &config_sections[i];
		const void *base = config;

		if (*section->name == '\0')
			print_keys(section, base, "", out);
		else if (section->size > 0)
			print_titled(section, base, section->offset,
				     section->count, "", out);
		else
			print_section(section, base, "", out);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host and its Postfix. */

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_values.h"
#include "ctl/setup_facts.h"
#include "postfix/load.h"
#include "postfix/text.h"

#define LEVELS_MAX 4 /* of interfaces upon interfaces */

void setup_note(struct setup *setup, enum setup_state state, const char *what,
		const char *format, ...)
{
	struct setup_note *note = &setup->notes[setup->note_count];
	va_list args;

	if (setup->note_count == SETUP_NOTES_MAX)
		return;
	setup->note_count++;
	note->state = state;
	note->what = what;
	va_start(args, format);
	vsnprintf(note->text, sizeof(note->text), format, args);
	va_end(args);
}

/* Interfaces */

/* Adds what XDP is attached to for `name`, which lies `level` levels down. */
static void add_lower(struct setup *setup, const char *name, int level)
{
	char lower[CONFIG_INTERFACES_MAX][IF_NAMESIZE];
	enum host_link kind = host_link_kind(setup->root, name);
	size_t count = 0;

	if (level < LEVELS_MAX &&
	    (kind == HOST_LINK_BRIDGE || kind == HOST_LINK_VLAN))
		count = host_lower(setup->root, name, lower);
	for (size_t i = 0; i < count; i++)
		add_lower(setup, lower[i], level + 1);
	if (count > 0)
		return;
	for (size_t i = 0; i < setup->interface_count; i++)
		if (strcmp(setup->interfaces[i], name) == 0)
			return;
	if (setup->interface_count < CONFIG_INTERFACES_MAX)
		snprintf(setup->interfaces[setup->interface_count++],
			 IF_NAMESIZE, "%s", name);
}

static void note_interface(struct setup *setup, const char *name, size_t before)
{
	char lower[SETUP_TEXT / 2] = "";

	for (size_t i = before; i < setup->interface_count; i++)
		snprintf(lower + strlen(lower), sizeof(lower) - strlen(lower),
			 "%s%s", i > before ? ", " : "", setup->interfaces[i]);
	if (before == setup->interface_count)
		return;
	if (strcmp(lower, name) == 0)
		setup_note(setup, SETUP_FOUND, "interface",
			   "%s: a default route leads there", name);
	else
		setup_note(setup, SETUP_FOUND, "interface",
			   "%s: below %s, to which a default route leads",
			   lower, name);
}

static void find_addresses(struct setup *setup)
{
	char text[SETUP_TEXT] = "", one[ADDR_TEXT];

	for (size_t i = 0; i < setup->routed_count; i++) {
		size_t room = ADDRESSES_PROTECTED_MAX - setup->own_count;
		int count = addresses_of(setup->routed[i],
					 setup->own + setup->own_count, room);

		if (count > 0)
			setup->own_count +=
				(size_t)count > room ? room : (size_t)count;
	}
	for (size_t i = 0; i < setup->own_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s", i > 0 ? ", " : "",
			 addr_format(&setup->own[i], one));
	if (setup->own_count > 0)
		setup_note(setup, SETUP_FOUND, "addresses", "%s", text);
	else
		setup_note(setup, SETUP_MISSING, "addresses",
			   "no global address is there");
}

void setup_find_host(struct setup *setup)
{
	setup->routed_count =
		host_default_interfaces(setup->root, setup->routed);
	for (size_t i = 0; i < setup->routed_count; i++) {
		size_t before = setup->interface_count;

		add_lower(setup, setup->routed[i], 0);
		note_interface(setup, setup->routed[i], before);
	}
	if (setup->interface_count == 0)
		setup_note(setup, SETUP_MISSING, "interface",
			   "there is no default route: put in by which "
			   "interface mail arrives");
	find_addresses(setup);
}

/* Postfix */

/* Values that are missing or empty stay NULL. */
static int take_value(struct main_cf *main_cf, const char *name, char **out,
		      char error[static MAIN_CF_ERROR])
{
	char *text = NULL;
	int result = main_cf_get(main_cf, name, NULL, NULL, &text, error);

	if (!result && text && *text != '\0')
		*out = text;
	else
		free(text);
	return result;
}

/* smtpd_tls_chain_files wins where it is set; the first file is enough. */
static int take_certificate(struct setup *setup, struct main_cf *main_cf,
			    char error[static MAIN_CF_ERROR])
{
	int result = take_value(main_cf, "smtpd_tls_chain_files",
				&setup->certificate, error);

	if (!result && !setup->certificate)
		result = take_value(main_cf, "smtpd_tls_cert_file",
				    &setup->certificate, error);
	if (setup->certificate)
		setup->certificate[strcspn(setup->certificate,
					   POSTFIX_SEPARATOR)] = '\0';
	return result;
}

static int take(struct setup *setup, struct main_cf *main_cf,
		char error[static MAIN_CF_ERROR])
{
	int result = postfix_import(main_cf, postfix_text_read, &setup->import,
				    error);

	if (!result)
		result = served_find(main_cf, postfix_text_read, &setup->served,
				     error);
	if (!result)
		result = take_value(main_cf, "myhostname", &setup->host_name,
				    error);
	if (!result)
		result = take_value(main_cf, "queue_directory", &setup->queue,
				    error);
	if (!result)
		result = take_certificate(setup, main_cf, error);
	return result;
}

static void note_postfix(struct setup *setup)
{
	const struct postfix_import *import = &setup->import;

	setup_note(setup, SETUP_FOUND, "postfix", "%.250s", setup->postfix);
	setup_note(setup, import->allow.count ? SETUP_FOUND : SETUP_LOOK,
		   "allow",
		   "%zu networks from mynetworks and postscreen_access_list",
		   import->allow.count);
	if (import->site_count > 0 && postfix_import_lists(import))
		setup_note(setup, SETUP_FOUND, "blocklists",
			   "%zu that Postfix asks, threshold %d",
			   import->site_count, import->threshold);
	else
		setup_note(setup, SETUP_LOOK, "blocklists",
			   "Postfix here asks none: use what the primary uses");
	for (size_t i = 0; i < setup->served.note_count; i++)
		setup_note(setup, SETUP_LOOK, "domains", "%s",
			   setup->served.notes[i]);
	if (setup->certificate)
		setup_note(setup, SETUP_FOUND, "certificate",
			   "%.200s, which the doorman uses, too",
			   setup->certificate);
}

/* A path that posternd would refuse is Postfix's own affair. */
static void drop_unusable(struct setup *setup)
{
	if (setup->queue &&
	    (!config_is_path(setup->queue) || strpbrk(setup->queue, "'\\"))) {
		free(setup->queue);
		setup->queue = NULL;
	}
	if (setup->host_name && !config_is_host_name(setup->host_name)) {
		free(setup->host_name);
		setup->host_name = NULL;
	}
}

int setup_find_postfix(struct setup *setup, const char *operand)
{
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf = NULL;
	char *path = NULL;
	int result;

	result = postfix_load(operand, &main_cf, &path, error);
	if (!result)
		result = take(setup, main_cf, error);
	main_cf_free(main_cf);
	if (!result) {
		setup->postfix = path;
		drop_unusable(setup);
		note_postfix(setup);
		return 0;
	}
	free(path);
	setup_note(setup, SETUP_MISSING, "postfix",
		   "%.200s: fill in what another mail server has", error);
	return result == -ENOMEM ? result : 0;
}

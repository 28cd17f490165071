/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a setup, what it tells, and what it writes. */

#include "ctl/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/protocol.h"
#include "ctl/setup_facts.h"
#include "ctl/table.h"

#define POSTFIX_DIRECTORY "/etc/postfix"

static const struct {
	const char *name;
	enum tone tone;
} states[SETUP_STATES] = {
	[SETUP_FOUND] = {"found", TONE_GOOD},
	[SETUP_LOOK] = {"look", TONE_WARN},
	[SETUP_MISSING] = {"missing", TONE_BAD},
};

/* What is told */

static void show_notes(FILE *out, const struct setup *setup)
{
	struct table table = table_of("lll");
	struct print print = print_to(out);
	char text[SETUP_TEXT];

	print_heading(&print, "What is here");
	for (size_t i = 0; i < setup->note_count; i++) {
		const struct setup_note *note = &setup->notes[i];

		memcpy(text, note->text, sizeof(text));
		table_add(&table, states[note->state].tone, "%s",
			  states[note->state].name);
		table_add(&table, TONE_PLAIN, "%s", note->what);
		table_add(&table, TONE_PLAIN, "%s", print_clean(text));
	}
	table_finish(&table, &print);
}

static json_t *notes_json(const struct setup *setup)
{
	json_t *all = json_array();

	for (size_t i = 0; i < setup->note_count; i++)
		json_array_append_new(
			all, json_pack("{s:s, s:s, s:o}", "state",
				       states[setup->notes[i].state].name,
				       "what", setup->notes[i].what, "text",
				       control_text(setup->notes[i].text)));
	return all;
}

static void tell(const struct ctl *ctl, const struct setup *setup,
		 const char *path, const char *text)
{
	struct print print = print_to(ctl->out);

	if (ctl->json) {
		ctl_print_json(ctl, json_pack("{s:s?, s:o, s:s}", "file", path,
					      "notes", notes_json(setup),
					      "configuration", text));
		return;
	}
	/* So that what is printed can go to a file. */
	show_notes(path ? ctl->out : ctl->err, setup);
	if (!path) {
		fputs(text, ctl->out);
		return;
	}
	print_heading(&print, "What is next");
	print_paragraph(&print, TONE_GOOD, "",
			"%s is written, in monitor mode: nothing is refused or "
			"delayed.",
			path);
	print_paragraph(&print, TONE_PLAIN, "",
			"Look at it, then: posternctl check, and systemctl "
			"enable --now posternd.");
}

/* What is written */

/* By the eyes of posternd. */
static int prove(const char *text, size_t size,
		 char error[static CONFIG_ERROR_TEXT])
{
	int fd = memfd_create("setup", MFD_CLOEXEC);
	struct config *config = NULL;
	int result;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
		result = -errno;
		snprintf(error, CONFIG_ERROR_TEXT, "%s", strerror(errno));
	} else {
		result = config_load(fd, "the configuration made", &config,
				     error);
	}
	if (fd >= 0)
		close(fd);
	config_free(config);
	return result;
}

static void refuse(const struct ctl *ctl, const char *path)
{
	ctl_error(ctl,
		  "%s is there already, and is left as it is: --force replaces "
		  "it, --dry-run prints what it would be",
		  path);
}

static bool write_file(const struct ctl *ctl, const char *path,
		       const char *text, size_t size)
{
	int error =
		setup_write(path, text, size, ctl_option(ctl, "force") != NULL);

	if (error == -EEXIST)
		refuse(ctl, path);
	else if (error)
		ctl_error(ctl, "can't write %s: %s", path, strerror(-error));
	return !error;
}

/* Where to write; NULL: nowhere. */
static const char *output(const struct ctl *ctl)
{
	const char *path = ctl_option(ctl, "output");

	if (ctl_option(ctl, "dry-run"))
		return NULL;
	return path ? path : CONFIG_DEFAULT_FILE;
}

static enum ctl_exit finish(const struct ctl *ctl, const struct setup *setup)
{
	const char *path = output(ctl);
	char error[CONFIG_ERROR_TEXT];
	enum ctl_exit status = CTL_FAILED;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		ctl_error(ctl, "%s", strerror(errno));
		return CTL_FAILED;
	}
	setup_print(setup, out);
	if (fclose(out) != 0)
		ctl_error(ctl, "%s", strerror(errno));
	else if (prove(text, size, error))
		ctl_error(ctl, "posternd would refuse it: %s", error);
	else if (!path || write_file(ctl, path, text, size))
		status = CTL_DONE;
	if (status == CTL_DONE)
		tell(ctl, setup, path, text);
	free(text);
	return status;
}

static int find(const struct ctl *ctl, struct setup *setup)
{
	const char *postfix = ctl_option(ctl, "postfix");
	int error;

	setup->witnesses =
		ctl_option(ctl, "witnesses") || host_has_witnesses(setup->root);
	setup_find_host(setup);
	error = setup_find_postfix(setup,
				   postfix ? postfix : POSTFIX_DIRECTORY);
	if (!error)
		error = setup_find_dns(setup);
	if (!error)
		setup_choose(setup);
	return error;
}

enum ctl_exit setup_run(const struct ctl *ctl, char **operands)
{
	const char *path = output(ctl);
	enum ctl_exit status = CTL_FAILED;
	struct setup *setup;
	int error = -ENOMEM;

	(void)operands;
	/* Not after a minute of questions. */
	if (path && !ctl_option(ctl, "force") && access(path, F_OK) == 0) {
		refuse(ctl, path);
		return CTL_FAILED;
	}
	setup = calloc(1, sizeof(*setup));
	if (setup) {
		setup->root = "";
		error = find(ctl, setup);
	}
	if (error)
		ctl_error(ctl, "%s", strerror(-error));
	else
		status = finish(ctl, setup);
	if (setup) {
		postfix_import_free(&setup->import);
		free(setup->postfix);
		free(setup->host_name);
		free(setup->queue);
		free(setup->certificate);
	}
	free(setup);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternctl's command line, and how results and errors get printed. */

#include "ctl/ctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include <jansson.h>

#include "core/config.h"
#include "ctl/client.h"

static const struct {
	struct option option;
	const char *operand;
	const char *words;
} options[] = {
	{{"socket", required_argument, NULL, 's'},
	 "PATH",
	 "the daemon's socket (" CONFIG_DEFAULT_CONTROL ")"},
	{{"json", no_argument, NULL, 'j'}, "", "print one JSON object"},
	{{"help", no_argument, NULL, 'h'},
	 "",
	 "print this; after a command: about it"},
	{{"version", no_argument, NULL, 'V'}, "", "print the version"},
};

#define OPTION_COUNT  (sizeof(options) / sizeof(options[0]))
#define OPTION_COLUMN 15

struct command_line {
	bool help;
	bool version;
};

void ctl_error(const struct ctl *ctl, const char *format, ...)
{
	char text[CONTROL_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(ctl->err, "posternctl: %s\n", print_clean(text));
}

/* Help */

static void print_options(const struct print *print)
{
	char name[32];

	print_heading(print, "Options");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		snprintf(name, sizeof(name), "--%s %s", options[i].option.name,
			 options[i].operand);
		fprintf(print->out, "  -%c, %-*s", options[i].option.val,
			OPTION_COLUMN, name);
		print_words(print, TONE_PLAIN, OPTION_COLUMN + 6,
			    options[i].words);
		fputc('\n', print->out);
	}
}

static void print_usage(FILE *out, const struct ctl_command *command)
{
	if (command)
		fprintf(out,
			"usage: posternctl [--socket PATH] [--json] %s%s%s\n",
			command->name, *command->operands ? " " : "",
			command->operands);
	else
		fprintf(out, "usage: posternctl [--socket PATH] [--json] "
			     "COMMAND [ARGS]\n");
}

static void print_command_help(const struct print *print,
			       const struct ctl_command *command)
{
	print_usage(print->out, command);
	fputc('\n', print->out);
	print_paragraph(print, TONE_PLAIN, "", "%s: %s.", command->name,
			command->summary);
	print_paragraph(print, TONE_PLAIN, "", "%s", command->help);
	print_options(print);
	print_heading(print, "Example");
	print_paragraph(print, TONE_PLAIN, "  ", "%s", command->example);
}

static void print_help(const struct print *print)
{
	char name[32];

	print_usage(print->out, NULL);
	print_heading(print, "Commands");
	for (size_t i = 0; i < ctl_command_count; i++) {
		snprintf(name, sizeof(name), "%s %s", ctl_commands[i].name,
			 ctl_commands[i].operands);
		fprintf(print->out, "  %-*s%s\n", OPTION_COLUMN, name,
			ctl_commands[i].summary);
	}
	print_options(print);
	print_heading(print, "Examples");
	for (size_t i = 0; i < ctl_command_count; i++)
		fprintf(print->out, "  %s\n", ctl_commands[i].example);
	fputc('\n', print->out);
	print_paragraph(print, TONE_PLAIN, "",
			"Exit status: 0 done; 1 refused or failed, with one "
			"line on stderr; 2 wrong usage. \"posternctl COMMAND "
			"--help\" tells more about a command.");
}

/* The command line */

static bool apply_option(struct ctl *ctl, struct command_line *line, int option)
{
	switch (option) {
	case 's':
		ctl->socket = optarg;
		return true;
	case 'j':
		ctl->json = true;
		return true;
	case 'h':
		line->help = true;
		return true;
	case 'V':
		line->version = true;
		return true;
	default:
		return false;
	}
}

static bool is_option(int letter)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].option.val == letter)
			return true;
	return false;
}

static void refuse_option(const struct ctl *ctl, int option, char *const *argv)
{
	if (option == ':')
		ctl_error(ctl, "%s needs a value", argv[optind - 1]);
	else if (optopt && !is_option(optopt)) /* perhaps within a word */
		ctl_error(ctl, "unknown option -%c", optopt);
	else
		ctl_error(ctl, "unknown option %s", argv[optind - 1]);
}

/* `order` is "+" where options end at the first operand; *rest is that's. */
static bool parse_options(struct ctl *ctl, struct command_line *line, int argc,
			  char **argv, const char *order, int *rest)
{
	struct option table[OPTION_COUNT + 1] = {0};
	char letters[2 * OPTION_COUNT + 3];
	size_t length;
	int option;

	length = (size_t)snprintf(letters, sizeof(letters), "%s:", order);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		table[i] = options[i].option;
		letters[length++] = (char)options[i].option.val;
		if (options[i].option.has_arg == required_argument)
			letters[length++] = ':';
	}
	letters[length] = '\0';
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (!apply_option(ctl, line, option)) {
			refuse_option(ctl, option, argv);
			return false;
		}
	}
	*rest = optind;
	return true;
}

static const struct ctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(ctl_commands[i].name, name) == 0)
			return &ctl_commands[i];
	return NULL;
}

static enum ctl_exit misused(const struct ctl *ctl,
			     const struct ctl_command *command)
{
	print_usage(ctl->err, command);
	if (!command)
		fputs("\"posternctl --help\" lists the commands\n", ctl->err);
	return CTL_MISUSED;
}

/* Whether something about posternctl itself was asked for, and printed. */
static bool inform(const struct ctl *ctl, const struct command_line *line,
		   const struct ctl_command *command)
{
	struct print print = print_to(ctl->out);

	if (line->help && command)
		print_command_help(&print, command);
	else if (line->help)
		print_help(&print);
	else if (line->version)
		fprintf(ctl->out, "posternctl %s\n", POSTERN_VERSION);
	return line->help || line->version;
}

/* argv[0] is the command's name. */
static enum ctl_exit run_command(struct ctl *ctl,
				 const struct ctl_command *command, int argc,
				 char **argv)
{
	struct command_line line = {0};
	enum ctl_exit status;
	int first;

	if (!parse_options(ctl, &line, argc, argv, "", &first))
		return misused(ctl, command);
	if (inform(ctl, &line, command))
		return CTL_DONE;
	if ((size_t)(argc - first) != command->operand_count) {
		ctl_error(ctl, "%s takes %s", command->name,
			  *command->operands ? command->operands
					     : "no arguments");
		return misused(ctl, command);
	}
	status = command->run(ctl, argv + first);
	if (status == CTL_MISUSED)
		misused(ctl, command);
	return status;
}

static enum ctl_exit dispatch(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command;
	struct command_line line = {0};
	int first;

	if (!parse_options(ctl, &line, argc, argv, "+", &first))
		return misused(ctl, NULL);
	if (inform(ctl, &line, NULL))
		return CTL_DONE;
	if (first >= argc)
		return misused(ctl, NULL);
	command = find_command(argv[first]);
	if (!command) {
		ctl_error(ctl, "unknown command \"%s\"", argv[first]);
		return misused(ctl, NULL);
	}
	return run_command(ctl, command, argc - first, argv + first);
}

enum ctl_exit ctl_main(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl ctl = {
		.socket = CONFIG_DEFAULT_CONTROL,
		.out = out,
		.err = err,
	};
	enum ctl_exit status = dispatch(&ctl, argc, argv);

	if (fflush(out) == 0 && !ferror(out))
		return status;
	ctl_error(&ctl, "can't write the output: %s", strerror(errno));
	return CTL_FAILED;
}

/* For the commands */

static void print_json(const struct ctl *ctl, const json_t *result)
{
	if (json_dumpf(result, ctl->out, JSON_INDENT(2) | CONTROL_JSON_FLAGS) ==
	    0)
		fputc('\n', ctl->out);
}

enum ctl_exit ctl_ask(const struct ctl *ctl, const char *command, json_t *args,
		      unsigned int timeout_s,
		      void (*show)(const struct print *print,
				   const json_t *result))
{
	struct print print = print_to(ctl->out);
	char error[CONTROL_ERROR_MAX];
	json_t *result = NULL;

	if (client_ask(ctl->socket, command, args, timeout_s, &result, error) <
	    0) {
		ctl_error(ctl, "%s", error);
		return CTL_FAILED;
	}
	if (ctl->json)
		print_json(ctl, result);
	else
		show(&print, result);
	json_decref(result);
	return CTL_DONE;
}

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

/* Those of a command have these numbers for getopt_long(3), not letters. */
#define COMMAND_OPTION 256

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

/* `command` may be NULL. */
static size_t option_count(const struct ctl_command *command)
{
	size_t count = 0;

	while (command && count < CTL_OPTIONS_MAX &&
	       command->options[count].name)
		count++;
	return count;
}

/* Help */

/* `letter` is "-x, ", or "". */
static void print_option(const struct print *print, const char *letter,
			 const char *name, const char *operand,
			 const char *words)
{
	char text[32];

	snprintf(text, sizeof(text), "--%s %s", name, operand);
	fprintf(print->out, "  %4s%-*s", letter, OPTION_COLUMN, text);
	print_words(print, TONE_PLAIN, OPTION_COLUMN + 6, words);
	fputc('\n', print->out);
}

static void print_options(const struct print *print,
			  const struct ctl_command *command)
{
	print_heading(print, "Options");
	for (size_t i = 0; command && i < option_count(command); i++)
		print_option(print, "", command->options[i].name,
			     command->options[i].operand,
			     command->options[i].words);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char letter[] = {'-', (char)options[i].option.val, ',',
				       ' ', '\0'};

		print_option(print, letter, options[i].option.name,
			     options[i].operand, options[i].words);
	}
}

static void print_usage(FILE *out, const struct ctl_command *command)
{
	if (command)
		fprintf(out,
			"usage: posternctl [--socket PATH] [--json] %s%s%s%s\n",
			command->name,
			option_count(command) ? " [OPTIONS]" : "",
			*command->operands ? " " : "", command->operands);
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
	print_options(print, command);
	print_heading(print, "Example");
	print_paragraph(print, TONE_PLAIN, "  ", "%s", command->example);
}

static void print_commands(const struct print *print)
{
	int widest = 0, width;
	char name[48];

	print_heading(print, "Commands");
	for (size_t i = 0; i < ctl_command_count; i++) {
		width = (int)(strlen(ctl_commands[i].name) + 1 +
			      strlen(ctl_commands[i].operands));
		if (width > widest)
			widest = width;
	}
	for (size_t i = 0; i < ctl_command_count; i++) {
		snprintf(name, sizeof(name), "%s %s", ctl_commands[i].name,
			 ctl_commands[i].operands);
		fprintf(print->out, "  %-*s  %s\n", widest, name,
			ctl_commands[i].summary);
	}
}

static void print_help(const struct print *print)
{
	print_usage(print->out, NULL);
	print_commands(print);
	print_options(print, NULL);
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

/* Keeps an option of the command for it. */
static bool give_option(struct ctl *ctl, const struct ctl_command *command,
			int option)
{
	size_t i = (size_t)(option - COMMAND_OPTION);

	if (ctl->given_count == CTL_GIVEN_MAX) {
		ctl_error(ctl, "more than %d options", CTL_GIVEN_MAX);
		return false;
	}
	ctl->given[ctl->given_count++] = (struct ctl_given){
		.option = &command->options[i],
		.value = *command->options[i].operand ? optarg : "",
	};
	return true;
}

static bool is_option(int letter)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].option.val == letter)
			return true;
	return letter >= COMMAND_OPTION;
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

#define TABLE_SIZE (OPTION_COUNT + CTL_OPTIONS_MAX + 1)

/* What getopt_long(3) wants to know of the long ones; ends with zeroes. */
static void fill_table(const struct ctl_command *command,
		       struct option table[static TABLE_SIZE])
{
	size_t length = 0;

	memset(table, 0, TABLE_SIZE * sizeof(*table));
	for (size_t i = 0; i < OPTION_COUNT; i++)
		table[length++] = options[i].option;
	for (int i = 0; i < (int)option_count(command); i++)
		table[length++] = (struct option){
			.name = command->options[i].name,
			.has_arg = *command->options[i].operand
					   ? required_argument
					   : no_argument,
			.val = COMMAND_OPTION + i,
		};
}

#define LETTERS_SIZE (2 * OPTION_COUNT + 3)

/* ... and of the short ones. */
static void fill_letters(const char *order, char letters[static LETTERS_SIZE])
{
	size_t length = (size_t)snprintf(letters, LETTERS_SIZE, "%s:", order);

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		letters[length++] = (char)options[i].option.val;
		if (options[i].option.has_arg == required_argument)
			letters[length++] = ':';
	}
	letters[length] = '\0';
}

/*
 * Those of a command, or those before it (NULL), which end at the first
 * operand; *rest is that's.
 */
static bool parse_options(struct ctl *ctl, struct command_line *line,
			  const struct ctl_command *command, int argc,
			  char **argv, int *rest)
{
	struct option table[TABLE_SIZE];
	char letters[LETTERS_SIZE];
	int option;

	fill_table(command, table);
	fill_letters(command ? "" : "+", letters);
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (command && option >= COMMAND_OPTION) {
			if (!give_option(ctl, command, option))
				return false;
		} else if (!apply_option(ctl, line, option)) {
			refuse_option(ctl, option, argv);
			return false;
		}
	}
	*rest = optind;
	return true;
}

/* How many of the words are the command's name; 0: it is another. */
static int match_name(const char *name, int argc, char *const *argv)
{
	int words = 0;

	while (*name != '\0') {
		size_t length = strcspn(name, " ");

		if (words == argc || strlen(argv[words]) != length ||
		    strncmp(argv[words], name, length) != 0)
			return 0;
		words++;
		name += length + (name[length] == ' ');
	}
	return words;
}

/* A name may consist of several words: "feed check". */
static const struct ctl_command *find_command(int argc, char *const *argv,
					      int *words)
{
	for (size_t i = 0; i < ctl_command_count; i++) {
		*words = match_name(ctl_commands[i].name, argc, argv);
		if (*words > 0)
			return &ctl_commands[i];
	}
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

/* argv[0] is (the last word of) the command's name. */
static enum ctl_exit run_command(struct ctl *ctl,
				 const struct ctl_command *command, int argc,
				 char **argv)
{
	struct command_line line = {0};
	enum ctl_exit status;
	int first;

	if (!parse_options(ctl, &line, command, argc, argv, &first))
		return misused(ctl, command);
	if (inform(ctl, &line, command))
		return CTL_DONE;
	ctl->operand_count = (size_t)(argc - first);
	if (ctl->operand_count < command->operand_count ||
	    (ctl->operand_count > command->operand_count &&
	     !command->more_operands)) {
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
	int first, words;

	if (!parse_options(ctl, &line, NULL, argc, argv, &first))
		return misused(ctl, NULL);
	if (inform(ctl, &line, NULL))
		return CTL_DONE;
	if (first >= argc)
		return misused(ctl, NULL);
	command = find_command(argc - first, argv + first, &words);
	if (!command) {
		ctl_error(ctl, "unknown command \"%s\"", argv[first]);
		return misused(ctl, NULL);
	}
	first += words - 1;
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

const char *ctl_next_option(const struct ctl *ctl, const char *name, size_t *at)
{
	while (*at < ctl->given_count) {
		const struct ctl_given *given = &ctl->given[(*at)++];

		if (strcmp(given->option->name, name) == 0)
			return given->value;
	}
	return NULL;
}

const char *ctl_option(const struct ctl *ctl, const char *name)
{
	const char *value = NULL;
	const char *next;
	size_t at = 0;

	while ((next = ctl_next_option(ctl, name, &at)))
		value = next;
	return value;
}

void ctl_print_json(const struct ctl *ctl, json_t *result)
{
	if (json_dumpf(result, ctl->out, JSON_INDENT(2) | CONTROL_JSON_FLAGS) ==
	    0)
		fputc('\n', ctl->out);
	json_decref(result);
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
		ctl_print_json(ctl, json_incref(result));
	else
		show(&print, result);
	json_decref(result);
	return CTL_DONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each script has a fixed part, and tables between its pieces.  It leaves
 * options and their values out of what was typed, and offers the next word of
 * every name that begins so, options after a dash, else files where the
 * operands are some.
 */

#include "ctl/completion.h"

#include <string.h>

#define SHELLS "bash zsh fish"

/* What stands where an operand or a value of an option is expected. */
enum kind {
	KIND_NONE,
	KIND_FILE,
	KIND_OTHER,
	KIND_SHELL,
};

static enum kind kind_of(const char *operand)
{
	if (*operand == '\0')
		return KIND_NONE;
	if (strstr(operand, "FILE") || strcmp(operand, "PATH") == 0)
		return KIND_FILE;
	return strcmp(operand, "SHELL") == 0 ? KIND_SHELL : KIND_OTHER;
}

/* What a line of a table has for it. */
static const char *kind_word(enum kind kind)
{
	return kind == KIND_FILE ? "FILE" : kind == KIND_SHELL ? SHELLS : "";
}

static void each_option(FILE *out, const struct ctl_command *command,
			void (*put)(FILE *out,
				    const struct ctl_command *command,
				    const struct ctl_option *option))
{
	for (size_t i = 0; i < CTL_OPTIONS_MAX && command->options[i].name; i++)
		put(out, command, &command->options[i]);
}

/* An option has values of the same kind in all commands that have it. */
static bool is_first(const struct ctl_command *command,
		     const struct ctl_option *option)
{
	for (const struct ctl_command *one = ctl_commands; one < command; one++)
		for (size_t i = 0; i < CTL_OPTIONS_MAX && one->options[i].name;
		     i++)
			if (strcmp(one->options[i].name, option->name) == 0)
				return false;
	return true;
}

/* "-s|--socket|--config": a pattern of those with such values. */
static void put_pattern(FILE *out, enum kind kind)
{
	const char *gap = kind == KIND_FILE ? "|" : "";

	fputs(kind == KIND_FILE ? "-s|--socket" : "", out);
	for (size_t c = 0; c < ctl_command_count; c++) {
		const struct ctl_command *one = &ctl_commands[c];

		for (size_t i = 0; i < CTL_OPTIONS_MAX && one->options[i].name;
		     i++) {
			if (kind_of(one->options[i].operand) != kind ||
			    !is_first(one, &one->options[i]))
				continue;
			fprintf(out, "%s--%s", gap, one->options[i].name);
			gap = "|";
		}
	}
}

static void put_option_word(FILE *out, const struct ctl_command *command,
			    const struct ctl_option *option)
{
	(void)command;
	fprintf(out, " --%s", option->name);
}

/* bash: "name|operands| --option --option" */

static const char bash_start[] =
	"# bash completion, made by `posternctl completion bash`\n"
	"_posternctl()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} typed='' kind='' candidates=''\n"
	"\tlocal i name operands options rest of_command=''\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tif [ -n \"$kind\" ]; then\n"
	"\t\t\tkind=\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

static const char bash_loop[] =
	"\t\t-*) ;;\n"
	"\t\t*) typed+=\"${typed:+ }${COMP_WORDS[i]}\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\t[ \"$kind\" != OTHER ] || return 0\n"
	"\twhile IFS='|' read -r name operands options; do\n"
	"\t\tif [ -z \"$typed\" ]; then\n"
	"\t\t\tcandidates+=\" ${name%% *}\"\n"
	"\t\telif [[ \"$name \" == \"$typed \"* ]]; then\n"
	"\t\t\trest=${name:${#typed}}\n"
	"\t\t\trest=${rest# }\n"
	"\t\t\tcandidates+=\" ${rest%% *}\"\n"
	"\t\tfi\n"
	"\t\tif [[ \"$typed \" == \"$name \"* ]]; then\n"
	"\t\t\tof_command=$options\n"
	"\t\t\tif [ \"$operands\" = FILE ]; then\n"
	"\t\t\t\tkind=${kind:-FILE}\n"
	"\t\t\telse\n"
	"\t\t\t\tcandidates+=\" $operands\"\n"
	"\t\t\tfi\n"
	"\t\tfi\n"
	"\tdone <<-'EOF'\n";

static const char bash_end[] =
	"\tEOF\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\tcandidates=\"--socket --json --help --version$of_command\"\n"
	"\telif [ \"$kind\" = FILE ]; then\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$candidates\" -- \"$cur\" |\n"
	"\t\tsort -u)\n"
	"}\n"
	"complete -F _posternctl posternctl\n";

static void put_bash(FILE *out)
{
	fputs(bash_start, out);
	fputs("\t\t", out);
	put_pattern(out, KIND_FILE);
	fputs(") kind=FILE ;;\n\t\t", out);
	put_pattern(out, KIND_OTHER);
	fputs(") kind=OTHER ;;\n", out);
	fputs(bash_loop, out);
	for (size_t i = 0; i < ctl_command_count; i++) {
		fprintf(out, "\t%s|%s|", ctl_commands[i].name,
			kind_word(kind_of(ctl_commands[i].operands)));
		each_option(out, &ctl_commands[i], put_option_word);
		fputc('\n', out);
	}
	fputs(bash_end, out);
}

/* zsh: "name|operands|summary", then "name|--option:words" */

static const char zsh_start[] =
	"#compdef posternctl\n"
	"# made by `posternctl completion zsh`\n"
	"_posternctl() {\n"
	"\tlocal typed= kind= i name operands summary rest\n"
	"\tlocal -aU commands flags files\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tif [[ -n $kind ]]; then\n"
	"\t\t\tkind=\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tcase $words[i] in\n";

static const char zsh_loop[] =
	"\t\t(-*) ;;\n"
	"\t\t(*) typed+=\"${typed:+ }$words[i]\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tcase $kind in\n"
	"\t(FILE) _files; return ;;\n"
	"\t(OTHER) return 1 ;;\n"
	"\tesac\n"
	"\twhile IFS='|' read -r name operands summary; do\n"
	"\t\trest=\n"
	"\t\tif [[ -z $typed ]]; then\n"
	"\t\t\trest=$name\n"
	"\t\telif [[ \"$name \" == \"$typed \"* ]]; then\n"
	"\t\t\trest=${${name#$typed}# }\n"
	"\t\tfi\n"
	"\t\t[[ $rest != *' '* ]] || summary='...'\n"
	"\t\t[[ -z $rest ]] || commands+=(\"${rest%% *}:$summary\")\n"
	"\t\t[[ \"$typed \" == \"$name \"* ]] || continue\n"
	"\t\tif [[ $operands == FILE ]]; then\n"
	"\t\t\tkind=FILE\n"
	"\t\telse\n"
	"\t\t\tcommands+=(${=operands})\n"
	"\t\tfi\n"
	"\tdone <<'EOF'\n";

static const char zsh_flags[] =
	"EOF\n"
	"\tif [[ $PREFIX == -* ]]; then\n"
	"\t\twhile IFS='|' read -r name summary; do\n"
	"\t\t\t[[ \"$typed \" != \"$name \"* && -n $name ]] ||\n"
	"\t\t\t\tflags+=(\"$summary\")\n"
	"\t\tdone <<'EOF'\n"
	"|--socket:the socket of the daemon\n"
	"|--json:print one JSON object\n"
	"|--help:about it\n"
	"|--version:the version\n";

static const char zsh_end[] = "EOF\n"
			      "\t\t_describe -o option flags\n"
			      "\telif [[ $kind == FILE ]]; then\n"
			      "\t\t_files\n"
			      "\telse\n"
			      "\t\t_describe command commands\n"
			      "\tfi\n"
			      "}\n"
			      "_posternctl \"$@\"\n";

static void put_zsh_flag(FILE *out, const struct ctl_command *command,
			 const struct ctl_option *option)
{
	fprintf(out, "%s|--%s:%s\n", command->name, option->name,
		option->words);
}

static void put_zsh(FILE *out)
{
	fputs(zsh_start, out);
	fputs("\t\t(", out);
	put_pattern(out, KIND_FILE);
	fputs(") kind=FILE ;;\n\t\t(", out);
	put_pattern(out, KIND_OTHER);
	fputs(") kind=OTHER ;;\n", out);
	fputs(zsh_loop, out);
	for (size_t i = 0; i < ctl_command_count; i++)
		fprintf(out, "%s|%s|%s\n", ctl_commands[i].name,
			kind_word(kind_of(ctl_commands[i].operands)),
			ctl_commands[i].summary);
	fputs(zsh_flags, out);
	for (size_t i = 0; i < ctl_command_count; i++)
		each_option(out, &ctl_commands[i], put_zsh_flag);
	fputs(zsh_end, out);
}

/* fish: a `complete` for each word and option */

static const char fish_start[] =
	"# fish completion, made by `posternctl completion fish`\n"
	"function __posternctl_typed\n"
	"\tset -l skip no\n"
	"\tset -l typed\n"
	"\tfor token in (commandline -opc)[2..-1]\n"
	"\t\tif test $skip = yes\n"
	"\t\t\tset skip no\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tif contains -- $token -s --socket";

static const char fish_functions[] =
	"\n"
	"\t\t\tset skip yes\n"
	"\t\telse if not string match -q -- '-*' $token\n"
	"\t\t\tset typed $typed $token\n"
	"\t\tend\n"
	"\tend\n"
	"\tstring join ' ' -- $typed\n"
	"end\n"
	"function __posternctl_at\n"
	"\tset -l typed (__posternctl_typed)\n"
	"\ttest \"$typed\" = \"$argv[1]\"\n"
	"end\n"
	"function __posternctl_in\n"
	"\tset -l typed (__posternctl_typed)\n"
	"\ttest \"$typed\" = \"$argv[1]\"\n"
	"\tor string match -q -- \"$argv[1] *\" \"$typed\"\n"
	"end\n"
	"complete -c posternctl -f\n"
	"complete -c posternctl -s s -l socket -r -F "
	"-d 'the socket of the daemon'\n"
	"complete -c posternctl -s j -l json -d 'print one JSON object'\n"
	"complete -c posternctl -s h -l help -d 'about it'\n"
	"complete -c posternctl -s V -l version -d 'the version'\n";

/* What single quotes of fish need. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void put_fish_flag(FILE *out, const struct ctl_command *command,
			  const struct ctl_option *option)
{
	enum kind kind = kind_of(option->operand);

	fprintf(out,
		"complete -c posternctl -n \"__posternctl_in '%s'\" -l %s%s "
		"-d ",
		command->name, option->name,
		kind == KIND_FILE   ? " -r -F"
		: kind == KIND_NONE ? ""
				    : " -x");
	put_quoted(out, option->words);
	fputc('\n', out);
}

/* A name of several words is completed word by word. */
static void put_fish_words(FILE *out, const struct ctl_command *command)
{
	const char *name = command->name, *word = name;

	while (*word) {
		int before = (int)(word - name),
		    length = (int)strcspn(word, " ");
		const char *next = word + length + (word[length] == ' ');

		fprintf(out,
			"complete -c posternctl -n \"__posternctl_at '%.*s'\" "
			"-a %.*s",
			before ? before - 1 : 0, name, length, word);
		if (*next == '\0') {
			fputs(" -d ", out);
			put_quoted(out, command->summary);
		}
		fputc('\n', out);
		word = next;
	}
}

static void put_fish_operands(FILE *out, const struct ctl_command *command)
{
	enum kind kind = kind_of(command->operands);

	if (kind != KIND_FILE && kind != KIND_SHELL)
		return;
	fprintf(out, "complete -c posternctl -n \"__posternctl_in '%s'\" ",
		command->name);
	if (kind == KIND_FILE)
		fputs("-F\n", out);
	else
		fprintf(out, "-a '%s'\n", SHELLS);
}

static void put_fish(FILE *out)
{
	fputs(fish_start, out);
	for (size_t c = 0; c < ctl_command_count; c++)
		for (size_t i = 0;
		     i < CTL_OPTIONS_MAX && ctl_commands[c].options[i].name;
		     i++)
			if (*ctl_commands[c].options[i].operand &&
			    is_first(&ctl_commands[c],
				     &ctl_commands[c].options[i]))
				fprintf(out, " \\\n\t\t\t--%s",
					ctl_commands[c].options[i].name);
	fputs(fish_functions, out);
	for (size_t i = 0; i < ctl_command_count; i++) {
		put_fish_words(out, &ctl_commands[i]);
		each_option(out, &ctl_commands[i], put_fish_flag);
		put_fish_operands(out, &ctl_commands[i]);
	}
}

enum ctl_exit completion_run(const struct ctl *ctl, char **operands)
{
	static const struct {
		const char *name;
		void (*put)(FILE *out);
	} shells[] = {
		{"bash", put_bash},
		{"zsh", put_zsh},
		{"fish", put_fish},
	};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(operands[0], shells[i].name) != 0)
			continue;
		shells[i].put(ctl->out);
		return CTL_DONE;
	}
	ctl_error(ctl,
		  "\"%s\" is no shell that can be completed: expected "
		  "bash, zsh or fish",
		  operands[0]);
	return CTL_MISUSED;
}

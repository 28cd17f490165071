/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.cf: logical lines, settings and expansion.  Where Postfix is installed
 * it is asked for its opinion, on the table and on files that nobody wrote.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postfix/main_cf.h"
#include "postfix/text.h"

#define PATH "/etc/postfix/main.cf"

/* The value of `relayhost`; NULL in `value` where the file is refused. */
static const struct {
	const char *text;
	const char *value;
	const char *words; /* of the error */
} cases[] = {
	/* Lines. */
	{"relayhost = a", "a", NULL},
	{"relayhost=a\n", "a", NULL},
	{"relayhost \t =\t a \t\n", "a", NULL},
	{"relayhost =", "", NULL},
	{"relayhost = a\n  b\n\tc\n", "a  b\tc", NULL},
	{"relayhost = a\n# x\n\n \t\n  # y\n b\n#\n\n c\nz = 1\n", "a b c",
	 NULL},
	{"relayhost =\n# x\n a\n", "a", NULL},
	{"relayhost\n = a\n", "a", NULL},
	{"relayhost = a\r\n b\r\nz = 1\r\n", "a\r b", NULL},
	{"# relayhost = b\nrelayhost = a # b\n", "a # b", NULL},
	{"  relayhost = b\nrelayhost = a\n", "a", NULL},
	{"relayhost = a\nrelayhost = b\n", "b", NULL},
	{"relayhost = a=b\n", "a=b", NULL},
	{"RELAYHOST = b\nrelayhost = a\n", "a", NULL},
	{"relayhost = a\nrelayhost", NULL, ":2: no \"=\""},
	{"z = 1\n\n# x\nrelay host = a\n", NULL, ":4: no \"=\""},
	{"z = 1\n= a\n", NULL, ":2: no name"},
	{"z = 1\n q\n 2\nx y\n z\n", NULL, ":4: no \"=\""},

	/* References. */
	{"a = 1\nrelayhost = $a", "1", NULL},
	{"relayhost = $a\na = 1\n", "1", NULL},
	{"a = 1\nrelayhost = $a$a-${a}$(a)", "11-11", NULL},
	{"a = 1\nrelayhost = $ab.", ".", NULL},
	{"a = $b\nb = $c\nc = 3\nrelayhost = $a", "3", NULL},
	{"relayhost = $$a$$", "$a$", NULL},
	{"a = $$b\nb = 2\nrelayhost = $a", "$b", NULL},
	{"relayhost = {$(nope)}", "{}", NULL},
	{"a = 1\nrelayhost = ${ a}${a }", "11", NULL},
	{"relayhost = |${ }|", "||", NULL},
	{"a = 1\na = 2\nrelayhost = $a", "2", NULL},
	{"relayhost = x$", NULL, ":1: \"$\" without a name"},
	{"relayhost = $-", NULL, ":1: \"$\" without a name"},
	{"relayhost = ${}", NULL, ":1: \"$\" without a name"},
	{"a = 1\nrelayhost = ${a", NULL, ":2: \"{\" without \"}\""},
	{"a = 1\nrelayhost = $(a", NULL, ":2: \"(\" without \")\""},
	{"a = ${b\nrelayhost = $a", NULL, ":1: \"{\" without \"}\""},
	{"relayhost = ${a-b}", NULL, ":1: unexpected \"-b\""},
	{"relayhost = $relayhost", NULL, ":1: the value of relayhost refers"},
	{"a = $b\nb = $a\nrelayhost = $a", NULL, "refers to itself"},

	/* Choices. */
	{"a = 1\nrelayhost = |${a?x}|${b?x}|", "|x||", NULL},
	{"a = 1\nrelayhost = |${a:x}|${b:x}|", "||x|", NULL},
	{"e =\nrelayhost = |${e?x}|${e:x}|", "||x|", NULL},
	{"e =\nf = $e\nrelayhost = |${f?x}|", "|x|", NULL},
	{"a = 1\nrelayhost = ${a?{x}:{y}}${b?{x}:{y}}", "xy", NULL},
	{"a = 1\nrelayhost = ${a ? {x} : {y} }${b?{x}: {y} }", "xy", NULL},
	{"a = 1\nrelayhost = |${a?{x}:y}|${b?{x}: y:z }|", "|x| y:z |", NULL},
	{"a = 1\nrelayhost = ${a?x:y}", "x:y", NULL},
	{"relayhost = ${a:x?y}", "x?y", NULL},
	{"a = 1\nrelayhost = |${a?{ x }}|", "| x |", NULL},
	{"a = 1\nrelayhost = ${a?${b:$a}}", "1", NULL},
	{"a = 1\nrelayhost = $(a?(x))", "(x)", NULL},
	{"relayhost = ${b?{${}:$-}}", "", NULL},
	{"relayhost = |${?x}|${:x}|", "||x|", NULL},
	{"a = 1\nrelayhost = ${a?{x}y}", NULL, ":2: unexpected \"y\""},
	{"a = 1\nrelayhost = ${a?{x}:{y}z}", NULL, ":2: unexpected \"z\""},
	{"a = 1\nrelayhost = ${a?{x}:{y}:{z}}", NULL, ":2: unexpected \":{z}"},
	{"a = 1\nrelayhost = ${a:{x}:{y}}", NULL, ":2: unexpected \":{y}"},
	{"a = 1\nrelayhost = $(a?{x)", NULL, ":2: \"{\" without \"}\""},

	/* Relations. */
	{"relayhost = ${{a} == {a} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{a}!={a}?{x}:{y}}", "y", NULL},
	{"a = 1\nrelayhost = ${{$a} == {1}}|${{$a} == {2}}|", "true||", NULL},
	{"relayhost = ${{9} < {10} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{9} < {10a} ? {x} : {y}}", "y", NULL},
	{"relayhost = ${{010} >= {9} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{b} > {a} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{ab} <= {a} ? {x} : {y}}", "y", NULL},
	{"relayhost = ${{} == {$b} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{} == {0} ? {x} : {y}}", "y", NULL},
	{"relayhost = ${{9} <= {9} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{9} >= {9} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{ 1 } == {1} ? {x} : {y}}", "y", NULL},
	{"relayhost = ${{3.9} <level {3.10} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{3} ==level {3.0.0} ? {x} : {y}}", "x", NULL},
	{"relayhost = ${{3.6} >=level {3.6.1} ? {x} : {y}}", "y", NULL},
	{"compatibility_level = 3.6\nrelayhost = "
	 "${{$compatibility_level} <level {2} ? {subnet} : {host}}",
	 "host", NULL},
	{"relayhost = ${{$compatibility_level} !=level {0} ? {x} : {y}}", "y",
	 NULL},
	{"relayhost = ${{a} = {a}}", NULL, "no comparison"},
	{"relayhost = ${{a} === {a}}", NULL, "no comparison"},
	{"relayhost = ${{1} < level {2}}", NULL, "expected {value} =="},
	{"relayhost = ${{1} <LEVEL {2}}", NULL, "no comparison"},
	{"relayhost = ${{x} <level {2}}", NULL, "no comparison"},
	{"relayhost = ${{3.} <level {2}}", NULL, "no comparison"},
	{"relayhost = ${{8796093022207} >level {3.1023.1023}}", "true", NULL},
	{"relayhost = ${{8796093022208} >level {2}}", NULL, "no comparison"},
	{"relayhost = ${{99999999999999999999} >level {2}}", NULL,
	 "no comparison"},
	{"relayhost = ${{3.1024} >level {2}}", NULL, "no comparison"},
	{"relayhost = ${{-1} <level {2}}", NULL, "no comparison"},
	{"relayhost = ${{3.1.2.3} <level {2}}", NULL, "no comparison"},
	{"relayhost = ${{1} < {9223372036854775808}}", NULL, "no comparison"},
	{"relayhost = ${{a}}", NULL, "expected {value} =="},
	{"relayhost = ${{a} == a}", NULL, "expected {value} =="},
	{"relayhost = ${{a} == {a} x}", NULL, "unexpected \"x\""},
	{"relayhost = ${{a} == {b}", NULL, "without \"}\""},

	/* What Postfix has built in. */
	{"relayhost = $postscreen_dnsbl_threshold", "1", NULL},
	{"relayhost = $postscreen_denylist_action", "ignore", NULL},
	{"postscreen_blacklist_action = drop\n"
	 "relayhost = $postscreen_denylist_action",
	 "drop", NULL},
	{"postscreen_dnsbl_whitelist_threshold = -1\n"
	 "relayhost = $postscreen_dnsbl_allowlist_threshold",
	 "-1", NULL},
	{"relayhost = $smtpd_relay_restrictions|", "|", NULL},
	{"compatibility_level = 2\nrelayhost = $smtpd_relay_restrictions",
	 "permit_mynetworks, permit_sasl_authenticated, "
	 "defer_unauth_destination",
	 NULL},
};

/* Returns 0 and the value of relayhost, or a negative errno. */
static int evaluate(const char *text, char **value,
		    char error[static MAIN_CF_ERROR])
{
	struct main_cf *main_cf = NULL;
	int result;

	*value = NULL;
	result = main_cf_load(text, strlen(text), PATH, ".", &main_cf, error);
	if (!result)
		result = main_cf_get(main_cf, "relayhost", NULL, NULL, value,
				     error);
	if (!result && !*value)
		*value = strdup(""); /* Postfix's own default */
	main_cf_free(main_cf);
	return result;
}

static void values_are_those_of_postfix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[MAIN_CF_ERROR] = "";
		char *value;
		int result;

		print_message("%s\n", cases[i].text);
		result = evaluate(cases[i].text, &value, error);
		if (cases[i].value) {
			assert_string_equal(error, "");
			assert_string_equal(value, cases[i].value);
			free(value);
			continue;
		}
		print_message("    %s\n", error);
		assert_int_equal(result, -EINVAL);
		assert_null(value);
		assert_ptr_equal(strstr(error, PATH ":"), error);
		assert_non_null(strstr(error, cases[i].words));
	}
}

static void other_parameters_are_checked_as_well(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} files[] = {
		{"x = 1\nmydomain = $x\n", NULL},
		{"x = 1\nmydomain = ${x\n",
		 PATH ":2: \"{\" without \"}\" at \"{x\""},
		{"x = $y\ny = $x\n",
		 PATH ":2: the value of x refers to itself"},
		/* The shell will see to this one. */
		{"mailbox_command = /bin/x \"$@\" ${\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *text = files[i].text;
		char error[MAIN_CF_ERROR] = "";
		struct main_cf *main_cf;

		assert_int_equal(main_cf_load(text, strlen(text), PATH, ".",
					      &main_cf, error),
				 0);
		assert_int_equal(main_cf_check(main_cf, error),
				 files[i].error ? -EINVAL : 0);
		assert_string_equal(error,
				    files[i].error ? files[i].error : "");
		main_cf_free(main_cf);
	}
}

struct undefined {
	char text[256];
};

static void on_undefined(void *context, const char *name, unsigned int line)
{
	struct undefined *undefined = context;
	size_t used = strlen(undefined->text);

	snprintf(undefined->text + used, sizeof(undefined->text) - used,
		 "%s:%u ", name, line);
}

static void names_without_a_value_are_told(void **state)
{
	static const char text[] = "relayhost = $a $b ${c:$d} ${e?$f}\n"
				   "a =\n"
				   "b = $g\n";
	struct undefined undefined = {""};
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf;
	char *value;

	(void)state;
	assert_int_equal(
		main_cf_load(text, strlen(text), PATH, ".", &main_cf, error),
		0);
	assert_int_equal(main_cf_get(main_cf, "relayhost", on_undefined,
				     &undefined, &value, error),
			 0);
	assert_string_equal(undefined.text, "g:3 d:1 ");
	assert_int_equal(main_cf_line(main_cf, "b"), 3);
	assert_int_equal(main_cf_line(main_cf, "c"), 0);
	free(value);
	assert_int_equal(main_cf_get(main_cf, "c", NULL, NULL, &value, error),
			 0);
	assert_null(value);
	main_cf_free(main_cf);
}

static void its_directory_is_known(void **state)
{
	static const char text[] = "relayhost = $config_directory/x\n";
	char error[MAIN_CF_ERROR];
	struct main_cf *main_cf;
	char *value;

	(void)state;
	assert_int_equal(main_cf_load(text, strlen(text), PATH, "/etc/postfix",
				      &main_cf, error),
			 0);
	assert_int_equal(
		main_cf_get(main_cf, "relayhost", NULL, NULL, &value, error),
		0);
	assert_string_equal(value, "/etc/postfix/x");
	free(value);
	main_cf_free(main_cf);
}

static void an_octet_that_is_no_text_is_refused(void **state)
{
	static const char text[] = "a = 1\nb = \0 2\n";
	struct main_cf *main_cf = NULL;
	char error[MAIN_CF_ERROR];

	(void)state;
	assert_int_equal(main_cf_load(text, sizeof(text) - 1, PATH, ".",
				      &main_cf, error),
			 -EINVAL);
	assert_null(main_cf);
	assert_string_equal(error, PATH ":2: an octet is NUL, expected text");
}

/* Each parameter has the next one twice, or `count` of them are a chain. */
static void expect_refused(int count, const char *value, const char *words)
{
	char error[MAIN_CF_ERROR] = "";
	char *text = NULL, *out = NULL;
	size_t size;
	FILE *file;

	file = open_memstream(&text, &size);
	for (int i = 0; i < count; i++) {
		fprintf(file, "p%d = ", i);
		for (const char *at = value; *at; at++)
			fprintf(file, "$p%d", i + 1);
		putc('\n', file);
	}
	fprintf(file, "relayhost = $p0\n");
	fclose(file);
	assert_int_equal(evaluate(text, &out, error), words ? -EINVAL : 0);
	if (words)
		assert_non_null(strstr(error, words));
	free(out);
	free(text);
}

/* Nobody writes these; they end all the same. */
static void expansion_is_bounded(void **state)
{
	(void)state;
	expect_refused(60, "xx", "more than anybody would write");
	expect_refused(100, "x", NULL);
	expect_refused(101, "x", "nested too deeply");
}

/* Postfix's own opinion: when it refuses, it sleeps first; so many at once. */

#define BATCH 64

static char directory[] = "/tmp/postern-main-cf-XXXXXX";
static bool have_postfix;

struct question {
	char *text; /* of main.cf */
	FILE *answer;
};

static struct question questions[BATCH];
static size_t question_count;
static unsigned int accepted_count;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	have_postfix = system("postconf -d mail_version >/dev/null 2>&1") == 0;
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Blanks as postconf(1) prints them: one for several. */
static char *squeeze(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (!strchr(POSTFIX_SPACE, *at))
			*to++ = *at;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return text;
}

static void begin(struct question *question)
{
	size_t number = (size_t)(question - questions);
	char path[96], command[160];

	snprintf(path, sizeof(path), "%s/%zu", directory, number);
	if (mkdir(path, 0700) && errno != EEXIST)
		fail_msg("mkdir %s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/%zu/master.cf", directory, number);
	write_file(path, "");
	snprintf(path, sizeof(path), "%s/%zu/main.cf", directory, number);
	write_file(path, question->text);
	snprintf(command, sizeof(command),
		 "exec postconf -c %s/%zu -xh relay_domains 2>/dev/null",
		 directory, number);
	question->answer = popen(command, "re");
	assert_non_null(question->answer);
}

/* The value between bars, or NULL: it is refused. */
static char *finish(struct question *question)
{
	char *value = NULL;
	size_t size = 0;
	ssize_t length = getline(&value, &size, question->answer);

	if (pclose(question->answer) != 0 || length < 0) {
		free(value);
		return NULL;
	}
	return value;
}

static void compare(struct question *question)
{
	char error[MAIN_CF_ERROR] = "";
	char *ours = NULL, *theirs, *bars;

	theirs = finish(question);
	evaluate(question->text, &ours, error);
	if (!ours != !theirs)
		fail_msg("Postfix %s it, we say \"%s\":\n%s",
			 theirs ? "accepts" : "refuses", error, question->text);
	if (ours) {
		accepted_count++;
		assert_true(asprintf(&bars, "|%s|\n", ours) > 0);
		if (strcmp(squeeze(bars), squeeze(theirs)) != 0)
			fail_msg("%s, but Postfix has %s:\n%s", bars, theirs,
				 question->text);
		free(bars);
	}
	free(ours);
	free(theirs);
	free(question->text);
}

static void compare_all(void)
{
	for (size_t i = 0; i < question_count; i++)
		begin(&questions[i]);
	for (size_t i = 0; i < question_count; i++)
		compare(&questions[i]);
	question_count = 0;
}

/* Compares now or later; the last ones by compare_all(). */
static void compare_with_postfix(const char *text)
{
	struct question *question = &questions[question_count++];

	assert_true(asprintf(&question->text,
			     "%s\nrelay_domains = |$relayhost|\n", text) > 0);
	if (question_count == BATCH)
		compare_all();
}

static void skip_without_postfix(void)
{
	accepted_count = 0;
	if (have_postfix)
		return;
	print_message("no postconf(1), so not compared\n");
	skip();
}

static void postfix_has_the_same_values(void **state)
{
	unsigned int accepted = 0;

	(void)state;
	skip_without_postfix();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		accepted += cases[i].value != NULL;
		compare_with_postfix(cases[i].text);
	}
	compare_all();
	assert_int_equal(accepted_count, accepted);
}

static const char *pick(const char *const *from, size_t count)
{
	return from[(size_t)rand() % count];
}

#define PICK(table) pick(table, sizeof(table) / sizeof((table)[0]))

static void write_value(FILE *out, unsigned int depth);

static void write_name(FILE *out)
{
	static const char *const odd[] = {"relayhost", "nope", "", " ", "p1 "};

	if (rand() % 12)
		fprintf(out, "p%d", rand() % 6);
	else
		fputs(PICK(odd), out);
}

static void write_braced(FILE *out, unsigned int depth)
{
	static const char *const blanks[] = {"", "", "", " ", "\t ", "\n "};

	fputs(PICK(blanks), out);
	if (rand() % 20)
		putc('{', out);
	write_value(out, depth);
	if (rand() % 20)
		putc('}', out);
	fputs(PICK(blanks), out);
}

static void write_expression(FILE *out, unsigned int depth)
{
	static const char *const words[] = {
		"==", "!=", "<",      "<=",	 ">=",	    ">",
		"=",  "",   "<level", ">=level", "==level", "level"};

	if (rand() % 3 == 0) {
		write_braced(out, depth);
		fputs(PICK(words), out);
		write_braced(out, depth);
	} else {
		write_name(out);
	}
	if (rand() % 2) {
		putc("?:"[rand() % 2], out);
		if (rand() % 2) {
			write_braced(out, depth);
			if (rand() % 2)
				putc(':', out);
		}
		if (rand() % 2)
			write_braced(out, depth);
		else if (rand() % 4)
			write_value(out, depth);
	}
}

static void write_reference(FILE *out, unsigned int depth)
{
	bool brace = rand() % 4;

	putc('$', out);
	if (rand() % 3 == 0) {
		write_name(out);
		return;
	}
	putc(brace ? '{' : '(', out);
	write_expression(out, depth);
	if (rand() % 30)
		putc(brace ? '}' : ')', out);
}

static void write_value(FILE *out, unsigned int depth)
{
	static const char *const texts[] = {
		"a",	  "b",		"10", "9",    "3.6", "3.10",
		" ",	  ", ",		"$$", ":",    "?",   "=",
		"{}",	  "()",		"\r", "\n\t", "\n ", "\n#x\n y",
		"\n\n z", "\n  # $\n ", "#",  "0",    "",    ""};
	int count = rand() % 4;

	for (int i = 0; i < count; i++) {
		if (depth > 0 && rand() % 3)
			write_reference(out, depth - 1);
		else
			fputs(PICK(texts), out);
	}
}

static void write_random_file(FILE *out)
{
	static const char *const starts[] = {"\n", "# x\n", "\n\n", " # y\n",
					     "",   "",	    "",	    ""};

	for (int i = 0; i < 10; i++) {
		fputs(PICK(starts), out);
		if (rand() % 5 == 0)
			fprintf(out, "relayhost");
		else
			fprintf(out, "p%d", rand() % 6);
		fputs(rand() % 200 ? " =" : "", out);
		putc(' ', out);
		/* Those with smaller numbers have more to refer to. */
		write_value(out, i < 5 ? 0 : 2);
		putc('\n', out);
	}
}

static void postfix_agrees_on_random_files(void **state)
{
	const unsigned int files = 192;

	(void)state;
	skip_without_postfix();
	srand(1);
	for (unsigned int i = 0; i < files; i++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		write_random_file(out);
		fclose(out);
		compare_with_postfix(text);
		free(text);
	}
	compare_all();
	print_message("%u of %u were accepted\n", accepted_count, files);
	assert_in_range(accepted_count, files / 10, files - files / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_postfix),
		cmocka_unit_test(other_parameters_are_checked_as_well),
		cmocka_unit_test(names_without_a_value_are_told),
		cmocka_unit_test(its_directory_is_known),
		cmocka_unit_test(an_octet_that_is_no_text_is_refused),
		cmocka_unit_test(expansion_is_bounded),
		cmocka_unit_test(postfix_has_the_same_values),
		cmocka_unit_test(postfix_agrees_on_random_files),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

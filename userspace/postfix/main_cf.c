/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.cf as a table of parameters, sorted by name. */

#include "postfix/main_cf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/expand.h"
#include "postfix/text.h"

/* Far above what real files need, far below what a hostile one can ask for. */
#define WORK_MAX 16777216

struct main_cf {
	char *path;
	struct postfix_parameter *all;	       /* the last one first */
	struct postfix_parameter **parameters; /* those that count, by name */
	size_t count;
	size_t work;
};

static int fail(const struct main_cf *main_cf, unsigned int line,
		const char *why, char error[static MAIN_CF_ERROR])
{
	snprintf(error, MAIN_CF_ERROR, "%.200s:%u: %s", main_cf->path, line,
		 why);
	return -EINVAL;
}

static int add(struct main_cf *main_cf, const char *name, const char *value,
	       unsigned int line)
{
	struct postfix_parameter *parameter = calloc(1, sizeof(*parameter));

	if (!parameter)
		return -ENOMEM;
	parameter->next = main_cf->all;
	main_cf->all = parameter;
	main_cf->count++;
	parameter->line = line;
	parameter->name = strdup(name);
	parameter->value = strdup(value);
	return parameter->name && parameter->value ? 0 : -ENOMEM;
}

static int add_defaults(struct main_cf *main_cf, const char *directory)
{
	int error = add(main_cf, "config_directory", directory, 0);

	for (size_t i = 0; !error && postfix_defaults[i].name; i++)
		error = add(main_cf, postfix_defaults[i].name,
			    postfix_defaults[i].value, 0);
	return error;
}

/* "NAME = VALUE" */
static int add_line(struct main_cf *main_cf, char *text, unsigned int line,
		    char error[static MAIN_CF_ERROR])
{
	size_t length = strcspn(text, "=" POSTFIX_SPACE);
	char *equals = text + length;

	equals += strspn(equals, POSTFIX_SPACE);
	if (*equals != '=')
		return fail(main_cf, line,
			    "no \"=\" behind the name, expected NAME = VALUE",
			    error);
	if (length == 0)
		return fail(main_cf, line,
			    "no name before \"=\", expected NAME = VALUE",
			    error);
	text[length] = '\0';
	return add(main_cf, text, postfix_trim(equals + 1), line);
}

static int add_lines(struct main_cf *main_cf, const char *text, size_t size,
		     char error[static MAIN_CF_ERROR])
{
	struct postfix_lines lines;
	unsigned int line;
	int result;

	result = postfix_lines_open(text, size, &lines, &line);
	if (result == -EILSEQ)
		return fail(main_cf, line, "an octet is NUL, expected text",
			    error);
	if (result)
		return result;
	while (!result && postfix_lines_next(&lines))
		result = add_line(main_cf, lines.text, lines.line, error);
	postfix_lines_close(&lines);
	return result;
}

/* By name; of the same name the last one first. */
static int compare(const void *a, const void *b)
{
	const struct postfix_parameter *const *left = a, *const *right = b;
	int order = strcmp((*left)->name, (*right)->name);

	if (order == 0)
		order = ((*left)->line < (*right)->line) -
			((*left)->line > (*right)->line);
	return order;
}

static int keep_last(struct main_cf *main_cf)
{
	struct postfix_parameter **parameters;
	size_t count = 0, kept = 0;

	parameters = calloc(main_cf->count, sizeof(struct postfix_parameter *));
	if (!parameters)
		return -ENOMEM;
	for (struct postfix_parameter *one = main_cf->all; one; one = one->next)
		parameters[count++] = one;
	qsort(parameters, count, sizeof(struct postfix_parameter *), compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(parameters[kept - 1]->name,
					parameters[i]->name) != 0)
			parameters[kept++] = parameters[i];
	main_cf->parameters = parameters;
	main_cf->count = kept;
	return 0;
}

int main_cf_load(const char *text, size_t size, const char *path,
		 const char *directory, struct main_cf **out,
		 char error[static MAIN_CF_ERROR])
{
	struct main_cf *main_cf = calloc(1, sizeof(*main_cf));
	int result = -ENOMEM;

	if (!main_cf)
		goto out;
	main_cf->work = WORK_MAX;
	main_cf->path = strdup(path);
	if (!main_cf->path)
		goto out;
	result = add_defaults(main_cf, directory);
	if (!result)
		result = add_lines(main_cf, text, size, error);
	if (!result)
		result = keep_last(main_cf);
	if (result)
		goto out;
	*out = main_cf;
	main_cf = NULL;
out:
	if (result == -ENOMEM)
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
	main_cf_free(main_cf);
	return result;
}

/* The parameter, or where it would stand. */
static size_t search(const struct main_cf *main_cf, const char *name,
		     size_t length)
{
	size_t low = 0, high = main_cf->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *there = main_cf->parameters[middle]->name;
		int order = strncmp(there, name, length);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct postfix_parameter *find(const struct main_cf *main_cf,
				      const char *name, size_t length)
{
	size_t i = search(main_cf, name, length);
	struct postfix_parameter *there;

	if (i == main_cf->count)
		return NULL;
	/* Longer names with the same start stand behind. */
	there = main_cf->parameters[i];
	if (strncmp(there->name, name, length) != 0 ||
	    there->name[length] != '\0')
		return NULL;
	return there;
}

struct request {
	const struct main_cf *main_cf;
	main_cf_undefined *undefined;
	void *context;
};

static struct postfix_parameter *on_find(void *context, const char *name,
					 size_t length)
{
	const struct request *request = context;

	return find(request->main_cf, name, length);
}

static void on_undefined(void *context, const char *name, size_t length,
			 unsigned int line)
{
	const struct request *request = context;
	char *copy = strndup(name, length);

	if (copy && request->undefined)
		request->undefined(request->context, copy, line);
	free(copy);
}

static int expand(struct main_cf *main_cf, struct postfix_parameter *parameter,
		  struct request *request, char **out,
		  char error[static MAIN_CF_ERROR])
{
	struct postfix_scope scope = {
		.find = on_find,
		.undefined = on_undefined,
		.context = request,
		.work = &main_cf->work,
	};
	struct postfix_fault fault;
	int result = postfix_expand(&scope, parameter, out, &fault);

	if (result == -EINVAL)
		return fail(main_cf, fault.line, fault.why, error);
	if (result)
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(-result));
	return result;
}

int main_cf_check(struct main_cf *main_cf, char error[static MAIN_CF_ERROR])
{
	struct request request = {.main_cf = main_cf};
	int result = 0;

	for (size_t i = 0; !result && i < main_cf->count; i++) {
		struct postfix_parameter *parameter = main_cf->parameters[i];
		char *value = NULL;

		if (postfix_is_raw(parameter->name))
			continue;
		result = expand(main_cf, parameter, &request, &value, error);
		free(value);
	}
	return result;
}

int main_cf_get(struct main_cf *main_cf, const char *name,
		main_cf_undefined *undefined, void *context, char **out,
		char error[static MAIN_CF_ERROR])
{
	struct postfix_parameter *parameter = find(main_cf, name, strlen(name));
	struct request request = {
		.main_cf = main_cf,
		.undefined = undefined,
		.context = context,
	};

	if (!parameter) {
		*out = NULL;
		return 0;
	}
	return expand(main_cf, parameter, &request, out, error);
}

unsigned int main_cf_line(const struct main_cf *main_cf, const char *name)
{
	const struct postfix_parameter *parameter =
		find(main_cf, name, strlen(name));

	return parameter ? parameter->line : 0;
}

const char *main_cf_path(const struct main_cf *main_cf)
{
	return main_cf->path;
}

void main_cf_free(struct main_cf *main_cf)
{
	struct postfix_parameter *next;

	if (!main_cf)
		return;
	for (; main_cf->all; main_cf->all = next) {
		next = main_cf->all->next;
		free(main_cf->all->name);
		free(main_cf->all->value);
		free(main_cf->all);
	}
	free(main_cf->parameters);
	free(main_cf->path);
	free(main_cf);
}

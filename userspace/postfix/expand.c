/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recursive descent through text, references and operands. */

#include "postfix/expand.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/relation.h"

#define DEPTH_MAX 100 /* Postfix's own */

#define OPERATOR_LETTERS "<>!=?+-*/~&|%"

/* A part of a text; what is taken goes off its start. */
struct slice {
	const char *at;
	const char *end;
};

struct expansion {
	const struct postfix_scope *scope;
	struct postfix_fault *fault;
	unsigned int line; /* of the text that is being expanded */
	int error;
	char *out;
	size_t used;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static void fail(struct expansion *x,
						       const char *format, ...)
{
	va_list args;

	if (x->error)
		return;
	x->error = -EINVAL;
	x->fault->line = x->line;
	va_start(args, format);
	vsnprintf(x->fault->why, sizeof(x->fault->why), format, args);
	va_end(args);
}

static size_t length_of(struct slice text)
{
	return (size_t)(text.end - text.at);
}

/* For "%.*s": as much of a text as a message can bear. */
static int shown(struct slice text)
{
	return length_of(text) < 40 ? (int)length_of(text) : 40;
}

static void spend(struct expansion *x, size_t work)
{
	if (work <= *x->scope->work)
		*x->scope->work -= work;
	else
		fail(x, "it expands to more than anybody would write");
}

static void put(struct expansion *x, const char *text, size_t length)
{
	char *larger;

	if (x->error || length == 0)
		return;
	if (length > x->room - x->used) {
		x->room = 2 * x->room + length;
		larger = realloc(x->out, x->room);
		if (!larger) {
			x->error = -ENOMEM;
			return;
		}
		x->out = larger;
	}
	memcpy(x->out + x->used, text, length);
	x->used += length;
}

/* Taking text apart */

static void skip_space(struct slice *text)
{
	while (text->at < text->end && strchr(" \t\r\n", *text->at))
		text->at++;
}

static bool next_is(const struct slice *text, char c)
{
	return text->at < text->end && *text->at == c;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct slice take_name(struct slice *text)
{
	struct slice name = {.at = text->at};

	while (text->at < text->end && is_name(*text->at))
		text->at++;
	name.end = text->at;
	return name;
}

static struct slice take_letters(struct slice *text, const char *letters)
{
	struct slice taken = {.at = text->at};

	while (text->at < text->end && strchr(letters, *text->at))
		text->at++;
	taken.end = text->at;
	return taken;
}

/* What is between a bracket, which comes next, and its counterpart. */
static struct slice take_bracketed(struct expansion *x, struct slice *text)
{
	char open = *text->at, close = open == '{' ? '}' : ')';
	struct slice inner = {text->at + 1, text->end};
	unsigned int depth = 0;

	for (const char *at = text->at; at < text->end; at++) {
		if (*at == open) {
			depth++;
		} else if (*at == close && --depth == 0) {
			inner.end = at;
			text->at = at + 1;
			return inner;
		}
	}
	fail(x, "\"%c\" without \"%c\" at \"%.*s\"", open, close, shown(*text),
	     text->at);
	text->at = text->end;
	return inner;
}

/* "{value}" with blanks around it, or else all that is left, as it is. */
static struct slice take_operand(struct expansion *x, struct slice *text)
{
	struct slice operand = *text, ahead = *text;

	skip_space(&ahead);
	if (next_is(&ahead, '{')) {
		*text = ahead;
		operand = take_bracketed(x, text);
		skip_space(text);
	} else {
		text->at = text->end;
	}
	return operand;
}

/* Putting values in */

static void expand(struct expansion *x, struct slice text, unsigned int depth);

static void expand_parameter(struct expansion *x, struct slice name,
			     unsigned int depth)
{
	const struct postfix_scope *scope = x->scope;
	struct postfix_parameter *parameter;
	unsigned int line = x->line;

	parameter = scope->find(scope->context, name.at, length_of(name));
	if (!parameter) {
		if (scope->undefined && length_of(name) > 0)
			scope->undefined(scope->context, name.at,
					 length_of(name), line);
		return;
	}
	if (parameter->expanding) {
		fail(x, "the value of %s refers to itself", parameter->name);
		return;
	}
	parameter->expanding = true;
	if (parameter->line > 0)
		x->line = parameter->line;
	expand(x,
	       (struct slice){parameter->value,
			      parameter->value + strlen(parameter->value)},
	       depth + 1);
	x->line = line;
	parameter->expanding = false;
}

/* A parameter counts by what is written, not by what that expands to. */
static bool is_set(const struct expansion *x, struct slice name)
{
	const struct postfix_parameter *parameter;

	parameter = x->scope->find(x->scope->context, name.at, length_of(name));
	return parameter && *parameter->value != '\0';
}

/* Expands both sides behind what is there, compares, and takes them away. */
static bool is_true(struct expansion *x, struct slice left, struct slice word,
		    struct slice right, unsigned int depth)
{
	size_t start = x->used, middle;
	enum postfix_truth truth;

	expand(x, left, depth + 1);
	put(x, "", 1);
	middle = x->used;
	expand(x, right, depth + 1);
	put(x, "", 1);
	if (x->error)
		return false;
	truth = postfix_compare(x->out + start, word.at, length_of(word),
				x->out + middle);
	if (truth == POSTFIX_NO_RELATION)
		fail(x, "\"%.*s\" is no comparison, or not of such values",
		     shown(word), word.at);
	x->used = start;
	return truth == POSTFIX_TRUE;
}

/* "{a} == {b}" */
static bool take_relation(struct expansion *x, struct slice *text,
			  unsigned int depth)
{
	struct slice left, word, right;

	left = take_bracketed(x, text);
	skip_space(text);
	word = take_letters(text, OPERATOR_LETTERS);
	word.end = take_name(text).end;
	skip_space(text);
	if (!next_is(text, '{')) {
		fail(x, "expected {value} == {value} at \"%.*s\"", shown(*text),
		     text->at);
		return false;
	}
	right = take_bracketed(x, text);
	skip_space(text);
	return is_true(x, left, word, right, depth);
}

/* "?{value}:{value}", "?value", ":value", or nothing at all. */
static void expand_choice(struct expansion *x, struct slice text, bool truth,
			  unsigned int depth)
{
	struct slice operand;

	if (next_is(&text, '?')) {
		text.at++;
		operand = take_operand(x, &text);
		if (truth)
			expand(x, operand, depth + 1);
	}
	if (next_is(&text, ':')) {
		text.at++;
		operand = take_operand(x, &text);
		if (!truth)
			expand(x, operand, depth + 1);
	}
	if (text.at < text.end)
		fail(x, "unexpected \"%.*s\"", shown(text), text.at);
}

/* What is within ${...}. */
static void expand_expression(struct expansion *x, struct slice text,
			      unsigned int depth)
{
	struct slice name = {NULL, NULL};
	bool truth;

	skip_space(&text);
	if (next_is(&text, '{')) {
		truth = take_relation(x, &text, depth);
	} else {
		name = take_name(&text);
		skip_space(&text);
		truth = is_set(x, name);
	}
	if (x->error)
		return;
	if (text.at < text.end)
		expand_choice(x, text, truth, depth);
	else if (name.at)
		expand_parameter(x, name, depth);
	else if (truth)
		put(x, "true", 4);
}

/* `text` begins behind the "$". */
static void expand_reference(struct expansion *x, struct slice *text,
			     unsigned int depth)
{
	struct slice inner;

	if (next_is(text, '{') || next_is(text, '('))
		inner = take_bracketed(x, text);
	else
		inner = take_name(text);
	if (inner.at == inner.end)
		fail(x, "\"$\" without a name behind it (\"$$\" stands for "
			"\"$\")");
	else if (!x->error)
		expand_expression(x, inner, depth);
}

static void expand(struct expansion *x, struct slice text, unsigned int depth)
{
	const char *dollar;

	if (depth > DEPTH_MAX && text.at < text.end)
		fail(x, "references are nested too deeply");
	spend(x, length_of(text) + 1);
	while (text.at < text.end && !x->error) {
		dollar = memchr(text.at, '$', length_of(text));
		if (!dollar)
			dollar = text.end;
		put(x, text.at, (size_t)(dollar - text.at));
		text.at = dollar;
		if (text.at == text.end)
			break;
		text.at++;
		if (next_is(&text, '$')) {
			put(x, "$", 1);
			text.at++;
		} else {
			expand_reference(x, &text, depth);
		}
	}
}

int postfix_expand(const struct postfix_scope *scope,
		   struct postfix_parameter *parameter, char **out,
		   struct postfix_fault *fault)
{
	struct slice text = {parameter->value,
			     parameter->value + strlen(parameter->value)};
	struct expansion x = {
		.scope = scope,
		.fault = fault,
		.line = parameter->line,
	};

	parameter->expanding = true;
	expand(&x, text, 0);
	parameter->expanding = false;
	put(&x, "", 1);
	if (x.error) {
		free(x.out);
		return x.error;
	}
	*out = x.out;
	return 0;
}

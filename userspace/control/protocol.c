/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of the control socket, to and from JSON. */

#include "control/protocol.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define REQUEST_FORM "expected {\"command\":\"NAME\",\"args\":{...}}"

static int load_object(const char *line, size_t length, json_t **out,
		       char error[static CONTROL_ERROR_MAX])
{
	json_error_t why;
	json_t *root;

	root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	if (!root && json_error_code(&why) == json_error_out_of_memory)
		return -ENOMEM;
	if (!root) {
		snprintf(error, CONTROL_ERROR_MAX,
			 "not JSON at column %d: %s; " REQUEST_FORM, why.column,
			 why.text);
		return -EINVAL;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		snprintf(error, CONTROL_ERROR_MAX,
			 "not a JSON object; " REQUEST_FORM);
		return -EINVAL;
	}
	*out = root;
	return 0;
}

/* Misspelt keys are told, lest their values be ignored without a word. */
static const char *unknown_key(json_t *root)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		if (strcmp(key, "command") != 0 && strcmp(key, "args") != 0)
			return key;
	}
	return NULL;
}

/* False with what is wrong in `error`. */
static bool check_request(json_t *root, char error[static CONTROL_ERROR_MAX])
{
	const json_t *command = json_object_get(root, "command");
	const json_t *args = json_object_get(root, "args");
	const char *key = unknown_key(root);

	if (key)
		snprintf(error, CONTROL_ERROR_MAX,
			 "unknown key \"%.64s\"; " REQUEST_FORM, key);
	else if (!json_is_string(command))
		snprintf(error, CONTROL_ERROR_MAX,
			 "\"command\" is missing or no string; " REQUEST_FORM);
	else if (json_string_length(command) >= CONTROL_COMMAND_MAX)
		snprintf(error, CONTROL_ERROR_MAX,
			 "no command has a name longer than %d characters",
			 CONTROL_COMMAND_MAX - 1);
	else if (args && !json_is_object(args))
		snprintf(error, CONTROL_ERROR_MAX,
			 "\"args\" is no object; " REQUEST_FORM);
	else
		return true;
	return false;
}

int control_parse_request(const char *line, size_t length,
			  struct control_call *out,
			  char error[static CONTROL_ERROR_MAX])
{
	json_t *root = NULL;
	json_t *args;
	int status;

	status = load_object(line, length, &root, error);
	if (status)
		return status;
	if (!check_request(root, error)) {
		status = -EINVAL;
		goto out;
	}
	args = json_object_get(root, "args");
	args = args ? json_incref(args) : json_object();
	if (!args) {
		status = -ENOMEM;
		goto out;
	}
	snprintf(out->command, sizeof(out->command), "%s",
		 json_string_value(json_object_get(root, "command")));
	out->args = args;
out:
	json_decref(root);
	return status;
}

int control_parse_reply(const char *line, size_t length, json_t **out,
			char error[static CONTROL_ERROR_MAX])
{
	const char *words;
	json_t *result;
	json_t *root;
	int status = -EPROTO;

	root = json_loadb(line, length, 0, NULL);
	result = json_object_get(root, "result");
	words = json_string_value(json_object_get(root, "error"));
	if (json_is_true(json_object_get(root, "ok")) &&
	    json_is_object(result)) {
		*out = json_incref(result);
		status = 0;
	} else if (json_is_false(json_object_get(root, "ok")) && words) {
		snprintf(error, CONTROL_ERROR_MAX, "%s", words);
		status = -EREMOTEIO;
	}
	json_decref(root);
	return status;
}

/* Takes the reference to `root`, which may be NULL. */
static char *format(json_t *root)
{
	size_t length;
	char *larger;
	char *text;

	text = json_dumps(root, JSON_COMPACT | CONTROL_JSON_FLAGS);
	json_decref(root);
	if (!text)
		return NULL;
	length = strlen(text);
	larger = realloc(text, length + 2);
	if (!larger) {
		free(text);
		return NULL;
	}
	memcpy(larger + length, "\n", 2);
	return larger;
}

char *control_format_request(const char *command, json_t *args)
{
	return format(
		json_pack("{s:s, s:o}", "command", command, "args", args));
}

char *control_format_result(json_t *result)
{
	char *line = format(json_pack("{s:b, s:o}", "ok", 1, "result", result));

	if (!line || strlen(line) <= CONTROL_REPLY_MAX)
		return line;
	free(line);
	return NULL;
}

char *control_format_error(const char *error)
{
	return format(
		json_pack("{s:b, s:o}", "ok", 0, "error", control_text(error)));
}

json_t *control_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of the control socket, fed with anything.  A request that is
 * taken survives being written and read again, errors are bounded, and
 * whatever a reply holds, its text for people has no control characters.
 *
 * The first octet tells as what the rest is read.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/protocol.h"
#include "ctl/explain.h"
#include "ctl/status.h"

#define NOW 1763950000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void check_error(char error[static CONTROL_ERROR_MAX])
{
	char *line;

	check(strnlen(error, CONTROL_ERROR_MAX) < CONTROL_ERROR_MAX);
	line = control_format_error(error);
	check(line && strchr(line, '\n') == line + strlen(line) - 1);
	free(line);
}

static void try_request(const char *line, size_t length)
{
	char error[CONTROL_ERROR_MAX] = "";
	struct control_call again = {.args = NULL};
	struct control_call call = {.args = NULL};
	char *copy;

	if (control_parse_request(line, length, &call, error) < 0) {
		check(!call.args && *error);
		check_error(error);
		return;
	}
	copy = control_format_request(call.command, json_incref(call.args));
	check(copy && strchr(copy, '\n') == copy + strlen(copy) - 1);
	check(control_parse_request(copy, strlen(copy) - 1, &again, error) ==
	      0);
	check(strcmp(call.command, again.command) == 0);
	check(json_object_size(call.args) == json_object_size(again.args));
	free(copy);
	json_decref(call.args);
	json_decref(again.args);
}

static void check_text(const char *text)
{
	for (; *text; text++)
		check((unsigned char)*text >= ' ' || *text == '\n');
}

static void try_reply(const char *line, size_t length)
{
	char error[CONTROL_ERROR_MAX] = "";
	struct print print = {0};
	json_t *result = NULL;
	size_t text_length;
	char *text;
	int status;

	status = control_parse_reply(line, length, &result, error);
	check((status == 0) == (result != NULL));
	if (status == -EREMOTEIO)
		check_error(error);
	if (status)
		return;
	print.out = open_memstream(&text, &text_length);
	check(print.out != NULL);
	status_show(&print, result, NOW);
	explain_show(&print, result);
	fclose(print.out);
	check_text(text);
	free(text);
	json_decref(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		try_request((const char *)data + 1, size - 1);
	else
		try_reply((const char *)data + 1, size - 1);
	return 0;
}

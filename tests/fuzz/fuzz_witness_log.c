/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any line of a log: whom it makes a witness is an address of the line. */

#include <stdlib.h>
#include <string.h>

#include "ctl/witness_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr addr;
	char *line = malloc(size + 1);

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	if (witness_log_parse(line, &addr) &&
	    (!strchr(line, '[') || !strstr(line, "onnect from ")) &&
	    !strstr(line, "CONNECT from "))
		abort();
	free(line);
	return 0;
}

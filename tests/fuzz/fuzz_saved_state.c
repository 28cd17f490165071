/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state over restarts, fed with anything: as it is, and with the right
 * seal put on it, so that what is behind the checksum is reached, too.  What is
 * accepted is written back the same.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/fnv.h"
#include "worker/saved_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_fingerprint(void *context, uint64_t fingerprint)
{
	saved_state_begin(context, ((struct saved_writer *)context)->out,
			  fingerprint);
	return true;
}

static void on_quota(void *context, const struct saved_quota *quota)
{
	if (strlen(quota->zone) == 0)
		abort();
	saved_state_put_quota(context, quota);
}

static void on_verdict(void *context, const struct saved_verdict *verdict)
{
	if (verdict->verdict != VERDICT_CLEAN &&
	    verdict->verdict != VERDICT_LISTED)
		abort();
	saved_state_put_verdict(context, verdict);
}

static void try(const uint8_t *data, size_t size)
{
	struct saved_writer writer = {0};
	const struct saved_visitor visitor = {
		.fingerprint = on_fingerprint,
		.quota = on_quota,
		.verdict = on_verdict,
		.context = &writer,
	};
	const char *why = NULL;
	size_t length = 0;
	char *again = NULL;
	int result;

	writer.out = open_memstream(&again, &length);
	if (!writer.out)
		abort();
	result = saved_state_read(data, size, &visitor, &why);
	if ((result != 0) != (why != NULL))
		abort();
	if (result == 0)
		saved_state_end(&writer);
	fclose(writer.out);
	if (result == 0 && (length != size || memcmp(again, data, size) != 0))
		abort();
	free(again);
}

/* The last octet is the count, so that few inputs fail for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *sealed;
	uint64_t hash;

	try(data, size);
	if (size == 0)
		return 0;
	sealed = malloc(size + 12);
	if (!sealed)
		abort();
	memcpy(sealed, data, size - 1);
	memcpy(sealed + size - 1, "E\0\0\0", 4);
	sealed[size + 3] = data[size - 1];
	hash = fnv_add(FNV_START, sealed, size + 4);
	for (size_t i = 0; i < 8; i++)
		sealed[size + 4 + i] = (uint8_t)(hash >> (8 * (7 - i)));
	try(sealed, size + 12);
	free(sealed);
	return 0;
}

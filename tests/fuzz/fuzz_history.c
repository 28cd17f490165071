/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history of refusals, read from anything: as it is, and with the right
 * head and sum put around it, so that what is behind these is reached, too.
 * What is accepted can be reported, goes on, and once written comes back the
 * same.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/fnv.h"
#include "worker/history.h"

#define HEAD	  "posternH\0\0\0\2"
#define HEAD_SIZE (sizeof(HEAD) - 1)
#define NOW	  (20000 * (time_t)HISTORY_DAY_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct history *read_back(const void *data, size_t size)
{
	struct history *history = history_create(NOW);
	const char *why = NULL;
	int error;

	if (!history)
		abort();
	error = history_decode(history, data, size, &why);
	if ((error != 0) != (why != NULL))
		abort();
	if (!error)
		return history;
	if (history_since(history, NOW) != NOW)
		abort();
	history_free(history);
	return NULL;
}

static void use(struct history *history)
{
	const struct history_attempt attempt = {.reason = REASON_LISTED};
	const struct policy_gate gate = {.gate = GATE_CLOSED};
	struct history_report *report;

	if (history_report(history, 0, NOW, &report))
		abort();
	free(report);
	history_note(history, &attempt, NOW);
	history_note_gate(history, "", FAMILY_IPV6, gate, NOW);
}

static void try(const uint8_t *data, size_t size)
{
	struct history *history = read_back(data, size), *copy;
	void *once, *again;
	size_t once_size, again_size;

	if (!history)
		return;
	if (history_encode(history, &once, &once_size))
		abort();
	copy = read_back(once, once_size);
	if (!copy || history_encode(copy, &again, &again_size))
		abort();
	if (once_size != again_size || memcmp(once, again, once_size) != 0)
		abort();
	free(once);
	free(again);
	history_free(copy);
	use(history);
	history_free(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole = HEAD_SIZE + size + 8;
	uint8_t *sealed = malloc(whole);
	uint64_t hash;

	if (!sealed)
		abort();
	try(data, size);
	memcpy(sealed, HEAD, HEAD_SIZE);
	memcpy(sealed + HEAD_SIZE, data, size);
	hash = fnv_add(FNV_START, sealed, whole - 8);
	for (size_t i = 0; i < 8; i++)
		sealed[whole - 8 + i] = (uint8_t)(hash >> (8 * (7 - i)));
	try(sealed, whole);
	free(sealed);
	return 0;
}

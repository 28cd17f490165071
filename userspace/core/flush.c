/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pace of a flush. */

#include "core/flush.h"

void flush_set(struct flush *flush, size_t count)
{
	flush->count = count;
	flush->next = 0;
	flush->outdated = true;
	if (flush->owed)
		flush->owed = count;
}

void flush_outage(struct flush *flush)
{
	flush->healthy = false;
	flush->outdated = true;
	flush->owed = flush->count;
}

void flush_healthy(struct flush *flush, uint64_t now_ns, uint64_t settle_ns)
{
	if (flush->healthy)
		return;
	flush->healthy = true;
	flush->due_ns = now_ns + settle_ns;
}

void flush_falter(struct flush *flush)
{
	flush->healthy = false;
}

bool flush_take(struct flush *flush, uint64_t now_ns, size_t *index)
{
	if (!flush->healthy || flush->running || flush->owed == 0 ||
	    now_ns < flush->due_ns)
		return false;
	flush->running = true;
	flush->outdated = false;
	flush->current = flush->next;
	*index = flush->next;
	return true;
}

void flush_done(struct flush *flush, uint64_t now_ns, uint64_t pause_ns)
{
	uint64_t due_ns = now_ns + pause_ns;

	if (!flush->running)
		return;
	flush->running = false;
	if (flush->count)
		flush->next = (flush->next + 1) % flush->count;
	/* An outage in between has made all of them owed, this one too. */
	if (flush->owed && !flush->outdated)
		flush->owed--;
	/* It may have faltered meanwhile, and must then settle first. */
	if (flush->due_ns < due_ns)
		flush->due_ns = due_ns;
}

uint64_t flush_pause(uint64_t delay_ns, uint32_t random)
{
	uint64_t span_ns = delay_ns / 2;

	return delay_ns - delay_ns / 4 +
	       (uint64_t)((double)span_ns * ((double)random / UINT32_MAX));
}

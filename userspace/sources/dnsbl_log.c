/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for new listings, through a token bucket. */

#include "sources/dnsbl_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"

#define LINES_PER_SECOND 10
#define LINES_AT_ONCE	 20
#define TOKENS_PER_LINE	 1000
#define LINE_TEXT	 768

static bool take_token(struct dnsbl_log *log, uint64_t now_ms)
{
	const uint64_t full = (uint64_t)LINES_AT_ONCE * TOKENS_PER_LINE;
	uint64_t elapsed_ms = now_ms - log->filled_ms;

	if (log->filled_ms == 0 || elapsed_ms > full)
		log->tokens = full;
	else
		log->tokens += elapsed_ms * LINES_PER_SECOND;
	if (log->tokens > full)
		log->tokens = full;
	log->filled_ms = now_ms;
	if (log->tokens < TOKENS_PER_LINE)
		return false;
	log->tokens -= TOKENS_PER_LINE;
	return true;
}

void dnsbl_log_omitted(struct dnsbl_log *log, uint64_t now_ms)
{
	if (log->omitted == 0 || !take_token(log, now_ms))
		return;
	log_info("listed %" PRIu64 " more sources, not named: too many lines",
		 log->omitted);
	log->omitted = 0;
}

void dnsbl_log_line(struct dnsbl_log *log, uint64_t now_ms,
		    const struct addr *source, int score,
		    const struct site *sites,
		    const struct dnsbl_site_result *results, size_t count)
{
	char line[LINE_TEXT] = "", text[ADDR_TEXT], zone[SITE_ZONE_MAX];
	size_t used = 0;

	dnsbl_log_omitted(log, now_ms);
	if (log->omitted > 0 || !take_token(log, now_ms)) {
		log->omitted++;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const uint8_t *code = results[i].address;
		int length;

		if (!results[i].settled || !results[i].matched)
			continue;
		length = snprintf(line + used, sizeof(line) - used,
				  " %s=%u.%u.%u.%u",
				  site_redact(sites[i].zone, zone), code[0],
				  code[1], code[2], code[3]);
		if (length < 0 || (size_t)length >= sizeof(line) - used) {
			line[used] = '\0';
			break;
		}
		used += (size_t)length;
	}
	log_info("listed %s score=%d%s", addr_format(source, text), score,
		 line);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for new listings, through a token bucket. */

#include "sources/dnsbl_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"

#define LINES_PER_SECOND 10
#define LINES_AT_ONCE	 20
#define LINE_TEXT	 768

/* Zero-initialised is how its owner has it. */
static struct log_budget *budget_of(struct dnsbl_log *log)
{
	log->budget.per_second = LINES_PER_SECOND;
	log->budget.at_once = LINES_AT_ONCE;
	return &log->budget;
}

void dnsbl_log_omitted(struct dnsbl_log *log, uint64_t now_ms)
{
	uint64_t omitted = log_budget_omitted(budget_of(log), now_ms);

	if (omitted)
		log_info("listed %" PRIu64
			 " more sources, not named: too many lines",
			 omitted);
}

void dnsbl_log_line(struct dnsbl_log *log, uint64_t now_ms,
		    const struct addr *source, const char *id, int score,
		    const struct site *sites,
		    const struct dnsbl_site_result *results, size_t count)
{
	char line[LINE_TEXT] = "", text[ADDR_TEXT], zone[SITE_ZONE_MAX];
	struct log_about about = {.id = id};
	size_t used = 0;

	dnsbl_log_omitted(log, now_ms);
	if (!log_budget_take(budget_of(log), now_ms))
		return;
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
	about.source = addr_format(source, text);
	log_about(LOG_LEVEL_INFO, &about, "listed %s score=%d%s", about.source,
		  score, line);
}

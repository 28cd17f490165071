/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any line of a log or queue, or reply: ids and words stay within bounds. */

#include <stdlib.h>
#include <string.h>

#include "ctl/drill_follow.h"
#include "ctl/drill_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drill_news news = {.id = ""};
	char id[DRILL_QUEUE_ID];
	char *line = malloc(size + 1);

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	drill_queue_id(line, id);
	if (strlen(id) > size)
		abort();
	if (drill_log_line(line, "4Xy", &news) && !strstr(line, ": 4Xy: to=<"))
		abort();
	if (strlen(news.id) > size || strlen(news.relay) > size)
		abort();
	drill_queue_line(line, "4Xy", &news);
	free(line);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a sender says to the doorman: replies are whole lines with a code,
 * none of them takes a message, and how the octets are cut into pieces makes
 * no difference.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/doorman_smtp.h"

#define REFUSAL "451 4.3.2 the primary MX is up, please deliver there"

/* All that can come back: a reply to each octet at worst, up to the limits. */
#define HEARD_MAX ((DOORMAN_COMMANDS_MAX + 2) * 512)

struct heard {
	char text[HEARD_MAX];
	size_t used;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void hear(struct doorman_smtp *smtp, struct heard *heard)
{
	check(heard->used + smtp->out_used <= sizeof(heard->text));
	memcpy(heard->text + heard->used, smtp->out, smtp->out_used);
	heard->used += smtp->out_used;
	smtp->out_used = 0;
}

static void converse(const char *said, size_t size, size_t piece,
		     struct heard *heard)
{
	struct doorman_smtp smtp;

	heard->used = 0;
	doorman_smtp_begin(&smtp, "mx2.example.net", REFUSAL);
	doorman_smtp_offer(&smtp, true);
	hear(&smtp, heard);
	while (size && !smtp.ended) {
		size_t taken = doorman_smtp_take(&smtp, said,
						 size < piece ? size : piece);

		check(taken || smtp.out_used);
		said += taken;
		size -= taken;
		hear(&smtp, heard);
		/* As if the rest came over TLS. */
		if (smtp.starting)
			doorman_smtp_secure(&smtp);
	}
}

/* RFC 5321, 4.2: "250 words" or "250-words", CRLF; never a 354. */
static void check_replies(const struct heard *heard)
{
	const char *at = heard->text, *end = at + heard->used;

	while (at < end) {
		const char *line = at;

		at = memchr(line, '\n', (size_t)(end - line));
		check(at && at - line >= 5 && at[-1] == '\r');
		check(line[0] == '2' || line[0] == '4' || line[0] == '5');
		check(line[3] == ' ' || line[3] == '-');
		for (const char *c = line; c < at - 1; c++)
			check(*c >= ' ' && *c <= '~');
		at++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct heard whole, pieces;

	converse((const char *)data, size, SIZE_MAX, &whole);
	check_replies(&whole);
	converse((const char *)data, size, 3, &pieces);
	check(whole.used == pieces.used &&
	      memcmp(whole.text, pieces.text, whole.used) == 0);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reply parser and the rules of the dialogue, fed with anything: the
 * result does not depend on how the octets are cut into pieces, text stays
 * printable and bounded, and every dialogue comes to its QUIT.
 *
 * The first octet is the size of the pieces, the rest what a primary sends.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dialogue.h"
#include "sources/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void check_text(const char *text)
{
	size_t length = strnlen(text, REPLY_TEXT_MAX);

	check(length < REPLY_TEXT_MAX);
	for (size_t i = 0; i < length; i++)
		check(text[i] >= ' ' && text[i] <= '~');
}

/* One reply in pieces of `piece` octets. */
static enum reply_status feed(struct reply_parser *parser, const char *data,
			      size_t length, size_t piece, size_t *used)
{
	enum reply_status status = REPLY_MORE;

	reply_reset(parser);
	*used = 0;
	while (*used < length && status == REPLY_MORE) {
		size_t left = length - *used;
		size_t taken;

		status = reply_parse(parser, data + *used,
				     left < piece ? left : piece, &taken);
		check(taken > 0 && taken <= left);
		*used += taken;
	}
	check_text(parser->reply.text);
	return status;
}

static void check_same(const struct reply_parser *a,
		       const struct reply_parser *b)
{
	check(a->reply.code == b->reply.code);
	check(a->reply.enhanced == b->reply.enhanced);
	check(a->reply.subject == b->reply.subject);
	check(a->reply.detail == b->reply.detail);
	check(strcmp(a->reply.text, b->reply.text) == 0);
	check(a->lines == b->lines && a->lines <= REPLY_LINES_MAX + 1);
	check(a->length == b->length && a->length <= REPLY_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum dialogue_step step = STEP_GREETING;
	const char *at = (const char *)data + 1;
	size_t piece;
	size_t left;

	if (size < 1)
		return 0;
	piece = (size_t)data[0] + 1;
	left = size - 1;
	while (left > 0 && step != STEP_QUIT) {
		struct reply_parser whole;
		struct reply_parser pieces;
		enum reply_status status;
		struct dialogue_move move;
		size_t used;
		size_t used_again;

		status = feed(&whole, at, left, left, &used);
		check(feed(&pieces, at, left, piece, &used_again) == status);
		check(used == used_again);
		check_same(&whole, &pieces);
		if (status != REPLY_DONE)
			break;
		check(whole.reply.code >= 200 && whole.reply.code < 600);
		move = dialogue_judge(step, &whole.reply);
		check(move.next > step);
		check(!move.decided || move.reason < PROBE_REASONS);
		step = move.next;
		at += used;
		left -= used;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders: words, lengths, ends. */

#include "core/order.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define NS_PER_SECOND 1000000000ULL

static const struct {
	const char *name;
	const char *words[3];
} subjects[ORDER_SUBJECTS] = {
	[ORDER_GATE] = {"gate",
			{
				[ORDER_GATE_AUTO] = "auto",
				[ORDER_GATE_OPEN] = "open",
				[ORDER_GATE_CLOSE] = "close",
			}},
	[ORDER_MODE] = {"mode",
			{
				[ORDER_MODE_AUTO] = "auto",
				[ORDER_MODE_MONITOR] = "monitor",
				[ORDER_MODE_ENFORCE] = "enforce",
			}},
};

#define WORDS (sizeof(subjects[0].words) / sizeof(subjects[0].words[0]))

const char *order_subject_name(enum order_subject subject)
{
	return subjects[subject].name;
}

const char *order_word(enum order_subject subject, unsigned int value)
{
	return value < WORDS ? subjects[subject].words[value] : NULL;
}

int order_parse(enum order_subject subject, const char *word, unsigned int *out)
{
	for (unsigned int value = 0; value < WORDS; value++) {
		if (strcmp(subjects[subject].words[value], word) != 0)
			continue;
		*out = value;
		return 0;
	}
	return -EINVAL;
}

static bool closes(enum order_subject subject, unsigned int value)
{
	return subject == ORDER_GATE && value == ORDER_GATE_CLOSE;
}

int order_length(enum order_subject subject, unsigned int value,
		 int64_t asked_s, int64_t *out_s)
{
	int64_t most_s =
		closes(subject, value) ? ORDER_CLOSE_MAX_S : ORDER_MAX_S;

	if (asked_s < 0 || asked_s > most_s)
		return -ERANGE;
	if (asked_s == 0 && closes(subject, value))
		asked_s = ORDER_CLOSE_S;
	*out_s = asked_s;
	return 0;
}

struct order order_make(unsigned int value, uid_t uid, int64_t length_s,
			int64_t now_unix, uint64_t now_ns)
{
	struct order order = {
		.value = value,
		.uid = uid,
		.since_unix = now_unix,
	};

	if (length_s) {
		order.until_unix = now_unix + length_s;
		order.ends_ns = now_ns + (uint64_t)length_s * NS_PER_SECOND;
	}
	return order;
}

void order_resume(struct order *order, int64_t now_unix, uint64_t now_ns)
{
	int64_t left_s = order->until_unix - now_unix;
	int64_t length_s = order->until_unix - order->since_unix;

	order->ends_ns = 0;
	if (!order->until_unix)
		return;
	if (left_s > length_s)
		left_s = length_s;
	/* One that is over has an end, too. */
	order->ends_ns = now_ns ? now_ns : 1;
	if (left_s > 0)
		order->ends_ns += (uint64_t)left_s * NS_PER_SECOND;
}

bool order_is_over(const struct order *order, uint64_t now_ns)
{
	return order->value != 0 && order->ends_ns && now_ns >= order->ends_ns;
}

double order_left_s(const struct order *order, uint64_t now_ns)
{
	if (!order->ends_ns)
		return -1;
	if (now_ns >= order->ends_ns)
		return 0;
	return (double)(order->ends_ns - now_ns) / 1e9;
}

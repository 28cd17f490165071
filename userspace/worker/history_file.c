/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the history: numbers are big endian, texts have their length
 * before them, FNV-1a of all stands at the end.
 *
 *   "posternH", version, since, then with their number before them
 *   zones      name
 *   days       sums of a day; of each zone, in the order of their names
 *   openings   guard, family, why in words, since, until
 *   networks   network-days, the oldest first
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "worker/fnv.h"
#include "worker/history_store.h"

#define VERSION	  2
#define HEAD_SIZE (8 + 4 + 4) /* with since */
#define END_SIZE  8

#define SUMS	      (7 + 2 * HISTORY_REASONS) /* numbers of a day */
#define NETWORK_SIZE  (16 + (5 + 2 * HISTORY_REASONS) * 4)
#define ZONES_SIZE    (4 + HISTORY_ZONES * (1 + SITE_ZONE_MAX))
#define DAYS_SIZE     (4 + HISTORY_DAYS * (SUMS + 2 * HISTORY_ZONES) * 4)
#define OPENING_SIZE  (1 + HISTORY_GUARD_TEXT + 4 + 1 + UINT8_MAX + 8)
#define OPENINGS_SIZE (4 + HISTORY_OPENINGS * OPENING_SIZE)
#define REST_SIZE     (HEAD_SIZE + ZONES_SIZE + DAYS_SIZE + OPENINGS_SIZE)

static const uint8_t magic[8] = {'p', 'o', 's', 't', 'e', 'r', 'n', 'H'};

_Static_assert(REST_SIZE + 4 + HISTORY_MAX * NETWORK_SIZE + END_SIZE <
		       HISTORY_FILE_MAX,
	       "the largest file is as large");

/* ---- writing: there is room for the largest ---- */

static uint8_t *put(uint8_t *at, uint64_t number, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	return at + size;
}

static uint8_t *put_all(uint8_t *at, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		at = put(at, numbers[i], 4);
	return at;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
	size_t length = strlen(text);

	if (length > UINT8_MAX)
		length = UINT8_MAX;
	*at++ = (uint8_t)length;
	for (size_t i = 0; i < length; i++)
		*at++ = (uint8_t)text[i];
	return at;
}

/* Places that are free are behind all others. */
static uint32_t count_zones(const struct history *history)
{
	uint32_t count = 0;

	while (count < HISTORY_ZONES && history->zones[count][0])
		count++;
	return count;
}

/* Of places that no day has taken yet, day is 0. */
static uint32_t count_days(const struct history *history)
{
	uint32_t count = 0;

	for (size_t i = 0; i < HISTORY_DAYS; i++)
		count += history->days[i].day != 0;
	return count;
}

static uint8_t *put_sums(uint8_t *at, const struct history_sums *sums,
			 uint32_t zones)
{
	at = put(at, sums->day, 4);
	at = put(at, sums->left_out, 4);
	at = put_all(at, sums->attempts, HISTORY_REASONS);
	at = put_all(at, sums->watched, HISTORY_REASONS);
	at = put(at, sums->gate, 4);
	at = put(at, sums->gate_listed, 4);
	at = put(at, sums->gate_known, 4);
	at = put(at, sums->gate_refused, 4);
	at = put(at, sums->zones_known, 4);
	for (uint32_t i = 0; i < zones; i++) {
		at = put(at, sums->zones[i].attempts, 4);
		at = put(at, sums->zones[i].alone, 4);
	}
	return at;
}

static uint8_t *put_opening(uint8_t *at, const struct history_opening *opening)
{
	at = put_text(at, opening->guard);
	at = put(at, opening->family, 4);
	at = put_text(at, policy_why_words(opening->why));
	at = put(at, opening->since_s, 4);
	return put(at, opening->until_s, 4);
}

static uint8_t *put_network(uint8_t *at, const struct history_day *day)
{
	memcpy(at, &day->network, sizeof(day->network));
	at = put(at + sizeof(day->network), day->day, 4);
	at = put(at, day->first_s, 4);
	at = put(at, day->last_s, 4);
	at = put(at, day->reached_s, 4);
	at = put(at, day->mercy_s, 4);
	at = put_all(at, day->attempts, HISTORY_REASONS);
	return put_all(at, day->watched, HISTORY_REASONS);
}

static uint8_t *put_history(uint8_t *at, const struct history *history)
{
	uint32_t zones = count_zones(history);

	memcpy(at, magic, sizeof(magic));
	at = put(at + sizeof(magic), VERSION, 4);
	at = put(at, history->since_s, 4);
	at = put(at, zones, 4);
	for (uint32_t i = 0; i < zones; i++)
		at = put_text(at, history->zones[i]);
	at = put(at, count_days(history), 4);
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		if (history->days[i].day)
			at = put_sums(at, &history->days[i], zones);
	at = put(at, history->opening_count, 4);
	for (uint32_t i = 0; i < history->opening_count; i++)
		at = put_opening(at, &history->openings[i]);
	at = put(at, history->count, 4);
	for (uint32_t i = 0; i < history->count; i++)
		at = put_network(
			at,
			&history->ring[(history->oldest + i) % HISTORY_MAX]);
	return at;
}

int history_encode(const struct history *history, void **out, size_t *size)
{
	uint8_t *data = malloc(REST_SIZE + 4 + history->count * NETWORK_SIZE +
			       END_SIZE);
	uint8_t *end;

	if (!data)
		return -ENOMEM;
	end = put_history(data, history);
	*size = (size_t)(end - data) + END_SIZE;
	put(end, fnv_add(FNV_START, data, (size_t)(end - data)), END_SIZE);
	*out = data;
	return 0;
}

/* ---- reading: what is behind the end is 0, and bad ---- */

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

static const uint8_t *take_octets(struct reader *reader, size_t size)
{
	const uint8_t *at = reader->at;

	if (reader->bad || (size_t)(reader->end - at) < size) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	return at;
}

static uint64_t take_wide(struct reader *reader, size_t size)
{
	const uint8_t *octets = take_octets(reader, size);
	uint64_t number = 0;

	for (size_t i = 0; octets && i < size; i++)
		number = number << 8 | octets[i];
	return number;
}

static uint32_t take(struct reader *reader)
{
	return (uint32_t)take_wide(reader, 4);
}

static uint32_t take_count(struct reader *reader, uint32_t max)
{
	uint32_t count = take(reader);

	if (count <= max)
		return count;
	reader->bad = true;
	return 0;
}

static void take_all(struct reader *reader, uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		numbers[i] = take(reader);
}

/* Visible ASCII and blanks only: it is shown to people. */
static void take_text(struct reader *reader, char *text, size_t room)
{
	size_t length = take_wide(reader, 1);
	const uint8_t *octets = take_octets(reader, length);

	text[0] = '\0';
	if (!octets || length >= room) {
		reader->bad = true;
		return;
	}
	for (size_t i = 0; i < length; i++)
		reader->bad |= octets[i] < ' ' || octets[i] > '~';
	memcpy(text, octets, length);
	text[length] = '\0';
}

static void take_zones(struct reader *reader, struct history *history,
		       uint32_t *count)
{
	*count = take_count(reader, HISTORY_ZONES);
	for (uint32_t i = 0; i < *count && !reader->bad; i++) {
		take_text(reader, history->zones[i], sizeof(history->zones[i]));
		reader->bad |= history->zones[i][0] == '\0';
	}
}

static void take_sums(struct reader *reader, struct history_sums *sums,
		      uint32_t zones)
{
	sums->day = take(reader);
	sums->left_out = take(reader);
	take_all(reader, sums->attempts, HISTORY_REASONS);
	take_all(reader, sums->watched, HISTORY_REASONS);
	sums->gate = take(reader);
	sums->gate_listed = take(reader);
	sums->gate_known = take(reader);
	sums->gate_refused = take(reader);
	sums->zones_known = take(reader);
	for (uint32_t i = 0; i < zones; i++) {
		sums->zones[i].attempts = take(reader);
		sums->zones[i].alone = take(reader);
	}
}

/* Returns the last day that anything is known of. */
static uint32_t take_days(struct reader *reader, struct history *history,
			  uint32_t zones)
{
	uint32_t count = take_count(reader, HISTORY_DAYS), newest = 0;

	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		struct history_sums sums = {0};

		take_sums(reader, &sums, zones);
		reader->bad |= sums.day == 0;
		if (sums.day > newest)
			newest = sums.day;
		history->days[sums.day % HISTORY_DAYS] = sums;
	}
	return newest;
}

/* POLICY_WHYS: another version had these words. */
static enum policy_why why_of(const char *words)
{
	enum policy_why why = 0;

	while (why < POLICY_WHYS && strcmp(policy_why_words(why), words) != 0)
		why++;
	return why;
}

static void take_openings(struct reader *reader, struct history *history)
{
	uint32_t count = take_count(reader, HISTORY_OPENINGS);

	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		struct history_opening opening = {0};
		char why[UINT8_MAX + 1];
		uint32_t family;

		take_text(reader, opening.guard, sizeof(opening.guard));
		family = take(reader);
		take_text(reader, why, sizeof(why));
		opening.since_s = take(reader);
		opening.until_s = take(reader);
		opening.why = why_of(why);
		opening.family = (enum family)family;
		if (family >= FAMILY_MAX)
			reader->bad = true;
		else if (opening.why < POLICY_WHYS)
			history->openings[history->opening_count++] = opening;
	}
}

static void take_networks(struct reader *reader, struct history *history,
			  uint32_t newest)
{
	uint32_t count = take_count(reader, HISTORY_MAX);

	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		struct history_day day;
		const uint8_t *octets =
			take_octets(reader, sizeof(day.network));

		if (!octets)
			return;
		memcpy(&day.network, octets, sizeof(day.network));
		day.day = take(reader);
		day.first_s = take(reader);
		day.last_s = take(reader);
		day.reached_s = take(reader);
		day.mercy_s = take(reader);
		take_all(reader, day.attempts, HISTORY_REASONS);
		take_all(reader, day.watched, HISTORY_REASONS);
		/* Older ones would take the place of what newer days sum. */
		if (newest - day.day < HISTORY_DAYS)
			history_append(history, &day);
	}
}

static void take_history(struct reader *reader, struct history *history)
{
	uint32_t zones, newest;

	history->since_s = take(reader);
	take_zones(reader, history, &zones);
	newest = take_days(reader, history, zones);
	take_openings(reader, history);
	take_networks(reader, history, newest);
	reader->bad |= reader->at != reader->end;
}

/* Is it whole, and ours? */
static const char *judge(const uint8_t *data, size_t size)
{
	struct reader head = {data + sizeof(magic), data + size, false};
	struct reader tail;

	if (size < HEAD_SIZE + END_SIZE ||
	    memcmp(data, magic, sizeof(magic)) != 0)
		return "is no history of refusals";
	if (take(&head) != VERSION)
		return "is of another version of posternd";
	tail = (struct reader){data + size - END_SIZE, data + size, false};
	if (take_wide(&tail, END_SIZE) !=
	    fnv_add(FNV_START, data, size - END_SIZE))
		return "is damaged";
	return NULL;
}

int history_decode(struct history *history, const void *data, size_t size,
		   const char **why)
{
	uint32_t since_s = history->since_s;
	struct reader reader = {data, data, false};

	*why = judge(data, size);
	if (*why)
		return -EINVAL;
	reader.at += sizeof(magic) + 4;
	reader.end += size - END_SIZE;
	take_history(&reader, history);
	if (!reader.bad)
		return 0;
	memset(history, 0, sizeof(*history));
	history->since_s = since_s;
	*why = "is damaged";
	return -EINVAL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State over restarts: written, and read back with suspicion. */

#include "worker/saved_state.h"

#include <errno.h>
#include <string.h>

#include "worker/fnv.h"

#define MAGIC	     "postern\n"
#define MAGIC_SIZE   8
#define HEADER_SIZE  (MAGIC_SIZE + 4 + 8)
#define VERDICT_SIZE (16 + 1 + 4 + 3 * 8)
#define END_SIZE     (4 + 8)

_Static_assert(
	HEADER_SIZE + SAVED_QUOTAS_MAX * (1 + 1 + SITE_ZONE_MAX + 3 * 8) +
			SAVED_VERDICTS_MAX * (1 + VERDICT_SIZE) + 1 + END_SIZE <
		SAVED_STATE_MAX,
	"the largest file is as large");

/* ---- writing ---- */

static void put(struct saved_writer *writer, const void *data, size_t size)
{
	writer->hash = fnv_add(writer->hash, data, size);
	fwrite(data, 1, size, writer->out);
}

/* Returns what follows it. */
static uint8_t *write_number(uint8_t *at, uint64_t number, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	return at + size;
}

static void put_number(struct saved_writer *writer, uint64_t number,
		       unsigned int size)
{
	uint8_t octets[8];

	write_number(octets, number, size);
	put(writer, octets, size);
}

void saved_state_begin(struct saved_writer *writer, FILE *out,
		       uint64_t fingerprint)
{
	*writer = (struct saved_writer){.out = out, .hash = FNV_START};
	put(writer, MAGIC, MAGIC_SIZE);
	put_number(writer, SAVED_STATE_VERSION, 4);
	put_number(writer, fingerprint, 8);
}

void saved_state_put_quota(struct saved_writer *writer,
			   const struct saved_quota *quota)
{
	size_t length = strnlen(quota->zone, sizeof(quota->zone) - 1);

	put(writer, "Q", 1);
	put_number(writer, length, 1);
	put(writer, quota->zone, length);
	put_number(writer, quota->started_s, 8);
	put_number(writer, quota->used, 8);
	put_number(writer, quota->prewarmed, 8);
	writer->count++;
}

void saved_state_put_verdict(struct saved_writer *writer,
			     const struct saved_verdict *verdict)
{
	/* In one piece: there may be a million of them. */
	uint8_t record[1 + VERDICT_SIZE] = "V";
	uint8_t *at = record + 1;

	memcpy(at, verdict->source.octets, sizeof(verdict->source.octets));
	at += sizeof(verdict->source.octets);
	at = write_number(at, verdict->verdict, 1);
	at = write_number(at, (uint32_t)verdict->score, 4);
	at = write_number(at, verdict->since_s, 8);
	at = write_number(at, verdict->expires_s, 8);
	write_number(at, verdict->causes, 8);
	put(writer, record, sizeof(record));
	writer->count++;
}

int saved_state_end(struct saved_writer *writer)
{
	put(writer, "E", 1);
	put_number(writer, writer->count, 4);
	put_number(writer, writer->hash, 8);
	return fflush(writer->out) == 0 && !ferror(writer->out) ? 0 : -EIO;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *data;
	size_t size;
	size_t at;
};

static size_t left(const struct reader *reader)
{
	return reader->size - reader->at;
}

/* The caller has seen to it that there is as much. */
static uint64_t take_number(struct reader *reader, unsigned int size)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < size; i++)
		number = number << 8 | reader->data[reader->at++];
	return number;
}

static bool is_name(const uint8_t *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return length > 0;
}

static bool take_quota(struct reader *reader, struct saved_quota *out)
{
	size_t length;

	if (left(reader) < 1)
		return false;
	length = (size_t)take_number(reader, 1);
	if (length >= sizeof(out->zone) || left(reader) < length + 3 * 8 ||
	    !is_name(reader->data + reader->at, length))
		return false;
	memcpy(out->zone, reader->data + reader->at, length);
	out->zone[length] = '\0';
	reader->at += length;
	out->started_s = take_number(reader, 8);
	out->used = take_number(reader, 8);
	out->prewarmed = take_number(reader, 8);
	return true;
}

static bool take_verdict(struct reader *reader, struct saved_verdict *out)
{
	uint64_t verdict;

	if (left(reader) < VERDICT_SIZE)
		return false;
	memcpy(out->source.octets, reader->data + reader->at,
	       sizeof(out->source.octets));
	reader->at += sizeof(out->source.octets);
	verdict = take_number(reader, 1);
	if (verdict != VERDICT_CLEAN && verdict != VERDICT_LISTED)
		return false;
	out->verdict = (enum verdict)verdict;
	out->score = (int32_t)(uint32_t)take_number(reader, 4);
	out->since_s = take_number(reader, 8);
	out->expires_s = take_number(reader, 8);
	out->causes = take_number(reader, 8);
	return true;
}

/* What says that all is there, as it was written. */
static bool is_sealed(struct reader *reader, uint32_t count)
{
	uint64_t hash;

	if (left(reader) != END_SIZE || take_number(reader, 4) != count)
		return false;
	hash = fnv_add(FNV_START, reader->data, reader->at);
	return take_number(reader, 8) == hash;
}

/*
 * Once to see whether it is whole, without a visitor, then to visit.  Returns
 * NULL, or what is wrong.
 */
static const char *walk(struct reader *reader,
			const struct saved_visitor *visitor, bool verdicts)
{
	uint32_t quota_count = 0, verdict_count = 0;
	struct saved_verdict verdict;
	struct saved_quota quota;

	reader->at = HEADER_SIZE;
	while (left(reader) > 0) {
		switch (reader->data[reader->at++]) {
		case 'Q':
			if (++quota_count > SAVED_QUOTAS_MAX ||
			    !take_quota(reader, &quota))
				return "is damaged";
			if (visitor)
				visitor->quota(visitor->context, &quota);
			break;
		case 'V':
			if (++verdict_count > SAVED_VERDICTS_MAX ||
			    !take_verdict(reader, &verdict))
				return "is damaged";
			if (visitor && verdicts)
				visitor->verdict(visitor->context, &verdict);
			break;
		case 'E':
			return is_sealed(reader, quota_count + verdict_count)
				       ? NULL
				       : "is damaged";
		default:
			return "is damaged";
		}
	}
	return "is cut off";
}

int saved_state_read(const void *data, size_t size,
		     const struct saved_visitor *visitor, const char **why)
{
	struct reader reader = {.data = data, .size = size, .at = MAGIC_SIZE};
	uint64_t fingerprint;
	const char *wrong;

	if (size < HEADER_SIZE || memcmp(data, MAGIC, MAGIC_SIZE) != 0) {
		*why = "is no state of posternd";
		return -EINVAL;
	}
	if (take_number(&reader, 4) != SAVED_STATE_VERSION) {
		*why = "is of another version";
		return -EINVAL;
	}
	fingerprint = take_number(&reader, 8);
	wrong = walk(&reader, NULL, false);
	if (wrong) {
		*why = wrong;
		return -EINVAL;
	}
	walk(&reader, visitor,
	     visitor->fingerprint(visitor->context, fingerprint));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Radix sort from the most significant octet down, in place: sorting into a
 * second array would double the memory that ten million entries take, and
 * comparing them takes several times as long.
 */

#include <stdbool.h>
#include <string.h>

#include "tables/ranges_internal.h"

#define ELEMENT_MAX   sizeof(struct ranges_prefix)
#define AHEAD	      64 /* octets, a cache line */
#define INSERTION_MAX 32 /* up to here sorting by insertion is faster */

#define inline_always inline __attribute__((always_inline))

typedef uint8_t octet_of(const void *element, unsigned int index);
typedef bool is_above(const void *a, const void *b);

static inline_always bool is_sorted(const char *at, size_t count, size_t size,
				    is_above *above)
{
	for (size_t i = 1; i < count; i++)
		if (above(at + (i - 1) * size, at + i * size))
			return false;
	return true;
}

static inline_always void insert(char *at, size_t count, size_t size,
				 is_above *above)
{
	char element[ELEMENT_MAX];

	for (size_t i = 1; i < count; i++) {
		size_t j = i;

		memcpy(element, at + i * size, size);
		for (; j > 0 && above(at + (j - 1) * size, element); j--)
			memcpy(at + j * size, at + (j - 1) * size, size);
		memcpy(at + j * size, element, size);
	}
}

/* Groups by one octet; `end` gets where each of the 256 groups ends. */
static inline_always void partition(char *at, size_t count, size_t size,
				    octet_of *octet, unsigned int index,
				    size_t end[static 256])
{
	char element[ELEMENT_MAX], displaced[ELEMENT_MAX];
	size_t next[256], start = 0;
	uint8_t group;
	bool alike;

	memset(end, 0, 256 * sizeof(*end));
	for (size_t i = 0; i < count; i++)
		end[octet(at + i * size, index)]++;
	alike = end[octet(at, index)] == count;
	for (size_t i = 0; i < 256; i++) {
		next[i] = start;
		start += end[i];
		end[i] = start;
	}
	for (size_t i = 0; i < 256 && !alike; i++) {
		for (; next[i] < end[i]; next[i]++) {
			memcpy(element, at + next[i] * size, size);
			/* Around the cycle, until one belongs here. */
			while ((group = octet(element, index)) != i) {
				char *to = at + next[group]++ * size;

				/* Soon, but 255 other groups may come first. */
				__builtin_prefetch(to + AHEAD, 1);
				memcpy(displaced, to, size);
				memcpy(to, element, size);
				memcpy(element, displaced, size);
			}
			memcpy(at + next[i] * size, element, size);
		}
	}
}

static uint8_t pair_octet(const void *element, unsigned int index)
{
	const struct ranges_pair *pair = element;

	return (uint8_t)(pair->first >> (24 - index * 8));
}

static bool pair_above(const void *a, const void *b)
{
	const struct ranges_pair *left = a, *right = b;

	return left->first > right->first;
}

static void sort_pairs(struct ranges_pair *pairs, size_t count,
		       unsigned int index)
{
	size_t end[256];

	if (count <= INSERTION_MAX) {
		insert((char *)pairs, count, sizeof(*pairs), pair_above);
		return;
	}
	partition((char *)pairs, count, sizeof(*pairs), pair_octet, index, end);
	if (index == 3)
		return;
	for (size_t i = 0, start = 0; i < 256; start = end[i++])
		sort_pairs(pairs + start, end[i] - start, index + 1);
}

void ranges_sort_pairs(struct ranges_pair *pairs, size_t count)
{
	if (!is_sorted((const char *)pairs, count, sizeof(*pairs), pair_above))
		sort_pairs(pairs, count, 0);
}

static uint8_t prefix_octet(const void *element, unsigned int index)
{
	const struct ranges_prefix *prefix = element;
	uint64_t half = index < 8 ? prefix->high : prefix->low;

	return (uint8_t)(half >> (56 - index % 8 * 8));
}

static bool prefix_above(const void *a, const void *b)
{
	return ranges_prefix_first(a) > ranges_prefix_first(b);
}

static void sort_prefixes(struct ranges_prefix *prefixes, size_t count,
			  unsigned int index)
{
	size_t end[256];

	if (count <= INSERTION_MAX) {
		insert((char *)prefixes, count, sizeof(*prefixes),
		       prefix_above);
		return;
	}
	partition((char *)prefixes, count, sizeof(*prefixes), prefix_octet,
		  index, end);
	if (index == 15)
		return;
	for (size_t i = 0, start = 0; i < 256; start = end[i++])
		sort_prefixes(prefixes + start, end[i] - start, index + 1);
}

void ranges_sort_prefixes(struct ranges_prefix *prefixes, size_t count)
{
	if (!is_sorted((const char *)prefixes, count, sizeof(*prefixes),
		       prefix_above))
		sort_prefixes(prefixes, count, 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of maps, translated from one layout to another. */

#include "parent/carry.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct side {
	int fd;
	struct bpf_map_info info;
	struct btf *btf;
	size_t cpus;   /* values of one element */
	size_t stride; /* of a value, within an element */
	uint8_t *element;
};

/* A type, and where its value lies. */
struct place {
	const struct btf *btf;
	const struct btf_type *type;
	uint8_t *at;
};

static int open_side(int fd, struct side *side)
{
	__u32 length = sizeof(side->info);
	int cpus = 1;

	side->fd = fd;
	if (bpf_obj_get_info_by_fd(fd, &side->info, &length))
		return -errno;
	if (!side->info.btf_id || !side->info.btf_value_type_id)
		return -ENODATA;
	side->btf = btf__load_from_kernel_by_id(side->info.btf_id);
	if (!side->btf)
		return -ENODATA;
	if (side->info.type == BPF_MAP_TYPE_PERCPU_ARRAY)
		cpus = libbpf_num_possible_cpus();
	if (cpus < 0)
		return cpus;
	side->cpus = (size_t)cpus;
	side->stride = ((size_t)side->info.value_size + 7) / 8 * 8;
	side->element = calloc(side->cpus, side->stride);
	return side->element ? 0 : -ENOMEM;
}

static void close_side(struct side *side)
{
	btf__free(side->btf);
	free(side->element);
}

static const struct btf_type *type_of(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && btf_is_mod(type))
		type = btf__type_by_id(btf, type->type);
	return type && btf_is_typedef(type) ? type_of(btf, type->type) : type;
}

static bool is_number(const struct btf_type *type)
{
	return type && (btf_is_int(type) || btf_is_enum(type)) &&
	       type->size <= sizeof(uint64_t);
}

static bool is_struct(const struct btf_type *type)
{
	return type && btf_is_struct(type);
}

static bool is_signed(const struct btf_type *type)
{
	return btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
}

/* Numbers may have grown or shrunk: little endian or big, by their value. */
static void copy_number(const struct place *from, const struct place *to)
{
	union {
		uint64_t u64;
		uint32_t u32;
		uint16_t u16;
		uint8_t u8;
	} value = {0};
	uint64_t number;

	memcpy(&value, from->at, from->type->size);
	switch (from->type->size) {
	case 8:
		number = value.u64;
		break;
	case 4:
		number = is_signed(from->type)
				 ? (uint64_t)(int64_t)(int32_t)value.u32
				 : value.u32;
		break;
	case 2:
		number = value.u16;
		break;
	default:
		number = value.u8;
	}
	memset(&value, 0, sizeof(value));
	switch (to->type->size) {
	case 8:
		value.u64 = number;
		break;
	case 4:
		value.u32 = (uint32_t)number;
		break;
	case 2:
		value.u16 = (uint16_t)number;
		break;
	default:
		value.u8 = (uint8_t)number;
	}
	memcpy(to->at, &value, to->type->size);
}

static const struct btf_member *find_member(const struct place *place,
					    const char *name)
{
	const struct btf_member *members = btf_members(place->type);

	for (int i = 0; i < btf_vlen(place->type); i++)
		if (strcmp(btf__name_by_offset(place->btf, members[i].name_off),
			   name) == 0)
			return &members[i];
	return NULL;
}

static struct place member_place(const struct place *place,
				 const struct btf_member *member)
{
	return (struct place){
		.btf = place->btf,
		.type = type_of(place->btf, member->type),
		.at = place->at + member->offset / 8,
	};
}

/* Structs here are flat, or hold structs of numbers: two levels at most. */
static void copy_struct(const struct place *from, const struct place *to)
{
	const struct btf_member *members = btf_members(to->type);

	for (int i = 0; i < btf_vlen(to->type); i++) {
		const char *name =
			btf__name_by_offset(to->btf, members[i].name_off);
		const struct btf_member *match = find_member(from, name);
		struct place source, target = member_place(to, &members[i]);

		if (!match)
			continue;
		source = member_place(from, match);
		if (is_number(source.type) && is_number(target.type))
			copy_number(&source, &target);
		else if (is_struct(source.type) && is_struct(target.type))
			copy_struct(&source, &target);
	}
}

static void translate(const struct side *from, const struct side *to)
{
	struct place source = {
		.btf = from->btf,
		.type = type_of(from->btf, from->info.btf_value_type_id),
	};
	struct place target = {
		.btf = to->btf,
		.type = type_of(to->btf, to->info.btf_value_type_id),
	};

	memset(to->element, 0, to->cpus * to->stride);
	if (!is_struct(source.type) || !is_struct(target.type))
		return;
	for (size_t cpu = 0; cpu < from->cpus; cpu++) {
		source.at = from->element + cpu * from->stride;
		target.at = to->element + cpu * to->stride;
		copy_struct(&source, &target);
	}
}

/* A map that can't take any more (it is smaller now) ends the copying. */
static int copy_elements(const struct side *from, const struct side *to)
{
	uint8_t key[64], next[64];
	const void *last = NULL;
	int count = 0;

	if (from->info.key_size > sizeof(key))
		return -EMEDIUMTYPE;
	while (bpf_map_get_next_key(from->fd, last, next) == 0) {
		memcpy(key, next, from->info.key_size);
		last = key;
		if (bpf_map_lookup_elem(from->fd, key, from->element))
			continue;
		translate(from, to);
		if (bpf_map_update_elem(to->fd, key, to->element, BPF_ANY))
			break;
		count++;
	}
	return count;
}

int carry_map(int from, int to)
{
	struct side source = {0}, target = {0};
	int result;

	result = open_side(from, &source);
	if (!result)
		result = open_side(to, &target);
	if (!result && (source.info.type != target.info.type ||
			source.info.key_size != target.info.key_size))
		result = -EMEDIUMTYPE;
	if (!result)
		result = copy_elements(&source, &target);
	close_side(&source);
	close_side(&target);
	return result;
}

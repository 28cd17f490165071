/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Macros of libraries, in words that cppcheck understands. */
#define LIBBPF_OPTS(type, name, ...) struct type name = {__VA_ARGS__}
#define json_array_foreach(array, index, value)                                \
	for (index = 0; (value = json_array_get(array, index)); index++)
#define json_object_foreach(object, key, value)                                \
	for (void *at = json_object_iter(object);                              \
	     (key = json_object_iter_key(at),                                  \
	     value = json_object_iter_value(at));                              \
	     at = json_object_iter_next(object, at))

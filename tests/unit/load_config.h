/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads configurations from text, for the tests of core/config*. */
#ifndef POSTERN_TESTS_LOAD_CONFIG_H
#define POSTERN_TESTS_LOAD_CONFIG_H

#include <sys/mman.h>
#include <unistd.h>

#include "core/config.h"

/* The least that loads. */
#define LEAST "interface = { eth0 } bypass { policy = off }\n"

#define SAMPLE "userspace/share/postern.conf"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static inline int load(const char *text, size_t size, struct config **out,
		       char error[static CONFIG_ERROR_TEXT])
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	rc = config_load(fd, "t.conf", out, error);
	close(fd);
	return rc;
}

static inline struct config *expect_loaded(const char *text)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *config = NULL;

	if (load(text, strlen(text), &config, error) != 0)
		fail_msg("%s\n%s", error, text);
	assert_string_equal(error, "");
	return config;
}

struct refused {
	const char *text;
	const char *error;
};

static inline void expect_refused(const struct refused *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = cases[i].text;
		char error[CONFIG_ERROR_TEXT] = "";
		struct config *config = NULL;
		int rc = load(text, strlen(text), &config, error);

		assert_null(config);
		if (rc != -EINVAL || strcmp(error, cases[i].error) != 0)
			fail_msg("%d: %s\nexpected:\n%s\nof:\n%s", rc, error,
				 cases[i].error, text);
	}
}

static inline char *read_sample(size_t *size)
{
	FILE *file = fopen(SAMPLE, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t got;

	if (!file)
		fail_msg("%s: %s (run it from the top of the source)", SAMPLE,
			 strerror(errno));
	got = getdelim(&text, &room, '\0', file);
	assert_true(got > 0);
	fclose(file);
	*size = (size_t)got;
	return text;
}

#endif

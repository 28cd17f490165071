/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory in the place of "/", for what reads /proc, /sys and /etc. */
#ifndef POSTERN_TESTS_FIXTURE_ROOT_H
#define POSTERN_TESTS_FIXTURE_ROOT_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char fixture_root[] = "/tmp/postern-root-XXXXXX";

static inline void fixture_make(void)
{
	strcpy(strrchr(fixture_root, '-'), "-XXXXXX");
	assert_non_null(mkdtemp(fixture_root));
}

/* Writes a file below it, with the directories that it needs. */
static inline void fixture_put(const char *path, const char *text)
{
	char whole[512];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", fixture_root, path);
	for (char *at = strchr(whole + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(whole, 0755);
		*at = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static inline int fixture_remove_one(const char *path, const struct stat *stat,
				     int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void fixture_remove(void)
{
	nftw(fixture_root, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif

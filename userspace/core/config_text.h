/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a configuration file before libconfuse sees it.
 *
 * libconfuse skips what it can't read, expands ${VARIABLES}, takes the end of
 * the file for the end of a string or section, counts the lines of comments
 * wrongly, and exits when a read fails.  So the text is read here, anything
 * that it would misread is refused here, and comments are blanked out.
 *
 * Private to core/config*.c.
 */
#ifndef POSTERN_CORE_CONFIG_TEXT_H
#define POSTERN_CORE_CONFIG_TEXT_H

#include <stddef.h>

/* Room for "what is wrong, what is expected". */
#define CONFIG_WHY_TEXT 320

/*
 * Reads all of `fd` into memory for free().  Returns 0, -EFBIG above
 * CONFIG_SIZE_MAX, or another negative errno; *text is untouched then.
 */
int config_text_read(int fd, char **text, size_t *size);

/*
 * Replaces the comments of `text` by spaces.  Returns 0 with the number of
 * its last line in *line, or -EINVAL with the line to blame there and `why`
 * set.
 */
int config_text_clean(char *text, size_t size, int *line,
		      char why[static CONFIG_WHY_TEXT]);

#endif

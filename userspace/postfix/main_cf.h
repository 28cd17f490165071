/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.cf: its parameters, and their values after expansion (postconf(5)).
 *
 * What Postfix refuses is refused, with the line.  Parameters that main.cf
 * doesn't set have a value here only where their default is built into
 * Postfix and matters (postfix_defaults.c).
 *
 * Pure: text in, values out.
 */
#ifndef POSTERN_POSTFIX_MAIN_CF_H
#define POSTERN_POSTFIX_MAIN_CF_H

#include <stdbool.h>
#include <stddef.h>

#define MAIN_CF_ERROR 512

struct main_cf;

/*
 * `path` is what errors call the text, `directory` the value of
 * $config_directory.  Returns 0 and *out, which none of them need outlive; or
 * -ENOMEM, or -EINVAL with "PATH:LINE: why" in `error`.
 */
int main_cf_load(const char *text, size_t size, const char *path,
		 const char *directory, struct main_cf **out,
		 char error[static MAIN_CF_ERROR]);

/*
 * Expands everything that Postfix would expand, whether or not somebody asks
 * for it.  Returns as main_cf_get() does.
 */
int main_cf_check(struct main_cf *main_cf, char error[static MAIN_CF_ERROR]);

/*
 * Called for each name without a value that an expansion met; it was taken as
 * empty.  `line`: of the parameter that has the reference, 0 for a default.
 */
typedef void main_cf_undefined(void *context, const char *name,
			       unsigned int line);

/*
 * The value of a parameter after expansion, for free(3) in *out; NULL there
 * when it is neither set nor has a default.  `undefined` may be NULL.  Returns
 * 0; or -ENOMEM, or -EINVAL with "PATH:LINE: why" in `error`.
 */
int main_cf_get(struct main_cf *main_cf, const char *name,
		main_cf_undefined *undefined, void *context, char **out,
		char error[static MAIN_CF_ERROR]);

/* Where it is set; 0: it isn't. */
unsigned int main_cf_line(const struct main_cf *main_cf, const char *name);

const char *main_cf_path(const struct main_cf *main_cf);

void main_cf_free(struct main_cf *main_cf);

/* What is built into Postfix (postfix_defaults.c); ends with NULLs. */
struct postfix_default {
	const char *name;
	const char *value;
};
extern const struct postfix_default postfix_defaults[];

/* Whether Postfix leaves the `$` of this parameter for later. */
bool postfix_is_raw(const char *name);

#endif

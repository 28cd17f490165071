/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name for EHLO. */

#include "ctl/helo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool helo_choose(const struct ctl *ctl, char text[static HELO_MAX])
{
	const char *helo = ctl_option(ctl, "helo");

	if (helo && !dialogue_argument_valid(helo)) {
		ctl_error(ctl,
			  "--helo is \"%s\", expected the name of this host",
			  helo);
		return false;
	}
	if (helo)
		snprintf(text, HELO_MAX, "%s", helo);
	else if (gethostname(text, HELO_MAX - 1) != 0 || !strchr(text, '.') ||
		 strncmp(text, "localhost", 9) == 0 ||
		 !dialogue_argument_valid(text))
		text[0] = '\0';
	return true;
}

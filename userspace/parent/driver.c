/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error texts of drivers, and of libbpf. */

#include "parent/driver.h"

#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

/* How libbpf introduces the extended acknowledgement of netlink. */
static const char kernel_message[] = "Kernel error message: ";

static char last_words[DRIVER_WORDS];

static void keep(const char *words)
{
	snprintf(last_words, sizeof(last_words), "%s", words);
	last_words[strcspn(last_words, "\n")] = '\0';
}

/* What the verifier objects to stands before its statistics. */
static void keep_objection(char *log)
{
	char *end = strstr(log, "\nprocessed ");
	char *line;

	if (!end)
		return;
	*end = '\0';
	line = strrchr(log, '\n');
	keep(line ? line + 1 : log);
}

__attribute__((format(printf, 2, 0))) static int
on_message(enum libbpf_print_level level, const char *format, va_list args)
{
	char *text, *found;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, args) < 0)
		return 0;
	found = strstr(text, kernel_message);
	if (found)
		keep(found + strlen(kernel_message));
	log_debug("%.*s", (int)strcspn(text, "\n"), text);
	keep_objection(text);
	free(text);
	return 0;
}

void driver_listen(void)
{
	libbpf_set_print(on_message);
}

const char *driver_objection(void)
{
	return last_words;
}

void driver_words(int program, int ifindex, int error,
		  char words[static DRIVER_WORDS])
{
	last_words[0] = '\0';
	/* Should it work after all, nothing of it may stay. */
	if (bpf_xdp_attach(ifindex, program,
			   XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST,
			   NULL) == 0)
		bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE, NULL);
	snprintf(words, DRIVER_WORDS, "%s",
		 last_words[0] ? last_words : strerror(-error));
}

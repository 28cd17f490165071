/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error texts of drivers, and of libbpf. */

#include "parent/driver.h"

#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"

/* How libbpf introduces the extended acknowledgement of netlink. */
static const char kernel_message[] = "Kernel error message: ";

static char last_words[DRIVER_WORDS];

__attribute__((format(printf, 2, 0))) static int
on_message(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[1024];
	char *found;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	found = strstr(text, kernel_message);
	if (found)
		snprintf(last_words, sizeof(last_words), "%s",
			 found + strlen(kernel_message));
	log_debug("%s", text);
	return 0;
}

void driver_listen(void)
{
	libbpf_set_print(on_message);
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

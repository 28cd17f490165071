/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any octets as a file of recipients: each of its lines is read once, and what
 * is taken for an address can stand in an SMTP command.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/recipient_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void check_address(const char *recipient)
{
	check(strlen(recipient) <= RECIPIENT_MAX);
	check(strchr(recipient, '@') != NULL);
	for (; *recipient; recipient++)
		check(*recipient > ' ' && *recipient < 0x7f &&
		      *recipient != '<' && *recipient != '>');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipient_file file = {.offset = 0};
	char recipient[RECIPIENT_MAX + 1];
	int fd = memfd_create("recipients", MFD_CLOEXEC);
	char path[32];
	off_t last = 0;
	int status;

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	while ((status = recipient_file_next(&file, path, recipient))) {
		check(status == 1 || status == -EAGAIN);
		if (status == 1)
			check_address(recipient);
		check(file.offset > last);
		last = file.offset;
	}
	check(file.skipped <= size);
	close(fd);
	return 0;
}

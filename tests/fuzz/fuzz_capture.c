/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any octets as a capture (pcap, pcapng): it is read to its end or to what is
 * wrong with it, which one line says.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/replay_capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void check_error(const char *path, const char error[static REPLAY_ERROR])
{
	check(strnlen(error, REPLAY_ERROR) < REPLAY_ERROR);
	check(strncmp(error, path, strlen(path)) == 0);
	check(strlen(error) > strlen(path) + 2);
}

static void read_all(struct replay_capture *capture, const char *path)
{
	char error[REPLAY_ERROR] = "";
	struct replay_frame frame;
	uint64_t number = 0;
	int status;

	while ((status = replay_capture_next(capture, &frame, error)) == 1) {
		check(replay_capture_number(capture) == ++number);
		check(frame.size <= REPLAY_FRAME_MAX);
		replay_capture_is_short(capture);
	}
	check(status == 0 || status == -EIO);
	if (status)
		check_error(path, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_capture *capture = NULL;
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char error[REPLAY_ERROR] = "";
	char path[32];

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (replay_capture_open(path, error, &capture) == 0)
		read_all(capture, path);
	else
		check_error(path, error);
	replay_capture_close(capture);
	close(fd);
	return 0;
}

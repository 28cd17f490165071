/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures, as libpcap reads them. */

#include "ctl/replay_capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

struct replay_capture {
	pcap_t *pcap;
	char *path;
	enum replay_link link;
	uint64_t number;
	bool is_short;
};

static const struct {
	int type; /* of libpcap */
	enum replay_link link;
} links[] = {
	{DLT_EN10MB, REPLAY_LINK_ETHERNET},
	{DLT_LINUX_SLL, REPLAY_LINK_COOKED},
	{DLT_LINUX_SLL2, REPLAY_LINK_COOKED_2},
	{DLT_NULL, REPLAY_LINK_LOOPBACK},
	{DLT_LOOP, REPLAY_LINK_LOOPBACK},
	{DLT_RAW, REPLAY_LINK_RAW},
	{DLT_IPV4, REPLAY_LINK_RAW_IPV4},
	{DLT_IPV6, REPLAY_LINK_RAW_IPV6},
};

/* Paths as long as they may be would push out what is said of them. */
static void say(char error[static REPLAY_ERROR], const char *path,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say(char error[static REPLAY_ERROR], const char *path,
		const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(error, REPLAY_ERROR, "%.200s: ", path);
	va_start(args, format);
	vsnprintf(error + used, REPLAY_ERROR - (size_t)used, format, args);
	va_end(args);
}

static int find_link(const char *path, int type,
		     char error[static REPLAY_ERROR], enum replay_link *out)
{
	const char *name = pcap_datalink_val_to_name(type);
	const char *words = pcap_datalink_val_to_description(type);

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].type != type)
			continue;
		*out = links[i].link;
		return 0;
	}
	if (name)
		say(error, path,
		    "the link type is %s (%s), expected Ethernet, Linux "
		    "cooked, null/loopback or raw IP",
		    name, words ? words : "unknown");
	else
		say(error, path,
		    "the link type is %d, expected Ethernet, Linux cooked, "
		    "null/loopback or raw IP",
		    type);
	return -EPROTONOSUPPORT;
}

static int open_pcap(const char *path, char error[static REPLAY_ERROR],
		     pcap_t **out)
{
	char words[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fopen(path, "rbe");
	pcap_t *pcap;
	int status;

	if (!file) {
		status = -errno;
		say(error, path, "%s", strerror(errno));
		return status;
	}
	pcap = pcap_fopen_offline(file, words);
	if (!pcap) {
		fclose(file);
		say(error, path, "%s", words);
		return -EINVAL;
	}
	*out = pcap;
	return 0;
}

int replay_capture_open(const char *path, char error[static REPLAY_ERROR],
			struct replay_capture **out)
{
	struct replay_capture *capture = calloc(1, sizeof(*capture));
	int status = -ENOMEM;

	if (!capture)
		goto out;
	capture->path = strdup(path);
	if (!capture->path)
		goto out;
	status = open_pcap(path, error, &capture->pcap);
	if (!status)
		status = find_link(path, pcap_datalink(capture->pcap), error,
				   &capture->link);
out:
	if (status) {
		if (status == -ENOMEM)
			say(error, path, "%s", strerror(ENOMEM));
		replay_capture_close(capture);
		return status;
	}
	*out = capture;
	return 0;
}

int replay_capture_next(struct replay_capture *capture,
			struct replay_frame *out,
			char error[static REPLAY_ERROR])
{
	struct pcap_pkthdr *header;
	const unsigned char *octets;
	int result = pcap_next_ex(capture->pcap, &header, &octets);

	if (result == PCAP_ERROR_BREAK)
		return 0;
	capture->number++;
	if (result < 0) {
		say(error, capture->path, "frame %" PRIu64 ": %s",
		    capture->number, pcap_geterr(capture->pcap));
		return -EIO;
	}
	capture->is_short =
		header->caplen < header->len && header->caplen < REPLAY_ENOUGH;
	replay_frame_make(capture->link, octets, header->caplen, out);
	return 1;
}

uint64_t replay_capture_number(const struct replay_capture *capture)
{
	return capture->number;
}

bool replay_capture_is_short(const struct replay_capture *capture)
{
	return capture->is_short;
}

void replay_capture_close(struct replay_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap); /* and the file */
	free(capture->path);
	free(capture);
}

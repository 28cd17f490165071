/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From packets to what posternctl replay says of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/if_ether.h>

#include <jansson.h>

#include "replay_run.h"

static const char config_text[] =
	"interface = { \"lo\" }\n"
	"protect = { \"" DOOR_IPV4 "\", \"" DOOR_IPV6 "\" }\n"
	"allow = { \"" ALLOWED_IPV4 "\", \"" ALLOWED_IPV6 "\" }\n"
	"block = { \"" BLOCKED_RANGE "\", \"" BLOCKED_NET "\" }\n"
	"primary \"mx1.example.net\" { address = { \"" PRIMARY_IPV4 "\" } }\n"
	"dnsbl { sites = { \"bl.example.net\" } }\n";

static char config_path[] = "/tmp/postern-replay.XXXXXX";
static char feed_path[] = "/tmp/postern-feed.XXXXXX";

static int make_file(char *path)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

int replay_start(void)
{
	return make_file(config_path) || make_file(feed_path) ? -1 : 0;
}

int replay_stop(void)
{
	return unlink(config_path) || unlink(feed_path) ? -1 : 0;
}

static void write_file(const char *path, const char *text, const char *more)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fprintf(file, "%s%s", text, more) >= 0);
	assert_int_equal(fclose(file), 0);
}

void replay_configure(const char *extra)
{
	write_file(config_path, config_text, extra);
}

const char *replay_write_feed(const char *text)
{
	write_file(feed_path, text, "");
	return feed_path;
}

void replay_add(struct capture *capture, const struct packet *packet)
{
	struct frame frame;

	frame_build(packet, &frame);
	capture_add(capture, frame.octets, frame.size);
}

void replay_add_behind(struct capture *capture, const struct packet *packet,
		       const char *header, size_t size)
{
	unsigned char octets[FRAME_MAX + 32];
	struct frame frame;

	frame_build(packet, &frame);
	frame.size -= ETH_HLEN;
	assert_true(size + frame.size <= sizeof(octets));
	memcpy(octets, header, size);
	memcpy(octets + size, frame.octets + ETH_HLEN, frame.size);
	capture_add(capture, octets, size + frame.size);
}

struct ctl_run replay(const struct capture *capture, const char *options)
{
	char *line = NULL;
	struct ctl_run run;

	assert_true(asprintf(&line, "replay --config %s %s %s", config_path,
			     options, capture->path) > 0);
	run = ctl_run(line);
	capture_remove(capture);
	free(line);
	return run;
}

static json_int_t number_of(const json_t *json, const char *key)
{
	assert_true(json_is_integer(json_object_get(json, key)));
	return json_integer_value(json_object_get(json, key));
}

/* Only what there is any of; they add up to all. */
static void summarise_reasons(FILE *out, json_t *json)
{
	json_int_t left = number_of(json, "smtp_syns");
	const char *separator = ": ", *name;
	json_t *count;

	json_object_foreach(json_object_get(json, "reasons"), name, count)
	{
		left -= json_integer_value(count);
		if (json_integer_value(count) == 0)
			continue;
		fprintf(out, "%s%s %" JSON_INTEGER_FORMAT, separator, name,
			json_integer_value(count));
		separator = ", ";
	}
	assert_int_equal(left, 0);
}

static void summarise(FILE *out, json_t *json)
{
	const char *source, *destination, *action, *reason;
	json_error_t error;
	json_int_t number;
	json_t *one;
	size_t i;

	fprintf(out,
		"%" JSON_INTEGER_FORMAT " frames, %" JSON_INTEGER_FORMAT
		" SYNs",
		number_of(json, "frames"), number_of(json, "smtp_syns"));
	summarise_reasons(out, json);
	fputc('\n', out);
	assert_int_equal(json_array_size(json_object_get(json, "per_frame")),
			 number_of(json, "smtp_syns"));
	json_array_foreach(json_object_get(json, "per_frame"), i, one)
	{
		if (json_unpack_ex(one, &error, JSON_STRICT,
				   "{s:I, s:s, s:s, s:s, s:s}", "frame",
				   &number, "source", &source, "destination",
				   &destination, "action", &action, "reason",
				   &reason))
			fail_msg("per_frame: %s", error.text);
		fprintf(out, "%" JSON_INTEGER_FORMAT " %s > %s %s %s\n", number,
			source, destination, action, reason);
	}
}

void replay_expect(struct capture *capture, const char *options,
		   const char *expected)
{
	char *line = NULL, *text = NULL;
	struct ctl_run run;
	json_error_t error;
	json_t *json;
	size_t size;
	FILE *out;

	capture_done(capture);
	assert_true(asprintf(&line, "--json %s", options) > 0);
	run = replay(capture, line);
	assert_string_equal(run.err, "");
	assert_int_equal(run.status, 0);
	json = json_loads(run.out, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s:\n%s", error.text, run.out);
	out = open_memstream(&text, &size);
	summarise(out, json);
	fclose(out);
	assert_string_equal(text, expected);
	json_decref(json);
	free(text);
	free(line);
	ctl_run_free(&run);
}

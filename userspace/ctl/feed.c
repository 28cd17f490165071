/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file means as a feed, without any daemon. */

#include "ctl/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "control/protocol.h"
#include "core/config.h"
#include "ctl/table.h"
#include "sources/feed_file.h"
#include "sources/feed_guard.h"

#define NEW ".new"

struct check {
	const struct ctl *ctl;
	char **addresses;
	size_t address_count;
	struct feed_options options;
	struct feed_guard *guard;
	struct feed_report report;
	struct ranges_set *set;
};

/* What is written as IPv6 is asked for as IPv6, as lists' test entries are. */
static bool is_listed(const struct check *check, const char *text)
{
	enum family family = strchr(text, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	struct prefix prefix;
	struct addr addr;

	return check->set && addr_parse(text, &addr) == 0 &&
	       ranges_set_find_as(check->set, family, &addr, &prefix);
}

static json_t *problems_json(const struct feed_report *report)
{
	json_t *all = json_array();

	for (size_t i = 0; i < report->problem_count; i++) {
		const struct feed_problem *problem = &report->problems[i];

		json_array_append_new(
			all, json_pack("{s:I, s:o, s:s}", "line",
				       (json_int_t)problem->line, "text",
				       control_text(problem->text), "reason",
				       problem->reason));
	}
	/* Not about a line, but about all of them. */
	if (report->refused[0] != '\0')
		json_array_append_new(all, json_pack("{s:i, s:s, s:s}", "line",
						     0, "text", "", "reason",
						     report->refused));
	return all;
}

static json_t *check_json(const struct check *check)
{
	const struct feed_report *report = &check->report;
	json_t *addresses = json_object();

	for (size_t i = 0; i < check->address_count; i++)
		json_object_set_new(
			addresses, check->addresses[i],
			json_boolean(is_listed(check, check->addresses[i])));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "format",
			 feed_format_name(report->format), "v4",
			 (json_int_t)report->entries[FAMILY_IPV4], "v6",
			 (json_int_t)report->entries[FAMILY_IPV6], "rejected",
			 (json_int_t)report->count[FEED_REJECTED], "left_out",
			 (json_int_t)report->count[FEED_LEFT_OUT], "problems",
			 problems_json(report), "addresses", addresses);
}

static void show_problems(const struct print *print,
			  const struct feed_report *report,
			  enum feed_problem_kind kind, const char *heading)
{
	struct table table = table_of("rll");
	uint64_t count = report->count[kind];
	char text[PRINT_QUANTITY];

	if (count == 0)
		return;
	print_heading(print, heading);
	for (size_t i = 0; i < report->problem_count; i++) {
		const struct feed_problem *problem = &report->problems[i];
		char shown[FEED_PROBLEM_TEXT];

		if (problem->kind != kind)
			continue;
		memcpy(shown, problem->text, sizeof(shown));
		table_add(&table, TONE_PLAIN, "line %" PRIu64, problem->line);
		table_add(&table, TONE_PLAIN, "%s", print_clean(shown));
		table_add(&table, TONE_PLAIN, "%s", problem->reason);
	}
	table_finish(&table, print);
	if (count > FEED_PROBLEMS_MAX)
		print_paragraph(print, TONE_PLAIN, "  ", "... and %s more",
				print_count(count - FEED_PROBLEMS_MAX, text));
}

static void show(const struct print *print, const struct check *check,
		 const char *path)
{
	const struct feed_report *report = &check->report;
	struct table table = table_of("ll");
	char v4[PRINT_QUANTITY], v6[PRINT_QUANTITY];

	if (check->set)
		print_paragraph(
			print, TONE_PLAIN, "",
			"%s, read as %s, has %s entries of IPv4 and %s of "
			"IPv6%s.",
			path, feed_format_name(report->format),
			print_count(report->entries[FAMILY_IPV4], v4),
			print_count(report->entries[FAMILY_IPV6], v6),
			report->entries[FAMILY_IPV4] &&
					report->entries[FAMILY_IPV6]
				? " (it mixes them, which is fine)"
				: "");
	show_problems(print, report, FEED_REJECTED, "Not understood");
	show_problems(print, report, FEED_LEFT_OUT, "Left out");
	show_problems(print, report, FEED_NOTED, "Noted");
	if (check->address_count == 0)
		return;
	print_heading(print, "Addresses");
	for (size_t i = 0; i < check->address_count; i++) {
		bool listed = is_listed(check, check->addresses[i]);

		table_add(&table, TONE_PLAIN, "%s", check->addresses[i]);
		table_add(&table, listed ? TONE_BAD : TONE_GOOD, "%s",
			  listed ? "listed" : "not listed");
	}
	table_finish(&table, print);
}

/* The options, or what is wrong with the command line. */
static enum ctl_exit read_options(struct check *check)
{
	const char *format = ctl_option(check->ctl, "format");
	struct addr addr;

	check->options.format = format ? feed_format_find(format) : FEED_AUTO;
	if (check->options.format == FEED_FORMATS) {
		ctl_error(check->ctl, "\"%s\" is no format of feeds", format);
		return CTL_MISUSED;
	}
	for (size_t i = 0; i < check->address_count; i++) {
		if (addr_parse(check->addresses[i], &addr) == 0)
			continue;
		ctl_error(check->ctl, "\"%s\" is no IP address",
			  check->addresses[i]);
		return CTL_MISUSED;
	}
	return CTL_DONE;
}

/*
 * The feed of the configuration that is this file, or that it will replace as
 * soon as its ".new" is taken away; NULL: none is.
 */
static const struct config_feed *find_feed(const struct config *config,
					   const char *path)
{
	size_t length = strlen(path), end = strlen(NEW);

	if (length > end && strcmp(path + length - end, NEW) == 0)
		length -= end;
	for (size_t i = 0; i < config->feed_count; i++) {
		const char *file = config->feeds[i].file;

		if (strcmp(file, path) == 0 ||
		    (strncmp(file, path, length) == 0 && file[length] == '\0'))
			return &config->feeds[i];
	}
	return NULL;
}

static int make_guard(struct check *check, const struct config *config,
		      const char *path)
{
	const struct config_feed *feed = find_feed(config, path);
	unsigned int widest[FAMILY_MAX] = {FEED_WIDEST_IPV4, FEED_WIDEST_IPV6};

	if (feed) {
		widest[FAMILY_IPV4] = feed->widest_ipv4;
		widest[FAMILY_IPV6] = feed->widest_ipv6;
		check->options.rejected_max = feed->rejected_max;
		if (!ctl_option(check->ctl, "format"))
			check->options.format = feed->format;
	}
	return feed_file_guard(config, NULL, 0, widest, &check->guard);
}

static enum ctl_exit read_config(struct check *check, const char *path)
{
	const char *name = ctl_option(check->ctl, "config");
	char error[CONFIG_ERROR_TEXT];
	struct config *config = NULL;
	int result, fd;

	if (!name)
		return CTL_DONE;
	fd = config_open(name, error);
	if (fd < 0) {
		ctl_error(check->ctl, "%s", error);
		return CTL_FAILED;
	}
	result = config_load(fd, name, &config, error);
	close(fd);
	if (result) {
		ctl_error(check->ctl, "%s", error);
		return CTL_FAILED;
	}
	result = make_guard(check, config, path);
	config_free(config);
	if (result) {
		ctl_error(check->ctl, "%s", strerror(-result));
		return CTL_FAILED;
	}
	check->options.guard = check->guard;
	return CTL_DONE;
}

static enum ctl_exit read_file(struct check *check, const char *path)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		ctl_error(check->ctl, "can't open %s: %s", path,
			  strerror(errno));
		return CTL_FAILED;
	}
	/* What is wrong is in the report. */
	feed_read(fd, &check->options, &check->report, &check->set);
	if (!input)
		close(fd);
	return CTL_DONE;
}

static enum ctl_exit tell(const struct check *check, const char *path)
{
	const struct feed_report *report = &check->report;
	struct print print = print_to(check->ctl->out);

	if (check->ctl->json)
		ctl_print_json(check->ctl, check_json(check));
	else
		show(&print, check, path);
	if (report->refused[0] == '\0')
		return CTL_DONE;
	ctl_error(check->ctl, "%s is refused: %s", path, report->refused);
	return CTL_FAILED;
}

enum ctl_exit feed_check_run(const struct ctl *ctl, char **operands)
{
	struct check check = {
		.ctl = ctl,
		.addresses = operands + 1,
		.address_count = ctl->operand_count - 1,
		.options.rejected_max = FEED_REJECTED_MAX,
	};
	enum ctl_exit status = read_options(&check);

	if (status == CTL_DONE)
		status = read_config(&check, operands[0]);
	if (status == CTL_DONE)
		status = read_file(&check, operands[0]);
	if (status == CTL_DONE)
		status = tell(&check, operands[0]);
	ranges_set_put(check.set);
	feed_guard_free(check.guard);
	return status;
}

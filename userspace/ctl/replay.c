/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a capture and a configuration to what the filter would have done. */

#include "ctl/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/config.h"
#include "ctl/replay_capture.h"
#include "ctl/replay_judge.h"
#include "ctl/replay_lists.h"
#include "ctl/replay_print.h"
#include "sources/addresses.h"

/* Room for the one line that says what is wrong, whoever says it. */
#define ERROR_MAX CONFIG_ERROR_TEXT
_Static_assert(ERROR_MAX == REPLAY_ERROR, "fits both");

struct replay {
	const struct ctl *ctl;
	struct replay_scope scope;
	struct addr protect[ADDRESSES_PROTECTED_MAX];
	bool any; /* every destination is protected */
	struct config *config;
	struct replay_capture *capture;
	struct replay_judge *judge;
	struct replay_totals totals;
	bool frames;		       /* a line for each that is judged */
	struct replay_record *records; /* of these; for JSON alone */
	size_t record_room;
};

/* The command line */

static bool parse_gate(struct replay *replay)
{
	const char *word = ctl_option(replay->ctl, "gate");
	bool closed = word && strcmp(word, "closed") == 0;

	if (word && !closed && strcmp(word, "open") != 0) {
		ctl_error(replay->ctl,
			  "--gate is \"%s\", expected open or closed", word);
		return false;
	}
	replay->scope.gate = closed ? GATE_CLOSED : GATE_OPEN;
	return true;
}

static bool parse_address(struct replay *replay, const char *text,
			  size_t room[static FAMILY_MAX])
{
	struct addr *next = &replay->protect[replay->scope.protect_count];
	struct addr addr;

	if (addr_parse(text, &addr)) {
		ctl_error(replay->ctl,
			  "--protect is \"%s\", expected an IP address, or any",
			  text);
		return false;
	}
	if (!room[addr_family(&addr)]--) {
		ctl_error(replay->ctl,
			  "more than %d addresses of %s to protect", DOORS_MAX,
			  addr_family(&addr) == FAMILY_IPV4 ? "IPv4" : "IPv6");
		return false;
	}
	*next = addr;
	replay->scope.protect_count++;
	return true;
}

static bool parse_protect(struct replay *replay)
{
	size_t room[FAMILY_MAX] = {DOORS_MAX, DOORS_MAX};
	const char *text;
	size_t at = 0;

	while ((text = ctl_next_option(replay->ctl, "protect", &at))) {
		if (strcmp(text, "any") == 0)
			replay->any = true;
		else if (!parse_address(replay, text, room))
			return false;
	}
	return true;
}

/* The configuration */

/* The least that loads: all else is as by default, and there are no lists. */
static int open_nothing(char error[static ERROR_MAX])
{
	static const char text[] = "interface = { \"lo\" }\n"
				   "bypass { policy = off }\n";
	int fd = memfd_create("postern.conf", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return fd;
	snprintf(error, ERROR_MAX, "can't do without %s: %s",
		 CONFIG_DEFAULT_FILE, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

/* Without any, nothing says what to protect, so everything is. */
static int open_config(struct replay *replay, char error[static ERROR_MAX])
{
	const char *named = ctl_option(replay->ctl, "config");
	const char *path = named ? named : CONFIG_DEFAULT_FILE;
	int fd = config_open(path, error);

	if (fd == -ENOENT && !named) {
		replay->any |= replay->scope.protect_count == 0;
		return open_nothing(error);
	}
	replay->scope.config = path;
	return fd;
}

static int load_config(struct replay *replay, char error[static ERROR_MAX])
{
	int fd = open_config(replay, error);
	const char *path = replay->scope.config;
	int status;

	if (fd < 0)
		return fd;
	status = config_load(fd, path ? path : "defaults", &replay->config,
			     error);
	close(fd);
	if (status)
		return status;
	/* Room for verdicts would be for nothing. */
	replay->config->dnsbl.cache = 1;
	replay->scope.ports = replay->config->ports;
	replay->scope.port_count = replay->config->port_count;
	return 0;
}

/* `any` prevails; then what the command line says, then the configuration. */
static int choose_protected(struct replay *replay, char error[static ERROR_MAX])
{
	struct replay_scope *scope = &replay->scope;

	scope->protect = replay->protect;
	if (replay->any)
		scope->protect_count = 0;
	if (replay->any || scope->protect_count)
		return 0;
	scope->protect_count =
		addresses_protected(replay->config, replay->protect);
	if (scope->protect_count)
		return 0;
	snprintf(error, ERROR_MAX,
		 "%.200s protects the addresses of interfaces that have none "
		 "here: name some by --protect",
		 scope->config);
	return -EADDRNOTAVAIL;
}

static int open_judge(struct replay *replay, char error[static ERROR_MAX])
{
	struct lists_plan plan = {0};
	int status;

	status = replay_lists_plan(replay->ctl, replay->config, &plan, error);
	if (status)
		return status;
	status = replay_judge_open(replay->config, &plan, replay->scope.gate,
				   replay->protect, replay->scope.protect_count,
				   error, &replay->judge);
	lists_plan_clear(&plan);
	return status;
}

/* What is cheap comes first, so that errors don't take root to be seen. */
static int set_up(struct replay *replay, char error[static ERROR_MAX])
{
	int status;

	status = replay_capture_open(replay->scope.capture, error,
				     &replay->capture);
	if (!status)
		status = load_config(replay, error);
	if (!status)
		status = choose_protected(replay, error);
	if (!status)
		status = open_judge(replay, error);
	return status;
}

/* The frames */

/* As many as there are frames in the file, and each smaller than those. */
static int keep(struct replay *replay, const struct replay_record *record)
{
	size_t room = replay->record_room;

	if (replay->totals.judged == room) {
		struct replay_record *more;

		room = room ? room * 2 : 1024;
		more = reallocarray(replay->records, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		replay->records = more;
		replay->record_room = room;
	}
	replay->records[replay->totals.judged] = *record;
	return 0;
}

static int judge_frame(struct replay *replay, struct replay_frame *frame)
{
	struct replay_record record = {
		.number = replay_capture_number(replay->capture),
	};
	struct decision decision;
	int status;

	status = replay_judge_frame(replay->judge, frame, &record.ends,
				    &decision);
	if (status <= 0)
		return status;
	record.action = decision.action;
	record.reason = decision.reason;
	if (replay->ctl->json)
		status = keep(replay, &record);
	else if (replay->frames)
		replay_print_frame(replay->ctl->out, &record);
	if (status < 0)
		return status;
	replay->totals.judged++;
	replay->totals.counts[record.reason][record.ends.family]++;
	return 0;
}

static int run_through(struct replay *replay, char error[static ERROR_MAX])
{
	struct replay_frame frame;
	int status;

	while ((status = replay_capture_next(replay->capture, &frame, error)) >
	       0) {
		status = judge_frame(replay, &frame);
		if (status) {
			snprintf(error, ERROR_MAX,
				 "%.200s: frame %" PRIu64
				 ": can't judge it: %s",
				 replay->scope.capture,
				 replay_capture_number(replay->capture),
				 strerror(-status));
			return status;
		}
		replay->totals.frames++;
		replay->totals.cut += replay_capture_is_short(replay->capture);
	}
	return status;
}

static void print_result(const struct replay *replay)
{
	struct print print = print_to(replay->ctl->out);

	if (replay->ctl->json)
		replay_print_json(replay->ctl->out, &replay->totals,
				  replay->records, replay->totals.judged);
	else
		replay_print_totals(&print, &replay->scope, &replay->totals);
}

static void clean_up(struct replay *replay)
{
	replay_judge_close(replay->judge);
	replay_capture_close(replay->capture);
	config_free(replay->config);
	free(replay->records);
}

enum ctl_exit replay_run(const struct ctl *ctl, char **operands)
{
	struct replay replay = {
		.ctl = ctl,
		.scope.capture = operands[0],
		.frames = ctl_option(ctl, "frames") != NULL,
	};
	char error[ERROR_MAX] = "";
	int status;

	if (!parse_gate(&replay) || !parse_protect(&replay))
		return CTL_MISUSED;
	status = set_up(&replay, error);
	if (!status) {
		status = run_through(&replay, error);
		/* What was read before it broke off is told, too. */
		print_result(&replay);
	}
	clean_up(&replay);
	if (!status)
		return CTL_DONE;
	ctl_error(ctl, "%s", error);
	return CTL_FAILED;
}

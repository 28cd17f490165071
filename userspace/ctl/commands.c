/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of posternctl: dispatch, help and completion come from here. */

#include "ctl/ctl.h"

#include <time.h>

#include <jansson.h>

#include "control/server.h"
#include "core/addr.h"
#include "core/config.h"
#include "ctl/explain.h"
#include "ctl/feed.h"
#include "ctl/replay.h"
#include "ctl/status.h"

/* A healthy daemon answers at once; reading a configuration may take time. */
#define ANSWER_S 5
#define RELOAD_S (CONTROL_TIMEOUT_MS / 1000 + 5)

static void show_status(const struct print *print, const json_t *result)
{
	status_show(print, result, time(NULL));
}

static enum ctl_exit run_status(const struct ctl *ctl, char **operands)
{
	(void)operands;
	return ctl_ask(ctl, "status", json_object(), ANSWER_S, show_status);
}

static enum ctl_exit run_explain(const struct ctl *ctl, char **operands)
{
	char text[ADDR_TEXT];
	struct addr addr;

	if (addr_parse(operands[0], &addr) < 0) {
		ctl_error(ctl, "\"%s\" is no IP address", operands[0]);
		return CTL_MISUSED;
	}
	return ctl_ask(ctl, "explain",
		       json_pack("{s:s}", "address", addr_format(&addr, text)),
		       ANSWER_S, explain_show);
}

static void show_reload(const struct print *print, const json_t *result)
{
	(void)result;
	print_paragraph(print, TONE_PLAIN, "",
			"The configuration was read again and is in force.");
}

static enum ctl_exit run_reload(const struct ctl *ctl, char **operands)
{
	(void)operands;
	return ctl_ask(ctl, "reload", json_object(), RELOAD_S, show_reload);
}

const struct ctl_command ctl_commands[] = {
	{
		.name = "status",
		.operands = "",
		.summary = "how it stands: mode, gate, primaries, SYNs",
		.help = "The first line judges the whole; what somebody should "
			"see to follows, in lines that begin with \"!\".",
		.example = "posternctl status",
		.run = run_status,
	},
	{
		.name = "explain",
		.operands = "ADDR",
		.operand_count = 1,
		.summary = "what a SYN from ADDR meets now, and why",
		.help = "The kernel's own program is asked, with a SYN made up "
			"for it: nothing is sent, counted or looked up.",
		.example = "posternctl explain 203.0.113.66",
		.run = run_explain,
	},
	{
		.name = "reload",
		.operands = "",
		.summary = "read the configuration again",
		.help = "A bad configuration is refused in whole, and the one "
			"in force stays. For root and members of group "
			"\"postern-admin\".",
		.example = "posternctl reload",
		.run = run_reload,
	},
	{
		.name = "replay",
		.operands = "FILE",
		.operand_count = 1,
		.options =
			{
				{"config", "FILE",
				 "whose lists and rules are meant "
				 "(" CONFIG_DEFAULT_FILE ")"},
				{"protect", "ADDR",
				 "instead of the addresses of the "
				 "configuration: may be repeated; \"any\" "
				 "protects every destination"},
				{"gate", "STATE",
				 "open (unless given) or "
				 "closed"},
				{"frames", "",
				 "print a line for each SYN: frame N SRC > DST "
				 "action reason"},
			},
		.summary = "what would be done with the SYNs of a capture",
		.help = "Runs the frames of FILE (pcap or pcapng; Ethernet, "
			"Linux cooked, null/loopback or raw IP) through the "
			"kernel's own program, loaded for this alone: no "
			"daemon is asked, nothing is attached, sent or looked "
			"up. Each frame is judged alone, as if it were the "
			"first one and mode were enforce, with no source "
			"known to DNSBLs. Without a configuration there are "
			"no lists, and every destination is protected. Takes "
			"root.",
		.example = "posternctl replay --frames --protect any "
			   "smtp.pcap",
		.run = replay_run,
	},
	{
		.name = "feed check",
		.operands = "FILE [ADDR...]",
		.operand_count = 1,
		.more_operands = true,
		.options =
			{
				{"format", "NAME",
				 "what FILE is, where looking at it isn't "
				 "enough: plain, drop, drop-json, dshield, "
				 "rbldnsd:ip4set, :ip4trie, :ip4tset, "
				 ":ip6trie, :ip6tset or :combined"},
				{"config", "FILE",
				 "leave out what this configuration makes "
				 "posternd leave out, and say what"},
			},
		.summary = "what a list of addresses means",
		.help = "Reads FILE (- is standard input; gzip and zstd are "
			"unpacked) as posternd reads a feed, and says what is "
			"on it, what was not understood, and for each ADDR "
			"whether it is listed. No daemon is asked. Exit "
			"status 1: posternd would refuse the file.",
		.example = "posternctl feed check drop.txt 192.0.2.1",
		.run = feed_check_run,
	},
};
const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

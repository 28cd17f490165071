/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of posternctl: dispatch, help and completion come from here. */

#include "ctl/ctl.h"

#include <time.h>

#include <jansson.h>

#include "control/server.h"
#include "core/addr.h"
#include "core/config.h"
#include "ctl/audit.h"
#include "ctl/check.h"
#include "ctl/completion.h"
#include "ctl/drill.h"
#include "ctl/explain.h"
#include "ctl/exporter.h"
#include "ctl/feed.h"
#include "ctl/history.h"
#include "ctl/import_postfix.h"
#include "ctl/lists.h"
#include "ctl/lookup.h"
#include "ctl/mail.h"
#include "ctl/orders.h"
#include "ctl/replay.h"
#include "ctl/report.h"
#include "ctl/setup.h"
#include "ctl/status.h"
#include "ctl/top.h"
#include "ctl/watch.h"
#include "ctl/witness.h"

/* A healthy daemon answers at once; reading a configuration may take time. */
#define ANSWER_S 5
#define LOOKUP_S (CONTROL_TIMEOUT_MS / 1000 + 5)
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

/* Asks something about an address. */
static enum ctl_exit ask_about(const struct ctl *ctl, const char *command,
			       const char *operand, unsigned int timeout_s,
			       void (*show)(const struct print *print,
					    const json_t *result))
{
	char text[ADDR_TEXT];
	struct addr addr;

	if (addr_parse(operand, &addr) < 0) {
		ctl_error(ctl, "\"%s\" is no IP address", operand);
		return CTL_MISUSED;
	}
	return ctl_ask(ctl, command,
		       json_pack("{s:s}", "address", addr_format(&addr, text)),
		       timeout_s, show);
}

static enum ctl_exit run_explain(const struct ctl *ctl, char **operands)
{
	return ask_about(ctl, "explain", operands[0], ANSWER_S, explain_show);
}

static enum ctl_exit run_lookup(const struct ctl *ctl, char **operands)
{
	return ask_about(ctl, "lookup", operands[0], LOOKUP_S, lookup_show);
}

static enum ctl_exit run_history(const struct ctl *ctl, char **operands)
{
	return ask_about(ctl, "history", operands[0], ANSWER_S, history_show);
}

static void show_reload(const struct print *print, const json_t *result)
{
	(void)result;
	print_paragraph(print, TONE_PLAIN, "",
			"The configuration was read again and is in force.");
}

static enum ctl_exit run_reload(const struct ctl *ctl, char **operands)
{
	bool force = ctl_option(ctl, "force") != NULL;

	(void)operands;
	return ctl_ask(ctl, "reload", json_pack("{s:b}", "force", (int)force),
		       RELOAD_S, show_reload);
}

#define RUNTIME_OPTIONS                                                        \
	{                                                                      \
		{"for", "TIME", "how long: 90s, 30m, 12h, 2d (for ever)"},     \
			{"note", "TEXT", "why, for whoever wonders later"},    \
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
		.name = "lookup",
		.operands = "ADDR",
		.operand_count = 1,
		.summary = "what DNSBLs say of ADDR, asked afresh",
		.help = "Every zone is asked now, in whatever state it is, and "
			"listings are shown with their texts. It changes no "
			"verdict and counts for no quota. For root and members "
			"of group \"postern-admin\".",
		.example = "posternctl lookup 203.0.113.66",
		.run = run_lookup,
	},
	{
		.name = "history",
		.operands = "ADDR",
		.operand_count = 1,
		.summary = "when ADDR's network was refused, and why",
		.help = "For the /24 or /64 of ADDR and each of the last 28 "
			"days (UTC): attempts that were refused, or would have "
			"been in monitor mode, by reason. An attempt is a "
			"source within two minutes, however often it resends "
			"its SYN. In a flood a sample is kept, so counts are "
			"the least there were. The store has room for 65,536 "
			"networks and days, of which one day takes a quarter "
			"at most; the oldest make room.",
		.example = "posternctl history 203.0.113.66",
		.run = run_history,
	},
	{
		.name = "report",
		.operands = "",
		.options =
			{
				{"since", "TIME",
				 "how far to go back: 12h, 28d (7d)"},
				{"mail", "RCPT",
				 "send it there, by " MAIL_PROGRAM},
			},
		.summary = "what was refused in the last days, and whom",
		.help = "Attempts that were refused, or would have been in "
			"monitor mode, by reason; what each bypass.policy "
			"refuses; the networks that also connected to a "
			"primary, as suspected false positives; the busiest "
			"networks; the share of each DNSBL; when the gate was "
			"open, and why. From the store of `history`, by whole "
			"days of UTC.",
		.example = "posternctl report --since 28d",
		.run = report_run,
	},
	{
		.name = "watch",
		.operands = "",
		.options =
			{
				{"reason", "NAME",
				 "only decisions for this reason: may be "
				 "repeated"},
				{"source", "PREFIX",
				 "only those about an address or network"},
				{"count", "N", "end after so many"},
			},
		.summary = "decisions as they are made, one a line",
		.help = "Time, action, reason, source, destination, and the "
			"list or DNSBLs that decided. \"would drop\" is what "
			"monitor mode spared it, and \"hold\" that it waits "
			"for its verdict. Of each reason up to about 200 a "
			"second are shown, and how many more there were is "
			"told. With --json each line is an object. Nothing is "
			"slowed down by it, and while nobody watches it costs "
			"nothing.",
		.example = "posternctl watch --reason listed --reason bypass",
		.run = watch_run,
	},
	{
		.name = "top",
		.operands = "",
		.summary = "sources and rates by reason, live on a terminal",
		.help = "Gate and DNSBLs, how many SYNs a second meet each "
			"reason, and the busiest sources with their network "
			"(/24, /64): those that `watch` shows, so a sample "
			"where there is much. q quits. Takes a terminal, 80 "
			"columns are enough, and a build with ncurses.",
		.example = "posternctl top",
		.run = top_run,
	},
	{
		.name = "reload",
		.operands = "",
		.options =
			{
				{"force", "",
				 "take feeds whatever their size has become"},
			},
		.summary = "read the configuration and all feeds again",
		.help = "A bad configuration is refused in whole, and the one "
			"in force stays. For root and members of group "
			"\"postern-admin\".",
		.example = "posternctl reload",
		.run = run_reload,
	},
	{
		.name = "gate",
		.operands = "ORDER",
		.operand_count = 1,
		.options = {{"for", "TIME",
			     "how long: 90s, 30m, 12h, 2d (close: 1h)"}},
		.summary = "hold the gate open or closed: open, close, auto",
		.help = "In force when it returns, whatever the primaries do, "
			"kept over restarts, and shown by `status`. `auto` "
			"takes it back. `close` always ends, after an hour or "
			"the TIME given, 7d at most, for while it lasts an "
			"outage of the primary leaves senders nowhere to go. "
			"Should the daemon die, the kernel opens the gate all "
			"the same. For root and members of group "
			"\"postern-admin\".",
		.example = "posternctl gate open --for 2h",
		.run = orders_gate_run,
	},
	{
		.name = "mode",
		.operands = "ORDER",
		.operand_count = 1,
		.options = {{"for", "TIME",
			     "how long: 90s, 30m, 12h, 2d (until `auto`)"}},
		.summary = "overrule the mode: monitor, enforce, auto",
		.help = "In force when it returns, kept over restarts, and "
			"shown by `status`. `auto` goes back to what the "
			"configuration says. For root and members of group "
			"\"postern-admin\".",
		.example = "posternctl mode monitor --for 30m",
		.run = orders_mode_run,
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
				{"gate", "STATE", "open (default) or closed"},
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
			"known to DNSBLs. Feeds are read from their files; "
			"without a configuration there are no lists, and "
			"every destination is protected. Takes root.",
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
	{
		.name = "allow add",
		.operands = "PREFIX",
		.operand_count = 1,
		.options = RUNTIME_OPTIONS,
		.summary = "never refuse PREFIX, from now on",
		.help = "In force when it returns, and kept over restarts. It "
			"wins over every list that refuses. For root and "
			"members of group \"postern-admin\".",
		.example = "posternctl allow add 192.0.2.0/24 --for 2d --note "
			   "'case 4711'",
		.run = lists_allow_add,
	},
	{
		.name = "allow del",
		.operands = "PREFIX",
		.operand_count = 1,
		.summary = "take back an `allow add`",
		.help = "PREFIX is as it was added.",
		.example = "posternctl allow del 192.0.2.0/24",
		.run = lists_allow_del,
	},
	{
		.name = "allow list",
		.operands = "",
		.summary = "what was added so",
		.help = "Without what the configuration allows.",
		.example = "posternctl allow list",
		.run = lists_allow_list,
	},
	{
		.name = "block add",
		.operands = "PREFIX",
		.operand_count = 1,
		.options = RUNTIME_OPTIONS,
		.summary = "refuse PREFIX, from now on",
		.help = "In force when it returns, and kept over restarts. "
			"What covers an address of this host or of a primary "
			"is refused. Allow lists win over it. For root and "
			"members of group \"postern-admin\".",
		.example = "posternctl block add 203.0.113.66 --for 12h",
		.run = lists_block_add,
	},
	{
		.name = "block del",
		.operands = "PREFIX",
		.operand_count = 1,
		.summary = "take back a `block add`",
		.help = "PREFIX is as it was added.",
		.example = "posternctl block del 203.0.113.66",
		.run = lists_block_del,
	},
	{
		.name = "block list",
		.operands = "",
		.summary = "what was added so",
		.help = "Without what the configuration blocks, and without "
			"feeds.",
		.example = "posternctl block list",
		.run = lists_block_list,
	},
	{
		.name = "witness add",
		.operands = "NET",
		.operand_count = 1,
		.options = {{"for", "TIME",
			     "how long: 90s, 30m, 12h, 2d (4h)"}},
		.summary = "let NET pass the closed gate",
		.help = "NET is an address or a prefix, and its /24 or /64 is "
			"meant: a network that has connected to the primary "
			"is no bypasser. With bypass.policy = witness; it is "
			"looked up at DNSBLs like anybody. Without --for, who "
			"may pass for longer keeps that. Kept while the "
			"program is attached, 30d at most. For root and "
			"members of group \"postern-admin\".",
		.example = "posternctl witness add 192.0.2.0/24 --for 12h",
		.run = witness_add_run,
	},
	{
		.name = "witness del",
		.operands = "NET",
		.operand_count = 1,
		.summary = "take that back",
		.help = "Also for networks that were let in for `mercy`.",
		.example = "posternctl witness del 192.0.2.0/24",
		.run = witness_del_run,
	},
	{
		.name = "witness list",
		.operands = "",
		.summary = "who may pass the closed gate",
		.help = "With those that were let in for `mercy`; 1000 at "
			"most are shown.",
		.example = "posternctl witness list",
		.run = witness_list_run,
	},
	{
		.name = "witness follow",
		.operands = "FILE",
		.operand_count = 1,
		.options = {{"for", "TIME", "how long they may pass (4h)"}},
		.summary = "add the networks that a primary's log tells of",
		.help = "Follows the log of a primary's Postfix (- is standard "
			"input, which ends it) from its end on, over rotation, "
			"and adds the network of each connection that smtpd or "
			"postscreen tells of; who may pass for longer keeps "
			"that. The log may come over the "
			"network, for instance by `ssh primary tail -F "
			"/var/log/mail.log | posternctl witness follow -`.",
		.example = "posternctl witness follow /var/log/primary.log",
		.run = witness_follow_run,
	},
	{
		.name = "import-postfix",
		.operands = "DIR_OR_FILE",
		.operand_count = 1,
		.summary = "make a configuration of Postfix's",
		.help = "Reads a main.cf as Postfix does, takes its DNSBLs, "
			"their threshold and the networks that it allows, "
			"follows it into the cidr tables that it names, and "
			"prints a configuration for posternd: in monitor mode, "
			"with what you have to fill in marked CHANGE, and with "
			"a comment for all that can't be carried over. Nothing "
			"is changed, no daemon is asked. What Postfix would "
			"refuse is an error.",
		.example = "posternctl import-postfix /etc/postfix",
		.run = import_postfix_run,
	},
	{
		.name = "audit",
		.operands = "DOMAIN",
		.operand_count = 1,
		.options =
			{
				{"primary", "ADDR",
				 "a primary's address, perhaps with a port, "
				 "instead of the best MX of DOMAIN: may be "
				 "repeated"},
				{"backup", "ADDR",
				 "the same for a backup, instead of the other "
				 "MX"},
				{"known", "RCPT",
				 "a recipient that exists: may be repeated"},
				{"main-cf", "FILE",
				 "of the primary: are its DNSBLs asked here?"},
				{"config", "FILE",
				 "for that, and for nameservers "
				 "(" CONFIG_DEFAULT_FILE ")"},
				{"ours", "FILE",
				 "main.cf of the backup: how long does it keep "
				 "mail?"},
				{"helo", "NAME",
				 "what to be called (this host's name)"},
			},
		.summary = "compare what primary and backup accept",
		.help = "Asks them as a sender would, up to RCPT and never to "
			"DATA, with a recipient that can't exist, postmaster "
			"and those that you name, and compares: backscatter, "
			"recipients that an outage would meet with 450, SIZE, "
			"STARTTLS, MX preferences. Run it on a host that "
			"neither of them trusts. No daemon is asked. Exit "
			"status 1: there is a fault, and what to do about it.",
		.example = "posternctl audit --known user example.net",
		.run = audit_run,
	},
	{
		.name = "setup",
		.operands = "",
		.options =
			{
				{"output", "FILE",
				 "what to write (" CONFIG_DEFAULT_FILE ")"},
				{"force", "", "replace it if it is there"},
				{"dry-run", "", "print it instead"},
				{"postfix", "DIR_OR_FILE",
				 "Postfix's settings (/etc/postfix)"},
				{"witnesses", "",
				 "`posternctl witness` will tell who has "
				 "connected to a primary"},
			},
		.summary = "write a first configuration, of what is here",
		.help = "Finds out interface and addresses, Postfix's settings "
			"and the domains it relays, their MX records and "
			"primaries, whom to allow, which resolver lists "
			"answer; says what it found, and writes a "
			"configuration that only watches. What it can't find, "
			"as without a network, is a comment there. No daemon "
			"is asked, and nothing is replaced without --force.",
		.example = "posternctl setup --dry-run",
		.run = setup_run,
	},
	{
		.name = "check",
		.operands = "",
		.options =
			{
				{"config", "FILE",
				 "the configuration (" CONFIG_DEFAULT_FILE ")"},
				{"postfix", "DIR_OR_FILE",
				 "Postfix's settings (/etc/postfix)"},
			},
		.summary = "look for what commonly goes wrong",
		.help = "Interfaces and drivers, kernel, clock, resolver and "
			"lists, our own address on these, MX records of the "
			"domains served, TLSA and MTA-STS, how the primaries "
			"meet us, the file's permissions, the daemon: each is "
			"ok, warn, fail or could not be told, with what to "
			"do. Nothing is changed. Works without a daemon and "
			"without a network, too. Exit status 1: something "
			"fails.",
		.example = "posternctl check",
		.run = check_run,
	},
	{
		.name = "drill",
		.operands = "",
		.options =
			{
				{"to", "ADDR",
				 "who gets the message (postmaster of the "
				 "first domain served)"},
				{"from", "ADDR",
				 "its envelope sender (none: nobody gets a "
				 "bounce)"},
				{"backup", "ADDR",
				 "which protected address, perhaps with a port "
				 "(the first one)"},
				{"for", "TIME",
				 "how long the gate is open at most (60s)"},
				{"wait", "TIME",
				 "how long to wait for the delivery (120s)"},
				{"log", "FILE",
				 "the backup's mail log; - is standard input "
				 "(as Postfix says)"},
				{"postfix", "DIR",
				 "Postfix's configuration here (its own "
				 "default)"},
				{"helo", "NAME",
				 "what to be called (this host's name)"},
			},
		.summary = "rehearse an outage with one message",
		.help = "Opens the gate for everybody, as an outage does, for "
			"one SMTP session: sends a message to the backup, "
			"takes the order back, and follows the message to the "
			"primary by the log or the queue of the Postfix here. "
			"The order has an end of its own, so the gate closes "
			"even if this is killed. Nothing is begun unless the "
			"gate is closed by itself. For root and members of "
			"group \"postern-admin\". Exit status 1: a step has "
			"failed.",
		.example = "posternctl drill --to postmaster@example.net",
		.run = drill_run,
	},
	{
		.name = "exporter",
		.operands = "",
		.options =
			{
				{"listen", "ADDR",
				 "an address, perhaps with a port "
				 "(" EXPORTER_LISTEN ")"},
			},
		.summary = "serve metrics for Prometheus",
		.help = "Runs until it is stopped. /metrics has what `status` "
			"says, in OpenMetrics for who asks for it, as "
			"Prometheus does, else in the older text format; "
			"/healthz is 200 while the daemon works, else 503. It "
			"reads the control socket and nothing else: run it as "
			"a user of the socket's group, not as root.",
		.example = "posternctl exporter --listen [::1]:9167",
		.run = exporter_run,
	},
	{
		.name = "completion",
		.operands = "SHELL",
		.operand_count = 1,
		.summary = "print a script that completes command lines",
		.help = "SHELL is bash, zsh or fish. What is printed belongs "
			"where that shell looks for completions; `make "
			"install` has put it there.",
		.example = "source <(posternctl completion bash)",
		.run = completion_run,
	},
};
const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

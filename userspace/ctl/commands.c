/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of posternctl: dispatch, help and completion come from here. */

#include "ctl/ctl.h"

#include <time.h>

#include <jansson.h>

#include "control/server.h"
#include "core/addr.h"
#include "ctl/explain.h"
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
};
const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

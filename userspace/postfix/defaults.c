/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is built into Postfix: defaults that an import can depend on, and the
 * parameters that aren't expanded when main.cf is read.
 *
 * What a system or its packager decides (names, directories, networks) is not
 * known here.
 */

#include "postfix/main_cf.h"

#include <string.h>

const struct postfix_default postfix_defaults[] = {
	{"compatibility_level", "0"},
	{"maps_rbl_domains", ""},
	{"postscreen_access_list", "permit_mynetworks"},
	{"postscreen_blacklist_action", ""},
	{"postscreen_denylist_action",
	 "${postscreen_blacklist_action?{$postscreen_blacklist_action}:"
	 "{ignore}}"},
	{"postscreen_dnsbl_action", "ignore"},
	{"postscreen_dnsbl_allowlist_threshold",
	 "${postscreen_dnsbl_whitelist_threshold?"
	 "{$postscreen_dnsbl_whitelist_threshold}:{0}}"},
	{"postscreen_dnsbl_sites", ""},
	{"postscreen_dnsbl_threshold", "1"},
	{"postscreen_dnsbl_whitelist_threshold", ""},
	{"smtpd_client_restrictions", ""},
	{"smtpd_data_restrictions", ""},
	{"smtpd_end_of_data_restrictions", ""},
	{"smtpd_etrn_restrictions", ""},
	{"smtpd_helo_restrictions", ""},
	{"smtpd_recipient_restrictions", ""},
	{"smtpd_relay_restrictions",
	 "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, "
	 "permit_sasl_authenticated, defer_unauth_destination}}"},
	{"smtpd_restriction_classes", ""},
	{"smtpd_sender_restrictions", ""},
	{NULL, NULL},
};

static const char *const raw[] = {
	"command_execution_directory",
	"default_rbl_reply",
	"forward_path",
	"luser_relay",
	"mailbox_command",
	"postscreen_command_time_limit",
	"postscreen_expansion_filter",
	"postscreen_reject_footer",
	"smtpd_expansion_filter",
	"smtpd_reject_footer",
};

bool postfix_is_raw(const char *name)
{
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strcmp(raw[i], name) == 0)
			return true;
	return false;
}

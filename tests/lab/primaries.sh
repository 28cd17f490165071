# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the daemon says of a primary that is Postfix, in the states that a
# dialogue ending at EHLO would take for health, and in those that look like
# an outage but are none.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

PLAIN=

# primary_with [PARAMETER=VALUE]...: Postfix as it was, but for these.
primary_with() {
	local dir
	dir=$(mta_dir primary)
	stop_primary
	cp "$PLAIN/main.cf" "$PLAIN/master.cf" "$dir/"
	[ $# -eq 0 ] || postconf -c "$dir" -e "$@"
}

# Its services are those of primary_with, and these lines of a master.cf.
primary_serves() {
	cat >>"$(mta_dir primary)/master.cf"
}

# expect_primary STATE REASON [SECONDS]: at both of its addresses.
expect_primary() {
	expect_status "[.primaries[] | .state == \"$1\" and
		.reason == \"$2\"] | length > 0 and all" "${3:-30}" \
		"the primary is $1: $2"
}

# Postfix takes mail for the bare "postmaster" whatever its restrictions say,
# so a probe that is to meet them needs an address with a domain.
RECIPIENT='health.recipient="user@example.net"'

# goes_down REASON PARAMETER=VALUE...: and the gate lets senders in.
goes_down() {
	local reason=$1
	shift
	restart_postern "$RECIPIENT"
	expect_gate closed
	primary_with "$@"
	start_primary
	expect_primary down "$reason"
	expect_gate open
	expect_connected "$(fresh clean 4)" 20
}

# The first visit meets "220-", and 6 s later "220 ".
postscreen_teases() {
	primary_with "postscreen_greet_banner = wait a moment" \
		"postscreen_greet_wait = 6s" "postscreen_greet_action = enforce"
	sed -i '/^smtp inet/d' "$(mta_dir primary)/master.cf"
	primary_serves <<-END
		smtp inet n - n - 1 postscreen
		smtpd pass - - n - - smtpd
		dnsblog unix - - n - 0 dnsblog
		tlsproxy unix - - n - 0 tlsproxy
	END
	start_primary
	restart_postern health.timeout=20s
	expect_primary up good 60
	expect_gate closed
	expect "postscreen has let the probe pass" mta_log_has primary \
		"PASS NEW \[$BACKUP_IPV4\]"
	expect "and not taken it for a spammer" \
		[ -z "$(grep PREGREET "$LAB/log/mta-primary")" ]
}

# A policy service that puts everybody off, as greylisting does at first.
greylists() {
	cat >"$LAB/greylist" <<-'END'
		#!/bin/sh
		while read -r line; do
			[ -n "$line" ] ||
				printf 'action=450 4.7.1 Greylisted\n\n'
		done
	END
	chmod 755 "$LAB/greylist"
	primary_with "smtpd_recipient_restrictions = \
check_policy_service unix:private/greylist"
	primary_serves <<-END
		greylist unix - n n - 0 spawn user=nobody argv=/bin/sh $LAB/greylist
	END
	start_primary
	restart_postern "$RECIPIENT"
	expect_primary up good
	expect_gate closed
	expect "it was greylisted" mta_log_has primary "450 4.7.1 .*Greylisted"
}

# Our own doing, and no outage.  But who sees nothing for long fails open.
limits_us() {
	primary_with "smtpd_client_connection_rate_limit = 6"
	start_primary
	restart_postern
	expect_gate closed
	expect_primary up limited
	expect_gate closed 1
	expect_primary unknown limited
	expect_gate open
}

keep_plain() {
	PLAIN=$LAB/plain
	mkdir "$PLAIN"
	cp "$(mta_dir primary)"/{main,master}.cf "$PLAIN/"
}

primary_as_it_was() {
	primary_with
	start_primary
}

lab_up start_primary start_backup_mta
keep_plain
before_each primary_as_it_was

lab_case "a teaser of postscreen is waited out" postscreen_teases
lab_case "a primary that greylists is up" greylists
lab_case "421 under load is no outage, but in the end we know nothing" \
	limits_us
lab_case "a full disk is an outage" goes_down mail \
	"queue_minfree = 1000000000000000"
lab_case "a dead milter is an outage" goes_down mail \
	"smtpd_milters = inet:127.0.0.1:9" "milter_default_action = tempfail"
lab_case "a dead policy server is an outage" goes_down rcpt \
	"smtpd_recipient_restrictions = \
check_policy_service inet:127.0.0.1:9"

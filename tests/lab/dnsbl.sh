# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sources at an open gate: what blocklists say of them, or don't.  There is no
# primary here at all.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

first_visit() {
	local source
	source=$(fresh clean "$1")
	expect_connected_after_one_retransmission "$source"
	expect_connected_at_once "$source"
	expect_connected_at_once "$source"
}

listed_from_the_start() {
	local source
	source=$(fresh listed "$1")
	expect_dropped "$source" 8
	expect_dropped "$source"
}

# rbldnsd says so of all that it lists.
why_it_is_listed() {
	local source
	source=$(fresh listed "$1")
	expect_dropped "$source"
	expect_explain "$source" '.verdict == "listed" and
		.sites[0].text == "listed by the lab"'
	expect "lookup has the same" looks_up "$source" \
		'.verdict == "listed" and .sites[0].text == "listed by the lab"'
	expect "people read it, too" reads_why "$source"
	source=$(fresh clean "$1")
	expect_connected "$source"
	expect_explain "$source" '.sites[0] | .answer == null and
		(has("text") | not)'
}

looks_up() {
	local answer
	answer=$(ctl --json lookup "$1") && jq -e "$2" <<<"$answer"
}

reads_why() {
	ctl explain "$1" | grep -qx '  bl.example says: listed by the lab' &&
		ctl lookup "$1" | grep -qx '  bl.example says: listed by the lab'
}

listed_later() {
	local source
	source=$(fresh clean 4)
	rbl_add "$source"
	expect_dropped "$source"
}

unknown_passes() {
	local source
	restart_postern dnsbl.unknown=pass
	expect_gate open
	expect_connected_at_once "$(fresh clean 4)"
	source=$(fresh listed 6)
	expect_connected_at_once "$source"
	expect_within 5 "$source is looked up all the same" \
		explains "$source" '.verdict == "listed"'
	expect_dropped "$source"
	restart_postern
	expect_gate open
}

# $1 stops the blocklist, $2 brings it back.
without_answers() {
	local known listed
	restart_postern
	expect_status '.zones[0].state == "ok"' 10 "the blocklist is believed"
	known=$(fresh clean 4)
	listed=$(fresh listed 6)
	expect_connected "$known"
	expect_dropped "$listed"
	"$1"
	expect_connected_after_hold_limit "$(fresh clean 4)"
	expect_connected_after_hold_limit "$(fresh clean 6)"
	expect_connected_at_once "$known"
	expect_dropped "$listed"
	"$2"
	# What was asked before may still fail, and a zone that was out counts
	# again only after two self-tests that it passes.
	expect_within 60 "listed sources are found out again" \
		a_fresh_one_is_listed
	expect_dropped "$(fresh listed 4)"
}

a_fresh_one_is_listed() {
	expect_dropped "$(fresh listed 4)"
}

stop_dns() {
	stop_rbldnsd
	stop dnsmasq
}

start_dns() {
	start_rbldnsd
	start_resolver
}

lab_up start_backup_mta
start_postern || die "posternd does not start"

for family in 4 6; do
	lab_case "an unlisted source is greeted after one retransmission, then \
at once (IPv$family)" first_visit $family
	lab_case "a listed source never gets an answer, not even the first \
time (IPv$family)" listed_from_the_start $family
	lab_case "explain and lookup tell what the list says of it \
(IPv$family)" why_it_is_listed $family
done
lab_case "a source is dropped that the blocklist has just added" listed_later
lab_case "unknown = pass lets unknown sources in, and looks them up" \
	unknown_passes
lab_case "a silent blocklist delays nobody beyond hold-limit" \
	without_answers mute_rbldnsd unmute_rbldnsd
lab_case "a blocklist that is gone delays nobody beyond hold-limit" \
	without_answers stop_rbldnsd start_rbldnsd
lab_case "without any DNS nobody is delayed beyond hold-limit" \
	without_answers stop_dns start_dns

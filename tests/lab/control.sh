# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# posternctl, and the reload of the configuration.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# as_nobody OPTION COMMAND...: of a copy, for nobody may not reach the checkout.
as_nobody() {
	setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" "$@"
}

group_may() {
	as_nobody --groups=postern "$LAB/posternctl" --socket "$SOCKET" status \
		>"$LAB/said"
	expect "a member of the group postern gets the status" \
		[ -s "$LAB/said" ]
}

others_may_not() {
	local status=0
	as_nobody --clear-groups "$LAB/posternctl" --socket "$SOCKET" status \
		>"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" \
		"somebody else is refused" "$(<"$LAB/said")"
	expect "in one line" [ "$(wc -l <"$LAB/said")" -eq 1 ]
}

status_json() {
	expect_status '(.version | type) == "string" and .mode == "enforce" and
		(.lease_s | . > 0 and . <= 10)' 2 "version, mode, lease"
	expect_status '.interfaces | length == 1 and
		.[0].name == "eth0" and .[0].program_id > 0' 2 "the interface"
	expect_status '[.gate.ipv4, .gate.ipv6] |
		all(.state == "closed" and (.why | length) > 0 and .since > 0)' \
		2 "both gates, why and since when"
	expect_status '[.primaries[] | .name == "mx1.example.net" and
		.state == "up" and .reason == "good" and .last_probe_s >= 0] |
		length == 2 and all' 2 "the primary's two addresses"
	expect_status '.zones | length == 1 and .[0].zone == "bl.example" and
		(.[0] | has("state") and has("queries") and has("listed"))' 2 \
		"the zone"
	expect_status '.feeds == []' 2 "no feeds"
	expect_status '.counters | keys_unsorted == ["allowed", "witness",
		"clean",
		"unknown", "late", "overload", "stale", "held", "blocked",
		"feed", "listed", "evasion", "bypass"]' 2 "all reasons"
}

status_text() {
	local word
	expect_dropped 198.51.100.200 2.5
	ctl status >"$LAB/said"
	for word in Enforcing eth0 closed mx1.example.net bl.example bypass; do
		told "$(as_status grep -q "$word" "$LAB/said")" \
			"the text has \"$word\""
	done
}

explain_json() {
	local bypasser=198.51.100.200 listed
	expect_explain "$bypasser" ".address == \"$bypasser\" and
		.reason == \"bypass\" and .action == \"drop\" and
		.gate == \"closed\" and .mode == \"enforce\""
	expect_explain "$PRIMARY_IPV6" '.reason == "allowed" and
		.action == "pass"'
	stop_primary
	expect_gate open
	listed=$(fresh listed 6)
	expect_dropped "$listed"
	expect_explain "$listed" '.reason == "listed" and .action == "drop" and
		.verdict == "listed" and .score >= 1 and .expires_s > 0 and
		.sites[0].zone == "bl.example" and
		.sites[0].answer == "127.0.0.2" and .sites[0].ttl_s > 0'
	start_primary
	expect_gate closed
}

# Asking changes nothing of what the source meets.
explain_has_no_effect() {
	local source before
	source=$(fresh clean 4)
	before=$(ctl --json status | jq -c .counters)
	expect_explain "$source" '.verdict == "unknown"'
	expect_same "counters are the same" "$before" \
		"$(ctl --json status | jq -c .counters)"
}

explain_text() {
	ctl explain 198.51.100.200 >"$LAB/said"
	expect "the text has the address, the action and the reason" grep -q \
		'198.51.100.200 is dropped now: .*the primary is up' "$LAB/said"
}

has_history() {
	ctl --json history "$1" | jq -e "$2"
}

# Of knocks and of other refusals, by network.
history_tells() {
	local knocker blocked=203.0.113.9
	knocker=$(fresh clean 4)
	expect_dropped "$knocker"
	expect_within 5 "history has the knock of $knocker" \
		has_history "$knocker" '.days[0].reasons.bypass >= 1'
	expect "there is none of $blocked" \
		has_history "$blocked" '.days == [] and .left_out == 0'
	ctl block add "$blocked" >/dev/null
	expect_dropped "$blocked"
	expect_within 5 "history has that $blocked is blocked, once" \
		has_history "$blocked" '.network == "203.0.113.0/24" and
			.days[0].reasons == {"blocked": 1}'
	ctl block del "$blocked" >/dev/null
	ctl history "$blocked" >"$LAB/said"
	expect "history is text for people" grep -q 'blocked 1' "$LAB/said"
}

wrong_usage() {
	local status=0
	ctl frobnicate >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 2 ])" "an unknown command is usage" \
		"status $status"
	status=0
	ctl explain not-an-address >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 2 ])" "a bad address is usage, too" \
		"status $status, $(<"$LAB/said")"
	status=0
	"$BUILD/posternctl" --socket "$LAB/none.sock" status \
		>"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" "no daemon is a failure" \
		"status $status, $(<"$LAB/said")"
}

# The daemon takes a while to reload, and answers with the old configuration
# until then.
reload_good() {
	local link source
	link=$(xdp_link)
	source=$(fresh clean 4)
	postern_config allow="{ \"$source\" }" >"$LAB/postern.conf"
	reload_postern
	expect_within 10 "$source is on the allow list" \
		explains "$source" '.reason == "allowed"'
	expect_connected_at_once "$source"
	expect_dropped "$(fresh clean 6)"
	expect_same "the link is the same" "$link" "$(xdp_link)"
}

# reload_refused PATTERN LINE: the line is added to a configuration that would
# switch everything off.
reload_refused() {
	postern_config mode=monitor >"$LAB/postern.conf"
	echo "$2" >>"$LAB/postern.conf"
	reload_postern
	expect_log "$1" 10
	sleep 1
	expect_status '.mode == "enforce"' 1 "the old configuration is in force"
	expect_dropped "$(fresh clean 4)" 2.5
	postern_config >"$LAB/postern.conf"
	reload_postern
}

reload_bad() {
	reload_refused 'postern\.conf:[0-9]+: .*frobnicate' 'frobnicate = 1'
	reload_refused 'postern\.conf:[0-9]+: ' 'ports = { 66000 }'
}

reload_fixed() {
	postern_config mode=monitor pin="\"$PIN-other\"" >"$LAB/postern.conf"
	reload_postern
	expect_log '[^a-z]pin[^a-z]' 10
	expect_status '.mode == "enforce"' 1 "the old configuration is in force"
	expect "nothing is pinned elsewhere" [ ! -e "$PIN-other" ]
	postern_config >"$LAB/postern.conf"
	reload_postern
}

bad_configuration() {
	local status=0
	echo 'protect = { "192.0.2.300" }' >"$LAB/bad.conf"
	posternd --config "$LAB/bad.conf" --check >"$LAB/said" 2>&1 ||
		status=$?
	told "$(as_status [ "$status" -eq 1 ])" "--check refuses" \
		"$(<"$LAB/said")"
	expect "it names file and line" grep -q 'bad\.conf:1: ' "$LAB/said"
	expect "in one line" [ "$(wc -l <"$LAB/said")" -eq 1 ]
	posternd --config "$LAB/postern.conf" --check >"$LAB/said" 2>&1
}

lab_up start_primary start_backup_mta
start_postern || die "posternd does not start"
SOCKET=$LAB/control/control.sock
install -m 0755 "$BUILD/posternctl" "$LAB/posternctl"
expect_gate closed >/dev/null || die "the gate does not close"

lab_case "the group postern may use the control socket" group_may
lab_case "others may not, and are told" others_may_not
lab_case "status --json has the keys that others build on" status_json
lab_case "status is text for people" status_text
lab_case "explain --json tells what the program does" explain_json
lab_case "explain leaves no trace" explain_has_no_effect
lab_case "explain is text for people" explain_text
lab_case "history tells who was refused" history_tells
lab_case "exit status and words tell what went wrong" wrong_usage
lab_case "SIGHUP loads a good configuration" reload_good
lab_case "SIGHUP refuses a bad configuration in whole" reload_bad
lab_case "SIGHUP refuses what can't be changed, by name" reload_fixed
lab_case "a bad configuration is named by file and line" bad_configuration

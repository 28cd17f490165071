# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Verdicts: asked for by hand, of whole networks, and over a restart.  There is
# no primary.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# expect_zone_ok: what it lists counts.
expect_zone_ok() {
	expect_status '.zones[0].state == "ok"' 10 "the blocklist is believed"
}

lookup_has() {
	ctl --json lookup "$1" | jq -e "$2" >/dev/null
}

asked_afresh() {
	local source
	source=$(fresh listed 4)
	expect "lookup tells of a listing with its text" lookup_has "$source" \
		'.verdict == "listed" and .score == 1 and (.sites[] |
		select(.zone == "bl.example") | .answer == "127.0.0.2" and
		.text == "listed by the lab")'
	expect "lookup makes no verdict" explains "$source" \
		'.verdict == "unknown"'
}

three_of_a_network() {
	local network=2001:db8:bad:ffff
	restart_postern "dnsbl.unknown=pass"
	expect_zone_ok
	for host in 1 2; do
		knock "$network::$host"
		within 5 explains "$network::$host" '.verdict == "listed"'
	done
	expect "two listed addresses say nothing of a third" \
		explains "$network::99" '.verdict == "unknown"'
	knock "$network::3"
	expect_within 5 "three do" \
		explains "$network::99" '.verdict == "listed"'
}

kept() {
	local clean listed
	restart_postern
	expect_zone_ok
	clean=$(fresh clean 4)
	listed=$(fresh listed 4)
	expect_connected "$clean"
	expect_dropped "$listed"
	stop_postern
	expect_unfiltered
	start_postern
	expect_connected_at_once "$clean"
	expect "the listed one is known, too" \
		explains "$listed" '.verdict == "listed"'
	expect "quotas go on" status_is '.zones[0].quota_used >= 2'
	stop_postern
	echo "not what it was" >"$LAB/state/dnsbl.state"
	start_postern
	expect_log "dnsbl.state is no state of posternd"
	expect_connected "$clean"
}

used() {
	ctl --json status | jq .zones[0].quota_used
}

# The engine is another one then, and begins its counts anew.
quota_over_reload() {
	local before source
	restart_postern dnsbl.quota=2/1d
	expect_zone_ok
	expect_connected "$(fresh clean 4)"
	before=$(used)
	expect_same "one lookup is used" "$before" 1
	postern_config dnsbl.quota=2/1d dnsbl.threshold=2 \
		dnsbl.sites='{ "bl.example=127.0.0.2*2" }' >"$LAB/postern.conf"
	ctl reload
	expect_zone_ok
	expect "it has asked nothing yet" status_is '.zones[0].queries == 0'
	expect_same "it is still used after a reload" "$before" "$(used)"
	source=$(fresh listed 4)
	expect_dropped "$source"
	expect_status '.zones[0].state == "over-quota"'
	expect_connected "$(fresh listed 4)"
	expect_log "the quota of 2 lookups is used up"
	stop_postern
	start_postern_again
	expect_zone_over
	expect "the known one is refused still" explains "$source" \
		'.verdict == "listed"'
}

expect_zone_over() {
	expect_status '.zones[0].state == "over-quota"' 10 \
		"it is used up still after a restart"
}

lab_up start_backup_mta
start_postern || die "posternd does not start"

lab_case "lookup asks afresh" asked_afresh
lab_case "three listed addresses list their /64" three_of_a_network
lab_case "verdicts and quotas survive a restart, damage does no harm" kept
lab_case "a quota is carried over a reload and a restart" quota_over_reload

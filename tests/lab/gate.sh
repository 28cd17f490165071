# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The gate follows the primary, fast enough for a sender that is connecting.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# Probes are rare here, so it is the knocking sender that makes the daemon
# look.
primary_refuses() {
	restart_postern health.interval=1h
	expect_gate closed
	stop_primary
	expect_connected "$(fresh clean "$1")" 20
	start_primary
}

primary_vanishes() {
	restart_postern health.interval=1h health.timeout=3s
	expect_gate closed
	blackhole_primary
	expect_connected "$(fresh clean "$1")" 40
	unblackhole_primary
}

# The sender's first SYNs meet a gate that is closed for good reason.
primary_dies_under_way() {
	local source
	restart_postern
	expect_gate closed
	source=$(fresh clean "$1")
	(
		sleep 1.5
		stop_primary
	) &
	expect_connected "$source" 20
	told "$(as_status [ "$SYNS" -ge 3 ])" \
		"the gate was closed to its first SYNs" "$SYNS SYNs"
	wait
	start_primary
}

commands_of_its_own() {
	restart_postern health.settle=5s \
		health.on-up="{ \"/usr/bin/touch\", \"$LAB/up\" }" \
		health.on-down="{ \"/usr/bin/touch\", \"$LAB/down\" }"
	expect_gate closed
	stop_primary
	expect_gate open
	expect_within 5 "on-down has run" [ -e "$LAB/down" ]
	rm -f "$LAB/up"
	start_primary
	expect_gate closed
	expect "on-up has not run yet" [ ! -e "$LAB/up" ]
	expect_within 10 "on-up has run" [ -e "$LAB/up" ]
}

family_of_its_own() {
	restart_postern
	expect_gate closed
	ip_on primary -6 address del "$PRIMARY_IPV6/64" dev eth0
	expect_status '.gate.ipv6.state == "open"' 30 "the IPv6 gate opens"
	expect_status '.gate.ipv4.state == "closed"' 1 \
		"the IPv4 gate stays closed"
	expect_connected "$(fresh clean 6)"
	expect_dropped "$(fresh clean 4)"
	ip_on primary address add "$PRIMARY_IPV6/64" dev eth0 nodad
	expect_gate closed 30
}

bypass_off() {
	restart_postern bypass.policy=off
	expect_status '[.primaries[].state == "up"] | all' 10 \
		"all primaries are up"
	expect_connected "$(fresh clean 4)"
	expect_dropped "$(fresh listed 6)"
}

monitor_mode() {
	local before
	restart_postern mode=monitor
	expect_gate closed
	before=$(counter bypass)
	expect_connected_at_once "$(fresh clean 4)"
	expect_connected_at_once "$(fresh listed 6)"
	expect_status "(.counters.bypass | .ipv4 + .ipv6) > $before" 5 \
		"it is counted what would have been refused"
}

allowed_sources() {
	local friend foe
	friend=$(fresh listed 4)
	foe=$(fresh clean 6)
	restart_postern allow="{ \"$friend\" }" block="{ \"$foe\" }"
	expect_gate closed
	expect_connected_at_once "$friend"
	stop_primary
	expect_gate open
	expect_dropped "$foe"
	start_primary
}

# Of those who knock at the closed gate one in four is looked up.
verdicts_ahead() {
	local source sources=() warm=
	restart_postern
	expect_gate closed
	for _ in {1..8}; do
		source=$(fresh clean 4)
		sources+=("$source")
		knock "$source" 1.5
	done
	expect_status '.lookups.verdicts | . >= 1 and . < 8' 10 \
		"some of 8 sources are known ahead of time"
	expect_status '.lookups.waiting + .lookups.active == 0'
	stop_primary
	expect_gate open
	for source in "${sources[@]}"; do
		! explains "$source" '.verdict == "clean"' || warm=$source
	done
	told "$(as_status [ -n "$warm" ])" "one of them is" "$warm"
	expect_connected_at_once "$warm"
	start_primary
}

lab_up start_primary start_backup_mta
before_each restore_primary

for family in 4 6; do
	lab_case "the primary refuses: who connects to the backup gets \
through on that attempt (IPv$family)" primary_refuses $family
	lab_case "the primary vanishes: who connects to the backup gets \
through on that attempt (IPv$family)" primary_vanishes $family
	lab_case "the primary dies while a sender connects to the backup: it \
gets through (IPv$family)" primary_dies_under_way $family
done
lab_case "on-down runs at once, on-up when the primary has settled" \
	commands_of_its_own
lab_case "IPv4 and IPv6 have gates of their own" family_of_its_own
lab_case "policy off leaves only the blocklists" bypass_off
lab_case "monitor mode refuses nobody, and counts" monitor_mode
lab_case "the allow list and the block list come first" allowed_sources
lab_case "an outage begins with some verdicts known" verdicts_ahead

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Refusing by a RST that the program itself makes: real clients believe it.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# As shared.h has it.
RESETS_PER_NETWORK=50
SENDERS=20
SECONDS_LONG=3

knock_was_refused() {
	[ "$OUTCOME" = refused ] && [ "$SYNS$SYNACKS$RESETS" = 101 ]
}

# Its first SYN, and by one packet.
expect_refused_at_once() {
	knock "$1"
	told "$(as_status knock_was_refused)" \
		"$1 is refused by the backup at once" "$(knock_words)"
}

bypasser() {
	restart_postern bypass.action=reset attach="$1"
	expect_same "attached as told" "$1" "$(xdp_mode)"
	expect_gate closed
	expect_refused_at_once "$(fresh clean 4)"
	expect_refused_at_once "$(fresh clean 6)"
	expect_status '.counters.bypass | .ipv4 == 1 and .ipv6 == 1' 1 \
		"each SYN is counted"
}

listed() {
	local source
	stop_greeter primary
	restart_postern dnsbl.action=reset attach="$1"
	expect_gate open
	for source in "$(fresh listed 4)" "$(fresh listed 6)"; do
		knock "$source"
		told "$(as_status [ "$OUTCOME" = refused ])" \
			"$source is refused as soon as it is known to be listed" \
			"$(knock_words)"
		expect_refused_at_once "$source"
	done
	expect_connected "$(fresh clean 4)"
}

# bypass.action is not what a listed source meets.
dropped_all_the_same() {
	local source
	stop_greeter primary
	restart_postern bypass.action=reset
	expect_gate open
	source=$(fresh listed 4)
	expect_dropped "$source"
	start_greeter primary
	expect_gate closed
	expect_dropped "$source" 2.5
	expect_refused_at_once "$(fresh clean 6)"
}

# A second of the program's clock may begin at any moment of the test's.
within_budget() {
	local number sources=() most start
	for ((number = 1; number <= SENDERS; number++)); do
		sources+=("$(source_of clean "$1" "$number")")
	done
	restart_postern bypass.action=reset
	expect_gate closed
	start=${EPOCHREALTIME/./}
	traffic_from internet --every 0.0025 --lifetime 0.9 \
		--count $((SECONDS_LONG * 400)) "${sources[@]}" \
		>"$LAB/traffic-budget"
	start=$((${EPOCHREALTIME/./} - start))
	most=$(((start / 1000000 + 2) * RESETS_PER_NETWORK))
	expect "nobody was connected" of_traffic budget \
		'all(.outcome == "refused" or .outcome == "silence")'
	told "$(as_status of_traffic budget \
		"map(select(.outcome == \"refused\")) |
		length >= 50 and length <= $most")" \
		"at most $most of $((SECONDS_LONG * 400)) are told so" \
		"$(traffic_words budget) in $((start / 1000)) ms"
}

# The frame is put on the cable itself: a bridge would take its tag off.
tagged() {
	local mac source
	restart_postern bypass.action=reset attach=native
	expect_gate closed
	mac=$(ip_on backup -j link show dev eth0 | jq -r '.[0].address')
	for source in "$(fresh clean 4)" "$(fresh clean 6)"; do
		expect_same "$source gets a RST+ACK with its tag" "5 20" "$(
			on wire "$LAB_SOURCE/lib/tagged" --interface backup \
				--mac "$mac" --tag 5 "$source" \
				"$(address_of backup "$source")"
		)"
	done
}

with_primary() {
	running greeter-primary || start_greeter primary
}

lab_up greet_on_backup greet_on_primary
before_each with_primary
peer_up || die "no program for the far end of the backup's cable"

for mode in native generic; do
	lab_case "at the closed gate connections are refused at once ($mode)" \
		bypasser $mode
	lab_case "listed sources are refused where told to ($mode)" \
		listed $mode
done
lab_case "listed sources are dropped where not" dropped_all_the_same
lab_case "a reset goes back into the VLAN that the SYN came from" tagged
for family in 4 6; do
	lab_case "no network gets more than $RESETS_PER_NETWORK resets a second \
(IPv$family)" within_budget $family
done

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Start and stop, and others on the same interface.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# refused WORDS PATTERN... -- ARGUMENT...: posternd ends with status 1 and says
# all of the patterns.
refused() {
	local words=$1 patterns=() status=0 pattern
	shift
	while [ "$1" != -- ]; do
		patterns+=("$1")
		shift
	done
	shift
	timeout 10 nsenter --net="$(netns_of backup)" -- \
		"$BUILD/posternd" "$@" >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" "$words" "status $status"
	for pattern in "${patterns[@]}"; do
		told "$(as_status grep -qE -- "$pattern" "$LAB/said")" \
			"it says \"$pattern\"" "$(tail -n 1 "$LAB/said")"
	done
}

native_on_veth() {
	start_postern attach=native
	expect_same "the kernel says native" native "$(xdp_mode)"
	expect_status '.interfaces == [{name: "eth0", attach: "native",
		program_id: .interfaces[0].program_id}]' 1 \
		"status says native"
	expect_same "status has the program's id" "$(xdp_program)" \
		"$(ctl --json status | jq '.interfaces[0].program_id')"
}

clean_stop() {
	stop_postern
	expect_unfiltered
	expect "the control socket is gone" \
		[ ! -e "$LAB/control/control.sock" ]
	expect_connected_at_once "$(fresh listed 4)"
}

generic_on_demand() {
	start_postern attach=generic
	expect_same "the kernel says generic" generic "$(xdp_mode)"
	expect_status '.interfaces[0].attach == "generic"' 1 \
		"status says generic"
	expect_log generic
	expect_gate closed
	expect_dropped "$(fresh clean 4)"
	expect_dropped "$(fresh clean 6)"
	stop_postern
	expect_unfiltered
}

detach_after_crash() {
	start_postern
	kill_postern
	expect "the filter is still there" [ -n "$(xdp_program)" ]
	posternd --config "$LAB/postern.conf" --detach
	expect_unfiltered
}

detach_while_running() {
	local parent
	start_postern
	parent=$(pid_of posternd)
	posternd --config "$LAB/postern.conf" --detach
	expect_unfiltered
	expect_connected_at_once "$(fresh listed 4)"
	expect_within 15 "the daemon ends" gone "$parent"
	expect_unfiltered
}

second_daemon() {
	local link
	start_postern
	link=$(xdp_link)
	refused "a second daemon with the same pins is refused" \
		"$PIN|eth0" -- --config "$LAB/postern.conf"
	postern_config pin="\"$PIN-second\"" \
		control="\"$LAB/control/second.sock\"" >"$LAB/second.conf"
	refused "a second daemon on the same interface is refused" \
		eth0 "$(xdp_program)" -- --config "$LAB/second.conf"
	rm -rf "$PIN-second"
	expect_same "the first one's link is the same" "$link" "$(xdp_link)"
	expect_gate closed
	stop_postern
}

foreign_program() {
	local program
	foreign_up
	program=$(xdp_program)
	expect "a foreign program is attached" [ -n "$program" ]
	postern_config >"$LAB/postern.conf"
	refused "the daemon is refused" eth0 "$program" foreign -- \
		--config "$LAB/postern.conf"
	expect_same "the foreign program is still there" "$program" \
		"$(xdp_program)"
	foreign_down
	expect "no pins are left" [ -z "$(pins)" ]
}

maps_read_as_names() {
	start_postern
	stop_primary
	expect_gate open
	expect_dropped "$(fresh listed 4)"
	expect_connected "$(fresh clean 6)"
	bpftool map dump pinned "$PIN/counters" >"$LAB/said"
	expect "counters have their reasons' names" \
		grep -q '"listed"' "$LAB/said"
	bpftool map dump pinned "$PIN/verdicts" >"$LAB/said"
	expect "verdicts have the verdict's name" \
		grep -q '"VERDICT_LISTED"' "$LAB/said"
	start_primary
	stop_postern
}

lab_up start_primary start_backup_mta

lab_case "attaches natively to veth, and says so" native_on_veth
lab_case "a clean stop leaves nothing" clean_stop
lab_case "attaches generically where told to, and says so" generic_on_demand
lab_case "--detach clears up after a crash" detach_after_crash
lab_case "--detach is an emergency off" detach_while_running
lab_case "a second daemon is refused" second_daemon
lab_case "a foreign program is named and left alone" foreign_program
lab_case "bpftool reads the maps as named fields" maps_read_as_names

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is ordered by hand: of the gate and of the mode, over restarts and
# takeovers, until it ends; and stages that are only watched.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

held_open() {
	restart_postern
	expect_gate closed
	ctl gate open
	expect_gate open 1
	expect_status '.gate.ipv4 | .why == "by hand" and
		.otherwise.state == "closed"' 1 "it tells what it would be"
	expect_status '.orders.gate | .order == "open" and .uid == 0 and
		.until == null' 1 "and whose order it is"
	expect_connected "$(fresh clean 4)"
	expect_dropped "$(fresh listed 6)"
	ctl gate auto
	expect_gate closed 1
	expect_dropped "$(fresh clean 4)"
}

held_closed() {
	restart_postern
	expect_gate closed
	stop_primary
	expect_gate open
	ctl gate close >"$LAB/said"
	expect "who gives the order is warned" grep -q CLOSED "$LAB/said"
	expect_gate closed 1
	expect_status '.orders.gate.left_s | . > 3500 and . <= 3600' 1 \
		"it ends after an hour, though nothing was said of that"
	expect "status warns, too" ctl_status_has "held CLOSED by hand"
	expect_dropped "$(fresh clean 4)"
	ctl gate auto
	expect_gate open 1
	expect_connected "$(fresh clean 6)"
}

ctl_status_has() {
	ctl status | tr '\n' ' ' | grep -q "$1"
}

ends_by_itself() {
	restart_postern
	expect_gate closed
	ctl gate open --for 3s
	ctl mode monitor --for 3s
	expect_gate open 1
	expect_status '.mode == "monitor" and .configured_mode == "enforce"' 1
	expect_gate closed 6
	expect_status '.mode == "enforce" and .orders.mode == null' 3
	expect_log 'the order "gate open" is over'
}

mode_by_hand() {
	local before
	restart_postern
	expect_gate closed
	before=$(counter bypass)
	ctl mode monitor
	expect_connected_at_once "$(fresh clean 4)"
	expect_status "(.counters.bypass | .ipv4 + .ipv6) > $before" 5 \
		"what would have been refused is counted"
	ctl mode auto
	expect_dropped "$(fresh clean 6)"
}

over_restart_and_takeover() {
	local before
	restart_postern
	expect_gate closed
	ctl gate open --for 1h
	ctl mode enforce
	kill_postern
	start_postern_again
	expect_status '.orders.gate.left_s | . > 3500 and . < 3600' 2 \
		"the order survives a crash"
	expect_gate open 1
	before=$(pid_of posternd)
	spawn posternd backup "$BUILD/posternd" \
		--config "$LAB/postern.conf" --takeover
	expect_within 20 "another daemon takes over" gone "$before"
	expect_within 10 "it filters" filters
	expect_gate open 1
	expect_status '.orders.mode.order == "enforce"' 1 \
		"both orders survive a takeover"
	stop_postern
	start_postern_again
	expect_gate open 1
	ctl gate auto
	expect_gate closed
}

# Whatever was ordered: a dead daemon can't close a gate.
dies_with_a_closed_gate() {
	restart_postern
	expect_gate closed
	ctl gate close
	expect_dropped "$(fresh clean 4)"
	kill_postern
	expect_connected "$(fresh clean 4)" 20
	start_postern_again
}

others_may_not() {
	restart_postern
	cp "$BUILD/posternctl" "$LAB/posternctl"
	expect "a member of the group postern may not order anything" \
		refused_to_postern gate open
	expect_gate closed
}

refused_to_postern() {
	! setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" \
		--groups="$(id -g postern)" "$LAB/posternctl" \
		--socket "$LAB/control/control.sock" "$@" 2>/dev/null
}

# Listed sources are refused, new ones wait for their verdict, and the gate is
# only watched.
watched_gate() {
	local before clean
	restart_postern monitor='{ bypass }'
	expect_gate closed
	before=$(counter bypass)
	clean=$(fresh clean 4)
	expect_connected "$clean"
	expect_dropped "$(fresh listed 4)"
	expect_status "(.counters.bypass | .ipv4 + .ipv6) > $before" 2 \
		"it counts whom the gate would have refused"
	expect_explain "$clean" '.reason == "bypass" and .action == "pass"'
	expect "status says so" ctl_status_has "only watched: bypass"
	sed -i '/^monitor/d' "$LAB/postern.conf"
	ctl reload
	expect_dropped "$(fresh clean 6)"
}

lab_up start_primary start_backup_mta
before_each restore_primary

lab_case "the gate is held open by hand, for all but the listed" held_open
lab_case "it may be forced closed in an outage, with a warning and an end" \
	held_closed
lab_case "orders end by themselves" ends_by_itself
lab_case "the mode follows an order, and back" mode_by_hand
lab_case "orders survive crash, takeover and restart" over_restart_and_takeover
lab_case "a gate that was ordered closed opens when the daemon dies" \
	dies_with_a_closed_gate
lab_case "only administrators may give orders" others_may_not
lab_case "a gate that is only watched counts bypassers, and hides no listing" \
	watched_gate

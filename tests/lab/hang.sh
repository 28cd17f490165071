# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon is stopped, as by a debugger, a freezer or a machine that swaps,
# and goes on later.  STOPPED=80 for longer than a parent waits for its worker.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

STOPPED=${STOPPED:-16}
LEASE=10

# Verdicts last for as long as the answers that they rest on.
# shellcheck disable=SC2034 # for lib/dns.sh
RBL_TTL=600

BLOCKED=("$(source_of clean 4 200)" "$(source_of clean 6 200)")
LISTED=("$(source_of listed 4 201)" "$(source_of listed 6 201)")
ALLOWED=("$(source_of listed 4 202)" "$(source_of listed 6 202)")

ready() {
	! running posternd || go_on
	restart_postern block="{ \"${BLOCKED[0]}\", \"${BLOCKED[1]}\" }" \
		allow="{ \"${ALLOWED[0]}\", \"${ALLOWED[1]}\" }"
	expect_gate open
	knock "${LISTED[0]}" 0.2
	knock "${LISTED[1]}" 0.2
	expect_within 10 "the listed sources are known" knows_listed
	running greeter-primary || start_greeter primary
	expect_gate closed
	LOG_LINES=$(log_count posternd '')
}

# The gate has to be open for that.
begin_without_primary() {
	stop_greeter primary
	ready
}

knows_listed() {
	explains "${LISTED[0]}" '.verdict == "listed"' &&
		explains "${LISTED[1]}" '.verdict == "listed"'
}

go_on() {
	local worker
	kill -CONT "$(pid_of posternd)"
	worker=$(worker_pid) || return 0
	kill -CONT "$worker"
}

said() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -cE "$1" || :
}

more_said() {
	[ "$(said "$1")" -gt 0 ]
}

traffic_begins() {
	start_traffic blocked --every 0.1 "${BLOCKED[@]}"
	start_traffic listed --every 0.1 "${LISTED[@]}"
	start_traffic allowed --every 0.1 "${ALLOWED[@]}"
}

traffic_ends() {
	await_traffic 20 blocked listed allowed
	stop_traffic blocked
	stop_traffic listed
	stop_traffic allowed
	expect_all_silent blocked 20
	expect_all_silent listed 20
	expect_all_at_once allowed 20
}

both_stopped() {
	local parent worker start=$SECONDS
	parent=$(pid_of posternd)
	worker=$(worker_pid)
	traffic_begins
	kill -STOP "$parent" "$worker"
	expect_connected "$(fresh clean 4)" $((LEASE + 9))
	say "   the gate opened after $((SECONDS - start)) s"
	expect_connected_at_once "$(fresh clean 6)"
	while [ $((SECONDS - start)) -lt "$STOPPED" ]; do
		sleep 0.5
	done
	expect_connected_at_once "$(fresh clean 4)"
	kill -CONT "$parent" "$worker"
	expect_gate closed 30
	expect_dropped "$(fresh clean 4)"
	sleep 3
	traffic_ends
	expect_same "the worker is the same" "$worker" "$(worker_pid)"
	expect_same "the parent, too" "$parent" "$(pid_of posternd)"
	expect_same "nobody is called dead" 0 \
		"$(said 'sign of life|worker has ended')"
	still_knows_listed
}

# A closed gate asks for no verdicts.
still_knows_listed() {
	mute_rbldnsd
	stop_greeter primary
	expect_gate open
	expect "the listed sources are known" knows_listed
	unmute_rbldnsd
}

# The gate is the worker's, and so is the lease.
parent_stopped() {
	local parent worker before
	parent=$(pid_of posternd)
	worker=$(worker_pid)
	before=$(said 'gate is')
	traffic_begins
	kill -STOP "$parent"
	sleep $((LEASE + 2))
	expect_status '.gate.ipv4.state == "closed" and .lease_s > 5' 5 \
		"the gate is closed, the lease is renewed"
	expect_dropped "$(fresh clean 4)" 2.5
	expect_same "nothing has changed" "$before" "$(said 'gate is')"
	kill -CONT "$parent"
	reload_postern
	expect_within 10 "it does what it is told again" \
		more_said 'configuration reloaded'
	traffic_ends
	expect_same "the worker is the same" "$worker" "$(worker_pid)"
}

lab_up greet_on_backup
before_each begin_without_primary

lab_case "both stopped for $STOPPED s: lists and verdicts stay in force, and \
the gate opens" both_stopped
lab_case "a parent that is stopped leaves all as it is" parent_stopped

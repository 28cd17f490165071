# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults under traffic: KILLS=200 for a longer run, half of it with the gate
# closed; SEED=N, as a run prints it, for the same moments again.  Unknown
# sources pass an open gate here: only the list keeps who is blocked out, and
# nobody else may notice anything.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

KILLS=${KILLS:-20}
RELOADS=${RELOADS:-20}
SEED=${SEED:-$RANDOM}

# Of the lease: who takes longer to start fails open, and is right to.
LEASE_MS=10000

BLOCKED=("$(source_of clean 4 200)" "$(source_of clean 6 200)")
UNLISTED=("$(source_of clean 4 203)" "$(source_of clean 6 203)")
ALLOWED=("$(source_of listed 4 202)" "$(source_of listed 6 202)")

with_lists() {
	restart_postern dnsbl.unknown=pass \
		block="{ \"${BLOCKED[0]}\", \"${BLOCKED[1]}\" }" \
		allow="{ \"${ALLOWED[0]}\", \"${ALLOWED[1]}\" }"
}

traffic_begins() {
	start_traffic blocked --every 0.1 "${BLOCKED[@]}"
	start_traffic allowed --every 0.05 "${ALLOWED[@]}"
	start_traffic unlisted --every 0.05 "${UNLISTED[@]}"
	await_traffic 10 blocked allowed unlisted 2>/dev/null
}

traffic_ends() {
	stop_traffic blocked
	stop_traffic allowed
	stop_traffic unlisted
	expect_all_silent blocked 10
	expect_all_at_once allowed 10
	expect_all_at_once unlisted 10
}

# One of the two processes, at a moment up to half a second from now.  Leaves
# in LONGEST_MS how long there was no daemon at most.
kill_one() {
	local moment=$((RANDOM % 500)) of_both=$((RANDOM % 2)) victim start
	sleep "0.$(printf '%03d' "$moment")"
	start=${EPOCHREALTIME/./}
	if [ "$of_both" -eq 0 ]; then
		victim=$(worker_pid) || :
	else
		victim=$(pid_of posternd)
	fi
	[ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || :
	sleep 0.1
	running posternd || start_postern_again || return 1
	start=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ "$start" -le "$LONGEST_MS" ] || LONGEST_MS=$start
}

# kill_often COUNT: with moments that SEED stands for.
kill_often() {
	local count
	RANDOM=$SEED
	LONGEST_MS=0
	say "   the seed is $SEED"
	watch_program
	for ((count = 0; count < $1; count++)); do
		kill_one || return 1
	done
	expect "in $1 kills not one moment was without a program" \
		unwatch_program
}

killed_at_open_gate() {
	with_lists
	traffic_begins
	kill_often $((KILLS - KILLS / 2))
	traffic_ends
}

# Who bypasses the primary stays out as well: the next worker believes what the
# last one has closed, for as long as its lease goes.
killed_at_closed_gate() {
	start_greeter primary
	with_lists
	expect_gate closed
	start_traffic blocked --every 0.1 "${BLOCKED[@]}"
	start_traffic allowed --every 0.05 "${ALLOWED[@]}"
	start_traffic bypassing --every 0.1 "${UNLISTED[@]}"
	kill_often $((KILLS / 2))
	await_traffic 10 blocked allowed bypassing
	stop_traffic blocked
	stop_traffic allowed
	stop_traffic bypassing
	expect_gate closed
	stop_greeter primary
	expect_all_silent blocked 10
	expect_all_at_once allowed 10
	if [ "$LONGEST_MS" -ge $((LEASE_MS * 8 / 10)) ]; then
		skip "this machine took $LONGEST_MS ms to start a daemon"
	fi
	expect_all_silent bypassing 10
}

reloaded_in_a_loop() {
	local count parent
	with_lists
	parent=$(pid_of posternd)
	cp "$LAB/postern.conf" "$LAB/good.conf"
	watch_program
	traffic_begins
	for ((count = 0; count < RELOADS; count++)); do
		cp "$LAB/good.conf" "$LAB/postern.conf"
		[ $((count % 2)) -eq 0 ] || echo 'mode = {' >>"$LAB/postern.conf"
		reload_postern
		sleep "0.$((RANDOM % 3))"
	done
	cp "$LAB/good.conf" "$LAB/postern.conf"
	traffic_ends
	expect "in $RELOADS reloads not one moment was without a program" \
		unwatch_program
	expect_log 'postern.conf:[0-9]'
	expect_same "the parent is the same" "$parent" "$(pid_of posternd)"
}

lab_up greet_on_backup
start_postern || die "posternd does not start"

lab_case "killed $((KILLS - KILLS / 2)) times at random moments, nobody \
notices (SEED=$SEED)" killed_at_open_gate
lab_case "killed $((KILLS / 2)) times, the closed gate stays so \
(SEED=$SEED)" killed_at_closed_gate
lab_case "good and bad files reloaded in a loop under traffic" \
	reloaded_in_a_loop

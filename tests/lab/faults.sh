# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults under traffic: KILLS=200 for a longer run.  The gate is open and
# unknown sources pass here: only the list keeps who is blocked out, and nobody
# else may notice anything.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

KILLS=${KILLS:-20}
RELOADS=${RELOADS:-20}

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

# One of the two processes, at a moment up to half a second from now.
kill_one() {
	local victim
	sleep "0.$(printf '%03d' $((RANDOM % 500)))"
	if [ $((RANDOM % 2)) -eq 0 ]; then
		victim=$(worker_pid) || :
	else
		victim=$(pid_of posternd)
	fi
	[ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || :
	sleep 0.1
	running posternd || start_postern_again
}

killed_at_random() {
	local count
	with_lists
	watch_program
	traffic_begins
	for ((count = 0; count < KILLS; count++)); do
		kill_one || return 1
	done
	traffic_ends
	expect "in $KILLS kills not one moment was without a program" \
		unwatch_program
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

lab_case "killed at random moments under traffic, nobody notices" \
	killed_at_random
lab_case "good and bad files reloaded in a loop under traffic" \
	reloaded_in_a_loop

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Worker and parent run out of descriptors, in the midst of traffic.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

NONE=3 # but stdin, stdout and stderr
PLENTY=1024

BLOCKED=$(source_of clean 4 200)
ALLOWED=$(source_of listed 4 202)

ready() {
	! running posternd || leave_some
	restart_postern dnsbl.unknown=hold block="{ \"$BLOCKED\" }" \
		allow="{ \"$ALLOWED\" }"
	start_greeter_again
	expect_gate closed
	LOG_LINES=$(log_count posternd '')
}

start_greeter_again() {
	running greeter-primary || start_greeter primary
}

# leave COUNT PID: so many descriptors it may have, open ones or not.  By its
# own user, for which no capability is needed.
leave() {
	local uid gid
	uid=$(stat -c %u "/proc/$2")
	gid=$(stat -c %g "/proc/$2")
	setpriv --reuid "$uid" --regid "$gid" --clear-groups \
		prlimit --pid "$2" --nofile="$1:"
}

leave_some() {
	local worker
	leave "$PLENTY" "$(pid_of posternd)"
	worker=$(worker_pid) || return 0
	leave "$PLENTY" "$worker"
}

traffic_begins() {
	start_traffic blocked --every 0.1 "$BLOCKED"
	start_traffic allowed --every 0.1 "$ALLOWED"
}

traffic_ends() {
	await_traffic 20 blocked allowed
	stop_traffic blocked
	stop_traffic allowed
	expect_all_silent blocked 20
	expect_all_at_once allowed 20
}

# said PATTERN: how often since the case began.
said() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -cE "$1" || :
}

lines() {
	said ''
}

expect_few_lines() {
	told "$(as_status [ "$(lines)" -le "$1" ])" \
		"the log has no more than $1 lines of it" "$(lines)"
}

# CPU time of a process, in ticks.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

worker_without() {
	local worker before
	worker=$(worker_pid)
	stop_greeter primary
	expect_gate open
	expect_dropped "$(fresh listed 4)"
	traffic_begins
	leave "$NONE" "$worker"
	before=$(ticks "$worker")
	expect_connected "$(fresh clean 4)"
	expect_connected "$(fresh clean 6)"
	ctl status >"$LAB/said" 2>&1 && return 1
	sleep 2
	told "$(as_status [ $(($(ticks "$worker") - before)) -lt 400 ])" \
		"the worker does not run in circles" \
		"$(($(ticks "$worker") - before)) ticks"
	traffic_ends
	expect "it is the same worker" alive "$worker"
	expect_same "it is said once" 1 \
		"$(said 'control socket: .*Too many open files')"
	expect_few_lines 30
	leave_some
	expect_within 30 "listed sources are found out again" \
		expect_dropped "$(fresh listed 4)"
	start_greeter_again
	expect_gate closed 60
}

# What fails here says nothing of the primary.
worker_without_at_closed_gate() {
	local worker
	worker=$(worker_pid)
	leave "$NONE" "$worker"
	sleep 4
	expect_same "nothing is said against the primary" 0 \
		"$(said 'primary .* is down')"
	expect_dropped "$BLOCKED" 2.5
	leave_some
	expect_status '[.primaries[].state == "up"] | all' 30 \
		"the primary is up"
	expect_few_lines 30
}

reload_is_refused() {
	local before
	before=$(said 'configuration refused')
	reload_postern
	within 10 more_said 'configuration refused' "$before"
}

more_said() {
	[ "$(said "$1")" -gt "$2" ]
}

parent_without() {
	local parent worker
	parent=$(pid_of posternd)
	worker=$(worker_pid)
	traffic_begins
	leave "$NONE" "$parent"
	expect "a reload is refused" reload_is_refused
	expect_same "and it is said why" 1 \
		"$(said 'configuration refused.*Too many open files')"
	expect "what was in force stays so" explains "$BLOCKED" \
		'.reason == "blocked"'
	kill -KILL "$worker"
	expect_within 15 "it is told that no worker can be started" \
		more_said "can't start the worker: Too many open files" 0
	expect_connected "$(fresh clean 4)" 19
	leave "$PLENTY" "$parent"
	expect_within 60 "with descriptors there is a worker again" filters
	expect_same "the parent is the same" "$parent" "$(pid_of posternd)"
	traffic_ends
	expect_gate closed 60
	expect_few_lines 60
}

# Even poll(2) fails then: it wants no more descriptors than there may be.
stops_all_the_same() {
	leave "$NONE" "$(worker_pid)"
	leave 1 "$(pid_of posternd)"
	expect_within 10 "the parent can't even wait" \
		more_said "can't wait for events: " 0
	sleep 2
	expect_same "which is said once" 1 "$(said "can't wait for events: ")"
	expect "and goes on" running posternd
	expect_dropped "$BLOCKED" 2.5
	stop_postern
	expect_unfiltered
}

lab_up greet_on_backup greet_on_primary
before_each ready

lab_case "a worker without descriptors fails open, and is well afterwards" \
	worker_without
lab_case "what it can't probe, it does not call down" \
	worker_without_at_closed_gate
lab_case "a parent without descriptors refuses what it can't do, and goes on" \
	parent_without
lab_case "without descriptors they can be stopped" stops_all_the_same

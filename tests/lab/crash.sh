# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What dies, and what goes on without it.  The gate is closed here, so that it
# is seen to open when the lease runs out.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LEASE=10

ready() {
	running posternd || start_postern
	expect_gate closed
}

# The lease has run out: whoever is not listed passes.
expect_open_by_expiry() {
	local listed=$1 unseen_listed
	expect_connected "$(fresh clean 4)" $((LEASE + 9))
	expect_connected_at_once "$(fresh clean 6)"
	expect_dropped "$listed"
	unseen_listed=$(fresh listed 4)
	knock "$unseen_listed"
	told "$(as_status [ "$OUTCOME" = connected ])" \
		"nobody asks the blocklist about $unseen_listed" \
		"$(knock_words)"
}

# A source with a verdict: the gate must be open to get one.
learn_listed() {
	stop_primary
	expect_gate open
	LISTED=$(fresh listed 4)
	expect_dropped "$LISTED"
	start_primary
	expect_gate closed
}

worker_killed() {
	local worker parent link
	ready
	parent=$(pid_of posternd)
	worker=$(worker_pid)
	link=$(xdp_link)
	kill -KILL "$worker"
	expect_within 10 "the parent starts another worker" \
		worker_changed "$worker"
	expect_same "the parent is the same" "$parent" "$(pid_of posternd)"
	expect_gate closed
	expect_same "the link is the same" "$link" "$(xdp_link)"
	expect_dropped "$(fresh clean 4)"
	expect_log 'worker'
}

parent_killed() {
	local worker link program
	ready
	learn_listed
	worker=$(worker_pid)
	link=$(xdp_link)
	program=$(xdp_program)
	kill -KILL "$(pid_of posternd)"
	expect_within 5 "the worker ends, too" gone "$worker"
	expect_same "the program stays attached" "$program" "$(xdp_program)"
	expect_same "by the same link" "$link" "$(xdp_link)"
	expect_open_by_expiry "$LISTED"
}

adopted() {
	local link
	link=$(xdp_link)
	expect "a link is there to be adopted" [ -n "$link" ]
	watch_program
	start_postern_again
	expect_gate closed
	expect "not one moment was without a program" unwatch_program
	expect_same "the link is the same" "$link" "$(xdp_link)"
	expect_dropped "$(fresh clean 6)"
}

both_killed() {
	local link program
	ready
	learn_listed
	link=$(xdp_link)
	program=$(xdp_program)
	kill_postern
	expect_same "the program stays attached" "$program" "$(xdp_program)"
	expect_same "by the same link" "$link" "$(xdp_link)"
	expect_dropped "$(fresh clean 4)" 2.5
	expect_open_by_expiry "$LISTED"
}

# Both are in the pinned maps; the blocklist could not tell it again.
adopted_with_verdicts() {
	local before
	ready
	learn_listed
	before=$(counter bypass)
	kill_postern
	mute_rbldnsd
	start_postern_again
	expect_status "(.counters.bypass | .ipv4 + .ipv6) >= $before" 5 \
		"counters go on from $before"
	stop_primary
	expect_gate open
	expect_dropped "$LISTED"
	start_primary
	unmute_rbldnsd
}

# The gate is as it was before, but no longer than until the first probe.
primary_died_meanwhile() {
	ready
	kill_postern
	stop_primary
	start_postern_again
	expect_connected "$(fresh clean 4)" 10
	expect_gate open
	start_primary
}

worker_hangs() {
	local worker
	ready
	worker=$(worker_pid)
	kill -STOP "$worker"
	expect_connected "$(fresh clean 4)" $((LEASE + 9))
	expect_connected_at_once "$(fresh clean 6)"
	kill -CONT "$worker" 2>/dev/null || :
	expect_gate closed 20
	expect_dropped "$(fresh clean 4)"
}

lab_up start_primary start_backup_mta
before_each restore_primary
start_postern || die "posternd does not start"

lab_case "a killed worker is replaced" worker_killed
lab_case "without its parent the worker ends, and the lease opens the gate" \
	parent_killed
lab_case "the next start adopts what is attached without a gap" adopted
lab_case "with both killed the filter stays, and the lease opens the gate" \
	both_killed
lab_case "the next start adopts this, too" adopted
lab_case "verdicts and counters outlive a crash" adopted_with_verdicts
lab_case "a primary that died while nobody looked is noticed at the start" \
	primary_died_meanwhile
lab_case "a worker that hangs loses its lease" worker_hangs

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One daemon after the other takes over, while connections come in.  Unknown
# sources pass here: whoever is forgotten for one moment is let in, and seen.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

EQUAL=40
CHANGES=10

BLOCKED=("$(source_of clean 4 200)" "$(source_of clean 6 200)")
LISTED=("$(source_of listed 4 201)" "$(source_of listed 6 201)")
ALLOWED=("$(source_of listed 4 202)" "$(source_of listed 6 202)")
BYPASSER=("$(source_of clean 4 203)" "$(source_of clean 6 203)")

# Of the same sources but for one field more in the middle of a value: what is
# carried over has to be found by name.
build_other() {
	local tree=$LAB/tree
	mkdir "$tree" || return 1
	cp -r "$LAB_TOP/bpf" "$LAB_TOP/userspace" "$LAB_TOP/Makefile" "$tree" ||
		return 1
	sed -i '/^struct source_verdict {/,/^}/s/^.*__s32 score;.*$/\
		__u32 other_layout; &/' "$tree/bpf/shared.h"
	grep -q other_layout "$tree/bpf/shared.h" || return 1
	make -s -C "$tree" BUILD="$tree/build" CFLAGS=-O1 \
		"$tree/build/posternd" </dev/null >"$LAB/log/make" 2>&1
}

# For the next case, whatever the last one left behind.
without_primary() {
	stop_greeter primary
	unmute_rbldnsd
}

# take_over [PROGRAM]: returns when it filters and the other has ended.
take_over() {
	local before seen
	before=$(pid_of posternd)
	seen=$(log_count posternd 'filtering, attached')
	spawn posternd backup "${1:-$BUILD/posternd}" \
		--config "$LAB/postern.conf" --takeover
	if ! within 20 log_grew posternd 'filtering, attached' "$seen" ||
		! within 10 gone "$before" || ! running posternd; then
		say "the takeover from $before fails"
		return 1
	fi
}

with_lists() {
	restart_postern dnsbl.unknown=pass list-capacity=65536 \
		block="{ \"${BLOCKED[0]}\", \"${BLOCKED[1]}\" }" \
		allow="{ \"${ALLOWED[0]}\", \"${ALLOWED[1]}\" }"
}

knows_listed() {
	local source
	for source in "${LISTED[@]}"; do
		explains "$source" '.verdict == "listed" and .score == 1 and
			.reason == "listed" and .action == "drop"' || return 1
	done
}

learn_listed() {
	local source
	for source in "${LISTED[@]}"; do
		knock "$source" 0.2
	done
	expect_within 10 "the listed sources have their verdicts" knows_listed
}

take_over_often() {
	local n link start=$SECONDS
	link=$(xdp_link)
	for ((n = 1; n <= EQUAL; n++)); do
		take_over || return 1
	done
	expect_same "after $EQUAL takeovers the link is the same" "$link" \
		"$(xdp_link)"
	expect "the listed sources are known" knows_listed
	wait_for_other || return 1
	for ((n = 1; n <= CHANGES; n++)); do
		if ((n % 2)); then
			take_over "$LAB/tree/build/posternd" || return 1
		else
			take_over || return 1
		fi
		knows_listed || return 1
	done
	expect_same "after $CHANGES changes of the maps' layout, too" "$link" \
		"$(xdp_link)"
	told 0 "there were $((EQUAL + CHANGES)) takeovers" \
		"in $((SECONDS - start)) s"
}

under_traffic() {
	with_lists
	learn_listed
	start_traffic blocked --every 0.02 "${BLOCKED[@]}"
	start_traffic listed --every 0.02 "${LISTED[@]}"
	start_traffic allowed --every 0.02 "${ALLOWED[@]}"
	take_over_often
	await_traffic 1000 blocked listed allowed
	stop_traffic blocked
	stop_traffic listed
	stop_traffic allowed
	expect_all_silent blocked 1000
	expect_all_silent listed 1000
	expect_all_at_once allowed 1000
}

# What was learned is carried over, not learned again.
without_dns() {
	with_lists
	learn_listed
	mute_rbldnsd
	take_over "$LAB/tree/build/posternd"
	expect "a change of layout has left the verdicts as they were" \
		knows_listed
	expect "with the field that is new" verdicts_have_other_layout
	take_over
	expect "and so has the change back" knows_listed
	unmute_rbldnsd
}

verdicts_have_other_layout() {
	bpftool map dump pinned "$PIN/verdicts" >"$LAB/said" &&
		grep -q other_layout "$LAB/said"
}

at_closed_gate() {
	local n
	start_greeter primary
	with_lists
	expect_gate closed
	start_traffic bypassing --every 0.02 "${BYPASSER[@]}"
	for n in 1 2 3 4 5; do
		take_over
	done
	await_traffic 50 bypassing
	stop_traffic bypassing
	expect_all_silent bypassing 50
}

bad_configuration() {
	local program status=0
	with_lists
	program=$(xdp_program)
	postern_config nonsense=1 >"$LAB/bad.conf"
	posternd --config "$LAB/bad.conf" --takeover >"$LAB/said" 2>&1 ||
		status=$?
	told "$(as_status [ "$status" -eq 1 ])" "it is refused" \
		"$(<"$LAB/said")"
	expect "the daemon runs on" running posternd
	expect_same "the program is the same" "$program" "$(xdp_program)"
	expect_status '.mode == "enforce"' 2 "and so it answers"
	expect_dropped "${BLOCKED[0]}" 2.5
}

nobody_to_take_over_from() {
	stop_postern
	expect_unfiltered
	spawn posternd backup "$BUILD/posternd" \
		--config "$LAB/postern.conf" --takeover
	expect_within 10 "it starts as without --takeover" filters
	expect_dropped "${BLOCKED[0]}" 2.5
}

# hung NAME...: parent, worker or both are stopped.
hung() {
	local worker start who
	with_lists
	learn_listed
	worker=$(worker_pid)
	for who; do
		case $who in
		parent) kill -STOP "$(pid_of posternd)" ;;
		worker) kill -STOP "$worker" ;;
		esac
	done
	start=$SECONDS
	take_over
	told "$(as_status [ $((SECONDS - start)) -le 12 ])" \
		"it takes over within 10 s" "$((SECONDS - start)) s"
	expect_within 5 "the old worker is gone" gone "$worker"
	expect "what is known stays known" knows_listed
	expect_dropped "${BLOCKED[1]}" 2.5
}

wait_for_other() {
	within 120 [ -s "$LAB/built" ]
	[ "$(<"$LAB/built")" = 0 ] || {
		say "the other build fails:"
		tail -n 5 "$LAB/log/make"
		return 1
	}
}

build_other_aside() {
	(
		build_other
		echo $? >"$LAB/built"
	) &
	OTHER=$!
}

lab_up greet_on_backup
before_each without_primary
build_other_aside

lab_case "in $((EQUAL + CHANGES)) takeovers under live traffic no listed \
source gets through" under_traffic
lab_case "verdicts outlive a change of layout without DNS" without_dns
lab_case "the gate stays closed" at_closed_gate
lab_case "a bad configuration leaves the running daemon in force" \
	bad_configuration
lab_case "--takeover without a daemon is a start" nobody_to_take_over_from
lab_case "a daemon that hangs is taken over, too" hung parent
lab_case "and so is one whose worker hangs as well" hung parent worker
wait "$OTHER"

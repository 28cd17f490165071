# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A primary that comes and goes every few seconds: the gate opens once and
# waits until it has come to stay.  FLAPS=20 for a longer run.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FLAPS=${FLAPS:-3}

LISTED=("$(source_of listed 4 201)" "$(source_of listed 6 201)")
CLEAN=("$(source_of clean 4 203)" "$(source_of clean 6 203)")

# As it is by default, but for the time to settle.
at_rest() {
	local hook
	hook="{ \"sh\", \"-c\", 'echo \$POSTERN_HOOK >>$LAB/hooks' }"
	rm -f "$LAB/hooks"
	start_again primary
	restart_postern health.interval=30s health.timeout=30s health.rise=3 \
		health.settle=5s health.on-up="$hook" health.on-down="$hook"
	expect_gate closed
	LOG_LINES=$(log_count posternd '')
}

start_again() {
	running "greeter-$1" || start_greeter "$1"
}

# said PATTERN: how often since then.
said() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -cE "$1" || :
}

hooks() {
	grep -cs "on-$1" "$LAB/hooks" || :
}

learn() {
	stop_greeter primary
	expect_connected "${CLEAN[0]}" 20
	expect_connected "${CLEAN[1]}" 20
	expect_gate open
	knock "${LISTED[0]}" 0.2
	knock "${LISTED[1]}" 0.2
	expect_within 10 "the listed sources are known" \
		explains "${LISTED[1]}" '.verdict == "listed"'
}

# heard REASON any|all: of its addresses.
heard() {
	status_is "[.primaries[].reason == \"$1\"] | $2"
}

# Each time it stays until it is seen well once, which is too short for three
# times.  What has been down for minutes is asked every 30 s only.
flap() {
	local count
	for ((count = 0; count < FLAPS; count++)); do
		start_greeter primary
		expect_within 45 "it was seen well" heard good any
		stop_greeter primary
		expect_within 45 "it was seen to be gone" heard refused all
	done
}

comes_and_goes() {
	at_rest
	learn
	start_traffic listed --every 0.1 "${LISTED[@]}"
	start_traffic clean --every 0.1 "${CLEAN[@]}"
	flap
	await_traffic 20 listed clean
	stop_traffic listed
	stop_traffic clean
	expect_all_silent listed 20
	expect_all_at_once clean 20
	expect_same "the gate has opened once for each family" 2 \
		"$(said 'the gate is open for')"
	expect_same "and was never closed" 0 "$(said 'the gate is closed for')"
	expect_same "on-down has run once" 1 "$(hooks down)"
	expect_same "and on-up not at all" 0 "$(hooks up)"
	told "$(as_status [ "$(said 'primary .* is (up|down)')" -le 6 ])" \
		"the log does not tell of each of $FLAPS times" \
		"$(said 'primary .* is (up|down)') lines"
}

comes_to_stay() {
	stop_greeter primary
	expect_gate open 1
	start_greeter primary
	expect_gate closed 90
	expect_dropped "${CLEAN[0]}" 2.5
	expect_within 30 "on-up runs when it has settled" [ -s "$LAB/hooks" ]
	expect_within 30 "and so it does once" hooks_are 1 1
}

hooks_are() {
	[ "$(hooks down)" = "$1" ] && [ "$(hooks up)" = "$2" ]
}

lab_up greet_on_backup greet_on_primary
start_postern || die "posternd does not start"

lab_case "a primary that comes and goes $FLAPS times opens the gate once" \
	comes_and_goes
lab_case "it closes when the primary has come to stay" comes_to_stay

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cases of a lab test: one line each, what was seen only where it failed.
# The counts go to the runner, or are printed where there is none.

CASE_PID=
CASE_BEFORE=:
PASSED=0
FAILED=0
SKIPPED=0
STATUS_SKIPPED=77

# before_each COMMAND: is called at the start of each case from now on.
before_each() {
	CASE_BEFORE=$1
}

# lab_case WORDS COMMAND...: the words say what is expected.
lab_case() {
	local words=$1 status=0 start=$EPOCHREALTIME log_start=0
	shift
	[ ! -e "$LAB/log/posternd" ] ||
		log_start=$(wc -c <"$LAB/log/posternd")
	# In the background, so that a signal ends the wait for it.
	(
		set -e
		"$CASE_BEFORE"
		"$@"
	) >"$LAB/case" 2>&1 &
	CASE_PID=$!
	wait "$CASE_PID" || status=$?
	CASE_PID=
	words="$words ($(jq -nr "($EPOCHREALTIME - $start) * 10 | round / 10") s)"
	# At one go: other topics write to the same place.
	case_report "$status" "$words" "$log_start" >"$LAB/report"
	cat "$LAB/report"
	case $status in
	0) PASSED=$((PASSED + 1)) ;;
	"$STATUS_SKIPPED") SKIPPED=$((SKIPPED + 1)) ;;
	*) FAILED=$((FAILED + 1)) ;;
	esac
}

# case_report STATUS WORDS LOG_START
case_report() {
	case $1 in
	0)
		say "ok       $TOPIC: $2"
		[ -z "${VERBOSE:-}" ] || cat "$LAB/case"
		;;
	"$STATUS_SKIPPED")
		say "skipped  $TOPIC: $2: $(tail -n 1 "$LAB/case")"
		;;
	*)
		say "FAILED   $TOPIC: $2"
		cat "$LAB/case"
		[ -e "$LAB/log/posternd" ] || return 0
		say "   posternd meanwhile:"
		tail -c "+$(($3 + 1))" "$LAB/log/posternd" | tail -n 20 |
			sed 's/^/      /'
		;;
	esac
}

# skip WHY: ends the case.
skip() {
	say "$*"
	exit "$STATUS_SKIPPED"
}

# Called when the lab is gone, with the status that the script ends with.
cases_end() {
	local status=$1
	if [ "$status" -eq 0 ] && [ "$FAILED" -gt 0 ]; then
		status=1
	fi
	if [ -n "${LAB_COUNTS:-}" ]; then
		echo "$PASSED $FAILED $SKIPPED" >"$LAB_COUNTS"
	else
		say "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	fi
	exit "$status"
}

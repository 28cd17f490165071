# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The primary answers our probes, but a sender can't get there: if it keeps
# knocking at the backup it is let in, unless it is listed.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# keep_knocking SOURCE SECONDS: until it is greeted, or for so long.
keep_knocking() {
	local end=$((SECONDS + $2))
	while [ "$SECONDS" -lt "$end" ]; do
		knock "$1" 2
		[ "$OUTCOME" != connected ] || return 0
		sleep 0.5
	done
	return 1
}

# Another host of the same network is let in, too; strangers are not.
clean_network() {
	local source other
	restart_postern bypass.mercy=8s
	expect_gate closed
	case $1 in
	4)
		source=$(source_of clean 4 10)
		other=$(source_of clean 4 11)
		;;
	6)
		source=$(source_of clean 6 10)
		other=${source%1}2
		;;
	esac
	expect_dropped "$source"
	told "$(as_status keep_knocking "$source" 40)" \
		"$source gets in when it keeps knocking" "$(knock_words)"
	expect_log "is clean and has knocked at the closed gate for longer"
	expect_explain "$source" '.reason == "witness" and .action == "pass"'
	expect_connected "$other"
	expect_gate closed 1
	expect_dropped "$(fresh listed 4)"
	expect_status '.knockers.mercy == 1' 1 "it is counted"
	# A crash forgets none of it.
	kill_postern
	start_postern_again
	expect_gate closed
	expect_connected "$source"
}

listed_network() {
	local source
	restart_postern bypass.mercy=4s
	expect_gate closed
	source=$(fresh listed "$1")
	told "$(as_status stays_out "$source")" \
		"$source stays out" "$(knock_words)"
}

stays_out() {
	! keep_knocking "$1" 15
}

without_mercy() {
	local source
	restart_postern bypass.mercy=0s
	expect_gate closed
	source=$(fresh clean 4)
	told "$(as_status stays_out "$source")" \
		"$source stays out" "$(knock_words)"
}

lab_up start_primary start_backup_mta
before_each restore_primary

for family in 4 6; do
	lab_case "a clean network that keeps knocking is let in \
(IPv$family)" clean_network $family
	lab_case "a listed source is not (IPv$family)" listed_network $family
done
lab_case "without mercy nobody is" without_mercy

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A state directory that is full, or read-only: what is ordered is in force all
# the same, it is said that it will not last, and it is kept once there is room.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

DISK=
LAB_END=unmounted

# In the configuration.
BLOCKED=$(source_of clean 4 200)
CLEAN=$(source_of clean 4 201)

unmounted() {
	[ -z "$DISK" ] || { umount -l "$DISK" && rmdir "$DISK"; }
	cases_end "$1"
}

mount_disk() {
	DISK=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_ID-disk.XXXXXX") &&
		mount -t tmpfs -o size=256k,mode=755 lab "$DISK"
}

fill_disk() {
	head -c 1M /dev/zero >"$DISK/ballast" 2>/dev/null || :
	! echo more >"$DISK/more" 2>/dev/null
}

free_disk() {
	mount -o remount,rw "$DISK"
	rm -f "$DISK/ballast" "$DISK/more"
}

on_disk() {
	stop posternd
	free_disk
	rm -rf "$DISK/state"
	LOG_LINES=$(log_count posternd '')
	start_postern dnsbl.unknown=pass state="\"$DISK/state\"" \
		block="{ \"$BLOCKED\" }"
}

traffic_begins() {
	start_traffic blocked --every 0.1 "$BLOCKED"
	start_traffic clean --every 0.1 "$CLEAN"
}

traffic_ends() {
	await_traffic 20 blocked clean
	stop_traffic blocked
	stop_traffic clean
	expect_all_silent blocked 20
	expect_all_at_once clean 20
}

said_of_disk() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -c "$1" || :
}

# block_now ADDRESS PATTERN: in force at once, with a warning.
block_now() {
	ctl block add "$1" >"$LAB/said" 2>&1 || :
	expect "posternctl warns: $(<"$LAB/said")" grep -q "$2" "$LAB/said"
	expect "$1 is blocked" explains "$1" '.reason == "blocked"'
}

kept() {
	grep -qs "$1" "$DISK/state/lists.json"
}

full() {
	traffic_begins
	ctl block add 198.51.100.210 >"$LAB/said"
	expect "the disk is full" fill_disk
	block_now 198.51.100.211 'No space left'
	block_now 198.51.100.212 'No space left'
	expect "what was kept before still is" kept 198.51.100.210
	expect_same "the log says so in one line" 1 \
		"$(said_of_disk 'run-time lists in .*No space left')"
	free_disk
	expect_within 60 "when there is room again, it is kept" \
		kept 198.51.100.212
	expect_same "which is said, too" 1 "$(said_of_disk 'run-time lists could be kept')"
	traffic_ends
	stop_postern
	start_postern_again
	expect "after a restart it is there" explains 198.51.100.211 \
		'.reason == "blocked"'
}

read_only() {
	mount -o remount,ro "$DISK"
	stop_primary_and_back
	traffic_begins
	block_now 198.51.100.213 'Read-only'
	expect_same "the log says so in one line" 1 \
		"$(said_of_disk 'run-time lists in .*Read-only')"
	traffic_ends
	kill_postern
	start_postern_again
	expect "a daemon starts there, too" explains "$BLOCKED" \
		'.reason == "blocked"'
	stop_postern
}

# What else is written: that the queue has to be flushed.
stop_primary_and_back() {
	start_greeter primary
	expect_gate closed
	stop_greeter primary
	expect_gate open
}

full_at_the_start() {
	stop_postern
	rm -rf "$DISK/state"
	expect "the disk is full" fill_disk
	start_postern_again
	expect_dropped "$BLOCKED" 2.5
	expect_connected_at_once "$CLEAN"
	block_now 198.51.100.214 'No space left'
	stop_postern
	expect_unfiltered
}

lab_up greet_on_backup
mount_disk || die "no disk"
before_each on_disk

lab_case "a full disk stops nothing, and is told" full
lab_case "a read-only one neither" read_only
lab_case "nor one that is full from the start" full_at_the_start

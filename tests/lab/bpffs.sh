# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The file system that the pins are in is not mounted, or goes away: in a mount
# namespace of the daemon's own.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

BLOCKED=$(source_of clean 4 200)

# without_bpffs COMMAND...
without_bpffs() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	on backup unshare --mount --propagation private sh -c '
		umount -l "$1" && shift && exec "$@"
	' sh "$BPFFS" "$@"
}

start_apart() {
	postern_config block="{ \"$BLOCKED\" }" >"$LAB/postern.conf"
	spawn posternd backup unshare --mount --propagation private \
		"$BUILD/posternd" --config "$LAB/postern.conf"
	within 15 filters
}

not_mounted() {
	local status=0
	postern_config >"$LAB/postern.conf"
	without_bpffs timeout 20 "$BUILD/posternd" \
		--config "$LAB/postern.conf" >"$LAB/said" 2>&1 || status=$?
	expect_same "it is refused" 1 "$status"
	expect "it is said what to do: $(tail -n 1 "$LAB/said")" \
		grep -q "error: .*$PIN.*mount -t bpf bpf" "$LAB/said"
	expect_same "in one line" 1 "$(grep -c error "$LAB/said")"
	expect_unfiltered
	expect_connected_at_once "$(fresh clean 4)"
}

unmounted_meanwhile() {
	local parent program
	start_apart
	parent=$(pid_of posternd)
	program=$(xdp_program)
	start_traffic blocked --every 0.1 "$BLOCKED"
	nsenter --mount --target "$parent" umount -l "$BPFFS"
	sleep 5
	expect "the daemon goes on" running posternd
	expect_same "the program, too" "$program" "$(xdp_program)"
	kill -KILL "$(worker_pid)"
	expect_within 15 "and so it does with another worker" filters
	reload_postern
	expect_log 'configuration reloaded'
	await_traffic 20 blocked
	stop_traffic blocked
	expect_all_silent blocked 20
	stop_postern
	expect_unfiltered
}

lab_up greet_on_backup

lab_case "without it the daemon is refused, and says what to do" not_mounted
lab_case "when it goes away the filter goes on" unmounted_meanwhile

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab: hosts in network namespaces with real servers, for lab tests and
# the demo.  Whoever sources this calls lab_up once, speaks in sentences
# (stop_primary, expect_dropped SOURCE, ...), and has everything taken down
# again on exit, however that comes.  Then LAB_END (cases_end) is called with
# the exit status.  Labs do not disturb each other.

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(cd "$LAB_SOURCE/../.." && pwd)
LAB_ID=postern-$$
LAB=
BUILD=${BUILD:-build}
BUILD=$(cd "$LAB_TOP" && realpath -m "$BUILD")
TOPIC=$(basename "$0" .sh)

# Administrators' programs are not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

for part in net process dns zones mail postern expect cases traffic firewall \
	peer storm; do
	# shellcheck source=/dev/null
	. "$LAB_SOURCE/lib/$part.sh"
done

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "$TOPIC" "$*" >&2
	exit 1
}

# together COMMAND...: all of them at once; fails when one does.
together() {
	local command status=0 pids=()
	for command; do
		"$command" &
		pids+=($!)
	done
	for command in "${pids[@]}"; do
		wait "$command" || status=1
	done
	return "$status"
}

# lab_up COMMAND...: the network, DNS, and what the commands start.
lab_up() {
	local status
	[ "$(id -u)" -eq 0 ] || die "the lab needs root"
	LAB=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_ID.XXXXXX")
	chmod 0755 "$LAB"
	mkdir "$LAB/log" "$LAB/pid" "$LAB/mta"
	trap lab_down EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	(
		set -e
		net_up
		postern_up
	)
	status=$?
	[ "$status" -eq 0 ] || die "the lab's network does not come up"
	together start_rbldnsd start_resolver "$@" ||
		die "the lab's servers do not come up"
}

lab_down() {
	local status=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$CASE_PID" ] || kill "$CASE_PID"
	stop_all
	net_down
	postern_down
	rm -rf "$LAB"
	"${LAB_END:-cases_end}" "$status"
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No memory for maps, by a limit of a control group, and none for the worker,
# by a limit of its own.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_END=ungrouped
GROUP=
BLOCKED=$(source_of clean 4 200)
FED=198.51.100.201

# The kernel counts maps against the group that makes them.
make_group() {
	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		GROUP=/sys/fs/cgroup/memory/$LAB_ID
		LIMIT=memory.limit_in_bytes
		USED=memory.usage_in_bytes
	else
		GROUP=/sys/fs/cgroup/$LAB_ID
		LIMIT=memory.max
		USED=memory.current
	fi
	mkdir "$GROUP" 2>/dev/null && [ -w "$GROUP/$LIMIT" ] && return 0
	rmdir "$GROUP" 2>/dev/null
	GROUP=
}

ungrouped() {
	[ -z "$GROUP" ] || rmdir "$GROUP"
	cases_end "$1"
}

need_group() {
	[ -n "$GROUP" ] || skip "no control group for memory can be made here"
}

# limit OCTETS: beyond what it has now; none: no limit.
limit() {
	case $1 in
	none)
		echo max >"$GROUP/$LIMIT" 2>/dev/null ||
			echo -1 >"$GROUP/$LIMIT"
		;;
	*) echo $(($(<"$GROUP/$USED") + $1)) >"$GROUP/$LIMIT" ;;
	esac
}

# in_group COMMAND...
in_group() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	on backup sh -c 'echo $$ >"$1" && shift && exec "$@"' sh \
		"$GROUP/cgroup.procs" "$@"
}

# with_feed [CHANGE]...: a configuration with one, of one entry.
with_feed() {
	echo "$FED" >"$LAB/feed"
	touch -d '1 minute ago' "$LAB/feed"
	postern_config dnsbl.unknown=pass block="{ \"$BLOCKED\" }" "$@" \
		>"$LAB/postern.conf"
	echo "feed \"fed\" { file = \"$LAB/feed\" max-change = 0 }" \
		>>"$LAB/postern.conf"
}

fresh_start() {
	stop posternd
	rm -rf "$LAB/state"
	[ -z "$GROUP" ] || limit none
}

# That many entries, no two of them next to each other, and the one that was
# there; more than the limits allow.
feed_grows() {
	{
		echo "$FED"
		seq 0 "$(($1 - 1))" | awk '{ printf "%d.%d.%d.%d\n",
			11 + int($1 / 6400000), int($1 / 25000) % 256,
			int($1 / 100) % 250, $1 % 100 * 2 }'
	} >"$LAB/next"
	touch -d '1 minute ago' "$LAB/next"
	mv "$LAB/next" "$LAB/feed"
}

traffic_begins() {
	start_traffic blocked --every 0.1 "$BLOCKED" "$FED"
	start_traffic clean --every 0.1 "$(source_of clean 4 203)"
}

traffic_ends() {
	await_traffic 20 blocked clean
	stop_traffic blocked
	stop_traffic clean
	expect_all_silent blocked 20
	expect_all_at_once clean 20
}

none_at_the_start() {
	local status=0
	need_group
	with_feed dnsbl.cache=10000000
	limit 150000000
	in_group timeout 20 "$BUILD/posternd" --config "$LAB/postern.conf" \
		>"$LAB/said" 2>&1 || status=$?
	expect_same "it is refused" 1 "$status"
	expect "it is said why: $(tail -n 1 "$LAB/said")" \
		grep -q 'error: .*Cannot allocate memory' "$LAB/said"
	expect_same "in one line" 1 "$(grep -c error "$LAB/said")"
	expect_unfiltered
	limit none
	start_postern_again
}

none_to_grow() {
	local parent
	need_group
	with_feed list-capacity=1024 list-capacity-max=10000000
	# shellcheck disable=SC2016 # expanded by the inner shell
	spawn posternd backup sh -c 'echo $$ >"$0" && exec "$@"' \
		"$GROUP/cgroup.procs" "$BUILD/posternd" \
		--config "$LAB/postern.conf"
	within 15 filters
	parent=$(pid_of posternd)
	traffic_begins
	# The worker has to have some for the text and its parts.
	worker_pid >"${GROUP%/*}/cgroup.procs"
	limit 4000000
	feed_grows 1000000
	expect_log "can't enlarge the tables.*Cannot allocate memory" 30
	expect "blocked sources are so still" explains "$BLOCKED" \
		'.reason == "blocked"'
	expect "the daemon goes on" running posternd
	limit none
	ctl reload >"$LAB/said" 2>&1 || :
	expect_status '.feeds[0] | .state == "fresh" and .entries > 900000' \
		30 "with memory it is read"
	expect_same "the parent is the same" "$parent" "$(pid_of posternd)"
	expect "the worker, too" alive "$(worker_pid)"
	await_traffic 10 clean
	stop_traffic clean
	expect_all_at_once clean 10
	stop_traffic blocked
}

# leave KIB: of address space, beyond what the worker has.
leave() {
	local worker size=unlimited
	worker=$(worker_pid)
	[ "$1" = unlimited ] ||
		size=$((($(awk '/^VmSize/ { print $2 }' \
			"/proc/$worker/status") + $1) * 1024))
	setpriv --reuid postern --regid "$(id -g postern)" --clear-groups \
		prlimit --pid "$worker" --as="$size":
}

none_in_the_worker() {
	local worker
	with_feed list-capacity=4000000
	start_postern_again
	worker=$(worker_pid)
	traffic_begins
	leave 1000
	feed_grows 2000000
	expect_log 'feed "fed".*Cannot allocate memory.*before stays in force' \
		30
	expect "the version before is" explains "$FED" '.reason == "feed"'
	leave unlimited
	expect_status '.feeds[0] | .state == "fresh" and .entries > 1900000' \
		40 "with memory it is read"
	expect_same "the worker is the same" "$worker" "$(worker_pid)"
	traffic_ends
}

lab_up greet_on_backup
make_group
before_each fresh_start

lab_case "without memory for maps the daemon is refused, and says why" \
	none_at_the_start
lab_case "without memory for larger maps all but the feed stays in force" \
	none_to_grow
lab_case "a worker without memory keeps what it has, and tries again" \
	none_in_the_worker

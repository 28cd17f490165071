# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processes of the lab.  What runs is noted in files, not in variables: cases
# run in subshells.

# spawn NAME HOST COMMAND...: runs it in the background, out of the terminal's
# reach, so that an interrupt leaves the order of cleaning up to the lab.
spawn() {
	local name=$1 host=$2
	shift 2
	setsid nsenter --net="$(netns_of "$host")" -- "$@" \
		</dev/null >>"$LAB/log/$name" 2>&1 &
	echo $! >"$LAB/pid/$name"
	# Or the shell would report how it ended.
	disown
}

# Nothing for what was never started.
pid_of() {
	cat "$LAB/pid/$1" 2>/dev/null || :
}

# A zombie is as good as gone.
alive() {
	[ -n "$1" ] && [ -r "/proc/$1/stat" ] &&
		! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

running() {
	alive "$(pid_of "$1")"
}

# log_count NAME PATTERN: lines in the log of a process.
log_count() {
	local count
	count=$(grep -cs -- "$2" "$LAB/log/$1") || :
	echo "${count:-0}"
}

# log_grew NAME PATTERN COUNT: there are more of them than there were.
log_grew() {
	[ "$(log_count "$1" "$2")" -gt "$3" ]
}

# within SECONDS COMMAND...: until the command succeeds.  Where everything is
# slower, LAB_PATIENCE says how often those seconds.
within() {
	local deadline=$((SECONDS + $1 * ${LAB_PATIENCE:-1} + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}

gone() {
	! alive "$1"
}

# stop NAME [SIGNAL]
stop() {
	local pid
	pid=$(pid_of "$1")
	alive "$pid" || return 0
	kill "-${2:-TERM}" "$pid"
	if ! within 10 gone "$pid"; then
		kill -KILL "$pid"
		say "$1 did not stop within 10 s and was killed"
		return 1
	fi
}

# Whatever still runs in the lab's namespaces.
stop_all() {
	local pids
	for signal in TERM KILL; do
		pids=$(net_pids)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086 # one word a process
		kill "-$signal" $pids 2>/dev/null
		within 3 no_pids || :
	done
}

no_pids() {
	[ -z "$(net_pids)" ]
}

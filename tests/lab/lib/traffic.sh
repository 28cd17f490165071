# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Connections by the hundred, and sentences about what became of them.  Lines
# of JSON stand in $LAB/traffic-NAME; lib/traffic has the fields.

# start_greeter HOST: for SMTP clients that only want to be greeted.
start_greeter() {
	local starts
	starts=$(log_count "greeter-$1" started)
	# Hundreds of connections wait here when the machine is busy.
	on "$1" sysctl -qw net.core.somaxconn=4096 \
		net.ipv4.tcp_max_syn_backlog=4096
	spawn "greeter-$1" "$1" "$LAB_SOURCE/lib/greeter"
	within 5 log_grew "greeter-$1" started "$starts" ||
		die "the greeter on the $1 does not start"
}

stop_greeter() {
	stop "greeter-$1"
}

greet_on_backup() {
	start_greeter backup
}

greet_on_primary() {
	start_greeter primary
}

# traffic_from HOST OPTION... SOURCE...: connects to the backup.
traffic_from() {
	local host=$1
	shift
	on "$host" "$LAB_SOURCE/lib/traffic" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6" "$@"
}

# start_traffic NAME OPTION... SOURCE...: until stop_traffic NAME.
start_traffic() {
	local name=$1
	shift
	rm -f "$LAB/log/traffic-$name"
	spawn "traffic-$name" internet "$LAB_SOURCE/lib/traffic" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6" "$@"
}

# traffic_has NAME COUNT: so many of its connections have ended.
traffic_has() {
	[ "$(wc -l <"$LAB/log/traffic-$1")" -ge "$2" ]
}

# await_traffic COUNT NAME...: a slow machine takes longer for as many.
await_traffic() {
	local count=$1 name
	shift
	for name; do
		within 60 traffic_has "$name" "$count"
	done
}

stop_traffic() {
	stop "traffic-$1"
	mv "$LAB/log/traffic-$1" "$LAB/traffic-$1"
}

# start_flood SOURCE...: of SYNs, from ports 1000 to 1063, until stop_flood.
start_flood() {
	spawn flood internet "$LAB_SOURCE/lib/flood" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6" "$@"
}

stop_flood() {
	stop flood
}

# of_traffic NAME JQ [ARGUMENT...]: of an array of all its connections.
of_traffic() {
	local name=$1 program=$2
	shift 2
	jq -ers "$@" "$program" "$LAB/traffic-$name"
}

traffic_words() {
	of_traffic "$1" 'group_by(.outcome) |
		map("\(length) \(.[0].outcome)") | join(", ")'
}

# expect_all_silent NAME [LEAST]: nobody got an answer to any SYN.
# shellcheck disable=SC2016 # the variable is jq's
expect_all_silent() {
	told "$(as_status of_traffic "$1" 'length >= $least and
		all(.outcome == "silence")' \
		--argjson least "${2:-1}")" \
		"$1 sources never get an answer" "$(traffic_words "$1")"
}

# expect_all_at_once NAME [LEAST]: all are connected, no SYN was lost.
# shellcheck disable=SC2016
expect_all_at_once() {
	told "$(as_status of_traffic "$1" 'length >= $least and
		all(.outcome == "connected" and .resent == 0)' \
		--argjson least "${2:-1}")" \
		"$1 sources reach the backup with their first SYN" \
		"$(traffic_words "$1"), $(of_traffic "$1" \
			'[.[].resent] | add') SYNs resent"
}

# first_contacts HOST SOURCE...: one of each, at a pace below the budgets.
first_contacts() {
	local host=$1
	shift
	traffic_from "$host" --every 0.04 --lifetime 4 --count "$#" "$@" \
		>"$LAB/traffic-first"
	MEDIAN_MS=$(of_traffic first 'map(.ms) | sort | .[length / 2 | floor]')
}

# expect_first_contacts MS_LEAST MS_MOST WORDS: all connect, with a median.
# shellcheck disable=SC2016
expect_first_contacts() {
	told "$(as_status of_traffic first 'length > 0 and
		all(.outcome == "connected") and
		(map(.ms) | sort | .[length / 2 | floor] |
		. >= $least and . <= $most)' \
		--argjson least "$1" --argjson most "$2")" \
		"$3 are connected, in $1 to $2 ms (median)" \
		"$(traffic_words first), median $MEDIAN_MS ms, slowest $(
			of_traffic first 'map(.ms) | max') ms"
}

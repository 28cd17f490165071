# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Floods of real connections to the doorman, from one network and from many:
# the greediest has to make room, and who is known to be clean finds a seat.
# FLOOD=180 for so many seconds each.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FLOOD=${FLOOD:-4}
SEATS=40
PER_NETWORK=10
GROWTH_KIB_MAX=16384

# At once, and each second: attempts, sessions, and little else.
LOG_LINES_MAX=80
LOG_LINES_PER_S=3

# Its verdict comes while the gate is open.
CLEAN=$(source_of clean 6 250)

# All of one /24.
one_network() {
	local number
	for ((number = 10; number < 250; number++)); do
		source_of clean 4 "$number"
	done
}

# A /64 each.
many_networks() {
	local number
	for ((number = 10; number < 250; number++)); do
		source_of clean 6 "$number"
	done
}

with_doorman() {
	stop_greeter primary
	restart_postern bypass.action=defer 'bypass.patience="1000000/1h"' \
		doorman.name='"doorman.example"' \
		doorman.connections=$SEATS doorman.per-network=$PER_NETWORK \
		"$@"
	expect_gate open
	expect_connected "$CLEAN"
	expect_within 10 "it is known to be clean" \
		explains "$CLEAN" '.verdict == "clean"'
	start_greeter primary
	expect_gate closed
}

# start_crowd NAME CONNECTIONS SOURCE...
start_crowd() {
	local name=$1 each=$2 starts
	shift 2
	starts=$(log_count "crowd-$name" started)
	spawn "crowd-$name" internet "$LAB_SOURCE/lib/crowd" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6" --each "$each" "$@"
	within 20 log_grew "crowd-$name" started "$starts" ||
		die "the crowd does not start"
}

stop_crowd() {
	stop "crowd-$1"
	told 0 "what $2 was told first" "$(tail -n 1 "$LAB/log/crowd-$1")"
}

no_crowd() {
	stop crowd-one
	stop crowd-many
}

meets_doorman() {
	knock "$1" 2
	[[ $OUTCOME == connected && $TEXT == "220 doorman.example "* ]]
}

rss_kib() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

# expect_at_most WORDS LIMIT VALUE
expect_at_most() {
	told "$(as_status [ "$3" -le "$2" ])" "$1: at most $2" "$3"
}

# expect_seat SOURCE WORDS
expect_seat() {
	local status=0
	within 10 meets_doorman "$1" || status=1
	told "$status" "$2" "$(knock_words) $TEXT"
}

fair() {
	local worker lines kib start
	with_doorman
	start=$SECONDS
	worker=$(worker_pid)
	kib=$(rss_kib "$worker")
	lines=$(wc -l <"$LAB/log/posternd")
	"$@"
	sleep "$FLOOD"
	expect_status ".doorman.sessions <= $SEATS" 5 \
		"no more than $SEATS are served"
	expect_seat "$CLEAN" "who is known to be clean finds a seat"
	expect_seat "$CLEAN" "and again"
	expect_status '.doorman.turned_away + .doorman.cut_short > 0' 10 \
		"others had none"
	expect_same "it is the same worker" "$worker" "$(worker_pid)"
	expect_at_most "KiB that the worker grew" "$GROWTH_KIB_MAX" \
		"$(($(rss_kib "$worker") - kib))"
	expect_at_most "lines in the log" "$((LOG_LINES_MAX +
		(SECONDS - start + 1) * LOG_LINES_PER_S))" \
		"$(($(wc -l <"$LAB/log/posternd") - lines))"
}

from_one_network() {
	local sources
	mapfile -t sources < <(one_network)
	start_crowd one 1 "${sources[@]}"
}

from_many_networks() {
	local sources
	mapfile -t sources < <(many_networks)
	start_crowd many 1 "${sources[@]}"
}

one_is_fair() {
	fair from_one_network
	expect_status ".doorman.sessions <= $PER_NETWORK" 5 \
		"it has $PER_NETWORK seats at most"
	expect_seat "$(source_of listed 6 1)" "any other network finds one, too"
	stop_crowd one "the network"
}

many_are_fair() {
	fair from_many_networks
	stop_crowd many "the networks"
}

# A network that took many seats loses them to those that have none.
greediest_loses() {
	local sources
	with_doorman doorman.per-network=30
	mapfile -t sources < <(one_network)
	start_crowd one 1 "${sources[@]}"
	expect_status '.doorman.sessions == 30' 20 "one network has all that \
it may have"
	from_many_networks
	expect_status '.doorman.cut_short > 0' 20 "some had to leave"
	expect_within 20 "most of the seats are others' now" others_sit
	stop_crowd one "the network"
	stop_crowd many "the others"
}

# Seats by the family of their network, as the backup's sockets have it.
others_sit() {
	local mine others
	mine=$(sitting "$BACKUP_IPV4")
	others=$(sitting "[$BACKUP_IPV6]")
	told "$(as_status [ "$others" -gt "$mine" ])" "seats" \
		"$mine and $others"
}

sitting() {
	on backup ss -Htn state established src "$1" sport = :25 | wc -l
}

lab_up greet_on_backup greet_on_primary
before_each no_crowd

lab_case "a flood of connections from one network leaves room for others" \
	one_is_fair
lab_case "a flood from many networks leaves a seat for who is clean" \
	many_are_fair
lab_case "the greediest network makes room" greediest_loses

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long an outage of the primary is hidden from a sender that turns to the
# backup, at the pace that the daemon has by default: a probe every 30 s.
#
# OUTAGES=20 tests/lab/run outage measures what the README says.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

OUTAGES=${OUTAGES:-4}

# A good probe that is older than this makes a knock worth another one.
FRESH_S=2.2

# As it is by default, but that the primary comes back soon; each outage begins
# with a full bucket, for it takes a new prober.
at_rest() {
	restart_postern health.interval=30s health.timeout=30s health.rise=1 \
		"$@"
	expect_gate closed
	sleep "$FRESH_S"
}

median() {
	sort -n | awk '{ of[NR] = $1 } END { print of[int((NR + 1) / 2)] }'
}

# outage FAMILY: leaves how long the sender waited for its greeting, in ms.
outage() {
	local status
	at_rest
	stop_primary
	knock "$(fresh clean "$1")" 20
	status=$(as_status [ "$OUTCOME" = connected ])
	start_primary
	told "$status" "the sender got through on that attempt" \
		"$(knock_words)"
	echo "$GREETING_MS" >>"$LAB/outages"
}

process_is_gone() {
	local number ms
	rm -f "$LAB/outages"
	for ((number = 0; number < OUTAGES; number++)); do
		outage $((number % 2 ? 6 : 4))
	done
	ms=$(median <"$LAB/outages")
	say "   greeted after $(sort -n "$LAB/outages" | tr '\n' ' ')ms"
	say "$TOPIC: median of $OUTAGES outages: $ms ms" >&3
	told "$(as_status [ "$ms" -le "$1" ])" \
		"the median is no more than $1 ms" "$ms ms"
}

# With constant knocking the bucket is nearly always empty.
under_knocking() {
	local start took
	at_rest
	# shellcheck disable=SC2046 # a word for each
	start_traffic knocking --every 0.2 --lifetime 0.9 \
		$(for number in 1 2 3 4 5; do source_of clean 4 $number; done)
	sleep 12
	expect_gate closed 1
	stop_primary
	start=${EPOCHREALTIME/./}
	expect_status '.gate.ipv4.state == "open"' 30 "the gate opens"
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	stop_traffic knocking
	start_primary
	say "$TOPIC: under constant knocking: $took ms" >&3
	told "$(as_status [ "$took" -le 20000 ])" \
		"within 15 s, and some more for a busy machine" "$took ms"
}

black_hole() {
	at_rest
	blackhole_primary
	knock "$(fresh clean "$1")" 30
	unblackhole_primary
	say "$TOPIC: black-holed, IPv$1: connected after $CONNECT_MS ms" >&3
	told "$(as_status [ "$OUTCOME" = connected ])" \
		"the sender got through on that attempt" "$(knock_words)"
	expect_status ".gate.ipv$1.state == \"open\"" 1 "the gate was open"
}

# Of an address; Postfix logs each connection, with its end.
probes() {
	grep -c 'disconnect from .*' "$LAB/log/mta-primary"
}

peace() {
	local before after
	at_rest
	before=$(probes)
	sleep 50
	after=$(probes)
	say "$TOPIC: in peace: $((after - before)) probes of 2 addresses" \
		"in 50 s" >&3
	told "$(as_status [ $((after - before)) -le 4 ])" \
		"each address is probed no more than once in 25 s" \
		"$((after - before))"
}

# What is connected stays so, whatever the gate does.
open_connection() {
	local source
	at_rest
	stop_primary
	expect_connected "$(fresh clean 4)" 20
	source=$(fresh clean 4)
	start_talker "$source"
	start_primary
	expect_gate closed 60
	expect_dropped "$(fresh clean 4)"
	expect "the connection that was there still answers" talker_answers
}

start_talker() {
	coproc TALKER {
		on internet python3 -c '
import socket, sys
s = socket.socket()
s.bind((sys.argv[1], 0))
s.connect((sys.argv[2], 25))
f = s.makefile("rwb", buffering=0)
print(f.readline().decode().strip(), flush=True)
for line in sys.stdin:
    f.write(line.strip().encode() + b"\r\n")
    print(f.readline().decode().strip(), flush=True)
' "$1" "$BACKUP_IPV4"
	}
	read -r -t 10 REPLY <&"${TALKER[0]}"
}

talker_answers() {
	echo NOOP >&"${TALKER[1]}"
	read -r -t 10 REPLY <&"${TALKER[0]}" && [[ $REPLY == 250* ]]
}

# The doubt about a black hole lasts for 5 s: who comes while it does is not
# told of a refusal that would be wrong in a moment.
reset_holds() {
	at_rest bypass.action=reset
	blackhole_primary
	knock "$(fresh clean 4)" 5
	told "$(as_status [ "$OUTCOME" = refused ])" \
		"the first one is refused, and makes the daemon look" \
		"$(knock_words)"
	sleep 2.8
	knock "$(fresh clean 4)" 10
	unblackhole_primary
	told "$(as_status [ "$OUTCOME$RESETS" = connected0 ])" \
		"the next one is held, and gets through" "$(knock_words)"
}

# Who is refused anyway is no reason to doubt the primary.
listed_knockers() {
	local source before
	source=$(fresh listed 4)
	at_rest
	stop_primary
	expect_connected "$(fresh clean 4)" 20
	expect_dropped "$source"
	expect_explain "$source" '.verdict == "listed"'
	start_primary
	expect_gate closed 60
	sleep "$FRESH_S"
	before=$(probes)
	expect_dropped "$source"
	expect_same "a listed knocker causes no probe" "$before" "$(probes)"
	expect_dropped "$(fresh clean 4)"
	told "$(as_status [ "$(probes)" -gt "$before" ])" \
		"another one does" "$before, $(probes)"
}

exec 3>&1
lab_up start_primary start_backup_mta
before_each restore_primary
peer_up || die "no program for the far end of the backup's cable"

lab_case "the primary's process is gone: who turns to the backup is greeted \
on that attempt" process_is_gone 1500
lab_case "under constant knocking the gate opens within 15 s" under_knocking
for family in 4 6; do
	lab_case "the primary is black-holed: who turns to the backup is \
greeted on that attempt (IPv$family)" black_hole $family
done
lab_case "in peace the primary is left alone" peace
lab_case "a listed source that knocks causes no probe" listed_knockers
lab_case "connections that are there are not touched" open_connection
lab_case "reset holds who comes while the primary is being asked" reset_holds

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A flood of SYNs from random sources at an open gate, as fast as this machine
# can send them: it costs no more than the budgets, and neither those who are
# known nor the postmaster feel it.  There is no primary.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# Lookups a second, and at once: as in sources/dnsbl.c.
RATE=1000
BURST=2000

FLOOD_SECONDS=10
STATUS_MS_MAX=1000

start_spoof() {
	local starts
	starts=$(log_count spoof started)
	spawn spoof internet "$LAB_SOURCE/lib/spoof" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6"
	within 60 log_grew spoof started "$starts" ||
		die "the flood does not start"
}

stop_spoof() {
	stop spoof
	told 0 "the flood is over" "$(tail -n 1 "$LAB/log/spoof")"
}

# Also of a case that failed; then the queue is given its time.
no_flood() {
	stop spoof
	expect_status '.lookups.waiting == 0' 30 "nobody waits for a lookup"
}

# status_value JQ
status_value() {
	ctl --json status | jq "$1"
}

now_ms() {
	date +%s%3N
}

# expect_at_most WORDS LIMIT VALUE
expect_at_most() {
	told "$(as_status [ "$3" -le "$2" ])" "$1: at most $2" "$3"
}

# The median of some, in milliseconds.
status_ms() {
	local start
	for _ in {1..9}; do
		start=$(now_ms)
		ctl --json status >/dev/null
		echo "$(($(now_ms) - start))"
	done | sort -n | sed -n 5p
}

worker_kib() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$(worker_pid)/status"
}

warns_of_overload() {
	ctl status | tr -s '\n ' ' ' | grep -q "! Overload: more new sources"
}

within_its_budgets() {
	local start queries seconds memory
	start=$(now_ms)
	queries=$(status_value .zones[0].queries)
	memory=$(worker_kib)
	start_spoof
	sleep "$FLOOD_SECONDS"
	expect_at_most "milliseconds till status answers" "$STATUS_MS_MAX" \
		"$(status_ms)"
	queries=$(($(status_value .zones[0].queries) - queries))
	seconds=$((($(now_ms) - start) / 1000 + 1))
	# Each may be put a second time if it fails.
	expect_at_most "lookups within $seconds s" \
		"$((2 * (BURST + seconds * RATE)))" "$queries"
	expect_at_most "KiB that the worker grew" 32768 \
		"$(($(worker_kib) - memory))"
	expect_status '.lookups | .shed > 0 and .shed_s < 60' 5 \
		"what was shed is counted"
	expect "posternctl warns of it in words" warns_of_overload
	expect_log "overload: nothing is known of some sources"
	stop_spoof
}

# A SYN or two may be lost in the crowd.
known_do_not_feel_it() {
	local clean listed
	clean=$(fresh clean 4)
	listed=$(fresh listed 6)
	expect_connected "$clean"
	expect_dropped "$listed"
	expect_explain "$listed" '.verdict == "listed"'
	start_spoof
	sleep 2
	expect_connected "$clean" 10
	expect_dropped "$listed"
	expect_explain "$clean" '.verdict == "clean"'
	expect_explain "$listed" '.verdict == "listed"'
	expect_connected "$clean" 10
	stop_spoof
}

newcomers_get_in() {
	start_spoof
	sleep 2
	expect_connected "$(fresh clean 4)" 15
	expect_connected "$(fresh clean 6)" 15
	stop_spoof
}

a_fresh_one_is_listed() {
	expect_dropped "$(fresh listed 4)"
}

well_afterwards() {
	expect_within 60 "listed sources are found out again" \
		a_fresh_one_is_listed
	expect_status '.zones[0].state == "ok"'
}

lab_up start_backup_mta
start_postern dnsbl.quota=0 || die "posternd does not start"
before_each no_flood

lab_case "a flood from random sources costs no more than the budgets, and is \
counted and said" within_its_budgets
lab_case "known sources do not feel it" known_do_not_feel_it
lab_case "new honest sources get in" newcomers_get_in
lab_case "afterwards all is as before" well_afterwards

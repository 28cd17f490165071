# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After an outage: hooks for all that changes, and a paced flush with real
# Postfix.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# The hook's name, family and why go to a file, one line a run.
hook_that_records() {
	echo "{ \"sh\", \"-c\", 'echo \"\$POSTERN_HOOK \$POSTERN_FAMILY" \
		"\$POSTERN_WHY\" >>$LAB/hooks; echo heard of \$POSTERN_HOOK' }"
}

has_run() {
	grep -qsE "$1" "$LAB/hooks"
}

every_change_has_a_hook() {
	local hook
	rm -f "$LAB/hooks"
	hook=$(hook_that_records)
	restart_postern health.on-open="$hook" health.on-close="$hook" \
		health.on-up="$hook" health.on-down="$hook"
	expect_gate closed
	expect_within 5 "on-close has run for IPv4" \
		has_run "^on-close ipv4 the primary is up"
	expect_within 5 "and for IPv6" has_run "^on-close ipv6"
	stop_primary
	expect_gate open
	expect_within 5 "on-open has run" has_run "^on-open ipv4"
	expect_within 5 "and on-down" has_run "^on-down "
	expect_log "on-open: heard of on-open"
	start_primary
	expect_gate closed
	expect_within 10 "on-up has run" has_run "^on-up "
	expect_same "each once a change" "2 2 1 1" "$(
		for hook in close open up down; do
			grep -c "^on-$hook" "$LAB/hooks"
		done | awk '{ n[NR] = $1 } END {
			print n[1] / 2, n[2], n[3], n[4] }'
	)"
}

# A crash of the worker is over at once; a worker that hangs is not.
fail_open_has_a_hook() {
	rm -f "$LAB/hooks"
	restart_postern health.on-fail-open="$(hook_that_records)"
	expect_gate closed
	kill -STOP "$(worker_pid)"
	expect_within 30 "on-fail-open has run" has_run "^on-fail-open"
	kill -CONT "$(worker_pid)"
	expect_log "no longer fails open" 20
	expect_same "once" 1 "$(wc -l <"$LAB/hooks")"
}

# start_flushing: three domains, of which Postfix has mail for one.
start_flushing() {
	local mta
	mta=$(mta_dir backup)
	rm -f "$LAB/flushed"
	cat >"$LAB/flush" <<-EOF
		#!/bin/sh
		echo "\$EPOCHREALTIME \$(date +%s%N) \$1" >>"$LAB/flushed"
		[ "\$1" != example.net ] || exec postqueue -c "$mta" -s "\$1"
	EOF
	chmod +x "$LAB/flush"
	restart_postern health.on-up='{ }' queue.directory="\"$mta/queue\"" \
		queue.flush='{ "a.example", "example.net", "b.example" }' \
		queue.flush-command="{ \"$LAB/flush\" }" \
		queue.flush-delay=3s "$@"
	expect_gate closed
}

has_flushed() {
	[ "$(wc -l 2>/dev/null <"$LAB/flushed")" -ge "$1" ]
}

# Milliseconds between the flushes of two lines.
between() {
	awk -v a="$1" -v b="$2" '{ at[NR] = $1 / 1000000 }
		END { printf "%d", at[b] - at[a] }' \
		<(sed 's/^ *//' "$LAB/flushed" | awk '{ print $(NF - 1) }')
}

paced_flush() {
	local pause
	start_flushing
	stop_primary
	expect_gate open
	on backup sendmail -C "$(mta_dir backup)" -f '' user@example.net \
		<<<$'Subject: paced\n\npaced'
	expect_mail_queued paced
	start_primary
	expect_within 30 "all domains are flushed" has_flushed 3
	expect_same "in their order" "a.example example.net b.example" \
		"$(awk '{ print $NF }' "$LAB/flushed" | xargs)"
	expect_mail_arrives paced 20
	pause=$(between 1 2)
	told "$(as_status [ "$pause" -ge 2000 ])" \
		"with a pause between them" "$pause ms"
	expect_status '.recovery == null' 5 "nothing is owed any more"
}

# It begins, the primary dies again, and it goes on where it was.
stops_when_the_primary_falters() {
	start_flushing queue.flush-delay=8s
	stop_primary
	expect_gate open
	start_primary
	expect_within 30 "the flush begins" has_flushed 1
	stop_primary
	expect_gate open
	expect_status '.recovery.in_s == null' 5 "it waits for the primary"
	sleep 11
	expect_same "nothing more is flushed meanwhile" 1 \
		"$(wc -l <"$LAB/flushed")"
	start_primary
	expect_within 30 "it goes on" has_flushed 2
	expect_same "with the next domain" "a.example example.net" \
		"$(awk '{ print $NF }' "$LAB/flushed" | head -n 2 | xargs)"
}

survives_a_restart() {
	start_flushing
	stop_primary
	expect_gate open
	stop_postern
	start_primary
	start_postern_again
	expect_within 40 "a daemon that has not seen the outage flushes" \
		has_flushed 3
}

queue_in_status() {
	local i
	start_flushing
	stop_primary
	expect_gate open
	for i in 1 2 3; do
		on backup sendmail -C "$(mta_dir backup)" -f '' \
			user@example.net <<<"Subject: count-$i"
	done
	expect_mail_queued count-3
	# It was counted at the start, and would be again in a minute.
	kill_postern
	start_postern_again
	expect_status '.queue.length == 3' 10 "the queue has three messages"
	expect_status '.queue.oldest_s == null or .queue.oldest_s < 60' 1 \
		"the oldest is new"
	expect "people are told, too" ctl_status_has '3 messages'
	start_primary
	expect_within 30 "all domains are flushed" has_flushed 3
}

ctl_status_has() {
	ctl status | grep -q "$1"
}

lab_up start_primary start_backup_mta
before_each restore_primary

lab_case "each change of gate and primary has its hook" \
	every_change_has_a_hook
lab_case "failing open has one, too" fail_open_has_a_hook
lab_case "after an outage one domain after the other is flushed" paced_flush
lab_case "a flush stops when the primary falters, and goes on later" \
	stops_when_the_primary_falters
lab_case "a restart during the outage loses no flush" survives_a_restart
lab_case "status shows the queue" queue_in_status

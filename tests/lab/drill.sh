# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `posternctl drill` with real Postfix as backup and primary: a message goes
# all the way, what refuses it is named, and the gate is closed again whatever
# happens.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

set_up() {
	local name
	for name in primary backup; do
		mta_make "$name"
		cp "$(mta_dir "$name")/main.cf" "$LAB/$name.cf"
	done
	mta_start primary && mta_start backup
}

# mta_with NAME [SETTING]...: as it was, but for these.
mta_with() {
	local name=$1
	cp "$LAB/$name.cf" "$(mta_dir "$name")/main.cf"
	[ "$#" -eq 1 ] || postconf -c "$(mta_dir "$name")" -e "${@:2}"
	mta_stop "$name"
	mta_start "$name"
}

# All is well, and the gate is closed by itself.
at_peace() {
	restore_primary
	ctl gate auto >/dev/null
	expect_gate closed 30
}

# drill HOST WORD...: into $LAB/drill.out; its status in STATUS.
drill() {
	local host=$1
	shift
	STATUS=0
	on "$host" "$BUILD/posternctl" --socket "$LAB/control/control.sock" \
		--json drill --helo probe.lab.example --wait 30s "$@" \
		>"$LAB/drill.out" 2>"$LAB/drill.err" </dev/null || STATUS=$?
}

# On the backup itself, of whose Postfix the lab has two.
drill_here() {
	drill backup --postfix "$(mta_dir backup)" --to user@example.net "$@"
}

drill_has() {
	jq -e "$1" "$LAB/drill.out" >/dev/null
}

# expect_drill STATUS RESULT
expect_drill() {
	told "$(as_status [ "$STATUS" -eq "$1" ])" "it ends with status $1" \
		"$STATUS $(<"$LAB/drill.err")" || {
		cat "$LAB/drill.out"
		return 1
	}
	told "$(as_status drill_has ".result == \"$2\"")" "it has $2" \
		"$(jq -c .result "$LAB/drill.out")"
}

# expect_step NAME STATE [PATTERN]
expect_step() {
	told "$(as_status drill_has ".steps[] | select(.step == \"$1\") |
		.state == \"$2\" and (.text | test(\"${3:-}\"))")" \
		"$1 is $2${3:+: $3}" "$(jq -c ".steps[] |
			select(.step == \"$1\") | .text" "$LAB/drill.out")"
}

expect_gate_auto() {
	expect_status '.orders.gate == null and
		.gate.ipv4.state == "closed"' "${1:-2}" \
		"no order is left, and the gate is closed"
}

expect_canary() {
	expect_mail_arrives "Postern drill $(jq -r .token "$LAB/drill.out")"
}

passes_here() {
	at_peace
	drill_here
	expect_drill 0 passed
	expect_gate_auto
	expect_canary
	expect_step delivery ok 'queued as'
	expect "it says that this is the backup itself" drill_has '.here'
	expect "the gate was open for a moment" \
		drill_has '.open_s > 0 and .open_s < 20'
	expect "each step has its time" drill_has '[.steps[] |
		.at_s >= 0 and .took_s >= 0] == [range(8) | true]'
	expect "and the rest is as documented" drill_has '.port == 25 and
		.to == "user@example.net" and .from == "" and .queued == false
		and (.relay | test("^192.0.2.5")) and (.queue_id | length) > 5'
}

# Through the filter, as others come; the log tells how it goes on.
passes_from_elsewhere() {
	local family=$1 address=$2
	at_peace
	expect_dropped "$(fresh clean "$family")" 1.5
	drill internet --backup "$address" --to user@example.net \
		--from probe@lab.example --log "$LAB/log/mta-backup"
	expect_drill 0 passed
	expect_gate_auto
	expect_canary
	expect "it came from another host" drill_has '.here | not'
	expect_dropped "$(fresh clean "$family")" 1.5
}

piped_log() {
	at_peace
	tail -n 0 -F "$LAB/log/mta-backup" >"$LAB/pipe" 2>/dev/null &
	STATUS=0
	on internet "$BUILD/posternctl" --socket "$LAB/control/control.sock" \
		--json drill --log - --to user@example.net <"$LAB/pipe" \
		>"$LAB/drill.out" 2>"$LAB/drill.err" || STATUS=$?
	kill $!
	expect_drill 0 passed
	expect_canary
}

unseen_elsewhere() {
	at_peace
	drill internet --to user@example.net
	expect_drill 0 unseen
	expect_step delivery unseen 'another host'
	expect_gate_auto
	expect_canary
}

# Another configuration of the same Postfix names no log.
unseen_without_log() {
	at_peace
	mkdir -p "$LAB/nolog"
	grep -v '^maillog_file' "$LAB/backup.cf" >"$LAB/nolog/main.cf"
	cp "$(mta_dir backup)/master.cf" "$LAB/nolog/"
	drill backup --postfix "$LAB/nolog" --to user@example.net
	expect_drill 0 unseen
	expect_step delivery unseen 'has left the queue'
	expect_canary
}

for_people() {
	at_peace
	on backup "$BUILD/posternctl" --socket "$LAB/control/control.sock" \
		drill --postfix "$(mta_dir backup)" --to user@example.net \
		>"$LAB/people"
	expect "the first line says that it has passed" \
		grep -q '^The drill has passed' "$LAB/people"
	expect "no line is longer than 80 columns" \
		[ "$(wc -L <"$LAB/people")" -le 80 ]
	[ -z "${VERBOSE:-}" ] || cat "$LAB/people"
}

backup_refuses() {
	at_peace
	drill_here --to nobody@example.net
	expect_drill 1 failed
	expect_step recipient failed 'RCPT: 550 5.1.1'
	expect_step message not_reached
	expect_gate_auto
	expect_queue_empty backup
}

# What its probe asks for, it takes; what the backup relays, it doesn't.
primary_refuses() {
	mta_with primary "virtual_mailbox_domains ="
	at_peace
	drill_here
	expect_drill 1 failed
	expect_step message ok
	expect_step delivery failed 'refused: .*Relay access denied'
	expect_gate_auto
	expect_queue_empty backup
	mta_with primary
}

primary_defers() {
	mta_with primary "smtpd_recipient_restrictions = \
check_recipient_access static:{450 4.7.1 Greylisted}"
	at_peace
	drill_here
	expect_drill 1 failed
	expect_step delivery failed 'deferred: .*Greylisted'
	expect_gate_auto
	expect "it says that the message stays" drill_has '.queued'
	expect_same "in the queue as what it says" \
		"$(jq -r .queue_id "$LAB/drill.out")" \
		"$(queue_of backup | jq -r .queue_id)"
	mta_with primary
	queue_clear backup
}

primary_is_down() {
	at_peace
	stop_primary
	expect_gate open
	drill_here
	expect_drill 1 failed
	expect_step primary failed 'open without a drill'
	expect_step open not_reached
	restore_primary
}

order_in_force() {
	at_peace
	ctl gate close --for 10m >/dev/null
	drill_here
	expect_drill 1 failed
	expect_step daemon failed 'is ordered close'
	expect_status '.orders.gate.order == "close"' 1 "the order lasts"
	ctl gate auto >/dev/null
}

no_daemon() {
	stop_postern
	drill_here
	expect_drill 1 failed
	expect_step daemon failed 'no daemon'
	start_postern_again
}

# It takes connections, but nobody is there to greet.
hang_backup() {
	mta_stop backup
	mta_start backup
	kill -STOP "$(backup_master)"
}

backup_master() {
	tr -d ' ' <"$(mta_dir backup)/queue/pid/master.pid"
}

# start_drill OPTION...: until it has opened the gate.
start_drill() {
	spawn drill backup "$BUILD/posternctl" \
		--socket "$LAB/control/control.sock" --json drill \
		--to user@example.net "$@"
	expect_status '.orders.gate.order == "open"' 10 "the gate is open"
}

silent_backup() {
	at_peace
	hang_backup
	drill_here --for 10s
	kill -CONT "$(backup_master)"
	expect_drill 1 failed
	expect_step greeting failed 'no answer before the gate closes'
	expect_gate_auto
}

told_to_stop() {
	at_peace
	hang_backup
	start_drill --for 10m
	kill -TERM "$(pid_of drill)"
	expect_gate_auto 5
	kill -CONT "$(backup_master)"
	expect_within 5 "it has ended" gone "$(pid_of drill)"
	expect "and told of it" grep -q 'greeting: .*interrupted' \
		"$LAB/log/drill"
}

killed() {
	at_peace
	hang_backup
	start_drill --for 10s
	kill -KILL "$(pid_of drill)"
	expect_gate_auto 20
	kill -CONT "$(backup_master)"
}

lab_up set_up
mkfifo "$LAB/pipe"
start_postern || die "posternd does not start"

lab_case "a message goes through backup and primary" passes_here
lab_case "and so it does through the filter (IPv4)" \
	passes_from_elsewhere 4 "$BACKUP_IPV4"
lab_case "and so it does through the filter (IPv6)" \
	passes_from_elsewhere 6 "$BACKUP_IPV6"
lab_case "the log may come through a pipe" piped_log
lab_case "people get a table" for_people
lab_case "without the backup's log, it says what it can't see" unseen_elsewhere
lab_case "and so it does where there is a queue only" unseen_without_log
lab_case "a backup that refuses the recipient fails it" backup_refuses
lab_case "a primary that refuses the backup fails it" primary_refuses
lab_case "and so does one that greylists the backup" primary_defers
lab_case "nothing is begun while the primary is down" primary_is_down
lab_case "nor over an order of somebody else" order_in_force
lab_case "nor without a daemon" no_daemon
lab_case "a backup that is silent fails it in time" silent_backup
lab_case "whoever interrupts it gets the gate back" told_to_stop
lab_case "and so does who kills it" killed

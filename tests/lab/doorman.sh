# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The doorman answers who bypasses the primary, and who is listed; whenever he
# can't, the mail server does.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LEASE=10
UP='451 4.3.2 this is a backup and the primary MX is up'

# The name that he greets with tells him from the backup's own Postfix.
with_doorman() {
	restart_postern bypass.action=defer doorman.name='"doorman.example"' \
		"$@"
	expect_gate closed
}

greeted_by() {
	[ "$OUTCOME" = connected ] && [[ $TEXT == "220 $1 "* ]]
}

# expect_doorman SOURCE [SECONDS]
expect_doorman() {
	knock "$1" "${2:-5}"
	told "$(as_status greeted_by doorman.example)" \
		"$1 meets the doorman" "$(knock_words) $TEXT"
}

# expect_mta SOURCE [SECONDS]
expect_mta() {
	knock "$1" "${2:-5}"
	told "$(as_status greeted_by backup.lab.example)" \
		"$1 reaches the mail server" "$(knock_words) $TEXT"
}

meets_mta() {
	knock "$1" 2
	greeted_by backup.lab.example
}

meets_doorman() {
	knock "$1" 2
	greeted_by doorman.example
}

# say_to_backup SOURCE COMMAND...: prints the replies to all of them.
say_to_backup() {
	local source=$1
	shift
	on internet "$LAB_SOURCE/lib/smtp" --source "$source" \
		--to "$(address_of backup "$source")" "$@"
}

# expect_reply SOURCE PATTERN COMMAND...: one of them matches.
expect_reply() {
	local said
	said=$(say_to_backup "$1" "${@:3}") || :
	told "$(as_status grep -qE -- "$2" <<<"$said")" \
		"$1 is told: $2" "$(tail -n 2 <<<"$said" | tr '\n' ' ')"
}

# Nothing is left of the sk_lookup program.
expect_unsteered() {
	told "$(as_status [ -z "$(steering_links)" ])" \
		"no program chooses sockets here" "$(steering_links)"
}

steering_links() {
	local netns
	netns=$(stat -L -c %i "$(netns_of backup)")
	bpftool -j link show | jq -r ".[] |
		select(.type == \"netns\" and .netns_ino == $netns) | .id"
}

bypasser_is_told() {
	local source family=$1
	source=$(fresh clean "$family")
	with_doorman
	expect_doorman "$source"
	told "$(as_status [ "$SYNS" -eq 1 ])" "it did not have to wait" \
		"$SYNS SYNs"
	expect_reply "$source" "^$UP" 'EHLO a.example' 'MAIL FROM:<>' \
		'RCPT TO:<user@example.net>'
	expect_explain "$source" '.reason == "bypass" and .action == "defer"'
	expect_status '.doorman.state == "on" and .doorman.told >= 1 and
		.doorman.sessions == 0' 5 "status tells of it"
	expect "nothing listens at an address of the backup but Postfix" \
		only_postfix_listens
}

only_postfix_listens() {
	! on backup ss -Hltn | awk '{ print $4 }' |
		grep -qvE '^(0\.0\.0\.0|\[::\]|\*):25$|^127\.|^\[::1\]'
}

# Real Postfix on both sides.
mail_is_kept() {
	local family=$1
	with_doorman
	send_mail "clean1v$family.bypass" "kept-$family"
	expect_within 30 "the sender logs the doorman's reply" \
		mta_log_has sender "$UP"
	expect_mail_deferred "kept-$family"
	expect_queue_empty backup
	stop_primary
	expect_gate open
	on internet postqueue -c "$(mta_dir sender)" -f
	expect_mail_queued "kept-$family" 20
	start_primary
	expect_mail_arrives "kept-$family" 30
	queue_clear sender
}

is_told() {
	say_to_backup "$1" 'EHLO a.example' 'MAIL FROM:<>' \
		'RCPT TO:<user@example.net>' | grep -qF -- "$2"
}

listed_is_told_why() {
	local family=$1 source
	source=$(fresh listed "$family")
	with_doorman dnsbl.action=reject
	stop_primary
	expect_gate open
	expect_within 15 "it is known to be listed, and meets the doorman" \
		meets_doorman "$source"
	expect_reply "$source" "^451 4.7.1 client \[$source\] is listed by \
bl.example" 'EHLO a.example' 'MAIL FROM:<>' 'RCPT TO:<user@example.net>'
	expect_within 15 "once it is known, it is told what the list says" \
		is_told "$source" "bl.example: listed by the lab"
	expect_explain "$source" '.reason == "listed" and .action == "defer"'
	start_primary
	expect_gate closed 30
	expect_reply "$source" '^451 4.7.1' 'MAIL FROM:<>' 'RCPT TO:<a@b>'
}

listed_for_good() {
	local source
	source=$(fresh listed "$1")
	with_doorman dnsbl.action=reject doorman.listed=554
	stop_primary
	expect_gate open
	expect_within 15 "it is known to be listed" meets_doorman "$source"
	expect_reply "$source" '^554 5.7.1 client' 'MAIL FROM:<>' \
		'RCPT TO:<a@b>'
	start_primary
}

# Nobody restarts it: the parent is stopped.
worker_dead() {
	local worker
	with_doorman
	expect_doorman "$(fresh clean 4)"
	worker=$(worker_pid)
	kill -STOP "$(pid_of posternd)"
	kill -KILL "$worker"
	expect_mta "$(fresh clean 4)"
	expect_mta "$(fresh clean 6)"
	kill -CONT "$(pid_of posternd)"
	expect_within 10 "the parent starts another worker" \
		worker_changed "$worker"
	expect_within 10 "and that one has a doorman" \
		meets_doorman "$(fresh clean 4)"
	expect_doorman "$(fresh clean 6)"
}

worker_hangs() {
	local worker
	with_doorman
	worker=$(worker_pid)
	kill -STOP "$worker"
	expect_within $((LEASE + 5)) "connections reach the mail server" \
		meets_mta "$(fresh clean 4)"
	expect_mta "$(fresh clean 6)"
	kill -CONT "$worker"
	expect_gate closed 20
	expect_doorman "$(fresh clean 4)"
}

patience_ends() {
	local n source other
	source=$(fresh clean "$1")
	other=$(fresh clean "$1")
	with_doorman 'bypass.patience="3/1h"'
	for n in 1 2 3; do
		expect_doorman "$source"
	done
	expect_dropped "$source"
	expect_explain "$source" '.reason == "bypass" and .action == "drop"'
	case $1 in
	4) expect_dropped "$other" ;; # of the same /24
	6) expect_doorman "$other" ;;
	esac
	expect_status '.doorman.weary == 1' 10 "status has the weary network"
	stop_primary
	expect_gate open
	expect_within 10 "the open gate is for it, too" meets_mta "$source"
	start_primary
}

patience_comes_back() {
	local source
	source=$(fresh clean 6)
	with_doorman 'bypass.patience="1/4s"'
	expect_doorman "$source"
	expect_dropped "$source" 1.5
	expect_within 10 "it is told again after the period" \
		meets_doorman "$source"
}

full() {
	local n
	with_doorman doorman.connections=4 doorman.per-network=2
	for n in 1 2 3; do
		say_to_backup "$(source_of clean 4 $((230 + n)))" --stay 8 \
			>"$LAB/stay$n" &
	done
	expect_status '.doorman.sessions == 2 and .doorman.turned_away == 1' 10 \
		"a network has two connections at most"
	expect "the third one is told so" grep -q '^421 4.7.0 too many' \
		"$LAB/stay1" "$LAB/stay2" "$LAB/stay3"
	for n in 1 2; do
		say_to_backup "$(source_of clean 6 $((230 + n)))" --stay 8 \
			>"$LAB/other$n" &
	done
	expect_status '.doorman.sessions == 3 and .doorman.cut_short >= 1' 10 \
		"a quarter is kept, so one has to leave for another"
	expect "and is told so" grep -q '^421 4.3.2 too busy' "$LAB"/stay?
	expect_status '.doorman.sessions == 0' 20 "in the end all have gone"
	wait
}

taken_over() {
	local link
	with_doorman
	link=$(steering_links)
	expect "there is one link" [ "$(wc -w <<<"$link")" -eq 1 ]
	take_over
	expect_same "the link is the same" "$link" "$(steering_links)"
	expect_doorman "$(fresh clean 4)"
	expect_doorman "$(fresh clean 6)"
	kill_postern
	start_postern_again
	expect_gate closed
	expect_same "and so it is after a crash" "$link" "$(steering_links)"
	expect_doorman "$(fresh clean 4)"
}

take_over() {
	local before
	before=$(pid_of posternd)
	spawn posternd backup "$BUILD/posternd" \
		--config "$LAB/postern.conf" --takeover
	expect_within 20 "the old daemon ends" gone "$before"
	expect_within 20 "the new one filters" filters
	expect_gate closed
}

reloaded() {
	restart_postern doorman.name='"doorman.example"'
	expect_gate closed
	expect_unsteered
	expect_dropped "$(fresh clean 4)"
	postern_config bypass.action=defer doorman.name='"doorman.example"' \
		>"$LAB/postern.conf"
	reload_postern
	expect_within 10 "bypassers meet the doorman after a reload" \
		meets_doorman "$(fresh clean 4)"
	expect_doorman "$(fresh clean 6)"
	postern_config >"$LAB/postern.conf"
	reload_postern
	expect_status '.doorman.state == "off"' 10 "and no longer after another"
	expect_dropped "$(fresh clean 4)"
	expect_unsteered
}

detached() {
	with_doorman
	stop_postern
	expect_unfiltered
	expect_unsteered
	start_postern_again
	expect_gate closed
	kill_postern
	posternd --config "$LAB/postern.conf" --detach
	expect_unfiltered
	expect_unsteered
	start_postern_again
}

# refused WORDS: a start and a reload with what is in $LAB/postern.conf.
refused() {
	local status=0
	posternd --config "$LAB/postern.conf" >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" "it does not start" \
		"$(tail -n 1 "$LAB/said")"
	expect "it says: $1" grep -q -- "$1" "$LAB/said"
	expect_unsteered
}

mta_elsewhere() {
	local stranger=192.0.2.77
	restart_postern
	stop_postern
	postern_config bypass.action=defer ports='{ 26 }' >"$LAB/postern.conf"
	refused 'bypass.action = defer works only .* listens here on port 26'
	postern_config bypass.action=defer \
		protect="{ \"$BACKUP_IPV4\", \"$stranger\" }" \
		>"$LAB/postern.conf"
	refused "$stranger of .protect. is not an address of it"
	postern_config dnsbl.action=reject ports='{ 26 }' >"$LAB/postern.conf"
	refused 'dnsbl.action = reject works only'
}

refused_on_reload() {
	restart_postern
	expect_gate closed
	postern_config bypass.action=defer ports='{ 26 }' mode=monitor \
		>"$LAB/postern.conf"
	reload_postern
	expect_log 'configuration refused.*nothing listens here on port 26'
	expect_status '.mode == "enforce" and .doorman.state == "off"' 2 \
		"what was in force stays in force"
	expect_dropped "$(fresh clean 4)"
	expect_unsteered
}

refused_at_takeover() {
	local before status=0
	restart_postern
	expect_gate closed
	before=$(pid_of posternd)
	postern_config bypass.action=defer ports='{ 26 }' >"$LAB/other.conf"
	posternd --config "$LAB/other.conf" --takeover >"$LAB/said" 2>&1 ||
		status=$?
	told "$(as_status [ "$status" -eq 1 ])" "it is refused" \
		"$(tail -n 1 "$LAB/said")"
	expect "the daemon runs on" alive "$before"
	expect_dropped "$(fresh clean 4)" 2.5
}

monitor_mode() {
	with_doorman mode=monitor
	expect_mta "$(fresh clean 4)"
	expect_mta "$(fresh clean 6)"
}

lab_up start_primary start_backup_mta start_sender
before_each restore_primary

for family in 4 6; do
	lab_case "who bypasses is told so by the doorman (IPv$family)" \
		bypasser_is_told $family
	lab_case "Postfix keeps what the doorman refuses, and delivers when \
the gate opens (IPv$family)" mail_is_kept $family
	lab_case "who is listed is told by whom (IPv$family)" \
		listed_is_told_why $family
	lab_case "a network that comes too often is dropped (IPv$family)" \
		patience_ends $family
done
lab_case "who is listed is refused for good by choice only" listed_for_good 4
lab_case "patience comes back" patience_comes_back
lab_case "the connections of a network, and all of them, are bounded" full
lab_case "without a worker connections reach the mail server" worker_dead
lab_case "and so they do while it hangs" worker_hangs
lab_case "takeovers and crashes leave the steering attached" taken_over
lab_case "a reload brings the doorman, and sends him away" reloaded
lab_case "nothing is left after the end" detached
lab_case "defer is refused where the MTA is elsewhere" mta_elsewhere
lab_case "and a reload to it is refused in whole" refused_on_reload
lab_case "a takeover to it leaves the running daemon in force" \
	refused_at_takeover
lab_case "in monitor mode nobody is deferred" monitor_mode

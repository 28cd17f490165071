# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The log: one story of a source has one id, from its first SYN to what the
# doorman told it; the journal gets fields; a flood is summed up.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# With debugging, and a configuration as in start_postern.
start_verbose() {
	stop posternd
	[ -z "$(pins)" ] || posternd --config "$LAB/postern.conf" --detach
	rm -rf "$LAB/state"
	postern_config "$@" >"$LAB/postern.conf"
	spawn posternd backup "$BUILD/posternd" --verbose --config \
		"$LAB/postern.conf"
	within 10 filters
	expect_gate closed
}

# id_of PATTERN: of the last line that has it.
id_of() {
	grep -E -- "$1" "$LAB/log/posternd" | tail -n 1 |
		sed -n 's/.* id=\([0-9a-f]\{8\}\)$/\1/p'
}

has_id() {
	[ "$(id_of "$1")" = "$2" ]
}

say_to_backup() {
	local source=$1
	shift
	on internet "$LAB_SOURCE/lib/smtp" --source "$source" \
		--to "$(address_of backup "$source")" "$@"
}

deferred() {
	local source id
	start_verbose bypass.action=defer
	source=$(fresh clean 6)
	say_to_backup "$source" 'EHLO a.example' 'MAIL FROM:<a@a.example>' \
		'RCPT TO:<user@example.net>' QUIT
	expect_within 10 "the refusal is a line, with reason and id" \
		log_grew posternd "info: refused $source: came here although \
the primary is up reason=bypass id=" 0
	id=$(id_of " refused $source")
	expect_within 10 "what the doorman told it has the same id ($id)" \
		has_id "info: the doorman told $source: 451 4.3.2 .* \
commands=[0-9]+ seconds=[0-9.]+ reason=bypass" "$id"
	say_to_backup "$source" QUIT
	expect_within 10 "so has a session that came to nothing" \
		has_id "$source left the doorman before it named a recipient" \
		"$id"
	expect "there is one line of the attempt" \
		[ "$(log_count posternd " refused $source")" -eq 1 ]
}

looked_up() {
	local clean listed id
	ctl gate open >/dev/null
	clean=$(fresh clean 6)
	listed=$(fresh listed 6)
	expect_connected "$clean"
	id=$(id_of "debug: $clean is not known: held, and looked up reason=held")
	expect_within 10 "a hold, its lookup and its nudge have one id ($id)" \
		has_id "debug: $clean was looked up: no blocklist names it \
score=0 reason=clean" "$id"
	expect "its nudge, too" \
		has_id "debug: $clean is asked to resend its SYN" "$id"
	expect_dropped "$listed"
	expect_within 10 "a listing is news" log_grew posternd \
		"info: listed $listed score=1 bl.example=127.0.0.2 id=" 0
	id=$(id_of " listed $listed")
	expect_within 10 "and has the same id ($id) as its refusal" \
		has_id "info: refused $listed: blocklists name it reason=listed" \
		"$id"
	ctl gate auto >/dev/null
}

# The one whose knock shows that the primary is gone gets in by that attempt.
not_refused_after_all() {
	local source
	start_verbose health.interval=60s
	source=$(fresh clean 6)
	stop_primary
	expect_connected "$source" 20
	expect_within 10 "the log says that the gate has opened to it" \
		log_grew posternd "info: $source is not refused after all: \
the gate has opened id=" 0
	expect "it has the id of the refusal" has_id \
		"$source is not refused after all" "$(id_of "refused $source:")"
	expect "and history has no refusal of it" [ "$(ctl --json history \
		"$source" | jq .days)" = '[]' ]
	start_primary
}

monitored() {
	local source
	start_verbose mode=monitor
	source=$(fresh clean 6)
	expect_connected "$source"
	expect_within 10 "in monitor mode the words are others" log_grew \
		posternd "info: monitor mode lets in $source: came here" 0
	expect "nothing is called refused" \
		[ "$(log_count posternd " refused $source")" -eq 0 ]
}

# Who asked for what; but a program that feeds us fills no log.
asked_for() {
	restart_postern bypass.policy=witness
	expect_gate closed
	ctl block add 203.0.113.201 --note 'case 4711' >/dev/null
	expect_log 'block-add \{"prefix":"203.0.113.201","note":"case 4711"\} uid=0 '
	ctl witness add 198.51.100.0/24 >/dev/null
	expect "witnesses are for --verbose" \
		[ "$(log_count posternd witness-add)" -eq 0 ]
}

# A journal of the lab's own, where the daemon looks for it.
in_journal() {
	local source
	stop posternd
	spawn journal backup "$LAB_SOURCE/lib/manager" "$LAB/journal"
	within 10 log_grew journal listening 0
	: >>"$LAB/log/posternd"
	postern_config >"$LAB/postern.conf"
	# shellcheck disable=SC2016 # expanded by the inner shell
	JOURNAL_STREAM=$(stat -c %d:%i "$LAB/log/posternd") \
		spawn posternd backup unshare --mount sh -c '
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal &&
		ln -s "$1" /run/systemd/journal/socket && shift && exec "$@"
		' sh "$LAB/journal" \
		"$BUILD/posternd" --config "$LAB/postern.conf"
	within 10 filters
	expect_gate closed
	source=$(fresh clean 6)
	expect_dropped "$source" 4
	expect_within 10 "the journal gets the source as a field" \
		log_grew journal "^POSTERN_SOURCE=$source\$" 0
	for field in POSTERN_REASON=bypass 'POSTERN_ID=[0-9a-f]{8}' \
		PRIORITY=6 SYSLOG_IDENTIFIER=posternd \
		"MESSAGE=refused $source: .* reason=bypass id=[0-9a-f]{8}"; do
		expect "it has $field, too" \
			grep -qE "^$field\$" "$LAB/log/journal"
	done
	expect "parent and worker write there" \
		grep -q '^MESSAGE=eth0: filtering' "$LAB/log/journal"
	stop journal
	ctl reload
	ctl mode monitor >/dev/null
	expect_connected "$(fresh clean 6)"
	expect_within 10 "without it nothing is lost" log_grew posternd \
		'^<6>posternd\[worker\]: monitor mode lets in' 0
}

lab_up start_primary start_backup_mta

lab_case "a deferred source's lines have one id" deferred
lab_case "so have a lookup's, and a listing's" looked_up
lab_case "who finds the gate open after all was not refused" \
	not_refused_after_all
lab_case "monitor mode is told apart" monitored
lab_case "what is asked for is named" asked_for
lab_case "the journal gets fields" in_journal

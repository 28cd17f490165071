# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What real senders, Postfix and Exim, do after they have met a closed gate:
# an honest one, whom a healthy primary greylists, so that it turns to the
# backup.  Prints the rows of a table for each bypass.action.
#
# Here retries come sooner than by default: a second for each 75.  FULL=1
# leaves the senders as they are, and takes an hour and a half; the README has
# what it prints.  ACTIONS="drop" leaves out the others.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/lib/exim.sh
. "$LAB_SOURCE/lib/exim.sh"

read -ra ACTIONS <<<"${ACTIONS:-drop reset defer}"

if [ -n "${FULL:-}" ]; then
	GREYLIST_S=60
	POSTFIX_BACKOFF=300s
	POSTFIX_CONNECT=30s
	EXIM_RETRY='F,2h,15m; G,16h,1h,1.5; F,4d,6h'
	EXIM_QUEUE_RUN=1m
	PATIENCE_S=2400
else
	GREYLIST_S=1
	POSTFIX_BACKOFF=4s
	POSTFIX_CONNECT=2s
	EXIM_RETRY='F,96s,12s; G,768s,48s,1.5; F,77m,5m'
	EXIM_QUEUE_RUN=1s
	PATIENCE_S=60
fi

# A policy service of the primary: who is new has to come again later.  It
# notes when each sender came.
write_greylist() {
	mkdir -p "$LAB/greylist"
	chown nobody "$LAB/greylist"
	cat >"$LAB/greylist.sh" <<-END
		#!/bin/bash
		shopt -s nullglob
		while read -r line; do
		    case \$line in
		    sender=*) sender=\${line#sender=} ;;
		    '')
		        now=\${EPOCHREALTIME/./}
		        echo "\$now" >>"$LAB/greylist/\$sender"
		        read -r first <"$LAB/greylist/\$sender"
		        if [ -z "\$sender" ] ||
		            [ \$((now - first)) -ge ${GREYLIST_S}000000 ]; then
		            printf 'action=dunno\n\n'
		        else
		            printf 'action=450 4.2.0 Greylisted\n\n'
		        fi
		        ;;
		    esac
		done
	END
	chmod 755 "$LAB/greylist.sh"
}

start_greylisting_primary() {
	local dir
	write_greylist
	dir=$(mta_dir primary)
	mta_make primary
	postconf -c "$dir" -e \
		"smtpd_recipient_restrictions = \
check_policy_service unix:private/greylist"
	echo "greylist unix - n n - 0 spawn user=nobody argv=$LAB/greylist.sh" \
		>>"$dir/master.cf"
	start_primary
}

start_postfix() {
	mta_make sender
	postconf -c "$(mta_dir sender)" -e \
		"smtp_connect_timeout = $POSTFIX_CONNECT" \
		"minimal_backoff_time = $POSTFIX_BACKOFF" \
		"maximal_backoff_time = $POSTFIX_BACKOFF" \
		"queue_run_delay = $POSTFIX_BACKOFF"
	start_sender
}

# Nobody has met anybody before.
forget_all() {
	restore_primary
	queue_clear sender || :
	queue_clear backup || :
	rm -rf "$LAB/greylist"/* "$LAB/exim/spool/db"/* \
		"$LAB/exim/spool/input"/*
	: >"$LAB/log/mta-sender"
	: >"$LAB/log/exim-mainlog"
}

# ---- both senders alike ----

sender_version() {
	case $1 in
	Postfix) echo "Postfix $(postconf -c "$(mta_dir sender)" \
		-h mail_version)" ;;
	Exim) echo "Exim $(exim_run -bV | sed -n 's/^Exim version \([^ ]*\) .*/\1/p')" ;;
	esac
}

sender_address() {
	case $1 in
	Postfix) echo clean1v4@sender.example ;;
	Exim) echo honest@exim.example ;;
	esac
}

# sender_send SENDER TOKEN
sender_send() {
	case $1 in
	Postfix) send_mail clean1v4 "$2" ;;
	Exim) exim_send "$(sender_address Exim)" "$2" ;;
	esac
}

sender_log() {
	case $1 in
	Postfix) echo "$LAB/log/mta-sender" ;;
	Exim) echo "$LAB/log/exim-mainlog" ;;
	esac
}

# refused_words SENDER: what its log says of the attempt at the backup, or
# nothing yet.
refused_words() {
	grep -F 'mx2.example.net' "$(sender_log "$1")" | sed -nE \
		-e 's/ \(in reply to .*//' \
		-e 's/.*[: ](4[0-9][0-9] 4\.[0-9.]* .*)/\1/p' \
		-e 's/.*[: ](Connection (timed out|refused)).*/\1/p' |
		head -n 1
}

# What each action looks like from there.
words_of() {
	case $1 in
	drop) echo 'Connection timed out' ;;
	reset) echo 'Connection refused' ;;
	defer) echo '451 4.3.2 this is a backup and the primary MX is up' ;;
	esac
}

was_refused() {
	[ -n "$(refused_words "$1")" ]
}

# visit SENDER NUMBER: when the primary saw it for the NUMBERth time, in us.
visit() {
	sed -n "$2p" "$LAB/greylist/$(sender_address "$1")" 2>/dev/null
}

has_visited() {
	[ -n "$(visit "$@")" ]
}

# seconds FROM TO: of microseconds; those of a table.
seconds() {
	awk -v from="$1" -v to="$2" 'BEGIN {
		s = (to - from) / 1000000
		printf s < 10 ? "%.1f s" : s < 180 ? "%.0f s" : "%.0f min",
			s < 180 ? s : s / 60 }'
}

# row SENDER ACTION WORDS: what the other story has seen, and this.
row() {
	say "$TOPIC: | $(cat "$LAB/row-$2-$1" || :) | $3 |" >&3
}

# ---- the message that is greylisted ----

# It comes to the primary, is put off, meets the gate, and comes again.
watch_retry() {
	local sender=$1 action=$2 refused
	expect_within "$PATIENCE_S" "$sender is greylisted" \
		has_visited "$sender" 1
	expect_within "$PATIENCE_S" "$sender turns to the backup, and logs it" \
		was_refused "$sender"
	refused=${EPOCHREALTIME/./}
	told "$(as_status grep -q "^$(words_of "$action")" \
		<<<"$(refused_words "$sender")")" \
		"as $action looks like" "$(refused_words "$sender")"
	expect_within "$PATIENCE_S" "$sender comes to the primary again" \
		has_visited "$sender" 2
	expect_mail_arrives "retry-$action-$sender" "$PATIENCE_S"
	cat >"$LAB/row-$action-$sender" <<-END
		\`$action\` | $(sender_version "$sender") | $(
			refused_words "$sender") | $(
			seconds "$(visit "$sender" 1)" "$refused") | $(
			seconds "$(visit "$sender" 1)" "$(visit "$sender" 2)")
	END
}

with_action() {
	forget_all
	restart_postern bypass.action="$1" doorman.name='"mx2.example.net"'
	expect_gate closed
}

# both COMMAND ARGUMENT...: for each sender, at once.
both() {
	local sender pids=() status=0
	trap 'kill "${pids[@]}"; exit 143' TERM
	for sender in Postfix Exim; do
		"$1" "$sender" "${@:2}" &
		pids+=($!)
	done
	for sender in "${pids[@]}"; do
		wait "$sender" || status=1
	done
	return "$status"
}

send_and_watch_retry() {
	sender_send "$1" "retry-$2-$1"
	watch_retry "$@"
}

retry() {
	with_action "$1"
	both send_and_watch_retry "$1"
	expect_queue_empty backup
}

# ---- an outage right afterwards ----

send_and_watch_refusal() {
	sender_send "$1" "before-$2-$1"
	expect_within "$PATIENCE_S" "$1 is refused at the backup" \
		was_refused "$1"
}

# has_skipped SENDER TOKEN: that message, only Exim says so.
has_skipped() {
	local id
	id=$(sed -n "s/^[^ ]* [^ ]* \([^ ]*\) <= .*T=\"$2\".*/\1/p" \
		"$LAB/log/exim-mainlog")
	[ -n "$id" ] && grep -q "$id .*retry time not reached" \
		"$LAB/log/exim-mainlog"
}

queued_or_skipped() {
	queue_has backup "$2" || has_skipped "$@"
}

# is_shunned SENDER ACTION: Exim remembers a host that it couldn't connect to.
is_shunned() {
	[[ $1 == Exim && $2 != defer ]]
}

send_in_outage() {
	local sender=$1 action=$2 token=outage-$2-$1 start=${EPOCHREALTIME/./}
	local shunned=""
	sender_send "$sender" "$token"
	within "$PATIENCE_S" queued_or_skipped "$sender" "$token" || :
	if is_shunned "$sender" "$action"; then
		expect "$sender passes the backup over" \
			has_skipped "$sender" "$token"
		shunned=" (passed over: retry time not reached)"
	fi
	if [ -n "$shunned" ] && [ -z "${FULL:-}" ]; then
		row "$sender" "$action" "later$shunned"
		return 0
	fi
	expect_mail_queued "$token" "$PATIENCE_S"
	row "$sender" "$action" \
		"$(seconds "$start" "${EPOCHREALTIME/./}")$shunned"
}

# By order, for it is the sender that is looked at, not how soon we see it.
outage() {
	with_action "$1"
	both send_and_watch_refusal "$1"
	stop_primary
	ctl gate open --for 2h >/dev/null
	both send_in_outage "$1"
	ctl gate auto >/dev/null
}

# Exim leaves it to the kernel how long it tries to connect.
give_up_soon() {
	[ -n "${FULL:-}" ] || on internet sysctl -qw net.ipv4.tcp_syn_retries=1
}

exec 3>&1
reason=$("$LAB_SOURCE/lib/fetch-exim" "$EXIM_DIR") || :
if [ -n "$reason" ]; then
	lab_up
	lab_case "what real senders do at a closed gate" skip "$reason"
	exit
fi
lab_up start_greylisting_primary start_backup_mta start_postfix start_exim
peer_up || die "no program for the far end of the backup's cable"
give_up_soon

for action in "${ACTIONS[@]}"; do
	lab_case "$action: who is greylisted meets the gate, and delivers to \
the primary later" retry "$action"
	lab_case "$action: in an outage right after that, Postfix tries the \
backup, Exim only after defer" outage "$action"
done

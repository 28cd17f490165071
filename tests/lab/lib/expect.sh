# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sentences about what must be seen.  Each waits a bounded time, prints what
# it waited for and what it saw, and returns 1 when that is not the same.

# told STATUS WORDS [SEEN]
told() {
	local mark=${MARK_OK:-ok}
	[ "$1" -eq 0 ] || mark=${MARK_NO:-NO}
	printf '   %s %s%s\n' "$mark" "$2" "${3:+ ($3)}"
	return "$1"
}

# knock SOURCE [SECONDS [HOST]]: connects once, and leaves what came of it in
# the variables below.
knock() {
	read -r OUTCOME CONNECT_MS GREETING_MS SYNS SYNACKS RESETS TEXT < <(
		on internet "$LAB_SOURCE/lib/knock" --source "$1" \
			--to "$(address_of "${3:-backup}" "$1")" \
			--timeout "${2:-5}"
	)
}

knock_words() {
	local syns="$SYNS SYNs"
	[ "$SYNS" != 1 ] || syns="one SYN"
	case $OUTCOME in
	connected)
		echo "$syns, connected after $CONNECT_MS ms," \
			"greeted after $GREETING_MS ms$(unusual "$TEXT")"
		;;
	silence)
		if [ "$SYNACKS$RESETS" = 00 ]; then
			echo "$syns, no answer"
		else
			echo "$syns, $SYNACKS SYN-ACKs, $RESETS resets"
		fi
		;;
	*) echo "$syns, $OUTCOME after $CONNECT_MS ms $TEXT" ;;
	esac
}

unusual() {
	[[ $1 == 220\ * ]] || echo " with ${1:-nothing}"
}

# as_status COMMAND...: 0 or 1, for told.
as_status() {
	if "$@" >/dev/null; then
		echo 0
	else
		echo 1
	fi
}

knock_was_dropped() {
	[ "$OUTCOME" = silence ] && [ "$SYNS" -ge 2 ] &&
		[ "$SYNACKS$RESETS" = 00 ]
}

# expect_dropped SOURCE [SECONDS]: every SYN is met by silence.
expect_dropped() {
	knock "$1" "${2:-3.5}"
	told "$(as_status knock_was_dropped)" \
		"$1 can't connect to the backup" "$(knock_words)"
}

knock_was_greeted() {
	[ "$OUTCOME" = connected ] && [[ $TEXT == 220* ]] &&
		[ "$GREETING_MS" -le "$(($1 * 1000))" ]
}

# expect_connected SOURCE [SECONDS [HOST]]: gets a greeting in time, on its
# first attempt to connect.
expect_connected() {
	local limit=${2:-5} host=${3:-backup}
	knock "$1" "$((limit + 5))" "$host"
	told "$(as_status knock_was_greeted "$limit")" \
		"$1 reaches the $host within $limit s" "$(knock_words)"
}

knock_took() {
	knock_was_greeted 5 && [ "$SYNS" -ge "$1" ] && [ "$SYNS" -le "$2" ]
}

expect_connected_at_once() {
	knock "$1"
	told "$(as_status knock_took 1 1)" \
		"$1 reaches the backup with its first SYN" "$(knock_words)"
}

expect_connected_after_one_retransmission() {
	knock "$1"
	told "$(as_status knock_took 2 2)" \
		"$1 reaches the backup with its second SYN" "$(knock_words)"
}

# The hold-limit is 2.5 s and Linux sends SYNs at 0, 1, 2 and 3.1 s (older
# ones at 0, 1 and 3), so the one that passes may be the third or fourth.
expect_connected_after_hold_limit() {
	knock "$1" 10
	told "$(as_status knock_took 2 4)" \
		"$1 waits no longer than the SYN after hold-limit" \
		"$(knock_words)"
}

expect_refused() {
	knock "$1" 5 "$2"
	told "$(as_status [ "$OUTCOME" = refused ])" \
		"the $2 refuses connections" "$(knock_words)"
}

status_is() {
	local status
	status=$(ctl --json status 2>/dev/null) &&
		jq -e "$1" <<<"$status" >/dev/null 2>&1
}

# expect_status JQ [SECONDS [WORDS]]
expect_status() {
	local limit=${2:-10} start=$SECONDS status
	status=$(as_status within "$limit" status_is "$1")
	told "$status" "${3:-status has $1}" "after $((SECONDS - start)) s"
	[ "$status" -eq 0 ] || ctl --json status
	return "$status"
}

# expect_gate open|closed [SECONDS]: for both families.
expect_gate() {
	expect_status \
		".gate.ipv4.state == \"$1\" and .gate.ipv6.state == \"$1\"" \
		"${2:-15}" "the gate is $1 for IPv4 and IPv6"
}

# counter REASON: of both families.
counter() {
	ctl --json status | jq ".counters.$1 | .ipv4 + .ipv6"
}

explains() {
	local answer
	answer=$(ctl --json explain "$1") && jq -e "$2" <<<"$answer" >/dev/null
}

# expect_explain ADDRESS JQ
expect_explain() {
	local answer
	answer=$(ctl --json explain "$1") || :
	told "$(as_status jq -e "$2" <<<"${answer:-null}")" \
		"explain $1 has $2" "$answer"
}

expect_log() {
	local status
	status=$(as_status within "${2:-5}" \
		grep -qsE -- "$1" "$LAB/log/posternd")
	told "$status" "posternd logs: $1" \
		"$(grep -sE -m 1 -- "$1" "$LAB/log/posternd")"
}

# expect_mail_arrives TOKEN [SECONDS]: at the primary.
expect_mail_arrives() {
	told "$(as_status within "${2:-10}" inbox_has "$1")" \
		"the primary has the message \"$1\""
}

# expect_mail_queued TOKEN [SECONDS]: at the backup.
expect_mail_queued() {
	told "$(as_status within "${2:-10}" queue_has backup "$1")" \
		"the backup has the message \"$1\" in its queue"
}

# expect_mail_deferred TOKEN SENDER [SECONDS]: the sender got rid of it nowhere.
expect_mail_deferred() {
	local pattern="to=<user@example.net>.*status=deferred"
	told "$(as_status within "${2:-30}" deferred_at_sender "$1")" \
		"the sender is left with the message \"$1\"" \
		"$(grep -sE "$pattern" "$LAB/log/mta-sender" | tail -n 1 |
			sed 's/.*status=deferred //')"
}

deferred_at_sender() {
	grep -qs "Subject: $1" -r "$(mta_dir sender)/queue/deferred"
}

queue_is_empty() {
	[ "$(queue_length "$1")" -eq 0 ]
}

expect_queue_empty() {
	told "$(as_status within "${2:-10}" queue_is_empty "$1")" \
		"the queue of the $1 is empty" "$(queue_length "$1") messages"
}

# expect_same WORDS BEFORE AFTER
expect_same() {
	told "$(as_status [ "$2" = "$3" ])" "$1" "$2, $3"
}

# expect WORDS COMMAND...
expect() {
	told "$(as_status "${@:2}")" "$1"
}

# expect_within SECONDS WORDS COMMAND...
expect_within() {
	told "$(as_status within "$1" "${@:3}")" "$2"
}

expect_unfiltered() {
	told "$(as_status [ -z "$(xdp_program)$(pins)" ])" \
		"neither program nor pins are left" "$(xdp_program) $(pins)"
}

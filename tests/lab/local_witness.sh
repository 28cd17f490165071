# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One machine carries the primary and the backup: who has connected to the
# primary's address may pass the closed gate of the backup's.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

WATCH=$PIN/primary-watch

# The backup's own Postfix is the primary as well, at other addresses.
second_addresses() {
	ip_on backup address replace "$SECOND_IPV4/24" dev eth0
	ip_on backup address replace "$SECOND_IPV6/64" dev eth0 nodad
}

with_local_primary() {
	grep -q '^[^ ]* [^ ]* cgroup2 ' /proc/self/mounts ||
		skip "no cgroup v2 is mounted"
	restart_postern bypass.policy=witness \
		primary.address="{ \"$SECOND_IPV4\", \"$SECOND_IPV6\" }" "$@"
	expect_gate closed 30
}

expect_watched() {
	expect_status '.witnesses.state == "on"' 20 \
		"status says that the primary here is watched"
}

# Of the link, by its number: that of a program is another after each start.
watch_link() {
	bpftool -j link show pinned "$WATCH" 2>/dev/null | jq -r .id
}

watch_program_id() {
	bpftool -j link show pinned "$WATCH" 2>/dev/null | jq -r .prog_id
}

no_link() {
	! bpftool link show id "$1" >/dev/null 2>&1
}

expect_no_link() {
	expect_within 10 "nothing is left of the program (link $1)" no_link "$1"
	expect_within 10 "nor of its pin" [ ! -e "$WATCH" ]
}

witnesses_are() {
	ctl --json witness list | jq -e "$1" >/dev/null
}

# expect_witness SOURCE: its network, and no other.
expect_witness() {
	local network=${1%.*}.0/24
	[[ $1 != *:* ]] || network=${1%::1}::/64
	expect_within 20 "$network may pass the gate, and nobody else" \
		witnesses_are "[.networks[].network] == [\"$network\"]"
}

passes() {
	local source
	with_local_primary
	expect_watched
	source=$(fresh clean "$1")
	expect_dropped "$source"
	expect_connected "$source" 10 second
	expect_witness "$source"
	expect_connected "$source" 10
	expect_status '.witnesses.seen >= 1' 10 "status says how many came"
}

# So are those that wait for a refusal: nobody has told of them before.
held_meanwhile() {
	local source
	with_local_primary bypass.action=reset
	expect_watched
	source=$(fresh clean 4)
	(sleep 0.3 && knock "$source" 10 second) &
	expect_connected "$source" 15
	wait $!
}

# attempts_failed: handshakes at the backup that were begun and never ended.
attempts_failed() {
	on backup cat /proc/net/snmp | awk '$1 == "Tcp:" { line++ }
		line == 1 { for (i = 1; i <= NF; i++) name[i] = $i }
		line == 2 { for (i = 1; i <= NF; i++)
			if (name[i] == "AttemptFails") print $i; exit }'
}

failed_since() {
	[ "$(attempts_failed)" -ge "$(($1 + 50))" ]
}

# What the program tells comes in order: once an honest source is known, the
# others before it would be.
only_a_syn() {
	local forged honest before
	with_local_primary
	expect_watched
	forged=$(source_of clean "$1" 7)
	honest=$(source_of listed "$1" 7)
	before=$(attempts_failed)
	spawn flood internet "$LAB_SOURCE/lib/flood" --burst 1 \
		--to4 "$SECOND_IPV4" --to6 "$SECOND_IPV6" "$forged"
	expect_within 20 "50 SYNs were answered, and no handshake completed" \
		failed_since "$before"
	stop flood
	expect_connected "$honest" 10 second
	expect_witness "$honest"
	expect_explain "$forged" '.reason == "bypass"'
	expect_dropped "$forged"
}

# probed_since TIME: the primary, at both addresses.
# shellcheck disable=SC2016 # the variables are those of jq
probed_since() {
	ctl --json status | jq -e --argjson since "$1" 'now as $now |
		.primaries | length == 2 and
		all($now - .last_probe_s > $since)' >/dev/null
}

# Its probes are connections to the primary, too.
not_our_own() {
	local honest
	with_local_primary health.source="{ \"$BACKUP_IPV4\" }"
	expect_watched
	expect_within 20 "both addresses of the primary were probed" \
		probed_since "$EPOCHREALTIME"
	honest=$(fresh clean 4)
	expect_connected "$honest" 10 second
	expect_witness "$honest"
}

# Where no cgroup v2 is mounted.
goes_on_without() {
	stop posternd
	[ -z "$(pins)" ] || posternd --config "$LAB/postern.conf" --detach
	postern_config bypass.policy=witness \
		primary.address="{ \"$SECOND_IPV4\", \"$SECOND_IPV6\" }" \
		>"$LAB/postern.conf"
	# shellcheck disable=SC2016 # the variables are that shell's
	spawn posternd backup unshare --mount sh -c '
		for mount in $(sed -n "s/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p" \
			/proc/self/mounts); do
			umount -l "$mount" || exit
		done
		exec "$0" --config "$1"' "$BUILD/posternd" "$LAB/postern.conf"
	expect_status '.witnesses.state == "missing" and
		(.witnesses.why | test("no cgroup v2"))' 20 \
		"status says why nobody becomes a witness by himself"
	expect_log 'no cgroup v2 is mounted'
	expect_gate closed 30
	expect_dropped "$(fresh clean 4)"
	expect "people are told, too" told_why
}

told_why() {
	ctl status | tr -s ' \n' ' ' | grep -q 'no cgroup v2 is mounted'
}

survives_kill() {
	local link source
	with_local_primary
	expect_watched
	link=$(watch_link)
	kill_postern
	expect_same "the link has survived" "$link" "$(watch_link)"
	start_postern_again
	expect_watched
	expect_same "it was adopted" "$link" "$(watch_link)"
	expect_gate closed 30
	source=$(fresh clean 4)
	expect_connected "$source" 10 second
	expect_witness "$source"
	stop_postern
	expect_no_link "$link"
}

taken_over() {
	local link program source before
	with_local_primary
	expect_watched
	link=$(watch_link)
	program=$(watch_program_id)
	before=$(pid_of posternd)
	spawn posternd backup "$BUILD/posternd" --config "$LAB/postern.conf" \
		--takeover
	expect_within 20 "the daemon before has ended" gone "$before"
	expect_watched
	expect_same "the link is the same" "$link" "$(watch_link)"
	expect "the program is another" \
		[ "$(watch_program_id)" != "$program" ]
	expect_gate closed 30
	source=$(fresh clean 6)
	expect_connected "$source" 10 second
	expect_witness "$source"
	kill_postern
	posternd --config "$LAB/postern.conf" --detach
	expect_no_link "$link"
}

only_where_of_use() {
	local link
	with_local_primary
	expect_watched
	link=$(watch_link)
	ip_on backup address delete "$SECOND_IPV4/24" dev eth0
	ip_on backup address delete "$SECOND_IPV6/64" dev eth0
	expect_status '.witnesses.state == "off"' 20 \
		"the primary has moved elsewhere"
	expect_no_link "$link"
	second_addresses
	expect_watched
	link=$(watch_link)
	sed -i 's/policy = witness/policy = strict/' "$LAB/postern.conf"
	reload_postern
	expect_status '.witnesses.state == "off"' 20 \
		"another policy has no use for witnesses"
	expect_no_link "$link"
}

lab_up start_backup_mta
before_each second_addresses

for family in 4 6; do
	lab_case "who has connected to the primary here passes the closed \
gate (IPv$family)" passes $family
	lab_case "who has only sent SYNs to it does not (IPv$family)" \
		only_a_syn $family
done
lab_case "nor does our own network, for our probes" not_our_own
lab_case "who waits for a refusal meanwhile is let in" held_meanwhile
lab_case "without cgroup v2 the filter works, and status says what does not" \
	goes_on_without
lab_case "after kill -9 the program is adopted, and a stop leaves nothing" \
	survives_kill
lab_case "it changes hands in a takeover, and --detach leaves nothing" \
	taken_over
lab_case "it is attached only where it is of use" only_where_of_use

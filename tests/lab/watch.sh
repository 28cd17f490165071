# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# posternctl watch and top, with real traffic.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# Whether the program tells of its decisions.
is_shown() {
	bpftool -j map dump pinned "$PIN/settings" | jq -e '.[0].formatted.value |
		(.rules[.current].flags / 2 | floor) % 2 == 1' >/dev/null
}

is_not_shown() {
	! is_shown
}

# start_watch [OPTION]...: returns once it is shown what happens from now on.
start_watch() {
	(exec "$BUILD/posternctl" --socket "$LAB/control/control.sock" "$@") \
		>"$LAB/seen" 2>"$LAB/watch-said" &
	WATCH=$!
	within 20 is_shown
}

# All of it ends by itself.
watch_ended() {
	! kill -0 "$WATCH" 2>/dev/null
}

expect_watch_ends() {
	expect_within 20 "watch ends" watch_ended
	wait "$WATCH" || WATCH_STATUS=$?
}

end_watch() {
	kill "$WATCH" 2>/dev/null || :
	wait "$WATCH" 2>/dev/null || :
	expect_within 20 "the flag goes off" is_not_shown
}

# seen JQ: of an array of all lines of watch --json.
seen() {
	jq -es "$1" "$LAB/seen" >/dev/null 2>&1
}

expect_seen() {
	local status
	status=$(as_status within 20 seen "$1")
	told "$status" "$2"
	[ "$status" -eq 0 ] || cat "$LAB/seen"
	return "$status"
}

has_line() {
	grep -Eq "$1" "$LAB/seen"
}

expect_line() {
	local status
	status=$(as_status within 20 has_line "$1")
	told "$status" "a line is \"$1\"" "$(grep -Em 1 "$1" "$LAB/seen")"
	[ "$status" -eq 0 ] || tail "$LAB/seen"
	return "$status"
}

three_decisions() {
	local knocker
	knocker=$(fresh clean 4)
	start_watch --json watch --count 3 --source "$knocker"
	expect_dropped "$knocker"
	expect_watch_ends
	expect_seen '.[0] | .kind == "begin" and .mode == "enforce"' \
		"it begins with the mode"
	expect_seen "map(select(.kind == \"decision\")) | length == 3 and
		all(.source == \"$knocker\" and .port == 25 and
		.destination == \"$BACKUP_IPV4\" and .action == \"drop\" and
		.would == null and .reason == \"bypass\" and .list == null and
		.zones == [] and (now - .time | . >= -1 and . < 60))" \
		"three SYNs of $knocker came to the closed gate"
}

nobody_watches() {
	local knocker
	knocker=$(fresh clean 4)
	start_watch watch
	end_watch
	start_watch watch --count 1
	expect_dropped "$knocker"
	expect_watch_ends
	expect_within 20 "and off again" is_not_shown
}

monitor_marks() {
	local listed
	listed=$(fresh listed 4)
	ctl gate open >/dev/null
	ctl mode monitor >/dev/null
	start_watch watch --source "$listed"
	expect_connected "$listed"
	expect_line "would hold +held +$listed > $BACKUP_IPV4:25\$"
	# Its verdict is there by now.
	expect_within 20 "$listed is known to be listed" \
		explains "$listed" '.reason == "listed"'
	expect_connected "$listed"
	expect_line "would drop +listed +$listed > $BACKUP_IPV4:25  bl.example\$"
	end_watch
	ctl mode auto >/dev/null
	ctl gate auto >/dev/null
}

one_reason() {
	local blocked=203.0.113.9 clean
	clean=$(fresh clean 6)
	ctl block add "$blocked" >/dev/null
	start_watch --json watch --reason blocked --reason allowed
	expect_dropped "$clean"
	expect_dropped "$blocked"
	expect_seen 'any(.source == "203.0.113.9" and .list == "block (run-time)")' \
		"$blocked is on the list of \`block add\`"
	expect_seen 'all(.kind != "decision" or .reason == "blocked")' \
		"and no other reason is shown"
	end_watch
	ctl block del "$blocked" >/dev/null
}

# What is shown and what is said to be left out is all that was counted.
nothing_is_lost() {
	jq -es --argjson before "$BEFORE" \
		--argjson after "$(counter blocked)" '
		(map(select(.kind == "decision")) | length) +
		(map(.left_out // 0) | add) == $after - $before' "$LAB/seen" 2>/dev/null
}

flood_is_sampled() {
	local blocked=203.0.113.8
	ctl block add "$blocked" >/dev/null
	start_watch --json watch --reason blocked
	BEFORE=$(counter blocked)
	start_flood "$blocked"
	expect_seen 'map(.left_out // 0) | add > 1000' \
		"more than 1,000 are left out"
	stop_flood
	expect_within 20 "those shown and those left out are all" \
		nothing_is_lost
	expect_seen 'map(select(.kind == "decision")) | length > 10' \
		"and more than ten are shown"
	end_watch
	start_watch watch
	start_flood "$blocked"
	expect_line '^\.\.\. [0-9,]+ more not shown: [0-9,]+ blocked'
	stop_flood
	end_watch
	ctl block del "$blocked" >/dev/null
}

# A watcher that is stopped takes nothing, and all others go on.
slow_harms_nobody() {
	local blocked=203.0.113.7
	ctl block add "$blocked" >/dev/null
	start_watch watch
	kill -STOP "$WATCH"
	start_flood "$blocked"
	timeout 60 "$BUILD/posternctl" --socket "$LAB/control/control.sock" \
		--json watch --reason blocked --count 100 >"$LAB/other" || :
	expect "another one sees decisions" \
		[ "$(grep -c decision "$LAB/other")" -eq 100 ]
	expect_dropped "$blocked"
	expect_status '.lease_s > 0' 5 "and the worker's loop goes on"
	stop_flood
	kill -CONT "$WATCH"
	expect_line ' blocked +203\.0\.113\.7 > '
	end_watch
	ctl block del "$blocked" >/dev/null
}

worker_dies() {
	local worker
	WATCH_STATUS=0
	start_watch watch
	worker=$(worker_pid)
	kill -KILL "$worker"
	expect_watch_ends
	told "$(as_status [ "$WATCH_STATUS" -eq 1 ])" "it fails, and says why" \
		"$(<"$LAB/watch-said")"
	expect "it says that the daemon hung up" grep -q 'hung up' \
		"$LAB/watch-said"
	expect_within 20 "the next worker takes the flag back" is_not_shown
}

# top_on_screen [OPTION]...: leaves what was on the screen in $LAB/top.
top_on_screen() {
	"$LAB_SOURCE/lib/screen" --timeout 40 "$@" "$BUILD/posternctl" \
		--socket "$LAB/control/control.sock" top >"$LAB/top"
}

# expect_screen JQ WORDS: of what it has left there.
expect_screen() {
	local status
	status=$(as_status jq -e "$1" "$LAB/top")
	told "$status" "$2"
	[ "$status" -eq 0 ] || jq -r '.screen[], .resized[]?, del(.screen,
		.resized)' "$LAB/top"
	return "$status"
}

top_shows() {
	local blocked=203.0.113.6 knocker
	knocker=$(fresh clean 6)
	ctl block add "$blocked" >/dev/null
	start_flood "$blocked" "$knocker"
	top_on_screen --want '^Postern .*, enforcing' --want '^gate +closed: ' \
		--want '^DNSBLs  bl.example ok' \
		--want '^blocked +[0-9.]+/s  #+ ' \
		--want '^bypass +[0-9.]+/s  #+ ' \
		--want "^ +[0-9,]+  $blocked +203.0.113.0/24 +blocked +drop" \
		--want "^ +[0-9,]+  $knocker +2001:db8:.*::/64 +bypass +drop" \
		--want 'sources are a sample: [0-9,]+ more SYNs came' \
		--then resize
	stop_flood
	ctl block del "$blocked" >/dev/null
	expect_screen .found "gate, DNSBLs, rates with bars, sources" ||
		return 1
	expect_screen '.resized | length == 30 and (.[29] | test("^q quits"))' \
		"it fills a terminal that has been resized to 100x30"
	expect_screen '.status == 0 and .restored' \
		"q ends it, and the terminal is as before"
	expect_screen '.odd == []' "no odd sequence was sent to it"
	expect_within 20 "the flag goes off" is_not_shown
}

top_is_interrupted() {
	local signal
	for signal in SIGINT SIGTERM SIGHUP; do
		top_on_screen --want '^gate ' --then "$signal"
		expect_screen '.found and .status == 0 and .restored' \
			"after $signal the terminal is as before"
	done
}

top_wants_a_terminal() {
	local status=0
	ctl top </dev/null >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" "without a terminal it fails" \
		"$(<"$LAB/said")"
	expect "and names watch" grep -q '"posternctl watch"' "$LAB/said"
}

# It watches again at the next worker.
top_survives() {
	local worker knocker
	knocker=$(fresh clean 4)
	worker=$(worker_pid)
	top_on_screen --want "  $knocker +" &
	TOP=$!
	expect_within 20 "top watches" is_shown
	kill -KILL "$worker"
	expect_within 20 "another worker is there" worker_changed "$worker"
	start_flood "$knocker"
	wait "$TOP"
	stop_flood
	expect_screen '.found and .status == 0 and .restored' \
		"top shows who comes to the next worker"
}

lab_up start_primary start_backup_mta
start_postern || die "posternd does not start"
expect_gate closed >/dev/null || die "the gate does not close"

lab_case "watch --count 3 --json shows three decisions" three_decisions
lab_case "the program tells of them only while somebody watches" \
	nobody_watches
lab_case "monitor mode is marked, and DNSBLs are named" monitor_marks
lab_case "watch --reason shows that alone, and the list" one_reason
lab_case "of a flood a sample is shown, and how much is left out" \
	flood_is_sampled
lab_case "a slow watcher harms nobody" slow_harms_nobody
lab_case "watch ends with the worker" worker_dies
lab_case "top shows gate, DNSBLs, rates and sources, in any size" top_shows
lab_case "top leaves the terminal as it was, however it ends" \
	top_is_interrupted
lab_case "top wants a terminal" top_wants_a_terminal
lab_case "top goes on when the worker dies" top_survives

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lists that outgrow the tables: the parent makes larger ones, under traffic,
# up to a maximum.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FEED_IPV4=198.51.100.66
FEED_IPV6=2001:db8:600d:66::1
BLOCKED=(198.51.100.11 2001:db8:600d:11::1)
ALLOWED=(198.51.100.12 2001:db8:600d:12::1)

# Entries of IPv4 and of IPv6, many more than the least tables hold.
many() {
	seq 0 999999 | awk '{ printf "%d.%d.%d.%d\n", 11 + $1 % 80,
		$1 / 80 % 256, $1 / 20480 % 256, $1 % 251 }'
	seq 0 149999 | awk '{ printf "2a00:%x:%x::%x\n", $1 % 65536,
		$1 / 65536, $1 % 251 }'
	few
}

few() {
	printf '%s\n' "$FEED_IPV4" "$FEED_IPV6"
}

# put: stdin becomes the feed's file, by renaming.
put() {
	cat >"$LAB/feeds/one.new"
	mv "$LAB/feeds/one.new" "$LAB/feeds/one"
}

# start MAXIMUM [KEY=VALUE]...: with the smallest tables that there can be.
start() {
	local maximum=$1
	shift
	stop_postern
	[ -z "$(pins)" ] || posternd --config "$LAB/postern.conf" --detach
	rm -rf "$LAB/state"
	: >"$LAB/log/posternd"
	{
		postern_config bypass.policy=off 'dnsbl.sites={ }' \
			list-capacity=1024 list-capacity-max="$maximum" \
			block="{ \"${BLOCKED[0]}\", \"${BLOCKED[1]}\" }" \
			allow="{ \"${ALLOWED[0]}\", \"${ALLOWED[1]}\" }" "$@"
		echo "feed \"one\" { file = \"$LAB/feeds/one\" max-change = 0 }"
	} >"$LAB/postern.conf"
	start_postern_again
}

listed() {
	explains "$1" '.reason == "feed"'
}

expect_listed() {
	told "$(as_status within "${2:-30}" listed "$1")" "$1 is on the feed"
}

outgrown() {
	log_count posternd 'have outgrown list-capacity'
}

# Of the million's last line, and of the other family's.
expect_many() {
	expect_status '.feeds[0].state == "fresh" and
		.feeds[0].entries >= 1100000' 30 "the feed is in force"
	expect_listed 90.211.48.15
	expect_listed 2a00:49ef:2::98
}

grows_under_traffic() {
	local link program
	few | put
	start 4000000
	expect_listed "$FEED_IPV4"
	link=$(xdp_link)
	program=$(xdp_program)
	start_traffic blocked --every 0.01 "${BLOCKED[@]}" \
		"$FEED_IPV4" "$FEED_IPV6"
	start_traffic allowed --every 0.02 "${ALLOWED[@]}"
	many | put
	expect_many
	await_traffic 100 blocked
	await_traffic 50 allowed
	stop_traffic blocked
	stop_traffic allowed
	expect_same "both tables were enlarged" 2 "$(outgrown)"
	expect_same "the link stays where it is" "$link" "$(xdp_link)"
	expect "its program is another" [ "$(xdp_program)" != "$program" ]
	expect_all_silent blocked 100
	expect_all_at_once allowed 50
}

# What was enlarged stays so.
others_find_it() {
	local before worker
	worker=$(worker_pid)
	kill -KILL "$worker"
	expect_within 10 "another worker is there" worker_changed "$worker"
	expect_many
	before=$(pid_of posternd)
	spawn posternd backup "$BUILD/posternd" --takeover \
		--config "$LAB/postern.conf"
	expect_within 20 "another daemon takes over" gone "$before"
	expect_many
	kill_postern
	start_postern_again
	expect_many
	expect_log 'adopted the maps of an earlier daemon'
	expect_same "nobody had to enlarge them again" 2 "$(outgrown)"
}

# A daemon that ends while it replaces the pins leaves some of each.
mixture_is_not_adopted() {
	kill_postern
	bpftool map create "$PIN/other" type array key 4 value $((2 << 20)) \
		entries 2 name other flags 0x400
	mv "$PIN/other" "$PIN/ranges_ipv4_b"
	start_postern_again
	expect_many
	expect_dropped "${BLOCKED[0]}" 2.5
}

# The doorman's sockets come while the worker waits for the larger tables.
grows_at_the_start() {
	many | put
	start 4000000 bypass.policy=strict bypass.action=defer
	expect "the feed is in force at once" listed 90.211.48.15
	expect "for both families" listed 2a00:49ef:2::98
	expect_status '.doorman.state == "on"' 10 "the doorman is there"
	expect_same "no worker has died" 0 \
		"$(log_count posternd 'the worker has ended')"
	expect_dropped "${BLOCKED[0]}" 2.5
}

is_refused_beyond() {
	few | put
	start 100000
	expect_listed "$FEED_IPV4"
	many | put
	expect_status '.feeds[0].state == "too large" and
		(.feeds[0].reason | test("list-capacity-max"))' 30 \
		"the feed is too large, as status says"
	expect_same "which is logged in one line" 1 \
		"$(log_count posternd 'list-capacity-max')"
	expect "what was in force stays" listed "$FEED_IPV4"
	expect "nothing of the new one is" not_listed 90.211.48.15
	expect_dropped "${BLOCKED[0]}" 2.5
	expect_same "nothing was enlarged" 0 "$(outgrown)"
}

not_listed() {
	explains "$1" '.reason != "feed"'
}

# One configuration after the other, until told.
reload_repeatedly() {
	while [ ! -e "$LAB/grown" ]; do
		ctl reload >>"$LAB/reloads" 2>&1 || echo failed >>"$LAB/reloads"
	done
}

reloads_meanwhile() {
	local reloads
	few | put
	start 4000000
	rm -f "$LAB/grown" "$LAB/reloads"
	reload_repeatedly &
	reloads=$!
	many | put
	expect_many
	touch "$LAB/grown"
	wait "$reloads"
	expect "all reloads are done" grep -qs . "$LAB/reloads"
	expect_same "none has failed" 0 "$(grep -c failed "$LAB/reloads")"
	expect_dropped "${BLOCKED[0]}" 2.5
}

# A reload changes the maximum.
maximum_is_raised() {
	sed -i 's/^list-capacity-max.*/list-capacity-max = 4000000/' \
		"$LAB/postern.conf"
	ctl reload >/dev/null
	expect_many
}

# Its program shares maps with that of the larger tables.
defers_afterwards() {
	few | put
	start 4000000 bypass.policy=strict bypass.action=drop
	many | put
	expect_many
	sed -i 's/action = drop/action = defer/' "$LAB/postern.conf"
	ctl reload >/dev/null
	expect_status '.doorman.state == "on"' 10 "the doorman has his socket"
}

lab_up greet_on_backup
mkdir "$LAB/feeds"
chmod 0755 "$LAB/feeds"

lab_case "tables grow under traffic, and nobody sees it" grows_under_traffic
lab_case "worker and daemon after it find the larger tables" others_find_it
lab_case "tables that don't belong together are not adopted" \
	mixture_is_not_adopted
lab_case "tables grow before anything is attached" grows_at_the_start
lab_case "reloads meanwhile are applied" reloads_meanwhile
lab_case "what is beyond the maximum is refused, the old list stays" \
	is_refused_beyond
lab_case "a raised maximum needs no restart" maximum_is_raised
lab_case "a reload that defers finds the maps of the larger tables" \
	defers_afterwards

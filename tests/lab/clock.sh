# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The clock is set by a day, and back: for the daemon alone, the machine's is
# left as it is.  What lasts for a time must end when it would have; what is
# blocked stays so, and nobody else is.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

DAY=86400
FED=198.51.100.201
BLOCKED=$(source_of clean 4 202)
ALLOWED=$(source_of listed 4 203)
PASSING=$(source_of clean 4 204)
SHORT=$(source_of clean 4 205)
LONG=$(source_of clean 6 206)

make_clock() {
	cc -shared -fPIC -O2 -o "$LAB/clock.so" "$LAB_SOURCE/lib/clock.c" &&
		put_clock 0
}

# put_clock SECONDS: by which it is wrong from now on.
put_clock() {
	python3 -c '
import struct, sys
with open(sys.argv[1], "r+b" if len(sys.argv) > 3 else "wb") as clock:
    clock.write(struct.pack("q", int(sys.argv[2])))
' "$LAB/clock" "$1" ${2:+keep}
}

# set_clock SECONDS: of a daemon that runs.
set_clock() {
	put_clock "$1" keep
}

# expect_reason ADDRESS REASON
expect_reason() {
	expect "$1 is $2" explains "$1" ".reason == \"$2\""
}

# For the next case, whatever the last one left behind.
quiet() {
	unmute_rbldnsd
	stop traffic-blocked
	stop traffic-passing
}

# With a feed that is good for half a day, and what posternctl has ordered.
start_with_clock() {
	stop posternd
	put_clock 0 keep
	rm -rf "$LAB/state"
	echo "$FED" >"$LAB/feed"
	touch -d '1 minute ago' "$LAB/feed"
	postern_config dnsbl.unknown=pass >"$LAB/postern.conf"
	echo "feed \"fed\" { file = \"$LAB/feed\" max-age = 12h }" \
		>>"$LAB/postern.conf"
	start_again
	expect_reason "$FED" feed
	ctl block add "$BLOCKED" >"$LAB/said"
	ctl block add "$LONG" --for 1h >"$LAB/said"
	ctl allow add "$ALLOWED" --for 1h >"$LAB/said"
	ctl gate open --for 1h >"$LAB/said"
	learn_listed
}

start_again() {
	LD_PRELOAD=$LAB/clock.so LAB_CLOCK=$LAB/clock start_postern_again
}

learn_listed() {
	LISTED=$(fresh listed 4)
	knock "$LISTED" 0.2
	expect_within 10 "$LISTED has its verdict" \
		explains "$LISTED" '.verdict == "listed"'
}

traffic_begins() {
	start_traffic blocked --every 0.1 "$BLOCKED" "$LONG" "$LISTED"
	start_traffic passing --every 0.1 "$ALLOWED" "$PASSING"
}

traffic_ends() {
	await_traffic 30 blocked passing
	stop_traffic blocked
	stop_traffic passing
	expect_all_silent blocked 30
	expect_all_at_once passing 30
}

order_lasts() {
	status_is '.orders.gate.order == "open" and
		.orders.gate.left_s > 3000 and .orders.gate.left_s <= 3600'
}

expect_as_ordered() {
	expect_reason "$BLOCKED" blocked
	expect_reason "$LONG" blocked
	expect_reason "$ALLOWED" allowed
	expect_within 5 "the order lasts for as long as it was given" \
		order_lasts
}

log_lines() {
	log_count posternd "the clock was set $1 by 86400 s"
}

# expect_step forward|back: one line more says so.
expect_step() {
	expect_within 15 "the log says that the clock was set $1" \
		log_grew posternd "the clock was set $1 by 86400 s" "$2"
}

set_back() {
	local lines
	start_with_clock
	traffic_begins
	lines=$(log_lines back)
	ctl block add "$SHORT" --for 8s >"$LAB/said"
	set_clock "-$DAY"
	expect_step back "$lines"
	expect_reason "$SHORT" blocked
	expect_within 30 "what was blocked for 8 s is so no longer" \
		explains "$SHORT" '.reason != "blocked"'
	expect_as_ordered
	expect_reason "$FED" feed
	traffic_ends
	expect_same "it was said in one line" $((lines + 1)) \
		"$(log_lines back)"
}

# A feed is as old as its file, whoever is wrong; but it comes again.
set_forward_and_back() {
	local forward back
	start_with_clock
	traffic_begins
	forward=$(log_lines forward)
	back=$(log_lines back)
	mute_rbldnsd
	set_clock "$DAY"
	expect_step forward "$forward"
	expect_as_ordered
	expect_within 15 "the feed counts as too old" \
		status_is '.feeds[0].state == "expired"'
	expect_log 'feed "fed".*lists nobody'
	set_clock 0
	expect_step back "$back"
	expect_within 15 "it is in force again" \
		explains "$FED" '.reason == "feed"'
	expect_as_ordered
	unmute_rbldnsd
	traffic_ends
}

# set_over_restart SECONDS forward|back: what is in files is meant for the new time.
set_over_restart() {
	local lines
	start_with_clock
	lines=$(log_lines "$2")
	set_clock "$1"
	expect_step "$2" "$lines"
	stop_postern
	start_again
	expect_as_ordered
	expect_dropped "$LISTED" 2.5
}

# ends_by SECONDS: of the epoch.
ends_by() {
	ctl --json block list | jq -e ".entries[] | select(.prefix == \"$LONG\") |
		.expires <= $1" >/dev/null
}

# Nobody was there to see it: then an hour is an hour at most.
set_while_stopped() {
	start_with_clock
	stop_postern
	set_clock "-$DAY"
	start_again
	expect_as_ordered
	expect "what was blocked for an hour is so for an hour at most" \
		ends_by $(($(date +%s) - DAY + 3600))
	expect_reason "$FED" feed
}

lab_up greet_on_backup
make_clock || die "no clock"
before_each quiet

lab_case "set back by a day, everything ends when it would have" set_back
lab_case "set forward and back again, nothing is lost" set_forward_and_back
lab_case "set forward before a restart, what is kept is kept" \
	set_over_restart "$DAY" forward
lab_case "set back before a restart, too" set_over_restart "-$DAY" back
lab_case "set back while nobody was there, nothing lasts longer" \
	set_while_stopped

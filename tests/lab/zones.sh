# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The ways in which blocklists die: whatever they do, no honest source is
# dropped, and the status says in words what is wrong.  There is no primary.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# sites ZONE...: a value for dnsbl.sites.
sites() {
	local zone text=
	for zone; do
		text="$text${text:+, }\"$zone\""
	done
	echo "{ $text }"
}

# zone_says ZONE STATE REASON: REASON is a pattern.
zone_says() {
	status_is ".zones[] | select(.zone == \"$1\") |
		.state == \"$2\" and (.reason | test(\"$3\"))"
}

# expect_zone ZONE STATE REASON
expect_zone() {
	expect_within 30 "$1 is $2, as it $3" zone_says "$1" "$2" "$3"
}

# Whether they are asked for the first time, or once the lists are out.
expect_honest_get_in() {
	expect_connected "$(fresh clean 4)"
}

answered_by_the_list() {
	restart_postern "dnsbl.nameservers={ \"$SICK_IPV4\" }" "dnsbl.sites=$(
		sites empty.sick world.sick expired.sick refused.sick)"
	expect_honest_get_in
	expect_zone empty.sick empty "does not list 127.0.0.2"
	expect_zone world.sick lists-the-world "lists 127.0.0.1"
	expect_zone expired.sick failing "SERVFAIL|fail"
	expect_zone refused.sick failing "REFUSED|refuse"
	expect_honest_get_in
}

answered_by_unbound() {
	restart_postern "dnsbl.nameservers={ \"$UNBOUND_IPV4\" }" \
		"dnsbl.sites=$(sites parked.sick public.sick hole.sick \
			world.sick expired.sick)"
	expect_honest_get_in
	expect_zone parked.sick lists-the-world "outside of 127.0.0.0/8"
	expect_zone public.sick blocked "public"
	expect_zone world.sick lists-the-world "lists 127.0.0.1"
	expect_zone expired.sick failing "."
	expect_zone hole.sick failing "."
	expect_honest_get_in
}

judged() {
	ctl status | tr -s '\n ' ' ' | grep -q "! The DNSBL $1 is out .*$2"
}

filtered_by_unbound() {
	restart_unbound 'private-address: 127.0.0.0/8'
	restart_postern "dnsbl.nameservers={ \"$UNBOUND_IPV4\" }" \
		"dnsbl.sites=$(sites bl.example=127.0.0.2)"
	expect_honest_get_in
	expect_zone bl.example failing "filter|rebind|private"
	expect "posternctl warns of it in words" judged bl.example "filtering resolver"
	expect_honest_get_in
	restart_unbound
}

slow_list() {
	restart_postern "dnsbl.nameservers={ \"$UNBOUND_IPV4\" }"
	expect_zone bl.example ok ""
	slow_down rbldnsd
	expect_connected "$(fresh clean 4)"
	expect_connected "$(fresh clean 6)"
	speed_up rbldnsd
	expect_dropped "$(fresh listed 4)"
}

restarted_resolver() {
	local known
	known=$(fresh clean 4)
	expect_connected "$known"
	stop unbound
	expect_connected "$(fresh clean 4)"
	expect_connected_at_once "$known"
	start_unbound
	expect_within 20 "listed sources are found out again" \
		expect_dropped "$(fresh listed 4)"
}

# A verdict that a list has caused, before it turned to list everybody.
turning_list() {
	local source
	restart_postern "dnsbl.nameservers={ \"$UNBOUND_IPV4\" }" \
		"dnsbl.sites=$(sites turning.sick bl.example)"
	expect_zone turning.sick ok ""
	source=$(fresh clean 4)
	sick_add turning "$source"
	expect_dropped "$source"
	sick_add turning 0/0
	# So long the last test is believed.
	sleep 11
	expect_connected "$(fresh clean 4)"
	expect_zone turning.sick lists-the-world "lists 127.0.0.1|at random"
	expect_log "verdicts taken back: 1"
	expect_connected "$source"
	expect_dropped "$(fresh listed 4)"
}

lab_up zones_up start_backup_mta
start_postern || die "posternd does not start"

lab_case "an empty list, one that lists the world, one with expired data and \
one that refuses us stop nobody" answered_by_the_list
lab_case "a parked domain, error codes and a black hole stop nobody" \
	answered_by_unbound
lab_case "a resolver that filters private addresses stops nobody" \
	filtered_by_unbound
lab_case "a slow list stops nobody" slow_list
lab_case "a resolver that is restarted stops nobody" restarted_resolver
lab_case "what a list has caused that turns to list the world is taken back" \
	turning_list

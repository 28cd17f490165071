# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Primaries from MX records, and gates of their own for several addresses.
# Named primaries are left out of the configuration here.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

second_up() {
	host_addresses_of_second
	start_greeter backup
}

host_addresses_of_second() {
	ip_on backup address add "$SECOND_IPV4/24" dev eth0
	ip_on backup address add "$SECOND_IPV6/64" dev eth0 nodad
}

# guards_config TEXT [CHANGE]...: TEXT stands outside of sections.
guards_config() {
	local text=$1
	shift
	echo "$text"
	postern_config "$@" | sed '/^primary /,/^}/d'
}

# restart_guards TEXT [CHANGE]...
restart_guards() {
	stop posternd
	rm -rf "$LAB/state"
	guards_config "$@" >"$LAB/postern.conf"
	start_postern_again
}

SECOND_GUARD="guard \"second\" {
	protect = { \"$SECOND_IPV4\", \"$SECOND_IPV6\" }
	mx-of = { \"example.org\" }
}"

from_mx_records() {
	restart_guards 'mx-of = { "example.net" }'
	expect_gate closed
	expect_status '.guards[0].domains == [{"domain": "example.net",
		"state": "closed", "why": "the primary is up",
		"ipv4": {"state": "closed", "why": "the primary is up"},
		"ipv6": {"state": "closed", "why": "the primary is up"}}]' 1 \
		"status has the domain and its state"
	expect_status '[.primaries[] | .name] ==
		["mx1.example.net", "mx1.example.net"]' 1 \
		"only the better MX host is probed"
	expect_dropped "$(fresh clean 4)"
	expect_dropped "$(fresh clean 6)"
	expect_explain "$PRIMARY_IPV4" '.reason != "allowed"'
	stop_greeter primary
	expect_gate open
	expect_connected "$(fresh clean 4)"
	expect_connected "$(fresh clean 6)"
}

not_allowed() {
	expect_status '[.lists[] | select(.name == "primaries") | .entries] ==
		[0]' 1 "what DNS names is on no allow list"
}

best_of_another() {
	restart_guards 'mx-of = { "example.net", "example.org" }' \
		protect="{ \"$BACKUP_IPV4\", \"$BACKUP_IPV6\",
			\"$SECOND_IPV4\", \"$SECOND_IPV6\" }"
	expect_status '.guards[0].domains[1] |
		.domain == "example.org" and .state == "open" and
		.why == "no MX host is better than this one"' 10 \
		"the domain that keeps the gate open is named"
	expect_gate open 1
	expect_status '.guards[0].domains[0].state == "closed"' 10 \
		"the other one would not"
	expect_status '.gate.ipv4.why ==
		"no MX host is better than this one (example.org)"' 5 \
		"and the gate says why"
	expect_connected "$(fresh clean 4)"
	not_allowed
}

apart() {
	restart_guards "mx-of = { \"example.net\" }
		$SECOND_GUARD"
	expect_status '.guards | map(.gate.ipv4.state, .gate.ipv6.state) ==
		["closed", "closed", "open", "open"]' 10 \
		"one guard's gate is closed, the other one's is open"
	for family in 4 6; do
		expect_dropped "$(fresh clean $family)"
		expect_connected "$(fresh clean $family)" 5 second
	done
	expect_dropped "$(fresh listed 4)"
	expect_status '.gate.ipv4.state == "open"' 1 \
		"over all guards the gate counts as open"
}

reloaded() {
	restart_guards 'mx-of = { "example.net" }'
	expect_gate closed
	guards_config "mx-of = { \"example.net\", \"gone.example.org\" }
		$SECOND_GUARD" >"$LAB/postern.conf"
	reload_postern
	expect_status '.guards[0].domains[1] |
		.why == "the domain has neither MX records nor an address"' 10 \
		"a domain that is not in DNS is named"
	expect_gate open 5
	guards_config "mx-of = { \"example.net\" }
		$SECOND_GUARD" >"$LAB/postern.conf"
	reload_postern
	expect_status '.guards | map(.gate.ipv4.state) == ["closed", "open"]' \
		10 "without it the gate closes again"
	expect_dropped "$(fresh clean 4)"
	expect_connected "$(fresh clean 4)" 5 second
}

LAST_GUARD='guard "last" {
	protect = { "192.0.2.251" }
	mx-of = { "example.net" }
}'

# numbered_anew TEXT [CHANGE]...: with a guard "main", and hooks that record.
numbered_anew() {
	local hook="{ \"sh\", \"-c\",
		'echo \"\$POSTERN_HOOK \$POSTERN_GUARD\" >> $LAB/hooks' }"
	local text="$1 guard \"main\" {
		protect = { \"$BACKUP_IPV4\", \"$BACKUP_IPV6\" }
		mx-of = { \"example.net\" }
	}"
	shift
	echo "$text"
	postern_config protect="{ \"192.0.2.250\" }" health.on-open="$hook" \
		health.on-close="$hook" "$@"
}

both_have_run() {
	[ "$(grep -cx "$1" "$LAB/hooks")" -eq 2 ]
}

# What is in front of it in the file numbers it anew, as it opens and closes.
hooks_name_the_guard() {
	stop posternd
	rm -rf "$LAB/state" "$LAB/hooks"
	numbered_anew "" >"$LAB/postern.conf"
	start_postern_again
	expect_status '.guards[1] | .name == "main" and
		.gate.ipv4.state == "closed" and .gate.ipv6.state == "closed"' \
		30 "the gate of the guard is closed"
	expect_within 10 "on-close has run for it" \
		both_have_run "on-close main"
	numbered_anew "$SECOND_GUARD" bypass.policy=off >"$LAB/postern.conf"
	reload_postern
	expect_status '.guards[2] | .name == "main" and
		.gate.ipv4.state == "open"' 10 \
		"a reload opens it, and puts another guard before it"
	expect_within 10 "on-open has run for it" both_have_run "on-open main"
	rm "$LAB/hooks"
	numbered_anew "" >"$LAB/postern.conf"
	reload_postern
	expect_status '.guards[1] | .name == "main" and
		.gate.ipv4.state == "closed"' 30 \
		"a reload takes the other guard away, and closes it"
	expect_within 10 "on-close has run for it" \
		both_have_run "on-close main"
	expect_same "and for none of the other's" 0 \
		"$(grep -c second "$LAB/hooks")"
}

# The worker reads of the knock only after the reload, by which doors have other
# places among them: that of "main" becomes the one of "second", whose gate is
# open.
knocks_before_a_reload() {
	local source worker
	stop posternd
	rm -rf "$LAB/state" "$LAB/hooks"
	numbered_anew "$SECOND_GUARD" >"$LAB/postern.conf"
	echo "$LAST_GUARD" >>"$LAB/postern.conf"
	start_postern_again
	expect_status '.guards[1:3] | map(.name, .gate.ipv4.state) ==
		["second", "open", "main", "closed"]' 30 \
		"one guard has its gate open, another one closed"
	source=$(fresh clean 4)
	worker=$(worker_pid)
	kill -STOP "$worker"
	numbered_anew "$SECOND_GUARD" >"$LAB/postern.conf"
	reload_postern
	expect_dropped "$source" 1.5
	kill -CONT "$worker"
	expect_log "configuration reloaded"
	expect_log "refused $source"
	expect "the knock is not taken for one at the open gate" \
		[ "$(log_count posternd "$source is not refused")" -eq 0 ]
}

deaf() {
	restart_guards 'mx-of = { "example.net" }'
	expect_gate closed
	stop dnsmasq
	stop posternd
	start_postern_again
	expect_gate open 20
	expect_status '.gate.ipv4.why ==
		"its MX hosts are not known yet (example.net)"' 5 \
		"the gate stays open for want of knowledge"
	start_resolver
	expect_gate closed 45
}

with_primary() {
	running greeter-primary || start_greeter primary
}

lab_up second_up greet_on_primary
before_each with_primary

lab_case "the gate follows the primaries that MX records name" \
	from_mx_records
lab_case "a domain that the backup is the best MX of keeps the gate open" \
	best_of_another
lab_case "guards have gates of their own" apart
lab_case "a reload changes domains and guards" reloaded
lab_case "hooks know their guard when a reload numbers it anew" \
	hooks_name_the_guard
lab_case "a knock just before a reload stays with its guard" \
	knocks_before_a_reload
lab_case "without DNS at the start the gate stays open" deaf

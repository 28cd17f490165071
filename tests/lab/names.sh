# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS of the primaries is gone, slow, or lies, while the primary is dead and
# the mail server of this host is well: nothing that DNS says closes the gate.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# Another address of the backup, on no interface that is filtered.
INNER_IPV4=10.77.0.1
NOBODY_IPV4=192.0.2.99

NAMED="primary \"mx1.example.net\" { }"
BY_MX='mx-of = { "example.net" }'
BOTH="$BY_MX $NAMED"

inner_up() {
	ip_on backup address add "$INNER_IPV4/32" dev lo
}

# resolver_says OPTION...: in place of what it usually does.
resolver_says() {
	local starts
	stop dnsmasq
	starts=$(log_count dnsmasq started)
	spawn dnsmasq dns dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--log-facility=- --pid-file="$LAB/pid/dnsmasq.own" \
		--no-resolv --no-hosts \
		--listen-address="$RESOLVER_IPV4" --bind-interfaces \
		--server="/bl.example/$RBLDNSD_IPV4" "$@"
	within 10 log_grew dnsmasq started "$starts"
}

# restart_with TEXT: outside of sections, for the named primary.
restart_with() {
	stop posternd
	rm -rf "$LAB/state"
	{
		echo "$1"
		postern_config | sed '/^primary /,/^}/d'
	} >"$LAB/postern.conf"
	LOG_LINES=$(log_count posternd '')
	start_postern_again
}

said() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -E "$1"
}

expect_said() {
	expect_within 20 "the log says: $1" said "$1"
}

# Longer than good answers, of which there is one a second, take to close it.
expect_stays_open() {
	sleep 3
	expect_gate open 1
	expect_same "nobody was taken for it" "" "$(said 'primary .* is up')"
	expect_same "the gate was never closed" "" "$(said 'gate is closed')"
	expect_connected "$(fresh clean 4)"
}

well_again() {
	unmute dnsmasq
	running dnsmasq || start_resolver
	running greeter-primary || start_greeter primary
}

unmute() {
	kill -CONT "$(pid_of "$1")" 2>/dev/null || :
}

# It goes on with what it knows, and still sees who comes and goes.
gone_meanwhile() {
	restart_with "$1"
	expect_gate closed 30
	"$2"
	stop_greeter primary
	expect_gate open
	start_greeter primary
	expect_gate closed
	stop_greeter primary
	expect_gate open
}

resolver_is_gone() {
	stop dnsmasq
}

resolver_is_mute() {
	kill -STOP "$(pid_of dnsmasq)"
}

# lies PATTERN OPTION...: from the start; the log has the pattern.
lies() {
	stop_greeter primary
	resolver_says "${@:2}"
	restart_with "${CONFIG:-$BOTH}"
	expect_said "$1"
	expect_stays_open
}

mx1_is() {
	local all
	all=$(printf '%s,' "$@")
	printf '%s\n' --local=/example.net/ \
		--mx-host=example.net,mx1.example.net,10 \
		--mx-host=example.net,mx2.example.net,20 \
		"--host-record=mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6" \
		"--host-record=mx1.example.net,${all%,}"
}

# lies_of_address PATTERN ADDRESS...
lies_of_address() {
	local options
	mapfile -t options < <(mx1_is "${@:2}")
	lies "$1" "${options[@]}"
}

no_such_name() {
	lies 'mx1.example.net .*no address' --local=/example.net/
}

# No word for what nobody serves: REFUSED.
refuses() {
	lies 'mx1.example.net' --address=/none.example/
}

we_are_the_best() {
	CONFIG=$BY_MX lies 'no MX host is better' --local=/example.net/ \
		--mx-host=example.net,mx2.example.net,10 \
		"--host-record=mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6"
}

lab_up greet_on_backup greet_on_primary
inner_up
before_each well_again

lab_case "without DNS a named primary is followed as before" \
	gone_meanwhile "$NAMED" resolver_is_gone
lab_case "without an answer one by MX records, too" \
	gone_meanwhile "$BY_MX" resolver_is_mute
lab_case "the name is said to be this host: nobody is taken for the primary" \
	lies_of_address 'our own' "$BACKUP_IPV4" "$BACKUP_IPV6"
lab_case "the name is said to be this host, elsewhere" \
	lies_of_address 'our own' "$INNER_IPV4"
lab_case "the name is said to be localhost" \
	lies_of_address 'our own' 127.0.0.1 ::1
lab_case "the name is said to be no address at all" \
	lies_of_address 'our own' 0.0.0.0 ::
lab_case "the name is said to be where nobody is" \
	lies_of_address 'is down' "$NOBODY_IPV4"
lab_case "the name is said not to exist" no_such_name
lab_case "questions are refused" refuses
lab_case "this host is said to be the best" we_are_the_best

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two hosts that back each other up, each with a daemon: for the other one's
# domain at an address of its own, next to that of its own domain.
#
#   example.net    10 the host "primary"   20 the host "backup"
#   example.org    10 the host "backup" at its second address
#                  20 the host "primary" at its second address

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

OTHER_IPV4=192.0.2.6
OTHER_IPV6=2001:db8::6

# Whose daemon is asked.
WHOSE=control

ctl() {
	"$BUILD/posternctl" --socket "$LAB/control/$WHOSE.sock" "$@"
}

start_resolver() {
	local starts
	starts=$(log_count dnsmasq started)
	spawn dnsmasq dns dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--log-facility=- --pid-file="$LAB/pid/dnsmasq.own" \
		--no-resolv --no-hosts \
		--listen-address="$RESOLVER_IPV4" --bind-interfaces \
		--server="/bl.example/$RBLDNSD_IPV4" \
		--local=/example.net/ --local=/example.org/ \
		--mx-host=example.net,mx1.example.net,10 \
		--mx-host=example.net,mx2.example.net,20 \
		--mx-host=example.org,mx3.example.net,10 \
		--mx-host=example.org,mx4.example.net,20 \
		--host-record="mx1.example.net,$PRIMARY_IPV4,$PRIMARY_IPV6" \
		--host-record="mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6" \
		--host-record="mx3.example.net,$SECOND_IPV4,$SECOND_IPV6" \
		--host-record="mx4.example.net,$OTHER_IPV4,$OTHER_IPV6"
	within 5 log_grew dnsmasq started "$starts" ||
		die "dnsmasq does not start: $(tail -n 1 "$LAB/log/dnsmasq")"
}

addresses_up() {
	ip_on backup address add "$SECOND_IPV4/24" dev eth0
	ip_on backup address add "$SECOND_IPV6/64" dev eth0 nodad
	ip_on primary address add "$OTHER_IPV4/24" dev eth0
	ip_on primary address add "$OTHER_IPV6/64" dev eth0 nodad
}

# reciprocal_config BACKED OWN BACKUP_ADDRESS... -- OWN_ADDRESS...
reciprocal_config() {
	echo "mx-of = { \"$1\" }"
	echo "guard \"own\" { mx-of = { \"$2\" } protect = { \"$5\", \"$6\" } }"
	postern_config protect="{ \"$3\", \"$4\" }" "${@:7}" |
		sed '/^primary /,/^}/d'
}

write_configs() {
	reciprocal_config example.net example.org \
		"$BACKUP_IPV4" "$BACKUP_IPV6" "$SECOND_IPV4" "$SECOND_IPV6" \
		>"$LAB/postern.conf"
	reciprocal_config example.org example.net \
		"$OTHER_IPV4" "$OTHER_IPV6" "$PRIMARY_IPV4" "$PRIMARY_IPV6" \
		pin="\"$PIN-other\"" state="\"$LAB/other\"" \
		control="\"$LAB/control/other.sock\"" >"$LAB/other.conf"
}

start_other() {
	spawn posternd-other primary "$BUILD/posternd" \
		--config "$LAB/other.conf"
	WHOSE=other expect_within 15 "the other host filters" filters
}

start_both() {
	start_other
	start_postern_again
}

stop_both() {
	stop posternd
	stop posternd-other
}

# expect_gates STATE OF_THE_OTHER: of the addresses that back up; those of the
# domain of its own are open always.
expect_gates() {
	local state
	for state in "control $1" "other $2"; do
		WHOSE=${state% *} expect_status '.guards |
			map(.gate.ipv4.state, .gate.ipv6.state) ==
			["'"${state#* }"'", "'"${state#* }"'", "open", "open"]
			' 40 "the gate of the ${state% *} is ${state#* }"
	done
}

# knock_at ADDRESS4 ADDRESS6 SENTENCE...: the backup is at those.
knock_at() {
	local BACKUP_IPV4=$1 BACKUP_IPV6=$2
	"${@:3}" "$(fresh clean 4)"
	"${@:3}" "$(fresh clean 6)"
}

expect_own_domains_served() {
	knock_at "$PRIMARY_IPV4" "$PRIMARY_IPV6" expect_connected
	knock_at "$SECOND_IPV4" "$SECOND_IPV6" expect_connected
}

at_peace() {
	expect_gates closed closed
	knock_at "$BACKUP_IPV4" "$BACKUP_IPV6" expect_dropped
	knock_at "$OTHER_IPV4" "$OTHER_IPV6" expect_dropped
	expect_own_domains_served
}

one_down() {
	stop_greeter primary
	expect_gates open closed
	knock_at "$BACKUP_IPV4" "$BACKUP_IPV6" expect_connected
	knock_at "$SECOND_IPV4" "$SECOND_IPV6" expect_connected
	knock_at "$OTHER_IPV4" "$OTHER_IPV6" expect_dropped
	start_greeter primary
	expect_gates closed closed
}

both_down() {
	stop_greeter primary
	stop_greeter backup
	expect_gates open open
	start_greeter primary
	start_greeter backup
	expect_gates closed closed
	expect_own_domains_served
}

# Each sees the other die; the senders see both.
cut_apart() {
	cut primary "$BACKUP_IPV4" "$SECOND_IPV4" "$BACKUP_IPV6" "$SECOND_IPV6"
	expect_gates open open
	knock_at "$BACKUP_IPV4" "$BACKUP_IPV6" expect_connected
	knock_at "$OTHER_IPV4" "$OTHER_IPV6" expect_connected
	firewall_down primary
	expect_gates closed closed
	expect_own_domains_served
}

# cut HOST ADDRESS...: nothing comes from there.
cut() {
	local host=$1 address
	shift
	firewall_up "$host" 'chain cut { type filter hook prerouting priority raw;' \
		"$(for address; do
			case $address in
			*:*) echo "ip6 saddr $address drop" ;;
			*) echo "ip saddr $address drop" ;;
			esac
		done)" '}'
}

# Who starts first has only a host to ask that asks back.
started_at_once() {
	stop_both
	start_both
	expect_gates closed closed
	expect_own_domains_served
}

as_before() {
	firewall_down primary
	running greeter-primary || start_greeter primary
	running greeter-backup || start_greeter backup
}

remove_other() {
	rm -rf "${PIN:?}-other"
	cases_end "$1"
}

LAB_END=remove_other
lab_up greet_on_backup greet_on_primary
addresses_up
write_configs
start_both >"$LAB/said" || die "the daemons do not start"
before_each as_before

lab_case "each closes what it backs up, and serves its own domain" at_peace
lab_case "one mail server dies: the other host takes its mail" one_down
lab_case "both die and come back: neither waits for the other" both_down
lab_case "they do not see each other: both take everything" cut_apart
lab_case "both daemons start at once" started_at_once

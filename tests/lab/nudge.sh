# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a hold costs an honest sender: the nudge makes it resend its SYN at
# once.  A few holds are left alone to compare with, hence medians.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

CONTACTS=50

# Behind the router `internet`, which translates their addresses.
OFFICE_IPV4=192.168.77.0/24
OFFICE_IPV6=2001:db8:ff1::/48
LAB_HOSTS+=(office)

office_up() {
	ip netns add "$LAB_ID-office"
	ip -n "$LAB_ID-internet" link add office type veth \
		peer name eth0 netns "$LAB_ID-office"
	ip_on internet address add 192.168.78.1/24 dev office
	ip_on internet link set office up
	ip_on office link set lo up
	ip_on office link set eth0 up
	ip_on office address add 192.168.78.2/24 dev eth0
	ip_on office route add default via 192.168.78.1
	ip_on office route add local "$OFFICE_IPV4" dev lo
	ip_on internet route add "$OFFICE_IPV4" via 192.168.78.2
	ip_on internet address add 2001:db8:78::1/64 dev office nodad
	ip_on office address add 2001:db8:78::2/64 dev eth0 nodad
	ip_on office route add default via 2001:db8:78::1
	ip_on office route add local "$OFFICE_IPV6" dev lo
	ip_on internet route add "$OFFICE_IPV6" via 2001:db8:78::2
	on office sysctl -qw net.ipv6.ip_nonlocal_bind=1
	on internet sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

# sources clean|listed 4|6: nobody knows them after a restart.
sources() {
	local number
	for ((number = 10; number < 10 + CONTACTS; number++)); do
		source_of "$1" "$2" "$number"
	done
}

# office_sources 4|6
office_sources() {
	local number
	for ((number = 10; number < 10 + CONTACTS; number++)); do
		case $1 in
		4) echo "192.168.77.$number" ;;
		6) printf '2001:db8:ff1:%x::1\n' "$number" ;;
		esac
	done
}

ready() {
	firewall_down internet
	firewall_down backup
	restart_postern "$@"
	expect_status '.zones[0].state == "ok"' 10 "the blocklist is believed"
}

# expect_nudged HOST COMMAND...: the command names its sources.
expect_nudged() {
	# shellcheck disable=SC2046 # a word for each
	first_contacts "$1" $("${@:2}")
	expect_first_contacts 0 100 "$CONTACTS unknown sources"
}

# A lookup that takes as long as its client waits ends without a nudge, which
# is neither sent nor to compare with: on a busy machine there may be a few.  But
# who was connected sooner than any client resends by itself was nudged.
unknown_sources() {
	local early
	ready
	expect_nudged internet sources clean "$1"
	early=$(of_traffic first 'map(select(.ms < 900)) | length')
	expect_status ".nudge.sent >= $early and
		.nudge.sent + .nudge.control >= $((CONTACTS * 9 / 10)) and
		.nudge.sent + .nudge.control <= $CONTACTS" 15 \
		"the $early early ones were nudged, others left to compare with"
	# The last ones, too.
	sleep 3
	told "$(as_status status_is '.nudge.sent == .nudge.back')" \
		"all nudged sources have come again, as status says" \
		"$(ctl --json status | jq -c .nudge)"
}

behind_nat() {
	ready
	firewall_up internet \
		'chain guard { type filter hook forward priority 0;' \
		'ct state invalid counter drop' \
		'}' \
		'chain translate { type nat hook postrouting priority srcnat;' \
		"snat ip prefix to ip saddr map \
			{ $OFFICE_IPV4 : $CLEAN_IPV4 }" \
		"snat ip6 prefix to ip6 saddr map \
			{ $OFFICE_IPV6 : $CLEAN_IPV6 }" \
		'}'
	expect_nudged office office_sources "$1"
	expect "the backup saw the addresses that they were translated to" \
		explains "$(source_of clean "$1" 10)" '.verdict == "clean"'
}

# A firewall in front of the clients that takes a nudge, which is no answer to
# their SYN, for an attack: what they send afterwards is lost.
punishing_firewall() {
	local set='type ipv4_addr . inet_service; size 65535; flags dynamic;'
	firewall_up internet \
		"set answered { $set }" \
		"set punished { $set }" \
		'chain in { type filter hook prerouting priority raw;' \
		"ip saddr != $BACKUP_IPV4 accept" \
		'tcp sport != 25 accept' \
		'tcp flags & (syn | ack) == (syn | ack) \
			add @answered { ip daddr . tcp dport }' \
		'ip daddr . tcp dport @answered accept' \
		"$BARE_ACK add @punished { ip daddr . tcp dport } drop" \
		'}' \
		'chain out { type filter hook output priority raw;' \
		'ip saddr . tcp sport @punished drop' \
		'}'
}

# It takes 40 holds without a nudge to compare with, one in 16.
harmful_nudge() {
	local number sources=()
	ready
	punishing_firewall
	# Lookups have a budget for each network.
	ip_on internet route replace local 198.18.0.0/15 dev lo
	for ((number = 0; number < 1536; number++)); do
		sources+=("198.$((18 + number / 256 % 2)).$((number % 256)).$((
			10 + number / 512))")
	done
	start_traffic punished --every 0.03 --lifetime 2.5 \
		--count "${#sources[@]}" "${sources[@]}"
	expect_status '.nudge.state == "switched off: it did harm"' 90 \
		"nudging is switched off, as status says"
	stop_traffic punished
	expect_status '.nudge.control_back == .nudge.control and
		.nudge.control >= 40 and .nudge.back < .nudge.sent / 10' 5 \
		"who was not nudged came again, who was nudged hardly did"
	expect "and posternctl's first lines" grep -q '^! Nudging is' \
		<(ctl status)
	expect_log 'warning: nudging is switched off until the next start'
	# shellcheck disable=SC2046 # a word for each
	first_contacts internet $(sources clean 4)
	expect_first_contacts 950 1200 "$CONTACTS sources"
}

firewall_on_backup() {
	ready
	firewall_up backup \
		'chain out { type filter hook output priority 0; policy drop;' \
		'ct state { established, related } accept' \
		'udp dport 53 accept' \
		'tcp dport 25 accept' \
		'meta l4proto ipv6-icmp accept' \
		'}' \
		'chain in { type filter hook input priority 0; policy drop;' \
		'ct state { established, related } accept' \
		'tcp dport 25 ct state new accept' \
		'meta l4proto ipv6-icmp accept' \
		'}'
	expect_nudged internet sources clean "$1"
}

lost_nudge() {
	ready
	count_from_backup "$BARE_ACK" drop
	# shellcheck disable=SC2046
	first_contacts internet $(sources clean "$1")
	expect_first_contacts 950 1100 "$CONTACTS sources"
	expect_counted "length >= $((CONTACTS * 2 / 3))" "they were nudged"
	expect_counted 'all(. == 1)' "each at most once"
}

listed_sources() {
	ready
	count_from_backup
	# shellcheck disable=SC2046
	traffic_from internet --every 0.04 --lifetime 3.5 --count "$CONTACTS" \
		$(sources listed "$1") >"$LAB/traffic-listed"
	expect_all_silent listed "$CONTACTS"
	expect_counted 'length == 0' "not one packet came from the backup"
}

switched_off() {
	ready dnsbl.nudge=no
	count_from_backup "$BARE_ACK"
	# shellcheck disable=SC2046
	first_contacts internet $(sources clean 4)
	expect_first_contacts 950 1200 "$CONTACTS sources"
	expect_counted 'length == 0' "nobody was nudged"
	expect_status '.nudge.state == "off"' 1 "status says so"
}

monitor_mode() {
	ready mode=monitor
	count_from_backup "$BARE_ACK"
	# shellcheck disable=SC2046
	first_contacts internet $(sources clean 4)
	expect_first_contacts 0 100 "$CONTACTS sources"
	expect "all with their first SYN" of_traffic first 'all(.resent == 0)'
	expect_within 5 "they are looked up all the same" explains \
		"$(source_of clean 4 10)" '.verdict == "clean"'
	expect_counted 'length == 0' "nobody was nudged"
}

lab_up greet_on_backup
office_up || die "the office does not come up"

for family in 4 6; do
	lab_case "an unknown source is connected within 100 ms (IPv$family)" \
		unknown_sources $family
	lab_case "also with a firewall on the backup (IPv$family)" \
		firewall_on_backup $family
	lab_case "when its nudge is lost, it is connected within 1.1 s, and \
not nudged again (IPv$family)" lost_nudge $family
	lab_case "a nudge gets through a NAT that drops what is invalid \
(IPv$family)" behind_nat $family
	lab_case "a listed source gets no packet at all (IPv$family)" \
		listed_sources $family
done
lab_case "nudge = no leaves it to the clients" switched_off
lab_case "where nudges do harm, they are switched off" harmful_nudge
lab_case "in monitor mode nobody is nudged" monitor_mode

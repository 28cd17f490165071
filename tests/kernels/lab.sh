#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A short lab for a kernel that was booted for it: the backup has eth0, a card
# of virtio, and everything else is beyond eth1.  What depends on the kernel is
# told in lines "feature NAME: VALUE".  LAB_QUICK leaves out what takes long.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

CONTACTS=7
# shellcheck disable=SC2034 # for the library
LAB_HOSTS=(internet backup)
# An emulator's seconds.
# shellcheck disable=SC2034
LAB_PATIENCE=4

# All hosts but the backup are one.
host_of() {
	case $1 in
	backup) echo backup ;;
	*) echo internet ;;
	esac
}

netns_of() {
	printf '/run/netns/%s-%s' "$LAB_ID" "$(host_of "$1")"
}

ip_on() {
	local host
	host=$(host_of "$1")
	shift
	ip -n "$LAB_ID-$host" "$@"
}

# card_up HOST INTERFACE ADDRESS...
card_up() {
	local host=$1 card=$2
	shift 2
	ip netns add "$LAB_ID-$host"
	ip_on "$host" link set lo up
	ip link set "$card" netns "$LAB_ID-$host"
	[ "$card" = eth0 ] || ip_on "$host" link set "$card" name eth0
	on "$host" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.accept_ra=0
	ip_on "$host" link set eth0 up
	host_addresses "$host" "$@"
}

net_up() {
	local prefix
	card_up backup eth0 "$BACKUP_IPV4" "$BACKUP_IPV6"
	card_up internet eth1 "$INTERNET_IPV4" "$INTERNET_IPV6" \
		"$PRIMARY_IPV4" "$PRIMARY_IPV6" \
		"$RBLDNSD_IPV4" "$RESOLVER_IPV4"
	for prefix in "$LISTED_IPV4" "$CLEAN_IPV4" \
		"$LISTED_IPV6" "$CLEAN_IPV6"; do
		ip_on internet route add local "$prefix" dev lo
	done
	on internet sysctl -qw net.ipv6.ip_nonlocal_bind=1
}

feature() {
	echo "feature $1: $2"
}

ready() {
	restart_postern "$@"
	expect_status '.zones[0].state == "ok"' 10 "the blocklist is believed"
}

sources() {
	local number
	for ((number = 10; number < 10 + CONTACTS; number++)); do
		source_of clean "$1" "$number"
	done
}

attached_natively() {
	ready
	expect_status '.interfaces[0].attach == "native"' 1 \
		"the program is attached natively"
}

listed_is_dropped() {
	expect_dropped "$(fresh listed "$1")"
}

# Its own retransmission would come after a second; how much before that is no
# figure of an emulator's.
nudged() {
	# shellcheck disable=SC2046 # a word for each
	first_contacts internet $(sources "$1")
	echo "$MEDIAN_MS ms" >"$LAB/median-$1"
	expect_first_contacts 0 900 "$CONTACTS unknown sources"
	told "$(as_status of_traffic first \
		'map(.resent) | sort | .[length / 2 | floor] == 1')" \
		"with their second SYN (median)"
}

lists_are_swapped() {
	local source
	source=$(fresh clean "$1")
	ctl block add "$source"
	expect_dropped "$source"
	ctl block del "$source"
	expect_connected "$source"
}

refused_by_reset() {
	local family
	ready dnsbl.action=reset
	for family in 4 6; do
		knock "$(fresh listed $family)"
		told "$(as_status [ "$OUTCOME" = refused ])" \
			"a listed source is refused (IPv$family)" \
			"$(knock_words)"
	done
}

is_witness() {
	ctl --json witness list |
		jq -e ".networks | any(.network == \"$1\")" >/dev/null
}

# The backup's own server is the primary as well, at other addresses.
sees_witnesses() {
	mountpoint -q /sys/fs/cgroup ||
		mount -t cgroup2 cgroup /sys/fs/cgroup
	ip_on backup address add "$SECOND_IPV4/24" dev eth0
	ip_on backup address add "$SECOND_IPV6/64" dev eth0 nodad
	ready bypass.policy=witness \
		primary.address="{ \"$SECOND_IPV4\", \"$SECOND_IPV6\" }"
	expect_status '.witnesses.state == "on"' 20 \
		"status says that the primary here is watched"
	kill_postern
	start_postern_again
	expect_status '.witnesses.state == "on"' 20 "and so after kill -9"
	expect_connected "$(source_of clean 4 200)" 10 second
	expect_within 20 "who has connected to it is a witness" \
		is_witness 198.51.100.0/24
	expect_connected "$(source_of clean 6 200)" 10 second
	expect_within 20 "over IPv6, too" is_witness 2001:db8:600d:c8::/64
}

takes_over() {
	local program link
	ready
	program=$(xdp_program)
	link=$(xdp_link)
	spawn takeover backup "$BUILD/posternd" --takeover \
		--config "$LAB/postern.conf"
	told "$(as_status within 10 grep -qs 'adopted the program' \
		"$LAB/log/takeover")" "another daemon takes over"
	told "$(as_status [ "$(xdp_link)" = "$link" ])" \
		"the link stays where it is"
	told "$(as_status [ "$(xdp_program)" != "$program" ])" \
		"the program is another"
}

# What the daemon found, after the cases.
tell_features() {
	local family worker
	feature "native XDP on virtio_net" \
		"$(case $(xdp_mode) in native) echo yes ;; *) xdp_mode ;; esac)"
	feature "frames in several buffers" "$(
		if [ "$(log_count posternd 'in several buffers')" -gt 0 ]; then
			echo "no: one buffer a frame"
		else
			echo yes
		fi
	)"
	worker=$(pgrep -u postern -f posternd | head -n 1)
	feature "worker without capabilities" "$(
		case $(sed -n 's/^CapEff:[[:space:]]*//p' \
			"/proc/$worker/status") in
		0000000000000000) echo yes ;;
		*) echo "no: keeps CAP_BPF" ;;
		esac
	)"
	for family in 4 6; do
		feature "nudged, connected after (IPv$family)" \
			"$(cat "$LAB/median-$family" 2>/dev/null || echo no)"
	done
}

lab_up greet_on_backup

lab_case "the program is attached natively" attached_natively
for family in 4 6; do
	lab_case "a listed source gets no answer (IPv$family)" \
		listed_is_dropped $family
	lab_case "an unknown source is nudged, and connected before it resends \
its SYN by itself (IPv$family)" nudged $family
	lab_case "a source is blocked and let in again (IPv$family)" \
		lists_are_swapped $family
done
tell_features
lab_case "a reset refuses a listed source" refused_by_reset
lab_case "who connects to a primary here is a witness" sees_witnesses
[ -n "${LAB_QUICK:-}" ] || lab_case "a daemon takes over without a gap" takes_over

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Floods of forged SYNs at the backup, made by the kernel itself at the far end
# of its cable, some millions a second.  What comes back for them arrives at
# `internet`, as for any sender.

# start_storm NETWORK4 NETWORK6 [OPTION]...: from random sources within both;
# returns 1 where this kernel can't.
start_storm() {
	local from4=$1 from6=$2 mac starts pin=$BPFFS/$LAB_ID-storm
	shift 2
	starts=$(log_count storm started)
	mac=$(mac_of backup)
	clang -target bpf -O2 -g -DKEEP4="${from4#*/}" -DKEEP6="${from6#*/}" \
		-idirafter "/usr/include/$(cc -print-multiarch)" \
		-c "$LAB_SOURCE/lib/storm.bpf.c" -o "$LAB/storm.o"
	rm -f "$pin"
	bpftool prog load "$LAB/storm.o" "$pin" type xdp
	spawn storm wire "$LAB_SOURCE/lib/storm" --program "$pin" \
		--interface backup --mac "$mac" --own-mac "$(mac_of internet)" \
		--from4 "${from4%/*}" --from6 "${from6%/*}" \
		--to4 "$BACKUP_IPV4" --to6 "$BACKUP_IPV6" "$@"
	within 20 storm_began "$starts" || die "the flood does not start"
	rm -f "$pin"
	running storm
}

mac_of() {
	ip_on "$1" -j link show dev eth0 | jq -r '.[0].address'
}

storm_began() {
	log_grew storm started "$1" || ! running storm
}

stop_storm() {
	stop storm
	tail -n 1 "$LAB/log/storm"
}

# count_answers [NETWORK4 NETWORK6]: what comes back to forged sources, there or
# anywhere.  Bare ACKs are nudges.
count_answers() {
	local to4=${1:-0.0.0.0/0} to6=${2:-::/0}
	firewall_up internet \
		'counter nudges { }' 'counter resets { }' 'counter synacks { }' \
		'chain watch { type filter hook prerouting priority raw;' \
		"ip saddr $BACKUP_IPV4 ip daddr $to4 \
			tcp sport 25 tcp dport < 32768 jump forged" \
		"ip6 saddr $BACKUP_IPV6 ip6 daddr $to6 \
			tcp sport 25 tcp dport < 32768 jump forged" \
		'}' \
		'chain forged {' \
		"$BARE_ACK counter name nudges" \
		'tcp flags & rst == rst counter name resets' \
		'tcp flags & (syn | ack) == (syn | ack) counter name synacks' \
		'}'
}

# answers nudges|resets|synacks
answers() {
	on internet nft -j list counter inet lab "$1" |
		jq '.nftables[].counter? | select(.) | .packets'
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Firewalls of the lab's hosts, and packets counted by them.  Each host has
# one table of its own, which firewall_down takes away again.

# shellcheck disable=SC2034 # for those who call these
BARE_ACK='tcp flags & (fin | syn | rst | psh | ack) == ack'

# firewall_up HOST LINE...: rules in nft's language, within a table.
firewall_up() {
	local host=$1
	shift
	firewall_down "$host"
	printf '%s\n' 'table inet lab {' "$@" '}' | on "$host" nft -f -
}

firewall_down() {
	on "$1" nft delete table inet lab 2>/dev/null || :
}

# count_from_backup [EXPRESSION [VERDICT]]: packets that come from the backup's
# port to `internet`, by connection of the client.
count_from_backup() {
	firewall_up internet \
		'set seen4 { type ipv4_addr . inet_service; size 65535;
			flags dynamic; }' \
		'set seen6 { type ipv6_addr . inet_service; size 65535;
			flags dynamic; }' \
		'chain watch { type filter hook prerouting priority raw;' \
		"ip saddr $BACKUP_IPV4 tcp sport 25 ${1:-} \
			update @seen4 { ip daddr . tcp dport counter } ${2:-}" \
		"ip6 saddr $BACKUP_IPV6 tcp sport 25 ${1:-} \
			update @seen6 { ip6 daddr . tcp dport counter } ${2:-}" \
		'}'
}

# Of each connection that had any.
counted_from_backup() {
	on internet nft -j list table inet lab |
		jq -c '[.nftables[].set?.elem[]?.elem.counter.packets]'
}

# expect_counted JQ WORDS: of the array of the counts.
expect_counted() {
	local counts
	counts=$(counted_from_backup)
	told "$(as_status jq -e "$1" <<<"$counts")" "$2" \
		"$(jq -r '"\(add // 0) packets to \(length) connections"' \
			<<<"$counts")"
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's network: a bridge ("wire") that joins the hosts, each in a network
# namespace of its own, all of them in documentation ranges.
#
#   internet   192.0.2.1    2001:db8::1    router to all senders
#   primary    192.0.2.5    2001:db8::5    mx1.example.net
#   backup     192.0.2.25   2001:db8::25   mx2.example.net, Postern on eth0;
#              the next ones are mx3.example.net, where a test adds them
#   dns        192.0.2.53                  rbldnsd: bl.example
#              192.0.2.54                  dnsmasq: everything
#
# Senders are addresses that `internet` owns as a whole, so any of them can be
# bound: 203.0.113.N and 2001:db8:bad:N::1 are listed by bl.example,
# 198.51.100.N and 2001:db8:600d:N::1 are on no list.

LAB_HOSTS=(internet primary backup dns)

INTERNET_IPV4=192.0.2.1
INTERNET_IPV6=2001:db8::1
PRIMARY_IPV4=192.0.2.5
PRIMARY_IPV6=2001:db8::5
BACKUP_IPV4=192.0.2.25
BACKUP_IPV6=2001:db8::25
SECOND_IPV4=192.0.2.26
SECOND_IPV6=2001:db8::26
RBLDNSD_IPV4=192.0.2.53
RESOLVER_IPV4=192.0.2.54

LISTED_IPV4=203.0.113.0/24
LISTED_IPV6=2001:db8:bad::/48
CLEAN_IPV4=198.51.100.0/24
CLEAN_IPV6=2001:db8:600d::/48

netns_of() {
	printf '/run/netns/%s-%s' "$LAB_ID" "$1"
}

# on HOST COMMAND...: runs it in the host's network namespace.  Not by
# `ip netns exec`, which hides the file system that holds the pins.
on() {
	local host=$1
	shift
	nsenter --net="$(netns_of "$host")" -- "$@"
}

ip_on() {
	local host=$1
	shift
	ip -n "$LAB_ID-$host" "$@"
}

host_up() {
	local host=$1
	ip netns add "$LAB_ID-$host"
	ip_on "$host" link set lo up
	plug "$@"
}

# plug HOST ADDRESS...: the cable, and what the host's end of it is set to.
plug() {
	local host=$1
	shift
	ip -n "$LAB_ID-wire" link add "$host" type veth \
		peer name eth0 netns "$LAB_ID-$host"
	ip -n "$LAB_ID-wire" link set "$host" master br0 up
	# Addresses must work at once: nothing else could own them.
	on "$host" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.accept_ra=0
	ip_on "$host" link set eth0 up
	host_addresses "$host" "$@"
}

host_addresses() {
	local host=$1 address
	shift
	for address; do
		case $address in
		*:*) ip_on "$host" address add "$address/64" dev eth0 nodad ;;
		*) ip_on "$host" address add "$address/24" dev eth0 ;;
		esac
	done
	if [ "$host" != internet ]; then
		ip_on "$host" route add default via "$INTERNET_IPV4"
		ip_on "$host" -6 route add default via "$INTERNET_IPV6" \
			dev eth0 onlink
	fi
}

net_up() {
	local prefix
	ip netns add "$LAB_ID-wire"
	ip -n "$LAB_ID-wire" link add br0 type bridge \
		stp_state 0 forward_delay 0 mcast_snooping 0
	ip -n "$LAB_ID-wire" link set br0 up
	host_up internet "$INTERNET_IPV4" "$INTERNET_IPV6"
	host_up primary "$PRIMARY_IPV4" "$PRIMARY_IPV6"
	host_up backup "$BACKUP_IPV4" "$BACKUP_IPV6"
	host_up dns "$RBLDNSD_IPV4" "$RESOLVER_IPV4"
	for prefix in "$LISTED_IPV4" "$CLEAN_IPV4" \
		"$LISTED_IPV6" "$CLEAN_IPV6"; do
		ip_on internet route add local "$prefix" dev lo
	done
	# A local route is enough to bind to for IPv4, but not for IPv6.
	on internet sysctl -qw net.ipv6.ip_nonlocal_bind=1
}

net_down() {
	local host
	for host in "${LAB_HOSTS[@]}" wire; do
		if [ -e "$(netns_of "$host")" ]; then
			ip netns delete "$LAB_ID-$host"
		fi
	done
}

# Processes of the lab, and of nobody else.
net_pids() {
	local host
	for host in "${LAB_HOSTS[@]}"; do
		if [ -e "$(netns_of "$host")" ]; then
			ip netns pids "$LAB_ID-$host"
		fi
	done
}

# source_of clean|listed 4|6 N
source_of() {
	case $1$2 in
	listed4) echo "203.0.113.$3" ;;
	listed6) printf '2001:db8:bad:%x::1\n' "$3" ;;
	clean4) echo "198.51.100.$3" ;;
	clean6) printf '2001:db8:600d:%x::1\n' "$3" ;;
	*) die "source_of: no such kind of source: $1 $2" ;;
	esac
}

# fresh clean|listed 4|6: a source that nobody has seen in this lab.  Numbers
# below 10 are left to those that are called by number.
fresh() {
	local count=9
	if [ -s "$LAB/fresh" ]; then
		count=$(<"$LAB/fresh")
	fi
	count=$((count + 1))
	[ "$count" -lt 255 ] || die "fresh: no source is left"
	echo "$count" >"$LAB/fresh"
	source_of "$1" "$2" "$count"
}

# The address of the host that a source of that family would talk to.
address_of() {
	local host=$1 source=$2
	case $host$source in
	primary*:*) echo "$PRIMARY_IPV6" ;;
	primary*) echo "$PRIMARY_IPV4" ;;
	second*:*) echo "$SECOND_IPV6" ;;
	second*) echo "$SECOND_IPV4" ;;
	backup*:*) echo "$BACKUP_IPV6" ;;
	backup*) echo "$BACKUP_IPV4" ;;
	*) die "address_of: no such server: $host" ;;
	esac
}

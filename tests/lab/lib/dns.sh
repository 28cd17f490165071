# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's DNS: rbldnsd serves the blocklist bl.example, dnsmasq the mail
# domains example.net and example.org (which the backup is the best MX of, at
# its second addresses) and, as a resolver, the blocklist again.

# Seconds, for which verdicts last, too.
RBL_TTL=${RBL_TTL:-60}

start_rbldnsd() {
	# shellcheck disable=SC2016 # $SOA is rbldnsd's
	local soa='$SOA 300 ns.bl.example hostmaster.bl.example 0 1h 15m 30d 60'
	local dir=$LAB/rbldnsd starts
	starts=$(log_count rbldnsd started)
	if [ ! -d "$dir" ]; then
		mkdir "$dir"
		printf '%s\n' "$soa" ":127.0.0.2:listed by the lab" \
			127.0.0.2 "$LISTED_IPV4" >"$dir/ipv4"
		printf '%s\n' "$soa" ":127.0.0.2:listed by the lab" \
			::ffff:7f00:2 "$LISTED_IPV6" >"$dir/ipv6"
	fi
	spawn rbldnsd dns rbldnsd -n -4 -b "$RBLDNSD_IPV4/53" -w "$dir" \
		-c 1s -t "$RBL_TTL:$RBL_TTL:$RBL_TTL" \
		bl.example:ip4set:ipv4 bl.example:ip6trie:ipv6
	within 5 log_grew rbldnsd started "$starts" ||
		die "rbldnsd does not start: $(tail -n 1 "$LAB/log/rbldnsd")"
}

# Nobody answers at the port: resolvers learn it by ICMP.
stop_rbldnsd() {
	stop rbldnsd
}

# The worse outage: questions vanish.
mute_rbldnsd() {
	kill -STOP "$(pid_of rbldnsd)"
}

unmute_rbldnsd() {
	kill -CONT "$(pid_of rbldnsd)"
}

# rbl_add ADDRESS...: lists more sources, and waits until rbldnsd says so.
rbl_add() {
	local address reloads
	reloads=$(log_count rbldnsd 'zones reloaded')
	for address; do
		case $address in
		*:*) echo "$address" >>"$LAB/rbldnsd/ipv6" ;;
		*) echo "$address" >>"$LAB/rbldnsd/ipv4" ;;
		esac
	done
	kill -HUP "$(pid_of rbldnsd)"
	within 5 log_grew rbldnsd 'zones reloaded' "$reloads"
}

start_resolver() {
	local starts
	starts=$(log_count dnsmasq started)
	spawn dnsmasq dns dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--log-facility=- --pid-file="$LAB/pid/dnsmasq.own" \
		--no-resolv --no-hosts \
		--listen-address="$RESOLVER_IPV4" --bind-interfaces \
		--server="/bl.example/$RBLDNSD_IPV4" --local=/example.net/ \
		--mx-host=example.net,mx1.example.net,10 \
		--mx-host=example.net,mx2.example.net,20 \
		--host-record="mx1.example.net,$PRIMARY_IPV4,$PRIMARY_IPV6" \
		--host-record="mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6" \
		--local=/example.org/ \
		--mx-host=example.org,mx3.example.net,10 \
		--mx-host=example.org,mx1.example.net,20 \
		--host-record="mx3.example.net,$SECOND_IPV4,$SECOND_IPV6"
	within 5 log_grew dnsmasq started "$starts" ||
		die "dnsmasq does not start: $(tail -n 1 "$LAB/log/dnsmasq")"
}

# with_resolver COMMAND...: with the lab's resolv.conf in place of the
# machine's, for this command and its children alone.
with_resolver() {
	echo "nameserver $RESOLVER_IPV4" >"$LAB/resolv.conf"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount sh -c '
		mount --bind "$1" /etc/resolv.conf && shift && exec "$@"
	' sh "$LAB/resolv.conf" "$@"
}

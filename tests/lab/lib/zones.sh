# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocklists in every state in which they have been seen to die, and a
# resolver that people really have: rbldnsd and unbound, both beside the lab's
# own DNS.
#
#   192.0.2.55   rbldnsd: *.sick, which the cases below name
#   192.0.2.56   unbound: resolves these, and bl.example

SICK_IPV4=192.0.2.55
UNBOUND_IPV4=192.0.2.56

zones_up() {
	ip_on dns address add "$SICK_IPV4/24" dev eth0
	ip_on dns address add "$UNBOUND_IPV4/24" dev eth0
	together start_sick start_unbound
}

# A list as it should be, and nothing on it but what is asked for.
write_sick() {
	local dir=$LAB/sick
	# shellcheck disable=SC2016 # $SOA is rbldnsd's
	local soa='$SOA 60 ns.sick hostmaster.sick 0 1h 15m 30d 60'
	mkdir -p "$dir"
	printf '%s\n' "$soa" ":127.0.0.2:listed" 127.0.0.2 >"$dir/well"
	printf '%s\n' "$soa" ":127.0.0.2:listed" 192.0.2.200 >"$dir/empty"
	printf '%s\n' "$soa" ":127.0.0.2:listed" 0/0 >"$dir/world"
	printf '%s\n' "$soa" ":127.0.0.2:listed" 127.0.0.2 >"$dir/turning"
	# shellcheck disable=SC2016 # $TIMESTAMP, too
	printf '%s\n' '$TIMESTAMP 2020:01:01 +1d' "$soa" \
		":127.0.0.2:listed" 127.0.0.2 >"$dir/expired"
	printf '%s\n' ":refuse" 0/0 >"$dir/acl"
}

start_sick() {
	local starts
	starts=$(log_count sick started)
	[ -d "$LAB/sick" ] || write_sick
	spawn sick dns rbldnsd -n -4 -b "$SICK_IPV4/53" -w "$LAB/sick" \
		-c 1s -t 60:60:60 \
		well.sick:ip4set:well empty.sick:ip4set:empty \
		world.sick:ip4trie:world turning.sick:ip4trie:turning \
		expired.sick:ip4set:expired \
		refused.sick:ip4set:well refused.sick:acl:acl
	within 5 log_grew sick started "$starts" ||
		die "rbldnsd does not start: $(tail -n 1 "$LAB/log/sick")"
}

# sick_add LIST ENTRY: and waits until rbldnsd says so.
sick_add() {
	local reloads
	reloads=$(log_count sick 'zones reloaded')
	echo "$2" >>"$LAB/sick/$1"
	kill -HUP "$(pid_of sick)"
	within 5 log_grew sick 'zones reloaded' "$reloads"
}

# write_unbound [LINE]...: with more settings of its server.
write_unbound() {
	local zone
	printf '%s\n' 'server:' "interface: $UNBOUND_IPV4" \
		'access-control: 192.0.2.0/24 allow' 'use-syslog: no' \
		'logfile: ""' 'verbosity: 1' 'chroot: ""' 'username: ""' \
		"pidfile: \"$LAB/pid/unbound.own\"" 'do-ip6: no' \
		'module-config: "iterator"' 'do-not-query-localhost: no' \
		'local-zone: "parked.sick." redirect' \
		'local-data: "parked.sick. A 198.51.100.99"' \
		'local-zone: "public.sick." redirect' \
		'local-data: "public.sick. A 127.255.255.254"' \
		"$@" 'remote-control:' 'control-enable: no'
	for zone in well empty world turning expired; do
		printf '%s\n' 'stub-zone:' "name: \"$zone.sick\"" \
			"stub-addr: $SICK_IPV4"
	done
	# Nobody is there.
	printf '%s\n' 'stub-zone:' 'name: "hole.sick"' 'stub-addr: 192.0.2.99'
	printf '%s\n' 'stub-zone:' 'name: "bl.example"' \
		"stub-addr: $RBLDNSD_IPV4"
}

# start_unbound [LINE]...
start_unbound() {
	local starts
	starts=$(log_count unbound 'start of service')
	write_unbound "$@" >"$LAB/unbound.conf"
	spawn unbound dns unbound -d -c "$LAB/unbound.conf"
	within 5 log_grew unbound 'start of service' "$starts" ||
		die "unbound does not start: $(tail -n 1 "$LAB/log/unbound")"
}

restart_unbound() {
	stop unbound
	start_unbound "$@"
}

# slow_down PROCESS: lets it run for a tenth of each second, till speed_up.
slow_down() {
	local pid
	pid=$(pid_of "$1")
	touch "$LAB/slow"
	(
		while [ -e "$LAB/slow" ]; do
			kill -STOP "$pid"
			sleep 0.8
			kill -CONT "$pid"
			sleep 0.1
		done
	) >/dev/null 2>&1 &
}

speed_up() {
	rm -f "$LAB/slow"
	sleep 1
	kill -CONT "$(pid_of "$1")"
}

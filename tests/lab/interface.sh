# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What may happen to an interface below a running daemon.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

MTU=9000

unplug_backup() {
	ip_on wire link delete backup
}

plug_backup() {
	plug backup "$BACKUP_IPV4" "$BACKUP_IPV6"
	forget_neighbours
}

# The new end has another address, and senders would try the old one first.
forget_neighbours() {
	ip_on internet neigh flush dev eth0
}

# For the next case, whatever the last one left behind.
restore_backup() {
	! running posternd || kill -CONT "$(pid_of posternd)"
	stop posternd
	unplug_backup 2>/dev/null || :
	plug_backup
	rm -rf "${PIN:?}" "${BPFFS:?}/$LAB_ID-foreign"
	LOG_LINES=$(log_count posternd '')
}

blocking() {
	BLOCKED=$(fresh clean 4)
	start_postern block="{ \"$BLOCKED\" }" "$@"
}

expect_filters() {
	expect_within "$1" "it filters $2" filters
	expect_dropped "$BLOCKED" 2.5
	expect_connected "$(fresh clean 4)"
	expect_connected "$(fresh clean 6)"
}

# logged PATTERN: the lines of this case that have it.
logged() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" | grep -E -- "$1"
}

expect_logged_once() {
	local status
	status=$(as_status within "${2:-5}" logged "$1")
	told "$status" "posternd logs: $1" "$(logged "$1" | head -n 1)"
	expect_same "in one line" 1 "$(logged "$1" | wc -l)"
}

# Taking an interface down takes these away.
restore_routes() {
	ip_on backup -6 address replace "$BACKUP_IPV6/64" dev "$1" nodad
	ip_on backup route replace default via "$INTERNET_IPV4"
	ip_on backup -6 route replace default via "$INTERNET_IPV6" \
		dev "$1" onlink
}

vanished() {
	local program
	blocking attach=native
	program=$(xdp_program)
	unplug_backup
	expect_status '.interfaces[0].attach == "gone"' 6 "status says it is gone"
	plug_backup
	expect_filters 8 "the new one"
	expect_logged_once 'eth0 is gone'
	expect_same "by the same program" "$program" "$(xdp_program)"
	expect_same "which was said twice" 2 \
		"$(logged 'eth0: filtering' | wc -l)"
	stop_postern
	expect_unfiltered
}

down_and_up() {
	local link
	blocking
	link=$(xdp_link)
	ip_on backup link set eth0 down
	sleep 3
	ip_on backup link set eth0 up
	restore_routes eth0
	expect_filters 1 "as before"
	expect_same "by the same link" "$link" "$(xdp_link)"
	expect_same "nothing is said to be gone" "" "$(logged 'is gone')"
}

renamed() {
	local program
	blocking
	program=$(xdp_program)
	ip_on backup link set eth0 down
	ip_on backup link set eth0 name mail0
	ip_on backup link set mail0 up
	restore_routes mail0
	expect_logged_once 'eth0 is called mail0 now'
	expect_same "the program stays where it was" "$program" "$(
		ip_on backup -j link show dev mail0 | jq '.[0].xdp.prog.id'
	)"
	expect_dropped "$BLOCKED" 2.5
	expect_connected "$(fresh clean 4)"
	expect "the daemon runs on" running posternd
	ip_on backup link set mail0 down
	ip_on backup link set mail0 name eth0
	ip_on backup link set eth0 up
	restore_routes eth0
	expect_filters 8 "under its old name"
}

# Frames of more than a page: the program has to take them in several buffers.
jumbo() {
	local device
	for device in br0 internet backup; do
		ip_on wire link set "$device" mtu "$MTU"
	done
	ip_on internet link set eth0 mtu "$MTU"
	ip_on backup link set eth0 mtu "$MTU"
	if ! blocking attach=native && logged "can't attach natively: .*MTU"
	then
		skip "this kernel has no XDP for frames in several buffers"
	fi
	expect_same "attached natively" native "$(xdp_mode)"
	expect_filters 1 "with an MTU of $MTU"
	expect "other frames of that size pass" datagram_arrives 8000
}

# The backup answers a datagram by ICMP: nobody listens at that port.
datagram_arrives() {
	on internet python3 - "$BACKUP_IPV4" "$1" <<-'EOF'
		import socket, sys
		probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		probe.settimeout(5)
		probe.connect((sys.argv[1], 9))
		probe.send(bytes(int(sys.argv[2])))
		try:
		    probe.recv(1)
		except ConnectionRefusedError:
		    sys.exit(0)
		sys.exit(1)
	EOF
}

# A veth refuses XDP where its peer sends on more queues than it receives on.
plug_with_queues() {
	unplug_backup
	ip_on wire link add backup numtxqueues 2 type veth \
		peer name eth0 netns "$LAB_ID-backup" numrxqueues 1
	ip_on wire link set backup master br0 up
	ip_on backup link set eth0 up
	host_addresses backup "$BACKUP_IPV4" "$BACKUP_IPV6"
	forget_neighbours
}

driver_refuses() {
	plug_with_queues
	if blocking attach=native; then
		say "attached natively"
		return 1
	fi
	expect_logged_once "can't attach natively: .*queues.*attach = auto"
	expect "nothing is left" [ -z "$(xdp_program)$(pins)" ]
	start_postern block="{ \"$BLOCKED\" }" attach=auto
	expect_logged_once 'attaching in generic mode.*queues'
	expect_filters 1 "in generic mode"
}

# The daemon looks away while somebody else is faster.
foreign_was_faster() {
	local parent program
	blocking
	parent=$(pid_of posternd)
	unplug_backup
	expect_status '.interfaces[0].attach == "gone"' 6 "status says it is gone"
	kill -STOP "$parent"
	plug_backup
	foreign_up
	kill -CONT "$parent"
	program=$(xdp_program)
	expect_logged_once \
		"eth0 already has an XDP program .*$program.*foreign" 8
	expect "the daemon runs on" running posternd
	expect_status '.interfaces[0].attach == "detached"' 5 \
		"status says that it is there, but not filtered"
	sleep 3
	expect_same "the foreign program is still there" "$program" \
		"$(xdp_program)"
	expect_same "it was named once" 1 "$(logged 'already has' | wc -l)"
	foreign_down
	expect_filters 35 "when that is gone"
}

lab_up greet_on_backup
before_each restore_backup

lab_case "an interface that was made anew is filtered within seconds" vanished
lab_case "an interface that was down is filtered all the time" down_and_up
lab_case "an interface that has another name is filtered on" renamed
lab_case "frames of $MTU octets are filtered natively" jumbo
lab_case "what the driver refuses is said in its own words" driver_refuses
lab_case "a program that was faster is named, and left alone" \
	foreign_was_faster

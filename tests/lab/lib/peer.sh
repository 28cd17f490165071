# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The far end of the backup's cable.  A veth takes frames that XDP sends back
# (XDP_TX) only where it has an XDP program, too: with GRO alone they stay in
# its ring until something else arrives.  Real interfaces need neither.

peer_up() {
	printf '%s\n' '__attribute__((section("xdp"), used))' \
		'int peer(void *frame) { (void)frame; return 2; }' |
		clang -target bpf -O2 -g -x c -c - -o "$LAB/peer.o"
	bpftool prog load "$LAB/peer.o" "$BPFFS/$LAB_ID-peer" type xdp
	on wire bpftool net attach xdp pinned "$BPFFS/$LAB_ID-peer" dev backup
	# It stays for as long as it is attached.
	rm -f "$BPFFS/$LAB_ID-peer"
}

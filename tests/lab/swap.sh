# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tables are replaced while connections come in: whoever is in both, or in
# neither, notices nothing.  There is no blocklist here and no primary, so
# whoever slips through a table is let in at once, and seen.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

ENTRIES=2000
SWAPS=200
CONNECTS=1000
FLOOD=20000

ALWAYS=("$(source_of clean 4 200)" "$(source_of clean 6 200)")
NEVER=("$(source_of clean 4 202)" "$(source_of clean 6 202)")
NEIGHBOURS=(
	"$(source_of clean 4 199)/32, $(source_of clean 6 199)/128"
	"$(source_of clean 4 201)/32, $(source_of clean 6 201)/128"
)
ONLY=("$(source_of clean 4 199)" "$(source_of clean 4 201)")

# block_list 0|1: thousands of entries that the other version has not, and
# others on all sides of the sources that connect.
block_list() {
	local version=$1 n
	printf '{ '
	for ((n = 0; n < ENTRIES; n++)); do
		printf '"10.%d.%d.7", "2001:db8:%x::/48", ' \
			"$((n % 100))" "$((2 * (n / 100) + version))" \
			"$((0x8000 + 2 * n + version))"
	done
	printf '"%s", ' "${ALWAYS[@]}"
	printf '"%s" }\n' "${NEIGHBOURS[version]/, /\", \"}"
}

# swap 0|1: by a configuration that replaces the other at one instant.
swap() {
	cp "$LAB/version-$1.conf" "$LAB/next.conf"
	mv "$LAB/next.conf" "$LAB/postern.conf"
	ctl reload >/dev/null
	# Only this version has it: else it would be a reload, and no swap.
	explains "${ONLY[$1]}" '.reason == "blocked"'
}

swap_often() {
	local start=$SECONDS n
	for ((n = 1; n <= SWAPS || SECONDS < start + 15; n++)); do
		swap $((n % 2)) || return 1
	done
	told 0 "$((n - 1)) tables were swapped" "in $((SECONDS - start)) s"
}

under_traffic() {
	local version
	for version in 0 1; do
		postern_config dnsbl.sites='{ }' \
			block="$(block_list "$version")" \
			>"$LAB/version-$version.conf"
	done
	cp "$LAB/version-0.conf" "$LAB/postern.conf"
	start_postern_again
	start_traffic blocked --every 0.02 "${ALWAYS[@]}"
	start_traffic unlisted --every 0.02 "${NEVER[@]}"
	start_flood "${ALWAYS[@]}"
	count_from_backup "tcp dport 1000-1063"
	swap_often
	expect "the flood went on all the time" running flood
	stop_flood
	await_traffic "$CONNECTS" blocked unlisted
	stop_traffic blocked
	stop_traffic unlisted
	expect_all_silent blocked "$CONNECTS"
	expect_all_at_once unlisted "$CONNECTS"
	expect_status ".counters.blocked | .ipv4 >= $FLOOD and .ipv6 >= $FLOOD" \
		1 "$FLOOD more SYNs of each family were dropped"
	expect_counted 'length == 0' "not one of them was answered"
}

lab_up greet_on_backup

lab_case "hundreds of swaps under live traffic give no wrong verdict" \
	under_traffic

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Networks that have connected to the primary may pass the closed gate.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

by_hand() {
	local source listed
	restart_postern bypass.policy=witness
	expect_gate closed
	source=$(fresh clean "$1")
	listed=$(fresh listed "$1")
	expect_dropped "$source"
	ctl witness add "$source"
	ctl witness add "$listed"
	expect_connected "$source"
	expect_dropped "$listed"
	expect_explain "$source" '.reason == "witness"'
	expect "both are on the list" [ "$(ctl --json witness list |
		jq '.networks | length')" = 2 ]
	ctl witness del "$source"
	expect_dropped "$source"
}

ends() {
	local source
	restart_postern bypass.policy=witness
	expect_gate closed
	source=$(source_of clean 4 20)
	ctl witness add "$source" --for 4s
	expect_connected "$source"
	sleep 5
	expect_dropped "$source"
}

# lasts LEAST MOST SOURCE: so many hours are left of its network's time.
lasts() {
	local left
	left=$(ctl --json witness list | jq --arg net "$3" \
		'.networks[] | select(.network == $net) | .left_s')
	expect "from $1 to $2 hours are left of $3" \
		jq -en "${left:-0} | . > $1 * 3600 and . <= $2 * 3600"
}

# By the line of a log, for so long, like any other.
seen_on_primary() {
	echo "Nov 27 12:00:00 mx postfix/smtpd[1]: connect from x[$1]" |
		on backup "$BUILD/posternctl" witness follow "${@:2}" \
			--socket "$LAB/control/control.sock" -
}

only_an_order_makes_it_shorter() {
	local net=198.51.100.0/24
	restart_postern bypass.policy=witness
	seen_on_primary 198.51.100.7
	lasts 3 4 $net
	seen_on_primary 198.51.100.7 --for 2d
	lasts 47 48 $net
	seen_on_primary 198.51.100.8
	lasts 47 48 $net
	ctl witness add $net
	lasts 47 48 $net
	ctl witness add $net --for 2h
	lasts 1 2 $net
	ctl witness add $net
	lasts 3 4 $net
}

only_with_that_policy() {
	restart_postern
	expect_gate closed
	expect "with policy strict it is refused" \
		refused witness add 198.51.100.0/24
	expect "so is a whole /16" refused witness add 198.51.0.0/16
}

# So that a policy can be chosen by it.
share_of_each_policy() {
	local source other
	restart_postern bypass.policy=witness mode=monitor
	expect_gate closed
	source=$(fresh clean 6)
	other=$(fresh clean 6)
	expect_connected "$source"
	ctl witness add "$other"
	expect_connected "$other"
	expect_status '.knockers.attempts ==
		{"off": 0, "strict": 2, "witness": 1}' 10 \
		"one of two was a witness"
	restart_postern mode=monitor
	expect_gate closed
	expect_connected "$(fresh clean 6)"
	expect_status '.knockers.attempts ==
		{"off": 0, "strict": 1, "witness": null}' 10 \
		"without that policy nobody knows"
}

refused() {
	! ctl "$@" 2>"$LAB/said" && [ "$(wc -l <"$LAB/said")" -eq 1 ]
}

# The real log of a real Postfix, rotated in between.
follows_a_log() {
	local log=$LAB/log/mta-primary first second
	restart_postern bypass.policy=witness
	expect_gate closed
	first=$(source_of clean 4 30)
	second=$(source_of clean 6 30)
	spawn follower backup "$BUILD/posternctl" \
		--socket "$LAB/control/control.sock" witness follow "$log"
	sleep 1
	expect_dropped "$first"
	expect_connected "$first" 10 primary
	expect_within 10 "who has connected to the primary is a witness" \
		is_witness 198.51.100.0/24
	expect_connected "$first"
	mv "$log" "$log.1"
	on primary postfix -c "$(mta_dir primary)" reload 2>/dev/null
	within 5 [ -e "$log" ]
	expect_connected "$second" 10 primary
	expect_within 10 "over rotation, too" is_witness 2001:db8:600d:1e::/64
	expect_connected "$second"
	stop follower
}

# A sender that goes to the primary first, whose log comes late.
comes_late() {
	local source
	restart_postern bypass.policy=witness bypass.action=reset
	expect_gate closed
	source=$(fresh clean 4)
	expect_within 10 "who is no witness is refused in the end" \
		is_refused "$source"
	source=$(fresh clean 4)
	(sleep 0.3 && ctl witness add "$source") &
	expect_connected "$source" 8
	wait $!
}

is_refused() {
	traffic_from internet --count 1 --lifetime 9 "$1" >"$LAB/said"
	grep -q refused "$LAB/said"
}

is_witness() {
	ctl --json witness list |
		jq -e ".networks | any(.network == \"$1\")" >/dev/null
}

lab_up start_primary start_backup_mta
peer_up || die "no program for the far end of the backup's cable"
before_each restore_primary

for family in 4 6; do
	lab_case "a witness passes the closed gate, unless it is listed \
(IPv$family)" by_hand $family
done
lab_case "it is one for a time" ends
lab_case "only an order that names its time makes that shorter" \
	only_an_order_makes_it_shorter
lab_case "other policies have no witnesses" only_with_that_policy
lab_case "who turns out to be a witness is not refused before" comes_late
lab_case "status says what each policy refuses" share_of_each_policy
lab_case "a primary's log tells of witnesses" follows_a_log

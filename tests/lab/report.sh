# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A week of monitor mode in a minute: what posternctl report makes of real
# connections, and that enforcing counts the same attempts.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

report_is() {
	ctl --json report | jq -e "$1" >/dev/null
}

# expect_report CONDITION WORDS
expect_report() {
	told "$(as_status within 15 report_is "$1")" "report: $2" \
		"$(ctl --json report | jq -c .)"
}

reports() {
	ctl report >"$LAB/said"
	grep -q "$1" "$LAB/said"
}

network_of() {
	ctl --json history "$1" | jq -r .network
}

knows_nothing_yet() {
	restart_postern mode=monitor bypass.policy=witness
	expect_gate closed
	expect_report '.attempts == 0 and .watched == 0 and .mode == "monitor"
		and .networks == 0 and .openings == [] and
		.policies == {"off": 0, "strict": 0, "witness": null,
			"witness_known": 0} and
		.known_since > .since and .known_since <= .now' \
		"there is nothing yet, and since when that is known"
	expect "people read since when" reports '^Known since 20..-..-.. '
	expect "it is no claim that nobody was wronged" \
		reports 'None is known; but which networks'
}

# Nobody is refused; and who was right to come is found out.
monitored() {
	local bypasser honest listed blocked=203.0.113.200
	bypasser=$(fresh clean 6)
	honest=$(fresh clean 6)
	expect_connected "$bypasser"
	expect_connected "$honest"
	expect_report '.attempts == 2 and .watched == 2 and .suspects == 0' \
		"two would have been refused"
	ctl witness add "$honest"
	expect_report ".suspects == 1 and (.suspect_networks[0] |
		.network == \"$(network_of "$honest")\" and .attempts == 1 and
		.reached >= .first and .mercy == null and
		.reasons == {\"bypass\": 1})" \
		"one of them connected to the primary, too"
	expect_report '.policies == {"off": 0, "strict": 2, "witness": 2,
		"witness_known": 2}' "what each policy does with them"
	ctl block add "$blocked" >/dev/null
	expect_connected "$blocked"
	ctl block del "$blocked" >/dev/null
	# Who knocked within the last second would be let in after all.
	sleep 2
	ctl gate open >/dev/null
	listed=$(fresh listed 6)
	expect_connected "$listed"
	expect_within 10 "$listed is looked up" \
		explains "$listed" '.verdict == "listed"'
	expect_connected "$listed"
	ctl gate auto >/dev/null
	expect_gate closed
	expect_report '[.reasons[] | select(.attempts > 0) |
		{(.reason): [.attempts, .watched, .suspects]}] | add ==
		{"blocked": [1, 1, 0], "listed": [1, 1, 0],
			"bypass": [2, 2, 1]}' "each reason has its count"
	expect_report '.zones_known == 1 and
		.zones == [{"zone": "bl.example", "attempts": 1, "alone": 1}]' \
		"the blocklist has its share"
	expect_report '[.openings[] | [.guard, .family, .why]] | sort ==
		[["", "ipv4", "by hand"], ["", "ipv6", "by hand"]]' \
		"when the gate was open, and why"
	expect_report 'all(.openings[]; .until >= .since)' "it is over"
	expect_report '.networks == 4 and (.busiest_networks | length) == 4' \
		"the networks are there"
}

for_people() {
	local line words
	ctl report --since 7d >"$LAB/said"
	cat "$LAB/said"
	words=$(tr -s ' \n' ' ' <"$LAB/said")
	line=$(LC_ALL=C awk 'length > 80' "$LAB/said")
	expect "the text is within 80 columns" [ -z "$line" ]
	for line in ' 0 attempts were refused, and 4 would have been' \
		'bypass 0 2 1 came here although the primary is up' \
		'witness 2 100 %' 'These networks connected to a primary' \
		'bl.example 1 100 % 1' 'IPv6 by hand'; do
		expect "people read \"$line\"" grep -qF -- "$line" <<<"$words"
	done
	expect "a time that is none is refused" \
		grep -q '"soon" is no time' <(ctl report --since soon 2>&1)
}

# Through a real Postfix; also that there is nothing to report.
by_mail() {
	local subject
	subject="Postern on $(uname -n)"
	MAIL_CONFIG=$(mta_dir backup) ctl report --mail user@example.net
	expect_mail_arrives "$subject: what was refused" 20
	expect "with the text" grep -q '^Suspected false positives' \
		"$LAB/mail/inbox"
	expect "without a daemon the command fails" mails_failure
	expect_mail_arrives "$subject: there is no report" 20
}

mails_failure() {
	! MAIL_CONFIG=$(mta_dir backup) "$BUILD/posternctl" --socket \
		"$LAB/nobody" report --mail user@example.net
}

enforced() {
	local source
	ctl mode enforce
	source=$(fresh clean 6)
	expect_dropped "$source" 4
	expect_report '.attempts == 5 and .watched == 4' \
		"what is refused counts the same, and apart"
	expect "its SYNs are one attempt" [ "$(ctl --json history "$source" |
		jq '.days[0].attempts')" = 1 ]
	ctl mode auto
}

over_a_restart() {
	local before
	before=$(ctl --json report | jq -c 'del(.now)')
	stop_postern
	start_postern_again
	expect_gate closed
	expect_same "after a restart all of it is there" "$before" \
		"$(ctl --json report | jq -c 'del(.now)')"
}

# What another version has left behind is no reason not to start.
another_version() {
	stop_postern
	printf '\1' | dd of="$LAB/state/refusals.state" bs=1 seek=11 \
		conv=notrunc status=none
	start_postern_again
	expect "the log says so, in one line" [ "$(grep -c \
		'refusals.state is of another version' \
		"$LAB/log/posternd")" -eq 1 ]
	expect_report '.attempts == 0' "and begins anew"
}

lab_up start_primary start_backup_mta

lab_case "a report says from when on it knows" knows_nothing_yet
lab_case "in monitor mode it says who would have been refused, and who of \
them reached the primary" monitored
lab_case "it is text for people" for_people
lab_case "it comes by mail, if wanted" by_mail
lab_case "enforcing counts the same attempts" enforced
lab_case "the store outlives a restart" over_a_restart
lab_case "one of another version is put aside" another_version

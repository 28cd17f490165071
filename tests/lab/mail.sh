# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The main job, with real mail from end to end.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

healthy_primary() {
	local family=$1
	restore_primary
	expect_gate closed
	expect_dropped "$(fresh listed "$family")"
	expect_dropped "$(fresh clean "$family")"
	send_mail "clean1v$family" "healthy-$family"
	expect_mail_arrives "healthy-$family"
}

# Postfix as a sender tries only the backup.
bypassing_mail() {
	local family=$1
	send_mail "clean3v$family.bypass" "bypass-$family"
	expect_mail_deferred "bypass-$family"
	expect_queue_empty backup
	queue_clear sender
}

stopped_primary() {
	local family=$1
	stop_primary
	expect_refused "$(fresh clean "$family")" primary
	send_mail "clean2v$family" "outage-$family"
	expect_mail_queued "outage-$family" 20
	expect_gate open
	send_mail "listed1v$family" "spam-$family"
	expect_dropped "$(fresh listed "$family")"
	expect_mail_deferred "spam-$family"
}

returned_primary() {
	local family=$1
	start_primary
	expect_mail_arrives "outage-$family" 20
	expect_queue_empty backup
	expect_gate closed
	expect_dropped "$(fresh clean "$family")"
	expect "no mail came from the listed source" \
		[ "$(grep -c "spam-$family" "$LAB/mail/inbox")" -eq 0 ]
	queue_clear sender
}

lab_up start_primary start_backup_mta start_sender
start_postern || die "posternd does not start"

for family in 4 6; do
	lab_case "a healthy primary takes mail, the backup nobody's (IPv$family)" \
		healthy_primary $family
	lab_case "a mail server that goes straight to the backup keeps its \
message (IPv$family)" bypassing_mail $family
	lab_case "without a primary the backup queues mail, but not of listed \
sources (IPv$family)" stopped_primary $family
	lab_case "when the primary is back the queue is flushed and the gate \
closes (IPv$family)" returned_primary $family
done

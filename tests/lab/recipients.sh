# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A backup that knows recipients only by asking the primary (Postfix's address
# verification) takes mail for those that were asked for before the outage.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

VERIFY_PORT=10025

# As README and postern.conf(5) have it.
start_verifying_backup() {
	local dir
	dir=$(mta_dir backup)
	mta_make backup
	sed -i '/^relay_recipient_maps/d' "$dir/main.cf"
	cat >>"$dir/main.cf" <<-EOF
		relay_recipient_maps =
		address_verify_map = btree:$dir/data/verify_cache
		smtpd_recipient_restrictions = reject_unverified_recipient
		unverified_recipient_reject_code = 550
	EOF
	cat >>"$dir/master.cf" <<-EOF
		127.0.0.1:$VERIFY_PORT inet n - n - 1 smtpd
		  -o smtpd_relay_restrictions=reject_unauth_destination
		  -o smtpd_recipient_restrictions=reject_unverified_recipient
	EOF
	mta_start backup
}

# send_to RECIPIENT TOKEN
send_to() {
	on internet sendmail -C "$(mta_dir sender)" \
		-f clean1v4@sender.example "$1@example.net" \
		<<<"Subject: $2"
}

verifying() {
	cat >"$LAB/recipients" <<-EOF
		# known at the primary
		user@example.net	ok

		nobody-here@example.net
		no address
	EOF
	restart_postern queue.recipients=verify \
		queue.recipient-file="\"$LAB/recipients\"" \
		queue.verify-delay=200ms "$@"
	expect_gate closed
}

warm_cache() {
	verifying
	expect_status '.recipients | .accepted >= 1 and .refused >= 1 and
		.resting and .skipped == 1 and .problem == null' 40 \
		"known recipients are accepted, others refused, once"
	stop_primary
	expect_gate open
	send_to user "warm"
	expect_mail_queued warm 30
	# The way it is without: 450, unverified address.
	send_to postmaster "cold"
	expect_mail_deferred cold
	expect "the backup has not taken it" refuse_queue_has cold
	start_primary
	expect_mail_arrives warm 30
	queue_clear sender
}

refuse_queue_has() {
	! queue_has backup "$1"
}

without_listener() {
	verifying queue.verify-port=10999
	expect_status '.recipients | .failed >= 1 and
		(.problem | length) > 0' 20 "status says what is wrong"
	expect_log "can't have recipients verified.*refuses connections"
}

without_file() {
	restart_postern queue.recipients=verify \
		queue.recipient-file="\"$LAB/nowhere\""
	expect_log "can't read the recipients in .*nowhere: No such file" 20
}

lab_up start_primary start_verifying_backup start_sender
before_each restore_primary

lab_case "a recipient that was verified in peace is taken in an outage" \
	warm_cache
lab_case "a listener that is not there is told" without_listener
lab_case "so is a file that can't be read" without_file

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Probes over TLS, which real Postfix takes; and a primary whose TLS doesn't
# work is down for those who insist on it.  The doorman over TLS, with the
# certificate of the local Postfix.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# primary_tls LEVEL: with a certificate that nobody has signed.
primary_tls() {
	local dir
	dir=$(mta_dir primary)
	[ -e "$LAB/key.pem" ] ||
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x \
			-keyout "$LAB/key.pem" -out "$LAB/cert.pem" 2>/dev/null
	stop_primary
	on primary postconf -c "$dir" "smtpd_tls_security_level = $1" \
		"smtpd_tls_cert_file = $LAB/cert.pem" \
		"smtpd_tls_key_file = $LAB/key.pem" smtpd_tls_loglevel=1
	start_primary
}

asked_over_tls() {
	mta_log_has primary 'TLS connection established from'
}

primary_is_asked() {
	primary_tls "$1"
	restart_postern "health.starttls=$2"
	expect_gate closed
	expect "the primary logs TLS" asked_over_tls
	expect "and no fault in it" \
		eval '! mta_log_has primary "SSL_accept error"'
}

primary_insists() {
	primary_tls encrypt
	restart_postern health.starttls=none
	expect_status '[.primaries[].reason] | length > 0 and
		all(. == "mail")' 15 "in plain text it is down"
	expect_gate open
}

primary_has_none() {
	primary_tls none
	restart_postern health.starttls=encrypt
	expect_status '[.primaries[].reason] | length > 0 and
		all(. == "tls")' 15 "status says that it is for TLS"
	expect_gate open
	restart_postern health.starttls=may
	expect_gate closed
}

# renew_certificate: of the backup, for root alone.
renew_certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=backup \
		-keyout "$LAB/mx.key" -out "$LAB/mx.pem" 2>/dev/null
	chmod 600 "$LAB/mx.key"
	FINGERPRINT=$(openssl x509 -in "$LAB/mx.pem" -outform DER |
		sha256sum | cut -d ' ' -f 1)
}

# The backup's Postfix names its certificate, and the doorman is there.
with_doorman() {
	on backup postconf -c "$(mta_dir backup)" \
		"smtpd_tls_cert_file = $LAB/mx.pem" \
		"smtpd_tls_key_file = $LAB/mx.key"
	restart_postern bypass.action=defer "$@"
	expect_gate closed
}

# said_over_tls SOURCE COMMAND...
said_over_tls() {
	local source=$1
	shift
	on internet "$LAB_SOURCE/lib/smtp" --source "$source" --starttls \
		--to "$(address_of backup "$source")" "$@"
}

shows_certificate() {
	said_over_tls "$1" QUIT | grep -q "^TLSv1.[23] $2\$"
}

doorman_speaks_tls() {
	local source said
	source=$(fresh clean "$1")
	renew_certificate
	with_doorman
	expect_status '.doorman.starttls' 10 "the doorman has a certificate"
	said=$(said_over_tls "$source" 'EHLO a.example' 'MAIL FROM:<>' \
		'RCPT TO:<user@example.net>' QUIT) || :
	told "$(as_status grep -q '^220 backup.lab.example ' <<<"$said")" \
		"he has the name of the local Postfix" \
		"$(head -n 1 <<<"$said")"
	told "$(as_status grep -q "^TLSv1.[23] $FINGERPRINT\$" <<<"$said")" \
		"and its certificate" "$(grep ^TLS <<<"$said")"
	told "$(as_status grep -q "^451 4.3.2 this is a backup" <<<"$said")" \
		"who comes is told over TLS" "$(tail -n 2 <<<"$said" | head -n 1)"
	expect_status '.doorman.tls >= 1 and .doorman.tls_failed == 0' 5 \
		"status counts it"
}

# Real Postfix that sends over TLS or not at all.
sender_insists() {
	local dir
	dir=$(mta_dir sender)
	renew_certificate
	with_doorman
	on internet postconf -c "$dir" smtp_tls_security_level=encrypt \
		smtp_tls_loglevel=1
	on internet postfix -c "$dir" reload 2>/dev/null
	send_mail clean1v4.bypass insists
	expect_within 30 "the sender logs the doorman's reply" \
		mta_log_has sender '451 4.3.2 this is a backup'
	expect "it got that over TLS" \
		mta_log_has sender 'TLS connection established to'
	expect_mail_deferred insists
	queue_clear sender
}

certificate_is_renewed() {
	local source before
	source=$(fresh clean 4)
	renew_certificate
	with_doorman
	expect_within 20 "he shows the certificate" \
		shows_certificate "$source" "$FINGERPRINT"
	before=$FINGERPRINT
	renew_certificate
	reload_postern
	expect_within 20 "after a reload he shows the new one" \
		shows_certificate "$source" "$FINGERPRINT"
	before=$FINGERPRINT
	renew_certificate
	openssl genrsa -out "$LAB/mx.key" 2>/dev/null
	reload_postern
	expect_log "$LAB/mx.pem.*belongs to none of the certificates"
	expect "he keeps the one that he has when the next one is bad" \
		shows_certificate "$source" "$before"
	rm "$LAB/mx.key"
	reload_postern
	expect_log "$LAB/mx.key: can't be read for the doorman's TLS"
	expect "or missing" shows_certificate "$source" "$before"
	expect_status '.doorman.state == "on" and .doorman.starttls' 5 \
		"status says that he offers it"
}

new_worker_shows_it() {
	local worker source
	source=$(fresh clean 4)
	renew_certificate
	with_doorman
	worker=$(worker_pid)
	kill -KILL "$worker"
	expect_within 10 "the parent starts another worker" \
		worker_changed "$worker"
	expect_within 20 "and that one has the certificate" \
		shows_certificate "$source" "$FINGERPRINT"
}

starttls_is_not_wanted() {
	local source said
	source=$(fresh clean 4)
	renew_certificate
	with_doorman doorman.starttls=none doorman.name='"doorman.example"'
	said=$(on internet "$LAB_SOURCE/lib/smtp" --source "$source" \
		--to "$(address_of backup "$source")" 'EHLO a.example' \
		STARTTLS) || :
	told "$(as_status grep -q '^220 doorman.example ' <<<"$said")" \
		"he has the name of the configuration" "$(head -n 1 <<<"$said")"
	told "$(as_status grep -q '^502 5.5.1' <<<"$said")" \
		"STARTTLS is not done" "$(tail -n 1 <<<"$said")"
	told "$(as_status [ "${said/250-STARTTLS/}" = "$said" ])" \
		"nor offered" "$(tail -n 2 <<<"$said" | head -n 1)"
}

lab_up start_primary start_backup_mta start_sender
before_each restore_primary

lab_case "a primary that offers TLS is asked over it" primary_is_asked may may
lab_case "a primary that insists on TLS is up for probes that use it" \
	primary_is_asked encrypt encrypt
lab_case "... and down for those that don't" primary_insists
lab_case "without STARTTLS it is down only for probes that insist" \
	primary_has_none
lab_case "the doorman speaks TLS with what the local Postfix has (IPv4)" \
	doorman_speaks_tls 4
lab_case "the doorman speaks TLS with what the local Postfix has (IPv6)" \
	doorman_speaks_tls 6
lab_case "a sender that insists on TLS is told, too" sender_insists
lab_case "a certificate is renewed by a reload, for better only" \
	certificate_is_renewed
lab_case "a new worker has it again" new_worker_shows_it
lab_case "the doorman goes without TLS if that is wanted" \
	starttls_is_not_wanted

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Probes over TLS, which real Postfix takes; and a primary whose TLS doesn't
# work is down for those who insist on it.

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

lab_up start_primary start_backup_mta
before_each restore_primary

lab_case "a primary that offers TLS is asked over it" primary_is_asked may may
lab_case "a primary that insists on TLS is up for probes that use it" \
	primary_is_asked encrypt encrypt
lab_case "... and down for those that don't" primary_insists
lab_case "without STARTTLS it is down only for probes that insist" \
	primary_has_none

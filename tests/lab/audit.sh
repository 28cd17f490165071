# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `posternctl audit` with real Postfix as primary and backup: silent about a
# good pair, and each fault is seen, with what to do about it.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

EQUAL_PORT=5301

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -batch \
		-subj "/CN=lab.example" -keyout "$LAB/tls.key" \
		-out "$LAB/tls.crt" 2>/dev/null
	cat "$LAB/tls.key" "$LAB/tls.crt" >"$LAB/tls.pem"
}

set_up() {
	local name
	certificate
	for name in primary backup; do
		mta_make "$name"
		postconf -c "$(mta_dir "$name")" -e \
			"smtpd_tls_security_level = may" \
			"smtpd_tls_chain_files = $LAB/tls.pem" \
			"smtpd_relay_restrictions = reject_unauth_destination"
	done
	postconf -c "$(mta_dir primary)" -e \
		"postscreen_dnsbl_sites = bl.example=127.0.0.2*2" \
		"postscreen_dnsbl_threshold = 2"
	cp "$(mta_dir backup)/main.cf" "$LAB/backup.cf"
	audit_config bl.example
	mta_start primary && mta_start backup
}

# audit_config ZONE: what `posternctl audit --config` reads.
audit_config() {
	cat >"$LAB/audit.conf" <<-EOF
		interface = { "eth0" }
		bypass { policy = off }
		dnsbl {
		    sites = { "$1=127.0.0.2*2" }
		    threshold = 2
		    nameservers = { "${NAMESERVER:-$RESOLVER_IPV4}" }
		}
	EOF
}

# The backup as it was, but for these settings.
backup_with() {
	cp "$LAB/backup.cf" "$(mta_dir backup)/main.cf"
	[ "$#" -eq 0 ] || postconf -c "$(mta_dir backup)" -e "$@"
	mta_stop backup
	mta_start backup
}

# audit WORD...: from the internet, into $LAB/audit.out; its status in STATUS.
audit() {
	STATUS=0
	on internet "$BUILD/posternctl" audit --helo probe.lab.example "$@" \
		>"$LAB/audit.out" 2>"$LAB/audit.err" || STATUS=$?
}

audit_pair() {
	audit --known user --main-cf "$(mta_dir primary)" \
		--ours "$(mta_dir backup)" --config "$LAB/audit.conf" "$@" \
		example.net
}

flat() {
	tr -s ' \n' ' ' <"$LAB/audit.out"
}

says() {
	flat | grep -qF -- "$1"
}

expect_status_is() {
	told "$(as_status [ "$STATUS" -eq "$1" ])" \
		"audit ends with status $1" "$STATUS $(<"$LAB/audit.err")"
	[ "$STATUS" -eq "$1" ] || {
		cat "$LAB/audit.out"
		return 1
	}
}

# expect_fault WORDS CURE: and no other.
expect_fault() {
	expect_status_is 1
	expect "it finds one fault in each family" \
		[ "$(grep -c '^ *fault ' "$LAB/audit.out")" -eq "${3:-2}" ]
	expect "it says \"$1\"" says "$1"
	expect "it says \"$2\"" says "$2"
	expect "no line is longer than 80 columns" \
		[ "$(wc -L <"$LAB/audit.out")" -le 80 ]
}

good_pair() {
	backup_with
	audit_pair
	expect_status_is 0
	expect "it finds no fault" says "no fault found"
	expect "IPv6 is asked, too" says "$BACKUP_IPV6"
	for name in primary backup; do
		expect_within 5 "the $name was told QUIT" mta_log_has "$name" \
			"disconnect.*ehlo=1 mail=1 rcpt=2/3 rset=1 quit=1"
		expect "and never DATA" \
			[ "$(log_count "mta-$name" ' data=')" -eq 0 ]
	done
}

good_json() {
	backup_with
	STATUS=0
	on internet "$BUILD/posternctl" --json audit --known user \
		--config "$LAB/audit.conf" example.net >"$LAB/audit.out" ||
		STATUS=$?
	expect_status_is 0
	expect "the JSON has what the page says" jq -e '.domain ==
		"example.net" and .faults == 0 and
		([.servers[] | select(.role == "backup")
			| .preference == 20 and .size > 0 and .starttls
			and .name == "mx2.example.net"] == [true, true]) and
		([.servers[].recipients[] | select(.kind == "unknown").code]
			| all(. == 550)) and
		([.findings[] | select(.state == "fault")] == [])' \
		"$LAB/audit.out"
}

backscatter() {
	backup_with "relay_recipient_maps ="
	audit_pair
	expect_fault "backscatter: an unknown recipient is accepted" \
		"relay_recipient_maps = hash:/etc/postfix/relay_recipients"
	expect "or the other cure" says "reject_unverified_recipient"
}

other_size() {
	backup_with "message_size_limit = 20480000"
	audit_pair
	expect_fault "20480000 octets, the primary 10240000 octets" \
		"message_size_limit = 10240000"
}

no_starttls() {
	backup_with "smtpd_tls_security_level = none"
	audit_pair
	expect_fault "not offered, the primary does" \
		"smtpd_tls_security_level = may"
}

# With one poll, Postfix doesn't wait for the answer of the primary.
cold_cache() {
	backup_with "relay_recipient_maps =" "address_verify_poll_count = 1" \
		"smtpd_recipient_restrictions = reject_unverified_recipient" \
		"unverified_recipient_reject_code = 550"
	audit_pair
	expect_status_is 1
	expect "a known recipient would meet 450" \
		says "user@example.net meets 450, and would in an outage"
	expect "it says how to warm the cache" says "recipients = verify"
	# Both recipients are in the cache then.
	expect_within 30 "with a warm cache there is no fault" audit_is_good
}

audit_is_good() {
	audit_pair
	[ "$STATUS" -eq 0 ]
}

verified_now() {
	rm -f "$(mta_dir backup)"/data/verify_cache*
	backup_with "relay_recipient_maps =" \
		"smtpd_recipient_restrictions = reject_unverified_recipient" \
		"unverified_recipient_reject_code = 550"
	audit_pair --backup "$BACKUP_IPV4"
	expect_status_is 1
	expect "a recipient was verified only now" \
		says "so it was verified only now: in an outage"
}

equal_preference() {
	backup_with
	spawn equal dns dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--log-facility=- --pid-file="$LAB/pid/equal.own" \
		--no-resolv --no-hosts --port="$EQUAL_PORT" \
		--listen-address="$RESOLVER_IPV4" --bind-interfaces \
		--local=/example.net/ \
		--mx-host=example.net,mx1.example.net,10 \
		--mx-host=example.net,mx2.example.net,10 \
		--host-record="mx1.example.net,$PRIMARY_IPV4,$PRIMARY_IPV6" \
		--host-record="mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6"
	within 5 log_grew equal started 0
	NAMESERVER=$RESOLVER_IPV4:$EQUAL_PORT audit_config bl.example
	audit_pair --primary "$PRIMARY_IPV4" --primary "$PRIMARY_IPV6" \
		--backup "$BACKUP_IPV4" --backup "$BACKUP_IPV6"
	expect_fault "preference 10 is the same as the primary's 10" \
		"give the backup a preference above 10"
	audit --config "$LAB/audit.conf" example.net
	expect_status_is 1
	expect "without a word which one is meant there is no backup" \
		grep -q "all its MX have the same preference" "$LAB/audit.err"
	stop equal
}

missing_blocklist() {
	backup_with
	audit_config other.example
	audit_pair
	expect_fault "bl.example is asked by the primary, but not here" \
		'add "bl.example=127.0.0.2*2" to dnsbl.sites' 1
	expect "what it has in addition is a note" \
		says "other.example is asked here, but not by the primary"
}

short_lifetime() {
	audit_config bl.example
	backup_with "maximal_queue_lifetime = 1d"
	audit_pair
	expect_fault "keeps mail for 1 d only" \
		"maximal_queue_lifetime = 30d" 1
}

# Nobody answers at that port.
without_dns() {
	backup_with
	NAMESERVER=$RESOLVER_IPV4:9 audit_config bl.example
	audit_pair --primary "$PRIMARY_IPV4" --backup "$BACKUP_IPV4"
	expect_status_is 0
	expect "of MX it says that nothing is known" says "mx not known: "
	audit --config "$LAB/audit.conf" --primary "$PRIMARY_IPV4" example.net
	expect_status_is 1
	expect "a backup that it can't find has to be named" \
		grep -q "name it by --backup ADDR" "$LAB/audit.err"
}

stopped_backup() {
	audit_config bl.example
	mta_stop backup
	audit_pair
	expect_fault "refuses connections" "posternctl allow add"
}

lab_up set_up

lab_case "a good pair has no fault, and no mail is sent" good_pair
lab_case "its JSON has the documented keys" good_json
lab_case "a backup that accepts unknown recipients makes backscatter" \
	backscatter
lab_case "another SIZE is a fault" other_size
lab_case "missing STARTTLS is a fault" no_starttls
lab_case "recipients that an outage would meet with 450 are a fault" \
	cold_cache
lab_case "and so are those that were verified only now" verified_now
lab_case "the same preference is a fault" equal_preference
lab_case "a blocklist that the backup lacks is a fault" missing_blocklist
lab_case "a short queue lifetime is a fault" short_lifetime
lab_case "literal addresses need no DNS" without_dns
lab_case "a backup that doesn't answer is a fault" stopped_backup

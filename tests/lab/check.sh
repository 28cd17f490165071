# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `posternctl check` on a backup MX with real Postfix, unbound and rbldnsd:
# silent where all is well, and each mistake is found, with what to do.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

EQUAL_PORT=5301

set_up() {
	mta_make backup
	start_backup_mta && start_primary && zones_up
	write_config
}

# write_config [CHANGE]...: what is checked.
write_config() {
	postern_config mode=monitor bypass.action=defer \
		"dnsbl.sites={ \"bl.example=127.0.0.2\" }" "$@" \
		>"$LAB/check.conf"
	chmod 640 "$LAB/check.conf"
}

# On the backup, as JSON in $LAB/check.out.
check() {
	STATUS=0
	on backup "$BUILD/posternctl" --json check \
		--config "$LAB/check.conf" --postfix "$(mta_dir backup)" \
		>"$LAB/check.out" 2>"$LAB/check.err" || STATUS=$?
}

# finds CHECK STATE ABOUT WORDS: the last two are patterns.
finds() {
	jq -e --arg check "$1" --arg state "$2" --arg about "$3" \
		--arg words "$4" '[.findings[] | select(.check == $check and
			.state == $state and (.about | test($about)) and
			(.text | test($words)))] | length > 0' \
		"$LAB/check.out" >/dev/null
}

expect_found() {
	told "$(as_status finds "$@")" "$1 is $2 for ${3:-it}: $4" \
		"status $STATUS $(<"$LAB/check.err")"
	finds "$@" || {
		jq -c '.findings[] | del(.cure)' "$LAB/check.out"
		return 1
	}
	case $2 in
	fail) expect "it ends with status 1" [ "$STATUS" -eq 1 ] ;;
	esac
}

# Of the clock and of the machine nothing is known here.
fails() {
	jq -r '[.findings[] | select(.state == "fail") | .check] | unique |
		join(" ")' "$LAB/check.out"
}

well() {
	write_config
	spawn posternd backup "$BUILD/posternd" --config "$LAB/check.conf"
	expect_within 30 "posternd runs" filters
	check
	expect "nothing fails" [ "$(fails)" = "" ]
	expect "it ends with status 0" [ "$STATUS" -eq 0 ]
	expect_found zone ok '^bl.example$' answers
	expect_found own-listed ok "^$BACKUP_IPV4\$" "none of the 1 lists"
	expect_found preference ok example.net "preference 20, the best MX 10"
	expect_found primary ok "^$PRIMARY_IPV4\$" "without ado"
	expect_found primary ok "^$PRIMARY_IPV6\$" "without ado"
	expect_found daemon ok '' runs
	expect_found attach ok eth0 native
	expect_found doorman ok '' "is here"
	expect_found tlsa ok mx2.example.net "no TLSA"
	expect_found mta-sts ok example.net "no MTA-STS"
}

for_people() {
	STATUS=0
	on backup "$BUILD/posternctl" check --config "$LAB/check.conf" \
		--postfix "$(mta_dir backup)" >"$LAB/check.out" || STATUS=$?
	expect "it ends with status 0" [ "$STATUS" -eq 0 ]
	expect "the first line judges" \
		grep -q '^0 wrong, ' "$LAB/check.out"
	expect "no line is longer than 80 columns" \
		[ "$(wc -L <"$LAB/check.out")" -le 80 ]
}

other_configuration() {
	write_config mode=enforce
	check
	expect_found daemon warn '' '.mode. differs'
	stop_postern
	check
	expect_found daemon warn '' "does not run"
}

listed_now() {
	check
	finds own-listed fail "^$BACKUP_IPV4\$" "listed by bl.example"
}

# The resolver has an older answer, which it forgets when told so.
own_address_listed() {
	write_config
	rbl_add "$BACKUP_IPV4"
	kill -HUP "$(pid_of dnsmasq)"
	expect_within 15 "the listing is found" listed_now
	check
	expect_found own-listed fail "^$BACKUP_IPV4\$" "127.0.0.2"
	expect_found own-listed ok "^$BACKUP_IPV6\$" "none of the 1 lists"
}

refused_resolver() {
	write_config "dnsbl.sites={ \"public.sick\", \"well.sick\" }" \
		"dnsbl.nameservers={ \"$UNBOUND_IPV4\" }"
	check
	expect_found zone fail '^public.sick$' 'public'
	expect_found zone ok '^well.sick$' answers
	expect "it says what to do" jq -e '.findings[] |
		select(.check == "zone" and .state == "fail").cure |
		test("resolver of your own")' "$LAB/check.out"
}

equal_preference() {
	spawn equal dns dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--log-facility=- --pid-file="$LAB/pid/equal.own" \
		--no-resolv --no-hosts --port="$EQUAL_PORT" \
		--listen-address="$RESOLVER_IPV4" --bind-interfaces \
		--local=/example.net/ \
		--mx-host=example.net,mx1.example.net,10 \
		--mx-host=example.net,mx2.example.net,10 \
		--dns-rr=_25._tcp.mx2.example.net,52,0301010102030405 \
		--txt-record=_mta-sts.example.net,"v=STSv1; id=1" \
		--host-record="mx1.example.net,$PRIMARY_IPV4,$PRIMARY_IPV6" \
		--host-record="mx2.example.net,$BACKUP_IPV4,$BACKUP_IPV6"
	within 10 log_grew equal started 0
	write_config \
		"dnsbl.nameservers={ \"$RESOLVER_IPV4:$EQUAL_PORT\" }"
	check
	expect_found preference fail example.net "the same preference, 10"
	expect_found tlsa warn mx2.example.net "doorman no certificate"
	expect_found mta-sts unknown example.net "not fetched here"
	postconf -c "$(mta_dir backup)" -e "smtpd_tls_cert_file = $LAB/a.pem"
	check
	expect_found tlsa ok mx2.example.net "doorman has a certificate"
	postconf -c "$(mta_dir backup)" -X smtpd_tls_cert_file
	stop equal
}

# example.org has its MX at the second addresses alone.
only_mx() {
	host_addresses backup "$SECOND_IPV4" "$SECOND_IPV6" 2>/dev/null || :
	postconf -c "$(mta_dir backup)" -e \
		"relay_domains = example.net, example.org"
	write_config "protect={ \"$BACKUP_IPV4\", \"$SECOND_IPV4\" }"
	check
	expect_found preference fail example.org \
		"MX: the closed gate refuses its mail"
	write_config
	check
	expect_found preference ok example.org "no protected address"
	postconf -c "$(mta_dir backup)" -e "relay_domains = example.net"
	ip_on backup address delete "$SECOND_IPV4/24" dev eth0
	ip_on backup address delete "$SECOND_IPV6/64" dev eth0
}

strange_primary() {
	local dir
	dir=$(mta_dir primary)
	stop_primary
	cp "$dir/main.cf" "$LAB/main.cf"
	cp "$dir/master.cf" "$LAB/master.cf"
	postconf -c "$dir" -e "postscreen_greet_banner = wait a moment" \
		"postscreen_greet_wait = 4s" "postscreen_greet_action = enforce"
	sed -i '/^smtp inet/d' "$dir/master.cf"
	cat >>"$dir/master.cf" <<-EOT
		smtp inet n - n - 1 postscreen
		smtpd pass - - n - - smtpd
		dnsblog unix - - n - 0 dnsblog
		tlsproxy unix - - n - 0 tlsproxy
	EOT
	start_primary
	write_config
	check
	expect_found primary warn "$PRIMARY_IPV4" "as postscreen does"
	stop_primary
	cp "$LAB/main.cf" "$LAB/master.cf" "$dir/"
	start_primary
}

dead_primary() {
	stop_primary
	check
	expect_found primary fail "$PRIMARY_IPV4" "refuses connections"
	start_primary
}

# Nobody answers at that port.
without_dns() {
	write_config "dnsbl.nameservers={ \"$RESOLVER_IPV4:9\" }"
	check
	expect_found zone unknown bl.example "does not answer"
	expect_found preference unknown example.net "does not tell its MX"
	expect "no fault is seen in that" [ "$(fails)" = "" ]
}

no_mail_server() {
	write_config
	mta_stop backup
	check
	expect_found doorman fail '' "nothing listens here on port 25"
	start_backup_mta
}

open_file() {
	write_config
	chmod 666 "$LAB/check.conf"
	check
	expect_found permissions fail '' "others than root may write"
}

lab_up set_up

lab_case "where all is well nothing fails" well
lab_case "people read it in 80 columns" for_people
lab_case "a daemon with another configuration is found" other_configuration
lab_case "our own address on a list is found" own_address_listed
lab_case "a resolver that lists refuse is found" refused_resolver
lab_case "the same preference, TLSA and MTA-STS are found" equal_preference
lab_case "a domain that a closed gate would refuse is found" only_mx
lab_case "a primary that takes us for a stranger is found" strange_primary
lab_case "a primary that is down is found" dead_primary
lab_case "without DNS what can't be told is told so" without_dns
lab_case "a doorman without a mail server is found" no_mail_server
lab_case "a file that others may write is found" open_file

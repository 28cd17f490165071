# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first run, as somebody does it who has a backup MX with Postfix and has
# read no more than the README: `posternctl setup`, and posternd with what
# that has written.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

set_up() {
	mta_make backup
	postconf -c "$(mta_dir backup)" -e \
		"mynetworks = 127.0.0.0/8 198.51.100.0/28" \
		"postscreen_dnsbl_sites = bl.example=127.0.0.2*2" \
		"postscreen_dnsbl_threshold = 2"
	mta_start backup && start_primary
}

# run_setup OPTION...: on the backup, into $LAB/setup.out.
run_setup() {
	STATUS=0
	with_resolver nsenter --net="$(netns_of backup)" -- \
		"$BUILD/posternctl" setup --postfix "$(mta_dir backup)" \
		--output "$LAB/made.conf" "$@" >"$LAB/setup.out" \
		2>"$LAB/setup.err" || STATUS=$?
}

expect_status_is() {
	told "$(as_status [ "$STATUS" -eq "$1" ])" "it ends with status $1" \
		"$STATUS $(<"$LAB/setup.err")"
	[ "$STATUS" -eq "$1" ] || {
		cat "$LAB/setup.out"
		return 1
	}
}

says() {
	tr -s ' \n' ' ' <"$LAB/setup.out" | grep -qF -- "$1"
}

expect_said() {
	local words
	for words; do
		expect "it says \"$words\"" says "$words"
	done
}

made_has() {
	tr -s ' \n\t' ' ' <"$LAB/made.conf" | grep -qF -- "$1"
}

expect_made() {
	local words
	for words; do
		expect "the file has $words" made_has "$words"
	done
}

first_run() {
	run_setup
	expect_status_is 0
	expect_said "eth0: a default route leads there" \
		"1 of relay_domains whose backup MX this host is" \
		"mx1.example.net, preference 10" "action defer"
	expect "no line is longer than 80 columns" \
		[ "$(wc -L <"$LAB/setup.out")" -le 80 ]
	expect_made 'interface = { "eth0" }' "mode = monitor" \
		'mx-of = { "example.net" }' "\"$BACKUP_IPV6\"" \
		'"198.51.100.0/28"' "\"$PRIMARY_IPV4\"" '"bl.example=127.0.0.2*2"' \
		"policy = strict" "action = defer" 'name = "backup.lab.example"'
	expect "it is for root and the group postern" [ \
		"$(stat -c '%U:%G %a' "$LAB/made.conf")" = "root:postern 640" ]
	expect "nothing else lies about" [ \
		"$(find "$LAB" -name 'made.conf*' | wc -l)" -eq 1 ]
	expect "posternd likes it" posternd --config "$LAB/made.conf" --check
}

second_run() {
	echo "# mine" >"$LAB/made.conf"
	run_setup
	expect_status_is 1
	expect "it says how to replace it" grep -q -- --force "$LAB/setup.err"
	expect "my file is as it was" grep -qx "# mine" "$LAB/made.conf"
	run_setup --force
	expect_status_is 0
	expect_made "mode = monitor"
}

dry_run() {
	rm -f "$LAB/made.conf"
	run_setup --dry-run
	expect_status_is 0
	expect "nothing is written" [ ! -e "$LAB/made.conf" ]
	expect "what is printed loads" posternd --config "$LAB/setup.out" \
		--check
	expect "what was found is told apart" grep -q "default route" \
		"$LAB/setup.err"
}

# Where this lab keeps what others keep in /run, /sys and /var.
made_for_lab() {
	run_setup --force
	cat >>"$LAB/made.conf" <<-EOT
		control = "$LAB/control/control.sock"
		pin = "$PIN"
		state = "$LAB/state"
	EOT
}

start_made() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	spawn posternd backup unshare --mount sh -c '
		mount --bind "$1" /etc/resolv.conf && shift && exec "$@"
	' sh "$LAB/resolv.conf" "$BUILD/posternd" --config "$LAB/made.conf"
}

gate_closes() {
	status_is '.gate.ipv4.state == "closed" and
		.gate.ipv6.state == "closed"'
}

daemon_runs_with_it() {
	local source
	made_for_lab
	expect_status_is 0
	start_made
	expect_within 30 "the filter is on the interface" filters
	expect_within 60 "the primary is found, and the gate closes" gate_closes
	expect "it watches only" status_is '.mode == "monitor"'
	source=$(fresh clean 4)
	expect_connected "$source"
	stop_postern
}

# No route, no resolver: nobody answers at that address.
without_network() {
	rm -f "$LAB/made.conf"
	STATUS=0
	unshare --net "$BUILD/posternctl" setup --postfix \
		"$(mta_dir backup)" --output "$LAB/made.conf" \
		>"$LAB/setup.out" 2>"$LAB/setup.err" || STATUS=$?
	expect_status_is 0
	expect_said "there is no default route" "run this again when it does"
	expect_made 'CHANGE: the interfaces' '#mx-of = {' "policy = off" \
		'"198.51.100.0/28"'
	expect "posternd likes it" posternd --config "$LAB/made.conf" --check
}

# Questions vanish.  Nobody waits for ever.
mute_resolver() {
	rm -f "$LAB/made.conf"
	kill -STOP "$(pid_of dnsmasq)"
	run_setup
	kill -CONT "$(pid_of dnsmasq)"
	expect_status_is 0
	expect_said "run this again when it does"
	expect_made '#mx-of = {' "policy = off" '"bl.example=127.0.0.2*2"'
}

# Without /etc/postfix, and without what is said on the command line.
without_postfix() {
	run_setup --dry-run --postfix "$LAB/none"
	expect_status_is 0
	expect "it says what is missing" grep -q "missing *postfix" \
		"$LAB/setup.err"
	expect "what is printed loads" posternd --config "$LAB/setup.out" \
		--check
}

# The backup is the best MX of example.org, at its second addresses.
with_another_domain() {
	host_addresses backup "$SECOND_IPV4" "$SECOND_IPV6" 2>/dev/null || :
	postconf -c "$(mta_dir backup)" -e \
		"relay_domains = example.net, example.org, none.example.net"
	run_setup --force
	postconf -c "$(mta_dir backup)" -e "relay_domains = example.net"
	expect_status_is 0
	expect_said "example.org: this host is its best MX" \
		"none.example.net has no MX record"
	expect_made 'mx-of = { "example.net", "example.org" }'
	ip_on backup address delete "$SECOND_IPV4/24" dev eth0
	ip_on backup address delete "$SECOND_IPV6/64" dev eth0
}

witnesses() {
	run_setup --force --witnesses
	expect_status_is 0
	expect_made "policy = witness" "action = drop"
}

in_json() {
	STATUS=0
	with_resolver nsenter --net="$(netns_of backup)" -- \
		"$BUILD/posternctl" --json setup --dry-run \
		--postfix "$(mta_dir backup)" >"$LAB/setup.out" \
		2>"$LAB/setup.err" || STATUS=$?
	expect_status_is 0
	expect "it has the documented keys" jq -e '.file == null and
		(.configuration | test("mode = monitor")) and
		all(.notes[]; .state == "found" or .state == "look")' \
		"$LAB/setup.out"
}

lab_up set_up

lab_case "setup finds out, writes, and posternd likes it" first_run
lab_case "a file that is there is replaced with --force only" second_run
lab_case "--dry-run prints what loads" dry_run
lab_case "posternd watches with what setup has written" daemon_runs_with_it
lab_case "without a network it says what is missing" without_network
lab_case "a resolver that says nothing is not waited for" mute_resolver
lab_case "without Postfix it writes what there is" without_postfix
lab_case "a domain that keeps the gate open is named" with_another_domain
lab_case "witnesses make the policy" witnesses
lab_case "its JSON has the documented keys" in_json

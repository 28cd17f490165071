# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `posternctl exporter` beside a real daemon, as a user who may do nothing but
# open the control socket.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

PORT=9167
OPENMETRICS='application/openmetrics-text;version=1.0.0'

http() {
	on backup "$LAB_SOURCE/lib/http" "$@"
}

# scrape PATH [ACCEPT]: into $LAB/scrape, without its first line, which is in
# SAID.
scrape() {
	http get "$PORT" "$@" >"$LAB/reply"
	SAID=$(head -n 1 "$LAB/reply")
	tail -n +2 "$LAB/reply" >"$LAB/scrape"
}

expect_said() {
	told "$(as_status [ "$SAID" = "$1" ])" "it answers \"$1\"" "$SAID"
}

has() {
	grep -qxE -- "$1" "$LAB/scrape"
}

scraped() {
	scrape /metrics && has "$1"
}

start_exporter() {
	install -m 0755 "$BUILD/posternctl" "$LAB/posternctl"
	spawn exporter backup setpriv --reuid="$(id -u nobody)" \
		--regid="$(id -g nobody)" --groups=postern \
		"$LAB/posternctl" --socket "$LAB/control/control.sock" exporter \
		--listen "127.0.0.1:$PORT"
	within 10 scrape /healthz
}

both_formats() {
	scrape /metrics "$OPENMETRICS,text/plain;q=0.5"
	expect_said "200 application/openmetrics-text; version=1.0.0; \
charset=utf-8"
	expect "it ends with # EOF" [ "$(tail -n 1 "$LAB/scrape")" = "# EOF" ]
	expect "a counter's family lacks its _total" \
		has '# TYPE postern_syns counter'
	scrape /metrics
	expect_said "200 text/plain; version=0.0.4; charset=utf-8"
	expect "in the older format it has it" \
		has '# TYPE postern_syns_total counter'
	if command -v promtool >/dev/null; then
		expect "promtool finds nothing wrong" promtool check metrics \
			<"$LAB/scrape"
	fi
}

same_as_status() {
	local dropped
	expect_gate closed
	expect_dropped "$(fresh clean 4)"
	dropped=$(ctl --json status | jq .counters.bypass.ipv4)
	expect "SYNs were dropped" [ "$dropped" -gt 0 ]
	expect_within 10 "the counter is that of the status" scraped \
		"postern_syns_total\{reason=\"bypass\",outcome=\"refused\",\
family=\"ipv4\"\} $dropped"
	expect "both gates are closed" [ "$(grep -c \
		'^postern_gate_closed{family="ipv[46]"} 1$' \
		"$LAB/scrape")" -eq 2 ]
	expect "both addresses of the primary are up" [ "$(grep -c \
		'^postern_primary_up{.*} 1$' "$LAB/scrape")" -eq 2 ]
	expect "the filter is attached" has \
		'postern_interface_attached\{interface="eth0",.*\} 1'
}

health() {
	scrape /healthz
	expect_said "200 text/plain; charset=utf-8"
	kill -STOP "$(worker_pid)"
	expect_within 20 "a daemon that hangs is unhealthy" unhealthy
	expect "and it says why" grep -q "does not answer" "$LAB/scrape"
	scrape /metrics
	expect "metrics say so, too" has 'postern_up 0'
	expect "and nothing that isn't known" \
		[ "$(grep -vc '^#' "$LAB/scrape")" -eq 1 ]
	kill -CONT "$(worker_pid)"
	expect_within 20 "when it goes on, all is well again" \
		scraped 'postern_up 1'
}

unhealthy() {
	scrape /healthz && [ "$SAID" = "503 text/plain; charset=utf-8" ]
}

stopped_daemon() {
	stop_postern
	expect_within 10 "without a daemon it is unhealthy" unhealthy
	expect "it says how to start one" grep -q "start it with" "$LAB/scrape"
	start_postern_again
	expect_within 10 "and healthy with one" scraped 'postern_up 1'
}

other_requests() {
	expect "other paths are not found" \
		[ "$(http ask "$PORT" GET /)" = 404 ]
	expect "HEAD is fine" [ "$(http ask "$PORT" HEAD /metrics)" = 200 ]
	expect "POST isn't" [ "$(http ask "$PORT" POST /metrics)" = 405 ]
}

bounded() {
	local seconds
	seconds=$(http crowd "$PORT" 40)
	told "$(as_status [ "$seconds" -lt 60 ])" \
		"those who connect and are silent are cut off" "$seconds s"
	expect_within 30 "others are served then" scraped 'postern_up 1'
	seconds=$(http trickle "$PORT")
	told "$(as_status [ "$seconds" -lt 60 ])" \
		"so is who sends an octet a second" "$seconds s"
	expect "the exporter still runs" running exporter
}

ends_clean() {
	local status=0
	stop exporter
	on backup "$BUILD/posternctl" --socket "$LAB/control/control.sock" exporter \
		--listen "192.0.2.200:9167" >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -eq 1 ])" \
		"an address of somebody else is refused" "$(<"$LAB/said")"
	expect "with the reason" grep -q "can't listen on 192.0.2.200:9167: \
Cannot assign requested address" "$LAB/said"
}

lab_up start_primary start_backup_mta
start_postern || die "posternd does not start"
start_exporter || die "the exporter does not start: $(cat "$LAB/log/exporter")"

lab_case "metrics come in OpenMetrics and in the older format" both_formats
lab_case "they are those of the status" same_as_status
lab_case "healthz follows a daemon that hangs" health
lab_case "and one that is stopped" stopped_daemon
lab_case "other requests are refused" other_requests
lab_case "connections are bounded in number and time" bounded
lab_case "it ends when told, and says when it can't listen" ends_clean

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Floods of forged SYNs, from everywhere and from one network, as many as one
# core can make: FLOOD=180 for so many seconds each.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FLOOD=${FLOOD:-4}

# As shared.h, parent/nudge.c and sources/dnsbl.c have it.
REPLIES_PER_NETWORK=50
NUDGES_PER_SECOND=2000
RATE=1000
BURST=2000

# Of the quota's share of an hour, and of the next one.
QUOTA=12000
QUOTA_MOST=9000

GREETING_MS_MAX=5000
GROWTH_KIB_MAX=16384

# At once, and each second: attempts, listings, and little else.
LOG_LINES_MAX=80
LOG_LINES_PER_S=3

ALLOWED=$(source_of listed 4 201)

# NETWORK4 NETWORK6 WORDS
FLOODS=(
	"16.0.0.0/4 2a00::/8 random sources"
	"16.1.0.0/16 2a00:db::/32 one /16 and one /32"
	"16.1.2.0/24 2a00:db:1::/48 one /24 and one /48"
)

rss_kib() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

status_value() {
	ctl --json status | jq "$1"
}

judged() {
	status_value '[.counters[] | .ipv4 + .ipv6] | add'
}

# expect_at_most WORDS LIMIT VALUE
expect_at_most() {
	told "$(as_status [ "$3" -le "$2" ])" "$1: at most $2" "$3"
}

# greeting_ms SOURCE: the median of some.  Where the cable itself loses a packet
# in the crowd, a client may wait for its greeting in vain: with SYN cookies the
# server knows nothing of who it has not heard twice.
greeting_ms() {
	for _ in {1..5}; do
		knock "$1" 5
		[ "$GREETING_MS" -ge 0 ] || GREETING_MS=99999
		echo "$GREETING_MS"
	done | sort -n | sed -n 3p
}

gets_in() {
	knock "$(fresh clean "$1")" 5
	knock_was_greeted 5
}

expect_newcomer_gets_in() {
	local status=0
	within 60 gets_in "$1" || status=1
	told "$status" "an unknown honest sender gets in (IPv$1)" \
		"$(knock_words)"
}

# expect_served_as_before SOURCE WORDS BEFORE
expect_served_as_before() {
	local now
	now=$(greeting_ms "$1")
	told "$(as_status [ "$now" -le "$GREETING_MS_MAX" ])" \
		"$2 is greeted within $GREETING_MS_MAX ms" \
		"median $now ms, before $3 ms"
}

# Connections that wait for Postfix, or that it has.
mta_load() {
	local waiting serving
	waiting=$(on backup ss -Hltn 'sport = :25' | awk '{ n += $2 }
		END { print n + 0 }')
	serving=$(on backup ss -Htn state established 'sport = :25' | wc -l)
	echo $((waiting + serving))
}

smtpd_count() {
	grep -c ' connect from ' "$LAB/log/mta-backup" || :
}

begin() {
	restart_postern "$@" allow="{ \"$ALLOWED\" }"
	expect_status '.zones[0].state == "ok"' 20 "the blocklist is believed"
	count_answers
}

storm() {
	start_storm "$@" || skip "$(tail -n 1 "$LAB/log/storm")"
}

no_storm() {
	stop storm
	firewall_down internet
}

# flooded NETWORK4 NETWORK6
flooded() {
	local clean allowed_before clean_before worker parent worker_kib
	local parent_kib lines smtpds start seconds seen
	begin dnsbl.quota="\"$QUOTA/1d\""
	clean=$(fresh clean 4)
	expect_connected "$clean"
	expect_within 10 "it is known to be clean" \
		explains "$clean" '.verdict == "clean"'
	allowed_before=$(greeting_ms "$ALLOWED")
	clean_before=$(greeting_ms "$clean")
	worker=$(worker_pid)
	parent=$(pid_of posternd)
	worker_kib=$(rss_kib "$worker")
	parent_kib=$(rss_kib "$parent")
	lines=$(wc -l <"$LAB/log/posternd")
	smtpds=$(smtpd_count)
	seen=$(judged)
	start=$SECONDS
	storm "$1" "$2"
	sleep "$FLOOD"
	expect_served_as_before "$ALLOWED" "who is on the allow list" \
		"$allowed_before"
	expect_served_as_before "$clean" "who is known to be clean" \
		"$clean_before"
	expect_newcomer_gets_in 4
	expect_newcomer_gets_in 6
	expect_at_most "connections at Postfix" 5 "$(mta_load)"
	told 0 "the flood is over" "$(stop_storm)"
	seconds=$((SECONDS - start + 1))
	seen=$(($(judged) - seen))
	told "$(as_status [ "$seen" -gt 10000 ])" "it got to the filter" \
		"$seen SYNs judged in $seconds s"
	expect_at_most "sessions of Postfix, which were ours" 40 \
		"$(($(smtpd_count) - smtpds))"
	expect_same "it is the same worker" "$worker" "$(worker_pid)"
	expect_at_most "KiB that the worker grew" "$GROWTH_KIB_MAX" \
		"$(($(rss_kib "$worker") - worker_kib))"
	expect_at_most "KiB that the parent grew" "$GROWTH_KIB_MAX" \
		"$(($(rss_kib "$parent") - parent_kib))"
	# Each question may be put a second time if it fails.
	expect_at_most "lookups" "$((2 * (BURST + seconds * RATE)))" \
		"$(status_value .zones[0].queries)"
	expect_at_most "of the quota is used" "$QUOTA_MOST" \
		"$(status_value .zones[0].quota_used)"
	expect_at_most "lines in the log" \
		$((LOG_LINES_MAX + seconds * LOG_LINES_PER_S)) \
		"$(($(wc -l <"$LAB/log/posternd") - lines))"
	expect_answers "$1" "$seconds"
	no_storm
}

# expect_answers NETWORK4 SECONDS: both families have one network each, or many.
expect_answers() {
	local most=$((($2 + 1) * NUDGES_PER_SECOND))
	[ "${1#*/}" -lt 24 ] ||
		most=$((2 * ($2 + 1) * REPLIES_PER_NETWORK))
	expect_at_most "nudges to those who sent nothing" "$most" \
		"$(answers nudges)"
	expect_at_most "and resets" "$most" "$(answers resets)"
	told 0 "the kernel's own SYN-ACKs for those let in" \
		"$(answers synacks)"
}

# Below the budget of holds, so that each new source is told of, and none comes
# twice.
quota_is_for_real_ones() {
	local source said
	local words='more new sources come than the quota lasts for'
	said=$(log_count posternd "$words")
	begin dnsbl.quota="\"$QUOTA/1d\""
	storm 16.0.0.0/4 2a00::/8 --rate 3000
	expect_status '.lookups.put_off > 0' 60 "the quota is short"
	for source in "$(fresh listed 4)" "$(fresh listed 6)"; do
		expect_dropped "$source" 5
		expect_explain "$source" '.verdict == "listed"'
	done
	for source in "$(fresh clean 4)" "$(fresh clean 6)"; do
		expect_connected "$source" 15
		expect_within 10 "it was looked up" \
			explains "$source" '.verdict == "clean"'
	done
	told 0 "the flood is over" "$(stop_storm)"
	expect_at_most "of the quota is used" "$QUOTA_MOST" \
		"$(status_value .zones[0].quota_used)"
	expect_status '.zones[0].state == "ok"' 1 "and not all of its share"
	expect_within 5 "the log says so" log_grew posternd "$words" "$said"
	expect "posternctl says how many were put off" \
		grep -q 'put off' <(ctl status)
	no_storm
}

# The budget of events fills it in three seconds.
ring_full() {
	local worker
	begin dnsbl.quota=0
	worker=$(worker_pid)
	storm 16.0.0.0/4 2a00::/8
	kill -STOP "$worker"
	sleep 6
	expect_newcomer_gets_in 4
	kill -CONT "$worker"
	expect_status '.gate.ipv4.state == "open"' 15 "the daemon goes on"
	told 0 "the flood is over" "$(stop_storm)"
	expect_same "it is the same worker" "$worker" "$(worker_pid)"
	expect_status '.lookups.waiting == 0' 30 "nobody waits for a lookup"
	expect_within 60 "listed sources are found out again" \
		a_fresh_one_is_listed
	no_storm
}

a_fresh_one_is_listed() {
	expect_dropped "$(fresh listed 4)"
}

# Who is refused is told so: that, too, goes where somebody forged it to.
no_reflector() {
	local seconds start
	start_greeter primary
	begin bypass.action=reset
	expect_gate closed
	# Not those of earlier floods: SYN-ACKs are resent for a while.
	count_answers 16.9.9.0/24 2a00:db:9::/48
	start=$SECONDS
	storm 16.9.9.0/24 2a00:db:9::/48
	sleep "$FLOOD"
	told 0 "the flood is over" "$(stop_storm)"
	seconds=$((SECONDS - start + 1))
	told "$(as_status [ "$(answers resets)" -gt 0 ])" \
		"some were told that they are refused" "$(answers resets)"
	expect_answers 16.9.9.0/24 "$seconds"
	expect_same "nobody was let in" 0 "$(answers synacks)"
	no_storm
	stop_greeter primary
}

lab_up start_backup_mta
peer_up || die "no program for the far end of the backup's cable"
start_postern || die "posternd does not start"
before_each no_storm

for flood in "${FLOODS[@]}"; do
	read -r ipv4 ipv6 words <<<"$flood"
	lab_case "a flood from $words costs no more than the budgets, and \
known senders do not feel it" flooded "$ipv4" "$ipv6"
done
lab_case "when the quota is short, it is kept for those that come again" \
	quota_is_for_real_ones
lab_case "a ring full of events is survived" ring_full
lab_case "resets don't make a reflector of it" no_reflector

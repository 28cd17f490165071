# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# posternd as a service: what it tells a manager, the unit's sandbox as systemd
# rates it, and the unit under a systemd of the lab's own (in namespaces, with
# no other unit than ours).

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

UNITS=$LAB_TOP/userspace/share
EXPOSURE_MAX=3.0

# A manager that only listens

told_manager() {
	grep -qE -- "$1" "$LAB/log/manager"
}

# expect_told PATTERN WORDS [SECONDS]
expect_told() {
	told "$(as_status within "${3:-10}" told_manager "$1")" "$2" \
		"$(grep -E -m 1 -- "$1" "$LAB/log/manager")"
}

ready_when_attached() {
	spawn manager backup "$LAB_SOURCE/lib/manager" "$LAB/notify"
	within 5 log_grew manager listening 0
	NOTIFY_SOCKET=$LAB/notify WATCHDOG_USEC=4000000 start_postern
	expect_told '^READY=1 attached$' "it is ready, with the program attached"
	expect "it says so once, and not before" \
		[ "$(log_count manager '^READY=1')" -eq 1 ]
	expect_told '^STATUS=Getting ready to filter$' \
		"before that it says what it does"
	expect_told '^STATUS=Enforcing on eth0; the gate is closed$' \
		"afterwards, how it stands" 20
	expect_told '^WATCHDOG=1$' "the watchdog is told"
	expect "the worker can't talk to the manager" \
		[ "$(tr '\0' '\n' <"/proc/$(worker_pid)/environ" |
			grep -c '^NOTIFY_SOCKET=')" -le 1 ]
}

reload_is_told() {
	local ready
	ready=$(log_count manager '^READY=1')
	reload_postern
	expect_told '^RELOADING=1$' "a reload is told"
	expect_told '^MONOTONIC_USEC=[0-9]+$' "with its time"
	expect_within 10 "and its end" log_grew manager '^READY=1' "$ready"
	ready=$(log_count manager '^READY=1')
	echo nonsense >>"$LAB/postern.conf"
	reload_postern
	expect_within 10 "also that of a bad one" log_grew manager '^READY=1' \
		"$ready"
	sed -i '/^nonsense$/d' "$LAB/postern.conf"
}

pings() {
	log_count manager '^WATCHDOG=1'
}

hanging_worker() {
	local worker before
	worker=$(worker_pid)
	kill -STOP "$worker"
	expect_told '^STATUS=Failing open: the worker gives no sign of life$' \
		"a worker that hangs is told" 20
	before=$(pings)
	sleep 5
	expect_same "and the watchdog nothing" "$before" "$(pings)"
	kill -CONT "$worker"
	expect_within 20 "until it goes on" log_grew manager '^WATCHDOG=1' \
		"$before"
}

stop_is_told() {
	stop_postern
	expect_told '^STOPPING=1$' "its end is told, too"
	stop manager
}

# What systemd says of the units

verified_units() {
	local unit
	command -v systemd-analyze >/dev/null ||
		skip "systemd-analyze is not installed"
	mkdir "$LAB/units"
	for unit in posternd postern-exporter postern-feeds \
		postern-report; do
		sed "s,/usr/local/sbin/,$BUILD/," "$UNITS/$unit.service" |
			sed "s,$BUILD/postern-feeds,$UNITS/postern-feeds," \
				>"$LAB/units/$unit.service"
		expect "systemd understands $unit.service" \
			systemd-analyze verify --man=no \
			"$LAB/units/$unit.service"
	done
}

exposure() {
	systemd-analyze security --offline=yes "$1" 2>/dev/null |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p'
}

sandboxed_units() {
	local unit level
	command -v systemd-analyze >/dev/null ||
		skip "systemd-analyze is not installed"
	level=$(exposure "$UNITS/posternd.service")
	[ -n "$level" ] || skip "this systemd-analyze can't rate a file"
	for unit in posternd postern-exporter; do
		level=$(exposure "$UNITS/$unit.service")
		told "$(as_status jq -ne "$level <= $EXPOSURE_MAX")" \
			"$unit.service is exposed by $EXPOSURE_MAX at most" \
			"$level"
	done
}

# A systemd of our own

# What it runs in is removed with the lab.
systemd_end() {
	local status=$1
	[ -z "${CGROUP:-}" ] ||
		find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	cases_end "$status"
}

systemd_files() {
	mkdir -p "$LAB/sd/posternd.service.d"
	sed "s,/usr/local/sbin/,/run/build/,; s,/sys/fs/bpf/postern,$PIN," \
		"$UNITS/posternd.service" >"$LAB/sd/posternd.service"
	cat >"$LAB/sd/posternd.service.d/lab.conf" <<-'EOF'
		[Unit]
		ConditionPathExists=
		DefaultDependencies=no
		[Service]
		ExecStart=
		ExecStart=/run/build/posternd --config /run/lab/postern.conf
		StandardOutput=append:/run/lab/log/posternd
		StandardError=append:/run/lab/log/posternd
		WatchdogSec=15
		PrivateTmp=no
	EOF
	printf '[Unit]\nAllowIsolate=yes\n' >"$LAB/sd/default.target"
	postern_config control='"/run/postern/control.sock"' \
		state='"/var/lib/postern"' >"$LAB/postern.conf"
}

# Runs as the first process of its namespaces.
# shellcheck disable=SC2016 # expanded by the inner shell
SYSTEMD_INIT='
	echo $$ >"$1/cgroup.procs" && exec unshare --pid --fork --kill-child \
		--mount --uts --ipc --cgroup sh -ec "
		mount -t proc proc /proc
		umount -R /sys/fs/cgroup
		mount -t cgroup2 none /sys/fs/cgroup
		mount -t tmpfs tmpfs /run
		mount -t tmpfs tmpfs /var/lib
		mkdir /run/lab /run/build
		install -d -m 0750 -o postern -g postern /var/lib/postern
		mount --bind $2 /run/lab
		mount --bind $3 /run/build
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lab \
			SYSTEMD_UNIT_PATH=/run/lab/sd \
			SYSTEMD_GENERATOR_PATH=/nonexistent \
			SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/nonexistent \
			/lib/systemd/systemd --system --log-target=console \
			--show-status=0"
'

systemd_pid() {
	pgrep -P "$(pid_of systemd)"
}

# sd COMMAND...: as seen from inside.
sd() {
	nsenter --target "$(systemd_pid)" --mount --pid -- "$@"
}

systemd_up() {
	local top
	[ -x /lib/systemd/systemd ] || skip "systemd is not installed"
	top=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
	[ -n "$top" ] || skip "there are no cgroups of version 2"
	CGROUP=$top/$LAB_ID
	mkdir "$CGROUP" || skip "no cgroup can be made"
	systemd_files
	spawn systemd backup sh -c "$SYSTEMD_INIT" sh "$CGROUP" "$LAB" "$BUILD"
	within 20 systemd_runs ||
		skip "systemd does not come up in namespaces: $(
			tail -n 1 "$LAB/log/systemd"
		)"
}

systemd_runs() {
	sd systemctl list-units >/dev/null 2>&1
}

property() {
	sd systemctl show -P "$1" posternd
}

# In the lab's numbers of processes.
main_pid() {
	pgrep -x posternd -P "$(systemd_pid)"
}

has_property() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(property "$1") == $2 ]]
}

# expect_property NAME PATTERN WORDS [SECONDS]
expect_property() {
	told "$(as_status within "${4:-20}" has_property "$1" "$2")" "$3" \
		"$(property "$1")"
}

status_of() {
	awk -v key="$2:" '$1 == key {print $2}' "/proc/$1/status"
}

starts_in_its_sandbox() {
	local main worker
	systemd_up
	echo "$CGROUP" >"$LAB/cgroup"
	sd systemctl start posternd || {
		sd systemctl status posternd
		tail -n 5 "$LAB/log/posternd"
		return 1
	}
	expect "start returns with the program attached" [ -n "$(xdp_program)" ]
	expect_property ActiveState active "the service is active"
	expect_property StatusText 'Enforcing on eth0; the gate is closed' \
		"systemctl status has the gate"
	main=$(main_pid)
	worker=$(pgrep -P "$main" -u postern)
	expect "the parent has a bounded set of capabilities" \
		[ "$(status_of "$main" CapBnd)" != \
		"$(status_of $$ CapBnd)" ]
	expect "the worker has none" \
		[ "$(status_of "$worker" CapPrm)" = 0000000000000000 ]
	expect "both are filtered by seccomp" \
		[ "$(status_of "$main" Seccomp)$(status_of "$worker" Seccomp)" \
		= 22 ]
	expect "the file system is read-only for them" \
		sh -c "! nsenter --target $main --mount -- touch /usr/x"
	expect "nothing was denied" \
		sh -c "! grep -iE 'not permitted|denied' '$LAB/log/posternd'"
}

# The systemd of the case before, if it came up.
systemd_again() {
	[ -s "$LAB/cgroup" ] || skip "no systemd runs"
}

drops_and_flushes() {
	systemd_again
	expect_dropped "$(fresh clean 4)"
	stop_primary
	send_mail clean1v4 sandboxed
	expect_mail_queued sandboxed 30
	start_primary
	expect_mail_arrives sandboxed 30
	expect_log 'on-up: running'
	sleep 1
	# In a sandbox a set-gid program is what fails first.
	expect "and that succeeds" \
		[ "$(grep -c 'on-up: failed' "$LAB/log/posternd")" -eq 0 ]
}

reloads() {
	local status=0
	systemd_again
	expect "a reload succeeds" sd systemctl reload posternd
	echo nonsense >>"$LAB/postern.conf"
	sd systemctl reload posternd >"$LAB/said" 2>&1 || status=$?
	told "$(as_status [ "$status" -ne 0 ])" "one of a bad file fails" \
		"$(head -n 1 "$LAB/said")"
	sed -i '/^nonsense$/d' "$LAB/postern.conf"
	expect_property ActiveState active "the service goes on" 5
}

restarts_without_a_gap() {
	local before
	systemd_again
	before=$(main_pid)
	watch_program
	expect "a restart succeeds" sd systemctl restart posternd
	expect "it is another process" [ "$(main_pid)" != "$before" ]
	expect "the interface was never without a program" unwatch_program
	expect_log 'handed over to another daemon'
	expect_property StatusText 'Enforcing on eth0; *' "it filters"
}

survives_its_death() {
	local main
	systemd_again
	main=$(main_pid)
	watch_program
	kill -KILL "$main"
	expect_within 20 "after a crash it is started again" main_changed "$main"
	expect_property StatusText 'Enforcing on eth0; *' "it filters again"
	main=$(main_pid)
	kill -STOP "$main"
	expect_within 60 "one that hangs is replaced by the watchdog" \
		main_changed "$main"
	expect_property StatusText 'Enforcing on eth0; *' "it filters again"
	expect "the interface was never without a program" unwatch_program
}

main_changed() {
	local now
	now=$(main_pid) && [ -n "$now" ] && [ "$now" != "$1" ]
}

stops_clean() {
	systemd_again
	expect "stop succeeds" sd systemctl stop posternd
	expect_unfiltered
	expect_property Result success "and it was an orderly end" 5
	stop systemd KILL
}

LAB_END=systemd_end
lab_up start_primary start_backup_mta start_sender
CGROUP=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)/$LAB_ID

lab_case "it is ready when it filters, and says how it stands" \
	ready_when_attached
lab_case "reloads are told" reload_is_told
lab_case "the watchdog hears nothing of a worker that hangs" hanging_worker
lab_case "its end is told" stop_is_told
lab_case "systemd understands the units" verified_units
lab_case "systemd rates their sandbox" sandboxed_units
lab_case "systemd starts it in its sandbox" starts_in_its_sandbox
lab_case "there it filters, and runs hooks" drops_and_flushes
lab_case "systemctl reload knows good from bad" reloads
lab_case "a restart leaves no gap" restarts_without_a_gap
lab_case "nor does a crash, or a daemon that hangs" survives_its_death
lab_case "a stop leaves nothing" stops_clean

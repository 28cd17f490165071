# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Postern on the backup MX of the lab: its configuration, its two processes,
# and what of it is to be seen from the kernel's side.

BPFFS=/sys/fs/bpf
PIN=$BPFFS/postern-lab-$$

# postern_config [KEY=VALUE | SECTION.KEY=VALUE]...: prints a configuration
# that suits the lab's haste, with some settings changed.
postern_config() {
	local postqueue mta
	postqueue=$(command -v postqueue)
	mta=$(mta_dir backup)
	local -A setting=(
		[interface]='{ "eth0" }'
		[protect]="{ \"$BACKUP_IPV4\", \"$BACKUP_IPV6\" }"
		[mode]=enforce
		[control]="\"$LAB/control/control.sock\""
		[pin]="\"$PIN\""
		[state]="\"$LAB/state\""
		[primary.address]="{ \"$PRIMARY_IPV4\", \"$PRIMARY_IPV6\" }"
		[health.interval]=1s
		[health.timeout]=5s
		[health.fall]=2
		[health.rise]=2
		[health.settle]=2s
		[health.on-up]="{ \"$postqueue\", \"-c\", \"$mta\", \"-f\" }"
		[queue.directory]="\"$mta/queue\""
		[doorman.postfix]="\"$mta\""
		[dnsbl.sites]='{ "bl.example=127.0.0.2" }'
		[dnsbl.nameservers]="{ \"$RESOLVER_IPV4\" }"
	)
	local change key section
	for change; do
		setting[${change%%=*}]=${change#*=}
	done
	for key in "${!setting[@]}"; do
		[[ $key == *.* ]] || echo "$key = ${setting[$key]}"
	done
	for section in primary health queue bypass doorman dnsbl; do
		case $section in
		primary) echo 'primary "mx1.example.net" {' ;;
		*) echo "$section {" ;;
		esac
		for key in "${!setting[@]}"; do
			[[ $key != "$section".* ]] ||
				echo "	${key#*.} = ${setting[$key]}"
		done
		echo '}'
	done
}

posternd() {
	on backup "$BUILD/posternd" "$@"
}

ctl() {
	"$BUILD/posternctl" --socket "$LAB/control/control.sock" "$@"
}

# It filters only once it knows enough to do so well.
filters() {
	status_is '.interfaces | length > 0 and
		all(.attach == "native" or .attach == "generic")'
}

filters_or_dead() {
	filters || ! running posternd
}

# start_postern [CHANGE]...: returns when the daemon filters.
start_postern() {
	postern_config "$@" >"$LAB/postern.conf"
	start_postern_again
}

# With the configuration that is there.
start_postern_again() {
	spawn posternd backup "$BUILD/posternd" --config "$LAB/postern.conf"
	within 10 filters_or_dead || :
	if ! filters; then
		say "posternd does not start; it says:"
		tail -n 3 "$LAB/log/posternd"
		return 1
	fi
}

# For the next case: as if there had been no daemon before.
restart_postern() {
	stop posternd
	[ -z "$(pins)" ] || posternd --config "$LAB/postern.conf" --detach
	rm -rf "$LAB/state"
	start_postern "$@"
}

stop_postern() {
	stop posternd
}

reload_postern() {
	kill -HUP "$(pid_of posternd)"
}

worker_pid() {
	pgrep -P "$(pid_of posternd)" -u postern
}

worker_changed() {
	local now
	now=$(worker_pid) && [ -n "$now" ] && [ "$now" != "$1" ]
}

# kill -9, the worker first, so that none is restarted.
kill_postern() {
	local parent worker
	parent=$(pid_of posternd)
	alive "$parent" || return 0
	worker=$(worker_pid) || :
	kill -STOP "$parent"
	# shellcheck disable=SC2086 # there may be no worker
	kill -KILL $worker "$parent"
	within 5 gone "$parent"
}

# Ids of the program and of the link on the backup's interface, or nothing.
xdp_program() {
	ip_on backup -j link show dev eth0 |
		jq -r '.[0].xdp.prog.id // empty'
}

xdp_link() {
	local program
	program=$(xdp_program)
	[ -n "$program" ] || return 0
	bpftool -j link show |
		jq -r ".[] | select(.type == \"xdp\" and .prog_id == $program) |
			.id"
}

xdp_mode() {
	ip_on backup -j link show dev eth0 |
		jq -r '{"1": "native", "2": "generic", "3": "offload"}[
			(.[0].xdp.mode // 0) | tostring] // "none"'
}

# watch_program: notes in a file whenever the interface is found without a
# program, until unwatch_program tells.
watch_program() {
	: >"$LAB/unfiltered"
	(
		while [ -e "$LAB/unfiltered" ]; do
			[ -n "$(xdp_program)" ] || echo gap >>"$LAB/unfiltered"
			sleep 0.02
		done
	) &
	WATCHER=$!
}

unwatch_program() {
	local gaps
	gaps=$(wc -l <"$LAB/unfiltered")
	rm "$LAB/unfiltered"
	wait "$WATCHER"
	[ "$gaps" -eq 0 ]
}

pins() {
	find "$PIN" -mindepth 1 2>/dev/null
}

# A program that is not ours on the backup's interface.
foreign_up() {
	printf '%s\n' '__attribute__((section("xdp"), used))' \
		'int foreign(void *frame) { (void)frame; return 2; }' |
		clang -target bpf -O2 -g -x c -c - -o "$LAB/foreign.o"
	bpftool prog load "$LAB/foreign.o" "$BPFFS/$LAB_ID-foreign" type xdp
	on backup bpftool net attach xdp pinned "$BPFFS/$LAB_ID-foreign" \
		dev eth0
}

foreign_down() {
	on backup bpftool net detach xdp dev eth0
	rm -f "$BPFFS/$LAB_ID-foreign"
}

postern_up() {
	if ! mountpoint -q "$BPFFS"; then
		say "lab: mounting the bpf file system on $BPFFS"
		mount -t bpf bpf "$BPFFS"
	fi
	if ! id postern >/dev/null 2>&1; then
		say "lab: creating the system user postern"
		useradd --system --user-group --no-create-home \
			--home-dir /nonexistent --shell /usr/sbin/nologin postern
	fi
}

postern_down() {
	rm -rf "${PIN:?}" "${BPFFS:?}/$LAB_ID-foreign"
}

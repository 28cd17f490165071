# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the worker really has, as the kernel tells it, and who may say what at
# the control socket.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

ADMIN_GROUP=postern-admin

# What the parent alone writes, or nobody.
PARENTS_MAPS='pending|replies|rodata|bss|data|heap|doorman'

worker_status() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(worker_pid)/status"
}

# opens PID: what its descriptors are, one a line.
opens() {
	find "/proc/$1/fd" -type l -printf '%l\n'
}

worker_opens() {
	opens "$(worker_pid)"
}

is_someone_else() {
	local id
	id=$(id -u postern)
	expect_same "its user ids are postern's" \
		"$id $id $id $id" "$(worker_status Uid | tr -s '\t' ' ')"
	id=$(id -g postern)
	expect_same "its group ids, too" \
		"$id $id $id $id" "$(worker_status Gid | tr -s '\t' ' ')"
	expect_same "it has no other groups" \
		"$id" "$(worker_status Groups | tr -d ' ')"
}

has_no_capability() {
	local set none=0000000000000000
	for set in CapInh CapEff CapPrm CapBnd CapAmb; do
		if [[ $set == Cap[EP]* ]] && lacks_unprivileged_maps; then
			# CAP_BPF alone: bit 39
			expect_same "$set is CAP_BPF alone, before 5.19" \
				0000008000000000 "$(worker_status $set)"
		else
			expect_same "$set is empty" $none "$(worker_status $set)"
		fi
	done
}

lacks_unprivileged_maps() {
	[ "$(printf '%s\n' 5.19 "$(uname -r)" | sort -V | head -n 1)" != 5.19 ]
}

is_confined() {
	expect_same "it can't get new privileges" 1 "$(worker_status NoNewPrivs)"
	expect_same "seccomp filters its system calls" 2 \
		"$(worker_status Seccomp)"
}

# worker_maps: the names of those that it holds, one a line.
worker_maps() {
	local id
	cat "/proc/$(worker_pid)/fdinfo/"* | sed -n 's/^map_id:[[:space:]]*//p' |
		while read -r id; do
			bpftool -j map show id "$id" | jq -r .name
		done
}

holds_its_maps_alone() {
	local kind
	for kind in bpf-prog 'bpf[-_]link'; do
		expect "the parent holds a $kind" \
			[ "$(opens "$(pid_of posternd)" | grep -c "$kind")" -ge 1 ]
		expect_same "the worker holds no $kind" 0 \
			"$(worker_opens | grep -c "$kind" || :)"
	done
	expect "it holds maps" [ "$(worker_opens | grep -c bpf-map)" -ge 10 ]
	worker_maps >"$LAB/said"
	expect "among them the verdicts" grep -qx verdicts "$LAB/said"
	told "$(as_status [ "$(grep -cE "^($PARENTS_MAPS)" "$LAB/said")" -eq 0 ])" \
		"none of them is the parent's" "$(tr '\n' ' ' <"$LAB/said")"
}

# The rest are sockets and the loop's own; /dev/null and the log.
holds_no_file_of_others() {
	worker_opens | grep -vE '^(anon_inode|socket|pipe|/dev/null)' \
		>"$LAB/said" || :
	told "$(as_status [ "$(grep -cvE \
		"^($LAB/log/|$LAB/state/|$LAB/mta/)|^$LAB/state$" \
		"$LAB/said")" -eq 0 ])" \
		"it holds no other files" "$(tr '\n' ' ' <"$LAB/said")"
}

# as_worker COMMAND...: with its user and group, and nothing else.
as_worker() {
	setpriv --reuid=postern --regid=postern --clear-groups \
		--inh-caps=-all --bounding-set=-all "$@"
}

may_write() {
	as_worker test -w "$1"
}

writes_to_its_directory_alone() {
	local path
	expect "its state directory is its own" may_write "$LAB/state"
	for path in "$LAB" "$LAB/control" "$LAB/postern.conf" /etc /run \
		"$PIN"; do
		told "$(as_status not may_write "$path")" "it can't write $path"
	done
	told "$(as_status not as_worker ls "$PIN")" "it can't see the pins"
	expect_same "nobody else writes to the state directory" "postern 750" \
		"$(stat -c '%U %a' "$LAB/state")"
}

not() {
	! "$@" 2>/dev/null
}

# The parent opens it, and passes the descriptor on at a reload, too.
configuration_comes_from_the_parent() {
	local source
	source=$(fresh clean 4)
	postern_config allow="{ \"$source\" }" >"$LAB/postern.conf"
	chown root:postern "$LAB/postern.conf"
	chmod 0640 "$LAB/postern.conf"
	told "$(as_status as_nobody_reads)" "nobody else can read it"
	reload_postern
	expect_within 20 "a reload reads it all the same" \
		explains "$source" '.reason == "allowed"'
	chown root:root "$LAB/postern.conf"
	chmod 0600 "$LAB/postern.conf"
	told "$(as_status not as_worker cat "$LAB/postern.conf")" \
		"and where not even the worker may"
	source=$(fresh clean 6)
	postern_config allow="{ \"$source\" }" >"$LAB/postern.conf"
	reload_postern
	expect_within 20 "it is read, too" \
		explains "$source" '.reason == "allowed"'
}

as_nobody_reads() {
	not setpriv --reuid=nobody --regid=nogroup --clear-groups \
		cat "$LAB/postern.conf"
}

# ctl_as GROUPS ARGUMENT...: as nobody with those groups.
ctl_as() {
	local groups=$1
	shift
	setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" \
		--groups="$groups" "$LAB/posternctl" \
		--socket "$LAB/control/control.sock" "$@"
}

readers_may_not_change() {
	local command status
	expect "a member of the group postern may read" \
		ctl_as postern block list
	for command in "block add 203.0.113.99" "allow add 203.0.113.99" \
		"mode monitor" "gate open" "reload" "lookup 203.0.113.99"; do
		status=0
		# shellcheck disable=SC2086 # words
		ctl_as postern $command >"$LAB/said" 2>&1 || status=$?
		told "$(as_status [ "$status" -eq 1 ])" \
			"but not: $command" "$(<"$LAB/said")"
		expect "it is told whose that is" \
			grep -q "$ADMIN_GROUP" "$LAB/said"
	done
	expect_status '.mode == "enforce"' 1 "nothing has changed"
}

admins_may_change() {
	expect "a member of $ADMIN_GROUP may" \
		ctl_as "postern,$ADMIN_GROUP" block add 203.0.113.99
	expect "what is changed is so for all" block_list_has 203.0.113.99
	expect "and takes it back" \
		ctl_as "postern,$ADMIN_GROUP" block del 203.0.113.99
}

block_list_has() {
	ctl block list | grep -q "$1"
}

# Many who say nothing or rubbish, and one who never reads.
rubbish_harms_nobody() {
	local pids=() i
	for i in 1 2 3 4 5; do
		python3 -c "$RUBBISH" "$LAB/control/control.sock" "$i" &
		pids+=($!)
	done
	expect_within 20 "somebody else is answered meanwhile" \
		ctl_as postern status
	for i in 1 2 3 4 5; do
		expect "again" ctl_as postern --json status
	done
	expect_dropped "$(fresh clean 4)"
	kill "${pids[@]}" 2>/dev/null || :
	wait "${pids[@]}" 2>/dev/null || :
	expect "the worker is the same" [ "$(worker_pid)" = "$WORKER" ]
}

# shellcheck disable=SC2016 # Python's
RUBBISH='
import os, socket, sys, time
end = time.monotonic() + 15
kinds = [b"", b"\0" * 70000, b"{" * 5000, os.urandom(3000) + b"\n",
         b"{\"command\": \"status\"}\n" * 100]
while time.monotonic() < end:
    held = []
    for i in range(20):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(0.2)
        try:
            s.connect(sys.argv[1])
            s.sendall(kinds[(i + int(sys.argv[2])) % len(kinds)])
        except OSError:
            pass
        held.append(s)
    time.sleep(0.2)
'

lab_up start_primary start_backup_mta
getent group "$ADMIN_GROUP" >/dev/null || {
	say "lab: creating the system group $ADMIN_GROUP"
	groupadd --system "$ADMIN_GROUP"
}
start_postern || die "posternd does not start"
install -m 0755 "$BUILD/posternctl" "$LAB/posternctl"
expect_gate closed >/dev/null || die "the gate does not close"
WORKER=$(worker_pid)

lab_case "the worker is the user postern" is_someone_else
lab_case "it has no capability" has_no_capability
lab_case "it is confined" is_confined
lab_case "it holds its maps, and neither program nor link" holds_its_maps_alone
lab_case "it holds no file of others" holds_no_file_of_others
lab_case "it writes to its state directory alone" writes_to_its_directory_alone
lab_case "its configuration comes from the parent" \
	configuration_comes_from_the_parent
lab_case "the group postern reads, and changes nothing" readers_may_not_change
lab_case "the group $ADMIN_GROUP changes" admins_may_change
lab_case "rubbish at the control socket harms nobody" rubbish_harms_nobody

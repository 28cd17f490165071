# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What may be found in the state directory in place of what was left there.
# The daemon starts all the same, says what it can't use, and destroys nothing.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FILES=(lists.json orders.json recovery.json dnsbl.state refusals.state)

# In the configuration, so known without any state.
BLOCKED=$(source_of clean 4 200)

# By hand, so in a file.
BY_HAND=$(source_of clean 4 201)

has_files() {
	local name
	for name in "${FILES[@]}"; do
		[ -e "$LAB/state/$name" ] || return 1
	done
}

# One of each kind, of a daemon that has ended well.
make_files() {
	local listed
	start_postern dnsbl.unknown=pass block="{ \"$BLOCKED\" }"
	ctl block add "$BY_HAND" >"$LAB/said"
	ctl gate open --for 1h >"$LAB/said"
	listed=$(fresh listed 4)
	knock "$listed" 0.2
	within 10 explains "$listed" '.verdict == "listed"'
	knock "$listed" 0.5
	# The history is of what the events have told.
	sleep 1
	stop_postern
	has_files || {
		say "not all files are there:"
		ls "$LAB/state"
		return 1
	}
	cp -a "$LAB/state" "$LAB/good"
}

good_files() {
	stop posternd
	rm -rf "$LAB/state"
	cp -a "$LAB/good" "$LAB/state"
	LOG_LINES=$(log_count posternd '')
}

# ---- what is done to a file ----

empty() {
	: >"$1"
}

cut_off() {
	truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}

one_octet_less() {
	truncate -s -3 "$1"
}

rubbish() {
	head -c 5000 /dev/urandom >"$1"
}

alien() {
	cp /bin/true "$1"
}

other_json() {
	echo '{"block": [17, {"prefix": "no address"}], "allow": {}, "gate": 5}' \
		>"$1"
}

huge() {
	truncate -s 1G "$1"
}

directory() {
	rm "$1"
	mkdir "$1"
}

fifo() {
	rm "$1"
	mkfifo "$1"
}

# To what must not be written to.
link() {
	rm "$1"
	ln -sf "$LAB/innocent" "$1"
}

unreadable() {
	chown root: "$1"
	chmod 0600 "$1"
}

# The temporary file that a crash, or root, has left.
left_behind() {
	head -c 100 /dev/urandom >"$1.new"
	chmod 0 "$1.new"
}

said_of() {
	tail -n "+$((LOG_LINES + 1))" "$LAB/log/posternd" |
		grep -E "(error|warning): .*state/$1"
}

# damage HOW: all of the files at once.
damage() {
	local name
	echo innocent >"$LAB/innocent"
	chown postern: "$LAB/innocent"
	for name in "${FILES[@]}"; do
		"$1" "$LAB/state/$name"
		[ -h "$LAB/state/$name" ] || [ "$1" = unreadable ] ||
			chown postern: "$LAB/state/$name"
	done
}

expect_filters() {
	expect_dropped "$BLOCKED" 2.5
	expect_connected_at_once "$(fresh clean 4)"
}

kept_by_hand() {
	grep -qs "$1" "$LAB/state/lists.json"
}

# found HOW
found() {
	local name
	damage "$1"
	start_postern_again
	expect_filters
	for name in "${FILES[@]}"; do
		expect "the log tells of $name" said_of "$name"
		expect_same "in one line" 1 "$(said_of "$name" | wc -l)"
		expect "it is put aside" \
			test -e "$LAB/state/$name.damaged" -o \
			-h "$LAB/state/$name.damaged"
	done
	ctl block add "$(source_of clean 4 210)" >"$LAB/said"
	expect "what is ordered now is kept" kept_by_hand 198.51.100.210
	stop_postern
	expect "all files are written again" has_files_again
	expect_same "nothing was written through a link" innocent \
		"$(<"$LAB/innocent")"
}

# Nobody has changed the order: its file may stay away.
has_files_again() {
	local name
	for name in lists.json recovery.json dnsbl.state; do
		[ -f "$LAB/state/$name" ] || return 1
	done
}

undamaged() {
	start_postern_again
	expect_filters
	expect_explain "$BY_HAND" '.reason == "blocked"'
	expect_status '.orders.gate.order == "open"'
	expect "nothing is said of it" test -z "$(said_of '')"
	stop_postern
}

temporary_files() {
	damage left_behind
	start_postern_again
	ctl block add "$(source_of clean 4 210)" >"$LAB/said"
	expect "what is ordered now is kept" kept_by_hand 198.51.100.210
	stop_postern
	expect "nothing is said of them" test -z "$(said_of '')"
	expect "nothing is left of them" test ! -e "$LAB/state/lists.json.new"
}

lab_up greet_on_backup
make_files || die "no state to damage"
before_each good_files

lab_case "what was left is found again" undamaged
for how in empty cut_off one_octet_less rubbish alien other_json huge \
	directory fifo link unreadable; do
	lab_case "state that is ${how//_/ } is told, and put aside" found $how
done
lab_case "what a crash has left is in nobody's way" temporary_files

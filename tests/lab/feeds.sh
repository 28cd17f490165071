# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The downloader of feeds, with a server in the lab: what it asks for, what it
# puts in place, and what it leaves alone.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LISTED=198.51.100.66
OTHER=198.51.100.77
PORT=8080

# feeds LINE...: runs the downloader for them.
feeds() {
	printf '%s\n' "$@" >"$LAB/feeds.list"
	POSTERN_FEEDS="$LAB/feeds" POSTERN_CONFIG="$LAB/postern.conf" \
		POSTERNCTL="$BUILD/posternctl" \
		on backup userspace/share/postern-feeds "$LAB/feeds.list" \
		2>"$LAB/said"
}

url() {
	echo "http://$INTERNET_IPV4:$PORT/$1"
}

# refresh: the feed "one".
refresh() {
	feeds "one $(url one)"
}

# serve: stdin becomes the feed, for the server.
serve() {
	cat >"$LAB/web/one"
}

# fails WORDS: the feed is not refreshed, and it is said why.
fails() {
	local status=0
	refresh || status=$?
	expect_same "postern-feeds fails with 1" 1 "$status"
	expect "and says \"$1\"" grep -q -- "$1" "$LAB/said"
	expect_same "no temporary file is left" "" \
		"$(find "$LAB/feeds" -name '*.new')"
}

has() {
	[ "$(cat "$LAB/feeds/${2:-one}")" = "$1" ]
}

nothing_is_there() {
	rm -rf "$LAB/feeds" "$LAB/web"
	mkdir "$LAB/web"
}

answers() {
	log_count web "^$1 /one"
}

comes_when_it_has_changed() {
	local before
	echo "$LISTED" | serve
	refresh
	expect "the feed is there" has "$LISTED"
	touch -d '2 days ago' "$LAB/feeds/one"
	before=$(answers 304)
	refresh
	expect_same "the second time, the server has nothing new" \
		"$((before + 1))" "$(answers 304)"
	expect "but the feed is as young as the answer" \
		test -n "$(find "$LAB/feeds/one" -mmin -60)"
	expect "and what it was" has "$LISTED"
	echo "$OTHER" | serve
	refresh
	expect "what has changed comes" has "$OTHER"
	expect_same "everybody may read it" 644 \
		"$(stat -c %a "$LAB/feeds/one")"
}

failed_download_changes_nothing() {
	echo "$LISTED" | serve
	refresh
	echo 404 >"$LAB/web/one.status"
	fails 'one: the download failed'
	expect "the feed is what it was" has "$LISTED"
	rm "$LAB/web/one.status"
	stop web
	fails 'one: the download failed'
	expect "the feed is what it was" has "$LISTED"
	start_web
	echo "$OTHER" | serve
	refresh
	expect "later it comes" has "$OTHER"
}

what_is_no_list_is_not_used() {
	echo "$LISTED" | serve
	refresh
	echo '<!DOCTYPE html><html><body>Please log in</body></html>' | serve
	fails 'HTML'
	expect "the feed is what it was" has "$LISTED"
	: | serve
	fails 'it is empty'
	echo '127.0.0.1 localhost' | serve
	fails 'is refused'
	expect "the feed is what it was" has "$LISTED"
	# The bad version's ETag must not be taken for that of the file.
	echo "$LISTED" | serve
	refresh
	expect "the feed is what it was" has "$LISTED"
}

others_are_refreshed_all_the_same() {
	local status=0
	echo "$LISTED" | serve
	feeds '# a comment' '' "none $(url none)" "../evil $(url one)" \
		"one $(url one) plain" "two $(url one) drop-json" ||
		status=$?
	expect_same "it fails with 1" 1 "$status"
	expect "the one that is not there is named" \
		grep -q 'none: the download failed' "$LAB/said"
	expect "so is the one with a bad name" \
		grep -q 'evil: no name' "$LAB/said"
	expect "and the one of another format" grep -q 'two: ' "$LAB/said"
	expect "the good one has come" has "$LISTED"
	expect "nothing else" test ! -e "$LAB/feeds/two"
	expect "nor elsewhere" test ! -e "$LAB/evil"
}

settings_of_the_feed_hold() {
	echo "198.51.100.0/24" | serve
	cat >>"$LAB/postern.conf" <<-END
		feed "one" { file = "$LAB/feeds/one" widest-ipv4 = 25 }
	END
	fails 'one: what came is not used'
	expect "that is why" grep -q 'left out' "$LAB/said"
}

wrong_usage_is_told() {
	local status=0
	on backup userspace/share/postern-feeds "$LAB/nothing" \
		2>"$LAB/said" || status=$?
	expect_same "it fails with 2" 2 "$status"
	expect "and says what it can't read" grep -q "$LAB/nothing" "$LAB/said"
}

daemon_follows() {
	cat >>"$LAB/postern.conf" <<-END
		feed "one" { file = "$LAB/feeds/one" }
	END
	start_postern_again
	expect_status '.feeds[0].state == "missing"' 15 "there is none yet"
	echo "$LISTED" | serve
	refresh
	expect_within 15 "$LISTED is on the feed" \
		explains "$LISTED" '.reason == "feed" and .list == "one"'
	echo "$OTHER" | serve
	refresh
	expect_within 15 "$OTHER is on the feed" \
		explains "$OTHER" '.reason == "feed"'
	expect_status '.feeds[0] | .state == "fresh" and .watch == "events"' \
		15 "the kernel tells of changes"
	stop_postern
}

start_web() {
	spawn web internet "$LAB_SOURCE/lib/web" "$LAB/web" "$PORT"
	within 10 on backup curl -s -o "$LAB/answer" "$(url one)"
}

each() {
	nothing_is_there
	postern_config >"$LAB/postern.conf"
}

lab_up start_primary start_backup_mta
nothing_is_there
start_web
before_each each

lab_case "a feed comes when it has changed" comes_when_it_has_changed
lab_case "a failed download changes nothing" failed_download_changes_nothing
lab_case "what is no list is not used" what_is_no_list_is_not_used
lab_case "one bad feed does not keep others back" \
	others_are_refreshed_all_the_same
lab_case "the settings of the feed hold" settings_of_the_feed_hold
lab_case "wrong usage is told" wrong_usage_is_told
lab_case "the daemon follows what is downloaded" daemon_follows

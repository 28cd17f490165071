# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Exim as a sender in `internet`, unpacked into the build directory
# (lib/fetch-exim).  It wants a user of its own, which it gets in a mount
# namespace: the machine's files stay as they are.

EXIM_DIR=$BUILD/exim
EXIM=$EXIM_DIR/usr/sbin/exim4
EXIM_USER=Debian-exim
EXIM_SOURCE=198.51.100.2 # as clean2v4

# Retries by its defaults, and those of the package, in minutes.
exim_config() {
	cat <<-END
		exim_path = $EXIM
		primary_hostname = exim.lab.example
		spool_directory = $LAB/exim/spool
		log_file_path = $LAB/log/exim-%slog
		pid_file_path = $LAB/pid/exim.own
		log_selector = +millisec +subject -queue_run
		local_interfaces = 127.0.0.1
		daemon_smtp_ports = 2525
		disable_ipv6 = true
		keep_environment = LD_LIBRARY_PATH
		tls_advertise_hosts =
		ignore_bounce_errors_after = 0s
		begin routers
		mx:
		  driver = dnslookup
		  transport = remote
		  no_more
		begin transports
		remote:
		  driver = smtp
		  interface = $EXIM_SOURCE
		  hosts_avoid_tls = *
		  hosts_try_dane =
		  dnssec_request_domains =
		begin retry
		* * ${EXIM_RETRY}
	END
}

# exim_run OPTION...: with its user, its libraries and the lab's resolver.  Not
# file by file: a file that the machine replaces takes its mount along.
exim_run() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount sh -c '
		mount --bind "$1" /etc && shift && exec "$@"
	' sh "$LAB/exim/etc" setsid nsenter --net="$(netns_of internet)" -- \
		env LD_LIBRARY_PATH="$(exim_libraries)" \
		"$EXIM" -C "$LAB/exim/exim.conf" "$@"
}

exim_libraries() {
	find "$EXIM_DIR/usr/lib" "$EXIM_DIR/lib" -name '*.so.*' -printf '%h\n' \
		2>/dev/null | sort -u | paste -sd :
}

# All of /etc that it sees.  62250 is nobody's: between the users that Debian
# gives out and nobody.
exim_etc() {
	local etc=$LAB/exim/etc file
	mkdir -p "$etc"
	for file in nsswitch.conf hosts services protocols ld.so.cache; do
		[ ! -e "/etc/$file" ] || cp "/etc/$file" "$etc/"
	done
	grep -v "^$EXIM_USER:" /etc/passwd >"$etc/passwd"
	grep -v "^$EXIM_USER:" /etc/group >"$etc/group"
	echo "$EXIM_USER:x:62250:62250::/nonexistent:/usr/sbin/nologin" \
		>>"$etc/passwd"
	echo "$EXIM_USER:x:62250:" >>"$etc/group"
	echo "nameserver $RESOLVER_IPV4" >"$etc/resolv.conf"
}

exim_make() {
	mkdir -p "$LAB/exim/spool"
	exim_etc
	exim_config >"$LAB/exim/exim.conf"
	touch "$LAB"/log/exim-{main,panic,reject}log
	chown -R 62250:62250 "$LAB/exim/spool" "$LAB"/log/exim-*log
}

# Until the lab goes down.
start_exim() {
	exim_make
	exim_run -bdf "-q$EXIM_QUEUE_RUN" </dev/null >>"$LAB/log/exim" 2>&1 &
	disown
	within 10 grep -qs 'daemon started' "$LAB/log/exim-mainlog" || {
		say "Exim does not start:"
		tail -n 5 "$LAB/log/exim" "$LAB/log/exim-paniclog"
		return 1
	}
}

# exim_send SENDER TOKEN: and tries to deliver it at once.
exim_send() {
	exim_run -odb -f "$1" user@example.net <<-END
		From: $1
		To: user@example.net
		Subject: $2

		$2
	END
}

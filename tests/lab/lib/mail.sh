# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three Postfix instances below the lab's directory, none of which knows of
# the machine's own:
#
#   primary   final destination of example.net: delivers to a file
#   backup    relays example.net to the primary, known recipients only
#   sender    lives in `internet`, follows the MX records of example.net
#
# Backoffs are long, so that only a flush makes the backup try again.

mta_host() {
	case $1 in
	sender) echo internet ;;
	*) echo "$1" ;;
	esac
}

mta_dir() {
	echo "$LAB/mta/$1"
}

mta_main() {
	local name=$1 dir
	dir=$(mta_dir "$name")
	cat <<-EOF
		compatibility_level = 2
		queue_directory = $dir/queue
		data_directory = $dir/data
		maillog_file = $LAB/log/mta-$name
		maillog_file_prefixes = $LAB
		myhostname = $name.lab.example
		myorigin = example.net
		mydestination =
		mynetworks = 127.0.0.0/8
		inet_interfaces = all
		inet_protocols = all
		alias_maps =
		alias_database =
		local_recipient_maps =
		local_transport = error:no local mail
		biff = no
		smtpd_peername_lookup = no
		smtpd_relay_restrictions = reject_unauth_destination
		minimal_backoff_time = 1h
		maximal_backoff_time = 1h
		queue_run_delay = 1h
	EOF
}

mta_services() {
	cat <<-EOF
		postlog unix-dgram n - n - 1 postlogd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		showq unix n - n - - showq
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		relay unix - - n - - smtp
		smtp unix - - n - - smtp
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
	EOF
}

primary_main() {
	cat <<-EOF
		virtual_mailbox_domains = example.net
		virtual_mailbox_base = $LAB/mail
		virtual_mailbox_maps = texthash:$(mta_dir primary)/mailboxes
		virtual_minimum_uid = 1
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
	EOF
}

backup_main() {
	cat <<-EOF
		relay_domains = example.net
		relay_recipient_maps = texthash:$(mta_dir backup)/recipients
		transport_maps = texthash:$(mta_dir backup)/transport
		smtp_connect_timeout = 5s
	EOF
}

# The sender's address chooses the source: mail from clean1v4@sender.example
# comes from `source_of clean 4 1`; clean1v4.bypass@ goes straight to the
# backup.
sender_main() {
	cat <<-EOF
		sender_dependent_default_transport_maps =
		  texthash:$(mta_dir sender)/sources
		smtp_host_lookup = dns
		smtp_connect_timeout = 6s
		bounce_queue_lifetime = 0
	EOF
}

sender_names() {
	local kind number
	for kind in clean listed; do
		for number in 1 2 3; do
			echo "$kind $number 4"
			echo "$kind $number 6"
		done
	done
}

sender_sources() {
	local kind number family name
	while read -r kind number family; do
		name=$kind${number}v$family
		echo "$name@sender.example $name:"
		echo "$name.bypass@sender.example $name:[mx2.example.net]"
	done < <(sender_names)
}

sender_services() {
	local kind number family source
	while read -r kind number family; do
		source=$(source_of "$kind" "$family" "$number")
		echo "$kind${number}v$family unix - - n - - smtp"
		echo "  -o inet_protocols=ipv$family"
		case $family in
		4) echo "  -o smtp_bind_address=$source" ;;
		6) echo "  -o smtp_bind_address6=$source" ;;
		esac
	done < <(sender_names)
}

mta_make() {
	local name=$1 dir
	dir=$(mta_dir "$name")
	mkdir -p "$dir/queue" "$dir/data"
	chown postfix "$dir/data"
	{
		mta_main "$name"
		"${name}_main"
	} >"$dir/main.cf"
	mta_services >"$dir/master.cf"
	case $name in
	primary)
		echo 'smtp inet n - n - - smtpd' >>"$dir/master.cf"
		mkdir -p "$LAB/mail"
		chown nobody "$LAB/mail"
		printf '%s inbox\n' user@example.net postmaster@example.net \
			>"$dir/mailboxes"
		;;
	backup)
		echo 'smtp inet n - n - - smtpd' >>"$dir/master.cf"
		printf '%s ok\n' user@example.net postmaster@example.net \
			>"$dir/recipients"
		echo "example.net relay:[$PRIMARY_IPV4], [$PRIMARY_IPV6]" \
			>"$dir/transport"
		;;
	sender)
		sender_services >>"$dir/master.cf"
		sender_sources >"$dir/sources"
		;;
	esac
}

mta_start() {
	local name=$1 dir
	dir=$(mta_dir "$name")
	[ -d "$dir" ] || mta_make "$name"
	"${@:2}" setsid nsenter --net="$(netns_of "$(mta_host "$name")")" -- \
		postfix -c "$dir" start </dev/null \
		>>"$LAB/log/mta-$name.start" 2>&1 || {
		say "Postfix ($name) does not start:"
		tail -n 3 "$LAB/log/mta-$name.start"
		return 1
	}
}

mta_stop() {
	on "$(mta_host "$1")" postfix -c "$(mta_dir "$1")" stop \
		>>"$LAB/log/mta-$1.start" 2>&1 || :
}

start_primary() {
	mta_start primary
}

# Its port then refuses connections.
stop_primary() {
	mta_stop primary
}

# The primary still hears, but nothing that it says comes through.
BLACKHOLES=(0.0.0.0/1 128.0.0.0/1 192.0.2.0/25 2001:db8::/33 2001:db8::/65)

blackhole_primary() {
	local prefix
	for prefix in "${BLACKHOLES[@]}"; do
		ip_on primary route add blackhole "$prefix"
	done
}

unblackhole_primary() {
	local prefix
	for prefix in "${BLACKHOLES[@]}"; do
		ip_on primary route delete blackhole "$prefix"
	done
}

# For the next case, whatever the last one left behind.
restore_primary() {
	unblackhole_primary 2>/dev/null || :
	ip_on primary address replace "$PRIMARY_IPV6/64" dev eth0 nodad
	on primary postfix -c "$(mta_dir primary)" status >/dev/null 2>&1 ||
		start_primary
}

start_backup_mta() {
	mta_start backup
}

start_sender() {
	mta_start sender with_resolver
}

# send_mail SENDER TOKEN: SENDER is clean1v4, listed2v6.bypass, ...
send_mail() {
	on internet sendmail -C "$(mta_dir sender)" \
		-f "$1@sender.example" user@example.net <<-EOF
			From: $1@sender.example
			To: user@example.net
			Subject: $2

			$2
		EOF
}

queue_of() {
	on "$(mta_host "$1")" postqueue -c "$(mta_dir "$1")" -j
}

queue_length() {
	queue_of "$1" | grep -c .
}

queue_clear() {
	on "$(mta_host "$1")" postsuper -c "$(mta_dir "$1")" -d ALL \
		>/dev/null 2>&1
}

inbox_has() {
	grep -qs "^Subject: $1\$" "$LAB/mail/inbox"
}

queue_has() {
	grep -qrs "Subject: $2" "$(mta_dir "$1")"/queue/{incoming,active,deferred}
}

mta_log_has() {
	grep -qs -- "$2" "$LAB/log/mta-$1"
}

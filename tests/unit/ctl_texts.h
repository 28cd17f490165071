/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says (with ' for ") and what people read then, for
 * test_ctl_text.c.
 */
#ifndef POSTERN_TESTS_CTL_TEXTS_H
#define POSTERN_TESTS_CTL_TEXTS_H

/* A line here is a line of the screen, 80 columns of it. */
/* clang-format off */

static const char healthy_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'lease_s':9.234, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':42}], "
	"'gate':{'ipv4':{'state':'closed', 'since':1763680000, "
	"'why':'mx1.example.net takes mail'}, "
	"'ipv6':{'state':'closed', 'since':1763680000, "
	"'why':'mx1.example.net takes mail'}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'192.0.2.5', 'state':'up', 'reason':'good', "
	"'last_probe_s':12.2}, {'name':'mx1.example.net', "
	"'address':'2001:db8::5', 'state':'up', 'reason':'good', "
	"'last_probe_s':14}], "
	"'zones':[{'zone':'zen.spamhaus.org', 'state':'ok', "
	"'reason':'', 'queries':12345, 'listed':9876, 'p50_s':0.0021, "
	"'p99_s':0.0304, 'quota_used':12345, 'quota_limit':100000}, "
	"{'zone':'list.dnswl.org', 'state':'ok', 'reason':'', "
	"'queries':12345, 'listed':120}], "
	"'feeds':[{'name':'drop', 'entries':1700, 'age_s':7400, 'ipv4':17, "
	"'state':'fresh'}, {'name':'own', 'entries':3, 'age_s':60, 'ipv4':0, "
	"'state':'fresh', 'rejected':2, 'left_out':1234, 'watch':'polling'}], "
	"'counters':{'allowed':{'ipv4':42, 'ipv6':0}, "
	"'clean':{'ipv4':1204, 'ipv6':88}, "
	"'unknown':{'ipv4':0, 'ipv6':0}, "
	"'late':{'ipv4':3, 'ipv6':0}, "
	"'overload':{'ipv4':0, 'ipv6':0}, "
	"'stale':{'ipv4':0, 'ipv6':0}, "
	"'held':{'ipv4':950, 'ipv6':70}, "
	"'blocked':{'ipv4':0, 'ipv6':0}, "
	"'feed':{'ipv4':17, 'ipv6':0}, "
	"'listed':{'ipv4':1234567, 'ipv6':4321}, "
	"'evasion':{'ipv4':2, 'ipv6':0}, "
	"'bypass':{'ipv4':56789, 'ipv6':1234}}, "
	"'lists':[{'name':'allow', 'entries':12, 'ipv4':40, "
	"'ipv6':2}, {'name':'block', 'entries':3, 'ipv4':0, "
	"'ipv6':0}], "
	"'lookups':{'waiting':0, 'active':2, 'asked':12345, "
	"'shed':0, 'shed_s':null, 'verdicts':9123}, "
	"'doorman':{'state':'on', 'starttls':true, 'tls':321, "
	"'tls_failed':5, 'sessions':3, 'taken':12345, 'told':12000, "
	"'turned_away':7, 'cut_short':2, 'weary':4}}";

static const char healthy_text[] =
	"Enforcing. The gate is closed: mx1.example.net takes mail.\n"
	"\n"
	"Gate\n"
	"  IPv4  closed  since 2025-11-20 23:06 (3 d)  mx1.example.net takes mail\n"
	"  IPv6  closed  since 2025-11-20 23:06 (3 d)  mx1.example.net takes mail\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5    up  probed 12 s ago  takes mail\n"
	"  mx1.example.net  2001:db8::5  up  probed 14 s ago  takes mail\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 42\n"
	"\n"
	"DNSBLs\n"
	"  zen.spamhaus.org  ok  12,345 queries  9,876 listed  answers in 2.1 ms (p99\n"
	"                                                      30.4 ms), quota: 12,345 of\n"
	"                                                      100,000\n"
	"  list.dnswl.org    ok  12,345 queries    120 listed\n"
	"  9,123 verdicts in the kernel; lookups: 2 under way, 0 waiting, 0 shed\n"
	"\n"
	"Lists\n"
	"  allow  12 entries  42 SYNs\n"
	"  block   3 entries   0 SYNs\n"
	"\n"
	"Feeds\n"
	"  drop  fresh  1,700 entries  17 SYNs  2 h old\n"
	"  own   fresh      3 entries   0 SYNs  60 s old  2 rejected, 1,234 left out,\n"
	"                                                 polled\n"
	"\n"
	"Doorman\n"
	"  3 connections now, 12,345 so far: 12,000 told, 9 refused for want of room; 4\n"
	"  times a network was dropped as it came too often\n"
	"  STARTTLS is offered: 321 spoke TLS, 5 failed to\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 9.2 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  let in:\n"
	"    allowed   on the allow list, or a primary                    42            0\n"
	"    clean     no blocklist names it                           1,204           88\n"
	"  let in for want of knowledge:\n"
	"    late      no verdict within hold-limit, so let in             3            0\n"
	"  held:\n"
	"    held      waits for its verdict                             950           70\n"
	"  refused:\n"
	"    feed      on a feed                                          17            0\n"
	"    listed    blocklists name it                          1,234,567        4,321\n"
	"    evasion   a packet made to slip past filters                  2            0\n"
	"    bypass    came here although the primary is up           56,789        1,234\n"
	"  none yet: witness, unknown, overload, stale, blocked\n";

static const char primary_down_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'lease_s':8.2, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':42}], "
	"'gate':{'ipv4':{'state':'open', 'since':1763947200, "
	"'why':'no primary takes mail'}, "
	"'ipv6':{'state':'open', 'since':1763947200, "
	"'why':'no primary takes mail'}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'192.0.2.5', 'state':'down', 'reason':'rcpt', "
	"'reply':'451 4.3.0 <postmaster>: Temporary lookup failure', "
	"'last_probe_s':4.1}, {'name':'mx1.example.net', "
	"'address':'2001:db8::5', 'state':'down', "
	"'reason':'connect_timeout', 'reply':'', 'last_probe_s':2}], "
	"'zones':[{'zone':'zen.spamhaus.org', 'state':'ok', "
	"'reason':'', 'queries':12345, 'listed':9876}], "
	"'feeds':[], "
	"'lookups':{'waiting':4096, 'active':12, 'asked':54321, "
	"'shed':12000, 'shed_network':345, 'shed_s':0.5, 'put_off':6789, "
	"'verdicts':54000}, "
	"'counters':{'clean':{'ipv4':4, 'ipv6':0}, "
	"'held':{'ipv4':5, 'ipv6':0}, 'listed':{'ipv4':1, 'ipv6':0}}}";

static const char primary_down_text[] =
	"Enforcing. The gate is OPEN: no primary takes mail.\n"
	"! mx1.example.net (192.0.2.5) is down: it can't check recipients, \"451 4.3.0\n"
	"  <postmaster>: Temporary lookup failure\".\n"
	"! mx1.example.net (2001:db8::5) is down: it doesn't answer a SYN.\n"
	"! Overload: more new sources come than may be looked up, so some are let in\n"
	"  without it (12,345 so far). Who is known already does not feel it.\n"
	"\n"
	"Gate\n"
	"  IPv4  open  since 2025-11-24 01:20 (46 min)  no primary takes mail\n"
	"  IPv6  open  since 2025-11-24 01:20 (46 min)  no primary takes mail\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5    down  probed 4.1 s ago  can't check recipients\n"
	"  mx1.example.net  2001:db8::5  down  probed 2.0 s ago  doesn't answer a SYN\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 42\n"
	"\n"
	"DNSBLs\n"
	"  zen.spamhaus.org  ok  12,345 queries  9,876 listed\n"
	"  54,000 verdicts in the kernel; lookups: 12 under way, 4,096 waiting, 12,345\n"
	"  shed, 6,789 put off\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 8.2 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  let in:\n"
	"    clean     no blocklist names it                               4            0\n"
	"  held:\n"
	"    held      waits for its verdict                               5            0\n"
	"  refused:\n"
	"    listed    blocklists name it                                  1            0\n"
	"  none yet: allowed, witness, unknown, late, overload, stale, blocked, feed,\n"
	"  evasion, bypass\n";

static const char monitor_json[] =
	"{'version':'0.1.0', 'mode':'monitor', 'lease_s':9.9, "
	"'interfaces':[{'name':'ens18', 'attach':'generic', "
	"'program_id':7}, {'name':'wan0', 'attach':'native', "
	"'program_id':8}], "
	"'gate':{'ipv4':{'state':'closed', 'since':1763947200, "
	"'why':'mx1.example.net takes mail'}, "
	"'ipv6':{'state':'open', 'since':1763947200, "
	"'why':'mx1.example.net has no IPv6 address'}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'192.0.2.5', 'state':'up', 'reason':'good', "
	"'last_probe_s':4.1}], "
	"'zones':[{'zone':'zen.spamhaus.org', 'state':'untested', "
	"'reason':'has not been tested yet', 'queries':0, 'listed':0}], "
	"'feeds':[], 'nudge':{'state':'switched off: it did harm'}, "
	"'counters':{'clean':{'ipv4':4, 'ipv6':0}, "
	"'held':{'ipv4':5, 'ipv6':0}, "
	"'listed':{'ipv4':123456789012, 'ipv6':0}, "
	"'deferred':{'ipv4':3, 'ipv6':1}}}";

static const char monitor_text[] =
	"Monitoring: nothing is refused, it is only counted. The gate is closed for IPv4\n"
	"and OPEN for IPv6.\n"
	"! ens18 is attached in generic mode, not by its driver: the kernel makes a\n"
	"  socket buffer of each packet before it can be dropped, so a flood costs\n"
	"  several times the CPU. Whom it lets in is the same.\n"
	"! Nudging is switched off until the next start: of the clients that were nudged\n"
	"  fewer came again than of the others. Unknown senders wait about a second\n"
	"  instead.\n"
	"\n"
	"Gate\n"
	"  IPv4  closed  since 2025-11-24 01:20 (46 min)  mx1.example.net takes mail\n"
	"  IPv6  open    since 2025-11-24 01:20 (46 min)  mx1.example.net has no IPv6\n"
	"                                                 address\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5  up  probed 4.1 s ago  takes mail\n"
	"\n"
	"Interfaces\n"
	"  ens18  generic  program 7\n"
	"  wan0   native   program 8\n"
	"\n"
	"DNSBLs\n"
	"  zen.spamhaus.org  untested  0 queries  0 listed  has not been tested yet\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 9.9 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  let in:\n"
	"    clean     no blocklist names it                               4            0\n"
	"  would have been held:\n"
	"    held      waits for its verdict                               5            0\n"
	"  would have been refused:\n"
	"    listed    blocklists name it                           123.46 G            0\n"
	"  not known to this posternctl:\n"
	"    deferred                                                      3            1\n"
	"  none yet: allowed, witness, unknown, late, overload, stale, blocked, feed,\n"
	"  evasion, bypass\n";

static const char blind_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'lease_s':9.9, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':8}], "
	"'gate':{'ipv4':{'state':'open', 'since':1763947200, "
	"'why':'no primary takes mail'}, "
	"'ipv6':{'state':'open', 'since':1763947200, "
	"'why':'mx1.example.net has no IPv6 address'}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'192.0.2.5', 'state':'unknown', 'reason':'', "
	"'last_probe_s':null}], "
	"'zones':[{'zone':'zen.spamhaus.org', 'state':'failing', "
	"'reason':'does not answer', 'queries':345, "
	"'listed':0}, {'zone':'***.combined.mail.abusix.zone', "
	"'state':'failing', "
	"'reason':'does not answer', 'queries':345, "
	"'listed':0}], "
	"'feeds':[{'name':'drop', 'entries':1700, 'age_s':864000, "
	"'state':'stale'}], "
	"'counters':{'late':{'ipv4':40, 'ipv6':0}, "
	"'held':{'ipv4':51, 'ipv6':0}}}";

static const char blind_text[] =
	"BLIND: no DNSBL answers, so who isn't known already is let in unchecked. Does\n"
	"the resolver work?\n"
	"Enforcing. The gate is OPEN.\n"
	"! The DNSBL zen.spamhaus.org is out (failing): it does not answer.\n"
	"! The DNSBL ***.combined.mail.abusix.zone is out (failing): it does not answer.\n"
	"! The feed drop is stale.\n"
	"\n"
	"Gate\n"
	"  IPv4  open  since 2025-11-24 01:20 (46 min)  no primary takes mail\n"
	"  IPv6  open  since 2025-11-24 01:20 (46 min)  mx1.example.net has no IPv6\n"
	"                                               address\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5  unknown  not probed yet\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 8\n"
	"\n"
	"DNSBLs\n"
	"  zen.spamhaus.org               failing  345 queries  0 listed  does not answer\n"
	"  ***.combined.mail.abusix.zone  failing  345 queries  0 listed  does not answer\n"
	"\n"
	"Feeds\n"
	"  drop  stale  1,700 entries  0 SYNs  10 d old\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 9.9 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  let in for want of knowledge:\n"
	"    late      no verdict within hold-limit, so let in            40            0\n"
	"  held:\n"
	"    held      waits for its verdict                              51            0\n"
	"  none yet: allowed, witness, clean, unknown, overload, stale, blocked, feed,\n"
	"  listed, evasion, bypass\n";

static const char failing_open_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'lease_s':-14.2, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':8}], "
	"'gate':{'ipv4':{'state':'closed', 'since':1763947200, "
	"'why':'mx1.example.net takes mail'}, "
	"'ipv6':{'state':'closed', 'since':1763947200, "
	"'why':'mx1.example.net takes mail'}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'2001:0db8:85a3:1234:5678:8a2e:0370:7334', "
	"'state':'up', 'reason':'good', 'last_probe_s':44}], "
	"'zones':[], 'feeds':[], "
	"'doorman':{'state':'missing', 'sessions':0}, "
	"'witnesses':{'state':'missing', 'why':'no cgroup v2 is mounted', "
	"'seen':0, 'over_share':0}, "
	"'counters':{'stale':{'ipv4':40, 'ipv6':0}}}";

static const char failing_open_text[] =
	"FAILING OPEN: the daemon's lease has run out. The kernel takes the gate for open\n"
	"and holds nobody; lists, and verdicts until they expire, stay in force.\n"
	"Otherwise: Enforcing. The gate is closed: mx1.example.net takes mail.\n"
	"! The doorman has no socket: who is deferred reaches the mail server.\n"
	"! Nobody becomes a witness by connecting to the primary on this machine: no\n"
	"  cgroup v2 is mounted.\n"
	"\n"
	"Gate\n"
	"  IPv4  closed  since 2025-11-24 01:20 (46 min)  mx1.example.net takes mail\n"
	"  IPv6  closed  since 2025-11-24 01:20 (46 min)  mx1.example.net takes mail\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  2001:0db8:85a3:1234:5678:8a2e:0370:7334\n"
	"                                                 up  probed 44 s ago  takes mail\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 8\n"
	"\n"
	"Doorman\n"
	"  0 connections now, 0 so far: 0 told, 0 refused for want of room; 0 times a\n"
	"  network was dropped as it came too often\n"
	"  no STARTTLS, for want of a certificate\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  let in for want of knowledge:\n"
	"    stale     the daemon does not answer, so let in              40            0\n"
	"  none yet: allowed, witness, clean, unknown, late, overload, held, blocked,\n"
	"  feed, listed, evasion, bypass\n";

static const char ordered_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'configured_mode':'monitor', "
	"'watched':['lists', 'bypass'], 'lease_s':9, "
	"'orders':{'gate':{'order':'close', 'since':1763948000, "
	"'until':1763951600, 'left_s':1600, 'uid':0}, "
	"'mode':{'order':'enforce', 'since':1763948000, 'until':null, "
	"'left_s':null, 'uid':4294967000}}, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':8}], "
	"'gate':{'ipv4':{'state':'closed', 'since':1763947200, "
	"'why':'by hand', 'otherwise':{'state':'open', "
	"'why':'the primary is down'}}, "
	"'ipv6':{'state':'closed', 'since':1763947200, "
	"'why':'by hand', 'otherwise':{'state':'closed', "
	"'why':'the primary is up'}}}, "
	"'primaries':[{'name':'mx1.example.net', "
	"'address':'192.0.2.5', 'state':'up', 'reason':'good', "
	"'last_probe_s':4}], "
	"'zones':[], 'feeds':[], "
	"'knockers':{'mercy':2, 'networks':2, 'attempts':{'off':3, "
	"'strict':1200, 'witness':840}, 'ipv4':{'now':12, "
	"'usual':3.5, 'open_left_s':0}, 'ipv6':{'now':0}}, "
	"'witnesses':{'state':'on', 'why':null, 'seen':2310, "
	"'over_share':4}, "
	"'queue':{'length':1234, 'oldest_s':7300, 'age_s':12}, "
	"'recovery':{'owed':2, 'next':'example.net', 'on_up':false, "
	"'in_s':8}, "
	"'recipients':{'accepted':1200, 'refused':3, 'deferred':4, "
	"'problem':'its file can\\u2019t be read'}, "
	"'counters':{'blocked':{'ipv4':7, 'ipv6':0}, "
	"'listed':{'ipv4':40, 'ipv6':0}, "
	"'bypass':{'ipv4':4, 'ipv6':0}}}";

static const char ordered_text[] =
	"Enforcing, but for what is only watched: lists, bypass. The gate is closed: by\n"
	"hand.\n"
	"! The gate is held CLOSED by hand (by root, for another 26 min). Without that it\n"
	"  would be OPEN for IPv4 (the primary is down), closed for IPv6 (the primary is\n"
	"  up). Honest senders may have no way to deliver: `posternctl gate auto` ends\n"
	"  it.\n"
	"! The mode is enforce by hand (by uid 4294967000, until it is taken back). The\n"
	"  configuration says monitor.\n"
	"\n"
	"Gate\n"
	"  IPv4  closed  since 2025-11-24 01:20 (46 min)  by hand\n"
	"  IPv6  closed  since 2025-11-24 01:20 (46 min)  by hand\n"
	"  clean networks that knock in these 10 minutes: 12 over IPv4, 0 over IPv6\n"
	"  networks that kept knocking and were let in: 2\n"
	"  attempts to bypass the primary: 1,200, of which policy off refuses 0.2 %,\n"
	"  strict all, witness 70.0 %\n"
	"  witnesses from this machine, who connected to the primary here: 2,310; 4 left\n"
	"  out, for too many of their /16 (/32 for IPv6) may pass already\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5  up  probed 4.0 s ago  takes mail\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 8\n"
	"\n"
	"Queue\n"
	"  1,234 messages, the oldest 2 h old (counted 12 s ago)\n"
	"  flushing: 2 domains to go, example.net next, in 8.0 s\n"
	"  recipients asked for: 1,200 accepted, 3 refused, 4 deferred; now: its file\n"
	"  can\xe2\x80\x99t be read\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 9.0 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  refused:\n"
	"    listed    blocklists name it                                 40            0\n"
	"  would have been refused:\n"
	"    blocked   on the block list                                   7            0\n"
	"    bypass    came here although the primary is up                4            0\n"
	"  none yet: allowed, witness, clean, unknown, late, overload, stale, held, feed,\n"
	"  evasion\n";

static const char guards_json[] =
	"{'version':'0.1.0', 'mode':'enforce', 'lease_s':9.5, "
	"'interfaces':[{'name':'eth0', 'attach':'native', "
	"'program_id':8}], "
	"'gate':{'ipv4':{'state':'open', 'since':1763947200, "
	"'why':'no MX host is better than this one (example.org)'}, "
	"'ipv6':{'state':'closed', 'since':1763947200, "
	"'why':'the primary is up'}}, "
	"'guards':[{'name':'', 'doors':['192.0.2.25', '2001:db8::25'], "
	"'gate':{'ipv4':{'state':'closed', 'why':'the primary is up'}, "
	"'ipv6':{'state':'closed', 'why':'the primary is up'}}, "
	"'domains':[{'domain':null, 'state':'closed', 'why':'x'}, "
	"{'domain':'example.net', 'state':'closed', "
	"'why':'the primary is up'}]}, "
	"{'name':'unused', 'doors':[], 'domains':[]}, "
	"{'name':'second', 'doors':['192.0.2.26'], "
	"'gate':{'ipv4':{'state':'open', "
	"'why':'no MX host is better than this one (example.org)'}, "
	"'ipv6':{'state':'open', "
	"'why':'no address of this family is protected'}}, "
	"'domains':[{'domain':'example.org', 'state':'open', "
	"'why':'no MX host is better than this one'}]}], "
	"'primaries':[{'name':'mx1.example.net', 'address':'192.0.2.5', "
	"'state':'up', 'reason':'good', 'last_probe_s':12.2}], "
	"'zones':[], 'feeds':[], 'counters':{}}";

static const char guards_text[] =
	"Enforcing. The gate is OPEN for IPv4 and closed for IPv6.\n"
	"\n"
	"Gate\n"
	"  IPv4  open    since 2025-11-24 01:20 (46 min)  no MX host is better than this\n"
	"                                                 one (example.org)\n"
	"  IPv6  closed  since 2025-11-24 01:20 (46 min)  the primary is up\n"
	"\n"
	"Guards\n"
	"  (no name)  IPv4  closed  the primary is up\n"
	"             IPv6  closed  the primary is up\n"
	"  second     IPv4  open    no MX host is better than this one (example.org)\n"
	"             IPv6  open    no address of this family is protected\n"
	"\n"
	"Domains\n"
	"  example.org  open    no MX host is better than this one\n"
	"  example.net  closed  the primary is up\n"
	"\n"
	"Primaries\n"
	"  mx1.example.net  192.0.2.5  up  probed 12 s ago  takes mail\n"
	"\n"
	"Interfaces\n"
	"  eth0  native  program 8\n"
	"\n"
	"Daemon\n"
	"  version 0.1.0; the kernel believes it for another 9.5 s\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  None was seen yet.\n";

static const char nothing_known_json[] =
	"{}";

static const char nothing_known_text[] =
	"NOT FILTERING: no interface is attached.\n"
	"Otherwise: Mode: unknown. The gate is unknown.\n"
	"! The daemon doesn't say how long the kernel will believe it.\n"
	"! No primary is known, so nobody can be bypassing one: the gate stays open.\n"
	"\n"
	"Gate\n"
	"  IPv4  unknown\n"
	"  IPv6  unknown\n"
	"\n"
	"Daemon\n"
	"  version unknown\n"
	"\n"
	"SYNs by reason                                                 IPv4         IPv6\n"
	"  None was seen yet.\n";

static const struct {
	const char *json;
	const char *text;
} statuses[] = {
	{healthy_json, healthy_text},
	{primary_down_json, primary_down_text},
	{monitor_json, monitor_text},
	{blind_json, blind_text},
	{failing_open_json, failing_open_text},
	{ordered_json, ordered_text},
	{guards_json, guards_text},
	{nothing_known_json, nothing_known_text},
};

static const struct {
	const char *json;
	const char *text;
} explained[] = {
	{
	"{'address':'203.0.113.66', 'action':'drop', "
	"'reason':'listed', 'list':null, 'prefix':null, "
	"'verdict':'listed', 'score':3, 'threshold':3, "
	"'sites':[{'zone':'zen.example', 'answer':'127.0.0.2', "
	"'weight':3, 'ttl_s':700, 'text':'see http://zen.example/1'}], "
	"'expires_s':740, 'gate':'open', 'mode':'enforce'}",
	"A SYN from 203.0.113.66 is dropped now: blocklists name it (score 3, threshold\n"
	"3): zen.example 127.0.0.2 weight 3, valid for 12 min. The gate is open for IPv4.\n"
	"  zen.example says: see http://zen.example/1\n",
	},
	{
	"{'address':'203.0.113.66', 'action':'pass', "
	"'reason':'listed', 'list':null, 'prefix':null, "
	"'verdict':'listed', 'score':5, 'threshold':3, "
	"'sites':[{'zone':'zen.example', 'answer':'127.0.0.2', "
	"'weight':3, 'ttl_s':700, 'text':'zen'}, {'zone':'bl.example', "
	"'answer':'127.0.0.4', 'weight':2, 'ttl_s':800, 'text':'bl'}, "
	"{'zone':'bl.example', 'answer':'127.0.0.4', 'weight':1, "
	"'ttl_s':800, 'text':'bl'}, "
	"{'zone':'white.example', 'answer':null, 'weight':-4, "
	"'ttl_s':60}, {'zone':'dead.example', 'answer':null, "
	"'matched':false, 'weight':1, 'ttl_s':0, 'why':'timeout'}, "
	"{'zone':'pbl.example', 'answer':'127.0.0.11', "
	"'matched':false, 'weight':1, 'ttl_s':300, 'why':null}], "
	"'expires_s':740, 'gate':'closed', 'mode':'monitor'}",
	"A SYN from 203.0.113.66 passes now, because nothing is refused in monitor mode.\n"
	"Enforced, it would be dropped: blocklists name it (score 5, threshold 3), valid\n"
	"for 12 min. The gate is closed for IPv4.\n"
	"  zen.example    127.0.0.2                 weight 3  valid for 11 min\n"
	"  bl.example     127.0.0.4                 weight 2  valid for 13 min\n"
	"  bl.example     127.0.0.4                 weight 1  valid for 13 min\n"
	"  white.example  no listing                          valid for 60 s\n"
	"  dead.example   no answer                           timeout\n"
	"  pbl.example    127.0.0.11 (not counted)            valid for 5 min\n"
	"  zen.example says: zen\n"
	"  bl.example says: bl\n",
	},
	{
	"{'address':'203.0.113.66', 'action':'pass', "
	"'reason':'bypass', 'list':null, 'prefix':null, "
	"'verdict':'unknown', 'sites':[], "
	"'gate':'closed', 'mode':'enforce'}",
	"A SYN from 203.0.113.66 passes now, because `monitor` in the configuration has\n"
	"this only watched. Enforced, it would be dropped: came here although the primary\n"
	"is up. DNSBLs have not been asked about it.\n",
	},
	{
	"{'address':'203.0.113.9', 'action':'drop', 'reason':'held', "
	"'list':null, 'prefix':null, 'verdict':'unknown', 'score':0, "
	"'sites':[], 'expires_s':null, 'gate':'open', "
	"'mode':'enforce'}",
	"A SYN from 203.0.113.9 is held now, until DNSBLs have been asked about it. The\n"
	"first SYN starts a lookup. Its sender repeats it within a second or so, and is\n"
	"let in then unless blocklists name it, or at the latest when hold-limit is over.\n"
	"The gate is open for IPv4.\n",
	},
	{
	"{'address':'203.0.113.9', 'action':'pass', 'reason':'held', "
	"'list':null, 'prefix':null, 'verdict':'unknown', 'score':0, "
	"'sites':[], 'expires_s':null, 'gate':'open', "
	"'mode':'monitor'}",
	"A SYN from 203.0.113.9 passes now, because nothing is refused in monitor mode.\n"
	"Enforced, it would be held, until DNSBLs have been asked about it. The first SYN\n"
	"starts a lookup. Its sender repeats it within a second or so, and is let in then\n"
	"unless blocklists name it, or at the latest when hold-limit is over. The gate is\n"
	"open for IPv4.\n",
	},
	{
	"{'address':'2001:db8::9', 'action':'drop', "
	"'reason':'bypass', 'list':null, 'prefix':null, "
	"'verdict':'clean', 'score':0, 'sites':[], 'expires_s':3000, "
	"'gate':'closed', 'mode':'enforce'}",
	"A SYN from 2001:db8::9 is dropped now: came here although the primary is up. No\n"
	"blocklist names it (score 0), valid for 50 min.\n",
	},
	{
	"{'address':'2001:db8::9', 'action':'defer', "
	"'reason':'bypass', 'list':null, 'prefix':null, "
	"'verdict':'unknown', 'score':0, 'sites':[], 'expires_s':null, "
	"'gate':'closed', 'mode':'enforce'}",
	"A SYN from 2001:db8::9 is left to the doorman now: came here although the\n"
	"primary is up. DNSBLs have not been asked about it.\n",
	},
	{
	"{'address':'192.0.2.5', 'action':'pass', 'reason':'allowed', "
	"'list':'allow', 'prefix':'192.0.2.5/32', "
	"'verdict':'unknown', 'score':0, 'sites':[], "
	"'expires_s':null, 'gate':'closed', 'mode':'enforce'}",
	"A SYN from 192.0.2.5 passes now: on the allow list, or a primary (allow:\n"
	"192.0.2.5/32). DNSBLs have not been asked about it. The gate is closed for IPv4.\n",
	},
	{
	"{'address':'192.0.2.5', 'action':'drop', 'reason':'feed', "
	"'list':'drop', 'prefix':'192.0.2.0/24', "
	"'verdict':'unknown', 'score':0, 'sites':[], "
	"'expires_s':null, 'gate':'closed', 'mode':'enforce'}",
	"A SYN from 192.0.2.5 is dropped now: on a feed (drop: 192.0.2.0/24). DNSBLs have\n"
	"not been asked about it. The gate is closed for IPv4.\n",
	},
	{
	"{'address':'192.0.2.5', 'action':'pass', 'reason':'clean', "
	"'list':null, 'verdict':'clean', 'score':-4, 'threshold':1, "
	"'sites':[{'zone':'list.dnswl.org', 'answer':'127.0.5.1', "
	"'weight':-4, 'ttl_s':60}], "
	"'expires_s':900, 'gate':'open', 'mode':'enforce'}",
	"A SYN from 192.0.2.5 passes now: no blocklist names it (score -4, threshold 1):\n"
	"list.dnswl.org 127.0.5.1 weight -4, valid for 15 min. The gate is open for IPv4.\n",
	},
	{
	"{'address':'192.0.2.5', 'action':'pass', 'reason':'stale', "
	"'list':null, 'verdict':'unknown', 'gate':'open', "
	"'mode':'enforce'}",
	"A SYN from 192.0.2.5 passes now: the daemon does not answer, so let in. DNSBLs\n"
	"have not been asked about it. The gate is open for IPv4.\n",
	},
	{
	"{'address':'192.0.2.5', 'action':'pass', 'reason':'deferred', "
	"'list':null, 'verdict':'unknown', 'gate':'open', "
	"'mode':'enforce'}",
	"A SYN from 192.0.2.5 passes now: deferred. DNSBLs have not been asked about it.\n"
	"The gate is open for IPv4.\n",
	},
};

/* clang-format on */

#endif

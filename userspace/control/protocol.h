/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is spoken over the control socket: one line of JSON asks, one line of
 * JSON answers, in order; the connection may be used again.  `watch` answers
 * with lines until the client hangs up.
 *
 *   {"command":"explain","args":{"address":"203.0.113.66"}}
 *   {"ok":true,"result":{...}}       or       {"ok":false,"error":"one line"}
 *
 * "args" may be left out.  No other key is known in a request.  In results,
 * keys may be added and readers ignore what they don't know.  The types that
 * the keys of `status`, `explain` and `lookup` have:
 *
 *   NAME_s           seconds, a number; null or missing: not known, never yet
 *   since            Unix time in seconds
 *   mode             "monitor", "enforce": what is in force
 *   configured_mode  the same, of the configuration
 *   watched          stages of `monitor` in the configuration: "lists",
 *                    "verdicts", "bypass", "evasion"
 *   orders           "gate" and "mode": null, or what was ordered by hand:
 *                    "order" (a word of posternctl), "since" and "until" in
 *                    Unix time, "left_s" (the last two null: it has no end),
 *                    "uid" (who)
 *   queue            of Postfix here: "length", "oldest_s" (null: not known),
 *                    "age_s" (of this count); null: there is none
 *   recovery         null, or what is owed after an outage: "owed" domains,
 *                    "next", "on_up", "in_s" (null: the primary is not up)
 *   recipients       null, or what came of verifying them: "accepted",
 *                    "refused", "deferred", "failed", "skipped" (lines),
 *                    "resting", "problem" (null: none)
 *   knockers         at the closed gate: "mercy" (networks let in for it),
 *                    "networks" (entries of that map), "attempts" (how many
 *                    each policy refuses: "off", "strict", which is all, and
 *                    "witness"; null: not known), and for "ipv4" and
 *                    "ipv6" the distinct clean networks of these ten minutes
 *                    ("now"), what is "usual" (null: not known yet), and
 *                    "open_left_s" of a crowd
 *   witnesses        of a primary on this machine: "state" ("on", "off": none
 *                    is here, or bypass.policy is another, "starting",
 *                    "missing" for the reason "why", else null), "seen" (how
 *                    often a network was told of), and "over_share" (how often
 *                    there was no room for one more of its /16 or /32)
 *   interfaces       name, attach, "program_id"
 *   attach           "native", "generic"; anything else: it is not attached
 *   gate, its state  "open", "closed"; over all guards "closed" only where
 *                    all of them are
 *   why              words that complete "the gate is open: ..."
 *   otherwise        of a gate: null, or state and why without the order
 *   guards           name ("" for the keys outside of sections), doors (its
 *                    protected addresses), gate, domains
 *   guards.domains   domain (null: the primaries that are named), state (what
 *                    the gate would be for it alone, over the families of the
 *                    doors) and why, and both apart for "ipv4" and "ipv6"
 *   primaries        name, address, port, state, reason, reply, last_probe_s
 *   primaries.state  "up", "down", "unknown"
 *   primaries.reason a name of PROBE_REASON_TABLE; "reply", where there is
 *                    one, is the line of the primary that decided
 *   zones.state      "ok", "untested" (not yet), or what is wrong, in a word;
 *                    "state_s": for how long
 *   zones.reason     words for people that complete "it ...", "" where all is
 *                    well; "remedy": what can be done, or ""
 *   zones            numbers: queries, listed, failed, waiting (sources for its
 *                    answer), in_flight (questions), p50_s and p99_s (of its
 *                    answers lately), quota_used and quota_limit (0: none)
 *   feeds.state      "fresh", or what is wrong; "reason" has words for it.
 *                    "entries" and "age_s" (null: none) are of the version
 *                    in force, "ipv4" and "ipv6" SYNs that it decided;
 *                    "rejected" and "left_out" lines of its file; "format":
 *                    what that is; "watch": "events", or "polling" where the
 *                    kernel tells of none
 *   doorman.state    "on", "off" (nobody is deferred), "missing" (he has no
 *                    socket); numbers: sessions (now), taken, told,
 *                    turned_away and cut_short (no room), tls (spoke over TLS),
 *                    tls_failed (meant to), weary (how often a network began
 *                    to be dropped, as it had come too often)
 *   doorman.starttls whether he offers STARTTLS: he has a certificate
 *   action           "pass", "drop", "reset", "defer": what the kernel does, so
 *                    always "pass" in monitor mode
 *   reason           a name of REASON_TABLE
 *   verdict          "listed", "clean", "unknown"
 *   list, prefix     which list names the address, and as part of what; null
 *   list_age_s       how old its file or entry is; null for a configured list
 *   sites.answer     the address that the zone answered; null: no listing
 *   sites.matched    whether the answer counts for the score
 *   sites.why        null, or why there is no answer
 *   lists            name, entries, and "ipv4" and "ipv6": SYNs it decided
 *   counters         SYNs by reason, for "ipv4" and "ipv6"
 *   nudge            "state": "on", "off" or why it has been switched off;
 *                    numbers: sent, back (who came again), control and
 *                    control_back (who was not nudged, to compare),
 *                    over_budget
 *   lookups          numbers: waiting, active, asked, shed (no room to wait),
 *                    shed_network (too many of one network), shed_s (since the
 *                    last one of both; null: never), verdicts (in the kernel's
 *                    map)
 *   sites.weight     what it adds to the score if it counts
 *   sites.text       the TXT of what counts, where it has one
 *   threshold        of `dnsbl`; beside "score"
 *   history          of `history`: "network", "since" (Unix time: the store
 *                    knows of nothing older), "kept_days", "left_out" (times
 *                    that there was no room, in these days), and "days" with
 *                    refusals, the latest first: "day" (Unix time of its
 *                    start, UTC), "first", "last" (Unix time), "attempts", of
 *                    them "watched" (let in, for monitor mode), "reached" (when
 *                    the network connected to a primary, too) and "mercy" (when
 *                    it was let in for that; null: it was not, or nobody
 *                    knows), and "reasons" with the attempts by reason
 *   report           of `report`, whose argument "since_s" is how many seconds
 *                    it goes back: its keys are described in posternctl(8)
 *   kind             of a line of `watch`, which has a line for each: "begin",
 *                    the first one; "decision"; "left_out"
 *   time             of a decision, Unix time, when the worker heard of it
 *   would            of a decision: the action that monitor mode spared the
 *                    SYN; null: it spared it nothing
 *   zones            of a decision: the names of those that list the source,
 *                    as far as their answers are still known
 *   left_out         how many decisions were not shown since the last such
 *                    line, and by "reasons"; those that "source" of the
 *                    request would have left out count as well, for nobody
 *                    has looked
 *   worker           "seccomp": whether it is confined to its system calls,
 *                    "cap_bpf": whether the kernel makes it keep CAP_BPF
 *
 * The server and posternctl are the users.  Pure: bytes in, values out.
 */
#ifndef POSTERN_CONTROL_PROTOCOL_H
#define POSTERN_CONTROL_PROTOCOL_H

#include <jansson.h>
#include <stddef.h>

/* Octets of a line, with its newline. */
#define CONTROL_REQUEST_MAX 65536
#define CONTROL_REPLY_MAX   1048576

/* Room for the name of a command, and for an error, with their NUL. */
#define CONTROL_COMMAND_MAX 64
#define CONTROL_ERROR_MAX   1024

struct control_call {
	char command[CONTROL_COMMAND_MAX];
	json_t *args; /* an object, owned by the caller */
};

/*
 * Reads a request, without its newline.  Returns 0; or -EINVAL with what is
 * wrong in `error`, or -ENOMEM, with *out untouched.
 */
int control_parse_request(const char *line, size_t length,
			  struct control_call *out,
			  char error[static CONTROL_ERROR_MAX]);

/*
 * Reads a reply, without its newline.  Returns 0 with a reference to the
 * result in *out; -EREMOTEIO with the daemon's own words in `error`;
 * -EPROTO when it is no reply.  *out is untouched on failure.
 */
int control_parse_reply(const char *line, size_t length, json_t **out,
			char error[static CONTROL_ERROR_MAX]);

/*
 * Make a line, with its newline, for free(3), and take the reference to what
 * goes into it.  They return NULL without memory, for a NULL reference, and
 * for a result that makes a line longer than CONTROL_REPLY_MAX.
 */
char *control_format_request(const char *command, json_t *args);
char *control_format_result(json_t *result);
char *control_format_error(const char *error);

/*
 * A JSON string of whatever octets a stranger sent: what JSON can't carry
 * becomes "?".  NULL without memory.
 */
json_t *control_text(const char *text);

/* How numbers are written, here and by posternctl: 9.2, not 9.199999. */
#define CONTROL_JSON_FLAGS JSON_REAL_PRECISION(12)

#endif

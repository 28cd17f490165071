/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong, or worth a note, between primaries and backups.  Pure. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/audit_facts.h"
#include "sources/doorman.h"

/*
 * Postfix looks at its verification cache again after
 * address_verify_poll_delay, 3 s: what takes about as long was not in it.
 */
#define VERIFIED_MS 2000

/* Senders try for 4 to 5 days (RFC 5321, 4.5.4.1). */
#define LIFETIME_MIN_S ((uint64_t)4 * 86400)

#define LIST_CURE                                                              \
	"list the recipients on the backup in relay_recipient_maps, or keep "  \
	"its verification cache warm while the primary is up: `queue { "       \
	"recipients = verify }` of postern.conf does, with a persistent "      \
	"address_verify_map"

/* Where a finding goes. */
struct place {
	struct audit *audit;
	enum audit_check check;
	const struct audit_server *server; /* or NULL */
};

/* A format for both parts may be NULL: without a cure. */
__attribute__((format(printf, 3, 4))) static void
find(const struct place *place, enum audit_state state, const char *format, ...)
{
	struct audit *audit = place->audit;
	struct audit_finding *finding = &audit->findings[audit->finding_count];
	va_list args;

	if (audit->finding_count == AUDIT_FINDINGS_MAX)
		return;
	audit->finding_count++;
	finding->check = place->check;
	finding->state = state;
	finding->server = place->server;
	finding->cure[0] = '\0';
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

/* How to mend what was found last. */
__attribute__((format(printf, 2, 3))) static void
cure(const struct place *place, const char *format, ...)
{
	struct audit *audit = place->audit;
	char *text = audit->findings[audit->finding_count - 1].cure;
	va_list args;

	va_start(args, format);
	vsnprintf(text, AUDIT_CURE, format, args);
	va_end(args);
}

static bool is_accepted(const struct audit_answer *answer)
{
	return answer->code / 100 == 2;
}

static bool is_deferred(const struct audit_answer *answer)
{
	return answer->code / 100 == 4;
}

/* The primary that has answered most: what the backup is compared to. */
static const struct audit_server *reference(const struct audit *audit)
{
	const struct audit_server *best = NULL;

	for (size_t i = 0; i < audit->server_count; i++) {
		const struct audit_server *one = &audit->servers[i];

		if (one->role != AUDIT_PRIMARY || !one->offers_known)
			continue;
		if (!best || (best->result.reason != PROBE_GOOD &&
			      one->result.reason == PROBE_GOOD))
			best = one;
	}
	return best;
}

/* Whether it can be reached */

static void cure_reach(const struct place *place)
{
	if (place->server->role == AUDIT_PRIMARY)
		cure(place, "audit while the primary is up; see its log, and "
			    "whether it limits or bans this host");
	else if (place->server->result.reason == PROBE_CONNECT_TIMEOUT ||
		 place->server->result.reason == PROBE_REFUSED)
		cure(place, "see whether the MTA listens; if Postern's gate is "
			    "closed there, let this host in meanwhile: "
			    "`posternctl allow add ADDRESS --for 10m`");
	else
		cure(place, "see the log of the backup: in an outage senders "
			    "would meet the same");
}

/* Whether it was Postern's doorman who answered in the place of the MTA. */
static bool met_doorman(const struct audit_server *server)
{
	for (size_t i = 0; i < AUDIT_RECIPIENTS_MAX; i++)
		if (strstr(server->answers[i].text, DOORMAN_BYPASS_WORDS))
			return true;
	return false;
}

static void judge_doorman(const struct place *place)
{
	find(place, AUDIT_FAULT,
	     "Postern's doorman answers for the MTA, as the gate is closed");
	cure(place, "let this host in for the audit: on the backup say "
		    "`posternctl allow add ADDRESS --for 10m`");
}

static void judge_reach(struct audit *audit, const struct audit_server *server)
{
	struct place place = {audit, AUDIT_CHECK_REACH, server};
	const char *words = probe_reason_words(server->result.reason);
	const char *reply = server->result.reply;

	if (met_doorman(server)) {
		judge_doorman(&place);
	} else if (server->result.reason == PROBE_GOOD) {
		find(&place, AUDIT_OK, "%s", words);
	} else {
		find(&place, AUDIT_FAULT, "%s%s%s", words, *reply ? ": " : "",
		     reply);
		cure_reach(&place);
	}
	if (server->own)
		find(&place, AUDIT_NOTE,
		     "is an address of this host, which it may trust "
		     "(mynetworks): ask from elsewhere to see what senders "
		     "see");
}

/* A recipient that can't exist */

static void judge_unknown(struct audit *audit,
			  const struct audit_server *backup,
			  const struct audit_server *primary)
{
	const struct audit_answer *ours = &backup->answers[AUDIT_UNKNOWN];
	struct place place = {audit, AUDIT_CHECK_UNKNOWN, backup};

	if (ours->code == 0)
		return;
	if (is_deferred(ours)) {
		find(&place, AUDIT_NOTE,
		     "an unknown recipient is deferred, not refused: %s",
		     ours->text);
		cure(&place, "if the backup verifies recipients, "
			     "\"unverified_recipient_reject_code = 550\" tells "
			     "senders at once");
	} else if (!is_accepted(ours)) {
		find(&place, AUDIT_OK, "an unknown recipient is refused");
	} else if (primary && is_accepted(&primary->answers[AUDIT_UNKNOWN])) {
		find(&place, AUDIT_OK,
		     "an unknown recipient is accepted, as "
		     "by the primary");
	} else {
		find(&place, AUDIT_FAULT,
		     "backscatter: an unknown recipient is accepted, to be "
		     "bounced later to whom a spammer has forged");
		cure(&place,
		     "on the backup say either \"relay_recipient_maps = "
		     "hash:/etc/postfix/relay_recipients\", with all "
		     "recipients of %s in it, or put "
		     "reject_unverified_recipient at the end of "
		     "smtpd_recipient_restrictions, with "
		     "\"unverified_recipient_reject_code = 550\" and without "
		     "\"unverified_recipient_defer_code = 250\"",
		     audit->domain);
	}
}

/* Recipients that exist, or ought to */

/* Whether the backup had to ask somebody first. */
static bool was_verified(const struct audit_server *backup,
			 const struct audit_server *primary, size_t recipient)
{
	const struct audit_answer *ours = &backup->answers[recipient];

	if (ours->took_ms < backup->mail_ms + VERIFIED_MS)
		return false;
	return !primary ||
	       primary->answers[recipient].took_ms + VERIFIED_MS / 2 <
		       ours->took_ms;
}

static void judge_accepted(const struct place *place,
			   const struct audit_server *primary, size_t recipient)
{
	const char *name = place->audit->recipients[recipient];
	const struct audit_answer *ours = &place->server->answers[recipient];

	if (!was_verified(place->server, primary, recipient)) {
		find(place, AUDIT_OK, "%s is accepted", name);
		return;
	}
	find(place, AUDIT_FAULT,
	     "%s is accepted after %.1f s, so it was verified only now: in an "
	     "outage it would have met 450",
	     name, (double)ours->took_ms / 1000);
	cure(place, "%s", LIST_CURE);
}

static void judge_refused(const struct place *place,
			  const struct audit_server *primary, size_t recipient)
{
	const char *name = place->audit->recipients[recipient];
	const char *reply = place->server->answers[recipient].text;

	if (primary && primary->answers[recipient].code / 100 == 5) {
		find(place, AUDIT_NOTE, "%s is refused, as by the primary: %s",
		     name, reply);
		return;
	}
	find(place, AUDIT_FAULT, "%s is refused: %s", name, reply);
	cure(place,
	     "take mail for %s on the backup: \"relay_domains = %s\", and the "
	     "recipient in relay_recipient_maps where that is set",
	     place->audit->domain, place->audit->domain);
}

static void judge_recipient(struct audit *audit,
			    const struct audit_server *backup,
			    const struct audit_server *primary,
			    size_t recipient)
{
	const struct audit_answer *ours = &backup->answers[recipient];
	struct place place = {audit,
			      recipient == AUDIT_POSTMASTER
				      ? AUDIT_CHECK_POSTMASTER
				      : AUDIT_CHECK_KNOWN,
			      backup};

	if (ours->code == 0)
		return;
	if (is_accepted(ours)) {
		judge_accepted(&place, primary, recipient);
	} else if (is_deferred(ours)) {
		find(&place, AUDIT_FAULT,
		     "%s meets %u, and would in an outage: %s",
		     audit->recipients[recipient], ours->code, ours->text);
		cure(&place, "%s", LIST_CURE);
	} else {
		judge_refused(&place, primary, recipient);
	}
}

/* What EHLO offers */

static const char *size_words(uint64_t size, char text[static 32])
{
	if (size == 0)
		return "no limit";
	snprintf(text, 32, "%" PRIu64 " octets", size);
	return text;
}

static void judge_size(struct audit *audit, const struct audit_server *backup,
		       const struct audit_server *primary)
{
	struct place place = {audit, AUDIT_CHECK_SIZE, backup};
	bool larger = backup->size == 0 ||
		      (primary->size != 0 && backup->size > primary->size);
	char ours[32], theirs[32];

	size_words(backup->size, ours);
	if (backup->size == primary->size) {
		find(&place, AUDIT_OK, "as the primary: %s",
		     size_words(backup->size, ours));
		return;
	}
	find(&place, AUDIT_FAULT, "%s, the primary %s: %s",
	     size_words(backup->size, ours), size_words(primary->size, theirs),
	     larger ? "it takes what it must bounce later"
		    : "it refuses what the primary takes");
	cure(&place, "on the backup say \"message_size_limit = %" PRIu64 "\"",
	     primary->size);
}

static void judge_starttls(struct audit *audit,
			   const struct audit_server *backup,
			   const struct audit_server *primary)
{
	struct place place = {audit, AUDIT_CHECK_STARTTLS, backup};
	bool missing = primary->starttls;

	if (backup->starttls == primary->starttls) {
		find(&place, AUDIT_OK, "%s, as the primary",
		     missing ? "offered" : "not offered");
		return;
	}
	find(&place, AUDIT_FAULT, "%soffered, the primary %s",
	     missing ? "not " : "",
	     missing ? "does: mail goes in clear, or senders who insist on TLS "
		       "keep it"
		     : "doesn't: what came encrypted goes on in clear");
	cure(&place,
	     "on the %s say \"smtpd_tls_security_level = may\", with its "
	     "certificate in smtpd_tls_chain_files",
	     missing ? "backup" : "primary");
}

/* MX records */

static int best_preference(const struct audit *audit)
{
	int best = -1;

	for (size_t i = 0; i < audit->server_count; i++) {
		const struct audit_server *one = &audit->servers[i];

		if (one->role == AUDIT_PRIMARY && one->preference >= 0 &&
		    (best < 0 || one->preference < best))
			best = one->preference;
	}
	return best;
}

static void judge_preference(const struct place *place, int best)
{
	const struct audit_server *server = place->server;
	const char *domain = place->audit->domain;

	if (server->preference < 0) {
		find(place, AUDIT_FAULT, "no MX of %s has this address",
		     domain);
		cure(place,
		     "give the %s an MX record; if it is one under another "
		     "address (NAT), name that one",
		     server->role == AUDIT_PRIMARY ? "primary" : "backup");
	} else if (server->role == AUDIT_BACKUP && best >= 0 &&
		   server->preference <= best) {
		find(place, AUDIT_FAULT,
		     "preference %d is %s the primary's %d: senders come here "
		     "while the primary is up",
		     server->preference,
		     server->preference == best ? "the same as" : "better than",
		     best);
		cure(place,
		     "give the backup a preference above %d in its MX record: "
		     "with the same one senders choose by chance (RFC 5321, "
		     "5.1), and the gate may not close",
		     best);
	} else {
		find(place, AUDIT_OK, "%s has preference %d", server->name,
		     server->preference);
	}
}

static void judge_mx(struct audit *audit)
{
	struct place place = {audit, AUDIT_CHECK_MX, NULL};

	if (audit->mx_failure) {
		find(&place, AUDIT_NOTE, "not known: %s", audit->mx_failure);
		return;
	}
	if (audit->mx_count == 0) {
		find(&place, AUDIT_FAULT, "%s has no MX record", audit->domain);
		cure(&place, "without MX records no sender finds the backup");
		return;
	}
	for (size_t i = 0; i < audit->server_count; i++) {
		place.server = &audit->servers[i];
		judge_preference(&place, best_preference(audit));
	}
}

/* Blocklists */

static const struct site *our_site(const struct config *config,
				   const char *zone)
{
	for (size_t i = 0; i < config->dnsbl.site_count; i++)
		if (strcmp(config->dnsbl.sites[i].zone, zone) == 0)
			return &config->dnsbl.sites[i];
	return NULL;
}

static bool is_theirs(const struct postfix_import *import, const char *zone)
{
	for (size_t i = 0; i < import->site_count; i++)
		if (strcmp(import->sites[i].site.zone, zone) == 0)
			return true;
	return false;
}

static void judge_site(const struct place *place,
		       const struct postfix_site *one)
{
	const struct site *ours =
		our_site(place->audit->config, one->site.zone);
	char zone[SITE_ZONE_MAX];

	site_redact(one->site.zone, zone);
	if (!ours) {
		find(place, AUDIT_FAULT,
		     "%.200s is asked by the primary, but not here", zone);
		cure(place,
		     "add \"%.200s%s%.100s*%d\" to dnsbl.sites (%d is the "
		     "primary's threshold), or run `posternctl import-postfix` "
		     "on its main.cf",
		     zone, one->filter ? "=" : "",
		     one->filter ? one->filter : "", one->site.weight,
		     place->audit->theirs->threshold);
	} else if (ours->weight != one->site.weight) {
		find(place, AUDIT_NOTE,
		     "%.200s weighs %d at the primary, %d here", zone,
		     one->site.weight, ours->weight);
	} else {
		find(place, AUDIT_OK, "%.200s is asked here, too", zone);
	}
}

static void judge_dnsbl(struct audit *audit)
{
	struct place place = {audit, AUDIT_CHECK_DNSBL, NULL};
	char zone[SITE_ZONE_MAX];

	if (!audit->theirs || !audit->config)
		return;
	for (size_t i = 0; i < audit->theirs->site_count; i++)
		judge_site(&place, &audit->theirs->sites[i]);
	for (size_t i = 0; i < audit->config->dnsbl.site_count; i++) {
		const char *ours = audit->config->dnsbl.sites[i].zone;

		if (!is_theirs(audit->theirs, ours))
			find(&place, AUDIT_NOTE,
			     "%.200s is asked here, but not by the primary",
			     site_redact(ours, zone));
	}
	if (audit->theirs->site_count > 0 &&
	    audit->theirs->threshold != audit->config->dnsbl.threshold)
		find(&place, AUDIT_NOTE,
		     "the threshold is %d at the primary, %d here",
		     audit->theirs->threshold, audit->config->dnsbl.threshold);
}

static void judge_lifetime(struct audit *audit)
{
	struct place place = {audit, AUDIT_CHECK_LIFETIME, NULL};
	double days = (double)audit->lifetime_s / 86400;

	if (!audit->lifetime_known)
		return;
	if (audit->lifetime_s >= LIFETIME_MIN_S) {
		find(&place, AUDIT_OK, "the backup keeps mail for %.3g d",
		     days);
		return;
	}
	find(&place, AUDIT_FAULT,
	     "the backup keeps mail for %.3g d only, senders would for 4 to "
	     "5",
	     days);
	cure(&place, "on the backup say \"maximal_queue_lifetime = 30d\", as "
		     "backup services do; 5d is Postfix's default");
}

void audit_judge(struct audit *audit)
{
	const struct audit_server *primary = reference(audit);

	audit->finding_count = 0;
	for (size_t i = 0; i < audit->server_count; i++)
		judge_reach(audit, &audit->servers[i]);
	for (size_t i = 0; i < audit->server_count; i++) {
		const struct audit_server *backup = &audit->servers[i];

		if (backup->role != AUDIT_BACKUP || met_doorman(backup))
			continue;
		judge_unknown(audit, backup, primary);
		for (size_t r = AUDIT_POSTMASTER; r < audit->recipient_count;
		     r++)
			judge_recipient(audit, backup, primary, r);
		if (!primary || !backup->offers_known)
			continue;
		judge_size(audit, backup, primary);
		judge_starttls(audit, backup, primary);
	}
	judge_mx(audit);
	judge_dnsbl(audit);
	judge_lifetime(audit);
}

size_t audit_count(const struct audit *audit, enum audit_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < audit->finding_count; i++)
		count += audit->findings[i].state == state;
	return count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the worker share: the modules it wires, and what each
 * file does for the others.  Nobody outside this folder includes it.
 */
#ifndef POSTERN_WORKER_STATE_H
#define POSTERN_WORKER_STATE_H

#include <uv.h>

#include "control/server.h"
#include "core/config.h"
#include "core/message.h"
#include "core/policy.h"
#include "core/wall.h"
#include "sources/addresses.h"
#include "sources/dnsbl.h"
#include "sources/doorman.h"
#include "sources/patience.h"
#include "sources/primaries.h"
#include "sources/resolver.h"
#include "sources/verifier.h"
#include "tables/events.h"
#include "tables/lists.h"
#include "tables/networks.h"
#include "tables/settings.h"
#include "tables/verdicts.h"
#include "worker/answers.h"
#include "worker/door_texts.h"
#include "worker/feeds.h"
#include "worker/history_keeper.h"
#include "worker/knocks.h"
#include "worker/neighbours.h"
#include "worker/orders.h"
#include "worker/outbox.h"
#include "worker/publisher.h"
#include "worker/recent.h"
#include "worker/recovery.h"
#include "worker/runtime.h"
#include "worker/save.h"
#include "worker/stories.h"
#include "worker/watch.h"
#include "worker/withdraw.h"
#include "worker/worker.h"

/* Control requests that wait for the parent. */
#define PARENT_REQUESTS_MAX 32

struct parent_request {
	uint32_t id; /* 0: free */
	struct control_request *request;
	struct addr source; /* of an explain */
};

/* The gate of one guard for one family. */
struct gate_state {
	struct policy_gate now;
	struct policy_gate decided_alone; /* without orders */
	int64_t since_unix;
	bool decided;  /* false until the first decision */
	bool doubted;  /* closed, and its primary is being asked */
	bool hook_due; /* it has changed, and the parent is to be told */
};

/* Larger tables on their way from the parent. */
struct room {
	struct ranges_fds next[FAMILY_MAX]; /* -1: not come yet */
	bool asked;			    /* and waiting for the answer */
	bool answered;
	int result;
	int deferred_fd; /* a configuration that came meanwhile, or -1 */
};

/* Witnesses that this machine sees itself. */
struct witnesses {
	bool asked;    /* the parent was told whether they are wanted */
	bool wanted;   /* there is use for them, and a primary here */
	bool answered; /* the parent has done what it was told last */
	int result;
	char why[CONFIG_ERROR_TEXT]; /* it could not */
	uint64_t seen;		     /* how often one was told of */
	uint64_t over_share;
};

struct worker {
	uv_loop_t loop;
	struct worker_start start;
	struct config *config;
	uv_poll_t parent;
	struct outbox outbox;
	uint64_t nudges_lost; /* since that was said */
	uint64_t nudges_said_ns;
	uv_timer_t lease;
	uv_timer_t sweep;
	uv_timer_t kept_timer;
	struct wall wall; /* at the last sweep */
	bool closing;

	struct settings_table *settings;
	struct verdict_table *verdicts;
	struct event_reader *events;
	struct ranges_map *ranges[FAMILY_MAX];
	struct network_table *networks;

	struct resolver *resolver;
	struct dnsbl *dnsbl; /* NULL: no sites */
	struct primaries *primaries;
	/* The configurations that these two were made with: older ones, as
	 * long as a reload changes nothing for them. */
	struct config *dnsbl_config;
	struct config *primaries_config;
	struct address_watch *addresses;
	struct answers *answers;
	struct neighbours *neighbours;
	struct knocks *knocked; /* at the closed gate */
	bool crowd[FAMILY_MAX];
	struct withdraw withdraw;
	struct save *save;
	struct history_keeper *history;		  /* of refusals */
	struct stories *stories;		  /* in the log */
	struct addr own[ADDRESSES_PROTECTED_MAX]; /* as the engine knows them */
	size_t own_count;
	uint32_t knock_count; /* at closed gates, to look up some of them */
	struct recent recent; /* of those knocks */
	struct publisher *publisher;
	struct room room;
	struct feeds *feeds;
	struct runtime *runtime;
	struct orders *orders;
	struct recovery *recovery;
	struct queue_state queue;  /* of the local MTA */
	struct verifier *verifier; /* NULL: recipients = off */
	struct control_server *control;
	struct watch *watch;	 /* of decisions, through the control socket */
	struct doorman *doorman; /* NULL: he has no socket, or no duty */
	struct patience *patience;
	struct witnesses witnesses;
	struct door_texts *door_texts;
	char door_name[DOORMAN_NAME_MAX]; /* the MTA's; "": not known */
	struct tls_identity *door_tls;	  /* NULL: none */

	struct gate_state gates[CONFIG_GUARDS_MAX][FAMILY_MAX];
	struct rules kept;	/* whose closed gates stay closed, if no */
	uint64_t kept_until_ns; /* more is known, until then */
	struct attachments attachments;
	struct nudge_counts nudges;
	struct parent_request requests[PARENT_REQUESTS_MAX];
	uint32_t last_request;
};

/* The program believes the daemon for so long after its last renewal. */
#define LEASE_NS (10 * NS_PER_S)

/*
 * worker.c: sends to the parent, also later when it does not read just now;
 * but a nudge at once or not at all.  Logs what fails.
 */
void worker_tell(struct worker *worker, const struct message *message);

/* worker.c: does what the parent says; takes `fd`, or -1. */
void worker_on_message(struct worker *worker, const struct message *message,
		       int fd);

/*
 * room.c: asks the parent for larger range tables; a publisher_grow, with the
 * worker as context.  Messages that come meanwhile are handled, but a
 * configuration is kept until room_take_deferred(), which returns its
 * descriptor, or -1.
 */
publisher_grow room_grow;
void room_init(struct room *room);
int room_take_deferred(struct worker *worker);

/* A descriptor has come, which is taken if this returns true; all have. */
bool room_on_table(struct worker *worker, const struct message *message,
		   int fd);
void room_on_grown(struct worker *worker, const struct message *message);

/*
 * gate.c: gates that are closed now stay so until then, unless more is known:
 * for a new worker, or new probers, nothing is at first.
 */
void gate_keep(struct worker *worker, uint64_t until_ns);

/* gate.c: decides anew from health and configuration, and publishes. */
void gate_update(struct worker *worker);

/*
 * gate.c: the two steps of that.  For another configuration the parent runs
 * hooks only once it was told that this is in force: guards may have other
 * numbers there.
 */
void gate_decide(struct worker *worker);
void gate_run_hooks(struct worker *worker);

/* gate.c: before another configuration is put in force: its guards go on. */
void gate_carry(struct worker *worker, const struct config *next);

/*
 * gate.c: why a gate is as it is, and for which domain; returns `text`.  Valid
 * after gate_update() for what is in force.
 */
#define GATE_TEXT 384
const char *gate_words(const struct worker *worker, size_t guard,
		       enum family family, char text[static GATE_TEXT]);

/* gate.c: somebody knocks at a closed gate, so look after its primaries. */
void gate_knock(struct worker *worker, const struct event *event);

/*
 * gate.c: have crowds come or gone, or networks of which something is known?
 * Call it every second.
 */
void gate_check(struct worker *worker);

/* gate.c: the mode in force. */
enum config_mode gate_mode(const struct worker *worker);

/* lookups.c: wires events, DNSBL engine and verdicts. */
int lookups_start(struct worker *worker, const struct config *config,
		  struct dnsbl **out);

/*
 * The engine of a new configuration, or NULL, takes the place of the one
 * before, which is closed: it goes on with its quotas, and verdicts that rest
 * on sites that have changed are forgotten.
 */
void lookups_replace(struct worker *worker, const struct config *next,
		     struct dnsbl *dnsbl);

/* Who knows its fate by its next SYN need not wait for its own timer. */
void lookups_nudge(struct worker *worker, const struct addr *source);

/*
 * The gate has opened to a source that had knocked: it is made to try again at
 * once, unless it is listed; who is not known is looked up before.
 */
void lookups_welcome(struct worker *worker, const struct addr *source);

/* Tells the engine our own addresses when they have changed. */
void lookups_follow_own(struct worker *worker);

void lookups_on_event(void *context, const struct event *event);

/*
 * The verdict that the program goes by: of the host, or else of its network.
 * Returns false when there is none that is valid.
 */
bool lookups_find(const struct worker *worker, const struct addr *source,
		  struct source_verdict *out);

/* door.c: the doorman.  Returns 0 or a negative errno. */
int door_start(struct worker *worker);

/* A listening socket came from the parent; the caller closes it. */
void door_take(struct worker *worker, enum family family, int fd);

/* Who he is, from the parent; the caller closes the descriptor, or it is -1. */
void door_identify(struct worker *worker, const struct message *message,
		   int fd);

/* Does what the configuration in force has for him, or lets him go. */
void door_follow(struct worker *worker);
void door_close(struct worker *worker);
json_t *door_json(const struct worker *worker); /* NULL: no memory */

/* commands.c: the control commands. */
extern const struct control_command worker_commands[];
extern const size_t worker_command_count;
void commands_on_explained(struct worker *worker,
			   const struct message *message);
void commands_on_reloaded(struct worker *worker, const struct message *message);

/* history_command.c, report_command.c */
control_handler history_command, report_command;

/* watch_command.c; the start returns 0 or a negative errno. */
control_handler watch_command;
int watch_command_start(struct worker *worker);

/*
 * remember.c: into the history: what was refused, or would have been; who
 * passed the closed gate, or found it open after all; whose network has reached
 * a primary, or got mercy; and how a gate is.
 */
void remember_refusal(struct worker *worker, const struct event *event);
void remember_passed(struct worker *worker, const struct addr *source);
void remember_opened(struct worker *worker, const struct addr *source);
void remember_reached(struct worker *worker, const struct addr *network);
knocks_merciful remember_mercy;
void remember_gate(struct worker *worker, size_t guard, enum family family);

/* remember.c: guards that the next configuration lacks are at their end. */
void remember_guards(struct worker *worker, const struct config *next);

/* lookup_command.c */
control_handler lookup_command;

/* list_commands.c: the commands for the run-time lists. */
control_handler list_commands_allow_add, list_commands_allow_del,
	list_commands_allow_list, list_commands_block_add,
	list_commands_block_del, list_commands_block_list;

/* order_commands.c */
control_handler order_commands_gate, order_commands_mode;

/*
 * status_guards.c: the gate of a family over all guards, closed where all of
 * them are; and every guard with its domains.
 */
json_t *status_gate_json(const struct worker *worker, enum family family);
json_t *status_guards_json(const struct worker *worker);

/*
 * witnesses.c: primaries on this machine, of which the program shall tell who
 * connects to them, for rules to be published.
 */
void witnesses_add_here(const struct worker *worker, struct rules *rules);

/* Has the parent watch them, or stop it; call it for rules in force. */
void witnesses_follow(struct worker *worker);

/* The parent has answered; a reload tries again what has failed. */
void witnesses_answer(struct worker *worker, const struct message *message);
void witnesses_retry(struct worker *worker);

/* A source has connected to a primary here: its network is a witness. */
void witnesses_note(struct worker *worker, const struct addr *source);

/*
 * A network may pass the gate now: who of it waits there for just that need
 * not wait for its own timer.
 */
void witnesses_let_in(struct worker *worker, const struct addr *network);
json_t *witnesses_json(const struct worker *worker); /* NULL: no memory */

/* witness_commands.c */
control_handler witness_commands_add, witness_commands_del,
	witness_commands_list;

/* status.c, explain.c: the objects of the control protocol; NULL: no memory */
json_t *status_json(struct worker *worker);
json_t *explain_site_json(const struct site *site,
			  const struct dnsbl_site_result *result, double age_s);
const char *explain_verdict_name(enum verdict verdict);
const char *explain_list_name(const struct worker *worker, unsigned int list);
json_t *explain_json(struct worker *worker, const struct addr *source,
		     const struct decision *decision);

/*
 * explain_text.c: replies with `explained`, which it takes, once the lists
 * that name the source have said in words why; a moment later at most.
 */
void explain_reply(struct worker *worker, struct control_request *request,
		   const struct addr *source, json_t *explained);

/*
 * apply.c: puts a configuration in force, the first one or another.  Takes
 * `next` unless it fails: then all is as before, and `error` says why.  Hooks
 * are left to be run.
 */
int apply_config(struct worker *worker, struct config *next,
		 char error[static CONFIG_ERROR_TEXT]);

#endif

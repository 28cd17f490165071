/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What parent and worker say to each other: messages of one fixed size on a
 * socketpair of SOCK_SEQPACKET.  The parent checks each of the worker's as if
 * it came from an attacker.
 */
#ifndef POSTERN_CORE_MESSAGE_H
#define POSTERN_CORE_MESSAGE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/policy.h"

enum message_kind {
	/* From the worker. */
	MESSAGE_READY,	 /* the tables are filled: attach */
	MESSAGE_EXPLAIN, /* judge a SYN from `source` */
	MESSAGE_NUDGE,	 /* `source` is let in: make it resend its SYN */
	MESSAGE_HOOK,	 /* run `hook` */
	MESSAGE_FLUSH,	 /* deliver the mail of the `id`th domain */
	MESSAGE_RELOAD,	 /* read the configuration again */
	MESSAGE_APPLIED, /* answers CONFIG: `result`, and `text` unless 0 */
	MESSAGE_GROW,	 /* the lists need tables of so many `pages` */
	MESSAGE_WATCH,	 /* watch who connects to primaries here, or stop it
			    if `id` is 0 */

	/* From the parent. */
	MESSAGE_CONFIG,	     /* apply the configuration in the descriptor */
	MESSAGE_ATTACHMENTS, /* what is attached now */
	MESSAGE_NUDGES,	     /* how nudging goes */
	MESSAGE_EXPLAINED,   /* answers EXPLAIN: `result`, and `decision` */
	MESSAGE_RELOADED,    /* answers RELOAD: `result`, and `text` unless 0 */
	MESSAGE_FLUSHED,     /* answers FLUSH: `result` */
	MESSAGE_QUEUE,	     /* how long the `queue` is */
	MESSAGE_DOORMAN,     /* a listening socket of `family` in the descriptor
			      */
	MESSAGE_TABLE,	     /* the descriptor of an enlarged map: `table` */
	MESSAGE_GROWN,	     /* answers GROW, after its TABLEs: `result` */
	MESSAGE_WATCHED,     /* answers WATCH: `result`, and `text` unless 0 */
	MESSAGE_IDENTITY,    /* the doorman's `identity`; its certificates and
			      * keys (PEM) in the descriptor, or none unless
			      * `result` is an error: then those before */
	MESSAGE_KINDS,
};

enum hook {
	HOOK_UP,	/* health.on-up */
	HOOK_DOWN,	/* health.on-down */
	HOOK_OPEN,	/* health.on-open */
	HOOK_CLOSE,	/* health.on-close */
	HOOK_FAIL_OPEN, /* health.on-fail-open: the parent's own */
	HOOKS,
};

struct hook_call {
	enum hook hook;
	uint32_t guard;	    /* whose gate, by its number in the configuration */
	enum family family; /* of the gate */
	enum policy_why why;
};

/* The queue of the local MTA. */
struct queue_state {
	bool known; /* there is a Postfix */
	uint64_t length;
	int64_t oldest_unix; /* 0: not known */
	int64_t at_unix;     /* when it was counted */
};

/* The program on one interface. */
struct attachment {
	char interface[IF_NAMESIZE];
	uint32_t ifindex;    /* 0: the interface is gone */
	uint32_t program_id; /* 0: nothing is attached */
	bool native;
};

struct attachments {
	uint32_t count;
	struct attachment of[CONFIG_INTERFACES_MAX];
};

/* Holds that ended well, with a nudge or, for comparison, without. */
struct nudge_counts {
	uint64_t sent;
	uint64_t sent_back; /* came again within the time of watching */
	uint64_t control;
	uint64_t control_back;
	uint64_t over_budget;
	bool switched_off; /* it did harm */
};

/* What the local MTA calls itself, and how it proves that. */
struct identity_message {
	char name[256];	 /* "": not known */
	char files[256]; /* of certificates and keys, for messages */
};

/* Which of the maps of the range tables: tables/maps.h. */
struct table_part {
	uint32_t family;
	uint32_t part;
};

struct message {
	enum message_kind kind;
	uint32_t id;	/* an answer carries that of its request */
	int32_t result; /* 0 or a negative errno */
	union {
		struct addr source;
		struct hook_call hook;
		struct queue_state queue;
		enum family family;
		struct decision decision;
		struct attachments attachments;
		struct nudge_counts nudges;
		struct table_part table;
		struct identity_message identity;
		uint32_t pages[FAMILY_MAX]; /* 0: enough as it is */
		char text[CONFIG_ERROR_TEXT];
	};
};

/*
 * Sends `message`, and `fd` with it unless that is -1.  Never blocks.
 * Returns 0 or a negative errno (-EAGAIN: the other side does not read).
 */
int message_send(int socket, const struct message *message, int fd);

/*
 * Receives one message; *fd is a descriptor that came with it, to be closed
 * by the caller, or -1.  Returns 1, 0 when the other side is gone, or a
 * negative errno: -EAGAIN when there is none, -EBADMSG for one of another
 * size or kind.
 */
int message_receive(int socket, struct message *message, int *fd);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the parent's loop share: the modules it wires, and what
 * each file does for the others.  Nobody outside this folder includes it.
 */
#ifndef POSTERN_PARENT_STATE_H
#define POSTERN_PARENT_STATE_H

#include "core/budget.h"
#include "core/message.h"
#include "parent/hooks.h"
#include "parent/links.h"
#include "parent/loader.h"
#include "parent/nudge.h"
#include "parent/pins.h"
#include "parent/primary_watch.h"
#include "parent/privileges.h"
#include "parent/queue.h"
#include "parent/service.h"
#include "parent/steering.h"

/* How often the worker has asked for larger tables lately. */
struct grow {
	uint64_t since_ns;
	unsigned int count;
};

/* A configuration that the worker is asked to apply. */
struct reload {
	struct config *config; /* NULL: none under way */
	uint32_t request;      /* of the worker; 0: by signal */
	uint64_t since_ns;
	bool again; /* a signal has asked for one more after it */
};

/* What the worker may still ask for. */
struct requests {
	struct budget share; /* of the parent's time */
	uint64_t used_ns; /* of that, at the start of this turn of its loop */
	bool served;	  /* in this turn */
	struct budget of[MESSAGE_KINDS];
	struct budget told; /* of the log */
	struct budget deaf; /* the same, of what it does not read */
	struct budget growth;
	uint64_t left_out; /* not told yet */
};

struct parent {
	const char *config_path;
	struct config *config;
	struct identity identity;
	struct pins *pins;
	struct loader *loader;
	struct links *links;
	struct steering *steering;
	struct primary_watch *watch;
	struct hooks *hooks;
	struct queue *queue;
	struct nudger *nudger;
	struct service *service;
	struct reload reload;
	struct requests requests;
	struct grow grow;
	int signals;
	int control;
	ino_t control_inode; /* of its name */
	int socket;	     /* to the worker; -1: there is none */
	pid_t worker;	     /* 0: there is none */
	uint64_t worker_started_ns;
	uint64_t restart_at_ns;
	uint64_t restart_delay_ms;
	uint64_t checked_ns;
	uint64_t late_since_ns; /* the lease was seen to be over; 0: it isn't */
	bool attached;
	bool failing_open; /* the worker's lease has run out */
	bool deaf;	   /* poll(2) fails */
	bool stop;
	bool handed_over; /* leave everything to the next daemon */
	int status;
};

/* parent.c: what has ended is reaped. */
void parent_reap(struct parent *parent);

/* parent.c: what is attached, for the worker. */
void parent_tell_attachments(struct parent *parent);

/* parent.c: how nudging goes, for the worker. */
void parent_tell_nudges(struct parent *parent);

/* requests.c: takes what the worker has sent, a few messages at a time. */
void requests_serve(struct parent *parent);

/*
 * At the start of each turn of the loop: makes `fd` what is to be polled of the
 * worker, which is nothing while its share of the time is used up.  Returns for
 * how many nanoseconds that is.
 */
uint64_t requests_poll(struct parent *parent, struct pollfd *fd);

/* Another worker: it has asked for nothing yet, but for the parent's time. */
void requests_renew(struct parent *parent);

/* service_state.c: how things stand, for the service manager. */
void service_state_tell(struct parent *parent);

/*
 * worker_process.c: sends to the worker.  Returns 0, or a negative errno after
 * it has logged why; -ESRCH: there is no worker now.
 */
int worker_process_tell(struct parent *parent, const struct message *message,
			int fd);
int worker_process_start(struct parent *parent);

/* Gives the worker new listening sockets for the doorman. */
void worker_process_give_door(struct parent *parent);

/* Tells the worker whom the doorman is, as it is on disk now. */
void worker_process_give_identity(struct parent *parent);

/* It is gone, or of no use any more: another is started after a while. */
void worker_process_lose(struct parent *parent);
void worker_process_ended(struct parent *parent, int status);

/* Has its lease been over for long?  Call it now and then. */
bool worker_process_hangs(struct parent *parent);
void worker_process_kill(struct parent *parent);

/* Ends it for good: another is started with what is in use now. */
void worker_process_replace(struct parent *parent);
void worker_process_stop(struct parent *parent);

/*
 * grow.c: the worker asks for larger range tables, within list-capacity-max.
 * It gets their descriptors, with the lists in force in them, and an answer.
 */
void grow_tables(struct parent *parent, const struct message *request);

/*
 * reload.c: loads the configuration again and asks the worker to apply it;
 * `request` is the worker's own, 0 when a signal asked.  While it can't be
 * begun a signal is remembered, and a request refused.
 */
void reload_start(struct parent *parent, uint32_t request);

/* Tells the worker that its request is not even tried, for lack of time. */
void reload_busy(struct parent *parent, uint32_t request, const char *text);

/* Begins what is remembered; ends what the worker never answers. */
void reload_check(struct parent *parent);

/* The worker has answered. */
void reload_applied(struct parent *parent, struct message *message);

/* The worker is gone: the configuration in force stays. */
void reload_drop(struct parent *parent);

#endif

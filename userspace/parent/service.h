/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the service manager how things stand, by the protocol of
 * sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names.  They need
 * no library.  Without that variable nothing is told, and nothing else is
 * different.
 *
 * The parent alone talks: the variables are taken out of the environment, so
 * neither the worker nor a hook has them.
 */
#ifndef POSTERN_PARENT_SERVICE_H
#define POSTERN_PARENT_SERVICE_H

#include <stdbool.h>

#define SERVICE_STATUS_TEXT 256

struct service;

/* What the manager may know; only what has changed is sent. */
struct service_state {
	bool ready; /* it filters */
	bool reloading;
	bool alive;			  /* the watchdog may be told so */
	char status[SERVICE_STATUS_TEXT]; /* one line for people */
};

/* Call it once, at the start.  Returns 0 and *out, or -ENOMEM. */
int service_open(struct service **out);

/*
 * Whether it is time for service_tell(): one of these has changed, or a second
 * has passed.  Cheap, so that it may be asked after each event.
 */
bool service_is_due(const struct service *service, bool ready, bool reloading);

/* The watchdog is told when half of its time has passed. */
void service_tell(struct service *service, const struct service_state *state);

/* A reload begins; it may be over before the next service_tell(). */
void service_reloading(struct service *service);

void service_stopping(struct service *service);

void service_close(struct service *service);

#endif

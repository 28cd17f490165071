/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorman's connections. */

#include "sources/doorman_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

#define BACKLOG	  128
#define REPORT_MS 60000

struct listener {
	uv_tcp_t tcp;
	struct doorman *doorman;
};

void doorman_release(struct doorman *doorman)
{
	if (--doorman->handles)
		return;
	doorman_seats_free(doorman->seats);
	free(doorman);
}

/* ---- connections ---- */

/* Of either family: it stands at the same place. */
static uint16_t port_of(const struct sockaddr_storage *storage)
{
	struct sockaddr_in in;

	memcpy(&in, storage, sizeof(in));
	return ntohs(in.sin_port);
}

static int guest_of(struct session *session, struct doorman_guest *out)
{
	struct sockaddr_storage peer = {0}, here = {0};
	struct sockaddr *from = (struct sockaddr *)&peer;
	struct sockaddr *to = (struct sockaddr *)&here;
	int length = sizeof(peer);
	int error;

	error = uv_tcp_getpeername(&session->tcp, from, &length);
	if (error)
		return error;
	length = sizeof(here);
	error = uv_tcp_getsockname(&session->tcp, to, &length);
	if (error)
		return error;
	out->client_port = port_of(&peer);
	out->port = port_of(&here);
	error = addr_from_sockaddr(from, &out->source);
	return error ? error : addr_from_sockaddr(to, &out->destination);
}

static void seat(struct session *session, const struct doorman_welcome *welcome)
{
	struct doorman *doorman = session->doorman;
	struct session *loser;

	loser = doorman_seats_take(doorman->seats, &welcome->network,
				   welcome->clean, session, &session->seat);
	if (loser) {
		loser->seat = -1;
		doorman->status.cut_short++;
		session_close_with_words(loser,
					 "4.3.2 too busy, try again later");
	}
	if (session->seat < 0) {
		doorman->status.turned_away++;
		session_close_with_words(session,
					 "4.7.0 too many connections from your "
					 "network");
		return;
	}
	doorman->status.taken++;
	session->since_ms = uv_now(doorman->loop);
	session_begin(session, welcome->refusal);
}

static void receive(struct session *session)
{
	struct doorman *doorman = session->doorman;
	struct doorman_welcome welcome = {0};
	struct doorman_guest guest;

	if (guest_of(session, &guest) ||
	    !doorman->meet(doorman->context, &guest, &welcome)) {
		session_close(session);
		return;
	}
	session->source = guest.source;
	session->reason = welcome.reason;
	memcpy(session->id, welcome.id, sizeof(session->id));
	seat(session, &welcome);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	struct doorman *doorman = listener->doorman;

	free(listener);
	doorman_release(doorman);
}

static void close_listener(struct doorman *doorman, enum family family)
{
	if (doorman->listeners[family])
		uv_close((uv_handle_t *)&doorman->listeners[family]->tcp,
			 on_listener_closed);
	doorman->listeners[family] = NULL;
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;
	struct doorman *doorman = listener->doorman;
	struct session *session;

	if (status < 0)
		return;
	session = session_create(doorman);
	if (!session) {
		/* Without a socket of ours the MTA gets them. */
		log_error("the doorman has no memory and goes");
		for (enum family family = 0; family < FAMILY_MAX; family++)
			close_listener(doorman, family);
	} else if (uv_accept(stream, (uv_stream_t *)&session->tcp)) {
		session_close(session);
	} else {
		receive(session);
	}
}

int doorman_listen(struct doorman *doorman, enum family family, int fd)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int error;

	if (!listener) {
		close(fd);
		return -ENOMEM;
	}
	close_listener(doorman, family);
	listener->doorman = doorman;
	uv_tcp_init(doorman->loop, &listener->tcp);
	listener->tcp.data = listener;
	doorman->listeners[family] = listener;
	doorman->handles++;
	error = uv_tcp_open(&listener->tcp, fd);
	if (error)
		close(fd);
	if (!error)
		error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG,
				  on_connection);
	if (error)
		close_listener(doorman, family);
	return error;
}

/* ---- the whole ---- */

static void on_report(uv_timer_t *timer)
{
	struct doorman *doorman = timer->data;
	struct doorman_status *now = &doorman->status;
	struct doorman_status *before = &doorman->reported;
	uint64_t taken = now->taken - before->taken;
	uint64_t refused = now->turned_away - before->turned_away +
			   now->cut_short - before->cut_short;

	if (taken || refused)
		log_info("the doorman has taken %" PRIu64 " connections within "
			 "a minute: told=%" PRIu64 " no-room=%" PRIu64,
			 taken, now->told - before->told, refused);
	*before = *now;
}

int doorman_create(uv_loop_t *loop, doorman_meet *meet, void *context,
		   struct doorman **out)
{
	struct doorman *doorman = calloc(1, sizeof(*doorman));

	if (!doorman || doorman_seats_create(&doorman->seats)) {
		free(doorman);
		return -ENOMEM;
	}
	doorman->loop = loop;
	doorman->meet = meet;
	doorman->context = context;
	doorman->handles = 1;
	doorman->lines = (struct log_budget){.per_second = 1, .at_once = 20};
	doorman_identify(doorman, NULL, NULL);
	uv_timer_init(loop, &doorman->report);
	doorman->report.data = doorman;
	uv_timer_start(&doorman->report, on_report, REPORT_MS, REPORT_MS);
	*out = doorman;
	return 0;
}

void doorman_identify(struct doorman *doorman, const char *name,
		      const struct tls_identity *identity)
{
	char *host = doorman->host;

	if (name)
		snprintf(host, sizeof(doorman->host), "%s", name);
	else if (gethostname(host, sizeof(doorman->host) - 1) || !*host)
		snprintf(host, sizeof(doorman->host), "localhost");
	doorman->identity = identity;
}

void doorman_configure(struct doorman *doorman,
		       const struct config_doorman *config)
{
	snprintf(doorman->name, sizeof(doorman->name), "%s",
		 config->name ? config->name : "");
	doorman->timeout_ms = config->timeout_ms;
	doorman_seats_limit(doorman->seats, config->connections,
			    config->per_network);
}

void doorman_status(const struct doorman *doorman, struct doorman_status *out)
{
	*out = doorman->status;
	out->sessions = doorman_seats_count(doorman->seats);
	out->starttls = doorman->identity != NULL;
}

static void on_report_closed(uv_handle_t *handle)
{
	doorman_release(handle->data);
}

void doorman_close(struct doorman *doorman)
{
	if (doorman->closing)
		return;
	doorman->closing = true;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		close_listener(doorman, family);
	while (doorman->sessions)
		session_close_with_words(doorman->sessions,
					 "4.3.2 closing, try again later");
	uv_close((uv_handle_t *)&doorman->report, on_report_closed);
}

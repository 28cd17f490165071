/* SPDX-License-Identifier: GPL-2.0-or-later */
/* c-ares from 1.18 on, whose newer versions have other names for the same. */

#include "sources/channel.h"

#include <ares.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS	1500
#define TRIES		2
#define RECEIVE_BUFFER	(1024 * 1024)
#define SOCKET_QUERIES	100 /* before c-ares takes another source port */
#define NAMESERVER_TEXT (ADDR_TEXT + sizeof("[]:65535,"))
#define SERVERS_TEXT	(CONFIG_NAMESERVERS_MAX * NAMESERVER_TEXT)

struct channel {
	uv_loop_t *loop;
	ares_channel ares;
	struct socket *sockets;
	size_t pending;
	bool closing;
	channel_reply *reply;
};

struct socket {
	uv_poll_t poll;
	struct channel *channel;
	struct socket *next;
	ares_socket_t fd;
};

/* What c-ares gets as the context of a question. */
struct pending {
	struct channel *channel;
	void *question;
};

static void on_socket_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Must come before c-ares closes the descriptor. */
static void close_socket(struct socket **link)
{
	struct socket *closed = *link;

	*link = closed->next;
	uv_close((uv_handle_t *)&closed->poll, on_socket_closed);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
	struct socket *ready = poll->data;
	bool readable = status < 0 || events & UV_READABLE;
	bool writable = status < 0 || events & UV_WRITABLE;

	ares_process_fd(ready->channel->ares,
			readable ? ready->fd : ARES_SOCKET_BAD,
			writable ? ready->fd : ARES_SOCKET_BAD);
}

static struct socket *open_socket(struct channel *channel, ares_socket_t fd)
{
	struct socket *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return NULL;
	if (uv_poll_init(channel->loop, &opened->poll, fd) != 0) {
		free(opened);
		return NULL;
	}
	opened->poll.data = opened;
	opened->channel = channel;
	opened->fd = fd;
	opened->next = channel->sockets;
	channel->sockets = opened;
	return opened;
}

/*
 * c-ares tells what it wants to know of a socket.  One that can't be watched
 * is not fatal: its questions time out.
 */
static void on_socket_state(void *context, ares_socket_t fd, int readable,
			    int writable)
{
	struct channel *channel = context;
	struct socket **link = &channel->sockets;
	struct socket *watched;
	int events = 0;

	if (channel->closing)
		return;
	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	watched = *link;
	if (!readable && !writable) {
		if (watched)
			close_socket(link);
		return;
	}
	if (!watched)
		watched = open_socket(channel, fd);
	if (!watched)
		return;
	if (readable)
		events |= UV_READABLE;
	if (writable)
		events |= UV_WRITABLE;
	uv_poll_start(&watched->poll, events, on_socket_ready);
}

static void put_nameservers(const struct config_nameserver *nameservers,
			    size_t count, char text[static SERVERS_TEXT])
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct addr *addr = &nameservers[i].addr;
		bool ipv4 = addr_family(addr) == FAMILY_IPV4;
		char address[ADDR_TEXT];

		addr_format(addr, address);
		used += (size_t)snprintf(text + used, SERVERS_TEXT - used,
					 ipv4 ? "%s%s:%u" : "%s[%s]:%u",
					 i > 0 ? "," : "", address,
					 nameservers[i].port);
	}
}

static int status_errno(int status)
{
	return status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
}

static int open_ares(struct channel *channel, int flags,
		     const struct config_nameserver *nameservers, size_t count)
{
	static char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH |
			 ARES_FLAG_NOALIASES | flags,
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = lookups,
		.socket_receive_buffer_size = RECEIVE_BUFFER,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = channel,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_RCVBUF |
		   ARES_OPT_SOCK_STATE_CB;
	char servers[SERVERS_TEXT];
	int status;

#ifdef ARES_OPT_QUERY_CACHE
	mask |= ARES_OPT_QUERY_CACHE; /* qcache_max_ttl 0: off */
#endif
#ifdef ARES_OPT_UDP_MAX_QUERIES
	options.udp_max_queries = SOCKET_QUERIES;
	mask |= ARES_OPT_UDP_MAX_QUERIES;
#endif
	status = ares_init_options(&channel->ares, &options, mask);
	if (status != ARES_SUCCESS)
		return status_errno(status);
	if (count > 0) {
		put_nameservers(nameservers, count, servers);
		status = ares_set_servers_ports_csv(channel->ares, servers);
	}
	if (status != ARES_SUCCESS) {
		ares_destroy(channel->ares);
		return status_errno(status);
	}
	return 0;
}

#if ARES_VERSION >= 0x011c00
static bool has_several_servers(ares_channel ares)
{
	char *servers = ares_get_servers_csv(ares);
	bool several = servers && strchr(servers, ',');

	ares_free_string(servers);
	return several;
}
#else
static bool has_several_servers(ares_channel ares)
{
	struct ares_addr_port_node *servers;
	bool several;

	if (ares_get_servers_ports(ares, &servers) != ARES_SUCCESS || !servers)
		return false;
	several = servers->next != NULL;
	ares_free_data(servers);
	return several;
}
#endif

/*
 * With a single nameserver its errors are passed on, for their code; with
 * several c-ares must look at the code, to turn to the next one.
 */
static int open_fitting(struct channel *channel,
			const struct config_nameserver *nameservers,
			size_t count)
{
	int error;

	error = open_ares(channel, ARES_FLAG_NOCHECKRESP, nameservers, count);
	if (error || !has_several_servers(channel->ares))
		return error;
	ares_destroy(channel->ares);
	return open_ares(channel, 0, nameservers, count);
}

int channel_open(uv_loop_t *loop, const struct config_nameserver *nameservers,
		 size_t nameserver_count, channel_reply *reply,
		 struct channel **out)
{
	struct channel *channel;
	int error;

	if (nameserver_count > CONFIG_NAMESERVERS_MAX)
		return -E2BIG;
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return -ENOMEM;
	channel->loop = loop;
	channel->reply = reply;
	error = -ENOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto out_free;
	error = open_fitting(channel, nameservers, nameserver_count);
	if (error)
		goto out_library;
	*out = channel;
	return 0;

out_library:
	ares_library_cleanup();
out_free:
	free(channel);
	return error;
}

static const char *status_words(int status)
{
	switch (status) {
	case ARES_ETIMEOUT:
		return "no answer in time";
	case ARES_ECONNREFUSED:
		return "no nameserver answers";
	case ARES_ESERVFAIL:
		return "SERVFAIL";
	case ARES_EREFUSED:
		return "REFUSED";
	case ARES_ENOTIMP:
		return "NOTIMP";
	case ARES_EBADRESP:
		return "malformed reply";
	case ARES_EBADNAME:
		return "not a domain name";
	case ARES_ENOMEM:
		return "out of memory";
	case ARES_EDESTRUCTION:
	case ARES_ECANCELLED:
		return "the resolver was closed";
	default:
		return "the resolver library failed";
	}
}

static void finish(struct pending *pending, int status, const uint8_t *reply,
		   size_t length)
{
	struct channel *channel = pending->channel;

	channel->pending--;
	if (reply && length > 0)
		channel->reply(pending->question, reply, length, NULL);
	else
		channel->reply(pending->question, NULL, 0,
			       status_words(status));
	free(pending);
}

#if ARES_VERSION >= 0x011c00
static void on_record(void *context, ares_status_t status, size_t timeouts,
		      const ares_dns_record_t *record)
{
	unsigned char *reply = NULL;
	size_t length = 0;

	(void)timeouts;
	if (record && ares_dns_write(record, &reply, &length) != ARES_SUCCESS)
		status = ARES_EBADRESP;
	finish(context, (int)status, reply, length);
	ares_free_string(reply);
}

static void query(ares_channel ares, const char *name, enum question_type type,
		  struct pending *pending)
{
	ares_query_dnsrec(ares, name, ARES_CLASS_IN,
			  (ares_dns_rec_type_t)question_type_code(type),
			  on_record, pending, NULL);
}
#else
static void on_reply(void *context, int status, int timeouts,
		     unsigned char *reply, int length)
{
	(void)timeouts;
	finish(context, status, reply, length > 0 ? (size_t)length : 0);
}

static void query(ares_channel ares, const char *name, enum question_type type,
		  struct pending *pending)
{
	const int class_in = 1;

	ares_query(ares, name, class_in, question_type_code(type), on_reply,
		   pending);
}
#endif

void channel_query(struct channel *channel, const char *name,
		   enum question_type type, void *question)
{
	struct pending *pending = malloc(sizeof(*pending));

	if (!pending) {
		channel->reply(question, NULL, 0, status_words(ARES_ENOMEM));
		return;
	}
	pending->channel = channel;
	pending->question = question;
	channel->pending++;
	query(channel->ares, name, type, pending);
}

size_t channel_pending(const struct channel *channel)
{
	return channel->pending;
}

void channel_tick(struct channel *channel)
{
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void channel_close(struct channel *channel)
{
	channel->closing = true;
	while (channel->sockets)
		close_socket(&channel->sockets);
	ares_destroy(channel->ares);
	ares_library_cleanup();
	free(channel);
}

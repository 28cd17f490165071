/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A nameserver in the test's own event loop, over UDP and TCP, which behaves
 * as the name of the zone says: "2.0.0.127.refused.test" is refused.  Tests of
 * what lists and resolvers do wrong use it; what they do right comes from a
 * real rbldnsd.
 */
#ifndef POSTERN_TESTS_DNS_SERVER_H
#define POSTERN_TESTS_DNS_SERVER_H

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "dns_message.h"

enum dns_behaviour {
	DNS_LISTED,    /* 127.0.0.2 */
	DNS_CLEAN,     /* NXDOMAIN */
	DNS_EVEN,      /* begins with an even digit, as 127.0.0.2 */
	DNS_CODES,     /* 127.0.0.N, N being the first label; TXT: the name */
	DNS_SERVFAIL,  /* */
	DNS_REFUSED,   /* */
	DNS_SILENT,    /* */
	DNS_TRUNCATED, /* UDP; listed over TCP */
	DNS_HALF,      /* truncated over TCP, too */
	DNS_WRONGID,   /* a listing with another id, then NXDOMAIN */
	DNS_OTHERQUESTION, /* a listing of another name, then NXDOMAIN */
	DNS_GARBAGE,	   /* 40 octets of it */
	DNS_SHORT,	   /* the header only */
	DNS_NODATA,	   /* without an SOA */
	DNS_ALIAS,	   /* CNAME only */
	DNS_BLOCKED,	   /* 127.255.255.254 */
	DNS_PARKED,	   /* 192.0.2.1 */
	DNS_LONG,	   /* NXDOMAIN after a second */
	DNS_BOGON,	   /* 2, 18, ..., and 127/8 but for 127.0.0.1 */
	DNS_ANYBODY,	   /* listed, all but 127.0.0.1 */
	DNS_LATE,	   /* listed after 5 s: when nobody waits any more */
	DNS_LATEFAIL,	   /* SERVFAIL after a second */
	DNS_LIVE,	   /* as `live` says */
	DNS_BEHAVIOURS,
};

static const char *const dns_behaviours[DNS_BEHAVIOURS] = {
	"listed", "clean",     "even",	"codes",    "servfail",	     "refused",
	"silent", "truncated", "half",	"wrongid",  "otherquestion", "garbage",
	"short",  "nodata",    "alias", "blocked",  "parked",	     "long",
	"bogon",  "anybody",   "late",	"latefail", "live",
};

struct dns_server {
	uv_udp_t udp;
	uv_tcp_t tcp;
	uint16_t port;
	enum dns_behaviour live;
	unsigned int asked;
	unsigned int asked_tcp;
	unsigned int sent_late;
	unsigned int asked_of[DNS_BEHAVIOURS];
	char last[256]; /* name that was asked last */
	char input[65536];
};

struct dns_late {
	uv_timer_t timer;
	struct dns_server *server;
	struct sockaddr_storage to;
	struct dns_message message;
};

static inline void dns_read_name(const uint8_t *at, const uint8_t *end,
				 char *name, size_t size)
{
	size_t used = 0;

	while (at<end && * at> 0 && at + *at < end && used + *at + 2 < size) {
		memcpy(name + used, at + 1, *at);
		used += *at;
		name[used++] = '.';
		at += *at + 1;
	}
	name[used > 0 ? used - 1 : 0] = '\0';
}

static inline enum dns_behaviour dns_behaviour_of(const char *name)
{
	for (unsigned int i = 0; i < DNS_BEHAVIOURS; i++) {
		char suffix[64];
		size_t length;

		snprintf(suffix, sizeof(suffix), "%s.test", dns_behaviours[i]);
		length = strlen(suffix);
		if (strlen(name) >= length &&
		    strcmp(name + strlen(name) - length, suffix) == 0)
			return (enum dns_behaviour)i;
	}
	return DNS_REFUSED;
}

static inline void dns_listing(struct dns_message *message, const char *address)
{
	struct dns_record record = {DNS_ANSWER, NULL, ns_t_a, 300, address};

	dns_add(message, &record);
}

static inline void dns_nothing(struct dns_message *message)
{
	struct dns_record soa = {DNS_AUTHORITY, "test", ns_t_soa, 200, "100"};

	message->octets[3] |= ns_r_nxdomain;
	dns_add(message, &soa);
}

static inline void dns_apply(struct dns_message *message, const char *name,
			     enum dns_behaviour behaviour)
{
	struct dns_record alias = {DNS_ANSWER, NULL, ns_t_cname, 60, "x.test"};
	struct dns_record text = {DNS_ANSWER, NULL, ns_t_txt, 60, "because"};
	struct dns_record echo = {DNS_ANSWER, NULL, ns_t_txt, 60, name};
	bool is_text = message->octets[message->length - 3] == ns_t_txt;
	char code[32], *end;

	switch (behaviour) {
	case DNS_LISTED:
		if (is_text)
			dns_add(message, &text);
		else
			dns_listing(message, "127.0.0.2");
		break;
	case DNS_EVEN:
		if (strtoul(name, &end, 16) % 2 == 0 && *end == '.' &&
		    (!strstr(name, ".127.") ||
		     strncmp(name, "2.0.0.127.", 10) == 0))
			dns_listing(message, "127.0.0.2");
		else
			dns_nothing(message);
		break;
	case DNS_BOGON:
		if (strncmp(name, "1.0.0.127.", 10) != 0 &&
		    (strstr(name, ".127.") ||
		     (strtoul(name, &end, 16) % 16 == 2 && *end == '.')))
			dns_listing(message, "127.0.0.2");
		else
			dns_nothing(message);
		break;
	case DNS_ANYBODY:
		if (strncmp(name, "1.0.0.127.", 10) != 0)
			dns_listing(message, "127.0.0.2");
		else
			dns_nothing(message);
		break;
	case DNS_CODES:
		snprintf(code, sizeof(code), "127.0.0.%u",
			 (unsigned int)(uint8_t)atoi(name));
		if (is_text)
			dns_add(message, &echo);
		else
			dns_listing(message, code);
		break;
	case DNS_SERVFAIL:
		message->octets[3] |= ns_r_servfail;
		break;
	case DNS_REFUSED:
		message->octets[3] |= ns_r_refused;
		break;
	case DNS_ALIAS:
		dns_add(message, &alias);
		break;
	case DNS_BLOCKED:
		dns_listing(message, "127.255.255.254");
		break;
	case DNS_PARKED:
		dns_listing(message, "192.0.2.1");
		break;
	case DNS_SHORT:
		message->length = 12;
		break;
	case DNS_GARBAGE:
		memset(message->octets + 2, 0xee, 38);
		message->length = 40;
		break;
	case DNS_NODATA:
		break;
	default:
		dns_nothing(message);
	}
}

static inline void dns_send(struct dns_server *server,
			    const struct dns_message *message,
			    const struct sockaddr *to)
{
	uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)message->octets,
				      (unsigned int)message->length);

	uv_udp_try_send(&server->udp, &buffer, 1, to);
}

static inline void dns_late_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static inline void dns_send_late(uv_timer_t *timer)
{
	struct dns_late *late = timer->data;

	if (!uv_is_closing((uv_handle_t *)&late->server->udp))
		dns_send(late->server, &late->message,
			 (struct sockaddr *)&late->to);
	late->server->sent_late++;
	uv_close((uv_handle_t *)timer, dns_late_closed);
}

static inline void dns_delay(struct dns_server *server,
			     const struct dns_message *message,
			     const struct sockaddr *to, uint64_t ms)
{
	struct dns_late *late = calloc(1, sizeof(*late));

	if (!late)
		abort();
	late->server = server;
	late->message = *message;
	memcpy(&late->to, to, sizeof(struct sockaddr_in));
	late->timer.data = late;
	uv_timer_init(server->udp.loop, &late->timer);
	uv_timer_start(&late->timer, dns_send_late, ms, 0);
}

/* Notes the question; returns how to answer it, the answer begun. */
static inline enum dns_behaviour dns_take(struct dns_server *server,
					  const uint8_t *query, size_t length,
					  struct dns_message *reply)
{
	enum dns_behaviour behaviour;

	dns_read_name(query + 12, query + length, server->last,
		      sizeof(server->last));
	server->asked++;
	behaviour = dns_behaviour_of(server->last);
	server->asked_of[behaviour]++;
	if (behaviour == DNS_LIVE)
		behaviour = server->live;
	dns_begin(reply, (uint16_t)(query[0] << 8 | query[1]), DNS_REPLY,
		  server->last,
		  (uint16_t)(query[length - 4] << 8 | query[length - 3]));
	return behaviour;
}

static inline void dns_on_udp(uv_udp_t *udp, ssize_t length,
			      const uv_buf_t *buffer,
			      const struct sockaddr *from, unsigned int flags)
{
	struct dns_server *server = udp->data;
	static struct dns_message reply, forged;
	enum dns_behaviour behaviour;

	(void)flags;
	if (length < 17 || !from)
		return;
	behaviour = dns_take(server, (const uint8_t *)buffer->base,
			     (size_t)length, &reply);
	switch (behaviour) {
	case DNS_SILENT:
		return;
	case DNS_LONG:
		dns_nothing(&reply);
		dns_delay(server, &reply, from, 1000);
		return;
	case DNS_LATE:
		dns_listing(&reply, "127.0.0.2");
		dns_delay(server, &reply, from, 5000);
		return;
	case DNS_LATEFAIL:
		reply.octets[3] |= ns_r_servfail;
		dns_delay(server, &reply, from, 1000);
		return;
	case DNS_TRUNCATED:
	case DNS_HALF:
		reply.octets[2] |= DNS_TC >> 8;
		break;
	case DNS_WRONGID:
		forged = reply;
		forged.octets[1] ^= 1;
		dns_listing(&forged, "127.0.0.2");
		dns_send(server, &forged, from);
		dns_nothing(&reply);
		break;
	case DNS_OTHERQUESTION:
		dns_begin(&forged,
			  (uint16_t)(reply.octets[0] << 8 | reply.octets[1]),
			  DNS_REPLY, "other.test", ns_t_a);
		dns_listing(&forged, "127.0.0.2");
		dns_send(server, &forged, from);
		dns_nothing(&reply);
		break;
	default:
		dns_apply(&reply, server->last, behaviour);
	}
	dns_send(server, &reply, from);
}

static inline void dns_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	struct dns_server *server = handle->data;

	(void)size;
	*buffer = uv_buf_init(server->input, sizeof(server->input));
}

static inline void dns_tcp_closed(uv_handle_t *handle)
{
	free(handle);
}

/* Each question comes in one piece, over loopback. */
static inline void dns_on_tcp(uv_stream_t *stream, ssize_t length,
			      const uv_buf_t *buffer)
{
	struct dns_server *server = stream->data;
	static struct dns_message reply;
	enum dns_behaviour behaviour;
	char size[2];
	uv_buf_t parts[2];

	if (length < 0) {
		uv_close((uv_handle_t *)stream, dns_tcp_closed);
		return;
	}
	if (length < 19)
		return;
	server->asked_tcp++;
	behaviour = dns_take(server, (const uint8_t *)buffer->base + 2,
			     (size_t)length - 2, &reply);
	if (behaviour == DNS_HALF)
		reply.octets[2] |= DNS_TC >> 8;
	else
		dns_apply(&reply, server->last,
			  behaviour == DNS_TRUNCATED ? DNS_LISTED : behaviour);
	size[0] = (char)(reply.length >> 8);
	size[1] = (char)reply.length;
	parts[0] = uv_buf_init(size, 2);
	parts[1] =
		uv_buf_init((char *)reply.octets, (unsigned int)reply.length);
	uv_try_write(stream, parts, 2);
}

static inline void dns_on_connection(uv_stream_t *listener, int status)
{
	uv_tcp_t *tcp = calloc(1, sizeof(*tcp));

	(void)status;
	if (!tcp)
		abort();
	uv_tcp_init(listener->loop, tcp);
	tcp->data = listener->data;
	if (uv_accept(listener, (uv_stream_t *)tcp) == 0)
		uv_read_start((uv_stream_t *)tcp, dns_alloc, dns_on_tcp);
	else
		uv_close((uv_handle_t *)tcp, dns_tcp_closed);
}

/* On `address`; port 0 is any.  Returns 0 or a negative errno. */
static inline int dns_bind(int type, struct sockaddr_in *in, int *out)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
	socklen_t length = sizeof(*in);

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)in, sizeof(*in)) != 0 ||
	    getsockname(fd, (struct sockaddr *)in, &length) != 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	*out = fd;
	return 0;
}

/* A port that is free for one of UDP and TCP may be taken for the other. */
static inline int dns_bind_both(struct sockaddr_in *in, int *udp, int *tcp)
{
	unsigned int attempts = in->sin_port == 0 ? 100 : 1;
	int error = -EADDRINUSE;

	while (error == -EADDRINUSE && attempts-- > 0) {
		struct sockaddr_in at = *in;

		error = dns_bind(SOCK_DGRAM, &at, udp);
		if (error)
			return error;
		error = dns_bind(SOCK_STREAM, &at, tcp);
		if (error)
			close(*udp);
		else
			*in = at;
	}
	return error;
}

/* Port 0 takes any that is free, told in server->port. */
static inline int dns_server_start(struct dns_server *server, uv_loop_t *loop,
				   const char *address, uint16_t port)
{
	struct sockaddr_in in;
	int udp = -1, tcp = -1, error;

	memset(server, 0, sizeof(*server));
	server->udp.data = server;
	server->tcp.data = server;
	uv_ip4_addr(address, port, &in);
	error = dns_bind_both(&in, &udp, &tcp);
	if (error)
		return error;
	server->port = ntohs(in.sin_port);
	uv_udp_init(loop, &server->udp);
	uv_tcp_init(loop, &server->tcp);
	uv_udp_open(&server->udp, udp);
	uv_tcp_open(&server->tcp, tcp);
	uv_udp_recv_start(&server->udp, dns_alloc, dns_on_udp);
	return uv_listen((uv_stream_t *)&server->tcp, 16, dns_on_connection);
}

static inline void dns_server_stop(struct dns_server *server)
{
	uv_close((uv_handle_t *)&server->udp, NULL);
	uv_close((uv_handle_t *)&server->tcp, NULL);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread: libmicrohttpd is driven from a loop of our own, so while the
 * daemon is asked, for ASK_S at most, other scrapes wait.
 */

#include "ctl/exporter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "core/addr.h"
#include "core/config.h"
#include "core/config_values.h"
#include "ctl/client.h"
#include "ctl/endpoint.h"
#include "ctl/metrics.h"

#define DEFAULT_PORT 9167
#define ASK_S	     3
/* The daemon is asked no more often than that, however many ask us. */
#define FRESH_MS 1000

#define CONNECTIONS_MAX 32
#define IDLE_S		5
/* libmicrohttpd only limits silence, so a trickle is cut off here. */
#define CONNECTION_MS 20000
#define MEMORY_MAX    16384 /* of a connection: its request's head */

#define TYPE_OPENMETRICS                                                       \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TYPE_TEXT  "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_PLAIN "text/plain; charset=utf-8"

struct connection {
	int fd; /* -1: a free place */
	uint64_t started_ms;
};

struct exporter {
	const struct ctl *ctl;
	struct MHD_Daemon *daemon;
	struct connection connections[CONNECTIONS_MAX];
	json_t *status; /* the last answer; NULL: there was none */
	uint64_t asked_ms;
	bool failing; /* and that has been said */
	char error[CONTROL_ERROR_MAX];
};

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The daemon's status */

static void note_outcome(struct exporter *exporter)
{
	bool failing = exporter->status == NULL;

	if (failing && !exporter->failing)
		ctl_error(exporter->ctl, "%s", exporter->error);
	else if (!failing && exporter->failing)
		ctl_error(exporter->ctl, "the daemon answers again");
	exporter->failing = failing;
}

static void refresh(struct exporter *exporter)
{
	json_t *status = NULL;

	if (exporter->asked_ms != 0 &&
	    clock_ms() - exporter->asked_ms < FRESH_MS)
		return;
	client_ask(exporter->ctl->socket, "status", json_object(), ASK_S,
		   &status, exporter->error);
	json_decref(exporter->status);
	exporter->status = status;
	/* After the answer, or a daemon that hangs would be asked at once. */
	exporter->asked_ms = clock_ms();
	note_outcome(exporter);
}

/* Answers */

/* Takes `text`, which is for free(3) and may be NULL. */
static enum MHD_Result answer(struct MHD_Connection *connection,
			      unsigned int code, const char *type, char *text)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", type);
	/* So that a place is free again as soon as it has served. */
	MHD_add_response_header(response, "Connection", "close");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

/* As Prometheus' own libraries: the older format for who doesn't ask. */
static bool wants_openmetrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, "Accept");

	return accept && strstr(accept, "application/openmetrics-text");
}

static enum MHD_Result serve_metrics(struct exporter *exporter,
				     struct MHD_Connection *connection)
{
	bool openmetrics = wants_openmetrics(connection);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return MHD_NO;
	refresh(exporter);
	metrics_write(out, exporter->status, openmetrics);
	if (fclose(out) != 0) {
		free(text);
		return MHD_NO;
	}
	return answer(connection, MHD_HTTP_OK,
		      openmetrics ? TYPE_OPENMETRICS : TYPE_TEXT, text);
}

static enum MHD_Result serve_health(struct exporter *exporter,
				    struct MHD_Connection *connection)
{
	char *text = NULL;
	double lease_s;

	refresh(exporter);
	lease_s =
		json_number_value(json_object_get(exporter->status, "lease_s"));
	if (lease_s > 0)
		return answer(connection, MHD_HTTP_OK, TYPE_PLAIN,
			      strdup("ok\n"));
	if (asprintf(&text, "%s\n",
		     exporter->status
			     ? "the kernel doesn't believe the daemon any more"
			     : exporter->error) < 0)
		return MHD_NO;
	return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, TYPE_PLAIN,
		      text);
}

static enum MHD_Result on_request(void *context,
				  struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *size, void **state)
{
	struct exporter *exporter = context;

	(void)version;
	(void)data;
	(void)size;
	(void)state;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      TYPE_PLAIN, strdup("GET or HEAD\n"));
	if (strcmp(url, "/metrics") == 0)
		return serve_metrics(exporter, connection);
	if (strcmp(url, "/healthz") == 0)
		return serve_health(exporter, connection);
	return answer(connection, MHD_HTTP_NOT_FOUND, TYPE_PLAIN,
		      strdup("/metrics or /healthz\n"));
}

/* Connections */

static void on_connection(void *context, struct MHD_Connection *connection,
			  void **place,
			  enum MHD_ConnectionNotificationCode code)
{
	struct exporter *exporter = context;
	struct connection *one = *place;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (one)
			one->fd = -1;
		return;
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		one = &exporter->connections[i];
		if (one->fd >= 0)
			continue;
		one->fd = MHD_get_connection_info(
				  connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				  ->connect_fd;
		one->started_ms = clock_ms();
		*place = one;
		return;
	}
}

static void cut_off_old(struct exporter *exporter)
{
	uint64_t now_ms = clock_ms();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *one = &exporter->connections[i];

		if (one->fd >= 0 && now_ms - one->started_ms > CONNECTION_MS)
			shutdown(one->fd, SHUT_RDWR);
	}
}

/* The server */

static int start(struct exporter *exporter,
		 const struct config_nameserver *listen)
{
	bool ipv6 = addr_family(&listen->addr) == FAMILY_IPV6;
	struct sockaddr_storage address;

	addr_to_sockaddr(&listen->addr, listen->port, &address);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		exporter->connections[i].fd = -1;
	errno = 0;
	exporter->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | (ipv6 ? MHD_USE_IPv6 : 0U), listen->port, NULL,
		NULL, on_request, exporter, MHD_OPTION_SOCK_ADDR,
		(struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY_MAX, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
		exporter, MHD_OPTION_END);
	if (exporter->daemon)
		return 0;
	return errno ? -errno : -EIO;
}

/* Returns a descriptor for SIGTERM and SIGINT, or a negative errno. */
static int take_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int serve(struct exporter *exporter, int signals)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(exporter->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd waits[] = {
		{.fd = info->epoll_fd, .events = POLLIN},
		{.fd = signals, .events = POLLIN},
	};

	while (!(waits[1].revents & POLLIN)) {
		MHD_UNSIGNED_LONG_LONG left_ms;
		int timeout_ms = 1000;

		if (MHD_get_timeout(exporter->daemon, &left_ms) == MHD_YES &&
		    left_ms < 1000)
			timeout_ms = (int)left_ms;
		if (poll(waits, 2, timeout_ms) < 0 && errno != EINTR)
			return -errno;
		MHD_run(exporter->daemon);
		cut_off_old(exporter);
	}
	return 0;
}

enum ctl_exit exporter_run(const struct ctl *ctl, char **operands)
{
	const char *text = ctl_option(ctl, "listen");
	struct exporter exporter = {.ctl = ctl};
	struct config_nameserver listen;
	int signals = -1, error;

	(void)operands;
	if (!text)
		text = EXPORTER_LISTEN;
	if (endpoint_parse(text, DEFAULT_PORT, &listen) != 0) {
		ctl_error(ctl,
			  "--listen is \"%s\", expected an IP address, or one "
			  "with a port, such as \"" EXPORTER_LISTEN "\"",
			  text);
		return CTL_MISUSED;
	}
	error = start(&exporter, &listen);
	if (error) {
		ctl_error(ctl, "can't listen on %s: %s", text,
			  strerror(-error));
		return CTL_FAILED;
	}
	signals = take_signals();
	error = signals < 0 ? signals : serve(&exporter, signals);
	if (error)
		ctl_error(ctl, "%s", strerror(-error));
	MHD_stop_daemon(exporter.daemon);
	if (signals >= 0)
		close(signals);
	json_decref(exporter.status);
	return error ? CTL_FAILED : CTL_DONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The datagrams of sd_notify(3). */

#include "parent/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/clock.h"

#define TELL_NS NS_PER_S

struct service {
	int socket; /* -1: there is no manager */
	struct sockaddr_un address;
	socklen_t length;
	uint64_t watchdog_ns; /* 0: none */
	uint64_t pinged_ns;
	uint64_t told_ns;
	bool ready;
	bool reloading; /* and that has been said */
	char status[SERVICE_STATUS_TEXT];
};

/* "/path", or "@name" in the abstract namespace (unix(7)). */
static int parse_address(const char *text, struct service *service)
{
	size_t length = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || length < 2)
		return -EINVAL;
	if (length >= sizeof(service->address.sun_path))
		return -ENAMETOOLONG;
	service->address.sun_family = AF_UNIX;
	memcpy(service->address.sun_path, text, length);
	if (text[0] == '@')
		service->address.sun_path[0] = '\0';
	service->length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

/* Those of the environment are for the process WATCHDOG_PID, if it is set. */
static uint64_t parse_watchdog(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us;

	if (!text || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	us = strtoull(text, NULL, 10);
	return us < UINT64_MAX / 1000 ? us * 1000 : 0;
}

static int connect_to(const char *text, struct service *service)
{
	int error = parse_address(text, service);

	if (error)
		return error;
	service->socket =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return service->socket < 0 ? -errno : 0;
}

int service_open(struct service **out)
{
	const char *text = getenv("NOTIFY_SOCKET");
	struct service *service = calloc(1, sizeof(*service));
	int error;

	if (!service)
		return -ENOMEM;
	service->socket = -1;
	if (text) {
		error = connect_to(text, service);
		if (error)
			log_warning("can't talk to the service manager at "
				    "NOTIFY_SOCKET=%.200s: %s",
				    text, strerror(-error));
		else
			service->watchdog_ns = parse_watchdog();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*out = service;
	return 0;
}

/* A manager that doesn't read is its own problem: it has the watchdog. */
static void send_text(const struct service *service, const char *text)
{
	if (service->socket >= 0)
		sendto(service->socket, text, strlen(text),
		       MSG_NOSIGNAL | MSG_DONTWAIT,
		       (const struct sockaddr *)&service->address,
		       service->length);
}

static void ping(struct service *service)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (service->watchdog_ns == 0 ||
	    now_ns - service->pinged_ns < service->watchdog_ns / 2)
		return;
	service->pinged_ns = now_ns;
	send_text(service, "WATCHDOG=1");
}

bool service_is_due(const struct service *service, bool ready, bool reloading)
{
	if (service->socket < 0)
		return false;
	return ready != service->ready || reloading != service->reloading ||
	       clock_monotonic_ns() - service->told_ns >= TELL_NS;
}

void service_tell(struct service *service, const struct service_state *state)
{
	char text[SERVICE_STATUS_TEXT + 16];

	service->told_ns = clock_monotonic_ns();
	if (strcmp(service->status, state->status) != 0) {
		memcpy(service->status, state->status, sizeof(service->status));
		snprintf(text, sizeof(text), "STATUS=%s", state->status);
		send_text(service, text);
	}
	if (state->reloading && !service->reloading)
		service_reloading(service);
	if ((state->ready && !service->ready) ||
	    (service->reloading && !state->reloading)) {
		service->ready = true;
		service->reloading = false;
		send_text(service, "READY=1");
	}
	if (state->alive)
		ping(service);
}

void service_reloading(struct service *service)
{
	char text[64];

	/* Before it is ready there is nothing to reload. */
	if (!service->ready)
		return;
	service->reloading = true;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 clock_monotonic_ns() / 1000);
	send_text(service, text);
}

void service_stopping(struct service *service)
{
	send_text(service, "STOPPING=1\nSTATUS=Stopping");
}

void service_close(struct service *service)
{
	if (!service)
		return;
	if (service->socket >= 0)
		close(service->socket);
	free(service);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker as a process: start, death, restart, end. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/door_identity.h"
#include "parent/state.h"
#include "worker/worker.h"

/* A worker that dies at once is restarted more and more slowly. */
#define RESTART_FIRST_MS 100
#define RESTART_LAST_MS	 30000
#define RESTART_CALM_NS	 (60 * NS_PER_S)

/* After its lease was seen to be over: the program has long failed open. */
#define HANGS_NS (60 * NS_PER_S)

/* How long a worker may take to end once its parent hangs up. */
#define GOODBYE_MS 2000

int worker_process_tell(struct parent *parent, const struct message *message,
			int fd)
{
	int error;

	if (parent->socket < 0)
		return -ESRCH;
	error = message_send(parent->socket, message, fd);
	if (error && budget_take(&parent->requests.deaf, clock_monotonic_ns(),
				 60 * NS_PER_S, 60 * NS_PER_S))
		log_warning("the worker does not listen: %s", strerror(-error));
	return error;
}

/* In the child: never returns. */
static void become_worker(struct parent *parent, int socket)
{
	struct worker_start start = {
		.config = parent->config,
		.clock = *loader_clock(parent->loader),
		.parent = socket,
		.control = parent->control,
	};
	const struct maps *maps = &start.maps;
	sigset_t none;

	log_init("posternd[worker]");
	prctl(PR_SET_NAME, "posternd-worker");
	loader_maps(parent->loader, &start.maps);
	const int keep[] = {
		start.parent,
		start.control,
		log_descriptor(),
		maps->settings,
		maps->verdicts,
		maps->counters,
		maps->list_counters,
		maps->events,
		maps->deferred,
		maps->networks,
		maps->ranges[FAMILY_IPV4].outer,
		maps->ranges[FAMILY_IPV4].inner[0],
		maps->ranges[FAMILY_IPV4].inner[1],
		maps->ranges[FAMILY_IPV6].outer,
		maps->ranges[FAMILY_IPV6].inner[0],
		maps->ranges[FAMILY_IPV6].inner[1],
	};

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (privileges_drop(&parent->identity, keep,
			    sizeof(keep) / sizeof(*keep), maps->settings,
			    &start.sandbox))
		_exit(1);
	_exit(worker_run(&start));
}

/*
 * The worker alone keeps them: with it they are gone, and connections fall to
 * the MTA.
 */
void worker_process_give_door(struct parent *parent)
{
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		struct message message = {.kind = MESSAGE_DOORMAN,
					  .family = family};
		int fd = steering_socket(parent->steering, family);

		if (fd >= 0) {
			worker_process_tell(parent, &message, fd);
			close(fd);
		} else if (fd != -EAFNOSUPPORT) {
			log_error("can't make a socket for the doorman, so the "
				  "MTA gets what is deferred: %s",
				  strerror(-fd));
		}
	}
}

void worker_process_give_identity(struct parent *parent)
{
	struct message message;
	int fd;

	if (!config_defers(parent->config))
		return;
	fd = door_identity_read(parent->config, &message);
	worker_process_tell(parent, &message, fd);
	if (fd >= 0)
		close(fd);
}

int worker_process_start(struct parent *parent)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		log_error("can't start the worker: %s", strerror(errno));
		return -errno;
	}
	pid = fork();
	if (pid < 0) {
		log_error("can't start the worker: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (pid == 0)
		become_worker(parent, pair[1]);
	close(pair[1]);
	parent->socket = pair[0];
	parent->worker = pid;
	parent->worker_started_ns = clock_monotonic_ns();
	parent->late_since_ns = 0;
	worker_process_give_identity(parent);
	requests_renew(parent);
	if (config_defers(parent->config))
		worker_process_give_door(parent);
	return 0;
}

void worker_process_lose(struct parent *parent)
{
	uint64_t now = clock_monotonic_ns();

	close(parent->socket);
	parent->socket = -1;
	reload_drop(parent);
	if (!parent->restart_delay_ms ||
	    now - parent->worker_started_ns > RESTART_CALM_NS)
		parent->restart_delay_ms = RESTART_FIRST_MS;
	parent->restart_at_ns = now + parent->restart_delay_ms * NS_PER_MS;
	parent->restart_delay_ms *= 2;
	if (parent->restart_delay_ms > RESTART_LAST_MS)
		parent->restart_delay_ms = RESTART_LAST_MS;
}

void worker_process_ended(struct parent *parent, int status)
{
	parent->worker = 0;
	if (parent->socket >= 0)
		worker_process_lose(parent);
	if (parent->stop)
		return;
	if (WIFEXITED(status) && !parent->attached) {
		/* It could not even begin, and has said why. */
		parent->stop = true;
		parent->status = 1;
		return;
	}
	log_error("the worker has ended (%s %d): starting another, while the "
		  "program fails open",
		  WIFSIGNALED(status) ? "signal" : "exit status",
		  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

bool worker_process_hangs(struct parent *parent)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!parent->worker || now_ns <= loader_lease_ns(parent->loader))
		parent->late_since_ns = 0;
	else if (!parent->late_since_ns)
		parent->late_since_ns = now_ns;
	return parent->late_since_ns &&
	       now_ns - parent->late_since_ns > HANGS_NS;
}

void worker_process_kill(struct parent *parent)
{
	log_error("the worker (pid %d) has not given a sign of life for a "
		  "long time: ending it",
		  parent->worker);
	kill(parent->worker, SIGKILL);
}

void worker_process_replace(struct parent *parent)
{
	if (parent->worker)
		kill(parent->worker, SIGKILL);
	if (parent->socket >= 0)
		worker_process_lose(parent);
}

/* Hangs up, and gives the worker a moment to end by itself. */
void worker_process_stop(struct parent *parent)
{
	struct pollfd signals = {.fd = parent->signals, .events = POLLIN};

	if (parent->socket >= 0)
		close(parent->socket);
	parent->socket = -1;
	for (int waited = 0; parent->worker && waited < GOODBYE_MS;
	     waited += 50) {
		poll(&signals, 1, 50);
		parent_reap(parent);
	}
	if (parent->worker) {
		kill(parent->worker, SIGKILL);
		waitpid(parent->worker, NULL, 0);
	}
}

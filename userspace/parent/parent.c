/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent's loop: signals, messages of the worker, and a look at the links
 * every other second.
 */

#include "parent/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/message.h"
#include "parent/control_socket.h"
#include "parent/driver.h"
#include "parent/hooks.h"
#include "parent/links.h"
#include "parent/loader.h"
#include "parent/nudge.h"
#include "parent/pins.h"
#include "parent/privileges.h"
#include "parent/takeover.h"
#include "worker/worker.h"

#define CHECK_MS 2000

/* A worker that dies at once is restarted more and more slowly. */
#define RESTART_FIRST_MS 100
#define RESTART_LAST_MS	 30000
#define RESTART_CALM_NS	 (60 * NS_PER_S)

/* How long a worker may take to end once its parent hangs up. */
#define GOODBYE_MS 2000

/* A configuration that the worker is asked to apply. */
struct reload {
	struct config *config; /* NULL: none under way */
	uint32_t request;      /* of the worker; 0: by signal */
};

struct parent {
	const char *config_path;
	struct config *config;
	struct identity identity;
	struct pins *pins;
	struct loader *loader;
	struct links *links;
	struct hooks *hooks;
	struct nudger *nudger;
	struct reload reload;
	int signals;
	int control;
	int socket;   /* to the worker; -1: there is none */
	pid_t worker; /* 0: there is none */
	uint64_t worker_started_ns;
	uint64_t restart_at_ns;
	uint64_t restart_delay_ms;
	uint64_t checked_ns;
	bool attached;
	bool stop;
	bool handed_over; /* leave everything to the next daemon */
	int status;
};

static void tell(struct parent *parent, const struct message *message, int fd)
{
	int error;

	if (parent->socket < 0)
		return;
	error = message_send(parent->socket, message, fd);
	if (error)
		log_warning("the worker does not listen: %s", strerror(-error));
}

static void tell_attachments(struct parent *parent)
{
	struct message message = {.kind = MESSAGE_ATTACHMENTS};

	links_attachments(parent->links, &message.attachments);
	tell(parent, &message, -1);
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
		maps->settings,
		maps->verdicts,
		maps->counters,
		maps->list_counters,
		maps->events,
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
			    sizeof(keep) / sizeof(*keep), maps->settings))
		_exit(1);
	_exit(worker_run(&start));
}

static int start_worker(struct parent *parent)
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
	return 0;
}

static void drop_reload(struct parent *parent)
{
	if (!parent->reload.config)
		return;
	links_drop_others(parent->links, parent->config);
	config_free(parent->reload.config);
	parent->reload.config = NULL;
}

static void answer_reload(struct parent *parent, uint32_t request, int result,
			  const char *text)
{
	struct message answer = {
		.kind = MESSAGE_RELOADED, .id = request, .result = result};

	if (result)
		log_error("configuration refused, the old one stays in force: "
			  "%s",
			  text);
	if (!request)
		return;
	strncpy(answer.text, text, sizeof(answer.text) - 1);
	tell(parent, &answer, -1);
}

/* Attaches to new interfaces, then lets the worker try the rest. */
static int try_config(struct parent *parent, struct config *next, int fd,
		      uint32_t request, char error[static CONFIG_ERROR_TEXT])
{
	struct message message = {.kind = MESSAGE_CONFIG};
	const char *fixed = config_fixed_difference(parent->config, next);
	int result;

	if (fixed) {
		snprintf(error, CONFIG_ERROR_TEXT,
			 "%s: %s can't be changed while the daemon runs: "
			 "restart it",
			 parent->config_path, fixed);
		return -EINVAL;
	}
	if (parent->socket < 0) {
		snprintf(error, CONFIG_ERROR_TEXT,
			 "the worker is not running: try again");
		return -EAGAIN;
	}
	result = links_attach(parent->links, next);
	if (result) {
		snprintf(error, CONFIG_ERROR_TEXT,
			 "%s: can't attach to all its interfaces",
			 parent->config_path);
		return result;
	}
	tell(parent, &message, fd);
	parent->reload.config = next;
	parent->reload.request = request;
	return 0;
}

static void reload(struct parent *parent, uint32_t request)
{
	char error[CONFIG_ERROR_TEXT] = "";
	struct config *next = NULL;
	int result, fd;

	if (parent->reload.config) {
		answer_reload(parent, request, -EBUSY,
			      "another reload is under way: try again");
		return;
	}
	fd = config_open(parent->config_path, error);
	result = fd < 0 ? fd
			: config_load(fd, parent->config_path, &next, error);
	if (!result)
		result = try_config(parent, next, fd, request, error);
	if (result) {
		config_free(next);
		answer_reload(parent, request, result, error);
	}
	if (fd >= 0)
		close(fd);
}

static void on_applied(struct parent *parent, struct message *message)
{
	uint32_t request = parent->reload.request;

	if (!parent->reload.config)
		return;
	message->text[sizeof(message->text) - 1] = '\0';
	if (message->result) {
		drop_reload(parent);
		answer_reload(parent, request, message->result, message->text);
		return;
	}
	config_free(parent->config);
	parent->config = parent->reload.config;
	parent->reload.config = NULL;
	links_drop_others(parent->links, parent->config);
	log_notice("configuration reloaded from %s", parent->config_path);
	tell_attachments(parent);
	answer_reload(parent, request, 0, "");
}

static void tell_nudges(struct parent *parent)
{
	struct message message = {.kind = MESSAGE_NUDGES};

	nudge_counts(parent->nudger, &message.nudges);
	tell(parent, &message, -1);
}

static void on_ready(struct parent *parent)
{
	if (!parent->attached) {
		if (links_attach(parent->links, parent->config)) {
			parent->stop = true;
			parent->status = 1;
			return;
		}
		parent->attached = true;
	}
	tell_attachments(parent);
	tell_nudges(parent);
}

static void on_explain(struct parent *parent, const struct message *message)
{
	struct message answer = {.kind = MESSAGE_EXPLAINED, .id = message->id};

	answer.result = loader_explain(parent->loader, &message->source,
				       &answer.decision);
	tell(parent, &answer, -1);
}

static void on_message(struct parent *parent, struct message *message)
{
	switch (message->kind) {
	case MESSAGE_READY:
		on_ready(parent);
		break;
	case MESSAGE_EXPLAIN:
		on_explain(parent, message);
		break;
	case MESSAGE_NUDGE:
		if (parent->config->dnsbl.nudge)
			nudge_source(parent->nudger, &message->source);
		break;
	case MESSAGE_HOOK:
		if ((unsigned int)message->hook < HOOKS)
			hooks_run(parent->hooks, parent->config, message->hook);
		break;
	case MESSAGE_RELOAD:
		reload(parent, message->id);
		break;
	case MESSAGE_APPLIED:
		on_applied(parent, message);
		break;
	default:
		log_warning("the worker sent what only the parent may send");
	}
}

static void lose_worker(struct parent *parent)
{
	uint64_t now = clock_monotonic_ns();

	close(parent->socket);
	parent->socket = -1;
	drop_reload(parent);
	if (now - parent->worker_started_ns > RESTART_CALM_NS)
		parent->restart_delay_ms = RESTART_FIRST_MS;
	parent->restart_at_ns = now + parent->restart_delay_ms * NS_PER_MS;
	parent->restart_delay_ms *= 2;
	if (parent->restart_delay_ms > RESTART_LAST_MS)
		parent->restart_delay_ms = RESTART_LAST_MS;
}

static void on_worker_socket(struct parent *parent)
{
	struct message message;
	int fd, result;

	result = message_receive(parent->socket, &message, &fd);
	if (result == -EAGAIN)
		return;
	if (result == -EBADMSG)
		log_warning("the worker sent a malformed message");
	if (result <= 0) {
		/* Without its socket it is of no use: end it for good. */
		if (parent->worker)
			kill(parent->worker, SIGKILL);
		lose_worker(parent);
		return;
	}
	if (fd >= 0)
		close(fd); /* the parent asks for none */
	on_message(parent, &message);
}

static void on_worker_end(struct parent *parent, int status)
{
	parent->worker = 0;
	if (parent->socket >= 0)
		lose_worker(parent);
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

static void reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == parent->worker)
			on_worker_end(parent, status);
		else
			hooks_reaped(parent->hooks, parent->config, pid,
				     status);
	}
}

static void on_signal(struct parent *parent)
{
	struct signalfd_siginfo info;

	if (read(parent->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGHUP:
		reload(parent, 0);
		break;
	case SIGCHLD:
		reap(parent);
		break;
	case TAKEOVER_SIGNAL:
		parent->handed_over = true;
		parent->stop = true;
		break;
	default:
		parent->stop = true;
	}
}

static void check(struct parent *parent)
{
	uint64_t now = clock_monotonic_ns();

	if (!parent->worker && now >= parent->restart_at_ns)
		if (start_worker(parent))
			lose_worker(parent);
	if (now - parent->checked_ns < CHECK_MS * NS_PER_MS)
		return;
	parent->checked_ns = now;
	hooks_check(parent->hooks);
	if (nudge_check(parent->nudger))
		tell_nudges(parent);
	if (!pins_intact(parent->pins)) {
		log_notice("detached from outside (posternd --detach): "
			   "stopping");
		parent->stop = true;
		return;
	}
	if (parent->attached && links_check(parent->links, parent->config))
		tell_attachments(parent);
}

static int next_timeout(const struct parent *parent)
{
	uint64_t now = clock_monotonic_ns(), wait_ms = CHECK_MS;

	if (!parent->worker) {
		wait_ms = 0;
		if (parent->restart_at_ns > now)
			wait_ms = (parent->restart_at_ns - now) / NS_PER_MS + 1;
	}
	return (int)(wait_ms < CHECK_MS ? wait_ms : CHECK_MS);
}

static void loop(struct parent *parent)
{
	while (!parent->stop) {
		struct pollfd fds[] = {
			{.fd = parent->signals, .events = POLLIN},
			{.fd = parent->socket, .events = POLLIN},
		};

		if (poll(fds, 2, next_timeout(parent)) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			on_signal(parent);
		if (fds[1].revents && parent->socket >= 0)
			on_worker_socket(parent);
		check(parent);
	}
}

/* Hangs up, and gives the worker a moment to end by itself. */
static void stop_worker(struct parent *parent)
{
	struct pollfd signals = {.fd = parent->signals, .events = POLLIN};

	if (parent->socket >= 0)
		close(parent->socket);
	parent->socket = -1;
	for (int waited = 0; parent->worker && waited < GOODBYE_MS;
	     waited += 50) {
		poll(&signals, 1, 50);
		reap(parent);
	}
	if (parent->worker) {
		kill(parent->worker, SIGKILL);
		waitpid(parent->worker, NULL, 0);
	}
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, TAKEOVER_SIGNAL);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int load_config(struct parent *parent)
{
	char text[CONFIG_ERROR_TEXT];
	int error, fd;

	fd = config_open(parent->config_path, text);
	error = fd < 0 ? fd
		       : config_load(fd, parent->config_path, &parent->config,
				     text);
	if (error)
		log_error("%s", text);
	if (fd >= 0)
		close(fd);
	return error;
}

static int open_nudger(struct parent *parent)
{
	int error = nudge_open(loader_pending(parent->loader),
			       loader_replies(parent->loader),
			       loader_clock(parent->loader), &parent->nudger);

	if (error)
		log_error("can't open a raw socket for nudges: %s",
			  strerror(-error));
	return error;
}

static int prepare(struct parent *parent, bool takeover)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	gid_t group;
	int error;

	error = load_config(parent);
	if (error)
		return error;
	if (geteuid() != 0) {
		log_error("must be started as root: it loads and attaches an "
			  "XDP program");
		return -EPERM;
	}
	error = privileges_find(parent->config->user, &parent->identity);
	if (!error)
		error = privileges_find_group(parent->config->group, &group);
	if (error)
		return error;
	/* Before 5.11 the memory of maps counts against this limit. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	driver_listen();
	parent->signals = catch_signals();
	if (parent->signals < 0)
		return parent->signals;
	if (takeover) {
		error = loader_try(parent->config);
		if (!error)
			error = takeover_from(parent->config->control);
		if (error)
			return error;
	}
	error = pins_open(parent->config->pin, &parent->pins);
	if (!error)
		error = loader_open(parent->config, parent->pins,
				    &parent->loader);
	if (!error)
		error = links_create(parent->pins,
				     loader_program(parent->loader),
				     &parent->links);
	if (!error)
		error = hooks_create(&parent->hooks);
	if (!error)
		error = open_nudger(parent);
	if (error)
		return error;
	parent->control = control_socket_open(parent->config->control, group);
	if (parent->control < 0)
		return parent->control;
	return start_worker(parent);
}

/*
 * After a clean stop nothing is left.  After a failure, and for the next
 * daemon, what is attached stays so.
 */
static void leave(struct parent *parent)
{
	bool clean = parent->status == 0 && !parent->handed_over;

	if (parent->links && clean)
		links_detach(parent->links);
	if (parent->pins && (clean || (parent->status && !parent->attached &&
				       !pins_have_links(parent->pins))))
		pins_remove(parent->pins);
	if (parent->control >= 0 && !parent->handed_over)
		unlink(parent->config->control);
}

static void clean_up(struct parent *parent)
{
	if (parent->worker)
		stop_worker(parent);
	leave(parent);
	if (parent->control >= 0)
		close(parent->control);
	links_close(parent->links);
	nudge_close(parent->nudger);
	loader_close(parent->loader);
	pins_close(parent->pins);
	hooks_close(parent->hooks);
	config_free(parent->config);
	if (parent->signals >= 0)
		close(parent->signals);
}

static void say_goodbye(const struct parent *parent)
{
	if (parent->handed_over)
		log_notice("handed over to another daemon: filtering goes on");
	else if (parent->status == 0)
		log_notice("stopped: nothing is filtered any more");
}

int parent_run(const char *config_path, bool takeover)
{
	struct parent parent = {
		.config_path = config_path,
		.signals = -1,
		.control = -1,
		.socket = -1,
		.restart_delay_ms = RESTART_FIRST_MS,
	};

	if (prepare(&parent, takeover))
		parent.status = 1;
	else
		loop(&parent);
	clean_up(&parent);
	say_goodbye(&parent);
	return parent.status;
}

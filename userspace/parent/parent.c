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
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/control_socket.h"
#include "parent/driver.h"
#include "parent/local_mta.h"
#include "parent/state.h"
#include "parent/state_directory.h"
#include "parent/takeover.h"

#define CHECK_MS 2000
#define DEAF_MS	 200

void parent_tell_attachments(struct parent *parent)
{
	struct message message = {.kind = MESSAGE_ATTACHMENTS};

	links_attachments(parent->links, &message.attachments);
	worker_process_tell(parent, &message, -1);
}

void parent_tell_nudges(struct parent *parent)
{
	struct message message = {.kind = MESSAGE_NUDGES};

	nudge_counts(parent->nudger, &message.nudges);
	worker_process_tell(parent, &message, -1);
}

void parent_reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == parent->worker)
			worker_process_ended(parent, status);
		else if (!hooks_reaped(parent->hooks, parent->config, pid,
				       status))
			queue_reaped(parent->queue, pid, status);
	}
}

static void on_signal(struct parent *parent)
{
	struct signalfd_siginfo info;

	if (read(parent->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGHUP:
		reload_start(parent, 0);
		break;
	case SIGCHLD:
		parent_reap(parent);
		break;
	case TAKEOVER_SIGNAL:
		parent->handed_over = true;
		parent->stop = true;
		break;
	default:
		parent->stop = true;
	}
}

/* The program takes the gate for open, and holds nobody. */
static void watch_lease(struct parent *parent)
{
	const struct hook_call call = {.hook = HOOK_FAIL_OPEN};
	bool over = clock_monotonic_ns() > loader_lease_ns(parent->loader);

	if (over == parent->failing_open)
		return;
	parent->failing_open = over;
	if (!over) {
		log_notice("the worker answers again: the program no longer "
			   "fails open");
		return;
	}
	log_error("the worker has not renewed its lease: the program fails "
		  "open");
	hooks_run(parent->hooks, parent->config, &call);
}

static void check(struct parent *parent)
{
	uint64_t now = clock_monotonic_ns();

	if (!parent->worker && now >= parent->restart_at_ns)
		if (worker_process_start(parent))
			worker_process_lose(parent);
	reload_check(parent);
	if (now - parent->checked_ns < CHECK_MS * NS_PER_MS)
		return;
	/* Who was stopped, or a machine that stood still, has seen nothing. */
	if (now - parent->checked_ns > 3 * CHECK_MS * NS_PER_MS)
		parent->late_since_ns = 0;
	parent->checked_ns = now;
	hooks_check(parent->hooks);
	queue_check(parent->queue, parent->config);
	if (parent->attached)
		watch_lease(parent);
	if (parent->attached && worker_process_hangs(parent))
		worker_process_kill(parent);
	if (nudge_check(parent->nudger))
		parent_tell_nudges(parent);
	if (!pins_follow(parent->pins)) {
		log_notice("detached from outside (posternd --detach): "
			   "stopping");
		parent->stop = true;
		return;
	}
	if (parent->attached && links_check(parent->links, parent->config))
		parent_tell_attachments(parent);
}

/* `rest_ns`: how long nothing is taken from the worker. */
static int next_timeout(const struct parent *parent, uint64_t rest_ns)
{
	uint64_t now = clock_monotonic_ns(), wait_ms = CHECK_MS;

	if (rest_ns && rest_ns / NS_PER_MS < wait_ms)
		wait_ms = rest_ns / NS_PER_MS + 1;
	if (!parent->worker) {
		wait_ms = 0;
		if (parent->restart_at_ns > now)
			wait_ms = (parent->restart_at_ns - now) / NS_PER_MS + 1;
	}
	return (int)(wait_ms < CHECK_MS ? wait_ms : CHECK_MS);
}

/*
 * Without memory, or with a lower limit of descriptors than it has, poll(2)
 * fails: that must not end the filter, so the two that matter are looked at
 * all the same.
 */
static void wait_for(struct parent *parent, struct pollfd *fds, size_t count,
		     int timeout_ms)
{
	if (poll(fds, count, timeout_ms) >= 0) {
		parent->deaf = false;
		return;
	}
	for (size_t i = 0; i < count; i++)
		fds[i].revents = 0;
	if (errno == EINTR)
		return;
	if (!parent->deaf)
		log_error("can't wait for events: %s; looking for them every "
			  "%d ms",
			  strerror(errno), DEAF_MS);
	parent->deaf = true;
	poll(NULL, 0, DEAF_MS);
	fds[0].revents = POLLIN;
	fds[1].revents = fds[1].fd >= 0 ? POLLIN : 0;
}

static void loop(struct parent *parent)
{
	while (!parent->stop) {
		struct pollfd fds[2 + HOOK_LANES + QUEUE_FDS] = {
			{.fd = parent->signals, .events = POLLIN},
		};
		uint64_t rest_ns = requests_poll(parent, &fds[1]);
		size_t count = 2;

		count += hooks_poll(parent->hooks, fds + count);
		count += queue_poll(parent->queue, fds + count);
		wait_for(parent, fds, count, next_timeout(parent, rest_ns));
		for (size_t i = 2; i < count; i++)
			if (fds[i].revents &&
			    !hooks_read(parent->hooks, fds[i].fd))
				queue_read(parent->queue, fds[i].fd);
		if (fds[0].revents)
			on_signal(parent);
		if (fds[1].revents && parent->socket >= 0)
			requests_serve(parent);
		check(parent);
		service_state_tell(parent);
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
	/* A log that nobody reads any more must not end the filter. */
	signal(SIGPIPE, SIG_IGN);
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

static void tell_worker(void *context, const struct message *message)
{
	struct parent *parent = context;

	if (parent->socket >= 0)
		worker_process_tell(parent, message, -1);
}

static int open_steering(struct parent *parent)
{
	char why[CONFIG_ERROR_TEXT] = "";
	int error;

	error = steering_create(parent->pins, &parent->steering);
	if (error)
		return error;
	error = steering_attach(parent->steering, parent->loader,
				parent->config, why);
	if (error)
		log_error("%s: %s", parent->config_path, why);
	return error;
}

/* What the new daemon would be refused for, before the old one ends. */
static int try_all(const struct parent *parent)
{
	char why[CONFIG_ERROR_TEXT] = "";
	int error = loader_try(parent->config);

	if (error || !config_defers(parent->config))
		return error;
	error = local_mta_check(parent->config, why);
	if (error)
		log_error("%s: %s", parent->config_path, why);
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
	state_directory_make(parent->config->state, &parent->identity);
	/* Before 5.11 the memory of maps counts against this limit. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	driver_listen();
	parent->signals = catch_signals();
	if (parent->signals < 0)
		return parent->signals;
	if (takeover) {
		error = try_all(parent);
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
		error = open_steering(parent);
	if (!error)
		error = primary_watch_create(parent->pins, &parent->watch);
	if (!error)
		error = hooks_create(&parent->hooks);
	if (!error)
		error = queue_create(tell_worker, parent, &parent->queue);
	if (!error)
		error = open_nudger(parent);
	if (error)
		return error;
	parent->control = control_socket_open(parent->config->control, group,
					      &parent->control_inode);
	if (parent->control < 0)
		return parent->control;
	return worker_process_start(parent);
}

static void ignore_link(void *context, const char *interface)
{
	(void)context;
	(void)interface;
}

/* Whatever has eaten them up: to look into a directory takes one, too. */
static void make_room_for_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * After a clean stop nothing is left.  After a failure, and for the next
 * daemon, what is attached stays so.
 */
static void leave(struct parent *parent)
{
	bool clean = parent->status == 0 && !parent->handed_over;

	make_room_for_descriptors();
	if (parent->links && clean)
		links_detach(parent->links);
	if (parent->steering && clean)
		steering_detach(parent->steering);
	if (parent->watch && clean)
		primary_watch_detach(parent->watch);
	if (parent->pins &&
	    (clean || (parent->status && !parent->attached &&
		       !pins_links(parent->pins, ignore_link, NULL))))
		pins_remove(parent->pins);
	if (parent->control >= 0 && !parent->handed_over)
		control_socket_unlink(parent->config->control,
				      parent->control_inode);
}

static void clean_up(struct parent *parent)
{
	if (parent->worker)
		worker_process_stop(parent);
	leave(parent);
	if (parent->control >= 0)
		close(parent->control);
	service_close(parent->service);
	links_close(parent->links);
	steering_close(parent->steering);
	primary_watch_close(parent->watch);
	nudge_close(parent->nudger);
	loader_close(parent->loader);
	pins_close(parent->pins);
	hooks_close(parent->hooks);
	queue_close(parent->queue);
	config_free(parent->reload.config);
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
	};

	if (service_open(&parent.service))
		return 1;
	service_state_tell(&parent);
	if (prepare(&parent, takeover))
		parent.status = 1;
	else
		loop(&parent);
	service_stopping(parent.service);
	clean_up(&parent);
	say_goodbye(&parent);
	return parent.status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker may send to the parent, in any order: messages of any size,
 * kind and content, while commands end and reloads go on.  Nothing is run but
 * what the configuration names, one at a time in each lane; nothing grows
 * beyond its maximum; only answers go back.
 *
 * The input is a row of steps, each of an octet and what it needs.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/parent_stubs.h"
#include "core/log.h"
#include "parent/command.h"
#include "parent/state.h"
#include "tables/ranges_room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONFIGURATION                                                          \
	"interface = { eth0 } bypass { policy = off }\n"                       \
	"health { on-open = { open } on-close = { close } on-up = { up } }\n"  \
	"queue { flush = { \"example.org\", \"example.net\" }\n"               \
	"flush-command = { flush } }\n"                                        \
	"list-capacity-max = 100000\n"

static struct parent parent;
static int worker = -1; /* its end of the socket */
static pid_t children;	/* the last one's number */
static uint32_t pages_now[FAMILY_MAX];

static void check(bool truth)
{
	if (!truth)
		abort();
}

/* ---- what stands in for the rest of the parent ---- */

void log_write(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	(void)level;
	va_start(args, format);
	check(vsnprintf(line, sizeof(line), format, args) > 0);
	va_end(args);
}

struct command command_idle(void)
{
	return (struct command){.output = -1};
}

bool command_runs(const struct command *command)
{
	return command->pid != 0;
}

int command_start(struct command *command, const char *name, char *const *argv,
		  const struct command_variable *environment, uint64_t limit_ns)
{
	static const char *const known[] = {"open", "close", "up", "flush"};
	bool found = false;

	check(command->pid == 0);
	check(name && limit_ns);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		found |= strcmp(argv[0], known[i]) == 0;
	check(found);
	if (strcmp(argv[0], "flush") == 0)
		check(argv[1] && strncmp(argv[1], "example.", 8) == 0 &&
		      !argv[2]);
	else
		check(!argv[1]);
	for (; environment && environment->name; environment++)
		check(strlen(environment->value) < CONFIG_ERROR_TEXT);
	command->pid = ++children;
	return 0;
}

int command_call(struct command *command, const char *name,
		 int (*function)(const void *argument), const void *argument,
		 uint64_t limit_ns)
{
	(void)function;
	(void)argument;
	check(command->pid == 0);
	check(name && limit_ns);
	command->pid = ++children;
	return 0;
}

void command_read(struct command *command)
{
	(void)command;
}

bool command_reaped(struct command *command, pid_t pid, int status,
		    bool *failed)
{
	if (command->pid != pid)
		return false;
	command->pid = 0;
	*failed = status != 0;
	return true;
}

void command_check(struct command *command)
{
	(void)command;
}

void command_close(struct command *command)
{
	*command = command_idle();
}

int links_attach(struct links *links, const struct config *config)
{
	(void)links;
	check(config != NULL);
	return 0;
}

void links_drop_others(struct links *links, const struct config *config)
{
	(void)links;
	check(config != NULL);
}

int links_replace(struct links *links, int program)
{
	(void)links;
	(void)program;
	return 0;
}

int loader_explain(const struct loader *loader, const struct addr *source,
		   struct decision *out)
{
	(void)loader;
	(void)out;
	check(addr_family(source) < FAMILY_MAX);
	return -EADDRNOTAVAIL;
}

void loader_pages(const struct loader *loader, uint32_t out[static FAMILY_MAX])
{
	(void)loader;
	memcpy(out, pages_now, sizeof(pages_now));
}

int loader_enlarge(const struct loader *from,
		   const uint32_t pages[static FAMILY_MAX], struct loader **out)
{
	struct ranges_room most =
		ranges_room_for(parent.config->list_capacity_max);
	bool any = false;

	(void)from;
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		check(pages[family] <= ranges_room_pages(&most, family));
		check(!pages[family] || pages[family] > pages_now[family]);
		if (pages[family])
			pages_now[family] = pages[family];
		any |= pages[family] != 0;
	}
	check(any);
	*out = NULL;
	return 0;
}

int loader_program(const struct loader *loader)
{
	(void)loader;
	return -1;
}

int loader_pin_tables(const struct loader *loader, const struct pins *pins)
{
	(void)loader;
	(void)pins;
	return 0;
}

int loader_pending(const struct loader *loader)
{
	(void)loader;
	return -1;
}

int loader_replies(const struct loader *loader)
{
	(void)loader;
	return -1;
}

void loader_maps(const struct loader *loader, struct maps *out)
{
	(void)loader;
	memset(out, 0xff, sizeof(*out));
}

void loader_close(struct loader *loader)
{
	(void)loader;
}

bool pins_intact(const struct pins *pins)
{
	(void)pins;
	return true;
}

void nudge_use(struct nudger *nudger, int pending, int replies)
{
	(void)nudger;
	(void)pending;
	(void)replies;
}

void nudge_source(struct nudger *nudger, const struct addr *source)
{
	(void)nudger;
	check(addr_family(source) < FAMILY_MAX);
}

void parent_tell_attachments(struct parent *of)
{
	check(of->config != NULL);
}

void parent_tell_nudges(struct parent *of)
{
	check(of->config != NULL);
}

void worker_process_give_door(struct parent *of)
{
	(void)of;
	abort(); /* nothing is deferred */
}

int worker_process_tell(struct parent *of, const struct message *message,
			int fd)
{
	check((fd >= 0) == (message->kind == MESSAGE_CONFIG) ||
	      message->kind == MESSAGE_TABLE);
	check(message->kind >= MESSAGE_CONFIG && message->kind < MESSAGE_KINDS);
	return of->socket < 0 ? -ESRCH : 0;
}

static void start_worker(void)
{
	int pair[2];

	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	parent.socket = pair[0];
	worker = pair[1];
	requests_renew(&parent);
}

static void stop_worker(void)
{
	close(parent.socket);
	close(worker);
	parent.socket = -1;
	worker = -1;
}

void worker_process_replace(struct parent *of)
{
	check(of->socket >= 0);
	stop_worker();
	reload_drop(of);
}

/* ---- steps ---- */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static size_t take_some(struct input *input, void *out, size_t most)
{
	size_t size = take(input);

	if (size > most)
		size = most;
	if (size > input->left)
		size = input->left;
	memcpy(out, input->at, size);
	input->at += size;
	input->left -= size;
	return size;
}

static void send_anything(struct input *input)
{
	char octets[sizeof(struct message) + 1] = {0};
	size_t size = take_some(input, octets, sizeof(octets));

	if (take(input) & 1)
		size = sizeof(octets);
	(void)send(worker, octets, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Right in size and kind, so that what is behind is reached, too. */
static void send_request(struct input *input)
{
	struct message message = {.kind = take(input) % MESSAGE_CONFIG};

	message.id = take(input);
	message.result = -(take(input) % 2);
	take_some(input, message.text, sizeof(message.text));
	check(message_send(worker, &message, -1) == 0);
}

static void end_command(struct input *input)
{
	pid_t pid = children - take(input) % 8;
	int status = take(input);

	if (!hooks_reaped(parent.hooks, parent.config, pid, status))
		queue_reaped(parent.queue, pid, status);
}

static void step(struct input *input)
{
	switch (take(input) % 5) {
	case 0:
		send_anything(input);
		break;
	case 1:
	case 2:
		send_request(input);
		break;
	case 3:
		end_command(input);
		break;
	default:
		reload_start(&parent, 0); /* a signal */
	}
	requests_serve(&parent);
	if (parent.socket < 0)
		start_worker();
	reload_check(&parent);
	queue_check(parent.queue, parent.config);
}

static void on_queue(void *context, const struct message *message)
{
	check(worker_process_tell(context, message, -1) == 0);
}

static const char *config_path(void)
{
	static char path[64];
	int fd;

	if (*path)
		return path;
	fd = memfd_create("config", MFD_CLOEXEC);
	check(fd >= 0 && write(fd, CONFIGURATION, strlen(CONFIGURATION)) ==
				 (ssize_t)strlen(CONFIGURATION));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static struct config *load_config(void)
{
	char error[CONFIG_ERROR_TEXT];
	struct config *config = NULL;
	int fd = config_open(config_path(), error);

	check(fd >= 0 && config_load(fd, config_path(), &config, error) == 0);
	close(fd);
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.at = data, .left = size};

	memset(&parent, 0, sizeof(parent));
	memset(pages_now, 0, sizeof(pages_now));
	children = 0;
	parent.config_path = config_path();
	parent.config = load_config();
	check(hooks_create(&parent.hooks) == 0);
	check(queue_create(on_queue, &parent, &parent.queue) == 0);
	start_worker();
	while (input.left)
		step(&input);
	stop_worker();
	hooks_close(parent.hooks);
	queue_close(parent.queue);
	config_free(parent.reload.config);
	config_free(parent.config);
	return 0;
}

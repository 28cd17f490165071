/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the worker's place: what a process can do that was left with the
 * worker's privileges, and what it can't.
 */

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log.h"
#include "parent/privileges.h"

static int map = -1;	 /* held, as the worker holds its maps */
static int program = -1; /* not held: the worker has none */

static int setup(void **state)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)state;
	log_init("test");
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "held", sizeof(__u32),
			     sizeof(__u64), 1, NULL);
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "alien", "GPL", nothing,
				sizeof(nothing) / sizeof(*nothing), NULL);
	return map < 0 || program < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(map);
	close(program);
	return 0;
}

/* Runs `attempt` as the worker; its result is 0 or a positive errno. */
static int as_worker(int (*attempt)(void))
{
	const struct passwd *nobody = getpwnam("nobody");
	struct identity identity;
	struct sandbox sandbox;
	int status;
	pid_t pid;

	assert_non_null(nobody);
	identity.uid = nobody->pw_uid;
	identity.gid = nobody->pw_gid;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (privileges_drop(&identity, &map, 1, map, &sandbox))
			_exit(255);
		_exit(sandbox.seccomp ? attempt() : 254);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 254)
		skip(); /* the kernel has no seccomp filters */
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

/* What is its work. */

static int use_map(void)
{
	__u64 value = 7, read = 0;
	__u32 key = 0;

	if (bpf_map_update_elem(map, &key, &value, BPF_ANY) ||
	    bpf_map_lookup_elem(map, &key, &read))
		return errno;
	return read == value ? 0 : EIO;
}

static int open_socket(void)
{
	return outcome(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static void *end_at_once(void *argument)
{
	return argument;
}

static int start_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, end_at_once, NULL);

	return error ? error : pthread_join(thread, NULL);
}

static int read_world(void)
{
	return outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

/* What is not. */

static int freeze_map(void)
{
	return outcome(bpf_map_freeze(map));
}

static int make_map(void)
{
	return outcome(bpf_map_create(BPF_MAP_TYPE_ARRAY, "new", sizeof(__u32),
				      sizeof(__u32), 1, NULL));
}

static int load_program(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return outcome(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "new", "GPL",
				     nothing,
				     sizeof(nothing) / sizeof(*nothing), NULL));
}

/* The number may be known, but the descriptor is closed. */
static int attach_program(void)
{
	return outcome(bpf_link_create(program, 1 /* lo */, BPF_XDP, NULL));
}

static int open_pin(void)
{
	return outcome(bpf_obj_get("/sys/fs/bpf"));
}

static int find_program(void)
{
	return outcome(bpf_prog_get_fd_by_id(1));
}

static int forge_packets(void)
{
	return outcome(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int forge_addresses(void)
{
	return outcome(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP));
}

static int execute(void)
{
	char name[] = "/bin/true";
	char *arguments[] = {name, NULL};

	execv(name, arguments);
	return errno;
}

static int start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int become_root(void)
{
	return outcome(setresuid(0, 0, 0));
}

static int stop_others(void)
{
	return outcome(kill(getppid(), 0));
}

static int trace_others(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int mount_something(void)
{
	return outcome(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int read_secrets(void)
{
	return outcome(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
}

static const struct {
	const char *name;
	int (*attempt)(void);
} allowed[] =
	{
		{"reads and writes the maps it holds", use_map},
		{"opens sockets", open_socket},
		{"starts threads", start_thread},
		{"reads what everybody may", read_world},
},
  refused[] = {
	  {"freezes a map", freeze_map},
	  {"makes a map", make_map},
	  {"loads a program", load_program},
	  {"attaches a program", attach_program},
	  {"opens a pin", open_pin},
	  {"finds a program by its number", find_program},
	  {"sends packets from other addresses", forge_packets},
	  {"sends segments by itself", forge_addresses},
	  {"runs a program", execute},
	  {"starts a process", start_process},
	  {"becomes root", become_root},
	  {"sends signals", stop_others},
	  {"traces another process", trace_others},
	  {"mounts", mount_something},
	  {"reads what only root may", read_secrets},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_worker_can_do_its_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(allowed); i++) {
		print_message("it %s\n", allowed[i].name);
		assert_int_equal(as_worker(allowed[i].attempt), 0);
	}
}

static void and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		int error = as_worker(refused[i].attempt);

		print_message("it never %s: %s\n", refused[i].name,
			      strerror(error));
		assert_int_not_equal(error, 0);
	}
}

/* What no missing capability would refuse. */
static void it_is_seccomp_that_refuses(void **state)
{
	(void)state;
	assert_int_equal(as_worker(freeze_map), ENOSYS);
	assert_int_equal(as_worker(make_map), ENOSYS);
	assert_int_equal(as_worker(execute), ENOSYS);
	assert_int_equal(as_worker(start_process), ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_can_do_its_work),
		cmocka_unit_test(and_nothing_else),
		cmocka_unit_test(it_is_seccomp_that_refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posternctl from its command line to its exit status, against a real control
 * server and against things that are none.
 */

#include "control_fixture.h"

#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>

#include "ctl/client.h"
#include "ctl/ctl.h"

#define ARGUMENTS_MAX 8

/* One run of posternctl, in a thread of its own. */
struct run {
	char words[256];
	char *argv[ARGUMENTS_MAX + 1];
	int argc;
	FILE *out;
	FILE *err;
	char *out_text;
	char *err_text;
	size_t out_length;
	size_t err_length;
	int status;
	atomic_bool done;
	pthread_t thread;
};

static void *run_thread(void *argument)
{
	struct run *run = argument;

	run->status = (int)ctl_main(run->argc, run->argv, run->out, run->err);
	atomic_store(&run->done, true);
	return NULL;
}

/* Copies with the socket's path for each @. */
static void expand(const char *text, char *to)
{
	for (; *text; text++) {
		if (*text == '@')
			to = stpcpy(to, address.sun_path);
		else
			*to++ = *text;
	}
	*to = '\0';
}

/* `line`: its arguments, with blanks between; @ is the socket. */
static void run_begin(struct run *run, const char *line)
{
	char *rest;

	memset(run, 0, sizeof(*run));
	expand(line, stpcpy(run->words, "posternctl "));
	for (char *word = strtok_r(run->words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		run->argv[run->argc++] = word;
	run->out = open_memstream(&run->out_text, &run->out_length);
	run->err = open_memstream(&run->err_text, &run->err_length);
	assert_int_equal(pthread_create(&run->thread, NULL, run_thread, run),
			 0);
}

static void run_end(struct run *run)
{
	pthread_join(run->thread, NULL);
	fclose(run->out);
	fclose(run->err);
}

static void run_free(struct run *run)
{
	free(run->out_text);
	free(run->err_text);
}

/* With the server's loop turning meanwhile. */
static void run_with_server(struct run *run, const char *line)
{
	uint64_t until = deadline();

	run_begin(run, line);
	while (!atomic_load(&run->done))
		turn(until);
	run_end(run);
}

/* A daemon for it */

static void on_status(void *context, const json_t *args,
		      struct control_request *request)
{
	(void)context;
	assert_int_equal(json_object_size(args), 0);
	control_reply(request, json_pack("{s:s, s:f, s:[]}", "mode", "enforce",
					 "lease_s", 9.2, "zones"));
}

static void on_explain(void *context, const json_t *args,
		       struct control_request *request)
{
	(void)context;
	control_reply(request, json_pack("{s:O, s:s, s:s}", "address",
					 json_object_get(args, "address"),
					 "action", "pass", "reason", "clean"));
}

static bool reload_fails;

static void on_reload(void *context, const json_t *args,
		      struct control_request *request)
{
	(void)context;
	(void)args;
	if (reload_fails)
		control_fail(request,
			     "postern.conf:7: no such key \"mod\x1b\"");
	else
		control_reply(request, json_object());
}

static void on_gate(void *context, const json_t *args,
		    struct control_request *request)
{
	const char *order = json_string_value(json_object_get(args, "order"));
	bool ends = json_object_get(args, "for_s") != NULL;

	(void)context;
	if (strcmp(order, "auto") == 0)
		control_reply(request, json_pack("{s:s, s:n, s:n}", "subject",
						 "gate", "order", "warning"));
	else
		control_reply(
			request,
			json_pack("{s:s, s:{s:s, s:I, s:o}, s:s}", "subject",
				  "gate", "order", "order", order, "uid",
				  (json_int_t)control_request_uid(request),
				  "left_s",
				  ends ? json_incref(
						 json_object_get(args, "for_s"))
				       : json_null(),
				  "warning", "careful"));
}

static const struct control_command daemon_commands[] = {
	{"status", CONTROL_READ, on_status},
	{"explain", CONTROL_READ, on_explain},
	{"reload", CONTROL_READ, on_reload},
	{"gate", CONTROL_READ, on_gate},
};

static int start_daemon(void **state)
{
	int status = start(state);

	options.commands = daemon_commands;
	options.command_count =
		sizeof(daemon_commands) / sizeof(daemon_commands[0]);
	reload_fails = false;
	return status;
}

#define USAGE "usage: posternctl [--socket PATH] [--json] "
#define HINT  "\"posternctl --help\" lists the commands\n"

static const struct {
	const char *line;
	int status;
	const char *out;
	const char *err;
} runs[] = {
	{"--socket @ explain 192.0.2.7", 0,
	 "A SYN from 192.0.2.7 passes now: no blocklist names it.\n", ""},
	{"explain -s @ 2001:DB8:0::7", 0,
	 "A SYN from 2001:db8::7 passes now: no blocklist names it.\n", ""},
	{"-s @ --json explain 192.0.2.7", 0,
	 "{\n  \"address\": \"192.0.2.7\",\n  \"action\": \"pass\",\n"
	 "  \"reason\": \"clean\"\n}\n",
	 ""},
	{"-s @ status --json", 0,
	 "{\n  \"mode\": \"enforce\",\n  \"lease_s\": 9.2,\n"
	 "  \"zones\": []\n}\n",
	 ""},
	{"-s @ reload", 0,
	 "The configuration was read again and is in force.\n", ""},
	{"-s @ gate auto", 0,
	 "Done: nothing is ordered of the gate any more.\n", ""},
	{"gate ajar", 2, "",
	 "posternctl: \"ajar\" is no order, expected open, close or "
	 "auto\n" USAGE "gate [OPTIONS] ORDER\n"},
	{"mode open", 2, "",
	 "posternctl: \"open\" is no order, expected monitor, enforce or "
	 "auto\n" USAGE "mode [OPTIONS] ORDER\n"},
	{"gate auto --for 1h", 2, "",
	 "posternctl: gate auto takes an order back, so --for means "
	 "nothing\n" USAGE "gate [OPTIONS] ORDER\n"},
	{"gate close --for 8d", 2, "",
	 "posternctl: \"8d\" is no time of a second or more, such as 90s, "
	 "30m, 12h or 2d, and 7d at most\n" USAGE "gate [OPTIONS] ORDER\n"},
	{"mode monitor --for 10ms", 2, "",
	 "posternctl: \"10ms\" is no time of a second or more, such as 90s, "
	 "30m, 12h or 2d\n" USAGE "mode [OPTIONS] ORDER\n"},
	{"", 2, "", USAGE "COMMAND [ARGS]\n" HINT},
	{"--frob", 2, "",
	 "posternctl: unknown option --frob\n" USAGE "COMMAND [ARGS]\n" HINT},
	{"-jx status", 2, "",
	 "posternctl: unknown option -x\n" USAGE "COMMAND [ARGS]\n" HINT},
	{"--json=1 status", 2, "",
	 "posternctl: unknown option --json=1\n" USAGE "COMMAND [ARGS]\n" HINT},
	{"--socket", 2, "",
	 "posternctl: --socket needs a value\n" USAGE "COMMAND [ARGS]\n" HINT},
	{"frob", 2, "",
	 "posternctl: unknown command \"frob\"\n" USAGE
	 "COMMAND [ARGS]\n" HINT},
	{"status now", 2, "",
	 "posternctl: status takes no arguments\n" USAGE "status\n"},
	{"explain", 2, "",
	 "posternctl: explain takes ADDR\n" USAGE "explain ADDR\n"},
	{"explain 1.2.3", 2, "",
	 "posternctl: \"1.2.3\" is no IP address\n" USAGE "explain ADDR\n"},
	{"explain -x 192.0.2.7", 2, "",
	 "posternctl: unknown option -x\n" USAGE "explain ADDR\n"},
	{"--version", 0, "posternctl " POSTERN_VERSION "\n", ""},
	{"status --version", 0, "posternctl " POSTERN_VERSION "\n", ""},
};

static void command_lines_do_what_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct run run;

		run_with_server(&run, runs[i].line);
		assert_string_equal(run.err_text, runs[i].err);
		assert_string_equal(run.out_text, runs[i].out);
		assert_int_equal(run.status, runs[i].status);
		run_free(&run);
	}
}

static void each_command_has_help_with_an_example(void **state)
{
	char line[64];
	struct run run;

	(void)state;
	for (size_t i = 0; i < ctl_command_count; i++) {
		run_with_server(&run, "--help");
		assert_int_equal(run.status, 0);
		assert_non_null(strstr(run.out_text, ctl_commands[i].summary));
		run_free(&run);
		snprintf(line, sizeof(line), "%s --help", ctl_commands[i].name);
		run_with_server(&run, line);
		assert_int_equal(run.status, 0);
		assert_string_equal(run.err_text, "");
		assert_non_null(strstr(run.out_text, ctl_commands[i].example));
		run_free(&run);
	}
}

/* Whoever runs the test. */
static void who_has_ordered_and_for_how_long_is_shown(void **state)
{
	const struct passwd *user = getpwuid(geteuid());
	char expected[160];
	struct run run;

	(void)state;
	assert_non_null(user);
	run_with_server(&run, "-s @ gate close --for 1h");
	snprintf(expected, sizeof(expected),
		 "Done, and in force: gate close (by %s, for another 60 min)."
		 "\n! careful\n",
		 user->pw_name);
	assert_string_equal(run.out_text, expected);
	assert_int_equal(run.status, 0);
	run_free(&run);
	run_with_server(&run, "-s @ gate open");
	snprintf(expected, sizeof(expected),
		 "Done, and in force: gate open (by %s, until it is taken "
		 "back).\n! careful\n",
		 user->pw_name);
	assert_string_equal(run.out_text, expected);
	run_free(&run);
}

static void the_daemons_refusal_is_shown(void **state)
{
	struct run run;

	(void)state;
	reload_fails = true;
	run_with_server(&run, "--json -s @ reload");
	assert_int_equal(run.status, 1);
	assert_string_equal(run.out_text, "");
	assert_string_equal(
		run.err_text,
		"posternctl: postern.conf:7: no such key \"mod?\"\n");
	run_free(&run);
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	char *argv[] = {strdup("posternctl"), strdup("--help"), NULL};
	FILE *full = fopen("/dev/full", "w");
	size_t length;
	char *text;
	FILE *err = open_memstream(&text, &length);

	(void)state;
	assert_int_equal(ctl_main(2, argv, full, err), 1);
	fclose(err);
	assert_string_equal(text, "posternctl: can't write the output: No "
				  "space left on device\n");
	fclose(full);
	free(text);
	free(argv[0]);
	free(argv[1]);
}

/* No daemon, or a strange one */

/* Asks as the user `uid`. */
static void expect_error_as(uid_t uid, int status, const char *text)
{
	char error[CONTROL_ERROR_MAX] = "";
	char expected[CONTROL_ERROR_MAX];
	json_t *untouched = NULL;
	uid_t self = geteuid();
	int outcome;

	assert_int_equal(seteuid(uid), 0);
	outcome = client_ask(address.sun_path, "status", json_object(), 1,
			     &untouched, error);
	assert_int_equal(seteuid(self), 0);
	assert_int_equal(outcome, status);
	assert_null(untouched);
	expand(text, expected);
	assert_string_equal(error, expected);
}

static void expect_error(int status, const char *text)
{
	expect_error_as(geteuid(), status, text);
}

#define START                                                                  \
	"start it with \"systemctl start posternd\" or \"posternd --config "   \
	"/etc/postern/postern.conf\""

static void without_a_daemon_it_says_what_it_looked_for(void **state)
{
	int fd;

	(void)state;
	unlink(address.sun_path);
	expect_error(-ENOENT,
		     "no daemon at @ (No such file or directory): " START);
	fd = listen_at();
	close(fd);
	expect_error(-ECONNREFUSED,
		     "no daemon at @ (Connection refused): " START);
}

static void without_permission_it_names_the_group(void **state)
{
	int fd;

	(void)state;
	if (geteuid() != 0) {
		print_message("only root can be somebody else\n");
		skip();
	}
	fd = listen_at();
	assert_int_equal(chmod(address.sun_path, 0600), 0);
	expect_error_as(
		65534, -EACCES,
		"no permission for @: it is for root and members of "
		"group \"postern\" (\"usermod -aG postern nobody\", then "
		"log in again)");
	close(fd);
}

static void a_daemon_that_hangs_is_waited_for_in_vain(void **state)
{
	int fd = listen_at();

	(void)state;
	expect_error(-ETIMEDOUT,
		     "the daemon at @ does not answer within 1 s: is it "
		     "stopped, or the machine overloaded?");
	close(fd);
}

static void a_path_too_long_is_refused(void **state)
{
	char error[CONTROL_ERROR_MAX], path[256];
	json_t *untouched = NULL;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(
		client_ask(path, "status", json_object(), 1, &untouched, error),
		-ENAMETOOLONG);
	assert_string_equal(error,
			    "the socket's path is longer than 107 octets");
}

/* Takes one connection, says its piece, hangs up. */
struct impostor {
	int listener;
	const char *piece;
	size_t copies;
};

static void *impostor_thread(void *argument)
{
	struct impostor *impostor = argument;
	int fd = accept(impostor->listener, NULL, NULL);

	for (size_t i = 0; i < impostor->copies; i++)
		if (send(fd, impostor->piece, strlen(impostor->piece),
			 MSG_NOSIGNAL) < 0)
			break;
	close(fd);
	return NULL;
}

#define HUNG_UP "the daemon at @ hung up without an answer"
#define STRANGE "what listens at @ does not answer like posternd"

static const struct {
	const char *piece;
	size_t copies;
	int status;
	const char *error;
} pieces[] = {
	{"", 1, -ECONNRESET, HUNG_UP},
	{"{\"ok\":true,\"result\":{}}", 1, -ECONNRESET, HUNG_UP},
	{"220 mx.example ESMTP\r\n", 1, -EPROTO, STRANGE},
	{"[]\n", 1, -EPROTO, STRANGE},
	{"{\"ok\":true}\n", 1, -EPROTO, STRANGE},
	{"{\"ok\":true,\"result\":1}\n", 1, -EPROTO, STRANGE},
	{"{\"ok\":1,\"result\":{}}\n", 1, -EPROTO, STRANGE},
	{"{\"ok\":false}\n", 1, -EPROTO, STRANGE},
	{"{\"ok\":false,\"error\":\"no\"}\n", 1, -EREMOTEIO, "no"},
	{"0123456789abcdef", CONTROL_REPLY_MAX / 16 + 1, -EPROTO,
	 "the daemon's answer is too long"},
};

static void strange_answers_are_told_from_a_daemons(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct impostor impostor = {.listener = listen_at(),
					    .piece = pieces[i].piece,
					    .copies = pieces[i].copies};
		pthread_t thread;

		pthread_create(&thread, NULL, impostor_thread, &impostor);
		expect_error(pieces[i].status, pieces[i].error);
		pthread_join(thread, NULL);
		close(impostor.listener);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_daemon, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(command_lines_do_what_they_should),
		TEST(each_command_has_help_with_an_example),
		TEST(who_has_ordered_and_for_how_long_is_shown),
		TEST(the_daemons_refusal_is_shown),
		cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(without_a_daemon_it_says_what_it_looked_for),
		cmocka_unit_test(without_permission_it_names_the_group),
		cmocka_unit_test(a_daemon_that_hangs_is_waited_for_in_vain),
		cmocka_unit_test(a_path_too_long_is_refused),
		cmocka_unit_test(strange_answers_are_told_from_a_daemons),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

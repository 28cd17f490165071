/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking for recipients, one after the other. */

#include "sources/verifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "sources/probe.h"
#include "sources/recipient_file.h"

/* Postfix answers within address_verify_poll_count times its delay: 9 s. */
#define TIMEOUT_MS    30000
#define CONNECT_MS    5000
#define TRY_AGAIN_MS  60000
#define ROUND_MS      (UINT64_C(24) * 60 * 60 * 1000)
#define NEXT_LINES_MS 100

struct verifier {
	uv_loop_t *loop;
	uv_timer_t timer;
	char *path;
	char *helo;
	uint16_t port;
	uint64_t delay_ms;
	bool up;
	struct probe *probe; /* NULL: none is under way */
	struct recipient_file file;
	uint64_t round_ms; /* when it began; 0: none has */
	struct verifier_status counts;
	int file_error;	   /* that was logged */
	bool listener_bad; /* the same */
};

static void on_timer(uv_timer_t *timer);

static void wait(struct verifier *verifier, uint64_t ms)
{
	uv_timer_start(&verifier->timer, on_timer, ms, 0);
}

static void blame_listener(struct verifier *verifier,
			   const struct probe_result *result)
{
	if (!verifier->listener_bad)
		log_warning("can't have recipients verified: the MTA at "
			    "127.0.0.1 port %u %s%s%s",
			    verifier->port, probe_reason_words(result->reason),
			    result->reply[0] ? ": " : "", result->reply);
	verifier->listener_bad = true;
	verifier->counts.failed++;
	verifier->counts.problem = "the MTA's listener does not answer as it "
				   "should";
}

/* What was decided about the recipient is the reply to RCPT. */
static void on_answer(void *context, const struct probe_result *result)
{
	struct verifier *verifier = context;
	char class = result->reply[0];

	verifier->probe = NULL;
	if ((result->reason != PROBE_GOOD && result->reason != PROBE_RCPT) ||
	    class < '2' || class > '5') {
		blame_listener(verifier, result);
		wait(verifier, TRY_AGAIN_MS);
		return;
	}
	if (verifier->listener_bad)
		log_notice("recipients are verified again");
	verifier->listener_bad = false;
	verifier->counts.problem = NULL;
	verifier->counts.accepted += class == '2';
	verifier->counts.deferred += class == '4';
	verifier->counts.refused += class == '5';
	wait(verifier, verifier->delay_ms);
}

static void ask(struct verifier *verifier, const char *recipient)
{
	const struct probe_target target = {
		.addr = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}},
		.port = verifier->port,
		.helo = verifier->helo,
		.recipient = recipient,
		.connect_ms = CONNECT_MS,
		.greeting_ms = TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
	};
	int error = probe_start(verifier->loop, &target, on_answer, verifier,
				&verifier->probe);

	/* An address that no command can carry is no loss. */
	if (error) {
		verifier->file.skipped++;
		wait(verifier, NEXT_LINES_MS);
	}
}

static void blame_file(struct verifier *verifier, int error)
{
	if (verifier->file_error != error)
		log_warning("can't read the recipients in %s: %s",
			    verifier->path, strerror(-error));
	verifier->file_error = error;
	verifier->counts.problem = "its file can't be read";
}

/* A day after the last one began: Postfix asks again after a week. */
static void end_round(struct verifier *verifier)
{
	uint64_t since_ms = uv_now(verifier->loop) - verifier->round_ms;

	verifier->round_ms = 0;
	verifier->counts.resting = true;
	wait(verifier,
	     since_ms < ROUND_MS ? ROUND_MS - since_ms : TRY_AGAIN_MS);
}

static void on_timer(uv_timer_t *timer)
{
	struct verifier *verifier = timer->data;
	char recipient[RECIPIENT_MAX + 1];
	int result;

	if (!verifier->up || verifier->probe)
		return;
	if (!verifier->round_ms)
		verifier->round_ms = uv_now(verifier->loop);
	verifier->counts.resting = false;
	result =
		recipient_file_next(&verifier->file, verifier->path, recipient);
	if (result == -EAGAIN) {
		wait(verifier, NEXT_LINES_MS);
		return;
	}
	if (result < 0) {
		blame_file(verifier, result);
		wait(verifier, TRY_AGAIN_MS);
		return;
	}
	verifier->file_error = 0;
	if (result > 0)
		ask(verifier, recipient);
	else
		end_round(verifier);
}

static void free_verifier(struct verifier *verifier)
{
	free(verifier->path);
	free(verifier->helo);
	free(verifier);
}

int verifier_create(uv_loop_t *loop, const struct config *config,
		    struct verifier **out)
{
	const char *helo = config->health.helo;
	struct verifier *verifier = calloc(1, sizeof(*verifier));

	if (!verifier)
		return -ENOMEM;
	verifier->loop = loop;
	verifier->path = strdup(config->queue.recipient_file);
	verifier->helo = helo ? strdup(helo) : NULL;
	verifier->port = config->queue.verify_port;
	verifier->delay_ms = config->queue.verify_delay_ms;
	if (!verifier->path || (helo && !verifier->helo)) {
		free_verifier(verifier);
		return -ENOMEM;
	}
	uv_timer_init(loop, &verifier->timer);
	verifier->timer.data = verifier;
	*out = verifier;
	return 0;
}

void verifier_allow(struct verifier *verifier, bool up)
{
	bool began = up && !verifier->up;

	verifier->up = up;
	/* A rest between rounds goes on; what an outage broke off begins. */
	if (began && !verifier->probe &&
	    !uv_is_active((uv_handle_t *)&verifier->timer))
		wait(verifier, verifier->delay_ms);
}

void verifier_status(const struct verifier *verifier,
		     struct verifier_status *out)
{
	*out = verifier->counts;
	out->skipped = verifier->file.skipped;
}

static void on_closed(uv_handle_t *handle)
{
	free_verifier(handle->data);
}

void verifier_close(struct verifier *verifier)
{
	if (verifier->probe)
		probe_cancel(verifier->probe);
	uv_close((uv_handle_t *)&verifier->timer, on_closed);
}

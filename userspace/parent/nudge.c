/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nudging, its budgets, and the watch over whether it does good. */

#include "parent/nudge.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "parent/nudge_frame.h"

/*
 * Later than this the client may have resent its SYN by itself; after that a
 * nudge has no effect on Linux, and would only be one more packet.
 */
#define NUDGE_AGE_MAX_NS (900 * NS_PER_MS)

/* How long a source has to come again; `watch` of its verdict is longer. */
#define BACK_WITHIN_NS (8 * NS_PER_S)

/* One hold of so many is not nudged. */
#define CONTROL_SHARE 16

/* Holds watched at a time; what exceeds it is nudged, but not counted. */
#define WATCHED_MAX 1024

/* What the two shares must differ by: 3 standard deviations, and enough. */
#define SAMPLES_MIN 40
#define DEVIATIONS  3
#define RECENT_MAX  4096

#define NUDGES_PER_SECOND 2000

struct watched {
	struct addr source;
	uint64_t until_ns;
	bool nudged;
};

struct nudger {
	int socket;
	int pending;
	int replies;
	struct jiffies_clock clock;
	struct nudge_counts counts;
	struct nudge_counts recent; /* what is judged */
	bool changed;
	uint64_t second_ns; /* of the budget */
	uint32_t in_second;
	size_t first; /* the oldest of `watched`, a ring */
	size_t count;
	struct watched watched[WATCHED_MAX];
};

int nudge_open(int pending, int replies, const struct jiffies_clock *clock,
	       struct nudger **out)
{
	struct nudger *nudger = calloc(1, sizeof(*nudger));

	if (!nudger)
		return -ENOMEM;
	nudger->pending = pending;
	nudger->replies = replies;
	nudger->clock = *clock;
	/* Protocol 0: it sends, and receives nothing. */
	nudger->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (nudger->socket < 0) {
		int error = -errno;

		free(nudger);
		return error;
	}
	*out = nudger;
	return 0;
}

void nudge_use(struct nudger *nudger, int pending, int replies)
{
	nudger->pending = pending;
	nudger->replies = replies;
}

static uint32_t random_number(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (uint32_t)clock_monotonic_ns();
	return number;
}

/* The same budgets as the program's resets have: a forged SYN costs both. */
static bool within_budget(struct nudger *nudger, const struct addr *source)
{
	uint8_t bits = addr_family(source) == FAMILY_IPV4
			       ? REPLY_NETWORK_BITS_IPV4
			       : REPLY_NETWORK_BITS_IPV6;
	struct addr network = addr_mask(source, bits);
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t now = clock_jiffies_at(&nudger->clock, now_ns);
	struct reply_budget budget = {0};

	if (now_ns - nudger->second_ns >= NS_PER_S) {
		nudger->second_ns = now_ns;
		nudger->in_second = 0;
	}
	if (nudger->in_second >= NUDGES_PER_SECOND)
		return false;
	if (bpf_map_lookup_elem(nudger->replies, &network, &budget) ||
	    now - budget.start >= nudger->clock.hz) {
		budget.start = now;
		budget.count = 0;
	}
	if (budget.count >= REPLIES_PER_NETWORK)
		return false;
	budget.count++;
	nudger->in_second++;
	return bpf_map_update_elem(nudger->replies, &network, &budget,
				   BPF_ANY) == 0;
}

static int send_nudge(const struct nudger *nudger, const struct hold *hold,
		      const struct addr *source)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)hold->ifindex,
		.sll_halen = ETH_ALEN,
	};
	uint8_t frame[NUDGE_FRAME_MAX];
	size_t length = nudge_frame(hold, source, random_number(), frame);

	if (length == 0)
		return -EINVAL;
	if (sendto(nudger->socket, frame, length, MSG_DONTWAIT,
		   (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

static void watch(struct nudger *nudger, const struct addr *source, bool nudged)
{
	struct watched *next;

	if (nudger->count == WATCHED_MAX)
		return;
	next = &nudger->watched[(nudger->first + nudger->count) % WATCHED_MAX];
	next->source = *source;
	next->nudged = nudged;
	next->until_ns = clock_monotonic_ns() + BACK_WITHIN_NS;
	nudger->count++;
}

/* Is the first SYN still the last one that the client has sent? */
static bool is_young(const struct nudger *nudger, const struct hold *hold)
{
	uint64_t since_ns = clock_ns_at(&nudger->clock, hold->since);

	return hold->back == 0 &&
	       clock_monotonic_ns() < since_ns + NUDGE_AGE_MAX_NS;
}

void nudge_source(struct nudger *nudger, const struct addr *source)
{
	struct hold hold;

	if (nudger->counts.switched_off ||
	    bpf_map_lookup_elem(nudger->pending, source, &hold) ||
	    !is_young(nudger, &hold))
		return;
	if (random_number() % CONTROL_SHARE == 0) {
		watch(nudger, source, false);
		return;
	}
	nudger->changed = true;
	if (!within_budget(nudger, source))
		nudger->counts.over_budget++;
	else if (send_nudge(nudger, &hold, source) == 0)
		watch(nudger, source, true);
}

static void count(struct nudge_counts *counts, bool nudged, bool back)
{
	if (nudged) {
		counts->sent++;
		counts->sent_back += back;
	} else {
		counts->control++;
		counts->control_back += back;
	}
}

/* What was long ago counts less and less: networks change. */
static void fade(struct nudge_counts *recent)
{
	if (recent->sent < RECENT_MAX)
		return;
	recent->sent /= 2;
	recent->sent_back /= 2;
	recent->control /= 2;
	recent->control_back /= 2;
}

static void judge_one(struct nudger *nudger, const struct watched *one)
{
	struct hold hold;
	bool back;

	back = bpf_map_lookup_elem(nudger->pending, &one->source, &hold) == 0 &&
	       hold.back != 0;
	count(&nudger->counts, one->nudged, back);
	count(&nudger->recent, one->nudged, back);
	fade(&nudger->recent);
}

/* Do nudged clients come again less often than chance would have it? */
static bool does_harm(const struct nudge_counts *counts)
{
	double sent = (double)counts->sent;
	double control = (double)counts->control;
	double back, all, share;

	if (counts->sent < SAMPLES_MIN || counts->control < SAMPLES_MIN)
		return false;
	back = (double)counts->control_back / control -
	       (double)counts->sent_back / sent;
	all = (double)(counts->control_back + counts->sent_back);
	share = all / (sent + control);
	return back > DEVIATIONS * sqrt(share * (1 - share) *
					(1 / sent + 1 / control)) &&
	       back > 0;
}

static void switch_off(struct nudger *nudger)
{
	const struct nudge_counts *counts = &nudger->recent;

	nudger->counts.switched_off = true;
	log_warning("nudging is switched off until the next start: clients "
		    "come again less often after a nudge (%llu of %llu) than "
		    "without (%llu of %llu); they now wait a second instead",
		    (unsigned long long)counts->sent_back,
		    (unsigned long long)counts->sent,
		    (unsigned long long)counts->control_back,
		    (unsigned long long)counts->control);
}

bool nudge_check(struct nudger *nudger)
{
	uint64_t now_ns = clock_monotonic_ns();
	bool changed = nudger->changed;

	nudger->changed = false;
	while (nudger->count &&
	       nudger->watched[nudger->first].until_ns <= now_ns) {
		judge_one(nudger, &nudger->watched[nudger->first]);
		nudger->first = (nudger->first + 1) % WATCHED_MAX;
		nudger->count--;
		changed = true;
	}
	if (!nudger->counts.switched_off && does_harm(&nudger->recent))
		switch_off(nudger);
	return changed;
}

void nudge_counts(const struct nudger *nudger, struct nudge_counts *out)
{
	*out = nudger->counts;
}

void nudge_close(struct nudger *nudger)
{
	if (!nudger)
		return;
	close(nudger->socket);
	free(nudger);
}

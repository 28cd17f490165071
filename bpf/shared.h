/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only contract between the XDP program and userspace: the layout of the
 * pinned maps and the words (reasons, verdicts, actions) that both sides use.
 *
 * Whoever changes this file changes the ABI of the maps: the build hashes it
 * into POSTERN_ABI, which a new daemon compares with `settings.abi` before it
 * reuses maps that an older one left behind.
 *
 * Deadlines are jiffies, the clock that costs the program nothing
 * (userspace/tables/clock.h converts).  Addresses and ports are in network
 * byte order.
 */
#ifndef POSTERN_SHARED_H
#define POSTERN_SHARED_H

#include <linux/types.h>

/* An address; IPv4 as ::ffff:a.b.c.d. */
struct addr {
	__u8 octets[16];
};

enum family {
	FAMILY_IPV4,
	FAMILY_IPV6,
	FAMILY_MAX,
};

/*
 * Why a SYN was passed or not.  The order is that of the documentation: what
 * passes first, then what waits, then what is refused.
 */
#define REASON_TABLE(REASON)                                                   \
	REASON(ALLOWED, allowed, "on the allow list, or a primary")            \
	REASON(WITNESS, witness, "its network may pass the closed gate")       \
	REASON(CLEAN, clean, "no blocklist names it")                          \
	REASON(UNKNOWN, unknown, "let in without a verdict")                   \
	REASON(LATE, late, "no verdict within hold-limit, so let in")          \
	REASON(OVERLOAD, overload, "too many new sources, so let in")          \
	REASON(STALE, stale, "the daemon does not answer, so let in")          \
	REASON(HELD, held, "waits for its verdict")                            \
	REASON(BLOCKED, blocked, "on the block list")                          \
	REASON(FEED, feed, "on a feed")                                        \
	REASON(LISTED, listed, "blocklists name it")                           \
	REASON(EVASION, evasion, "a packet made to slip past filters")         \
	REASON(BYPASS, bypass, "came here although the primary is up")

#define REASON_ENUM(NAME, name, words)	  REASON_##NAME,
#define REASON_COUNTER(NAME, name, words) __u64 name;

enum reason { REASON_TABLE(REASON_ENUM) REASON_MAX };

/* A set of reasons. */
#define REASON_BIT(reason) (1U << (reason))

/* SYNs judged, by reason: one element per CPU in the map `counters`. */
struct reason_counters {
	REASON_TABLE(REASON_COUNTER)
};
struct counters {
	struct reason_counters ipv4;
	struct reason_counters ipv6;
};

enum action {
	ACTION_PASS,
	ACTION_DROP,
	ACTION_RESET, /* answer with a RST */
	ACTION_DEFER, /* pass it to the doorman instead of the MTA: steer.bpf.c
		       */
};

/* What DNSBLs say of a source. */
enum verdict {
	VERDICT_UNKNOWN,
	VERDICT_CLEAN,
	VERDICT_LISTED,
};

/*
 * A value of the map `verdicts`, whose key is the address of a host, or of a
 * /64 with its host bits zero.  The worker alone adds and removes entries;
 * the program only moves `refresh` out of reach once it has asked for one.
 */
struct source_verdict {
	enum verdict verdict;
	__s32 score;
	__u64 refresh; /* from then on a SYN asks for a new lookup, once */
	__u64 expires;
	__u64 watch;  /* until then a SYN is noted in `pending`, once */
	__u64 since;  /* the same was said of it from then on */
	__u64 causes; /* zones that moved the score: userspace/worker/causes.h
		       */
};

/*
 * Sources that can be held at a time.  New holds are bounded so that an entry
 * lives for twice the hold limit at least: an honest retransmission always
 * finds its own.
 */
#define PENDING_MAX 65536

/* Ethernet's header and two VLAN tags. */
#define LINK_HEADER_MAX 24

/*
 * A value of `pending`: a source whose first SYN is being held, or was refused
 * at the closed gate, and all that it takes to make it resend that SYN once its
 * verdict is there, or the gate has opened.
 */
struct hold {
	__u64 since;
	__u64 asked; /* when the daemon was last told; 0: it was refused */
	__u64 back;  /* when it came again, within `watch`; 0: not yet */
	struct addr destination;
	__u32 ifindex;
	__be32 sequence;
	__be16 port;
	__be16 client_port;
	__u32 link_length;
	__u8 link[LINK_HEADER_MAX]; /* of the SYN, as it came */
};

/* Reasons have a budget each, so that no flood hides what else happens. */
#define SHOWN_REASONS 16
_Static_assert(REASON_MAX <= SHOWN_REASONS, "a budget for each reason");

/* What was spent of the second that began at `start`, on one CPU. */
struct cpu_budget {
	__u64 start; /* jiffies */
	__u32 events;
	__u32 knocks;
	__u32 holds;
	__u32 replies;
	__u32 defers;
	__u32 refused;
	__u16 shown[SHOWN_REASONS];
};

/*
 * A value of `replies`: packets sent to a network (/24, /48) that did not ask
 * for them with a proven address, resets and nudges, in the second that began
 * at `start`.
 */
struct reply_budget {
	__u64 start; /* jiffies */
	__u32 count;
	__u32 reserved;
};
#define REPLY_NETWORKS_MAX	16384
#define REPLIES_PER_NETWORK	50
#define REPLY_NETWORK_BITS_IPV4 24
#define REPLY_NETWORK_BITS_IPV6 48

/* One attempt to connect. */
struct flow {
	struct addr source;
	struct addr destination;
	__be16 client_port;
	__be16 port;
};

/*
 * A value of the map `deferred`, whose key is a struct flow: a connection that
 * is the doorman's.  It outlives the SYN, because with SYN cookies the last
 * packet of the handshake looks for its listener as well.
 */
struct deferral {
	__u64 until;
	enum reason reason;
	__u32 reserved;
};
#define DEFER_SECONDS 60

/* New ones are bounded so that an entry lives that long at least. */
#define DEFERRED_MAX 65536

/*
 * A value of the map `networks`, whose key is a network with its host bits
 * zero, IPv4 as ::ffff:a.b.c.0.  The worker alone writes it.
 */
struct network {
	__u64 witness; /* until then it may pass the closed gate */
	__u64 weary;   /* until then it is dropped, no longer deferred */
};
#define KNOWN_NETWORKS_MAX 65536
#define NETWORK_BITS_IPV4  24
#define NETWORK_BITS_IPV6  64

/* Octets of the ring buffer `events`. */
#define EVENTS_ROOM (1 << 20)

/* Decisions are shown while less than that waits: others need the room. */
#define SHOWN_ROOM (EVENTS_ROOM / 4)

enum event_kind {
	EVENT_UNKNOWN, /* a source without a verdict came: look it up */
	EVENT_REFRESH, /* a known source came near the end of its verdict */
	EVENT_BYPASS,  /* a source knocks at the closed gate */
	EVENT_REFUSED, /* one of those that were refused for another reason */
	EVENT_WITNESS, /* ... of a network that may pass it */
	EVENT_SHOWN,   /* a decision, while somebody watches: struct shown */
	EVENT_AT_PRIMARY, /* a source has connected to a primary here */
};

/* A record of the ring buffer `events`. */
struct event {
	struct addr source;
	enum event_kind kind;
	struct addr destination; /* a protected address, or a primary's */
	enum reason reason; /* of a refusal or a decision; else REASON_MAX */
};

/* A record of kind SHOWN. */
struct shown {
	struct event event;
	enum action action; /* what was done */
	enum action would;  /* what monitor mode did not do; PASS: nothing */
	enum verdict verdict;
	__s32 score;
	__u32 list;  /* 0: on none */
	__be16 port; /* 0: hidden by an evasion */
	__u16 reserved;
};

enum gate {
	GATE_OPEN,
	GATE_CLOSED,
	GATE_DOUBTED, /* closed, but its primary is being asked just now: who
			 would be told of a refusal is held meanwhile */
};

/* What is done with sources that nobody has a verdict of. */
enum unknown {
	UNKNOWN_PASS,
	UNKNOWN_HOLD,
};

#define PORTS_MAX 8
#define DOORS_MAX 32

/* A protected address and the gate in front of it. */
struct door_ipv4 {
	__be32 address;
	enum gate gate;
};
struct door_ipv6 {
	struct addr address;
	enum gate gate;
};

/* What is mostly not so: the program looks once for all of it. */
#define RULES_MONITOR (1U << 0) /* decide and count, refuse nothing */
#define RULES_SHOW    (1U << 1) /* tell of decisions: somebody watches */
/* Where a primary takes its connections on this very machine. */
#define PRIMARIES_HERE_MAX 16
struct primary_here {
	struct addr address;
	__be16 port;
	__u16 reserved;
};

/* Without padding: two of them compare as memory. */
struct rules {
	__u32 flags;   /* RULES_... */
	__u32 watched; /* reasons of which that holds alone: a bit each */
	enum unknown unknown;
	enum action bypass; /* of the closed gate */
	enum action listed;
	__u32 networks;	       /* 1: the map of that name has entries */
	__u64 hold_limit;      /* jiffies a source is held at most */
	__u64 hold_memory;     /* jiffies after that until it is held again */
	__u64 witness_wait;    /* jiffies a refusal waits for a witness */
	__u64 witness_fresh;   /* jiffies: who is a witness for longer than
				  that is not told of again at a primary */
	__u64 second;	       /* in jiffies, for the budgets */
	__u32 holds_per_cpu;   /* new holds a second */
	__u32 events_per_cpu;  /* events a second, without knocks */
	__u32 knocks_per_cpu;  /* events of kinds BYPASS, WITNESS */
	__u32 replies_per_cpu; /* resets a second */
	__u32 defers_per_cpu;  /* connections for the doorman a second */
	enum action overload;  /* pass or defer */
	__u32 refused_per_cpu; /* events of kind REFUSED a second */
	__u32 shown_per_cpu;   /* events of kind SHOWN a second and reason,
				  less than 65536 */
	__u32 port_count;
	__u32 ipv4_count;
	__u32 ipv6_count;
	__u32 arrivals_per_cpu; /* events of kind AT_PRIMARY a second */
	__be16 ports[PORTS_MAX];
	struct door_ipv4 ipv4[DOORS_MAX];
	struct door_ipv6 ipv6[DOORS_MAX];
	__u32 here_count;
	struct primary_here here[PRIMARIES_HERE_MAX];
	__u32 reserved;
};

/*
 * The one element of the map `settings`, which the worker writes through a
 * memory mapping.  Rules are written to the slot that is not current, then
 * `current` is flipped: the program sees the old ones or the new, never a mix.
 */
struct settings {
	__u64 abi;   /* POSTERN_ABI of the build that made the maps */
	__u64 lease; /* jiffies until which the daemon is believed */
	__u32 current;
	__u32 reserved;
	struct rules rules[2];
};

/* Lists known in advance; 0 stands for "on no list". */
#define LISTS_MAX 256

struct list_counters {
	__u64 ipv4;
	__u64 ipv6;
};

/* What explain's program leaves at the start of its frame. */
struct decision {
	enum reason reason; /* REASON_MAX: not judged */
	enum action action;
	enum verdict verdict;
	enum gate gate;
	__s32 score;
	__u32 list;    /* 0: on none */
	__u64 expires; /* of the verdict; 0: there is none */
};

/* What clock's program leaves there: both clocks at one moment. */
struct clock_sample {
	__u64 jiffies;
	__u64 monotonic_ns;
};

#endif

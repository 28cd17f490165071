/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames for the programs that only BPF_PROG_TEST_RUN runs. */

#include "parent/twin.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <string.h>
#include <time.h>

/* Room for the longest headers, and for what the programs write over them. */
#define FRAME_SIZE 128

#define CALIBRATION_NS (60 * NS_PER_MS)

/* A busy virtual machine makes up for lost ticks in bursts. */
#define CALIBRATION_TRIES 10

_Static_assert(sizeof(struct decision) <= FRAME_SIZE, "fits the frame");
_Static_assert(sizeof(struct clock_sample) <= FRAME_SIZE, "fits the frame");
_Static_assert(sizeof(struct decision) <=
		       sizeof(struct ethhdr) + sizeof(struct iphdr),
	       "fits whatever can be judged");

/* Runs once; the frame is replaced by what comes out. */
static int run(int program, unsigned char *frame, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = (__u32)size, .data_out = frame,
		    .data_size_out = (__u32)size, .repeat = 1);

	return bpf_prog_test_run_opts(program, &options) ? -errno : 0;
}

static size_t put_ipv4(unsigned char *at, const struct addr *source,
		       const struct addr *destination)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.tot_len = htons(sizeof(ip) + sizeof(struct tcphdr)),
		.saddr = addr_to_ipv4(source).s_addr,
		.daddr = addr_to_ipv4(destination).s_addr,
	};

	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t put_ipv6(unsigned char *at, const struct addr *source,
		       const struct addr *destination)
{
	struct ipv6hdr ip = {
		.version = 6,
		.hop_limit = 64,
		.nexthdr = IPPROTO_TCP,
		.payload_len = htons(sizeof(struct tcphdr)),
	};

	memcpy(&ip.saddr, source, sizeof(ip.saddr));
	memcpy(&ip.daddr, destination, sizeof(ip.daddr));
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static void put_syn(unsigned char frame[static FRAME_SIZE],
		    const struct addr *source, const struct addr *destination,
		    uint16_t port)
{
	struct tcphdr tcp = {
		.source = htons(40000),
		.dest = htons(port),
		.doff = sizeof(tcp) / 4,
		.syn = 1,
	};
	bool ipv4 = addr_family(source) == FAMILY_IPV4;
	struct ethhdr ethernet = {
		.h_proto = htons(ipv4 ? ETH_P_IP : ETH_P_IPV6),
	};
	size_t at = sizeof(ethernet);

	memset(frame, 0, FRAME_SIZE);
	memcpy(frame, &ethernet, sizeof(ethernet));
	at += ipv4 ? put_ipv4(frame + at, source, destination)
		   : put_ipv6(frame + at, source, destination);
	memcpy(frame + at, &tcp, sizeof(tcp));
}

int twin_judge(int program, unsigned char *frame, size_t size,
	       struct decision *out)
{
	int error;

	if (size < sizeof(*out)) {
		*out = (struct decision){.reason = REASON_MAX};
		return 0;
	}
	error = run(program, frame, size);
	if (error)
		return error;
	memcpy(out, frame, sizeof(*out));
	return 0;
}

int twin_explain(int program, const struct addr *source,
		 const struct addr *destination, uint16_t port,
		 struct decision *out)
{
	unsigned char frame[FRAME_SIZE];

	put_syn(frame, source, destination, port);
	return twin_judge(program, frame, sizeof(frame), out);
}

static int sample(int program, struct clock_sample *out)
{
	unsigned char frame[FRAME_SIZE] = {0};
	int error;

	error = run(program, frame, sizeof(frame));
	if (error)
		return error;
	memcpy(out, frame, sizeof(*out));
	return 0;
}

static int calibrate_once(int program, struct jiffies_clock *out)
{
	struct timespec pause = {.tv_nsec = CALIBRATION_NS};
	struct clock_sample first, second;
	int error;

	error = sample(program, &first);
	if (error)
		return error;
	nanosleep(&pause, NULL);
	error = sample(program, &second);
	if (error)
		return error;
	return clock_calibrate(&first, &second, out);
}

int twin_calibrate(int program, struct jiffies_clock *out)
{
	int error = -ERANGE;

	for (int i = 0; i < CALIBRATION_TRIES && error == -ERANGE; i++)
		error = calibrate_once(program, out);
	return error;
}

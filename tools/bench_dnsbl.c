/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups in three ways, memory, and the rows that follow. */

#include "bench_dnsbl.h"

#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "../tests/unit/rbldnsd.h"
#include "bench_dnsbl_load.h"
#include "tables/clock.h"

#define LOOKUPS	      BENCH_VERDICTS
#define LOOKUPS_QUICK 200000
#define AT_ONCE	      2000 /* as many as may wait, nearly */
#define ALONE	      10000

static const struct bench_case any = {FAMILY_MAX, BENCH_SHAPES, 0, -1};
static const struct bench_case million = {FAMILY_MAX, BENCH_SHAPES,
					  BENCH_VERDICTS, -1};
static const struct bench_time nothing = {0, 0};

/* A network namespace begins without it. */
static int raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		error = -errno;
	request.ifr_flags |= IFF_UP;
	if (!error && ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		error = -errno;
	close(fd);
	return error;
}

/* Off the CPU that is measured, if there is another. */
static void move_away(pid_t pid)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t ours, others;

	CPU_ZERO(&others);
	if (sched_getaffinity(0, sizeof(ours), &ours) != 0)
		return;
	for (size_t i = 0; i < (size_t)count && i < CPU_SETSIZE; i++)
		if (!CPU_ISSET(i, &ours))
			CPU_SET(i, &others);
	if (CPU_COUNT(&others) > 0 &&
	    sched_setaffinity(pid, sizeof(others), &others) != 0)
		warn("rbldnsd stays on the same CPU");
}

/* ---- what an answer takes by itself ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int ask_bare(int fd, double *ns)
{
	static const uint8_t query[] = "\0\1\1\0\0\1\0\0\0\0\0\0\0011\0010\0010"
				       "\00211\2bl\4test\0\0\1\0";
	uint64_t start = clock_monotonic_ns();
	char reply[512];

	if (send(fd, query, sizeof(query), 0) < 0 ||
	    recv(fd, reply, sizeof(reply), 0) < 0)
		return -errno;
	*ns = (double)(clock_monotonic_ns() - start);
	return 0;
}

/* The same question, without any library. */
static int measure_bare(uint16_t port, double *p50, double *p99)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval wait = {.tv_sec = 5};
	double *times = calloc(ALONE, sizeof(*times));
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = times && fd >= 0 ? 0 : -ENOMEM;

	if (!error &&
	    (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	     connect(fd, (struct sockaddr *)&in, sizeof(in))))
		error = -errno;
	for (size_t i = 0; i < ALONE && !error; i++)
		error = ask_bare(fd, &times[i]);
	if (!error) {
		qsort(times, ALONE, sizeof(*times), compare);
		*p50 = times[ALONE / 2];
		*p99 = times[ALONE * 99 / 100];
	}
	if (fd >= 0)
		close(fd);
	free(times);
	return error;
}

/* ---- rows ---- */

static int measure_alone(struct bench_load *load, uint16_t port,
			 struct bench_report *report)
{
	struct bench_load_result result;
	double p50, p99;
	int error;

	error = measure_bare(port, &p50, &p99);
	if (error) {
		warnx("rbldnsd does not answer: %s", strerror(-error));
		return error;
	}
	error = bench_load_run(load, ALONE, 1, &result);
	if (error)
		return error;
	bench_report_ms(report, "DNSBL bare question p50", &any, p50 / 1e6);
	bench_report_ms(report, "DNSBL bare question p99", &any, p99 / 1e6);
	bench_report_ms(report, "DNSBL alone p50", &any, result.p50 / 1e6);
	bench_report_ms(report, "DNSBL alone p99", &any, result.p99 / 1e6);
	return 0;
}

static int measure_rate(struct bench_load *load, uint32_t count,
			struct bench_report *report)
{
	struct bench_load_result result;
	char why[BENCH_WHY];
	int error;

	error = bench_load_run(load, count, AT_ONCE, &result);
	if (error)
		return error;
	snprintf(why, sizeof(why), "%llu of %u questions were lost",
		 (unsigned long long)result.lost, count);
	if (result.lost > 0)
		bench_report_skip(report, "DNSBL lookup", &any, why);
	else
		bench_report_live(report, "DNSBL lookup", &any, &result.wall,
				  &nothing);
	bench_report_time(report, "DNSBL CPU", &any, &result.cpu, &nothing);
	bench_report_ms(report, "DNSBL all at once p99", &any,
			result.p99 / 1e6);
	bench_report_ms(report, "DNSBL slowest", &any, result.slowest / 1e6);
	return 0;
}

/* After a million verdicts, and after as many new sources as were asked. */
static int measure_memory(struct bench_load *load, uint32_t count,
			  struct bench_report *report)
{
	struct bench_load_result result;
	double before;
	int error;

	error = bench_load_fill(load);
	if (error)
		return error;
	before = bench_load_mib(load);
	bench_report_mib(report, "DNSBL memory", &million, before);
	bench_report_mib(report, "DNSBL map", &million,
			 bench_load_map_mib(load));
	error = bench_load_run(load, count, AT_ONCE, &result);
	if (!error)
		bench_report_mib(report, "DNSBL memory after as many more",
				 &million, bench_load_mib(load));
	return error;
}

static int measure(uint16_t port, bool quick, struct bench_report *report)
{
	uint32_t count = quick ? LOOKUPS_QUICK : LOOKUPS;
	struct bench_load *load = NULL;
	int error;

	error = bench_load_open(port, &load);
	if (error)
		return error;
	error = measure_alone(load, port, report);
	if (!error)
		error = measure_rate(load, count, report);
	if (!error)
		error = measure_memory(load, count, report);
	bench_load_close(load);
	return error;
}

int bench_dnsbl(bool quick, struct bench_report *report)
{
	struct rbldnsd rbldnsd = {0};
	const char *why = "no loopback interface";
	int error = 0;

	if (raise_loopback() == 0)
		why = rbldnsd_start(&rbldnsd);
	if (why) {
		bench_report_skip(report, "DNSBL lookup", &any, why);
	} else {
		move_away(rbldnsd.pid);
		error = measure(rbldnsd.port, quick, report);
	}
	rbldnsd_stop(&rbldnsd);
	return error;
}

/* ---- for people ---- */

static double ms_of(const struct bench_report *report, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, &any);

	return row ? row->ms : 0;
}

static double mib_of(const struct bench_report *report, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, &million);

	return row ? row->mib : 0;
}

void bench_dnsbl_print(const struct bench_report *report, FILE *out)
{
	const struct bench_row *lookup =
		bench_report_find(report, "DNSBL lookup", &any);
	const struct bench_row *cpu =
		bench_report_find(report, "DNSBL CPU", &any);

	if (!cpu)
		return;
	fprintf(out, "\nDNSBL lookups from rbldnsd on loopback, each kept as a "
		     "verdict\n\n");
	if (lookup)
		fprintf(out, "  %-46s %7.0f (%.0f)\n",
			"a second, the best 10,000 (median)",
			1e9 / lookup->time.min, 1e9 / lookup->time.median);
	fprintf(out, "  %-46s %7.1f (%.1f)\n", "us of CPU each",
		cpu->time.min / 1e3, cpu->time.median / 1e3);
	fprintf(out, "  %-46s %7.3f, %.3f\n", "ms of one alone, p50 and p99",
		ms_of(report, "DNSBL alone p50"),
		ms_of(report, "DNSBL alone p99"));
	fprintf(out, "  %-46s %7.3f, %.3f\n",
		"  of which the bare question takes",
		ms_of(report, "DNSBL bare question p50"),
		ms_of(report, "DNSBL bare question p99"));
	fprintf(out, "  %-46s %7.1f, %.1f\n",
		"ms with 2,000 waiting, p99 and slowest",
		ms_of(report, "DNSBL all at once p99"),
		ms_of(report, "DNSBL slowest"));
	fprintf(out, "  %-46s %7.1f, then %.1f\n",
		"MiB for 1M verdicts; after as many lookups more",
		mib_of(report, "DNSBL memory"),
		mib_of(report, "DNSBL memory after as many more"));
	fprintf(out, "  %-46s %7.1f\n", "MiB of the kernel's map for them",
		mib_of(report, "DNSBL map"));
}

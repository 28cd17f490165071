/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The criteria, each a number out of the report and its limit. */

#include "bench_bar.h"

#include "bench_paths.h"

#define MILLION	    1000000
#define TEN_MILLION 10000000

/* Returns the number, or -1 when it was not measured. */
typedef double measure(const struct bench_report *report,
		       const struct bench_case *of, const char *what);

struct criterion {
	const char *text;
	measure *measure;
	struct bench_case of;
	const char *what; /* for `measure` */
	bool at_least;	  /* else: at most */
	double limit;
	const char *unit;
};

static double own_of(const struct bench_report *report,
		     const struct bench_case *of, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	return row ? row->own : -1;
}

/* How many times as much of its own as Postern. */
static double own_ratio(const struct bench_report *report,
			const struct bench_case *of, const char *what)
{
	double ours = own_of(report, of, "Postern");
	double theirs = own_of(report, of, what);

	return ours > 0 && theirs >= 0 ? theirs / ours : -1;
}

/* How many times as many packets a second go through Postern. */
static double live_ratio(const struct bench_report *report,
			 const struct bench_case *of, const char *what)
{
	const struct bench_row *ours =
		bench_report_find(report, "live Postern", of);
	const struct bench_row *theirs = bench_report_find(report, what, of);

	return ours && theirs ? ours->mpps / theirs->mpps : -1;
}

static double worst_passer(const struct bench_report *report,
			   const struct bench_case *of, const char *what)
{
	double worst = -1;

	(void)what;
	for (size_t i = 0; i < BENCH_PASSERS; i++) {
		char name[BENCH_WHAT];
		double own;

		if (bench_passers[i].smtp)
			continue;
		snprintf(name, sizeof(name), "pass-through %s",
			 bench_passers[i].name);
		own = own_of(report, of, name);
		worst = own > worst ? own : worst;
	}
	return worst;
}

static double ms_of(const struct bench_report *report,
		    const struct bench_case *of, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	return row ? row->ms : -1;
}

static double mib_of(const struct bench_report *report,
		     const struct bench_case *of, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	return row ? row->mib : -1;
}

/* How many thousands a second. */
static double thousands_of(const struct bench_report *report,
			   const struct bench_case *of, const char *what)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	return row ? row->mpps * 1000 : -1;
}

static const struct criterion criteria[] = {
	{"own cost, 1M uniform IPv4, 50 % hits",
	 own_of,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 50},
	 "Postern",
	 false,
	 50,
	 "ns"},
	{"  and so much less than with the LPM trie",
	 own_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 50},
	 "LPM trie",
	 true,
	 15,
	 "times"},
	{"own cost, 10M clustered IPv4, 50 % hits",
	 own_of,
	 {FAMILY_IPV4, BENCH_CLUSTERED, TEN_MILLION, 50},
	 "Postern",
	 false,
	 110,
	 "ns"},
	{"own cost, 10M uniform IPv4, 50 % hits",
	 own_of,
	 {FAMILY_IPV4, BENCH_UNIFORM, TEN_MILLION, 50},
	 "Postern",
	 false,
	 135,
	 "ns"},
	{"own cost, 1M IPv6 prefixes, 50 % hits",
	 own_of,
	 {FAMILY_IPV6, BENCH_CLUSTERED, MILLION, 50},
	 "Postern",
	 false,
	 100,
	 "ns"},
	{"tax on what is not SMTP, at worst",
	 worst_passer,
	 {FAMILY_MAX, BENCH_SHAPES, 0, -1},
	 NULL,
	 false,
	 8,
	 "ns"},
	{"1M lines of a feed read and in force",
	 ms_of,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, -1},
	 "lines in force",
	 false,
	 150,
	 "ms"},
	{"10M lines of a feed read and in force",
	 ms_of,
	 {FAMILY_IPV4, BENCH_UNIFORM, TEN_MILLION, -1},
	 "lines in force",
	 false,
	 6000,
	 "ms"},
	{"memory for 1M IPv4 entries, both copies",
	 mib_of,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, -1},
	 "memory Postern",
	 false,
	 20,
	 "MiB"},
	{"live, 1M: more than nftables' hash set",
	 live_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 100},
	 "live nftables hash set",
	 true,
	 4,
	 "times"},
	{"live, 1M: more than nftables' interval set",
	 live_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 100},
	 "live nftables interval set",
	 true,
	 10,
	 "times"},
	{"live, 1M: more than ipset hash:ip",
	 live_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 100},
	 "live ipset hash:ip",
	 true,
	 4,
	 "times"},
	{"live, 1M: more than ipset hash:net",
	 live_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, MILLION, 100},
	 "live ipset hash:net",
	 true,
	 4,
	 "times"},
	{"live, 10k: more than xdp-filter",
	 live_ratio,
	 {FAMILY_IPV4, BENCH_UNIFORM, 10000, 100},
	 "live xdp-filter",
	 true,
	 1,
	 "times"},
	{"DNSBL lookups a second on one core",
	 thousands_of,
	 {FAMILY_MAX, BENCH_SHAPES, 0, -1},
	 "DNSBL lookup",
	 true,
	 100,
	 "k"},
	{"memory for 1M verdicts, user space",
	 mib_of,
	 {FAMILY_MAX, BENCH_SHAPES, MILLION, -1},
	 "DNSBL memory",
	 false,
	 64,
	 "MiB"},
};

static void print_one(const struct criterion *criterion,
		      const struct bench_report *report, FILE *out)
{
	double value =
		criterion->measure(report, &criterion->of, criterion->what);
	/* Times are told in full nanoseconds, ratios are not. */
	int digits = criterion->at_least ? 1 : 0;
	bool met = criterion->at_least ? value >= criterion->limit
				       : value <= criterion->limit;

	if (value < 0) {
		fprintf(out, "  -       %-44s not measured\n", criterion->text);
		return;
	}
	fprintf(out, "  %-6s  %-44s %5.*f %-5s (%s %.0f)\n",
		met ? "met" : "missed", criterion->text, digits, value,
		criterion->unit, criterion->at_least ? "least" : "most",
		criterion->limit);
}

void bench_bar_print(const struct bench_report *report, FILE *out)
{
	for (size_t i = 0; i < sizeof(criteria) / sizeof(*criteria); i++)
		print_one(&criteria[i], report, out);
}

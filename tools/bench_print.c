/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables. */

#include "bench_print.h"

#include <string.h>
#include <sys/utsname.h>

#include "bench_bar.h"
#include "bench_dnsbl.h"
#include "bench_live.h"
#include "bench_memory.h"
#include "bench_paths.h"
#include "bench_rival.h"
#include "bench_scale.h"

static const struct bench_case any = {FAMILY_MAX, BENCH_SHAPES, 0, -1};

static void print_memory(const struct bench_report *report, FILE *out)
{
	char what[BENCH_WHAT];

	fprintf(out, "A random load here takes");
	for (size_t i = 0; i < BENCH_MEMORY_SIZES; i++) {
		const struct bench_row *row;

		snprintf(what, sizeof(what), "random load within %zu MiB",
			 bench_memory_mib[i]);
		row = bench_report_find(report, what, &any);
		if (row)
			fprintf(out, "%s %.0f ns (%zu MiB)", i ? "," : "",
				row->time.median, bench_memory_mib[i]);
	}
	fprintf(out, ".\n\n");
}

static void print_machine(const struct bench_report *report, FILE *out)
{
	char line[256], model[128] = "unknown processor";
	struct utsname system;
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	uname(&system);
	fprintf(out,
		"Postern on one core of %s, Linux %s,\n"
		"which %s.\n",
		model, system.release,
		!report->alone	     ? "others had, too"
		: report->alone_live ? "no other process had (SCHED_FIFO)"
				     : "no other process had (SCHED_FIFO), but "
				       "while frames were live");
}

static const char *size_word(size_t size)
{
	switch (size) {
	case 10000:
		return "10k";
	case 100000:
		return "100k";
	case 1000000:
		return "1M";
	default:
		return "10M";
	}
}

/* A line of the table of verdicts; false: nothing was measured. */
static bool print_scale_line(const struct bench_report *report,
			     const char *what, struct bench_case of, FILE *out)
{
	char cells[BENCH_SIZES][32];
	bool some = false;

	for (size_t i = 0; i < BENCH_SIZES; i++) {
		const struct bench_row *row;

		of.entries = bench_sizes[i];
		row = bench_report_find(report, what, &of);
		snprintf(cells[i], sizeof(cells[i]), "-");
		if (row)
			snprintf(cells[i], sizeof(cells[i]), "%.0f (%.0f)",
				 row->own, row->time.median);
		some = some || row;
	}
	if (!some)
		return false;
	fprintf(out, "  %-14s %3d %%", what, of.hits);
	for (size_t i = 0; i < BENCH_SIZES; i++)
		fprintf(out, " %13s", cells[i]);
	fprintf(out, "\n");
	return true;
}

/* By what a peer's own cost is a multiple of ours. */
static void print_ratio_line(const struct bench_report *report,
			     const char *what, struct bench_case of, FILE *out)
{
	fprintf(out, "  %-20s", "    times as much");
	for (size_t i = 0; i < BENCH_SIZES; i++) {
		const struct bench_row *ours, *theirs;

		of.entries = bench_sizes[i];
		ours = bench_report_find(report, "Postern", &of);
		theirs = bench_report_find(report, what, &of);
		if (ours && theirs && ours->own > 0)
			fprintf(out, " %13.1f", theirs->own / ours->own);
		else
			fprintf(out, " %13s", "-");
	}
	fprintf(out, "\n");
}

static bool is_measured(const struct bench_report *report, enum family family,
			enum bench_shape shape)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->rows[i].of.family == family &&
		    report->rows[i].of.shape == shape &&
		    strcmp(report->rows[i].what, "compile") == 0)
			return true;
	return false;
}

/* Of the others one line, and what they cost more, says enough. */
static void print_scale_of(const struct bench_report *report,
			   enum family family, enum bench_shape shape,
			   FILE *out)
{
	struct bench_case of = {family, shape, 0, 50};

	if (!is_measured(report, family, shape))
		return;
	fprintf(out, "%s %s\n", bench_family_name(family),
		bench_shape_name(shape));
	for (size_t i = 0; i < BENCH_HITS; i++) {
		of.hits = bench_hits[i];
		print_scale_line(report, "Postern", of, out);
	}
	of.hits = 50;
	for (enum bench_peer peer = 0; peer < BENCH_PEERS; peer++)
		if (print_scale_line(report, bench_peer_name(peer), of, out))
			print_ratio_line(report, bench_peer_name(peer), of,
					 out);
}

static void print_scale(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nA verdict, by the size of the list, gate closed: own cost, "
		"and in brackets the\nmedian with all that an empty program "
		"costs, too; ns a packet\n\n%-22s",
		"");
	for (size_t i = 0; i < BENCH_SIZES; i++)
		fprintf(out, i ? " %13s" : " %11s", size_word(bench_sizes[i]));
	fprintf(out, "\n");
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (enum bench_shape shape = 0; shape < BENCH_SHAPES; shape++)
			print_scale_of(report, family, shape, out);
}

static void print_live_cell(const struct bench_row *row,
			    const struct bench_row *ours, FILE *out)
{
	if (!row) {
		fprintf(out, " %6s %5s %6s %5s", "-", "-", "-", "-");
		return;
	}
	fprintf(out, " %6.0f %5.0f %6.2f", row->own, row->time.median,
		row->mpps);
	if (ours)
		fprintf(out, " %5.1f", ours->mpps / row->mpps);
	else
		fprintf(out, " %5s", "-");
}

static void print_live_line(const struct bench_report *report, const char *name,
			    FILE *out)
{
	char what[BENCH_WHAT];

	snprintf(what, sizeof(what), "live %s", name);
	fprintf(out, "  %-22s", name);
	for (size_t i = 0; i < BENCH_LIVE_SIZES; i++) {
		struct bench_case of = {FAMILY_IPV4, BENCH_UNIFORM,
					bench_live_sizes[i], 100};

		print_live_cell(bench_report_find(report, what, &of),
				bench_report_find(report, "live Postern", &of),
				out);
	}
	fprintf(out, "\n");
}

static void print_live_head(const struct bench_report *report, FILE *out)
{
	struct bench_case of = {FAMILY_IPV4, BENCH_UNIFORM, bench_live_sizes[0],
				100};
	const struct bench_row *generator =
		bench_report_find(report, "live generator alone", &of);

	fprintf(out,
		"\nLive frames over a veth pair, IPv4 uniform, all listed; "
		"generator and filter on\none core.  Own cost over "
		"XDP_DROP and median of all, ns; million packets a\n"
		"second; and how many times as many Postern handles.");
	if (generator)
		fprintf(out, "  Of all, %.0f ns are\nthe generator's.",
			generator->time.min);
	fprintf(out, "\n\n%-24s %25s %25s\n%-24s", "", "10k entries",
		"1M entries", "");
	for (size_t i = 0; i < BENCH_LIVE_SIZES; i++)
		fprintf(out, " %6s %5s %6s %5s", "own", "all", "Mpps", "times");
	fprintf(out, "\n");
}

static void print_live(const struct bench_report *report, FILE *out)
{
	print_live_head(report, out);
	print_live_line(report, "XDP_DROP", out);
	print_live_line(report, "Postern", out);
	for (enum bench_peer peer = 0; peer < BENCH_PEERS; peer++)
		print_live_line(report, bench_peer_name(peer), out);
	for (size_t i = 0; i < BENCH_RIVALS; i++)
		print_live_line(report, bench_rivals[i].name, out);
}

static void print_own(const struct bench_row *row, size_t prefix, FILE *out)
{
	char name[BENCH_WHAT + 16];

	snprintf(name, sizeof(name), "%s", row->what + prefix);
	if (row->of.entries)
		snprintf(name, sizeof(name), "%s, %s known", row->what + prefix,
			 size_word(row->of.entries));
	fprintf(out, "  %-40s %6.0f (%.0f)\n", name, row->own,
		row->time.median);
}

/* All rows whose names begin so. */
static void print_rows(const struct bench_report *report, const char *prefix,
		       FILE *out)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < report->count; i++) {
		const struct bench_row *row = &report->rows[i];

		if (strncmp(row->what, prefix, length) == 0 &&
		    row->time.min >= 0)
			print_own(row, length, out);
	}
}

static void print_paths(const struct bench_report *report, FILE *out)
{
	const struct bench_row *drop =
		bench_report_find(report, "XDP_DROP", &any);
	const struct bench_row *pass =
		bench_report_find(report, "XDP_PASS", &any);

	if (pass && drop)
		fprintf(out,
			"\nWhat is not judged: its tax over a bare XDP_PASS, "
			"which takes %.0f ns\n(XDP_DROP %.0f); in brackets the "
			"median with it\n\n",
			pass->time.min, drop->time.min);
	print_rows(report, "pass-through ", out);
	fprintf(out, "\nWays that go on behind the lists, gate open\n\n");
	print_rows(report, "path ", out);
}

static void print_value(const struct bench_report *report, const char *what,
			const struct bench_case *of, int width, FILE *out)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	if (row)
		fprintf(out, " %*.1f", width,
			row->ms >= 0 ? row->ms : row->mib);
	else
		fprintf(out, " %*s", width, "-");
}

static void print_efforts_of(const struct bench_report *report,
			     const struct bench_case *of, FILE *out)
{
	static const struct {
		const char *what;
		int width;
	} columns[] = {
		{"compile", 8},		{"swap", 8},
		{"lines in force", 10}, {"memory Postern", 7},
		{"load LPM trie", 9},	{"memory LPM trie", 7},
	};

	if (!bench_report_find(report, "compile", of))
		return;
	fprintf(out, "  %s %-9s %4s", bench_family_name(of->family),
		bench_shape_name(of->shape), size_word(of->entries));
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		print_value(report, columns[i].what, of, columns[i].width, out);
	fprintf(out, "\n");
}

static void print_efforts(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nA new list: ms to compile and to swap it, ms from the text "
		"of a feed until it\nis in force, and MiB of its maps (both "
		"copies); ms and MiB of an LPM trie.\n\n"
		"%-22s%9s %8s %10s %7s %9s %7s\n",
		"", "compile", "swap", "from text", "MiB", "trie: ms", "MiB");
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (enum bench_shape shape = 0; shape < BENCH_SHAPES; shape++)
			for (size_t i = 0; i < BENCH_SIZES; i++) {
				struct bench_case of = {family, shape,
							bench_sizes[i], -1};

				print_efforts_of(report, &of, out);
			}
}

static void print_loads(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nThe same list, as others load it, ms for 1M entries\n\n");
	for (size_t i = 0; i < BENCH_RIVALS; i++) {
		struct bench_case of = {FAMILY_IPV4, BENCH_UNIFORM, 1000000,
					100};
		char what[BENCH_WHAT];
		const struct bench_row *row;

		snprintf(what, sizeof(what), "load %s", bench_rivals[i].name);
		row = bench_report_find(report, what, &of);
		if (row)
			fprintf(out, "  %-40s %6.0f\n", bench_rivals[i].name,
				row->ms);
	}
}

static void print_skipped(const struct bench_report *report, FILE *out)
{
	fprintf(out, "\nNot measured\n\n");
	for (size_t i = 0; i < report->count; i++) {
		const struct bench_row *row = &report->rows[i];

		if (row->skipped[0] == '\0')
			continue;
		fprintf(out, "  %s", row->what);
		if (row->of.entries)
			fprintf(out, ", %s %s %s",
				bench_family_name(row->of.family),
				bench_shape_name(row->of.shape),
				size_word(row->of.entries));
		fprintf(out, ": %s\n", row->skipped);
	}
}

void bench_print(const struct bench_report *report, FILE *out)
{
	print_machine(report, out);
	print_memory(report, out);
	bench_bar_print(report, out);
	print_scale(report, out);
	print_live(report, out);
	print_paths(report, out);
	print_efforts(report, out);
	print_loads(report, out);
	bench_dnsbl_print(report, out);
	print_skipped(report, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables. */

#include "bench_print.h"

#include <string.h>
#include <sys/utsname.h>

#include "bench_bar.h"
#include "bench_live.h"
#include "bench_paths.h"
#include "bench_rival.h"
#include "bench_scale.h"

static const struct bench_case any = {FAMILY_MAX, BENCH_SHAPES, 0, -1};

static void print_machine(FILE *out)
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
	fprintf(out, "Postern on one core of %s, Linux %s\n\n", model,
		system.release);
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
	fprintf(out, "  %-20s", "  times Postern's");
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

static void print_scale_of(const struct bench_report *report,
			   enum family family, enum bench_shape shape,
			   FILE *out)
{
	struct bench_case of = {family, shape, 0, 50};

	fprintf(out, "%s %s\n", bench_family_name(family),
		bench_shape_name(shape));
	for (size_t i = 0; i < BENCH_HITS; i++) {
		of.hits = bench_hits[i];
		print_scale_line(report, "Postern", of, out);
	}
	for (enum bench_peer peer = 0; peer < BENCH_PEERS; peer++) {
		const char *name = bench_peer_name(peer);
		bool some = false;

		for (size_t i = 0; i < BENCH_HITS; i++) {
			of.hits = bench_hits[i];
			some |= print_scale_line(report, name, of, out);
		}
		of.hits = 50;
		if (some)
			print_ratio_line(report, name, of, out);
	}
}

static void print_scale(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nA verdict, by the size of the list, gate closed: own cost, "
		"and in brackets the\nmedian with all that an empty program "
		"costs, too; ns a packet\n\n%-22s",
		"");
	for (size_t i = 0; i < BENCH_SIZES; i++)
		fprintf(out, " %13s", size_word(bench_sizes[i]));
	fprintf(out, "\n");
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (enum bench_shape shape = 0; shape < BENCH_SHAPES; shape++)
			print_scale_of(report, family, shape, out);
}

static void print_live_cell(const struct bench_row *row,
			    const struct bench_row *ours, FILE *out)
{
	if (!row) {
		fprintf(out, "%28s", "-");
		return;
	}
	fprintf(out, " %7.0f %6.0f %6.2f", row->own, row->time.median,
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

static void print_live(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nLive frames over a veth pair, all listed, the generator on "
		"the same core: own cost\nover XDP_DROP, median with all (ns), "
		"million packets a second, and how many times\nas many "
		"Postern handles\n\n%-24s%28s%28s\n%-24s",
		"", "10k entries", "1M entries", "");
	for (size_t i = 0; i < BENCH_LIVE_SIZES; i++)
		fprintf(out, " %7s %6s %6s %5s", "own", "all", "Mpps", "times");
	fprintf(out, "\n");
	print_live_line(report, "generator alone", out);
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
			"\nWhat is not judged: the tax over a bare XDP_PASS, "
			"which is %.0f ns (XDP_DROP %.0f)\n\n",
			pass->time.min, drop->time.min);
	print_rows(report, "pass-through ", out);
	fprintf(out, "\nWays that go on behind the lists, gate open\n\n");
	print_rows(report, "path ", out);
}

static void print_value(const struct bench_report *report, const char *what,
			const struct bench_case *of, FILE *out)
{
	const struct bench_row *row = bench_report_find(report, what, of);

	if (row)
		fprintf(out, " %9.1f", row->ms >= 0 ? row->ms : row->mib);
	else
		fprintf(out, " %9s", "-");
}

static void print_efforts_of(const struct bench_report *report,
			     const struct bench_case *of, FILE *out)
{
	static const char *const whats[] = {
		"compile",	  "swap",	   "lines in force",
		"memory Postern", "load LPM trie", "memory LPM trie",
	};

	if (!bench_report_find(report, "compile", of))
		return;
	fprintf(out, "  %s %-9s %4s", bench_family_name(of->family),
		bench_shape_name(of->shape), size_word(of->entries));
	for (size_t i = 0; i < sizeof(whats) / sizeof(*whats); i++)
		print_value(report, whats[i], of, out);
	fprintf(out, "\n");
}

static void print_efforts(const struct bench_report *report, FILE *out)
{
	fprintf(out,
		"\nA new list: ms to compile and to swap it, ms from the "
		"text of a feed till it is in\nforce, MiB of its maps "
		"(both copies); and the same of an LPM trie\n\n"
		"%-21s %9s %9s %9s %9s %9s %9s\n",
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
	fprintf(out, "\nTo load the list, ms: ");
	for (size_t i = 0; i < BENCH_RIVALS; i++) {
		struct bench_case of = {FAMILY_IPV4, BENCH_UNIFORM, 1000000,
					100};
		char what[BENCH_WHAT];
		const struct bench_row *row;

		snprintf(what, sizeof(what), "load %s", bench_rivals[i].name);
		row = bench_report_find(report, what, &of);
		if (row)
			fprintf(out, " %s %.0f", bench_rivals[i].name, row->ms);
	}
	fprintf(out, "\n");
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
	print_machine(out);
	bench_bar_print(report, out);
	print_scale(report, out);
	print_live(report, out);
	print_paths(report, out);
	print_efforts(report, out);
	print_loads(report, out);
	print_skipped(report, out);
}

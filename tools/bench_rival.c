/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftables, ipset, xdp-filter. */

#include "bench_rival.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tables/clock.h"

#define XDP_FILTER_MAP "/sys/fs/bpf/xdp-filter/filter_ipv4"

static double ms_since(uint64_t start)
{
	return (double)(clock_monotonic_ns() - start) / NS_PER_MS;
}

/* A file to write a script to; fclose() closes it. */
static FILE *open_script(void)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* Each address between `before` and `after`. */
static void print_list(const struct bench_list *list, const char *before,
		       const char *after, FILE *out)
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s%s%s", before,
			addr_format(&list->entries[i].addr, text), after);
}

/* Runs a tool with a script, which it closes. */
static int run_script(const char *const argv[], FILE *script, double *ms,
		      char why[BENCH_TOOL_WHY])
{
	uint64_t start;
	int error;

	if (fflush(script) != 0) {
		error = -errno;
		snprintf(why, BENCH_TOOL_WHY, "%s", strerror(errno));
	} else {
		start = clock_monotonic_ns();
		error = bench_tool(argv, fileno(script), why);
		*ms = ms_since(start);
	}
	fclose(script);
	return error;
}

static int set_up_nftables(const struct bench_rival *rival,
			   const struct bench_list *list,
			   const struct bench_link *link, double *ms,
			   char why[BENCH_TOOL_WHY])
{
	const char *const argv[] = {"nft", "-f", "-", NULL};
	FILE *script = open_script();
	char size[32];

	if (!script)
		return -ENOMEM;
	/* Of a known size, a hash set is of the faster kind. */
	snprintf(size, sizeof(size), "size %zu", list->count);
	fprintf(script,
		"table netdev %s {\n"
		"\tset listed {\n\t\ttype ipv4_addr;\n\t\t%s;\n"
		"\t\telements = {",
		link->name, rival->option ? rival->option : size);
	print_list(list, "", ",", script);
	fprintf(script,
		"}\n\t}\n"
		"\tchain in {\n"
		"\t\ttype filter hook ingress device \"%s\" priority 0;\n"
		"\t\tip saddr @listed drop;\n"
		"\t}\n}\n",
		link->name);
	return run_script(argv, script, ms, why);
}

/* The older iptables is faster, where it is there; so it comes first. */
static int add_rule(const struct bench_link *link, char why[BENCH_TOOL_WHY])
{
	static const char *const names[] = {"iptables-legacy", "iptables"};
	int error = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *const argv[] = {
			names[i],   "-t",	"raw", "-A",   "PREROUTING",
			"-i",	    link->name, "-m",  "set",  "--match-set",
			link->name, "src",	"-j",  "DROP", NULL,
		};

		error = bench_tool(argv, -1, why);
		if (!error)
			break;
	}
	return error;
}

static int set_up_ipset(const struct bench_rival *rival,
			const struct bench_list *list,
			const struct bench_link *link, double *ms,
			char why[BENCH_TOOL_WHY])
{
	const char *const argv[] = {"ipset", "restore", NULL};
	FILE *script = open_script();
	char before[IF_NAMESIZE + 8];
	int error;

	if (!script)
		return -ENOMEM;
	fprintf(script, "create %s %s hashsize %zu maxelem %zu\n", link->name,
		rival->option, list->count, list->count);
	snprintf(before, sizeof(before), "add %s ", link->name);
	print_list(list, before, "\n", script);
	error = run_script(argv, script, ms, why);
	return error ? error : add_rule(link, why);
}

/* Adds addresses with the value that the first one got: counters of CPUs. */
static int clone_entry(int map, const struct bench_list *list)
{
	int cpus = libbpf_num_possible_cpus();
	void *value;
	int error = 0;

	if (cpus < 0)
		return cpus;
	value = calloc((size_t)cpus, sizeof(__u64));
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map, list->entries[0].addr.octets + 12, value))
		error = -errno;
	for (size_t i = 1; i < list->count && !error; i++)
		if (bpf_map_update_elem(map, list->entries[i].addr.octets + 12,
					value, BPF_ANY))
			error = -errno;
	free(value);
	return error;
}

/* Its tool adds one address a call; after the first, the map is filled. */
static int set_up_xdp_filter(const struct bench_rival *rival,
			     const struct bench_list *list,
			     const struct bench_link *link, double *ms,
			     char why[BENCH_TOOL_WHY])
{
	char first[ADDR_TEXT];
	const char *const load[] = {"xdp-filter", "load",	"--mode",
				    "native",	  "--features", rival->option,
				    link->name,	  NULL};
	const char *const add[] = {"xdp-filter",
				   "ip",
				   "--mode",
				   "src",
				   addr_format(&list->entries[0].addr, first),
				   NULL};
	uint64_t start;
	int error, map;

	error = bench_tool(load, -1, why);
	if (!error)
		error = bench_tool(add, -1, why);
	if (error)
		return error;
	start = clock_monotonic_ns();
	map = bpf_obj_get(XDP_FILTER_MAP);
	if (map < 0) {
		error = -errno;
		snprintf(why, BENCH_TOOL_WHY, "it has no map %s",
			 XDP_FILTER_MAP);
		return error;
	}
	error = clone_entry(map, list);
	close(map);
	if (error)
		snprintf(why, BENCH_TOOL_WHY, "can't fill its map: %s",
			 strerror(-error));
	*ms = ms_since(start);
	return error;
}

const struct bench_rival bench_rivals[BENCH_RIVALS] = {
	{"nftables hash set", 0, false, set_up_nftables, NULL},
	{"nftables interval set", 0, true, set_up_nftables, "flags interval"},
	{"ipset hash:ip", 0, false, set_up_ipset, "hash:ip"},
	{"ipset hash:net", 0, true, set_up_ipset, "hash:net"},
	{"xdp-filter", 10000, false, set_up_xdp_filter, "ipv4"},
};

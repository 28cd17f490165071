/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration that an import makes. */

#include "ctl/postfix_print.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/print.h"

#define COMMENT_MAX 1280

void postfix_comment(FILE *out, const char *mark, const char *format, ...)
{
	char text[COMMENT_MAX];
	const char *at = text;
	size_t column = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_clean(text);
	for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (column > 0 && column + 1 + length <= PRINT_COLUMNS)
			column += (size_t)fprintf(out, " ");
		else if (column == 0)
			column = (size_t)fprintf(out, "# %s", mark);
		else
			column = (size_t)fprintf(out, "\n# %*s",
						 (int)strlen(mark), "") -
				 1;
		column += (size_t)fprintf(out, "%.*s", (int)length, at);
		at += length;
	}
	fputc('\n', out);
}

static void print_head(const struct postfix_import *import, const char *path,
		       FILE *out)
{
	postfix_comment(out, "", "Made from %s by posternctl import-postfix.",
			path);
	fputs("#\n", out);
	postfix_comment(
		out, "",
		"What is marked CHANGE has to be filled in. Then \"posternd "
		"--check\" says whether all is well. See postern.conf(5) for "
		"the other settings, and watch it for some days before you set "
		"mode = enforce.");
	if (postfix_import_has_secret(import))
		postfix_comment(
			out, "",
			"It has secret keys of DNSBLs: let nobody else read "
			"it.");
}

static void print_host(FILE *out)
{
	fputc('\n', out);
	postfix_comment(out, "",
			"CHANGE: the interfaces by which mail arrives.");
	fputs("interface = { \"eth0\" }\n\n", out);
	postfix_comment(
		out, "",
		"CHANGE, or leave out: the addresses of this host that are the "
		"backup MX.");
	fputs("#protect = { \"192.0.2.25\" }\n\nmode = monitor\n", out);
}

void postfix_print_allow(const struct postfix_import *import, FILE *out)
{
	char text[PREFIX_TEXT];

	fputc('\n', out);
	postfix_comment(out, "", "From mynetworks and postscreen_access_list.");
	if (import->allow.count == 0) {
		fputs("#allow = { }\n", out);
		return;
	}
	fputs("allow = {\n", out);
	for (size_t i = 0; i < import->allow.count; i++)
		fprintf(out, "\t\"%s\"%s\n",
			prefix_format(&import->allow.prefixes[i], text),
			i + 1 < import->allow.count ? "," : "");
	fputs("}\n", out);
}

static void print_gate(const struct postfix_import *import, FILE *out)
{
	fputc('\n', out);
	postfix_comment(
		out, "",
		"CHANGE: the better MX hosts for which this host is the "
		"backup, one section each. Until then the gate stays open, and "
		"only lists and blocklists refuse: take `policy = off` out "
		"with the first of them.");
	if (import->relay_domains)
		postfix_comment(out, "", "relay_domains: %s",
				import->relay_domains);
	fputs("#primary \"mx1.example.net\" {\n"
	      "#\taddress = { \"192.0.2.5\" }\n"
	      "#}\n"
	      "bypass {\n"
	      "\tpolicy = off\n"
	      "}\n",
	      out);
}

void postfix_print_sites(const struct postfix_import *import, FILE *out)
{
	const char *off = postfix_import_lists(import) ? "" : "#";

	fprintf(out, "%s\tsites = {\n", off);
	for (size_t i = 0; i < import->site_count; i++) {
		const struct postfix_site *one = &import->sites[i];

		fprintf(out, "%s\t\t\"%s%s%s*%d\"%s\n", off, one->site.zone,
			one->filter ? "=" : "", one->filter ? one->filter : "",
			one->site.weight,
			i + 1 < import->site_count ? "," : "");
	}
	fprintf(out, "%s\t}\n", off);
	fprintf(out, "%s\tthreshold = %d\n", off, import->threshold);
}

static void print_dnsbl(const struct postfix_import *import, FILE *out)
{
	fputc('\n', out);
	if (import->site_count == 0) {
		postfix_comment(out, "", "No DNSBLs are used there.");
		return;
	}
	if (!postfix_import_lists(import))
		postfix_comment(
			out, "",
			"CHANGE: the weights don't add up to the threshold.");
	fputs("dnsbl {\n", out);
	postfix_print_sites(import, out);
	fputs("}\n", out);
}

void postfix_print_notes(const struct postfix_import *import, FILE *out)
{
	if (import->note_count == 0)
		return;
	fputc('\n', out);
	postfix_comment(out, "", "What is not carried over, or differs:");
	for (size_t i = 0; i < import->note_count; i++)
		postfix_comment(out, " - ", "%s", import->notes[i]);
	if (import->notes_omitted > 0)
		postfix_comment(out, " - ", "and %zu more",
				import->notes_omitted);
}

void postfix_print(const struct postfix_import *import, const char *path,
		   FILE *out)
{
	print_head(import, path, out);
	print_host(out);
	postfix_print_allow(import, out);
	print_gate(import, out);
	print_dnsbl(import, out);
	postfix_print_notes(import, out);
}

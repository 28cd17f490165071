/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mynetworks and postscreen_access_list. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/cidr.h"
#include "postfix/collect.h"
#include "postfix/text.h"

#define NETWORKS "mynetworks"
#define ACCESS	 "postscreen_access_list"
#define DENIED	 "postscreen_denylist_action"

#define FILES_MAX 64

/* One list from its start to its end: the first match decides. */
struct list {
	struct postfix_collect *collect;
	const char *parameter;
	struct networks decided; /* what later entries don't allow any more */
	bool any_result;  /* tables: a match is enough, whatever it says */
	bool negated;	  /* the entry at hand */
	const char *path; /* of the table at hand; NULL: none */
	struct networks passed; /* what this table has said "dunno" of */
	unsigned int rejected;
	bool rejects_matter;
};

static unsigned int line_of(const struct list *list)
{
	return main_cf_line(list->collect->main_cf, list->parameter);
}

/* -E2BIG is not worth giving up for: a part of a list is allowed then. */
static int keep(struct list *list, int error)
{
	if (error != -E2BIG)
		return error;
	postfix_collect_note(list->collect, NULL, line_of(list),
			     "%s has more than %d networks: those above are "
			     "left out",
			     list->parameter, NETWORKS_MAX);
	return 0;
}

/* Adds to a set what neither this table nor the list has decided. */
static int add(struct list *list, struct networks *to,
	       const struct prefix *prefix)
{
	return keep(list,
		    networks_add(to, prefix, &list->decided, &list->passed));
}

static int allow(struct list *list, unsigned int line,
		 const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	if (prefix->length == 0) {
		postfix_collect_note(list->collect, list->path,
				     line ? line : line_of(list),
				     "%s covers everybody, so that nothing "
				     "would ever be refused: left out",
				     prefix_format(prefix, text));
		return 0;
	}
	return add(list, &list->collect->import->allow, prefix);
}

static int reject(struct list *list, unsigned int line,
		  const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	list->rejected++;
	if (list->rejects_matter)
		postfix_collect_note(list->collect, list->path, line,
				     "%s is rejected there: to refuse it here "
				     "as well, put it into `block`",
				     prefix_format(prefix, text));
	return add(list, &list->decided, prefix);
}

/* Tables */

static int on_rule(void *context, const struct postfix_cidr_rule *rule)
{
	size_t length = strcspn(rule->result, POSTFIX_SEPARATOR);
	struct list *list = context;

	if (list->any_result)
		return list->negated ? add(list, &list->decided, &rule->prefix)
				     : allow(list, rule->line, &rule->prefix);
	if (length == 6 && strncasecmp(rule->result, "permit", length) == 0)
		return allow(list, rule->line, &rule->prefix);
	if (length == 6 && strncasecmp(rule->result, "reject", length) == 0)
		return reject(list, rule->line, &rule->prefix);
	if (length != 5 || strncasecmp(rule->result, "dunno", length) != 0)
		postfix_collect_note(list->collect, list->path, rule->line,
				     "\"%.40s\" is not carried over",
				     rule->result);
	return keep(list,
		    networks_add(&list->passed, &rule->prefix, NULL, NULL));
}

static void on_skipped(void *context, unsigned int line, const char *why)
{
	const struct list *list = context;

	postfix_collect_note(list->collect, list->path, line, "left out: %s",
			     why);
}

static int read_cidr(struct list *list, const char *path)
{
	const struct postfix_cidr_reader reader = {
		.rule = on_rule,
		.skipped = on_skipped,
		.context = list,
	};
	struct postfix_collect *collect = list->collect;
	char *text = NULL;
	size_t size = 0;
	int error;

	if (collect->files++ >= FILES_MAX) {
		postfix_collect_note(collect, NULL, line_of(list),
				     "cidr:%.200s is left out: there are more "
				     "than %d tables",
				     path, FILES_MAX);
		return 0;
	}
	error = collect->read(path, &text, &size);
	if (error == -ENOMEM)
		return error;
	if (error) {
		postfix_collect_note(collect, NULL, line_of(list),
				     "cidr:%.200s can't be read (%s): what it "
				     "allows is missing in `allow`",
				     path, strerror(-error));
		return 0;
	}
	list->path = path;
	error = postfix_cidr_read(text, size, &reader);
	list->path = NULL;
	networks_free(&list->passed);
	free(text);
	return error;
}

/*
 * The same for everybody.  Returns 1 when nothing behind it counts any more.
 */
static int read_static(struct list *list, const char *result)
{
	if (!list->any_result && strcasecmp(result, "dunno") == 0)
		return 0;
	postfix_collect_note(list->collect, NULL, line_of(list),
			     "%s: \"static:%.60s\" decides about everybody: "
			     "left out, with all behind it",
			     list->parameter, result);
	return 1;
}

/* Returns 1 when nothing behind it counts any more. */
static int read_table(struct list *list, const char *table)
{
	if (strncmp(table, "cidr:/", 6) == 0)
		return read_cidr(list, table + 5);
	if (strncmp(table, "static:", 7) == 0)
		return read_static(list, table + 7);
	postfix_collect_note(list->collect, NULL, line_of(list),
			     "%s: \"%.200s\" is not carried over, only cidr "
			     "tables with an absolute path are read: put what "
			     "it allows into `allow`",
			     list->parameter, table);
	return 0;
}

/* mynetworks */

static bool is_address(const char *word)
{
	return *word == '[' || strchr(word, '/') ||
	       word[strspn(word, "0123456789.")] == '\0';
}

static int read_address(struct list *list, const char *word)
{
	struct prefix prefix;
	const char *why;

	if (networks_parse(word, &prefix, &why) != 0)
		return postfix_collect_fail(list->collect, line_of(list),
					    "%s: \"%.60s\": %s",
					    list->parameter, word, why);
	return list->negated ? add(list, &list->decided, &prefix)
			     : allow(list, 0, &prefix);
}

/* Returns 1 when nothing behind it counts any more. */
static int read_network(struct list *list, const char *word)
{
	struct prefix prefix;
	const char *why;

	list->negated = false;
	for (; *word == '!'; word++)
		list->negated = !list->negated;
	if (*word != '[' && strchr(word, ':')) {
		if (networks_parse(word, &prefix, &why) == 0)
			return postfix_collect_fail(
				list->collect, line_of(list),
				"%s: \"%.60s\": expected IPv6 addresses in "
				"brackets, as in [2001:db8::]/32",
				list->parameter, word);
		return read_table(list, word);
	}
	if (*word != '/' && is_address(word))
		return read_address(list, word);
	postfix_collect_note(list->collect, NULL, line_of(list),
			     "%s: \"%.200s\" is not carried over: %s",
			     list->parameter, word,
			     *word == '/' ? "such files are not read, put "
					    "what they have into `allow`"
					  : "a SYN has no name");
	return 0;
}

static int collect_networks(struct postfix_collect *collect)
{
	struct list list = {
		.collect = collect,
		.parameter = NETWORKS,
		.any_result = true,
	};
	char *text = NULL, *rest, *word;
	int result;

	result = postfix_collect_value(collect, NETWORKS, &text);
	if (result)
		return result;
	if (!text) {
		postfix_collect_note(
			collect, NULL, 0,
			"%s: " NETWORKS " is not set, so Postfix takes this "
			"host's own networks: put what \"postconf -d " NETWORKS
			"\" says into `allow`",
			main_cf_path(collect->main_cf));
		return 0;
	}
	rest = text;
	while (result == 0 && (word = postfix_word(&rest)))
		result = read_network(&list, word);
	networks_free(&list.decided);
	free(text);
	return result < 0 ? result : 0;
}

/* postscreen_access_list */

/* Returns 1 when nothing behind it counts any more. */
static int read_command(struct list *list, const char *word)
{
	/* mynetworks are allowed already. */
	if (strcasecmp(word, "permit_mynetworks") == 0)
		return 0;
	if (strchr(word, ':'))
		return read_table(list, word);
	if (strcasecmp(word, "dunno") != 0)
		postfix_collect_note(list->collect, NULL, line_of(list),
				     "%s: \"%.60s\" is not carried over",
				     list->parameter, word);
	return 1;
}

static void note_rejects(const struct list *list)
{
	if (list->rejected > 0 && !list->rejects_matter)
		postfix_collect_note(
			list->collect, NULL, line_of(list),
			"%s rejects %u networks, but " DENIED
			" is ignore, so that Postfix takes mail from them",
			list->parameter, list->rejected);
}

static int collect_list(struct postfix_collect *collect, bool rejects_matter)
{
	struct list list = {
		.collect = collect,
		.parameter = ACCESS,
		.rejects_matter = rejects_matter,
	};
	char *text = NULL, *rest, *word;
	int result;

	result = postfix_collect_value(collect, ACCESS, &text);
	if (result)
		return result;
	rest = text;
	while (result == 0 && (word = postfix_word(&rest)))
		result = read_command(&list, word);
	note_rejects(&list);
	networks_free(&list.decided);
	free(text);
	return result < 0 ? result : 0;
}

int postfix_collect_access(struct postfix_collect *collect)
{
	char *denied = NULL;
	int result = collect_networks(collect);

	if (!result)
		result = postfix_collect_value(collect, DENIED, &denied);
	if (!result)
		result = collect_list(collect, strcmp(denied, "ignore") != 0);
	free(denied);
	return result;
}

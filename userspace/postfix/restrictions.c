/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNSBLs in the restrictions of smtpd(8): each of them refuses alone, so its
 * weight is the threshold; a list of good senders outweighs those behind it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/collect.h"
#include "postfix/text.h"

#define CLASSES "smtpd_restriction_classes"

#define WORDS_MAX 4096
#define DEPTH_MAX 8

static const char *const parameters[] = {
	"smtpd_client_restrictions",	  "smtpd_helo_restrictions",
	"smtpd_sender_restrictions",	  "smtpd_relay_restrictions",
	"smtpd_recipient_restrictions",	  "smtpd_data_restrictions",
	"smtpd_end_of_data_restrictions",
};

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

enum meaning {
	MEANS_NOTHING,
	MEANS_BLOCK,	/* an address-based list of bad senders */
	MEANS_ALLOW,	/* of good ones */
	MEANS_NAME,	/* a list of names */
	MEANS_OLD_LIST, /* maps_rbl_domains */
	MEANS_ACCESS,	/* a table decides first */
	MEANS_LOGIN,	/* proof that a SYN doesn't have */
	MEANS_END,	/* nothing behind it is reached */
	MEANS_WARNING,	/* the next one only warns */
};

static const struct restriction {
	const char *name;
	enum meaning meaning;
	bool has_operand;
} restrictions[] = {
	{"reject_rbl_client", MEANS_BLOCK, true},
	{"permit_dnswl_client", MEANS_ALLOW, true},
	{"reject_rhsbl_client", MEANS_NAME, true},
	{"reject_rhsbl_reverse_client", MEANS_NAME, true},
	{"reject_rhsbl_helo", MEANS_NAME, true},
	{"reject_rhsbl_sender", MEANS_NAME, true},
	{"reject_rhsbl_recipient", MEANS_NAME, true},
	{"permit_rhswl_client", MEANS_NAME, true},
	{"reject_maps_rbl", MEANS_OLD_LIST, false},
	{"check_client_access", MEANS_ACCESS, true},
	{"check_ccert_access", MEANS_ACCESS, true},
	{"check_sasl_access", MEANS_ACCESS, true},
	{"check_helo_access", MEANS_ACCESS, true},
	{"check_sender_access", MEANS_ACCESS, true},
	{"check_recipient_access", MEANS_ACCESS, true},
	{"permit_sasl_authenticated", MEANS_LOGIN, false},
	{"permit_tls_clientcerts", MEANS_LOGIN, false},
	{"permit_tls_all_clientcerts", MEANS_LOGIN, false},
	{"warn_if_reject", MEANS_WARNING, false},
	{"permit", MEANS_END, false},
	{"reject", MEANS_END, false},
	{"defer", MEANS_END, false},
};

/* A list with the classes that it names put in. */
struct list {
	struct postfix_collect *collect;
	const char *parameter;
	const char *words[WORDS_MAX];
	const char *from[WORDS_MAX]; /* the parameter that has the word */
	size_t count;
	char *values[WORDS_MAX]; /* what the words are parts of */
	size_t value_count;
	const char *classes; /* the value of CLASSES */
};

static const struct restriction *find(const char *word)
{
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]);
	     i++)
		if (strcasecmp(restrictions[i].name, word) == 0)
			return &restrictions[i];
	return NULL;
}

/* Whether `word` is one of those that `list` has. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at != '\0';
	     at += strcspn(at, ", \t\r\n")) {
		at += strspn(at, POSTFIX_SEPARATOR);
		if (strncmp(at, word, length) == 0 &&
		    strchr(POSTFIX_SEPARATOR, at[length]))
			return true;
	}
	return false;
}

static int too_long(const struct list *list, const char *parameter)
{
	return postfix_collect_fail(
		list->collect, main_cf_line(list->collect->main_cf, parameter),
		"%s: with its restriction classes this is too long, or one is "
		"part of itself",
		parameter);
}

static void add_word(struct list *list, const char *parameter, const char *word)
{
	list->from[list->count] = parameter;
	list->words[list->count++] = word;
}

static int split(struct list *list, const char *parameter, unsigned int depth)
{
	char *rest, *word;
	int result;

	if (list->value_count == WORDS_MAX || depth > DEPTH_MAX)
		return too_long(list, parameter);
	result = postfix_collect_value(list->collect, parameter,
				       &list->values[list->value_count]);
	if (result || !list->values[list->value_count])
		return result;
	rest = list->values[list->value_count++];
	while (!result && (word = postfix_word(&rest))) {
		if (has_word(list->classes, word))
			result = split(list, word, depth + 1);
		else if (list->count == WORDS_MAX)
			result = too_long(list, parameter);
		else
			add_word(list, parameter, word);
	}
	return result;
}

static unsigned int line_of(const struct list *list, size_t i)
{
	return main_cf_line(list->collect->main_cf, list->from[i]);
}

/* How many lists of bad senders are asked from word `i` on. */
static size_t count_blocks(const struct list *list, size_t i)
{
	const struct restriction *restriction;
	bool warning = false;
	size_t count = 0;

	for (; i < list->count; i++) {
		restriction = find(list->words[i]);
		if (!restriction)
			continue;
		if (restriction->meaning == MEANS_END)
			break;
		count += restriction->meaning == MEANS_BLOCK && !warning;
		warning = restriction->meaning == MEANS_WARNING;
		i += restriction->has_operand;
	}
	return count;
}

/* All of those that follow, but a weight has its bounds. */
static int allowing_weight(const struct list *list, size_t i)
{
	long long weight = (long long)count_blocks(list, i) *
			   list->collect->import->threshold;

	if (weight == 0)
		weight = list->collect->import->threshold;
	return weight < SITE_WEIGHT_MAX ? -(int)weight : -SITE_WEIGHT_MAX;
}

static int add_site(struct list *list, size_t i, enum meaning meaning)
{
	char shown[SITE_ZONE_MAX];
	int weight = list->collect->import->threshold;

	if (meaning == MEANS_ALLOW) {
		weight = allowing_weight(list, i + 2);
		postfix_collect_note(
			list->collect, NULL, line_of(list, i),
			"%s %s has the weight %d, so that it outweighs the "
			"reject_rbl_client behind it",
			list->words[i], site_redact(list->words[i + 1], shown),
			weight);
	}
	return postfix_collect_site(list->collect, list->from[i],
				    list->words[i + 1], weight);
}

/* What can't be carried over, and why. */
static void note(struct list *list, size_t i,
		 const struct restriction *restriction, const char *why)
{
	char shown[SITE_ZONE_MAX];

	postfix_collect_note(list->collect, NULL, line_of(list, i),
			     "%s: %s%s%s: %s", list->parameter, list->words[i],
			     restriction->has_operand ? " " : "",
			     restriction->has_operand
				     ? site_redact(list->words[i + 1], shown)
				     : "",
			     why);
}

static int read_restriction(struct list *list, size_t i,
			    const struct restriction *restriction, bool warning)
{
	bool asked_later = count_blocks(list, i) > 0;

	switch (restriction->meaning) {
	case MEANS_ALLOW:
		return add_site(list, i, restriction->meaning);
	case MEANS_BLOCK:
		if (!warning)
			return add_site(list, i, restriction->meaning);
		note(list, i, restriction, "it only warns, so it is left out");
		break;
	case MEANS_NAME:
		note(list, i, restriction, "a SYN has no name to ask for");
		break;
	case MEANS_OLD_LIST:
		note(list, i, restriction,
		     "add the zones of maps_rbl_domains to `sites` by hand");
		break;
	case MEANS_ACCESS:
		if (asked_later)
			note(list, i, restriction,
			     "whom it lets in is not asked for in the DNSBLs "
			     "behind it: put their addresses into `allow`");
		break;
	case MEANS_LOGIN:
		if (asked_later)
			note(list, i, restriction,
			     "a SYN can't tell who will log in: let your own "
			     "users submit mail at another port, or put their "
			     "addresses into `allow`");
		break;
	default:
		break;
	}
	return 0;
}

static int read_words(struct list *list)
{
	const struct restriction *restriction;
	bool warning = false;
	int result = 0;

	for (size_t i = 0; !result && i < list->count; i++) {
		restriction = find(list->words[i]);
		if (!restriction) {
			warning = false;
			continue;
		}
		if (restriction->meaning == MEANS_END)
			break;
		if (restriction->has_operand && i + 1 == list->count)
			return postfix_collect_fail(
				list->collect, line_of(list, i),
				"%s: nothing follows %s, expected its operand",
				list->from[i], list->words[i]);
		result = read_restriction(list, i, restriction, warning);
		warning = restriction->meaning == MEANS_WARNING;
		i += restriction->has_operand;
	}
	return result;
}

static int read_list(struct postfix_collect *collect, const char *parameter,
		     const char *classes)
{
	struct list *list = calloc(1, sizeof(*list));
	int result;

	if (!list)
		return -ENOMEM;
	list->collect = collect;
	list->parameter = parameter;
	list->classes = classes;
	result = split(list, parameter, 0);
	if (!result)
		result = read_words(list);
	for (size_t i = 0; i < list->value_count; i++)
		free(list->values[i]);
	free(list);
	return result;
}

/* Is the class part of a list, so that it holds for everybody? */
static int is_listed(struct postfix_collect *collect, const char *class,
		     bool *out)
{
	int result = 0;

	*out = false;
	for (size_t i = 0; !result && !*out && i < PARAMETERS; i++) {
		char *text = NULL;

		result = postfix_collect_value(collect, parameters[i], &text);
		*out = text && has_word(text, class);
		free(text);
	}
	return result;
}

/* A class that only a table names holds for those whom the table has. */
static int note_class(struct postfix_collect *collect, const char *class)
{
	bool listed = false;
	char *text = NULL;
	int result;

	result = postfix_collect_value(collect, class, &text);
	if (!result && text && has_word(text, "reject_rbl_client"))
		result = is_listed(collect, class, &listed);
	else
		listed = true;
	if (!result && !listed)
		postfix_collect_note(
			collect, NULL, main_cf_line(collect->main_cf, class),
			"%.100s: the DNSBLs of this restriction "
			"class are asked for some mail only, which "
			"a SYN can't tell: left out",
			class);
	free(text);
	return result;
}

int postfix_collect_restrictions(struct postfix_collect *collect)
{
	char *classes = NULL, *rest, *class;
	int result;

	result = postfix_collect_value(collect, CLASSES, &classes);
	for (size_t i = 0; !result && i < PARAMETERS; i++)
		result = read_list(collect, parameters[i], classes);
	rest = classes;
	while (!result && (class = postfix_word(&rest)))
		result = note_class(collect, class);
	free(classes);
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders: given, and described. */

#include "ctl/orders.h"

#include <pwd.h>

#include "core/config_values.h"
#include "core/order.h"
#include "ctl/fields.h"

#define ANSWER_S 10

const char *orders_given(const json_t *order, char text[static ORDERS_GIVEN])
{
	char duration[PRINT_QUANTITY], who[64];
	const struct passwd *user;
	uid_t uid = (uid_t)field_count(order, "uid");
	double left;

	user = getpwuid(uid);
	if (user)
		snprintf(who, sizeof(who), "%s", user->pw_name);
	else
		snprintf(who, sizeof(who), "uid %u", uid);
	if (field_number(order, "left_s", &left))
		snprintf(text, ORDERS_GIVEN, "by %s, for another %s", who,
			 print_duration(left, duration));
	else
		snprintf(text, ORDERS_GIVEN, "by %s, until it is taken back",
			 who);
	return text;
}

static void show(const struct print *print, const json_t *result)
{
	const char *warning = field_text(result, "warning", NULL);
	const char *subject = field_text(result, "subject", "?");
	const json_t *order = json_object_get(result, "order");
	char given[ORDERS_GIVEN];

	if (json_is_object(order))
		print_paragraph(print, TONE_PLAIN, "",
				"Done, and in force: %s %s (%s).", subject,
				field_text(order, "order", "?"),
				orders_given(order, given));
	else
		print_paragraph(print, TONE_PLAIN, "",
				"Done: nothing is ordered of the %s any more.",
				subject);
	if (warning)
		print_paragraph(print, TONE_BAD, "! ", "%s", warning);
}

static enum ctl_exit run(const struct ctl *ctl, enum order_subject subject,
			 const char *word)
{
	const char *time = ctl_option(ctl, "for");
	const char *name = order_subject_name(subject);
	uint64_t for_ms = 0;
	unsigned int value;
	int64_t length_s;
	json_t *args;

	if (order_parse(subject, word, &value) != 0) {
		ctl_error(ctl, "\"%s\" is no order, expected %s, %s or %s",
			  word, order_word(subject, 1), order_word(subject, 2),
			  order_word(subject, 0));
		return CTL_MISUSED;
	}
	if (time && value == 0) {
		ctl_error(ctl,
			  "%s auto takes an order back, so --for means "
			  "nothing",
			  name);
		return CTL_MISUSED;
	}
	if (time && (config_parse_duration(time, &for_ms) != 0 ||
		     for_ms < 1000 || for_ms / 1000 > INT64_MAX ||
		     order_length(subject, value, (int64_t)(for_ms / 1000),
				  &length_s) != 0)) {
		ctl_error(ctl,
			  "\"%s\" is no time of a second or more, such as 90s, "
			  "30m, 12h or 2d%s",
			  time,
			  value == ORDER_GATE_CLOSE && subject == ORDER_GATE
				  ? ", and 7d at most"
				  : "");
		return CTL_MISUSED;
	}
	args = json_pack("{s:s}", "order", word);
	if (time)
		json_object_set_new(args, "for_s",
				    json_integer((json_int_t)(for_ms / 1000)));
	return ctl_ask(ctl, name, args, ANSWER_S, show);
}

enum ctl_exit orders_gate_run(const struct ctl *ctl, char **operands)
{
	return run(ctl, ORDER_GATE, operands[0]);
}

enum ctl_exit orders_mode_run(const struct ctl *ctl, char **operands)
{
	return run(ctl, ORDER_MODE, operands[0]);
}

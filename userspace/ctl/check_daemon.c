/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration, its file, and the daemon that should run with it. */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/check_facts.h"
#include "ctl/fields.h"

void check_config(struct check *check)
{
	if (check->config) {
		check_add(check, CHECK_OK, "", "%.200s loads", check->path);
		return;
	}
	if (check->config_status == -EACCES) {
		check_add(check, CHECK_UNKNOWN, "", "%.300s",
			  check->config_error);
		check_cure(check, "run this as root");
		return;
	}
	check_add(check, CHECK_FAIL, "", "%.300s", check->config_error);
	check_cure(check, "mend it, or have one made by posternctl setup");
}

/* A zone's name may have a key in it, which site_redact() would hide. */
static bool has_secret(const struct check *check)
{
	char text[SITE_ZONE_MAX];

	for (size_t i = 0; check->config && i < check->config->dnsbl.site_count;
	     i++) {
		const char *zone = check->config->dnsbl.sites[i].zone;

		if (strcmp(site_redact(zone, text), zone) != 0)
			return true;
	}
	return false;
}

void check_permissions(struct check *check)
{
	struct stat status;

	if (stat(check->path, &status) != 0) {
		check_add(check, CHECK_UNKNOWN, "", "%.200s: %s", check->path,
			  strerror(errno));
	} else if (status.st_uid != 0 || status.st_mode & (S_IWGRP | S_IWOTH)) {
		check_add(check, CHECK_FAIL, "",
			  "others than root may write %.200s, which has "
			  "commands that root runs",
			  check->path);
		check_cure(check, "chown root:postern and chmod 640 that file");
	} else if (status.st_mode & S_IROTH && has_secret(check)) {
		check_add(check, CHECK_FAIL, "",
			  "anybody may read %.200s, which has secret keys of "
			  "lists",
			  check->path);
		check_cure(check, "chown root:postern and chmod 640 that file");
	} else {
		check_add(check, CHECK_OK, "", "only root may write %.200s",
			  check->path);
	}
}

/* ---- the daemon ---- */

static bool has_interface(const json_t *status, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(status, "interfaces"), i,
			   one) if (field_is(one, "name", name)) return true;
	return false;
}

static bool has_zone(const json_t *status, const char *zone)
{
	char shown[SITE_ZONE_MAX];
	const json_t *one;
	size_t i;

	json_array_foreach(
		json_object_get(status, "zones"), i,
		one) if (field_is(one, "zone", zone) ||
			 field_is(one, "zone",
				  site_redact(zone, shown))) return true;
	return false;
}

/* The key that the daemon has otherwise, as far as status tells; or NULL. */
static const char *difference(const struct config *config, const json_t *status)
{
	const json_t *all = json_object_get(status, "interfaces");

	if (!field_is(status, "configured_mode",
		      config->mode == MODE_MONITOR ? "monitor" : "enforce"))
		return "mode";
	if (json_array_size(all) != config->interface_count)
		return "interface";
	for (size_t i = 0; i < config->interface_count; i++)
		if (!has_interface(status, config->interfaces[i]))
			return "interface";
	for (size_t i = 0; i < config->dnsbl.site_count; i++)
		if (!has_zone(status, config->dnsbl.sites[i].zone))
			return "dnsbl.sites";
	return NULL;
}

static void judge_running(struct check *check)
{
	const char *key =
		check->config ? difference(check->config, check->status) : NULL;

	if (!key) {
		check_add(check, CHECK_OK, "", "runs, version %.40s",
			  field_text(check->status, "version", "?"));
		return;
	}
	check_add(check, CHECK_WARN, "",
		  "runs with another configuration: `%s` differs", key);
	check_cure(check, "posternctl reload; for interfaces and fixed keys, "
			  "systemctl restart posternd");
}

void check_daemon(struct check *check)
{
	if (check->status) {
		judge_running(check);
	} else if (check->status_error == -EACCES ||
		   check->status_error == -EPERM) {
		check_add(check, CHECK_UNKNOWN, "", "%.300s",
			  check->status_text);
	} else if (check->status_error == -ENOENT ||
		   check->status_error == -ENOTDIR ||
		   check->status_error == -ECONNREFUSED) {
		check_add(check, CHECK_WARN, "", "does not run");
		check_cure(check, "systemctl enable --now posternd, when the "
				  "rest is in order");
	} else {
		check_add(check, CHECK_FAIL, "", "%.300s", check->status_text);
		check_cure(check, "look at the daemon's log, and restart it");
	}
}

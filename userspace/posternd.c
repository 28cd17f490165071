/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternd: options, and what they start. */

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "parent/parent.h"
#include "parent/pins.h"

enum command {
	COMMAND_RUN,
	COMMAND_TAKEOVER,
	COMMAND_CHECK,
	COMMAND_DETACH,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, 'k'},
	{"takeover", no_argument, NULL, 't'},
	{"detach", no_argument, NULL, 'd'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const char usage_text[] =
	"Usage: posternd [--config FILE] [--verbose] [--takeover]\n"
	"       posternd [--config FILE] --check | --detach\n"
	"\n"
	"Guards a backup MX: drops SMTP connections in the kernel. Runs in "
	"the\n"
	"foreground and logs to stderr.\n"
	"\n"
	"  -c, --config FILE  the configuration (" CONFIG_DEFAULT_FILE ")\n"
	"      --takeover     replace the daemon that runs, of this or "
	"another\n"
	"                     build, without a moment unfiltered\n"
	"      --check        say whether the configuration is right, and "
	"exit\n"
	"      --detach       emergency off: detach from all interfaces; "
	"needs\n"
	"                     no running daemon, and ends the one that runs\n"
	"  -v, --verbose      log routine results, too\n"
	"  -h, --help         this text\n"
	"      --version      the version\n"
	"\n"
	"Signals: SIGHUP reloads the configuration; SIGTERM detaches and "
	"exits.\n"
	"Example: posternd --config /etc/postern/postern.conf --check\n";

static int load(const char *path, struct config **out)
{
	char text[CONFIG_ERROR_TEXT];
	int error, fd;

	fd = config_open(path, text);
	error = fd < 0 ? fd : config_load(fd, path, out, text);
	if (error)
		fprintf(stderr, "posternd: %s\n", text);
	if (fd >= 0)
		close(fd);
	return error;
}

static int check(const char *path)
{
	struct config *config;

	if (load(path, &config))
		return 1;
	config_free(config);
	printf("%s: good\n", path);
	return 0;
}

/* Works without a configuration, too, as long as the pins are at home. */
static int detach(const char *path)
{
	const char *pin = CONFIG_DEFAULT_PIN;
	struct config *config = NULL;
	int detached;

	if (load(path, &config) == 0)
		pin = config->pin;
	else
		fprintf(stderr, "posternd: looking in %s instead\n", pin);
	detached = pins_detach(pin);
	if (detached == -ENOENT)
		printf("nothing is attached: there is no %s\n", pin);
	else if (detached < 0)
		fprintf(stderr, "posternd: %s: %s\n", pin, strerror(-detached));
	else
		printf("detached from %d interface%s, removed %s\n", detached,
		       detached == 1 ? "" : "s", pin);
	config_free(config);
	return detached < 0 && detached != -ENOENT;
}

int main(int argc, char **argv)
{
	const char *path = CONFIG_DEFAULT_FILE;
	enum command command = COMMAND_RUN;
	int option;

	while ((option = getopt_long(argc, argv, "c:vh", long_options, NULL)) !=
	       -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			command = COMMAND_CHECK;
			break;
		case 't':
			command = COMMAND_TAKEOVER;
			break;
		case 'd':
			command = COMMAND_DETACH;
			break;
		case 'v':
			log_set_threshold(LOG_LEVEL_DEBUG);
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			puts("posternd " POSTERN_VERSION);
			return 0;
		default:
			fputs("Try \"posternd --help\".\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"posternd: \"%s\" is not expected. Try \"posternd "
			"--help\".\n",
			argv[optind]);
		return 2;
	}
	log_init("posternd");
	switch (command) {
	case COMMAND_CHECK:
		return check(path);
	case COMMAND_DETACH:
		return detach(path);
	default:
		return parent_run(path, command == COMMAND_TAKEOVER);
	}
}

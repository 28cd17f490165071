/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the configuration and main.cf to a message. */

#include "parent/door_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config_values.h"
#include "core/log.h"
#include "postfix/load.h"
#include "postfix/text.h"
#include "sources/tls_identity.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct reading {
	struct main_cf *main_cf; /* NULL: no Postfix */
	char *files;		 /* their names, one by one, or NULL */
	int memory;		 /* the descriptor of what they hold */
	size_t size;
	struct identity_message *out;
};

/* ---- files ---- */

/* Returns how many octets were copied, or a negative errno. */
static ssize_t copy(const struct reading *reading, int from)
{
	size_t room = TLS_IDENTITY_MAX - reading->size;
	struct stat status;
	size_t copied = 0;

	if (fstat(from, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size < 0 || (size_t)status.st_size >= room)
		return -EFBIG;
	while (copied < (size_t)status.st_size) {
		ssize_t sent = sendfile(reading->memory, from, NULL,
					(size_t)status.st_size - copied);

		if (sent < 0)
			return -errno;
		if (sent == 0)
			break;
		copied += (size_t)sent;
	}
	/* Whether the file has it or not. */
	if (write(reading->memory, "\n", 1) != 1)
		return -errno;
	return (ssize_t)copied + 1;
}

static int add_file(struct reading *reading, const char *name)
{
	struct identity_message *out = reading->out;
	size_t used = strlen(out->files);
	ssize_t size = -EINVAL;
	int fd;

	snprintf(out->files + used, sizeof(out->files) - used, "%s%s",
		 used ? ", " : "", name);
	if (*name == '/') {
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		size = fd < 0 ? -errno : copy(reading, fd);
		if (fd >= 0)
			close(fd);
	}
	if (size < 0) {
		log_error("%s: can't be read for the doorman's TLS, expected a "
			  "file of PEM with an absolute path: %s",
			  name, strerror((int)-size));
		return (int)size;
	}
	reading->size += (size_t)size;
	return 0;
}

static int add_files(struct reading *reading)
{
	char *rest = reading->files, *name;
	int error = 0;

	reading->memory = memfd_create("postern-doorman",
				       MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (reading->memory < 0)
		return -errno;
	while (!error && (name = postfix_word(&rest)))
		error = add_file(reading, name);
	if (!error && fcntl(reading->memory, F_ADD_SEALS, SEALS))
		error = -errno;
	return error;
}

/* ---- their names ---- */

static void on_undefined(void *context, const char *name, unsigned int line)
{
	bool *undefined = context;

	(void)name;
	(void)line;
	*undefined = true;
}

/* For free(3); NULL: not set, empty, or not to be understood. */
static char *value_of(const struct reading *reading, const char *name)
{
	char error[MAIN_CF_ERROR];
	bool undefined = false;
	char *value = NULL;

	if (!reading->main_cf)
		return NULL;
	if (main_cf_get(reading->main_cf, name, on_undefined, &undefined,
			&value, error))
		log_warning("%s", error);
	else if (value && !undefined && *value)
		return value;
	free(value);
	return NULL;
}

/* Appends a name to the files; Postfix says "none", too. */
static void name_file(struct reading *reading, const char *name)
{
	char *longer;

	if (!name || strcmp(name, "none") == 0)
		return;
	if (asprintf(&longer, "%s %s", reading->files ? reading->files : "",
		     name) < 0)
		return;
	free(reading->files);
	reading->files = longer;
}

static void name_pair(struct reading *reading, const char *cert_file,
		      const char *key_file)
{
	name_file(reading, cert_file);
	if (cert_file && key_file && strcmp(cert_file, key_file) != 0)
		name_file(reading, key_file);
}

static void name_postfix_pair(struct reading *reading, const char *cert_file,
			      const char *key_file)
{
	char *cert = value_of(reading, cert_file);
	char *key = value_of(reading, key_file);

	name_pair(reading, cert, key);
	free(cert);
	free(key);
}

/* postconf(5) has it that the first, when set, stands for all others. */
static void name_postfix_files(struct reading *reading)
{
	char *chain_files = value_of(reading, "smtpd_tls_chain_files");

	if (chain_files) {
		name_file(reading, chain_files);
	} else {
		name_postfix_pair(reading, "smtpd_tls_cert_file",
				  "smtpd_tls_key_file");
		name_postfix_pair(reading, "smtpd_tls_eccert_file",
				  "smtpd_tls_eckey_file");
	}
	free(chain_files);
}

static void name_files(struct reading *reading,
		       const struct config_doorman *doorman)
{
	if (tls_is_built_in() && doorman->tls_cert_file)
		name_pair(reading, doorman->tls_cert_file,
			  doorman->tls_key_file);
	else if (tls_is_built_in())
		name_postfix_files(reading);
	else if (doorman->tls_cert_file)
		log_warning("doorman.tls-cert-file is of no use: this posternd "
			    "was built without OpenSSL");
}

/* ---- the whole ---- */

/* Another MTA has no main.cf, which is no error. */
static int open_postfix(struct reading *reading, const char *directory)
{
	char error[MAIN_CF_ERROR];
	char *main_cf, *path;
	int result = 0;

	if (asprintf(&main_cf, "%s/main.cf", directory) < 0)
		return -ENOMEM;
	if (access(main_cf, F_OK) == 0) {
		result = postfix_load(main_cf, &reading->main_cf, &path, error);
		if (result)
			log_error("the doorman can't be named after Postfix: "
				  "%s",
				  error);
		else
			free(path);
	}
	free(main_cf);
	return result;
}

static void read_name(struct reading *reading)
{
	size_t room = sizeof(reading->out->name);
	char *name = value_of(reading, "myhostname");

	if (name && strlen(name) < room && config_is_host_name(name))
		snprintf(reading->out->name, room, "%s", name);
	free(name);
}

int door_identity_read(const struct config *config, struct message *out)
{
	const struct config_doorman *doorman = &config->doorman;
	struct reading reading = {.memory = -1, .out = &out->identity};

	memset(out, 0, sizeof(*out));
	out->kind = MESSAGE_IDENTITY;
	out->result = open_postfix(&reading, doorman->postfix);
	read_name(&reading);
	if (doorman->starttls != STARTTLS_NONE)
		name_files(&reading, doorman);
	/* Without main.cf only what the configuration has is known. */
	if (reading.files)
		out->result = add_files(&reading);
	if (out->result && reading.memory >= 0) {
		close(reading.memory);
		reading.memory = -1;
	}
	main_cf_free(reading.main_cf);
	free(reading.files);
	return reading.memory;
}

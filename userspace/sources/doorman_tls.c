/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorman's side of TLS. */

#include "sources/doorman_tls.h"

#include <errno.h>
#include <stdlib.h>

#define WIRE_MAX 4096

struct doorman_tls {
	struct tls *tls;
	size_t taken;
	bool spoken;
	char wire[WIRE_MAX]; /* to be sent */
};

int doorman_tls_start(const struct tls_identity *identity,
		      struct doorman_tls **out)
{
	struct doorman_tls *tls = calloc(1, sizeof(*tls));
	int error;

	if (!tls)
		return -ENOMEM;
	error = tls_server(identity, &tls->tls);
	if (error)
		free(tls);
	else
		*out = tls;
	return error;
}

void doorman_tls_free(struct doorman_tls *tls)
{
	if (!tls)
		return;
	tls_free(tls->tls);
	free(tls);
}

int doorman_tls_take(struct doorman_tls *tls, const void *data, size_t size)
{
	tls->taken += size;
	if (tls->taken > DOORMAN_SEALED_MAX)
		return -EMSGSIZE;
	return tls_take(tls->tls, data, size);
}

ssize_t doorman_tls_read(struct doorman_tls *tls, void *data, size_t size)
{
	ssize_t length = tls_read(tls->tls, data, size);

	tls->spoken |= length > 0;
	return length;
}

bool doorman_tls_spoken(const struct doorman_tls *tls)
{
	return tls->spoken;
}

int doorman_tls_seal(struct doorman_tls *tls, struct doorman_smtp *smtp)
{
	int error = 0;

	if (smtp->out_used)
		error = tls_write(tls->tls, smtp->out, smtp->out_used);
	smtp->out_used = 0;
	if (smtp->ended)
		tls_end(tls->tls);
	return error;
}

size_t doorman_tls_give(struct doorman_tls *tls, char **data)
{
	*data = tls->wire;
	return tls_give(tls->tls, tls->wire, sizeof(tls->wire));
}

const char *doorman_tls_error(const struct doorman_tls *tls)
{
	return tls_error(tls->tls);
}

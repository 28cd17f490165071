/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parent does for its worker's requests, where a test only asks which
 * of them it serves: nothing.
 */
#ifndef POSTERN_TESTS_PARENT_STUBS_H
#define POSTERN_TESTS_PARENT_STUBS_H

#include "parent/state.h"

int steering_attach(struct steering *steering, const struct loader *loader,
		    const struct config *config,
		    char why[static CONFIG_ERROR_TEXT])
{
	(void)steering;
	(void)loader;
	(void)config;
	(void)why;
	return 0;
}

int primary_watch_attach(struct primary_watch *watch,
			 const struct loader *loader,
			 char why[static CONFIG_ERROR_TEXT])
{
	(void)watch;
	(void)loader;
	(void)why;
	return 0;
}

void primary_watch_detach(struct primary_watch *watch)
{
	(void)watch;
}

void steering_drop(struct steering *steering, const struct config *config)
{
	(void)steering;
	(void)config;
}

void service_reloading(struct service *service)
{
	(void)service;
}

void worker_process_give_identity(struct parent *of)
{
	(void)of;
}

#endif

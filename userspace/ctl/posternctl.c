/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternctl: asks a running posternd, and tells it what to do. */

#include <stdio.h>

#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return (int)ctl_main(argc, argv, stdout, stderr);
}

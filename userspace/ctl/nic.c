/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIOCETHTOOL (linux/ethtool.h). */

#include "ctl/nic.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEATURES_MAX 1024
#define BLOCKS(bits) (((bits) + 31) / 32)

static int call(const char *interface, void *command)
{
	struct ifreq request = {0};
	int fd, error;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	request.ifr_data = command;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : -errno;
	close(fd);
	return error;
}

int nic_channels(const char *interface, uint32_t *now, uint32_t *max)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	int error = call(interface, &channels);

	if (error)
		return error;
	*now = channels.combined_count;
	*max = channels.max_combined;
	return 0;
}

static int count_features(const char *interface, uint32_t *out)
{
	struct ethtool_sset_info *set;
	int error;

	set = calloc(1, sizeof(*set) + sizeof(set->data[0]));
	if (!set)
		return -ENOMEM;
	set->cmd = ETHTOOL_GSSET_INFO;
	set->sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
	error = call(interface, set);
	if (!error && (set->sset_mask == 0 || set->data[0] > FEATURES_MAX))
		error = -EOPNOTSUPP;
	if (!error)
		*out = set->data[0];
	free(set);
	return error;
}

/* The feature's number, by its name. */
static int find_feature(const char *interface, const char *feature,
			uint32_t count, uint32_t *out)
{
	struct ethtool_gstrings *names;
	int error;

	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	error = call(interface, names);
	for (uint32_t i = 0; !error && i < names->len; i++) {
		const void *name = names->data + (size_t)i * ETH_GSTRING_LEN;

		if (strncmp(name, feature, ETH_GSTRING_LEN) != 0)
			continue;
		*out = i;
		free(names);
		return 0;
	}
	free(names);
	return error ? error : -ENOENT;
}

int nic_feature(const char *interface, const char *feature, bool *on)
{
	struct ethtool_gfeatures *features;
	uint32_t count, number;
	int error;

	error = count_features(interface, &count);
	if (!error)
		error = find_feature(interface, feature, count, &number);
	if (error)
		return error;
	features = calloc(1, sizeof(*features) +
				     BLOCKS(count) *
					     sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = BLOCKS(count);
	error = call(interface, features);
	if (!error)
		*on = features->features[number / 32].active >> number % 32 & 1;
	free(features);
	return error;
}

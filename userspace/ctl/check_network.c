/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces: what native XDP wants of them, driver by driver. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/check_facts.h"
#include "ctl/fields.h"
#include "ctl/nic.h"

/* Limits of native XDP; 0: none is known. */
struct driver {
	const char *name;
	unsigned int mtu;
	bool half; /* of its channels may be in use */
};

static const struct driver drivers[] = {
	{"virtio_net", 3506, false}, {"ena", 3498, true},
	{"gve", 2032, true},	     {"ixgbe", 3050, false},
	{"ixgbevf", 3050, false},    {"igb", 3050, false},
	{"igc", 3050, false},	     {"i40e", 3050, false},
	{"iavf", 3050, false},	     {"ice", 3050, false},
	{"mlx5_core", 3498, false},  {"mlx4_en", 3498, false},
	{"bnxt_en", 3498, false},    {"hv_netvsc", 0, false},
	{"vmxnet3", 3000, false},
};

/* Of the kernel's drivers those without native XDP. */
static const char *const without[] = {"e1000", "e1000e", "tg3",	   "r8169",
				      "bnx2",  "8139cp", "8139too"};

/* Writes the driver's name, or returns false: a virtual device has none. */
static bool driver_name(const struct check *check, const char *interface,
			char name[static HOST_TEXT])
{
	char path[HOST_PATH], target[HOST_PATH];
	const char *slash;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/sys/class/net/%s/device/driver",
		 check->root, interface);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, HOST_TEXT, "%.200s", slash ? slash + 1 : target);
	return true;
}

static const struct driver *driver_of(const struct check *check,
				      const char *interface)
{
	char name[HOST_TEXT];

	if (!driver_name(check, interface, name))
		return NULL;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}

static bool lacks_native(const char *driver)
{
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (strcmp(without[i], driver) == 0)
			return true;
	return false;
}

/* Calls `look` for each interface of the configuration that exists. */
static void each_interface(struct check *check,
			   void (*look)(struct check *check, const char *name))
{
	char path[HOST_PATH];

	for (size_t i = 0; check->config && i < check->config->interface_count;
	     i++) {
		const char *name = check->config->interfaces[i];

		snprintf(path, sizeof(path), "/sys/class/net/%s", name);
		if (host_has(check->root, path))
			look(check, name);
	}
}

static void judge_driver(struct check *check, const char *name)
{
	char driver[HOST_TEXT];

	if (!driver_name(check, name, driver)) {
		check_add(check, CHECK_OK, name, "is there, a virtual device");
	} else if (lacks_native(driver)) {
		check_add(check, CHECK_WARN, name,
			  "its driver %.60s has no native XDP: generic works, "
			  "and costs more",
			  driver);
		check_cure(check, "use another network card if floods are what "
				  "you fear, else nothing");
	} else {
		check_add(check, CHECK_OK, name, "is there, driver %.60s",
			  driver);
	}
}

static void look_interface(struct check *check, const char *name)
{
	switch (host_link_kind(check->root, name)) {
	case HOST_LINK_BRIDGE:
		check_add(check, CHECK_WARN, name,
			  "is a bridge, where XDP is generic only");
		check_cure(check, "name its ports in `interface`, and its "
				  "addresses in `protect`");
		break;
	case HOST_LINK_VLAN:
		check_add(check, CHECK_WARN, name,
			  "is a VLAN, where XDP is generic only");
		check_cure(check,
			   "name the device below it in `interface`, and its "
			   "addresses in `protect`");
		break;
	case HOST_LINK_BOND:
		check_add(check, CHECK_OK, name, "is a bond");
		break;
	case HOST_LINK_DEVICE:
		judge_driver(check, name);
		break;
	}
}

void check_interface(struct check *check)
{
	char path[HOST_PATH];

	each_interface(check, look_interface);
	for (size_t i = 0; check->config && i < check->config->interface_count;
	     i++) {
		const char *name = check->config->interfaces[i];

		snprintf(path, sizeof(path), "/sys/class/net/%s", name);
		if (host_has(check->root, path))
			continue;
		check_add(check, CHECK_FAIL, name,
			  "there is no such interface");
		check_cure(check, "put the interfaces by which mail arrives "
				  "into `interface` (\"ip route\" tells them)");
	}
}

static void look_mtu(struct check *check, const char *name)
{
	const struct driver *driver = driver_of(check, name);
	char path[HOST_PATH];
	uint64_t mtu;

	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
	if (host_read_number(check->root, path, &mtu) != 0) {
		check_add(check, CHECK_UNKNOWN, name, "its MTU can't be read");
		return;
	}
	if (!driver || driver->mtu == 0 || mtu <= driver->mtu) {
		check_add(check, CHECK_OK, name, "MTU %u", (unsigned int)mtu);
		return;
	}
	check_add(check, CHECK_WARN, name,
		  "MTU %u: native XDP of %s takes about %u at most, so it "
		  "would be generic",
		  (unsigned int)mtu, driver->name, driver->mtu);
	check_cure(check,
		   "ip link set %s mtu 1500, unless jumbo frames are "
		   "needed there",
		   name);
}

void check_mtu(struct check *check)
{
	each_interface(check, look_mtu);
}

static void look_channels(struct check *check, const char *name)
{
	const struct driver *driver = driver_of(check, name);
	uint32_t now, max;

	if (!driver || !driver->half)
		return;
	if (nic_channels(name, &now, &max) != 0)
		check_add(check, CHECK_UNKNOWN, name,
			  "its channels can't be asked for");
	else if (now <= max / 2)
		check_add(check, CHECK_OK, name, "%u of %u channels in use",
			  now, max);
	else {
		check_add(check, CHECK_WARN, name,
			  "%u of %u channels in use: native XDP of %s needs as "
			  "many spare ones",
			  now, max, driver->name);
		check_cure(check, "ethtool -L %s combined %u", name,
			   max / 2 ? max / 2 : 1);
	}
}

void check_channels(struct check *check)
{
	each_interface(check, look_channels);
}

/* Whatever the card does besides, the driver has taken the program. */
static bool is_native(const struct check *check, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(
		json_object_get(check->status, "interfaces"), i,
		one) if (field_is(one, "name", name) &&
			 field_is(one, "attach", "native")) return true;
	return false;
}

static void look_offload(struct check *check, const char *name)
{
	static const struct {
		const char *feature;
		const char *option;
	} offloads[] = {{"rx-lro", "lro"}, {"rx-gro-hw", "rx-gro-hw"}};
	bool known = false, on;

	for (size_t i = 0; i < 2; i++) {
		if (nic_feature(name, offloads[i].feature, &on) != 0)
			continue;
		known = true;
		if (!on || is_native(check, name))
			continue;
		check_add(check, CHECK_WARN, name,
			  "%s is on: many drivers refuse native XDP then",
			  offloads[i].feature);
		check_cure(check, "ethtool -K %s %s off", name,
			   offloads[i].option);
		return;
	}
	if (known)
		check_add(check, CHECK_OK, name,
			  "no offload stands in the way of native XDP");
	else
		check_add(check, CHECK_UNKNOWN, name,
			  "its offloads can't be asked for");
}

void check_offload(struct check *check)
{
	each_interface(check, look_offload);
}

void check_attach(struct check *check)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(check->status, "interfaces"), i, one)
	{
		const char *name = field_text(one, "name", "?");
		const char *attach = field_text(one, "attach", "?");

		if (strcmp(attach, "native") == 0) {
			check_add(check, CHECK_OK, name, "native XDP");
		} else if (strcmp(attach, "generic") == 0) {
			check_add(check, CHECK_WARN, name,
				  "generic XDP: it works, and costs more");
			check_cure(check, "see mtu, channels and offload, and "
					  "the daemon's log, which has the "
					  "driver's words");
		} else {
			check_add(check, CHECK_FAIL, name,
				  "the filter is not on it (%.60s)", attach);
			check_cure(check, "see the daemon's log for why");
		}
	}
}

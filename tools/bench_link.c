/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private namespaces, and veth pairs. */

#include "bench_link.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench_tool.h"

/* IPv6 would send things of its own. */
static void quieten(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6",
		      O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		warn("can't disable IPv6");
	close(fd);
}

int bench_link_private(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -errno;
	if (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) != 0)
		return -errno;
	quieten();
	return 0;
}

/* With GRO, veth takes redirected frames also without an XDP program. */
static int enable_gro(const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_SGRO, .data = 1};
	struct ifreq request = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &request) != 0)
		error = -errno;
	close(fd);
	return error;
}

int bench_link_create(unsigned int number, struct bench_link *out)
{
	const char *const batch[] = {"ip", "-batch", "-", NULL};
	char commands[512], from[IF_NAMESIZE], why[BENCH_TOOL_WHY];
	struct bench_link link = {0};
	int error;

	snprintf(from, sizeof(from), "from%u", number);
	snprintf(link.name, sizeof(link.name), "to%u", number);
	snprintf(commands, sizeof(commands),
		 "link add %s type veth peer name %s\n"
		 "link set dev %s address 02:00:00:00:00:25\n"
		 "link set dev %s arp off multicast off up\n"
		 "link set dev %s arp off multicast off up\n",
		 from, link.name, link.name, from, link.name);
	error = bench_tool_feed(batch, commands, why);
	if (error) {
		warnx("can't make a veth pair: %s", why);
		return error;
	}
	error = enable_gro(link.name);
	if (error) {
		warnx("can't switch on GRO of %s: %s", link.name,
		      strerror(-error));
		return error;
	}
	link.from = if_nametoindex(from);
	link.to = if_nametoindex(link.name);
	*out = link;
	return 0;
}

uint64_t bench_link_received(const void *context)
{
	const struct bench_link *link = context;
	unsigned long long octets, packets = 0;
	char line[512], name[IF_NAMESIZE + 1];
	FILE *file = fopen("/proc/net/dev", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %16[^:]: %llu %llu", name, &octets,
			   &packets) == 3 &&
		    strcmp(name, link->name) == 0)
			break;
	fclose(file);
	return packets;
}

/* One of Ip's counters: names on one line, values on the next. */
static uint64_t ip_counter(const char *names, const char *values,
			   const char *wanted)
{
	char name[32];
	unsigned long long value;
	int read;

	while (sscanf(names, "%31s%n", name, &read) == 1) {
		names += read;
		if (sscanf(values, "%*s%n", &read) != 0)
			break;
		if (strcmp(name, wanted) == 0 &&
		    sscanf(values, "%llu", &value) == 1)
			return value;
		values += read;
	}
	return 0;
}

uint64_t bench_link_routed(void)
{
	char names[1024], values[1024];
	FILE *file = fopen("/proc/net/snmp", "re");
	uint64_t routed = 0;

	if (!file)
		return 0;
	if (fgets(names, sizeof(names), file) &&
	    fgets(values, sizeof(values), file))
		routed = ip_counter(names, values, "InAddrErrors") +
			 ip_counter(names, values, "InDiscards") +
			 ip_counter(names, values, "InDelivers");
	fclose(file);
	return routed;
}

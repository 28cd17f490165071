/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTA's addresses and listening sockets. */

#include "parent/local_mta.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTENS 0x0a /* TCP_LISTEN of the kernel's enum */

/* ---- addresses: what does the kernel do with packets to them? ---- */

struct request {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr attribute;
	unsigned char address[16];
};

static size_t fill_request(const struct addr *addr, struct request *out)
{
	bool ipv4 = addr_family(addr) == FAMILY_IPV4;
	size_t size = ipv4 ? 4 : 16;

	*out = (struct request){
		.header = {.nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = ipv4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = addr_bits(addr_family(addr))},
		.attribute = {.rta_type = RTA_DST,
			      .rta_len = (unsigned short)RTA_LENGTH(size)},
	};
	memcpy(out->address, addr->octets + (ipv4 ? 12 : 0), size);
	size += offsetof(struct request, address);
	out->header.nlmsg_len = (__u32)size;
	return size;
}

static bool answers_local(const void *answer, ssize_t size)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} start;

	if (size < (ssize_t)sizeof(start))
		return false;
	memcpy(&start, answer, sizeof(start));
	return start.header.nlmsg_type == RTM_NEWROUTE &&
	       start.route.rtm_type == RTN_LOCAL;
}

/* Whether packets to it end here; who can't be asked is not doubted. */
static bool is_local(const struct addr *addr)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct request request;
	size_t size = fill_request(addr, &request);
	char answer[8192];
	bool local = true;
	ssize_t got;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return true;
	if (sendto(fd, &request, size, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) == (ssize_t)size) {
		got = recv(fd, answer, sizeof(answer), 0);
		local = got < 0 || answers_local(answer, got);
	}
	close(fd);
	return local;
}

/* ---- listening sockets ---- */

/* The kernel prints each word of an address in the host's order. */
static void read_words(const char *hex, uint32_t *words, size_t count)
{
	char word[9] = "";

	for (size_t i = 0; i < count; i++) {
		memcpy(word, hex + i * 8, 8);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
}

/* "0100007F", or four such words; hexadecimal digits only. */
static bool read_address(const char *hex, struct addr *out)
{
	struct in6_addr in6;
	struct in_addr in;

	if (strlen(hex) == 8) {
		read_words(hex, &in.s_addr, 1);
		*out = addr_from_ipv4(in);
	} else if (strlen(hex) == 32) {
		read_words(hex, in6.s6_addr32, 4);
		*out = addr_from_ipv6(&in6);
	} else {
		return false;
	}
	return true;
}

static bool is_any(const struct addr *addr)
{
	static const struct addr ipv6 = {{0}};
	static const struct addr ipv4 = {
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	return addr_equal(addr, &ipv6) || addr_equal(addr, &ipv4);
}

static bool is_one_of(const struct addr *addr, const struct addr *at,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(addr, &at[i]))
			return true;
	return count == 0;
}

bool local_mta_listens(FILE *table, uint16_t port, const struct addr *at,
		       size_t count)
{
	char line[512], hex[33], number[5], state[3];
	struct addr addr;

	while (fgets(line, sizeof(line), table))
		if (sscanf(line, "%*s %32[0-9A-F]:%4[0-9A-F] %*s %2[0-9A-F]",
			   hex, number, state) == 3 &&
		    strtoul(state, NULL, 16) == TCP_LISTENS &&
		    strtoul(number, NULL, 16) == port &&
		    read_address(hex, &addr) &&
		    (is_any(&addr) || is_one_of(&addr, at, count)))
			return true;
	return false;
}

static bool listens_in(const char *path, const struct config *config,
		       uint16_t port)
{
	FILE *table = fopen(path, "re");
	bool listens;

	if (!table)
		return false;
	listens = local_mta_listens(table, port, config->protect,
				    config->protect_count);
	fclose(table);
	return listens;
}

static const char *key_of(const struct config *config)
{
	if (config->policy != POLICY_OFF &&
	    config->bypass_action == ACTION_DEFER)
		return "bypass.action = defer";
	if (config->dnsbl.action == ACTION_DEFER)
		return "dnsbl.action = reject";
	return "dnsbl.overload = defer";
}

int local_mta_check(const struct config *config,
		    char why[static CONFIG_ERROR_TEXT])
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < config->protect_count; i++) {
		if (is_local(&config->protect[i]))
			continue;
		snprintf(why, CONFIG_ERROR_TEXT,
			 "%s works only for an MTA on this host, and %s of "
			 "`protect` is not an address of it: use drop or reset "
			 "where the MTA is elsewhere, behind NAT or in a "
			 "container",
			 key_of(config),
			 addr_format(&config->protect[i], text));
		return -EADDRNOTAVAIL;
	}
	for (size_t i = 0; i < config->port_count; i++) {
		uint16_t port = config->ports[i];

		if (listens_in("/proc/self/net/tcp", config, port) ||
		    listens_in("/proc/self/net/tcp6", config, port))
			continue;
		snprintf(why, CONFIG_ERROR_TEXT,
			 "%s works only for an MTA on this host, and nothing "
			 "listens here on port %u of a protected address: "
			 "start the MTA first, or use drop or reset where it "
			 "is elsewhere, behind NAT or in a container",
			 key_of(config), port);
		return -ENOTCONN;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of /proc, /sys and /etc, below a directory of our own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>

#include "assert_addr.h"
#include "ctl/host.h"
#include "ctl/nameservers.h"
#include "fixture_root.h"

static int make(void **state)
{
	(void)state;
	fixture_make();
	return 0;
}

static int clean(void **state)
{
	(void)state;
	fixture_remove();
	return 0;
}

#define ROUTE_HEAD                                                             \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"

static void default_routes_name_interfaces(void **state)
{
	char names[CONFIG_INTERFACES_MAX][IF_NAMESIZE];

	(void)state;
	assert_int_equal(host_default_interfaces(fixture_root, names), 0);
	fixture_put("/proc/net/route", ROUTE_HEAD
		    "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
		    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\n"
		    "eth3\t00000000\t0100A8C0\t0002\t0\t0\t0\t00000000\n");
	fixture_put(
		"/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 "
		"00000003     eth2\n"
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 "
		"00200200       lo\n"
		"20010db8000000000000000000000000 40 "
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 "
		"00000001     eth4\n");
	assert_int_equal(host_default_interfaces(fixture_root, names), 2);
	assert_string_equal(names[0], "eth0");
	assert_string_equal(names[1], "eth2");
}

static void bridges_and_vlans_have_devices_below(void **state)
{
	char names[CONFIG_INTERFACES_MAX][IF_NAMESIZE];

	(void)state;
	fixture_put("/sys/class/net/br0/bridge/x", "");
	fixture_put("/sys/class/net/br0/brif/eth0/x", "");
	fixture_put("/sys/class/net/br0/brif/tap0/x", "");
	fixture_put("/sys/class/net/eth0/device/x", "");
	fixture_put("/proc/net/vlan/eth1.7", "");
	fixture_put("/sys/class/net/eth1.7/lower_eth1/x", "");
	fixture_put("/sys/class/net/bond0/bonding/x", "");
	assert_int_equal(host_link_kind(fixture_root, "br0"), HOST_LINK_BRIDGE);
	assert_int_equal(host_lower(fixture_root, "br0", names), 1);
	assert_string_equal(names[0], "eth0");
	assert_int_equal(host_link_kind(fixture_root, "eth1.7"),
			 HOST_LINK_VLAN);
	assert_int_equal(host_lower(fixture_root, "eth1.7", names), 1);
	assert_string_equal(names[0], "eth1");
	assert_int_equal(host_link_kind(fixture_root, "bond0"), HOST_LINK_BOND);
	assert_int_equal(host_link_kind(fixture_root, "eth0"),
			 HOST_LINK_DEVICE);
}

static void containers_are_known_by_their_marks(void **state)
{
	char kind[HOST_TEXT];

	(void)state;
	assert_false(host_is_container(fixture_root, kind));
	fixture_put("/.dockerenv", "");
	assert_true(host_is_container(fixture_root, kind));
	assert_string_equal(kind, "docker");
	fixture_put("/run/systemd/container", "lxc\n");
	assert_true(host_is_container(fixture_root, kind));
	assert_string_equal(kind, "lxc");
}

/* Arguments with NULs between can't be written as a string. */
static void put_process(const char *path, const char *words, size_t size)
{
	char whole[512];
	FILE *file;

	fixture_put(path, "");
	snprintf(whole, sizeof(whole), "%s%s", fixture_root, path);
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(words, 1, size, file), size);
	fclose(file);
}

#define CONNECTION(destination, port, source)                                  \
	"ipv4     2 tcp      6 117 SYN_SENT src=203.0.113.9 dst=" destination  \
	" sport=4000 dport=" port " src=" source                               \
	" dst=203.0.113.9 sport=25 dport=4000 mark=0 use=2\n"

static void dnat_is_seen_in_the_table_of_connections(void **state)
{
	(void)state;
	assert_false(host_sees_dnat(fixture_root, 25));
	fixture_put("/proc/net/nf_conntrack",
		    CONNECTION("192.0.2.25", "25", "192.0.2.25")
			    CONNECTION("192.0.2.25", "80", "10.0.0.2"));
	assert_false(host_sees_dnat(fixture_root, 25));
	fixture_put("/proc/net/nf_conntrack",
		    CONNECTION("192.0.2.25", "25", "10.0.0.2"));
	assert_true(host_sees_dnat(fixture_root, 25));
}

static void dnat_is_seen_by_a_process_of_docker(void **state)
{
	static const char proxy[] = "/usr/bin/docker-proxy\0-proto\0tcp\0"
				    "-host-ip\0"
				    "0.0.0.0\0-host-port\0"
				    "25\0-container-ip\0"
				    "172.17.0.2";

	(void)state;
	put_process("/proc/20/cmdline", proxy, sizeof(proxy));
	assert_false(host_sees_dnat(fixture_root, 80));
	assert_true(host_sees_dnat(fixture_root, 25));
}

static void listeners_are_found(void **state)
{
	static const char head[] = "  sl  local_address rem_address   st\n";
	struct addr addr;
	char text[512];

	(void)state;
	assert_int_equal(addr_parse("192.0.2.25", &addr), 0);
	assert_false(host_listens(fixture_root, 25, &addr, 1));
	snprintf(text, sizeof(text), "%s   0: 00000000:0019 00000000:0000 0A\n",
		 head);
	fixture_put("/proc/net/tcp", text);
	assert_true(host_listens(fixture_root, 25, &addr, 1));
	assert_false(host_listens(fixture_root, 26, &addr, 1));
}

static void a_process_that_follows_witnesses_is_seen(void **state)
{
	static const char other[] = "vi\0posternctl\0witness";
	static const char adds[] = "posternctl\0witness\0add\0"
				   "192.0.2.1";
	static const char follows[] =
		"/usr/sbin/posternctl\0witness\0follow\0-";

	(void)state;
	put_process("/proc/10/cmdline", other, sizeof(other));
	put_process("/proc/11/cmdline", adds, sizeof(adds));
	put_process("/proc/12/cmdline", "", 0);
	assert_false(host_has_witnesses(fixture_root));
	put_process("/proc/13/cmdline", follows, sizeof(follows));
	assert_true(host_has_witnesses(fixture_root));
}

static void small_files_are_read_to_the_end_of_their_line(void **state)
{
	char text[HOST_TEXT] = "untouched";
	uint64_t number = 0;

	(void)state;
	fixture_put("/sys/a", "9000\nmore\n");
	fixture_put("/sys/empty", "");
	assert_int_equal(host_read_number(fixture_root, "/sys/a", &number), 0);
	assert_int_equal(number, 9000);
	assert_int_equal(host_read(fixture_root, "/sys/none", text), -ENOENT);
	assert_int_equal(host_read(fixture_root, "/sys/empty", text), -ENODATA);
	assert_string_equal(text, "untouched");
}

static void nameservers_behind_a_stub_are_found(void **state)
{
	struct addr all[CONFIG_NAMESERVERS_MAX];

	(void)state;
	assert_int_equal(nameservers_read(fixture_root, all), 0);
	fixture_put("/etc/resolv.conf", "# a comment\nsearch example.net\n"
					"nameserver 192.0.2.53\n"
					"nameserver 2001:db8::53\n"
					"nameserver rubbish\n");
	assert_int_equal(nameservers_read(fixture_root, all), 2);
	assert_addr(&all[1], "2001:db8::53");
	assert_null(nameservers_public(&all[0]));
	fixture_put("/etc/resolv.conf", "nameserver 127.0.0.53\n");
	assert_int_equal(nameservers_read(fixture_root, all), 1);
	assert_addr(&all[0], "127.0.0.53");
	fixture_put("/run/systemd/resolve/resolv.conf", "nameserver 9.9.9.9\n");
	assert_int_equal(nameservers_read(fixture_root, all), 1);
	assert_string_equal(nameservers_public(&all[0]), "Quad9");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make, clean)
	const struct CMUnitTest tests[] = {
		CASE(default_routes_name_interfaces),
		CASE(bridges_and_vlans_have_devices_below),
		CASE(containers_are_known_by_their_marks),
		CASE(dnat_is_seen_in_the_table_of_connections),
		CASE(dnat_is_seen_by_a_process_of_docker),
		CASE(listeners_are_found),
		CASE(a_process_that_follows_witnesses_is_seen),
		CASE(small_files_are_read_to_the_end_of_their_line),
		CASE(nameservers_behind_a_stub_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

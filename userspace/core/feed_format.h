/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of feeds, and what the configuration and posternctl call them. */
#ifndef POSTERN_CORE_FEED_FORMAT_H
#define POSTERN_CORE_FEED_FORMAT_H

#define FEED_FORMAT_TABLE(FORMAT)                                              \
	FORMAT(AUTO, "auto")                                                   \
	FORMAT(PLAIN, "plain")                                                 \
	FORMAT(DROP, "drop")                                                   \
	FORMAT(DROP_JSON, "drop-json")                                         \
	FORMAT(DSHIELD, "dshield")                                             \
	FORMAT(IP4SET, "rbldnsd:ip4set")                                       \
	FORMAT(IP4TRIE, "rbldnsd:ip4trie")                                     \
	FORMAT(IP4TSET, "rbldnsd:ip4tset")                                     \
	FORMAT(IP6TRIE, "rbldnsd:ip6trie")                                     \
	FORMAT(IP6TSET, "rbldnsd:ip6tset")                                     \
	FORMAT(COMBINED, "rbldnsd:combined")

#define FEED_FORMAT_ENUM(NAME, name) FEED_##NAME,

enum feed_format { FEED_FORMAT_TABLE(FEED_FORMAT_ENUM) FEED_FORMATS };

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration tells the program: its settings as `struct rules`.
 * Gates are open at first; who judges the primaries closes them.
 *
 * Pure: no I/O, no clock of its own.
 */
#ifndef POSTERN_TABLES_RULES_H
#define POSTERN_TABLES_RULES_H

#include "core/config.h"
#include "tables/clock.h"

/*
 * Everything but the protected addresses; budgets are shared out among so
 * many CPUs.
 */
void rules_make(const struct config *config, const struct jiffies_clock *clock,
		unsigned int cpus, struct rules *out);

/* Protects one more address, as far as there is room for its family. */
void rules_protect(struct rules *rules, const struct addr *addr);

/* Whether an address is protected. */
bool rules_has_door(const struct rules *rules, const struct addr *addr);

/* Sets the gate in front of one protected address. */
void rules_set_door(struct rules *rules, const struct addr *addr,
		    enum gate gate);

/* A primary takes its connections here; as far as there is room. */
void rules_add_primary(struct rules *rules, const struct addr *addr,
		       uint16_t port);

/* Another mode than that of the configuration. */
void rules_set_mode(struct rules *rules, enum config_mode mode);

/* Whether it tells of its decisions. */
void rules_set_show(struct rules *rules, bool show);

/* Sets the gate in front of all protected addresses of a family. */
void rules_set_gate(struct rules *rules, enum family family, enum gate gate);

#endif

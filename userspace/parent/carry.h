/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries what an older build left in a map over to one of another layout:
 * field by field, by name, as the BTF of both maps describes them.
 */
#ifndef POSTERN_PARENT_CARRY_H
#define POSTERN_PARENT_CARRY_H

/*
 * Copies all elements.  Fields that only one side has are left out (zero).
 * Returns the number of elements, or a negative errno: -ENODATA when a map
 * has no BTF, -EMEDIUMTYPE when these are different kinds of maps.
 */
int carry_map(int from, int to);

#endif

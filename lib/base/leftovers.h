/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Siblings that a killed process left: PATH.tmp-PID, PATH.tmp-PID-N. Whoever makes one holds its
 * lock (flock) for as long as it lives, so one whose lock is free belongs to nobody. The number
 * alone tells nothing: another container has its own.
 */
#pragma once

#include <stdbool.h>

/* Removes those beside path that are ours by owner and whose maker is dead. What fails stays. */
void rk_leftovers_remove(const char *path);
/*
 * Takes the lock of a sibling that was just made; false: it was removed between, make it again.
 * Where a file system has no locks nothing is removed, so there it is true.
 */
bool rk_leftovers_hold(int fd);

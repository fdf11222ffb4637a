/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that grow. What an array may come to is said where it is born. */
#pragma once

#include "ftpmprov/err.h"

#include <stddef.h>

struct rk_growth {
    size_t size, max; /* of an item; how many items at most */
    enum rk_rc rc;    /* when there are more: 'more than MAX WHAT' */
    const char *what;
};

/*
 * Room behind the first `count` of *items for `more`, zero; *items is NULL at first, may move, and
 * is freed by rk_grown_free. How much room there is follows from the count, so nobody keeps it: an
 * array that grows here grows nowhere else. *items stays as it is on failure.
 */
enum rk_rc rk_grow(const struct rk_growth *growth, void **items, size_t count, size_t more,
                   struct rk_err *err) RK_MUST_CHECK;
void rk_grown_free(void *items);

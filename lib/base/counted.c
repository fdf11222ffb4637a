/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *ending(const char *one, size_t *ret_kept)
{
    size_t len = strlen(one);
    char last = len == 0 ? '\0' : one[len - 1], before = len < 2 ? '\0' : one[len - 2];

    *ret_kept = len;
    if (last == 'y' && strchr("aeiou", before) == NULL) {
        *ret_kept = len - 1;
        return "ies";
    }
    return last == 's' || last == 'x' || (last == 'h' && (before == 'c' || before == 's')) ? "es"
                                                                                           : "s";
}

const char *rk_counted_text(char ret[RK_COUNTED_MAX], uint64_t count, const char *one)
{
    size_t kept = strlen(one);
    const char *more = count == 1 ? "" : ending(one, &kept);

    (void)snprintf(ret, RK_COUNTED_MAX, "%" PRIu64 " %.*s%s", count, (int)kept, one, more);
    return ret;
}

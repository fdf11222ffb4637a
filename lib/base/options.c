/* SPDX-License-Identifier: Apache-2.0 */
#include "base/options.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <string.h>

enum rk_rc rk_options_copy(void *to, size_t known, const void *from, struct rk_err *err)
{
    size_t size = known;

    memset(to, 0, known);
    if (from != NULL)
        memcpy(&size, from, sizeof size);
    if (size < sizeof size)
        return rk_fail(err, RK_E_USAGE, "options without their size: begin with their _INIT macro");
    if (size > known && !rk_all_zero((const uint8_t *)from + known, size - known))
        return rk_fail(err, RK_E_USAGE,
                       "options of a newer library: %s, %zu are known, and the others ask "
                       "for something",
                       RK_COUNTED(size, "byte"), known);
    if (from != NULL)
        memcpy(to, from, size < known ? size : known);
    memcpy(to, &known, sizeof known);
    return RK_OK;
}

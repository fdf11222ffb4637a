/* SPDX-License-Identifier: Apache-2.0 */
/* A unit's id as NVIDIA's tools write it: oem-sn. */
#include "platform/tegra/plan.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

enum { OEM_DIGITS = 4, DASHED = 21 };

void rk_tegra_unit_text(const struct rk_unit_id *id, char ret[RK_UNIT_TEXT])
{
    char text[21];

    rk_unit_id_text(id, text);
    (void)snprintf(ret, RK_UNIT_TEXT, "%.4s-%s", text, text + OEM_DIGITS);
}

enum rk_rc rk_tegra_unit_parse(const char *text, struct rk_unit_id *ret, struct rk_err *err)
{
    char digits[DASHED];

    if (strlen(text) != DASHED || text[OEM_DIGITS] != '-')
        return rk_fail(err, RK_E_USAGE,
                       "Device SN \"%s\": expected 20 hex digits, as in 01020000000100000002 or "
                       "0102-0000000100000002",
                       text);
    memcpy(digits, text, OEM_DIGITS);
    memcpy(digits + OEM_DIGITS, text + OEM_DIGITS + 1, sizeof digits - OEM_DIGITS);
    return rk_unit_id_parse(digits, ret, err);
}

enum rk_rc rk_unit_parse(const char *text, struct rk_unit_id *ret, struct rk_err *err)
{
    return strlen(text) == 2 * RK_UNIT_ID_LEN ? rk_unit_id_parse(text, ret, err)
                                              : rk_tegra_unit_parse(text, ret, err);
}

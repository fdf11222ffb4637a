/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/unit_id.h"

#include "rotkit/hex.h"

#include <string.h>

enum rk_rc rk_unit_id_parse(const char *text, struct rk_unit_id *ret, struct rk_err *err)
{
    struct rk_unit_id id;

    if (strlen(text) != 2 * RK_UNIT_ID_LEN)
        return rk_fail(err, RK_E_USAGE,
                       "Device SN \"%s\": expected 20 hex digits, as in 01020000000100000002",
                       text);
    if (rk_hex_read(text, 2 * RK_UNIT_ID_LEN, id.b, sizeof id.b, err))
        return rk_wrap(err, "Device SN \"%s\"", text);
    *ret = id;
    return RK_OK;
}

void rk_unit_id_text(const struct rk_unit_id *sn, char ret[21])
{
    rk_hex_write(sn->b, RK_UNIT_ID_LEN, ret);
}

void rk_unit_id_make(uint16_t oem_id, uint64_t sn, struct rk_unit_id *ret)
{
    ret->b[0] = (uint8_t)(oem_id >> 8);
    ret->b[1] = (uint8_t)oem_id;
    for (size_t i = 0; i < 8; i++)
        ret->b[2 + i] = (uint8_t)(sn >> (56 - 8 * i));
}

enum rk_rc rk_unit_id_next(struct rk_unit_id *sn, struct rk_err *err)
{
    for (size_t i = RK_UNIT_ID_LEN; i-- > 2;) {
        if (++sn->b[i] != 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "serial numbers of this OEM id are used up");
}

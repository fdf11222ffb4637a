/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/device_sn.h"

#include "rotkit/hex.h"

#include <stdbool.h>
#include <string.h>

enum rk_rc rk_device_sn_parse(const char *text, struct rk_device_sn *ret, struct rk_err *err)
{
    struct rk_device_sn sn;
    char digits[2 * RK_DEVICE_SN_LEN + 1];
    size_t len = strlen(text);
    bool dashed = len == 21 && text[4] == '-';

    if (len != 20 && !dashed)
        return rk_fail(err, RK_E_USAGE,
                       "Device SN \"%s\": expected 20 hex digits, as in "
                       "01020000000100000002 or 0102-0000000100000002",
                       text);
    memcpy(digits, text, 4);
    memcpy(digits + 4, text + (dashed ? 5 : 4), 17);
    if (rk_hex_read(digits, 20, sn.b, RK_DEVICE_SN_LEN, err))
        return rk_wrap(err, "Device SN \"%s\"", text);
    *ret = sn;
    return RK_OK;
}

void rk_device_sn_text(const struct rk_device_sn *sn, char ret[21])
{
    rk_hex_write(sn->b, RK_DEVICE_SN_LEN, ret);
}

void rk_device_sn_make(uint16_t oem_id, uint64_t sn, struct rk_device_sn *ret)
{
    ret->b[0] = (uint8_t)(oem_id >> 8);
    ret->b[1] = (uint8_t)oem_id;
    for (size_t i = 0; i < 8; i++)
        ret->b[2 + i] = (uint8_t)(sn >> (56 - 8 * i));
}

enum rk_rc rk_device_sn_next(struct rk_device_sn *sn, struct rk_err *err)
{
    for (size_t i = RK_DEVICE_SN_LEN; i-- > 2;) {
        if (++sn->b[i] != 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "serial numbers of this OEM id are used up");
}

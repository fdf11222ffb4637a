/* SPDX-License-Identifier: Apache-2.0 */
/* Storage root keys for Azure DPS: a line a device. In a file that was checked each is found. */
#include "fuzz.h"

#include "enroll/azure_dps.h"
#include "enroll/registration_id.h"

#include <string.h>

bool fuzz_one(const uint8_t *data, size_t size)
{
    const struct rk_input file = { "srk", data, size };
    struct rk_err err;

    if (rk_dps_srk_check(&file, &err))
        return false;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        struct rk_bytes key = RK_BYTES_NONE;
        struct rk_unit_id sn;
        char text[21] = "";

        memcpy(text, data + at, 20); /* the check has seen 20 digits and more */
        FUZZ_DO(rk_unit_id_parse(text, &sn, &err));
        FUZZ_DO(rk_dps_srk_find(&file, &sn, &key, &err));
        FUZZ_HOLDS(rk_dps_is_rsa(&key));
        rk_bytes_done(&key);
        at = end == NULL ? size : (size_t)(end - data) + 1;
    }
    return size != 0;
}

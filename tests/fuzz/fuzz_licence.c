/* SPDX-License-Identifier: Apache-2.0 */
/* Licence files. What is read can be said in the signed text; what is signed is read again. */
#include "fuzz.h"

#include "rotkit/licence.h"

#include <string.h>

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_licence licence = { .id = "L1",
                                  .product = "demo",
                                  .units = 10,
                                  .reissues = 1,
                                  .not_after = 1900000000,
                                  .oem_id = { 0x0102, 0x0103 },
                                  .oem_id_count = 2,
                                  .first_sn = 1,
                                  .last_sn = 1000 };
    struct rk_err err;

    FUZZ_DO(rk_licence_sign(fuzz_key(), &licence, ret, &err));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_licence licence = { .id = "" }, child;
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_licence_read(fuzz_ctx(), data, size, NULL, &licence, &err))
        return false;
    FUZZ_DO(rk_licence_text(&licence, &text, &err));
    rk_bytes_done(&text);
    child = licence;
    memcpy(child.parent, licence.id, sizeof child.parent);
    FUZZ_DO(rk_licence_within(&child, &licence, &err));
    return rk_licence_read(fuzz_ctx(), data, size, fuzz_key(), &licence, &err) == RK_OK;
}

size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct rk_licence licence = { .id = "" };
    struct rk_bytes file = RK_BYTES_NONE;
    struct rk_err err;

    (void)seed;
    if (rk_licence_read(fuzz_ctx(), data, size, NULL, &licence, &err) ||
        rk_licence_sign(fuzz_key(), &licence, &file, &err))
        return size;
    if (file.len <= max) {
        size = file.len;
        memcpy(data, file.p, size);
    }
    rk_bytes_done(&file);
    return size;
}

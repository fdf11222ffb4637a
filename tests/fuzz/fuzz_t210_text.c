/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration text of a T210 BCT. What it makes has a text of its own, which makes the same. */
#include "fuzz.h"

#include "bct/t210.h"

#include <string.h>

static enum rk_rc build(const uint8_t *text, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    static const uint8_t loader[100] = { 0x5a };
    const struct rk_input part[] = { { "config", text, len },
                                     { "bootloader", loader, sizeof loader } };
    const struct rk_request request = { .ctx = fuzz_ctx(), .part = part, .part_count = 2 };

    return rk_t210_build(&request, ret, err);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_bytes bct = RK_BYTES_NONE, text = RK_BYTES_NONE, again = RK_BYTES_NONE;
    struct t210_image image;
    struct rk_err err;

    if (build(data, size, &bct, &err))
        return false;
    FUZZ_DO(rk_t210_open(bct.p, bct.len, &image, &err));
    if (rk_t210_config(bct.p, bct.len, &text, &err) == RK_OK) {
        const struct rk_input part = { "config", text.p, text.len };
        const struct rk_request request = { .ctx = fuzz_ctx(), .part = &part, .part_count = 1 };

        FUZZ_DO(rk_t210_build(&request, &again, &err));
        FUZZ_HOLDS(again.len >= T210_WIRE);
    }
    rk_bytes_done(&bct);
    rk_bytes_done(&text);
    rk_bytes_done(&again);
    return true;
}

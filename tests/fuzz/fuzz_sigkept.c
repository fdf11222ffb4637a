/* SPDX-License-Identifier: Apache-2.0 */
/* What a round keeps of signatures made at hand: what is read is found, and written as it was read.
 */
#include "fuzz.h"

#include "keys/sigkept.h"

#include <string.h>

/* Three of two schemes, as a round would write them. */
void fuzz_example(struct rk_bytes *ret)
{
    static const struct rk_bytes signature = { (uint8_t *)(uintptr_t) "a signature", 11 };
    struct rk_sigkept kept = { .before = NULL };
    struct rk_err err;

    for (unsigned i = 0; i < 3; i++) {
        uint8_t id[RK_WANT_ID];

        memset(id, (int)(0x11 * (i + 1)), sizeof id);
        id[64] = (uint8_t)(i == 0 ? RK_SCHEME_RSA_PSS_SHA256 : RK_SCHEME_ECDSA_SHA384);
        FUZZ_DO(rk_sigkept_add(&kept, id, &signature, &err));
    }
    FUZZ_DO(rk_sigkept_write(&kept, ret, &err));
    rk_sigkept_done(&kept);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    const struct rk_bytes file = { (uint8_t *)(uintptr_t)data, size };
    struct rk_sigkept kept = { .before = NULL }, again = { .before = NULL };
    struct rk_bytes written = RK_BYTES_NONE, twice = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_sigkept_parse(&file, &kept, &err)) {
        FUZZ_HOLDS(kept.before == NULL && kept.before_count == 0);
        return false;
    }
    for (size_t i = 0; i < kept.before_count; i++) {
        FUZZ_HOLDS(rk_sigkept_find(&kept, kept.before[i].id) == &kept.before[i]);
        kept.before[i].asked = true;
    }
    FUZZ_DO(rk_sigkept_write(&kept, &written, &err));
    FUZZ_HOLDS(kept.before_count == 0 || written.len == size);
    if (written.p != NULL) {
        FUZZ_DO(rk_sigkept_parse(&written, &again, &err));
        FUZZ_HOLDS(again.before_count == kept.before_count);
        for (size_t i = 0; i < again.before_count; i++)
            again.before[i].asked = true;
        FUZZ_DO(rk_sigkept_write(&again, &twice, &err));
        FUZZ_HOLDS(twice.len == written.len &&
                   (twice.len == 0 || memcmp(twice.p, written.p, twice.len) == 0));
    }
    rk_bytes_done(&written);
    rk_bytes_done(&twice);
    rk_sigkept_done(&kept);
    rk_sigkept_done(&again);
    return true;
}

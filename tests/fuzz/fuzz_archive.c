/* SPDX-License-Identifier: Apache-2.0 */
/* Members of archives, by name. No program is started for what an archive is compressed with. */
#include "fuzz.h"

#include "rotkit/component.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMBERS = 3, MEMBER_MAX = 1 << 20 };

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const names[MEMBERS] = { "a", "d/b", "d/c.bin" };
    char path[MEMBERS][64];
    const char *file = fuzz_file(data, size);
    bool taken = false;
    struct rk_err err;

    FUZZ_HOLDS(setenv("PATH", "/nonexistent", 1) == 0);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct rk_component one = { .path = path[i] };

        (void)snprintf(path[i], sizeof path[i], "%s!%s", file, names[i]);
        if (rk_components_read(&one, 1, MEMBER_MAX, &err) == RK_OK) {
            FUZZ_HOLDS(one.bytes.p != NULL && one.bytes.len <= MEMBER_MAX);
            taken = true;
        }
        rk_bytes_done(&one.bytes);
    }
    return taken;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a board would take of an update package: entries within the file, each told once. */
#include "fuzz.h"

#include "rotkit/tnspec.h"

#include <string.h>

struct seen {
    size_t size, count;
};

static void see(void *arg, const struct rk_bup_choice *choice)
{
    struct seen *seen = arg;

    FUZZ_HOLDS(choice->offset <= seen->size && choice->len <= seen->size - choice->offset);
    FUZZ_HOLDS(memchr(choice->name, '\0', sizeof choice->name) != NULL);
    FUZZ_HOLDS(memchr(choice->spec, '\0', sizeof choice->spec) != NULL);
    FUZZ_HOLDS(choice->chosen == (choice->why == NULL));
    seen->count++;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const boards[] = { "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-",
                                          "3767--0000--1--jetson-orin-nano-devkit-", "" };
    bool taken = false;
    struct rk_err err;

    for (size_t i = 0; i < 3; i++) {
        struct seen seen = { .size = size };

        if (rk_bup_match(data, size, boards[0], i == 0 ? NULL : boards[i], see, &seen, &err) ==
            RK_OK) {
            FUZZ_HOLDS(seen.count != 0);
            taken = true;
        }
    }
    return taken;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a board would take of an update package: entries within the file, each told once. */
#include "fuzz.h"

#include "rotkit/bup_match.h"

#include <string.h>

struct seen {
    size_t size, count, missing;
};

static void see(void *arg, const struct rk_bup_choice *choice)
{
    struct seen *seen = arg;

    FUZZ_HOLDS(choice->offset <= seen->size && choice->len <= seen->size - choice->offset);
    FUZZ_HOLDS(memchr(choice->name, '\0', sizeof choice->name) != NULL);
    FUZZ_HOLDS(memchr(choice->spec, '\0', sizeof choice->spec) != NULL);
    FUZZ_HOLDS(choice->chosen == (choice->why[0] == '\0'));
    seen->count++;
}

static void find(void *arg, const struct rk_bup_finding *finding)
{
    struct seen *seen = arg;

    FUZZ_HOLDS(finding->name[0] != '\0' && finding->why[0] != '\0');
    seen->missing += finding->status == 6151;
}

/* The same bytes as what a board's files say. */
static void as_file(const uint8_t *data, size_t size)
{
    struct rk_tnspec_file file;
    struct rk_err err;
    char text[160];

    if (rk_tnspec_file_read(data, size, &file, &err) != RK_OK)
        return;
    FUZZ_HOLDS(strlen(file.spec) <= RK_TNSPEC_MAX && rk_tnspec_matches(file.spec, file.spec));
    rk_tnspec_difference(file.spec, file.compat, "compat", text, sizeof text);
    FUZZ_HOLDS(rk_tnspec_matches(file.spec, file.compat) == (text[0] == '\0'));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const struct rk_slot_size slot[] = { { "mb1", { 8192, 4096 } } };
    static const struct rk_bup_board boards[] = {
        { .spec = "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-", .platform = "t234" },
        { .spec = "3767-300-0000-M.1-0-1-jetson-orin-nano-devkit-",
          .compat = "3767--0000--1--jetson-orin-nano-devkit-",
          .platform = "t194",
          .single_image = true },
        { .spec = "", .compat = "", .platform = "t264", .slot = slot, .slot_count = 1 },
    };
    bool taken = false;
    struct rk_err err;

    as_file(data, size);
    for (size_t i = 0; i < 3; i++) {
        struct seen seen = { .size = size };
        const struct rk_bup_told told = { see, find, &seen };
        struct rk_bup_verdict verdict;
        enum rk_rc rc = rk_bup_match(data, size, &boards[i], &told, &verdict, &err);

        FUZZ_HOLDS((rc == RK_OK) == (verdict.status == 0));
        FUZZ_HOLDS(verdict.missing <= verdict.required && verdict.missing == seen.missing);
        if (rc == RK_OK || rc == RK_E_VERIFY)
            taken = taken || seen.count != 0;
    }
    return taken;
}

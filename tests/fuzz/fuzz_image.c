/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file format that has a parser, by name, with a key: any bytes. What is read has a map that
 * stays within the file and can be drawn.
 */
#include "rotkit/format.h"

#include <stdlib.h>

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const struct rk_region *region, uint64_t size)
{
    for (; region != NULL; region = region->next) {
        if (region->offset > size || region->len > size - region->offset)
            abort();
        within(region->child, size);
    }
}

static void look(const struct rk_map *map, size_t size)
{
    struct rk_bytes text = RK_BYTES_NONE, page = RK_BYTES_NONE;
    struct rk_err err;

    within(map->root, size);
    for (size_t i = 0; i < map->guard_count; i++) {
        if (map->guard[i].offset > size || map->guard[i].len > size - map->guard[i].offset)
            abort();
    }
    if (rk_map_text(map, &text, &err) || rk_map_html(map, "fuzz", &page, &err))
        abort();
    rk_bytes_done(&text);
    rk_bytes_done(&page);
}

static void read_as(const char *format, const struct rk_job *job, const uint8_t *data, size_t size)
{
    struct rk_map map = { .root = NULL };
    struct rk_err err;

    if (rk_format_verify(format, job, data, size, &map, &err) == RK_OK)
        look(&map, size);
    rk_map_done(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rk_format_info info;
    struct rk_job_key key = { .role = "" };
    struct rk_job job = { .key = &key };
    struct rk_err err;
    rk_ctx *ctx = NULL;

    if (rk_ctx_new(&ctx, &err))
        return 0;
    key.pub = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    job.ctx = ctx;
    for (size_t i = 0; rk_format_at(ctx, i, &info); i++) {
        if (!info.maps)
            continue;
        job.key_count = 0;
        read_as(info.name, &job, data, size);
        job.key_count = 1;
        read_as(info.name, &job, data, size);
    }
    job.key_count = 0;
    read_as(NULL, &job, data, size);
    EVP_PKEY_free(key.pub);
    rk_ctx_free(ctx);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Maps as the installed header promises them, over what the rooms parse with. */
#include "rotkit/format.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"
#include "rotkit/public.h"

const char *rk_format_name_at(const rk_ctx *ctx, size_t i)
{
    struct rk_format_info info;

    return rk_format_at(ctx, i, &info) ? info.name : NULL;
}

enum rk_rc rk_map_new(const rk_ctx *ctx, const uint8_t *file, size_t len,
                      const struct rk_map_options *options, rk_map **ret, struct rk_err *err)
{
    struct rk_request request = { .ctx = ctx };
    struct rk_map_options known;
    struct rk_request_key key;
    rk_map *map;

    if (rk_options_copy(&known, sizeof known, options, err) || rk_clock_now(ctx, &request.now, err))
        return err->rc;
    key = (struct rk_request_key) { .role = "", .pub = rk_public_pkey(known.key) };
    request.key = &key;
    request.key_count = known.key != NULL;
    request.trust = known.trust;
    request.secret = known.secret;
    map = rk_alloc(1, sizeof *map);
    if (map == NULL)
        return rk_fail_nomem(err);
    if (rk_format_verify(known.format, &request, file, len, map, err)) {
        rk_map_free(map);
        return err->rc;
    }
    *ret = map;
    return RK_OK;
}

void rk_map_free(rk_map *map)
{
    if (map == NULL)
        return;
    rk_map_done(map);
    rk_free(map);
}

const char *rk_map_format(const rk_map *map)
{
    return map->format;
}

const char *rk_map_integrity(const rk_map *map)
{
    return map->integrity;
}

const char *rk_map_signer(const rk_map *map)
{
    return map->signer;
}

enum rk_rc rk_map_json_text(const rk_map *map, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();

    rk_map_json(map, rk_json_root(doc));
    return rk_json_text(doc, true, ret, err);
}

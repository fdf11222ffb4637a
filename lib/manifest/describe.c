/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told of the rows: the JSON Schema and the manifest of `rotkit init`. */
#include "manifest/rows.h"

#include "base/wr.h"
#include "rotkit/json.h"

#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* A type, or either of two: editors see numbers and booleans, strict YAML loaders see text. */
static void put_types(struct rk_jv at, const char *a, const char *b)
{
    if (b == NULL) {
        rk_json_put_str(at, "type", a);
        return;
    }
    struct rk_jv types = rk_json_put_array(at, "type");
    rk_json_put_str(types, NULL, a);
    rk_json_put_str(types, NULL, b);
}

static void schema_rows(const struct rk_mrow *rows, struct rk_jv at);

/* Names of the user's choice. */
static void schema_names(struct rk_jv at, uint64_t max)
{
    put_types(at, "object", NULL);
    rk_json_put_u64(at, "maxProperties", max);
}

/* A flag, as YAML and as strict loaders see it. */
static void schema_bool(struct rk_jv list)
{
    rk_json_put_bool(list, NULL, true);
    rk_json_put_bool(list, NULL, false);
    rk_json_put_str(list, NULL, "true");
    rk_json_put_str(list, NULL, "false");
}

static void schema_value(const struct rk_mrow *row, struct rk_jv at)
{
    struct rk_jv list;

    rk_json_put_str(at, "description", row->help);
    switch (row->kind) {
    case RK_M_SECTION:
    case RK_M_PLATFORM:
        schema_rows(row->sub, at);
        break;
    case RK_M_IMAGES:
        schema_names(at, RK_MIMAGES_MAX);
        schema_rows(row->sub, rk_json_put_object(at, "additionalProperties"));
        break;
    case RK_M_TEXTS:
    case RK_M_PATHS:
    case RK_M_KEYS:
        schema_names(at, RK_MMAP_MAX);
        put_types(rk_json_put_object(at, "additionalProperties"), "string", "integer");
        break;
    case RK_M_LIST:
        put_types(at, "array", NULL);
        rk_json_put_u64(at, "maxItems", RK_MLIST_MAX);
        put_types(rk_json_put_object(at, "items"), "string", NULL);
        break;
    case RK_M_NUMBER:
    case RK_M_U16:
    case RK_M_U32:
        put_types(at, "integer", "string");
        rk_json_put_u64(at, "minimum", 0);
        rk_json_put_u64(at, "maximum", rk_manifest_max(row->kind));
        rk_json_put_str(at, "pattern", "^([0-9]+|0[xX][0-9a-fA-F]+)$");
        break;
    case RK_M_BOOL:
        schema_bool(rk_json_put_array(at, "enum"));
        break;
    case RK_M_CHOICE:
        list = rk_json_put_array(at, "enum");
        for (const char *const *v = row->values; *v != NULL; v++)
            rk_json_put_str(list, NULL, *v);
        break;
    case RK_M_DATE:
        put_types(at, "string", NULL);
        rk_json_put_str(at, "pattern",
                        "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$");
        break;
    case RK_M_TEXT:
    case RK_M_PATH:
    case RK_M_KEY:
        put_types(at, "string", NULL);
        rk_json_put_u64(at, "minLength", 1);
        break;
    case RK_M_PASSPHRASE:
        put_types(at, "string", NULL);
        rk_json_put_str(at, "pattern", "^(fd:[0-9]+|file:.+|env:.+)$");
        break;
    case RK_M_KINDS:
        break;
    }
}

static void schema_rows(const struct rk_mrow *rows, struct rk_jv at)
{
    struct rk_jv properties, required;

    put_types(at, "object", NULL);
    rk_json_put_bool(at, "additionalProperties", false);
    properties = rk_json_put_object(at, "properties");
    for (const struct rk_mrow *row = rows; row->key != NULL; row++)
        schema_value(row, rk_json_put_object(properties, row->key));
    required = rk_json_put_array(at, "required");
    for (const struct rk_mrow *row = rows; row->key != NULL; row++) {
        if ((row->flags & RK_M_REQUIRED) != 0)
            rk_json_put_str(required, NULL, row->key);
    }
}

enum rk_rc rk_manifest_schema(const rk_ctx *ctx, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc);
    RK_AUTO(rk_mrows_done) struct rk_mrows *rows = NULL;

    if (rk_mrows_make(ctx, NULL, &rows, err))
        return err->rc;
    rk_json_put_str(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
    rk_json_put_str(root, "title", "rotkit manifest, format 1");
    schema_rows(rows->top, root);
    return rk_json_text(doc, true, ret, err);
}

static void init_rows(const struct rk_mrow *rows, int depth, struct rk_wr *wr)
{
    for (; rows->key != NULL; rows++) {
        int indent = 2 * depth;

        rk_wr_printf(wr, "%*s# %s\n", indent, "", rows->help);
        if (rows->kind == RK_M_SECTION || rows->kind == RK_M_PLATFORM) {
            rk_wr_printf(wr, "%*s%s%s:\n", indent, "", rows->init == NULL ? "#" : "", rows->key);
            init_rows(rows->sub, depth + 1, wr);
        } else if (rows->kind == RK_M_IMAGES) {
            rk_wr_printf(wr, "%*s#%s:\n", indent, "", rows->key);
        } else if (rows->init != NULL) {
            rk_wr_printf(wr, "%*s%s: %s\n", indent, "", rows->key, rows->init);
        } else {
            rk_wr_printf(wr, "%*s#%s: %s\n", indent, "", rows->key,
                         rows->def == NULL ? "" : rows->def);
        }
    }
}

enum rk_rc rk_manifest_init_text(const rk_ctx *ctx, const struct rk_platform *platform,
                                 struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    RK_AUTO(rk_mrows_done) struct rk_mrows *rows = NULL;

    if (rk_mrows_make(ctx, platform, &rows, err))
        return err->rc;
    rk_wr_str(&wr, "# rotkit manifest. Paths are relative to this file. Keys that start with # are "
                   "not set.\n");
    init_rows(rows->top, 0, &wr);
    return rk_wr_end(&wr, ret, err);
}

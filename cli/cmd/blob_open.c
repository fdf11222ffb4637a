/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit blob open: checks and decrypts a key blob, and tells what is in it. */
#include "cli/cmd/blob.h"
#include "cli/cmd/blob_names.h"
#include "cli/cmd/blob_read.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/ekb.h"
#include "rotkit/hex.h"

static bool is_secret(uint32_t tag)
{
    const struct blob_tag *row = blob_tag_find(tag);

    return row == NULL || row->secret;
}

static const char *name_of(uint32_t tag)
{
    const struct blob_tag *row = blob_tag_find(tag);

    return row == NULL ? "unknown" : row->name;
}

static const char *version_name(enum rk_ekb_version version)
{
    const struct blob_version *row = blob_versions;

    while (row->name != NULL && row->version != (int)version)
        row++;
    return row->name;
}

static enum rk_rc print_json(const struct app *app, const struct blob_place *place,
                             const struct rk_ekb *ekb, bool show, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc), list;

    rk_json_put_u64(at, "offset", place->at);
    rk_json_put_u64(at, "length", place->len);
    rk_json_put_u64(at, "copies", place->copies);
    rk_json_put_str(at, "version", version_name(ekb->version));
    rk_json_put_hex(at, "fv", ekb->fv, sizeof ekb->fv);
    rk_json_put_hex(at, "iv", ekb->iv, sizeof ekb->iv);
    list = rk_json_put_array(at, "items");
    for (size_t i = 0; i < ekb->item_count; i++) {
        const struct rk_ekb_item *item = &ekb->items[i];
        struct rk_jv row = rk_json_put_object(list, NULL);

        rk_json_put_u64(row, "tag", item->tag);
        rk_json_put_str(row, "name", name_of(item->tag));
        rk_json_put_u64(row, "length", item->value.len);
        rk_json_put_bool(row, "secret", is_secret(item->tag));
        if (show || !is_secret(item->tag))
            rk_json_put_hex(row, "value", item->value.p, item->value.len);
    }
    return out_json(app, doc, err);
}

/* Short values in full, long ones (certificates) by length: --json has them. */
static enum rk_rc print_value(const struct app *app, const struct rk_secret *value,
                              struct rk_err *err)
{
    enum { SHOWN = 64 };
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;

    if (value->len > SHOWN)
        return out_bytes(app, "(--json shows it)", 17, err);
    if (rk_secret_new(2 * value->len + 1, &text, err))
        return err->rc;
    rk_hex_write(value->p, value->len, (char *)text.p);
    return out_bytes(app, text.p, 2 * value->len, err);
}

static enum rk_rc print_text(const struct app *app, const struct blob_place *place,
                             const struct rk_ekb *ekb, bool show, struct rk_err *err)
{
    char fv[33], iv[33];

    rk_hex_write(ekb->fv, sizeof ekb->fv, fv);
    rk_hex_write(ekb->iv, sizeof ekb->iv, iv);
    if (place->len != place->dump_len)
        (void)fprintf(app->out, "place    0x%zx, %zu of %s%s\n", place->at, place->len,
                      RK_COUNTED(place->dump_len, "byte"),
                      place->copies > 1 ? ", and again behind it" : "");
    (void)fprintf(app->out, "version  %s\nFV       %s\nIV       %s\n", version_name(ekb->version),
                  fv, iv);
    for (size_t i = 0; i < ekb->item_count; i++) {
        const struct rk_ekb_item *item = &ekb->items[i];

        (void)fprintf(app->out, "tag %-4u %-17s %5zu bytes  ", (unsigned)item->tag,
                      name_of(item->tag), item->value.len);
        if (is_secret(item->tag) && !show)
            (void)fputs("hidden", app->out);
        else if (print_value(app, &item->value, err))
            return err->rc;
        (void)fputc('\n', app->out);
    }
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_ekb_done) struct rk_ekb ekb = { .item_count = 0 };
    struct blob_source in = { .root_key = NULL };
    struct blob_place place = { .at = 0 };
    struct operands operands;
    bool show_secrets = false;
    /* clang-format off */
    const struct opt rows[] = {
        { "root-key",     0, OPT_STR,  &in.root_key,     "KEY",  "fuse key the blob was made with", true },
        { "fv",           0, OPT_STR,  &in.fv,           "FILE", "FV, 16 bytes, for 1.0 and legacy", false },
        { "at",           0, OPT_U64,  &in.at,           "OFFSET", "where in a dump, when it holds several", false },
        { "show-secrets", 0, OPT_FLAG, &show_secrets,    NULL,   "print the keys and the EPS seed too", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        blob_read(app, &in, operands.v[0], &place, &ekb, err))
        return err->rc;
    if (app->json)
        return print_json(app, &place, &ekb, show_secrets, err);
    return print_text(app, &place, &ekb, show_secrets, err);
}

const struct cmd cmd_blob_open = {
    .name = "open",
    .args = "EKS.IMG",
    .summary = "check and decrypt a key blob, list its items",
    .about =
        "The file may be a flash partition or a dump: the key blob in it is found, and its place\n"
        "told.\n"
        "Exit code 3: the MAC does not hold, so key or FV are others, or the blob was changed.\n"
        "Values of secret items are hidden unless --show-secrets is given.",
    .run = run,
};

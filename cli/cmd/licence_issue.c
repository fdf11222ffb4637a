/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit licence issue: sign a licence. */
#include "cli/cmd/licence.h"

#include "cli/cmd/key.h"
#include "cli/cmd/licence_file.h"
#include "cli/opt.h"

#include "rotkit/counted.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

struct issue {
    const char *id, *parent, *product, *not_after, *first_sn, *last_sn, *key, *out;
    struct opt_u64 units, reissues;
    struct opt_list oem_ids;
    struct rk_pin pin;
};

static enum rk_rc read_oem_ids(const struct opt_list *list, struct rk_licence *l,
                               struct rk_err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        uint64_t id;

        if (rk_parse_u64(list->v[i], UINT16_MAX, &id, err))
            return rk_wrap(err, "--oem-id");
        l->oem_id[l->oem_id_count++] = (uint16_t)id;
    }
    return RK_OK;
}

static enum rk_rc copy(const struct app *app, const char *name, const char *text, char *ret,
                       size_t size, struct rk_err *err)
{
    if (text == NULL)
        return RK_OK;
    if (strlen(text) >= size)
        return opt_fail(app, err, "--%s: longer than %s", name, RK_COUNTED(size - 1, "character"));
    memcpy(ret, text, strlen(text) + 1);
    return RK_OK;
}

static enum rk_rc read_terms(const struct app *app, const struct issue *in, struct rk_licence *l,
                             struct rk_err *err)
{
    l->units = in->units.v;
    l->reissues = in->reissues.v;
    l->last_sn = UINT64_MAX;
    if (copy(app, "id", in->id, l->id, sizeof l->id, err) ||
        copy(app, "parent", in->parent, l->parent, sizeof l->parent, err) ||
        copy(app, "product", in->product, l->product, sizeof l->product, err) ||
        read_oem_ids(&in->oem_ids, l, err))
        return err->rc;
    if (in->first_sn != NULL && licence_serial(in->first_sn, &l->first_sn, err))
        return rk_wrap(err, "--first-sn");
    if (in->last_sn != NULL && licence_serial(in->last_sn, &l->last_sn, err))
        return rk_wrap(err, "--last-sn");
    if (in->not_after != NULL && rk_clock_parse(in->not_after, &l->not_after, err))
        return rk_wrap(err, "--not-after");
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    struct issue in = { .pin = RK_PIN_INIT(NULL) };
    struct rk_licence licence = { .id = "" };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key",       0, OPT_STR,  &in.key,       "KEY",  "the issuer's key", true },
        { "id",        0, OPT_STR,  &in.id,        "ID",   "of the licence: letters, digits and \"._-\"", true },
        { "product",   0, OPT_STR,  &in.product,   "NAME", "product of the manifest", true },
        { "units",     0, OPT_U64,  &in.units,     "N",    "how many may be made", true },
        { "reissues",  0, OPT_U64,  &in.reissues,  "N",    "how many may be made anew (default 0)", false },
        { "not-after", 0, OPT_STR,  &in.not_after, "DATE", "end of the licence (default: none)", false },
        { "oem-id",    0, OPT_LIST, &in.oem_ids,   "ID",   "OEM id that is covered, in ascending order; may be given again (default: any)", false },
        { "first-sn",  0, OPT_STR,  &in.first_sn,  "SN",   "first serial number that is covered (default 0)", false },
        { "last-sn",   0, OPT_STR,  &in.last_sn,   "SN",   "last serial number that is covered (default: the last there is)", false },
        { "parent",    0, OPT_STR,  &in.parent,    "ID",   "licence that this one was split from", false },
        OPT_PASSPHRASE(in.pin.source),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        read_terms(app, &in, &licence, err) ||
        rk_signer_open(app->ctx, in.key, &in.pin, &key, err) ||
        rk_licence_sign(key, &licence, &file, err))
        return err->rc;
    return app->dry_run ? RK_OK
                        : rk_file_write(operands.v[0], RK_FILE_PUBLIC, file.p, file.len, err);
}

const struct cmd cmd_licence_issue = {
    .name = "issue",
    .args = "FILE",
    .summary = "sign a licence",
    .run = run,
};

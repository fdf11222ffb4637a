/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/licence_file.h"

#include "cli/out.h"

#include "rotkit/file.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 16 };

enum rk_rc licence_read(const struct app *app, const char *path, const rk_signer *issuer,
                        struct rk_licence *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (rk_file_read(path, FILE_MAX, &file, err))
        return err->rc;
    return rk_licence_read(app->ctx, file.p, file.len, issuer, ret, err) ? rk_wrap(err, "%s", path)
                                                                         : RK_OK;
}

void licence_files_done(struct licence_files *files)
{
    free(files->v);
    *files = (struct licence_files) { .v = NULL };
}

enum rk_rc licence_files_read(const struct app *app, const struct opt_list *paths,
                              const rk_signer *issuer, struct licence_files *ret,
                              struct rk_err *err)
{
    RK_AUTO(licence_files_done)
    struct licence_files files = { .v = calloc(paths->count + 1, sizeof *files.v) };

    if (files.v == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    for (; files.count < paths->count; files.count++) {
        if (licence_read(app, paths->v[files.count], issuer, &files.v[files.count], err))
            return err->rc;
    }
    *ret = files;
    files.v = NULL;
    return RK_OK;
}

enum rk_rc licence_serial(const char *text, uint64_t *ret, struct rk_err *err)
{
    uint8_t bytes[8];
    uint64_t v = 0;

    if (strlen(text) != 2 * sizeof bytes)
        return rk_parse_u64(text, UINT64_MAX, ret, err);
    if (rk_hex_read(text, strlen(text), bytes, sizeof bytes, err))
        return err->rc;
    for (size_t i = 0; i < sizeof bytes; i++)
        v = v << 8 | bytes[i];
    *ret = v;
    return RK_OK;
}

static enum rk_rc print_json(const struct app *app, const struct rk_licence *l, const char *checked,
                             struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc), ids;
    char text[17];

    rk_json_put_str(at, "id", l->id);
    rk_json_put_str(at, "parent", l->parent);
    rk_json_put_hex(at, "issuer", l->issuer_sha256, sizeof l->issuer_sha256);
    rk_json_put_str(at, "product", l->product);
    rk_json_put_u64(at, "units", l->units);
    rk_json_put_u64(at, "reissues", l->reissues);
    rk_json_put_u64(at, "not_after", (uint64_t)l->not_after);
    ids = rk_json_put_array(at, "oem_ids");
    for (size_t i = 0; i < l->oem_id_count; i++) {
        (void)snprintf(text, sizeof text, "%04x", l->oem_id[i]);
        rk_json_put_str(ids, NULL, text);
    }
    (void)snprintf(text, sizeof text, "%016" PRIx64, l->first_sn);
    rk_json_put_str(at, "first_sn", text);
    (void)snprintf(text, sizeof text, "%016" PRIx64, l->last_sn);
    rk_json_put_str(at, "last_sn", text);
    rk_json_put_str(at, "signature", checked);
    return out_json(app, doc, err);
}

enum rk_rc licence_print(const struct app *app, const struct rk_licence *licence,
                         const char *checked, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (app->json)
        return print_json(app, licence, checked, err);
    if (rk_licence_text(licence, &text, err))
        return err->rc;
    (void)fprintf(app->out, "%ssignature: %s\n", (const char *)text.p, checked);
    return RK_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit verify: a yes or a no for any file or release, from public material. */
#include "commands.h"

#include "opt.h"
#include "out.h"

#include "ftpmprov/ekcert.h"
#include "ftpmprov/file.h"
#include "ftpmprov/format.h"
#include "ftpmprov/release.h"

#include <inttypes.h>
#include <string.h>

enum { FILE_MAX = 64 << 20 };

struct verify_options {
    const char *ca;
    rk_trust *trust; /* by --ca */
    int64_t now;
};

static void options_done(struct verify_options *options)
{
    rk_trust_free(options->trust);
}

static enum rk_rc tell(const struct app *app, const char *path, const char *what,
                       const char *detail, const char *signer, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (!app->json) {
        (void)fprintf(app->out, "%s: %s: %s; signer: %s\n", path, what, detail, signer);
        return RK_OK;
    }
    doc = rk_json_new();
    rk_json_put_str(rk_json_root(doc), "path", path);
    rk_json_put_str(rk_json_root(doc), "format", what);
    rk_json_put_str(rk_json_root(doc), "integrity", detail);
    rk_json_put_str(rk_json_root(doc), "signer", signer);
    return out_json_line(app, doc, err);
}

static enum rk_rc verify_release(const struct app *app, const char *path, struct rk_err *err)
{
    struct rk_release_report report;
    char detail[160];

    if (rk_release_verify(app->ctx, path, &report, err))
        return rk_wrap(err, "%s", path);
    (void)snprintf(detail, sizeof detail,
                   "holds: %" PRIu64 " devices, %" PRIu64 " files, %" PRIu64 " EK certificates",
                   report.devices, report.files, report.certificates);
    return tell(app, path, "release", detail, report.signer, err);
}

static enum rk_rc verify_file(const struct app *app, const struct verify_options *options,
                              const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .format = NULL };
    const char *signer = "not checked";

    if (rk_file_read(path, FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_inspect(file.p, file.len, &map, err))
        return rk_wrap(err, "%s", path);
    if (options->ca != NULL) {
        if (strcmp(map.format, "x509") != 0)
            return rk_fail(err, RK_E_VERIFY, "%s: %s carries no signature that --ca could check",
                           path, map.format);
        if (rk_ekcert_verify(options->trust, file.p, file.len, options->now, err))
            return rk_wrap(err, "%s", path);
        signer = options->ca;
    }
    return tell(app, path, map.format, map.integrity, signer, err);
}

static enum rk_rc open_trust(const struct app *app, struct verify_options *options,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_file_read(options->ca, FILE_MAX, &pem, err))
        return err->rc;
    if (rk_trust_open(app->ctx, &pem, &options->trust, err))
        return rk_wrap(err, "--ca: \"%s\"", options->ca);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(options_done) struct verify_options options = { .ca = NULL };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "ca", 0, OPT_STR, &options.ca, "FILE", "CA chain (PEM, root last) that certificates must come from", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, OPT_LIST_MAX, &operands, err) ||
        rk_clock_now(app->ctx, &options.now, err))
        return err->rc;
    if (options.ca != NULL && open_trust(app, &options, err))
        return err->rc;
    for (size_t i = 0; i < operands.count; i++) {
        const char *path = operands.v[i];

        if (rk_release_is(path) ? verify_release(app, path, err)
                                : verify_file(app, &options, path, err))
            return err->rc;
    }
    return RK_OK;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .args = "PATH...",
    .summary = "verify files and releases from public material",
    .about = "The format is found by content. Without --ca only integrity is checked, and the "
             "answer says\n"
             "\"signer: not checked\". Exit code 3 when something does not hold.",
    .run = run,
};

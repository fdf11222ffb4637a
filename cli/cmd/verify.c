/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit verify: a yes or a no for any file or release, from public material. */
#include "cli/commands.h"

#include "cli/request.h"
#include "cli/out.h"

#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/release.h"
#include "rotkit/update.h"

#include <inttypes.h>
#include <string.h>

enum { UNSIGNED_TEXT = 400 };

struct verify_options {
    struct request_args args;
    const char *format;    /* NULL: by content */
    const char *not_older; /* a release or a file */
    bool keyed;            /* a key or a CA is named */
};

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

static enum rk_rc verify_release(const struct app *app, const struct verify_options *options,
                                 const struct request *request, const char *path,
                                 struct rk_err *err)
{
    EVP_PKEY *pub = request->core.key_count == 0 ? NULL : request->key[0].pub;
    struct rk_release_report report;
    char detail[160], images[48] = "";

    if (rk_release_verify(app->ctx, path, pub, &report, err) ||
        (request->core.trust != NULL && rk_release_check_ca(path, request->core.trust, err)) ||
        (options->not_older != NULL &&
         rk_release_not_older(app->ctx, path, options->not_older, err)))
        return rk_wrap(err, "%s", path);
    if (report.images != 0)
        (void)snprintf(images, sizeof images, ", %" PRIu64 " images", report.images);
    (void)snprintf(detail, sizeof detail,
                   "holds: %" PRIu64 " devices, %" PRIu64 " files, %" PRIu64 " EK certificates%s%s",
                   report.devices, report.files, report.certificates,
                   request->core.trust == NULL ? "" : " of the CA named", images);
    return tell(app, path, "release", detail, report.signer, err);
}

static enum rk_rc verify_update(const struct app *app, const struct verify_options *options,
                                const struct request *request, const char *path, struct rk_err *err)
{
    EVP_PKEY *pub = request->core.key_count == 0 ? NULL : request->key[0].pub;
    struct rk_update_report report;
    char detail[160];

    if (options->not_older != NULL)
        return opt_fail(app, err, "--not-older-than is not for an update: it says what it follows");
    if (request->core.trust != NULL)
        return opt_fail(app, err, "--ca is not for an update: --pub is the key that signs it");
    if (rk_update_verify(app->ctx, path, pub, &report, err))
        return rk_wrap(err, "%s", path);
    (void)snprintf(detail, sizeof detail, "holds: %s to %s, %zu payloads", report.from, report.to,
                   report.payloads);
    return tell(app, path, "update", detail, report.signer, err);
}

/* What the signature does not cover is said, since a flipped bit there goes unseen. */
static enum rk_rc tell_file(const struct app *app, const struct verify_options *options,
                            const char *path, const struct rk_map *map, struct rk_err *err)
{
    char detail[sizeof map->integrity + UNSIGNED_TEXT + 16];
    char open[UNSIGNED_TEXT];

    if (!options->keyed)
        return tell(app, path, map->format, map->integrity, "not checked", err);
    rk_map_unsigned(map, open, sizeof open);
    (void)snprintf(
        detail, sizeof detail, "%s%s%s", map->integrity,
        map->guard_count == 0 ? "" : "; not signed: ", map->guard_count == 0 ? "" : open);
    return tell(app, path, map->format, detail, map->signer, err);
}

static enum rk_rc compare_with_older(const struct app *app, const char *older_path,
                                     const struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map older = { .format = NULL };

    if (rk_file_read(older_path, REQUEST_FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_inspect(app->ctx, file.p, file.len, &older, err))
        return rk_wrap(err, "%s", older_path);
    if (strcmp(older.format, map->format) != 0)
        return rk_fail(err, RK_E_USAGE, "--not-older-than: \"%s\" is %s, this is %s", older_path,
                       older.format, map->format);
    return rk_map_not_older(map, &older, err);
}

static enum rk_rc verify_file(const struct app *app, const struct verify_options *options,
                              const struct request *request, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .format = NULL };

    if (rk_file_read(path, REQUEST_FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_verify(options->format, &request->core, file.p, file.len, &map, err) ||
        (options->not_older != NULL && compare_with_older(app, options->not_older, &map, err)))
        return rk_wrap(err, "%s", path);
    return tell_file(app, options, path, &map, err);
}

static enum rk_rc verify_paths(const struct app *app, const struct verify_options *options,
                               const struct operands *operands, struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = NULL;

    if (request_open(app, &options->args, &request, err))
        return err->rc;
    for (size_t i = 0; i < operands->count; i++) {
        const char *path = operands->v[i];

        if (rk_release_is(path)  ? verify_release(app, options, request, path, err)
            : rk_update_is(path) ? verify_update(app, options, request, path, err)
                                 : verify_file(app, options, request, path, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct verify_options options = { .format = NULL };
    struct opt_list with = { .count = 0 };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "pub", 0, OPT_STR, &options.args.pub, "FILE", "the public key that must have signed", false },
        { "ca", 0, OPT_STR, &options.args.ca, "FILE", "CA chain (PEM, root last) that certificates must come from", false },
        { "key", 0, OPT_STR, &options.args.secret, "URI", "symmetric key, to look into what is encrypted", false },
        { "with", 0, OPT_LIST, &with, "NAME=FILE", "a further file that the format takes, e.g. content=FILE", false },
        { "set", 0, OPT_LIST, &options.args.set, "NAME=VALUE", "a setting of the format", false },
        { "scheme", 0, OPT_STR, &options.args.scheme, "NAME", "signature scheme of a raw signature", false },
        { "format", 0, OPT_STR, &options.format, "NAME", "the format, where content does not tell", false },
        { "not-older-than", 0, OPT_STR, &options.not_older, "PATH", "a release or file whose anti-rollback values may not fall", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, OPT_LIST_MAX, &operands, err))
        return err->rc;
    options.args.parts = (char *const *)(const void *)with.v;
    options.args.part_count = with.count;
    options.keyed =
        options.args.pub != NULL || options.args.ca != NULL || options.args.secret != NULL;
    return verify_paths(app, &options, &operands, err);
}

const struct cmd cmd_verify = {
    .name = "verify",
    .args = "PATH...",
    .summary = "verify files, releases and updates from public material",
    .about =
        "The format is found by content. Without --pub or --ca only integrity is checked, and\n"
        "the answer says \"signer: not checked\". With one of them, unsigned content or another\n"
        "signer is a failure. Of a release, --pub is the release key, and --ca is what its own\n"
        "EK CA must come from; of an update, --pub is the update key. Exit code 3 when something\n"
        "does not hold.",
    .run = run,
};

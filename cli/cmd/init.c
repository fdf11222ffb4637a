/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit init: a manifest that builds at once, with fresh keys for development. */
#include "cli/commands.h"

#include "cli/ca_folder.h"
#include "cli/db_rows.h"
#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/cms.h"
#include "rotkit/devicedb.h"
#include "rotkit/hex.h"
#include "rotkit/init_file.h"
#include "rotkit/key.h"
#include "rotkit/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEVICES = 4, OEM_ID = 1, DAY_SECONDS = 86400, YEARS_30 = 10957 };

static const char about_keys[] =
    "# The keys, CA and devices beside this file were made by `rotkit init`, for development "
    "only:\n"
    "# they are not encrypted. Replace them before anything leaves the building.\n";

/* The folder being filled; cleared away again unless kept. */
struct place {
    struct staging staging; /* its folder is the place itself */
    bool made;
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind;
    if (at->level > 0)
        (void)remove(path);
    return 0;
}

static void place_done(struct place *place)
{
    const char *path = place->staging.place.sibling;

    if (path[0] == '\0')
        return;
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (place->made)
        (void)rmdir(path);
}

static enum rk_rc place_keep(struct place *place, struct rk_err *err)
{
    char *path = place->staging.place.sibling;

    if (path[0] != '\0' && rk_publish_in_place(path, err))
        return err->rc;
    path[0] = '\0';
    return RK_OK;
}

/* An empty folder will do; *ret_exists tells it from none at all. */
static enum rk_rc check_empty(const char *path, bool *ret_exists, struct rk_err *err)
{
    const struct dirent *entry;
    struct stat st;
    bool empty = true;
    DIR *folder;

    /* A link that leads nowhere is there too. */
    *ret_exists = lstat(path, &st) == 0;
    if (!*ret_exists && errno == ENOENT)
        return RK_OK;
    folder = opendir(path);
    if (folder == NULL && (errno == ENOTDIR || errno == ENOENT))
        return rk_fail(err, RK_E_USAGE, "\"%s\" exists and is no folder", path);
    if (folder == NULL)
        return rk_fail(err, RK_E_IO, "cannot open folder \"%s\": %s", path, strerror(errno));
    while ((entry = readdir(folder)) != NULL)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    (void)closedir(folder);
    if (!empty)
        return rk_fail(err, RK_E_USAGE,
                       "folder \"%s\" is not empty: nothing in it is ever overwritten", path);
    return RK_OK;
}

static enum rk_rc place_open(const struct app *app, const char *path, struct place *ret,
                             struct rk_err *err)
{
    bool exists;

    if (check_empty(path, &exists, err))
        return err->rc;
    ret->staging.dry_run = app->dry_run;
    if (app->dry_run)
        return RK_OK;
    if (!exists && rk_file_make_dirs(path, err))
        return err->rc;
    ret->made = !exists;
    return rk_path_join("", path, ret->staging.place.sibling, RK_PATH_MAX, err);
}

static enum rk_rc put(const struct place *place, const char *path, bool private, const void *bytes,
                      size_t len, struct rk_err *err)
{
    const struct new_file file = { .path = path, .private = private, .bytes = bytes, .len = len };

    return staging_write(&place->staging, &file, err);
}

static enum rk_rc put_key(const struct app *app, const struct place *place,
                          const struct rk_init_file *file, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    size_t len = *file->len;

    if (rk_random_secret(app->ctx, len, &value, err) || rk_secret_new(2 * len + 1, &text, err))
        return err->rc;
    rk_hex_write(value.p, value.len, (char *)text.p);
    text.p[2 * len] = '\n';
    return put(place, file->path, true, text.p, text.len, err);
}

static enum rk_rc put_signer(const struct app *app, const struct place *place,
                             const struct rk_init_file *file, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *key = NULL;
    RK_AUTO(rk_secret_done) struct rk_secret pem = RK_SECRET_NONE;

    if (rk_key_new(app->ctx, file->type, &key, err) || rk_key_private_pem(key, &pem, err))
        return err->rc;
    return put(place, file->path, true, pem.p, pem.len, err);
}

static enum rk_rc put_units(const struct app *app, const struct place *place,
                            const struct rk_init_file *file, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret table = RK_SECRET_NONE;
    const struct db_rows rows = { .kind = file->db, .count = DEVICES };

    for (uint64_t i = 0; i < DEVICES; i++) {
        RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
        struct rk_unit_id sn;

        rk_unit_id_make(OEM_ID, i + 1, &sn);
        if (rk_random_secret(app->ctx, rk_devicedb_value_len(file->db), &value, err) ||
            db_rows_put(&rows, i, &sn, value.p, &table, err))
            return err->rc;
    }
    return put(place, file->path, true, table.p, table.len, err);
}

static enum rk_rc put_bytes(const struct app *app, const struct place *place,
                            const struct rk_init_file *file, struct rk_err *err)
{
    (void)app;
    return put(place, file->path, false, file->bytes, *file->len, err);
}

static enum rk_rc put_files(const struct app *app, const struct place *place,
                            const struct rk_platform *platform, struct rk_err *err)
{
    static enum rk_rc (*const how[])(const struct app *, const struct place *,
                                     const struct rk_init_file *, struct rk_err *) = {
        [RK_INIT_KEY] = put_key,
        [RK_INIT_SIGNER] = put_signer,
        [RK_INIT_UNITS] = put_units,
        [RK_INIT_BYTES] = put_bytes,
    };

    for (const struct rk_init_file *file = rk_platform_init_files(platform); file->path != NULL;
         file++) {
        if (how[file->kind](app, place, file, err))
            return err->rc;
    }
    return RK_OK;
}

static void ca_files_done(struct rk_ca_files *files)
{
    rk_ca_files_done(files);
}

static enum rk_rc put_ca(const struct app *app, const struct place *place, int64_t from,
                         int64_t until, struct rk_err *err)
{
    const struct rk_ca_init in = { .key_type = "p384",
                                   .organization = "Development",
                                   .name = "Development",
                                   .not_before = from,
                                   .not_after_root = until,
                                   .not_after_issuing = until };
    RK_AUTO(ca_files_done) struct rk_ca_files ca = { .root_cert = RK_BYTES_NONE };

    if (rk_ca_make(app->ctx, &in, &ca, err))
        return err->rc;
    return ca_folder_write(&place->staging, "ca/", &ca, err);
}

static enum rk_rc put_factory(const struct app *app, const struct place *place, int64_t from,
                              int64_t until, struct rk_err *err)
{
    RK_AUTO(rk_cms_recipient_done) struct rk_cms_recipient factory = RK_CMS_RECIPIENT_NONE;

    if (rk_cms_make_recipient(app->ctx, "Development factory", from, until, &factory, err) ||
        put(place, "factory/factory.pem", false, factory.certificate.p, factory.certificate.len,
            err))
        return err->rc;
    return put(place, "factory/factory.key", true, factory.key.p, factory.key.len, err);
}

static enum rk_rc put_manifest(const struct app *app, const struct place *place,
                               const struct rk_platform *platform, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes whole = RK_BYTES_NONE;

    if (rk_manifest_init_text(app->ctx, platform, &text, err) ||
        rk_bytes_new(sizeof about_keys - 1 + text.len, &whole, err))
        return err->rc;
    memcpy(whole.p, about_keys, sizeof about_keys - 1);
    memcpy(whole.p + sizeof about_keys - 1, text.p, text.len);
    return put(place, "manifest.yaml", false, whole.p, whole.len, err);
}

/* The manifest comes last: where it is, all that it names is. */
static enum rk_rc fill(const struct app *app, const struct place *place,
                       const struct rk_platform *platform, struct rk_err *err)
{
    int64_t now, from;

    /* The manifest's certificates start on this day. */
    if (rk_clock_now(app->ctx, &now, err) || rk_clock_parse("2026-01-01", &from, err))
        return err->rc;
    if (now < from)
        from = now;
    if (put_files(app, place, platform, err) ||
        put_ca(app, place, from, now + (int64_t)YEARS_30 * DAY_SECONDS, err) ||
        put_factory(app, place, from, now + (int64_t)YEARS_30 * DAY_SECONDS, err))
        return err->rc;
    return put_manifest(app, place, platform, err);
}

static enum rk_rc find_platform(const struct app *app, const char *name,
                                const struct rk_platform **ret, struct rk_err *err)
{
    if (rk_platform_find(app->ctx, name, ret, err))
        return rk_wrap(err, "--platform");
    return rk_platform_init_files(*ret) != NULL
               ? RK_OK
               : opt_fail(app, err, "--platform: there is no first product for %s", name);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(place_done) struct place place = { .staging = STAGING_NONE };
    const struct rk_platform *platform = NULL;
    const char *name = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "platform", 0, OPT_STR, &name, "NAME", "a platform by its name in manifests (default: Jetson Orin)", false },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err) ||
        find_platform(app, name, &platform, err) || place_open(app, operands.v[0], &place, err) ||
        fill(app, &place, platform, err) || place_keep(&place, err))
        return err->rc;
    if (!app->dry_run) {
        out_note(app, "the keys in \"%s\" are for development only", operands.v[0]);
        out_note(app, "next: rotkit build %s/manifest.yaml", operands.v[0]);
    }
    return RK_OK;
}

const struct cmd cmd_init = {
    .name = "init",
    .args = "DIR",
    .summary = "write a commented manifest that builds, with development keys",
    .about =
        "Fills DIR, which must be empty or not there: manifest.yaml, and beside it the keys, "
        "the CA,\n"
        "the factory certificate and the databases of four devices that it names, all fresh. For\n"
        "optee also components/ftpm_ta.elf, which is no TPM: put your board's own TA there.",
    .run = run,
};

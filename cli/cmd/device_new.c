/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit device new: KDK0 and EPS seed of new devices, and their Silicon ID public keys. */
#include "cli/cmd/device.h"

#include "cli/db_rows.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/seal.h"

#include "rotkit/devicedb.h"
#include "rotkit/identity.h"
#include "rotkit/mac.h"

#include <string.h>

/* A database is made in secure memory, whole: this many rows fit (cli/main.c sets the arena). */
enum { COUNT_MAX = 2500, MASTER_LEN = 32 };

struct fleet {
    const struct rk_platform *platform;
    struct rk_unit_id first;
    size_t count;
    const char *master_uri;
    rk_mac *master; /* NULL: secrets are drawn */
    struct seal seal;
};

static void fleet_done(struct fleet *fleet)
{
    rk_mac_free(fleet->master);
    seal_done(&fleet->seal);
}

struct tables { /* file texts, in the clear */
    struct rk_secret kdk, seed;
    struct rk_bytes pubkey;
};

static void tables_done(struct tables *tables)
{
    rk_secret_done(&tables->kdk);
    rk_secret_done(&tables->seed);
    rk_bytes_done(&tables->pubkey);
}

/* A table: what is drawn or derived for each device. */
struct table {
    struct db_rows rows;
    size_t which; /* of a unit's secrets */
};

static enum rk_rc make_value(const struct app *app, const struct fleet *fleet,
                             const struct rk_unit_id *sn, const struct table *table,
                             struct rk_secret *ret, struct rk_err *err)
{
    if (fleet->master == NULL)
        return rk_random_secret(app->ctx, rk_devicedb_value_len(table->rows.kind), ret, err);
    return rk_platform_secret(fleet->platform, fleet->master, sn, table->which, ret, err);
}

static enum rk_rc put_pubkey(struct rk_bytes *table, size_t row, size_t count,
                             const struct rk_unit_id *sn, const uint8_t *value, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;

    if (rk_devicedb_format(RK_DB_PUBKEY, sn, value, &text, err) ||
        (table->p == NULL && rk_bytes_new(text.len * count, table, err)))
        return err->rc;
    memcpy(table->p + row * text.len, text.p, text.len);
    return RK_OK;
}

static enum rk_rc put_kdk(const struct app *app, const struct fleet *fleet, size_t row,
                          const struct rk_unit_id *sn, struct tables *tables, struct rk_err *err)
{
    const struct table table = { { RK_DB_KDK, fleet->count }, 0 };
    RK_AUTO(rk_secret_done) struct rk_secret kdk0 = RK_SECRET_NONE;
    RK_AUTO(rk_identity_done) struct rk_identity id = { .silicon_id_public = { 0 } };

    if (make_value(app, fleet, sn, &table, &kdk0, err) ||
        rk_identity_silicon_id(app->ctx, fleet->platform, sn, &kdk0, &id, err) ||
        db_rows_put(&table.rows, row, sn, kdk0.p, &tables->kdk, err))
        return err->rc;
    return put_pubkey(&tables->pubkey, row, fleet->count, sn, id.silicon_id_public, err);
}

static enum rk_rc put_seed(const struct app *app, const struct fleet *fleet, size_t row,
                           const struct rk_unit_id *sn, struct tables *tables, struct rk_err *err)
{
    const struct table table = { { RK_DB_EPS_SEED, fleet->count }, 1 };
    RK_AUTO(rk_secret_done) struct rk_secret seed = RK_SECRET_NONE;

    if (make_value(app, fleet, sn, &table, &seed, err))
        return err->rc;
    return db_rows_put(&table.rows, row, sn, seed.p, &tables->seed, err);
}

/* Where an EPS does not follow from KDK0 and seed, it is the seed. */
static enum rk_rc put_eps(const struct app *app, const struct fleet *fleet, size_t row,
                          const struct rk_unit_id *sn, struct tables *tables, struct rk_err *err)
{
    const struct table table = { { RK_DB_EPS, fleet->count }, 0 };
    RK_AUTO(rk_secret_done) struct rk_secret eps = RK_SECRET_NONE;

    if (make_value(app, fleet, sn, &table, &eps, err))
        return err->rc;
    return db_rows_put(&table.rows, row, sn, eps.p, &tables->seed, err);
}

typedef enum rk_rc put_fn(const struct app *app, const struct fleet *fleet, size_t row,
                          const struct rk_unit_id *sn, struct tables *tables, struct rk_err *err);

static enum rk_rc for_each(const struct app *app, const struct fleet *fleet, put_fn *put,
                           struct tables *tables, struct rk_err *err)
{
    struct rk_unit_id sn = fleet->first;

    for (size_t i = 0; i < fleet->count; i++) {
        if ((i != 0 && rk_unit_id_next(&sn, err)) || put(app, fleet, i, &sn, tables, err))
            return err->rc;
    }
    return RK_OK;
}

struct contents { /* as they go into the files */
    struct sealed kdk, seed;
    struct rk_bytes pubkey;
};

static void contents_done(struct contents *contents)
{
    sealed_done(&contents->kdk);
    sealed_done(&contents->seed);
    rk_bytes_done(&contents->pubkey);
}

/* When sealed, one secret table at a time is in memory in the clear. */
static enum rk_rc make_contents(const struct app *app, const struct fleet *fleet,
                                struct contents *contents, struct rk_err *err)
{
    RK_AUTO(tables_done) struct tables clear = { .kdk = RK_SECRET_NONE };

    if (for_each(app, fleet, put_kdk, &clear, err) ||
        seal_close(app, &fleet->seal, &clear.kdk, &contents->kdk, err) ||
        for_each(app, fleet, put_seed, &clear, err) ||
        seal_close(app, &fleet->seal, &clear.seed, &contents->seed, err))
        return err->rc;
    contents->pubkey = rk_bytes_take(&clear.pubkey);
    return RK_OK;
}

struct numbers {
    struct opt_u64 oem_id, first_sn, count;
};

static enum rk_rc read_fleet(const struct app *app, const struct numbers *in, const char *platform,
                             struct fleet *fleet, struct rk_err *err)
{

    if (in->oem_id.v > UINT16_MAX)
        return opt_fail(app, err, "--oem-id: %llu is above 65535",
                        (unsigned long long)in->oem_id.v);
    if (in->count.v == 0 || in->count.v > COUNT_MAX)
        return opt_fail(app, err, "--count: %llu, expected 1 to %d a run",
                        (unsigned long long)in->count.v, COUNT_MAX);
    if (in->first_sn.v > UINT64_MAX - (in->count.v - 1))
        return opt_fail(app, err, "--first-sn and --count pass the last serial number there is");
    fleet->count = (size_t)in->count.v;
    rk_unit_id_make((uint16_t)in->oem_id.v, in->first_sn.v, &fleet->first);
    if (rk_platform_find(app->ctx, platform, &fleet->platform, err) ||
        seal_open(app, &fleet->seal, err))
        return err->rc;
    if (fleet->master_uri != NULL &&
        rk_mac_open(app->ctx, fleet->master_uri, MASTER_LEN, &fleet->master, err))
        return rk_wrap(err, "--master");
    return RK_OK;
}

struct paths {
    const char *kdk, *seed, *pubkey, *eps;
};

/* The files that the platform's manifests name, all of them and no others. */
static enum rk_rc check_paths(const struct app *app, const struct fleet *fleet,
                              const struct paths *paths, struct rk_err *err)
{
    bool eps = rk_platform_reads(fleet->platform, "eps-db");
    bool given = paths->kdk != NULL && paths->seed != NULL && paths->pubkey != NULL;
    bool any = paths->kdk != NULL || paths->seed != NULL || paths->pubkey != NULL;

    if (eps && (paths->eps == NULL || any))
        return opt_fail(app, err, "platform %s has one database: expected --eps-db alone",
                        rk_platform_name(fleet->platform));
    if (!eps && (!given || paths->eps != NULL))
        return opt_fail(app, err,
                        "platform %s: expected --kdk-db, --eps-seeds and --pubkey-db, all three",
                        rk_platform_name(fleet->platform));
    return RK_OK;
}

static void note_plain(struct app *app, const struct fleet *fleet, const char *first,
                       const char *second)
{
    if (fleet->seal.plaintext && !app->dry_run)
        out_note(app, "secrets are in the clear: \"%s\"%s%s%s", first, second == NULL ? "" : ", \"",
                 second == NULL ? "" : second, second == NULL ? "" : "\"");
}

static enum rk_rc make_three(struct app *app, const struct fleet *fleet, const struct paths *paths,
                             struct rk_err *err)
{
    RK_AUTO(contents_done) struct contents contents = { .pubkey = RK_BYTES_NONE };

    if (new_file_check(paths->kdk, err) || new_file_check(paths->seed, err) ||
        new_file_check(paths->pubkey, err) || make_contents(app, fleet, &contents, err))
        return err->rc;
    const struct new_file files[] = {
        new_file_sealed(paths->kdk, &contents.kdk),
        new_file_sealed(paths->seed, &contents.seed),
        { .path = paths->pubkey, .bytes = contents.pubkey.p, .len = contents.pubkey.len },
    };
    if (new_files_write(app, files, sizeof files / sizeof files[0], err))
        return err->rc;
    note_plain(app, fleet, paths->kdk, paths->seed);
    return RK_OK;
}

static enum rk_rc make_one(struct app *app, const struct fleet *fleet, const char *path,
                           struct rk_err *err)
{
    RK_AUTO(tables_done) struct tables clear = { .kdk = RK_SECRET_NONE };
    RK_AUTO(contents_done) struct contents contents = { .pubkey = RK_BYTES_NONE };

    if (new_file_check(path, err) || for_each(app, fleet, put_eps, &clear, err) ||
        seal_close(app, &fleet->seal, &clear.seed, &contents.seed, err))
        return err->rc;
    const struct new_file file = new_file_sealed(path, &contents.seed);
    if (new_files_write(app, &file, 1, err))
        return err->rc;
    note_plain(app, fleet, path, NULL);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(fleet_done) struct fleet fleet = { .count = 0 };
    struct numbers numbers = { .count = { .v = 0 } };
    struct paths paths = { .kdk = NULL };
    const char *platform = NULL;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "oem-id",    0, OPT_U64, &numbers.oem_id,   "N",    "OEM id, 16 bits", true },
        { "first-sn",  0, OPT_U64, &numbers.first_sn, "N",    "serial number of the first device", true },
        { "count",     0, OPT_U64, &numbers.count,    "N",    "how many devices", true },
        { "kdk-db",    0, OPT_STR, &paths.kdk,        "FILE", "Jetson: KDK database to make (secret)", false },
        { "eps-seeds", 0, OPT_STR, &paths.seed,       "FILE", "Jetson: EPS seeds to make (secret)", false },
        { "pubkey-db", 0, OPT_STR, &paths.pubkey,     "FILE", "Jetson: Silicon ID public keys to make", false },
        { "eps-db",    0, OPT_STR, &paths.eps,        "FILE", "boards with OP-TEE: EPS to make (secret)", false },
        { "master",    0, OPT_STR, &fleet.master_uri, "KEY",  "derive the secrets from this 32-byte key instead of drawing them", false },
        { "platform",  0, OPT_STR, &platform,         "NAME", "whose devices they are (default: that of rotkit init)", false },
        OPT_SEAL(fleet.seal),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) ||
        read_fleet(app, &numbers, platform, &fleet, err) || check_paths(app, &fleet, &paths, err))
        return err->rc;
    return paths.eps != NULL ? make_one(app, &fleet, paths.eps, err)
                             : make_three(app, &fleet, &paths, err);
}

const struct cmd cmd_device_new = {
    .name = "new",
    .args = "",
    .summary = "make the databases of new devices",
    .about =
        "Draws what the platform's devices have of secrets (Jetson: KDK0 and EPS seed; boards\n"
        "with OP-TEE: the EPS) for each serial number, or derives it from --master, so that the\n"
        "same devices can be made again. The secret files are CMS messages that only the\n"
        "recipient opens (rotkit secret open). A file that exists is never overwritten.",
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit device derive: from KDK0 and EPS seed to Silicon ID, EPS and EKs, row by row. */
#include "cli/cmd/device.h"

#include "cli/ek_json.h"
#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/identity.h"
#include "rotkit/devicedb.h"

#include <string.h>

struct pair { /* the two databases, read in step */
    rk_devicedb *kdk, *seed;
    struct rk_devicedb_row kdk_row, seed_row;
};

static void pair_done(struct pair *pair)
{
    rk_devicedb_row_done(&pair->kdk_row);
    rk_devicedb_row_done(&pair->seed_row);
    rk_devicedb_close(pair->kdk);
    rk_devicedb_close(pair->seed);
}

static enum rk_rc only_in(const char *path, uint64_t line, const struct rk_unit_id *sn,
                          const char *missing_in, struct rk_err *err)
{
    char text[21];

    rk_unit_id_text(sn, text);
    return rk_fail_at(err, RK_E_USAGE, path, (unsigned)line, 0,
                      "device \"%s\" has no row in \"%s\"", text, missing_in);
}

/* The next device of both files; the same order is expected. */
static enum rk_rc pair_next(struct pair *pair, bool *ret_more, struct rk_err *err)
{
    const char *kdk = rk_devicedb_path(pair->kdk), *seed = rk_devicedb_path(pair->seed);
    bool more_kdk, more_seed;
    char a[21], b[21];

    rk_devicedb_row_done(&pair->kdk_row);
    rk_devicedb_row_done(&pair->seed_row);
    if (rk_devicedb_next(pair->kdk, &pair->kdk_row, &more_kdk, err) ||
        rk_devicedb_next(pair->seed, &pair->seed_row, &more_seed, err))
        return err->rc;
    if (more_kdk && !more_seed)
        return only_in(kdk, pair->kdk_row.line, &pair->kdk_row.sn, seed, err);
    if (more_seed && !more_kdk)
        return only_in(seed, pair->seed_row.line, &pair->seed_row.sn, kdk, err);
    *ret_more = more_kdk;
    if (!more_kdk || memcmp(&pair->kdk_row.sn, &pair->seed_row.sn, RK_UNIT_ID_LEN) == 0)
        return RK_OK;
    rk_unit_id_text(&pair->kdk_row.sn, a);
    rk_unit_id_text(&pair->seed_row.sn, b);
    (void)rk_fail_at(err, RK_E_USAGE, kdk, (unsigned)pair->kdk_row.line, 0,
                     "device \"%s\", but \"%s\" line %llu has device \"%s\"", a, seed,
                     (unsigned long long)pair->seed_row.line, b);
    return rk_note(err, "both files must list the same devices in the same order");
}

static void put_secrets(struct rk_jv at, const struct rk_identity *id)
{
    rk_json_put_hex(at, "kdk_nrk", id->kdk_nrk.p, id->kdk_nrk.len);
    rk_json_put_hex(at, "silicon_id", id->silicon_id.p, id->silicon_id.len);
    rk_json_put_hex(at, "ftpm_seed", id->ftpm_seed.p, id->ftpm_seed.len);
    rk_json_put_hex(at, "root_seed", id->root_seed.p, id->root_seed.len);
    rk_json_put_hex(at, "eps", id->eps.p, id->eps.len);
}

struct derive {
    const char *kdk_db, *eps_seeds, *profile, *templates, *platform_name;
    const struct rk_platform *platform;
    struct ek_choice ek;
    bool show_secrets;
};

static void derive_done(struct derive *in)
{
    ek_choice_done(&in->ek);
}

static enum rk_rc put_eks(const struct app *app, const struct derive *in,
                          const struct rk_identity *id, struct rk_jv list, struct rk_err *err)
{
    for (size_t i = 0; i < in->ek.count; i++) {
        RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;

        if (rk_ek_derive(app->ctx, &id->eps, in->ek.profile, in->ek.tpl[i], &ek, err))
            return rk_wrap(err, "template %s", rk_ek_template_name(in->ek.tpl[i]));
        if (ek_put(rk_json_put_object(list, NULL), &ek, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc one_device(const struct app *app, const struct derive *in,
                             const struct pair *pair, struct rk_err *err)
{
    RK_AUTO(rk_identity_done) struct rk_identity id = { .silicon_id_public = { 0 } };
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);
    char sn[21];

    rk_unit_id_text(&pair->kdk_row.sn, sn);
    if (rk_identity_derive(app->ctx, in->platform, &pair->kdk_row.sn, &pair->kdk_row.value,
                           &pair->seed_row.value, &id, err))
        return rk_wrap(err, "device \"%s\"", sn);
    rk_json_put_str(at, "device_sn", sn);
    rk_json_put_hex(at, "silicon_id_public", id.silicon_id_public, sizeof id.silicon_id_public);
    if (in->show_secrets)
        put_secrets(at, &id);
    if (put_eks(app, in, &id, rk_json_put_array(at, "ek"), err))
        return rk_wrap(err, "device \"%s\"", sn);
    return out_json_line(app, doc, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(derive_done) struct derive in = { .platform_name = NULL };
    RK_AUTO(pair_done) struct pair pair = { .kdk = NULL };
    char templates[EK_TEMPLATE_HELP_MAX];
    struct operands none;
    bool more = true, any = false;
    /* clang-format off */
    const struct opt rows[] = {
        { "kdk-db",       0, OPT_STR,  &in.kdk_db,        "FILE", "KDK database: rows of OEM id, SN, KDK0", true },
        { "eps-seeds",    0, OPT_STR,  &in.eps_seeds,     "FILE", "EPS seeds: rows of OEM id, SN, seed", true },
        { "platform",     0, OPT_STR,  &in.platform_name, "NAME", "the SoC (default: that of rotkit init)", false },
        { "profile",      0, OPT_STR,  &in.profile,       "NAME", EK_PROFILE_HELP, false },
        { "template",     0, OPT_STR,  &in.templates,     "LIST", ek_template_help(templates), false },
        { "show-secrets", 0, OPT_FLAG, &in.show_secrets,  NULL,   "print the derived secrets too", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err))
        return err->rc;
    if (!app->json)
        return opt_fail(app, err, "give --json: one JSON object a line is the only form there is");
    if (rk_platform_find(app->ctx, in.platform_name, &in.platform, err) ||
        ek_choose(in.profile == NULL ? rk_platform_default_profile(in.platform) : in.profile,
                  in.templates, &in.ek, err) ||
        rk_devicedb_open(in.kdk_db, RK_DB_KDK, NULL, &pair.kdk, err) ||
        rk_devicedb_open(in.eps_seeds, RK_DB_EPS_SEED, NULL, &pair.seed, err))
        return err->rc;
    while (more) {
        if (pair_next(&pair, &more, err) || (more && one_device(app, &in, &pair, err)))
            return err->rc;
        any = any || more;
    }
    return any ? RK_OK : rk_fail(err, RK_E_USAGE, "\"%s\" holds no device", in.kdk_db);
}

const struct cmd cmd_device_derive = {
    .name = "derive",
    .args = "",
    .summary = "compute the identity and the EKs of each device",
    .about =
        "Reads both files row by row, in the same order, and prints one JSON object a device:\n"
        "device_sn, silicon_id_public (x|y) and ek, a list as `rotkit ek derive` prints it.",
    .run = run,
};

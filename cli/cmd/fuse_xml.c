/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit fuse xml: the common fuse file, or one for each device of a KDK database. */
#include "cli/cmd/fuse.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"
#include "cli/seal.h"
#include "cli/staging.h"

#include "rotkit/devicedb.h"
#include "rotkit/file.h"
#include "rotkit/fuse.h"
#include "rotkit/hex.h"
#include "rotkit/mac.h"

#include <string.h>

enum { HASHES_MAX = 3, HASH_LEN = 64, KEY_LEN = 32, KEYS = 3 };

static const char *const key_options[KEYS] = { "sbk", "oem-k1", "oem-k2" };

struct fuse_options {
    const char *kdk_db, *out, *keys[KEYS]; /* SBK, OEM_K1, OEM_K2 */
    struct opt_list pubkeys, expected;
    struct opt_u64 bsi, preset, security_mode, opt_in, psc;
    bool accept_unconfirmed, ftpm;
    struct seal seal;
};

struct fuse_values {
    uint8_t hash[HASHES_MAX][HASH_LEN];
    struct rk_secret key[KEYS];
    rk_signer *pkc; /* the first key */
    uint32_t scheme;
    struct rk_fuse_plan plan; /* points into the above */
};

static void options_done(struct fuse_options *in)
{
    seal_done(&in->seal);
}

static void values_done(struct fuse_values *values)
{
    for (size_t i = 0; i < KEYS; i++)
        rk_secret_done(&values->key[i]);
    rk_signer_free(values->pkc);
}

/* The computed hash goes into a file only beside the vendor tool's own, or when told so. */
static enum rk_rc confirm(const struct fuse_options *in, size_t i, const uint8_t hash[HASH_LEN],
                          struct rk_err *err)
{
    const char *expected = i < in->expected.count ? in->expected.v[i] : NULL;
    enum rk_fuse_status status;

    if (rk_fuse_confirm(hash, expected, in->accept_unconfirmed, &status, err) == RK_OK)
        return RK_OK;
    if (expected == NULL)
        (void)rk_note(err, "options: --expect-hash HEX, --accept-unconfirmed");
    return rk_wrap(err, "\"%s\"", in->pubkeys.v[i]);
}

static enum rk_rc hash_keys(const struct app *app, const struct fuse_options *in,
                            struct fuse_values *values, struct rk_err *err)
{
    for (size_t i = 0; i < in->pubkeys.count; i++) {
        RK_AUTO(rk_signer_done) rk_signer *key = NULL;
        uint32_t scheme;

        if (pubkey_open(app, in->pubkeys.v[i], NULL, &key, err))
            return err->rc;
        if (rk_fuse_public_key_hash(rk_signer_pkey(key), values->hash[i], err) ||
            rk_fuse_auth_scheme(rk_signer_pkey(key), &scheme, err))
            return rk_wrap(err, "\"%s\"", in->pubkeys.v[i]);
        if (confirm(in, i, values->hash[i], err))
            return err->rc;
        values->plan.public_key_hash[i] = values->hash[i];
        if (i == 0) {
            values->scheme = scheme;
            values->pkc = key;
            key = NULL;
        } else if (scheme != values->scheme) {
            return rk_fail(err, RK_E_USAGE,
                           "\"%s\" is of another type than \"%s\": one scheme serves all",
                           in->pubkeys.v[i], in->pubkeys.v[0]);
        }
    }
    return RK_OK;
}

static enum rk_rc read_keys(const struct fuse_options *in, struct fuse_values *values,
                            struct rk_err *err)
{
    const struct rk_secret **into[KEYS] = { &values->plan.sbk, &values->plan.oem_k1,
                                            &values->plan.oem_k2 };

    for (size_t i = 0; i < KEYS; i++) {
        if (in->keys[i] == NULL)
            continue;
        if (rk_secret_read(in->keys[i], KEY_LEN, &values->key[i], err))
            return rk_wrap(err, "--%s", key_options[i]);
        *into[i] = &values->key[i];
    }
    return RK_OK;
}

/* What is enabled, OR-ed with what the module came with; a value given must cover both. */
static enum rk_rc compose_bsi(const struct fuse_options *in, struct fuse_values *values,
                              struct rk_err *err)
{
    struct rk_fuse_plan *plan = &values->plan;
    EVP_PKEY *pkc = values->pkc == NULL ? NULL : rk_signer_pkey(values->pkc);
    bool oem_key = plan->oem_k1 != NULL || plan->oem_k2 != NULL;
    uint32_t bits;

    if (rk_fuse_boot_security_info(pkc, plan->sbk != NULL, oem_key, in->ftpm,
                                   (uint32_t)in->preset.v, &bits, err))
        return err->rc;
    if (in->bsi.set && (in->bsi.v & bits) != bits)
        return rk_fail(err, RK_E_USAGE,
                       "--boot-security-info 0x%llx lacks bits of 0x%x, which the other "
                       "options enable",
                       (unsigned long long)in->bsi.v, (unsigned)bits);
    plan->boot_security_info = in->bsi.set ? (uint32_t)in->bsi.v : bits;
    plan->has_boot_security_info = plan->boot_security_info != 0;
    return RK_OK;
}

static enum rk_rc word(const struct app *app, const struct opt_u64 *in, const char *name, bool *has,
                       uint32_t *value, struct rk_err *err)
{
    if (in->v > UINT32_MAX)
        return opt_fail(app, err, "--%s: 0x%llx is above 32 bits", name, (unsigned long long)in->v);
    *has = in->set;
    *value = (uint32_t)in->v;
    return RK_OK;
}

static enum rk_rc read_values(const struct app *app, const struct fuse_options *in,
                              struct fuse_values *values, struct rk_err *err)
{
    struct rk_fuse_plan *plan = &values->plan;
    uint32_t unused;
    bool has;

    if (in->pubkeys.count > HASHES_MAX)
        return opt_fail(app, err, "--pubkey given more than %d times", HASHES_MAX);
    if (in->expected.count > in->pubkeys.count)
        return opt_fail(app, err, "more --expect-hash than --pubkey");
    if (word(app, &in->bsi, "boot-security-info", &has, &unused, err) ||
        word(app, &in->preset, "preset", &has, &unused, err) ||
        word(app, &in->security_mode, "security-mode", &plan->has_security_mode,
             &plan->security_mode, err) ||
        word(app, &in->opt_in, "opt-in-enable", &plan->has_opt_in_enable, &plan->opt_in_enable,
             err) ||
        word(app, &in->psc, "psc-odm-static", &plan->has_psc_odm_static, &plan->psc_odm_static,
             err))
        return err->rc;
    if (hash_keys(app, in, values, err) || read_keys(in, values, err))
        return err->rc;
    return compose_bsi(in, values, err);
}

static enum rk_rc make_xml(const struct app *app, const struct fuse_options *in,
                           const struct rk_fuse_plan *plan, struct sealed *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret xml = RK_SECRET_NONE;

    if (rk_fuse_xml(plan, &xml, err))
        return err->rc;
    return seal_close(app, &in->seal, &xml, ret, err);
}

static bool holds_a_fuse(const struct rk_fuse_plan *plan)
{
    return plan->public_key_hash[0] != NULL || plan->sbk != NULL || plan->oem_k1 != NULL ||
           plan->oem_k2 != NULL || plan->has_boot_security_info || plan->has_security_mode ||
           plan->has_opt_in_enable || plan->has_psc_odm_static;
}

static enum rk_rc write_common(const struct app *app, const struct fuse_options *in,
                               const struct fuse_values *values, struct rk_err *err)
{
    RK_AUTO(sealed_done) struct sealed content = { .cms = RK_BYTES_NONE };

    if (!holds_a_fuse(&values->plan))
        return opt_fail(app, err, "no fuse is named");
    if (new_file_check(in->out, err) || make_xml(app, in, &values->plan, &content, err))
        return err->rc;
    const struct new_file file = new_file_sealed(in->out, &content);
    return new_files_write(app, &file, 1, err);
}

RK_CLEANUP(db_done, rk_devicedb, rk_devicedb_close)

static enum rk_rc write_device(const struct app *app, const struct fuse_options *in,
                               const struct fuse_values *values, const struct rk_devicedb_row *row,
                               const struct staging *staging, struct rk_err *err)
{
    RK_AUTO(sealed_done) struct sealed content = { .cms = RK_BYTES_NONE };
    struct rk_fuse_plan plan = values->plan;
    char sn[21], name[64];

    plan.sn = &row->sn;
    plan.kdk0 = &row->value;
    rk_device_sn_text(&row->sn, sn);
    if (make_xml(app, in, &plan, &content, err))
        return rk_wrap(err, "device \"%s\"", sn);
    (void)snprintf(name, sizeof name, "fusexml-%.4s-%s.xml%s", sn, sn + 4,
                   in->seal.plaintext ? "" : ".cms");
    const struct new_file file = new_file_sealed(name, &content);
    return staging_write(staging, &file, err);
}

static enum rk_rc write_devices(const struct app *app, const struct fuse_options *in,
                                const struct fuse_values *values, struct rk_err *err)
{
    RK_AUTO(db_done) rk_devicedb *db = NULL;
    RK_AUTO(staging_done) struct staging staging = STAGING_NONE;
    bool more = true, any = false;

    if (rk_devicedb_open(in->kdk_db, RK_DB_KDK, NULL, &db, err) ||
        staging_open(app, in->out, &staging, err))
        return err->rc;
    while (more) {
        RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row row = { .line = 0 };

        if (rk_devicedb_next(db, &row, &more, err) ||
            (more && write_device(app, in, values, &row, &staging, err)))
            return err->rc;
        any = any || more;
    }
    if (!any)
        return rk_fail(err, RK_E_USAGE, "\"%s\" holds no device", in->kdk_db);
    return staging_publish(&staging, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(options_done) struct fuse_options in = { .kdk_db = NULL };
    RK_AUTO(values_done) struct fuse_values values = { .pkc = NULL };
    struct operands none;
    enum rk_rc rc;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR,  &in.out,     "PATH", "file to make; with --kdk-db, folder to make", true },
        { "kdk-db",   0, OPT_STR,  &in.kdk_db,  "FILE", "one file a device: OdmInfo, OdmId and Kdk0 from this database", false },
        { "pubkey",   0, OPT_LIST, &in.pubkeys, "FILE", "PKC key: PublicKeyHash, then PkcPubkeyHash1 and 2", false },
        { "expect-hash", 0, OPT_LIST, &in.expected, "HEX", "hash of the key as NVIDIA's tool printed it, in the same order", false },
        { "accept-unconfirmed", 0, OPT_FLAG, &in.accept_unconfirmed, NULL, "write a PublicKeyHash that nothing has confirmed", false },
        { "sbk",      0, OPT_STR,  &in.keys[0], "KEY",  "SecureBootKey, 32 bytes", false },
        { "oem-k1",   0, OPT_STR,  &in.keys[1], "KEY",  "OemK1, 32 bytes", false },
        { "oem-k2",   0, OPT_STR,  &in.keys[2], "KEY",  "OemK2, 32 bytes", false },
        { "ftpm",     0, OPT_FLAG, &in.ftpm,    NULL,   "set the BootSecurityInfo bits the fTPM needs (9, 11, 13)", false },
        { "preset",   0, OPT_U64,  &in.preset,  "N",    "BootSecurityInfo the module came with, OR-ed in (often 0x1e0)", false },
        { "boot-security-info", 0, OPT_U64, &in.bsi, "N", "the whole value, checked against the other options", false },
        { "opt-in-enable", 0, OPT_U64, &in.opt_in, "N", "OptInEnable", false },
        { "psc-odm-static", 0, OPT_U64, &in.psc, "N",   "PscOdmStatic", false },
        { "security-mode", 0, OPT_U64, &in.security_mode, "N", "SecurityMode, burnt last", false },
        OPT_SEAL(in.seal),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || seal_open(app, &in.seal, err) ||
        read_values(app, &in, &values, err))
        return err->rc;
    rc = in.kdk_db == NULL ? write_common(app, &in, &values, err)
                           : write_devices(app, &in, &values, err);
    if (rc == RK_OK && in.seal.plaintext && !app->dry_run)
        out_note(app, "secrets are in the clear: \"%s\"", in.out);
    if (rc == RK_OK && in.pubkeys.count > in.expected.count)
        out_note(app, "PublicKeyHash is %s: " FUSE_HASH_ADVICE, FUSE_HASH_STATUS);
    return rc;
}

const struct cmd cmd_fuse_xml = {
    .name = "xml",
    .args = "",
    .summary = "write fuse files",
    .about =
        "BootSecurityInfo is composed from what the options enable and OR-ed with --preset. The\n"
        "files stand for fuses that burn once: check them with the vendor's tool first.",
    .run = run,
};

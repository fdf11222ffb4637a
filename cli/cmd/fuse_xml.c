/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit fuse xml: the common fuse file, one for each device of a KDK database, or both in one. */
#include "cli/cmd/fuse.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"
#include "cli/seal.h"
#include "cli/staging.h"

#include "rotkit/devicedb.h"
#include "rotkit/file.h"
#include "rotkit/fuse.h"
#include "rotkit/fuse_file.h"
#include "rotkit/hex.h"
#include "rotkit/mac.h"

#include <string.h>

enum { HASHES_MAX = RK_FUSE_KEYS_MAX, HASH_LEN = 64, KEY_LEN = 32, KEYS = 3 };

static const char *const hash_fuses[] = { "PublicKeyHash", "PkcPubkeyHash1", "PkcPubkeyHash2" };
static const struct {
    const char *option, *fuse;
} keys[KEYS] = { { "sbk", "SecureBootKey" }, { "oem-k1", "OemK1" }, { "oem-k2", "OemK2" } };

struct fuse_options {
    const char *kdk_db, *out, *keys[KEYS]; /* SBK, OEM_K1, OEM_K2 */
    struct opt_list pubkeys, expected, merge;
    struct opt_u64 bsi, preset, security_mode, opt_in, psc;
    bool accept_unconfirmed, ftpm, already_burnt;
    struct seal seal;
};

struct fuse_values {
    rk_signer *pkc[HASHES_MAX];
    uint32_t scheme;
    struct rk_fuse_set set; /* what the options name, and the files of --merge */
};

static void options_done(struct fuse_options *in)
{
    seal_done(&in->seal);
}

static void values_done(struct fuse_values *values)
{
    for (size_t i = 0; i < HASHES_MAX; i++)
        rk_signer_free(values->pkc[i]);
    rk_fuse_set_done(&values->set);
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

static enum rk_rc hash_key(const struct app *app, const struct fuse_options *in, size_t i,
                           struct fuse_values *values, struct rk_err *err)
{
    uint8_t hash[HASH_LEN];
    uint32_t scheme;

    if (pubkey_open(app, in->pubkeys.v[i], NULL, &values->pkc[i], err))
        return err->rc;
    if (rk_fuse_public_key_hash(rk_signer_pkey(values->pkc[i]), hash, err) ||
        rk_fuse_auth_scheme(rk_signer_pkey(values->pkc[i]), &scheme, err))
        return rk_wrap(err, "\"%s\"", in->pubkeys.v[i]);
    if (confirm(in, i, hash, err))
        return err->rc;
    if (i != 0 && scheme != values->scheme)
        return rk_fail(err, RK_E_USAGE,
                       "\"%s\" is of another type than \"%s\": one scheme serves all",
                       in->pubkeys.v[i], in->pubkeys.v[0]);
    values->scheme = scheme;
    return rk_fuse_set_put(&values->set, hash_fuses[i], hash, sizeof hash, err);
}

static enum rk_rc read_key(const struct fuse_options *in, size_t i, struct fuse_values *values,
                           struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;

    if (in->keys[i] == NULL)
        return RK_OK;
    if (rk_secret_read(in->keys[i], KEY_LEN, &key, err))
        return rk_wrap(err, "--%s", keys[i].option);
    return rk_fuse_set_put(&values->set, keys[i].fuse, key.p, key.len, err);
}

/* What another file burns, of a device or of all. */
static enum rk_rc merge_file(const char *path, struct fuse_values *values, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = NULL };
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;

    if (rk_file_read_secret(path, RK_FUSE_FILE_MAX, &text, err))
        return err->rc;
    if (rk_fuse_file_read(text.p, text.len, values->set.soc, &set, &findings, err) ||
        rk_fuse_verdict(&findings, RK_E_USAGE, err))
        return rk_wrap(err, "\"%s\"", path);
    if (set.is_list || set.rpmb)
        return rk_fail(err, RK_E_USAGE, "\"%s\": %s", path,
                       set.rpmb ? "rpmb: it is not merged" : "a list without values");
    if (rk_fuse_set_merge(&values->set, &set, err))
        return rk_wrap(err, "\"%s\"", path);
    return RK_OK;
}

static enum rk_rc put_bsi(struct fuse_values *values, uint32_t bits, struct rk_err *err)
{
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set one = { .soc = values->set.soc };

    return rk_fuse_set_put_number(&one, "BootSecurityInfo", bits, err) ||
                   rk_fuse_set_merge(&values->set, &one, err)
               ? err->rc
               : RK_OK;
}

/* What is enabled, OR-ed with what the module came with; a value given must cover both. */
static enum rk_rc compose_bsi(const struct fuse_options *in, struct fuse_values *values,
                              struct rk_err *err)
{
    const struct rk_fuse_set *set = &values->set;
    EVP_PKEY *pkc = values->pkc[0] == NULL ? NULL : rk_signer_pkey(values->pkc[0]);
    const struct rk_fuse *there = rk_fuse_of(set, RK_FUSE_BSI, 0);
    uint32_t bits;

    if (rk_fuse_boot_security_info(pkc, rk_fuse_of(set, RK_FUSE_SBK, 0) != NULL,
                                   rk_fuse_of(set, RK_FUSE_OEM_KEY, 0) != NULL, in->ftpm,
                                   (uint32_t)in->preset.v, &bits, err))
        return err->rc;
    bits |= there == NULL ? 0 : rk_fuse_number(there);
    /* The scheme is no set of bits: the rules compare it. */
    if (in->bsi.set && ((in->bsi.v | set->soc->bits.scheme) & bits) != bits)
        return rk_fail(err, RK_E_USAGE,
                       "--boot-security-info 0x%llx lacks bits of 0x%x, which the other "
                       "options enable",
                       (unsigned long long)in->bsi.v, (unsigned)bits);
    if (!in->bsi.set && bits == 0)
        return RK_OK;
    return put_bsi(values, in->bsi.set ? (uint32_t)in->bsi.v : bits, err);
}

static enum rk_rc put_number(const struct app *app, const struct opt_u64 *in, const char *option,
                             const char *fuse, struct fuse_values *values, struct rk_err *err)
{
    if (in->v > UINT32_MAX)
        return opt_fail(app, err, "--%s: 0x%llx is above 32 bits", option,
                        (unsigned long long)in->v);
    return in->set && fuse != NULL
               ? rk_fuse_set_put_number(&values->set, fuse, (uint32_t)in->v, err)
               : RK_OK;
}

static enum rk_rc put_numbers(const struct app *app, const struct fuse_options *in,
                              struct fuse_values *values, struct rk_err *err)
{
    const struct {
        const struct opt_u64 *in;
        const char *option, *fuse; /* NULL: goes into another */
    } rows[] = {
        { &in->bsi, "boot-security-info", NULL },
        { &in->preset, "preset", NULL },
        { &in->security_mode, "security-mode", "SecurityMode" },
        { &in->opt_in, "opt-in-enable", "OptInEnable" },
        { &in->psc, "psc-odm-static", "PscOdmStatic" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (put_number(app, rows[i].in, rows[i].option, rows[i].fuse, values, err))
            return err->rc;
    }
    return RK_OK;
}

/* The rules that `build` and `fuse check` have; what holds and should be known is said. */
static enum rk_rc check_rules(const struct app *app, const struct fuse_options *in,
                              const struct fuse_values *values, const struct rk_fuse_set *set,
                              bool tell, struct rk_err *err)
{
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    struct rk_fuse_known known = { .has_preset = in->preset.set,
                                   .preset = (uint32_t)in->preset.v,
                                   .already_burnt = in->already_burnt };

    for (size_t i = 0; i < HASHES_MAX && values->pkc[i] != NULL; i++)
        known.key[i] = rk_signer_pkey(values->pkc[i]);
    rk_fuse_rules(set, &known, &findings);
    if (rk_fuse_verdict(&findings, RK_E_USAGE, err))
        return err->rc;
    for (size_t i = 0; tell && i < findings.count; i++)
        out_note(app, "%s: %s", findings.item[i].fuse, findings.item[i].text);
    return RK_OK;
}

static enum rk_rc read_values(const struct app *app, const struct fuse_options *in,
                              struct fuse_values *values, struct rk_err *err)
{
    if (in->pubkeys.count > HASHES_MAX)
        return opt_fail(app, err, "--pubkey given more than %d times", HASHES_MAX);
    if (in->expected.count > in->pubkeys.count)
        return opt_fail(app, err, "more --expect-hash than --pubkey");
    values->set.soc = rk_fuse_soc_at(0); /* the one whose fuses are made */
    if (put_numbers(app, in, values, err))
        return err->rc;
    for (size_t i = 0; i < in->pubkeys.count; i++) {
        if (hash_key(app, in, i, values, err))
            return err->rc;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (read_key(in, i, values, err))
            return err->rc;
    }
    for (size_t i = 0; i < in->merge.count; i++) {
        if (merge_file(in->merge.v[i], values, err))
            return err->rc;
    }
    return compose_bsi(in, values, err);
}

static enum rk_rc make_xml(const struct app *app, const struct fuse_options *in,
                           const struct rk_fuse_set *set, struct sealed *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret xml = RK_SECRET_NONE;

    if (rk_fuse_set_xml(set, &xml, err))
        return err->rc;
    return seal_close(app, &in->seal, &xml, ret, err);
}

static enum rk_rc write_common(const struct app *app, const struct fuse_options *in,
                               const struct fuse_values *values, struct rk_err *err)
{
    RK_AUTO(sealed_done) struct sealed content = { .cms = RK_BYTES_NONE };

    if (values->set.count == 0)
        return opt_fail(app, err, "no fuse is named");
    if (new_file_check(in->out, err) || make_xml(app, in, &values->set, &content, err))
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
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = values->set.soc };
    char sn[21], name[64];

    rk_unit_id_text(&row->sn, sn);
    if (rk_fuse_set_put_sn(&set, &row->sn, err) ||
        rk_fuse_set_put(&set, "Kdk0", row->value.p, row->value.len, err) ||
        rk_fuse_set_merge(&set, &values->set, err) ||
        check_rules(app, in, values, &set, false, err) || make_xml(app, in, &set, &content, err))
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
    RK_AUTO(values_done) struct fuse_values values = { .scheme = 0 };
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
        { "already-burnt", 0, OPT_FLAG, &in.already_burnt, NULL, "what the fuses build on and do not hold (PublicKeyHash, OemK1) is in the module", false },
        { "merge",    0, OPT_LIST, &in.merge,   "FILE", "take the fuses of this file too, as of a device or of all; values must agree", false },
        { "opt-in-enable", 0, OPT_U64, &in.opt_in, "N", "OptInEnable", false },
        { "psc-odm-static", 0, OPT_U64, &in.psc, "N",   "PscOdmStatic", false },
        { "security-mode", 0, OPT_U64, &in.security_mode, "N", "SecurityMode, burnt last", false },
        OPT_SEAL(in.seal),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || seal_open(app, &in.seal, err) ||
        read_values(app, &in, &values, err) ||
        check_rules(app, &in, &values, &values.set, true, err))
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
        "BootSecurityInfo is composed from what the options enable and OR-ed with --preset. Its\n"
        "scheme must be that of the key; the SBK needs a PKC key, bit 9 an OEM key, SecurityMode 1 "
        "a\n"
        "PublicKeyHash: in the file, or in the module by --already-burnt. With --kdk-db the fuses "
        "of\n"
        "the options stand in each device's file, so that one file burns all of a device; --merge\n"
        "does the same from files. OdmId comes first and SecurityMode last. The files stand for "
        "fuses\n"
        "that burn once: check them with the vendor's tool first.",
    .run = run,
};

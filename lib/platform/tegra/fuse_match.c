/* SPDX-License-Identifier: Apache-2.0 */
/* A fuse file against the key that signs boot files, and against the key blob. */
#include "rotkit/fuse_file.h"

#include "platform/tegra/fuse_table.h"

#include "rotkit/ekb.h"
#include "rotkit/fuse.h"
#include "rotkit/mac.h"

#include <string.h>

/* ---- the PKC key ---- */

static const char unconfirmed[] =
    "the rule is unconfirmed, no vendor value has been at hand: compare with what tegrasign_v3.py "
    "--pubkeyhash prints";

void rk_fuse_against_key(const struct rk_fuse_set *set, EVP_PKEY *key,
                         struct rk_fuse_findings *findings)
{
    const struct rk_fuse *hash = rk_fuse_of(set, RK_FUSE_HASH, 0);
    uint8_t wanted[64];
    struct rk_err why;

    if (set->soc->no_hash != NULL) {
        rk_fuse_find(findings, RK_FUSE_UNKNOWN, 0, "PublicKeyHash", "%s", set->soc->no_hash);
        return;
    }
    if (rk_fuse_public_key_hash(key, wanted, &why) != RK_OK) {
        rk_fuse_find(findings, RK_FUSE_FAILS, 0, "PublicKeyHash", "%.*s",
                     (int)strcspn(why.msg, "\n"), why.msg);
        return;
    }
    if (hash == NULL) {
        rk_fuse_find(findings, RK_FUSE_UNKNOWN, 0, "PublicKeyHash",
                     "there is none, so that the key cannot be compared");
        return;
    }
    for (size_t i = 0; (hash = rk_fuse_of(set, RK_FUSE_HASH, i)) != NULL; i++) {
        if (hash->value.len == sizeof wanted && memcmp(hash->value.p, wanted, sizeof wanted) == 0) {
            rk_fuse_find(findings, RK_FUSE_NOTE, hash->line, hash->row->name,
                         "of the key that is named: %s", unconfirmed);
            return;
        }
    }
    hash = rk_fuse_of(set, RK_FUSE_HASH, 0);
    rk_fuse_find(findings, RK_FUSE_FAILS, hash->line, hash->row->name,
                 "not what the key that is named gives");
    rk_fuse_hint(findings, "%s", unconfirmed);
}

/* ---- the key blob ---- */

struct blob_check {
    const struct rk_fuse_set *set;
    struct rk_fuse_findings *findings;
};

#define BLOB(c, weight, ...) rk_fuse_find((c)->findings, weight, 0, "", "key blob: " __VA_ARGS__)

/* The device computes its EPS only when the Device SN in the blob is that of its fuses. */
static void check_sn(const struct blob_check *c, const struct rk_ekb *ekb)
{
    const struct rk_secret *sn = rk_ekb_find(ekb, RK_EKB_TAG_FTPM_SN);
    const struct rk_fuse *id = rk_fuse_get(c->set, "OdmId"), *info = rk_fuse_get(c->set, "OdmInfo");

    if (sn == NULL || sn->len != RK_UNIT_ID_LEN)
        return;
    if ((id != NULL && memcmp(id->value.p, sn->p + 2, 8) != 0) ||
        (info != NULL && rk_fuse_number(info) != ((uint32_t)sn->p[0] << 8 | sn->p[1])))
        BLOB(c, RK_FUSE_FAILS, "of another device: its Device SN is not that of OdmId and OdmInfo");
}

/* What the boot of a fused module asks of a blob, and the blob of the fuses. */
static void check_content(const struct blob_check *c, const struct rk_ekb *ekb)
{
    const struct rk_fuse *bsi = rk_fuse_of(c->set, RK_FUSE_BSI, 0);
    uint32_t ftpm = c->set->soc->bits.ftpm;

    if (bsi != NULL && (rk_fuse_number(bsi) & c->set->soc->bits.oem_key) == 0 &&
        c->set->soc->bits.oem_key != 0)
        rk_fuse_find(c->findings, RK_FUSE_FAILS, bsi->line, bsi->row->name,
                     "without bit 9 the module does not use the key of the key blob");
    if (ekb->version == RK_EKB_LEGACY)
        return;
    if (rk_ekb_find(ekb, RK_EKB_TAG_UEFI_AUTH_KEY) == NULL)
        BLOB(c, RK_FUSE_FAILS, "no UEFI variable key (tag 4): a fused module halts at boot");
    if (bsi != NULL && rk_ekb_find(ekb, RK_EKB_TAG_EPS_SEED) != NULL &&
        (rk_fuse_number(bsi) & ftpm) != ftpm)
        rk_fuse_find(c->findings, RK_FUSE_FAILS, bsi->line, bsi->row->name,
                     "the key blob is for the fTPM, which needs bits 9, 11 and 13");
    check_sn(c, ekb);
}

RK_CLEANUP(ekb_free, rk_ekb, rk_ekb_free)

static enum rk_rc open_with(const rk_ctx *ctx, const struct rk_fuse *key,
                            const struct rk_fuse_blob *blob, rk_ekb **ret, struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *root = NULL;

    if (rk_mac_from_secret(ctx, &key->value, &root, err))
        return err->rc;
    return rk_ekb_open(root, blob->fv, blob->p, blob->len, ret, err);
}

/* With one key after the other, as OP-TEE does. */
static enum rk_rc try_keys(const rk_ctx *ctx, const struct blob_check *c,
                           const struct rk_fuse_blob *blob, struct rk_err *err)
{
    const struct rk_fuse *key;
    size_t tried = 0;

    for (; (key = rk_fuse_of(c->set, RK_FUSE_OEM_KEY, tried)) != NULL; tried++) {
        RK_AUTO(ekb_free) rk_ekb *ekb = NULL;

        if (open_with(ctx, key, blob, &ekb, err) == RK_OK) {
            rk_fuse_find(c->findings, RK_FUSE_NOTE, key->line, key->row->name,
                         "opens the key blob");
            check_content(c, ekb);
            return RK_OK;
        }
        if (err->rc != RK_E_VERIFY)
            return err->rc;
    }
    if (tried == 0)
        BLOB(c, RK_FUSE_UNKNOWN, "the key that it is encrypted under is not in the file");
    else
        BLOB(c, RK_FUSE_FAILS, "no key of the file opens it");
    return RK_OK;
}

/* Both slots of a flash hold copies; others are not asked of which the board reads. */
static void check_copies(const struct blob_check *c, const struct rk_fuse_blob *dump, size_t at,
                         size_t len)
{
    struct rk_ekb_outline other;

    for (size_t next = at + len; rk_ekb_next(dump->p, dump->len, &next, &other);
         next += other.len) {
        if (other.len == len && memcmp(dump->p + at, dump->p + next, len) == 0)
            continue;
        BLOB(c, RK_FUSE_UNKNOWN, "there are several, and the one at 0x%zx differs from the first",
             next);
        return;
    }
}

enum rk_rc rk_fuse_against_blob(const rk_ctx *ctx, const struct rk_fuse_set *set,
                                const struct rk_fuse_blob *blob, struct rk_fuse_findings *findings,
                                struct rk_err *err)
{
    const struct blob_check c = { set, findings };
    struct rk_fuse_blob found = *blob;
    struct rk_ekb_outline out;
    size_t at = 0;

    if (set->soc->no_blob != NULL) {
        BLOB(&c, RK_FUSE_UNKNOWN, "%s", set->soc->no_blob);
        return RK_OK;
    }
    if (!rk_ekb_next(blob->p, blob->len, &at, &out)) {
        /* What begins as one and is none says why. */
        return rk_ekb_outline(blob->p, blob->len, &out, err) ? err->rc : RK_OK;
    }
    check_copies(&c, blob, at, out.len);
    found.p += at;
    found.len = out.len;
    if (out.version == RK_EKB_2_0 && found.fv != NULL)
        return rk_fail(err, RK_E_USAGE, "of version 2.0, which holds its FV: --fv is for others");
    if (out.version != RK_EKB_2_0 && found.fv == NULL) {
        BLOB(&c, RK_FUSE_UNKNOWN, "of version 1.0 or older, whose FV is not in it");
        rk_fuse_hint(findings, "name it: --fv FILE");
        return RK_OK;
    }
    return try_keys(ctx, &c, &found, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of a Jetson unit: fuse data, the container for its OEM, its key blob. */
#include "platform/tegra/plan.h"

#include "rotkit/fuse_file.h"
#include "rotkit/nvftpm.h"
#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>

/* ---- fuse data ---- */

static bool wants_fuses(const struct rk_making *making)
{
    return making->odm && ((const struct rk_tegra_plan *)making->plan)->has_fuses;
}

/* The fuses that tell which device it is. */
static enum rk_rc begin_fuses(const struct rk_making *making, struct rk_fuse_set *ret,
                              struct rk_err *err)
{
    return rk_fuse_soc_find(making->platform->name, &ret->soc, err) ||
                   rk_fuse_set_put_sn(ret, &making->unit->sn, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc make_fuse_public(const struct rk_making *making, struct rk_artifact *ret,
                                   struct rk_err *err)
{
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = NULL };
    RK_AUTO(rk_secret_done) struct rk_secret xml = RK_SECRET_NONE;

    if (begin_fuses(making, &set, err) || rk_fuse_set_xml(&set, &xml, err))
        return err->rc;
    return rk_bytes_copy(xml.p, xml.len, &ret->bytes, err);
}

static enum rk_rc make_fuse(const struct rk_making *making, struct rk_artifact *ret,
                            struct rk_err *err)
{
    const struct rk_secret *kdk0 = &making->unit->secret[RK_TEGRA_KDK0];
    const struct rk_tegra_plan *plan = making->plan;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set set = { .soc = NULL };

    if (begin_fuses(making, &set, err) || rk_fuse_set_put(&set, "Kdk0", kdk0->p, kdk0->len, err) ||
        (plan->fuse_merged && rk_fuse_set_merge(&set, &plan->fuses, err)))
        return err->rc;
    return rk_fuse_set_xml(&set, &ret->secret, err);
}

/* As who burns it reads it. */
static enum rk_rc check_fuse(const struct rk_making *making, const struct rk_artifact *made,
                             struct rk_err *err)
{
    const struct rk_secret *xml = &made->secret;
    RK_AUTO(rk_fuse_set_done) struct rk_fuse_set again = { .soc = NULL };
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;
    const struct rk_fuse_soc *soc;

    if (rk_fuse_soc_find(making->platform->name, &soc, err) ||
        rk_fuse_file_read(xml->p != NULL ? xml->p : made->bytes.p,
                          xml->p != NULL ? xml->len : made->bytes.len, soc, &again, &findings, err))
        return err->rc;
    return rk_fuse_verdict(&findings, RK_E_INTERNAL, err);
}

static bool wants_fuse_common(const struct rk_making *making)
{
    return ((const struct rk_tegra_plan *)making->plan)->fuse_common;
}

static enum rk_rc make_fuse_common(const struct rk_making *making, struct rk_artifact *ret,
                                   struct rk_err *err)
{
    return rk_fuse_set_xml(&((const struct rk_tegra_plan *)making->plan)->fuses, &ret->secret, err);
}

/* ---- the container that an ODM hands over ---- */

static bool wants_handover(const struct rk_making *making)
{
    return making->odm && !making->oem;
}

/* The certificate of the blob's template i: RSA, then ECC. NULL: there is none. */
static const struct rk_bytes *blob_cert(const struct rk_making *making, size_t i)
{
    const struct rk_ek_template *tpl = rk_ek_template_in_blob(i);

    return tpl == NULL ? NULL : rk_making_cert(making, tpl->name);
}

static enum rk_rc find_certs(const struct rk_making *making, const struct rk_bytes *ret[2],
                             struct rk_err *err)
{
    ret[0] = blob_cert(making, 0);
    ret[1] = blob_cert(making, 1);
    return ret[0] != NULL && ret[1] != NULL
               ? RK_OK
               : rk_fail(err, RK_E_INTERNAL, "an EK certificate is missing");
}

static enum rk_rc make_handover(const struct rk_making *making, struct rk_artifact *ret,
                                struct rk_err *err)
{
    const struct rk_tegra_plan *plan = making->plan;
    const struct rk_bytes *cert[2];

    if (find_certs(making, cert, err))
        return err->rc;
    /* Borrowed views; the container does not outlive them. */
    const struct rk_nvftpm container = {
        .minor = plan->handover_minor,
        .sn = making->unit->sn,
        .eps_seed = making->unit->secret[RK_TEGRA_EPS_SEED],
        .ek_cert_rsa = *cert[0],
        .ek_cert_ecc = *cert[1],
    };

    return rk_nvftpm_write(&container, &ret->bytes, err);
}

static enum rk_rc check_handover(const struct rk_making *making, const struct rk_artifact *made,
                                 struct rk_err *err)
{
    struct rk_nvftpm again = { .minor = 0 };

    if (rk_nvftpm_read(made->bytes.p, made->bytes.len, &again, err))
        return err->rc;
    bool same = memcmp(again.sn.b, making->unit->sn.b, RK_UNIT_ID_LEN) == 0 &&
                rk_secret_equal(&again.eps_seed, &making->unit->secret[RK_TEGRA_EPS_SEED]);
    rk_nvftpm_done(&again);
    return same ? RK_OK : rk_fail(err, RK_E_INTERNAL, "does not read back");
}

/* ---- the key blob ---- */

static void ekb_done(struct rk_ekb *ekb)
{
    rk_ekb_done(ekb);
}

static bool wants_blob(const struct rk_making *making)
{
    return making->oem;
}

static enum rk_rc add_key(struct rk_ekb *ekb, uint32_t tag, const struct rk_secret *key,
                          struct rk_err *err)
{
    return key->p == NULL ? RK_OK : rk_ekb_add(ekb, tag, key->p, key->len, err);
}

/* Tags in the order of NVIDIA's tool: jetson-ftpm-ekb.md 2.2. */
static enum rk_rc fill_blob(const struct rk_making *making, struct rk_ekb *ekb, struct rk_err *err)
{
    const struct rk_tegra_plan *plan = making->plan;
    const struct rk_unit *unit = making->unit;
    const struct rk_secret *seed =
        &unit->secret[making->odm ? RK_TEGRA_EPS_SEED : RK_TEGRA_HANDED_SEED];
    const struct rk_bytes *cert[2];

    ekb->version = plan->blob_version;
    if (plan->has_fv)
        memcpy(ekb->fv, plan->fv, sizeof ekb->fv);
    if (find_certs(making, cert, err) ||
        add_key(ekb, RK_EKB_TAG_PAYLOAD_KEY, &plan->payload_key, err) ||
        add_key(ekb, RK_EKB_TAG_DISK_KEY, &plan->disk_key, err) ||
        add_key(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, &plan->auth_key, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_FTPM_SN, unit->sn.b, RK_UNIT_ID_LEN, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EPS_SEED, seed->p, seed->len, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EK_CERT_RSA, cert[0]->p, cert[0]->len, err) ||
        rk_ekb_add(ekb, RK_EKB_TAG_EK_CERT_ECC, cert[1]->p, cert[1]->len, err) ||
        rk_ekb_check(ekb, rk_platform_root_key_len(making->platform), err))
        return err->rc;
    return RK_OK;
}

static enum rk_rc make_blob(const struct rk_making *making, struct rk_artifact *ret,
                            struct rk_err *err)
{
    const struct rk_tegra_plan *plan = making->plan;
    RK_AUTO(ekb_done) struct rk_ekb ekb = { .item_count = 0 };

    if (fill_blob(making, &ekb, err) || rk_ekb_derive_nonces(plan->root_key, &ekb, err))
        return err->rc;
    return rk_ekb_write(plan->root_key, &ekb, &ret->bytes, err);
}

static enum rk_rc check_blob(const struct rk_making *making, const struct rk_artifact *made,
                             struct rk_err *err)
{
    const struct rk_tegra_plan *plan = making->plan;
    RK_AUTO(ekb_done) struct rk_ekb ekb = { .item_count = 0 };
    RK_AUTO(ekb_done) struct rk_ekb again = { .item_count = 0 };

    if (fill_blob(making, &ekb, err) || rk_ekb_read(plan->root_key, plan->has_fv ? plan->fv : NULL,
                                                    made->bytes.p, made->bytes.len, &again, err))
        return err->rc;
    bool same = again.item_count == ekb.item_count;
    for (size_t i = 0; same && i < ekb.item_count; i++)
        same = again.items[i].tag == ekb.items[i].tag &&
               rk_secret_equal(&again.items[i].value, &ekb.items[i].value);
    return same ? RK_OK : rk_fail(err, RK_E_INTERNAL, "does not read back");
}

/* ---- the lists ---- */

#define BLOB_MAKER                                                                                 \
    {                                                                                              \
        .role = { "key-blob", "eks.img", RK_PLACE_DEVICE, "ekb", NULL, false },                    \
        .what = "key blob", .wants = wants_blob, .make = make_blob, .check = check_blob            \
    }

/* clang-format off */
const struct rk_maker rk_tegra_makers[] = {
    { .role = { "fuse-public", "fuse-public.xml", RK_PLACE_DEVICE, "fuse-xml", NULL, false },
      .what = "fuse data", .wants = wants_fuses, .make = make_fuse_public, .check = check_fuse },
    { .role = { "fuse", "fuse.xml", RK_PLACE_SECRET, NULL, NULL, false },
      .what = "fuse data", .wants = wants_fuses, .make = make_fuse, .check = check_fuse },
    { .role = { "nvftpm", "ftpm_eks_%s.img", RK_PLACE_HANDOVER, "nvftpm", rk_tegra_unit_text, true },
      .what = "NVFTPM container", .wants = wants_handover, .make = make_handover, .check = check_handover },
    BLOB_MAKER,
    { .role = { "fuse-common", "fuse-common.xml", RK_PLACE_SECRET, NULL, NULL, false }, .is_common = true,
      .what = "fuse data", .wants = wants_fuse_common, .make = make_fuse_common, .check = check_fuse },
    { .role = { .role = NULL } },
};

/* Where no fTPM's identity is made. */
const struct rk_maker rk_tegra_blob_makers[] = {
    BLOB_MAKER,
    { .role = { .role = NULL } },
};
/* clang-format on */

void rk_tegra_describe(const struct rk_making *making, struct rk_jv root)
{
    if (making->identity != NULL)
        rk_json_put_hex(root, "silicon_id_public", making->identity->silicon_id_public,
                        sizeof making->identity->silicon_id_public);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Identities, key blobs and containers as the installed headers promise them. */
#include "rotkit/ekb.h"

#include "base/err.h"
#include "base/mem.h"
#include "rotkit/fuse.h"
#include "rotkit/identity.h"
#include "rotkit/nvftpm.h"
#include "rotkit/public.h"

#include <string.h>

/* ---- identity ---- */

RK_CLEANUP(identity_done, rk_identity, rk_identity_free)

enum rk_rc rk_identity_new(const rk_ctx *ctx, const char *platform, const char *device_sn,
                           const struct rk_secret *kdk0, const struct rk_secret *eps_seed,
                           rk_identity **ret, struct rk_err *err)
{
    RK_AUTO(identity_done) rk_identity *identity = rk_alloc(1, sizeof *identity);
    const struct rk_platform *of;
    struct rk_unit_id sn;

    if (identity == NULL)
        return rk_fail_nomem(err);
    if (rk_platform_find(ctx, platform, &of, err) || rk_unit_parse(device_sn, &sn, err))
        return err->rc;
    if (eps_seed == NULL ? rk_identity_silicon_id(ctx, of, &sn, kdk0, identity, err)
                         : rk_identity_derive(ctx, of, &sn, kdk0, eps_seed, identity, err))
        return err->rc;
    *ret = identity;
    identity = NULL;
    return RK_OK;
}

void rk_identity_free(rk_identity *identity)
{
    if (identity == NULL)
        return;
    rk_identity_done(identity);
    rk_free(identity);
}

const struct rk_secret *rk_identity_eps(const rk_identity *identity)
{
    return &identity->eps;
}

const uint8_t *rk_identity_silicon_public(const rk_identity *identity)
{
    return identity->silicon_id_public;
}

enum rk_rc rk_identity_seeds(const rk_mac *master, const char *device_sn,
                             struct rk_secret *ret_kdk0, struct rk_secret *ret_eps_seed,
                             struct rk_err *err)
{
    struct rk_unit_id sn;

    if (rk_unit_parse(device_sn, &sn, err))
        return err->rc;
    return rk_identity_from_master(master, &sn, ret_kdk0, ret_eps_seed, err);
}

/* ---- key blobs ---- */

enum rk_rc rk_ekb_open(const rk_mac *root, const uint8_t *fv, const uint8_t *image, size_t len,
                       rk_ekb **ret, struct rk_err *err)
{
    rk_ekb *ekb = rk_alloc(1, sizeof *ekb);

    if (ekb == NULL)
        return rk_fail_nomem(err);
    if (rk_ekb_read(root, fv, image, len, ekb, err)) {
        rk_free(ekb);
        return err->rc;
    }
    *ret = ekb;
    return RK_OK;
}

enum rk_rc rk_ekb_new(enum rk_ekb_version version, const uint8_t *fv, rk_ekb **ret,
                      struct rk_err *err)
{
    rk_ekb *ekb;

    if (version != RK_EKB_LEGACY && version != RK_EKB_1_0 && version != RK_EKB_2_0)
        return rk_fail(err, RK_E_USAGE, "key blob version %d, expected r35.1, 1.0 or 2.0",
                       (int)version);
    if (fv == NULL && version != RK_EKB_2_0)
        return rk_fail(err, RK_E_USAGE, "this form of key blob needs the FV of the device");
    if (fv != NULL && version == RK_EKB_2_0)
        return rk_fail(err, RK_E_USAGE, "a key blob 2.0 makes its own FV");
    ekb = rk_alloc(1, sizeof *ekb);
    if (ekb == NULL)
        return rk_fail_nomem(err);
    ekb->version = version;
    if (fv != NULL)
        memcpy(ekb->fv, fv, sizeof ekb->fv);
    *ret = ekb;
    return RK_OK;
}

void rk_ekb_free(rk_ekb *ekb)
{
    if (ekb == NULL)
        return;
    rk_ekb_done(ekb);
    rk_free(ekb);
}

enum rk_rc rk_ekb_pack(rk_ekb *ekb, const rk_mac *root, struct rk_bytes *ret, struct rk_err *err)
{
    if (rk_ekb_check(ekb, rk_mac_key_len(root), err) || rk_ekb_derive_nonces(root, ekb, err))
        return err->rc;
    return rk_ekb_write(root, ekb, ret, err);
}

enum rk_ekb_version rk_ekb_version_of(const rk_ekb *ekb)
{
    return ekb->version;
}

size_t rk_ekb_count(const rk_ekb *ekb)
{
    return ekb->item_count;
}

const struct rk_secret *rk_ekb_at(const rk_ekb *ekb, size_t i, uint32_t *ret_tag)
{
    *ret_tag = ekb->items[i].tag;
    return &ekb->items[i].value;
}

/* ---- containers ---- */

enum rk_rc rk_nvftpm_open(const uint8_t *file, size_t len, rk_nvftpm **ret, struct rk_err *err)
{
    rk_nvftpm *container = rk_alloc(1, sizeof *container);

    if (container == NULL)
        return rk_fail_nomem(err);
    if (rk_nvftpm_read(file, len, container, err)) {
        rk_free(container);
        return err->rc;
    }
    *ret = container;
    return RK_OK;
}

void rk_nvftpm_free(rk_nvftpm *container)
{
    if (container == NULL)
        return;
    rk_nvftpm_done(container);
    rk_free(container);
}

void rk_nvftpm_device_sn(const rk_nvftpm *container, char ret[21])
{
    rk_unit_id_text(&container->sn, ret);
}

const struct rk_secret *rk_nvftpm_eps_seed(const rk_nvftpm *container)
{
    return &container->eps_seed;
}

const struct rk_bytes *rk_nvftpm_part(const rk_nvftpm *container, enum rk_nvftpm_part part)
{
    const struct rk_bytes *const parts[] = {
        [RK_NVFTPM_EK_CERT_RSA] = &container->ek_cert_rsa,
        [RK_NVFTPM_EK_CERT_ECC] = &container->ek_cert_ecc,
        [RK_NVFTPM_SID_CERT] = &container->sid_cert,
        [RK_NVFTPM_EK_CSR_RSA] = &container->ek_csr_rsa,
        [RK_NVFTPM_EK_CSR_ECC] = &container->ek_csr_ecc,
    };

    if ((size_t)part >= sizeof parts / sizeof parts[0] || parts[part]->len == 0)
        return NULL;
    return parts[part];
}

/* ---- fuses ---- */

enum rk_rc rk_fuse_hash(const rk_public *key, uint8_t ret[64], struct rk_err *err)
{
    return rk_fuse_public_key_hash(rk_public_pkey(key), ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/ek.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "ftpm/drbg.h"
#include "ftpm/prime.h"
#include "ftpm/profile.h"
#include "rotkit/counted.h"
#include "rotkit/template.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { DEFAULT_EXPONENT = 65537, PRIMES_MAX = 99, PRIME_DISTANCE = 100 };

void rk_ek_done(struct rk_ek *ek)
{
    rk_bytes_done(&ek->public_tpm2b);
    rk_bytes_done(&ek->spki);
    EVP_PKEY_free(ek->pkey);
    *ek = (struct rk_ek)RK_EK_NONE;
}

static enum rk_rc bn_failed(struct rk_err *err)
{
    return rk_fail_ossl(err, RK_E_NOMEM, "EK derivation");
}

static BIGNUM *secret_bn(void)
{
    BIGNUM *bn = BN_secure_new();

    if (bn != NULL)
        BN_set_flags(bn, BN_FLG_CONSTTIME);
    return bn;
}

static enum rk_rc pkey_from(const rk_ctx *ctx, const char *type, int selection, OSSL_PARAM_BLD *bld,
                            EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_params_done) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(rk_ctx_libctx(ctx), type, rk_ctx_propq(ctx));

    if (params == NULL || maker == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, ret, selection, params) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot make an %s key", type);
    return RK_OK;
}

/* SubjectPublicKeyInfo, and the key pair itself when it is wanted. */
static enum rk_rc finish(struct rk_ek *ek, EVP_PKEY **pkey, bool pair, struct rk_err *err)
{
    if (rk_pkey_spki(*pkey, &ek->spki, err))
        return err->rc;
    if (pair) {
        ek->pkey = *pkey;
        *pkey = NULL;
    }
    return RK_OK;
}

/* ---- RSA: ek-derivation.md 3.3 ---- */

struct rsa_numbers {
    BIGNUM *p, *q, *n, *e, *d, *dp, *dq, *qinv;
    int primes; /* found so far */
};

static void rsa_numbers_done(struct rsa_numbers *rsa)
{
    BN_clear_free(rsa->p);
    BN_clear_free(rsa->q);
    BN_clear_free(rsa->n);
    BN_clear_free(rsa->e);
    BN_clear_free(rsa->d);
    BN_clear_free(rsa->dp);
    BN_clear_free(rsa->dq);
    BN_clear_free(rsa->qinv);
}

static enum rk_rc far_enough(const struct rsa_numbers *rsa, bool *ret, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *distance = secret_bn();

    if (distance == NULL || !BN_sub(distance, rsa->p, rsa->q))
        return bn_failed(err);
    *ret = BN_num_bits(distance) - 1 >= PRIME_DISTANCE;
    return RK_OK;
}

/* q is drawn first; p again until it is far enough from q. The larger is reported as p. */
static enum rk_rc take_prime(void *arg, const BIGNUM *prime, bool *ret_more, struct rk_err *err)
{
    struct rsa_numbers *rsa = arg;
    bool done = false;

    if (BN_copy(rsa->primes++ == 0 ? rsa->q : rsa->p, prime) == NULL)
        return bn_failed(err);
    if (rsa->primes > 1 && far_enough(rsa, &done, err))
        return err->rc;
    if (!done && rsa->primes == PRIMES_MAX)
        return rk_fail(err, RK_E_USAGE,
                       "a TPM makes no usable key of this EPS (its primes are too "
                       "close): choose another EPS seed");
    if (done && BN_cmp(rsa->p, rsa->q) < 0)
        BN_swap(rsa->p, rsa->q);
    *ret_more = !done;
    return RK_OK;
}

static enum rk_rc push_private(struct rsa_numbers *rsa, OSSL_PARAM_BLD *bld, struct rk_err *err)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *bn = BN_CTX_secure_new();
    RK_AUTO(rk_bn_done) BIGNUM *p1 = secret_bn();
    RK_AUTO(rk_bn_done) BIGNUM *q1 = secret_bn();
    RK_AUTO(rk_bn_done) BIGNUM *phi = secret_bn();

    rsa->d = secret_bn();
    rsa->dp = secret_bn();
    rsa->dq = secret_bn();
    rsa->qinv = secret_bn();
    if (bn == NULL || p1 == NULL || q1 == NULL || phi == NULL || rsa->d == NULL ||
        rsa->dp == NULL || rsa->dq == NULL || rsa->qinv == NULL ||
        !BN_sub(p1, rsa->p, BN_value_one()) || !BN_sub(q1, rsa->q, BN_value_one()) ||
        !BN_mul(phi, p1, q1, bn) || !BN_mod_inverse(rsa->d, rsa->e, phi, bn) ||
        !BN_mod(rsa->dp, rsa->d, p1, bn) || !BN_mod(rsa->dq, rsa->d, q1, bn) ||
        !BN_mod_inverse(rsa->qinv, rsa->q, rsa->p, bn) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, rsa->d) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->p) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->q) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa->dp) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa->dq) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa->qinv))
        return bn_failed(err);
    return RK_OK;
}

static enum rk_rc rsa_pkey(const rk_ctx *ctx, struct rsa_numbers *rsa, bool pair, EVP_PKEY **ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();

    if (bld == NULL || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, rsa->n) ||
        !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, rsa->e))
        return bn_failed(err);
    if (pair && push_private(rsa, bld, err))
        return err->rc;
    return pkey_from(ctx, "RSA", pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, bld, ret, err);
}

/* One EK on its way. */
struct job {
    const rk_ctx *ctx;
    bool pair;
    struct rk_drbg drbg;
    TPMT_PUBLIC area; /* the template's; then with the key in it */
    struct rsa_numbers rsa;
    struct rk_ek ek;
};

static uint32_t exponent_of(const TPMT_PUBLIC *area)
{
    uint32_t e = area->parameters.rsaDetail.exponent;

    return e == 0 ? DEFAULT_EXPONENT : e;
}

static enum rk_rc begin_rsa(struct job *job, struct rk_err *err)
{
    struct rsa_numbers *rsa = &job->rsa;

    rsa->p = secret_bn();
    rsa->q = secret_bn();
    rsa->n = BN_new();
    rsa->e = BN_new();
    if (rsa->p == NULL || rsa->q == NULL || rsa->n == NULL || rsa->e == NULL ||
        !BN_set_word(rsa->e, exponent_of(&job->area)))
        return bn_failed(err);
    return RK_OK;
}

static enum rk_rc end_rsa(struct job *job, struct rk_err *err)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *bn = BN_CTX_secure_new();
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;
    struct rsa_numbers *rsa = &job->rsa;
    uint16_t bytes = job->area.parameters.rsaDetail.keyBits / 8;

    job->area.unique.rsa.size = bytes;
    if (bn == NULL || !BN_mul(rsa->n, rsa->p, rsa->q, bn) ||
        BN_bn2binpad(rsa->n, job->area.unique.rsa.buffer, bytes) < 0)
        return bn_failed(err);
    if (rsa_pkey(job->ctx, rsa, job->pair, &pkey, err))
        return err->rc;
    return finish(&job->ek, &pkey, job->pair, err);
}

/* ---- ECC: ek-derivation.md 3.4 ---- */

/* d = (gen(bytes + 8) mod (n - 1)) + 1 */
static enum rk_rc extra_bits(struct rk_drbg *drbg, const BIGNUM *order, size_t bytes, BIGNUM *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *bn = BN_CTX_secure_new();
    RK_AUTO(rk_bn_done) BIGNUM *wide = secret_bn();
    RK_AUTO(rk_bn_done) BIGNUM *order_minus_1 = BN_dup(order);
    uint8_t draw[RK_DRBG_GEN_MAX];
    bool good;

    if (rk_drbg_generate(drbg, draw, bytes + 8, err))
        return err->rc;
    good = bn != NULL && wide != NULL && order_minus_1 != NULL &&
           BN_bin2bn(draw, (int)bytes + 8, wide) != NULL && BN_sub_word(order_minus_1, 1) &&
           BN_mod(ret, wide, order_minus_1, bn) && BN_add_word(ret, 1);
    OPENSSL_cleanse(draw, sizeof draw);
    return good ? RK_OK : bn_failed(err);
}

/* v1.38: d = (gen(bytes) masked to the order's bits) + 1 until d < n */
static enum rk_rc rejection(struct rk_drbg *drbg, const BIGNUM *order, size_t bytes, BIGNUM *ret,
                            struct rk_err *err)
{
    enum { TRIES_MAX = 1000 };
    uint8_t draw[RK_DRBG_GEN_MAX];
    int bits = BN_num_bits(order);

    for (int i = 0; i < TRIES_MAX; i++) {
        if (rk_drbg_generate(drbg, draw, bytes, err))
            return err->rc;
        bool good = BN_bin2bn(draw, (int)bytes, ret) != NULL &&
                    (BN_num_bits(ret) <= bits || BN_mask_bits(ret, bits)) && BN_add_word(ret, 1);
        OPENSSL_cleanse(draw, sizeof draw);
        if (!good)
            return bn_failed(err);
        if (BN_cmp(ret, order) < 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_INTERNAL, "no private number in %d draws", TRIES_MAX);
}

/* 04 | x | y of d * G */
static enum rk_rc public_point(const EC_GROUP *group, const BIGNUM *d, size_t bytes, uint8_t *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *bn = BN_CTX_secure_new();
    RK_AUTO(rk_point_done) EC_POINT *point = EC_POINT_new(group);

    if (bn == NULL || point == NULL || !EC_POINT_mul(group, point, d, NULL, NULL, bn) ||
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, 1 + 2 * bytes, bn) !=
            1 + 2 * bytes)
        return bn_failed(err);
    return RK_OK;
}

static enum rk_rc ecc_pkey(const rk_ctx *ctx, const char *curve, const uint8_t *point,
                           size_t point_len, const BIGNUM *d, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();

    if (bld == NULL ||
        !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) ||
        !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) ||
        (d != NULL && !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d)))
        return bn_failed(err);
    return pkey_from(ctx, "EC", d != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, bld, ret, err);
}

static enum rk_rc derive_ecc(struct job *job, struct rk_err *err)
{
    TPMT_PUBLIC *area = &job->area;
    size_t bytes = 0; /* the template's curve has been checked: it is one of the three */
    const char *curve = rk_template_curve(area->parameters.eccDetail.curveID, &bytes);
    RK_AUTO(rk_group_done)
    EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(rk_ctx_libctx(job->ctx), rk_ctx_propq(job->ctx),
                                                    EC_curve_nist2nid(curve));
    RK_AUTO(rk_bn_done) BIGNUM *d = secret_bn();
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;
    uint8_t point[1 + 2 * 66];
    enum rk_rc rc;

    if (group == NULL || d == NULL)
        return bn_failed(err);
    const BIGNUM *order = EC_GROUP_get0_order(group);
    rc = job->ek.profile->ecc_reject ? rejection(&job->drbg, order, bytes, d, err)
                                     : extra_bits(&job->drbg, order, bytes, d, err);
    if (rc != RK_OK || public_point(group, d, bytes, point, err))
        return err->rc;
    area->unique.ecc.x.size = area->unique.ecc.y.size = (uint16_t)bytes;
    memcpy(area->unique.ecc.x.buffer, point + 1, bytes);
    memcpy(area->unique.ecc.y.buffer, point + 1 + bytes, bytes);
    if (ecc_pkey(job->ctx, curve, point, 1 + 2 * bytes, job->pair ? d : NULL, &pkey, err))
        return err->rc;
    return finish(&job->ek, &pkey, job->pair, err);
}

/* ---- one EK or several ---- */

static enum rk_rc begin(struct job *job, const struct rk_secret *eps, struct rk_err *err)
{
    const struct rk_ek_profile *profile = job->ek.profile;
    uint8_t name[RK_EK_NAME_MAX];
    size_t name_len;

    if (eps->len != profile->eps_len)
        return rk_fail(err, RK_E_USAGE, "EPS of %s, profile %s takes %zu",
                       RK_COUNTED(eps->len, "byte"), profile->name, profile->eps_len);
    job->area = job->ek.tpl->public_area;
    if (rk_template_name(job->ctx, &job->area, name, &name_len, err) ||
        rk_drbg_init(job->ctx, eps, name, name_len, profile->drbg_key_len, &job->drbg, err))
        return err->rc;
    return job->area.type == TPM2_ALG_RSA ? begin_rsa(job, err) : RK_OK;
}

static enum rk_rc end(struct job *job, struct rk_ek *ret, struct rk_err *err)
{
    struct rk_ek *ek = &job->ek;

    if ((job->area.type == TPM2_ALG_RSA ? end_rsa(job, err) : derive_ecc(job, err)) ||
        rk_template_marshal(&job->area, &ek->public_tpm2b, err) ||
        rk_template_name(job->ctx, &job->area, ek->name, &ek->name_len, err))
        return err->rc;
    *ret = *ek;
    *ek = (struct rk_ek)RK_EK_NONE;
    return RK_OK;
}

/* Up to RK_PRIME_STREAMS_MAX at once: their jobs and the streams of primes that feed them. */
struct batch {
    struct rk_ek_item *item[RK_PRIME_STREAMS_MAX]; /* of a stream */
    struct job job[RK_PRIME_STREAMS_MAX];
    struct rk_prime_stream stream[RK_PRIME_STREAMS_MAX];
    size_t count; /* those that began well */
};

static void job_done(struct job *job)
{
    rk_drbg_done(&job->drbg);
    rsa_numbers_done(&job->rsa);
    rk_ek_done(&job->ek);
    OPENSSL_cleanse(job, sizeof *job);
}

static void batch_free(struct batch **batch)
{
    for (size_t i = 0; *batch != NULL && i < RK_PRIME_STREAMS_MAX; i++)
        job_done(&(*batch)->job[i]);
    OPENSSL_clear_free(*batch, sizeof **batch);
}

static enum rk_rc find_primes(struct batch *batch, struct rk_err *err)
{
    const struct job *first = &batch->job[0];
    RK_AUTO(rk_prime_search_done) rk_prime_search *search = NULL;

    if (batch->count == 0 || first->area.type != TPM2_ALG_RSA)
        return RK_OK;
    if (rk_prime_search_new(first->ek.profile, first->area.parameters.rsaDetail.keyBits / 2,
                            exponent_of(&first->area), batch->count, &search, err))
        return err->rc;
    return rk_prime_run(search, batch->stream, batch->count, err);
}

static enum rk_rc derive_batch(const rk_ctx *ctx, const struct rk_ek_profile *profile,
                               const struct rk_ek_template *tpl, bool pair,
                               struct rk_ek_item *items, size_t count, struct rk_err *err)
{
    RK_AUTO(batch_free) struct batch *batch = rk_alloc(1, sizeof *batch);

    if (batch == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct job *job = &batch->job[batch->count];

        job->ctx = ctx;
        job->pair = pair;
        job->ek = (struct rk_ek) { .tpl = tpl, .profile = profile };
        items[i].err.rc = RK_OK;
        if (begin(job, items[i].eps, &items[i].err)) {
            job_done(job);
            continue;
        }
        batch->item[batch->count] = &items[i];
        batch->stream[batch->count] = (struct rk_prime_stream) {
            .drbg = &job->drbg,
            .found = take_prime,
            .arg = &job->rsa,
        };
        batch->count++;
    }
    if (find_primes(batch, err))
        return err->rc;
    for (size_t i = 0; i < batch->count; i++) {
        struct rk_ek_item *item = batch->item[i];

        item->err.rc = batch->stream[i].err.rc;
        if (item->err.rc != RK_OK)
            item->err = batch->stream[i].err;
        else
            (void)!end(&batch->job[i], &item->ek, &item->err);
    }
    return RK_OK;
}

static enum rk_rc derive_all(const rk_ctx *ctx, const struct rk_ek_profile *profile,
                             const struct rk_ek_template *tpl, bool pair, struct rk_ek_item *items,
                             size_t count, struct rk_err *err)
{
    for (size_t i = 0; i < count; i += RK_PRIME_STREAMS_MAX) {
        size_t left = count - i;
        size_t some = left < RK_PRIME_STREAMS_MAX ? left : (size_t)RK_PRIME_STREAMS_MAX;

        if (derive_batch(ctx, profile, tpl, pair, items + i, some, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc derive(const rk_ctx *ctx, const struct rk_secret *eps,
                         const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                         bool pair, struct rk_ek *ret, struct rk_err *err)
{
    struct rk_ek_item item = { .eps = eps };

    if (derive_all(ctx, profile, tpl, pair, &item, 1, err))
        return err->rc;
    if (item.err.rc != RK_OK) {
        *err = item.err;
        return err->rc;
    }
    *ret = item.ek;
    return RK_OK;
}

enum rk_rc rk_ek_derive(const rk_ctx *ctx, const struct rk_secret *eps,
                        const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                        struct rk_ek *ret, struct rk_err *err)
{
    return derive(ctx, eps, profile, tpl, false, ret, err);
}

enum rk_rc rk_ek_derive_pair(const rk_ctx *ctx, const struct rk_secret *eps,
                             const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                             struct rk_ek *ret, struct rk_err *err)
{
    return derive(ctx, eps, profile, tpl, true, ret, err);
}

enum rk_rc rk_ek_derive_batch(const rk_ctx *ctx, const struct rk_ek_profile *profile,
                              const struct rk_ek_template *tpl, struct rk_ek_item *items,
                              size_t count, struct rk_err *err)
{
    enum rk_rc rc = derive_all(ctx, profile, tpl, false, items, count, err);

    for (size_t i = 0; rc != RK_OK && i < count; i++)
        rk_ek_done(&items[i].ek);
    return rc;
}

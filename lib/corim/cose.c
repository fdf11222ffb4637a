/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1: RFC 9052, 4.2 and 4.4; algorithms: RFC 9053, 2, and RFC 8230 for PSS. */
#include "rotkit/corim.h"

#include "base/digest.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"

#include <string.h>

enum { RSA_BITS_MIN = 2048, GROUP_NAME = 32 };

/* ---- algorithms ---- */

struct alg {
    int64_t id;
    const char *name;
    enum rk_scheme scheme;
    const char *key_type, *group; /* group NULL: no curve to match */
    size_t half;                  /* bytes of r and of s; 0: the signature is as it comes */
};
/* The first that fits a key is its default. */
/* clang-format off */
static const struct alg algs[] = {
    { -7,  "ES256", RK_SCHEME_ECDSA_SHA256,   "EC",      "prime256v1", 32 },
    { -35, "ES384", RK_SCHEME_ECDSA_SHA384,   "EC",      "secp384r1",  48 },
    { -36, "ES512", RK_SCHEME_ECDSA_SHA512,   "EC",      "secp521r1",  66 },
    { -8,  "EdDSA", RK_SCHEME_ED25519,        "ED25519", NULL,         0 },
    { -37, "PS256", RK_SCHEME_RSA_PSS_SHA256, "RSA",     NULL,         0 },
    { -38, "PS384", RK_SCHEME_RSA_PSS_SHA384, "RSA",     NULL,         0 },
    { -39, "PS512", RK_SCHEME_RSA_PSS_SHA512, "RSA",     NULL,         0 },
};
/* clang-format on */
enum { ALGS = sizeof algs / sizeof algs[0] };

static const struct alg *find_alg(int64_t id)
{
    for (size_t i = 0; i < ALGS; i++) {
        if (algs[i].id == id)
            return &algs[i];
    }
    return NULL;
}

const char *rk_cose_alg_name(int64_t id)
{
    const struct alg *alg = find_alg(id);

    return alg == NULL ? NULL : alg->name;
}

static bool fits(const struct alg *alg, EVP_PKEY *pub)
{
    char group[GROUP_NAME] = "";
    size_t len;

    if (!EVP_PKEY_is_a(pub, alg->key_type))
        return false;
    if (strcmp(alg->key_type, "RSA") == 0)
        return EVP_PKEY_get_bits(pub) >= RSA_BITS_MIN;
    if (alg->group == NULL)
        return true;
    if (EVP_PKEY_get_group_name(pub, group, sizeof group, &len) != 1)
        ERR_clear_error();
    return strcmp(group, alg->group) == 0;
}

static enum rk_rc choose(const struct rk_request_key *key, const struct alg **ret,
                         struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < ALGS; i++) {
        if (!fits(&algs[i], key->pub))
            continue;
        if (key->scheme == RK_SCHEME_NONE || key->scheme == algs[i].scheme) {
            *ret = &algs[i];
            return RK_OK;
        }
        rk_known_add(known, rk_scheme_name(algs[i].scheme));
    }
    if (known[0] == '\0')
        return rk_fail(err, RK_E_KEY,
                       "%s of %s: no such key in COSE (known: EC P-256, P-384 and P-521, "
                       "ED25519, RSA from %s)",
                       EVP_PKEY_get0_type_name(key->pub),
                       RK_COUNTED(EVP_PKEY_get_bits(key->pub), "bit"),
                       RK_COUNTED(RSA_BITS_MIN, "bit"));
    return rk_fail(err, RK_E_USAGE, "scheme %s: not what COSE has for this key (known: %s)",
                   rk_scheme_name(key->scheme), known);
}

enum rk_rc rk_cose_scheme(const struct rk_request_key *key, enum rk_scheme *ret, struct rk_err *err)
{
    const struct alg *alg;

    if (choose(key, &alg, err))
        return err->rc;
    *ret = alg->scheme;
    return RK_OK;
}

static enum rk_rc put_x5chain(const struct rk_request *request, struct rk_wr *wr,
                              struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(request->cert->p, request->cert->len, RK_COSE_CERTS_MAX, &certs, err))
        return err->rc;
    if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(certs, 0)), request->key[0].pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_USAGE, "the first certificate is not of the key that signs");
    }
    rk_cbor_put_int(wr, RK_COSE_X5CHAIN);
    if (sk_X509_num(certs) > 1)
        rk_cbor_put_array(wr, (uint64_t)sk_X509_num(certs));
    for (int i = 0; i < sk_X509_num(certs); i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

        if (rk_cert_der(sk_X509_value(certs, i), &der, err))
            return err->rc;
        rk_cbor_put_bytes(wr, der.p, der.len);
    }
    return RK_OK;
}

/* ---- what is signed ---- */

/* SHA-256 of the SubjectPublicKeyInfo. */
static enum rk_rc key_id(EVP_PKEY *pub, uint8_t ret[32], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;

    return rk_pkey_spki(pub, &spki, err) || rk_sha256(spki.p, spki.len, ret, err) ? err->rc : RK_OK;
}

/* corim-meta: {signer: {name}} */
static enum rk_rc put_meta(const char *signer_name, struct rk_wr *wr, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr inner = RK_WR_MAX(RK_CORIM_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes meta = RK_BYTES_NONE;

    rk_cbor_put_map(&inner, 1);
    rk_cbor_put_int(&inner, 0);
    rk_cbor_put_map(&inner, 1);
    rk_cbor_put_int(&inner, 0);
    rk_cbor_put_text(&inner, signer_name);
    if (rk_wr_end(&inner, &meta, err))
        return err->rc;
    rk_cbor_put_int(wr, RK_COSE_CORIM_META);
    rk_cbor_put_bytes(wr, meta.p, meta.len);
    return RK_OK;
}

enum rk_rc rk_cose_protected(const struct rk_request *request, const char *signer_name,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CORIM_MAX);
    const struct alg *alg;
    uint8_t kid[32];

    if (choose(&request->key[0], &alg, err) || key_id(request->key[0].pub, kid, err))
        return err->rc;
    rk_cbor_put_map(&wr, request->cert == NULL ? 4 : 5);
    rk_cbor_put_int(&wr, RK_COSE_ALG);
    rk_cbor_put_int(&wr, alg->id);
    rk_cbor_put_int(&wr, RK_COSE_CONTENT_TYPE);
    rk_cbor_put_text(&wr, RK_CORIM_CONTENT_TYPE);
    rk_cbor_put_int(&wr, RK_COSE_KID);
    rk_cbor_put_bytes(&wr, kid, sizeof kid);
    if (put_meta(signer_name, &wr, err))
        return err->rc;
    if (request->cert != NULL && put_x5chain(request, &wr, err))
        return rk_wrap(err, "certificate");
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_cose_message(const uint8_t *protected_header, size_t protected_len,
                           const uint8_t *payload, size_t payload_len, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(2 * (size_t)RK_CORIM_MAX);

    rk_cbor_put_array(&wr, 4);
    rk_cbor_put_text(&wr, "Signature1");
    rk_cbor_put_bytes(&wr, protected_header, protected_len);
    rk_cbor_put_bytes(&wr, NULL, 0); /* external_aad: none */
    rk_cbor_put_bytes(&wr, payload, payload_len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- the signature ---- */

/* DER to r and s in their full width, one behind the other. RFC 9053, 2.1 */
static enum rk_rc to_raw(const struct rk_bytes *der, size_t half, struct rk_bytes *ret,
                         struct rk_err *err)
{
    const unsigned char *at = der->p;
    RK_AUTO(rk_ecdsa_done) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der->len);
    RK_AUTO(rk_bytes_done) struct rk_bytes raw = RK_BYTES_NONE;
    int width = (int)half;

    if (rk_bytes_new(2 * half, &raw, err))
        return err->rc;
    if (sig == NULL || BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw.p, width) != width ||
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw.p + half, width) != width)
        return rk_fail_ossl(err, RK_E_KEY, "no ECDSA signature of this curve");
    *ret = rk_bytes_take(&raw);
    return RK_OK;
}

enum rk_rc rk_cose_sign1(EVP_PKEY *pub, const struct rk_bytes *protected_header,
                         const uint8_t *payload, size_t payload_len,
                         const struct rk_bytes *signature, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CORIM_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes raw = RK_BYTES_NONE;
    const struct rk_bytes *value;
    const struct rk_request_key key = { .role = "", .pub = pub };
    const struct alg *alg;

    if (choose(&key, &alg, err) || (alg->half != 0 && to_raw(signature, alg->half, &raw, err)))
        return err->rc;
    value = alg->half == 0 ? signature : &raw;
    rk_cbor_put_tag(&wr, RK_COSE_TAG_SIGN1);
    rk_cbor_put_array(&wr, 4);
    rk_cbor_put_bytes(&wr, protected_header->p, protected_header->len);
    rk_cbor_put_map(&wr, 0);
    rk_cbor_put_bytes(&wr, payload, payload_len);
    rk_cbor_put_bytes(&wr, value->p, value->len);
    return rk_wr_end(&wr, ret, err);
}

/* The signature as the verifier takes it: DER for ECDSA. */
static enum rk_rc from_raw(const struct alg *alg, const uint8_t *raw, size_t len,
                           struct rk_bytes *ret, struct rk_err *err)
{
    int half = (int)alg->half;

    if (half == 0)
        return rk_bytes_copy(raw, len, ret, err);
    if (len != 2 * alg->half)
        return rk_fail(err, RK_E_VERIFY, "a signature of %s, %s has %zu", RK_COUNTED(len, "byte"),
                       alg->name, 2 * alg->half);
    return rk_ecdsa_der(BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL), ret, err);
}

static enum rk_rc unknown_alg(int64_t id, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < ALGS; i++)
        rk_known_add(known, algs[i].name);
    return rk_fail(err, RK_E_VERIFY, "algorithm %lld is not known (known: %s)", (long long)id,
                   known);
}

enum rk_rc rk_cose_check(const rk_ctx *ctx, EVP_PKEY *pub, const uint8_t *file,
                         const struct rk_corim *corim, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    const struct alg *alg = find_alg(corim->alg);

    if (!corim->is_signed)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (alg == NULL)
        return unknown_alg(corim->alg, err);
    if (!fits(alg, pub))
        return rk_fail(err, RK_E_VERIFY, "signed by %s, which is not of the key given", alg->name);
    if (rk_cose_message(file + corim->protected.at, corim->protected.len, file + corim->payload.at,
                        corim->payload.len, &message, err) ||
        from_raw(alg, file + corim->signature.at, corim->signature.len, &signature, err))
        return err->rc;
    return rk_signature_check(ctx, pub, alg->scheme, message.p, message.len, signature.p,
                              signature.len, err);
}

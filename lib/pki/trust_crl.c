/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists of a trust: read here, looked into by OpenSSL on every path. RFC 5280, 5. */
#include "pki/trust.h"

#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/crl.h"
#include "rotkit/der.h"
#include "rotkit/policy.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

RK_CLEANUP(crl_done, X509_CRL, X509_CRL_free)
RK_CLEANUP(pss_done, RSA_PSS_PARAMS, RSA_PSS_PARAMS_free)

/* The digest that a list's signature is over; RSA-PSS names it beside the algorithm. */
static bool find_digest(const X509_CRL *crl, int *ret)
{
    int nid = X509_CRL_get_signature_nid(crl);
    RK_AUTO(pss_done) RSA_PSS_PARAMS *pss = NULL;
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *oid = NULL;

    if (nid != NID_rsassaPss)
        return OBJ_find_sigid_algs(nid, ret, NULL) == 1;
    X509_CRL_get0_signature(crl, NULL, &algorithm);
    pss = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter);
    *ret = NID_sha1; /* RFC 8017, A.2.3: left out */
    if (pss != NULL && pss->hashAlgorithm != NULL) {
        X509_ALGOR_get0(&oid, NULL, NULL, pss->hashAlgorithm);
        *ret = OBJ_obj2nid(oid);
    }
    return pss != NULL;
}

static enum rk_rc check_digest(const rk_trust *trust, const X509_CRL *crl, struct rk_err *err)
{
    int digest = NID_undef;

    if (!find_digest(crl, &digest)) {
        ERR_clear_error();
        return rk_fail(err, RK_E_FORMAT, "the list's signature is by an unknown algorithm");
    }
    if (rk_policy_check_digest(trust->ctx, digest, RK_E_USAGE, err))
        return rk_wrap(err, "the list's signature");
    return RK_OK;
}

/* 5.2.3: the later of two lists has the higher number; one without a number is the earliest. */
static bool is_later(const X509_CRL *a, const X509_CRL *b)
{
    RK_AUTO(rk_asn1_integer_done)
    ASN1_INTEGER *x = X509_CRL_get_ext_d2i(a, NID_crl_number, NULL, NULL);
    RK_AUTO(rk_asn1_integer_done)
    ASN1_INTEGER *y = X509_CRL_get_ext_d2i(b, NID_crl_number, NULL, NULL);

    return x != NULL && (y == NULL || ASN1_INTEGER_cmp(x, y) > 0);
}

/* Of two lists of one date OpenSSL asks the one that comes first. */
static int place_of(const STACK_OF(X509_CRL) * crls, const X509_CRL *crl)
{
    int i = 0;

    while (i < sk_X509_CRL_num(crls) && !is_later(crl, sk_X509_CRL_value(crls, i)))
        i++;
    return i;
}

static enum rk_rc add(rk_trust *trust, X509_CRL *crl, struct rk_err *err)
{
    int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)); /* -1: there is no list */
    size_t entries = count < 0 ? 0 : (size_t)count;

    if (sk_X509_CRL_num(trust->crls) == RK_TRUST_CRLS_MAX)
        return rk_fail(err, RK_E_FORMAT, "one list too many, at most %d", RK_TRUST_CRLS_MAX);
    if (entries > RK_CRL_ENTRIES_MAX - trust->crl_entries)
        return rk_fail(err, RK_E_FORMAT, "more than %s in all lists",
                       RK_COUNTED(RK_CRL_ENTRIES_MAX, "certificate"));
    if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
        return rk_fail(err, RK_E_FORMAT, "a delta list: the complete one is wanted");
    if (check_digest(trust, crl, err))
        return err->rc;
    if (X509_CRL_up_ref(crl) != 1)
        return rk_fail_nomem(err);
    if (sk_X509_CRL_insert(trust->crls, crl, place_of(trust->crls, crl)) <= 0) {
        X509_CRL_free(crl);
        return rk_fail_nomem(err);
    }
    trust->crl_entries += entries;
    return RK_OK;
}

static size_t count_of(const struct rk_bytes *file, const char *word)
{
    size_t len = strlen(word), count = 0;

    for (size_t i = 0; i + len <= file->len; i++)
        count += memcmp(file->p + i, word, len) == 0;
    return count;
}

/* Every line that has to do with a list belongs to one that was read: none is passed over. */
static enum rk_rc add_pem(rk_trust *trust, const struct rk_bytes *file, struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(file->p, (int)file->len);
    size_t count = 0;

    if (in == NULL)
        return rk_fail_nomem(err);
    for (;;) {
        RK_AUTO(crl_done) X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

        if (crl == NULL)
            break;
        if (add(trust, crl, err))
            return err->rc;
        count++;
    }
    ERR_clear_error();
    if (count == 0)
        return rk_fail(err, RK_E_FORMAT, "no certificate revocation list in PEM or DER");
    if (count_of(file, "CRL-") != 2 * count)
        return rk_fail(err, RK_E_FORMAT, "list %zu is damaged or cut off", count + 1);
    return RK_OK;
}

enum rk_rc rk_trust_add_crl(rk_trust *trust, const struct rk_bytes *file, struct rk_err *err)
{
    const unsigned char *at = file->p;
    RK_AUTO(crl_done) X509_CRL *crl = NULL;

    if (file->len > INT32_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s are too many for a revocation list",
                       RK_COUNTED(file->len, "byte"));
    if (file->len == 0 || file->p[0] != RK_DER_SEQUENCE)
        return add_pem(trust, file, err);
    crl = d2i_X509_CRL(NULL, &at, (long)file->len);
    ERR_clear_error();
    if (crl == NULL || at != file->p + file->len)
        return rk_fail(err, RK_E_FORMAT, "no certificate revocation list in PEM or DER");
    return add(trust, crl, err);
}

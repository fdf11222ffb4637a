/* SPDX-License-Identifier: Apache-2.0 */
/* The public half of a token's key. Source: PKCS #11 2.40 current mechanisms, 2.1 and 2.3. */
#include "keys/token/key.h"

#include "base/err.h"
#include "base/ossl.h"
#include "keys/token/errors.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

enum { RSA_MAX = 2048, POINT_MAX = 256, PARAMS_MAX = 128 };

struct material { /* what the token says of a key; lengths 0: nothing */
    CK_KEY_TYPE type;
    const uint8_t *id;
    size_t id_len;
    uint8_t modulus[RSA_MAX], exponent[64];
    size_t modulus_len, exponent_len;
    uint8_t params[PARAMS_MAX], point[POINT_MAX];
    size_t params_len, point_len;
};

static CK_RV read_material(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                           struct material *m)
{
    const struct {
        CK_ATTRIBUTE_TYPE type;
        void *ret;
        size_t size;
        size_t *len;
    } rsa[] = { { CKA_MODULUS, m->modulus, sizeof m->modulus, &m->modulus_len },
                { CKA_PUBLIC_EXPONENT, m->exponent, sizeof m->exponent, &m->exponent_len } },
      ec[] = { { CKA_EC_PARAMS, m->params, sizeof m->params, &m->params_len },
               { CKA_EC_POINT, m->point, sizeof m->point, &m->point_len } },
      *rows = m->type == CKK_RSA ? rsa : ec;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < 2; i++)
        rv = rk_token_attribute(work, object, rows[i].type, rows[i].ret, rows[i].size, rows[i].len);
    return rv;
}

static bool is_whole(const struct material *m)
{
    return m->type == CKK_RSA ? m->modulus_len != 0 && m->exponent_len != 0
                              : m->params_len != 0 && m->point_len != 0;
}

/* The public key object beside the private one has the same id. */
static CK_RV find_public(const struct rk_token_work *work, struct material *m,
                         CK_OBJECT_HANDLE *ret)
{
    CK_OBJECT_CLASS type = CKO_PUBLIC_KEY;
    uint8_t id[64];
    CK_ATTRIBUTE by[] = { { CKA_CLASS, &type, sizeof type }, { CKA_ID, id, m->id_len } };
    CK_ULONG count = 0;
    CK_RV rv;

    *ret = 0;
    if (m->id_len == 0)
        return CKR_OK;
    memcpy(id, m->id, m->id_len);
    rv = work->fn->C_FindObjectsInit(work->session, by, 2);
    if (rv != CKR_OK)
        return rv;
    rv = work->fn->C_FindObjects(work->session, ret, 1, &count);
    (void)work->fn->C_FindObjectsFinal(work->session);
    if (count == 0)
        *ret = 0;
    return rv;
}

static CK_RV read_public(const struct rk_token_work *work, void *arg)
{
    struct material *m = arg;
    CK_OBJECT_HANDLE object = 0;
    CK_RV rv = read_material(work, work->key, m);

    if (rv == CKR_OK && !is_whole(m))
        rv = find_public(work, m, &object);
    if (rv == CKR_OK && object != 0)
        rv = read_material(work, object, m);
    return rv;
}

static enum rk_rc from_params(const char *type, OSSL_PARAM_BLD *bld, EVP_PKEY **ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_params_done) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    RK_AUTO(rk_pkey_ctx_done) EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params == NULL || make == NULL || EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, ret, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "the token's %s public key is none", type);
    return RK_OK;
}

static enum rk_rc make_rsa(const struct material *m, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    RK_AUTO(rk_bn_done) BIGNUM *n = BN_bin2bn(m->modulus, (int)m->modulus_len, NULL);
    RK_AUTO(rk_bn_done) BIGNUM *e = BN_bin2bn(m->exponent, (int)m->exponent_len, NULL);

    if (bld == NULL || n == NULL || e == NULL ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        return rk_fail_nomem(err);
    return from_params("RSA", bld, ret, err);
}

/* CKA_EC_POINT is a DER OCTET STRING; some tokens give what is inside. */
static void point_of(const struct material *m, ASN1_OCTET_STRING **holder, const uint8_t **ret,
                     size_t *ret_len)
{
    const unsigned char *at = m->point;

    *holder = d2i_ASN1_OCTET_STRING(NULL, &at, (long)m->point_len);
    ERR_clear_error();
    if (*holder != NULL && at == m->point + m->point_len) {
        *ret = ASN1_STRING_get0_data(*holder);
        *ret_len = (size_t)ASN1_STRING_length(*holder);
        return;
    }
    *ret = m->point;
    *ret_len = m->point_len;
}

static enum rk_rc make_ec(const struct material *m, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_asn1_octets_done) ASN1_OCTET_STRING *holder = NULL;
    RK_AUTO(rk_oid_done) ASN1_OBJECT *curve = NULL;
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    const unsigned char *params = m->params;
    const uint8_t *point;
    size_t len;
    const char *name;

    curve = d2i_ASN1_OBJECT(NULL, &params, (long)m->params_len);
    name = curve == NULL ? NULL : OBJ_nid2sn(OBJ_obj2nid(curve));
    if (name == NULL || OBJ_obj2nid(curve) == NID_undef) {
        ERR_clear_error();
        return rk_fail(err, RK_E_KEY, "the token's EC key is on no curve that has a name");
    }
    point_of(m, &holder, &point, &len);
    if (bld == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, len) != 1)
        return rk_fail_nomem(err);
    return from_params("EC", bld, ret, err);
}

static enum rk_rc make_edwards(const struct material *m, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_asn1_octets_done) ASN1_OCTET_STRING *holder = NULL;
    const uint8_t *point;
    size_t len;

    point_of(m, &holder, &point, &len);
    *ret = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, point, len);
    return *ret != NULL ? RK_OK
                        : rk_fail_ossl(err, RK_E_KEY, "the token's Edwards key is no Ed25519 key");
}

enum rk_rc rk_token_key_public(struct rk_token_key *key, EVP_PKEY **ret, struct rk_err *err)
{
    static const struct {
        CK_KEY_TYPE type;
        enum rk_rc (*make)(const struct material *m, EVP_PKEY **ret, struct rk_err *err);
    } rows[] = { { CKK_RSA, make_rsa }, { CKK_EC, make_ec }, { CKK_EC_EDWARDS, make_edwards } };
    struct material m = { .type = key->key_type, .id = key->id, .id_len = key->id_len };
    size_t i = 0;

    while (i < 3 && rows[i].type != key->key_type)
        i++;
    if (i == 3)
        return rk_fail(err, RK_E_KEY,
                       "token \"%s\", key \"%s\": is of type 0x%lx, expected RSA, EC or Ed25519",
                       key->token->label, key->label, key->key_type);
    if (rk_token_key_run(key, "cannot read its public half", read_public, &m, err))
        return err->rc;
    if (!is_whole(&m)) {
        (void)rk_fail(err, RK_E_KEY, "token \"%s\", key \"%s\": its public half is not there",
                      key->token->label, key->label);
        return rk_note(err, "put the public key into the token under the same id");
    }
    if (rows[i].make(&m, ret, err))
        return rk_wrap(err, "token \"%s\", key \"%s\"", key->token->label, key->label);
    return RK_OK;
}

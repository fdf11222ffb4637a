/* SPDX-License-Identifier: Apache-2.0 */
/* The public half of a token's key. Source: PKCS #11 2.40 current mechanisms, 2.1 and 2.3. */
#include "keys/token/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "keys/token/errors.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

enum { RSA_MAX = 2048, POINT_MAX = 256, PARAMS_MAX = 128, INFO_MAX = 4096, CERT_MAX = 16384 };
enum { PLACE_MAX = 64 }; /* objects that may go with one key */

struct material { /* what the token says of a key; lengths 0: nothing */
    CK_KEY_TYPE type;
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

/* ---- from numbers ---- */

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

static const struct kind {
    CK_KEY_TYPE type;
    const char *name; /* OpenSSL's */
    enum rk_rc (*make)(const struct material *m, EVP_PKEY **ret, struct rk_err *err);
} kinds[] = { { CKK_RSA, "RSA", make_rsa },
              { CKK_EC, "EC", make_ec },
              { CKK_EC_EDWARDS, "ED25519", make_edwards } };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- out of one object ---- */

struct search {
    const struct rk_token_key *key;
    const struct kind *kind;
    struct material own; /* of the private key */
    uint8_t id[RK_TOKEN_ID];
    char label[RK_TOKEN_LABEL];
    size_t id_len, label_len;

    EVP_PKEY *found;
    bool differ; /* several were found, and not all are the same */
    const char *place;
    char names[PLACE_MAX][RK_TOKEN_OBJECT_NAME];
    size_t count;
    struct rk_err why; /* what is wrong with what was there; rc RK_OK: nothing */
};

/* A DER attribute and its reader; *ret stays NULL when the object has none, or it is damaged. */
static CK_RV read_der(const struct rk_token_work *work, CK_OBJECT_HANDLE object, bool certificate,
                      EVP_PKEY **ret)
{
    size_t size = certificate ? CERT_MAX : INFO_MAX, len = 0;
    uint8_t *room = rk_alloc(size, 1);
    const unsigned char *at = room;
    CK_RV rv;

    if (room == NULL)
        return CKR_HOST_MEMORY;
    rv = rk_token_attribute(work, object, certificate ? CKA_VALUE : CKA_PUBLIC_KEY_INFO, room, size,
                            &len);
    if (rv == CKR_OK && len != 0 && certificate) {
        RK_AUTO(rk_x509_done) X509 *x509 = d2i_X509(NULL, &at, (long)len);

        *ret = x509 == NULL ? NULL : X509_get_pubkey(x509);
    } else if (rv == CKR_OK && len != 0) {
        *ret = d2i_PUBKEY(NULL, &at, (long)len);
    }
    ERR_clear_error();
    rk_free(room);
    return rv;
}

/* The public half that a key object tells by itself; *ret NULL: it tells none. */
static CK_RV read_half(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                       struct search *search, struct material *m, EVP_PKEY **ret)
{
    CK_RV rv = read_material(work, object, m);

    if (rv != CKR_OK)
        return rv;
    if (is_whole(m) && search->kind->make(m, ret, &search->why) == RK_OK)
        return CKR_OK;
    return read_der(work, object, false, ret);
}

/* A key of another type, modulus or curve is not the other half. */
static bool fits(const struct search *search, EVP_PKEY *pub)
{
    RK_AUTO(rk_bn_done) BIGNUM *wanted = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    RK_AUTO(rk_oid_done) ASN1_OBJECT *curve = NULL;
    const unsigned char *params = search->own.params;
    char group[80] = "";

    if (!EVP_PKEY_is_a(pub, search->kind->name))
        return false;
    if (search->own.modulus_len != 0) {
        wanted = BN_bin2bn(search->own.modulus, (int)search->own.modulus_len, NULL);
        return wanted != NULL && EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
               BN_cmp(wanted, n) == 0;
    }
    if (search->key->key_type != CKK_EC || search->own.params_len == 0)
        return true;
    curve = d2i_ASN1_OBJECT(NULL, &params, (long)search->own.params_len);
    ERR_clear_error();
    return curve != NULL && EVP_PKEY_get_group_name(pub, group, sizeof group, NULL) == 1 &&
           OBJ_obj2nid(curve) == OBJ_txt2nid(group);
}

/* ---- among other objects ---- */

static const struct place {
    CK_OBJECT_CLASS type;
    CK_ATTRIBUTE_TYPE by;
    const char *what;
} places[] = { { CKO_PUBLIC_KEY, CKA_ID, "public keys of its id" },
               { CKO_CERTIFICATE, CKA_ID, "certificates of its id" },
               { CKO_PUBLIC_KEY, CKA_MODULUS, "public keys of its modulus" },
               { CKO_PUBLIC_KEY, CKA_LABEL, "public keys of its label" },
               { CKO_CERTIFICATE, CKA_LABEL, "certificates of its label" } };
enum { PLACES = sizeof places / sizeof places[0] };

/* How many private keys have this id or label. */
static CK_RV count_private(const struct rk_token_work *work, CK_ATTRIBUTE_TYPE by, void *value,
                           size_t len, CK_ULONG *ret)
{
    CK_OBJECT_CLASS type = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE name[2] = { { CKA_CLASS, &type, sizeof type }, { by, value, len } };
    CK_OBJECT_HANDLE found[PLACE_MAX];

    return rk_token_find(work, name, 2, found, PLACE_MAX, ret);
}

/* Two ids that differ tell two keys apart, whatever their labels; so does an id of another key. */
static CK_RV is_of_another(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                           const struct search *search, bool *ret)
{
    uint8_t id[RK_TOKEN_ID];
    CK_ULONG owners = 0;
    size_t len = 0;
    CK_RV rv = rk_token_attribute(work, object, CKA_ID, id, sizeof id, &len);

    if (rv == CKR_OK && len != 0 && search->id_len == 0)
        rv = count_private(work, CKA_ID, id, len, &owners);
    *ret = owners != 0 || (len != 0 && search->id_len != 0 &&
                           (len != search->id_len || memcmp(id, search->id, len) != 0));
    return rv;
}

static CK_RV try_object(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                        const struct place *place, struct search *search)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *pub = NULL;
    struct material m = { .type = search->key->key_type };
    bool another = false;
    CK_RV rv = place->by == CKA_LABEL ? is_of_another(work, object, search, &another) : CKR_OK;

    if (rv != CKR_OK || another)
        return rv;
    rv = place->type == CKO_CERTIFICATE ? read_der(work, object, true, &pub)
                                        : read_half(work, object, search, &m, &pub);
    if (rv != CKR_OK || pub == NULL || !fits(search, pub))
        return rv;
    (void)rk_token_object_name(work, object, search->names[search->count++]);
    if (search->found == NULL) {
        search->found = pub;
        pub = NULL;
    } else {
        search->differ = search->differ || EVP_PKEY_eq(search->found, pub) != 1;
    }
    return CKR_OK;
}

static CK_RV try_place(const struct rk_token_work *work, const struct place *place,
                       struct search *search)
{
    CK_OBJECT_CLASS type = place->type;
    CK_ATTRIBUTE by[2] = { { CKA_CLASS, &type, sizeof type }, { place->by, NULL, 0 } };
    CK_OBJECT_HANDLE found[PLACE_MAX];
    CK_ULONG count = 0;
    CK_RV rv;

    if (place->by == CKA_ID)
        by[1] = (CK_ATTRIBUTE) { CKA_ID, search->id, search->id_len };
    else if (place->by == CKA_LABEL)
        by[1] = (CK_ATTRIBUTE) { CKA_LABEL, search->label, search->label_len };
    else
        by[1] = (CK_ATTRIBUTE) { CKA_MODULUS, search->own.modulus, search->own.modulus_len };
    if (by[1].ulValueLen == 0)
        return CKR_OK;
    if (place->by == CKA_LABEL) { /* it names one key, or none */
        rv = count_private(work, CKA_LABEL, search->label, search->label_len, &count);
        if (rv != CKR_OK || count > 1)
            return rv;
    }
    rv = rk_token_find(work, by, 2, found, PLACE_MAX, &count);
    search->place = place->what;
    search->count = 0;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = try_object(work, found[i], place, search);
    return rv;
}

static CK_RV read_public(const struct rk_token_work *work, void *arg)
{
    struct search *search = arg;
    CK_RV rv;

    search->own = (struct material) { .type = search->key->key_type };
    EVP_PKEY_free(search->found); /* of a session that was lost */
    search->found = NULL;
    search->differ = false;
    rv = read_half(work, work->key, search, &search->own, &search->found);
    if (rv != CKR_OK || search->found != NULL)
        return rv;
    rv =
        rk_token_attribute(work, work->key, CKA_ID, search->id, sizeof search->id, &search->id_len);
    if (rv == CKR_OK)
        rv = rk_token_attribute(work, work->key, CKA_LABEL, search->label, sizeof search->label,
                                &search->label_len);
    for (size_t i = 0; rv == CKR_OK && search->found == NULL && i < PLACES; i++)
        rv = try_place(work, &places[i], search);
    return rv;
}

static enum rk_rc conclude(struct search *search, EVP_PKEY **ret, struct rk_err *err)
{
    char name[RK_TOKEN_KEY_NAME];
    const char *token = search->key->token->label;

    (void)rk_token_key_name(search->key, name);
    if (search->found != NULL && !search->differ) {
        *ret = search->found;
        search->found = NULL;
        return RK_OK;
    }
    if (search->differ) {
        (void)rk_fail(err, RK_E_KEY, "token \"%s\", key \"%s\": %zu %s differ", token, name,
                      search->count, search->place);
        for (size_t i = 0; i < search->count; i++)
            (void)rk_note(err, "%s", search->names[i]);
        return err->rc;
    }
    if (search->why.rc != RK_OK) {
        *err = search->why;
        return rk_wrap(err, "token \"%s\", key \"%s\"", token, name);
    }
    (void)rk_fail(err, RK_E_KEY, "token \"%s\", key \"%s\": its public half is not there", token,
                  name);
    return rk_note(err, "put the public key or a certificate into the token under the same id or "
                        "label");
}

enum rk_rc rk_token_key_public(struct rk_token_key *key, EVP_PKEY **ret, struct rk_err *err)
{
    struct search *search = rk_alloc(1, sizeof *search);
    char name[RK_TOKEN_KEY_NAME];
    size_t i = 0;
    enum rk_rc rc;

    if (search == NULL)
        return rk_fail_nomem(err);
    while (i < KINDS && kinds[i].type != key->key_type)
        i++;
    search->key = key;
    search->kind = &kinds[i == KINDS ? 0 : i];
    (void)rk_token_key_name(key, name);
    if (i == KINDS && key->key_type == CK_UNAVAILABLE_INFORMATION)
        rc = rk_fail(err, RK_E_KEY,
                     "token \"%s\", key \"%s\": the token does not say of what type it is",
                     key->token->label, name);
    else if (i == KINDS)
        rc = rk_fail(err, RK_E_KEY,
                     "token \"%s\", key \"%s\": is of type 0x%lx, expected RSA, EC or Ed25519",
                     key->token->label, name, key->key_type);
    else
        rc = rk_token_key_run(key, "cannot read its public half", read_public, search, err);
    if (rc == RK_OK)
        rc = conclude(search, ret, err);
    EVP_PKEY_free(search->found);
    rk_free(search);
    return rc;
}

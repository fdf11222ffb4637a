/* SPDX-License-Identifier: Apache-2.0 */
/* Checking the TBBR certificates of a FIP, from the root of trust down to each image's hash. */
#include "image/tbbr.h"

#include "base/work.h"
#include "rotkit/policy.h"
#include "rotkit/x509.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ARM_ARC = 2100 }; /* 1.3.6.1.4.1.4128.2100 */

static X509 *parse_cert(const struct rk_fip_entry *entry)
{
    struct rk_err ignored;
    X509 *cert = NULL;

    return rk_x509_parse(entry->p, entry->len, &cert, &ignored) == RK_OK ? cert : NULL;
}

/* The extension's value; NULL when it is not there. */
static const ASN1_OCTET_STRING *extension(const X509 *cert, int ext)
{
    char text[64];
    RK_AUTO(rk_oid_done) ASN1_OBJECT *oid = NULL;
    int at;

    (void)snprintf(text, sizeof text, "1.3.6.1.4.1.4128.%d.%d", ARM_ARC, ext);
    oid = OBJ_txt2obj(text, 1);
    at = oid == NULL ? -1 : X509_get_ext_by_OBJ(cert, oid, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(cert, at));
}

static bool read_counter(const X509 *cert, int ext, uint64_t *ret)
{
    const ASN1_OCTET_STRING *value = extension(cert, ext);
    const unsigned char *at = value == NULL ? NULL : ASN1_STRING_get0_data(value);
    RK_AUTO(rk_asn1_integer_done)
    ASN1_INTEGER *number =
        value == NULL ? NULL : d2i_ASN1_INTEGER(NULL, &at, ASN1_STRING_length(value));
    bool ok = number != NULL && ASN1_INTEGER_get_uint64(ret, number) == 1;

    ERR_clear_error();
    return ok;
}

void rk_tbbr_describe(const struct rk_fip_entry *entry, struct rk_region *region)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (strstr(region->name, "-cert") == NULL || (cert = parse_cert(entry)) == NULL)
        return;
    for (int ext = RK_TBBR_TRUSTED_COUNTER; ext <= RK_TBBR_NON_TRUSTED_COUNTER; ext++) {
        uint64_t counter;

        if (!read_counter(cert, ext, &counter))
            continue;
        region->nested = false;
        rk_region_set_ratchet(region, counter);
        (void)snprintf(region->note, sizeof region->note, "%s NV counter %" PRIu64,
                       ext == RK_TBBR_TRUSTED_COUNTER ? "trusted" : "non-trusted", counter);
    }
}

struct chain {
    const struct rk_request *request;
    const struct rk_fip *fip;
    struct rk_map *map;
    struct {
        const char *role;
        EVP_PKEY *key;
    } known[RK_TBBR_CERTS + 1];
    size_t known_count;
    /* By entry of the package: it was compared with what a certificate says, or could not be for
     * want of the encryption key; a certificate: its signature was checked. */
    bool covered[RK_FIP_ENTRIES_MAX];
    bool sealed;                   /* at least one could not be compared */
    const struct rk_fip_entry *at; /* the certificate that is looked at */
};

static void chain_done(struct chain *chain)
{
    for (size_t i = 0; i < chain->known_count; i++)
        EVP_PKEY_free(chain->known[i].key);
}

static EVP_PKEY *known_key(const struct chain *chain, const char *role)
{
    if (role[0] == '\0')
        return chain->request->key[0].pub;
    for (size_t i = 0; i < chain->known_count; i++) {
        if (strcmp(chain->known[i].role, role) == 0)
            return chain->known[i].key;
    }
    return NULL;
}

static enum rk_rc read_key(struct chain *chain, const char *role, const ASN1_OCTET_STRING *value,
                           struct rk_err *err)
{
    const unsigned char *at = ASN1_STRING_get0_data(value);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, ASN1_STRING_length(value));

    if (key == NULL)
        return rk_fail_ossl(err, RK_E_VERIFY, "the %s key is none", role);
    chain->known[chain->known_count].role = role;
    chain->known[chain->known_count++].key = key;
    return RK_OK;
}

/* A DigestInfo that TF-A can read: *ret_claimed is borrowed from info, of the digest's length. */
static const struct rk_tbbr_digest *read_info(const X509_SIG *info, const uint8_t **ret_claimed)
{
    const struct rk_tbbr_digest *digest;
    const ASN1_OCTET_STRING *claimed;
    const X509_ALGOR *algorithm;

    if (info == NULL)
        return NULL;
    X509_SIG_get0(info, &algorithm, &claimed);
    digest = rk_tbbr_digest_of(algorithm);
    if (digest == NULL || claimed == NULL || (size_t)ASN1_STRING_length(claimed) != digest->len)
        return NULL;
    *ret_claimed = ASN1_STRING_get0_data(claimed);
    return digest;
}

/* Of an encrypted payload all but the byte of flags that says under which key: nothing holds it. */
static enum rk_rc guard_image(struct rk_map *map, const struct rk_fip_entry *image,
                              struct rk_err *err)
{
    size_t from = rk_encfw_is(image->p, image->len) ? RK_ENCFW_FLAGS + 1 : 0;

    if (from != 0 &&
        (rk_map_guard(map, image->offset, RK_ENCFW_FLAGS, RK_GUARD_SIGNATURE, "TBBR certificate",
                      err) ||
         rk_map_open(map, image->offset + RK_ENCFW_FLAGS, 1, "which key it is under", err)))
        return err->rc;
    return rk_map_guard(map, image->offset + from, image->len - from, RK_GUARD_SIGNATURE,
                        "TBBR certificate", err);
}

/* The hash of what is encrypted is over its plaintext. */
static enum rk_rc leave_unknown(struct chain *chain, const struct rk_fip_entry *image,
                                const char *name, struct rk_err *err)
{
    char what[64];

    (void)snprintf(what, sizeof what, "hash of %.40s", name);
    chain->sealed = true;
    return rk_map_unknown(chain->map, image->offset, image->len, RK_NEED_KEY, what, err);
}

/* What stands in the package; an image that the request brings stands elsewhere. */
static enum rk_rc settle_image(struct chain *chain, const char *name, bool known,
                               struct rk_err *err)
{
    const struct rk_fip_entry *image = rk_fip_find(chain->fip, name);

    if (image == NULL)
        return RK_OK;
    chain->covered[image - chain->fip->entry] = true;
    return known ? guard_image(chain->map, image, err) : leave_unknown(chain, image, name, err);
}

/* BL2 may be what a boot ROM loads from elsewhere; all else is loaded from the package. */
static enum rk_rc leave_outside(struct chain *chain, const char *name, struct rk_err *err)
{
    if (strcmp(name, "tb-fw") == 0)
        return rk_map_unknown(chain->map, chain->at->offset, chain->at->len, RK_NEED_IMAGE,
                              "hash of tb-fw, which is not in the package", err);
    (void)rk_fail(err, RK_E_VERIFY, "%s is certified and not in the package", name);
    return rk_note(err, "--with %s=FILE, where it stands elsewhere", name);
}

static enum rk_rc check_hash(struct chain *chain, const char *name, const ASN1_OCTET_STRING *value,
                             struct rk_err *err)
{
    static const uint8_t none[RK_TBBR_DIGEST_MAX];
    const unsigned char *at = ASN1_STRING_get0_data(value);
    RK_AUTO(rk_x509_sig_done) X509_SIG *info = d2i_X509_SIG(NULL, &at, ASN1_STRING_length(value));
    uint8_t digest[RK_TBBR_DIGEST_MAX];
    const uint8_t *claimed = NULL;
    const struct rk_tbbr_digest *by = read_info(info, &claimed);
    struct rk_fip_entry image;
    bool known;

    if (by == NULL)
        return rk_fail_ossl(err, RK_E_VERIFY, "the hash of %s is no SHA-256, SHA-384 or SHA-512",
                            name);
    if (!rk_tbbr_image(chain->request, chain->fip, name, &image))
        return memcmp(claimed, none, by->len) == 0 ? RK_OK : leave_outside(chain, name, err);
    if (rk_tbbr_hash(chain->request, by, &image, digest, &known, err))
        return rk_wrap(err, "%s", name);
    if (known && memcmp(claimed, digest, by->len) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s: its %s is not the certified one", name, by->title);
    return settle_image(chain, name, known, err);
}

/* Signed by this key, in a way that TF-A takes, and the key inside is the same. */
static enum rk_rc check_signer(const rk_ctx *ctx, X509 *x509, EVP_PKEY *key, const char *role,
                               struct rk_err *err)
{
    int algorithm = X509_get_signature_nid(x509), digest = NID_undef;

    if (algorithm != NID_rsassaPss && algorithm != NID_ecdsa_with_SHA256 &&
        algorithm != NID_ecdsa_with_SHA384 && algorithm != NID_ecdsa_with_SHA512)
        return rk_fail(err, RK_E_VERIFY,
                       "its signature algorithm is %s, expected RSASSA-PSS or "
                       "ECDSA with SHA-2",
                       OBJ_nid2sn(algorithm));
    (void)X509_get_signature_info(x509, &digest, NULL, NULL, NULL); /* of PSS: in its parameters */
    if (rk_policy_check_digest(ctx, digest, RK_E_VERIFY, err) ||
        (key != NULL && rk_policy_check_key(ctx, key, RK_E_VERIFY, err)))
        return rk_wrap(err, "its signature");
    if (rk_work_signature(err))
        return err->rc;
    if (key == NULL || X509_verify(x509, key) != 1 ||
        EVP_PKEY_eq(X509_get0_pubkey(x509), key) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "its signature does not hold under the %s key",
                       role[0] == '\0' ? "root-of-trust" : role);
    }
    return RK_OK;
}

static enum rk_rc check_subs(struct chain *chain, const struct rk_tbbr_cert *cert, X509 *x509,
                             struct rk_err *err)
{
    for (size_t i = 0; i < RK_TBBR_SUBS && cert->sub[i].what != NULL; i++) {
        const ASN1_OCTET_STRING *value = extension(x509, cert->sub[i].ext);

        if (value == NULL)
            return rk_fail(err, RK_E_VERIFY, "extension %d (%s) is missing", cert->sub[i].ext,
                           cert->sub[i].what);
        if (cert->keys ? read_key(chain, cert->sub[i].what, value, err)
                       : check_hash(chain, cert->sub[i].what, value, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc check_cert(struct chain *chain, const struct rk_tbbr_cert *cert,
                             struct rk_err *err)
{
    const struct rk_fip_entry *entry = rk_fip_find(chain->fip, cert->name);
    const char *wanted_by = rk_tbbr_wanted_by(chain->request, chain->fip, cert);
    EVP_PKEY *key = known_key(chain, cert->signer);
    RK_AUTO(rk_x509_done) X509 *x509 = entry == NULL ? NULL : parse_cert(entry);
    uint64_t counter;

    if (entry == NULL)
        return wanted_by == NULL
                   ? RK_OK
                   : rk_fail(err, RK_E_VERIFY, "is missing, %s is not signed", wanted_by);
    if (x509 == NULL)
        return rk_fail(err, RK_E_VERIFY, "is no certificate");
    if (check_signer(chain->request->ctx, x509, key, cert->signer, err))
        return err->rc;
    if (cert->counter != 0 && !read_counter(x509, cert->counter, &counter))
        return rk_fail(err, RK_E_VERIFY, "its NV counter (extension %d) is missing", cert->counter);
    chain->covered[entry - chain->fip->entry] = true;
    if (rk_map_guard(chain->map, entry->offset, entry->len, RK_GUARD_SIGNATURE, "TBBR certificate",
                     err))
        return err->rc;
    chain->at = entry;
    return check_subs(chain, cert, x509, err);
}

/* With a key named, what no certificate in this package covers is a failure: a certificate that
 * could stand in it covers nothing. */
static enum rk_rc check_covered(const struct chain *chain, struct rk_err *err)
{
    for (size_t i = 0; i < chain->fip->count; i++) {
        const struct rk_fip_row *row = rk_fip_row(chain->fip->entry[i].uuid);

        if (!chain->covered[i])
            return rk_fail(err, RK_E_VERIFY,
                           "image %s is covered by no certificate that is checked here",
                           row == NULL ? "without a name" : row->name);
    }
    return RK_OK;
}

/* What a certificate in the package says of an image in it, whoever signed the certificate. */
static enum rk_rc compare_alone(const struct rk_request *request, const struct rk_fip *fip,
                                const struct rk_tbbr_cert *cert, struct rk_err *err)
{
    const struct rk_fip_entry *entry = rk_fip_find(fip, cert->name);
    RK_AUTO(rk_x509_done) X509 *x509 = entry == NULL ? NULL : parse_cert(entry);

    for (size_t i = 0; x509 != NULL && i < RK_TBBR_SUBS && cert->sub[i].what != NULL; i++) {
        const struct rk_fip_entry *image = rk_fip_find(fip, cert->sub[i].what);
        const ASN1_OCTET_STRING *value = extension(x509, cert->sub[i].ext);
        const unsigned char *at = value == NULL ? NULL : ASN1_STRING_get0_data(value);
        RK_AUTO(rk_x509_sig_done)
        X509_SIG *info = value == NULL ? NULL : d2i_X509_SIG(NULL, &at, ASN1_STRING_length(value));
        const uint8_t *claimed = NULL;
        const struct rk_tbbr_digest *by = read_info(info, &claimed);
        uint8_t digest[RK_TBBR_DIGEST_MAX];
        bool known;

        if (image == NULL || by == NULL || rk_encfw_is(image->p, image->len))
            continue;
        if (rk_tbbr_hash(request, by, image, digest, &known, err))
            return err->rc;
        if (memcmp(claimed, digest, by->len) != 0)
            return rk_fail(err, RK_E_VERIFY, "%s: its %s is not the certified one",
                           cert->sub[i].what, by->title);
    }
    ERR_clear_error();
    return RK_OK;
}

static enum rk_rc check_alone(const struct rk_request *request, const struct rk_fip *fip,
                              struct rk_err *err)
{
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        if (!rk_tbbr_certs[i].keys && compare_alone(request, fip, &rk_tbbr_certs[i], err))
            return rk_wrap(err, "%s", rk_tbbr_certs[i].name);
    }
    return RK_OK;
}

bool rk_tbbr_is_signed(const struct rk_fip *fip)
{
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        if (rk_tbbr_certs[i].signer[0] == '\0' && rk_fip_find(fip, rk_tbbr_certs[i].name) != NULL)
            return true;
    }
    return false;
}

enum rk_rc rk_tbbr_check(const struct rk_request *request, const struct rk_fip *fip,
                         struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(chain_done)
    struct chain chain = { .request = request, .fip = fip, .map = map };
    bool keyed = request->key_count != 0, rooted = rk_tbbr_is_signed(fip), go;

    if (request->own_signer)
        return check_alone(request, fip, err);
    if (rk_tbbr_check_parts(request, fip, err))
        return err->rc;
    if (keyed && !rooted)
        return rk_fail(err, RK_E_VERIFY, "is not signed: no certificate by the root of trust");
    if (rk_check_begin(request, rooted, RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        if (check_cert(&chain, &rk_tbbr_certs[i], err))
            return rk_wrap(err, "%s", rk_tbbr_certs[i].name);
    }
    if (check_covered(&chain, err))
        return err->rc;
    (void)snprintf(map->signer, sizeof map->signer, "root-of-trust key");
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   chain.sealed ? "certificate chain holds; encrypted images are not looked into"
                                : "certificate chain and hashes hold");
    return RK_OK;
}

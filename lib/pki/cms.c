/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing and opening, over OpenSSL's CMS. RFC 5083, RFC 5084, RFC 5753. */
#include "rotkit/cms.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/key.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/rsa.h>

/* RFC 5084, 3.2: a GCM tag has 12 to 16 bytes. OpenSSL takes shorter ones, which can be guessed. */
enum { RSA_BITS_MIN = 2048, CONTENT_MAX = 1 << 26, TAG_MIN = 12 };

RK_CLEANUP(cms_done, CMS_ContentInfo, CMS_ContentInfo_free)

/* One: what is sealed is for one to open. */
static enum rk_rc read_certificate(const struct rk_bytes *pem, X509 **ret, struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(pem->p, pem->len, 1, &certs, err))
        return rk_wrap(err, "recipient");
    *ret = sk_X509_pop(certs);
    return RK_OK;
}

static enum rk_rc check_dates(const X509 *cert, int64_t when, struct rk_err *err)
{
    time_t t = (time_t)when, before = t - 1;

    if (X509_cmp_time(X509_get0_notBefore(cert), &t) > 0)
        return rk_fail(err, RK_E_USAGE, "recipient certificate is not valid yet");
    /* notAfter is the last good second, and X509_cmp_time calls equal times earlier. */
    if (X509_cmp_time(X509_get0_notAfter(cert), &before) < 0)
        return rk_fail(err, RK_E_USAGE,
                       "recipient certificate has expired: ask the factory for a new one");
    return RK_OK;
}

static enum rk_rc check_key(X509 *cert, struct rk_err *err)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    bool rsa = key != NULL && EVP_PKEY_is_a(key, "RSA");
    uint32_t need = rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;

    if (key == NULL || (!rsa && !EVP_PKEY_is_a(key, "EC")))
        return rk_fail(err, RK_E_USAGE, "recipient certificate holds neither an RSA nor an EC key");
    if (rsa && EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
        return rk_fail(err, RK_E_USAGE, "recipient's RSA key has %s, at least %d are needed",
                       RK_COUNTED(EVP_PKEY_get_bits(key), "bit"), RSA_BITS_MIN);
    if ((X509_get_extension_flags(cert) & EXFLAG_KUSAGE) != 0 &&
        (X509_get_key_usage(cert) & need) == 0)
        return rk_fail(err, RK_E_USAGE, "recipient certificate's key usage lacks %s",
                       rsa ? "keyEncipherment" : "keyAgreement");
    return RK_OK;
}

enum rk_rc rk_cms_check_recipient(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                                  int64_t when, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    (void)ctx;
    if (read_certificate(recipient_pem, &cert, err) || check_key(cert, err))
        return err->rc;
    return check_dates(cert, when, err);
}

/* RSA by OAEP with SHA-256, EC by ECDH with SHA-256 in the X9.63 KDF. */
static int set_recipient(CMS_ContentInfo *cms, X509 *cert)
{
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, cert, CMS_KEY_PARAM);
    EVP_PKEY_CTX *key = info == NULL ? NULL : CMS_RecipientInfo_get0_pkey_ctx(info);

    if (key == NULL)
        return 0;
    if (EVP_PKEY_is_a(X509_get0_pubkey(cert), "EC"))
        return EVP_PKEY_CTX_set_ecdh_kdf_md(key, EVP_sha256()) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(key, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(key, EVP_sha256()) > 0;
}

static enum rk_rc encode(CMS_ContentInfo *cms, struct rk_bytes *ret, struct rk_err *err)
{
    unsigned char *der = NULL;

    return rk_der_keep(i2d_CMS_ContentInfo(cms, &der), &der, "CMS", ret, err);
}

enum rk_rc rk_cms_seal(const rk_ctx *ctx, const struct rk_bytes *recipient_pem,
                       const struct rk_secret *content, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(content->p, (int)content->len);
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(rk_ctx_libctx(ctx), "AES-256-GCM", rk_ctx_propq(ctx));
    RK_AUTO(cms_done) CMS_ContentInfo *cms = NULL;

    if (content->len > CONTENT_MAX)
        return rk_fail(err, RK_E_USAGE, "%s to seal, at most %d", RK_COUNTED(content->len, "byte"),
                       CONTENT_MAX);
    if (read_certificate(recipient_pem, &cert, err) || check_key(cert, err))
        return err->rc;
    cms = CMS_encrypt_ex(NULL, NULL, gcm, CMS_BINARY | CMS_PARTIAL, rk_ctx_libctx(ctx),
                         rk_ctx_propq(ctx));
    if (in == NULL || gcm == NULL || cms == NULL || !set_recipient(cms, cert) ||
        CMS_final(cms, in, NULL, CMS_BINARY) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot seal");
    return encode(cms, ret, err);
}

/* ContentInfo, its contentType, [0] and AuthEnvelopedData: which of them are gone into. */
static const bool enter[] = { true, false, true, true };

/*
 * The length of the authentication tag, -1 when there is none: OpenSSL has no call for it. RFC
 * 5083, 2.1: the one member of AuthEnvelopedData that is an OCTET STRING. der is OpenSSL's own
 * encoding.
 */
static long tag_len(const unsigned char *der, const unsigned char *end)
{
    const size_t heads = sizeof enter / sizeof enter[0];
    int tag = 0, class = 0;
    long len = 0;

    for (size_t i = 0; i < heads || der < end; i++) {
        if ((ASN1_get_object(&der, &len, &tag, &class, end - der) & 0x80) != 0)
            return -1;
        if (i >= heads && class == V_ASN1_UNIVERSAL && tag == V_ASN1_OCTET_STRING)
            return len;
        if (i >= heads || !enter[i])
            der += len;
    }
    return -1;
}

static enum rk_rc check_tag(CMS_ContentInfo *cms, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    long tag;

    if (encode(cms, &der, err))
        return err->rc;
    tag = tag_len(der.p, der.p + der.len);
    if (tag < TAG_MIN)
        return rk_fail(err, RK_E_VERIFY,
                       "cannot be opened: an authentication tag of %ld bytes, at least %d are "
                       "needed",
                       tag < 0 ? 0 : tag, TAG_MIN);
    return RK_OK;
}

static enum rk_rc decode(const rk_ctx *ctx, const uint8_t *cms, size_t len, CMS_ContentInfo **ret,
                         struct rk_err *err)
{
    RK_AUTO(cms_done)
    CMS_ContentInfo *info = CMS_ContentInfo_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    const unsigned char *at = cms;

    if (info == NULL)
        return rk_fail_nomem(err);
    if (len > CONTENT_MAX + 65536 || d2i_CMS_ContentInfo(&info, &at, (long)len) == NULL ||
        at != cms + len || OBJ_obj2nid(CMS_get0_type(info)) != NID_id_smime_ct_authEnvelopedData)
        return rk_fail_ossl(err, RK_E_FORMAT, "no CMS AuthEnvelopedData");
    *ret = info;
    info = NULL;
    return RK_OK;
}

/* All of it into out, whose content is worth nothing unless this succeeds. */
static enum rk_rc decrypt(CMS_ContentInfo *info, rk_signer *key, BIO *out, struct rk_err *err)
{
    if (rk_signer_pair(key) == NULL)
        return rk_fail(err, RK_E_USAGE, "only a key file can open sealed content");
    if (check_tag(info, err))
        return err->rc;
    if (CMS_decrypt(info, rk_signer_pair(key), NULL, NULL, out, CMS_BINARY) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY,
                            "cannot be opened: sealed to another key, or changed");
    return RK_OK;
}

enum rk_rc rk_cms_open(const rk_ctx *ctx, rk_signer *key, const uint8_t *cms, size_t len,
                       struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(cms_done) CMS_ContentInfo *info = NULL;
    RK_AUTO(rk_bio_done) BIO *out = BIO_new(BIO_s_secmem());
    char *content = NULL;
    long content_len;

    if (out == NULL)
        return rk_fail_nomem(err);
    if (decode(ctx, cms, len, &info, err) || decrypt(info, key, out, err))
        return err->rc;
    content_len = BIO_get_mem_data(out, &content);
    return rk_secret_copy(content, content_len < 0 ? 0 : (size_t)content_len, ret, err);
}

/* ---- a piece at a time ---- */

struct rk_cms_stream {
    struct rk_bytes cms;
    CMS_ContentInfo *info;
    BIO *plain;
};

void rk_cms_stream_close(rk_cms_stream *stream)
{
    if (stream == NULL)
        return;
    BIO_free_all(stream->plain);
    CMS_ContentInfo_free(stream->info);
    rk_bytes_done(&stream->cms);
    rk_free(stream);
}

RK_CLEANUP(stream_done, rk_cms_stream, rk_cms_stream_close)

/* Twice: once to the end, for the tag; then from the start, for who reads. */
enum rk_rc rk_cms_stream_open(const rk_ctx *ctx, rk_signer *key, struct rk_bytes *cms,
                              rk_cms_stream **ret, struct rk_err *err)
{
    RK_AUTO(stream_done) rk_cms_stream *stream = rk_alloc(1, sizeof *stream);
    RK_AUTO(cms_done) CMS_ContentInfo *checked = NULL;
    RK_AUTO(rk_bio_done) BIO *nowhere = BIO_new(BIO_s_null());

    if (stream == NULL || nowhere == NULL)
        return rk_fail_nomem(err);
    if (decode(ctx, cms->p, cms->len, &checked, err) || decrypt(checked, key, nowhere, err) ||
        decode(ctx, cms->p, cms->len, &stream->info, err))
        return err->rc;
    if (CMS_decrypt_set1_pkey(stream->info, rk_signer_pair(key), NULL) != 1 ||
        (stream->plain = CMS_dataInit(stream->info, NULL)) == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "CMS");
    stream->cms = rk_bytes_take(cms);
    *ret = stream;
    stream = NULL;
    return RK_OK;
}

size_t rk_cms_stream_read(rk_cms_stream *stream, uint8_t *ret, size_t len)
{
    int n = BIO_read(stream->plain, ret, len > INT_MAX ? INT_MAX : (int)len);

    return n <= 0 ? 0 : (size_t)n;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_file.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "keys/signer.h"
#include "rotkit/file.h"
#include "rotkit/key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/params.h>
#include <openssl/pem.h>

enum { KEY_FILE_MAX = 65536 };

struct asked { /* what the decoder's passphrase callback works with */
    const struct rk_pin *pin;
    const char *path; /* NULL: bytes in memory, of a public key */
    struct rk_err *err;
    bool was_asked;
};

static int give_passphrase(char *room, size_t room_len, size_t *ret_len, const OSSL_PARAM params[],
                           void *arg)
{
    struct asked *asked = arg;
    RK_AUTO(rk_secret_done) struct rk_secret passphrase = RK_SECRET_NONE;
    char subject[RK_PATH_MAX];

    (void)params;
    asked->was_asked = true;
    (void)snprintf(subject, sizeof subject, "key file \"%s\"", asked->path);
    if (rk_passphrase_read(asked->pin, "passphrase", subject, &passphrase, asked->err) != RK_OK ||
        passphrase.len > room_len)
        return 0;
    memcpy(room, passphrase.p, passphrase.len);
    *ret_len = passphrase.len;
    return 1;
}

/* PEM or DER, PKCS#8 or traditional, encrypted or not. */
static enum rk_rc decode(const rk_ctx *ctx, const uint8_t *at, size_t left, int selection,
                         struct asked *asked, EVP_PKEY **ret, struct rk_err *err)
{
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        ret, NULL, NULL, NULL, selection, rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    bool good;

    asked->err->rc = RK_OK;
    good = decoder != NULL &&
           OSSL_DECODER_CTX_set_passphrase_cb(decoder, give_passphrase, asked) == 1 &&
           OSSL_DECODER_from_data(decoder, &at, &left) == 1;
    OSSL_DECODER_CTX_free(decoder);
    if (good)
        return RK_OK;
    if (asked->err->rc != RK_OK)
        return asked->err->rc; /* the passphrase could not be had, and that is said already */
    if (asked->path == NULL)
        return rk_fail_ossl(err, RK_E_KEY, "no public key in PEM or DER");
    return rk_fail_ossl(err, RK_E_KEY, "key file \"%s\": %s", asked->path,
                        asked->was_asked                ? "cannot be decrypted: wrong passphrase?"
                        : selection == EVP_PKEY_KEYPAIR ? "no private key in PEM or DER"
                                                        : "no public key in PEM or DER");
}

/* The key pair itself, in this process. */
static enum rk_rc sign(void *self, const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                       const uint8_t *msg, size_t msg_len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes sig = RK_BYTES_NONE;
    EVP_PKEY_CTX *key = NULL;
    size_t len = 0;

    if (md == NULL ||
        EVP_DigestSignInit_ex(md, &key, scheme->digest, rk_ctx_libctx(ctx), rk_ctx_propq(ctx), self,
                              NULL) != 1 ||
        !rk_scheme_set_padding(scheme, key) || EVP_DigestSign(md, NULL, &len, msg, msg_len) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "cannot sign by %s", scheme->name);
    if (rk_bytes_new(len, &sig, err))
        return err->rc;
    /* OpenSSL 3.0 says 1 and a length of 2^32 - 1 when ECDSA finds no memory for the DER. */
    if (EVP_DigestSign(md, sig.p, &len, msg, msg_len) != 1 || len > sig.len)
        return rk_fail_ossl(err, RK_E_KEY, "cannot sign by %s", scheme->name);
    sig.len = len;
    *ret = rk_bytes_take(&sig);
    return RK_OK;
}

static void release(void *self)
{
    EVP_PKEY_free(self);
}

static const struct rk_signer_ops pair_ops = { .sign = sign, .free = release };

enum rk_rc rk_signer_from_pkey(const rk_ctx *ctx, EVP_PKEY *pkey, rk_signer **ret,
                               struct rk_err *err)
{
    if (EVP_PKEY_up_ref(pkey) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "key");
    if (rk_signer_new(ctx, pkey, &pair_ops, pkey, ret, err)) {
        EVP_PKEY_free(pkey);
        return err->rc;
    }
    return RK_OK;
}

static enum rk_rc open_pair(const rk_ctx *ctx, const struct rk_key_name *name,
                            const struct rk_pin *pin, rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret file = RK_SECRET_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *pair = NULL;
    struct asked asked = { .pin = pin, .path = name->rest, .err = err };

    if (rk_file_read_private(name->rest, KEY_FILE_MAX, &file, err) ||
        decode(ctx, file.p, file.len, EVP_PKEY_KEYPAIR, &asked, &pair, err))
        return err->rc;
    return rk_signer_from_pkey(ctx, pair, ret, err);
}

enum rk_rc rk_key_file_decode_public(const rk_ctx *ctx, const void *bytes, size_t len,
                                     EVP_PKEY **ret, struct rk_err *err)
{
    struct asked asked = { .err = err };

    return decode(ctx, bytes, len, EVP_PKEY_PUBLIC_KEY, &asked, ret, err);
}

/* PEM, else DER to the last byte; NULL when it is neither. *ret_more: PEM with another one. */
static X509 *decode_certificate(const struct rk_secret *file, bool *ret_more)
{
    RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(file->p, (int)file->len);
    const unsigned char *at = file->p;
    X509 *cert = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);
    X509 *second = cert == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);

    *ret_more = second != NULL;
    X509_free(second);
    if (cert == NULL && d2i_X509(&cert, &at, (long)file->len) != NULL &&
        at != file->p + file->len) {
        X509_free(cert);
        cert = NULL;
    }
    ERR_clear_error();
    return cert;
}

/* `err` says why the file is no key, and stays when it is no certificate either. */
static enum rk_rc read_certified(const rk_ctx *ctx, const char *path, const struct rk_secret *file,
                                 EVP_PKEY **ret, struct rk_err *err)
{
    bool more;
    RK_AUTO(rk_x509_done) X509 *cert = decode_certificate(file, &more);
    EVP_PKEY *key = cert == NULL ? NULL : X509_get_pubkey(cert);

    ERR_clear_error();
    if (key == NULL)
        return err->rc;
    if (more) {
        EVP_PKEY_free(key);
        return rk_fail(err, RK_E_KEY,
                       "key file \"%s\": more than one certificate, and one key is wanted", path);
    }
    rk_warn(ctx,
            "\"%s\" is a certificate: its key is taken, its issuer and its dates are not looked at",
            path);
    *ret = key;
    return RK_OK;
}

enum rk_rc rk_key_file_read_public(const rk_ctx *ctx, const char *path, EVP_PKEY **ret,
                                   struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret file = RK_SECRET_NONE;
    struct asked asked = { .path = path, .err = err };

    if (rk_file_read_secret(path, KEY_FILE_MAX, &file, err))
        return err->rc;
    if (decode(ctx, file.p, file.len, EVP_PKEY_PUBLIC_KEY, &asked, ret, err) == RK_OK)
        return RK_OK;
    return err->rc == RK_E_KEY ? read_certified(ctx, path, &file, ret, err) : err->rc;
}

enum rk_rc rk_signer_open_public(const rk_ctx *ctx, const char *path, rk_signer **ret,
                                 struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *pub = NULL;

    return rk_key_file_read_public(ctx, path, &pub, err) ||
                   rk_signer_new(ctx, pub, NULL, NULL, ret, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc open_public(const rk_ctx *ctx, const struct rk_key_name *name,
                              const struct rk_pin *pin, rk_signer **ret, struct rk_err *err)
{
    (void)pin;
    return rk_signer_open_public(ctx, name->rest, ret, err);
}

static enum rk_rc read_bytes(const struct rk_key_name *name, size_t len, struct rk_secret *ret,
                             struct rk_err *err)
{
    return rk_file_read_key(name->rest, len, ret, err);
}

static enum rk_rc path_below(const struct rk_key_name *name, const char *folder, char *ret,
                             size_t size, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(folder, name->rest, path, sizeof path, err))
        return err->rc;
    int n = snprintf(ret, size, "%.*s%s", (int)(name->rest - name->uri), name->uri, path);
    return n >= 0 && (size_t)n < size ? RK_OK
                                      : rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
}

const struct rk_key_source rk_key_source_file = { .prefix = "file:",
                                                  .what = "a key file",
                                                  .signer = open_pair,
                                                  .read = read_bytes,
                                                  .below = path_below };
const struct rk_key_source rk_key_source_path = {
    .prefix = "", .what = "a key file", .signer = open_pair, .read = read_bytes, .below = path_below
};
const struct rk_key_source rk_key_source_public = {
    .prefix = "pub:", .what = "a public key", .signer = open_public, .below = path_below
};

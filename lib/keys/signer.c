/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign: where they come from (`sources`) and how they sign (`schemes`). */
#include "ftpmprov/signer.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "keys/passphrase.h"
#include "ftpmprov/file.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

enum { KEY_FILE_MAX = 65536 };

struct rk_signer {
    const rk_ctx *ctx;
    EVP_PKEY *pkey;
    struct rk_bytes spki;
    bool can_sign;
};

/* clang-format off */
static const struct scheme {
    enum rk_scheme id;
    const char *name, *key_type, *digest; /* digest NULL: the key signs the message itself */
    int salt; /* of PSS; 0: no PSS */
} schemes[] = {
    { RK_SCHEME_RSA_PKCS1_SHA256, "rsa-pkcs1-sha256", "RSA",     "SHA256", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA384, "rsa-pkcs1-sha384", "RSA",     "SHA384", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA512, "rsa-pkcs1-sha512", "RSA",     "SHA512", 0 },
    { RK_SCHEME_RSA_PSS_SHA256,   "rsa-pss-sha256",   "RSA",     "SHA256", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA384,   "rsa-pss-sha384",   "RSA",     "SHA384", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA512,   "rsa-pss-sha512",   "RSA",     "SHA512", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_MAX_SHA256, "rsa-pss-max-sha256", "RSA", "SHA256", RSA_PSS_SALTLEN_MAX },
    { RK_SCHEME_ECDSA_SHA256,     "ecdsa-sha256",     "EC",      "SHA256", 0 },
    { RK_SCHEME_ECDSA_SHA384,     "ecdsa-sha384",     "EC",      "SHA384", 0 },
    { RK_SCHEME_ECDSA_SHA512,     "ecdsa-sha512",     "EC",      "SHA512", 0 },
    { RK_SCHEME_ED25519,          "ed25519",          "ED25519", NULL,     0 },
};
/* clang-format on */
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const struct scheme *find_scheme(enum rk_scheme id)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (schemes[i].id == id)
            return &schemes[i];
    }
    return NULL;
}

const char *rk_scheme_name(enum rk_scheme id)
{
    const struct scheme *scheme = find_scheme(id);

    return scheme == NULL ? "none" : scheme->name;
}

enum rk_scheme rk_scheme_find(const char *name)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (strcmp(schemes[i].name, name) == 0)
            return schemes[i].id;
    }
    return RK_SCHEME_NONE;
}

void rk_signer_free(rk_signer *signer)
{
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->pkey);
    rk_bytes_done(&signer->spki);
    rk_free(signer);
}

static void free_at_exit(rk_signer **signer)
{
    rk_signer_free(*signer);
}

static enum rk_rc adopt(const rk_ctx *ctx, EVP_PKEY *pkey, bool can_sign, rk_signer **ret,
                        struct rk_err *err)
{
    RK_AUTO(free_at_exit) rk_signer *signer = rk_alloc(1, sizeof *signer);
    unsigned char *der = NULL;
    int len;

    if (signer == NULL)
        return rk_fail_nomem(err);
    signer->ctx = ctx;
    signer->can_sign = can_sign;
    if (EVP_PKEY_up_ref(pkey) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "key");
    signer->pkey = pkey;
    len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return rk_fail_ossl(err, RK_E_KEY, "the key has no public half");
    enum rk_rc rc = rk_bytes_copy(der, (size_t)len, &signer->spki, err);
    OPENSSL_free(der);
    if (rc != RK_OK)
        return rc;
    *ret = signer;
    signer = NULL;
    return RK_OK;
}

enum rk_rc rk_signer_from_pkey(const rk_ctx *ctx, EVP_PKEY *pkey, rk_signer **ret,
                               struct rk_err *err)
{
    return adopt(ctx, pkey, true, ret, err);
}

struct asked { /* what the decoder's passphrase callback works with */
    const struct rk_pin *pin;
    const char *path;
    struct rk_err *err;
    bool was_asked;
};

static int give_passphrase(char *room, size_t room_len, size_t *ret_len, const OSSL_PARAM params[],
                           void *arg)
{
    struct asked *asked = arg;
    RK_AUTO(rk_secret_done) struct rk_secret passphrase = RK_SECRET_NONE;

    (void)params;
    asked->was_asked = true;
    if (rk_passphrase_read(asked->pin, asked->path, &passphrase, asked->err) != RK_OK ||
        passphrase.len > room_len)
        return 0;
    memcpy(room, passphrase.p, passphrase.len);
    *ret_len = passphrase.len;
    return 1;
}

/* PEM or DER, PKCS#8 or traditional, encrypted or not. */
static enum rk_rc decode(const rk_ctx *ctx, const struct rk_secret *file, int selection,
                         struct asked *asked, EVP_PKEY **ret, struct rk_err *err)
{
    const unsigned char *at = file->p;
    size_t left = file->len;
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
    return rk_fail_ossl(err, RK_E_KEY, "key file \"%s\": %s", asked->path,
                        asked->was_asked                ? "cannot be decrypted: wrong passphrase?"
                        : selection == EVP_PKEY_KEYPAIR ? "no private key in PEM or DER"
                                                        : "no public key in PEM or DER");
}

static enum rk_rc open_file(const rk_ctx *ctx, const char *rest, const struct rk_pin *pin,
                            rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret file = RK_SECRET_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;
    struct asked asked = { .pin = pin, .path = rest, .err = err };

    if (rk_file_read_secret(rest, KEY_FILE_MAX, &file, err) ||
        decode(ctx, &file, EVP_PKEY_KEYPAIR, &asked, &pkey, err))
        return err->rc;
    return adopt(ctx, pkey, true, ret, err);
}

static enum rk_rc open_public(const rk_ctx *ctx, const char *rest, const struct rk_pin *pin,
                              rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret file = RK_SECRET_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;
    struct asked asked = { .pin = pin, .path = rest, .err = err };

    if (rk_file_read_secret(rest, KEY_FILE_MAX, &file, err) ||
        decode(ctx, &file, EVP_PKEY_PUBLIC_KEY, &asked, &pkey, err))
        return err->rc;
    return adopt(ctx, pkey, false, ret, err);
}

static enum rk_rc refuse(const rk_ctx *ctx, const char *rest, const struct rk_pin *pin,
                         rk_signer **ret, struct rk_err *err)
{
    (void)ctx;
    (void)pin;
    (void)ret;
    if (strstr(rest, "pin-value") != NULL)
        return rk_fail(err, RK_E_USAGE, "a key URI must not carry pin-value: name a pin-source");
    (void)rk_fail(err, RK_E_USAGE,
                  "keys in tokens and behind helpers are not served in this version");
    return rk_note(err, "served: PATH, file:PATH, pub:PATH; pkcs11: and helper: come later");
}

static enum rk_rc refuse_env(const rk_ctx *ctx, const char *rest, const struct rk_pin *pin,
                             rk_signer **ret, struct rk_err *err)
{
    (void)ctx, (void)rest, (void)pin, (void)ret;
    return rk_fail(err, RK_E_USAGE, "\"env:\" names symmetric keys only, and this key signs");
}

static const struct {
    const char *scheme;
    enum rk_rc (*open)(const rk_ctx *ctx, const char *rest, const struct rk_pin *pin,
                       rk_signer **ret, struct rk_err *err);
} sources[] = {
    { "file:", open_file }, { "pub:", open_public }, { "pkcs11:", refuse },
    { "helper:", refuse },  { "env:", refuse_env },
};

/* Length of a leading "scheme:", colon included; 0 when uri is a plain path. */
static size_t scheme_len(const char *uri)
{
    size_t len = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

    return len != 0 && uri[len] == ':' ? len + 1 : 0;
}

enum rk_rc rk_signer_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                          rk_signer **ret, struct rk_err *err)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        size_t len = strlen(sources[i].scheme);

        if (strncmp(uri, sources[i].scheme, len) == 0)
            return sources[i].open(ctx, uri + len, pin, ret, err);
    }
    if (scheme_len(uri) != 0) {
        (void)rk_fail(err, RK_E_USAGE,
                      "unknown key scheme \"%.*s\" (known: file, pub, pkcs11, helper)",
                      (int)scheme_len(uri), uri);
        return rk_note(err, "a path with a colon in it is named file:PATH");
    }
    return open_file(ctx, uri, pin, ret, err);
}

EVP_PKEY *rk_signer_pkey(const rk_signer *signer)
{
    return signer->pkey;
}

const struct rk_bytes *rk_signer_spki(const rk_signer *signer)
{
    return &signer->spki;
}

enum rk_scheme rk_signer_default_scheme(const rk_signer *signer)
{
    int bits = EVP_PKEY_get_bits(signer->pkey);

    if (EVP_PKEY_is_a(signer->pkey, "RSA"))
        return RK_SCHEME_RSA_PKCS1_SHA256;
    if (EVP_PKEY_is_a(signer->pkey, "ED25519"))
        return RK_SCHEME_ED25519;
    if (!EVP_PKEY_is_a(signer->pkey, "EC"))
        return RK_SCHEME_NONE;
    return bits <= 256   ? RK_SCHEME_ECDSA_SHA256
           : bits <= 384 ? RK_SCHEME_ECDSA_SHA384
                         : RK_SCHEME_ECDSA_SHA512;
}

bool rk_signer_can_sign(const rk_signer *signer)
{
    return signer->can_sign;
}

static int set_padding(const struct scheme *scheme, EVP_PKEY_CTX *key)
{
    if (scheme->salt == 0)
        return 1;
    return EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(key, scheme->salt) > 0;
}

static enum rk_rc fitting_scheme(enum rk_scheme id, EVP_PKEY *pkey, const struct scheme **ret,
                                 struct rk_err *err)
{
    const struct scheme *scheme = find_scheme(id);

    if (scheme == NULL)
        return rk_fail(err, RK_E_USAGE, "no signature scheme for this key");
    if (!EVP_PKEY_is_a(pkey, scheme->key_type))
        return rk_fail(err, RK_E_KEY, "scheme %s needs a key of type %s, this one is %s",
                       scheme->name, scheme->key_type, EVP_PKEY_get0_type_name(pkey));
    *ret = scheme;
    return RK_OK;
}

enum rk_rc rk_signer_sign(rk_signer *signer, enum rk_scheme id, const uint8_t *msg, size_t msg_len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes sig = RK_BYTES_NONE;
    const struct scheme *scheme;
    EVP_PKEY_CTX *key = NULL;
    size_t len = 0;

    if (!signer->can_sign)
        return rk_fail(err, RK_E_KEY, "the key is public only and cannot sign");
    if (fitting_scheme(id, signer->pkey, &scheme, err))
        return err->rc;
    if (md == NULL ||
        EVP_DigestSignInit_ex(md, &key, scheme->digest, rk_ctx_libctx(signer->ctx),
                              rk_ctx_propq(signer->ctx), signer->pkey, NULL) != 1 ||
        !set_padding(scheme, key) || EVP_DigestSign(md, NULL, &len, msg, msg_len) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "cannot sign by %s", scheme->name);
    if (rk_bytes_new(len, &sig, err))
        return err->rc;
    if (EVP_DigestSign(md, sig.p, &len, msg, msg_len) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "cannot sign by %s", scheme->name);
    sig.len = len;
    *ret = rk_bytes_take(&sig);
    return RK_OK;
}

enum rk_rc rk_signature_check(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme id,
                              const uint8_t *msg, size_t msg_len, const uint8_t *sig,
                              size_t sig_len, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct scheme *scheme;
    EVP_PKEY_CTX *key = NULL;

    if (fitting_scheme(id, pub, &scheme, err))
        return err->rc;
    if (md == NULL ||
        EVP_DigestVerifyInit_ex(md, &key, scheme->digest, rk_ctx_libctx(ctx), rk_ctx_propq(ctx),
                                pub, NULL) != 1 ||
        !set_padding(scheme, key))
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot verify by %s", scheme->name);
    if (EVP_DigestVerify(md, sig, sig_len, msg, msg_len) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY, "the signature does not hold");
    return RK_OK;
}

enum rk_rc rk_signature_check_digest(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme id,
                                     const uint8_t *digest, size_t digest_len, const uint8_t *sig,
                                     size_t sig_len, struct rk_err *err)
{
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *run = EVP_PKEY_CTX_new_from_pkey(rk_ctx_libctx(ctx), pub, rk_ctx_propq(ctx));
    RK_AUTO(rk_md_done) EVP_MD *md = NULL;
    const struct scheme *scheme = NULL;

    if (fitting_scheme(id, pub, &scheme, err))
        return err->rc;
    if (scheme->digest == NULL)
        return rk_fail(err, RK_E_USAGE, "scheme %s signs no digest", scheme->name);
    md = EVP_MD_fetch(rk_ctx_libctx(ctx), scheme->digest, rk_ctx_propq(ctx));
    if (run == NULL || md == NULL || EVP_PKEY_verify_init(run) != 1 || !set_padding(scheme, run) ||
        EVP_PKEY_CTX_set_signature_md(run, md) <= 0)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot verify by %s", scheme->name);
    if (EVP_PKEY_verify(run, sig, sig_len, digest, digest_len) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY, "the signature does not hold");
    return RK_OK;
}

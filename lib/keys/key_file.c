/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_file.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/avb_key.h"
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

/* ---- files of several blocks ---- */

struct span {
    const uint8_t *p;
    size_t len;
};

static bool starts_with(struct span text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && memcmp(text.p, with, len) == 0;
}

static struct span behind(struct span text, size_t len)
{
    return (struct span) { text.p + len, text.len - len };
}

/* What begins with the word; nothing when it does not occur. */
static struct span find(struct span text, const char *word)
{
    while (text.len != 0 && !starts_with(text, word))
        text = behind(text, 1);
    return text;
}

/* The mark of editors before UTF-8 text. */
static struct span without_mark(struct span text)
{
    static const char mark[] = "\xef\xbb\xbf";

    return starts_with(text, mark) ? behind(text, sizeof mark - 1) : text;
}

/*
 * The next PEM block of a key, and what follows it: parameters, certificates and text beside it are
 * passed over. The last block may lack its end, which its decoder refuses. false: no more.
 */
static bool next_key(struct span *rest, struct span *ret)
{
    static const char begin[] = "-----BEGIN ", dashes[] = "-----";
    struct span block, label, end;

    while ((block = find(*rest, begin)).len != 0) {
        label = behind(block, sizeof begin - 1);
        end = find(label, dashes);
        *rest = end;
        if (end.p - label.p < 3 || memcmp(end.p - 3, "KEY", 3) != 0)
            continue;
        end = find(behind(end, end.len == 0 ? 0 : sizeof dashes - 1), "-----END ");
        end = find(behind(end, end.len == 0 ? 0 : sizeof dashes - 1), dashes);
        *rest = behind(end, end.len == 0 ? 0 : sizeof dashes - 1);
        *ret = (struct span) { block.p, block.len - rest->len };
        return true;
    }
    return false;
}

/* ---- decoding ---- */

static bool decode_one(const rk_ctx *ctx, struct span at, int selection, struct asked *asked,
                       EVP_PKEY **ret)
{
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        ret, NULL, NULL, NULL, selection, rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    bool good = decoder != NULL &&
                OSSL_DECODER_CTX_set_passphrase_cb(decoder, give_passphrase, asked) == 1 &&
                OSSL_DECODER_from_data(decoder, &at.p, &at.len) == 1;

    OSSL_DECODER_CTX_free(decoder);
    return good;
}

/* A key that is there and cannot be read is another fault than a file without one. */
static void note_block(struct span first, struct rk_err *err)
{
    enum { BEGIN = sizeof "-----BEGIN " - 1, LABEL_MAX = 32 };
    struct span label = behind(first, BEGIN);
    size_t len = label.len - find(label, "-----").len;

    if (len <= LABEL_MAX)
        (void)rk_note(err, "its PEM block \"%.*s\" is damaged, cut off or not what is asked for",
                      (int)len, (const char *)label.p);
}

/* first: the first PEM block of a key, empty when there is none. */
static enum rk_rc no_key(int selection, const struct asked *asked, struct span first,
                         struct rk_err *err)
{
    const char *what = asked->was_asked                ? "cannot be decrypted: wrong passphrase?"
                       : selection == EVP_PKEY_KEYPAIR ? "no private key in PEM or DER"
                                                       : "no public key in PEM or DER";

    (void)(asked->path == NULL
               ? rk_fail_ossl(err, RK_E_KEY, "%s", what)
               : rk_fail_ossl(err, RK_E_KEY, "key file \"%s\": %s", asked->path, what));
    if (err->rc == RK_E_KEY && first.len != 0 && !asked->was_asked)
        note_block(first, err);
    return err->rc;
}

/*
 * PEM or DER, PKCS#8 or traditional, encrypted or not: the first block of a PEM file that is such a
 * key, wherever it stands. Of several that are none, why the first is none.
 */
static enum rk_rc decode(const rk_ctx *ctx, const uint8_t *at, size_t left, int selection,
                         struct asked *asked, EVP_PKEY **ret, struct rk_err *err)
{
    struct span rest = without_mark((struct span) { at, left }), one, first;
    bool pem = next_key(&rest, &one), good;

    asked->err->rc = RK_OK;
    if (!pem)
        one = without_mark((struct span) { at, left });
    first = pem ? one : (struct span) { NULL, 0 };
    do {
        good = decode_one(ctx, one, selection, asked, ret);
    } while (!good && pem && asked->err->rc == RK_OK && !asked->was_asked && next_key(&rest, &one));
    if (good) {
        ERR_clear_error(); /* of the blocks before it */
        return RK_OK;
    }
    if (asked->err->rc != RK_OK)
        return asked->err->rc; /* the passphrase could not be had, and that is said already */
    return no_key(selection, asked, first, err);
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

/* PEM, else DER to the last byte; NULL when it is neither. *ret_more: PEM with another one. */
static X509 *decode_certificate(struct span file, bool *ret_more)
{
    RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(file.p, (int)file.len);
    const unsigned char *at = file.p;
    X509 *cert = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);
    X509 *second = cert == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);

    *ret_more = second != NULL;
    X509_free(second);
    if (cert == NULL && d2i_X509(&cert, &at, (long)file.len) != NULL && at != file.p + file.len) {
        X509_free(cert);
        cert = NULL;
    }
    ERR_clear_error();
    return cert;
}

/* `err` says why the bytes are no key, and stays when they are no certificate either. */
static enum rk_rc read_certified(const rk_ctx *ctx, const char *path, struct span file,
                                 EVP_PKEY **ret, struct rk_err *err)
{
    bool more;
    RK_AUTO(rk_x509_done) X509 *cert = decode_certificate(without_mark(file), &more);
    EVP_PKEY *key = cert == NULL ? NULL : X509_get_pubkey(cert);
    char subject[RK_PATH_MAX + 16] = "what was given for a public key";

    ERR_clear_error();
    if (key == NULL)
        return err->rc;
    if (path != NULL)
        (void)snprintf(subject, sizeof subject, "\"%s\"", path);
    if (more) {
        EVP_PKEY_free(key);
        return rk_fail(err, RK_E_KEY,
                       "key file %s: more than one certificate, and one key is wanted", subject);
    }
    rk_warn(ctx,
            "%s is a certificate: its key is taken, its issuer and its dates are not looked at",
            subject);
    *ret = key;
    return RK_OK;
}

/* path NULL: of a file that has no name. */
static enum rk_rc read_public(const rk_ctx *ctx, const char *path, struct span file, EVP_PKEY **ret,
                              struct rk_err *err)
{
    struct asked asked = { .path = path, .err = err };

    if (decode(ctx, file.p, file.len, EVP_PKEY_PUBLIC_KEY, &asked, ret, err) == RK_OK)
        return RK_OK;
    if (err->rc == RK_E_KEY && (*ret = rk_avb_key_read(ctx, file.p, file.len)) != NULL)
        return RK_OK;
    return err->rc == RK_E_KEY ? read_certified(ctx, path, file, ret, err) : err->rc;
}

enum rk_rc rk_key_file_decode_public(const rk_ctx *ctx, const void *bytes, size_t len,
                                     EVP_PKEY **ret, struct rk_err *err)
{
    return read_public(ctx, NULL, (struct span) { bytes, len }, ret, err);
}

enum rk_rc rk_key_file_read_public(const rk_ctx *ctx, const char *path, EVP_PKEY **ret,
                                   struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret file = RK_SECRET_NONE;

    if (rk_file_read_secret(path, KEY_FILE_MAX, &file, err))
        return err->rc;
    return read_public(ctx, path, (struct span) { file.p, file.len }, ret, err);
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

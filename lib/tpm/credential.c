/* SPDX-License-Identifier: Apache-2.0 */
/* MakeCredential in software. Source: TPM 2.0 Part 1, 24 and annexes B.10.4, C.6.3, C.6.4. */
#include "rotkit/attest.h"

#include "base/ossl.h"
#include "base/rd.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/public_area.h"
#include "rotkit/template.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>

enum { FILE_VERSION = 1, PART_MAX = 4096, DIGEST_MAX = 64 };
#define FILE_MAGIC 0xBADCC0DEu /* tpm2-tools, lib/files.c */

RK_CLEANUP(kdf_done, EVP_KDF, EVP_KDF_free)
RK_CLEANUP(kdf_ctx_done, EVP_KDF_CTX, EVP_KDF_CTX_free)

void rk_credential_done(struct rk_credential *credential)
{
    rk_bytes_done(&credential->id_object);
    rk_bytes_done(&credential->secret);
}

/* What the EK says about the protection of a credential. */
struct protection {
    const rk_ctx *ctx;
    TPMT_PUBLIC area;
    EVP_PKEY *ek;
    const char *hash;
    size_t digest_len;
    uint16_t aes_bits;
};

static void protection_done(struct protection *p)
{
    EVP_PKEY_free(p->ek);
}

static enum rk_rc read_protection(const struct rk_bytes *ek_public_tpm2b, struct protection *p,
                                  struct rk_err *err)
{
    const TPMA_OBJECT wanted = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
    const TPMT_SYM_DEF_OBJECT *symmetric;

    if (rk_area_read(ek_public_tpm2b->p, ek_public_tpm2b->len, &p->area, err) ||
        rk_area_pkey(p->ctx, &p->area, &p->ek, err))
        return rk_wrap(err, "EK");
    symmetric = p->area.type == TPM2_ALG_RSA ? &p->area.parameters.rsaDetail.symmetric
                                             : &p->area.parameters.eccDetail.symmetric;
    p->hash = rk_template_hash(p->area.nameAlg, &p->digest_len);
    p->aes_bits = symmetric->keyBits.aes;
    if (p->hash == NULL)
        return rk_fail(err, RK_E_USAGE, "EK: nameAlg 0x%04x", p->area.nameAlg);
    if ((p->area.objectAttributes & (wanted | TPMA_OBJECT_SIGN_ENCRYPT)) != wanted)
        return rk_fail(err, RK_E_USAGE, "EK: attributes 0x%08x, expected restricted and decrypt",
                       p->area.objectAttributes);
    if (symmetric->algorithm != TPM2_ALG_AES || symmetric->mode.aes != TPM2_ALG_CFB ||
        (p->aes_bits != 128 && p->aes_bits != 256))
        return rk_fail(err, RK_E_USAGE, "EK: symmetric cipher 0x%04x, expected AES-CFB",
                       symmetric->algorithm);
    return RK_OK;
}

static OSSL_PARAM octets(const char *key, const void *p, size_t len)
{
    return OSSL_PARAM_construct_octet_string(key, (void *)(uintptr_t)p, len);
}

static OSSL_PARAM text(const char *key, const char *value)
{
    return OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)value, 0);
}

/*
 * Part 1, 11.4.10.2: KDFa is SP 800-108 in counter mode over HMAC, the label with its NUL in front
 * of the context.
 */
static enum rk_rc kdf_a(const struct protection *p, const struct rk_secret *key, const char *label,
                        const uint8_t *context, size_t context_len, size_t out_len,
                        struct rk_secret *ret, struct rk_err *err)
{
    const OSSL_PARAM params[] = {
        text(OSSL_KDF_PARAM_MODE, "counter"),
        text(OSSL_KDF_PARAM_MAC, "HMAC"),
        text(OSSL_KDF_PARAM_DIGEST, p->hash),
        octets(OSSL_KDF_PARAM_KEY, key->p, key->len),
        octets(OSSL_KDF_PARAM_SALT, label, strlen(label)),
        octets(OSSL_KDF_PARAM_INFO, context, context_len),
        OSSL_PARAM_construct_end(),
    };

    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    RK_AUTO(kdf_done)
    EVP_KDF *kdf = EVP_KDF_fetch(rk_ctx_libctx(p->ctx), "KBKDF", rk_ctx_propq(p->ctx));
    RK_AUTO(kdf_ctx_done) EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);

    if (rk_secret_new(out_len, &out, err))
        return err->rc;
    if (ctx == NULL || EVP_KDF_derive(ctx, out.p, out.len, params) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "KDFa");
    *ret = rk_secret_take(&out);
    return RK_OK;
}

/*
 * Part 1, 11.4.10.3: KDFe is SP 800-56A's one-step KDF, here for one block: H(1 | Z | label with
 * its NUL | x of either side). OpenSSL 3.0's SSKDF crashes when memory runs out.
 */
static enum rk_rc kdf_e(const struct protection *p, const struct rk_secret *z, const char *label,
                        const uint8_t *party_u, const uint8_t *party_v, size_t party_len,
                        struct rk_secret *ret, struct rk_err *err)
{
    static const uint8_t counter[4] = { 0, 0, 0, 1 };
    RK_AUTO(rk_md_done)
    EVP_MD *md = EVP_MD_fetch(rk_ctx_libctx(p->ctx), p->hash, rk_ctx_propq(p->ctx));
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;

    if (rk_secret_new(p->digest_len, &out, err))
        return err->rc;
    if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
        EVP_DigestUpdate(ctx, counter, sizeof counter) != 1 ||
        EVP_DigestUpdate(ctx, z->p, z->len) != 1 ||
        EVP_DigestUpdate(ctx, label, strlen(label) + 1) != 1 ||
        EVP_DigestUpdate(ctx, party_u, party_len) != 1 ||
        EVP_DigestUpdate(ctx, party_v, party_len) != 1 || EVP_DigestFinal_ex(ctx, out.p, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "KDFe");
    *ret = rk_secret_take(&out);
    return RK_OK;
}

/* ---- the seed, for the EK alone ---- */

/* B.10.4: RSAES-OAEP with the label "IDENTITY" and its NUL, hash and MGF1 of the EK's nameAlg. */
static enum rk_rc seed_by_rsa(const struct protection *p, struct rk_secret *ret_seed,
                              struct rk_wr *wr, struct rk_err *err)
{
    static const char label[] = "IDENTITY";
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *rsa =
        EVP_PKEY_CTX_new_from_pkey(rk_ctx_libctx(p->ctx), p->ek, rk_ctx_propq(p->ctx));
    const OSSL_PARAM params[] = {
        text(OSSL_PKEY_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_OAEP),
        text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, p->hash),
        text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, p->hash),
        octets(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, label, sizeof label),
        OSSL_PARAM_construct_end(),
    };
    uint8_t out[TPM2_MAX_RSA_KEY_BYTES];
    size_t len = sizeof out;

    if (rk_random_secret(p->ctx, p->digest_len, ret_seed, err))
        return err->rc;
    if (rsa == NULL || EVP_PKEY_encrypt_init_ex(rsa, params) != 1 ||
        EVP_PKEY_encrypt(rsa, out, &len, ret_seed->p, ret_seed->len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot encrypt to the EK");
    rk_wr_be(wr, len, 2);
    rk_wr_bytes(wr, out, len);
    return RK_OK;
}

static enum rk_rc point_of(EVP_PKEY *key, uint8_t *ret, size_t len, struct rk_err *err)
{
    size_t found = 0;

    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, ret, len,
                                        &found) != 1 ||
        found != len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "EC point");
    return RK_OK;
}

static enum rk_rc agree(const struct protection *p, EVP_PKEY *own, size_t bytes,
                        struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *ecdh =
        EVP_PKEY_CTX_new_from_pkey(rk_ctx_libctx(p->ctx), own, rk_ctx_propq(p->ctx));
    size_t len = bytes;

    if (rk_secret_new(bytes, ret, err))
        return err->rc;
    if (ecdh == NULL || EVP_PKEY_derive_init(ecdh) != 1 ||
        EVP_PKEY_derive_set_peer(ecdh, p->ek) != 1 || EVP_PKEY_derive(ecdh, ret->p, &len) != 1 ||
        len != bytes)
        return rk_fail_ossl(err, RK_E_INTERNAL, "ECDH with the EK");
    return RK_OK;
}

/* C.6.4: one-pass ECDH; the secret is the ephemeral point. */
static enum rk_rc seed_by_ecdh(const struct protection *p, struct rk_secret *ret_seed,
                               struct rk_wr *wr, struct rk_err *err)
{
    enum { POINT_MAX = 1 + 2 * 66 };
    size_t bytes = 0;
    const char *curve = rk_template_curve(p->area.parameters.eccDetail.curveID, &bytes);
    RK_AUTO(rk_pkey_done)
    EVP_PKEY *own = EVP_PKEY_Q_keygen(rk_ctx_libctx(p->ctx), rk_ctx_propq(p->ctx), "EC", curve);
    RK_AUTO(rk_secret_done) struct rk_secret z = RK_SECRET_NONE;
    uint8_t mine[POINT_MAX], theirs[POINT_MAX];

    if (own == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "ephemeral key");
    if (point_of(own, mine, 1 + 2 * bytes, err) || point_of(p->ek, theirs, 1 + 2 * bytes, err) ||
        agree(p, own, bytes, &z, err) ||
        kdf_e(p, &z, "IDENTITY", mine + 1, theirs + 1, bytes, ret_seed, err))
        return err->rc;
    rk_wr_be(wr, 2 * (2 + bytes), 2);
    rk_wr_be(wr, bytes, 2);
    rk_wr_bytes(wr, mine + 1, bytes);
    rk_wr_be(wr, bytes, 2);
    rk_wr_bytes(wr, mine + 1 + bytes, bytes);
    return RK_OK;
}

/* ---- the credential under that seed ---- */

/* AES-CFB with a zero IV over TPM2B_DIGEST. */
static enum rk_rc encrypt_value(const struct protection *p, const struct rk_secret *key,
                                const struct rk_secret *value, uint8_t *ret, struct rk_err *err)
{
    static const uint8_t zero_iv[16];
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *cipher =
        EVP_CIPHER_fetch(rk_ctx_libctx(p->ctx), p->aes_bits == 128 ? "AES-128-CFB" : "AES-256-CFB",
                         rk_ctx_propq(p->ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const uint8_t size[2] = { 0, (uint8_t)value->len };
    int len, more;

    if (cipher == NULL || ctx == NULL ||
        EVP_EncryptInit_ex2(ctx, cipher, key->p, zero_iv, NULL) != 1 ||
        EVP_EncryptUpdate(ctx, ret, &len, size, sizeof size) != 1 ||
        EVP_EncryptUpdate(ctx, ret + len, &more, value->p, (int)value->len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-CFB");
    return RK_OK;
}

static enum rk_rc outer_hmac(const struct protection *p, const struct rk_secret *key,
                             const struct rk_wr *over, uint8_t ret[DIGEST_MAX], struct rk_err *err)
{
    size_t len = 0;

    if (EVP_Q_mac(rk_ctx_libctx(p->ctx), "HMAC", rk_ctx_propq(p->ctx), p->hash, NULL, key->p,
                  key->len, over->buf, over->len, ret, DIGEST_MAX, &len) == NULL ||
        len != p->digest_len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "HMAC");
    return RK_OK;
}

/* TPM2B_ID_OBJECT: size | TPM2B_DIGEST integrity | encrypted identity. */
static enum rk_rc wrap_value(const struct protection *p, const struct rk_secret *seed,
                             const uint8_t *name, size_t name_len, const struct rk_secret *value,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret aes = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret mac = RK_SECRET_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr over = RK_WR_MAX(512);
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(512);
    uint8_t identity[2 + DIGEST_MAX], integrity[DIGEST_MAX];
    size_t identity_len = 2 + value->len;

    if (kdf_a(p, seed, "STORAGE", name, name_len, p->aes_bits / 8u, &aes, err) ||
        kdf_a(p, seed, "INTEGRITY", (const uint8_t *)"", 0, p->digest_len, &mac, err) ||
        encrypt_value(p, &aes, value, identity, err))
        return err->rc;
    rk_wr_bytes(&over, identity, identity_len);
    rk_wr_bytes(&over, name, name_len);
    if (over.failed != RK_OK)
        return rk_fail_nomem(err);
    if (outer_hmac(p, &mac, &over, integrity, err))
        return err->rc;
    rk_wr_be(&wr, 2 + p->digest_len + identity_len, 2);
    rk_wr_be(&wr, p->digest_len, 2);
    rk_wr_bytes(&wr, integrity, p->digest_len);
    rk_wr_bytes(&wr, identity, identity_len);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_credential_make(const rk_ctx *ctx, const struct rk_bytes *ek_public_tpm2b,
                              const uint8_t *name, size_t name_len, const struct rk_secret *value,
                              struct rk_credential *ret, struct rk_err *err)
{
    RK_AUTO(protection_done) struct protection p = { .ctx = ctx };
    RK_AUTO(rk_credential_done) struct rk_credential made = { .id_object = RK_BYTES_NONE };
    RK_AUTO(rk_secret_done) struct rk_secret seed = RK_SECRET_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(PART_MAX);

    if (read_protection(ek_public_tpm2b, &p, err))
        return err->rc;
    if (value->len == 0 || value->len > p.digest_len)
        return rk_fail(err, RK_E_USAGE, "a credential of %s, expected 1 to %zu",
                       RK_COUNTED(value->len, "byte"), p.digest_len);
    if (name_len < 2 || name_len > RK_EK_NAME_MAX)
        return rk_fail(err, RK_E_USAGE, "a Name of %s, expected 2 to %d",
                       RK_COUNTED(name_len, "byte"), RK_EK_NAME_MAX);
    if ((p.area.type == TPM2_ALG_RSA ? seed_by_rsa(&p, &seed, &wr, err)
                                     : seed_by_ecdh(&p, &seed, &wr, err)) ||
        rk_wr_end(&wr, &made.secret, err) ||
        wrap_value(&p, &seed, name, name_len, value, &made.id_object, err))
        return err->rc;
    *ret = made;
    made = (struct rk_credential) { .id_object = RK_BYTES_NONE };
    return RK_OK;
}

/* ---- tpm2-tools' file ---- */

enum rk_rc rk_credential_write(const struct rk_credential *credential, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(8 + 2 * PART_MAX);

    rk_wr_be(&wr, FILE_MAGIC, 4);
    rk_wr_be(&wr, FILE_VERSION, 4);
    rk_wr_bytes(&wr, credential->id_object.p, credential->id_object.len);
    rk_wr_bytes(&wr, credential->secret.p, credential->secret.len);
    return rk_wr_end(&wr, ret, err);
}

/* A TPM2B with its size word. */
static enum rk_rc read_part(struct rk_rd *rd, struct rk_bytes *ret, struct rk_err *err)
{
    size_t from = rd->pos;
    size_t len = (size_t)rk_rd_be(rd, 2);

    if (rk_rd_take(rd, len) == NULL || len == 0)
        return rk_rd_ok(rd, err) ? err->rc : rk_fail(err, RK_E_FORMAT, "an empty part");
    return rk_bytes_copy(rd->buf + from, 2 + len, ret, err);
}

enum rk_rc rk_credential_read(const uint8_t *file, size_t len, struct rk_credential *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_credential_done) struct rk_credential made = { .id_object = RK_BYTES_NONE };
    struct rk_rd rd = { .buf = file, .len = len };
    uint64_t magic = rk_rd_be(&rd, 4), version = rk_rd_be(&rd, 4);

    if (rk_rd_ok(&rd, err) == RK_OK && (magic != FILE_MAGIC || version != FILE_VERSION))
        return rk_fail(err, RK_E_FORMAT,
                       "no credential of tpm2-tools: magic 0x%08x, version %u, expected 0x%08x, %d",
                       (unsigned)magic, (unsigned)version, FILE_MAGIC, FILE_VERSION);
    if (rk_rd_ok(&rd, err) || read_part(&rd, &made.id_object, err) ||
        read_part(&rd, &made.secret, err) || rk_rd_end(&rd, err))
        return rk_wrap(err, "credential");
    *ret = made;
    made = (struct rk_credential) { .id_object = RK_BYTES_NONE };
    return RK_OK;
}

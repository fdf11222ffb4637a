/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/policy.h"
#include "rotkit/counted.h"

#include "base/ctx.h"
#include "base/ossl.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { RSA_MIN = 2048, EC_MIN = 256 };

enum kind { RSA_BITS, EC_BITS, DIGEST };
/* What is weak and may be allowed: keys of `from` bits up to the minimum, or the digest. */
/* clang-format off */
static const struct row {
    struct rk_weak weak;
    enum kind kind;
    int from; /* bits, or the digest's NID */
} rows[] = {
    { { "rsa1024", "RSA keys of 1024 to 2047 bits" }, RSA_BITS, 1024 },
    { { "p224",    "EC keys of 224 to 255 bits" },    EC_BITS,  224 },
    { { "sha224",  "SHA-224" },                       DIGEST,   NID_sha224 },
    { { "sha1",    "SHA-1" },                         DIGEST,   NID_sha1 },
    { { "md5",     "MD5" },                           DIGEST,   NID_md5 },
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

const struct rk_weak *rk_weak_at(size_t i)
{
    return i < ROWS ? &rows[i].weak : NULL;
}

void rk_policy_offer(rk_ctx *ctx)
{
    ctx->state->weak_offered = true;
}

static void list(unsigned of, char ret[RK_WEAK_TEXT])
{
    ret[0] = '\0';
    for (size_t i = 0; i < ROWS; i++) {
        size_t len = strlen(ret);

        if ((of & 1U << i) != 0)
            (void)snprintf(ret + len, RK_WEAK_TEXT - len, "%s%s", len == 0 ? "" : ", ",
                           rows[i].weak.name);
    }
}

enum rk_rc rk_policy_allow(rk_ctx *ctx, const char *name, struct rk_err *err)
{
    char known[RK_WEAK_TEXT];

    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].weak.name, name) == 0) {
            ctx->state->weak_allowed |= 1U << i;
            return RK_OK;
        }
    }
    list((1U << ROWS) - 1, known);
    return rk_fail(err, RK_E_USAGE, "\"%s\" is nothing weak that may be allowed (known: %s)", name,
                   known);
}

void rk_policy_take_weak(const rk_ctx *ctx, char ret[RK_WEAK_TEXT])
{
    list(atomic_exchange(&ctx->state->weak_used, 0), ret);
}

/* RK_OK, remembered, when row i is allowed; else the error as it is, with how to allow it. */
static enum rk_rc allowed(const rk_ctx *ctx, size_t i, struct rk_err *err)
{
    if (i < ROWS && (ctx->state->weak_allowed & 1U << i) != 0) {
        (void)atomic_fetch_or(&ctx->state->weak_used, 1U << i);
        return RK_OK;
    }
    return i == ROWS || !ctx->state->weak_offered
               ? err->rc
               : rk_note(err, "--allow-weak %s takes it where a format asks for it",
                         rows[i].weak.name);
}

static enum rk_rc check_bits(const rk_ctx *ctx, enum kind kind, int bits, int min,
                             enum rk_rc refused, struct rk_err *err)
{
    size_t i = 0;

    if (bits >= min)
        return RK_OK;
    (void)rk_fail(err, refused, "the %s key is weak: %s, at least %d",
                  kind == RSA_BITS ? "RSA" : "EC", RK_COUNTED(bits, "bit"), min);
    while (i < ROWS && (rows[i].kind != kind || bits < rows[i].from))
        i++;
    return allowed(ctx, i, err);
}

/* With an exponent of 1 each message is its own signature. */
static enum rk_rc check_exponent(EVP_PKEY *pub, enum rk_rc refused, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *e = BN_secure_new();

    if (e == NULL)
        return rk_fail_nomem(err);
    if (EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
        return rk_fail_ossl(err, refused, "the RSA key's public exponent cannot be read");
    if (!BN_is_odd(e) || BN_is_one(e))
        return rk_fail(err, refused, "the RSA key's public exponent is no odd number from 3");
    return RK_OK;
}

/* Parameters that stand in the key may be made so that anybody signs (CVE-2020-0601). */
static enum rk_rc check_curve(EVP_PKEY *pub, enum rk_rc refused, struct rk_err *err)
{
    char name[64];
    size_t len;

    if (EVP_PKEY_get_group_name(pub, name, sizeof name, &len) == 1)
        return RK_OK;
    ERR_clear_error();
    return rk_fail(err, refused, "the EC key is on a curve without a name");
}

enum rk_rc rk_policy_check_key(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_rc refused,
                               struct rk_err *err)
{
    static const char *const strong[] = { "ED25519", "ED448" };
    int bits;

    if (pub == NULL)
        return rk_fail_ossl(err, refused, "the key cannot be read");
    bits = EVP_PKEY_get_bits(pub);
    if (EVP_PKEY_is_a(pub, "RSA") || EVP_PKEY_is_a(pub, "RSA-PSS"))
        return check_bits(ctx, RSA_BITS, bits, RSA_MIN, refused, err)
                   ? err->rc
                   : check_exponent(pub, refused, err);
    if (EVP_PKEY_is_a(pub, "EC"))
        return check_bits(ctx, EC_BITS, bits, EC_MIN, refused, err)
                   ? err->rc
                   : check_curve(pub, refused, err);
    for (size_t i = 0; i < sizeof strong / sizeof strong[0]; i++) {
        if (EVP_PKEY_is_a(pub, strong[i]))
            return RK_OK;
    }
    return rk_fail(err, refused, "a key of type %s is not taken: RSA, EC, ED25519 or ED448",
                   EVP_PKEY_get0_type_name(pub));
}

enum rk_rc rk_policy_check_digest(const rk_ctx *ctx, int nid, enum rk_rc refused,
                                  struct rk_err *err)
{
    static const int strong[] = { NID_undef,    NID_sha256,   NID_sha384,   NID_sha512,
                                  NID_sha3_256, NID_sha3_384, NID_sha3_512, NID_shake256 };
    size_t i = 0;

    for (size_t k = 0; k < sizeof strong / sizeof strong[0]; k++) {
        if (nid == strong[k])
            return RK_OK;
    }
    (void)rk_fail(err, refused, "the digest is weak: %s, at least SHA-256", OBJ_nid2sn(nid));
    while (i < ROWS && (rows[i].kind != DIGEST || rows[i].from != nid))
        i++;
    return allowed(ctx, i, err);
}

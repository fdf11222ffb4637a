/* SPDX-License-Identifier: Apache-2.0 */
/* Will a key do its work? Each step is a finding; the first that fails says why. */
#include "rotkit/key.h"

#include "base/digest.h"
#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "keys/signer.h"
#include "keys/source.h"
#include "keys/token/key.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    const rk_ctx *ctx;
    const struct rk_check_report *report;
    size_t failed, count;
};

static void say(struct check *check, enum rk_check_level level, const char *what, const char *fmt,
                ...) RK_PRINTF(4, 5);
static void say(struct check *check, enum rk_check_level level, const char *what, const char *fmt,
                ...)
{
    char text[1024];
    struct rk_check_finding finding = { .level = level, .what = what, .text = text };
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    check->count++;
    check->failed += level == RK_CHECK_FAILED;
    check->report->found(check->report->arg, &finding);
}

static enum rk_rc conclude(const struct check *check, struct rk_err *err)
{
    if (check->failed == 0)
        return RK_OK;
    return rk_fail(err, RK_E_KEY, "%zu of %zu checks failed", check->failed, check->count);
}

/* ---- attributes in a token ---- */

static const struct flag {
    CK_ATTRIBUTE_TYPE type;
    CK_OBJECT_CLASS of; /* which keys it concerns */
    CK_BBOOL wanted;
    enum rk_check_level level; /* when it is otherwise */
    const char *what, *good, *bad;
} flags[] = {
    { CKA_SIGN, CKO_PRIVATE_KEY, CK_TRUE, RK_CHECK_FAILED, "permission",
      "the key may sign (CKA_SIGN)",
      "CKA_SIGN is false: the key may not sign; set it with the token's own tool" },
    { CKA_SIGN, CKO_SECRET_KEY, CK_TRUE, RK_CHECK_WARN, "permission to sign",
      "the key may compute MACs (CKA_SIGN)",
      "CKA_SIGN is false: the key computes no HMAC and no CMAC" },
    { CKA_ENCRYPT, CKO_SECRET_KEY, CK_TRUE, RK_CHECK_WARN, "permission to encrypt",
      "the key may encrypt (CKA_ENCRYPT)",
      "CKA_ENCRYPT is false: the key is no EKB root key of the 1.0 kind" },
    { CKA_EXTRACTABLE, CKO_PRIVATE_KEY, CK_FALSE, RK_CHECK_WARN, "extractable",
      "the key cannot leave the token", "the key may leave the token wrapped (CKA_EXTRACTABLE)" },
    { CKA_EXTRACTABLE, CKO_SECRET_KEY, CK_FALSE, RK_CHECK_WARN, "extractable",
      "the key cannot leave the token", "the key may leave the token wrapped (CKA_EXTRACTABLE)" },
    { CKA_SENSITIVE, CKO_PRIVATE_KEY, CK_TRUE, RK_CHECK_WARN, "sensitive",
      "its value cannot be read", "its value can be read in the clear (CKA_SENSITIVE is false)" },
    { CKA_SENSITIVE, CKO_SECRET_KEY, CK_TRUE, RK_CHECK_WARN, "sensitive",
      "its value cannot be read", "its value can be read in the clear (CKA_SENSITIVE is false)" },
};
enum { FLAGS = sizeof flags / sizeof flags[0] };

static CK_RV read_flags(const struct rk_token_work *work, void *arg)
{
    CK_BBOOL *values = arg;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && i < FLAGS; i++) {
        size_t len;

        values[i] = flags[i].wanted; /* a token that does not say is believed */
        rv = rk_token_attribute(work, work->key, flags[i].type, &values[i], sizeof values[i], &len);
    }
    return rv;
}

static void check_flags(struct check *check, struct rk_token_key *key)
{
    CK_BBOOL values[FLAGS];
    struct rk_err err;

    if (rk_token_key_run(key, "cannot read its attributes", read_flags, values, &err)) {
        say(check, RK_CHECK_FAILED, "attributes", "%s", err.msg);
        return;
    }
    for (size_t i = 0; i < FLAGS; i++) {
        bool good = values[i] == flags[i].wanted;

        if (flags[i].of == key->type)
            say(check, good ? RK_CHECK_OK : flags[i].level, flags[i].what, "%s",
                good ? flags[i].good : flags[i].bad);
    }
    say(check, RK_CHECK_OK, "PIN", "%s",
        key->always_authenticate ? "is asked for at every use (CKA_ALWAYS_AUTHENTICATE)"
                                 : "one login serves all uses");
}

/* ---- signing ---- */

static void check_mechanisms(struct check *check, struct rk_token_key *key, EVP_PKEY *pub)
{
    const struct rk_scheme_row *scheme;
    struct rk_err ignored;
    char what[64];

    for (size_t i = 0; (scheme = rk_scheme_at(i)) != NULL; i++) {
        const struct rk_scheme_row *fits;
        const char *name;
        bool has;

        if (rk_scheme_fit(scheme->id, pub, &fits, &ignored) != RK_OK)
            continue;
        has = rk_token_signs(key->token, scheme->id, &name);
        (void)snprintf(what, sizeof what, "mechanism for %s", scheme->name);
        say(check, has ? RK_CHECK_OK : RK_CHECK_WARN, what, has ? "%s" : "the token lacks %s",
            name);
    }
}

static bool open_signer(struct check *check, const char *uri, const struct rk_pin *pin,
                        rk_signer **ret)
{
    const struct rk_bytes *spki;
    uint8_t digest[32];
    char hex[2 * sizeof digest + 1];
    struct rk_err err;

    if (rk_signer_open(check->ctx, uri, pin, ret, &err)) {
        say(check, RK_CHECK_FAILED, "key", "%s", err.msg);
        return false;
    }
    spki = rk_signer_spki(*ret);
    if (rk_sha256(spki->p, spki->len, digest, &err)) {
        say(check, RK_CHECK_FAILED, "key", "%s", err.msg);
        return false;
    }
    rk_hex_write(digest, sizeof digest, hex);
    say(check, RK_CHECK_OK, "key", "%s, %s, SHA-256 of its public key %s",
        EVP_PKEY_get0_type_name(rk_signer_pkey(*ret)),
        RK_COUNTED(EVP_PKEY_get_bits(rk_signer_pkey(*ret)), "bit"), hex);
    return true;
}

static void check_signature(struct check *check, rk_signer *signer, enum rk_scheme scheme)
{
    static const uint8_t message[] = "rotkit key check";
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    struct rk_err err;
    char what[64];

    if (scheme == RK_SCHEME_NONE)
        scheme = rk_signer_default_scheme(signer);
    (void)snprintf(what, sizeof what, "signature by %s", rk_scheme_name(scheme));
    if (rk_signer_sign(signer, scheme, message, sizeof message, &signature, &err) ||
        rk_signature_check(check->ctx, rk_signer_pkey(signer), scheme, message, sizeof message,
                           signature.p, signature.len, &err))
        say(check, RK_CHECK_FAILED, what, "%s", err.msg);
    else
        say(check, RK_CHECK_OK, what, "%s, holds under the public key",
            RK_COUNTED(signature.len, "byte"));
}

static bool is_in_token(const char *uri)
{
    return strncmp(uri, "pkcs11:", 7) == 0;
}

enum rk_rc rk_key_check_signer(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                               enum rk_scheme scheme, const struct rk_check_report *report,
                               struct rk_err *err)
{
    struct check check = { .ctx = ctx, .report = report };
    RK_AUTO(rk_signer_done) rk_signer *signer = NULL;
    RK_AUTO(rk_token_key_done) struct rk_token_key *key = NULL;

    if (!open_signer(&check, uri, pin, &signer))
        return conclude(&check, err);
    if (is_in_token(uri)) {
        if (rk_token_key_open(ctx, uri, pin, CKO_PRIVATE_KEY, &key, err))
            return err->rc;
        check_flags(&check, key);
        check_mechanisms(&check, key, rk_signer_pkey(signer));
    }
    check_signature(&check, signer, scheme);
    return conclude(&check, err);
}

/* ---- deriving ---- */

enum rk_rc rk_key_check_mac(const rk_ctx *ctx, const char *uri,
                            const struct rk_check_report *report, struct rk_err *err)
{
    static const char *const names[] = { "HMAC-SHA-256", "AES-CMAC", "AES-ECB" };
    static const uint8_t block[16] = "rotkit key check";
    struct check check = { .ctx = ctx, .report = report };
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;
    RK_AUTO(rk_token_key_done) struct rk_token_key *key = NULL;
    size_t works = 0;

    if (rk_mac_open(ctx, uri, 0, &mac, err)) {
        say(&check, RK_CHECK_FAILED, "key", "%s", err->msg);
        return conclude(&check, err);
    }
    say(&check, RK_CHECK_OK, "key", "%s", RK_COUNTED(rk_mac_key_len(mac), "byte"));
    if (is_in_token(uri)) {
        if (rk_token_key_open(ctx, uri, NULL, CKO_SECRET_KEY, &key, err))
            return err->rc;
        check_flags(&check, key);
    }
    for (size_t i = 0; i < 3; i++) {
        RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
        enum rk_rc rc = i == 2 ? rk_mac_aes_block(mac, block, &out, err)
                               : rk_mac_compute(mac, i == 0 ? RK_MAC_HMAC_SHA256 : RK_MAC_AES_CMAC,
                                                block, sizeof block, &out, err);

        works += rc == RK_OK;
        say(&check, rc == RK_OK ? RK_CHECK_OK : RK_CHECK_WARN, names[i], "%s",
            rc == RK_OK ? "works" : err->msg);
    }
    if (works == 0)
        say(&check, RK_CHECK_FAILED, "derivation", "the key serves for none");
    return conclude(&check, err);
}

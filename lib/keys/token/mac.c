/* SPDX-License-Identifier: Apache-2.0 */
/* MACs and AES blocks computed in a token, for derivations. Source: PKCS #11 2.40. */
#include "keys/token/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "keys/mac.h"
#include "keys/token/errors.h"
#include "rotkit/counted.h"

#include <string.h>

enum { BLOCK = 16, MAC_MAX = 32 };

struct act {
    CK_MECHANISM mechanism;
    const uint8_t *msg;
    size_t msg_len;
    uint8_t *out; /* secure memory */
    size_t out_len;
};

/* Cryptoki takes its input without const and leaves it alone. */
static CK_BYTE_PTR input(const struct act *act)
{
    return (CK_BYTE_PTR)(uintptr_t)act->msg;
}

static CK_RV mac_in_token(const struct rk_token_work *work, void *arg)
{
    const struct act *act = arg;
    CK_ULONG len = act->out_len;
    CK_MECHANISM mechanism = act->mechanism;
    CK_RV rv = work->fn->C_SignInit(work->session, &mechanism, work->key);

    if (rv == CKR_OK)
        rv = work->fn->C_Sign(work->session, input(act), act->msg_len, act->out, &len);
    return rv == CKR_OK && len != act->out_len ? CKR_GENERAL_ERROR : rv;
}

static CK_RV encrypt_in_token(const struct rk_token_work *work, void *arg)
{
    const struct act *act = arg;
    CK_ULONG len = act->out_len;
    CK_MECHANISM mechanism = act->mechanism;
    CK_RV rv = work->fn->C_EncryptInit(work->session, &mechanism, work->key);

    if (rv == CKR_OK)
        rv = work->fn->C_Encrypt(work->session, input(act), act->msg_len, act->out, &len);
    return rv == CKR_OK && len != act->out_len ? CKR_GENERAL_ERROR : rv;
}

static enum rk_rc run(struct rk_token_key *key, CK_MECHANISM_TYPE type, CK_FLAGS use,
                      const void *msg, size_t msg_len, size_t out_len, struct rk_secret *ret,
                      struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    struct act act = { .mechanism = { type, NULL, 0 }, .msg = msg, .msg_len = msg_len };

    if (!rk_token_has(key->token, type, use))
        return rk_fail(err, RK_E_KEY, "token \"%s\" lacks the mechanism %s, which derivations need",
                       key->token->label, rk_token_mechanism_name(type));
    if (rk_secret_new(out_len, &out, err))
        return err->rc;
    act.out = out.p;
    act.out_len = out.len;
    if (rk_token_key_run(key, "cannot derive", use == CKF_SIGN ? mac_in_token : encrypt_in_token,
                         &act, err))
        return err->rc;
    *ret = rk_secret_take(&out);
    return RK_OK;
}

static enum rk_rc compute(void *self, const rk_ctx *ctx, enum rk_mac_alg alg, const void *msg,
                          size_t msg_len, struct rk_secret *ret, struct rk_err *err)
{
    (void)ctx;
    if (alg == RK_MAC_HMAC_SHA256)
        return run(self, CKM_SHA256_HMAC, CKF_SIGN, msg, msg_len, MAC_MAX, ret, err);
    return run(self, CKM_AES_CMAC, CKF_SIGN, msg, msg_len, BLOCK, ret, err);
}

static enum rk_rc aes_block(void *self, const rk_ctx *ctx, const uint8_t in[16],
                            struct rk_secret *ret, struct rk_err *err)
{
    (void)ctx;
    return run(self, CKM_AES_ECB, CKF_ENCRYPT, in, BLOCK, BLOCK, ret, err);
}

static void release(void *self)
{
    rk_token_key_free(self);
}

static const struct rk_mac_ops ops = { compute, aes_block, release };

static CK_RV read_len(const struct rk_token_work *work, void *arg)
{
    return rk_token_number(work, work->key, CKA_VALUE_LEN, arg);
}

enum rk_rc rk_token_mac_open(const rk_ctx *ctx, const struct rk_key_name *name, size_t key_len,
                             rk_mac **ret, struct rk_err *err)
{
    RK_AUTO(rk_token_key_done) struct rk_token_key *key = NULL;
    char named[RK_TOKEN_KEY_NAME];
    CK_ULONG len = 0;

    if (rk_token_key_open(ctx, name->uri, NULL, CKO_SECRET_KEY, &key, err) ||
        rk_token_key_run(key, "cannot read its length", read_len, &len, err))
        return err->rc;
    if (len != 16 && len != 32 && len != 0)
        return rk_fail(err, RK_E_USAGE, "token \"%s\", key \"%s\": %s, expected 16 or 32",
                       key->token->label, rk_token_key_name(key, named), RK_COUNTED(len, "byte"));
    if (key_len != 0 && len != 0 && len != key_len)
        return rk_fail(err, RK_E_USAGE, "token \"%s\", key \"%s\": %s, expected %zu",
                       key->token->label, rk_token_key_name(key, named), RK_COUNTED(len, "byte"),
                       key_len);
    if (len == 0) /* the token does not say: what the caller needs must do */
        len = key_len == 0 ? 32 : key_len;
    if (rk_mac_new(ctx, len, &ops, key, ret, err))
        return err->rc;
    key = NULL;
    return RK_OK;
}

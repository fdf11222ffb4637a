/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of tokens in a context, and how a URI finds its token there. */
#include "keys/token/token.h"

#include "base/mem.h"
#include "keys/token/errors.h"
#include "keys/token/modules.h"
#include "rotkit/words.h"

#include <stdlib.h>

enum { SLOTS_MAX = 256 };

struct registry {
    struct rk_token_modules modules;
    rk_token *token;
};

static void end_registry(void *arg)
{
    struct registry *registry = arg;

    while (registry->token != NULL) {
        rk_token *token = registry->token;

        registry->token = token->next;
        rk_token_free(token);
    }
    rk_token_modules_end(&registry->modules);
    rk_free(registry);
}

static enum rk_rc get_registry(const rk_ctx *ctx, struct registry **ret, struct rk_err *err)
{
    struct rk_ctx_state *state = ctx->state;

    if (state->of_keys == NULL) {
        state->of_keys = rk_alloc(1, sizeof **ret);
        state->end_keys = end_registry;
    }
    if (state->of_keys == NULL)
        return rk_fail_nomem(err);
    *ret = state->of_keys;
    return RK_OK;
}

/* ---- tokens ---- */

/* PKCS #11 texts are padded with blanks and end nowhere; a hostile token moves no terminal. */
static void copy_text(const unsigned char *text, size_t len, char ret[RK_TOKEN_TEXT])
{
    while (len != 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
        len--;
    rk_words_show(text, len, ret, RK_TOKEN_TEXT);
}

static size_t session_limit(const CK_TOKEN_INFO *info)
{
    CK_ULONG max = info->ulMaxSessionCount;

    return max == CK_EFFECTIVELY_INFINITE || max == CK_UNAVAILABLE_INFORMATION ||
                   max > RK_TOKEN_SESSIONS_MAX
               ? RK_TOKEN_SESSIONS_MAX
               : (size_t)max;
}

static enum rk_rc add_token(const rk_ctx *ctx, struct registry *registry, CK_FUNCTION_LIST *fn,
                            CK_SLOT_ID slot, const CK_TOKEN_INFO *info, rk_token **ret,
                            struct rk_err *err)
{
    rk_token *token = rk_alloc(1, sizeof *token);

    if (token == NULL || pthread_mutex_init(&token->lock, NULL) != 0) {
        rk_free(token);
        return rk_fail_nomem(err);
    }
    if (pthread_cond_init(&token->given_back, NULL) != 0) {
        (void)pthread_mutex_destroy(&token->lock);
        rk_free(token);
        return rk_fail_nomem(err);
    }
    token->ctx = ctx;
    token->fn = fn;
    token->slot = slot;
    copy_text(info->label, sizeof info->label, token->label);
    copy_text(info->serialNumber, sizeof info->serialNumber, token->serial);
    copy_text(info->manufacturerID, sizeof info->manufacturerID, token->maker);
    copy_text(info->model, sizeof info->model, token->model);
    token->needs_login = (info->flags & CKF_LOGIN_REQUIRED) != 0;
    token->own_keypad = (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    token->limit = session_limit(info);
    token->next = registry->token;
    registry->token = token;
    *ret = token;
    return RK_OK;
}

static enum rk_rc get_token(const rk_ctx *ctx, struct registry *registry, CK_FUNCTION_LIST *fn,
                            CK_SLOT_ID slot, const CK_TOKEN_INFO *info, rk_token **ret,
                            struct rk_err *err)
{
    for (rk_token *token = registry->token; token != NULL; token = token->next) {
        if (token->fn == fn && token->slot == slot) {
            *ret = token;
            return RK_OK;
        }
    }
    return add_token(ctx, registry, fn, slot, info, ret, err);
}

struct walk {
    const rk_ctx *ctx;
    struct registry *registry;
    const struct rk_token_uri *uri;
    enum rk_rc (*each)(void *arg, rk_token *token, struct rk_err *err);
    void *arg;
};

/* Is it the slot, and the token in it, that the URI names? */
static bool matches(const struct rk_token_uri *uri, CK_FUNCTION_LIST *fn, CK_SLOT_ID slot,
                    CK_TOKEN_INFO *ret)
{
    CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri->uri);
    CK_SLOT_INFO slot_info;

    return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
           fn->C_GetTokenInfo(slot, ret) == CKR_OK && (ret->flags & CKF_TOKEN_INITIALIZED) != 0 &&
           p11_kit_uri_match_token_info(uri->uri, ret) == 1 &&
           fn->C_GetSlotInfo(slot, &slot_info) == CKR_OK &&
           p11_kit_uri_match_slot_info(uri->uri, &slot_info) == 1;
}

static enum rk_rc walk_module(void *arg, const struct rk_token_module *module, struct rk_err *err)
{
    const struct walk *walk = arg;
    CK_FUNCTION_LIST *fn = module->fn;
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_INFO info;
    CK_RV rv = fn->C_GetInfo(&info);

    if (rv == CKR_OK && p11_kit_uri_match_module_info(walk->uri->uri, &info) != 1)
        return RK_OK;
    if (rv == CKR_OK)
        rv = fn->C_GetSlotList(CK_TRUE, slots, &count);
    if (rv != CKR_OK)
        return rk_token_fail(err, rv, "cannot list the tokens");
    if (count > SLOTS_MAX)
        return rk_fail(err, RK_E_KEY, "it lists %lu tokens, at most %d are looked at", count,
                       SLOTS_MAX);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO token_info;
        rk_token *token;

        if (matches(walk->uri, fn, slots[i], &token_info) &&
            (get_token(walk->ctx, walk->registry, fn, slots[i], &token_info, &token, err) ||
             walk->each(walk->arg, token, err)))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_token_each(const rk_ctx *ctx, const struct rk_token_uri *uri,
                         enum rk_rc (*each)(void *arg, rk_token *token, struct rk_err *err),
                         void *arg, struct rk_err *err)
{
    struct walk walk = { .ctx = ctx, .uri = uri, .each = each, .arg = arg };
    enum rk_rc rc;

    (void)pthread_mutex_lock(&ctx->state->lock);
    rc = get_registry(ctx, &walk.registry, err);
    if (rc == RK_OK)
        rc = rk_token_modules_each(&walk.registry->modules, uri, walk_module, &walk, err);
    (void)pthread_mutex_unlock(&ctx->state->lock);
    return rc;
}

/* ---- the one ---- */

struct found {
    rk_token *token[4]; /* the first ones, for the message */
    size_t count;
};

static enum rk_rc count_token(void *arg, rk_token *token, struct rk_err *err)
{
    struct found *found = arg;

    (void)err;
    if (found->count < 4)
        found->token[found->count] = token;
    found->count++;
    return RK_OK;
}

/* The same modules, whatever tokens are in them. */
static enum rk_rc count_all(const rk_ctx *ctx, const struct rk_token_uri *uri, struct found *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_token_uri_done) struct rk_token_uri any = { .uri = p11_kit_uri_new() };
    const char *parameters = rk_token_uri_init_reserved(uri);

    if (any.uri == NULL)
        return rk_fail_nomem(err);
    p11_kit_uri_set_module_path(any.uri, p11_kit_uri_get_module_path(uri->uri));
    p11_kit_uri_set_module_name(any.uri, p11_kit_uri_get_module_name(uri->uri));
    if (parameters != NULL &&
        p11_kit_uri_set_vendor_query(any.uri, "x-init-reserved", parameters) != 1)
        return rk_fail_nomem(err);
    return rk_token_each(ctx, &any, count_token, ret, err);
}

static enum rk_rc say_none(const rk_ctx *ctx, const struct rk_token_uri *uri, struct rk_err *err)
{
    struct found found = { .count = 0 };
    struct rk_err ignored;

    if (count_all(ctx, uri, &found, &ignored) != RK_OK)
        found.count = 0;
    (void)rk_fail(err, RK_E_KEY, "no token is there that the key URI names");
    for (size_t i = 0; i < found.count && i < 4; i++)
        (void)rk_note(err, "there is: token \"%s\", serial %s", found.token[i]->label,
                      found.token[i]->serial);
    if (found.count == 0)
        (void)rk_note(err, "the module shows no token at all");
    (void)pthread_mutex_lock(&ctx->state->lock);
    rk_token_modules_note(&((struct registry *)ctx->state->of_keys)->modules, err);
    (void)pthread_mutex_unlock(&ctx->state->lock);
    return err->rc;
}

enum rk_rc rk_token_open(const rk_ctx *ctx, const struct rk_token_uri *uri, rk_token **ret,
                         struct rk_err *err)
{
    struct found found = { .count = 0 };

    if (rk_token_each(ctx, uri, count_token, &found, err))
        return err->rc;
    if (found.count == 0)
        return say_none(ctx, uri, err);
    if (found.count > 1) {
        (void)rk_fail(err, RK_E_KEY, "%zu tokens match the key URI: add serial= to name one",
                      found.count);
        for (size_t i = 0; i < found.count && i < 4; i++)
            (void)rk_note(err, "token \"%s\", serial %s", found.token[i]->label,
                          found.token[i]->serial);
        return err->rc;
    }
    *ret = found.token[0];
    return RK_OK;
}

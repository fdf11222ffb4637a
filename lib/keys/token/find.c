/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of modules and tokens in a context, and how a URI finds its token there. */
#include "keys/token/token.h"

#include "base/mem.h"
#include "keys/token/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS_MAX = 256 };

struct registry {
    struct rk_token_module *module;
    CK_FUNCTION_LIST **configured; /* p11-kit's own list, released as one */
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
    while (registry->module != NULL) {
        struct rk_token_module *module = registry->module;

        registry->module = module->next;
        if (module->ours) {
            (void)p11_kit_module_finalize(module->fn);
            p11_kit_module_release(module->fn);
        }
        rk_free(module);
    }
    if (registry->configured != NULL)
        p11_kit_modules_finalize_and_release(registry->configured);
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

/* ---- modules ---- */

static enum rk_rc add_module(struct registry *registry, CK_FUNCTION_LIST *fn, const char *path,
                             bool ours, struct rk_err *err)
{
    struct rk_token_module *module = rk_alloc(1, sizeof *module);
    struct rk_token_module **end = &registry->module;

    if (module == NULL)
        return rk_fail_nomem(err);
    module->fn = fn;
    module->ours = ours;
    (void)snprintf(module->path, sizeof module->path, "%s", path);
    while (*end != NULL)
        end = &(*end)->next;
    *end = module;
    return RK_OK;
}

static const char *load_message(void)
{
    const char *text = p11_kit_message();

    return text == NULL ? "it cannot be loaded" : text;
}

static enum rk_rc load_module(struct registry *registry, const char *path, struct rk_err *err)
{
    CK_FUNCTION_LIST *fn;
    CK_RV rv;

    for (const struct rk_token_module *m = registry->module; m != NULL; m = m->next) {
        if (strcmp(m->path, path) == 0)
            return RK_OK;
    }
    if (path[0] != '/')
        return rk_fail(err, RK_E_USAGE, "key URI: module-path \"%s\" is no absolute path", path);
    if (access(path, R_OK) != 0)
        return rk_fail_errno(err, RK_E_KEY, "PKCS #11 module \"%s\"", path);
    fn = p11_kit_module_load(path, 0);
    if (fn == NULL)
        return rk_fail(err, RK_E_KEY, "PKCS #11 module \"%s\": %s", path, load_message());
    rv = p11_kit_module_initialize(fn);
    if (rv != CKR_OK) {
        p11_kit_module_release(fn);
        return rk_token_fail(err, rv, "PKCS #11 module \"%s\": cannot be started", path);
    }
    if (add_module(registry, fn, path, true, err)) {
        (void)p11_kit_module_finalize(fn);
        p11_kit_module_release(fn);
        return err->rc;
    }
    return RK_OK;
}

/* Those that p11-kit is configured with on this machine. */
static enum rk_rc load_configured(struct registry *registry, struct rk_err *err)
{
    if (registry->configured != NULL)
        return RK_OK;
    registry->configured = p11_kit_modules_load_and_initialize(0);
    if (registry->configured == NULL)
        return rk_fail(err, RK_E_KEY, "the PKCS #11 modules of p11-kit's configuration: %s",
                       load_message());
    for (size_t i = 0; registry->configured[i] != NULL; i++) {
        if (add_module(registry, registry->configured[i], "", false, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- tokens ---- */

/* PKCS #11 texts are padded with blanks and end nowhere. */
static void copy_text(const unsigned char *text, size_t len, char ret[RK_TOKEN_TEXT])
{
    while (len != 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
        len--;
    for (size_t i = 0; i < len; i++) /* a hostile token writes no control characters on terminals */
        ret[i] = text[i] < 0x20 || text[i] == 0x7f ? '?' : (char)text[i];
    ret[len] = '\0';
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

static enum rk_rc walk_module(const struct walk *walk, CK_FUNCTION_LIST *fn, struct rk_err *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(walk->uri->uri);
    CK_RV rv = fn->C_GetSlotList(CK_TRUE, slots, &count);

    if (rv != CKR_OK)
        return rk_token_fail(err, rv, "cannot list the tokens");
    if (count > SLOTS_MAX)
        return rk_fail(err, RK_E_KEY, "it lists %lu tokens, at most %d are looked at", count,
                       SLOTS_MAX);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        rk_token *token;

        rv = fn->C_GetTokenInfo(slots[i], &info);
        if (rv != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
            (wanted != (CK_SLOT_ID)-1 && wanted != slots[i]) ||
            p11_kit_uri_match_token_info(walk->uri->uri, &info) != 1)
            continue;
        if (get_token(walk->ctx, walk->registry, fn, slots[i], &info, &token, err) ||
            walk->each(walk->arg, token, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc walk_all(const struct walk *walk, struct rk_err *err)
{
    const char *path = p11_kit_uri_get_module_path(walk->uri->uri);

    if (path == NULL ? load_configured(walk->registry, err)
                     : load_module(walk->registry, path, err))
        return err->rc;
    for (const struct rk_token_module *m = walk->registry->module; m != NULL; m = m->next) {
        if (strcmp(m->path, path == NULL ? "" : path) == 0 && walk_module(walk, m->fn, err))
            return m->ours ? rk_wrap(err, "PKCS #11 module \"%s\"", m->path) : err->rc;
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
        rc = walk_all(&walk, err);
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

static enum rk_rc say_none(const rk_ctx *ctx, const struct rk_token_uri *uri, struct rk_err *err)
{
    struct rk_token_uri any = { .uri = p11_kit_uri_new() };
    const char *path = p11_kit_uri_get_module_path(uri->uri);
    struct found found = { .count = 0 };
    struct rk_err ignored;

    if (any.uri == NULL)
        return rk_fail_nomem(err);
    p11_kit_uri_set_module_path(any.uri, path);
    if (rk_token_each(ctx, &any, count_token, &found, &ignored) != RK_OK)
        found.count = 0;
    rk_token_uri_done(&any);
    (void)rk_fail(err, RK_E_KEY, "no token is there that the key URI names");
    for (size_t i = 0; i < found.count && i < 4; i++)
        (void)rk_note(err, "there is: token \"%s\", serial %s", found.token[i]->label,
                      found.token[i]->serial);
    return found.count != 0 ? err->rc : rk_note(err, "the module shows no token at all");
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

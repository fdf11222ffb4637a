/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens hold, for people. */
#include "rotkit/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "rotkit/hex.h"
#include "rotkit/words.h"
#include "keys/token/key.h"
#include "keys/token/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 4096, TOKENS_MAX = 64 };

/* The walk holds the registry's lock, so tokens are gathered first and visited then. */
struct tokens {
    rk_token *token[TOKENS_MAX];
    size_t count;
};

static enum rk_rc gather(void *arg, rk_token *token, struct rk_err *err)
{
    struct tokens *tokens = arg;

    if (tokens->count == TOKENS_MAX)
        return rk_fail(err, RK_E_KEY, "more than %d tokens: name one", TOKENS_MAX);
    tokens->token[tokens->count++] = token;
    return RK_OK;
}

struct shown {
    CK_OBJECT_CLASS type;
    CK_KEY_TYPE key_type; /* CK_UNAVAILABLE_INFORMATION: the token does not say */
    char label[RK_TOKEN_LABEL], id_hex[2 * RK_TOKEN_ID + 1];
    uint8_t id[RK_TOKEN_ID];
    size_t label_len, id_len;
};

static bool is_key(CK_OBJECT_CLASS type)
{
    return type == CKO_PRIVATE_KEY || type == CKO_SECRET_KEY || type == CKO_PUBLIC_KEY;
}

static CK_RV read_object(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                         struct shown *shown)
{
    CK_RV rv = rk_token_number(work, object, CKA_CLASS, &shown->type);

    if (rv == CKR_OK)
        rv = rk_token_attribute(work, object, CKA_LABEL, shown->label, sizeof shown->label - 1,
                                &shown->label_len);
    if (rv == CKR_OK)
        rv = rk_token_attribute(work, object, CKA_ID, shown->id, sizeof shown->id, &shown->id_len);
    if (rv == CKR_OK && is_key(shown->type))
        rv = rk_token_number(work, object, CKA_KEY_TYPE, &shown->key_type);
    rk_hex_write(shown->id, shown->id_len, shown->id_hex);
    return rv;
}

static const char *key_type_name(const struct shown *shown)
{
    static const struct {
        CK_KEY_TYPE type;
        const char *name;
    } names[] = { { CKK_RSA, "RSA" },
                  { CKK_EC, "EC" },
                  { CKK_EC_EDWARDS, "Edwards" },
                  { CKK_AES, "AES" },
                  { CKK_GENERIC_SECRET, "generic secret" },
                  { CKK_SHA256_HMAC, "HMAC-SHA-256" } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].type == shown->key_type)
            return is_key(shown->type) ? names[i].name : "";
    }
    return is_key(shown->type) ? "unknown type" : "";
}

/* The URI of just this object, NULL when it has no name; the caller frees it. */
static char *uri_of(const rk_token *token, struct shown *shown)
{
    P11KitUri *uri = p11_kit_uri_new();
    CK_ATTRIBUTE names[] = { { CKA_CLASS, &shown->type, sizeof shown->type },
                             { CKA_LABEL, shown->label, shown->label_len },
                             { CKA_ID, shown->id, shown->id_len } };
    char *text = NULL;

    if (uri == NULL || (shown->label_len == 0 && shown->id_len == 0)) {
        p11_kit_uri_free(uri);
        return NULL;
    }
    if (token->fn->C_GetTokenInfo(token->slot, p11_kit_uri_get_token_info(uri)) == CKR_OK) {
        for (size_t i = 0; i < 3; i++) {
            if (names[i].ulValueLen != 0)
                (void)p11_kit_uri_set_attribute(uri, &names[i]);
        }
        if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) != P11_KIT_URI_OK)
            text = NULL;
    }
    p11_kit_uri_free(uri);
    return text;
}

static CK_RV show_object(const struct rk_token_work *work, CK_OBJECT_HANDLE handle,
                         const struct rk_token_uri *uri, const struct rk_token_visitor *visitor)
{
    struct shown shown = { .type = CK_UNAVAILABLE_INFORMATION,
                           .key_type = CK_UNAVAILABLE_INFORMATION };
    struct rk_token_object object = { .label = shown.label, .id_hex = shown.id_hex };
    CK_ATTRIBUTE match[] = { { CKA_CLASS, &shown.type, sizeof shown.type },
                             { CKA_LABEL, shown.label, 0 },
                             { CKA_ID, shown.id, 0 } };
    CK_RV rv = read_object(work, handle, &shown);
    char *text;

    match[1].ulValueLen = shown.label_len;
    match[2].ulValueLen = shown.id_len;
    if (rv != CKR_OK || p11_kit_uri_match_attributes(uri->uri, match, 3) != 1)
        return rv;
    text = uri_of(work->token, &shown);
    rk_words_show((const uint8_t *)shown.label, shown.label_len, shown.label, sizeof shown.label);
    object.type = rk_token_class_name(shown.type);
    object.key_type = key_type_name(&shown);
    object.uri = text == NULL ? "" : text;
    visitor->object(visitor->arg, &object);
    free(text); /* p11-kit's own allocation */
    return CKR_OK;
}

static CK_RV show_objects(const struct rk_token_work *work, const struct rk_token_uri *uri,
                          const struct rk_token_visitor *visitor)
{
    CK_OBJECT_HANDLE *found = rk_alloc(OBJECTS_MAX + 1, sizeof *found);
    CK_ULONG count = 0;
    CK_RV rv = found == NULL ? CKR_HOST_MEMORY
                             : rk_token_find(work, NULL, 0, found, OBJECTS_MAX + 1, &count);

    for (CK_ULONG i = 0; rv == CKR_OK && i < count && i < OBJECTS_MAX; i++)
        rv = show_object(work, found[i], uri, visitor);
    if (rv == CKR_OK && count > OBJECTS_MAX)
        rk_warn(work->token->ctx,
                "token \"%s\": it has more than %d objects: the others are not shown",
                work->token->label, OBJECTS_MAX);
    rk_free(found);
    return rv;
}

struct listing {
    const struct rk_token_uri *uri;
    const struct rk_token_visitor *visitor;
    bool with_keys; /* no other tokens */
};

/* Where a login is needed, keys may be out of sight. */
static CK_RV may_have_keys(const struct rk_token_work *work, bool *ret)
{
    CK_OBJECT_CLASS type = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE by = { CKA_CLASS, &type, sizeof type };
    static const CK_OBJECT_CLASS types[] = { CKO_PRIVATE_KEY, CKO_SECRET_KEY, CKO_PUBLIC_KEY };
    CK_OBJECT_HANDLE found[1];
    CK_ULONG count = 0;
    CK_RV rv = CKR_OK;

    *ret = work->token->needs_login;
    for (size_t i = 0; rv == CKR_OK && !*ret && i < 3; i++) {
        type = types[i];
        rv = rk_token_find(work, &by, 1, found, 1, &count);
        *ret = rv == CKR_OK && count != 0;
    }
    return rv;
}

static CK_RV show_in_session(const struct rk_token_work *work, const struct listing *listing)
{
    const rk_token *token = work->token;
    const struct rk_token_info info = { token->label, token->serial, token->maker, token->model,
                                        token->needs_login };
    bool shown = true;
    CK_RV rv = listing->with_keys ? may_have_keys(work, &shown) : CKR_OK;

    if (rv != CKR_OK || !shown)
        return rv;
    listing->visitor->token(listing->visitor->arg, &info);
    return show_objects(work, listing->uri, listing->visitor);
}

static enum rk_rc show_token(rk_token *token, const struct listing *listing,
                             const struct rk_pin *pin, struct rk_err *err)
{
    struct rk_token_work work = { .fn = token->fn, .token = token };
    struct rk_token_session session;
    CK_RV rv;

    if (pin->source == NULL) { /* a session of our own: the pool's would log in */
        rv = token->fn->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &work.session);
        if (rv == CKR_OK) {
            rv = show_in_session(&work, listing);
            (void)token->fn->C_CloseSession(work.session);
        }
    } else {
        if (rk_token_login(token, pin, err) || rk_token_take(token, &session, err))
            return err->rc;
        work.session = session.handle;
        rv = show_in_session(&work, listing);
        rk_token_give(token, &session, rv);
    }
    return rv == CKR_OK
               ? RK_OK
               : rk_token_fail(err, rv, "token \"%s\": cannot list its objects", token->label);
}

enum rk_rc rk_token_list(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                         const struct rk_token_visitor *visitor, struct rk_err *err)
{
    RK_AUTO(rk_token_uri_done) struct rk_token_uri parsed = { .uri = NULL };
    const struct listing listing = { &parsed, visitor, uri == NULL };
    struct tokens tokens = { .count = 0 };
    struct rk_pin source;

    if (rk_token_uri_parse(uri == NULL ? "pkcs11:" : uri, &parsed, err) ||
        rk_token_each(ctx, &parsed, gather, &tokens, err))
        return err->rc;
    source = rk_token_pin(&parsed, pin);
    for (size_t i = 0; i < tokens.count; i++) {
        if (show_token(tokens.token[i], &listing, &source, err))
            return err->rc;
    }
    return RK_OK;
}

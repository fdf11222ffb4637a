/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens hold, for people. */
#include "rotkit/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "rotkit/hex.h"
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
    CK_KEY_TYPE key_type;
    char label[RK_TOKEN_TEXT], id_hex[2 * 64 + 1];
    uint8_t id[64];
    size_t label_len, id_len;
};

/* Control characters of a hostile token stay off the terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

static CK_RV read_object(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                         struct shown *shown)
{
    size_t len;
    CK_RV rv = rk_token_attribute(work, object, CKA_CLASS, &shown->type, sizeof shown->type, &len);

    if (rv == CKR_OK)
        rv = rk_token_attribute(work, object, CKA_LABEL, shown->label, sizeof shown->label - 1,
                                &shown->label_len);
    if (rv == CKR_OK)
        rv = rk_token_attribute(work, object, CKA_ID, shown->id, sizeof shown->id, &shown->id_len);
    if (rv == CKR_OK && shown->type != CKO_CERTIFICATE)
        rv = rk_token_attribute(work, object, CKA_KEY_TYPE, &shown->key_type,
                                sizeof shown->key_type, &len);
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

    for (size_t i = 0; shown->type != CKO_CERTIFICATE && i < sizeof names / sizeof names[0]; i++) {
        if (names[i].type == shown->key_type)
            return names[i].name;
    }
    return "";
}

/* The URI of just this object; the caller frees it. */
static char *uri_of(const rk_token *token, struct shown *shown)
{
    P11KitUri *uri = p11_kit_uri_new();
    CK_ATTRIBUTE names[] = { { CKA_CLASS, &shown->type, sizeof shown->type },
                             { CKA_LABEL, shown->label, shown->label_len },
                             { CKA_ID, shown->id, shown->id_len } };
    char *text = NULL;

    if (uri == NULL)
        return NULL;
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

static CK_RV show_objects(const struct rk_token_work *work, const struct rk_token_uri *uri,
                          const struct rk_token_visitor *visitor)
{
    CK_OBJECT_HANDLE *found = rk_alloc(OBJECTS_MAX, sizeof *found);
    CK_ULONG count = 0;
    CK_RV rv =
        found == NULL ? CKR_HOST_MEMORY : work->fn->C_FindObjectsInit(work->session, NULL, 0);

    if (rv == CKR_OK) {
        rv = work->fn->C_FindObjects(work->session, found, OBJECTS_MAX, &count);
        (void)work->fn->C_FindObjectsFinal(work->session);
        if (rv == CKR_OK && count > OBJECTS_MAX)
            rv = CKR_BUFFER_TOO_SMALL;
    }
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        struct shown shown = { .type = CKO_DATA };
        struct rk_token_object object = { .label = shown.label, .id_hex = shown.id_hex };
        CK_ATTRIBUTE match[] = { { CKA_CLASS, &shown.type, sizeof shown.type },
                                 { CKA_LABEL, shown.label, 0 },
                                 { CKA_ID, shown.id, 0 } };
        char *text;

        rv = read_object(work, found[i], &shown);
        match[1].ulValueLen = shown.label_len;
        match[2].ulValueLen = shown.id_len;
        if (rv != CKR_OK || p11_kit_uri_match_attributes(uri->uri, match, 3) != 1)
            continue;
        text = uri_of(work->token, &shown);
        make_printable(shown.label);
        object.type = rk_token_class_name(shown.type);
        object.key_type = key_type_name(&shown);
        object.uri = text == NULL ? "" : text;
        visitor->object(visitor->arg, &object);
        free(text); /* p11-kit's own allocation */
    }
    rk_free(found);
    return rv;
}

static enum rk_rc show_token(rk_token *token, const struct rk_token_uri *uri,
                             const struct rk_pin *pin, const struct rk_token_visitor *visitor,
                             struct rk_err *err)
{
    const struct rk_token_info info = { token->label, token->serial, token->maker, token->model,
                                        token->needs_login };
    struct rk_token_work work = { .fn = token->fn, .token = token };
    struct rk_token_session session;
    CK_RV rv;

    visitor->token(visitor->arg, &info);
    if (pin->source == NULL) { /* a session of our own: the pool's would log in */
        rv = token->fn->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &work.session);
        if (rv == CKR_OK) {
            rv = show_objects(&work, uri, visitor);
            (void)token->fn->C_CloseSession(work.session);
        }
    } else {
        if (rk_token_login(token, pin, err) || rk_token_take(token, &session, err))
            return err->rc;
        work.session = session.handle;
        rv = show_objects(&work, uri, visitor);
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
    struct tokens tokens = { .count = 0 };
    struct rk_pin source;

    if (rk_token_uri_parse(uri, &parsed, err) || rk_token_each(ctx, &parsed, gather, &tokens, err))
        return err->rc;
    source = rk_token_pin(&parsed, pin);
    for (size_t i = 0; i < tokens.count; i++) {
        if (show_token(tokens.token[i], &parsed, &source, visitor, err))
            return err->rc;
    }
    return RK_OK;
}

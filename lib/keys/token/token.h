/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11 tokens, through p11-kit. A process logs in once to each token, whatever the number of
 * keys and threads; sessions are pooled within the token's limit; one that is lost is opened anew
 * once. Tokens belong to the rk_ctx and end with it. Source: PKCS #11 2.40.
 */
#pragma once

#include "base/ctx.h"
#include "rotkit/signer.h"
#include "keys/token/uri.h"

#include <p11-kit/p11-kit.h>
#include <pthread.h>
#include <stdbool.h>

enum { RK_TOKEN_SESSIONS_MAX = 64, RK_TOKEN_TEXT = 65 };

struct rk_token_session {
    CK_SESSION_HANDLE handle;
    uint64_t generation;
};

typedef struct rk_token {
    const rk_ctx *ctx;
    CK_FUNCTION_LIST *fn;
    CK_SLOT_ID slot;
    char label[RK_TOKEN_TEXT], serial[RK_TOKEN_TEXT], maker[RK_TOKEN_TEXT], model[RK_TOKEN_TEXT];
    bool needs_login, own_keypad;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t given_back;
    struct rk_token_session idle[RK_TOKEN_SESSIONS_MAX];
    size_t idle_count, open_count, limit;
    uint64_t generation; /* grows when the sessions were lost: handles before it are void */
    bool logged_in;
    struct rk_secret pin;  /* kept for a lost session; empty before the first login */
    struct rk_err refused; /* why the PIN was refused: it is never tried twice. rc RK_OK: it was
                              not */
    struct rk_token *next;
} rk_token;

/*
 * The one token that the URI names, from the registry of the context. RK_E_KEY for a module that
 * is missing or none, no such token, or several. Does not log in. find.c
 */
enum rk_rc rk_token_open(const rk_ctx *ctx, const struct rk_token_uri *uri, rk_token **ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Every token that the URI matches, in the modules' order; RK_E_KEY as above, none is no fault. */
enum rk_rc rk_token_each(const rk_ctx *ctx, const struct rk_token_uri *uri,
                         enum rk_rc (*each)(void *arg, rk_token *token, struct rk_err *err),
                         void *arg, struct rk_err *err) RK_MUST_CHECK;
/* token.c: for the registry. */
void rk_token_free(rk_token *token);

/* Logs in unless that is done or not needed. pin: where the PIN comes from. RK_E_KEY. */
enum rk_rc rk_token_login(rk_token *token, const struct rk_pin *pin,
                          struct rk_err *err) RK_MUST_CHECK;
/* Waits for a session where the token allows no more. RK_E_KEY. */
enum rk_rc rk_token_take(rk_token *token, struct rk_token_session *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* rv: how the work in the session ended; a session that was lost is not used again. */
void rk_token_give(rk_token *token, const struct rk_token_session *session, CK_RV rv);
/* Does rv say that the session is gone, so that it may be opened anew? */
bool rk_token_lost(CK_RV rv);
/* The PIN again, for a key that asks for it at every use (CKA_ALWAYS_AUTHENTICATE). */
CK_RV rk_token_authenticate(rk_token *token, CK_SESSION_HANDLE session);

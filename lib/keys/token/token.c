/* SPDX-License-Identifier: Apache-2.0 */
/* Login and sessions of one token. */
#include "keys/token/token.h"

#include "base/mem.h"
#include "keys/token/errors.h"

#include <stdio.h>
#include <string.h>

bool rk_token_lost(CK_RV rv)
{
    static const CK_RV lost[] = { CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                  CKR_USER_NOT_LOGGED_IN,     CKR_DEVICE_ERROR,
                                  CKR_DEVICE_REMOVED,         CKR_TOKEN_NOT_PRESENT,
                                  CKR_KEY_HANDLE_INVALID,     CKR_OBJECT_HANDLE_INVALID };

    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        if (lost[i] == rv)
            return true;
    }
    return false;
}

void rk_token_free(rk_token *token)
{
    if (token == NULL)
        return;
    for (size_t i = 0; i < token->idle_count; i++)
        (void)token->fn->C_CloseSession(token->idle[i].handle);
    rk_secret_done(&token->pin);
    (void)pthread_cond_destroy(&token->given_back);
    (void)pthread_mutex_destroy(&token->lock);
    rk_free(token);
}

/* ---- login, under the lock ---- */

static enum rk_rc ask_pin(rk_token *token, const struct rk_pin *pin, struct rk_err *err)
{
    char subject[RK_TOKEN_TEXT + 16];

    (void)snprintf(subject, sizeof subject, "token \"%s\"", token->label);
    return rk_passphrase_read(pin, "PIN", subject, &token->pin, err);
}

/* What the token says of its PIN before it is tried. */
static enum rk_rc check_pin_state(rk_token *token, struct rk_err *err)
{
    CK_TOKEN_INFO info;
    CK_RV rv = token->fn->C_GetTokenInfo(token->slot, &info);

    if (rv != CKR_OK)
        return rk_token_fail(err, rv, "token \"%s\"", token->label);
    if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
        return rk_token_fail(err, CKR_PIN_LOCKED, "token \"%s\"", token->label);
    if ((info.flags & CKF_USER_PIN_INITIALIZED) == 0 && !token->own_keypad)
        return rk_token_fail(err, CKR_USER_PIN_NOT_INITIALIZED, "token \"%s\"", token->label);
    if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
        rk_warn(token->ctx, "token \"%s\": one try is left before its PIN locks", token->label);
    return RK_OK;
}

static enum rk_rc log_in(rk_token *token, CK_SESSION_HANDLE session, const struct rk_pin *pin,
                         struct rk_err *err)
{
    CK_RV rv;

    if (token->logged_in || !token->needs_login)
        return RK_OK;
    if (token->refused.rc != RK_OK) {
        *err = token->refused;
        return err->rc;
    }
    if (check_pin_state(token, err) ||
        (!token->own_keypad && token->pin.p == NULL && ask_pin(token, pin, err)))
        return err->rc;
    rv = token->fn->C_Login(session, CKU_USER, token->own_keypad ? NULL : token->pin.p,
                            token->pin.len);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) {
        (void)rk_token_fail(err, rv, "token \"%s\": cannot log in", token->label);
        if (!rk_token_lost(rv)) {
            rk_secret_done(&token->pin);
            token->refused = *err;
        }
        return err->rc;
    }
    token->logged_in = true;
    return RK_OK;
}

CK_RV rk_token_authenticate(rk_token *token, CK_SESSION_HANDLE session)
{
    return token->fn->C_Login(session, CKU_CONTEXT_SPECIFIC,
                              token->own_keypad ? NULL : token->pin.p, token->pin.len);
}

/* ---- sessions, under the lock ---- */

static void close_session(rk_token *token, CK_SESSION_HANDLE session)
{
    (void)token->fn->C_CloseSession(session);
    token->open_count--;
    if (token->open_count == 0)
        token->logged_in = false; /* PKCS #11, 5.6: with the last session the login ends */
}

/* An idle session of this generation; those of older ones are gone at the token. */
static bool take_idle(rk_token *token, struct rk_token_session *ret)
{
    while (token->idle_count != 0) {
        *ret = token->idle[--token->idle_count];
        if (ret->generation == token->generation)
            return true;
        close_session(token, ret->handle);
    }
    return false;
}

static enum rk_rc open_session(rk_token *token, struct rk_token_session *ret, bool *ret_wait,
                               struct rk_err *err)
{
    CK_RV rv;

    *ret_wait = token->open_count == token->limit;
    if (*ret_wait)
        return RK_OK;
    rv = token->fn->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &ret->handle);
    if (rv == CKR_SESSION_COUNT && token->open_count != 0) {
        token->limit = token->open_count; /* it has told its limit */
        *ret_wait = true;
        return RK_OK;
    }
    if (rv != CKR_OK)
        return rk_token_fail(err, rv, "token \"%s\": cannot open a session", token->label);
    ret->generation = token->generation;
    token->open_count++;
    return RK_OK;
}

static enum rk_rc take_session(rk_token *token, const struct rk_pin *pin,
                               struct rk_token_session *ret, struct rk_err *err)
{
    bool wait = false;

    while (!take_idle(token, ret)) {
        if (open_session(token, ret, &wait, err))
            return err->rc;
        if (!wait)
            break;
        (void)pthread_cond_wait(&token->given_back, &token->lock);
    }
    if (log_in(token, ret->handle, pin, err)) {
        close_session(token, ret->handle);
        (void)pthread_cond_signal(&token->given_back);
        return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_token_take(rk_token *token, struct rk_token_session *ret, struct rk_err *err)
{
    enum rk_rc rc;

    (void)pthread_mutex_lock(&token->lock);
    rc = take_session(token, NULL, ret, err);
    (void)pthread_mutex_unlock(&token->lock);
    return rc;
}

void rk_token_give(rk_token *token, const struct rk_token_session *session, CK_RV rv)
{
    (void)pthread_mutex_lock(&token->lock);
    if (rk_token_lost(rv) && session->generation == token->generation) {
        token->generation++;
        token->logged_in = false;
    }
    if (session->generation == token->generation && rv == CKR_OK) {
        token->idle[token->idle_count++] = *session;
    } else { /* an operation may be left open in it */
        close_session(token, session->handle);
    }
    (void)pthread_cond_signal(&token->given_back);
    (void)pthread_mutex_unlock(&token->lock);
}

enum rk_rc rk_token_login(rk_token *token, const struct rk_pin *pin, struct rk_err *err)
{
    struct rk_token_session session;
    enum rk_rc rc;

    (void)pthread_mutex_lock(&token->lock);
    rc = take_session(token, pin, &session, err);
    (void)pthread_mutex_unlock(&token->lock);
    if (rc == RK_OK)
        rk_token_give(token, &session, CKR_OK);
    return rc;
}

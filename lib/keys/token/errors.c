/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/errors.h"

#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
#define ROW(name) (name), #name
static const struct {
    CK_RV rv;
    const char *name, *meaning;
} words[] = {
    { ROW(CKR_PIN_INCORRECT),              "the PIN is wrong; it was tried once and will not be tried again" },
    { ROW(CKR_PIN_INVALID),                "the PIN is wrong; it was tried once and will not be tried again" },
    { ROW(CKR_PIN_LEN_RANGE),              "the PIN is wrong (its length); it will not be tried again" },
    { ROW(CKR_PIN_EXPIRED),                "the PIN has expired: set a new one with the token's own tool" },
    { ROW(CKR_PIN_LOCKED),                 "the PIN is locked: the security officer must reset it" },
    { ROW(CKR_USER_PIN_NOT_INITIALIZED),   "the token has no user PIN yet: initialise it first" },
    { ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN), "somebody else is logged in: close the other session" },
    { ROW(CKR_USER_TOO_MANY_TYPES),        "too many users are logged in: close the other sessions" },
    { ROW(CKR_USER_NOT_LOGGED_IN),         "the token has ended the login" },
    { ROW(CKR_KEY_FUNCTION_NOT_PERMITTED), "the key's attributes do not allow this (CKA_SIGN or CKA_ENCRYPT is false)" },
    { ROW(CKR_KEY_TYPE_INCONSISTENT),      "the key is of another type than the mechanism needs" },
    { ROW(CKR_KEY_SIZE_RANGE),             "the token does not take keys of this size" },
    { ROW(CKR_KEY_HANDLE_INVALID),         "the key is gone from the token" },
    { ROW(CKR_OBJECT_HANDLE_INVALID),      "the key is gone from the token" },
    { ROW(CKR_MECHANISM_INVALID),          "the token does not have the mechanism, or not for this key" },
    { ROW(CKR_MECHANISM_PARAM_INVALID),    "the token does not take these parameters (digest or salt length)" },
    { ROW(CKR_DATA_LEN_RANGE),             "the token does not take data of this length" },
    { ROW(CKR_SESSION_COUNT),              "the token has no session left: other programs hold them all" },
    { ROW(CKR_SESSION_HANDLE_INVALID),     "the session was lost, and lost again after it was opened anew" },
    { ROW(CKR_SESSION_CLOSED),             "the session was lost, and lost again after it was opened anew" },
    { ROW(CKR_TOKEN_NOT_PRESENT),          "the token is not there (any more)" },
    { ROW(CKR_TOKEN_NOT_RECOGNIZED),       "the module does not know this token" },
    { ROW(CKR_DEVICE_REMOVED),             "the token was taken out, or its server has gone" },
    { ROW(CKR_DEVICE_ERROR),               "the token or the way to it has failed" },
    { ROW(CKR_DEVICE_MEMORY),              "the token has no memory left" },
    { ROW(CKR_GENERAL_ERROR),              "the module says no more: see its own log" },
    { ROW(CKR_FUNCTION_FAILED),            "the module says no more: see its own log" },
    { ROW(CKR_FUNCTION_NOT_SUPPORTED),     "the module does not have this function" },
    { ROW(CKR_FUNCTION_REJECTED),          "it was rejected at the token" },
    { ROW(CKR_BUFFER_TOO_SMALL),           "it answers with more than there is room for: no right answer is so long" },
    { ROW(CKR_HOST_MEMORY),                "the module is out of memory" },
    { ROW(CKR_CRYPTOKI_NOT_INITIALIZED),   "the module was shut down" },
};

static const struct {
    CK_MECHANISM_TYPE type;
    const char *name;
} mechanisms[] = {
    { ROW(CKM_RSA_PKCS) },        { ROW(CKM_RSA_PKCS_PSS) },
    { ROW(CKM_SHA256_RSA_PKCS) }, { ROW(CKM_SHA384_RSA_PKCS) }, { ROW(CKM_SHA512_RSA_PKCS) },
    { ROW(CKM_SHA256_RSA_PKCS_PSS) }, { ROW(CKM_SHA384_RSA_PKCS_PSS) }, { ROW(CKM_SHA512_RSA_PKCS_PSS) },
    { ROW(CKM_ECDSA) },           { ROW(CKM_EDDSA) },
    { ROW(CKM_SHA256_HMAC) },     { ROW(CKM_AES_CMAC) },        { ROW(CKM_AES_ECB) },
};
#undef ROW

static const char *const classes[] = {
    [CKO_DATA] = "data object",       [CKO_CERTIFICATE] = "certificate",
    [CKO_PUBLIC_KEY] = "public key",  [CKO_PRIVATE_KEY] = "private key",
    [CKO_SECRET_KEY] = "secret key",
};
/* clang-format on */

enum rk_rc rk_token_fail(struct rk_err *err, CK_RV rv, const char *fmt, ...)
{
    enum { WORDS = sizeof words / sizeof words[0] };
    char what[512];
    size_t i = 0;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    while (i < WORDS && words[i].rv != rv)
        i++;
    if (i == WORDS)
        return rk_fail(err, RK_E_KEY, "%s: the token says 0x%lx: see the documents of its maker",
                       what, rv);
    return rk_fail(err, RK_E_KEY, "%s: %s (0x%lx): %s", what, words[i].name, rv, words[i].meaning);
}

const char *rk_token_mechanism_name(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (mechanisms[i].type == type)
            return mechanisms[i].name;
    }
    return "a mechanism";
}

const char *rk_token_class_name(CK_OBJECT_CLASS type)
{
    return type < sizeof classes / sizeof classes[0] ? classes[type] : "object";
}

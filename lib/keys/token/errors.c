/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/errors.h"

#include <stdarg.h>
#include <stdio.h>

/* PKCS #11 3.0: older headers lack them. */
#ifndef CKR_KEY_PARAMS_INVALID
#define CKR_KEY_PARAMS_INVALID      (0x6bUL)
#define CKR_TOKEN_RESOURCE_EXCEEDED (0x201UL)
#define CKR_OPERATION_CANCEL_FAILED (0x202UL)
#endif

/* clang-format off */
#define ROW(name) (name), #name
/* Every code of the standard. */
static const struct word {
    CK_RV rv;
    const char *name, *meaning; /* meaning NULL: the name says it all */
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
    { ROW(CKR_OK),                         "it has worked" },
    { ROW(CKR_CANCEL),                     "it was cancelled at the token" },
    { ROW(CKR_SLOT_ID_INVALID),            "the slot is gone" },
    { ROW(CKR_ARGUMENTS_BAD),              "the module does not take what it is called with: it may need parameters (x-init-reserved) or settings of its own" },
    { ROW(CKR_NEED_TO_CREATE_THREADS),     "the module must make threads, and may not" },
    { ROW(CKR_CANT_LOCK),                  "the module does not serve several threads" },
    { ROW(CKR_ATTRIBUTE_SENSITIVE),        "the token does not give this attribute away" },
    { ROW(CKR_ATTRIBUTE_TYPE_INVALID),     "the token does not have this attribute" },
    { ROW(CKR_ACTION_PROHIBITED),          "the token's rules forbid it" },
    { ROW(CKR_DATA_INVALID),               "the token does not take this data with this mechanism" },
    { ROW(CKR_FUNCTION_CANCELED),          "it was cancelled at the token" },
    { ROW(CKR_KEY_PARAMS_INVALID),         "the token does not take the key's parameters" },
    { ROW(CKR_OPERATION_ACTIVE),           "the session is busy with another operation" },
    { ROW(CKR_CURVE_NOT_SUPPORTED),        "the token does not have the key's curve" },
    { ROW(CKR_DOMAIN_PARAMS_INVALID),      "the token does not take the key's parameters" },
    { ROW(CKR_CRYPTOKI_ALREADY_INITIALIZED), "the module runs already in this process, with other parameters" },
    { ROW(CKR_LIBRARY_LOAD_FAILED),        "the module lacks a library of its own" },
    { ROW(CKR_FIPS_SELF_TEST_FAILED),      "the module's self-test failed" },
    { ROW(CKR_PIN_TOO_WEAK),               "the token asks for a stronger PIN: set one with its own tool" },
    { ROW(CKR_TOKEN_RESOURCE_EXCEEDED),    "the token is out of resources: other programs hold them" },
    { ROW(CKR_EXCEEDED_MAX_ITERATIONS),    "the token gave up" },
    /* p11-kit's header had these five elsewhere than PKCS #11 has, and so have modules made with it */
    { 0x1b5, "CKR_EXCEEDED_MAX_ITERATIONS", "the token gave up" },
    { 0x1b6, "CKR_FIPS_SELF_TEST_FAILED", "the module's self-test failed" },
    { 0x1b7, "CKR_LIBRARY_LOAD_FAILED", "the module lacks a library of its own" },
    { 0x1b8, "CKR_PIN_TOO_WEAK", "the token asks for a stronger PIN: set one with its own tool" },
    { 0x1b9, "CKR_PUBLIC_KEY_INVALID", NULL },
    /* the number says nothing that a person could act on */
    { ROW(CKR_ATTRIBUTE_READ_ONLY), NULL }, { ROW(CKR_ATTRIBUTE_VALUE_INVALID), NULL },
    { ROW(CKR_ENCRYPTED_DATA_INVALID), NULL }, { ROW(CKR_ENCRYPTED_DATA_LEN_RANGE), NULL },
    { ROW(CKR_FUNCTION_NOT_PARALLEL), NULL }, { ROW(CKR_INFORMATION_SENSITIVE), NULL },
    { ROW(CKR_KEY_CHANGED), NULL }, { ROW(CKR_KEY_INDIGESTIBLE), NULL },
    { ROW(CKR_KEY_NEEDED), NULL }, { ROW(CKR_KEY_NOT_NEEDED), NULL },
    { ROW(CKR_KEY_NOT_WRAPPABLE), NULL }, { ROW(CKR_KEY_UNEXTRACTABLE), NULL },
    { ROW(CKR_MUTEX_BAD), NULL }, { ROW(CKR_MUTEX_NOT_LOCKED), NULL },
    { ROW(CKR_NEW_PIN_MODE), NULL }, { ROW(CKR_NEXT_OTP), NULL }, { ROW(CKR_NO_EVENT), NULL },
    { ROW(CKR_OPERATION_CANCEL_FAILED), NULL }, { ROW(CKR_OPERATION_NOT_INITIALIZED), NULL },
    { ROW(CKR_PUBLIC_KEY_INVALID), NULL }, { ROW(CKR_RANDOM_NO_RNG), NULL },
    { ROW(CKR_RANDOM_SEED_NOT_SUPPORTED), NULL }, { ROW(CKR_SAVED_STATE_INVALID), NULL },
    { ROW(CKR_SESSION_EXISTS), NULL }, { ROW(CKR_SESSION_PARALLEL_NOT_SUPPORTED), NULL },
    { ROW(CKR_SESSION_READ_ONLY), NULL }, { ROW(CKR_SESSION_READ_ONLY_EXISTS), NULL },
    { ROW(CKR_SESSION_READ_WRITE_SO_EXISTS), NULL }, { ROW(CKR_SIGNATURE_INVALID), NULL },
    { ROW(CKR_SIGNATURE_LEN_RANGE), NULL }, { ROW(CKR_STATE_UNSAVEABLE), NULL },
    { ROW(CKR_TEMPLATE_INCOMPLETE), NULL }, { ROW(CKR_TEMPLATE_INCONSISTENT), NULL },
    { ROW(CKR_TOKEN_WRITE_PROTECTED), NULL }, { ROW(CKR_UNWRAPPING_KEY_HANDLE_INVALID), NULL },
    { ROW(CKR_UNWRAPPING_KEY_SIZE_RANGE), NULL },
    { ROW(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT), NULL }, { ROW(CKR_USER_ALREADY_LOGGED_IN), NULL },
    { ROW(CKR_USER_TYPE_INVALID), NULL }, { ROW(CKR_WRAPPED_KEY_INVALID), NULL },
    { ROW(CKR_WRAPPED_KEY_LEN_RANGE), NULL }, { ROW(CKR_WRAPPING_KEY_HANDLE_INVALID), NULL },
    { ROW(CKR_WRAPPING_KEY_SIZE_RANGE), NULL }, { ROW(CKR_WRAPPING_KEY_TYPE_INCONSISTENT), NULL },
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

static const struct word *word_of(CK_RV rv)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].rv == rv)
            return &words[i];
    }
    return NULL;
}

enum rk_rc rk_token_fail(struct rk_err *err, CK_RV rv, const char *fmt, ...)
{
    const struct word *word = word_of(rv);
    char what[512], code[RK_TOKEN_CODE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return rk_fail(err, RK_E_KEY, "%s: %s: %s", what, rk_token_code(rv, code),
                   word != NULL && word->meaning != NULL
                       ? word->meaning
                       : "see the documents of the token's maker");
}

const char *rk_token_code(CK_RV rv, char room[RK_TOKEN_CODE])
{
    const struct word *word = word_of(rv);

    if (word != NULL)
        (void)snprintf(room, RK_TOKEN_CODE, "%s (0x%lx)", word->name, rv);
    else if ((rv & CKR_VENDOR_DEFINED) != 0)
        (void)snprintf(room, RK_TOKEN_CODE, "a code of the maker's own (CKR_VENDOR_DEFINED, 0x%lx)",
                       rv);
    else
        (void)snprintf(room, RK_TOKEN_CODE, "a code that PKCS #11 does not have (0x%lx)", rv);
    return room;
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

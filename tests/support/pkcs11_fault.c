/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module that stands for tokens other than SoftHSM2: it passes every call through to
 * the module at FAULT_MODULE, but for the faults that the environment asks for.
 *
 *   FAULT_LOG=FILE         one line a call of the functions below, with mechanism or attribute
 *   FAULT_SESSIONS=N       at most N sessions at once
 *   FAULT_TELLS=1          ulMaxSessionCount says so; else it says nothing
 *   FAULT_PIN_TRIES=FILE   the file holds how many wrong PINs are left, and the count goes down
 *   FAULT_LOSE=N           the N-th C_Sign finds that all sessions so far are lost
 *   FAULT_LOSE_ALWAYS=1    ... and so does every one after it
 *   FAULT_LOSE_DEVICE=1    ... and the token is gone with them: nothing can be opened any more
 *   FAULT_NO_MECHANISM=HEX the token lacks this mechanism
 *   FAULT_NOT_PERMITTED=1  the key may not sign
 *   FAULT_FLIP=1           a bit of each signature is wrong
 *   FAULT_ASKS_ALWAYS=1    private keys ask for the PIN at every use
 *   FAULT_SIGN=HEX         C_SignInit ends with this code
 *   FAULT_LACKS=HEX        no object has this attribute
 *   FAULT_HIDES=HEX        no private key has it
 *   FAULT_GIVES=HEX:FILE   private keys have this attribute, and it is what stands in the file
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_MAX = 256, NEVER = 1 << 30 };

static struct {
    pthread_mutex_t lock;
    CK_FUNCTION_LIST *real;
    CK_FUNCTION_LIST list;
    struct {
        CK_SESSION_HANDLE handle;
        bool open, lost, asked;
    } session[SESSIONS_MAX];
    size_t open_count;
    unsigned long sign_count;
    bool gone;
} fault = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoul(text, NULL, 0);
}

static void say(const char *call, const char *what, unsigned long value)
{
    const char *path = getenv("FAULT_LOG");
    FILE *file = path == NULL ? NULL : fopen(path, "a");

    if (file == NULL)
        return;
    (void)fprintf(file, "%s%s", call, what);
    (void)fprintf(file, value == 0 ? "\n" : " 0x%lx\n", value);
    (void)fclose(file);
}

static size_t slot_of(CK_SESSION_HANDLE handle)
{
    size_t i = 0;

    while (i < SESSIONS_MAX && !(fault.session[i].open && fault.session[i].handle == handle))
        i++;
    return i;
}

/* What a call in this session meets before the real module is asked. */
static CK_RV session_state(CK_SESSION_HANDLE handle)
{
    size_t i = slot_of(handle);

    if (fault.gone)
        return CKR_DEVICE_REMOVED;
    return i == SESSIONS_MAX || fault.session[i].lost ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

#define LOCKED(result)                                                                             \
    do {                                                                                           \
        CK_RV rv_;                                                                                 \
        (void)pthread_mutex_lock(&fault.lock);                                                     \
        rv_ = (result);                                                                            \
        (void)pthread_mutex_unlock(&fault.lock);                                                   \
        return rv_;                                                                                \
    } while (0)

/* ---- tokens and sessions ---- */

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = fault.gone ? CKR_DEVICE_REMOVED : fault.real->C_GetTokenInfo(slot, info);
    const char *tries = getenv("FAULT_PIN_TRIES");
    FILE *file = tries == NULL ? NULL : fopen(tries, "r");
    unsigned long left = 3;

    if (rv == CKR_OK && getenv("FAULT_TELLS") != NULL)
        info->ulMaxSessionCount = number("FAULT_SESSIONS", 0);
    if (file == NULL)
        return rv;
    if (fscanf(file, "%lu", &left) == 1 && rv == CKR_OK)
        info->flags |= left == 0 ? CKF_USER_PIN_LOCKED : left == 1 ? CKF_USER_PIN_FINAL_TRY : 0;
    (void)fclose(file);
    return rv;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    LOCKED(token_info(slot, info));
}

static CK_RV open_one(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                      CK_SESSION_HANDLE *session)
{
    size_t i = 0;
    CK_RV rv;

    say("C_OpenSession", "", 0);
    if (fault.gone)
        return CKR_DEVICE_REMOVED;
    if (fault.open_count >= number("FAULT_SESSIONS", NEVER))
        return CKR_SESSION_COUNT;
    rv = fault.real->C_OpenSession(slot, flags, application, notify, session);
    while (i < SESSIONS_MAX - 1 && fault.session[i].open)
        i++;
    if (rv == CKR_OK) {
        fault.session[i].handle = *session;
        fault.session[i].open = true;
        fault.session[i].lost = fault.session[i].asked = false;
        fault.open_count++;
    }
    return rv;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    LOCKED(open_one(slot, flags, application, notify, session));
}

static CK_RV close_one(CK_SESSION_HANDLE session)
{
    size_t i = slot_of(session);
    CK_RV rv = session_state(session);

    if (i < SESSIONS_MAX) {
        fault.session[i].open = false;
        fault.open_count--;
        (void)fault.real->C_CloseSession(session);
    }
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    LOCKED(close_one(session));
}

static CK_RV count_wrong_pin(const char *path)
{
    unsigned long left = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL || fscanf(file, "%lu", &left) != 1)
        left = 1;
    if (file != NULL)
        (void)fclose(file);
    file = fopen(path, "w");
    if (file != NULL) {
        (void)fprintf(file, "%lu\n", left == 0 ? 0 : left - 1);
        (void)fclose(file);
    }
    return left <= 1 ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}

static CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                    CK_ULONG pin_len)
{
    const char *tries = getenv("FAULT_PIN_TRIES");
    CK_RV rv = session_state(session);

    say("C_Login", user == CKU_CONTEXT_SPECIFIC ? " for one use" : "", 0);
    if (rv == CKR_OK && user == CKU_CONTEXT_SPECIFIC) {
        fault.session[slot_of(session)].asked = true;
        return CKR_OK;
    }
    if (rv == CKR_OK)
        rv = fault.real->C_Login(session, user, pin, pin_len);
    return rv == CKR_PIN_INCORRECT && tries != NULL ? count_wrong_pin(tries) : rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                   CK_ULONG pin_len)
{
    LOCKED(log_in(session, user, pin, pin_len));
}

/* ---- mechanisms and attributes ---- */

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    if (type == number("FAULT_NO_MECHANISM", NEVER))
        return CKR_MECHANISM_INVALID;
    return fault.real->C_GetMechanismInfo(slot, type, info);
}

/* Is it asked of a private key? */
static bool is_private(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_OBJECT_CLASS type = 0;
    CK_ATTRIBUTE class = { CKA_CLASS, &type, sizeof type };

    return fault.real->C_GetAttributeValue(session, object, &class, 1) == CKR_OK &&
           type == CKO_PRIVATE_KEY;
}

/* What FAULT_LACKS, FAULT_HIDES and FAULT_GIVES make of an attribute; false: nothing. */
static bool is_spoiled(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute,
                       CK_RV *ret)
{
    const char *gives = getenv("FAULT_GIVES");
    const char *path = gives == NULL ? NULL : strchr(gives, ':');
    FILE *file;

    *ret = CKR_OK;
    if (attribute->type == number("FAULT_LACKS", NEVER) ||
        (attribute->type == number("FAULT_HIDES", NEVER) && is_private(session, object))) {
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        *ret = CKR_ATTRIBUTE_TYPE_INVALID;
        return true;
    }
    if (path == NULL || attribute->type != number("FAULT_GIVES", NEVER) ||
        attribute->pValue == NULL || !is_private(session, object))
        return false;
    file = fopen(path + 1, "r");
    if (file == NULL)
        return false;
    attribute->ulValueLen = fread(attribute->pValue, 1, attribute->ulValueLen, file);
    (void)fclose(file);
    return true;
}

static CK_RV read_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                             CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    CK_RV rv = session_state(session);

    for (CK_ULONG i = 0; i < count; i++)
        say("C_GetAttributeValue", "", attributes[i].type);
    if (rv == CKR_OK && count == 1 && is_spoiled(session, object, attributes, &rv))
        return rv;
    if (rv == CKR_OK)
        rv = fault.real->C_GetAttributeValue(session, object, attributes, count);
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        if (attributes[i].type == CKA_ALWAYS_AUTHENTICATE && attributes[i].pValue != NULL &&
            getenv("FAULT_ASKS_ALWAYS") != NULL)
            *(CK_BBOOL *)attributes[i].pValue = CK_TRUE;
    }
    return rv;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    LOCKED(read_attributes(session, object, attributes, count));
}

/* ---- signing ---- */

static CK_RV begin(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    CK_RV rv = session_state(session);

    say("C_SignInit", "", mechanism->mechanism);
    if (rv != CKR_OK)
        return rv;
    if (getenv("FAULT_SIGN") != NULL)
        return number("FAULT_SIGN", 0);
    if (getenv("FAULT_NOT_PERMITTED") != NULL)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (mechanism->mechanism == number("FAULT_NO_MECHANISM", NEVER))
        return CKR_MECHANISM_INVALID;
    fault.session[slot_of(session)].asked = false;
    return fault.real->C_SignInit(session, mechanism, key);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    LOCKED(begin(session, mechanism, key));
}

/* Is it this call that finds the sessions lost? */
static bool loses_now(void)
{
    unsigned long at = number("FAULT_LOSE", NEVER);

    fault.sign_count++;
    return fault.sign_count == at || (fault.sign_count > at && getenv("FAULT_LOSE_ALWAYS") != NULL);
}

static CK_RV before_sign(CK_SESSION_HANDLE session)
{
    CK_RV rv;

    say("C_Sign", "", 0);
    if (loses_now()) {
        for (size_t i = 0; i < SESSIONS_MAX; i++)
            fault.session[i].lost = true;
        fault.gone = getenv("FAULT_LOSE_DEVICE") != NULL;
    }
    rv = session_state(session);
    if (rv == CKR_OK && getenv("FAULT_ASKS_ALWAYS") != NULL &&
        !fault.session[slot_of(session)].asked)
        return CKR_USER_NOT_LOGGED_IN;
    return rv;
}

static CK_RV sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG data_len,
                  unsigned char *signature, CK_ULONG *signature_len)
{
    CK_RV rv;

    (void)pthread_mutex_lock(&fault.lock);
    rv = before_sign(session);
    (void)pthread_mutex_unlock(&fault.lock);
    if (rv == CKR_OK)
        rv = fault.real->C_Sign(session, data, data_len, signature, signature_len);
    if (rv == CKR_OK && signature != NULL && getenv("FAULT_FLIP") != NULL)
        signature[*signature_len / 2] ^= 1;
    return rv;
}

/* ---- the module ---- */

static CK_RV load(void)
{
    const char *path = getenv("FAULT_MODULE");
    void *module = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get;
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");

    if (symbol == NULL)
        return CKR_GENERAL_ERROR;
    memcpy(&get, &symbol, sizeof get);
    if (get(&fault.real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    fault.list = *fault.real;
    fault.list.version = (CK_VERSION) { 2, 40 };
    fault.list.C_GetTokenInfo = get_token_info;
    fault.list.C_OpenSession = open_session;
    fault.list.C_CloseSession = close_session;
    fault.list.C_Login = login;
    fault.list.C_GetMechanismInfo = get_mechanism_info;
    fault.list.C_GetAttributeValue = get_attribute_value;
    fault.list.C_SignInit = sign_init;
    fault.list.C_Sign = sign;
    return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
    CK_RV rv = fault.real == NULL ? load() : CKR_OK;

    *ret = &fault.list;
    return rv;
}

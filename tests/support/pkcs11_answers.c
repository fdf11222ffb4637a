/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module whose answers are the bytes it is fed with: how each call ends, counts, lengths
 * (which may be larger than the room that was given; no more than the room is written) and values.
 * It watches over one promise: a PIN that was refused is not tried again.
 */
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void fuzz_feed(const uint8_t *bytes, size_t len);
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret);

static struct {
    const uint8_t *p;
    size_t left;
    CK_SESSION_HANDLE sessions;
    bool pin_refused;
} state;

void fuzz_feed(const uint8_t *bytes, size_t len)
{
    state.p = bytes;
    state.left = len;
    state.sessions = 0;
    state.pin_refused = false;
}

/* ---- the bytes; zeros behind their end ---- */

static void take(void *ret, size_t len)
{
    size_t given = len < state.left ? len : state.left;

    memset(ret, 0, len);
    if (given != 0)
        memcpy(ret, state.p, given);
    state.p = given == 0 ? state.p : state.p + given;
    state.left -= given;
}

static unsigned take_byte(void)
{
    uint8_t byte;

    take(&byte, 1);
    return byte;
}

static CK_RV take_rv(void)
{
    static const CK_RV others[] = { CKR_GENERAL_ERROR,          CKR_DEVICE_ERROR,
                                    CKR_DEVICE_REMOVED,         CKR_SESSION_HANDLE_INVALID,
                                    CKR_SESSION_COUNT,          CKR_USER_NOT_LOGGED_IN,
                                    CKR_PIN_INCORRECT,          CKR_PIN_LOCKED,
                                    CKR_BUFFER_TOO_SMALL,       CKR_KEY_HANDLE_INVALID,
                                    CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE,
                                    CKR_MECHANISM_INVALID,      CKR_USER_ALREADY_LOGGED_IN,
                                    CKR_FUNCTION_NOT_SUPPORTED, CKR_TOKEN_NOT_PRESENT };
    unsigned byte = take_byte();

    return byte < 0xf0 ? CKR_OK : others[byte - 0xf0];
}

/* A number that is told as it is: mostly small, at times beyond all bounds. */
static CK_ULONG take_number(void)
{
    unsigned byte = take_byte();
    CK_ULONG number = byte;

    if (byte == 0xff)
        take(&number, sizeof number);
    else if (byte >= 0xf0)
        number = (CK_ULONG)(byte - 0xf0) << 8 | take_byte();
    return number;
}

/* ---- the module ---- */

static CK_RV initialize(void *args)
{
    (void)args;
    return CKR_OK;
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    return CKR_OK;
}

static CK_RV get_info(CK_INFO *info)
{
    memset(info, 0, sizeof *info);
    info->cryptokiVersion.major = 2;
    info->cryptokiVersion.minor = 40;
    return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
    CK_ULONG room = *count, told = take_number();

    (void)present;
    for (CK_ULONG i = 0; list != NULL && i < room && i < told; i++)
        list[i] = i;
    *count = told;
    return take_rv();
}

static CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    (void)slot;
    memset(info, 0, sizeof *info);
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    memset(info, 0, sizeof *info);
    take(info->label, sizeof info->label);
    take(info->manufacturerID, sizeof info->manufacturerID);
    take(info->model, sizeof info->model);
    take(info->serialNumber, sizeof info->serialNumber);
    info->flags = take_number();
    info->ulMaxSessionCount = take_number();
    return take_rv();
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    (void)slot;
    (void)type;
    memset(info, 0, sizeof *info);
    info->flags = take_byte() < 0x80 ? CKF_SIGN | CKF_ENCRYPT : 0;
    return take_rv();
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *arg, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *ret)
{
    (void)slot;
    (void)flags;
    (void)arg;
    (void)notify;
    *ret = ++state.sessions;
    return take_rv();
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    CK_RV rv = take_rv();

    (void)session;
    (void)pin;
    (void)len;
    if (user == CKU_USER && state.pin_refused)
        abort(); /* a second wrong try may lock the token */
    state.pin_refused = state.pin_refused || (user == CKU_USER && rv == CKR_PIN_INCORRECT);
    return rv;
}

static CK_RV logout(CK_SESSION_HANDLE session)
{
    (void)session;
    return take_rv();
}

static CK_RV get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                            CK_ATTRIBUTE *attribute, CK_ULONG count)
{
    (void)session;
    (void)object;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ULONG told = take_number(), room = attribute[i].ulValueLen;

        if (attribute[i].pValue != NULL)
            take(attribute[i].pValue, told < room ? told : room);
        attribute[i].ulValueLen = told;
    }
    return take_rv();
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *by, CK_ULONG count)
{
    (void)session;
    (void)by;
    (void)count;
    return take_rv();
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret, CK_ULONG room, CK_ULONG *count)
{
    CK_ULONG told = take_number();

    (void)session;
    for (CK_ULONG i = 0; i < room && i < told; i++)
        ret[i] = 1 + i;
    *count = told;
    return take_rv();
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
    (void)session;
    return take_rv();
}

static CK_RV begin(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return take_rv();
}

static CK_RV one_shot(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
                      CK_ULONG *out_len)
{
    CK_ULONG told = take_number();

    (void)session;
    (void)in;
    (void)in_len;
    if (out != NULL)
        take(out, told < *out_len ? told : *out_len);
    *out_len = told;
    return take_rv();
}

static CK_FUNCTION_LIST list = {
    .version = { 2, 40 },
    .C_Initialize = initialize,
    .C_Finalize = finalize,
    .C_GetInfo = get_info,
    .C_GetFunctionList = C_GetFunctionList,
    .C_GetSlotList = get_slot_list,
    .C_GetSlotInfo = get_slot_info,
    .C_GetTokenInfo = get_token_info,
    .C_GetMechanismInfo = get_mechanism_info,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_Login = login,
    .C_Logout = logout,
    .C_GetAttributeValue = get_attributes,
    .C_FindObjectsInit = find_init,
    .C_FindObjects = find,
    .C_FindObjectsFinal = find_final,
    .C_SignInit = begin,
    .C_Sign = one_shot,
    .C_EncryptInit = begin,
    .C_Encrypt = one_shot,
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
    *ret = &list;
    return CKR_OK;
}

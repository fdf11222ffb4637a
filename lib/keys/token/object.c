/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/object.h"

#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

/* A token may give them one by one: it has no more when it gives none. */
static CK_RV take_found(const struct rk_token_work *work, CK_OBJECT_HANDLE *ret, CK_ULONG max,
                        CK_ULONG *ret_count)
{
    CK_ULONG count = 1;
    CK_RV rv = CKR_OK;

    *ret_count = 0;
    while (rv == CKR_OK && count != 0 && *ret_count < max) {
        count = 0;
        rv = work->fn->C_FindObjects(work->session, ret + *ret_count, max - *ret_count, &count);
        if (rv == CKR_OK && count > max - *ret_count) /* what a right token would have said */
            rv = CKR_BUFFER_TOO_SMALL;
        *ret_count += count;
    }
    return rv;
}

CK_RV rk_token_find(const struct rk_token_work *work, CK_ATTRIBUTE *by, CK_ULONG by_count,
                    CK_OBJECT_HANDLE *ret, CK_ULONG max, CK_ULONG *ret_count)
{
    CK_RV rv = work->fn->C_FindObjectsInit(work->session, by, by_count), end;

    *ret_count = 0;
    if (rv != CKR_OK)
        return rv;
    rv = take_found(work, ret, max, ret_count);
    end = work->fn->C_FindObjectsFinal(work->session);
    return rv == CKR_OK ? end : rv;
}

CK_RV rk_token_attribute(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                         CK_ATTRIBUTE_TYPE type, void *ret, size_t size, size_t *ret_len)
{
    CK_ATTRIBUTE attribute = { type, ret, size };
    CK_RV rv = work->fn->C_GetAttributeValue(work->session, object, &attribute, 1);

    *ret_len = 0;
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
        return CKR_OK;
    if (rv != CKR_OK || attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
        return rv;
    if (attribute.ulValueLen > size) /* what a right token would have said */
        return CKR_BUFFER_TOO_SMALL;
    *ret_len = attribute.ulValueLen;
    return CKR_OK;
}

CK_RV rk_token_number(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                      CK_ATTRIBUTE_TYPE type, CK_ULONG *ret)
{
    CK_ULONG number = 0;
    size_t len;
    CK_RV rv = rk_token_attribute(work, object, type, &number, sizeof number, &len);

    if (rv == CKR_OK && len == sizeof number)
        *ret = number;
    return rv;
}

const char *rk_token_object_name(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                                 char room[RK_TOKEN_OBJECT_NAME])
{
    char label[RK_TOKEN_LABEL] = "", hex[2 * RK_TOKEN_ID + 1];
    uint8_t id[RK_TOKEN_ID];
    size_t label_len = 0, id_len = 0;

    (void)rk_token_attribute(work, object, CKA_LABEL, label, sizeof label - 1, &label_len);
    (void)rk_token_attribute(work, object, CKA_ID, id, sizeof id, &id_len);
    label[label_len] = '\0';
    rk_hex_write(id, id_len, hex);
    (void)snprintf(room, RK_TOKEN_OBJECT_NAME, "\"%s\", %s%s", label, id_len == 0 ? "no id" : "id ",
                   hex);
    return room;
}

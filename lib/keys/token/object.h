/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects in a token, within a session: found by their attributes, and read as far as there is room
 * for what the token answers.
 */
#pragma once

#include "keys/token/token.h"

struct rk_token_work {
    CK_FUNCTION_LIST *fn;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    rk_token *token;
};

/* The objects with these attributes; CKR_BUFFER_TOO_SMALL for more than max. */
CK_RV rk_token_find(const struct rk_token_work *work, CK_ATTRIBUTE *by, CK_ULONG by_count,
                    CK_OBJECT_HANDLE *ret, CK_ULONG max, CK_ULONG *ret_count);
/* An attribute of at most size bytes; *ret_len is 0 when the object has none. */
CK_RV rk_token_attribute(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                         CK_ATTRIBUTE_TYPE type, void *ret, size_t size, size_t *ret_len);
/* A number; *ret stays as it is when the object has none, or one of another size. */
CK_RV rk_token_number(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                      CK_ATTRIBUTE_TYPE type, CK_ULONG *ret);

enum { RK_TOKEN_ID = 64, RK_TOKEN_LABEL = 257, RK_TOKEN_OBJECT_NAME = 420 };
/* `"label", id 0a0b`, for people. Returns room. */
const char *rk_token_object_name(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                                 char room[RK_TOKEN_OBJECT_NAME]);

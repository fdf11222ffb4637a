/* SPDX-License-Identifier: Apache-2.0 */
/* EFI GUIDs: text as registries write it, 16 bytes as files hold it. Source: UEFI 2.10, appendix A.
 */
#pragma once

#include "base/err.h"

enum { RK_GUID_LEN = 16, RK_GUID_TEXT = 37 };

/* "bf0d4599-20d4-414e-b2c5-3595b1cda402", either case. RK_E_USAGE. */
enum rk_rc rk_guid_parse(const char *text, uint8_t ret[RK_GUID_LEN],
                         struct rk_err *err) RK_MUST_CHECK;
/* The same text, the bytes in its own order (RFC 4122), as OP-TEE holds them. RK_E_USAGE. */
enum rk_rc rk_uuid_parse(const char *text, uint8_t ret[RK_GUID_LEN],
                         struct rk_err *err) RK_MUST_CHECK;
void rk_guid_text(const uint8_t guid[RK_GUID_LEN], char ret[RK_GUID_TEXT]);
void rk_uuid_text(const uint8_t uuid[RK_GUID_LEN], char ret[RK_GUID_TEXT]);

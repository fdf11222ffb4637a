/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/guid.h"

#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

/* Where byte i of the text stands in the file: the first three fields are little-endian. */
static const uint8_t place[RK_GUID_LEN] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

enum rk_rc rk_uuid_parse(const char *text, uint8_t ret[RK_GUID_LEN], struct rk_err *err)
{
    char hex[2 * RK_GUID_LEN + 1] = "";
    size_t used = 0;
    bool good = strlen(text) == RK_GUID_TEXT - 1;

    for (size_t i = 0; good && i < RK_GUID_TEXT - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            good = text[i] == '-';
        else
            hex[used++] = text[i];
    }
    if (!good || rk_hex_read(hex, used, ret, RK_GUID_LEN, err))
        return rk_fail(err, RK_E_USAGE,
                       "\"%s\" is no GUID, expected the form 01234567-89ab-cdef-0123-456789abcdef",
                       text);
    return RK_OK;
}

enum rk_rc rk_guid_parse(const char *text, uint8_t ret[RK_GUID_LEN], struct rk_err *err)
{
    uint8_t bytes[RK_GUID_LEN];

    if (rk_uuid_parse(text, bytes, err))
        return err->rc;
    for (size_t i = 0; i < RK_GUID_LEN; i++)
        ret[place[i]] = bytes[i];
    return RK_OK;
}

void rk_uuid_text(const uint8_t b[RK_GUID_LEN], char ret[RK_GUID_TEXT])
{
    (void)snprintf(ret, RK_GUID_TEXT,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
}

void rk_guid_text(const uint8_t guid[RK_GUID_LEN], char ret[RK_GUID_TEXT])
{
    uint8_t b[RK_GUID_LEN];

    for (size_t i = 0; i < RK_GUID_LEN; i++)
        b[i] = guid[place[i]];
    rk_uuid_text(b, ret);
}

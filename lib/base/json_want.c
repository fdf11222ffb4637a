/* SPDX-License-Identifier: Apache-2.0 */
/* Members that an object must have. */
#include "rotkit/json.h"

#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EXPECTED = 64 };

enum rk_rc rk_json_unlike(const char *name, const char *expected, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "member \"%s\" is missing or malformed, expected %s", name,
                   expected);
}

enum rk_rc rk_json_want_str(struct rk_jv object, const char *name, const char **ret,
                            struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(object, name));

    if (text == NULL)
        return rk_json_unlike(name, "a text", err);
    *ret = text;
    return RK_OK;
}

enum rk_rc rk_json_want_text(struct rk_jv object, const char *name, char *ret, size_t ret_size,
                             struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(object, name));
    char expected[EXPECTED];

    if (text == NULL || strlen(text) >= ret_size) {
        (void)snprintf(expected, sizeof expected, "a text of at most %s",
                       RK_COUNTED(ret_size - 1, "byte"));
        return rk_json_unlike(name, expected, err);
    }
    memcpy(ret, text, strlen(text) + 1);
    return RK_OK;
}

enum rk_rc rk_json_want_u64(struct rk_jv object, const char *name, uint64_t max, uint64_t *ret,
                            struct rk_err *err)
{
    char expected[EXPECTED] = "a number";
    uint64_t number;

    if (rk_json_u64(rk_json_get(object, name), &number) && number <= max) {
        *ret = number;
        return RK_OK;
    }
    if (max < INT64_MAX)
        (void)snprintf(expected, sizeof expected, "a number from 0 to %" PRIu64, max);
    return rk_json_unlike(name, expected, err);
}

enum rk_rc rk_json_want_hex(struct rk_jv object, const char *name, uint8_t *ret, size_t len,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    const char *text = rk_json_str(rk_json_get(object, name));
    char expected[EXPECTED];
    struct rk_err digit;

    if (rk_bytes_new(len, &bytes, err))
        return err->rc;
    if (text == NULL || rk_hex_read(text, strlen(text), bytes.p, len, &digit) != RK_OK) {
        (void)snprintf(expected, sizeof expected, "%s", RK_COUNTED(2 * len, "hex digit"));
        return rk_json_unlike(name, expected, err);
    }
    memcpy(ret, bytes.p, len);
    return RK_OK;
}

enum rk_rc rk_json_want_bytes(struct rk_jv object, const char *name, size_t max,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    const char *text = rk_json_str(rk_json_get(object, name));
    size_t len = text == NULL ? 0 : strlen(text);
    bool fits = len != 0 && len % 2 == 0 && len / 2 <= max;
    char expected[EXPECTED];
    struct rk_err digit;

    if (fits && rk_bytes_new(len / 2, &bytes, err))
        return err->rc;
    if (!fits || rk_hex_read(text, len, bytes.p, bytes.len, &digit) != RK_OK) {
        (void)snprintf(expected, sizeof expected, "hex of 1 to %s", RK_COUNTED(max, "byte"));
        return rk_json_unlike(name, expected, err);
    }
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

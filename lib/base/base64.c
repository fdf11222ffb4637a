/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/base64.h"
#include "rotkit/counted.h"

#include "base/err.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

enum rk_rc rk_base64_write(const uint8_t *bytes, size_t len, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (len > INT_MAX / 2)
        return rk_fail(err, RK_E_USAGE, "base64: %s are too many", RK_COUNTED(len, "byte"));
    if (rk_bytes_new((len + 2) / 3 * 4, &text, err))
        return err->rc;
    (void)EVP_EncodeBlock(text.p, bytes, (int)len);
    *ret = rk_bytes_take(&text);
    return RK_OK;
}

/* OpenSSL's decoder skips blanks and ignores what is behind padding: so the text must be the one
 * that its bytes have. */
enum rk_rc rk_base64_read(const char *text, size_t text_len, struct rk_bytes *ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    size_t padding = 0;

    if (text_len % 4 != 0 || text_len > INT_MAX / 2)
        return rk_fail(err, RK_E_FORMAT, "base64: %s, expected a multiple of 4",
                       RK_COUNTED(text_len, "character"));
    while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=')
        padding++;
    if (rk_bytes_new(text_len / 4 * 3, &bytes, err))
        return err->rc;
    if (text_len != 0 &&
        EVP_DecodeBlock(bytes.p, (const unsigned char *)text, (int)text_len) != (int)bytes.len)
        return rk_fail(err, RK_E_FORMAT, "base64: a character that is none of its alphabet");
    bytes.len -= padding;
    if (rk_base64_write(bytes.p, bytes.len, &again, err))
        return err->rc;
    if (again.len != text_len || (text_len != 0 && memcmp(again.p, text, text_len) != 0))
        return rk_fail(err, RK_E_FORMAT, "base64: misplaced padding, or bits behind the end");
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

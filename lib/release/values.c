/* SPDX-License-Identifier: Apache-2.0 */
#include "release/values.h"

#include "base/ossl.h"
#include "rotkit/hex.h"

#include <string.h>

enum { SPKI_MAX = 4096 };

enum rk_rc rk_release_read_hex(struct rk_jv value, size_t max, struct rk_bytes *ret,
                               struct rk_err *err)
{
    const char *text = rk_json_str(value);
    size_t len = text == NULL ? 0 : strlen(text);

    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    if (len == 0 || len % 2 != 0 || len / 2 > max)
        return rk_fail(err, RK_E_VERIFY, "release.json: a hex value is malformed");
    if (rk_bytes_new(len / 2, &bytes, err) || rk_hex_read(text, len, bytes.p, bytes.len, err))
        return err->rc;
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}

enum rk_rc rk_release_read_key(struct rk_jv value, EVP_PKEY **ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const unsigned char *at;

    if (value.v == NULL)
        return RK_OK;
    if (rk_release_read_hex(value, SPKI_MAX, &spki, err))
        return err->rc;
    at = spki.p;
    *ret = d2i_PUBKEY(NULL, &at, (long)spki.len);
    if (*ret == NULL)
        return rk_fail_ossl(err, RK_E_VERIFY, "release.json: the signer is no public key");
    return RK_OK;
}

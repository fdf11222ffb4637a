/* SPDX-License-Identifier: Apache-2.0 */
#include "release/values.h"

#include "base/ossl.h"

enum { SPKI_MAX = 4096 };

enum rk_rc rk_release_bad_member(struct rk_err *err)
{
    if (err->rc == RK_E_FORMAT)
        err->rc = RK_E_VERIFY;
    return rk_wrap(err, "release.json");
}

enum rk_rc rk_release_read_hex(struct rk_jv at, const char *name, size_t max, struct rk_bytes *ret,
                               struct rk_err *err)
{
    if (rk_json_want_bytes(at, name, max, ret, err))
        return rk_release_bad_member(err);
    return RK_OK;
}

enum rk_rc rk_release_read_key(struct rk_jv at, const char *name, EVP_PKEY **ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const unsigned char *der;

    if (rk_json_get(at, name).v == NULL)
        return RK_OK;
    if (rk_release_read_hex(at, name, SPKI_MAX, &spki, err))
        return err->rc;
    der = spki.p;
    *ret = d2i_PUBKEY(NULL, &der, (long)spki.len);
    if (*ret == NULL)
        return rk_fail_ossl(err, RK_E_VERIFY, "release.json: the signer is no public key");
    return RK_OK;
}

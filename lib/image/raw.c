/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bare signature over a file's bytes, as other tools take it: `rotkit sign raw --scheme S`. RSA
 * signatures are big-endian, ECDSA ones DER. Source: PKCS #1, SEC 1.
 */
#include "rotkit/format_row.h"
#include "rotkit/counted.h"

#include <stdio.h>

enum { RAW_MAX = 1 << 30 };

static enum rk_rc need_scheme(const struct rk_request *request, struct rk_err *err)
{
    if (request->key[0].scheme == RK_SCHEME_NONE)
        return rk_fail(err, RK_E_USAGE, "a raw signature needs a scheme, e.g. rsa-pss-sha512");
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

    if (need_scheme(request, err) || rk_bytes_copy(file, len, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the whole file", request->key[0].scheme, &message, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    (void)request;
    (void)file;
    (void)len;
    return rk_bytes_copy(signatures[0].p, signatures[0].len, ret, err);
}

/* Without key, scheme and content there is nothing to see: not even a structure. */
static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    const struct rk_input *content = rk_request_part(request, "content");
    bool keyed = request->key_count != 0;

    if (!keyed && rk_map_unknown(map, 0, len, RK_NEED_PUB, "who signed", err))
        return err->rc;
    if (keyed && request->key[0].scheme == RK_SCHEME_NONE &&
        rk_map_unknown(map, 0, len, RK_NEED_SCHEME, "the signature", err))
        return err->rc;
    if (content == NULL && rk_map_unknown(map, 0, len, RK_NEED_CONTENT, "the signature", err))
        return err->rc;
    if (map->mark_count != 0)
        return RK_OK;
    if (rk_signature_check(request->ctx, request->key[0].pub, request->key[0].scheme, content->p,
                           content->len, file, len, err))
        return rk_check_other_kind(err);
    (void)snprintf(map->integrity, sizeof map->integrity, "signature over %s",
                   RK_COUNTED(content->len, "byte"));
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    return RK_OK;
}

static const struct rk_part_row parts[] = {
    { "content", false, false, "verify: the file that was signed" },
    { NULL, false, false, NULL },
};

const struct rk_format rk_format_raw = {
    .name = "raw",
    .title = "bare signature",
    .max = RAW_MAX,
    .parts = parts,
    .refusal = "a bare signature is made by `rotkit sign raw` alone",
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_SCHEME,
    .check = check,
};

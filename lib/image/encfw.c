/* SPDX-License-Identifier: Apache-2.0 */
/* TF-A's encrypted payload: a header of 44 bytes, then AES-256-GCM. Source: boot-images.md 5.1. */
#include "base/gcm.h"
#include "base/layout.h"
#include "image/fip.h"

#include <string.h>

enum { IV_LEN = 12, TAG_LEN = 16, KEY_LEN = 32, FIELDS = 7 };
#define MAGIC UINT32_C(0xaa640001)

struct head {
    uint32_t magic;
    uint16_t dec_algo, flags, iv_len, tag_len;
    uint8_t iv[16], tag[16];
};
/* clang-format off */
static const struct rk_field head_layout[FIELDS] = {
    RK_LE(struct head, magic),
    RK_LE(struct head, dec_algo),
    RK_LE(struct head, flags),
    RK_LE(struct head, iv_len),
    RK_LE(struct head, tag_len),
    RK_BYTES(struct head, iv),
    RK_BYTES(struct head, tag),
};
/* clang-format on */

/* The IV's field is wider than the IV; nothing authenticates its tail, so it is held to zero. */
static bool read_head(const uint8_t *p, size_t len, struct head *ret)
{
    struct rk_rd rd = { .buf = p, .len = len };
    static const uint8_t tail[sizeof ret->iv - IV_LEN];
    struct rk_err ignored;

    rk_layout_read(head_layout, FIELDS, &rd, ret);
    return rk_rd_ok(&rd, &ignored) == RK_OK && ret->magic == MAGIC && ret->dec_algo == 0 &&
           ret->flags <= 1 && ret->iv_len == IV_LEN && ret->tag_len == TAG_LEN &&
           memcmp(ret->iv + IV_LEN, tail, sizeof tail) == 0;
}

bool rk_encfw_is(const uint8_t *p, size_t len)
{
    struct head h;

    return read_head(p, len, &h);
}

/* No AAD. */
static enum rk_rc describe(const struct rk_request *request, const struct head *h,
                           struct rk_gcm *ret, struct rk_err *err)
{
    if (request->secret->len != KEY_LEN)
        return rk_fail(err, RK_E_KEY, "firmware encryption needs a key of 32 bytes");
    *ret = (struct rk_gcm) { .ctx = request->ctx, .key = rk_request_secret(request), .iv = h->iv };
    return RK_OK;
}

enum rk_rc rk_encfw_seal(const struct rk_request *request, uint16_t flags, const uint8_t *iv,
                         const uint8_t *p, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_FIP_MAX);
    struct rk_gcm gcm;
    struct head h = { .magic = MAGIC, .flags = flags, .iv_len = IV_LEN, .tag_len = TAG_LEN };

    if (iv != NULL)
        memcpy(h.iv, iv, IV_LEN);
    else if (rk_request_iv(request,
                           &(struct rk_iv_inputs) { .format = "fip",
                                                    .role = flags == 0 ? "ssk" : "bssk",
                                                    .content = p,
                                                    .len = len },
                           h.iv, IV_LEN, err))
        return err->rc;
    if (describe(request, &h, &gcm, err) || rk_bytes_copy(p, len, &text, err) ||
        rk_gcm_seal(&gcm, text.p, text.len, h.tag, err))
        return err->rc;
    rk_layout_write(head_layout, FIELDS, &h, &wr);
    rk_wr_bytes(&wr, text.p, text.len);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_encfw_open(const struct rk_request *request, const uint8_t *p, size_t len,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct rk_gcm gcm;
    struct head h;

    if (!read_head(p, len, &h))
        return rk_fail(err, RK_E_FORMAT, "no header of an encrypted payload");
    if (describe(request, &h, &gcm, err) ||
        rk_bytes_copy(p + RK_ENCFW_HEAD, len - RK_ENCFW_HEAD, &text, err) ||
        rk_gcm_open(&gcm, text.p, text.len, h.tag, err))
        return err->rc;
    *ret = rk_bytes_take(&text);
    return RK_OK;
}

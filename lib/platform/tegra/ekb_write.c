/* SPDX-License-Identifier: Apache-2.0 */
/* EKB: the writer. */
#include "platform/tegra/ekb.h"

#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

enum { END_MARK = 8, VERSIONS = 3 };

/* By enum rk_ekb_version. */
static const struct {
    uint16_t major, minor;
} version_numbers[VERSIONS] = { { 0, 0 }, { 1, 0 }, { 2, 0 } };

/* r35.1: two 16-byte keys, nothing else. */
static enum rk_rc legacy_plaintext(const struct rk_ekb *ekb, struct rk_wr *wr, struct rk_err *err)
{
    const struct rk_secret *key1 = rk_ekb_find(ekb, RK_EKB_TAG_PAYLOAD_KEY);
    const struct rk_secret *key2 = rk_ekb_find(ekb, RK_EKB_TAG_DISK_KEY);

    if (ekb->item_count != 2 || key1 == NULL || key2 == NULL || key1->len != RK_EKB_BLOCK ||
        key2->len != RK_EKB_BLOCK)
        return rk_fail(err, RK_E_USAGE,
                       "the legacy form holds tags 1 and 2 of 16 bytes each and "
                       "nothing else");
    rk_wr_bytes(wr, key1->p, key1->len);
    rk_wr_bytes(wr, key2->p, key2->len);
    return RK_OK;
}

/* Tag, length, value; eight zero bytes; PKCS#7 padding unless the length is whole already. */
static void tlv_plaintext(const struct rk_ekb *ekb, struct rk_wr *wr)
{
    for (size_t i = 0; i < ekb->item_count; i++) {
        const struct rk_secret *value = &ekb->items[i].value;

        rk_wr_le(wr, ekb->items[i].tag, 4);
        rk_wr_le(wr, value->len, 4);
        rk_wr_bytes(wr, value->p, value->len);
    }
    rk_wr_zero(wr, END_MARK);
    size_t pad = (RK_EKB_BLOCK - wr->len % RK_EKB_BLOCK) % RK_EKB_BLOCK;
    rk_wr_fill_byte(wr, (uint8_t)pad, pad);
}

/* Why a write cursor of RK_EKB_IMAGE_MAX bytes failed. */
static enum rk_rc check_room(const struct rk_wr *wr, struct rk_err *err)
{
    if (wr->failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr->failed != RK_OK)
        return rk_fail(err, wr->failed, "the image would be larger than %s",
                       RK_COUNTED(RK_EKB_IMAGE_MAX, "byte"));
    return RK_OK;
}

static enum rk_rc make_plaintext(const struct rk_ekb *ekb, struct rk_secret *ret,
                                 struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_EKB_IMAGE_MAX);

    if (ekb->version == RK_EKB_LEGACY) {
        if (legacy_plaintext(ekb, &wr, err))
            return err->rc;
    } else {
        tlv_plaintext(ekb, &wr);
    }
    if (check_room(&wr, err))
        return err->rc;
    return rk_secret_copy(wr.buf, wr.len, ret, err);
}

/* Header, FV, CMAC, content, pad: jetson-ftpm-ekb.md 2.1. */
static enum rk_rc assemble(const struct rk_ekb *ekb, const struct rk_secret *mac,
                           const uint8_t *covered, size_t covered_len, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_EKB_IMAGE_MAX);
    struct rk_ekb_header header = { .major = version_numbers[ekb->version].major,
                                    .minor = version_numbers[ekb->version].minor };
    size_t fv_len = ekb->version == RK_EKB_2_0 ? sizeof ekb->fv : 0;
    size_t size = RK_EKB_HEADER_WIRE - 4 + fv_len + RK_EKB_BLOCK + covered_len;
    size_t pad = size < RK_EKB_SIZE_MIN ? RK_EKB_SIZE_MIN - size : 0;

    memcpy(header.magic, rk_ekb_magic, sizeof header.magic);
    header.ekb_size = (uint32_t)(size + pad);
    rk_layout_write(rk_ekb_header_layout, 4, &header, &wr);
    rk_wr_bytes(&wr, ekb->fv, fv_len);
    rk_wr_bytes(&wr, mac->p, mac->len);
    rk_wr_bytes(&wr, covered, covered_len);
    rk_wr_fill_byte(&wr, (uint8_t)pad, pad);
    if (check_room(&wr, err))
        return err->rc;
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_ekb_write(const rk_mac *root, const struct rk_ekb *ekb, struct rk_bytes *ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr covered = RK_WR_MAX(RK_EKB_IMAGE_MAX);
    RK_AUTO(rk_secret_done) struct rk_secret body = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret ekb_ek = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret mac = RK_SECRET_NONE;
    struct rk_ekb_content content = { .enc_data_len = 0 };

    if (make_plaintext(ekb, &body, err) ||
        rk_ekb_derive_key(root, ekb->fv, "encryption", &ekb_ek, err) ||
        rk_ekb_crypt(rk_mac_ctx(root), &ekb_ek, ekb->iv, true, &body, err))
        return err->rc;
    content.enc_data_len = (uint32_t)body.len;
    memcpy(content.magic, rk_ekb_content_magic, sizeof content.magic);
    if (ekb->version != RK_EKB_LEGACY)
        rk_layout_write(rk_ekb_content_layout, 3, &content, &covered);
    rk_wr_bytes(&covered, ekb->iv, sizeof ekb->iv);
    rk_wr_bytes(&covered, body.p, body.len);
    if (check_room(&covered, err) ||
        rk_ekb_compute_mac(root, ekb->fv, covered.buf, covered.len, &mac, err))
        return err->rc;
    return assemble(ekb, &mac, covered.buf, covered.len, ret, err);
}

/* SHA-256 of the version and the plaintext: what the nonces are bound to. */
static enum rk_rc digest_content(const rk_ctx *ctx, const struct rk_ekb *ekb, struct rk_secret *ret,
                                 struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret plaintext = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret digest = RK_SECRET_NONE;
    RK_AUTO(rk_md_done)
    EVP_MD *sha256 = EVP_MD_fetch(rk_ctx_libctx(ctx), "SHA256", rk_ctx_propq(ctx));
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t version = (uint8_t)ekb->version;

    if (make_plaintext(ekb, &plaintext, err) || rk_secret_new(32, &digest, err))
        return err->rc;
    if (md == NULL || sha256 == NULL || EVP_DigestInit_ex(md, sha256, NULL) != 1 ||
        EVP_DigestUpdate(md, &version, 1) != 1 ||
        EVP_DigestUpdate(md, plaintext.p, plaintext.len) != 1 ||
        EVP_DigestFinal_ex(md, digest.p, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    *ret = rk_secret_take(&digest);
    return RK_OK;
}

enum rk_rc rk_ekb_derive_nonces(const rk_mac *root, struct rk_ekb *ekb, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret digest = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret nonces = RK_SECRET_NONE;

    if (digest_content(rk_mac_ctx(root), ekb, &digest, err))
        return err->rc;
    const struct rk_kdf108 kdf = { .alg = RK_MAC_AES_CMAC,
                                   .counter_bits = 32,
                                   .label = "rotkit EKB nonces",
                                   .context = digest.p,
                                   .context_len = digest.len,
                                   .out_len = 32 };
    if (rk_kdf108(root, &kdf, &nonces, err))
        return err->rc;
    memcpy(ekb->iv, nonces.p, sizeof ekb->iv);
    if (ekb->version == RK_EKB_2_0)
        memcpy(ekb->fv, nonces.p + 16, sizeof ekb->fv);
    return RK_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* EKB: tables, keys, the list of items and its rules. */
#include "platform/tegra/ekb.h"

#include "base/ossl.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct rk_field rk_ekb_header_layout[4] = {
    RK_LE(struct rk_ekb_header, ekb_size),
    RK_BYTES(struct rk_ekb_header, magic),
    RK_LE(struct rk_ekb_header, major),
    RK_LE(struct rk_ekb_header, minor),
};
const struct rk_field rk_ekb_content_layout[3] = {
    RK_LE(struct rk_ekb_content, enc_data_len),
    RK_BYTES(struct rk_ekb_content, magic),
    RK_BYTES(struct rk_ekb_content, zero),
};
const uint8_t rk_ekb_magic[8] = { 'N', 'V', 'E', 'K', 'B', 'P', 0, 0 };
const uint8_t rk_ekb_content_magic[4] = { 'E', 'E', 'K', 'B' };

/* jetson-ftpm-ekb.md 2.2; len 0: any, 1: a key of 16 or 32 bytes by platform */
static const struct {
    uint32_t tag;
    size_t len;
    const char *name;
} tags[] = {
    { RK_EKB_TAG_PAYLOAD_KEY,   1,  "kernel and UEFI payload key" },
    { RK_EKB_TAG_DISK_KEY,      16, "disk encryption key" },
    { RK_EKB_TAG_DEVICE_ID,     0,  "device ID certificate" },
    { RK_EKB_TAG_UEFI_AUTH_KEY, 16, "UEFI variable authentication key" },
    { RK_EKB_TAG_FTPM_SN,       10, "fTPM Device SN" },
    { RK_EKB_TAG_EPS_SEED,      32, "EPS_Seed" },
    { RK_EKB_TAG_EK_CERT_RSA,   0,  "RSA EK certificate" },
    { RK_EKB_TAG_EK_CERT_ECC,   0,  "ECC EK certificate" },
    { RK_EKB_TAG_SID_CERT,      0,  "Silicon ID certificate" },
    { RK_EKB_TAG_EK_CSR_RSA,    0,  "RSA EK CSR" },
    { RK_EKB_TAG_EK_CSR_ECC,    0,  "ECC EK CSR" },
};
/* clang-format on */
enum { TAGS = sizeof tags / sizeof tags[0], PLATFORM_LEN = 1 };

const char *rk_ekb_tag_name(uint32_t tag)
{
    for (size_t i = 0; i < TAGS; i++) {
        if (tags[i].tag == tag)
            return tags[i].name;
    }
    return "unknown";
}

void rk_ekb_done(struct rk_ekb *ekb)
{
    for (size_t i = 0; i < ekb->item_count; i++)
        rk_secret_done(&ekb->items[i].value);
    ekb->item_count = 0;
}

const struct rk_secret *rk_ekb_find(const struct rk_ekb *ekb, uint32_t tag)
{
    for (size_t i = 0; i < ekb->item_count; i++) {
        if (ekb->items[i].tag == tag)
            return &ekb->items[i].value;
    }
    return NULL;
}

enum rk_rc rk_ekb_add(struct rk_ekb *ekb, uint32_t tag, const void *value, size_t len,
                      struct rk_err *err)
{
    if (tag == 0)
        return rk_fail(err, RK_E_USAGE, "tag 0 ends the list and cannot be an item");
    if (rk_ekb_find(ekb, tag) != NULL)
        return rk_fail(err, RK_E_USAGE, "tag %u (%s) is there already", tag, rk_ekb_tag_name(tag));
    if (ekb->item_count == RK_EKB_ITEMS_MAX)
        return rk_fail(err, RK_E_USAGE, "more than %d items", RK_EKB_ITEMS_MAX);
    if (len > RK_EKB_IMAGE_MAX)
        return rk_fail(err, RK_E_USAGE, "tag %u: %s, an image has at most %d", tag,
                       RK_COUNTED(len, "byte"), RK_EKB_IMAGE_MAX);
    if (rk_secret_copy(value, len, &ekb->items[ekb->item_count].value, err))
        return err->rc;
    ekb->items[ekb->item_count++].tag = tag;
    return RK_OK;
}

static enum rk_rc missing(uint32_t tag, const char *what_to_do, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_USAGE, "tag %u (%s) is missing", tag, rk_ekb_tag_name(tag));
    return rk_note(err, "%s", what_to_do);
}

static enum rk_rc check_sizes(const struct rk_ekb *ekb, size_t root_key_len, struct rk_err *err)
{
    for (size_t i = 0; i < TAGS; i++) {
        const struct rk_secret *value = rk_ekb_find(ekb, tags[i].tag);
        size_t want = tags[i].len == PLATFORM_LEN ? root_key_len : tags[i].len;

        if (value != NULL && want != 0 && value->len != want)
            return rk_fail(err, RK_E_USAGE, "tag %u (%s): %s, expected %zu", tags[i].tag,
                           tags[i].name, RK_COUNTED(value->len, "byte"), want);
    }
    for (uint32_t tag = RK_EKB_TAG_EK_CERT_RSA; tag <= RK_EKB_TAG_EK_CERT_ECC; tag++) {
        const struct rk_secret *value = rk_ekb_find(ekb, tag);

        if (value != NULL && value->len == 0)
            return rk_fail(err, RK_E_USAGE, "tag %u (%s) is empty", tag, rk_ekb_tag_name(tag));
        if (value != NULL && value->len > RK_EKB_CERT_MAX)
            return rk_fail(err, RK_E_USAGE, "tag %u (%s): %s, the fTPM takes at most %d", tag,
                           rk_ekb_tag_name(tag), RK_COUNTED(value->len, "byte"), RK_EKB_CERT_MAX);
    }
    return RK_OK;
}

/* Whether any tag of lo..hi is there. */
static bool has_any(const struct rk_ekb *ekb, uint32_t lo, uint32_t hi)
{
    for (uint32_t tag = lo; tag <= hi; tag++) {
        if (rk_ekb_find(ekb, tag) != NULL)
            return true;
    }
    return false;
}

static enum rk_rc need_all(const struct rk_ekb *ekb, uint32_t lo, uint32_t hi, struct rk_err *err)
{
    for (uint32_t tag = lo; tag <= hi; tag++) {
        if (rk_ekb_find(ekb, tag) == NULL)
            return missing(tag,
                           "the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, "
                           "96, 97 (online mode)",
                           err);
    }
    return RK_OK;
}

enum rk_rc rk_ekb_check(const struct rk_ekb *ekb, size_t root_key_len, struct rk_err *err)
{
    if (ekb->version == RK_EKB_LEGACY)
        return RK_OK;
    if (rk_ekb_find(ekb, RK_EKB_TAG_UEFI_AUTH_KEY) == NULL)
        return missing(RK_EKB_TAG_UEFI_AUTH_KEY,
                       "a fused device halts at boot without it: give a UEFI variable "
                       "authentication key of 16 bytes",
                       err);
    if (check_sizes(ekb, root_key_len, err))
        return err->rc;
    if (!has_any(ekb, RK_EKB_TAG_FTPM_SN, RK_EKB_TAG_EK_CSR_ECC))
        return RK_OK;
    if (need_all(ekb, RK_EKB_TAG_FTPM_SN, RK_EKB_TAG_EPS_SEED, err))
        return err->rc;
    bool online = has_any(ekb, RK_EKB_TAG_SID_CERT, RK_EKB_TAG_EK_CSR_ECC);
    if (online && need_all(ekb, RK_EKB_TAG_SID_CERT, RK_EKB_TAG_EK_CSR_ECC, err))
        return err->rc;
    if (online && !has_any(ekb, RK_EKB_TAG_EK_CERT_RSA, RK_EKB_TAG_EK_CERT_ECC))
        return RK_OK;
    return need_all(ekb, RK_EKB_TAG_EK_CERT_RSA, RK_EKB_TAG_EK_CERT_ECC, err);
}

static const uint8_t context[] = { 'e', 'k', 'b' };

enum rk_rc rk_ekb_derive_key(const rk_mac *root, const uint8_t fv[16], const char *label,
                             struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret ekb_rk = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;
    const struct rk_kdf108 kdf = { .alg = RK_MAC_AES_CMAC,
                                   .counter_bits = 8,
                                   .label = label,
                                   .context = context,
                                   .context_len = sizeof context,
                                   .out_len = RK_EKB_BLOCK };

    if (rk_mac_aes_block(root, fv, &ekb_rk, err) ||
        rk_mac_from_secret(rk_mac_ctx(root), &ekb_rk, &mac, err))
        return err->rc;
    return rk_kdf108(mac, &kdf, ret, err);
}

enum rk_rc rk_ekb_compute_mac(const rk_mac *root, const uint8_t fv[16], const uint8_t *covered,
                              size_t len, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret ekb_ak = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;

    if (rk_ekb_derive_key(root, fv, "authentication", &ekb_ak, err) ||
        rk_mac_from_secret(rk_mac_ctx(root), &ekb_ak, &mac, err))
        return err->rc;
    return rk_mac_compute(mac, RK_MAC_AES_CMAC, covered, len, ret, err);
}

enum rk_rc rk_ekb_crypt(const rk_ctx *ctx, const struct rk_secret *key, const uint8_t iv[16],
                        bool encrypt, struct rk_secret *data, struct rk_err *err)
{
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *cbc = EVP_CIPHER_fetch(rk_ctx_libctx(ctx), "AES-128-CBC", rk_ctx_propq(ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    int len = 0;

    if (cbc == NULL || run == NULL ||
        EVP_CipherInit_ex2(run, cbc, key->p, iv, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(run, 0) != 1 ||
        EVP_CipherUpdate(run, data->p, &len, data->p, (int)data->len) != 1 ||
        (size_t)len != data->len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-CBC");
    return RK_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-encrypted: a signed kernel image under the user key that the key blob carries as tag 1, as
 * the open OP-TEE decoder reads it. Source: boot-images.md 1.3 (Stage2 fields), 5.0.
 */
#include "rotkit/tegra_bch.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/gcm.h"
#include "base/ossl.h"
#include "rotkit/hex.h"
#include "rotkit/mac.h"

#include <stdio.h>
#include <string.h>

/* The decoder checks no component magic; the one NVIDIA's signer uses is not public. */
enum {
    IMAGE_MAX = 512 << 20,
    AAD_LEN = 0x50,
    IV_AT = 0x44,
    DERIVATION = 16,
    IV_LEN = 12,
    TAG_LEN = 16
};

static const struct rk_format *self(void);

static enum rk_rc read_header(const uint8_t *file, size_t len, struct rk_bch_stage2 *ret,
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    if (!rk_bch_is_user_encrypted(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header marked as encrypted by a user key");
    (void)rk_rd_take(&rd, RK_BCH_STAGE2);
    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, ret);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (ret->length == 0 || ret->length % 16 != 0 || ret->length > len - RK_BCH_WIRE)
        return rk_fail(err, RK_E_FORMAT,
                       "length at 0x1404 is %u, expected a multiple of 16 within the %s "
                       "that follow the header",
                       ret->length, RK_COUNTED(len - RK_BCH_WIRE, "byte"));
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *header, *component, *rest;
    struct rk_bch_stage2 c;

    if (read_header(file, len, &c, err) || rk_bch_check_header(file, map, err) ||
        rk_map_compared(map,
                        rk_bch_check_digest(file + RK_BCH_WIRE, c.length, c.digest,
                                            "the component's digest", RK_BCH_WIRE, err),
                        RK_BCH_WIRE, c.length, "component digest (SHA-512)", err) ||
        rk_region_add(map, map->root, 0, RK_BCH_WIRE, "header", &header, err) ||
        rk_region_add(map, header, RK_BCH_STAGE2, RK_BCH_STAGE2_WIRE, "Stage2Component", &component,
                      err) ||
        rk_layout_map(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &c, RK_BCH_STAGE2, component,
                      err) ||
        rk_region_add(map, map->root, RK_BCH_WIRE, c.length, "ciphertext", &rest, err))
        return err->rc;
    rk_region_set_child_ratchet(component, "version", rk_bch_ratchet(c.version));
    map->encrypted = true;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "digests ok; GCM tag not checked: needs the user key");
    return rk_map_rest(map, file, RK_BCH_WIRE + (size_t)c.length, len, err);
}

/*
 * KBKDF under the user key: label the derivation string, context the four version bytes. The string
 * is 16 raw bytes; from its first zero byte on it is hashed as context, which makes the same
 * message label ‖ 00 ‖ context.
 */
static enum rk_rc derive(const struct rk_request *request, const uint8_t component[AAD_LEN],
                         struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;
    uint8_t text[DERIVATION + 1 + 4] = { 0 }; /* string, 00, version */
    struct rk_kdf108 in = {
        .alg = RK_MAC_HMAC_SHA256, .counter_bits = 32, .label = (const char *)text, .out_len = 32
    };

    if (request->secret->len != 16 && request->secret->len != 32)
        return rk_fail(err, RK_E_KEY, "a user key has 16 or 32 bytes, this one is of another size");
    memcpy(text, component + 0x30, DERIVATION);
    memcpy(text + DERIVATION + 1, component + 0x10, 4);
    in.context = text + strlen(in.label) + 1;
    in.context_len = sizeof text - strlen(in.label) - 1;
    if (rk_mac_from_secret(request->ctx, rk_request_secret(request), &mac, err))
        return err->rc;
    return rk_kdf108(mac, &in, ret, err);
}

static const struct rk_setting_row setting_rows[] = {
    { "derivation-string", NULL, "16 characters, the label of the image's key" },
    { "version", "0", "version word: major, minor, ratchet from the low byte" },
    { "magic", "KRNL", "component magic; no decoder looks at it" },
    { "iv", NULL, "24 hex digits, for comparison with known answers alone: never use one twice" },
    { NULL, NULL, NULL },
};

static enum rk_rc set_iv(const struct rk_request *request, const uint8_t *component,
                         const uint8_t *text, size_t len, uint8_t iv[IV_LEN], struct rk_err *err)
{
    const char *fixed = rk_request_text(request, self(), "iv");
    const struct rk_iv_inputs inputs = { .format = self()->name,
                                         .role =
                                             rk_request_text(request, self(), "derivation-string"),
                                         .header = component,
                                         .header_len = 0x44,
                                         .content = text,
                                         .len = len };

    if (fixed == NULL)
        return rk_request_iv(request, &inputs, iv, IV_LEN, err);
    if (rk_hex_read(fixed, strlen(fixed), iv, IV_LEN, err))
        return rk_wrap(err, "setting \"iv\"");
    return RK_OK;
}

static enum rk_rc fill_component(const struct rk_request *request, size_t len,
                                 struct rk_bch_stage2 *ret, struct rk_err *err)
{
    const char *label = rk_request_text(request, self(), "derivation-string");
    const char *magic = rk_request_text(request, self(), "magic");
    uint64_t version;

    if (label == NULL || strlen(label) != DERIVATION)
        return rk_fail(err, RK_E_USAGE, "setting \"derivation-string\": expected 16 characters");
    if (strlen(magic) != 4)
        return rk_fail(err, RK_E_USAGE, "setting \"magic\": expected four characters");
    if (rk_request_u64(request, self(), "version", 0, UINT32_MAX, &version, err))
        return err->rc;
    memcpy(ret->derivation_string, label, DERIVATION);
    memcpy(ret->magic, magic, 4);
    ret->version = (uint32_t)version;
    ret->length = (uint32_t)len;
    ret->flags0 = RK_BCH_ENCRYPTED;
    return RK_OK;
}

/* 5.0: 0x80 and zeros to a multiple of 16; the length counts them. */
static size_t padded(size_t len)
{
    return (len / 16 + 1) * 16;
}

/* The decoder reads no digest; they are set as in every other image. */
static enum rk_rc finish_header(uint8_t *file, size_t len, struct rk_err *err)
{
    file[RK_BCH_STAGE2_COUNT] = 1;
    if (EVP_Digest(file + RK_BCH_WIRE, len, file + RK_BCH_STAGE2_DIGEST, NULL, EVP_sha512(),
                   NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-512");
    return rk_bch_set_digests(file, err);
}

static enum rk_rc encrypt(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_BCH_STAGE2_WIRE);
    struct rk_bch_stage2 c = { .length = 0 };
    uint8_t *component;

    if (len > IMAGE_MAX - RK_BCH_WIRE - 16)
        return rk_fail(err, RK_E_USAGE, "%s are too many", RK_COUNTED(len, "byte"));
    if (fill_component(request, padded(len), &c, err) ||
        rk_bytes_new(RK_BCH_WIRE + padded(len), &made, err))
        return err->rc;
    component = made.p + RK_BCH_STAGE2;
    memcpy(made.p, rk_bch_magic, sizeof rk_bch_magic);
    memcpy(made.p + RK_BCH_WIRE, file, len);
    made.p[RK_BCH_WIRE + len] = 0x80;
    rk_layout_write(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &c, &wr);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(component, wr.buf, wr.len);
    if (set_iv(request, component, made.p + RK_BCH_WIRE, padded(len), component + 0x44, err) ||
        derive(request, component, &key, err) ||
        rk_gcm_seal(&(struct rk_gcm) { request->ctx, &key, component + IV_AT, component, AAD_LEN },
                    made.p + RK_BCH_WIRE, padded(len), component + AAD_LEN, err) ||
        finish_header(made.p, padded(len), err))
        return err->rc;
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

/* Whoever must have signed has signed what is inside: the launcher asks for that too. */
static enum rk_rc check_signer(const struct rk_request *request, const uint8_t *plain, size_t len,
                               struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map inside = { .root = NULL };
    const struct rk_request inner = { .ctx = request->ctx,
                                      .key = request->key,
                                      .key_count = request->key_count,
                                      .trust = request->trust,
                                      .now = request->now };

    if (!rk_request_asks_signer(request))
        return RK_OK;
    if (rk_format_verify(NULL, &inner, plain, len, &inside, err)) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return rk_wrap(err, "inside");
    }
    (void)snprintf(map->signer, sizeof map->signer, "%s", inside.signer);
    return RK_OK;
}

/* The device's own check: the tag under the user key, and the padding. */
static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes copy = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    struct rk_bch_stage2 c;
    size_t end;

    if (request->secret == NULL)
        return rk_map_unknown(map, 0, len, RK_NEED_KEY, "GCM tag and the signature inside", err);
    if (read_header(file, len, &c, err) ||
        rk_bytes_copy(file, RK_BCH_WIRE + (size_t)c.length, &copy, err) ||
        derive(request, copy.p + RK_BCH_STAGE2, &key, err) ||
        rk_gcm_open(&(struct rk_gcm) { request->ctx, &key, copy.p + RK_BCH_STAGE2 + IV_AT,
                                       copy.p + RK_BCH_STAGE2, AAD_LEN },
                    copy.p + RK_BCH_WIRE, c.length, copy.p + RK_BCH_STAGE2 + AAD_LEN, err))
        return err->rc != RK_E_VERIFY
                   ? err->rc
                   : rk_fail(err, RK_E_VERIFY,
                             "the GCM tag at 0x1450 does not hold: another key, or header bytes "
                             "0x1400 to 0x144f or the ciphertext are changed");
    for (end = copy.len; end > RK_BCH_WIRE && copy.p[end - 1] == 0;)
        end--;
    if (end == RK_BCH_WIRE || copy.p[end - 1] != 0x80)
        return rk_fail(err, RK_E_VERIFY, "the plaintext does not end in 0x80 and zeros");
    (void)snprintf(map->integrity, sizeof map->integrity, "GCM tag ok, %s inside",
                   RK_COUNTED(end - 1 - RK_BCH_WIRE, "byte"));
    (void)snprintf(map->signer, sizeof map->signer, "holder of the user key");
    if (check_signer(request, copy.p + RK_BCH_WIRE, end - 1 - RK_BCH_WIRE, map, err))
        return err->rc;
    if (rk_map_guard(map, RK_BCH_STAGE2, AAD_LEN + TAG_LEN, RK_GUARD_SIGNATURE, "GCM tag", err))
        return err->rc;
    return rk_map_guard(map, RK_BCH_WIRE, c.length, RK_GUARD_SIGNATURE, "GCM tag", err);
}

const struct rk_format rk_format_kernel_encrypted = {
    .name = "kernel-encrypted",
    .title = "Jetson kernel payload under the EKB user key",
    .max = IMAGE_MAX,
    .recognise = rk_bch_is_user_encrypted,
    .parse = parse,
    .settings = setting_rows,
    .payload_key = true,
    .refusal = "it is made by encrypting a signed image",
    .encrypt = encrypt,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_kernel_encrypted;
}

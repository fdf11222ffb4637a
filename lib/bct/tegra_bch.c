/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-bch: Orin boot images with their NVDA header, made and signed. Source: boot-images.md 1.2,
 * 1.3, 1.5. The places of the OEM signature and key are known from third-party work alone (section
 * 7), so putting them in is experimental.
 */
#include "bct/bch.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/words.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 256 << 20 };

/* clang-format off */
/* Creation-time values by type. The goldens mirror them in stage 1, an unknown name too. */
static const struct type {
    const char *magic;
    uint32_t load, entry, version;
} types[] = {
    { "MB1B", 0x50000000, 0x50000000, 0x0101 },
    { "PSCB", 0x120000,   0x120400,   0x0101 },
    { "PSCR", 0x120000,   0x120400,   0x0101 },
    { "WB0B", 0x40040000, 0x40040000, 0x0101 },
    { "BPMF", 0, 0, 0x0101 },
    { "PFWP", 0, 0, 0x0101 },
    { "MBCT", 0, 0, 0 },
    { "MTSP", 0, 0, 0 },
    { "MTSM", 0, 0, 0 },
    { "TSEC", 0, 0, 0 },
    { "NDEC", 0, 0, 0 },
    { "XUSB", 0, 0, 0 },
};
/* clang-format on */

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "payload", true, false, "the image itself" },
    { "append", false, true, "what follows it: mb2-bct behind mb2, a dtb behind UEFI" },
    { "header", false, false, "the BSP's *_sigheader: its load, entry and flags are kept" },
    RK_TEGRA_SIG_PART,
    RK_TEGRA_PUB_PART,
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "magic", NULL, "four characters of the type, e.g. MB2B; a header has one" },
    { "load", NULL, "load address" },
    { "entry", NULL, "entry point" },
    { "version", NULL, "version word: major, minor, ratchet from the low byte" },
    { "pad-to", NULL, "pad the payload with 0xff to a multiple, before what is appended" },
    { "output", "image", "image; payload: without a header, for the BSP's tool; sign: sig or pub" },
    { "experimental", NULL, "oem-insert: put signature and key in, at third-party offsets" },
    { NULL, NULL, NULL },
};
static const struct rk_format *self(void);

static bool wants(const struct rk_request *request, const char *output)
{
    return strcmp(rk_request_text(request, self(), "output"), output) == 0;
}

static bool makes_bare(const struct rk_request *request)
{
    return !wants(request, "image");
}

/* The payload, padded as asked, what is appended, and zeros to a multiple of 16 (1.5, step 1). */
static enum rk_rc put_payload(const struct rk_request *request, struct rk_wr *wr,
                              struct rk_err *err)
{
    const struct rk_input *payload = rk_request_part(request, "payload");
    uint64_t pad_to;

    if (rk_request_u64(request, self(), "pad-to", 1, 1 << 24, &pad_to, err))
        return err->rc;
    if (pad_to == 0)
        return rk_fail(err, RK_E_USAGE, "setting \"pad-to\": 0 is no multiple");
    rk_wr_bytes(wr, payload->p, payload->len);
    rk_wr_fill_byte(wr, 0xff, (size_t)((pad_to - payload->len % pad_to) % pad_to));
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, "append") == 0)
            rk_wr_bytes(wr, request->part[i].p, request->part[i].len);
    }
    if (wr->len == 0)
        return rk_fail(err, RK_E_USAGE, "the payload is empty");
    rk_wr_zero(wr, (16 - wr->len % 16) % 16);
    return RK_OK;
}

static enum rk_rc set_numbers(const struct rk_request *request, const struct type *type,
                              struct rk_bch_stage2 *c, struct rk_err *err)
{
    struct {
        const char *name;
        uint32_t def, *into;
    } numbers[] = {
        { "load", type == NULL ? c->load : type->load, &c->load },
        { "entry", type == NULL ? c->entry : type->entry, &c->entry },
        { "version", type == NULL ? c->version : type->version, &c->version },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t value;

        if (rk_request_u64(request, self(), numbers[i].name, numbers[i].def, UINT32_MAX, &value,
                           err))
            return err->rc;
        *numbers[i].into = (uint32_t)value;
    }
    return RK_OK;
}

/* A header of the BSP: what it says of load, entry and flags stands. */
static enum rk_rc copy_header(const struct rk_input *from, uint8_t header[RK_BCH_WIRE],
                              struct rk_bch_stage2 *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = header + RK_BCH_STAGE2, .len = RK_BCH_STAGE2_WIRE };

    if (!rk_bch_is(from->p, from->len))
        return rk_fail(err, RK_E_USAGE, "part \"header\" has no NVDA header of 8192 bytes");
    memcpy(header, from->p, RK_BCH_WIRE);
    memset(header + RK_BCH_SIGNATURE, 0, 0xd20 - RK_BCH_SIGNATURE); /* an OEM key's, of before */
    if (rk_bch_le32(header + RK_BCH_STAGE2_COUNT) != 1)
        return rk_fail(err, RK_E_USAGE, "part \"header\" is of %s, expected 1",
                       RK_COUNTED(rk_bch_le32(header + RK_BCH_STAGE2_COUNT), "component"));
    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, ret);
    if ((ret->flags0 & (RK_BCH_ENCRYPTED | RK_BCH_COMPRESSED)) != 0)
        return rk_fail(err, RK_E_USAGE, "part \"header\" is of an encrypted or compressed image");
    return RK_OK;
}

/* Where both say of what type the image is, they say the same. */
static enum rk_rc check_magic(const struct rk_request *request, const struct rk_bch_stage2 *c,
                              struct rk_err *err)
{
    const char *text = rk_request_text(request, self(), "magic");
    char found[sizeof c->magic + 1] = "";

    rk_words_show(c->magic, sizeof c->magic, found, sizeof found);
    if (text != NULL &&
        (strlen(text) != sizeof c->magic || memcmp(text, c->magic, sizeof c->magic) != 0))
        return rk_fail(err, RK_E_USAGE,
                       "part \"header\" is of type \"%s\", setting \"magic\" says \"%s\"", found,
                       text);
    return RK_OK;
}

static enum rk_rc find_type(const struct rk_request *request, struct rk_bch_stage2 *c,
                            const struct type **ret, struct rk_err *err)
{
    const char *text = rk_request_text(request, self(), "magic");

    if (text == NULL || strlen(text) != 4)
        return rk_fail(err, RK_E_USAGE, "setting \"magic\": expected four characters");
    memcpy(c->magic, text, 4);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].magic, text) == 0) {
            *ret = &types[i];
            return RK_OK;
        }
    }
    *ret = NULL;
    if (rk_request_text(request, self(), "load") == NULL)
        rk_warn(request->ctx,
                "%s: load address, entry and flags of this type are not public and left 0: take "
                "the BSP's *_sigheader as part \"header\", or set them",
                text);
    return RK_OK;
}

static enum rk_rc write_stage1(const struct rk_bch_stage1 *s, uint8_t header[RK_BCH_WIRE],
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_BCH_STAGE1_WIRE);

    rk_layout_write(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, s, &wr);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(header + RK_BCH_STAGE1, wr.buf, wr.len);
    return RK_OK;
}

/* Of a header of ours: what stage 2 says. */
static enum rk_rc put_stage1(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                             struct rk_err *err)
{
    struct rk_bch_stage1 s = {
        .length = c->length, .load = c->load, .entry = c->entry, .version = c->version
    };

    memcpy(s.magic, c->magic, sizeof s.magic);
    memcpy(s.digest, c->digest, sizeof s.digest);
    header[RK_BCH_STAGE1_COUNT] = 1;
    return write_stage1(&s, header, err);
}

/* Of the BSP's header: it stays as it is, but for length and digest where NVIDIA did not sign it.
 */
static enum rk_rc keep_stage1(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = header + RK_BCH_STAGE1, .len = RK_BCH_STAGE1_WIRE };
    struct rk_bch_stage1 s;

    rk_layout_read(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, &rd, &s);
    if (rk_bch_le32(header + RK_BCH_STAGE1_COUNT) == 0 || rk_all_zero(s.magic, sizeof s.magic))
        return RK_OK;
    if (s.length == c->length && memcmp(s.digest, c->digest, sizeof s.digest) == 0)
        return RK_OK;
    if (!rk_all_zero(header + RK_BCH_NV_SIGNATURE, 0x180))
        return rk_fail(err, RK_E_USAGE,
                       "part \"header\" is signed by NVIDIA for another payload than this");
    s.length = c->length;
    memcpy(s.digest, c->digest, sizeof s.digest);
    return write_stage1(&s, header, err);
}

static enum rk_rc put_stage2(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                             struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_BCH_STAGE2_WIRE);

    rk_layout_write(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, c, &wr);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(header + RK_BCH_STAGE2, wr.buf, wr.len);
    header[RK_BCH_STAGE2_COUNT] = 1;
    return RK_OK;
}

static enum rk_rc build_header(const struct rk_request *request, const uint8_t *payload, size_t len,
                               uint8_t header[RK_BCH_WIRE], struct rk_err *err)
{
    const struct rk_input *from = rk_request_part(request, "header");
    const struct type *type = NULL;
    struct rk_bch_stage2 c = { .length = 0 };

    memset(header, 0, RK_BCH_WIRE);
    memcpy(header, rk_bch_magic, sizeof rk_bch_magic);
    if (from != NULL ? copy_header(from, header, &c, err) || check_magic(request, &c, err)
                     : find_type(request, &c, &type, err))
        return err->rc;
    if (set_numbers(request, type, &c, err))
        return err->rc;
    c.length = (uint32_t)len;
    if (from == NULL || c.uncompressed_length != 0)
        c.uncompressed_length = (uint32_t)len;
    if (rk_bch_sha512(payload, len, c.digest, err) || put_stage2(&c, header, err) ||
        (from != NULL ? keep_stage1(&c, header, err) : put_stage1(&c, header, err)))
        return err->rc;
    return rk_bch_set_digests(header, err);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(IMAGE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    bool bare = wants(request, "payload");

    if (rk_tegra_no_signature_parts(request, err))
        return err->rc;
    if (!bare && !wants(request, "image"))
        return rk_fail(err, RK_E_USAGE,
                       "setting \"output\": expected image or payload, found "
                       "\"%s\"",
                       rk_request_text(request, self(), "output"));
    if (!bare)
        rk_wr_zero(&wr, RK_BCH_WIRE);
    if (put_payload(request, &wr, err) || rk_wr_end(&wr, &file, err))
        return err->rc;
    if (!bare && build_header(request, file.p + RK_BCH_WIRE, file.len - RK_BCH_WIRE, file.p, err))
        return err->rc;
    *ret = rk_bytes_take(&file);
    return RK_OK;
}

/* ---- signing ---- */

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_tegra_key key;

    if (!rk_bch_is(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header of 8192 bytes");
    if (rk_tegra_output_check(rk_request_text(request, self(), "output"),
                              rk_request_text(request, self(), "experimental"), err) ||
        rk_tegra_key(request->key[0].pub, &key, err) || rk_bch_check_components(file, len, err) ||
        rk_bytes_copy(file + RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the header's bytes 0xfc0 to 0x1fff", key.scheme, &message,
                                err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (rk_tegra_attach(request->key[0].pub, rk_request_text(request, self(), "output"),
                        &rk_bch_place, file, len, &signatures[0], &made, err) ||
        (!makes_bare(request) && rk_bch_set_digests(made.p, err)))
        return err->rc;
    if (!makes_bare(request))
        rk_warn(request->ctx, "experimental: the OEM signature is put in at offsets that no vendor "
                              "golden confirms");
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    bool signs;

    (void)len;
    if (rk_tegra_check_signer(request, &rk_bch_place, file, map, &signs, err))
        return err->rc;
    if (!signs)
        return RK_OK;
    for (size_t i = 0, n = map->guard_count; i < n; i++) { /* what the signed digests cover */
        const struct rk_guard guard = map->guard[i];

        if (guard.offset >= RK_BCH_WIRE &&
            rk_map_guard(map, guard.offset, guard.len, RK_GUARD_SIGNATURE, "OEM signature", err))
            return err->rc;
    }
    return rk_map_guard(map, RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED, RK_GUARD_SIGNATURE,
                        "OEM signature", err);
}

static enum rk_rc handed_back(const struct rk_bytes *prepared, const struct rk_bytes *back,
                              struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = "tegra-bch" };
    struct rk_rd rd = { .buf = back->p, .len = back->len };
    const uint8_t *plain = prepared->p;
    size_t plain_len = prepared->len;
    struct rk_bch_stage2 c;

    if (rk_region_add(&map, NULL, 0, back->len, "image", &map.root, err) ||
        rk_bch_parse(back->p, back->len, &map, err) || rk_map_verdict(&map, err))
        return err->rc;
    if (map.mark_count != 0)
        return rk_fail(err, RK_E_VERIFY, "%s", map.mark[0].what);
    (void)rk_rd_take(&rd, RK_BCH_STAGE2);
    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, &c);
    if (rk_bch_is(plain, plain_len)) {
        plain += RK_BCH_WIRE;
        plain_len -= RK_BCH_WIRE;
    }
    if ((c.flags0 & RK_BCH_ENCRYPTED) == 0)
        return rk_fail(err, RK_E_VERIFY, "is not encrypted: bit 26 of the flags at 0x141c is 0");
    if (c.length < plain_len || c.length > plain_len + 16)
        return rk_fail(err, RK_E_VERIFY, "%s of payload, the input had %zu",
                       RK_COUNTED(c.length, "byte"), plain_len);
    if (memcmp(back->p + RK_BCH_WIRE, plain, plain_len) == 0)
        return rk_fail(err, RK_E_VERIFY, "says it is encrypted, and holds the plaintext");
    if (!rk_tegra_is_signed(&rk_bch_place, back->p))
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    return RK_OK;
}

const struct rk_format rk_format_tegra_bch = {
    .name = "tegra-bch",
    .title = "Orin boot image with NVDA header",
    .max = IMAGE_MAX,
    .recognise = rk_bch_recognise,
    .parse = rk_bch_parse,
    .parts = part_rows,
    .settings = setting_rows,
    .fused_key = true,
    .parts_held = true,
    .makes_bare = makes_bare,
    .refusal = "SBK encryption has no public definition: the key tree above the image's key is in "
               "NVIDIA's closed tools; in a manifest say encrypted-by: bsp, and rotkit prepares "
               "the BSP tool's input, takes its output back and checks it",
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
    .handed_back = handed_back,
};

static const struct rk_format *self(void)
{
    return &rk_format_tegra_bch;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* EKB: the reader and the row in the table of formats. */
#include "platform/tegra/ekb.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"

#include <stdio.h>
#include <string.h>

enum { LEGACY_BODY = 32 };

static const uint8_t zero[8];

static enum rk_rc find_version(const struct rk_ekb_header *header, enum rk_ekb_version *ret,
                               struct rk_err *err)
{
    unsigned number = (unsigned)header->major << 16 | header->minor;

    switch (number) {
    case 0x00000:
        *ret = RK_EKB_LEGACY;
        return RK_OK;
    case 0x10000:
        *ret = RK_EKB_1_0;
        return RK_OK;
    case 0x20000:
        *ret = RK_EKB_2_0;
        return RK_OK;
    case 0x20001:
        return rk_fail(err, RK_E_USAGE,
                       "key blob version 2.1 (T264, Thor) is refused: its key "
                       "derivation, cipher and tags are not public");
    default:
        return rk_fail(err, RK_E_FORMAT, "key blob version %u.%u, expected 1.0 or 2.0",
                       header->major, header->minor);
    }
}

static enum rk_rc read_header(struct rk_rd *rd, struct rk_ekb_outline *out, struct rk_err *err)
{
    struct rk_ekb_header header;

    rk_layout_read(rk_ekb_header_layout, 4, rd, &header);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (memcmp(header.magic, rk_ekb_magic, sizeof header.magic) != 0)
        return rk_fail(err, RK_E_FORMAT, "magic at offset 0x4 is not NVEKBP");
    if (header.ekb_size > rd->len - 4 || header.ekb_size < rd->pos - 4)
        return rk_fail(err, RK_E_FORMAT, "size word says %s, the file has %zu",
                       RK_COUNTED(header.ekb_size, "byte"), rd->len - 4);
    if (header.ekb_size > RK_EKB_IMAGE_MAX - 4)
        return rk_fail(err, RK_E_FORMAT, "size word says %s, a key blob has at most %d",
                       RK_COUNTED(header.ekb_size, "byte"), RK_EKB_IMAGE_MAX);
    rd->len = (size_t)header.ekb_size + 4; /* a flash partition is larger, and padded */
    out->len = rd->len;
    out->major = header.major;
    out->minor = header.minor;
    return find_version(&header, &out->version, err);
}

/*
 * The version word is not under the MAC, and with one block of ciphertext both forms cover the same
 * bytes: a flipped version would pass. A legacy IV looks like this once in 2^96 images.
 */
static bool has_content_header(const struct rk_rd *rd)
{
    return rk_rd_left(rd) >= RK_EKB_CONTENT_WIRE &&
           memcmp(rd->buf + rd->pos + 4, rk_ekb_content_magic, sizeof rk_ekb_content_magic) == 0 &&
           memcmp(rd->buf + rd->pos + 8, zero, sizeof zero) == 0;
}

static enum rk_rc read_content(struct rk_rd *rd, struct rk_ekb_outline *out, struct rk_err *err)
{
    struct rk_ekb_content content = { .enc_data_len = LEGACY_BODY };

    out->content_offset = rk_rd_offset(rd);
    if (out->version == RK_EKB_LEGACY && has_content_header(rd))
        return rk_fail(err, RK_E_FORMAT,
                       "version 0.0, but a content header of version 1.0 or later at "
                       "offset 0x%zx",
                       out->content_offset);
    if (out->version != RK_EKB_LEGACY) {
        rk_layout_read(rk_ekb_content_layout, 3, rd, &content);
        if (rk_rd_ok(rd, err))
            return err->rc;
        if (memcmp(content.magic, rk_ekb_content_magic, sizeof content.magic) != 0)
            return rk_fail(err, RK_E_FORMAT, "magic at offset 0x%zx is not EEKB",
                           out->content_offset + 4);
        if (memcmp(content.zero, zero, sizeof zero) != 0)
            return rk_fail(err, RK_E_FORMAT, "reserved bytes at offset 0x%zx are not zero",
                           out->content_offset + 8);
    }
    out->iv_offset = rk_rd_offset(rd);
    rk_rd_bytes(rd, out->iv, sizeof out->iv);
    out->ciphertext_offset = rk_rd_offset(rd);
    out->ciphertext_len = content.enc_data_len;
    (void)rk_rd_take(rd, content.enc_data_len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (content.enc_data_len == 0 || content.enc_data_len % RK_EKB_BLOCK != 0)
        return rk_fail(err, RK_E_FORMAT, "ciphertext of %s, expected a multiple of 16",
                       RK_COUNTED(content.enc_data_len, "byte"));
    return RK_OK;
}

/* Small images are filled up to 1024 bytes after the size word, each byte the pad's length mod 256.
 */
static enum rk_rc read_pad(struct rk_rd *rd, struct rk_ekb_outline *out, struct rk_err *err)
{
    size_t size = rd->pos - 4, want = size < RK_EKB_SIZE_MIN ? RK_EKB_SIZE_MIN - size : 0;
    const uint8_t *pad = rk_rd_take(rd, want);

    if (rk_rd_end(rd, err))
        return rk_wrap(err, "pad");
    for (size_t i = 0; i < want; i++) {
        if (pad[i] != (uint8_t)want)
            return rk_fail(err, RK_E_FORMAT, "pad byte at offset 0x%zx is 0x%02x, expected 0x%02x",
                           size + 4 + i, pad[i], (uint8_t)want);
    }
    out->pad_len = want;
    return RK_OK;
}

enum rk_rc rk_ekb_outline(const uint8_t *image, size_t len, struct rk_ekb_outline *ret,
                          struct rk_err *err)
{
    struct rk_rd rd = { .buf = image, .len = len };
    struct rk_ekb_outline out = { .major = 0 };

    if (read_header(&rd, &out, err))
        return err->rc;
    if (out.version == RK_EKB_2_0)
        rk_rd_bytes(&rd, out.fv, sizeof out.fv);
    out.cmac_offset = rk_rd_offset(&rd);
    rk_rd_bytes(&rd, out.cmac, sizeof out.cmac);
    if (read_content(&rd, &out, err) || read_pad(&rd, &out, err))
        return err->rc;
    *ret = out;
    return RK_OK;
}

static bool has_magic(const uint8_t *image, size_t len)
{
    return len >= RK_EKB_HEADER_WIRE && memcmp(image + 4, rk_ekb_magic, sizeof rk_ekb_magic) == 0;
}

bool rk_ekb_next(const uint8_t *dump, size_t len, size_t *at, struct rk_ekb_outline *ret)
{
    struct rk_err ignored;

    for (size_t i = *at; i < len && len - i >= RK_EKB_HEADER_WIRE; i++) {
        if (dump[i + 4] != rk_ekb_magic[0] || !has_magic(dump + i, len - i) ||
            rk_ekb_outline(dump + i, len - i, ret, &ignored))
            continue;
        *at = i;
        return true;
    }
    return false;
}

static enum rk_rc check_mac(const rk_mac *root, const uint8_t *fv, const uint8_t *image,
                            const struct rk_ekb_outline *out, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret mac = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret found = RK_SECRET_NONE;
    size_t covered = out->ciphertext_offset + out->ciphertext_len - out->content_offset;

    if (rk_ekb_compute_mac(root, fv, image + out->content_offset, covered, &mac, err) ||
        rk_secret_copy(out->cmac, sizeof out->cmac, &found, err))
        return err->rc;
    if (rk_secret_equal(&mac, &found))
        return RK_OK;
    (void)rk_fail(err, RK_E_VERIFY,
                  "the key blob's MAC does not hold: wrong root key, wrong FV, or "
                  "changed content");
    return rk_note(err, "the device would report \"EKB signature mismatch\"");
}

static enum rk_rc read_items(const struct rk_secret *plain, struct rk_ekb *ekb, struct rk_err *err)
{
    struct rk_rd rd = { .buf = plain->p, .len = plain->len };

    for (;;) {
        uint32_t tag = (uint32_t)rk_rd_le(&rd, 4), len = (uint32_t)rk_rd_le(&rd, 4);
        const uint8_t *value = rk_rd_take(&rd, len);

        if (rk_rd_ok(&rd, err))
            return rk_wrap(err, "item %zu of the decrypted list", ekb->item_count + 1);
        if (tag == 0 && len == 0)
            break;
        if (rk_ekb_add(ekb, tag, value, len, err))
            return err->rc = err->rc == RK_E_USAGE ? RK_E_FORMAT : err->rc;
    }
    size_t pad = rk_rd_left(&rd);
    bool good = pad < RK_EKB_BLOCK;
    for (size_t i = 0; good && i < pad; i++)
        good = plain->p[rd.pos + i] == pad;
    return good ? RK_OK : rk_fail(err, RK_E_FORMAT, "malformed padding after the item list");
}

enum rk_rc rk_ekb_read(const rk_mac *root, const uint8_t *fv, const uint8_t *image, size_t len,
                       struct rk_ekb *ret, struct rk_err *err)
{
    RK_AUTO(rk_ekb_done) struct rk_ekb ekb = { .item_count = 0 };
    RK_AUTO(rk_secret_done) struct rk_secret ekb_ek = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret plain = RK_SECRET_NONE;
    struct rk_ekb_outline out;

    if (rk_ekb_outline(image, len, &out, err))
        return err->rc;
    if (out.version == RK_EKB_2_0)
        fv = out.fv;
    else if (fv == NULL)
        return rk_fail(err, RK_E_USAGE, "a key blob of version %u.%u needs the FV: give --fv FILE",
                       out.major, out.minor);
    ekb.version = out.version;
    memcpy(ekb.fv, fv, sizeof ekb.fv);
    memcpy(ekb.iv, out.iv, sizeof ekb.iv);
    if (check_mac(root, fv, image, &out, err) ||
        rk_ekb_derive_key(root, fv, "encryption", &ekb_ek, err) ||
        rk_secret_copy(image + out.ciphertext_offset, out.ciphertext_len, &plain, err) ||
        rk_ekb_crypt(rk_mac_ctx(root), &ekb_ek, out.iv, false, &plain, err))
        return err->rc;
    if (out.version == RK_EKB_LEGACY) {
        if (rk_ekb_add(&ekb, RK_EKB_TAG_PAYLOAD_KEY, plain.p, 16, err) ||
            rk_ekb_add(&ekb, RK_EKB_TAG_DISK_KEY, plain.p + 16, 16, err))
            return err->rc;
    } else if (read_items(&plain, &ekb, err)) {
        return err->rc;
    }
    *ret = ekb;
    ekb.item_count = 0;
    return RK_OK;
}

/* ---- the format row ---- */

struct part { /* one row of the map */
    const char *name;
    size_t offset, len;
    const char *note;
};

static enum rk_rc add_parts(const struct part *parts, size_t count, struct rk_map *map,
                            struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct rk_region *region;

        if (parts[i].len == 0)
            continue;
        if (rk_region_add(map, map->root, parts[i].offset, parts[i].len, parts[i].name, &region,
                          err))
            return err->rc;
        (void)snprintf(region->note, sizeof region->note, "%s", parts[i].note);
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_ekb_outline out;
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_ekb_header header;
    struct rk_region *region;

    if (rk_ekb_outline(file, len, &out, err))
        return err->rc;
    rk_layout_read(rk_ekb_header_layout, 4, &rd, &header);
    if (rk_region_add(map, map->root, 0, RK_EKB_HEADER_WIRE, "header", &region, err) ||
        rk_layout_map(rk_ekb_header_layout, 4, &header, 0, region, err))
        return err->rc;
    const struct part parts[] = {
        { "FV", RK_EKB_HEADER_WIRE, out.cmac_offset - RK_EKB_HEADER_WIRE,
          "not covered by the MAC" },
        { "CMAC", out.cmac_offset, 16, "" },
        { "content header", out.content_offset, out.iv_offset - out.content_offset, "covered" },
        { "IV", out.iv_offset, 16, "covered" },
        { "ciphertext", out.ciphertext_offset, out.ciphertext_len, "covered" },
        { "pad", out.ciphertext_offset + out.ciphertext_len, out.pad_len,
          "not covered by the MAC" },
    };
    if (add_parts(parts, sizeof parts / sizeof parts[0], map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "version %u.%u, structure holds; MAC not checked: needs the root key", out.major,
                   out.minor);
    return rk_map_rest(map, file, out.len, len, err);
}

const struct rk_format rk_format_ekb = {
    .name = "ekb",
    .title = "encrypted key blob",
    .max = RK_EKB_SLOT_MAX,
    .recognise = has_magic,
    .parse = parse,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/capsule.h"

#include "image/uefi/esl.h"
#include "rotkit/counted.h"
#include "rotkit/guid.h"
#include "rotkit/pkcs7.h"

#include <string.h>

/* clang-format off */
const struct rk_field rk_capsule_head_layout[RK_CAPSULE_HEAD_FIELDS] = {
    RK_BYTES(struct rk_capsule_head, guid),
    RK_LE(struct rk_capsule_head, header_size),
    RK_LE(struct rk_capsule_head, flags),
    RK_LE(struct rk_capsule_head, image_size),
};
const struct rk_field rk_capsule_fmp_layout[RK_CAPSULE_FMP_FIELDS] = {
    RK_LE(struct rk_capsule_fmp, version),
    RK_LE(struct rk_capsule_fmp, drivers),
    RK_LE(struct rk_capsule_fmp, items),
};
const struct rk_field rk_capsule_image_layout[RK_CAPSULE_IMAGE_FIELDS] = {
    RK_LE(struct rk_capsule_image, version),
    RK_BYTES(struct rk_capsule_image, type),
    RK_LE(struct rk_capsule_image, index),
    RK_BYTES(struct rk_capsule_image, reserved),
    RK_LE(struct rk_capsule_image, image_size),
    RK_LE(struct rk_capsule_image, vendor_size),
    RK_LE(struct rk_capsule_image, hardware_instance),
    RK_LE(struct rk_capsule_image, support),
};
const struct rk_field rk_capsule_auth_layout[RK_CAPSULE_AUTH_FIELDS] = {
    RK_LE(struct rk_capsule_auth, monotonic_count),
    RK_LE(struct rk_capsule_auth, length),
    RK_LE(struct rk_capsule_auth, revision),
    RK_LE(struct rk_capsule_auth, certificate_type),
    RK_BYTES(struct rk_capsule_auth, type),
};
const struct rk_field rk_capsule_payload_layout[RK_CAPSULE_PAYLOAD_FIELDS] = {
    RK_BYTES(struct rk_capsule_payload_header, signature),
    RK_LE(struct rk_capsule_payload_header, header_size),
    RK_LE(struct rk_capsule_payload_header, version),
    RK_LE(struct rk_capsule_payload_header, lowest_supported_version),
};
const uint8_t rk_capsule_mss1[4] = { 'M', 'S', 'S', '1' };

static const char *const guids[RK_CAPSULE_KINDS] = {
    [RK_CAPSULE_FMP]    = "6dcbd5ed-e82d-4c44-bda1-7194199ad92a",
    [RK_CAPSULE_ACCEPT] = "0c996046-bcc0-4d04-85ec-e1fcedf1c6f8",
    [RK_CAPSULE_REVERT] = "acd58b4b-c0e8-475f-99b5-6b3f7e07aaf0",
};
/* clang-format on */

/* ---- the capsule ---- */

void rk_capsule_guid(enum rk_capsule_kind kind, uint8_t ret[16])
{
    struct rk_err ignored;

    (void)!rk_guid_parse(guids[kind], ret, &ignored);
}

static enum rk_capsule_kind kind_of(const uint8_t *guid)
{
    for (enum rk_capsule_kind kind = RK_CAPSULE_FMP; kind < RK_CAPSULE_OTHER; kind++) {
        uint8_t known[RK_GUID_LEN];

        rk_capsule_guid(kind, known);
        if (memcmp(known, guid, sizeof known) == 0)
            return kind;
    }
    return RK_CAPSULE_OTHER;
}

/* Of GUIDs that nobody lists: sizes that fit the file to the byte, and flags that are defined
 * (UEFI 2.10, 8.5.3: the low half is the device's). */
static bool has_sizes(const uint8_t *file, size_t len)
{
    enum { HEADER_MAX = 0x1000 };
    static const uint32_t flags = 0x7ffff;
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_capsule_head head;
    struct rk_err ignored;

    rk_layout_read(rk_capsule_head_layout, RK_CAPSULE_HEAD_FIELDS, &rd, &head);
    return rk_rd_ok(&rd, &ignored) == RK_OK && head.image_size == len &&
           head.header_size >= RK_CAPSULE_SHORT_HEADER && head.header_size <= HEADER_MAX &&
           head.header_size % 4 == 0 && head.header_size < len && (head.flags & ~flags) == 0;
}

bool rk_capsule_recognise(const uint8_t *file, size_t len)
{
    return len >= RK_CAPSULE_SHORT_HEADER &&
           (kind_of(file) != RK_CAPSULE_OTHER || has_sizes(file, len));
}

static enum rk_rc read_head(struct rk_rd *rd, struct rk_capsule *c, struct rk_err *err)
{
    rk_layout_read(rk_capsule_head_layout, RK_CAPSULE_HEAD_FIELDS, rd, &c->head);
    if (rk_rd_ok(rd, err))
        return err->rc;
    c->kind = kind_of(c->head.guid);
    if (c->head.image_size < rd->pos || c->head.image_size > rd->len)
        return rk_fail(err, RK_E_FORMAT, "CapsuleImageSize is %u, the file has %s",
                       c->head.image_size, RK_COUNTED(rd->len, "byte"));
    rd->len = c->head.image_size; /* what stands behind it is not part of it */
    if (c->head.header_size < RK_CAPSULE_SHORT_HEADER || c->head.header_size > rd->len)
        return rk_fail(err, RK_E_FORMAT, "HeaderSize is 0x%x, expected 0x1c to the file's 0x%zx",
                       c->head.header_size, rd->len);
    (void)rk_rd_take(rd, c->head.header_size - RK_CAPSULE_SHORT_HEADER);
    c->body = rk_rd_offset(rd);
    c->len = rd->len;
    return RK_OK;
}

/* Offsets from the FMP header on, in ascending order, behind their table. */
static enum rk_rc read_offsets(struct rk_rd *rd, size_t count, struct rk_capsule *c,
                               struct rk_err *err)
{
    size_t before = RK_CAPSULE_FMP_HEADER + 8 * count;

    for (size_t i = 0; i < count; i++) {
        uint64_t at = rk_rd_le(rd, 8);

        if (rk_rd_ok(rd, err))
            return err->rc;
        if (at < before || at >= c->len - c->body)
            return rk_fail(err, RK_E_FORMAT,
                           "item %zu of %zu is at 0x%llx of the FMP capsule, expected 0x%zx to "
                           "0x%zx",
                           i + 1, count, (unsigned long long)at, before, c->len - c->body - 1);
        c->item[i] = c->body + (size_t)at;
        before = (size_t)at + 1;
    }
    c->item[count] = c->len;
    return RK_OK;
}

static enum rk_rc read_fmp(struct rk_rd *rd, struct rk_capsule *c, struct rk_err *err)
{
    size_t count;

    rk_layout_read(rk_capsule_fmp_layout, RK_CAPSULE_FMP_FIELDS, rd, &c->fmp);
    if (rk_rd_ok(rd, err))
        return err->rc;
    count = (size_t)c->fmp.drivers + c->fmp.items;
    if (c->fmp.version != 1 || count > RK_CAPSULE_ITEMS_MAX)
        return rk_fail(err, RK_E_FORMAT,
                       "FMP capsule header version %u with %s and %s, expected "
                       "version 1 with at most %d of both",
                       c->fmp.version, RK_COUNTED(c->fmp.drivers, "driver"),
                       RK_COUNTED(c->fmp.items, "payload"), RK_CAPSULE_ITEMS_MAX);
    return count == 0 ? rk_rd_end(rd, err) : read_offsets(rd, count, c, err);
}

enum rk_rc rk_capsule_read(const uint8_t *file, size_t len, struct rk_capsule *ret,
                           struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    *ret = (struct rk_capsule) { .kind = RK_CAPSULE_OTHER };
    if (read_head(&rd, ret, err))
        return err->rc;
    switch (ret->kind) {
    case RK_CAPSULE_FMP:
        return read_fmp(&rd, ret, err);
    case RK_CAPSULE_ACCEPT:
        (void)rk_rd_take(&rd, RK_GUID_LEN);
        return rk_rd_end(&rd, err);
    case RK_CAPSULE_REVERT:
        return rk_rd_end(&rd, err);
    default:
        return RK_OK;
    }
}

/* ---- a payload ---- */

/* Versions 1 and 2 end earlier. */
static enum rk_rc read_image(struct rk_rd *rd, struct rk_capsule_payload *p, struct rk_err *err)
{
    static const size_t fields[] = { 6, 7, RK_CAPSULE_IMAGE_FIELDS };
    uint64_t version;
    struct rk_rd ahead = *rd;

    p->image_at = rk_rd_offset(rd);
    version = rk_rd_le(&ahead, 4);
    if (rk_rd_ok(&ahead, err))
        return err->rc;
    if (version < 1 || version > 3)
        return rk_fail(err, RK_E_FORMAT, "image header version %llu, expected 1 to 3",
                       (unsigned long long)version);
    rk_layout_read(rk_capsule_image_layout, fields[version - 1], rd, &p->image);
    p->image_wire = rk_layout_wire(rk_capsule_image_layout, fields[version - 1]);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if ((p->image.support & ~(uint64_t)(RK_CAPSULE_AUTHENTICATION | RK_CAPSULE_DEPENDENCY)) != 0)
        return rk_fail(err, RK_E_FORMAT, "ImageCapsuleSupport 0x%llx, expected 0 to 3",
                       (unsigned long long)p->image.support);
    if ((uint64_t)p->image.image_size + p->image.vendor_size != rk_rd_left(rd))
        return rk_fail(
            err, RK_E_FORMAT, "UpdateImageSize is %u and UpdateVendorCodeSize %u, %s follow",
            p->image.image_size, p->image.vendor_size, RK_COUNTED(rk_rd_left(rd), "byte"));
    return RK_OK;
}

static bool is_pkcs7(const struct rk_capsule_auth *auth)
{
    return auth->revision == 0x0200 && auth->certificate_type == 0x0ef1 &&
           rk_esl_kind_of(auth->type) == RK_ESL_PKCS7;
}

/* Versions before 3 do not say whether they are signed. */
static bool looks_signed(const struct rk_rd *rd)
{
    struct rk_rd ahead = *rd;
    struct rk_capsule_auth auth;
    struct rk_err ignored;

    rk_layout_read(rk_capsule_auth_layout, RK_CAPSULE_AUTH_FIELDS, &ahead, &auth);
    return rk_rd_ok(&ahead, &ignored) == RK_OK && is_pkcs7(&auth);
}

static enum rk_rc read_auth(struct rk_rd *rd, struct rk_capsule_payload *p, struct rk_err *err)
{
    size_t size;

    p->auth_at = rk_rd_offset(rd);
    rk_layout_read(rk_capsule_auth_layout, RK_CAPSULE_AUTH_FIELDS, rd, &p->auth);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (!is_pkcs7(&p->auth))
        return rk_fail(err, RK_E_FORMAT, "the authentication is no PKCS #7 WIN_CERTIFICATE");
    if (p->auth.length < RK_CAPSULE_CERT_HEAD ||
        p->auth.length - RK_CAPSULE_CERT_HEAD > rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT, "dwLength is %u, %s follow", p->auth.length,
                       RK_COUNTED(rk_rd_left(rd), "byte"));
    p->der_at = rk_rd_offset(rd);
    p->der_len = p->auth.length - RK_CAPSULE_CERT_HEAD;
    if (rk_pkcs7_size(rd->buf + rd->pos, p->der_len, &size, err) || size != p->der_len)
        return rk_fail(err, RK_E_FORMAT, "the SignedData does not fill its %s",
                       RK_COUNTED(p->der_len, "byte"));
    (void)rk_rd_take(rd, p->der_len);
    return RK_OK;
}

/* Opcodes up to END. UEFI 2.10, 23.2: what an opcode has behind it. */
static enum rk_rc read_dependencies(struct rk_rd *rd, struct rk_capsule_payload *p,
                                    struct rk_err *err)
{
    enum { PUSH_GUID, PUSH_VERSION, VERSION_TEXT, END = 0x0d, LENGTH };
    uint64_t op = PUSH_GUID;

    p->depends_at = rk_rd_offset(rd);
    while (op != END) {
        op = rk_rd_le(rd, 1);
        if (op == PUSH_GUID)
            (void)rk_rd_take(rd, RK_GUID_LEN);
        else if (op == PUSH_VERSION || op == LENGTH)
            (void)rk_rd_take(rd, 4);
        else if (op == VERSION_TEXT)
            while (rk_rd_le(rd, 1) != 0)
                continue;
        if (rk_rd_ok(rd, err))
            return rk_wrap(err, "dependencies at 0x%zx", p->depends_at);
        if (op > LENGTH)
            return rk_fail(err, RK_E_FORMAT, "dependencies at 0x%zx: opcode 0x%llx", p->depends_at,
                           (unsigned long long)op);
    }
    p->depends_len = rk_rd_offset(rd) - p->depends_at;
    return RK_OK;
}

static enum rk_rc read_payload_header(struct rk_rd *rd, struct rk_capsule_payload *p,
                                      struct rk_err *err)
{
    p->header_at = rk_rd_offset(rd);
    p->has_header = rk_rd_left(rd) >= RK_CAPSULE_PAYLOAD_HEADER &&
                    memcmp(rd->buf + rd->pos, rk_capsule_mss1, sizeof rk_capsule_mss1) == 0;
    if (!p->has_header)
        return RK_OK;
    rk_layout_read(rk_capsule_payload_layout, RK_CAPSULE_PAYLOAD_FIELDS, rd, &p->header);
    if (p->header.header_size != RK_CAPSULE_PAYLOAD_HEADER)
        return rk_fail(err, RK_E_FORMAT, "payload header of %s, expected 16",
                       RK_COUNTED(p->header.header_size, "byte"));
    return RK_OK;
}

enum rk_rc rk_capsule_payload_read(const struct rk_capsule *capsule, const uint8_t *file,
                                   size_t index, struct rk_capsule_payload *ret, struct rk_err *err)
{
    size_t item = capsule->fmp.drivers + index, at = capsule->item[item];
    struct rk_rd rd = { .buf = file + at, .len = capsule->item[item + 1] - at, .base = at };
    struct rk_capsule_payload p = { .is_signed = false };

    if (read_image(&rd, &p, err))
        return err->rc;
    p.vendor_at = rk_rd_offset(&rd) + p.image.image_size;
    rd = rk_rd_sub(&rd, p.image.image_size);
    p.is_signed = p.image.version < 3 ? looks_signed(&rd)
                                      : (p.image.support & RK_CAPSULE_AUTHENTICATION) != 0;
    if (p.is_signed && read_auth(&rd, &p, err))
        return err->rc;
    p.content_at = rk_rd_offset(&rd);
    p.content_len = rk_rd_left(&rd);
    if (((p.image.support & RK_CAPSULE_DEPENDENCY) != 0 && read_dependencies(&rd, &p, err)) ||
        read_payload_header(&rd, &p, err))
        return err->rc;
    p.at = rk_rd_offset(&rd);
    p.len = rk_rd_left(&rd);
    *ret = p;
    return RK_OK;
}

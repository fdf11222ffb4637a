/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capsule: a UEFI capsule with one FMP payload, as edk2-nvidia takes it. Source: UEFI 2.10, 23;
 * boot-images.md 3.2. Signed are payload header, payload and, behind them, the monotonic count.
 */
#include "rotkit/format_row.h"
#include "base/layout.h"
#include "image/uefi/cert.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>

enum {
    CAPSULE_MAX = 512 << 20,
    EDK2_HEADER = 0x20, /* 28 bytes and padding; mkeficapsule writes 0x1c */
    SHORT_HEADER = 0x1c,
    ITEM_AT = 0x10, /* behind the FMP capsule header and its one offset */
    CERT_HEAD = 24, /* of WIN_CERTIFICATE_UEFI_GUID */
    PAYLOAD_HEADER = 16,
};
static const char fmp_guid[] = "6dcbd5ed-e82d-4c44-bda1-7194199ad92a";
static const char pkcs7_guid[] = "4aafd29d-68df-49ee-8aa9-347d375665a7";
static const struct rk_format *self(void);

struct head {
    uint8_t guid[16];
    uint32_t header_size, flags, image_size;
};
struct fmp {
    uint32_t version;
    uint16_t drivers, items;
    uint64_t offset;
};
struct image {
    uint32_t version;
    uint8_t type[16];
    uint8_t index, reserved[3];
    uint32_t image_size, vendor_size;
    uint64_t hardware_instance, support;
};
struct auth {
    uint64_t monotonic_count;
    uint32_t length;
    uint16_t revision, certificate_type;
    uint8_t type[16];
};
struct payload_header {
    uint8_t signature[4];
    uint32_t header_size, version, lowest_supported_version;
};
enum { HEAD_FIELDS = 4, FMP_FIELDS = 4, IMAGE_FIELDS = 8, AUTH_FIELDS = 5, PAYLOAD_FIELDS = 4 };
/* clang-format off */
static const struct rk_field head_layout[HEAD_FIELDS] = {
    RK_BYTES(struct head, guid),
    RK_LE(struct head, header_size),
    RK_LE(struct head, flags),
    RK_LE(struct head, image_size),
};
static const struct rk_field fmp_layout[FMP_FIELDS] = {
    RK_LE(struct fmp, version),
    RK_LE(struct fmp, drivers),
    RK_LE(struct fmp, items),
    RK_LE(struct fmp, offset),
};
static const struct rk_field image_layout[IMAGE_FIELDS] = {
    RK_LE(struct image, version),
    RK_BYTES(struct image, type),
    RK_LE(struct image, index),
    RK_BYTES(struct image, reserved),
    RK_LE(struct image, image_size),
    RK_LE(struct image, vendor_size),
    RK_LE(struct image, hardware_instance),
    RK_LE(struct image, support),
};
static const struct rk_field auth_layout[AUTH_FIELDS] = {
    RK_LE(struct auth, monotonic_count),
    RK_LE(struct auth, length),
    RK_LE(struct auth, revision),
    RK_LE(struct auth, certificate_type),
    RK_BYTES(struct auth, type),
};
static const struct rk_field payload_layout[PAYLOAD_FIELDS] = {
    RK_BYTES(struct payload_header, signature),
    RK_LE(struct payload_header, header_size),
    RK_LE(struct payload_header, version),
    RK_LE(struct payload_header, lowest_supported_version),
};
/* clang-format on */
static const uint8_t mss1[4] = { 'M', 'S', 'S', '1' };

/* What was read, with where it stands. */
struct capsule {
    struct head head;
    struct fmp fmp;
    struct image image;
    struct auth auth;
    struct payload_header payload_header;
    bool is_signed, has_payload_header;
    size_t fmp_at, image_at, auth_at, der_at, der_len;
    size_t content_at, content_len; /* payload header and payload: what is signed */
    size_t payload_at, payload_len;
};

/* ---- reading ---- */

static bool recognise(const uint8_t *file, size_t len)
{
    uint8_t guid[16];
    struct rk_err ignored;

    return len >= 28 && rk_guid_parse(fmp_guid, guid, &ignored) == RK_OK &&
           memcmp(file, guid, sizeof guid) == 0;
}

static enum rk_rc read_head(struct rk_rd *rd, struct capsule *c, struct rk_err *err)
{
    rk_layout_read(head_layout, HEAD_FIELDS, rd, &c->head);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (!recognise(rd->buf, rd->len))
        return rk_fail(err, RK_E_FORMAT, "no FMP capsule GUID");
    if (c->head.image_size < rd->pos || c->head.image_size > rd->len)
        return rk_fail(err, RK_E_FORMAT, "CapsuleImageSize is %u, the file has %zu bytes",
                       c->head.image_size, rd->len);
    rd->len = c->head.image_size; /* what stands behind it is not part of it */
    if (c->head.header_size != SHORT_HEADER && c->head.header_size != EDK2_HEADER)
        return rk_fail(err, RK_E_FORMAT, "HeaderSize is 0x%x, expected 0x1c or 0x20",
                       c->head.header_size);
    (void)rk_rd_take(rd, c->head.header_size - SHORT_HEADER);
    c->fmp_at = rk_rd_offset(rd);
    rk_layout_read(fmp_layout, FMP_FIELDS, rd, &c->fmp);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (c->fmp.version != 1 || c->fmp.drivers != 0 || c->fmp.items != 1 || c->fmp.offset != ITEM_AT)
        return rk_fail(err, RK_E_FORMAT,
                       "FMP capsule header version %u with %u drivers and %u items at 0x%llx, "
                       "expected version 1 with one item at 0x10",
                       c->fmp.version, c->fmp.drivers, c->fmp.items,
                       (unsigned long long)c->fmp.offset);
    return RK_OK;
}

static enum rk_rc read_image(struct rk_rd *rd, struct capsule *c, struct rk_err *err)
{
    c->image_at = rk_rd_offset(rd);
    rk_layout_read(image_layout, IMAGE_FIELDS, rd, &c->image);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (c->image.version != 3 || c->image.vendor_size != 0 || c->image.support > 1)
        return rk_fail(err, RK_E_FORMAT,
                       "image header version %u, %u vendor bytes, ImageCapsuleSupport 0x%llx: "
                       "expected 3, 0, and 0 or 1",
                       c->image.version, c->image.vendor_size,
                       (unsigned long long)c->image.support);
    if (c->image.image_size != rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT, "UpdateImageSize is %u, %zu bytes follow",
                       c->image.image_size, rk_rd_left(rd));
    c->is_signed = c->image.support == 1;
    return RK_OK;
}

static enum rk_rc read_auth(struct rk_rd *rd, struct capsule *c, struct rk_err *err)
{
    uint8_t want[16];
    size_t size;

    c->auth_at = rk_rd_offset(rd);
    rk_layout_read(auth_layout, AUTH_FIELDS, rd, &c->auth);
    if (rk_rd_ok(rd, err) || rk_guid_parse(pkcs7_guid, want, err))
        return err->rc;
    if (c->auth.revision != 0x0200 || c->auth.certificate_type != 0x0ef1 ||
        memcmp(c->auth.type, want, sizeof want) != 0)
        return rk_fail(err, RK_E_FORMAT, "the authentication is no PKCS #7 WIN_CERTIFICATE");
    if (c->auth.length < CERT_HEAD || c->auth.length - CERT_HEAD > rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT, "dwLength is %u, %zu bytes follow", c->auth.length,
                       rk_rd_left(rd));
    c->der_at = rk_rd_offset(rd);
    c->der_len = c->auth.length - CERT_HEAD;
    if (rk_pkcs7_size(rd->buf + c->der_at, c->der_len, &size, err) || size != c->der_len)
        return rk_fail(err, RK_E_FORMAT, "the SignedData does not fill its %zu bytes", c->der_len);
    (void)rk_rd_take(rd, c->der_len);
    return RK_OK;
}

static enum rk_rc read_payload_header(struct rk_rd *rd, struct capsule *c, struct rk_err *err)
{
    c->payload_at = rk_rd_offset(rd);
    c->payload_len = rk_rd_left(rd);
    c->content_at = c->payload_at;
    c->content_len = c->payload_len;
    c->has_payload_header =
        c->payload_len >= PAYLOAD_HEADER && memcmp(rd->buf + c->payload_at, mss1, sizeof mss1) == 0;
    if (!c->has_payload_header)
        return RK_OK;
    rk_layout_read(payload_layout, PAYLOAD_FIELDS, rd, &c->payload_header);
    if (c->payload_header.header_size != PAYLOAD_HEADER)
        return rk_fail(err, RK_E_FORMAT, "payload header of %u bytes, expected 16",
                       c->payload_header.header_size);
    c->payload_at += PAYLOAD_HEADER;
    c->payload_len -= PAYLOAD_HEADER;
    return RK_OK;
}

static enum rk_rc read_capsule(const uint8_t *file, size_t len, struct capsule *ret,
                               struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    *ret = (struct capsule) { .is_signed = false };
    if (read_head(&rd, ret, err) || read_image(&rd, ret, err) ||
        (ret->is_signed && read_auth(&rd, ret, err)))
        return err->rc;
    return read_payload_header(&rd, ret, err);
}

static enum rk_rc add_payload(const struct capsule *c, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    if (c->has_payload_header) {
        if (rk_region_add(map, map->root, c->content_at, PAYLOAD_HEADER, "FMP payload header",
                          &region, err) ||
            rk_layout_map(payload_layout, PAYLOAD_FIELDS, &c->payload_header, c->content_at, region,
                          err))
            return err->rc;
        region->loaded = true;
        rk_region_set_child_ratchet(region, "version", c->payload_header.version);
        rk_region_set_child_ratchet(region, "lowest_supported_version",
                                    c->payload_header.lowest_supported_version);
    }
    if (rk_region_add(map, map->root, c->payload_at, c->payload_len, "payload", &region, err))
        return err->rc;
    region->nested = region->loaded = true;
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    char type[RK_GUID_TEXT];
    struct rk_region *region;
    struct capsule c;

    if (read_capsule(file, len, &c, err) ||
        rk_region_add(map, map->root, 0, c.head.header_size, "capsule header", &region, err) ||
        rk_layout_map(head_layout, HEAD_FIELDS, &c.head, 0, region, err) ||
        rk_region_add(map, map->root, c.fmp_at, ITEM_AT, "FMP capsule header", &region, err) ||
        rk_layout_map(fmp_layout, FMP_FIELDS, &c.fmp, c.fmp_at, region, err) ||
        rk_region_add(map, map->root, c.image_at, rk_layout_wire(image_layout, IMAGE_FIELDS),
                      "FMP image header", &region, err) ||
        rk_layout_map(image_layout, IMAGE_FIELDS, &c.image, c.image_at, region, err))
        return err->rc;
    rk_guid_text(c.image.type, type);
    (void)snprintf(map->root->note, sizeof map->root->note, "image type %s", type);
    if (c.is_signed &&
        (rk_region_add(map, map->root, c.auth_at, c.der_at - c.auth_at, "authentication", &region,
                       err) ||
         rk_layout_map(auth_layout, AUTH_FIELDS, &c.auth, c.auth_at, region, err) ||
         rk_region_add(map, map->root, c.der_at, c.der_len, "SignedData", &region, err)))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   c.is_signed ? "signature not checked: needs the certificate" : "not signed");
    if (add_payload(&c, map, err))
        return err->rc;
    return rk_map_rest(map, file, c.head.image_size, len, err);
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "payload", true, false, "what is installed, a bup" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "version", NULL, "FwVersion, e.g. 0x00230301 for 35.3.1" },
    { "lowest-supported-version", NULL,
      "the oldest that may be installed later (default: version)" },
    { "image-type", "bf0d4599-20d4-414e-b2c5-3595b1cda402",
      "FMP image type GUID; a product should have its own" },
    { "monotonic-count", "1", "sign: MonotonicCount, signed behind the payload" },
    { "accept-test-keys", "no", "yes: take EDK2's public test certificates" },
    { NULL, NULL, NULL },
};

/* Everything in front of the content. der NULL: not signed. */
static enum rk_rc put_front(const struct capsule *c, const struct rk_bytes *der, size_t content_len,
                            struct rk_wr *wr, struct rk_err *err)
{
    struct capsule out = *c;
    size_t auth_len = der == NULL ? 0 : 8 + CERT_HEAD + der->len;

    if (content_len > CAPSULE_MAX - 0x1000 - auth_len)
        return rk_fail(err, RK_E_USAGE, "the payload is larger than %d bytes", CAPSULE_MAX);
    out.head.header_size = EDK2_HEADER;
    out.fmp = (struct fmp) { .version = 1, .items = 1, .offset = ITEM_AT };
    out.image.version = 3;
    out.image.index = 1;
    out.image.support = der == NULL ? 0 : 1;
    out.image.image_size = (uint32_t)(auth_len + content_len);
    out.head.image_size =
        (uint32_t)(EDK2_HEADER + ITEM_AT + rk_layout_wire(image_layout, IMAGE_FIELDS) + auth_len +
                   content_len);
    if (rk_guid_parse(fmp_guid, out.head.guid, err) ||
        rk_guid_parse(pkcs7_guid, out.auth.type, err))
        return err->rc;
    rk_layout_write(head_layout, HEAD_FIELDS, &out.head, wr);
    rk_wr_zero(wr, EDK2_HEADER - SHORT_HEADER);
    rk_layout_write(fmp_layout, FMP_FIELDS, &out.fmp, wr);
    rk_layout_write(image_layout, IMAGE_FIELDS, &out.image, wr);
    if (der == NULL)
        return RK_OK;
    out.auth.length = (uint32_t)(CERT_HEAD + der->len);
    out.auth.revision = 0x0200;
    out.auth.certificate_type = 0x0ef1;
    rk_layout_write(auth_layout, AUTH_FIELDS, &out.auth, wr);
    rk_wr_bytes(wr, der->p, der->len);
    return RK_OK;
}

static enum rk_rc read_versions(const struct rk_request *request, struct payload_header *ret,
                                struct rk_err *err)
{
    uint64_t version, lowest;

    if (rk_request_text(request, self(), "version") == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "setting \"version\" is missing: FwVersion, e.g. "
                       "0x00230301 for 35.3.1");
    if (rk_request_u64(request, self(), "version", 0, UINT32_MAX, &version, err) ||
        rk_request_u64(request, self(), "lowest-supported-version", version, UINT32_MAX, &lowest,
                       err))
        return err->rc;
    if (lowest > version)
        return rk_fail(err, RK_E_USAGE,
                       "lowest-supported-version 0x%llx is above version 0x%llx: the update would "
                       "refuse itself",
                       (unsigned long long)lowest, (unsigned long long)version);
    memcpy(ret->signature, mss1, sizeof mss1);
    ret->header_size = PAYLOAD_HEADER;
    ret->version = (uint32_t)version;
    ret->lowest_supported_version = (uint32_t)lowest;
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CAPSULE_MAX);
    const struct rk_input *payload = rk_request_part(request, "payload");
    struct capsule c = { .is_signed = false };

    if (read_versions(request, &c.payload_header, err) ||
        rk_guid_parse(rk_request_text(request, self(), "image-type"), c.image.type, err) ||
        put_front(&c, NULL, PAYLOAD_HEADER + payload->len, &wr, err))
        return err->rc;
    rk_layout_write(payload_layout, PAYLOAD_FIELDS, &c.payload_header, &wr);
    rk_wr_bytes(&wr, payload->p, payload->len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- signing ---- */

/* The trap of boot-images.md 8: the count follows the signed payload. */
static enum rk_rc signed_content(const struct capsule *c, const uint8_t *file, uint64_t count,
                                 struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CAPSULE_MAX);

    rk_wr_bytes(&wr, file + c->content_at, c->content_len);
    rk_wr_le(&wr, count, 8);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc open_to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                               struct capsule *c, struct rk_bytes *content, struct rk_err *err)
{
    uint64_t count;

    if (read_capsule(file, len, c, err) ||
        rk_request_u64(request, self(), "monotonic-count", 1, UINT64_MAX, &count, err))
        return err->rc;
    c->auth.monotonic_count = count;
    return signed_content(c, file, count, content, err);
}

static struct rk_pkcs7 describe(const struct rk_request *request, const struct rk_bytes *content)
{
    return (struct rk_pkcs7) { .ctx = request->ctx,
                               .cert = request->cert,
                               .chain_max = self()->chain_max,
                               .pub = request->key[0].pub,
                               .content = content->p,
                               .content_len = content->len,
                               .attributes = true };
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_pkcs7 what;
    enum rk_scheme scheme;
    struct capsule c;

    if (open_to_sign(request, file, len, &c, &content, err))
        return err->rc;
    what = describe(request, &content);
    if (rk_pkcs7_to_sign(&what, &message, &scheme, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the payload and the monotonic count", scheme, &message,
                                err);
}

static void note_test_keys(void *arg, const X509 *cert)
{
    *(bool *)arg = *(bool *)arg || rk_uefi_is_test_certificate(cert);
}

/* Everybody has the key of these, and edk2-nvidia's default build trusts them. */
static enum rk_rc refuse_test_keys(const struct rk_request *request, const uint8_t *der, size_t len,
                                   enum rk_rc rc, struct rk_err *err)
{
    bool accept, found = false;

    if (rk_request_flag(request, self(), "accept-test-keys", &accept, err) ||
        rk_pkcs7_certificates(der, len, note_test_keys, &found, err))
        return err->rc;
    if (!found || accept)
        return RK_OK;
    (void)rk_fail(err, rc, "signed with EDK2's public test certificates, whose key everybody has");
    return rk_note(err, "accept-test-keys=yes takes them, on a developer's own board");
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CAPSULE_MAX);
    struct rk_pkcs7 what;
    struct capsule c;

    if (open_to_sign(request, file, len, &c, &content, err))
        return err->rc;
    what = describe(request, &content);
    if (rk_pkcs7_finish(&what, &signatures[0], &der, err) ||
        refuse_test_keys(request, der.p, der.len, RK_E_USAGE, err) ||
        put_front(&c, &der, c.content_len, &wr, err))
        return err->rc;
    rk_wr_bytes(&wr, file + c.content_at, c.content_len);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .own = request->own_signer };
    struct capsule c;
    bool go;

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (read_capsule(file, len, &c, err) ||
        rk_check_begin(request, c.is_signed, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (signed_content(&c, file, c.auth.monotonic_count, &content, err) ||
        rk_pkcs7_verify(&who, file + c.der_at, c.der_len, content.p, content.len, map->signer,
                        err) ||
        (!request->own_signer &&
         refuse_test_keys(request, file + c.der_at, c.der_len, RK_E_VERIFY, err)))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "signature holds");
    if (rk_map_checked(map, c.der_at, c.der_len, err) ||
        rk_map_guard(map, c.auth_at, 8, RK_GUARD_SIGNATURE, "PKCS #7 signature", err))
        return err->rc;
    return rk_map_guard(map, c.content_at, c.content_len, RK_GUARD_SIGNATURE, "PKCS #7 signature",
                        err);
}

const struct rk_format rk_format_capsule = {
    .name = "capsule",
    .title = "UEFI capsule",
    .max = CAPSULE_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_capsule;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capsule: a UEFI capsule; what is made and signed has one FMP payload, as edk2-nvidia takes it.
 * Signed are payload header, payload and, behind them, the monotonic count.
 */
#include "image/uefi/capsule.h"
#include "image/uefi/facts.h"
#include "image/uefi/cert.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/guid.h"
#include "rotkit/pkcs7.h"

#include <stdio.h>
#include <string.h>

enum {
    EDK2_HEADER = 0x20, /* 28 bytes and padding */
    ITEM_AT = 0x10,     /* behind the FMP capsule header and its one offset */
};
static const struct rk_format *self(void);

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
static enum rk_rc put_front(uint32_t flags, const struct rk_capsule_payload *from,
                            const struct rk_bytes *der, size_t content_len, struct rk_wr *wr,
                            struct rk_err *err)
{
    struct rk_capsule_head head = { .header_size = EDK2_HEADER, .flags = flags };
    struct rk_capsule_fmp fmp = { .version = 1, .items = 1 };
    struct rk_capsule_image image = from->image;
    struct rk_capsule_auth auth = from->auth;
    size_t auth_len = der == NULL ? 0 : 8 + RK_CAPSULE_CERT_HEAD + der->len;

    if (content_len > RK_CAPSULE_MAX - 0x1000 - auth_len)
        return rk_fail(err, RK_E_USAGE, "the payload is larger than %s",
                       RK_COUNTED(RK_CAPSULE_MAX, "byte"));
    image.version = 3;
    image.index = image.index == 0 ? 1 : image.index;
    image.support = der == NULL ? 0 : RK_CAPSULE_AUTHENTICATION;
    image.image_size = (uint32_t)(auth_len + content_len);
    head.image_size = (uint32_t)(EDK2_HEADER + ITEM_AT +
                                 rk_layout_wire(rk_capsule_image_layout, RK_CAPSULE_IMAGE_FIELDS) +
                                 auth_len + content_len);
    rk_capsule_guid(RK_CAPSULE_FMP, head.guid);
    rk_layout_write(rk_capsule_head_layout, RK_CAPSULE_HEAD_FIELDS, &head, wr);
    rk_wr_zero(wr, EDK2_HEADER - RK_CAPSULE_SHORT_HEADER);
    rk_layout_write(rk_capsule_fmp_layout, RK_CAPSULE_FMP_FIELDS, &fmp, wr);
    rk_wr_le(wr, ITEM_AT, 8);
    rk_layout_write(rk_capsule_image_layout, RK_CAPSULE_IMAGE_FIELDS, &image, wr);
    if (der == NULL)
        return RK_OK;
    auth.length = (uint32_t)(RK_CAPSULE_CERT_HEAD + der->len);
    auth.revision = 0x0200;
    auth.certificate_type = 0x0ef1;
    rk_esl_kind_guid(RK_ESL_PKCS7, auth.type);
    rk_layout_write(rk_capsule_auth_layout, RK_CAPSULE_AUTH_FIELDS, &auth, wr);
    rk_wr_bytes(wr, der->p, der->len);
    return RK_OK;
}

static enum rk_rc read_versions(const struct rk_request *request,
                                struct rk_capsule_payload_header *ret, struct rk_err *err)
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
    memcpy(ret->signature, rk_capsule_mss1, sizeof rk_capsule_mss1);
    ret->header_size = RK_CAPSULE_PAYLOAD_HEADER;
    ret->version = (uint32_t)version;
    ret->lowest_supported_version = (uint32_t)lowest;
    return RK_OK;
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CAPSULE_MAX);
    const struct rk_input *payload = rk_request_part(request, "payload");
    struct rk_capsule_payload p = { .is_signed = false };

    if (read_versions(request, &p.header, err) ||
        rk_guid_parse(rk_request_text(request, self(), "image-type"), p.image.type, err) ||
        put_front(0, &p, NULL, RK_CAPSULE_PAYLOAD_HEADER + payload->len, &wr, err))
        return err->rc;
    rk_layout_write(rk_capsule_payload_layout, RK_CAPSULE_PAYLOAD_FIELDS, &p.header, &wr);
    rk_wr_bytes(&wr, payload->p, payload->len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- signing ---- */

/* The trap of boot-images.md 8: the count follows the signed payload. */
static enum rk_rc signed_content(const struct rk_capsule_payload *p, const uint8_t *file,
                                 uint64_t count, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CAPSULE_MAX);

    rk_wr_bytes(&wr, file + p->content_at, p->content_len);
    rk_wr_le(&wr, count, 8);
    return rk_wr_end(&wr, ret, err);
}

struct signing {
    struct rk_capsule capsule;
    struct rk_capsule_payload payload;
    struct rk_bytes content;
};

static void signing_done(struct signing *s)
{
    rk_bytes_done(&s->content);
}

/* What putting a signature in would lose is not signed. */
static enum rk_rc check_signable(const struct signing *s, struct rk_err *err)
{
    const struct rk_capsule_image *image = &s->payload.image;

    if (image->version == 3 && image->vendor_size == 0 &&
        (image->support & RK_CAPSULE_DEPENDENCY) == 0)
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "image header version %u, %u vendor bytes, ImageCapsuleSupport 0x%llx: rotkit "
                   "signs version 3 with neither vendor bytes nor dependencies",
                   image->version, image->vendor_size, (unsigned long long)image->support);
}

static enum rk_rc open_to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                               struct signing *s, struct rk_err *err)
{
    uint64_t count;

    if (rk_capsule_read(file, len, &s->capsule, err))
        return err->rc;
    if (s->capsule.kind != RK_CAPSULE_FMP || s->capsule.fmp.drivers != 0 ||
        s->capsule.fmp.items != 1)
        return rk_fail(err, RK_E_USAGE,
                       "%s and %s of firmware management: rotkit signs capsules "
                       "of one payload",
                       RK_COUNTED(s->capsule.fmp.drivers, "driver"),
                       RK_COUNTED(s->capsule.fmp.items, "payload"));
    if (rk_capsule_payload_read(&s->capsule, file, 0, &s->payload, err) || check_signable(s, err) ||
        rk_request_u64(request, self(), "monotonic-count", 1, UINT64_MAX, &count, err))
        return err->rc;
    s->payload.auth.monotonic_count = count;
    return signed_content(&s->payload, file, count, &s->content, err);
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
    RK_AUTO(signing_done) struct signing s = { .content = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_pkcs7 what;
    enum rk_scheme scheme;

    if (open_to_sign(request, file, len, &s, err))
        return err->rc;
    what = describe(request, &s.content);
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
    RK_AUTO(signing_done) struct signing s = { .content = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CAPSULE_MAX);
    struct rk_pkcs7 what;

    if (open_to_sign(request, file, len, &s, err))
        return err->rc;
    what = describe(request, &s.content);
    if (rk_pkcs7_finish(&what, &signatures[0], &der, err) ||
        refuse_test_keys(request, der.p, der.len, RK_E_USAGE, err) ||
        put_front(s.capsule.head.flags, &s.payload, &der, s.payload.content_len, &wr, err))
        return err->rc;
    rk_wr_bytes(&wr, file + s.payload.content_at, s.payload.content_len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- checking ---- */

/* FMP drivers are handed them beside the payload (UEFI 2.10, 23.1: VendorCode of SetImage). */
static enum rk_rc leave_vendor(const struct rk_capsule_payload *p, struct rk_map *map,
                               struct rk_err *err)
{
    return p->image.vendor_size == 0
               ? RK_OK
               : rk_map_unknown(map, p->vendor_at, p->image.vendor_size, RK_NEED_NOTHING,
                                "the vendor's bytes, which no signature covers", err);
}

static enum rk_rc check_payload(const struct rk_request *request, const uint8_t *file,
                                const struct rk_capsule_payload *p, struct rk_map *map,
                                struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .own = request->own_signer };

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (!p->is_signed)
        return rk_request_asks_signer(request) ? rk_fail(err, RK_E_VERIFY, "is not signed") : RK_OK;
    if (signed_content(p, file, p->auth.monotonic_count, &content, err) ||
        rk_pkcs7_verify(&who, file + p->der_at, p->der_len, content.p, content.len, map->signer,
                        err) ||
        (!request->own_signer &&
         refuse_test_keys(request, file + p->der_at, p->der_len, RK_E_VERIFY, err)))
        return err->rc;
    if (leave_vendor(p, map, err) || rk_map_checked(map, p->der_at, p->der_len, err) ||
        rk_map_guard(map, p->auth_at, 8, RK_GUARD_SIGNATURE, "PKCS #7 signature", err))
        return err->rc;
    return rk_map_guard(map, p->content_at, p->content_len, RK_GUARD_SIGNATURE, "PKCS #7 signature",
                        err);
}

/* Drivers are held against db, as any program, not against who signs capsules. */
static enum rk_rc leave_drivers(const struct rk_capsule *c, struct rk_map *map, struct rk_err *err)
{
    for (size_t i = 0; i < c->fmp.drivers; i++) {
        if (rk_map_unknown(map, c->item[i], c->item[i + 1] - c->item[i], RK_NEED_CA,
                           "an embedded driver, which UEFI holds against db", err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc check_each(const struct rk_request *request, const struct rk_capsule *c,
                             const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    struct rk_capsule_payload p;

    for (size_t i = 0; i < c->fmp.items; i++) {
        if (rk_capsule_payload_read(c, file, i, &p, err) ||
            check_payload(request, file, &p, map, err))
            return c->fmp.items == 1 ? err->rc
                                     : rk_wrap(err, "payload %zu of %u", i + 1, c->fmp.items);
    }
    return RK_OK;
}

static bool is_any_signed(const struct rk_capsule *c, const uint8_t *file)
{
    struct rk_capsule_payload p;
    struct rk_err ignored;

    for (size_t i = 0; i < c->fmp.items; i++) {
        if (rk_capsule_payload_read(c, file, i, &p, &ignored) == RK_OK && p.is_signed)
            return true;
    }
    return false;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct rk_capsule c;
    bool go;

    if (rk_capsule_read(file, len, &c, err) ||
        rk_check_begin(request, is_any_signed(&c, file), RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (check_each(request, &c, file, map, err) || leave_drivers(&c, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   c.fmp.items == 1 ? "signature holds" : "signature of every payload holds");
    return RK_OK;
}

const struct rk_format rk_format_capsule = {
    .name = "capsule",
    .title = "UEFI capsule",
    .max = RK_CAPSULE_MAX,
    .recognise = rk_capsule_recognise,
    .parse = rk_capsule_parse,
    .demands = rk_capsule_demands,
    .facts = rk_capsule_facts,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_capsule;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a CoRIM, signed or not. Sources: corim.h. */
#include "corim/tags.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <string.h>

static enum rk_rc want_tag(struct rk_rd *rd, uint64_t tag, struct rk_err *err)
{
    struct rk_cbor item;

    if (rk_cbor_want(rd, RK_CBOR_TAG, &item, err))
        return err->rc;
    return item.value == tag
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "tag %llu at offset 0x%zx, expected %llu",
                         (unsigned long long)item.value, item.at, (unsigned long long)tag);
}

/* The content of a byte string as one well-formed item of its own. */
static enum rk_rc open_bytes(struct rk_rd *rd, struct rk_rd *ret, struct rk_err *err)
{
    struct rk_cbor item;
    size_t base;

    if (rk_cbor_want(rd, RK_CBOR_BYTES, &item, err))
        return err->rc;
    base = rk_rd_offset(rd) - (size_t)item.value;
    *ret = (struct rk_rd) { .buf = item.p, .len = (size_t)item.value, .base = base };
    return rk_cbor_check(ret->buf, ret->len, ret->base, err);
}

/* ---- the whole ---- */

static enum rk_rc read_id(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_name(r, rd, &r->to->id, err);
}

static enum rk_rc read_tag(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_corim_tag), RK_CORIM_ITEMS_MAX,
                                             RK_E_FORMAT, "tags" };
    struct rk_corim *to = r->to;
    size_t at = rk_rd_offset(rd);
    void *items = to->tag;
    struct rk_rd inside;
    struct rk_cbor tag;

    if (rk_cbor_want(rd, RK_CBOR_TAG, &tag, err) || rk_grow(&growth, &items, to->tag_count, 1, err))
        return err->rc;
    to->tag = items;
    if (open_bytes(rd, &inside, err))
        return err->rc;
    r->tag = &to->tag[to->tag_count++];
    *r->tag = (struct rk_corim_tag) { .number = tag.value, .whole = { at, rk_rd_offset(rd) - at } };
    if (tag.value == RK_CORIM_TAG_COMID)
        return rk_reader_comid(r, &inside, err) ? rk_wrap(err, "CoMID") : RK_OK;
    if (tag.value == RK_CORIM_TAG_COTS)
        return rk_reader_store(r, &inside, err) ? rk_wrap(err, "trust anchor store") : RK_OK;
    return rk_reader_beside(r, &inside, err);
}

static enum rk_rc read_tags(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_list(r, rd, read_tag, err);
}

static enum rk_rc read_time(struct rk_rd *rd, int64_t *ret, struct rk_err *err)
{
    return want_tag(rd, RK_CBOR_TAG_EPOCH, err) || rk_cbor_int(rd, ret, err) ? err->rc : RK_OK;
}

/* Of the validity of the content and that of the signature, the narrower one counts. */
static enum rk_rc read_not_before(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    int64_t when;

    if (read_time(rd, &when, err))
        return err->rc;
    r->to->not_before = when > r->to->not_before ? when : r->to->not_before;
    return RK_OK;
}

static enum rk_rc read_not_after(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    int64_t when;

    if (read_time(rd, &when, err))
        return err->rc;
    r->to->not_after = when < r->to->not_after ? when : r->to->not_after;
    return RK_OK;
}

static enum rk_rc read_validity(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "not-before", false, read_not_before },
        { 1, "not-after", true, read_not_after },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_entity_name(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    struct rk_span name;

    if (rk_reader_string(r, rd, RK_CBOR_TEXT, &name, err))
        return err->rc;
    if (r->to->entity.len == 0)
        r->to->entity = name;
    return RK_OK;
}

static enum rk_rc read_entity(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "name", true, read_entity_name },
        { 1, "registration id", false, rk_reader_aside },
        { 2, "role", false, rk_reader_aside },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_entities(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_list(r, rd, read_entity, err);
}

static enum rk_rc read_content(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "id", true, read_id },
        { 1, "tags", true, read_tags },
        { 4, "rim-validity", false, read_validity },
        { 5, "entities", false, read_entities },
        RK_MEMBER_END,
    };

    return want_tag(rd, RK_CORIM_TAG_UNSIGNED, err) || rk_reader_map(r, rd, rows, err) ? err->rc
                                                                                       : RK_OK;
}

/* ---- COSE_Sign1 ---- */

static enum rk_rc read_alg(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_cbor_int(rd, &r->to->alg, err);
}

static enum rk_rc refuse_crit(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    (void)r;
    return rk_fail(err, RK_E_FORMAT, "critical header parameters at offset 0x%zx are not known",
                   rk_rd_offset(rd));
}

static enum rk_rc read_content_type(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    struct rk_span type = { 0, 0 };

    if (rk_reader_string(r, rd, RK_CBOR_TEXT, &type, err))
        return err->rc;
    if (type.len != strlen(RK_CORIM_CONTENT_TYPE) ||
        memcmp(r->file + type.at, RK_CORIM_CONTENT_TYPE, type.len) != 0)
        return rk_fail(err, RK_E_FORMAT, "expected %s", RK_CORIM_CONTENT_TYPE);
    return RK_OK;
}

static enum rk_rc read_kid(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_BYTES, &r->to->kid, err);
}

static enum rk_rc read_signer_name(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->to->signer, err);
}

static enum rk_rc read_signer(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "name", true, read_signer_name },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_meta(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "signer", true, read_signer },
        { 1, "validity", false, read_validity },
        RK_MEMBER_END,
    };
    struct rk_rd inside;

    return open_bytes(rd, &inside, err) || rk_reader_map(r, &inside, rows, err) ? err->rc : RK_OK;
}

static enum rk_rc read_cert(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (r->to->cert_count == RK_COSE_CERTS_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %s",
                       RK_COUNTED(RK_COSE_CERTS_MAX, "certificate"));
    return rk_reader_string(r, rd, RK_CBOR_BYTES, &r->to->cert[r->to->cert_count++], err);
}

/* RFC 9360, 2: one certificate as bytes, several as an array */
static enum rk_rc read_x5chain(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (rk_cbor_is_next(rd, RK_CBOR_BYTES))
        return read_cert(r, rd, err);
    return rk_reader_list(r, rd, read_cert, err);
}

/* What stands there is not signed, and nothing of ours does. */
static enum rk_rc read_unprotected(struct rk_rd *rd, struct rk_err *err)
{
    struct rk_cbor map;

    if (rk_cbor_want(rd, RK_CBOR_MAP, &map, err))
        return err->rc;
    return map.value == 0 ? RK_OK
                          : rk_fail(err, RK_E_FORMAT,
                                    "%llu members at offset 0x%zx, expected none: they would not "
                                    "be signed",
                                    (unsigned long long)map.value, map.at);
}

static enum rk_rc read_sign1(struct rk_reader *r, struct rk_rd *rd, struct rk_rd *ret_payload,
                             struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { RK_COSE_ALG, "alg", true, read_alg },
        { RK_COSE_CRIT, "crit", false, refuse_crit },
        { RK_COSE_CONTENT_TYPE, "content type", true, read_content_type },
        { RK_COSE_KID, "kid", false, read_kid },
        { RK_COSE_CORIM_META, "corim-meta", false, read_meta },
        { RK_COSE_X5CHAIN, "x5chain", false, read_x5chain },
        RK_MEMBER_END,
    };
    struct rk_corim *to = r->to;
    struct rk_rd header;

    if (want_tag(rd, RK_COSE_TAG_SIGN1, err) || rk_reader_tuple(rd, 4, err))
        return err->rc;
    if (open_bytes(rd, &header, err) || rk_reader_map(r, &header, rows, err))
        return rk_wrap(err, "protected header");
    if (read_unprotected(rd, err))
        return rk_wrap(err, "unprotected header");
    if (open_bytes(rd, ret_payload, err))
        return rk_wrap(err, "payload");
    if (rk_reader_string(r, rd, RK_CBOR_BYTES, &to->signature, err))
        return rk_wrap(err, "signature");
    to->is_signed = true;
    to->beside = 0; /* the header is about the signature */
    to->protected = (struct rk_span) { header.base, header.len };
    to->payload = (struct rk_span) { ret_payload->base, ret_payload->len };
    return RK_OK;
}

/* The tag of COSE_Sign1; whatever else stands there must be an unsigned CoRIM. */
static bool is_sign1(const struct rk_rd *rd)
{
    return rd->len != 0 && rd->buf[0] == RK_COSE_SIGN1_HEAD;
}

void rk_corim_done(struct rk_corim *corim)
{
    rk_free(corim->tag);
    rk_free(corim->measurement);
    rk_free(corim->anchor);
    *corim = (struct rk_corim) { .tag = NULL };
}

enum rk_rc rk_corim_read(const uint8_t *file, size_t len, struct rk_corim *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len }, content = rd;
    struct rk_reader r = { .to = ret, .file = file };

    *ret = (struct rk_corim) { .payload = { 0, len },
                               .not_before = INT64_MIN,
                               .not_after = INT64_MAX };
    if (rk_cbor_check(file, len, 0, err))
        return err->rc;
    if (is_sign1(&rd) && read_sign1(&r, &rd, &content, err))
        return err->rc;
    return read_content(&r, &content, err);
}

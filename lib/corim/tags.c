/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: corim.h. */
#include "corim/tags.h"

#include "rotkit/counted.h"

/* ---- environments ---- */

static enum rk_rc read_vendor(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->of.vendor, err);
}

static enum rk_rc read_model(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->of.model, err);
}

static enum rk_rc read_class(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 1, "vendor", false, read_vendor },
        { 2, "model", false, read_model },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_environment(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "class", false, read_class },
        RK_MEMBER_END,
    };

    r->of = (struct rk_corim_class) { .vendor = { 0, 0 } };
    return rk_reader_map(r, rd, rows, err);
}

/* ---- measurements ---- */

const char *rk_corim_digest_name(int64_t alg, size_t *ret_len)
{
    static const struct {
        int64_t alg;
        size_t len;
        const char *name;
    } rows[] = { { 1, 32, "sha-256" }, { 7, 48, "sha-384" }, { 8, 64, "sha-512" } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].alg == alg) {
            *ret_len = rows[i].len;
            return rows[i].name;
        }
    }
    return NULL;
}

/* [alg: int / text, value: bytes] */
static enum rk_rc read_digest(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    struct rk_corim_measurement *m = r->measurement;
    struct rk_corim_digest digest = { .alg = 0 };
    size_t at = rk_rd_offset(rd), wanted;
    struct rk_cbor alg;

    if (m->digest_count == RK_CORIM_DIGESTS_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %d at offset 0x%zx", RK_CORIM_DIGESTS_MAX, at);
    if (rk_reader_tuple(rd, 2, err))
        return err->rc;
    if (rk_cbor_is_next(rd, RK_CBOR_TEXT)) {
        if (rk_cbor_want(rd, RK_CBOR_TEXT, &alg, err))
            return err->rc;
    } else if (rk_cbor_int(rd, &digest.alg, err)) {
        return err->rc;
    }
    if (rk_reader_string(r, rd, RK_CBOR_BYTES, &digest.value, err))
        return err->rc;
    if (rk_corim_digest_name(digest.alg, &wanted) != NULL && digest.value.len != wanted)
        return rk_fail(err, RK_E_FORMAT, "%s for %s at offset 0x%zx, expected %zu",
                       RK_COUNTED(digest.value.len, "byte"),
                       rk_corim_digest_name(digest.alg, &wanted), at, wanted);
    for (size_t i = 0; i < m->digest_count; i++) {
        if (digest.alg != 0 && m->digest[i].alg == digest.alg)
            return rk_fail(err, RK_E_FORMAT, "algorithm %lld twice at offset 0x%zx",
                           (long long)digest.alg, at);
    }
    m->digest[m->digest_count++] = digest;
    return RK_OK;
}

static enum rk_rc read_digests(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_list(r, rd, read_digest, err);
}

static enum rk_rc read_version_text(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->measurement->version, err);
}

static enum rk_rc read_version(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "text", true, read_version_text },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

/* uint / #6.552(uint); a least SVN (553) is no statement of what is there, and is passed over. */
static enum rk_rc read_svn(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    struct rk_cbor item;

    if (rk_cbor_next(rd, &item, err))
        return err->rc;
    if (item.kind == RK_CBOR_TAG && item.value != RK_CORIM_TAG_SVN)
        return rk_reader_beside(r, rd, err);
    if (item.kind == RK_CBOR_TAG && rk_cbor_next(rd, &item, err))
        return err->rc;
    if (item.kind != RK_CBOR_UINT)
        return rk_fail(err, RK_E_FORMAT, "%s at offset 0x%zx, expected a number",
                       rk_cbor_kind_name(item.kind), item.at);
    r->measurement->has_svn = true;
    r->measurement->svn = item.value;
    return RK_OK;
}

static enum rk_rc read_value_name(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->measurement->name, err);
}

static enum rk_rc read_value(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "version", false, read_version },
        { 1, "svn", false, read_svn },
        { 2, "digests", false, read_digests },
        { 11, "name", false, read_value_name },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

/* Of the choices for mkey, a text; numbers and tagged ones are passed over. */
static enum rk_rc read_key(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (!rk_cbor_is_next(rd, RK_CBOR_TEXT))
        return rk_reader_beside(r, rd, err);
    return rk_reader_string(r, rd, RK_CBOR_TEXT, &r->measurement->key, err);
}

static enum rk_rc read_measurement(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "mkey", false, read_key },
        { 1, "mval", true, read_value },
        RK_MEMBER_END,
    };
    static const struct rk_growth growth = { sizeof(struct rk_corim_measurement),
                                             RK_CORIM_ITEMS_MAX, RK_E_FORMAT, "measurements" };
    struct rk_corim *to = r->to;
    size_t at = rk_rd_offset(rd);
    void *items = to->measurement;

    if (rk_grow(&growth, &items, to->measurement_count, 1, err))
        return err->rc;
    to->measurement = items;
    r->measurement = &to->measurement[to->measurement_count++];
    r->measurement->of = r->of;
    r->measurement->tag = to->tag_count - 1;
    if (rk_reader_map(r, rd, rows, err))
        return err->rc;
    r->measurement->whole = (struct rk_span) { at, rk_rd_offset(rd) - at };
    return RK_OK;
}

/* [environment, [+ measurement]] */
static enum rk_rc read_reference(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (rk_reader_tuple(rd, 2, err))
        return err->rc;
    if (read_environment(r, rd, err))
        return rk_wrap(err, "environment");
    return rk_reader_list(r, rd, read_measurement, err) ? rk_wrap(err, "measurement") : RK_OK;
}

static enum rk_rc read_references(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_list(r, rd, read_reference, err);
}

static enum rk_rc read_triples(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "reference triples", false, read_references },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_tag_id(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_name(r, rd, &r->tag->id, err);
}

static enum rk_rc read_identity(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "tag-id", true, read_tag_id },
        { 1, "tag version", false, rk_reader_aside },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

enum rk_rc rk_reader_comid(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "language", false, rk_reader_aside },
        { 1, "tag-identity", true, read_identity },
        { 2, "entities", false, rk_reader_aside },
        { 4, "triples", true, read_triples },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

/* ---- trust anchors ---- */

static enum rk_rc add_anchor(struct rk_reader *r, struct rk_rd *rd, size_t at, int64_t format,
                             struct rk_err *err)
{
    struct rk_corim *to = r->to;
    static const struct rk_growth growth = { sizeof(struct rk_corim_anchor), RK_CORIM_ITEMS_MAX,
                                             RK_E_FORMAT, "trust anchors" };
    struct rk_corim_anchor anchor = { .format = format, .ca = r->ca, .tag = to->tag_count - 1 };
    void *items = to->anchor;

    if (rk_reader_string(r, rd, RK_CBOR_BYTES, &anchor.value, err) ||
        rk_grow(&growth, &items, to->anchor_count, 1, err))
        return err->rc;
    to->anchor = items;
    anchor.whole = (struct rk_span) { at, rk_rd_offset(rd) - at };
    to->anchor[to->anchor_count++] = anchor;
    return RK_OK;
}

/* [format, bytes]; of CAs on the way, the bytes of a certificate alone too. */
static enum rk_rc read_anchor(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    size_t at = rk_rd_offset(rd);
    int64_t format;

    if (r->ca && rk_cbor_is_next(rd, RK_CBOR_BYTES))
        return add_anchor(r, rd, at, 0, err);
    if (rk_reader_tuple(rd, 2, err) || rk_cbor_int(rd, &format, err))
        return err->rc;
    return add_anchor(r, rd, at, format, err);
}

static enum rk_rc read_anchors(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    r->ca = false;
    return rk_reader_list(r, rd, read_anchor, err);
}

static enum rk_rc read_cas(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    r->ca = true;
    return rk_reader_list(r, rd, read_anchor, err);
}

static enum rk_rc read_keys(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "tas", true, read_anchors },
        { 1, "cas", false, read_cas },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_store_environment(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    if (r->has_class)
        return rk_reader_beside(r, rd, err);
    if (read_environment(r, rd, err))
        return err->rc;
    r->has_class = true;
    return RK_OK;
}

static enum rk_rc read_group(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 1, "environment", false, read_store_environment },
        RK_MEMBER_END,
    };

    return rk_reader_map(r, rd, rows, err);
}

static enum rk_rc read_environments(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    return rk_reader_list(r, rd, read_group, err);
}

enum rk_rc rk_reader_store(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err)
{
    static const struct rk_member rows[] = {
        { 0, "language", false, rk_reader_aside },
        { 1, "store identity", false, read_identity },
        { 2, "environments", true, read_environments },
        { 6, "keys", true, read_keys },
        RK_MEMBER_END,
    };
    size_t first = r->to->anchor_count;

    r->of = (struct rk_corim_class) { .vendor = { 0, 0 } };
    r->has_class = false;
    if (rk_reader_map(r, rd, rows, err))
        return err->rc;
    for (size_t i = first; i < r->to->anchor_count; i++)
        r->to->anchor[i].of = r->of;
    return RK_OK;
}

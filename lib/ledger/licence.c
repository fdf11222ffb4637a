/* SPDX-License-Identifier: Apache-2.0 */
/* Licence files: their signed text, their JSON, and whether one lies within another. */
#include "rotkit/licence.h"

#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "ledger/signed_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4096, FILE_MAX = 16384 };

static bool is_id(const char *id)
{
    return id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
           '\0';
}

static bool is_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

static enum rk_rc check_terms(const struct rk_licence *l, struct rk_err *err)
{
    if (l->id[0] == '\0' || !is_id(l->id) || !is_id(l->parent))
        return rk_fail(err, RK_E_USAGE, "licence id \"%s\": expected letters, digits and \"._-\"",
                       l->id);
    if (l->product[0] == '\0' || !is_line(l->product))
        return rk_fail(err, RK_E_USAGE, "product \"%s\": expected printable ASCII", l->product);
    if (l->units == 0 || l->units > INT64_MAX || l->reissues > INT64_MAX || l->not_after < 0)
        return rk_fail(err, RK_E_USAGE, "licence \"%s\": a number is out of range", l->id);
    if (l->first_sn > l->last_sn)
        return rk_fail(err, RK_E_USAGE, "licence \"%s\": its serial numbers end before they begin",
                       l->id);
    for (size_t i = 1; i < l->oem_id_count; i++) {
        if (l->oem_id[i - 1] >= l->oem_id[i])
            return rk_fail(err, RK_E_USAGE, "licence \"%s\": OEM ids are not in ascending order",
                           l->id);
    }
    return RK_OK;
}

enum rk_rc rk_licence_text(const struct rk_licence *l, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    char issuer[65];

    if (check_terms(l, err))
        return err->rc;
    rk_hex_write(l->issuer_sha256, sizeof l->issuer_sha256, issuer);
    rk_wr_printf(&wr, "rotkit licence 1\nid: %s\nparent: %s\nissuer: %s\nproduct: %s\n", l->id,
                 l->parent, issuer, l->product);
    rk_wr_printf(&wr,
                 "units: %" PRIu64 "\nreissues: %" PRIu64 "\nnot-after: %" PRId64 "\noem-ids: ",
                 l->units, l->reissues, l->not_after);
    for (size_t i = 0; i < l->oem_id_count; i++)
        rk_wr_printf(&wr, "%s%04x", i == 0 ? "" : ",", l->oem_id[i]);
    rk_wr_printf(&wr, "\nfirst-sn: %016" PRIx64 "\nlast-sn: %016" PRIx64 "\n", l->first_sn,
                 l->last_sn);
    return rk_wr_end(&wr, ret, err);
}

static void put_terms(const struct rk_licence *l, struct rk_jv at)
{
    char text[17];

    rk_json_put_str(at, "rotkit", "licence 1");
    rk_json_put_str(at, "id", l->id);
    rk_json_put_str(at, "parent", l->parent);
    rk_json_put_hex(at, "issuer", l->issuer_sha256, sizeof l->issuer_sha256);
    rk_json_put_str(at, "product", l->product);
    rk_json_put_u64(at, "units", l->units);
    rk_json_put_u64(at, "reissues", l->reissues);
    rk_json_put_u64(at, "not_after", (uint64_t)l->not_after);
    struct rk_jv ids = rk_json_put_array(at, "oem_ids");
    for (size_t i = 0; i < l->oem_id_count; i++) {
        (void)snprintf(text, sizeof text, "%04x", l->oem_id[i]);
        rk_json_put_str(ids, NULL, text);
    }
    (void)snprintf(text, sizeof text, "%016" PRIx64, l->first_sn);
    rk_json_put_str(at, "first_sn", text);
    (void)snprintf(text, sizeof text, "%016" PRIx64, l->last_sn);
    rk_json_put_str(at, "last_sn", text);
}

enum rk_rc rk_licence_sign(rk_signer *issuer, struct rk_licence *licence, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_signed_text_key(issuer, licence->issuer_sha256, err) ||
        rk_licence_text(licence, &text, err))
        return err->rc;
    put_terms(licence, rk_json_root(doc));
    if (rk_signed_text_sign(issuer, &text, rk_json_root(doc), err))
        return err->rc;
    return rk_json_text(doc, true, ret, err);
}

static enum rk_rc read_number(struct rk_jv at, const char *name, size_t digits, uint64_t *ret,
                              struct rk_err *err)
{
    uint8_t bytes[8];

    if (rk_json_want_hex(at, name, bytes, digits / 2, err))
        return err->rc;
    *ret = 0;
    for (size_t i = 0; i < digits / 2; i++)
        *ret = *ret << 8 | bytes[i];
    return RK_OK;
}

static enum rk_rc read_oem_ids(struct rk_jv at, struct rk_licence *l, struct rk_err *err)
{
    struct rk_jv ids = rk_json_get(at, "oem_ids");

    if (ids.v == NULL || rk_json_count(ids) > RK_LICENCE_OEM_IDS_MAX)
        return rk_fail(err, RK_E_FORMAT, "member \"oem_ids\": expected a list of at most %d",
                       RK_LICENCE_OEM_IDS_MAX);
    for (size_t i = 0; i < rk_json_count(ids); i++) {
        const char *text = rk_json_str(rk_json_at(ids, i));
        uint8_t id[2];

        if (text == NULL || strlen(text) != 4 || rk_hex_read(text, 4, id, 2, err))
            return rk_fail(err, RK_E_FORMAT, "member \"oem_ids\": %zu is not of 4 hex digits",
                           i + 1);
        l->oem_id[l->oem_id_count++] = (uint16_t)(id[0] << 8 | id[1]);
    }
    return RK_OK;
}

static enum rk_rc read_terms(struct rk_jv at, struct rk_licence *l, struct rk_err *err)
{
    char kind[16];
    uint64_t not_after;

    if (rk_json_want_text(at, "rotkit", kind, sizeof kind, err) || strcmp(kind, "licence 1") != 0)
        return rk_fail(err, RK_E_FORMAT, "not a licence of format 1");
    if (rk_json_want_text(at, "id", l->id, sizeof l->id, err) ||
        rk_json_want_text(at, "parent", l->parent, sizeof l->parent, err) ||
        rk_json_want_hex(at, "issuer", l->issuer_sha256, sizeof l->issuer_sha256, err) ||
        rk_json_want_text(at, "product", l->product, sizeof l->product, err) ||
        rk_json_want_u64(at, "units", INT64_MAX, &l->units, err) ||
        rk_json_want_u64(at, "reissues", INT64_MAX, &l->reissues, err) ||
        rk_json_want_u64(at, "not_after", INT64_MAX, &not_after, err) || read_oem_ids(at, l, err) ||
        read_number(at, "first_sn", 16, &l->first_sn, err) ||
        read_number(at, "last_sn", 16, &l->last_sn, err))
        return err->rc;
    l->not_after = (int64_t)not_after;
    return RK_OK;
}

enum rk_rc rk_licence_read(const rk_ctx *ctx, const uint8_t *file, size_t len,
                           const rk_signer *issuer, struct rk_licence *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    struct rk_licence licence = { .id = "" };
    enum rk_scheme scheme;

    if (len > FILE_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s are too many for a licence", RK_COUNTED(len, "byte"));
    if (rk_json_parse(file, len, &doc, err) || read_terms(rk_json_root(doc), &licence, err) ||
        rk_signed_text_read(rk_json_root(doc), &scheme, &signature, err))
        return err->rc;
    if (rk_licence_text(&licence, &text, err)) {
        err->rc = err->rc == RK_E_USAGE ? RK_E_FORMAT : err->rc;
        return err->rc;
    }
    if (issuer != NULL &&
        rk_signed_text_check(ctx, issuer, licence.issuer_sha256, scheme, &signature, &text, err))
        return rk_wrap(err, "licence \"%s\"", licence.id);
    *ret = licence;
    return RK_OK;
}

static bool oem_ids_within(const struct rk_licence *child, const struct rk_licence *parent)
{
    if (parent->oem_id_count == 0)
        return true;
    for (size_t i = 0; i < child->oem_id_count; i++) {
        size_t k = 0;

        while (k < parent->oem_id_count && parent->oem_id[k] != child->oem_id[i])
            k++;
        if (k == parent->oem_id_count)
            return false;
    }
    return child->oem_id_count != 0;
}

enum rk_rc rk_licence_within(const struct rk_licence *child, const struct rk_licence *parent,
                             struct rk_err *err)
{
    const char *beyond = NULL;

    if (strcmp(child->parent, parent->id) != 0)
        beyond = "names another parent";
    else if (strcmp(child->product, parent->product) != 0)
        beyond = "is for another product";
    else if (memcmp(child->issuer_sha256, parent->issuer_sha256, 32) != 0)
        beyond = "has another issuer";
    else if (child->units > parent->units || child->reissues > parent->reissues)
        beyond = "has more units";
    else if (parent->not_after != 0 &&
             (child->not_after == 0 || child->not_after > parent->not_after))
        beyond = "ends later";
    else if (!oem_ids_within(child, parent))
        beyond = "has other OEM ids";
    else if (child->first_sn < parent->first_sn || child->last_sn > parent->last_sn)
        beyond = "has other serial numbers";
    if (beyond != NULL)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" %s: its parent \"%s\" does not give that",
                       child->id, beyond, parent->id);
    return RK_OK;
}

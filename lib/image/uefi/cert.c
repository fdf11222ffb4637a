/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/cert.h"
#include "image/uefi/esl.h"

#include "base/layout.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/guid.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

enum { LIST_HEAD = 28, OWNER = 16 };
static const char x509_guid[] = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";

bool rk_uefi_is_test_certificate(const X509 *cert)
{
    static const char *const names[] = { "TestRoot", "TestSub", "TestCert" };
    char name[64] = "";

    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static enum rk_rc put_list(X509 *cert, const uint8_t owner[OWNER], struct rk_wr *wr,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    uint8_t type[16];

    if (rk_guid_parse(x509_guid, type, err) || rk_cert_der(cert, &der, err))
        return err->rc;
    rk_wr_bytes(wr, type, sizeof type);
    rk_wr_le(wr, LIST_HEAD + OWNER + der.len, 4);
    rk_wr_le(wr, 0, 4);
    rk_wr_le(wr, OWNER + der.len, 4);
    rk_wr_bytes(wr, owner, OWNER);
    rk_wr_bytes(wr, der.p, der.len);
    return RK_OK;
}

enum rk_rc rk_esl_put(const struct rk_input *file, const uint8_t owner[16], struct rk_wr *wr,
                      struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_esl_is(file->p, file->len)) {
        rk_wr_bytes(wr, file->p, file->len);
        return RK_OK;
    }
    if (rk_certs_read(file->p, file->len, RK_ESL_LISTS_MAX, &certs, err))
        return rk_wrap(err, "part \"%s\"", file->name);
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (put_list(sk_X509_value(certs, i), owner, wr, err))
            return err->rc;
    }
    return RK_OK;
}

bool rk_esl_is(const uint8_t *file, size_t len)
{
    enum rk_esl_kind kind;

    return len >= LIST_HEAD + OWNER && rk_esl_kind_of(file, &kind);
}

static void describe(const uint8_t *data, size_t len, bool x509, struct rk_region *region)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_err ignored;
    char owner[RK_GUID_TEXT], subject[128] = "";

    rk_guid_text(data, owner);
    if (x509 && rk_x509_parse(data + OWNER, len - OWNER, &cert, &ignored) == RK_OK)
        rk_x509_name(X509_get_subject_name(cert), subject, sizeof subject);
    (void)snprintf(region->note, sizeof region->note, "owner %s %s", owner, subject);
}

static enum rk_rc add_list(struct rk_rd *rd, struct rk_map *map, struct rk_region *parent,
                           struct rk_err *err)
{
    size_t start = rd->pos;
    const uint8_t *type = rk_rd_take(rd, 16);
    uint32_t list = (uint32_t)rk_rd_le(rd, 4), head = (uint32_t)rk_rd_le(rd, 4),
             size = (uint32_t)rk_rd_le(rd, 4);
    struct rk_region *region, *entry;
    enum rk_esl_kind kind;
    char name[64];

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (!rk_esl_kind_of(type, &kind))
        return rk_fail(err, RK_E_FORMAT, "signature list at 0x%zx is of an unknown type",
                       rd->base + start);
    if (list < LIST_HEAD || head != 0 || size <= OWNER || (list - LIST_HEAD) % size != 0 ||
        (rk_esl_kind_size(kind) != 0 && size != OWNER + rk_esl_kind_size(kind)) ||
        list == LIST_HEAD || list - LIST_HEAD > rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT,
                       "signature list at 0x%zx: sizes %u, %u, %u do not fit its %zu bytes",
                       rd->base + start, list, head, size, rd->len - start);
    (void)snprintf(name, sizeof name, "%s list", rk_esl_kind_name(kind));
    if (rk_region_add(map, parent, rd->base + start, list, name, &region, err))
        return err->rc;
    for (uint32_t done = LIST_HEAD; done < list; done += size) {
        size_t at = rk_rd_offset(rd);
        const uint8_t *data = rk_rd_take(rd, size);

        if (rk_rd_ok(rd, err) || rk_region_add(map, region, at, size, "entry", &entry, err))
            return err->rc;
        describe(data, size, kind == RK_ESL_X509, entry);
    }
    return RK_OK;
}

enum rk_rc rk_esl_map(const uint8_t *esl, size_t len, uint64_t base, struct rk_map *map,
                      struct rk_region *parent, struct rk_err *err)
{
    struct rk_rd rd = { .buf = esl, .len = len, .base = (size_t)base };

    for (int i = 0; rk_rd_left(&rd) != 0; i++) {
        if (i == RK_ESL_LISTS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d signature lists", RK_ESL_LISTS_MAX);
        if (add_list(&rd, map, parent, err))
            return err->rc;
    }
    return RK_OK;
}

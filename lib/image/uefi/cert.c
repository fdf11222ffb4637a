/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/cert.h"
#include "image/uefi/efi_time.h"

#include "base/layout.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/guid.h"
#include "rotkit/hex.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 64 }; /* bytes of what is no hash */

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

void rk_esl_put_head(enum rk_esl_kind kind, size_t entries, size_t entry_len, struct rk_wr *wr)
{
    uint8_t type[RK_GUID_LEN];

    rk_esl_kind_guid(kind, type);
    rk_wr_bytes(wr, type, sizeof type);
    rk_wr_le(wr, RK_ESL_HEAD + entries * entry_len, 4);
    rk_wr_le(wr, 0, 4);
    rk_wr_le(wr, entry_len, 4);
}

static enum rk_rc put_list(X509 *cert, const uint8_t owner[RK_ESL_OWNER], struct rk_wr *wr,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

    if (rk_cert_der(cert, &der, err))
        return err->rc;
    rk_esl_put_head(RK_ESL_X509, 1, RK_ESL_OWNER + der.len, wr);
    rk_wr_bytes(wr, owner, RK_ESL_OWNER);
    rk_wr_bytes(wr, der.p, der.len);
    return RK_OK;
}

enum rk_rc rk_esl_put(const struct rk_input *file, const uint8_t owner[16], struct rk_wr *wr,
                      struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;
    struct rk_esl_place place;

    if (rk_esl_find(file->p, file->len, &place) && place.lists <= file->len) {
        rk_wr_bytes(wr, file->p + place.lists, file->len - place.lists);
        return RK_OK;
    }
    if (file->len >= 2 && memcmp(file->p, "MZ", 2) == 0) {
        (void)rk_fail(err, RK_E_USAGE,
                      "part \"%s\" is an EFI program, expected a certificate or a signature list",
                      file->name);
        return rk_note(err, "'rotkit pack uefi-auth program=FILE' lists a program by its SHA-256");
    }
    if (rk_certs_read(file->p, file->len, RK_ESL_LISTS_MAX, &certs, err))
        return rk_wrap(err, "part \"%s\"", file->name);
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (put_list(sk_X509_value(certs, i), owner, wr, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- drawing ---- */

/* UEFI 2.10, 32.4.1: all zero is always. */
static void note_time(const uint8_t *p, struct rk_region *region)
{
    struct rk_rd rd = { .buf = p, .len = RK_EFI_TIME_WIRE };
    struct rk_efi_time when;

    rk_efi_time_read(&rd, &when);
    if (rk_all_zero(p, RK_EFI_TIME_WIRE))
        (void)snprintf(region->note, sizeof region->note, "always");
    else
        rk_efi_time_text(&when, region->note, sizeof region->note);
}

/* The hash of a certificate's body and since when it is revoked, as regions of their own. */
static enum rk_rc add_revocation(const struct rk_esl_list *list, const uint8_t *data, size_t at,
                                 struct rk_map *map, struct rk_region *entry, struct rk_err *err)
{
    size_t hash = rk_esl_kind_hash(list->kind), behind = list->entry_len - RK_ESL_OWNER - hash;
    char hex[2 * SHOWN + 1];
    struct rk_region *region;

    if (rk_region_add(map, entry, at + RK_ESL_OWNER, hash, "hash", &region, err))
        return err->rc;
    rk_hex_write(data + RK_ESL_OWNER, hash, hex);
    (void)snprintf(region->note, sizeof region->note, "%s", hex);
    if (behind != RK_EFI_TIME_WIRE)
        return RK_OK;
    if (rk_region_add(map, entry, at + RK_ESL_OWNER + hash, behind, "revoked from", &region, err))
        return err->rc;
    note_time(data + RK_ESL_OWNER + hash, region);
    return RK_OK;
}

static void describe(const struct rk_esl_list *list, const uint8_t *data, struct rk_region *region)
{
    size_t len = list->entry_len - RK_ESL_OWNER, hash = rk_esl_kind_hash(list->kind);
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    char owner[RK_GUID_TEXT], what[2 * SHOWN + 1] = "";
    struct rk_err ignored;

    rk_guid_text(data, owner);
    data += RK_ESL_OWNER;
    if (list->kind == RK_ESL_X509) {
        (void)snprintf(what, sizeof what, "no certificate that can be read");
        if (rk_x509_parse(data, len, &cert, &ignored) == RK_OK)
            rk_x509_name(X509_get_subject_name(cert), what, sizeof what);
    } else if (hash == 0) {
        rk_hex_write(data, len < SHOWN / 2 ? len : SHOWN / 2, what);
    } else if (!rk_esl_kind_revokes(list->kind)) {
        rk_hex_write(data, hash, what);
    }
    (void)snprintf(region->note, sizeof region->note, "owner %s%s%s", owner,
                   what[0] == '\0' ? "" : " ", what);
}

static enum rk_rc add_list(struct rk_rd *rd, struct rk_map *map, struct rk_region *parent,
                           struct rk_err *err)
{
    struct rk_region *region, *entry;
    size_t start = rk_rd_offset(rd);
    struct rk_esl_list list;
    char name[64];

    if (rk_esl_next(rd, &list, err))
        return err->rc;
    (void)snprintf(name, sizeof name, "%s list", rk_esl_kind_name(list.kind));
    if (rk_region_add(map, parent, start, list.len, name, &region, err))
        return err->rc;
    if (list.kind == RK_ESL_UNKNOWN) {
        char type[RK_GUID_TEXT];

        rk_guid_text(list.type, type);
        (void)snprintf(region->note, sizeof region->note, "type %s: firmware skips it", type);
    } else if (rk_rd_left(&list.entries) == 0) {
        (void)snprintf(region->note, sizeof region->note, "empty");
    }
    while (rk_rd_left(&list.entries) != 0) {
        size_t at = rk_rd_offset(&list.entries);
        const uint8_t *data = rk_rd_take(&list.entries, list.entry_len);

        if (rk_rd_ok(&list.entries, err) ||
            rk_region_add(map, region, at, list.entry_len, "entry", &entry, err))
            return err->rc;
        describe(&list, data, entry);
        if (rk_esl_kind_revokes(list.kind) && add_revocation(&list, data, at, map, entry, err))
            return err->rc;
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

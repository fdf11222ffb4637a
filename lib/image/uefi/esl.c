/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/esl.h"

#include "base/mem.h"
#include "base/rd.h"
#include "rotkit/grow.h"
#include "rotkit/guid.h"

#include <string.h>

enum { TIME_WIRE = 16, CERT_HEAD = 24, ATTRIBUTES = 4 };

/* clang-format off */
static const struct {
    const char *guid, *name;
    size_t size;
} kinds[RK_ESL_KINDS] = {
    [RK_ESL_X509]           = { "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "certificate", 0 },
    [RK_ESL_SHA1]           = { "826ca512-cf10-4ac9-b187-be01496631bd", "SHA-1", 20 },
    [RK_ESL_SHA224]         = { "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", "SHA-224", 28 },
    [RK_ESL_SHA256]         = { "c1c41626-504c-4092-aca9-41f936934328", "SHA-256", 32 },
    [RK_ESL_SHA384]         = { "ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "SHA-384", 48 },
    [RK_ESL_SHA512]         = { "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "SHA-512", 64 },
    [RK_ESL_X509_SHA256]    = { "3bd2a492-96c0-4079-b420-fcf98ef103ed", "certificate SHA-256", 48 },
    [RK_ESL_X509_SHA384]    = { "7076876e-80c2-4ee6-aad2-28b349a6865b", "certificate SHA-384", 64 },
    [RK_ESL_X509_SHA512]    = { "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", "certificate SHA-512", 80 },
    [RK_ESL_RSA2048]        = { "3c5766e8-269c-4e34-aa14-ed776e85b3b6", "RSA-2048 key", 256 },
    [RK_ESL_RSA2048_SHA1]   = { "67f8444f-8743-48f1-a328-1eaab8736080", "RSA-2048 signature of SHA-1", 256 },
    [RK_ESL_RSA2048_SHA256] = { "e2b36190-879b-4a3d-ad8d-f2e7bba32784", "RSA-2048 signature of SHA-256", 256 },
};
/* clang-format on */

const char *rk_esl_kind_name(enum rk_esl_kind kind)
{
    return kinds[kind].name;
}

size_t rk_esl_kind_size(enum rk_esl_kind kind)
{
    return kinds[kind].size;
}

bool rk_esl_kind_of(const uint8_t *guid, enum rk_esl_kind *ret)
{
    for (size_t i = 0; i < RK_ESL_KINDS; i++) {
        uint8_t known[RK_GUID_LEN];
        struct rk_err ignored;

        if (rk_guid_parse(kinds[i].guid, known, &ignored) == RK_OK &&
            memcmp(known, guid, sizeof known) == 0) {
            *ret = (enum rk_esl_kind)i;
            return true;
        }
    }
    return false;
}

static bool is_list(const uint8_t *file, size_t len, size_t at)
{
    enum rk_esl_kind kind;

    return at < len && len - at >= RK_ESL_HEAD + RK_ESL_OWNER && rk_esl_kind_of(file + at, &kind);
}

/* EFI_VARIABLE_AUTHENTICATION_2: a time, then WIN_CERTIFICATE_UEFI_GUID. UEFI 2.10, 8.2.2. */
static bool skip_signature(const uint8_t *file, size_t len, size_t *ret)
{
    struct rk_rd rd = { .buf = file, .len = len };
    uint64_t signature, revision, type;
    struct rk_err ignored;

    (void)rk_rd_take(&rd, TIME_WIRE);
    signature = rk_rd_le(&rd, 4);
    revision = rk_rd_le(&rd, 2);
    type = rk_rd_le(&rd, 2);
    *ret = TIME_WIRE + (size_t)signature;
    return rk_rd_ok(&rd, &ignored) == RK_OK && revision == 0x0200 && type == 0x0ef1 &&
           signature > CERT_HEAD;
}

bool rk_esl_find(const uint8_t *file, size_t len, size_t *ret)
{
    size_t places[] = { 0, ATTRIBUTES, 0 };
    size_t count = skip_signature(file, len, &places[2]) ? 3 : 2;

    for (size_t i = 0; i < count; i++) {
        if (is_list(file, len, places[i])) {
            *ret = places[i];
            return true;
        }
    }
    return false;
}

/* UEFI 2.10, 32.4.1: type, sizes of the list, of its header and of one entry; the entries. */
static enum rk_rc read_list(struct rk_rd *rd, struct rk_esl *esl, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_esl_entry), RK_ESL_ENTRIES_MAX,
                                             RK_E_FORMAT, "entries of signature lists" };
    size_t start = rd->pos;
    const uint8_t *type = rk_rd_take(rd, RK_GUID_LEN);
    uint64_t list = rk_rd_le(rd, 4), head = rk_rd_le(rd, 4), size = rk_rd_le(rd, 4);
    struct rk_esl_entry entry;
    size_t want;

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (!rk_esl_kind_of(type, &entry.kind))
        return rk_fail(err, RK_E_FORMAT, "signature list at 0x%zx is of an unknown type", start);
    want = rk_esl_kind_size(entry.kind);
    if (head != 0 || size <= RK_ESL_OWNER || (want != 0 && size != RK_ESL_OWNER + want) ||
        list <= RK_ESL_HEAD || (list - RK_ESL_HEAD) % size != 0 ||
        list - RK_ESL_HEAD > rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT, "signature list at 0x%zx: its sizes do not fit", start);
    for (uint64_t done = RK_ESL_HEAD; done < list; done += size) {
        void *items = esl->entry;

        if (rk_grow(&growth, &items, esl->count, 1, err))
            return err->rc;
        esl->entry = items;
        entry.p = rk_rd_take(rd, (size_t)size);
        if (rk_rd_ok(rd, err))
            return err->rc;
        entry.p += RK_ESL_OWNER;
        entry.len = (size_t)size - RK_ESL_OWNER;
        esl->entry[esl->count++] = entry;
    }
    return RK_OK;
}

enum rk_rc rk_esl_read(struct rk_esl *esl, const uint8_t *file, size_t len, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    if (!rk_esl_find(file, len, &rd.pos))
        return rk_fail(
            err, RK_E_FORMAT,
            "neither a signature list (.esl) nor a signed variable (.auth) nor a dump of "
            "an efivar");
    while (rk_rd_left(&rd) != 0) {
        if (read_list(&rd, esl, err))
            return err->rc;
    }
    return RK_OK;
}

void rk_esl_done(struct rk_esl *esl)
{
    rk_free(esl->entry);
    *esl = (struct rk_esl) { .entry = NULL };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/esl.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/guid.h"

#include <string.h>

enum { TIME_WIRE = 16, CERT_HEAD = 24, ATTRIBUTES = 4, ATTRIBUTES_KNOWN = 0xff };

/*
 * size: of an entry's data; 0: as many bytes as it has. other: what it may be besides (the
 * specification's text says 32 for EFI_CERT_X509_SM3, and its structure has 48).
 */
/* clang-format off */
static const struct {
    const char *guid, *name;
    size_t size, other, hash;
} kinds[RK_ESL_KINDS] = {
    [RK_ESL_X509]           = { "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "certificate", 0, 0, 0 },
    [RK_ESL_SHA1]           = { "826ca512-cf10-4ac9-b187-be01496631bd", "SHA-1", 20, 0, 20 },
    [RK_ESL_SHA224]         = { "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", "SHA-224", 28, 0, 28 },
    [RK_ESL_SHA256]         = { "c1c41626-504c-4092-aca9-41f936934328", "SHA-256", 32, 0, 32 },
    [RK_ESL_SHA384]         = { "ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "SHA-384", 48, 0, 48 },
    [RK_ESL_SHA512]         = { "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "SHA-512", 64, 0, 64 },
    [RK_ESL_SM3]            = { "57347f87-7a9b-403a-b93c-dc4afb7a0ebc", "SM3", 32, 0, 32 },
    [RK_ESL_X509_SHA256]    = { "3bd2a492-96c0-4079-b420-fcf98ef103ed", "certificate SHA-256", 48, 0, 32 },
    [RK_ESL_X509_SHA384]    = { "7076876e-80c2-4ee6-aad2-28b349a6865b", "certificate SHA-384", 64, 0, 48 },
    [RK_ESL_X509_SHA512]    = { "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", "certificate SHA-512", 80, 0, 64 },
    [RK_ESL_X509_SM3]       = { "60d807e5-10b4-49a9-9331-e40437888d37", "certificate SM3", 48, 32, 32 },
    [RK_ESL_RSA2048]        = { "3c5766e8-269c-4e34-aa14-ed776e85b3b6", "RSA-2048 key", 256, 0, 0 },
    [RK_ESL_RSA2048_SHA1]   = { "67f8444f-8743-48f1-a328-1eaab8736080", "RSA-2048 signature of SHA-1", 256, 0, 0 },
    [RK_ESL_RSA2048_SHA256] = { "e2b36190-879b-4a3d-ad8d-f2e7bba32784", "RSA-2048 signature of SHA-256", 256, 0, 0 },
    [RK_ESL_PKCS7]          = { "4aafd29d-68df-49ee-8aa9-347d375665a7", "PKCS #7", 0, 0, 0 },
    [RK_ESL_EXTERNAL]       = { "452e8ced-dfff-4b8c-ae01-5118862e682c", "external management", 1, 0, 0 },
    [RK_ESL_UNKNOWN]        = { NULL, "unknown", 0, 0, 0 },
};
/* clang-format on */

const char *rk_esl_kind_name(enum rk_esl_kind kind)
{
    return kinds[kind].name;
}

size_t rk_esl_kind_hash(enum rk_esl_kind kind)
{
    return kinds[kind].hash;
}

bool rk_esl_kind_revokes(enum rk_esl_kind kind)
{
    return kinds[kind].hash < kinds[kind].size && kinds[kind].hash != 0;
}

void rk_esl_kind_guid(enum rk_esl_kind kind, uint8_t ret[16])
{
    struct rk_err ignored;

    (void)!rk_guid_parse(kinds[kind].guid, ret, &ignored);
}

enum rk_esl_kind rk_esl_kind_of(const uint8_t *guid)
{
    for (enum rk_esl_kind i = 0; i < RK_ESL_UNKNOWN; i++) {
        uint8_t known[RK_GUID_LEN];

        rk_esl_kind_guid(i, known);
        if (memcmp(known, guid, sizeof known) == 0)
            return i;
    }
    return RK_ESL_UNKNOWN;
}

/* ---- one list ---- */

static bool fits(enum rk_esl_kind kind, uint64_t data_len)
{
    return kinds[kind].size == 0 || data_len == kinds[kind].size ||
           (kinds[kind].other != 0 && data_len == kinds[kind].other);
}

/* UEFI 2.10, 32.4.1: type, sizes of the list, of its header and of one entry; zero or more of
 * these. */
enum rk_rc rk_esl_next(struct rk_rd *rd, struct rk_esl_list *ret, struct rk_err *err)
{
    size_t start = rk_rd_offset(rd), left = rk_rd_left(rd);
    struct rk_esl_list list = { .type = rk_rd_take(rd, RK_GUID_LEN) };
    uint64_t len = rk_rd_le(rd, 4), head = rk_rd_le(rd, 4), size = rk_rd_le(rd, 4);
    bool good;

    if (rk_rd_ok(rd, err))
        return err->rc;
    list.kind = rk_esl_kind_of(list.type);
    good = len <= left && len >= RK_ESL_HEAD && head <= len - RK_ESL_HEAD;
    if (good && len != RK_ESL_HEAD + head)
        good = size > RK_ESL_OWNER && (len - RK_ESL_HEAD - head) % size == 0 &&
               fits(list.kind, size - RK_ESL_OWNER);
    if (!good || (head != 0 && list.kind != RK_ESL_UNKNOWN))
        return rk_fail(err, RK_E_FORMAT,
                       "signature list at 0x%zx: sizes %llu, %llu, %llu do not fit its %s", start,
                       (unsigned long long)len, (unsigned long long)head, (unsigned long long)size,
                       RK_COUNTED(left, "byte"));
    list.len = (size_t)len;
    list.head_len = (size_t)head;
    list.entry_len = (size_t)size;
    (void)rk_rd_take(rd, list.head_len);
    list.entries = rk_rd_sub(rd, list.len - RK_ESL_HEAD - list.head_len);
    *ret = list;
    return rk_rd_ok(rd, err);
}

/* ---- files ---- */

static bool is_list(const uint8_t *file, size_t len, size_t at)
{
    return at <= len && len - at >= RK_ESL_HEAD && rk_esl_kind_of(file + at) != RK_ESL_UNKNOWN;
}

/* A time, then WIN_CERTIFICATE_UEFI_GUID with PKCS #7. UEFI 2.10, 8.2.2. */
static bool is_signature(const uint8_t *file, size_t len, size_t at, size_t *ret_end)
{
    struct rk_rd rd = { .buf = file, .len = len, .pos = at };
    uint64_t signature, revision, type;
    const uint8_t *guid;
    struct rk_err ignored;

    (void)rk_rd_take(&rd, TIME_WIRE);
    signature = rk_rd_le(&rd, 4);
    revision = rk_rd_le(&rd, 2);
    type = rk_rd_le(&rd, 2);
    guid = rk_rd_take(&rd, RK_GUID_LEN);
    if (rk_rd_ok(&rd, &ignored) || revision != 0x0200 || type != 0x0ef1 ||
        rk_esl_kind_of(guid) != RK_ESL_PKCS7)
        return false;
    *ret_end = at + TIME_WIRE + (size_t)signature;
    return true;
}

/* What nobody defined is not set: a list's type starts in another way. */
static bool is_attributes(const uint8_t *file, size_t len)
{
    struct rk_rd rd = { .buf = file, .len = len };
    uint64_t attributes = rk_rd_le(&rd, ATTRIBUTES);

    return len >= ATTRIBUTES && attributes <= ATTRIBUTES_KNOWN;
}

bool rk_esl_find(const uint8_t *file, size_t len, struct rk_esl_place *ret)
{
    size_t starts = is_attributes(file, len) ? 2 : 1;

    for (size_t i = 0; i < starts; i++) {
        struct rk_esl_place place = { .attributes_len = i * ATTRIBUTES };
        size_t at = place.attributes_len;

        place.lists = at;
        if (is_signature(file, len, at, &place.lists))
            place.is_signed = true;
        else if (!is_list(file, len, at))
            continue;
        *ret = place;
        return true;
    }
    return false;
}

static enum rk_rc read_list(struct rk_rd *rd, struct rk_esl *esl, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_esl_entry), RK_ESL_ENTRIES_MAX,
                                             RK_E_FORMAT, "entries of signature lists" };
    size_t start = rk_rd_offset(rd);
    struct rk_esl_list list;

    if (rk_esl_next(rd, &list, err))
        return err->rc;
    if (list.kind == RK_ESL_UNKNOWN) {
        char type[RK_GUID_TEXT];

        rk_guid_text(list.type, type);
        return rk_fail(err, RK_E_FORMAT, "signature list at 0x%zx is of the unknown type %s", start,
                       type);
    }
    while (rk_rd_left(&list.entries) != 0) {
        const uint8_t *entry = rk_rd_take(&list.entries, list.entry_len);
        void *items = esl->entry;

        if (rk_rd_ok(&list.entries, err) || rk_grow(&growth, &items, esl->count, 1, err))
            return err->rc;
        esl->entry = items;
        esl->entry[esl->count++] = (struct rk_esl_entry) { .kind = list.kind,
                                                           .p = entry + RK_ESL_OWNER,
                                                           .len = list.entry_len - RK_ESL_OWNER };
    }
    return RK_OK;
}

enum rk_rc rk_esl_read(struct rk_esl *esl, const uint8_t *file, size_t len, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_esl_place place;

    if (!rk_esl_find(file, len, &place) || place.lists > len) {
        (void)rk_fail(err, RK_E_FORMAT,
                      "neither a signature list (.esl) nor a signed variable (.auth) nor a dump of "
                      "an efivar");
        return rk_note(err, "'rotkit pack uefi-auth cert=FILE' makes a list of a certificate");
    }
    rd.pos = place.lists;
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

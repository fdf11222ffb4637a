/* SPDX-License-Identifier: Apache-2.0 */
/* Device databases, streamed. Source: jetson-ftpm-ekb.md 3.2. */
#include "rotkit/devicedb.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/open_keys.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/lines.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

enum { OEM_DIGITS = 4, SN_DIGITS = 16, LINE_MAX_CHARS = 256, SEALED_MAX = 1 << 26 };

/* clang-format off */
static const struct {
    const char *value;
    size_t len;
} kinds[] = { /* by enum rk_devicedb_kind */
    { "KDK0", 32 },
    { "Silicon ID public key", 64 },
    { "EPS_Seed", 32 },
};
/* clang-format on */

/*
 * The Device SNs seen so far: open addressing, 16 bytes a slot at most half full. It is the one
 * thing here that grows, 32 MiB for a million devices: a repeated row would make two devices one.
 */
struct seen {
    struct slot {
        struct rk_device_sn sn;
        uint32_t line; /* 0: free */
    } * slot;
    size_t room, used;
};

struct rk_devicedb {
    enum rk_devicedb_kind kind;
    char *path;
    struct rk_line_reader lines;
    rk_cms_stream *sealed; /* where they come from; NULL: the file */
    bool compared;         /* row by row with another one, which looks for repeated SNs */
    struct seen seen;
};

void rk_devicedb_row_done(struct rk_devicedb_row *row)
{
    rk_secret_done(&row->value);
}

void rk_devicedb_close(rk_devicedb *db)
{
    if (db == NULL)
        return;
    rk_line_reader_done(&db->lines);
    rk_cms_stream_close(db->sealed);
    rk_free(db->seen.slot);
    rk_free(db->path);
    rk_free(db);
}

RK_CLEANUP(close_at_exit, rk_devicedb, rk_devicedb_close)

/* DER begins with 30 and a length above 127; a row's fourth digit of hex is below. */
static bool is_sealed(int fd)
{
    uint8_t head[2];

    return pread(fd, head, sizeof head, 0) == sizeof head && head[0] == 0x30 && head[1] > 0x80;
}

static size_t read_sealed(void *arg, uint8_t *ret, size_t len)
{
    return rk_cms_stream_read(arg, ret, len);
}

static enum rk_rc open_sealed(rk_devicedb *db, const struct rk_cms_opener *opener,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes cms = RK_BYTES_NONE;

    if (opener == NULL || opener->key == NULL)
        return rk_fail(err, RK_E_KEY,
                       "\"%s\" is sealed: a manifest names the key that opens it "
                       "(devices.key), or open it first (rotkit secret open)",
                       db->path);
    if (rk_file_read(db->path, SEALED_MAX, &cms, err))
        return err->rc;
    if (rk_cms_stream_open(opener->ctx, opener->key, &cms, &db->sealed, err))
        return rk_wrap(err, "\"%s\"", db->path);
    rk_line_reader_divert(&db->lines, read_sealed, db->sealed);
    return RK_OK;
}

enum rk_rc rk_devicedb_open(const char *path, enum rk_devicedb_kind kind,
                            const struct rk_cms_opener *opener, rk_devicedb **ret,
                            struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_devicedb *db = rk_alloc(1, sizeof *db);

    if (db == NULL)
        return rk_fail_nomem(err);
    db->kind = kind;
    db->lines = (struct rk_line_reader)RK_LINE_READER_NONE;
    db->path = rk_strdup(path);
    if (db->path == NULL)
        return rk_fail_nomem(err);
    if (rk_line_reader_open(db->path, LINE_MAX_CHARS, &db->lines, err) ||
        rk_open_keys_check(db->lines.fd, db->path, err) ||
        (is_sealed(db->lines.fd) && open_sealed(db, opener, err)))
        return err->rc;
    *ret = db;
    db = NULL;
    return RK_OK;
}

void rk_devicedb_is_compared(rk_devicedb *db)
{
    db->compared = true;
}

const char *rk_devicedb_path(const rk_devicedb *db)
{
    return db->path;
}

static enum rk_rc expected(const rk_devicedb *db, struct rk_err *err)
{
    return rk_note(err, "expected: oem_id of 4 hex digits, sn of 16, %s of %zu, one blank between",
                   kinds[db->kind].value, 2 * kinds[db->kind].len);
}

static enum rk_rc bad_row(const rk_devicedb *db, const char *what, struct rk_err *err)
{
    (void)rk_fail_at(err, RK_E_USAGE, db->path, (unsigned)db->lines.number, 0, "%s", what);
    return expected(db, err);
}

static size_t hash(const struct rk_device_sn *sn)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < RK_DEVICE_SN_LEN; i++)
        h = (h ^ sn->b[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of sn, or the free one where it belongs. */
static struct slot *find_slot(const struct seen *seen, const struct rk_device_sn *sn)
{
    size_t i = hash(sn) & (seen->room - 1);

    while (seen->slot[i].line != 0 && memcmp(seen->slot[i].sn.b, sn->b, RK_DEVICE_SN_LEN) != 0)
        i = (i + 1) & (seen->room - 1);
    return &seen->slot[i];
}

static enum rk_rc grow(struct seen *seen, struct rk_err *err)
{
    struct seen wider = { .room = seen->room == 0 ? 1024 : 2 * seen->room, .used = seen->used };

    wider.slot = rk_alloc(wider.room, sizeof *wider.slot);
    if (wider.slot == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < seen->room; i++) {
        if (seen->slot[i].line != 0)
            *find_slot(&wider, &seen->slot[i].sn) = seen->slot[i];
    }
    rk_free(seen->slot);
    *seen = wider;
    return RK_OK;
}

static enum rk_rc remember(rk_devicedb *db, const struct rk_device_sn *sn, struct rk_err *err)
{
    char text[21];

    if (db->compared)
        return RK_OK;
    if (db->lines.number > UINT32_MAX)
        return rk_fail_at(err, RK_E_USAGE, db->path, 0, 0, "more than %s",
                          RK_COUNTED(UINT32_MAX, "line"));
    if (2 * db->seen.used >= db->seen.room && grow(&db->seen, err))
        return err->rc;
    struct slot *slot = find_slot(&db->seen, sn);
    if (slot->line != 0) {
        rk_device_sn_text(sn, text);
        return rk_fail_at(err, RK_E_USAGE, db->path, (unsigned)db->lines.number, 0,
                          "device %s is on line %llu already: two devices would have one identity",
                          text, (unsigned long long)slot->line);
    }
    slot->sn = *sn;
    slot->line = (uint32_t)db->lines.number;
    db->seen.used++;
    return RK_OK;
}

static enum rk_rc parse_row(rk_devicedb *db, const struct rk_line *line,
                            struct rk_devicedb_row *row, struct rk_err *err)
{
    size_t value_len = kinds[db->kind].len;
    const char *text = line->p;
    struct rk_err digit;

    if (line->len != OEM_DIGITS + 1 + SN_DIGITS + 1 + 2 * value_len || text[OEM_DIGITS] != ' ' ||
        text[OEM_DIGITS + 1 + SN_DIGITS] != ' ')
        return bad_row(db, "malformed row", err);
    if (rk_secret_new(value_len, &row->value, err))
        return err->rc;
    if (rk_hex_read(text, OEM_DIGITS, row->sn.b, 2, &digit) != RK_OK ||
        rk_hex_read(text + OEM_DIGITS + 1, SN_DIGITS, row->sn.b + 2, 8, &digit) != RK_OK ||
        rk_hex_read(text + OEM_DIGITS + 1 + SN_DIGITS + 1, 2 * value_len, row->value.p, value_len,
                    &digit) != RK_OK)
        return bad_row(db, "a character that is no hex digit", err);
    row->line = line->number;
    return RK_OK;
}

enum rk_rc rk_devicedb_next(rk_devicedb *db, struct rk_devicedb_row *row, bool *ret_more,
                            struct rk_err *err)
{
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row read = { .line = 0 };
    struct rk_line line;
    bool more;

    if (rk_line_reader_next(&db->lines, &line, &more, err))
        return err->rc == RK_E_USAGE ? expected(db, err) : err->rc;
    if (!more) {
        *ret_more = false;
        return RK_OK;
    }
    rk_line_drop_cr(&line);
    if (parse_row(db, &line, &read, err) || remember(db, &read.sn, err))
        return err->rc;
    *ret_more = true;
    *row = read;
    read.value = (struct rk_secret)RK_SECRET_NONE;
    return RK_OK;
}

enum rk_rc rk_devicedb_format(enum rk_devicedb_kind kind, const struct rk_device_sn *sn,
                              const uint8_t *value, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    size_t len = kinds[kind].len;
    char *at;

    /* One byte more than the row: rk_hex_write ends with a NUL. */
    if (rk_secret_new(OEM_DIGITS + 1 + SN_DIGITS + 1 + 2 * len + 2, &text, err))
        return err->rc;
    at = (char *)text.p;
    rk_hex_write(sn->b, 2, at);
    at[OEM_DIGITS] = ' ';
    rk_hex_write(sn->b + 2, 8, at + OEM_DIGITS + 1);
    at[OEM_DIGITS + 1 + SN_DIGITS] = ' ';
    rk_hex_write(value, len, at + OEM_DIGITS + 1 + SN_DIGITS + 1);
    memcpy(at + text.len - 2, "\r\n", 2);
    *ret = rk_secret_take(&text);
    return RK_OK;
}

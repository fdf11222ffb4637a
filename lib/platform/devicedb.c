/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device databases, streamed. Sources: jetson-ftpm-ekb.md 3.2 for NVIDIA's; the others are rotkit's
 * own: a header, then unit and value with a comma between.
 */
#include "rotkit/devicedb.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/open_keys.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/lines.h"
#include "platform/units_seen.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

enum {
    OEM_DIGITS = 4,
    SN_DIGITS = 16,
    UNIT_DIGITS = OEM_DIGITS + SN_DIGITS,
    LINE_MAX_CHARS = 256,
    SEALED_MAX = 1 << 26
};

/* clang-format off */
static const struct {
    const char *value;
    size_t len;
    const char *header; /* NULL: NVIDIA's form, which has none */
} kinds[] = { /* by enum rk_devicedb_kind */
    { "KDK0", 32, NULL },
    { "Silicon ID public key", 64, NULL },
    { "EPS_Seed", 32, NULL },
    { "EPS", 64, "unit,eps" },
    { "HUK", 16, "unit,huk" },
};
/* clang-format on */

struct rk_devicedb {
    enum rk_devicedb_kind kind;
    char *path;
    struct rk_line_reader lines;
    rk_cms_stream *sealed; /* where they come from; NULL: the file */
    bool compared;         /* row by row with another one, which looks for repeated SNs */
    bool began;            /* the header was read */
    uint64_t next_at;      /* bytes of the file in front of the next line */
    struct rk_units_seen seen;
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
    rk_units_seen_done(&db->seen);
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

    if (db->kind == RK_DB_HUK)
        return rk_fail(err, RK_E_KEY,
                       "\"%s\" is sealed, and its rows are looked up in any order: open it first "
                       "(rotkit secret open)",
                       db->path);
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
    if (kinds[db->kind].header != NULL)
        return rk_note(err, "expected: first \"%s\", then rows: 20 hex digits, a comma, %zu",
                       kinds[db->kind].header, 2 * kinds[db->kind].len);
    return rk_note(err, "expected: oem_id of 4 hex digits, sn of 16, %s of %zu, one blank between",
                   kinds[db->kind].value, 2 * kinds[db->kind].len);
}

static enum rk_rc bad_row(const rk_devicedb *db, const char *what, struct rk_err *err)
{
    (void)rk_fail_at(err, RK_E_USAGE, db->path, (unsigned)db->lines.number, 0, "%s", what);
    return expected(db, err);
}

static enum rk_rc remember(rk_devicedb *db, const struct rk_unit_id *sn, struct rk_err *err)
{
    return db->compared ? RK_OK : rk_units_seen_add(&db->seen, db->path, db->lines.number, sn, err);
}

/* Of NVIDIA's form: oem_id, sn, value, one blank between. */
static bool split_blanks(const struct rk_line *line, size_t value_len, char ret_unit[UNIT_DIGITS],
                         const char **ret_value)
{
    if (line->len != OEM_DIGITS + 1 + SN_DIGITS + 1 + 2 * value_len || line->p[OEM_DIGITS] != ' ' ||
        line->p[OEM_DIGITS + 1 + SN_DIGITS] != ' ')
        return false;
    memcpy(ret_unit, line->p, OEM_DIGITS);
    memcpy(ret_unit + OEM_DIGITS, line->p + OEM_DIGITS + 1, SN_DIGITS);
    *ret_value = line->p + OEM_DIGITS + 1 + SN_DIGITS + 1;
    return true;
}

static bool split_comma(const struct rk_line *line, size_t value_len, char ret_unit[UNIT_DIGITS],
                        const char **ret_value)
{
    if (line->len != UNIT_DIGITS + 1 + 2 * value_len || line->p[UNIT_DIGITS] != ',')
        return false;
    memcpy(ret_unit, line->p, UNIT_DIGITS);
    *ret_value = line->p + UNIT_DIGITS + 1;
    return true;
}

static enum rk_rc parse_row(rk_devicedb *db, const struct rk_line *line,
                            struct rk_devicedb_row *row, struct rk_err *err)
{
    size_t value_len = kinds[db->kind].len;
    char unit[UNIT_DIGITS];
    const char *value;
    struct rk_err digit;

    if (kinds[db->kind].header == NULL ? !split_blanks(line, value_len, unit, &value)
                                       : !split_comma(line, value_len, unit, &value))
        return bad_row(db, "malformed row", err);
    if (rk_secret_new(value_len, &row->value, err))
        return err->rc;
    if (rk_hex_read(unit, UNIT_DIGITS, row->sn.b, sizeof row->sn.b, &digit) != RK_OK ||
        rk_hex_read(value, 2 * value_len, row->value.p, value_len, &digit) != RK_OK)
        return bad_row(db, "a character that is no hex digit", err);
    row->line = line->number;
    return RK_OK;
}

/* The next line without its end, and where it began. */
static enum rk_rc next_line(rk_devicedb *db, struct rk_line *ret, uint64_t *ret_at, bool *ret_more,
                            struct rk_err *err)
{
    if (rk_line_reader_next(&db->lines, ret, ret_more, err))
        return err->rc == RK_E_USAGE ? expected(db, err) : err->rc;
    if (!*ret_more)
        return RK_OK;
    *ret_at = db->next_at;
    db->next_at += ret->len + 1;
    rk_line_drop_cr(ret);
    return RK_OK;
}

static enum rk_rc read_header(rk_devicedb *db, struct rk_err *err)
{
    const char *header = kinds[db->kind].header;
    struct rk_line line;
    uint64_t at;
    bool more;

    db->began = true;
    if (header == NULL)
        return RK_OK;
    if (next_line(db, &line, &at, &more, err))
        return err->rc;
    if (!more || line.len != strlen(header) || memcmp(line.p, header, line.len) != 0)
        return bad_row(db, "no header", err);
    return RK_OK;
}

enum rk_rc rk_devicedb_next(rk_devicedb *db, struct rk_devicedb_row *row, bool *ret_more,
                            struct rk_err *err)
{
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row read = { .line = 0 };
    struct rk_line line;
    bool more;

    if ((!db->began && read_header(db, err)) || next_line(db, &line, &read.at, &more, err))
        return err->rc;
    if (!more) {
        *ret_more = false;
        return RK_OK;
    }
    if (parse_row(db, &line, &read, err) || remember(db, &read.sn, err))
        return err->rc;
    *ret_more = true;
    *row = read;
    read.value = (struct rk_secret)RK_SECRET_NONE;
    return RK_OK;
}

enum rk_rc rk_devicedb_format(enum rk_devicedb_kind kind, const struct rk_unit_id *sn,
                              const uint8_t *value, struct rk_secret *ret, struct rk_err *err)
{
    bool blanks = kinds[kind].header == NULL;
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    size_t len = kinds[kind].len;
    char *at;

    /* One byte more than an LF row: rk_hex_write ends with a NUL. */
    if (rk_secret_new(UNIT_DIGITS + (blanks ? 2u : 1u) + 2 * len + 2, &text, err))
        return err->rc;
    at = (char *)text.p;
    rk_hex_write(sn->b, 2, at);
    at += OEM_DIGITS;
    if (blanks)
        *at++ = ' ';
    rk_hex_write(sn->b + 2, 8, at);
    at += SN_DIGITS;
    *at++ = blanks ? ' ' : ',';
    rk_hex_write(value, len, at);
    memcpy(text.p + text.len - 2, "\r\n", 2);
    *ret = rk_secret_take(&text);
    return RK_OK;
}

size_t rk_devicedb_value_len(enum rk_devicedb_kind kind)
{
    return kinds[kind].len;
}

const char *rk_devicedb_header(enum rk_devicedb_kind kind)
{
    return kinds[kind].header;
}

enum rk_rc rk_devicedb_check_reread(const rk_devicedb *db, struct rk_err *err)
{
    struct stat st;

    if (fstat(db->lines.fd, &st) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot read \"%s\"", db->path);
    if (!S_ISREG(st.st_mode))
        return rk_fail(err, RK_E_USAGE,
                       "\"%s\" is no regular file, and its rows are looked up in any order",
                       db->path);
    return RK_OK;
}

enum rk_rc rk_devicedb_reread(const rk_devicedb *db, const struct rk_devicedb_row *like,
                              struct rk_secret *ret, struct rk_err *err)
{
    size_t value_len = kinds[db->kind].len, len = UNIT_DIGITS + 1 + 2 * value_len;
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    struct rk_err digit;
    struct rk_unit_id sn;

    if (rk_secret_new(len, &text, err) || rk_secret_new(value_len, &value, err))
        return err->rc;
    if (pread(db->lines.fd, text.p, len, (off_t)like->at) != (ssize_t)len ||
        text.p[UNIT_DIGITS] != ',' ||
        rk_hex_read((const char *)text.p, UNIT_DIGITS, sn.b, sizeof sn.b, &digit) != RK_OK ||
        memcmp(sn.b, like->sn.b, sizeof sn.b) != 0 ||
        rk_hex_read((const char *)text.p + UNIT_DIGITS + 1, 2 * value_len, value.p, value_len,
                    &digit) != RK_OK)
        return rk_fail(err, RK_E_IO, "\"%s\" has changed while it was used", db->path);
    *ret = rk_secret_take(&value);
    return RK_OK;
}

uint64_t rk_devicedb_line_of(const rk_devicedb *db, const struct rk_unit_id *sn)
{
    return rk_units_seen_line(&db->seen, sn);
}

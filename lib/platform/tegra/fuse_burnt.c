/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a module has burnt, as the vendor's readers tell it, and what a fuse file would do to it:
 * bits go from 0 to 1 and never back, and the burner skips what has the value already.
 */
#include "rotkit/fuse_file.h"

#include "platform/tegra/fuse_table.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/lines.h"

#include <string.h>

/* ---- reading ---- */

static const struct rk_fuse_row *row_of(const struct rk_fuse_soc *soc, const char *name, size_t len)
{
    for (const struct rk_fuse_row *row = soc->rows; row->name != NULL; row++) {
        const char *const names[] = { row->name, row->reader };

        for (size_t i = 0; i < 2 && !row->secret; i++) {
            if (names[i] != NULL && strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
                return row;
        }
    }
    return NULL;
}

static struct rk_line trim(struct rk_line text)
{
    while (text.len != 0 && strchr(" \t\r", text.p[0]) != NULL && text.p[0] != '\0') {
        text.p++;
        text.len--;
    }
    while (text.len != 0 && strchr(" \t\r", text.p[text.len - 1]) != NULL &&
           text.p[text.len - 1] != '\0')
        text.len--;
    return text;
}

static enum rk_rc read_line(struct rk_fuse_set *set, const struct rk_fuse_row *row,
                            struct rk_line text, struct rk_err *err)
{
    size_t size = 2 * row->size;
    char digits[2 * RK_FUSE_VALUE_MAX];
    uint8_t value[RK_FUSE_VALUE_MAX];
    struct rk_err ignored;

    text = trim(text);
    if (text.len >= 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X')) {
        text.p += 2;
        text.len -= 2;
    }
    if (text.len == 0 || text.len > size || (text.len < size && row->can == 0))
        return rk_fail(err, RK_E_FORMAT, "line %llu: %s: %s, expected %zu",
                       (unsigned long long)text.number, row->name,
                       RK_COUNTED(text.len, "hex digit"), size);
    memset(digits, '0', size);
    memcpy(digits + size - text.len, text.p, text.len);
    if (rk_hex_read(digits, size, value, row->size, &ignored) != RK_OK)
        return rk_fail(err, RK_E_FORMAT, "line %llu: %s: other than hex digits",
                       (unsigned long long)text.number, row->name);
    if (rk_fuse_set_put(set, row->name, value, row->size, &ignored) == RK_OK)
        return RK_OK;
    return rk_fail(err, RK_E_FORMAT, "line %llu: %s a second time, with another value",
                   (unsigned long long)text.number, row->name);
}

enum rk_rc rk_fuse_reading(const uint8_t *text, size_t len, const struct rk_fuse_soc *soc,
                           struct rk_fuse_set *ret, struct rk_err *err)
{
    struct rk_line_cursor cursor = { .p = text, .left = len };
    struct rk_line line;

    *ret = (struct rk_fuse_set) { .soc = soc };
    while (rk_line_next(&cursor, &line)) {
        const char *colon = memchr(line.p, ':', line.len);
        struct rk_line name = line, value = line;
        const struct rk_fuse_row *row;

        if (colon == NULL)
            continue;
        name.len = (size_t)(colon - line.p);
        name = trim(name);
        value.p = colon + 1;
        value.len = line.len - (size_t)(value.p - line.p);
        row = row_of(soc, name.p, name.len);
        if (row != NULL && read_line(ret, row, value, err))
            return err->rc;
    }
    if (ret->count != 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_FORMAT, "no fuse of %s is read there", soc->name);
    return rk_note(err, "expected: lines \"NAME: HEX\", as odmfuseread.sh writes them into "
                        "fuse_info.txt and nv_fuse_read.sh prints them");
}

/* ---- comparing ---- */

const char *rk_fuse_fate_name(enum rk_fuse_fate fate)
{
    static const char *const names[RK_FUSE_FATES] = {
        [RK_FUSE_BURNS] = "burns",       [RK_FUSE_EQUAL] = "equal, skipped",
        [RK_FUSE_ADDS] = "adds bits",    [RK_FUSE_CLASHES] = "clashes",
        [RK_FUSE_UNCLEAR] = "not clear", [RK_FUSE_UNREAD] = "not readable",
    };

    return names[fate];
}

/* Back to front, whole or word by word: the readers' order of bytes is not documented. */
static bool is_turned(const struct rk_secret *a, const struct rk_secret *b)
{
    size_t whole = 0, words = 0;

    for (size_t i = 0; i < a->len; i++) {
        whole += a->p[i] == b->p[b->len - 1 - i];
        words += a->p[i] == b->p[(i & ~(size_t)3) + 3 - (i & 3)];
    }
    return whole == a->len || words == a->len;
}

/* Bits of `there` that `wanted` lacks. */
static bool loses_bits(const struct rk_fuse *there, const struct rk_fuse *wanted)
{
    return (rk_fuse_number(there) & ~rk_fuse_number(wanted)) != 0;
}

static enum rk_fuse_fate fate_of(const struct rk_fuse_soc *soc, const struct rk_fuse *fuse,
                                 const struct rk_fuse *there, struct rk_fuse_findings *findings)
{
    const bool told = fuse->row->role == RK_FUSE_BSI && soc->bits.known; /* by its rules */
    const char *name = fuse->row->name;

    if (there == NULL)
        return RK_FUSE_UNREAD;
    if (rk_secret_equal(&fuse->value, &there->value))
        return RK_FUSE_EQUAL;
    if (rk_all_zero(there->value.p, there->value.len))
        return RK_FUSE_BURNS;
    if (fuse->row->can != 0 && !loses_bits(there, fuse))
        return RK_FUSE_ADDS;
    if (fuse->row->can == 0 && is_turned(&fuse->value, &there->value)) {
        rk_fuse_find(findings, RK_FUSE_UNKNOWN, fuse->line, name,
                     "what was read is the value with its bytes in another order");
        return RK_FUSE_UNCLEAR;
    }
    if (fuse->row->can != 0)
        rk_fuse_find(findings, told ? RK_FUSE_NOTE : RK_FUSE_FAILS, fuse->line, name,
                     "0x%x is burnt, 0x%x would change bits from 1 to 0",
                     (unsigned)rk_fuse_number(there), (unsigned)rk_fuse_number(fuse));
    else
        rk_fuse_find(findings, RK_FUSE_FAILS, fuse->line, name,
                     "another value is burnt, and cannot be changed");
    return RK_FUSE_CLASHES;
}

/* After SecurityMode nothing can be burnt; some of ReservedOdm still may, which is not told where.
 */
static void check_closed(const struct rk_fuse *fuse, enum rk_fuse_fate fate,
                         struct rk_fuse_findings *findings)
{
    bool reserved = strncmp(fuse->row->name, "ReservedOdm", strlen("ReservedOdm")) == 0;

    if (fate == RK_FUSE_UNREAD)
        rk_fuse_find(findings, RK_FUSE_UNKNOWN, fuse->line, fuse->row->name,
                     "the module is closed (SecurityMode 1), and no reader tells whether this is "
                     "burnt");
    else if ((fate == RK_FUSE_BURNS || fate == RK_FUSE_ADDS) && reserved)
        rk_fuse_find(findings, RK_FUSE_UNKNOWN, fuse->line, fuse->row->name,
                     "the module is closed (SecurityMode 1): which of these can still be burnt is "
                     "not in a document at hand");
    else if (fate == RK_FUSE_BURNS || fate == RK_FUSE_ADDS)
        rk_fuse_find(findings, RK_FUSE_FAILS, fuse->line, fuse->row->name,
                     "the module is closed (SecurityMode 1): nothing can be burnt any more");
}

void rk_fuse_against_burnt(const struct rk_fuse_set *set, const struct rk_fuse_set *burnt,
                           enum rk_fuse_fate fate[RK_FUSES_MAX], struct rk_fuse_findings *findings)
{
    const struct rk_fuse *mode = rk_fuse_of(burnt, RK_FUSE_MODE, 0);
    bool closed = mode != NULL && rk_fuse_number(mode) != 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct rk_fuse *fuse = &set->fuse[i];

        fate[i] = RK_FUSE_UNREAD;
        if (fuse->value.p == NULL)
            continue;
        fate[i] = fate_of(set->soc, fuse, rk_fuse_get(burnt, fuse->row->name), findings);
        if (closed)
            check_closed(fuse, fate[i], findings);
    }
}

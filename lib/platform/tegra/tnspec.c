/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/tnspec.h"

#include <stdio.h>
#include <string.h>

enum { FAB = 1, REVISION = 3, CHIP_REVISION = 5, MACHINE = 6 };
static const char *const fields[MACHINE] = { "board id", "FAB",        "SKU",
                                             "revision", "fuse level", "chip revision" };

struct span {
    const char *p;
    size_t len;
};

static size_t token_count(const char *spec)
{
    size_t count = 1;

    for (; *spec != '\0'; spec++)
        count += *spec == '-';
    return count;
}

/* Tokens from..to, with the dashes between them. */
static struct span tokens(const char *spec, size_t from, size_t to)
{
    const char *end;

    for (size_t i = 0; i < from; i++)
        spec += strcspn(spec, "-") + 1;
    end = spec;
    for (size_t i = from; i < to; i++)
        end += strcspn(end, "-") + (i + 1 < to ? 1 : 0);
    return (struct span) { spec, (size_t)(end - spec) };
}

static bool fits(struct span a, struct span b)
{
    return a.len == 0 || b.len == 0 || (a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
}

/* In one walk: packages of hundreds of specs are asked for each of them. */
bool rk_tnspec_matches(const char *entry, const char *board)
{
    if (entry[0] == '\0')
        return true;
    if (token_count(entry) != token_count(board))
        return false;
    for (;;) {
        size_t a = strcspn(entry, "-"), b = strcspn(board, "-");

        if (!fits((struct span) { entry, a }, (struct span) { board, b }))
            return false;
        if (entry[a] == '\0')
            return true;
        entry += a + 1;
        board += b + 1;
    }
}

bool rk_tnspec_is_production(const char *board)
{
    struct span fuse;

    if (token_count(board) < 6)
        return true;
    fuse = tokens(board, 4, 5);
    return !(fuse.len == 1 && fuse.p[0] == '0');
}

/* ---- in words ---- */

struct telling {
    const char *who;
    char *ret;
    size_t size, len;
};

static void tell(struct telling *to, const char *field, struct span entry, struct span board)
{
    int n = to->len >= to->size
                ? 0
                : snprintf(to->ret + to->len, to->size - to->len, "%s%s: package %.*s, %s %.*s",
                           to->len == 0 ? "" : "; ", field, (int)entry.len, entry.p, to->who,
                           (int)board.len, board.p);

    to->len += n < 0 ? 0 : (size_t)n;
}

/* What stands behind the six fields, whose dashes are its own. */
static void tell_machine(struct telling *to, const char *entry, size_t of_entry, const char *board,
                         size_t of_board)
{
    bool same = of_entry == of_board;

    for (size_t i = MACHINE; same && i + 1 < of_entry; i++)
        same = fits(tokens(entry, i, i + 1), tokens(board, i, i + 1));
    if (!same)
        tell(to, "machine", tokens(entry, MACHINE, of_entry - 1),
             tokens(board, MACHINE, of_board - 1));
    else if (!fits(tokens(entry, of_entry - 1, of_entry), tokens(board, of_board - 1, of_board)))
        tell(to, "root device", tokens(entry, of_entry - 1, of_entry),
             tokens(board, of_board - 1, of_board));
}

void rk_tnspec_difference(const char *entry, const char *board, const char *who, char *ret,
                          size_t size)
{
    struct telling to = { who, ret, size, 0 };
    size_t a = token_count(entry), b = token_count(board);

    ret[0] = '\0';
    if (rk_tnspec_matches(entry, board))
        return;
    if (a <= MACHINE || b <= MACHINE) {
        (void)snprintf(ret, size, "fields: package %zu, %s %zu", a, who, b);
        if (a != b)
            return;
        ret[0] = '\0';
    }
    for (size_t i = 0; i < MACHINE && i < a && i < b; i++) {
        struct span x = tokens(entry, i, i + 1), y = tokens(board, i, i + 1);

        if (!fits(x, y))
            tell(&to, fields[i], x, y);
    }
    if (a > MACHINE && b > MACHINE)
        tell_machine(&to, entry, a, board, b);
}

void rk_tnspec_compat_like(const char *board, char ret[RK_TNSPEC_MAX + 1])
{
    size_t count = token_count(board), len = 0;

    for (size_t i = 0; i < count; i++) {
        struct span token = tokens(board, i, i + 1);
        size_t room = RK_TNSPEC_MAX - len;

        if (i == FAB || i == REVISION || i == CHIP_REVISION)
            token.len = 0;
        if (token.len + 1 > room)
            break;
        memcpy(ret + len, token.p, token.len);
        len += token.len;
        if (i + 1 < count)
            ret[len++] = '-';
    }
    ret[len] = '\0';
}

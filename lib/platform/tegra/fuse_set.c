/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of fuses, and the file that burns one. Source: jetson-ftpm-ekb.md 5.1. */
#include "rotkit/fuse_set.h"

#include "platform/tegra/fuse_table.h"

#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <string.h>

#include <openssl/crypto.h>

enum { XML_MAX = 16384 };

void rk_fuse_set_done(struct rk_fuse_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        rk_secret_done(&set->fuse[i].value);
    rk_grown_free(set->fuse);
    set->fuse = NULL;
    set->count = 0;
}

enum rk_rc rk_fuse_set_append(struct rk_fuse_set *set, const struct rk_fuse_row *row,
                              struct rk_secret *value, struct rk_fuse **ret, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_fuse), RK_FUSES_MAX, RK_E_FORMAT,
                                             "fuses" };
    void *items = set->fuse;
    struct rk_fuse *fuse;

    if (rk_grow(&growth, &items, set->count, 1, err))
        return err->rc;
    set->fuse = items;
    fuse = &set->fuse[set->count++];
    *fuse = (struct rk_fuse) { .row = row, .value = rk_secret_take(value) };
    *ret = fuse;
    return RK_OK;
}

const struct rk_fuse *rk_fuse_get(const struct rk_fuse_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->fuse[i].value.p != NULL && strcmp(set->fuse[i].row->name, name) == 0)
            return &set->fuse[i];
    }
    return NULL;
}

const struct rk_fuse *rk_fuse_of(const struct rk_fuse_set *set, enum rk_fuse_role role, size_t i)
{
    for (size_t k = 0; k < set->count; k++) {
        if (set->fuse[k].value.p != NULL && set->fuse[k].row->role == role && i-- == 0)
            return &set->fuse[k];
    }
    return NULL;
}

uint32_t rk_fuse_number(const struct rk_fuse *fuse)
{
    uint32_t v = 0;

    for (size_t i = 0; i < fuse->value.len; i++)
        v = v << 8 | fuse->value.p[i];
    return v;
}

/* The last one goes to its place in burn order. */
static void sort_last(struct rk_fuse_set *set)
{
    for (size_t i = set->count - 1; i > 0 && set->fuse[i - 1].row > set->fuse[i].row; i--) {
        struct rk_fuse later = set->fuse[i - 1];

        set->fuse[i - 1] = set->fuse[i];
        set->fuse[i] = later;
    }
}

enum rk_rc rk_fuse_set_put(struct rk_fuse_set *set, const char *name, const void *value, size_t len,
                           struct rk_err *err)
{
    const struct rk_fuse_row *row = rk_fuse_row_find(set->soc, name);
    const struct rk_fuse *there = rk_fuse_get(set, name);
    RK_AUTO(rk_secret_done) struct rk_secret copy = RK_SECRET_NONE;
    struct rk_fuse *fuse;

    if (row == NULL)
        return rk_fail(err, RK_E_USAGE, "%s has no fuse \"%s\"", set->soc->name, name);
    if (len != row->size)
        return rk_fail(err, RK_E_USAGE, "%s: %s, expected %zu", name, RK_COUNTED(len, "byte"),
                       row->size);
    if (rk_secret_copy(value, len, &copy, err))
        return err->rc;
    if (there != NULL)
        return rk_secret_equal(&there->value, &copy)
                   ? RK_OK
                   : rk_fail(err, RK_E_USAGE, "%s is given twice, and the values differ", name);
    if (rk_fuse_set_append(set, row, &copy, &fuse, err))
        return err->rc;
    sort_last(set);
    return RK_OK;
}

enum rk_rc rk_fuse_set_put_number(struct rk_fuse_set *set, const char *name, uint32_t value,
                                  struct rk_err *err)
{
    const uint8_t word[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value };

    return rk_fuse_set_put(set, name, word, sizeof word, err);
}

enum rk_rc rk_fuse_set_put_sn(struct rk_fuse_set *set, const struct rk_unit_id *sn,
                              struct rk_err *err)
{
    return rk_fuse_set_put(set, "OdmId", sn->b + 2, 8, err)
               ? err->rc
               : rk_fuse_set_put_number(set, "OdmInfo", (uint32_t)sn->b[0] << 8 | sn->b[1], err);
}

/* Bits that one wants beside those that the other wants; a scheme is no set of bits. */
static enum rk_rc or_into(struct rk_fuse_set *set, const struct rk_fuse *there,
                          const struct rk_fuse *more, struct rk_err *err)
{
    struct rk_secret *to = &set->fuse[there - set->fuse].value;
    uint32_t a = rk_fuse_number(there) & set->soc->bits.scheme;
    uint32_t b = rk_fuse_number(more) & set->soc->bits.scheme;

    if (a != 0 && b != 0 && a != b)
        return rk_fail(err, RK_E_USAGE, "%s is given twice, with schemes %u and %u",
                       there->row->name, (unsigned)a, (unsigned)b);
    for (size_t i = 0; i < to->len; i++)
        to->p[i] |= more->value.p[i];
    return RK_OK;
}

enum rk_rc rk_fuse_set_merge(struct rk_fuse_set *set, const struct rk_fuse_set *other,
                             struct rk_err *err)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct rk_fuse *more = &other->fuse[i];
        const struct rk_fuse *there = rk_fuse_get(set, more->row->name);

        if (there != NULL && more->row->role == RK_FUSE_BSI
                ? or_into(set, there, more, err)
                : rk_fuse_set_put(set, more->row->name, more->value.p, more->value.len, err))
            return err->rc;
    }
    return RK_OK;
}

static void put_fuse(struct rk_wr *wr, const struct rk_fuse *fuse)
{
    char hex[2 * RK_FUSE_VALUE_MAX + 1];

    rk_hex_write(fuse->value.p, fuse->value.len, hex);
    rk_wr_printf(wr, "  <fuse name=\"%s\" size=\"%zu\" value=\"0x%s\"/>\n", fuse->row->name,
                 fuse->value.len, hex);
    OPENSSL_cleanse(hex, sizeof hex);
}

enum rk_rc rk_fuse_set_xml(const struct rk_fuse_set *set, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(XML_MAX);

    rk_wr_str(&wr, "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">\n");
    for (size_t i = 0; i < set->count; i++)
        put_fuse(&wr, &set->fuse[i]);
    rk_wr_str(&wr, "</genericfuse>\n");
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    return rk_secret_copy(wr.buf, wr.len, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints as they are signed, as files, and as rows of the ledger. */
#include "ledger/checkpoint.h"

#include "base/wr.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = RK_CHECKPOINT_FILE_MAX, SUMS_MAX = 65536, SUM_LINE_MAX = 512 };

static const struct rk_growth growth = { sizeof(struct rk_ledger_sum), SUMS_MAX, RK_E_FORMAT,
                                         "licences in a checkpoint" };

void rk_checkpoint_done(struct rk_checkpoint *c)
{
    rk_bytes_done(&c->signature);
    rk_grown_free(c->sum);
    c->sum = NULL;
    c->sum_count = 0;
}

static void put_sum(struct rk_wr *wr, const struct rk_ledger_sum *sum)
{
    char splits[65];

    rk_hex_write(sum->splits, sizeof sum->splits, splits);
    rk_wr_printf(wr,
                 "licence: %s terms=%s units=%" PRIu64 " reissues=%" PRIu64 " spent=%" PRIu64
                 " reissued=%" PRIu64 " splits=%s\n",
                 sum->id, sum->terms, sum->units, sum->reissues, sum->spent, sum->reissued, splits);
}

static void put_sums(struct rk_wr *wr, const struct rk_checkpoint *c)
{
    for (size_t i = 0; i < c->sum_count; i++)
        put_sum(wr, &c->sum[i]);
}

enum rk_rc rk_checkpoint_text(const struct rk_checkpoint *c, struct rk_bytes *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    char head[65], key[65];

    rk_hex_write(c->head, sizeof c->head, head);
    rk_hex_write(c->key_sha256, sizeof c->key_sha256, key);
    rk_wr_printf(&wr,
                 "rotkit ledger checkpoint %u\nledger: %s\nsize: %" PRIu64 "\nhead: %s\n"
                 "time: %" PRId64 "\nkey: %s\n",
                 c->format, c->ledger, c->size, head, c->time, key);
    put_sums(&wr, c);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_checkpoint_sums_text(const struct rk_checkpoint *c, struct rk_bytes *ret,
                                   struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);

    rk_wr_str(&wr, "");
    put_sums(&wr, c);
    return rk_wr_end(&wr, ret, err);
}

/* By id, none twice, so that one set of sums is one text. */
static enum rk_rc add_sum(struct rk_checkpoint *c, const struct rk_ledger_sum *sum,
                          struct rk_err *err)
{
    void *items = c->sum;

    if (sum->id[0] == '\0' ||
        (c->sum_count != 0 && strcmp(c->sum[c->sum_count - 1].id, sum->id) >= 0))
        return rk_fail(err, RK_E_FORMAT, "licence \"%s\" is not in its place", sum->id);
    if (rk_grow(&growth, &items, c->sum_count, 1, err))
        return err->rc;
    c->sum = items;
    c->sum[c->sum_count++] = *sum;
    return RK_OK;
}

enum rk_rc rk_checkpoint_set_sums(struct rk_checkpoint *c, const struct rk_ledger_sum *sum,
                                  size_t count, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (add_sum(c, &sum[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- as a file ---- */

static void put_sum_object(struct rk_jv list, const struct rk_ledger_sum *sum)
{
    struct rk_jv at = rk_json_put_object(list, NULL);

    rk_json_put_str(at, "id", sum->id);
    rk_json_put_str(at, "terms", sum->terms);
    rk_json_put_u64(at, "units", sum->units);
    rk_json_put_u64(at, "reissues", sum->reissues);
    rk_json_put_u64(at, "spent", sum->spent);
    rk_json_put_u64(at, "reissued", sum->reissued);
    rk_json_put_hex(at, "splits", sum->splits, sizeof sum->splits);
}

void rk_checkpoint_put_members(struct rk_jv at, const struct rk_checkpoint *c)
{
    rk_json_put_str(at, "rotkit", c->format == 1 ? "ledger checkpoint 1" : "ledger checkpoint 2");
    rk_json_put_str(at, "ledger", c->ledger);
    rk_json_put_u64(at, "size", c->size);
    rk_json_put_hex(at, "head", c->head, sizeof c->head);
    rk_json_put_u64(at, "time", (uint64_t)c->time);
    rk_json_put_hex(at, "key", c->key_sha256, sizeof c->key_sha256);
    if (c->format == 1)
        return;
    struct rk_jv list = rk_json_put_array(at, "licences");
    for (size_t i = 0; i < c->sum_count; i++)
        put_sum_object(list, &c->sum[i]);
}

static enum rk_rc read_sum_object(struct rk_jv at, struct rk_ledger_sum *sum, struct rk_err *err)
{
    uint8_t terms[32];

    if (rk_json_want_text(at, "id", sum->id, sizeof sum->id, err) ||
        rk_json_want_hex(at, "terms", terms, sizeof terms, err) ||
        rk_json_want_u64(at, "units", INT64_MAX, &sum->units, err) ||
        rk_json_want_u64(at, "reissues", INT64_MAX, &sum->reissues, err) ||
        rk_json_want_u64(at, "spent", INT64_MAX, &sum->spent, err) ||
        rk_json_want_u64(at, "reissued", INT64_MAX, &sum->reissued, err) ||
        rk_json_want_hex(at, "splits", sum->splits, sizeof sum->splits, err))
        return err->rc;
    rk_hex_write(terms, sizeof terms, sum->terms);
    return RK_OK;
}

static enum rk_rc read_sums(struct rk_jv at, struct rk_checkpoint *c, struct rk_err *err)
{
    struct rk_jv list = rk_json_get(at, "licences");

    if (rk_json_kind(list) != RK_JSON_ARRAY)
        return rk_fail(err, RK_E_FORMAT, "member \"licences\": expected a list");
    for (size_t i = 0; i < rk_json_count(list); i++) {
        struct rk_ledger_sum sum = { .id = "" };

        if (read_sum_object(rk_json_at(list, i), &sum, err) || add_sum(c, &sum, err))
            return rk_wrap(err, "member \"licences\": %zu", i + 1);
    }
    return RK_OK;
}

static enum rk_rc read_members(struct rk_jv at, struct rk_checkpoint *c, struct rk_err *err)
{
    char kind[32];
    uint8_t id[16];
    uint64_t time;

    if (rk_json_want_text(at, "rotkit", kind, sizeof kind, err) ||
        (strcmp(kind, "ledger checkpoint 1") != 0 && strcmp(kind, "ledger checkpoint 2") != 0))
        return rk_fail(err, RK_E_FORMAT, "not a ledger checkpoint of format 1 or 2");
    c->format = kind[strlen(kind) - 1] == '1' ? 1 : 2;
    if (rk_json_want_hex(at, "ledger", id, sizeof id, err) ||
        rk_json_want_u64(at, "size", INT64_MAX, &c->size, err) ||
        rk_json_want_hex(at, "head", c->head, sizeof c->head, err) ||
        rk_json_want_u64(at, "time", INT64_MAX, &time, err) ||
        rk_json_want_hex(at, "key", c->key_sha256, sizeof c->key_sha256, err) ||
        (c->format != 1 && read_sums(at, c, err)) ||
        rk_signed_text_read(at, &c->scheme, &c->signature, err))
        return err->rc;
    rk_hex_write(id, sizeof id, c->ledger);
    c->time = (int64_t)time;
    return RK_OK;
}

enum rk_rc rk_checkpoint_check(const rk_ctx *ctx, const struct rk_checkpoint *c,
                               const rk_signer *key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_checkpoint_text(c, &text, err))
        return err->rc;
    return rk_signed_text_check(ctx, key, c->key_sha256, c->scheme, &c->signature, &text, err);
}

enum rk_rc rk_checkpoint_parse(const uint8_t *file, size_t len, struct rk_checkpoint *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    if (len > RK_CHECKPOINT_FILE_MAX)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes are too many for a checkpoint", len);
    if (rk_json_parse(file, len, &doc, err) || read_members(rk_json_root(doc), &c, err))
        return err->rc;
    *ret = c;
    c = (struct rk_checkpoint) { .size = 0 };
    return RK_OK;
}

enum rk_rc rk_checkpoint_read(const rk_ctx *ctx, const uint8_t *file, size_t len,
                              const rk_signer *key, struct rk_checkpoint *ret, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    if (rk_checkpoint_parse(file, len, &c, err) || rk_checkpoint_check(ctx, &c, key, err))
        return err->rc;
    *ret = c;
    c = (struct rk_checkpoint) { .size = 0 };
    return RK_OK;
}

/* ---- as a row ---- */

/* "name=value" at *at; the text behind it and a space, or the end. */
static bool read_part(const char **at, const char *name, char *ret, size_t size)
{
    size_t name_len = strlen(name), len = strcspn(*at, " \n");

    if (strncmp(*at, name, name_len) != 0 || len < name_len || len - name_len >= size)
        return false;
    memcpy(ret, *at + name_len, len - name_len);
    ret[len - name_len] = '\0';
    *at += len + ((*at)[len] == ' ');
    return true;
}

static enum rk_rc read_sum_line(const char **at, struct rk_checkpoint *c, struct rk_err *err)
{
    struct rk_ledger_sum sum = { .id = "" };
    char number[4][21], splits[65];

    if (strncmp(*at, "licence: ", 9) != 0)
        return rk_fail(err, RK_E_VERIFY, "sums that are none");
    *at += 9;
    if (!read_part(at, "", sum.id, sizeof sum.id) ||
        !read_part(at, "terms=", sum.terms, sizeof sum.terms) ||
        !read_part(at, "units=", number[0], sizeof number[0]) ||
        !read_part(at, "reissues=", number[1], sizeof number[1]) ||
        !read_part(at, "spent=", number[2], sizeof number[2]) ||
        !read_part(at, "reissued=", number[3], sizeof number[3]) ||
        !read_part(at, "splits=", splits, sizeof splits) || **at != '\n')
        return rk_fail(err, RK_E_VERIFY, "sums that are none");
    *at += 1;
    if (rk_parse_u64(number[0], INT64_MAX, &sum.units, err) ||
        rk_parse_u64(number[1], INT64_MAX, &sum.reissues, err) ||
        rk_parse_u64(number[2], INT64_MAX, &sum.spent, err) ||
        rk_parse_u64(number[3], INT64_MAX, &sum.reissued, err) ||
        rk_hex_read(splits, strlen(splits), sum.splits, sizeof sum.splits, err))
        return err->rc;
    return add_sum(c, &sum, err);
}

/* What is written in another way than ours would be signed as ours: it must come out the same. */
static enum rk_rc read_sum_lines(const char *text, struct rk_checkpoint *c, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;

    for (const char *at = text; *at != '\0';) {
        if (read_sum_line(&at, c, err))
            return err->rc;
    }
    if (rk_checkpoint_sums_text(c, &again, err))
        return err->rc;
    if (strcmp(again.p == NULL ? "" : (const char *)again.p, text) != 0)
        return rk_fail(err, RK_E_VERIFY, "sums that are none");
    return RK_OK;
}

static enum rk_rc read_row(const char *const *column, struct rk_checkpoint *c, struct rk_err *err)
{
    uint64_t time, format;

    if (rk_parse_u64(column[0], INT64_MAX, &c->size, err) ||
        rk_hex_read(column[1], strlen(column[1]), c->head, sizeof c->head, err) ||
        rk_parse_u64(column[2], INT64_MAX, &time, err) ||
        rk_hex_read(column[3], strlen(column[3]), c->key_sha256, sizeof c->key_sha256, err) ||
        rk_parse_u64(column[6], 2, &format, err) || read_sum_lines(column[7], c, err))
        return err->rc;
    c->time = (int64_t)time;
    c->format = (unsigned)format;
    c->scheme = rk_scheme_find(column[4]);
    if (c->scheme == RK_SCHEME_NONE)
        return rk_fail(err, RK_E_VERIFY, "unknown scheme");
    if (c->format == 0 || (c->format == 1 && c->sum_count != 0))
        return rk_fail(err, RK_E_VERIFY, "of no known format");
    if (rk_bytes_new(strlen(column[5]) / 2, &c->signature, err))
        return err->rc;
    return rk_hex_read(column[5], strlen(column[5]), c->signature.p, c->signature.len, err);
}

enum rk_rc rk_checkpoint_of_row(const char *const *column, struct rk_checkpoint *ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    if (read_row(column, &c, err)) {
        if (err->rc != RK_E_NOMEM)
            err->rc = RK_E_VERIFY;
        return rk_wrap(err, "a checkpoint in the ledger");
    }
    rk_checkpoint_done(ret);
    *ret = c;
    c.signature = (struct rk_bytes)RK_BYTES_NONE;
    c.sum = NULL;
    return RK_OK;
}

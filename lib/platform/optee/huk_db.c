/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/plan.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_LINE = 2 /* behind the header */, ROWS_MAX = 1 << 26, TAG = 8 };

struct place {
    uint64_t at;      /* bytes of the file in front of the row */
    uint8_t tag[TAG]; /* of its digest: what is read again is what was read, and went into sha256 */
};

struct rk_huk_db {
    rk_devicedb *db;
    void *place;  /* struct place, by line */
    void *values; /* uint64_t: the start of each HUK's digest, sorted, to find two that are the same
                   */
    size_t count, zeros;
    uint8_t sha256[32];
};

void rk_huk_db_close(rk_huk_db *db)
{
    if (db == NULL)
        return;
    rk_devicedb_close(db->db);
    rk_grown_free(db->place);
    rk_grown_free(db->values);
    rk_free(db);
}

RK_CLEANUP(close_at_exit, rk_huk_db, rk_huk_db_close)

static enum rk_rc digest_row(const struct rk_unit_id *sn, const struct rk_secret *huk,
                             uint8_t ret[32], struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(md, sn->b, sizeof sn->b) != 1 ||
        EVP_DigestUpdate(md, huk->p, huk->len) != 1 || EVP_DigestFinal_ex(md, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

static enum rk_rc add_value(rk_huk_db *db, const struct rk_secret *huk, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(uint64_t), ROWS_MAX, RK_E_USAGE, "rows" };
    uint8_t digest[32];

    if (rk_grow(&growth, &db->values, db->count, 1, err) ||
        rk_sha256(huk->p, huk->len, digest, err))
        return err->rc;
    memcpy((uint64_t *)db->values + db->count, digest, sizeof(uint64_t));
    db->zeros += rk_all_zero(huk->p, huk->len);
    return RK_OK;
}

/* Where each row is; the values are read again, each when its turn comes. */
static enum rk_rc index_rows(rk_huk_db *db, EVP_MD_CTX *md, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct place), ROWS_MAX, RK_E_USAGE, "rows" };
    uint8_t digest[32];

    for (bool more = true; more;) {
        RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row row = { .line = 0 };
        struct place place;

        if (rk_devicedb_next(db->db, &row, &more, err))
            return err->rc;
        if (!more)
            break;
        if (rk_grow(&growth, &db->place, db->count, 1, err))
            return rk_wrap(err, "\"%s\"", rk_devicedb_path(db->db));
        if (digest_row(&row.sn, &row.value, digest, err) || add_value(db, &row.value, err))
            return err->rc;
        place.at = row.at;
        memcpy(place.tag, digest, sizeof place.tag);
        ((struct place *)db->place)[db->count++] = place;
        if (EVP_DigestUpdate(md, digest, sizeof digest) != 1)
            return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    }
    return RK_OK;
}

enum rk_rc rk_huk_db_open(const char *path, rk_huk_db **ret, struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_huk_db *db = rk_alloc(1, sizeof *db);
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (db == NULL || md == NULL)
        return rk_fail_nomem(err);
    if (rk_devicedb_open(path, RK_DB_HUK, NULL, &db->db, err) ||
        rk_devicedb_check_reread(db->db, err))
        return err->rc;
    if (EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    if (index_rows(db, md, err))
        return err->rc;
    if (EVP_DigestFinal_ex(md, db->sha256, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    *ret = db;
    db = NULL;
    return RK_OK;
}

/* The row's value once more, and that it is the one that was read. */
static enum rk_rc read_again(const rk_huk_db *db, const struct place *place,
                             const struct rk_unit_id *sn, struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_devicedb_row row = { .sn = *sn, .at = place->at };
    RK_AUTO(rk_secret_done) struct rk_secret huk = RK_SECRET_NONE;
    uint8_t digest[32];

    if (rk_devicedb_reread(db->db, &row, &huk, err) || digest_row(sn, &huk, digest, err))
        return err->rc;
    if (memcmp(digest, place->tag, sizeof place->tag) != 0)
        return rk_fail(err, RK_E_IO, "\"%s\" has changed while it was used",
                       rk_devicedb_path(db->db));
    *ret = rk_secret_take(&huk);
    return RK_OK;
}

enum rk_rc rk_huk_db_find(const rk_huk_db *db, const struct rk_unit_id *sn, struct rk_secret *ret,
                          struct rk_err *err)
{
    uint64_t line = rk_devicedb_line_of(db->db, sn);
    char text[21];

    if (line < FIRST_LINE) {
        rk_unit_id_text(sn, text);
        (void)rk_fail(err, RK_E_USAGE, "\"%s\" has no row for device %s", rk_devicedb_path(db->db),
                      text);
        return rk_note(err, "its TA would be encrypted under its HUK: add the row, or leave the "
                            "device out of this build");
    }
    return ret == NULL ? RK_OK
                       : read_again(db, &((const struct place *)db->place)[line - FIRST_LINE], sn,
                                    ret, err);
}

static int compare_values(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uint64_t));
}

void rk_huk_db_warn(const rk_ctx *ctx, rk_huk_db *db)
{
    const uint64_t *values = db->values;
    size_t same = 0;

    if (db->zeros != 0)
        rk_warn(ctx,
                "\"%s\": %s of zeros, as of boards that are not fused: anybody can read their TAs",
                rk_devicedb_path(db->db), RK_COUNTED(db->zeros, "HUK"));
    if (db->count < 2)
        return;
    qsort(db->values, db->count, sizeof *values, compare_values);
    for (size_t i = 1; i < db->count; i++)
        same += values[i] == values[i - 1];
    if (same > (db->zeros == 0 ? 0 : db->zeros - 1))
        rk_warn(ctx, "\"%s\": boards share a HUK: each can read the others' TAs",
                rk_devicedb_path(db->db));
}

const uint8_t *rk_huk_db_sha256(const rk_huk_db *db)
{
    return db->sha256;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/plan.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/grow.h"

#include <string.h>

enum { FIRST_LINE = 2 /* behind the header */, ROWS_MAX = 1 << 26, TAG = 8 };

struct place {
    uint64_t at;      /* bytes of the file in front of the row */
    uint8_t tag[TAG]; /* of its digest: what is read again is what was read, and went into sha256 */
};

struct rk_huk_db {
    rk_devicedb *db;
    void *place; /* struct place, by line */
    size_t count;
    uint8_t sha256[32];
};

void rk_huk_db_close(rk_huk_db *db)
{
    if (db == NULL)
        return;
    rk_devicedb_close(db->db);
    rk_grown_free(db->place);
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

/* OP-TEE's own value where no driver of the board reads a key: the TA would be public, and so its
 * seed. */
static enum rk_rc check_huk(const rk_huk_db *db, const struct rk_devicedb_row *row,
                            struct rk_err *err)
{
    if (!rk_all_zero(row->value.p, row->value.len))
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "%s:%zu: a HUK of zeros: anybody can open a TA under it",
                  rk_devicedb_path(db->db), (size_t)row->line);
    return rk_note(
        err, "OP-TEE has it where no driver of the board reads its key: give the board one, or "
             "take a class key (encrypt.class-key)");
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
        if (check_huk(db, &row, err))
            return err->rc;
        if (rk_grow(&growth, &db->place, db->count, 1, err))
            return rk_wrap(err, "\"%s\"", rk_devicedb_path(db->db));
        if (digest_row(&row.sn, &row.value, digest, err))
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

const uint8_t *rk_huk_db_sha256(const rk_huk_db *db)
{
    return db->sha256;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/plan.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/grow.h"

#include <string.h>

enum { FIRST_LINE = 2 /* behind the header */, ROWS_MAX = 1 << 26 };

struct rk_huk_db {
    rk_devicedb *db;
    void *at; /* uint64_t: by line, bytes in front of it */
    size_t count;
    uint8_t sha256[32];
};

void rk_huk_db_close(rk_huk_db *db)
{
    if (db == NULL)
        return;
    rk_devicedb_close(db->db);
    rk_grown_free(db->at);
    rk_free(db);
}

RK_CLEANUP(close_at_exit, rk_huk_db, rk_huk_db_close)

/* Where each row is; the values are read again, each when its turn comes. */
static enum rk_rc index_rows(rk_huk_db *db, EVP_MD_CTX *md, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(uint64_t), ROWS_MAX, RK_E_USAGE, "rows" };

    for (bool more = true; more;) {
        RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row row = { .line = 0 };

        if (rk_devicedb_next(db->db, &row, &more, err))
            return err->rc;
        if (!more)
            break;
        if (rk_grow(&growth, &db->at, db->count, 1, err))
            return rk_wrap(err, "\"%s\"", rk_devicedb_path(db->db));
        ((uint64_t *)db->at)[db->count++] = row.at;
        if (EVP_DigestUpdate(md, row.sn.b, sizeof row.sn.b) != 1 ||
            EVP_DigestUpdate(md, row.value.p, row.value.len) != 1)
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
    if (rk_devicedb_open(path, RK_DB_HUK, NULL, &db->db, err))
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

enum rk_rc rk_huk_db_find(const rk_huk_db *db, const struct rk_device_sn *sn, struct rk_secret *ret,
                          struct rk_err *err)
{
    uint64_t line = rk_devicedb_line_of(db->db, sn);
    struct rk_devicedb_row row = { .sn = *sn };
    char text[21];

    if (line < FIRST_LINE) {
        rk_device_sn_text(sn, text);
        return rk_fail(err, RK_E_USAGE, "\"%s\" has no row for device %s", rk_devicedb_path(db->db),
                       text);
    }
    row.at = ((const uint64_t *)db->at)[line - FIRST_LINE];
    return ret == NULL ? RK_OK : rk_devicedb_reread(db->db, &row, ret, err);
}

const uint8_t *rk_huk_db_sha256(const rk_huk_db *db)
{
    return db->sha256;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CSV "databases" of NVIDIA's fTPM tools, streamed row by row so that memory stays flat:
 * kdk_db (oem_id sn KDK0), pubkey_db (oem_id sn x|y), EPS-seed file (oem_id sn eps_seed).
 * One blank between columns, lower-case hex, no header; CRLF written, LF accepted.
 * Source: formats/jetson-ftpm-ekb.md 3.2.
 */
#pragma once

#include "rotkit/cms.h"
#include "rotkit/device_sn.h"
#include "ftpmprov/secret.h"

#include <stdbool.h>

enum rk_devicedb_kind { RK_DB_KDK, RK_DB_PUBKEY, RK_DB_EPS_SEED };

struct rk_devicedb_row {
    struct rk_device_sn sn;
    struct rk_secret value; /* 32, 64 or 32 bytes by kind */
    uint64_t line;          /* 1-based line in the file */
};
void rk_devicedb_row_done(struct rk_devicedb_row *row);

typedef struct rk_devicedb rk_devicedb;
/*
 * A database in the clear, or sealed (CMS, as rk_cms_seal makes it) for opener, which may be NULL.
 * RK_E_KEY for one that others may write, or that is sealed and has no opener; else as the file and
 * rk_cms_stream_open have it.
 */
enum rk_rc rk_devicedb_open(const char *path, enum rk_devicedb_kind kind,
                            const struct rk_cms_opener *opener, rk_devicedb **ret,
                            struct rk_err *err) RK_MUST_CHECK;
void rk_devicedb_close(rk_devicedb *db);
/* The caller compares each row's Device SN with that of another database: repeated ones show there,
 * and are not looked for a second time. Before the first row. */
void rk_devicedb_is_compared(rk_devicedb *db);
/*
 * The next row; *ret_more false at the end (then row is untouched). Every fault (RK_E_USAGE:
 * malformed line, wrong size, a Device SN seen before) names file and line, never the key.
 */
enum rk_rc rk_devicedb_next(rk_devicedb *db, struct rk_devicedb_row *row, bool *ret_more,
                            struct rk_err *err) RK_MUST_CHECK;
const char *rk_devicedb_path(const rk_devicedb *db);
/* One row as file text, CRLF included, into secure memory. */
enum rk_rc rk_devicedb_format(enum rk_devicedb_kind kind, const struct rk_device_sn *sn,
                              const uint8_t *value, struct rk_secret *ret,
                              struct rk_err *err) RK_MUST_CHECK;

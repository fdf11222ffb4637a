/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases of devices, streamed row by row so that memory stays flat. Hex, CRLF written, LF
 * accepted. Those of NVIDIA's fTPM tools have one blank between columns and no header: kdk_db
 * (oem_id sn KDK0), pubkey_db (oem_id sn x|y), EPS-seed file (oem_id sn eps_seed). Source:
 * formats/jetson-ftpm-ekb.md 3.2. Those of other platforms are CSV with a header: "unit,eps",
 * "unit,huk".
 */
#pragma once

#include "rotkit/cms.h"
#include "rotkit/unit_id.h"
#include "ftpmprov/secret.h"

#include <stdbool.h>

enum rk_devicedb_kind { RK_DB_KDK, RK_DB_PUBKEY, RK_DB_EPS_SEED, RK_DB_EPS, RK_DB_HUK };

struct rk_devicedb_row {
    struct rk_unit_id sn;
    struct rk_secret value; /* 32, 64, 32, 64 or 16 bytes by kind */
    uint64_t line;          /* 1-based line in the file */
    uint64_t at;            /* bytes in front of that line */
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
size_t rk_devicedb_value_len(enum rk_devicedb_kind kind); /* bytes */
const char *rk_devicedb_path(const rk_devicedb *db);
/* The first line of such a file; NULL: it has no header. */
const char *rk_devicedb_header(enum rk_devicedb_kind kind);
/* The line of a row that has been read; 0: none is of this device. */
uint64_t rk_devicedb_line_of(const rk_devicedb *db, const struct rk_unit_id *sn);
/* RK_E_USAGE for a file that no row can be read of twice: a pipe, a device. */
enum rk_rc rk_devicedb_check_reread(const rk_devicedb *db, struct rk_err *err) RK_MUST_CHECK;
/*
 * The value of a row that was read before, its own being wiped, of a CSV file in the clear; any
 * thread. RK_E_IO when the row is no longer there.
 */
enum rk_rc rk_devicedb_reread(const rk_devicedb *db, const struct rk_devicedb_row *like,
                              struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
/* One row as file text, CRLF included, into secure memory. */
enum rk_rc rk_devicedb_format(enum rk_devicedb_kind kind, const struct rk_unit_id *sn,
                              const uint8_t *value, struct rk_secret *ret,
                              struct rk_err *err) RK_MUST_CHECK;

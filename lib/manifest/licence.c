/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_licence_rows[] = {
    { "ledger", RK_M_KEY, RK_M(licence.ledger), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "where units are counted: a file (SQLite) or postgresql://..." },
    { "checkpoint-key", RK_M_KEY, RK_M(licence.checkpoint_key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "signs what the ledger was after each build" },
    { "passphrase", RK_M_PASSPHRASE, RK_M(licence.passphrase), 0, NULL, NULL, NULL, NULL,
      "of that key: fd:N, file:PATH or env:NAME (default: ask)" },
    { "file", RK_M_PATH, RK_M(licence.file), 0, NULL, NULL, NULL, NULL,
      "the licence that units are charged to; without it they are counted only" },
    { "issuer", RK_M_PATH, RK_M(licence.issuer), 0, NULL, NULL, NULL, NULL,
      "public key (PEM) of the licence's issuer" },
    { "anchor", RK_M_PATH, RK_M(licence.anchor), 0, NULL, NULL, NULL, NULL,
      "folder that keeps the last checkpoint, on another disk; one ledger each" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

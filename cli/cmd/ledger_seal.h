/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint behind an act that is no build: a split, a retirement. Without one the act stands in
 * no checkpoint until the next build ends, and an old copy of the ledger takes it back.
 */
#pragma once

#include "cli/app.h"
#include "cli/opt.h"

#include "rotkit/ledger.h"
#include "rotkit/signer.h"

struct ledger_seal {
    const char *uri, *passphrase, *anchor;
    rk_signer *key; /* NULL: not asked for */
};
void ledger_seal_done(struct ledger_seal *seal);
/* clang-format off */
#define SEAL_KEY(seal) { "checkpoint-key", 0, OPT_STR, &(seal)->uri, "KEY", "with --anchor: signs what the ledger is behind this, as a build does", false }
#define SEAL_PASSPHRASE(seal) { "checkpoint-passphrase", 0, OPT_STR, &(seal)->passphrase, "SOURCE", "of that key: fd:N, file:PATH or env:NAME (default: ask)", false }
#define SEAL_ANCHOR(seal) { "anchor", 0, OPT_STR, &(seal)->anchor, "DIR", "folder that keeps the last checkpoint, as the manifest names it", false }
/* clang-format on */

/* Opens the key. RK_E_USAGE for one of the two options without the other. */
enum rk_rc ledger_seal_open(const struct app *app, struct ledger_seal *seal,
                            struct rk_err *err) RK_MUST_CHECK;
/* Before the act: the ledger goes on from the anchor's checkpoint, and counts from this key's. */
enum rk_rc ledger_seal_before(const struct app *app, const struct ledger_seal *seal,
                              rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;
/* Behind it: a checkpoint, in the ledger and the anchor. */
enum rk_rc ledger_seal_behind(const struct ledger_seal *seal, rk_ledger *ledger,
                              struct rk_err *err) RK_MUST_CHECK;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build's account at the ledger: opened and checked before anything is made, told what each unit
 * is made of, sealed by a checkpoint that goes into the release. Without section licence in the
 * manifest it counts nothing.
 */
#pragma once

#include "pipeline/plan.h"
#include "rotkit/ledger.h"

struct rk_account {
    rk_ledger *ledger;
    rk_signer *key; /* of checkpoints; NULL: nothing is counted */
    rk_signer *issuer;
    const char *anchor; /* folder; NULL: none */
};
void rk_account_done(struct rk_account *account);

/*
 * Opens the ledger, holds it to the checkpoints of the release in place and of the anchor, takes
 * the licence into use, and sees that it covers every device of the plan: RK_E_LEDGER before
 * anything is made. A dry run checks the same and writes nothing. Needs *ret empty.
 */
enum rk_rc rk_account_open(const rk_ctx *ctx, const struct rk_plan *plan,
                           const struct rk_build_options *options, struct rk_account *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * What the unit is made of: SHA-256 over platform, role, Device SN, KDK0, EPS seed or container,
 * profile, templates, CA and certificate fields, keys of the blob. It is hidden by the 256-bit
 * secrets in it. Keys that cannot be read (root key) are not in it.
 */
enum rk_rc rk_account_unit(const struct rk_plan *plan, const struct rk_unit *unit,
                           struct rk_ledger_unit *ret, struct rk_err *err) RK_MUST_CHECK;
/* What was made: its digest, and the ids in its certificates. */
enum rk_rc rk_account_made(const struct rk_unit *unit, const struct rk_artifacts *made,
                           struct rk_ledger_unit *ret, struct rk_err *err) RK_MUST_CHECK;
/* Every unit is committed: the checkpoint goes into the release and to the anchor. */
enum rk_rc rk_account_seal(const struct rk_account *account, rk_release *release,
                           struct rk_err *err) RK_MUST_CHECK;

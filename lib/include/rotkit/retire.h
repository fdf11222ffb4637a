/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device leaves the fleet, or gets a new identity: ledger, revocation list, OCSP index and DPS
 * deletion in one act. The folder of revocations belongs to one CA and is kept from act to act:
 *
 *   crl.der                     the list; each act that revokes issues the next number
 *   index.txt, index.txt.attr   every certificate of the CA's releases as openssl ca(1)
 *                               keeps it, for openssl ocsp -index and whoever reads that
 *   azure-dps-delete-<SN>.json  the body of one bulk operation (enroll.h); -<SN>-2 and on
 *                               for a device's next identities: the first may be unsent
 *
 * An act that was cut is completed by doing it again: files come first, each put in place whole,
 * the ledger last, since it is what lets a new identity be built.
 */
#pragma once

#include "rotkit/crl.h"
#include "rotkit/ledger.h"
#include "rotkit/release.h"

struct rk_retire_options {
    const char *release;         /* that states the devices; verified before */
    rk_release_view *view;       /* it, open: what is read is what was verified */
    const struct rk_unit_id *sn; /* count of them */
    size_t count;
    bool reissue;       /* the unit is to be built anew, once; else never again */
    const char *folder; /* of the revocations; made when it is not there */
    enum rk_crl_reason reason;
    const char *note; /* for the ledger */
    int64_t now, next_update;
    enum { RK_RETIRE_DPS_EK, RK_RETIRE_DPS_SN, RK_RETIRE_DPS_NONE } dps; /* registration id rule */
    bool dry_run; /* everything but the writing */
};
struct rk_retire_report {
    uint64_t revoked;  /* certificates that were not on the list before */
    uint64_t recorded; /* units whose record the ledger did not have yet */
    uint64_t crl_number;
};
/*
 * RK_E_LEDGER when a unit was not issued, is retired, or its licence has no reissue left;
 * RK_E_USAGE when the release has no such device; RK_E_VERIFY when a certificate is of another CA
 * or the folder's list is, or its index has revocations that the list lacks; RK_E_USAGE too while
 * another act is under way in the folder. All of that is found before anything is written.
 */
enum rk_rc rk_retire(const rk_ctx *ctx, rk_ledger *ledger, rk_ca *ca,
                     const struct rk_retire_options *options, struct rk_retire_report *ret,
                     struct rk_err *err) RK_MUST_CHECK;

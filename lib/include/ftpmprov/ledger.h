/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit ledger as the build driver sees it: reserve a Device SN before its identity is made,
 * commit before its blob becomes visible, void what failed. An implementation is one vtable; this
 * version has one that counts nothing.
 */
#pragma once

#include "ftpmprov/device_sn.h"

typedef struct rk_ledger rk_ledger;

/* Takes every reservation, remembers none. */
RK_API enum rk_rc rk_ledger_open_none(rk_ledger **ret, struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_ledger_close(rk_ledger *ledger);

/* RK_E_LEDGER when the unit may not be made; says why. */
RK_API enum rk_rc rk_ledger_reserve(rk_ledger *ledger, const struct rk_device_sn *sn,
                                    struct rk_err *err) RK_MUST_CHECK;
/* digest: SHA-256 over what was made for the unit. Durable on return. */
RK_API enum rk_rc rk_ledger_commit(rk_ledger *ledger, const struct rk_device_sn *sn,
                                   const uint8_t digest[32], struct rk_err *err) RK_MUST_CHECK;
/* Gives a reservation back, after a failure. */
RK_API enum rk_rc rk_ledger_void(rk_ledger *ledger, const struct rk_device_sn *sn,
                                 struct rk_err *err) RK_MUST_CHECK;

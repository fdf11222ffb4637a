/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a ledger: the operations that an engine fills in. */
#pragma once

#include "base/err.h"
#include "ftpmprov/ledger.h"

struct rk_ledger_ops {
    enum rk_rc (*reserve)(rk_ledger *, const struct rk_device_sn *, struct rk_err *);
    enum rk_rc (*commit)(rk_ledger *, const struct rk_device_sn *, const uint8_t[32],
                         struct rk_err *);
    enum rk_rc (*cancel)(rk_ledger *, const struct rk_device_sn *, struct rk_err *);
    void (*close)(rk_ledger *);
};
struct rk_ledger {
    const struct rk_ledger_ops *ops;
};

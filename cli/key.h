/* SPDX-License-Identifier: Apache-2.0 */
/* Symmetric key bytes by the one key grammar. */
#pragma once

#include "ftpmprov/secret.h"

/* PATH, file:PATH or env:NAME; hex text in either spelling, of len bytes (0: 16 or 32). */
enum rk_rc key_read(const char *uri, size_t len, struct rk_secret *ret,
                    struct rk_err *err) RK_MUST_CHECK;

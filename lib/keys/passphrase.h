/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases and PINs: "fd:N", "file:PATH", "env:NAME", or a prompt on the terminal. */
#pragma once

#include "base/err.h"
#include "ftpmprov/signer.h"

/*
 * One line without its end. word says what is asked for ("passphrase", "PIN"), subject what it
 * opens. RK_E_KEY when there is none to be had.
 */
enum rk_rc rk_passphrase_read(const struct rk_pin *pin, const char *word, const char *subject,
                              struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;

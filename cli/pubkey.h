/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as operands: a PEM or DER file, or the public half of any key the grammar names. */
#pragma once

#include "cli/app.h"

#include "rotkit/signer.h"

/* pin: of a key that needs one; NULL: asked for. */
enum rk_rc pubkey_open(const struct app *app, const char *name, const struct rk_pin *pin,
                       rk_signer **ret, struct rk_err *err) RK_MUST_CHECK;

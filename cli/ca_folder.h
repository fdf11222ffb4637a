/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a CA in a folder being made: shared by ca init and init. */
#pragma once

#include "cli/staging.h"

#include "rotkit/ekcert.h"

/* root.pem, issuing.pem, chain.pem (issuing CA first), root.key and issuing.key (0600;
 * not those of keys that are elsewhere), under
 * `prefix`. */
enum rk_rc ca_folder_write(const struct staging *staging, const char *prefix,
                           const struct rk_ca_files *ca, struct rk_err *err) RK_MUST_CHECK;

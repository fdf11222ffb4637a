/* SPDX-License-Identifier: Apache-2.0 */
/* EFI programs in a signature list, by their hash. */
#pragma once

#include "rotkit/format_row.h"
#include "base/wr.h"

/*
 * One list of SHA-256 with all parts of this name, none when there is no such part. A program that
 * is not signed and whose size is no multiple of 8 has two: EDK2 digests it as it is, and with the
 * padding once it has been signed. RK_E_FORMAT for what is no EFI program.
 */
enum rk_rc rk_esl_put_programs(const struct rk_request *request, const char *name,
                               const uint8_t owner[16], struct rk_wr *wr,
                               struct rk_err *err) RK_MUST_CHECK;

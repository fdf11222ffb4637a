/* SPDX-License-Identifier: Apache-2.0 */
/* Under which name Azure's clients look for their enrolment, and which keys have one. */
#pragma once

#include "rotkit/enroll.h"

/* A TPM2B_PUBLIC of an RSA key whose size is that of its bytes. */
bool rk_dps_is_rsa(const struct rk_bytes *public_tpm2b);

/* SPDX-License-Identifier: Apache-2.0 */
/* Why an EK is not the one of the release. */
#pragma once

#include "tpm/checking.h"

/* Why the EK of a known device differs under one template; reports it. */
enum rk_rc rk_explain_template(struct rk_checking *c, const struct rk_release_ek *ek, size_t i,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * Why no device of the release has any EK of this TPM: either finds the device after all
 * (verdict.known), or reports.
 */
enum rk_rc rk_explain_stranger(struct rk_checking *c, struct rk_err *err) RK_MUST_CHECK;

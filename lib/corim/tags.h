/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the tags of a CoRIM: reference values, trust anchors. */
#pragma once

#include "corim/reader.h"

/* The content of tag 506 and of tag 507 */
enum rk_rc rk_reader_comid(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_reader_store(struct rk_reader *r, struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;

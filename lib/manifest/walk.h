/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to the model, by the rows: the walk over sections, lists, maps and images. */
#pragma once

#include "manifest/values.h"

/* A scalar without NUL bytes, or NULL. */
const char *rk_manifest_scalar(const yaml_node_t *node);
/* A section into the members of its rows; what is wrong in it is kept in l->faults. */
enum rk_rc rk_manifest_walk(const struct rk_loading *l, const struct rk_mplace *place,
                            const struct rk_mrow *rows, const yaml_node_t *node,
                            struct rk_err *err) RK_MUST_CHECK;

/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest as YAML, before its rows are asked. */
#pragma once

#include "base/err.h"
#include "rotkit/manifest.h"

#include <yaml.h>

/* One document, no anchor, alias or tag, no deep nesting. RK_E_USAGE with the place. */
enum rk_rc rk_manifest_outline(const struct rk_manifest *manifest, const struct rk_bytes *text,
                               struct rk_err *err) RK_MUST_CHECK;
/* The error that libyaml's parser has met. */
enum rk_rc rk_manifest_fail_yaml(const struct rk_manifest *manifest, const yaml_parser_t *parser,
                                 struct rk_err *err);

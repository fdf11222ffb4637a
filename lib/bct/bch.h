/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and making the NVDA header share. */
#pragma once

#include "rotkit/tegra_bch.h"
#include "rotkit/tegra_sign.h"

extern const struct rk_tegra_place rk_bch_place; /* of the OEM signature and key */

/* Of a file some of whose digests are zeros, for people. */
extern const char rk_bch_unfilled[];

uint32_t rk_bch_le32(const uint8_t *at);
enum rk_rc rk_bch_sha512(const uint8_t *bytes, size_t len, uint8_t ret[64],
                         struct rk_err *err) RK_MUST_CHECK;
/* As struct rk_format has it. */
bool rk_bch_recognise(const uint8_t *file, size_t len);
enum rk_rc rk_bch_parse(const uint8_t *file, size_t len, struct rk_map *map,
                        struct rk_err *err) RK_MUST_CHECK;
/*
 * Components alone, before signing: those of the header come after. RK_E_VERIFY, of a digest that
 * is not filled in too.
 */
enum rk_rc rk_bch_check_components(const uint8_t *file, size_t len,
                                   struct rk_err *err) RK_MUST_CHECK;

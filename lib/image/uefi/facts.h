/* SPDX-License-Identifier: Apache-2.0 */
/* What EDK2 takes of variables, programs and capsules, beside their formats. */
#pragma once

#include "rotkit/format_row.h"

/* A fact "signer key" for each signer of a SignedData whose certificate is inside. */
enum rk_rc rk_uefi_signer_facts(const uint8_t *der, size_t len, uint64_t at, struct rk_map *map,
                                struct rk_err *err) RK_MUST_CHECK;

extern const struct rk_demand rk_uefi_auth_demands[], rk_uefi_pe_demands[], rk_capsule_demands[];
/* Signature lists, signed or not; setting "variable" tells of which variable. */
enum rk_rc rk_uefi_auth_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                              struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_uefi_pe_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                            struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_capsule_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                            struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

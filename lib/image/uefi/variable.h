/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Secure Boot variable as a file: signature lists, which a signature over the variable's name,
 * attributes, time and lists may stand in front of, and attributes in front of both. Source: UEFI
 * 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2) and 32.4.1; boot-images.md 5.4.
 */
#pragma once

#include "image/uefi/cert.h"
#include "image/uefi/efi_time.h"

enum {
    RK_VARIABLE_CERT_HEAD = 24, /* of WIN_CERTIFICATE_UEFI_GUID */
    RK_VARIABLE_ENROL = 0x27,   /* attributes: replaces the variable */
    RK_VARIABLE_APPEND = 0x67,
    RK_VARIABLES = 6,
};
#define RK_VARIABLE_NAMES "PK, KEK, db, dbx, dbt or dbr"

/* A variable's name is signed, and not in the file. */
struct rk_variable_name {
    const char *name, *vendor;
};
extern const struct rk_variable_name rk_variable_names[RK_VARIABLES];
const struct rk_variable_name *rk_variable_find(const char *name); /* NULL: none */

struct rk_variable {
    struct rk_efi_time time;
    uint32_t attributes; /* when they stand in front */
    size_t attributes_len, time_at, der_at, der_len, esl_at, esl_len;
    bool is_signed;
};
/* An empty file is an empty list: signed, it takes the variable away. RK_E_FORMAT. */
enum rk_rc rk_variable_read(const uint8_t *file, size_t len, struct rk_variable *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* Regions under parent; base is where the variable stands in the file. RK_E_FORMAT. */
enum rk_rc rk_variable_map(const struct rk_variable *v, const uint8_t *file, uint64_t base,
                           struct rk_map *map, struct rk_region *parent,
                           struct rk_err *err) RK_MUST_CHECK;
/* What is signed: name in UTF-16LE ‖ vendor ‖ attributes ‖ time ‖ lists. */
enum rk_rc rk_variable_content(const struct rk_variable_name *name, uint32_t attributes,
                               const struct rk_efi_time *when, const uint8_t *esl, size_t len,
                               struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Holds the signature, which is there, against the signer that the request names, for this
 * variable and these attributes. Sets guards, map->signer. RK_E_VERIFY; mismatch, which may be
 * NULL, is set where it is over something else, and another variable may be tried.
 */
enum rk_rc rk_variable_hold(const struct rk_request *request, const struct rk_variable *v,
                            const uint8_t *file, uint64_t base, const struct rk_variable_name *name,
                            uint32_t attributes, struct rk_map *map, bool *mismatch,
                            struct rk_err *err) RK_MUST_CHECK;

/* SPDX-License-Identifier: Apache-2.0 */
/* EFI signature lists, made and drawn. Source: UEFI 2.10, 32.4.1; boot-images.md 5.4. */
#pragma once

#include "image/uefi/esl.h"
#include "base/wr.h"

#include <openssl/x509.h>

enum { RK_ESL_MAX = 1 << 20, RK_ESL_LISTS_MAX = 256 };

/* One of EDK2's public test certificates, whose key everybody has. */
bool rk_uefi_is_test_certificate(const X509 *cert);
/* What stands in front of a list's entries. */
void rk_esl_put_head(enum rk_esl_kind kind, size_t entries, size_t entry_len, struct rk_wr *wr);
/*
 * A list a certificate, all of one owner, at most RK_ESL_LISTS_MAX; of a file that has signature
 * lists already (.esl, .auth, the dump of an efivar) these, as they are.
 */
enum rk_rc rk_esl_put(const struct rk_input *file, const uint8_t owner[16], struct rk_wr *wr,
                      struct rk_err *err) RK_MUST_CHECK;
/* Regions for every list and entry; base is where the bytes stand in the file. RK_E_FORMAT. */
enum rk_rc rk_esl_map(const uint8_t *esl, size_t len, uint64_t base, struct rk_map *map,
                      struct rk_region *parent, struct rk_err *err) RK_MUST_CHECK;

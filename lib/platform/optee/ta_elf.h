/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the endorsement seed stands in the ELF of a trusted application. Source: optee-ftpm.md:
 * the reference fTPM asks for the property com.microsoft.ta.endorsementSeed of its own set, a
 * binary block, which stands in the ELF as base64 text.
 *
 *     property table, a row:   name ──relocation──> "com.microsoft.ta.endorsementSeed"
 *                              type  5, binary block
 *                              value ─relocation──> "AAAA...A==": 64 zeros, the placeholder
 *
 * A TA is loaded anywhere, so both pointers are filled in by relocations, and these tell which text
 * the TA will read. OP-TEE's loader (ldelf) goes by section headers, each section of relocations
 * from its first entry to its last; so does this. A stripped TA keeps them. Little-endian AArch64
 * and Arm.
 */
#pragma once

#include "base/err.h"
#include "rotkit/guid.h"

#include <stdbool.h>

enum {
    RK_TA_SEED = 64,      /* bytes of an endorsement seed */
    RK_TA_SEED_TEXT = 88, /* its base64 text, without the NUL that ends it */
};

struct rk_ta_elf {
    size_t seed_at;            /* of the placeholder's text in the file */
    bool has_uuid;             /* a TA's head stands at its start */
    uint8_t uuid[RK_GUID_LEN]; /* as its text has it */
};

/*
 * RK_E_FORMAT, saying which: no ELF, another machine or byte order, not relocatable, no property,
 * no placeholder or more than one, a property that points elsewhere, more relocations than two of
 * its row. ret is written on RK_OK alone.
 */
enum rk_rc rk_ta_elf_read(const uint8_t *elf, size_t len, struct rk_ta_elf *ret,
                          struct rk_err *err) RK_MUST_CHECK;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between releases of the TPM reference code on the way from EPS to EK.
 * Source: formats/ek-derivation.md section 4, one row a profile.
 */
#pragma once

#include "base/err.h"
#include "rotkit/ek.h"

#include <stdbool.h>

enum rk_top_adjust {
    RK_TOP_32,           /* the top 32 bits are scaled into B5050000h .. FFFFFFFFh */
    RK_TOP_16,           /* the top 16 bits are, the rest stays */
    RK_TOP_16_WIDE_MASK, /* the same with 64-bit words, whose mask also zeroes the next 32 bits */
};

struct rk_ek_profile {
    const char *name;
    const char *who;     /* for help texts */
    bool little_endian;  /* order of the candidate's bytes */
    bool clear_top_byte; /* the most significant byte is zeroed before the adjustment */
    enum rk_top_adjust top;
    unsigned word_bits;   /* smallest machine word of the builds: an all-zero top word is refused */
    uint32_t sieve_limit; /* largest sieving prime for primes above 1024 bits */
    bool ecc_reject;      /* ECC by rejection sampling instead of extra bits */
    size_t drbg_key_len;  /* 32, or 16 without AES-256 */
    size_t eps_len;
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Modular powers in AVX-512 IFMA: the one file of intrinsics, compiled with flags of its own. */
#include "ftpm/powm8.h"

#ifdef RK_HAVE_IFMA

#include <cpuid.h>
#include <immintrin.h>

#include <openssl/crypto.h>

typedef __m512i vec;
typedef __mmask8 vmask;

#define V(name, parameters, value)                                                                 \
    static inline __attribute__((always_inline)) vec name parameters                               \
    {                                                                                              \
        return value;                                                                              \
    }
V(v_set1, (uint64_t x), _mm512_set1_epi64((long long)x))
V(v_load, (const struct rk_powm8_row *row), _mm512_load_si512(row))
V(v_add, (vec a, vec b), _mm512_add_epi64(a, b))
V(v_sub, (vec a, vec b), _mm512_sub_epi64(a, b))
V(v_and, (vec a, vec b), _mm512_and_si512(a, b))
V(v_or, (vec a, vec b), _mm512_or_si512(a, b))
V(v_xor, (vec a, vec b), _mm512_xor_si512(a, b))
V(v_shl, (vec a, vec n), _mm512_sllv_epi64(a, n))
V(v_shr, (vec a, uint64_t n), _mm512_srlv_epi64(a, v_set1(n)))
V(v_shr52, (vec a), _mm512_srli_epi64(a, RK_POWM8_LIMB_BITS))
V(v_sign, (vec a), _mm512_srli_epi64(a, 63))
V(v_low, (vec a), _mm512_and_si512(a, v_set1(((uint64_t)1 << RK_POWM8_LIMB_BITS) - 1)))
V(v_madd_low, (vec t, vec a, vec b), _mm512_madd52lo_epu64(t, a, b))
V(v_madd_high, (vec t, vec a, vec b), _mm512_madd52hi_epu64(t, a, b))
V(v_choose, (vec no, vmask mask, vec yes), _mm512_mask_mov_epi64(no, mask, yes))

static inline void v_store(struct rk_powm8_row *row, vec a)
{
    _mm512_store_si512(row, a);
}

static inline vmask v_equal(vec a, vec b)
{
    return _mm512_cmpeq_epu64_mask(a, b);
}

static inline vmask v_below(vec a, vec b)
{
    return _mm512_cmplt_epu64_mask(a, b);
}

static inline unsigned v_bits(vmask mask)
{
    return mask;
}

/* What the work left in the vector registers, and below this frame where some of them were put. */
static __attribute__((noinline)) void v_wipe(void)
{
    uint8_t below[2048 + 4096];

    OPENSSL_cleanse(below, sizeof below);
    __asm__ volatile("vzeroall\n\t"
                     "vpxorq %%zmm16, %%zmm16, %%zmm16\n\tvpxorq %%zmm17, %%zmm17, %%zmm17\n\t"
                     "vpxorq %%zmm18, %%zmm18, %%zmm18\n\tvpxorq %%zmm19, %%zmm19, %%zmm19\n\t"
                     "vpxorq %%zmm20, %%zmm20, %%zmm20\n\tvpxorq %%zmm21, %%zmm21, %%zmm21\n\t"
                     "vpxorq %%zmm22, %%zmm22, %%zmm22\n\tvpxorq %%zmm23, %%zmm23, %%zmm23\n\t"
                     "vpxorq %%zmm24, %%zmm24, %%zmm24\n\tvpxorq %%zmm25, %%zmm25, %%zmm25\n\t"
                     "vpxorq %%zmm26, %%zmm26, %%zmm26\n\tvpxorq %%zmm27, %%zmm27, %%zmm27\n\t"
                     "vpxorq %%zmm28, %%zmm28, %%zmm28\n\tvpxorq %%zmm29, %%zmm29, %%zmm29\n\t"
                     "vpxorq %%zmm30, %%zmm30, %%zmm30\n\tvpxorq %%zmm31, %%zmm31, %%zmm31"
                     :
                     :
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
                       "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

/* Every column has a number of its own at compile time, so that its loops unroll. */
#define UNROLL _Pragma("GCC unroll 40")
#define COLUMN_OF(k)                                                                               \
    if ((k) < 2 * n)                                                                               \
    COLUMN(k)
#define COLUMNS_4(k) COLUMN_OF(k) COLUMN_OF((k) + 1) COLUMN_OF((k) + 2) COLUMN_OF((k) + 3)
#define COLUMNS_20(k)                                                                              \
    COLUMNS_4(k) COLUMNS_4((k) + 4) COLUMNS_4((k) + 8) COLUMNS_4((k) + 12) COLUMNS_4((k) + 16)
#define ALL_COLUMNS COLUMNS_20(0) COLUMNS_20(20) COLUMNS_20(40) COLUMNS_20(60)

#include "ftpm/powm8_body.inc"

/*
 * Intel SDM volume 1, 15.4: the processor has AVX512F and IFMA (leaf 7, EBX bits 16 and 21), and
 * the system saves opmask and all of the vector registers (XCR0 bits 1, 2, 5, 6, 7).
 */
static bool usable(void)
{
    enum { XCR0_NEEDED = 0xE6 };
    const unsigned needed = bit_AVX512F | bit_AVX512IFMA;
    unsigned a, b, c, d, low, high;

    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0 ||
        __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b & needed) != needed)
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & XCR0_NEEDED) == XCR0_NEEDED;
}

const struct rk_powm8_kernel rk_powm8_ifma = { "ifma", usable, power, fermat, strong };

#else

static bool usable(void)
{
    return false;
}

const struct rk_powm8_kernel rk_powm8_ifma = { .name = "ifma", .usable = usable };

#endif

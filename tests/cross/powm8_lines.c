/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The portable eight-lane kernel on any processor: lines "BITS MODULUS BASE EXPONENT" (hex) in,
 * eight of one size after another; for each a line "POWER FERMAT STRONG" out, as powm8.h has them.
 */
#include "ftpm/powm8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { WORDS = RK_POWM8_WORDS_MAX, LANES = RK_POWM8_LANES, LINE = 4096 };

enum rk_rc rk_fail(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
    va_list ap;

    (void)err;
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    return rc;
}

/* Fixed width: bits / 4 digits. */
static bool read_number(const char *hex, size_t words, uint32_t *ret)
{
    for (size_t i = 0; i < words; i++) {
        if (sscanf(hex + 8 * (words - 1 - i), "%8" SCNx32, &ret[i]) != 1)
            return false;
    }
    return true;
}

struct row {
    size_t bits;
    uint32_t m[WORDS], base[WORDS], exponent[WORDS];
};

static bool read_row(struct row *ret)
{
    static char line[LINE], m[LINE / 4], base[LINE / 4], exponent[LINE / 4];

    return fgets(line, sizeof line, stdin) != NULL &&
           sscanf(line, "%zu %1023s %1023s %1023s", &ret->bits, m, base, exponent) == 4 &&
           ret->bits <= RK_POWM8_BITS_MAX && read_number(m, ret->bits / 32, ret->m) &&
           read_number(base, ret->bits / 32, ret->base) &&
           read_number(exponent, ret->bits / 32, ret->exponent);
}

static void set_all(struct rk_powm8 *work, const struct row *row)
{
    for (size_t i = 0; i < LANES; i++)
        rk_powm8_set(work, i, row[i].m, row[i].base);
}

int main(void)
{
    static struct row row[LANES];
    struct rk_powm8 work;
    struct rk_err err;
    size_t count = 0;

    while (read_row(&row[count])) {
        if (++count < LANES)
            continue;
        if (rk_powm8_new(row[0].bits, &work, &err) != RK_OK)
            return 1;
        set_all(&work, row);
        unsigned fermat = rk_powm8_portable.fermat(&work);
        set_all(&work, row);
        unsigned strong = rk_powm8_portable.strong(&work);
        set_all(&work, row);
        for (size_t i = 0; i < LANES; i++)
            rk_powm8_set_exponent(&work, i, row[i].exponent);
        rk_powm8_portable.power(&work);
        for (size_t i = 0; i < LANES; i++) {
            uint32_t ret[WORDS];

            rk_powm8_get(&work, i, ret);
            for (size_t k = row[0].bits / 32; k-- > 0;)
                (void)printf("%08" PRIx32, ret[k]);
            (void)printf(" %u %u\n", fermat >> i & 1, strong >> i & 1);
        }
        rk_powm8_done(&work);
        count = 0;
    }
    return count == 0 && feof(stdin) ? 0 : 1;
}

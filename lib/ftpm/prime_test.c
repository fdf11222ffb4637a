/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/prime_test.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "ftpm/powm8.h"

#include <stdlib.h>
#include <string.h>

enum { PAIR = 2 }; /* lanes of OpenSSL: it raises two numbers at once where the machine can */

/* One candidate under test by OpenSSL. */
struct lane {
    BIGNUM *w, *w_minus_1, *odd; /* w - 1 = 2^twos * odd */
    BIGNUM *witness, *power;
    int twos;
    BN_MONT_CTX *mont;
};

struct rk_prime_tester {
    const struct rk_powm8_kernel *kernel; /* NULL: OpenSSL */
    bool filters;
    size_t bits;
    struct rk_powm8 work; /* of the kernel */
    struct lane lane[PAIR];
    BN_CTX *bn;
};

/* ---- OpenSSL ---- */

static bool lane_init(struct lane *lane)
{
    lane->w = BN_secure_new();
    lane->w_minus_1 = BN_secure_new();
    lane->odd = BN_secure_new();
    lane->witness = BN_secure_new();
    lane->power = BN_secure_new();
    lane->mont = BN_MONT_CTX_new();
    if (lane->w == NULL || lane->w_minus_1 == NULL || lane->odd == NULL || lane->witness == NULL ||
        lane->power == NULL || lane->mont == NULL)
        return false;
    BN_set_flags(lane->w, BN_FLG_CONSTTIME);
    BN_set_flags(lane->odd, BN_FLG_CONSTTIME);
    return true;
}

static void lane_done(struct lane *lane)
{
    BN_clear_free(lane->w);
    BN_clear_free(lane->w_minus_1);
    BN_clear_free(lane->odd);
    BN_clear_free(lane->witness);
    BN_clear_free(lane->power);
    BN_MONT_CTX_free(lane->mont);
}

static bool number(const uint32_t *word, size_t words, BIGNUM *ret)
{
    uint8_t bytes[4 * RK_PRIME_WORDS_MAX];

    for (size_t i = 0; i < 4 * words; i++)
        bytes[i] = (uint8_t)(word[i / 4] >> 8 * (i % 4));
    bool good = BN_lebin2bn(bytes, (int)(4 * words), ret) != NULL;
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good;
}

static bool lane_load(rk_prime_tester *tester, struct lane *lane, const struct rk_prime_task *task)
{
    size_t words = tester->bits / 32;

    if (!number(task->w, words, lane->w) || !number(task->witness, words, lane->witness) ||
        BN_copy(lane->w_minus_1, lane->w) == NULL || !BN_sub_word(lane->w_minus_1, 1))
        return false;
    lane->twos = 1; /* w is odd */
    while (!BN_is_bit_set(lane->w_minus_1, lane->twos))
        lane->twos++;
    return BN_rshift(lane->odd, lane->w_minus_1, lane->twos) != 0 &&
           BN_MONT_CTX_set(lane->mont, lane->w, tester->bn) != 0;
}

static bool raise_witnesses(rk_prime_tester *tester, size_t count)
{
    struct lane *a = &tester->lane[0], *b = &tester->lane[1];

    if (count == PAIR)
        return BN_mod_exp_mont_consttime_x2(a->power, a->witness, a->odd, a->w, a->mont, b->power,
                                            b->witness, b->odd, b->w, b->mont, tester->bn) != 0;
    return BN_mod_exp_mont_consttime(a->power, a->witness, a->odd, a->w, tester->bn, a->mont) != 0;
}

/* Whether the witness raised to odd says "probably prime". */
static bool lane_judge(rk_prime_tester *tester, struct lane *lane, bool *ret)
{
    *ret = BN_is_one(lane->power) || BN_cmp(lane->power, lane->w_minus_1) == 0;
    for (int i = 1; !*ret && i < lane->twos; i++) {
        if (!BN_mod_sqr(lane->power, lane->power, lane->w, tester->bn))
            return false;
        *ret = BN_cmp(lane->power, lane->w_minus_1) == 0;
    }
    return true;
}

static enum rk_rc strong_by_openssl(rk_prime_tester *tester, const struct rk_prime_task *tasks,
                                    size_t count, unsigned *ret, struct rk_err *err)
{
    bool good = true, passes;

    for (size_t i = 0; good && i < count; i++)
        good = lane_load(tester, &tester->lane[i], &tasks[i]);
    good = good && raise_witnesses(tester, count);
    *ret = 0;
    for (size_t i = 0; good && i < count; i++) {
        good = lane_judge(tester, &tester->lane[i], &passes);
        *ret |= (passes ? 1u : 0u) << i;
    }
    return good ? RK_OK : rk_fail_ossl(err, RK_E_NOMEM, "prime test");
}

/* ---- the choice ---- */

/* Takes one word of the list off *text. */
static size_t next_word(const char **text)
{
    size_t len = strcspn(*text, ",");

    *text += len + ((*text)[len] == ',');
    return len;
}

static const struct {
    const char *word;
    const struct rk_powm8_kernel *kernel;
} ways[] = {
    { "ifma", &rk_powm8_ifma },
    { "portable", &rk_powm8_portable },
    { "openssl", NULL },
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static enum rk_rc read_choice(const char *text, rk_prime_tester *tester, bool *ret_chosen,
                              struct rk_err *err)
{
    for (const char *word = text, *at = text; *at != '\0'; word = at) {
        size_t len = next_word(&at), i = 0;

        if (is_word(word, len, "exact")) {
            tester->filters = false;
            continue;
        }
        while (i < WAYS && !is_word(word, len, ways[i].word))
            i++;
        if (i == WAYS || *ret_chosen)
            return rk_fail(err, RK_E_USAGE,
                           "ROTKIT_PRIME_SEARCH is \"%s\", expected \"ifma\", \"portable\" or "
                           "\"openssl\", or \"exact\", or one of the three,exact",
                           text);
        tester->kernel = ways[i].kernel;
        *ret_chosen = true;
    }
    return RK_OK;
}

static enum rk_rc choose(rk_prime_tester *tester, struct rk_err *err)
{
    const char *search = secure_getenv("ROTKIT_PRIME_SEARCH");
    const char *require = secure_getenv("ROTKIT_REQUIRE_IFMA");
    bool chosen = false;

    tester->filters = true;
    if (search != NULL && read_choice(search, tester, &chosen, err))
        return err->rc;
    if (!chosen && (rk_powm8_ifma.usable() || (require != NULL && strcmp(require, "1") == 0)))
        tester->kernel = &rk_powm8_ifma;
    if (tester->kernel != NULL && !tester->kernel->usable())
        return rk_fail(err, RK_E_USAGE,
                       "the prime search by \"%s\" is asked for, and this machine or build has "
                       "none",
                       tester->kernel->name);
    /* OpenSSL's power of two costs as much as that of any other base: nothing to gain. */
    tester->filters = tester->filters && tester->kernel != NULL;
    return RK_OK;
}

/* ---- the tester ---- */

void rk_prime_tester_free(rk_prime_tester *tester)
{
    if (tester == NULL)
        return;
    rk_powm8_done(&tester->work);
    for (size_t i = 0; i < PAIR; i++)
        lane_done(&tester->lane[i]);
    BN_CTX_free(tester->bn);
    rk_free(tester);
}

RK_CLEANUP(free_at_exit, rk_prime_tester, rk_prime_tester_free)

enum rk_rc rk_prime_tester_new(size_t bits, rk_prime_tester **ret, struct rk_err *err)
{
    RK_AUTO(free_at_exit) rk_prime_tester *tester = rk_alloc(1, sizeof *tester);
    bool good = true;

    if (tester == NULL)
        return rk_fail_nomem(err);
    tester->bits = bits;
    if (choose(tester, err))
        return err->rc;
    if (tester->kernel != NULL && rk_powm8_new(bits, &tester->work, err))
        return err->rc;
    if (tester->kernel == NULL) {
        tester->bn = BN_CTX_secure_new();
        good = tester->bn != NULL;
        for (size_t i = 0; i < PAIR; i++)
            good = lane_init(&tester->lane[i]) && good;
    }
    if (!good)
        return rk_fail_ossl(err, RK_E_NOMEM, "no secure memory for the prime search");
    *ret = tester;
    tester = NULL;
    return RK_OK;
}

size_t rk_prime_tester_lanes(const rk_prime_tester *tester)
{
    return tester->kernel != NULL ? RK_POWM8_LANES : PAIR;
}

bool rk_prime_tester_filters(const rk_prime_tester *tester)
{
    return tester->filters;
}

static void load(rk_prime_tester *tester, const struct rk_prime_task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rk_powm8_set(&tester->work, i, tasks[i].w, tasks[i].witness);
    rk_powm8_fill(&tester->work, count);
}

enum rk_rc rk_prime_tester_filter(rk_prime_tester *tester, const struct rk_prime_task *tasks,
                                  size_t count, unsigned *ret, struct rk_err *err)
{
    if (tester->kernel == NULL || count == 0)
        return rk_fail(err, RK_E_INTERNAL, "no prime filter");
    load(tester, tasks, count);
    *ret = tester->kernel->fermat(&tester->work) & ((1u << count) - 1);
    return RK_OK;
}

enum rk_rc rk_prime_tester_strong(rk_prime_tester *tester, const struct rk_prime_task *tasks,
                                  size_t count, unsigned *ret, struct rk_err *err)
{
    if (count == 0)
        return rk_fail(err, RK_E_INTERNAL, "no candidate to test");
    if (tester->kernel == NULL)
        return strong_by_openssl(tester, tasks, count, ret, err);
    load(tester, tasks, count);
    *ret = tester->kernel->strong(&tester->work) & ((1u << count) - 1);
    return RK_OK;
}

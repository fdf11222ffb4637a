/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/prime.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "ftpm/prime_test.h"
#include "ftpm/sieve.h"
#include "rotkit/counted.h"

#include <string.h>

enum {
    LANES_MAX = RK_PRIME_LANES_MAX,
    WORDS_MAX = RK_PRIME_WORDS_MAX,
    BYTES_MAX = 4 * WORDS_MAX,
    FIELDS_MAX = 100,
    ROUNDS_MAX = 5,
};

/* A candidate that passed its first test, and the rounds that shall confirm it. */
struct finalist {
    uint32_t w[WORDS_MAX], witness[ROUNDS_MAX][WORDS_MAX];
    struct rk_drbg_state after[ROUNDS_MAX]; /* the generator once that witness is drawn */
    unsigned asked, passed;                 /* rounds given to the tester, rounds passed: bits */
    bool failed;
};

/* One stream at work. */
struct seeker {
    struct rk_prime_stream *stream;
    enum { SEARCHING, CONFIRMING, ENDED } state;
    bool has_field;
    int fields;    /* since the last prime */
    uint32_t pick; /* fixes the order of the survivors */
    uint32_t base[WORDS_MAX];
    struct rk_sieve_field field;
    struct finalist finalist;
};

/* A survivor under its first test, and what to go back to should it pass. */
struct candidate {
    struct seeker *seeker;
    uint32_t w[WORDS_MAX], witness[WORDS_MAX];
    struct rk_drbg_state after;
    struct rk_sieve_field field_after;
};

/* What is secret, in one block of secure memory. */
struct desk {
    struct candidate candidate[LANES_MAX];
    struct seeker seeker[]; /* as many as there are streams at most */
};

struct rk_prime_search {
    const struct rk_ek_profile *profile;
    size_t words;
    uint32_t e;
    int rounds;
    rk_prime_tester *tester;
    BIGNUM *prime; /* lent to the stream that found it */
    struct rk_sieve sieve;
    size_t seekers, turn; /* turn: whose candidate comes first in the next round */
    size_t seekers_max, desk_len;
    struct desk *desk;
};

void rk_prime_search_free(rk_prime_search *search)
{
    if (search == NULL)
        return;
    rk_prime_tester_free(search->tester);
    BN_clear_free(search->prime);
    OPENSSL_secure_clear_free(search->desk, search->desk_len);
    OPENSSL_clear_free(search, sizeof *search);
}

/* ek-derivation.md 3.3, miller_rabin and select */
static int rounds_for(size_t bits)
{
    return bits < 1536 ? 5 : 4;
}

static uint32_t sieve_limit_for(const struct rk_ek_profile *profile, size_t bits)
{
    return bits <= 512 ? 8167 : bits <= 1024 ? 38891 : profile->sieve_limit;
}

enum rk_rc rk_prime_search_new(const struct rk_ek_profile *profile, size_t bits, uint32_t e,
                               size_t streams_max, rk_prime_search **ret, struct rk_err *err)
{
    RK_AUTO(rk_prime_search_done) rk_prime_search *search = rk_alloc(1, sizeof *search);

    if (search == NULL)
        return rk_fail_nomem(err);
    if (streams_max > RK_PRIME_STREAMS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "%s of primes at once",
                       RK_COUNTED(streams_max, "stream"));
    if (rk_prime_tester_new(bits, &search->tester, err))
        return err->rc;
    search->profile = profile;
    search->words = bits / 32;
    search->e = e;
    search->rounds = rounds_for(bits);
    search->prime = BN_secure_new();
    search->seekers_max = streams_max;
    search->desk_len = sizeof *search->desk + streams_max * sizeof search->desk->seeker[0];
    search->desk = OPENSSL_secure_zalloc(search->desk_len);
    if (search->prime == NULL || search->desk == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "no secure memory for the prime search");
    rk_sieve_init(&search->sieve, sieve_limit_for(profile, bits));
    *ret = search;
    search = NULL;
    return RK_OK;
}

/* ---- the field ---- */

/* hi scaled so that the candidate is at least 2^bits / sqrt 2. */
static uint32_t adjust_32(uint32_t hi)
{
    return 0xB5050000u + (hi >> 16) * 0x4AFBu + (((hi & 0xFFFFu) * 0x4AFBu) >> 16);
}

static uint32_t adjust_16(uint32_t hi16)
{
    return 0xB505u + ((hi16 * 0x4AFBu) >> 16);
}

static void adjust_top(const struct rk_ek_profile *profile, uint32_t *word, size_t words)
{
    uint32_t *top = &word[words - 1];

    switch (profile->top) {
    case RK_TOP_32:
        *top = adjust_32(*top);
        break;
    case RK_TOP_16:
        *top = adjust_16(*top >> 16) << 16 | (*top & 0xFFFFu);
        break;
    case RK_TOP_16_WIDE_MASK:
        *top = adjust_16(*top >> 16) << 16;
        word[words - 2] &= 0xFFFFu;
        break;
    }
}

static void load_words(bool little_endian, const uint8_t *bytes, size_t words, uint32_t *word)
{
    for (size_t i = 0; i < words; i++) {
        const uint8_t *b = little_endian ? bytes + 4 * i : bytes + 4 * (words - 1 - i);
        uint32_t first = b[0], second = b[1], third = b[2], fourth = b[3];

        word[i] = little_endian ? first | second << 8 | third << 16 | fourth << 24
                                : fourth | third << 8 | second << 16 | first << 24;
    }
}

/* ek-derivation.md 3.6: here machine words of 32 and 64 bits disagree, or the TPM fails. */
static enum rk_rc refuse_corner(const struct rk_ek_profile *profile, const uint32_t *word,
                                size_t words, struct rk_err *err)
{
    if (word[words - 1] != 0 || (profile->word_bits == 64 && word[words - 2] != 0))
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "a TPM makes no usable key of this EPS (a prime candidate "
                   "starts with a zero word): choose another EPS seed");
}

static uint32_t residue(const uint32_t *word, size_t words, uint32_t m)
{
    uint64_t r = 0;

    for (size_t i = words; i-- > 0;)
        r = (r << 32 | word[i]) % m;
    return (uint32_t)r;
}

/* c -= c mod 105, or 105 more so that it stays odd. */
static void move_to_base(uint32_t *word, size_t words)
{
    uint64_t r = residue(word, words, 105);

    if (r % 2 != 0)
        r += 105;
    for (size_t i = 0; r != 0 && i < words; i++) {
        uint64_t before = word[i];

        word[i] = (uint32_t)(before - r);
        r = before < r ? 1 : 0;
    }
}

static void wipe(uint8_t (*bytes)[BYTES_MAX])
{
    OPENSSL_cleanse(*bytes, sizeof *bytes);
}

/* A random start and its sieved field. */
static enum rk_rc new_field(rk_prime_search *search, struct seeker *seeker, struct rk_err *err)
{
    const struct rk_ek_profile *profile = search->profile;
    RK_AUTO(wipe) uint8_t bytes[BYTES_MAX] = { 0 };
    uint32_t *word = seeker->base;
    size_t words = search->words;

    /* A dry field has a chance of e^-46; a second one in a row means a fault of ours. */
    if (seeker->fields++ == FIELDS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "no prime in %d fields", FIELDS_MAX);
    if (rk_drbg_generate(seeker->stream->drbg, bytes, 4 * words, err))
        return err->rc;
    load_words(profile->little_endian, bytes, words, word);
    if (profile->clear_top_byte)
        word[words - 1] &= 0x00FFFFFFu;
    if (refuse_corner(profile, word, words,
                      err)) /* of the number as the TPM's big numbers see it */
        return err->rc;
    adjust_top(profile, word, words);
    word[0] |= 1;
    seeker->pick = word[0] | 0x80000000u;
    move_to_base(word, words);
    rk_sieve_run(&search->sieve, word, words, &seeker->field);
    seeker->has_field = true;
    return RK_OK;
}

/* ---- candidates ---- */

/* Whether b is above 1 and below w - 1 (w is odd). */
static bool is_witness(const uint32_t *b, const uint32_t *w, size_t words)
{
    size_t i = words - 1;

    while (i > 0 && b[i] == w[i])
        i--;
    if (i == 0 ? b[0] >= (w[0] & ~1u) : b[i] > w[i])
        return false;
    for (i = words - 1; i > 0 && b[i] == 0;)
        i--;
    return i != 0 || b[0] > 1;
}

static enum rk_rc draw_witness(const rk_prime_search *search, struct rk_drbg *drbg,
                               const uint32_t *w, uint32_t *ret, struct rk_err *err)
{
    RK_AUTO(wipe) uint8_t bytes[BYTES_MAX] = { 0 };

    do {
        if (rk_drbg_generate(drbg, bytes, 4 * search->words, err))
            return err->rc;
        load_words(false, bytes, search->words, ret);
    } while (!is_witness(ret, w, search->words));
    return RK_OK;
}

/* w = base + 2 position */
static void load_candidate(const rk_prime_search *search, const struct seeker *seeker,
                           uint32_t position, uint32_t *w)
{
    uint64_t carry = 2 * (uint64_t)position;

    for (size_t i = 0; i < search->words; i++) {
        carry += seeker->base[i];
        w[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/*
 * The next candidate of the seeker with its first witness, as if all before were composite; false
 * when its field is dry. Those with w mod e of 0 or 1 are passed over without a draw.
 */
static enum rk_rc next_candidate(rk_prime_search *search, struct seeker *seeker,
                                 struct candidate *ret, bool *ret_more, struct rk_err *err)
{
    struct rk_sieve_field *field = &seeker->field;

    *ret_more = false;
    while (!*ret_more && field->ones != 0) {
        uint32_t position = rk_sieve_position(field, seeker->pick % field->ones);

        load_candidate(search, seeker, position, ret->w);
        rk_sieve_clear(field, position);
        if (residue(ret->w, search->words, search->e) <= 1)
            continue;
        if (draw_witness(search, seeker->stream->drbg, ret->w, ret->witness, err))
            return err->rc;
        ret->seeker = seeker;
        ret->after = seeker->stream->drbg->state;
        ret->field_after = *field;
        *ret_more = true;
    }
    return RK_OK;
}

static void end_stream(struct seeker *seeker, const struct rk_err *why)
{
    seeker->state = ENDED;
    seeker->stream->err = *why;
}

/* Candidates for every lane, in turn from all who search. A seeker with a dry field waits. */
static enum rk_rc gather(rk_prime_search *search, size_t *ret_count, struct rk_err *err)
{
    size_t lanes = rk_prime_tester_lanes(search->tester), count = 0, idle = 0;

    while (count < lanes && idle < search->seekers) {
        struct seeker *seeker = &search->desk->seeker[search->turn];
        bool more = false;

        search->turn = (search->turn + 1) % search->seekers;
        idle++;
        if (seeker->state != SEARCHING)
            continue;
        if (!seeker->has_field && new_field(search, seeker, err)) {
            end_stream(seeker, err);
            continue;
        }
        if (next_candidate(search, seeker, &search->desk->candidate[count], &more, err))
            return err->rc;
        if (more) {
            count++;
            idle = 0;
        }
    }
    *ret_count = count;
    return RK_OK;
}

/* The witnesses of all rounds; what was drawn after one that fails is taken back then. */
static enum rk_rc begin_confirmation(rk_prime_search *search, const struct candidate *candidate,
                                     struct rk_err *err)
{
    struct seeker *seeker = candidate->seeker;
    struct finalist *finalist = &seeker->finalist;
    struct rk_drbg *drbg = seeker->stream->drbg;

    memcpy(finalist->w, candidate->w, sizeof finalist->w);
    memcpy(finalist->witness[0], candidate->witness, sizeof candidate->witness);
    /* Behind it, what was drawn and struck out for the seeker's other lanes never happened. */
    drbg->state = finalist->after[0] = candidate->after;
    seeker->field = candidate->field_after;
    finalist->failed = false;
    /* The filter stood in for round 0; without it, it was round 0. */
    finalist->asked = finalist->passed = rk_prime_tester_filters(search->tester) ? 0 : 1;
    for (int round = 1; round < search->rounds; round++) {
        if (draw_witness(search, drbg, finalist->w, finalist->witness[round], err))
            return err->rc;
        finalist->after[round] = drbg->state;
    }
    seeker->state = CONFIRMING;
    return RK_OK;
}

/*
 * The first test of the next candidates.
 *
 * With the filter, 2^(w-1) mod w takes the place of round 0: a prime always passes it, so nothing
 * the reference code would find is lost. A composite that the filter turns away the reference code
 * turns away as well, unless the drawn witness is a strong liar for it: among random odd numbers of
 * 600 bits the odds that one which passes a single round is composite are below 2^-75 (Handbook of
 * Applied Cryptography, table 4.3, after Damgard, Landrock, Pomerance), and less for longer ones.
 * What passes the filter has all drawn rounds, the first included; so the filter cannot make a
 * composite pass that the reference code would not. Witnesses are drawn for every candidate, as the
 * reference code does, whether they are used or not: they move the generator.
 */
static enum rk_rc test_candidates(rk_prime_search *search, struct rk_err *err)
{
    struct rk_prime_task tasks[LANES_MAX] = { { NULL, NULL } };
    unsigned passed = 0;
    size_t count;

    if (gather(search, &count, err))
        return err->rc;
    for (size_t i = 0; i < count; i++)
        tasks[i] = (struct rk_prime_task) { search->desk->candidate[i].w,
                                            search->desk->candidate[i].witness };
    if (count != 0 && (rk_prime_tester_filters(search->tester)
                           ? rk_prime_tester_filter(search->tester, tasks, count, &passed, err)
                           : rk_prime_tester_strong(search->tester, tasks, count, &passed, err)))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        const struct candidate *candidate = &search->desk->candidate[i];

        if ((passed >> i & 1) != 0 && candidate->seeker->state == SEARCHING &&
            begin_confirmation(search, candidate, err))
            return err->rc;
    }
    for (size_t i = 0; i < search->seekers; i++) {
        struct seeker *seeker = &search->desk->seeker[i];

        if (seeker->state == SEARCHING && seeker->field.ones == 0)
            seeker->has_field = false; /* dry: a new draw */
    }
    return RK_OK;
}

/* ---- confirmation ---- */

struct round {
    struct seeker *seeker;
    int number;
};

/* The rounds not yet run, of all seekers, up to max. */
static size_t waiting_rounds(rk_prime_search *search, struct round *ret, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < search->seekers; i++) {
        struct seeker *seeker = &search->desk->seeker[i];

        for (int round = 0; seeker->state == CONFIRMING && round < search->rounds; round++) {
            if (count < max && (seeker->finalist.asked >> round & 1) == 0)
                ret[count++] = (struct round) { seeker, round };
        }
    }
    return count;
}

static bool number(const uint32_t *word, size_t words, BIGNUM *ret)
{
    RK_AUTO(wipe) uint8_t bytes[BYTES_MAX] = { 0 };

    for (size_t i = 0; i < 4 * words; i++)
        bytes[i] = (uint8_t)(word[i / 4] >> 8 * (i % 4));
    return BN_lebin2bn(bytes, (int)(4 * words), ret) != NULL;
}

/* All rounds of a finalist are run: hand the prime over, or go on from the round that failed. */
static enum rk_rc judge_finalist(rk_prime_search *search, struct seeker *seeker, struct rk_err *err)
{
    struct finalist *finalist = &seeker->finalist;
    struct rk_prime_stream *stream = seeker->stream;
    struct rk_err own = { .rc = RK_OK };
    bool more = false;

    seeker->state = SEARCHING;
    for (int round = 0; round < search->rounds; round++) {
        if ((finalist->passed >> round & 1) != 0)
            continue;
        stream->drbg->state = finalist->after[round];
        return RK_OK;
    }
    if (!number(finalist->w, search->words, search->prime))
        return rk_fail_ossl(err, RK_E_NOMEM, "prime search");
    seeker->has_field = false;
    seeker->fields = 0;
    if (stream->found(stream->arg, search->prime, &more, &own) || !more)
        end_stream(seeker, &own);
    return RK_OK;
}

static enum rk_rc run_rounds(rk_prime_search *search, const struct round *rounds, size_t count,
                             struct rk_err *err)
{
    struct rk_prime_task tasks[LANES_MAX] = { { NULL, NULL } };
    unsigned passed;

    for (size_t i = 0; i < count; i++) {
        const struct finalist *finalist = &rounds[i].seeker->finalist;

        tasks[i] = (struct rk_prime_task) { finalist->w, finalist->witness[rounds[i].number] };
    }
    if (rk_prime_tester_strong(search->tester, tasks, count, &passed, err))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        struct finalist *finalist = &rounds[i].seeker->finalist;

        finalist->asked |= 1u << rounds[i].number;
        finalist->passed |= (passed >> i & 1) << rounds[i].number;
    }
    for (size_t i = 0; i < search->seekers; i++) {
        struct seeker *seeker = &search->desk->seeker[i];

        if (seeker->state == CONFIRMING && seeker->finalist.asked == (1u << search->rounds) - 1 &&
            judge_finalist(search, seeker, err))
            return err->rc;
    }
    return RK_OK;
}

static bool any_in(const rk_prime_search *search, int state)
{
    for (size_t i = 0; i < search->seekers; i++) {
        if ((int)search->desk->seeker[i].state == state)
            return true;
    }
    return false;
}

enum rk_rc rk_prime_run(rk_prime_search *search, struct rk_prime_stream *streams, size_t count,
                        struct rk_err *err)
{
    size_t lanes = rk_prime_tester_lanes(search->tester);

    if (count > search->seekers_max)
        return rk_fail(err, RK_E_INTERNAL, "%s of primes at once", RK_COUNTED(count, "stream"));
    search->seekers = count;
    search->turn = 0;
    for (size_t i = 0; i < count; i++) {
        struct seeker *seeker = &search->desk->seeker[i];

        OPENSSL_cleanse(seeker, sizeof *seeker);
        seeker->stream = &streams[i];
        seeker->state = SEARCHING;
    }
    for (;;) {
        struct round rounds[LANES_MAX];
        size_t waiting = waiting_rounds(search, rounds, lanes);
        bool searching = any_in(search, SEARCHING);

        /* Finalists wait until they fill the lanes, or nobody else has work for them. */
        if (waiting != 0 && (waiting == lanes || !searching)) {
            if (run_rounds(search, rounds, waiting, err))
                return err->rc;
        } else if (!searching) {
            return RK_OK;
        } else if (test_candidates(search, err)) {
            return err->rc;
        }
    }
}

static enum rk_rc copy_out(void *arg, const BIGNUM *prime, bool *ret_more, struct rk_err *err)
{
    *ret_more = false;
    return BN_copy(arg, prime) != NULL ? RK_OK : rk_fail_ossl(err, RK_E_NOMEM, "prime search");
}

enum rk_rc rk_prime_find(rk_prime_search *search, struct rk_drbg *drbg, BIGNUM *ret,
                         struct rk_err *err)
{
    struct rk_prime_stream stream = { .drbg = drbg, .found = copy_out, .arg = ret };

    if (rk_prime_run(search, &stream, 1, err))
        return err->rc;
    if (stream.err.rc != RK_OK)
        *err = stream.err;
    return stream.err.rc;
}

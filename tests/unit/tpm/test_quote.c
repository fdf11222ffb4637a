/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotes and event logs that tpm2_quote and tests/support/eventlog.py made (vectors/tpm): they
 * hold, and nothing that differs by a bit does.
 */
#include "rotkit/attest.h"

#include "rotkit/file.h"
#include "rotkit/hex.h"

#include "fault.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4096 };

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_pcrs pcrs;
static struct rk_bytes ak, log_file;
static struct rk_quote quote;
static const uint8_t nonce[] = "a nonce of 21 octets.";
enum { NONCE = sizeof nonce - 1 };

static struct rk_bytes file(const char *kind, const char *name)
{
    struct rk_bytes bytes = RK_BYTES_NONE;
    char path[512];

    (void)snprintf(path, sizeof path, TEST_DATA "/vectors/tpm/%s%s", kind, name);
    ck_assert_msg(rk_file_read(path, FILE_MAX, &bytes, &err) == RK_OK, "%s", err.msg);
    return bytes;
}

static void load_quote(const char *kind)
{
    rk_quote_done(&quote);
    rk_bytes_done(&ak);
    ak = file(kind, ".ak");
    quote.attest = file(kind, ".attest");
    quote.signature = file(kind, ".signature");
}

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    log_file = file("", "log");
    ck_assert_msg(
        rk_eventlog_replay(log_file.p, log_file.len, rk_pcr_bank_default(), &pcrs, &err) == RK_OK,
        "%s", err.msg);
    pcrs.mask = 1 << 4 | 1 << 7;
    load_quote("ecc");
}

static void teardown(void)
{
    rk_quote_done(&quote);
    rk_bytes_done(&ak);
    rk_bytes_done(&log_file);
    rk_ctx_free(ctx);
}

static enum rk_rc verify(struct rk_quote_facts *facts)
{
    return rk_quote_verify(ctx, &ak, &quote, nonce, NONCE, &pcrs, facts, &err);
}

START_TEST(quotes_of_both_key_types_hold)
{
    static const char *const kinds[] = { "ecc", "rsa" };
    struct rk_quote_facts facts = { .clock_ms = 0 };

    load_quote(kinds[_i]);
    ck_assert_msg(verify(&facts) == RK_OK, "%s", err.msg);
    ck_assert_uint_ne(facts.clock_ms, 0);
    ck_assert_uint_ne(facts.firmware_version, 0);
}
END_TEST

static void refuses(enum rk_rc rc, const char *msg)
{
    struct rk_quote_facts facts = { .clock_ms = 4711 };

    ck_assert_int_eq(verify(&facts), rc);
    ck_assert_str_eq(err.msg, msg);
    ck_assert_uint_eq(facts.clock_ms, 4711);
}

START_TEST(verify_refuses_other_nonce_pcrs_and_values)
{
    struct rk_quote_facts facts;

    ck_assert_int_eq(rk_quote_verify(ctx, &ak, &quote, nonce, NONCE - 1, &pcrs, &facts, &err),
                     RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "quote: the quote answers another nonce");
    pcrs.mask |= 1;
    refuses(RK_E_VERIFY, "quote: the quote is over PCRs 0x000090, expected 0x000091");
    pcrs.mask = 1 << 4;
    refuses(RK_E_VERIFY, "quote: the quote is over PCRs 0x000090, expected 0x000010");
    pcrs.mask = 1 << 4 | 1 << 7;
    pcrs.value[7][31] ^= 1;
    refuses(RK_E_VERIFY, "quote: the quoted PCRs have other values");
}
END_TEST

START_TEST(verify_refuses_another_key_and_a_free_one)
{
    struct rk_quote other;

    /* the RSA key under the ECC quote */
    other = quote;
    quote = (struct rk_quote) { .attest = RK_BYTES_NONE };
    load_quote("rsa");
    rk_quote_done(&quote);
    quote = other;
    ck_assert_int_ne(verify(&(struct rk_quote_facts) { .clock_ms = 0 }), RK_OK);
    load_quote("ecc");
    ak.p[2 + 4 + 1] ^= 0x01; /* TPMA_OBJECT: restricted is bit 16 */
    refuses(RK_E_VERIFY,
            "quote: the AK's attributes are 0x00040072: no restricted signing key of one TPM");
}
END_TEST

START_TEST(verify_refuses_every_flipped_byte_of_the_statement)
{
    for (size_t i = 0; i < quote.attest.len; i++) {
        quote.attest.p[i] ^= 0x20;
        ck_assert_int_ne(verify(&(struct rk_quote_facts) { .clock_ms = 0 }), RK_OK);
        quote.attest.p[i] ^= 0x20;
    }
}
END_TEST

START_TEST(verify_refuses_every_flipped_byte_of_the_signature)
{
    for (size_t i = 0; i < quote.signature.len; i++) {
        quote.signature.p[i] ^= 0x20;
        ck_assert_int_ne(verify(&(struct rk_quote_facts) { .clock_ms = 0 }), RK_OK);
        quote.signature.p[i] ^= 0x20;
    }
}
END_TEST

START_TEST(verify_refuses_every_short_statement_and_signature)
{
    size_t attest_len = quote.attest.len, signature_len = quote.signature.len;

    for (size_t len = 0; len < attest_len; len++) {
        quote.attest.len = len;
        ck_assert_int_ne(verify(&(struct rk_quote_facts) { .clock_ms = 0 }), RK_OK);
    }
    quote.attest.len = attest_len;
    for (size_t len = 0; len < signature_len; len++) {
        quote.signature.len = len;
        ck_assert_int_ne(verify(&(struct rk_quote_facts) { .clock_ms = 0 }), RK_OK);
    }
}
END_TEST

/* PCRs 4 and 7: tpm2_pcrread; PCR 0 with its start locality 3: Python's hashlib. */
START_TEST(replay_gives_the_values_that_the_tpm_had)
{
    static const struct {
        size_t pcr;
        const char *value;
    } wanted[] = {
        { 0, "e9e58c4093d167c28b3b12bfce3c74504efd938ba2abe404b69c694a4767f5d4" },
        { 4, "56071ec6e1b52e672d978783b57fba58d4d1648678761fbd36f61df5fa5f8aa9" },
        { 7, "c2446ff09d16c536279afc0257ab9e86471f02b50c8a0542dcd0acf2ede2ce70" },
    };
    struct rk_pcrs found;
    char hex[65];

    ck_assert_int_eq(
        rk_eventlog_replay(log_file.p, log_file.len, rk_pcr_bank_default(), &found, &err), RK_OK);
    ck_assert_uint_eq(found.mask, 1 | 1 << 4 | 1 << 7);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        rk_hex_write(found.value[wanted[i].pcr], 32, hex);
        ck_assert_str_eq(hex, wanted[i].value);
    }
}
END_TEST

static bool all_zero(const uint8_t *p, size_t len)
{
    while (len != 0 && p[len - 1] == 0)
        len--;
    return len == 0;
}

/* Where an event ends, the log may; zeros behind are its area's. */
START_TEST(replay_refuses_a_cut_within_an_event)
{
    static const size_t ends[] = { 69, 158, 238, 316, 394 };
    struct rk_pcrs found = { .mask = 77 };

    for (size_t len = 0, end = 0; len < log_file.len; len++) {
        enum rk_rc rc = rk_eventlog_replay(log_file.p, len, rk_pcr_bank_default(), &found, &err);

        if (end < sizeof ends / sizeof ends[0] && len == ends[end])
            end++;
        if (end != 0 && all_zero(log_file.p + ends[end - 1], len - ends[end - 1])) {
            ck_assert_msg(rc == RK_OK, "%zu: %s", len, err.msg);
            found.mask = 77;
        } else {
            ck_assert_msg(rc != RK_OK, "%zu", len);
            ck_assert_uint_eq(found.mask, 77);
        }
    }
}
END_TEST

START_TEST(replay_names_what_is_wrong)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *msg;
    } rows[] = {
        { 0, 1, "event 1: no crypto-agile event log: its first event is of PCR 1 and type 0x3" },
        { 4, 8, "event 1: no crypto-agile event log: its first event is of PCR 0 and type 0x8" },
        { 32, 'x',
          "event 1: no crypto-agile event log: it does not start with \"Spec ID Event03\"" },
        { 56, 17, "event 1: 17 hash algorithms, expected 1 to 16" },
        { 56, 0, "event 1: 0 hash algorithms, expected 1 to 16" },
        { 64, 0x12, "event 1: the event log has no sha256 digests (it has: sha1, sm3_256)" },
        { 66, 31, "event 1: digests of algorithm 0x000b have 31 octets" },
        { 69 + 8, 3, "event 2: 3 digests, the log's head names 2" },
        { 69 + 12, 5, "event 2: a digest of algorithm 0x0005, which the head lacks" },
    };
    struct rk_pcrs found;

    log_file.p[rows[_i].at] = rows[_i].value;
    ck_assert_int_ne(
        rk_eventlog_replay(log_file.p, log_file.len, rk_pcr_bank_default(), &found, &err), RK_OK);
    ck_assert_str_eq(err.msg, rows[_i].msg);
}
END_TEST

static enum rk_rc verify_body(void *arg)
{
    (void)arg;
    return rk_quote_verify(ctx, &ak, &quote, nonce, NONCE, &pcrs,
                           &(struct rk_quote_facts) { .clock_ms = 0 },
                           &(struct rk_err) { .rc = RK_OK });
}

START_TEST(verify_survives_every_failed_allocation)
{
    load_quote(_i == 0 ? "ecc" : "rsa");
    ck_assert_int_gt(fault_sweep(verify_body, NULL, 4000), 5);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, quotes_of_both_key_types_hold, 0, 2);
    tcase_add_test(tc, verify_refuses_other_nonce_pcrs_and_values);
    tcase_add_test(tc, verify_refuses_another_key_and_a_free_one);
    tcase_add_test(tc, verify_refuses_every_flipped_byte_of_the_statement);
    tcase_add_test(tc, verify_refuses_every_flipped_byte_of_the_signature);
    tcase_add_test(tc, verify_refuses_every_short_statement_and_signature);
    tcase_add_test(tc, replay_gives_the_values_that_the_tpm_had);
    tcase_add_test(tc, replay_refuses_a_cut_within_an_event);
    tcase_add_loop_test(tc, replay_names_what_is_wrong, 0, 9);
    tcase_add_loop_test(tc, verify_survives_every_failed_allocation, 0, 2);
}

int main(void)
{
    const struct suite_options options = {
        .name = "quote", .add = add, .load = setup, .unload = teardown
    };

    return fault_install() ? suite_run(&options) : EXIT_FAILURE;
}

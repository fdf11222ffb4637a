/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What entries say when they are counted: entries are put together here, their hashes by OpenSSL
 * from the header's words, and the counts are written down by hand.
 */
#include "ledger/tally.h"

#include "suite.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define A "01020000000000000001"
#define T "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define U "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct rk_err err;
static struct rk_tally tally;
static uint8_t head[32];
static int seq;

static void setup(void)
{
    memset(head, 0, sizeof head);
    seq = 0;
}

static void teardown(void)
{
    rk_tally_done(&tally);
}

/* kind, unit, licence, digest, keys, note, before, committed */
typedef const char *entry[8];

static void hash_of(const char *const *column, uint8_t ret[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    ck_assert_int_eq(EVP_DigestInit_ex(md, EVP_sha256(), NULL), 1);
    ck_assert_int_eq(EVP_DigestUpdate(md, head, 32), 1);
    for (size_t i = 0; i < 10; i++) {
        if (i != 0)
            ck_assert_int_eq(EVP_DigestUpdate(md, "\t", 1), 1);
        ck_assert_int_eq(EVP_DigestUpdate(md, column[i], strlen(column[i])), 1);
    }
    ck_assert_int_eq(EVP_DigestFinal_ex(md, ret, NULL), 1);
    EVP_MD_CTX_free(md);
}

static enum rk_rc add_at(const char *time, const entry e)
{
    char number[16], hex[65];
    const char *column[RK_ENTRY_COUNTED_COLUMNS] = { number, time, e[0], e[1], e[2], "b", "i",
                                                     e[3],   e[4], e[5], hex,  e[6], e[7] };
    uint8_t hash[32];

    (void)snprintf(number, sizeof number, "%d", ++seq);
    hash_of(column, hash);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    memcpy(head, hash, 32);
    return rk_tally_add(&tally, column, &err);
}

static void add(const entry e)
{
    if (add_at("7", e) != RK_OK)
        ck_abort_msg("%s", err.msg);
}

static void refused(const entry e, const char *wanted)
{
    ck_assert_int_eq(add_at("7", e), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, wanted);
}

static void counts(const char *id, uint64_t units, uint64_t spent, uint64_t reissues,
                   uint64_t reissued)
{
    const struct rk_ledger_sum *sum = rk_tally_find(&tally, id);

    ck_assert_ptr_nonnull(sum);
    ck_assert_uint_eq(sum->units, units);
    ck_assert_uint_eq(sum->spent, spent);
    ck_assert_uint_eq(sum->reissues, reissues);
    ck_assert_uint_eq(sum->reissued, reissued);
}

static void start(void)
{
    add((entry) { "ledger", "", "", "", "", "00112233445566778899aabbccddeeff", "", "0" });
    add((entry) { "licence", "", "L1", T, "", "units=3 reissues=1", "", "0" });
}

START_TEST(units_are_counted_through_their_states)
{
    start();
    add((entry) { "reserve", A, "L1", "", "", "", "", "0" });
    counts("L1", 3, 1, 1, 0);
    add((entry) { "void", A, "L1", "", "", "", "reserve L1", "0" });
    counts("L1", 3, 0, 1, 0);
    add((entry) { "reserve", A, "L1", "", "", "", "void L1", "0" });
    add((entry) { "commit", A, "L1", "d", "ek=1,soc=2", "", "reserve L1", "0" });
    add((entry) { "reissue", A, "L1", "d", "", "rma", "commit L1", "1" });
    counts("L1", 3, 1, 1, 1);
    add((entry) { "reserve", A, "L1", "", "", "", "reissue L1", "1" });
    add((entry) { "void", A, "L1", "", "", "", "reserve L1", "1" }); /* stays charged */
    counts("L1", 3, 1, 1, 1);
    add((entry) { "split", "", "L1", U, "",
                  "C1 units=2 reissues=0 first=0000000000000001 last=000000000000000f", "", "0" });
    counts("L1", 3, 3, 1, 1);
    ck_assert_uint_eq(tally.ids, 2);
    ck_assert_uint_eq(tally.splits, 1);
    ck_assert_uint_eq(tally.size, 10);
    refused((entry) { "reserve", "01020000000000000002", "L1", "", "", "", "", "0" },
            "entry 11 overdraws licence \"L1\": 4 of 3 units, 1 of 1 reissue");
}
END_TEST

START_TEST(behind_the_first_licence_units_stand_under_one)
{
    const entry commit = { "commit", A, "", "d", "", "", "reserve ", "0" };
    const entry remake = { "remake", A, "", "d", "", "", "commit ", "1" };
    const entry reissue = { "reissue", A, "", "d", "", "", "remake ", "1" };

    add((entry) { "ledger", "", "", "", "", "00112233445566778899aabbccddeeff", "", "0" });
    add((entry) { "reserve", A, "", "", "", "", "", "0" });
    add((entry) { "licence", "", "L1", T, "", "units=3 reissues=1", "", "0" });
    add(commit);
    add(remake);
    refused(reissue, "entry 6 (reissue) cannot follow: unit \"" A
                     "\" stands under no licence, the ledger counts by licences");
}
END_TEST

static const struct {
    entry e;
    const char *wanted;
} wrong[] = {
    { { "reserve", A, "", "", "", "", "", "0" },
      "entry 3 (reserve) cannot follow: unit \"" A
      "\" stands under no licence, the ledger counts by licences" },
    { { "commit", A, "L1", "d", "", "", "", "0" },
      "entry 3 (commit) cannot follow: unit \"" A "\" is void" },
    { { "retire", A, "L1", "d", "", "", "reserve L1", "0" },
      "entry 3 (retire) cannot follow: unit \"" A "\" is reserved" },
    { { "void", A, "L1", "d", "", "", "commit L1", "1" },
      "entry 3 (void) cannot follow: unit \"" A "\" is issued" },
    { { "reserve", A, "L1", "d", "", "", "retire L1", "1" },
      "entry 3 (reserve) cannot follow: unit \"" A "\" is retired" },
    { { "void", A, "L1", "d", "", "", "reserve L2", "0" },
      "entry 3 (void) cannot follow: unit \"" A "\" is reserved" },
    { { "void", A, "L1", "d", "", "", "reserve L1", "0" },
      "entry 3: it gives back a unit that nobody took" },
    { { "sell", A, "L1", "d", "", "", "commit L1", "1" },
      "entry 3 (sell) cannot follow: unit \"" A "\" is issued" },
    { { "reserve", A, "L2", "", "", "", "", "0" },
      "entry 3: licence \"L2\" is entered by none before it" },
    { { "licence", "", "L1", T, "", "units=9 reissues=0", "", "0" },
      "entry 3: it enters a licence that is there already" },
    { { "licence", "", "L2", T, "", "units=9", "", "0" },
      "entry 3: it does not say a licence's units" },
    { { "licence", "", "L1", U, "", "units=9 reissues=0 entry=2", "", "0" },
      "entry 3: it states the amounts of no licence before it" },
    { { "licence", "", "L1", T, "", "units=9 reissues=0 entry=2", "", "0" },
      "entry 3: it states the amounts of no entry before it" },
    { { "split", "", "L2", U, "",
        "C1 units=2 reissues=0 first=0000000000000001 last=000000000000000f", "", "0" },
      "entry 3: it splits a licence that no entry before it enters" },
    { { "split", "", "L1", U, "", "", "", "0" },
      "entry 3: it does not say a child licence's units" },
    { { "split", "", "L1", U, "",
        "C1 units=4 reissues=0 first=0000000000000001 last=000000000000000f", "", "0" },
      "entry 3 overdraws licence \"L1\": 4 of 3 units, 0 of 1 reissue" },
    { { "ledger", "", "", "", "", "00112233445566778899aabbccddeeff", "", "0" },
      "entry 3 is of the unknown kind \"ledger\"" },
};
enum { WRONG = sizeof wrong / sizeof wrong[0] };

START_TEST(what_cannot_follow_is_refused) /* loop test: _i is the row */
{
    start();
    refused(wrong[_i].e, wrong[_i].wanted);
}
END_TEST

START_TEST(a_chain_is_held_to_its_hashes_numbers_and_times)
{
    const entry e = { "reserve", A, "L1", "", "", "", "", "0" };

    start();
    head[0] ^= 1;
    ck_assert_int_eq(add_at("7", e), RK_E_VERIFY);
    ck_assert_ptr_eq(strstr(err.msg, "entry 3 does not hold: hash "), err.msg);
    seq = 3;
    refused(e, "entry 3 is missing");
    rk_tally_done(&tally);
    setup();
    start();
    ck_assert_int_eq(add_at("6", e), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "entry 3 is earlier than the one before");
}
END_TEST

START_TEST(a_time_goes_back_by_an_entry_of_its_own)
{
    start();
    ck_assert_int_eq(add_at("5", (entry) { "time", "", "", "", "", "was=7", "", "0" }), RK_OK);
    ck_assert_uint_eq(tally.corrected, 3);
    ck_assert_mem_eq(tally.corrected_head, head, 32);
    ck_assert_int_eq(add_at("6", (entry) { "reserve", A, "L1", "", "", "", "", "0" }), RK_OK);
}
END_TEST

START_TEST(amounts_of_format_1_are_stated_behind)
{
    add((entry) { "ledger", "", "", "", "", "00112233445566778899aabbccddeeff", "", "0" });
    add((entry) { "licence", "", "L1", T, "", "", "", "0" });
    add((entry) { "reserve", A, "L1", "", "", "", "", "0" });
    add((entry) { "split", "", "L1", U, "", "C1", "", "0" });
    ck_assert_uint_eq(tally.unstated, 2);
    counts("L1", 0, 1, 0, 0);
    add((entry) { "licence", "", "L1", T, "", "units=3 reissues=0 entry=2", "", "0" });
    add((entry) { "split", "", "L1", U, "",
                  "C1 units=2 reissues=0 first=0000000000000001 last=000000000000000f entry=4", "",
                  "0" });
    ck_assert_uint_eq(tally.unstated, 0);
    counts("L1", 3, 3, 0, 0);
}
END_TEST

/* Whoever may add entries, and enters a licence without amounts, states none of another licence. */
START_TEST(amounts_are_stated_once)
{
    start();
    add((entry) { "licence", "", "Z", U, "", "", "", "0" });
    refused((entry) { "licence", "", "L1", T, "", "units=1000 reissues=0 entry=3", "", "0" },
            "entry 4: it states the amounts of a licence that has them already");
    counts("L1", 3, 0, 1, 0);
}
END_TEST

START_TEST(a_copy_stands_for_itself)
{
    struct rk_tally copy = { .valid = false };

    start();
    ck_assert_int_eq(rk_tally_copy(&tally, &copy, &err), RK_OK);
    add((entry) { "reserve", A, "L1", "", "", "", "", "0" });
    ck_assert_uint_eq(rk_tally_find(&copy, "L1")->spent, 0);
    counts("L1", 3, 1, 1, 0);
    ck_assert_ptr_null(rk_tally_find(&copy, "L2"));
    rk_tally_done(&copy);
}
END_TEST

/* A note has one form: what is written otherwise is none. */
START_TEST(notes_are_read_as_they_are_written)
{
    static const char *const bad[] = { "units=3",
                                       "units=3 reissues=0 ",
                                       " units=3 reissues=0",
                                       "reissues=0 units=3",
                                       "units=03 reissues=0",
                                       "units=-3 reissues=0",
                                       "units=18446744073709551616 reissues=0",
                                       "units=9223372036854775808 reissues=0",
                                       "units=3 reissues=0 entry=0",
                                       "units=3 reissues=0 more=1" };
    struct rk_terms_note note;
    char text[RK_TERMS_NOTE_MAX];

    ck_assert(rk_terms_note_read("units=3 reissues=1 entry=9", false, &note));
    ck_assert(note.stated && note.units == 3 && note.reissues == 1 && note.entry == 9);
    ck_assert(rk_terms_note_read(
        "C1 units=3 reissues=0 first=00000000000000aa last=ffffffffffffffff", true, &note));
    ck_assert_str_eq(note.child, "C1");
    ck_assert_uint_eq(note.first_sn, 0xaa);
    ck_assert_uint_eq(note.last_sn, UINT64_MAX);
    rk_terms_note_write(&note, text);
    ck_assert_str_eq(text, "C1 units=3 reissues=0 first=00000000000000aa last=ffffffffffffffff");
    ck_assert(rk_terms_note_read("C1", true, &note) && !note.stated);
    ck_assert(rk_terms_note_read("", false, &note) && !note.stated);
    ck_assert(!rk_terms_note_read("", true, &note));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!rk_terms_note_read(bad[i], false, &note), "%s", bad[i]);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, units_are_counted_through_their_states);
    tcase_add_test(tc, behind_the_first_licence_units_stand_under_one);
    tcase_add_loop_test(tc, what_cannot_follow_is_refused, 0, WRONG);
    tcase_add_test(tc, a_chain_is_held_to_its_hashes_numbers_and_times);
    tcase_add_test(tc, a_time_goes_back_by_an_entry_of_its_own);
    tcase_add_test(tc, amounts_of_format_1_are_stated_behind);
    tcase_add_test(tc, amounts_are_stated_once);
    tcase_add_test(tc, a_copy_stands_for_itself);
    tcase_add_test(tc, notes_are_read_as_they_are_written);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "tally", .add = add_tests, .load = setup, .unload = teardown });
}

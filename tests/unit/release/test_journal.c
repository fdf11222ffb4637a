/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of an interrupted build: cut at every byte, flipped at every bit, with every call to
 * the disk failing. Lines and sums are written here by hand, by the words of journal.h.
 */
#include "release/journal.h"

#include "base/folder.h"
#include "disk.h"
#include "put.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 82, LINE = 86, DEVICES = 3, WHOLE = HEAD + DEVICES * LINE };

static const uint8_t inputs[32] = { 0xa1, 0xb2 }, other_inputs[32] = { 0xa1, 0xb3 };
static char folder[256], path[300];
static struct rk_err err;
static struct rk_journal journal;

/* What journal.h says of three devices with sums 11.., 22.. and 33..; checked for its length. */
static const char whole[] =
    "rotkit journal 1 a1b2000000000000000000000000000000000000000000000000000000000000\n"
    "01020000000000000001 1111111111111111111111111111111111111111111111111111111111111111\n"
    "01020000000000000002 2222222222222222222222222222222222222222222222222222222222222222\n"
    "01020000000000000003 3333333333333333333333333333333333333333333333333333333333333333\n";

static void setup(void)
{
    (void)snprintf(folder, sizeof folder, "%s/journal-%d", TEST_SCRATCH, (int)getpid());
    (void)snprintf(path, sizeof path, "%s/journal", folder);
    ck_assert_int_eq(rk_tree_remove(folder, &err), RK_OK);
    ck_assert_int_eq(rk_file_make_dirs(folder, &err), RK_OK);
    journal = (struct rk_journal)RK_JOURNAL_NONE;
}

static void teardown(void)
{
    rk_journal_close(&journal);
    ck_assert_int_eq(rk_tree_remove(folder, &err), RK_OK);
}

static struct rk_unit_id sn_of(unsigned i) /* from 0 on */
{
    struct rk_unit_id sn;

    rk_unit_id_make(0x0102, i + 1, &sn);
    return sn;
}

static enum rk_rc add_device(unsigned i)
{
    const struct rk_unit_id sn = sn_of(i);
    uint8_t sum[32];

    memset(sum, (int)(0x11 * (i + 1)), sizeof sum);
    return rk_journal_add(&journal, &sn, sum, &err);
}

static void put(const char *text, size_t len)
{
    put_file(path, text, len);
}

static void file_is(const char *text, size_t len)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_read(path, 4096, &file, &err), RK_OK);
    ck_assert_uint_eq(file.len, len);
    ck_assert_mem_eq(file.p, text, len);
    rk_bytes_done(&file);
}

static void reopen(const uint8_t of[32])
{
    rk_journal_close(&journal);
    ck_assert_msg(rk_journal_open(folder, of, &journal, &err) == RK_OK, "%s", err.msg);
}

/* How many of the three devices, in their order, are given with the sums that they were put with.
 */
static unsigned given(void)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        const struct rk_unit_id sn = sn_of(i);
        uint8_t sum[32] = { 0 }, wanted[32];

        memset(wanted, (int)(0x11 * (i + 1)), sizeof wanted);
        if (!rk_journal_next(&journal, &sn, sum) || memcmp(sum, wanted, sizeof sum) != 0)
            return i;
    }
    return DEVICES;
}

START_TEST(lines_are_written_as_the_header_says)
{
    ck_assert_uint_eq(sizeof whole - 1, WHOLE);
    ck_assert_int_eq(rk_journal_start(folder, inputs, &journal, &err), RK_OK);
    ck_assert(!rk_journal_has_devices(&journal));
    ck_assert(!journal.taken_over);
    for (unsigned i = 0; i < DEVICES; i++)
        ck_assert_int_eq(add_device(i), RK_OK);
    ck_assert(rk_journal_has_devices(&journal));
    file_is(whole, WHOLE);
    ck_assert_uint_eq(given(), 0); /* of this build: nothing to take over */
}
END_TEST

START_TEST(all_devices_are_taken_over_in_their_order)
{
    const struct rk_unit_id fourth = sn_of(3);
    uint8_t sum[32];

    put(whole, WHOLE);
    reopen(inputs);
    ck_assert(journal.taken_over);
    ck_assert(rk_journal_has_devices(&journal));
    ck_assert_uint_eq(given(), DEVICES);
    ck_assert(!rk_journal_next(&journal, &fourth, sum));
}
END_TEST

START_TEST(a_folder_without_a_journal_has_none)
{
    reopen(inputs);
    ck_assert_int_eq(journal.fd, -1);
    ck_assert(!rk_journal_has_devices(&journal));
    ck_assert_uint_eq(given(), 0);
    ck_assert_int_eq(add_device(0), RK_OK); /* of no journal: nothing to write */
    ck_assert_int_eq(rk_journal_remove(&journal, folder, &err), RK_OK);
    ck_assert(!rk_tree_exists(path));
}
END_TEST

START_TEST(a_journal_of_other_inputs_is_not_taken_over)
{
    put(whole, WHOLE);
    reopen(other_inputs);
    ck_assert_int_eq(journal.fd, -1);
    ck_assert_uint_eq(given(), 0);
    file_is(whole, WHOLE);
}
END_TEST

START_TEST(cut_at_every_byte_whole_lines_count)
{
    for (size_t cut = 0; cut <= WHOLE; cut++) {
        unsigned left = cut < HEAD ? 0 : (unsigned)(cut - HEAD) / LINE;

        put(whole, cut);
        reopen(inputs);
        ck_assert_msg((journal.fd < 0) == (cut < HEAD), "cut at %zu", cut);
        ck_assert_msg(rk_journal_has_devices(&journal) == (left != 0), "cut at %zu", cut);
        ck_assert_msg(given() == left, "cut at %zu", cut);
        /* What the torn line was of is made again, and the journal is whole then. */
        for (unsigned i = left; i < DEVICES; i++)
            ck_assert_int_eq(add_device(i), RK_OK);
        file_is(whole, cut < HEAD ? cut : WHOLE);
    }
}
END_TEST

/* loop test: _i is the bit */
START_TEST(flipped_at_every_byte_no_device_is_given_from_there_on)
{
    for (size_t at = 0; at < WHOLE; at++) {
        unsigned before = at < HEAD ? 0 : (unsigned)(at - HEAD) / LINE;
        char text[WHOLE];

        memcpy(text, whole, WHOLE);
        text[at] = (char)(text[at] ^ 1 << _i);
        put(text, WHOLE);
        reopen(inputs);
        ck_assert_msg((journal.fd < 0) == (at < HEAD), "byte %zu", at);
        ck_assert_msg(given() == before, "byte %zu", at);
    }
}
END_TEST

START_TEST(another_device_than_the_next_ends_the_taking_over)
{
    const struct rk_unit_id second = sn_of(1), first = sn_of(0);
    uint8_t sum[32] = { 0x77 };

    put(whole, WHOLE);
    reopen(inputs);
    ck_assert(!rk_journal_next(&journal, &second, sum));
    ck_assert(!rk_journal_next(&journal, &first, sum)); /* for good */
    ck_assert(!rk_journal_has_devices(&journal));
}
END_TEST

START_TEST(a_forgotten_device_is_written_anew_in_its_place)
{
    const struct rk_unit_id first = sn_of(0), second = sn_of(1), third = sn_of(2);
    uint8_t sum[32];

    put(whole, WHOLE);
    reopen(inputs);
    ck_assert(rk_journal_next(&journal, &first, sum));
    ck_assert(rk_journal_next(&journal, &second, sum));
    rk_journal_forget(&journal);
    ck_assert(!rk_journal_next(&journal, &second, sum));
    ck_assert(!rk_journal_next(&journal, &third, sum));
    ck_assert(rk_journal_has_devices(&journal)); /* the first stays */
    ck_assert_int_eq(add_device(1), RK_OK);
    ck_assert_int_eq(add_device(2), RK_OK);
    file_is(whole, WHOLE);
}
END_TEST

START_TEST(a_new_journal_takes_no_place_that_is_taken)
{
    char text[512];

    put(whole, WHOLE);
    ck_assert_int_eq(rk_journal_start(folder, inputs, &journal, &err), RK_E_IO);
    (void)snprintf(text, sizeof text, "cannot open \"%s\": File exists", path);
    ck_assert_str_eq(err.msg, text);
    ck_assert_int_eq(journal.fd, -1);
    file_is(whole, WHOLE);
}
END_TEST

START_TEST(a_link_in_its_place_is_not_followed)
{
    char text[512], target[300];

    (void)snprintf(target, sizeof target, "%s/elsewhere", folder);
    put(whole, WHOLE);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(rk_journal_open(folder, inputs, &journal, &err), RK_E_IO);
    (void)snprintf(text, sizeof text, "cannot open \"%s\": Too many levels of symbolic links",
                   path);
    ck_assert_str_eq(err.msg, text);
    ck_assert_int_eq(rk_journal_start(folder, inputs, &journal, &err), RK_E_IO);
    ck_assert_int_eq(journal.fd, -1);
}
END_TEST

/* A whole life of it, until a call fails. */
static enum rk_rc live(void)
{
    enum rk_rc rc = rk_journal_start(folder, inputs, &journal, &err);

    for (unsigned i = 0; rc == RK_OK && i < DEVICES; i++)
        rc = add_device(i);
    return rc == RK_OK ? rk_journal_remove(&journal, folder, &err) : rc;
}

START_TEST(after_every_failing_call_the_next_build_finds_whole_lines_alone)
{
    long n = 1;

    for (;; n++) {
        enum rk_rc rc;
        unsigned left;

        disk_fail_at(n);
        rc = live();
        if (!disk_failed()) {
            ck_assert_int_eq(rc, RK_OK);
            ck_assert(!rk_tree_exists(path));
            break;
        }
        ck_assert_int_eq(rc, RK_E_IO);
        /* open, head, three lines, unlink; behind that the sync of the folder */
        left = n <= 2 || n == 7 ? 0 : (unsigned)n - 3;
        reopen(inputs);
        ck_assert_uint_eq(given(), left);
        for (unsigned i = left; journal.fd >= 0 && i < DEVICES; i++)
            ck_assert_int_eq(add_device(i), RK_OK);
        if (journal.fd >= 0)
            file_is(whole, WHOLE);
        rk_journal_close(&journal);
        ck_assert_int_eq(rk_tree_remove(path, &err), RK_OK);
    }
    ck_assert_int_eq(n, 8);
}
END_TEST

START_TEST(a_line_that_could_not_be_written_is_none_for_this_build_either)
{
    ck_assert_int_eq(rk_journal_start(folder, inputs, &journal, &err), RK_OK);
    ck_assert_int_eq(add_device(0), RK_OK);
    disk_fail_at(1);
    ck_assert_int_eq(add_device(1), RK_E_IO);
    ck_assert(disk_failed());
    ck_assert_str_eq(err.msg, "cannot write the build's journal: No space left on device");
    ck_assert_int_eq(add_device(1), RK_OK);
    ck_assert_int_eq(add_device(2), RK_OK);
    file_is(whole, WHOLE);
}
END_TEST

static void sum_is(const uint8_t sum[32], const char *hex)
{
    char text[65];

    rk_hex_write(sum, 32, text);
    ck_assert_str_eq(text, hex);
}

/* printf 'a\0bc' | sha256sum; the second line: the exclusive or of that and printf 'd\0' | ... */
#define SUM_A  "40bb547d936bbd31318ee37ac8799e7ecbb22eda2651f65e3214bffb8ce97bb4"
#define SUM_AD "06e382d628c4ca79f0fc0e20f679a2a542254a55ae23be6ad60bca1ec9c99af6"

START_TEST(a_sum_is_of_names_and_contents_in_any_order)
{
    uint8_t sum[32] = { 0 }, turned[32] = { 0 }, moved[32] = { 0 };

    ck_assert_int_eq(rk_journal_sum(sum, "a", "bc", 2, &err), RK_OK);
    sum_is(sum, SUM_A);
    ck_assert_int_eq(rk_journal_sum(sum, "d", "", 0, &err), RK_OK);
    sum_is(sum, SUM_AD);
    ck_assert_int_eq(rk_journal_sum(turned, "d", "", 0, &err), RK_OK);
    ck_assert_int_eq(rk_journal_sum(turned, "a", "bc", 2, &err), RK_OK);
    sum_is(turned, SUM_AD);
    /* What ends the name and what begins the content is not one and the same. */
    ck_assert_int_eq(rk_journal_sum(moved, "ab", "c", 1, &err), RK_OK);
    ck_assert_int_eq(rk_journal_sum(moved, "d", "", 0, &err), RK_OK);
    ck_assert_mem_ne(moved, sum, sizeof sum);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, lines_are_written_as_the_header_says);
    tcase_add_test(tc, all_devices_are_taken_over_in_their_order);
    tcase_add_test(tc, a_folder_without_a_journal_has_none);
    tcase_add_test(tc, a_journal_of_other_inputs_is_not_taken_over);
    tcase_add_test(tc, cut_at_every_byte_whole_lines_count);
    tcase_add_loop_test(tc, flipped_at_every_byte_no_device_is_given_from_there_on, 0, 8);
    tcase_add_test(tc, another_device_than_the_next_ends_the_taking_over);
    tcase_add_test(tc, a_forgotten_device_is_written_anew_in_its_place);
    tcase_add_test(tc, a_new_journal_takes_no_place_that_is_taken);
    tcase_add_test(tc, a_link_in_its_place_is_not_followed);
    tcase_add_test(tc, after_every_failing_call_the_next_build_finds_whole_lines_alone);
    tcase_add_test(tc, a_line_that_could_not_be_written_is_none_for_this_build_either);
    tcase_add_test(tc, a_sum_is_of_names_and_contents_in_any_order);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "journal", .add = add, .load = setup, .unload = teardown });
}

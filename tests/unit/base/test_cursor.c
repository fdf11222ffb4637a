/* SPDX-License-Identifier: Apache-2.0 */
/* The two cursors and the layout tables between them. */
#include "base/layout.h"

#include "suite.h"

#include <string.h>

static struct rk_err err;
static const uint8_t wire[] = { 0x34, 0x12, 0x12, 0x34, 0x56, 0x78, 'a', 'b', 'c', 0x09 };

struct sample {
    uint16_t little;
    uint32_t big;
    uint8_t text[3];
    uint8_t one;
};
static const struct rk_field layout[] = {
    RK_LE(struct sample, little),
    RK_BE(struct sample, big),
    RK_BYTES(struct sample, text),
    RK_LE(struct sample, one),
};

START_TEST(a_table_reads_and_writes_in_wire_order)
{
    struct rk_rd rd = { .buf = wire, .len = sizeof wire };
    struct rk_wr wr = RK_WR_MAX(64);
    struct rk_bytes out = RK_BYTES_NONE;
    struct sample s;

    ck_assert_uint_eq(rk_layout_wire(layout, 4), sizeof wire);
    rk_layout_read(layout, 4, &rd, &s);
    ck_assert_int_eq(rk_rd_end(&rd, &err), RK_OK);
    ck_assert_uint_eq(s.little, 0x1234);
    ck_assert_uint_eq(s.big, 0x12345678);
    ck_assert_mem_eq(s.text, "abc", 3);
    ck_assert_uint_eq(s.one, 9);
    rk_layout_write(layout, 4, &s, &wr);
    ck_assert_int_eq(rk_wr_end(&wr, &out, &err), RK_OK);
    ck_assert_uint_eq(out.len, sizeof wire);
    ck_assert_mem_eq(out.p, wire, sizeof wire);
    rk_bytes_done(&out);
}
END_TEST

START_TEST(every_short_length_is_refused)
{
    struct rk_rd rd = { .buf = wire, .len = (size_t)_i };
    struct sample s;

    rk_layout_read(layout, 4, &rd, &s);
    ck_assert_int_eq(rk_rd_end(&rd, &err), RK_E_FORMAT);
    ck_assert_uint_eq(s.one, 0);
}
END_TEST

START_TEST(failure_sticks_and_tells_where)
{
    struct rk_rd rd = { .buf = wire, .len = sizeof wire, .base = 0x100 };

    ck_assert_ptr_nonnull(rk_rd_take(&rd, 8));
    ck_assert_ptr_null(rk_rd_take(&rd, 3));
    ck_assert_ptr_null(rk_rd_take(&rd, 1)); /* there would be room */
    ck_assert_uint_eq(rk_rd_le(&rd, 1), 0);
    ck_assert_uint_eq(rk_rd_left(&rd), 0);
    ck_assert_int_eq(rk_rd_ok(&rd, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "cut short at offset 0x108: 3 wanted, 2 left");
    ck_assert_uint_eq(err.offset, 0x108);
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    struct rk_rd rd = { .buf = wire, .len = sizeof wire };

    ck_assert_ptr_nonnull(rk_rd_take(&rd, 4));
    ck_assert_int_eq(rk_rd_ok(&rd, &err), RK_OK);
    ck_assert_int_eq(rk_rd_end(&rd, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "trailing data at offset 0x4: 6 left");
}
END_TEST

START_TEST(a_sub_cursor_has_its_own_end)
{
    struct rk_rd rd = { .buf = wire, .len = sizeof wire };
    struct rk_rd sub;

    (void)rk_rd_take(&rd, 6);
    sub = rk_rd_sub(&rd, 3);
    ck_assert_uint_eq(rk_rd_be(&sub, 3), 0x616263);
    ck_assert_ptr_null(rk_rd_take(&sub, 1));
    ck_assert_int_eq(rk_rd_ok(&sub, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "cut short at offset 0x9: 1 wanted, 0 left");
    ck_assert_uint_eq(rk_rd_le(&rd, 1), 9);
    sub = rk_rd_sub(&rd, 1);
    ck_assert_int_eq(rk_rd_ok(&sub, &err), RK_E_FORMAT);
    ck_assert_int_eq(rk_rd_ok(&rd, &err), RK_E_FORMAT);
}
END_TEST

START_TEST(the_writer_stops_at_its_maximum)
{
    struct rk_wr wr = RK_WR_MAX(1000);
    struct rk_bytes out = RK_BYTES_NONE;

    rk_wr_zero(&wr, 1000);
    ck_assert_int_eq(wr.failed, RK_OK);
    rk_wr_le(&wr, 1, 1);
    rk_wr_zero(&wr, 0);
    ck_assert_int_eq(rk_wr_end(&wr, &out, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "too large: more than 1000 bytes");
    ck_assert_ptr_null(out.p);
    rk_wr_done(&wr);
}
END_TEST

START_TEST(a_reservation_is_filled_in_later)
{
    struct rk_wr wr = RK_WR_MAX(4096);
    struct rk_bytes out = RK_BYTES_NONE;
    size_t at;

    rk_wr_str(&wr, "x");
    at = rk_wr_reserve(&wr, 4);
    for (int i = 0; i < 600; i++) /* grows, so the held place moves */
        rk_wr_printf(&wr, "%d", i % 10);
    rk_wr_put_be(&wr, at, 0xdeadbeef, 4);
    ck_assert_int_eq(rk_wr_end(&wr, &out, &err), RK_OK);
    ck_assert_uint_eq(out.len, 605);
    ck_assert_mem_eq(out.p,
                     "x\xde\xad\xbe\xef"
                     "0123",
                     9);
    rk_bytes_done(&out);
    rk_wr_done(&wr);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_table_reads_and_writes_in_wire_order);
    tcase_add_loop_test(tc, every_short_length_is_refused, 0, (int)sizeof wire);
    tcase_add_test(tc, failure_sticks_and_tells_where);
    tcase_add_test(tc, trailing_bytes_are_refused);
    tcase_add_test(tc, a_sub_cursor_has_its_own_end);
    tcase_add_test(tc, the_writer_stops_at_its_maximum);
    tcase_add_test(tc, a_reservation_is_filled_in_later);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "cursor", .add = add });
}

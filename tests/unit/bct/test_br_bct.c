/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-br-bct: a table made here by the map of boot-images.md 1.4 (no real one is public), read,
 * signed, cut, and flipped byte by byte with its digests made good again.
 */
#include "suite.h"
#include "tegra.h"

#include <stdio.h>

/* 1.4 */
enum {
    OUTER = 0x4,
    PCP = 0x44,
    SIGNED_DIGEST = 0x1c4,
    SIGNATURE = 0x204,
    CUSTOMER = 0xd14,
    SIGNED = 0x1200,
    VERSION = 0x1308,
    INNER_FROM = 0x170c,
    INNER = 0x1ac0,
    WIRE = 0x2000,
};

/* The two digests that are not signed themselves. */
static void rehash(uint8_t *file)
{
    tegra_hash(file, SIGNED, WIRE, SIGNED_DIGEST);
    tegra_hash(file, PCP, WIRE, OUTER);
}

static struct rk_bytes table(void)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ck_assert_int_eq(rk_bytes_new(WIRE, &file, &err), RK_OK);
    for (size_t i = SIGNED; i < WIRE; i++)
        file.p[i] = (uint8_t)(i * 7);
    memcpy(file.p, "BCTB", 4);
    memcpy(file.p + 0x1210, "BCTB", 4);
    memcpy(file.p + VERSION, "\x01\x02\x03\x01", 4);
    tegra_hash(file.p, INNER_FROM, INNER, INNER);
    rehash(file.p);
    return file;
}

static struct rk_bytes signed_table(void)
{
    struct rk_bytes file = table(), made = RK_BYTES_NONE;

    ck_assert_msg(rk_format_sign("tegra-br-bct", &request.sign, &request.signer, file.p, file.len,
                                 &made, &err) == RK_OK,
                  "%s", err.msg);
    rk_bytes_done(&file);
    return made;
}

static const struct {
    const char *pem;
    size_t wire; /* 2.2 */
} keys[] = {
    { BOOT "keys/rsa3072.pem", 384 },
    { BOOT "keys/p256.pem", 64 },
    { BOOT "keys/p521.pem", 136 },
};

START_TEST(signing_changes_key_signature_and_two_digests_alone) /* _i: which key */
{
    struct rk_bytes before, after;

    image_request_done(&request);
    tegra_use_key(keys[_i].pem);
    before = table();
    after = signed_table();
    ck_assert_uint_eq(after.len, WIRE);
    ck_assert_mem_eq(after.p + CUSTOMER, before.p + CUSTOMER, WIRE - CUSTOMER);
    rehash(before.p);
    ck_assert_mem_eq(after.p + SIGNED_DIGEST, before.p + SIGNED_DIGEST, 64);
    for (size_t i = SIGNATURE + keys[_i].wire; i < CUSTOMER; i++)
        ck_assert_uint_eq(after.p[i], 0);
    rk_bytes_done(&before);
    rk_bytes_done(&after);
}
END_TEST

START_TEST(a_flip_with_digests_made_good_fails_exactly_where_it_is_signed) /* _i: which key */
{
    struct rk_bytes made;

    image_request_done(&request);
    tegra_use_key(keys[_i].pem);
    made = signed_table();
    const struct {
        size_t from, to;
    } unsigned_ranges[] = {
        { OUTER, PCP },                          /* 1.4: digest, made good */
        { SIGNED_DIGEST, SIGNATURE },            /* 1.4: digest, made good */
        { SIGNATURE + keys[_i].wire, CUSTOMER }, /* 1.4: rest of the signature union */
        { CUSTOMER, SIGNED },                    /* 1.4: customer data, not signed; pad */
    };
    for (size_t i = 0; i < made.len; i++) {
        bool may = false;
        enum rk_rc rc;

        for (size_t k = 0; k < sizeof unsigned_ranges / sizeof unsigned_ranges[0]; k++)
            may = may || (i >= unsigned_ranges[k].from && i < unsigned_ranges[k].to);
        made.p[i] ^= 0x01;
        if (i >= INNER_FROM && i < INNER) /* the signature must catch it */
            tegra_hash(made.p, INNER_FROM, INNER, INNER);
        rehash(made.p);
        rc = image_verify("tegra-br-bct", &request.verify, made.p, made.len);
        if (may)
            ck_assert_msg(rc == RK_OK, "0x%zx is not signed: %s", i, err.msg);
        else
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: not noticed", i);
        if ((i < OUTER || i >= PCP) && (i < SIGNED_DIGEST || i >= SIGNATURE))
            made.p[i] ^= 0x01;
        tegra_hash(made.p, INNER_FROM, INNER, INNER);
        rehash(made.p);
    }
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_OK);
    rk_bytes_done(&made);
}
END_TEST

START_TEST(every_cut_and_every_flip_is_noticed_without_a_key)
{
    struct rk_bytes file = table();
    struct rk_request keyless = { .ctx = request.ctx };

    ck_assert_msg(image_verify(NULL, &keyless, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t len = 0; len < file.len; len++)
        ck_assert_int_eq(image_verify("tegra-br-bct", &keyless, file.p, len), RK_E_FORMAT);
    image_flip("tegra-br-bct", &keyless, &file, NULL, 0);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(each_digest_is_named_when_it_does_not_hold)
{
    static const struct {
        size_t at;
        const char *wanted;
    } rows[] = {
        { INNER, "tegra-br-bct: digest at 0x1ac0 over [0x170c, 0x1ac0) does not hold" },
        { SIGNED_DIGEST, "tegra-br-bct: digest at 0x1c4 over [0x1200, 0x2000) does not hold" },
        { OUTER, "tegra-br-bct: digest at 0x4 over [0x44, 0x2000) does not hold" },
    };
    struct rk_request keyless = { .ctx = request.ctx };

    for (size_t i = 0; i < 3; i++) {
        struct rk_bytes file = table();

        file.p[rows[i].at] ^= 1;
        ck_assert_int_eq(image_verify(NULL, &keyless, file.p, file.len), RK_E_VERIFY);
        ck_assert_str_eq(err.msg, rows[i].wanted);
        rk_bytes_done(&file);
    }
}
END_TEST

START_TEST(no_key_signs_a_table_whose_inner_digest_does_not_hold)
{
    static const struct rk_setting sig[] = { { "output", "sig" } };
    struct rk_bytes file = table(), made = RK_BYTES_NONE;

    request.sign.setting = sig;
    file.p[INNER] ^= 1;
    ck_assert_int_eq(rk_format_sign("tegra-br-bct", &request.sign, &request.signer, file.p,
                                    file.len, &made, &err),
                     RK_E_VERIFY);
    file.p[INNER] ^= 1;
    memset(file.p + SIGNED_DIGEST, 0, 64); /* these two come after signing */
    memset(file.p + OUTER, 0, 64);
    ck_assert_int_eq(rk_format_sign("tegra-br-bct", &request.sign, &request.signer, file.p,
                                    file.len, &made, &err),
                     RK_OK);
    ck_assert_uint_eq(made.len, 64);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(signing_without_the_word_is_refused_with_the_way_out)
{
    struct rk_bytes file = table(), made = RK_BYTES_NONE;

    request.sign.setting_count = 0;
    ck_assert_int_eq(rk_format_sign("tegra-br-bct", &request.sign, &request.signer, file.p,
                                    file.len, &made, &err),
                     RK_E_USAGE);
    ck_assert_str_eq(
        err.msg,
        "sign tegra-br-bct: where the OEM signature stands is known from third-party work alone\n"
        "  output=sig and output=pub make the files that the BSP's own header tool puts in\n"
        "  experimental=oem-insert puts them in here, at those offsets");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(another_key_no_signature_and_a_weak_key_are_told_apart)
{
    struct rk_bytes made = signed_table(), plain = table(), none = RK_BYTES_NONE;
    struct image_request other;

    image_request_open(&other, BOOT "keys/p521.pem", NULL);
    ck_assert_int_eq(image_verify(NULL, &other.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg,
                     "tegra-br-bct: signed by another key: the PCP at 0x44 is not this one");
    ck_assert_int_eq(image_verify(NULL, &other.verify, plain.p, plain.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "tegra-br-bct: no OEM signature at 0x204 (experimental offset)");
    image_request_done(&other);
    image_request_open(&other, BOOT "keys/rsa2048.pem", NULL);
    other.verify.setting = insert;
    other.verify.setting_count = 1;
    ck_assert_int_eq(rk_format_sign("tegra-br-bct", &other.verify, &other.signer, plain.p,
                                    plain.len, &none, &err),
                     RK_E_KEY);
    image_request_done(&other);
    rk_bytes_done(&made);
    rk_bytes_done(&plain);
}
END_TEST

START_TEST(its_ratchet_may_not_fall)
{
    struct rk_bytes older = table(), newer = table();
    struct rk_map was = { .root = NULL }, is = { .root = NULL };

    newer.p[VERSION + 2]--;
    rehash(newer.p);
    ck_assert_int_eq(rk_format_inspect(request.ctx, older.p, older.len, &was, &err), RK_OK);
    ck_assert_int_eq(rk_format_inspect(request.ctx, newer.p, newer.len, &is, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&was, &is, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&is, &was, &err), RK_E_VERIFY);
    rk_map_done(&was);
    rk_map_done(&is);
    rk_bytes_done(&older);
    rk_bytes_done(&newer);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, signing_changes_key_signature_and_two_digests_alone, 0, 3);
    tcase_add_loop_test(tc, a_flip_with_digests_made_good_fails_exactly_where_it_is_signed, 0, 3);
    tcase_add_test(tc, every_cut_and_every_flip_is_noticed_without_a_key);
    tcase_add_test(tc, each_digest_is_named_when_it_does_not_hold);
    tcase_add_test(tc, no_key_signs_a_table_whose_inner_digest_does_not_hold);
    tcase_add_test(tc, signing_without_the_word_is_refused_with_the_way_out);
    tcase_add_test(tc, another_key_no_signature_and_a_weak_key_are_told_apart);
    tcase_add_test(tc, its_ratchet_may_not_fall);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "br_bct", .add = add, .load = tegra_load, .unload = tegra_unload });
}

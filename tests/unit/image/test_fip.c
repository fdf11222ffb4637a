/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fip: every cut, every flipped byte of a signed package, tables made to deceive. The goldens and
 * the judges are in tests/cli (image-vectors, peer-fiptool-fip).
 */
#include "image.h"
#include "suite.h"

#include "image/fip.h"

static rk_ctx *ctx;
static rk_signer *rot;
static struct rk_request_key key;
static struct rk_request with_key;

static void load(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_signer_open(ctx, BOOT "keys/p256.pem", NULL, &rot, &err), RK_OK);
    key = (struct rk_request_key) { .role = "", .pub = rk_signer_pkey(rot) };
    with_key = (struct rk_request) { .ctx = ctx, .key = &key, .key_count = 1 };
}

static void unload(void)
{
    rk_signer_free(rot);
    rk_ctx_free(ctx);
}

/* Two images of 16 bytes and their four certificates, by one P-256 key in every role. */
static struct rk_bytes signed_package(void)
{
    static const uint8_t bytes[2][16] = { "BL2", "BL31" };
    const struct rk_input parts[] = { { "tb-fw", bytes[0], 16 }, { "soc-fw", bytes[1], 16 } };
    struct rk_bytes plain = RK_BYTES_NONE, made = RK_BYTES_NONE;
    struct rk_request build = { .ctx = ctx, .part = parts, .part_count = 2 };

    ck_assert_msg(rk_format_build("fip", &build, &plain, &err) == RK_OK, "%s", err.msg);
    ck_assert_msg(rk_format_sign("fip", &with_key, &rot, plain.p, plain.len, &made, &err) == RK_OK,
                  "%s", err.msg);
    rk_bytes_done(&plain);
    return made;
}

/* boot-images.md 5.1: the table (16 bytes, 40 an entry, one more at its end) is not signed. Six
 * images: two of ours and four certificates. */
START_TEST(every_flipped_byte_behind_the_table_is_noticed)
{
    static const struct image_free unsigned_ranges[] = { { 0, 16 + 7 * 40, false } };
    struct rk_bytes file = signed_package();

    ck_assert_msg(image_verify(NULL, &with_key, file.p, file.len) == RK_OK, "%s", err.msg);
    image_flip("fip", &with_key, &file, unsigned_ranges, 1);
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 5.1, encrypt_fw: no AAD, so of its header only what the reader itself holds is
 * noticed, and not the bit that tells SSK from BSSK. BL31 stands behind the table and BL2's 16. */
START_TEST(every_flipped_byte_of_an_encrypted_image_is_noticed_but_its_key_flag)
{
    enum { AT = 16 + 7 * 40 + 16, LEN = 44 + 16, KEY_FLAG = 6 };
    static const uint8_t bytes[32] = "the class key of these tests, 32";
    struct rk_bytes file = signed_package(), sealed = RK_BYTES_NONE;
    const struct rk_setting images = { "images", "soc-fw" };
    struct rk_secret secret = RK_SECRET_NONE;
    struct rk_request request = with_key;

    request.setting = &images;
    request.setting_count = 1;
    ck_assert_int_eq(rk_secret_copy(bytes, sizeof bytes, &secret, &err), RK_OK);
    request.secret = &secret;
    ck_assert_msg(rk_format_encrypt("fip", &request, file.p, file.len, &sealed, &err) == RK_OK,
                  "%s", err.msg);
    request.setting = NULL;
    request.setting_count = 0;
    ck_assert_msg(image_verify(NULL, &request, sealed.p, sealed.len) == RK_OK, "%s", err.msg);
    for (size_t i = 0; i < LEN; i++) {
        enum rk_rc rc;

        sealed.p[AT + i] ^= 0x01;
        rc = image_verify("fip", &request, sealed.p, sealed.len);
        sealed.p[AT + i] ^= 0x01;
        ck_assert_msg(i == KEY_FLAG ? rc == RK_OK : rc == RK_E_VERIFY || rc == RK_E_FORMAT,
                      "+%zu: %d", i, rc);
    }
    rk_secret_done(&secret);
    rk_bytes_done(&sealed);
    rk_bytes_done(&file);
}
END_TEST

/* What somebody does who has no key: entries added to a signed package, or taken out of it. */
static const struct edit {
    const char *add;
    bool outside; /* tb-fw and its certificate are taken out: BL2 stands elsewhere */
    const char *says;
} edits[] = {
    { NULL, true, NULL }, /* a good package */
    { "nt-fw-config", false, "nt-fw-key-cert: is missing, nt-fw-config is not signed" },
    { "tos-fw-extra1", false, "tos-fw-key-cert: is missing, tos-fw-extra1 is not signed" },
    { "tos-fw-config", false, "tos-fw-key-cert: is missing, tos-fw-config is not signed" },
    { "scp-fw", false, "scp-fw-key-cert: is missing, scp-fw is not signed" },
    { "rmm-fw", false, "image rmm-fw is covered by no certificate that is checked here" },
    { "rot-cert", false, "image rot-cert is covered by no certificate that is checked here" },
    { "fw-config", true, "tb-fw-cert: is missing, fw-config is not signed" },
    { "hw-config", true, "tb-fw-cert: is missing, hw-config is not signed" },
    { "tb-fw-config", true, "tb-fw-cert: is missing, tb-fw-config is not signed" },
    { "tb-fw", true, "tb-fw-cert: is missing, tb-fw is not signed" },
    /* certified as not there, by a hash of zeros */
    { "hw-config", false, "tb-fw-cert: hw-config: its SHA-256 is not the certified one" },
    { "soc-fw-config", false, "soc-fw-cert: soc-fw-config: its SHA-256 is not the certified one" },
};
enum { EDITS = sizeof edits / sizeof edits[0] };

static void take_out(struct rk_fip *fip, const char *name)
{
    const struct rk_fip_entry *entry = rk_fip_find(fip, name);
    size_t i;

    ck_assert_ptr_nonnull(entry);
    i = (size_t)(entry - fip->entry);
    fip->entry[i] = fip->entry[--fip->count];
}

START_TEST(what_no_certificate_in_the_package_covers_is_refused)
{
    static const uint8_t evil[] = "evil";
    const struct edit *edit = &edits[_i];
    struct rk_bytes file = signed_package(), made = RK_BYTES_NONE;
    struct rk_fip fip;

    ck_assert_int_eq(rk_fip_read(file.p, file.len, &fip, &err), RK_OK);
    if (edit->outside) {
        take_out(&fip, "tb-fw");
        take_out(&fip, "tb-fw-cert");
    }
    if (edit->add != NULL)
        ck_assert_int_eq(rk_fip_put(&fip, edit->add, evil, sizeof evil, &err), RK_OK);
    ck_assert_int_eq(rk_fip_write(&fip, 1, &made, &err), RK_OK);
    ck_assert_int_eq(image_verify("fip", &with_key, made.p, made.len),
                     edit->says == NULL ? RK_OK : RK_E_VERIFY);
    if (edit->says != NULL)
        ck_assert_str_eq(err.msg + strlen("fip: "), edit->says);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = signed_package();

    for (size_t len = 0; len < file.len; len += len < 600 ? 1 : 7)
        ck_assert_int_eq(image_verify("fip", &with_key, file.p, len), RK_E_FORMAT);
    rk_bytes_done(&file);
}
END_TEST

/* One 64-bit word of the table changed. Entry i stands at 16 + 40 i: uuid, offset, size, flags. */
static const struct {
    size_t at;
    uint64_t value;
    const char *says;
} tables[] = {
    { 16 + 16, UINT64_MAX, "fip: image tb-fw: 0x10 bytes at 0xffffffffffffffff" },
    { 16 + 16, 0, "fip: image 0 at 0x0 is not between table and end" },
    { 16 + 24, UINT64_MAX, "fip: an image of 0xffffffffffffffff bytes" },
    { 16 + 24, 0x7fffffff, "fip: an image of 0x7fffffff bytes" },
    { 16 + 24, 0x1000000, "fip: image tb-fw: 0x1000000 bytes at 0x128" },
    { 56 + 16, 0x128, "fip: image soc-fw at 0x128 overlaps another at 0x128" },
    { 56 + 16, 0x130, "fip: image soc-fw at 0x130 overlaps another at 0x128" },
    { 16 + 6 * 40 + 16, UINT64_MAX, "fip: the table says 0xffffffffffffffff bytes" },
    { 16 + 6 * 40 + 16, 0, "fip: the table says 0x0 bytes and is itself 0x128" },
    { 0, 0x1234567800000000, "fip: name 0x00000000 and serial 0x12345678" },
    { 0, 0x00000000aa640001, "fip: name 0xaa640001 and serial 0x00000000" },
};

START_TEST(a_table_that_deceives_is_refused_with_its_reason)
{
    struct rk_bytes file = signed_package();

    image_put_le(file.p + tables[_i].at, 8, tables[_i].value);
    ck_assert_int_eq(image_verify("fip", &with_key, file.p, file.len), RK_E_FORMAT);
    ck_assert_msg(strncmp(err.msg, tables[_i].says, strlen(tables[_i].says)) == 0, "%s", err.msg);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(one_image_twice_is_refused)
{
    struct rk_bytes file = signed_package();

    memcpy(file.p + 16 + 40, file.p + 16, 16);
    ck_assert_int_eq(image_verify("fip", &with_key, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "fip: image tb-fw is there twice");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(a_table_without_an_end_is_refused)
{
    enum { COUNT = 80 };
    uint8_t file[16 + 40 * COUNT] = { 0x01, 0x00, 0x64, 0xaa, 1 };

    for (size_t i = 0; i < COUNT; i++)
        image_put_le(file + 16 + 40 * i, 8, i + 1);
    ck_assert_int_eq(image_verify("fip", &with_key, file, sizeof file), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "fip: more than 64 images");
    ck_assert_int_eq(image_verify("fip", &with_key, file, 16 + 40 * 3), RK_E_FORMAT);
}
END_TEST

/* A key of one role that is not the certified one: its content certificate does not hold. */
START_TEST(a_certificate_by_a_key_that_was_not_certified_is_refused)
{
    struct rk_bytes one = signed_package(), two = RK_BYTES_NONE;
    rk_signer *other = NULL;

    ck_assert_int_eq(rk_signer_open(ctx, BOOT "keys/rot.pem", NULL, &other, &err), RK_OK);
    key.pub = rk_signer_pkey(other);
    ck_assert_msg(rk_format_sign("fip", &with_key, &other, one.p, one.len, &two, &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_int_eq(image_verify("fip", &with_key, two.p, two.len), RK_OK);
    ck_assert_int_eq(image_verify("fip", &with_key, one.p, one.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "fip: trusted-key-cert: its signature does not hold under the "
                              "root-of-trust key");
    rk_signer_free(other);
    rk_bytes_done(&one);
    rk_bytes_done(&two);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, every_flipped_byte_behind_the_table_is_noticed);
    tcase_add_test(tc, every_flipped_byte_of_an_encrypted_image_is_noticed_but_its_key_flag);
    tcase_add_loop_test(tc, what_no_certificate_in_the_package_covers_is_refused, 0, EDITS);
    tcase_add_test(tc, every_cut_is_refused);
    tcase_add_loop_test(tc, a_table_that_deceives_is_refused_with_its_reason, 0,
                        sizeof tables / sizeof tables[0]);
    tcase_add_test(tc, one_image_twice_is_refused);
    tcase_add_test(tc, a_table_without_an_end_is_refused);
    tcase_add_test(tc, a_certificate_by_a_key_that_was_not_certified_is_refused);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "fip", .add = add, .load = load, .unload = unload });
}

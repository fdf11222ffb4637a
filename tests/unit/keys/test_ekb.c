/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs against those NVIDIA's tools made, byte for byte both ways; every cut and every flipped
 * byte. */
#include "ftpmprov/ekb.h"
#include "ftpmprov/file.h"
#include "ftpmprov/hex.h"
#include "ftpmprov/json.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EKS TEST_DATA "/vectors/ekb/eks/"

static rk_ctx *ctx;
static rk_json *index_doc;
static struct rk_err err;

static void load(void)
{
    struct rk_bytes text = RK_BYTES_NONE;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_file_read(EKS "index.json", 1 << 20, &text, &err), RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &index_doc, &err), RK_OK);
    rk_bytes_done(&text);
}

static void unload(void)
{
    rk_json_free(index_doc);
    rk_ctx_free(ctx);
}

/* gen_ekb's options and the tags they become; r35.2.1 numbers three of them otherwise. */
static const struct {
    const char *option;
    uint32_t tag;
    bool hex;
} options[] = {
    { "in_sym_key", 1, true },
    { "in_sym_key2", 2, true },
    { "in_uefi_pubkey", 3, true },
    { "in_uefi_enckey", 4, true },
    { "in_auth_key", 4, true },
    { "in_device_id", 3, false },
    { "in_ftpm_sn", 91, true },
    { "in_ftpm_eps_seed", 92, true },
    { "in_ftpm_rsa_ek_cert", 93, false },
    { "in_ftpm_ec_ek_cert", 94, false },
    { "in_sid_cert", 95, false },
    { "in_ftpm_rsa_ek_csr", 96, false },
    { "in_ftpm_ec_ek_csr", 97, false },
};

static struct rk_jv record(size_t i)
{
    return rk_json_at(rk_json_root(index_doc), i);
}

static const char *str(struct rk_jv at, const char *key)
{
    return rk_json_str(rk_json_get(at, key));
}

static void path_of(const char *name, char *ret, size_t size)
{
    snprintf(ret, size, EKS "%s", name);
}

static void unhex(const char *text, uint8_t *ret, size_t len)
{
    ck_assert_int_eq(rk_hex_read(text, strlen(text), ret, len, &err), RK_OK);
}

static rk_mac *root_of(struct rk_jv at)
{
    rk_mac *root = NULL;
    char path[512];

    path_of(str(at, "root_key"), path, sizeof path);
    ck_assert_int_eq(rk_mac_open(ctx, path, 0, &root, &err), RK_OK);
    return root;
}

static void add_option(struct rk_ekb *ekb, size_t i, const char *value, bool r3521)
{
    struct rk_bytes file = RK_BYTES_NONE;
    uint8_t key[512];
    char path[512];
    size_t len = 0;
    bool is_file = strchr(value, '/') != NULL;
    bool hex = options[i].hex || r3521;
    uint32_t tag = r3521 && strcmp(options[i].option, "in_device_id") == 0 ? 5 : options[i].tag;

    if (is_file) {
        path_of(value, path, sizeof path);
        ck_assert_int_eq(rk_file_read(path, 65536, &file, &err), RK_OK);
    } else {
        ck_assert_int_eq(rk_bytes_copy(value, strlen(value), &file, &err), RK_OK);
    }
    if (hex)
        ck_assert_int_eq(
            rk_hex_read_key((const char *)file.p, file.len, key, sizeof key, &len, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(ekb, tag, hex ? key : file.p, hex ? len : file.len, &err), RK_OK);
    rk_bytes_done(&file);
}

static void build(struct rk_jv at, struct rk_ekb *ekb)
{
    const char *tool = str(at, "tool"), *value;
    bool r3521 = strstr(tool, "r35.2.1") != NULL;
    struct rk_jv given = rk_json_get(at, "options");

    memset(ekb, 0, sizeof *ekb);
    ekb->version = strstr(tool, "r35.1") != NULL ? RK_EKB_LEGACY
                   : strstr(tool, "1.6") != NULL ? RK_EKB_2_0
                                                 : RK_EKB_1_0;
    unhex(str(at, "fv"), ekb->fv, 16);
    unhex(str(at, "iv"), ekb->iv, 16);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        value = str(given, options[i].option);
        if (value != NULL)
            add_option(ekb, i, value, r3521);
    }
}

static void read_image(struct rk_jv at, struct rk_bytes *ret)
{
    char path[512];

    path_of(str(at, "file"), path, sizeof path);
    ck_assert_int_eq(rk_file_read(path, RK_EKB_IMAGE_MAX, ret, &err), RK_OK);
}

START_TEST(the_index_lists_22_images)
{
    ck_assert_uint_eq(rk_json_count(rk_json_root(index_doc)), 22);
}
END_TEST

/* tag 3 with 1.4's device ID stands after tag 4 in gen_ekb 1.5's order: the list above has it so.
 */
START_TEST(writing_gives_the_tools_bytes)
{
    struct rk_jv at = record((size_t)_i);
    struct rk_bytes want = RK_BYTES_NONE, got = RK_BYTES_NONE;
    rk_mac *root = root_of(at);
    struct rk_ekb ekb;

    build(at, &ekb);
    read_image(at, &want);
    ck_assert_msg(rk_ekb_write(root, &ekb, &got, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(got.len, want.len);
    ck_assert_msg(memcmp(got.p, want.p, want.len) == 0, "%s differs", str(at, "name"));
    rk_bytes_done(&want);
    rk_bytes_done(&got);
    rk_ekb_done(&ekb);
    rk_mac_free(root);
}
END_TEST

START_TEST(reading_gives_back_what_the_tool_was_given)
{
    struct rk_jv at = record((size_t)_i);
    struct rk_bytes image = RK_BYTES_NONE;
    rk_mac *root = root_of(at);
    struct rk_ekb want, got;

    build(at, &want);
    read_image(at, &image);
    ck_assert_msg(rk_ekb_read(root, want.fv, image.p, image.len, &got, &err) == RK_OK, "%s: %s",
                  str(at, "name"), err.msg);
    ck_assert_int_eq(got.version, want.version);
    ck_assert_uint_eq(got.item_count, want.item_count);
    for (size_t i = 0; i < got.item_count; i++) {
        ck_assert_uint_eq(got.items[i].tag, want.items[i].tag);
        ck_assert(rk_secret_equal(&got.items[i].value, &want.items[i].value));
    }
    rk_bytes_done(&image);
    rk_ekb_done(&want);
    rk_ekb_done(&got);
    rk_mac_free(root);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_jv at = record((size_t)_i);
    struct rk_bytes image = RK_BYTES_NONE;
    struct rk_ekb_outline outline = { .pad_len = 12345 };

    read_image(at, &image);
    for (size_t len = 0; len < image.len; len++) {
        uint8_t *cut = malloc(len + 1); /* exactly len bytes are ours to read */

        memcpy(cut, image.p, len);
        ck_assert_int_eq(rk_ekb_outline(cut, len, &outline, &err), RK_E_FORMAT);
        ck_assert_uint_eq(outline.pad_len, 12345);
        free(cut);
    }
    rk_bytes_done(&image);
}
END_TEST

START_TEST(every_flipped_byte_is_refused)
{
    struct rk_jv at = record((size_t)_i);
    struct rk_bytes image = RK_BYTES_NONE;
    rk_mac *root = root_of(at);
    uint8_t fv[16];

    unhex(str(at, "fv"), fv, 16);
    read_image(at, &image);
    for (size_t i = 0; i < image.len; i++) {
        struct rk_ekb ekb = { .item_count = 0 };

        image.p[i] ^= 0x01;
        ck_assert_msg(rk_ekb_read(root, fv, image.p, image.len, &ekb, &err) != RK_OK,
                      "%s: flip at %zu accepted", str(at, "name"), i);
        ck_assert_uint_eq(ekb.item_count, 0);
        image.p[i] ^= 0x01;
    }
    rk_bytes_done(&image);
    rk_mac_free(root);
}
END_TEST

/* NVIDIA's own default images, put together from the fields that were read off them. */
START_TEST(nvidias_default_images_open)
{
    struct rk_bytes text = RK_BYTES_NONE;
    rk_json *doc = NULL;

    ck_assert_int_eq(rk_file_read(EKS "nvidia_default_images.json", 1 << 20, &text, &err), RK_OK);
    ck_assert_int_eq(rk_json_parse(text.p, text.len, &doc, &err), RK_OK);
    ck_assert_uint_eq(rk_json_count(rk_json_root(doc)), 3);
    for (size_t i = 0; i < 3; i++) {
        struct rk_jv at = rk_json_at(rk_json_root(doc), i);
        static const char *const parts[] = { "header", "cmac", "content_header", "iv",
                                             "ciphertext" };
        uint8_t image[1028], fv[16], pad;
        struct rk_secret key = RK_SECRET_NONE;
        rk_mac *root = NULL;
        struct rk_ekb ekb;
        size_t used = 0;

        for (size_t k = 0; k < 5; k++) {
            unhex(str(at, parts[k]), image + used, strlen(str(at, parts[k])) / 2);
            used += strlen(str(at, parts[k])) / 2;
        }
        unhex(str(at, "pad_byte"), &pad, 1);
        memset(image + used, pad, sizeof image - used);
        unhex(str(at, "fv"), fv, 16);
        const char *fuse = str(at, "fuse_key");
        ck_assert_int_eq(rk_secret_from_hex(fuse, strlen(fuse), strlen(fuse) / 2, &key, &err),
                         RK_OK);
        ck_assert_int_eq(rk_mac_from_secret(ctx, &key, &root, &err), RK_OK);
        ck_assert_msg(rk_ekb_read(root, fv, image, sizeof image, &ekb, &err) == RK_OK, "%s",
                      err.msg);
        ck_assert_uint_ge(ekb.item_count, 2);
        rk_ekb_done(&ekb);
        rk_mac_free(root);
        rk_secret_done(&key);
    }
    rk_json_free(doc);
    rk_bytes_done(&text);
}
END_TEST

static void message_is(const struct rk_ekb *ekb, const char *want)
{
    ck_assert_int_eq(rk_ekb_check(ekb, 32, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, want);
}

START_TEST(a_blob_that_would_brick_is_refused)
{
    static const uint8_t bytes[RK_EKB_CERT_MAX + 1];
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };

    message_is(&ekb,
               "tag 4 (UEFI variable authentication key) is missing\n  a fused device halts at "
               "boot without it: give a UEFI variable authentication key of 16 bytes");
    ck_assert_int_eq(rk_ekb_add(&ekb, 4, bytes, 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_check(&ekb, 32, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 1, bytes, 16, &err), RK_OK);
    message_is(&ekb, "tag 1 (kernel and UEFI payload key): 16 bytes, expected 32");
    ck_assert_int_eq(rk_ekb_check(&ekb, 16, &err), RK_OK);
    ekb.item_count = 1;
    rk_secret_done(&ekb.items[1].value);
    ck_assert_int_eq(rk_ekb_add(&ekb, 91, bytes, 10, &err), RK_OK);
    message_is(&ekb,
               "tag 92 (EPS_Seed) is missing\n  the fTPM needs the whole set: 91 to 94 (offline "
               "mode) or 91, 92, 95, 96, 97 (online mode)");
    ck_assert_int_eq(rk_ekb_add(&ekb, 92, bytes, 32, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 93, bytes, RK_EKB_CERT_MAX + 1, &err), RK_OK);
    message_is(&ekb, "tag 93 (RSA EK certificate): 2049 bytes, the fTPM takes at most 2048");
    rk_ekb_done(&ekb);
}
END_TEST

START_TEST(version_2_1_is_refused_with_the_reason)
{
    struct rk_bytes image = RK_BYTES_NONE;
    struct rk_ekb_outline outline;

    read_image(record(13), &image);
    image.p[14] = 1;
    ck_assert_int_eq(rk_ekb_outline(image.p, image.len, &outline, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg,
                     "key blob version 2.1 (T264, Thor) is refused: its key derivation, cipher "
                     "and tags are not public");
    rk_bytes_done(&image);
}
END_TEST

START_TEST(an_older_blob_needs_its_fv)
{
    struct rk_bytes image = RK_BYTES_NONE;
    rk_mac *root = root_of(record(0));
    struct rk_ekb ekb;

    read_image(record(0), &image);
    ck_assert_int_eq(rk_ekb_read(root, NULL, image.p, image.len, &ekb, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "a key blob of version 1.0 needs the FV: give --fv FILE");
    rk_bytes_done(&image);
    rk_mac_free(root);
}
END_TEST

START_TEST(derived_nonces_depend_on_the_content_alone)
{
    rk_mac *root = root_of(record(1));
    struct rk_ekb a = { .version = RK_EKB_2_0 }, b = { .version = RK_EKB_2_0 };

    ck_assert_int_eq(rk_ekb_add(&a, 4, "0123456789abcdef", 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&b, 4, "0123456789abcdef", 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_derive_nonces(root, &a, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_derive_nonces(root, &b, &err), RK_OK);
    ck_assert_mem_eq(a.iv, b.iv, 16);
    ck_assert_mem_eq(a.fv, b.fv, 16);
    ck_assert_mem_ne(a.iv, a.fv, 16);
    b.items[0].value.p[0] ^= 1;
    ck_assert_int_eq(rk_ekb_derive_nonces(root, &b, &err), RK_OK);
    ck_assert_mem_ne(a.iv, b.iv, 16);
    rk_ekb_done(&a);
    rk_ekb_done(&b);
    rk_mac_free(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ekb");
    TCase *tc = tcase_create("ekb");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, load, unload);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_index_lists_22_images);
    tcase_add_loop_test(tc, writing_gives_the_tools_bytes, 0, 22);
    tcase_add_loop_test(tc, reading_gives_back_what_the_tool_was_given, 0, 22);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 22);
    tcase_add_loop_test(tc, every_flipped_byte_is_refused, 0, 22);
    tcase_add_test(tc, nvidias_default_images_open);
    tcase_add_test(tc, a_blob_that_would_brick_is_refused);
    tcase_add_test(tc, version_2_1_is_refused_with_the_reason);
    tcase_add_test(tc, an_older_blob_needs_its_fv);
    tcase_add_test(tc, derived_nonces_depend_on_the_content_alone);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of the promised ring, of files that other programs made (tests/data/vectors/boot). */
#include "ring.h"

#define BOOT VECTORS "boot/"
#define KEYS BOOT "keys/"

static struct rk_bytes file;

static void unload(void)
{
    rk_bytes_done(&file);
    ring_unload();
}

static void take(const char *path)
{
    rk_bytes_done(&file);
    file_at(path, &file);
}

static const struct known {
    const char *path, *format, *region;
} known[] = {
    { BOOT "fip/fip_plain_align16.bin", "fip", "soc-fw" },
    { BOOT "fit/kernel.fit", "fit", "kernel-1" },
    { BOOT "optee/ta_signed.ta", "optee-ta", "shdr" },
    { BOOT "capsule/bup_edk2.Cap", "capsule", "header" },
    { BOOT "bup/bup_v3_4entries.bin", "bup", "mb1" },
    { BOOT "uefi/db.auth", "uefi-auth", "signature lists" },
    { VECTORS "ekb/eks/v2_t234_k1_auth_only.img", "ekb", "ciphertext" },
    { VECTORS "ekb/odm/odm_v1.1_online.img", "nvftpm", "header" },
};
enum { KNOWN = sizeof known / sizeof known[0] };

static bool is_listed(const char *name)
{
    for (size_t i = 0; rk_format_name_at(ctx, i) != NULL; i++) {
        if (strcmp(rk_format_name_at(ctx, i), name) == 0)
            return true;
    }
    return false;
}

START_TEST(a_file_is_known_by_its_content) /* loop test: the file */
{
    const struct known *of = &known[_i];
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;
    struct rk_bytes text = RK_BYTES_NONE, json = RK_BYTES_NONE;
    char name[64];
    rk_map *map;

    take(of->path);
    for (int named = 0; named < 2; named++) {
        options.format = named == 0 ? NULL : of->format;
        works(rk_map_new(ctx, file.p, file.len, named == 0 ? NULL : &options, &map, &err));
        ck_assert_str_eq(rk_map_format(map), of->format);
        ck_assert_str_ne(rk_map_integrity(map), "");
        ck_assert_str_eq(rk_map_signer(map), "");
        works(rk_map_text(map, &text, &err));
        ck_assert_ptr_nonnull(strstr((const char *)text.p, of->region));
        works(rk_map_json_text(map, &json, &err));
        (void)snprintf(name, sizeof name, "\"format\": \"%s\"", of->format);
        ck_assert_ptr_nonnull(strstr((const char *)json.p, name));
        (void)snprintf(name, sizeof name, "\"name\": \"%s\"", of->region);
        ck_assert_ptr_nonnull(strstr((const char *)json.p, name));
        (void)snprintf(name, sizeof name, "\"length\": %zu", file.len);
        ck_assert_ptr_nonnull(strstr((const char *)json.p, name));
        rk_bytes_done(&text);
        rk_bytes_done(&json);
        rk_map_free(map);
    }
    ck_assert_msg(is_listed(of->format), "%s is not listed", of->format);
}
END_TEST

START_TEST(the_list_of_formats_ends)
{
    ck_assert(!is_listed("no such format"));
    ck_assert_ptr_null(rk_format_name_at(ctx, 10000));
    ck_assert_ptr_null(rk_format_name_at(ctx, SIZE_MAX));
    rk_map_free(NULL);
}
END_TEST

static void maps(const struct rk_map_options *options, enum rk_rc want, const char *text)
{
    rk_map *map = (rk_map *)&ctx; /* not touched by a failure */

    ends(rk_map_new(ctx, file.p, file.len, options, &map, &err), want);
    if (want != RK_OK) {
        ck_assert_msg(strstr(err.msg, text) != NULL, "\"%s\" without \"%s\"", err.msg, text);
        ck_assert_ptr_eq(map, (rk_map *)&ctx);
        return;
    }
    ck_assert_msg(strstr(rk_map_signer(map), text) != NULL, "signer \"%s\"", rk_map_signer(map));
    rk_map_free(map);
}

START_TEST(a_signature_holds_under_the_key_that_made_it)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    RK_AUTO(rk_public_done) rk_public *other = NULL;
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;

    works(rk_public_open(ctx, KEYS "rsa2048.pub.pem", &key, &err));
    works(rk_public_open(ctx, KEYS "rsa3072.pub.pem", &other, &err));
    take(BOOT "fit/kernel.fit");
    options.key = key;
    maps(&options, RK_OK, "the key given");
    options.key = other;
    maps(&options, RK_E_VERIFY, "fit");
    options.key = key;
    take(BOOT "fip/fip_plain_align16.bin");
    maps(&options, RK_E_VERIFY, "is not signed");
}
END_TEST

START_TEST(a_certificate_holds_under_the_trust_that_it_comes_from)
{
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;
    struct rk_bytes root;
    rk_trust *trust, *foreign;

    file_at(KEYS "cap_root.crt", &root);
    works(rk_trust_open(ctx, &root, &trust, &err));
    rk_bytes_done(&root);
    file_at(VECTORS "ekb/csr/root_cert.pem", &root);
    works(rk_trust_open(ctx, &root, &foreign, &err));
    rk_bytes_done(&root);
    take(BOOT "capsule/bup_edk2.Cap");
    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "1811808000", 1), 0);
    options.trust = trust;
    maps(&options, RK_OK, "");
    options.trust = foreign;
    maps(&options, RK_E_VERIFY, "");
    options.trust = trust;
    ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "never", 1), 0);
    maps(&options, RK_E_USAGE, "never");
    rk_trust_free(trust);
    rk_trust_free(foreign);
}
END_TEST

/* OP-TEE's public default key. */
#define TA_KEY "b64d239b1f3c7d3b06506229cd8ff7c8af2bb4db2168621ac62c84948468c4f4"

START_TEST(what_is_encrypted_is_unknown_without_its_key)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    RK_AUTO(rk_secret_done) struct rk_secret secret = RK_SECRET_NONE;
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;

    works(rk_public_open(ctx, KEYS "rsa2048.pub.pem", &key, &err));
    secret_of(TA_KEY, &secret);
    take(BOOT "optee/ta_encrypted.ta");
    maps(NULL, RK_OK, "");
    options.key = key;
    maps(&options, RK_E_UNKNOWN, "encryption key");
    secret.p[0] ^= 1;
    options.secret = &secret;
    ends(rk_map_new(ctx, file.p, file.len, &options, &(rk_map *) { NULL }, &err), RK_E_VERIFY);
}
END_TEST

START_TEST(what_is_damaged_is_refused)
{
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;

    take(BOOT "optee/ta_signed.ta");
    file.p[file.len - 1] ^= 1;
    maps(NULL, RK_E_VERIFY, "optee-ta");
    file.len = 100;
    maps(NULL, RK_E_FORMAT, "cut short");
    file.len = 0;
    maps(NULL, RK_E_FORMAT, "");
    options.format = "ekb";
    take(BOOT "optee/ta_signed.ta");
    maps(&options, RK_E_FORMAT, "");
    take(BOOT "README.md");
    maps(NULL, RK_E_FORMAT, "");
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused)
{
    struct newer {
        struct rk_map_options known;
        const char *asks;
    } newer = { RK_MAP_OPTIONS_INIT, "more" };
    struct rk_map_options options = RK_MAP_OPTIONS_INIT;

    take(BOOT "optee/ta_signed.ta");
    options.format = "optee";
    maps(&options, RK_E_USAGE, "unknown format \"optee\"");
    newer.known.size = sizeof newer;
    maps(&newer.known, RK_E_USAGE, "newer library");
    options = (struct rk_map_options) { .size = 0 };
    maps(&options, RK_E_USAGE, "without their size");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_file_is_known_by_its_content, 0, KNOWN);
    tcase_add_test(tc, the_list_of_formats_ends);
    tcase_add_test(tc, a_signature_holds_under_the_key_that_made_it);
    tcase_add_test(tc, a_certificate_holds_under_the_trust_that_it_comes_from);
    tcase_add_test(tc, what_is_encrypted_is_unknown_without_its_key);
    tcase_add_test(tc, what_is_damaged_is_refused);
    tcase_add_test(tc, what_cannot_be_asked_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_format", .add = add, .load = ring_load, .unload = unload });
}

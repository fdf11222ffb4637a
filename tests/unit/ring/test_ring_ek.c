/* SPDX-License-Identifier: Apache-2.0 */
/* EKs of the promised ring against the public areas that TPM libraries made of the same EPS. */
#include "ring.h"

#include <openssl/evp.h>

static const struct vectors {
    const char *file, *profile;
} sets[] = {
    { "ms-tpm-20-ref-v1.38r2", "ms-138" },   { "ms-tpm-20-ref-v1.46", "ms-146" },
    { "ms-tpm-20-ref-v1.62r1", "ms-159" },   { "ms-tpm-20-ref-main-aes128", "ms-159-aes128" },
    { "libtpms-0.9.2-level0", "libtpms-0" }, { "libtpms-0.10.2-level1", "libtpms-1" },
    { "tcg-tpm-v183", "tcg-183" },           { "tcg-tpm-v184", "tcg-184" },
};
enum { SETS = sizeof sets / sizeof sets[0] };

/* EK Credential Profile 2.2, table 2 and B.4 to B.6: where the certificate stands, and in which
 * DER its key is wrapped. */
static const struct kind {
    const char *name;
    uint32_t nv_index;
    const char *spki_head, *spki_tail;
    size_t coordinate; /* 0: RSA; the modulus ends the public area */
} kinds[] = {
    { "L-1", 0x01c00002, "30820122300d06092a864886f70d01010105000382010f003082010a0282010100",
      "0203010001", 0 },
    { "L-2", 0x01c0000a, "3059301306072a8648ce3d020106082a8648ce3d03010703420004", "", 32 },
    { "H-1", 0x01c00012, "30820122300d06092a864886f70d01010105000382010f003082010a0282010100",
      "0203010001", 0 },
    { "H-2", 0x01c00014, "3059301306072a8648ce3d020106082a8648ce3d03010703420004", "", 32 },
    { "H-3", 0x01c00016, "3076301006072a8648ce3d020106052b8104002203620004", "", 48 },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The first record of a template in a file of one record a line. */
static bool find_record(const char *text, const char *name, char eps[VALUE_MOST],
                        char area[VALUE_MOST])
{
    char lead[64];
    const char *at;

    (void)snprintf(lead, sizeof lead, "\"template\": \"%s\"", name);
    at = strstr(text, lead);
    if (at == NULL)
        return false;
    value_at(at, "eps_hex", eps);
    value_at(at, "public_tpm2b_hex", area);
    return true;
}

/* The SubjectPublicKeyInfo put together from the end of the public area. */
static void wanted_spki(const struct kind *kind, const char *area, char ret[VALUE_MOST])
{
    size_t len = strlen(area), c = 2 * kind->coordinate;
    const char *end = area + len;

    if (c == 0) { /* 256 bytes of modulus, whose first bit is set */
        (void)snprintf(ret, VALUE_MOST, "%s%.512s%s", kind->spki_head, end - 512, kind->spki_tail);
        return;
    }
    /* x, a length word, y */
    (void)snprintf(ret, VALUE_MOST, "%s%.*s%.*s", kind->spki_head, (int)c, end - 2 * c - 4, (int)c,
                   end - c);
}

static void name_of(const struct rk_bytes *area, char ret[133])
{
    uint8_t name[2 + EVP_MAX_MD_SIZE];
    unsigned len;
    const EVP_MD *md = area->p[5] == 0x0b ? EVP_sha256() : EVP_sha384();

    memcpy(name, area->p + 4, 2);
    ck_assert_int_eq(EVP_Digest(area->p + 2, area->len - 2, name + 2, &len, md, NULL), 1);
    rk_hex_write(name, 2 + len, ret);
}

static void check_ek(const struct kind *kind, const rk_ek *ek, const char *area)
{
    struct rk_bytes spki = RK_BYTES_NONE;
    char wanted[VALUE_MOST], name[133];
    const uint8_t *found;
    size_t len;

    is_hex(rk_ek_public_area(ek)->p, rk_ek_public_area(ek)->len, area);
    wanted_spki(kind, area, wanted);
    is_hex(rk_ek_spki(ek)->p, rk_ek_spki(ek)->len, wanted);
    works(rk_ek_public_spki(ctx, rk_ek_public_area(ek), &spki, &err));
    is_hex(spki.p, spki.len, wanted);
    rk_bytes_done(&spki);
    name_of(rk_ek_public_area(ek), name);
    found = rk_ek_name(ek, &len);
    is_hex(found, len, name);
    ck_assert_uint_eq(rk_ek_nv_index(ek), kind->nv_index);
}

START_TEST(every_profile_gives_the_key_of_its_tpm) /* loop test: the set */
{
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    char path[512], eps_hex[VALUE_MOST], area[VALUE_MOST];
    struct rk_bytes text;
    int found = 0;

    (void)snprintf(path, sizeof path, VECTORS "ek/%s.jsonl", sets[_i].file);
    file_at(path, &text);
    options.profile = sets[_i].profile;
    for (size_t i = 0; i < KINDS; i++) {
        struct rk_secret eps;
        rk_ek *ek;

        if (!find_record((const char *)text.p, kinds[i].name, eps_hex, area))
            continue;
        found++;
        options.template_name = kinds[i].name;
        secret_of(eps_hex, &eps);
        works(rk_ek_new(ctx, &eps, &options, &ek, &err));
        check_ek(&kinds[i], ek, area);
        rk_ek_free(ek);
        rk_secret_done(&eps);
    }
    ck_assert_int_ge(found, 4);
    rk_bytes_done(&text);
}
END_TEST

START_TEST(names_go_to_their_end)
{
    static const struct {
        const char *name;
        uint32_t nv_index;
    } more[] = { { "H-4", 0x01c00018 }, { "H-6", 0x01c0001c }, { "H-7", 0x01c0001e } };
    size_t profiles = 0, templates = 0;
    bool seen;

    while (rk_ek_profile_name_at(profiles) != NULL)
        profiles++;
    while (rk_ek_template_name_at(templates) != NULL)
        templates++;
    ck_assert_uint_ge(profiles, SETS);
    ck_assert_ptr_null(rk_ek_profile_name_at(profiles + 1));
    ck_assert_ptr_null(rk_ek_profile_name_at(SIZE_MAX));
    ck_assert_ptr_null(rk_ek_template_name_at(SIZE_MAX));
    ck_assert_str_eq(rk_ek_template_name_at(0), "L-1");
    for (size_t s = 0; s < SETS; s++) {
        seen = false;
        for (size_t i = 0; i < profiles; i++)
            seen |= strcmp(rk_ek_profile_name_at(i), sets[s].profile) == 0;
        ck_assert_msg(seen, "%s is not listed", sets[s].profile);
    }
    for (size_t k = 0; k < KINDS + 3; k++) {
        const char *name = k < KINDS ? kinds[k].name : more[k - KINDS].name;

        seen = false;
        for (size_t i = 0; i < templates; i++)
            seen |= strcmp(rk_ek_template_name_at(i), name) == 0;
        ck_assert_msg(seen, "%s is not listed", name);
    }
}
END_TEST

START_TEST(no_options_are_the_first_profile_and_l1)
{
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_secret eps = RK_SECRET_NONE;
    rk_ek *plain, *named, *sized;

    works(rk_secret_new(64, &eps, &err));
    options.profile = rk_ek_profile_name_at(0);
    options.template_name = "L-1";
    works(rk_ek_new(ctx, &eps, NULL, &plain, &err));
    works(rk_ek_new(ctx, &eps, &options, &named, &err));
    options = (struct rk_ek_options)RK_EK_OPTIONS_INIT;
    works(rk_ek_new(ctx, &eps, &options, &sized, &err));
    ck_assert(rk_bytes_equal(rk_ek_public_area(plain), rk_ek_public_area(named)));
    ck_assert(rk_bytes_equal(rk_ek_public_area(plain), rk_ek_public_area(sized)));
    rk_ek_free(plain);
    rk_ek_free(named);
    rk_ek_free(sized);
    rk_ek_free(NULL);
    rk_secret_done(&eps);
}
END_TEST

/* A template of one's own: what libtpms made of IDevID and IAK templates, TPMT and TPM2B. */
START_TEST(a_template_of_ones_own_is_followed)
{
    static const char *const names[] = { "IDevID-H-1", "IDevID-H-2", "IAK-H-2-xy", "IAK-H-3" };
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_bytes text;

    file_at(VECTORS "idevid/idevid.jsonl", &text);
    options.profile = "libtpms-1";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char lead[64], eps_hex[VALUE_MOST], tpl[VALUE_MOST], sized[VALUE_MOST], area[VALUE_MOST];
        const char *at, *line;

        (void)snprintf(lead, sizeof lead, "\"template\": \"%s\"", names[i]);
        at = strstr((const char *)text.p, lead);
        ck_assert_ptr_nonnull(at);
        for (line = at; line > (const char *)text.p && line[-1] != '\n'; line--)
            continue;
        value_at(line, "eps_hex", eps_hex);
        value_at(line, "template_hex", tpl);
        value_at(line, "public_tpm2b_hex", area);
        (void)snprintf(sized, sizeof sized, "%04zx%.8000s", strlen(tpl) / 2, tpl);
        for (int with_size = 0; with_size < 2; with_size++) {
            struct rk_bytes own;
            struct rk_secret eps;
            rk_ek *ek;

            bytes_of(with_size ? sized : tpl, &own);
            secret_of(eps_hex, &eps);
            options.template_area = &own;
            works(rk_ek_new(ctx, &eps, &options, &ek, &err));
            is_hex(rk_ek_public_area(ek)->p, rk_ek_public_area(ek)->len, area);
            ck_assert_uint_eq(rk_ek_nv_index(ek), 0);
            rk_ek_free(ek);
            rk_bytes_done(&own);
            rk_secret_done(&eps);
        }
    }
    rk_bytes_done(&text);
}
END_TEST

static void refuses_ek(const struct rk_secret *eps, const struct rk_ek_options *options,
                       enum rk_rc want, const char *text)
{
    rk_ek *ek = (rk_ek *)&ctx; /* not touched */

    refuses(rk_ek_new(ctx, eps, options, &ek, &err), want, text);
    ck_assert_ptr_eq(ek, (rk_ek *)&ctx);
}

START_TEST(a_wrong_eps_profile_or_template_is_refused)
{
    struct newer {
        struct rk_ek_options known;
        const char *asks;
    } newer = { RK_EK_OPTIONS_INIT, "something" };
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_secret eps = RK_SECRET_NONE, half = RK_SECRET_NONE;
    struct rk_bytes own = RK_BYTES_NONE;

    works(rk_secret_new(64, &eps, &err));
    works(rk_secret_new(32, &half, &err));
    works(rk_bytes_copy("no template", 11, &own, &err));
    refuses_ek(&half, NULL, RK_E_USAGE, "EPS of 32 bytes");
    options.profile = "ms-138";
    refuses_ek(&eps, &options, RK_E_USAGE, "EPS of 64 bytes");
    options.profile = "ms-1";
    refuses_ek(&eps, &options, RK_E_USAGE, "unknown EK profile \"ms-1\"");
    options = (struct rk_ek_options)RK_EK_OPTIONS_INIT;
    options.template_name = "L-9";
    refuses_ek(&eps, &options, RK_E_USAGE, "unknown EK template \"L-9\"");
    options.template_area = &own;
    options.template_name = "L-1";
    refuses_ek(&eps, &options, RK_E_USAGE, "one of the two");
    options.template_name = NULL;
    refuses_ek(&eps, &options, RK_E_FORMAT, "template: no TPMT_PUBLIC");
    newer.known.size = sizeof newer;
    refuses_ek(&eps, &newer.known, RK_E_USAGE, "options of a newer library");
    options = (struct rk_ek_options) { .size = 0 };
    refuses_ek(&eps, &options, RK_E_USAGE, "options without their size");
    rk_bytes_done(&own);
    rk_secret_done(&half);
    rk_secret_done(&eps);
}
END_TEST

START_TEST(what_a_template_cannot_ask_for_is_refused)
{
    static const struct {
        const char *hex, *text;
    } bad[] = {
        /* TPM2_ALG_KEYEDHASH, without a scheme */
        { "0008000b000400f2000000100000", "type 0x0008" },
        /* RSA of 1536 bits */
        { "0001000b000400f2000000100010060000000000"
          "0000",
          "keyBits 1536" },
        /* EC on TPM_ECC_SM2_P256 */
        { "0023000b000400f20000001000100020001000000000", "curve 0x0020" },
    };
    struct rk_ek_options options = RK_EK_OPTIONS_INIT;
    struct rk_secret eps = RK_SECRET_NONE;

    works(rk_secret_new(64, &eps, &err));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rk_bytes own;

        bytes_of(bad[i].hex, &own);
        options.template_area = &own;
        refuses_ek(&eps, &options, RK_E_USAGE, bad[i].text);
        rk_bytes_done(&own);
    }
    rk_secret_done(&eps);
}
END_TEST

START_TEST(what_is_no_public_area_has_no_key)
{
    static const struct {
        const char *hex;
        enum rk_rc rc;
        const char *text;
    } bad[] = {
        { "00", RK_E_FORMAT, "no TPM2B_PUBLIC of 1 byte" },
        { "0005000b", RK_E_FORMAT, "no TPM2B_PUBLIC of 4 bytes" },
        { "000e0008000b000400f20000001000"
          "00",
          RK_E_USAGE, "public area of type 0x0008" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rk_bytes area, spki = RK_BYTES_NONE;

        bytes_of(bad[i].hex, &area);
        refuses(rk_ek_public_spki(ctx, &area, &spki, &err), bad[i].rc, bad[i].text);
        ck_assert_ptr_null(spki.p);
        rk_bytes_done(&area);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_profile_gives_the_key_of_its_tpm, 0, SETS);
    tcase_add_test(tc, names_go_to_their_end);
    tcase_add_test(tc, no_options_are_the_first_profile_and_l1);
    tcase_add_test(tc, a_template_of_ones_own_is_followed);
    tcase_add_test(tc, a_wrong_eps_profile_or_template_is_refused);
    tcase_add_test(tc, what_a_template_cannot_ask_for_is_refused);
    tcase_add_test(tc, what_is_no_public_area_has_no_key);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "ring_ek", .add = add, .load = ring_load, .unload = ring_unload });
}

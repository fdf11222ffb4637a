/* SPDX-License-Identifier: Apache-2.0 */
/* The map of a certificate: every region inside its parent and after its sibling, whatever the
 * bytes. */
#include "rotkit/format_row.h"
#include "rotkit/file.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* Named in lib/tables alone. */
extern const struct rk_format rk_format_x509;

#define SAMPLE TEST_DATA "/vectors/ekb/csr/ek_cert_ec-01020000000100000002.der"

static struct rk_err err;
static struct rk_bytes file = RK_BYTES_NONE;

static void setup(void)
{
    ck_assert_int_eq(rk_file_read(SAMPLE, 1 << 16, &file, &err), RK_OK);
}

static void teardown(void)
{
    rk_bytes_done(&file);
}

static enum rk_rc parse(const uint8_t *bytes, size_t len, struct rk_map *map)
{
    struct rk_region *root;

    *map = (struct rk_map) { .root = NULL };
    ck_assert_int_eq(rk_region_add(map, NULL, 0, len, "file", &root, &err), RK_OK);
    return rk_format_x509.parse(bytes, len, map, &err);
}

static const struct rk_region *child(const struct rk_region *region, const char *name)
{
    for (region = region->child; region != NULL; region = region->next)
        if (strcmp(region->name, name) == 0)
            return region;
    ck_abort_msg("no region \"%s\"", name);
    return NULL;
}

/* Offsets and lengths as `openssl asn1parse` prints them for the same file. */
START_TEST(map_has_the_offsets_openssl_prints)
{
    const struct rk_region *tbs, *exts;
    struct rk_map map;

    ck_assert_int_eq(parse(file.p, file.len, &map), RK_OK);
    tbs = child(map.root, "tbsCertificate");
    ck_assert_uint_eq(tbs->offset, 4);
    ck_assert_uint_eq(child(tbs, "serialNumber")->offset, 13);
    ck_assert_str_eq(child(tbs, "serialNumber")->note,
                     "00d5c5f310b4f6e7a5616a4a997258ef32a3a19264");
    ck_assert_uint_eq(child(tbs, "validity")->offset, 166);
    exts = child(tbs, "extensions");
    ck_assert_str_eq(child(exts, "X509v3 Key Usage")->note, "critical");
    ck_assert_str_eq(child(exts, "X509v3 Subject Alternative Name")->note, "");
    ck_assert_uint_eq(child(map.root, "signatureValue")->offset + 261, file.len);
    ck_assert_str_eq(map.integrity, "signature not checked: needs the issuer");
    rk_map_done(&map);
}
END_TEST

static void check_inside(const struct rk_region *parent)
{
    uint64_t at = parent->offset;

    for (const struct rk_region *part = parent->child; part != NULL; part = part->next) {
        ck_assert_uint_ge(part->offset, at);
        ck_assert_uint_le(part->offset + part->len, parent->offset + parent->len);
        at = part->offset + part->len;
        check_inside(part);
    }
}

START_TEST(regions_nest_whatever_byte_is_flipped)
{
    for (size_t at = 0; at < file.len; at++) {
        struct rk_map map;

        file.p[at] ^= 0x81;
        if (parse(file.p, file.len, &map) == RK_OK)
            check_inside(map.root);
        else
            ck_assert_int_eq(err.rc, RK_E_FORMAT);
        rk_map_done(&map);
        file.p[at] ^= 0x81;
    }
}
END_TEST

START_TEST(every_cut_file_is_refused)
{
    for (size_t len = 0; len < file.len; len++) {
        struct rk_bytes cut = RK_BYTES_NONE;
        struct rk_map map;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        ck_assert(!rk_format_x509.recognise(cut.p, cut.len));
        ck_assert_int_eq(parse(cut.p, cut.len, &map), RK_E_FORMAT);
        rk_map_done(&map);
        rk_bytes_done(&cut);
    }
    ck_assert(rk_format_x509.recognise(file.p, file.len));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, map_has_the_offsets_openssl_prints);
    tcase_add_test(tc, regions_nest_whatever_byte_is_flipped);
    tcase_add_test(tc, every_cut_file_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "x509_format", .add = add, .load = setup, .unload = teardown, .timeout_s = 60 });
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corim: files that cbor2 and cryptography made (vectors/corim/make.py), each flipped byte and each
 * cut of them, and CBOR that is sound but no CoRIM, put together by hand.
 */
#include "fault.h"
#include "image.h"
#include "suite.h"

#include "rotkit/corim.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <stdlib.h>

#define V    TEST_DATA "/vectors/corim/"
#define KEYS TEST_DATA "/vectors/boot/keys/"
enum { IN_2027 = 1798761600 };

static const struct {
    const char *file, *pub;
} signed_files[] = {
    { V "es256.cbor", "pub:" KEYS "p256.pub.pem" },
    { V "es512.cbor", "pub:" KEYS "p521.pub.pem" },
    { V "ps256.cbor", "pub:" KEYS "rsa3072.pub.pem" },
    { V "eddsa.cbor", "pub:" V "ed25519.pub.pem" },
};
enum { SIGNED = sizeof signed_files / sizeof signed_files[0] };

struct held {
    struct image_request request;
    struct rk_bytes file;
};

static void hold(struct held *h, const char *pub, const char *file)
{
    image_request_open(&h->request, pub, KEYS "cap_sign.crt");
    h->request.verify.now = IN_2027;
    h->file = image_read(file);
}

static void held_done(struct held *h)
{
    rk_bytes_done(&h->file);
    image_request_done(&h->request);
}

START_TEST(each_key_holds_its_own_file_and_no_other)
{
    for (size_t i = 0; i < SIGNED; i++) {
        struct held h;

        hold(&h, signed_files[_i].pub, signed_files[i].file);
        ck_assert_int_eq(image_verify(NULL, &h.request.verify, h.file.p, h.file.len),
                         i == (size_t)_i ? RK_OK : RK_E_VERIFY);
        held_done(&h);
    }
}
END_TEST

START_TEST(a_key_of_the_same_kind_does_not_do)
{
    struct held h;

    hold(&h, KEYS "cap_sign.key", signed_files[2].file);
    ck_assert_int_eq(image_verify("corim", &h.request.verify, h.file.p, h.file.len), RK_E_VERIFY);
    ck_assert_msg(strstr(err.msg, "the signature does not hold") != NULL, "%s", err.msg);
    held_done(&h);
}
END_TEST

/* Every bit of every byte, heads of COSE included. */
START_TEST(no_flipped_bit_verifies)
{
    struct held h;

    hold(&h, signed_files[_i].pub, signed_files[_i].file);
    for (size_t at = 0; at < h.file.len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            enum rk_rc rc;

            h.file.p[at] ^= (uint8_t)(1 << bit);
            rc = image_verify("corim", &h.request.verify, h.file.p, h.file.len);
            h.file.p[at] ^= (uint8_t)(1 << bit);
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx bit %d: %d", at, bit, rc);
        }
    }
    ck_assert_int_eq(image_verify("corim", &h.request.verify, h.file.p, h.file.len), RK_OK);
    held_done(&h);
}
END_TEST

/* Its head is made to fit, so that the file stays sound. */
START_TEST(a_signature_of_another_length_does_not_hold)
{
    static const size_t lens[SIGNED] = { 64, 132, 384, 64 };
    size_t len = lens[_i], head;
    uint8_t *file;
    struct held h;

    hold(&h, signed_files[_i].pub, signed_files[_i].file);
    file = malloc(h.file.len + 1);
    ck_assert_ptr_nonnull(file);
    memcpy(file, h.file.p, h.file.len);
    file[h.file.len] = 0;
    head = h.file.len - len - 1;
    ck_assert_uint_eq(file[head], len & 0xff);
    for (int by = -1; by <= 1; by++) {
        file[head] = (uint8_t)(len + (size_t)by);
        ck_assert_int_eq(image_verify("corim", &h.request.verify, file, h.file.len + (size_t)by),
                         by == 0 ? RK_OK : RK_E_VERIFY);
    }
    free(file);
    held_done(&h);
}
END_TEST

static const char *const all_files[] = {
    V "unsigned.cbor", V "unsigned-more.cbor", V "es256.cbor",   V "es512.cbor",
    V "ps256.cbor",    V "eddsa.cbor",         V "x5chain.cbor",
};
enum { FILES = sizeof all_files / sizeof all_files[0] };

START_TEST(no_cut_is_taken_nor_a_byte_more)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = image_read(all_files[_i]);
    const struct rk_request request = { .ctx = image_ctx() };
    uint8_t *more = malloc(file.len + 1);

    ck_assert_int_eq(image_verify("corim", &request, file.p, file.len), RK_OK);
    for (size_t len = 0; len < file.len; len++) {
        uint8_t *exact = malloc(len == 0 ? 1 : len); /* so that a read behind it is seen */

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, file.p, len);
        ck_assert_int_eq(image_verify("corim", &request, exact, len), RK_E_FORMAT);
        free(exact);
    }
    ck_assert_ptr_nonnull(more);
    memcpy(more, file.p, file.len);
    more[file.len] = 0;
    ck_assert_int_eq(image_verify("corim", &request, more, file.len + 1), RK_E_FORMAT);
    ck_assert_msg(strstr(err.msg, "trailing data at offset") != NULL, "%s", err.msg);
    free(more);
}
END_TEST

/* What make.py put in. */
START_TEST(every_field_is_read)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = image_read(V "unsigned-more.cbor");
    struct rk_corim c;
    const struct rk_corim_measurement *m;

    ck_assert_int_eq(rk_corim_read(file.p, file.len, &c, &err), RK_OK);
#define IS(span, text)                                                                             \
    ck_assert_uint_eq((span).len, strlen(text));                                                   \
    ck_assert_mem_eq(file.p + (span).at, text, strlen(text))
    IS(c.id.span, "demo");
    IS(c.entity, "Example");
    ck_assert_int_eq(c.not_before, 1700000000);
    ck_assert_int_eq(c.not_after, 1900000000);
    ck_assert_uint_eq(c.tag_count, 2);
    IS(c.tag[1].id.span, "demo/ek-roots");
    ck_assert_uint_eq(c.measurement_count, 2);
    m = &c.measurement[0];
    IS(m->of.vendor, "Example");
    IS(m->of.model, "demo");
    IS(m->key, "boot.cap");
    IS(m->version, "1.2.3");
    IS(m->name, "capsule");
    ck_assert(m->has_svn);
    ck_assert_uint_eq(m->svn, 5);
    ck_assert_uint_eq(m->digest_count, 2);
    ck_assert_int_eq(m->digest[1].alg, 7);
    ck_assert_uint_eq(m->digest[1].value.len, 48);
    ck_assert(!c.measurement[1].has_svn);
    ck_assert_uint_eq(c.anchor_count, 2);
    ck_assert(!c.anchor[0].ca && c.anchor[1].ca);
    IS(c.anchor[0].of.vendor, "Example");
    rk_corim_done(&c);
}
END_TEST

/* ---- sound CBOR that is no CoRIM ---- */

/* clang-format off */
#define COMID_HEAD "a2" "01a1006163" "04a1" "00" "81" "82" "a100a201615602614d" "81"
static const struct {
    const char *hex, *says;
} unsound[] = {
    { "00", "corim: a number at offset 0x0, expected a tag" },
    { "d901f400", "corim: tag 500 at offset 0x0, expected 501" },
    { "d901f500", "corim: a number at offset 0x3, expected a map" },
    { "d901f5a0", "corim: the map at offset 0x3 has no id" },
    { "d901f5a1006161", "corim: the map at offset 0x3 has no tags" },
    { "d901f5a200600180", "corim: id: neither text nor UUID at offset 0x5" },
    { "d901f5a20041aa0180", "corim: id: neither text nor UUID at offset 0x5" },
    { "d901f5a20061610180", "corim: tags: empty array at offset 0x8" },
    { "d901f5a2006161018100", "corim: tags: a number at offset 0x9, expected a tag" },
    { "d901f5a20061610181d901fa00", "corim: tags: a number at offset 0xc, expected a byte string" },
    { "d901f5a20061610181d901fa40", "corim: tags: cut short at offset 0xd" },
    { "d901f5a20061610181d901fa420000", "corim: tags: trailing data at offset 0xe" },
    { "d901f5a20061610181d901fa41a0", "corim: tags: CoMID: the map at offset 0xd has no tag-identity" },
    { "d901f5a20061610181d901fa4401a10000", "corim: tags: trailing data at offset 0xe" },
    { "d901f5a20061610181d901fb41a0", "corim: tags: trust anchor store: the map at offset 0xd has no environments" },
    { "d901f5a30061610181d901f941a0" "04a0", "corim: rim-validity: the map at offset 0xf has no not-after" },
    { "d901f5a30061610181d901f941a0" "04a10100", "corim: rim-validity: not-after: a number at offset 0x11, expected a tag" },
    { "d901f5a30061610181d901f941a0" "04a101c11bffffffffffffffff", "corim: rim-validity: not-after: the number at offset 0x12 is beyond 2^63" },
    { "d901f5a30061610181d901f941a0" "0580", "corim: entities: empty array at offset 0xf" },
    { "d901f5a30061610181d901f941a0" "0581a0", "corim: entities: the map at offset 0x10 has no name" },
    /* COSE_Sign1 */
    { "d280", "corim: 0 items in the array at offset 0x1, expected 4" },
    { "d28441a0a0f640", "corim: protected header: the map at offset 0x3 has no alg" },
    { "d28443a10126a0f640", "corim: protected header: the map at offset 0x3 has no content type" },
    { "d28446a20126028101a0f640", "corim: protected header: crit: critical header parameters at offset 0x7 are not known" },
    { "d28448a201260363612f62a0f640", "corim: protected header: content type: expected application/rim+cbor" },
    { "d2845819a2012603746170706c69636174696f6e2f72696d2b63626f72" "a10400" "f640", "corim: unprotected header: 1 members at offset 0x1d, expected none: they would not be signed" },
    { "d2845819a2012603746170706c69636174696f6e2f72696d2b63626f72" "a0f640", "corim: payload: a simple value at offset 0x1e, expected a byte string" },
    { "d2845819a2012603746170706c69636174696f6e2f72696d2b63626f72" "a0410040", "corim: signature: a byte string at offset 0x20 is empty" },
    { "d2845819a2012603746170706c69636174696f6e2f72696d2b63626f72" "a041004100", "corim: a number at offset 0x1f, expected a tag" },
};
/* The last map of a CoMID: a measurement. */
static const struct {
    const char *hex, *says;
} measurements[] = {
    { "a220202121", "the map at offset 0x23 has no mval" },
    { "a10100", "mval: a number at offset 0x25, expected a map" },
    { "a2006001a0", "mkey: a text at offset 0x25 is empty" },
    { "a101a10280", "mval: digests: empty array at offset 0x27" },
    { "a101a1028180", "mval: digests: 0 items in the array at offset 0x28, expected 2" },
    { "a101a10281820140", "mval: digests: a byte string at offset 0x2a is empty" },
    { "a101a1028182014100", "mval: digests: 1 byte for sha-256 at offset 0x28, expected 32" },
    { "a101a1028182074100", "mval: digests: 1 byte for sha-384 at offset 0x28, expected 48" },
    { "a101a1028182084100", "mval: digests: 1 byte for sha-512 at offset 0x28, expected 64" },
    { "a101a1028282034100" "82034101", "mval: digests: algorithm 3 twice at offset 0x2c" },
    { "a101a1028582024100" "82034100" "82044100" "82054100" "82064100", "mval: digests: more than 4 at offset 0x38" },
    { "a101a10160", "mval: svn: a text at offset 0x27, expected a number" },
    { "a101a101d9022820", "mval: svn: a negative number at offset 0x2a, expected a number" },
    { "a101a100a0", "mval: version: the map at offset 0x27 has no text" },
    { "a101a10b00", "mval: name: a number at offset 0x27, expected a text" },
};
/* clang-format on */
enum {
    UNSOUND = sizeof unsound / sizeof unsound[0],
    MEASUREMENTS = sizeof measurements / sizeof measurements[0]
};

static void refused(const char *hex, const char *says)
{
    const struct rk_request request = { .ctx = image_ctx() };
    uint8_t bytes[128];
    size_t len = strlen(hex) / 2;

    ck_assert_uint_le(len, sizeof bytes);
    ck_assert_int_eq(rk_hex_read(hex, 2 * len, bytes, len, &err), RK_OK);
    ck_assert_msg(image_verify("corim", &request, bytes, len) == RK_E_FORMAT, "%s", hex);
    ck_assert_msg(strncmp(err.msg, says, strlen(says)) == 0, "%s: %s", hex, err.msg);
}

START_TEST(what_is_no_corim_is_refused_with_its_reason)
{
    refused(unsound[_i].hex, unsound[_i].says);
}
END_TEST

START_TEST(what_is_no_measurement_is_refused_with_its_reason)
{
    char hex[256], says[256];
    const char *m = measurements[_i].hex;

    (void)snprintf(hex, sizeof hex, "d901f5a20061610181d901fa58%02zx%s%s",
                   (strlen(COMID_HEAD) + strlen(m)) / 2, COMID_HEAD, m);
    (void)snprintf(says, sizeof says,
                   "corim: tags: CoMID: triples: reference triples: measurement: %s",
                   measurements[_i].says);
    refused(hex, says);
}
END_TEST

/* A number, with or without tag 552; tag 553 says what is the least, not what is there. */
START_TEST(an_svn_is_told_from_a_least_svn)
{
    static const struct {
        const char *hex;
        bool has;
    } rows[] = { { "a101a10105", true },
                 { "a101a101d9022805", true },
                 { "a101a101d9022905", false } };
    uint8_t bytes[128];
    struct rk_corim c;
    char hex[256];

    (void)snprintf(hex, sizeof hex, "d901f5a20061610181d901fa58%02zx%s%s",
                   (strlen(COMID_HEAD) + strlen(rows[_i].hex)) / 2, COMID_HEAD, rows[_i].hex);
    ck_assert_int_eq(rk_hex_read(hex, strlen(hex), bytes, strlen(hex) / 2, &err), RK_OK);
    ck_assert_msg(rk_corim_read(bytes, strlen(hex) / 2, &c, &err) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(c.measurement[0].has_svn, rows[_i].has);
    ck_assert_uint_eq(c.measurement[0].svn, rows[_i].has ? 5 : 0);
    rk_corim_done(&c);
}
END_TEST

/* A file may not have its reader work for long, nor hold more than it reads. */
START_TEST(a_list_without_end_is_refused)
{
    const struct rk_request request = { .ctx = image_ctx() };
    size_t count = RK_CORIM_ITEMS_MAX + 1, len = 0;
    uint8_t *file = malloc(16 + 5 * count);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(rk_hex_read("d901f5a2006161019a", 18, file, 9, &err), RK_OK);
    len = 8;
    file[len++] = 0x99;
    file[len++] = (uint8_t)(count >> 8);
    file[len++] = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        static const uint8_t tag[] = { 0xd9, 0x01, 0xf9, 0x41, 0xa0 };

        memcpy(file + len, tag, sizeof tag);
        len += sizeof tag;
    }
    ck_assert_int_eq(image_verify("corim", &request, file, len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "corim: tags: more than 4096 tags");
    file[9] = (uint8_t)((count - 1) >> 8);
    file[10] = (uint8_t)(count - 1);
    ck_assert_msg(image_verify("corim", &request, file, len - 5) == RK_OK, "%s", err.msg);
    free(file);
}
END_TEST

/* ---- who signed ---- */

/* RFC 9053, 2.1: r and s have the length of the order each, zeros in front included. */
START_TEST(a_short_r_or_s_keeps_its_length)
{
    static const char der[] = "300702010a0202"
                              "0b0c",
                      want[] = "d28441a0a0410058"
                               "40";
    struct rk_bytes header = { .p = (uint8_t[]) { 0xa0 }, .len = 1 }, sig = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    uint8_t der_bytes[9], want_bytes[9 + 64] = { 0 };
    struct image_request request;

    image_request_open(&request, signed_files[0].pub, KEYS "cap_sign.crt");
    ck_assert_int_eq(rk_hex_read(der, 18, der_bytes, 9, &err), RK_OK);
    ck_assert_int_eq(rk_hex_read(want, 18, want_bytes, 9, &err), RK_OK);
    want_bytes[9 + 31] = 0x0a;
    want_bytes[9 + 62] = 0x0b;
    want_bytes[9 + 63] = 0x0c;
    sig.p = der_bytes;
    sig.len = sizeof der_bytes;
    ck_assert_msg(
        rk_cose_sign1(request.key.pub, &header, (const uint8_t *)"", 1, &sig, &made, &err) == RK_OK,
        "%s", err.msg);
    ck_assert_uint_eq(made.len, sizeof want_bytes);
    ck_assert_mem_eq(made.p, want_bytes, sizeof want_bytes);
    image_request_done(&request);
}
END_TEST

START_TEST(what_is_not_signed_is_nobodys)
{
    struct held h;

    hold(&h, signed_files[0].pub, V "unsigned.cbor");
    ck_assert_int_eq(image_verify(NULL, &h.request.verify, h.file.p, h.file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "corim: is not signed");
    held_done(&h);
}
END_TEST

START_TEST(a_signature_outside_of_its_time_does_not_hold)
{
    static const struct {
        const char *file;
        int64_t good, bad;
        const char *says;
    } rows[] = {
        { V "expired.cbor", 1700000000, 1700000001,
          "corim: is not valid after 2023-11-14T22:13:20Z" },
        { V "early.cbor", 1800000000, 1799999999,
          "corim: is not valid before 2027-01-15T08:00:00Z" },
        { V "early.cbor", 1900000000, 1900000001,
          "corim: is not valid after 2030-03-17T17:46:40Z" },
    };
    struct held h;

    hold(&h, signed_files[3].pub, rows[_i].file);
    h.request.verify.now = rows[_i].good;
    ck_assert_msg(image_verify(NULL, &h.request.verify, h.file.p, h.file.len) == RK_OK, "%s",
                  err.msg);
    h.request.verify.now = rows[_i].bad;
    ck_assert_int_eq(image_verify(NULL, &h.request.verify, h.file.p, h.file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, rows[_i].says);
    held_done(&h);
}
END_TEST

static enum rk_rc by_ca(const char *ca, const char *file, int64_t now)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes chain = image_read(ca);
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    struct rk_request request = { .now = now };
    struct held h;
    enum rk_rc rc;

    hold(&h, signed_files[0].pub, file);
    ck_assert_int_eq(rk_trust_open(h.request.ctx, &chain, &trust, &err), RK_OK);
    request.ctx = h.request.ctx;
    request.trust = trust;
    rc = image_verify(NULL, &request, h.file.p, h.file.len);
    held_done(&h);
    return rc;
}

START_TEST(the_chain_that_comes_along_leads_to_its_ca_alone)
{
    ck_assert_msg(by_ca(KEYS "cap_root.crt", V "x5chain.cbor", IN_2027) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(by_ca(TEST_DATA "/vectors/boot/uefi/db.crt", V "x5chain.cbor", IN_2027),
                     RK_E_VERIFY);
    ck_assert_int_eq(by_ca(KEYS "cap_root.crt", V "x5chain.cbor", 0), RK_E_VERIFY);
    ck_assert_int_eq(by_ca(KEYS "cap_root.crt", V "stolen.cbor", IN_2027), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "corim: signed by ES256, which is not of the key given");
    ck_assert_int_eq(by_ca(KEYS "cap_root.crt", V "es256.cbor", IN_2027), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "corim: carries no certificate to hold against the CA");
}
END_TEST

/* ---- memory ---- */

static enum rk_rc read_body(void *arg)
{
    const struct rk_bytes *file = arg;
    struct rk_err own;
    struct rk_map map;
    enum rk_rc rc;

    memset(&map, 0, sizeof map);
    rc = rk_format_inspect(image_ctx(), file->p, file->len, &map, &own);
    rk_map_done(&map);
    return rc;
}

START_TEST(exhausted_memory_is_survived)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = image_read(V "unsigned.cbor");

    (void)image_ctx(); /* made before memory fails */
    ck_assert_int_gt(fault_sweep(read_body, &file, 5000), 20);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exhausted_memory_is_survived);
    tcase_add_loop_test(tc, each_key_holds_its_own_file_and_no_other, 0, SIGNED);
    tcase_add_test(tc, a_key_of_the_same_kind_does_not_do);
    tcase_add_loop_test(tc, no_flipped_bit_verifies, 0, SIGNED);
    tcase_add_loop_test(tc, a_signature_of_another_length_does_not_hold, 0, SIGNED);
    tcase_add_loop_test(tc, no_cut_is_taken_nor_a_byte_more, 0, FILES);
    tcase_add_test(tc, every_field_is_read);
    tcase_add_loop_test(tc, what_is_no_corim_is_refused_with_its_reason, 0, UNSOUND);
    tcase_add_loop_test(tc, what_is_no_measurement_is_refused_with_its_reason, 0, MEASUREMENTS);
    tcase_add_loop_test(tc, an_svn_is_told_from_a_least_svn, 0, 3);
    tcase_add_test(tc, a_list_without_end_is_refused);
    tcase_add_test(tc, what_is_not_signed_is_nobodys);
    tcase_add_test(tc, a_short_r_or_s_keeps_its_length);
    tcase_add_loop_test(tc, a_signature_outside_of_its_time_does_not_hold, 0, 3);
    tcase_add_test(tc, the_chain_that_comes_along_leads_to_its_ca_alone);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "corim", .add = add });
}

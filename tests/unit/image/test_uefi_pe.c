/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-pe: the golden holds (sbsign made it), ours is made and read, hostile headers, every cut,
 * every flipped byte. Offsets are those of min_aarch64.efi, read off a hex dump.
 */
#include "fault.h"
#include "image.h"
#include "suite.h"

#define GOLDEN   BOOT "uefi/min_aarch64.signed.efi"
#define UNSIGNED BOOT "uefi/min_aarch64.efi"

enum {
    LFANEW = 0x3c,
    PE = 0x40,
    SECTION_COUNT = 0x46,
    OPTIONAL_SIZE = 0x54,
    MAGIC = 0x58,
    HEADERS = 0x94,
    CHECKSUM = 0x98,
    DIRECTORIES = 0xc4,
    DIRECTORY = 0xe8,
    RAW_SIZE = 0x158,
    RAW_OFFSET = 0x15c,
    SECTION_2 = 0x170,
    TABLE = 0x600,
    DER = 0x608,
};

static struct image_request request;

static void load(void)
{
    image_request_open(&request, BOOT "keys/db.key", BOOT "uefi/db.crt");
}

static void unload(void)
{
    image_request_done(&request);
}

START_TEST(what_sbsign_signed_holds_under_its_key_and_no_other)
{
    struct rk_bytes file = image_read(GOLDEN), ca = image_read(BOOT "uefi/db.crt");
    struct rk_request by_ca = { .ctx = request.ctx };
    struct image_request other;
    rk_trust *trust = NULL;

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(rk_trust_open(request.ctx, &ca, &trust, &err), RK_OK);
    by_ca.trust = trust;
    ck_assert_msg(image_verify(NULL, &by_ca, file.p, file.len) == RK_OK, "%s", err.msg);
    image_request_open(&other, BOOT "keys/KEK.key", BOOT "uefi/KEK.crt");
    ck_assert_int_eq(image_verify(NULL, &other.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: signed by another key than the one given");
    image_request_done(&other);
    rk_trust_free(trust);
    rk_bytes_done(&ca);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(ours_holds_is_the_same_twice_and_carries_the_checksum)
{
    struct rk_bytes file = image_read(UNSIGNED), made = RK_BYTES_NONE, again = RK_BYTES_NONE;
    uint64_t sum = 0;

    ck_assert_msg(rk_format_sign("uefi-pe", &request.sign, &request.signer, file.p, file.len, &made,
                                 &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    ck_assert_int_eq(
        rk_format_sign("uefi-pe", &request.sign, &request.signer, file.p, file.len, &again, &err),
        RK_OK);
    ck_assert_uint_eq(made.len, again.len);
    ck_assert_mem_eq(made.p, again.p, made.len);
    /* osslsigncode finds the same (tests/cli/peer-sbverify-pe.sh); here: it is one's complement. */
    for (size_t i = 0; i < made.len; i += 2)
        sum += (uint64_t)made.p[i] | (uint64_t)made.p[i + 1] << 8;
    for (size_t i = 0; i < 4; i += 2)
        sum -= (uint64_t)made.p[CHECKSUM + i] | (uint64_t)made.p[CHECKSUM + i + 1] << 8;
    sum = (sum - 1) % 0xffff + 1 + made.len;
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(made.p[CHECKSUM + i], sum >> (8 * i) & 0xff);
    rk_bytes_done(&again);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

/* sbverify finds both (tests/cli/peer-sbverify-pe.sh). */
START_TEST(a_signature_is_added_and_replaces_only_when_asked)
{
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE, plain = image_read(UNSIGNED);
    struct rk_bytes from_plain = RK_BYTES_NONE;
    struct rk_setting replace = { "replace", "yes" };
    struct image_request other;

    image_request_open(&other, BOOT "keys/KEK.key", BOOT "uefi/KEK.crt");
    ck_assert_msg(rk_format_sign("uefi-pe", &other.sign, &other.signer, file.p, file.len, &made,
                                 &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_uint_gt(made.len, file.len);
    ck_assert_mem_eq(made.p + TABLE, file.p + TABLE, file.len - TABLE);
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_OK);
    ck_assert_int_eq(image_verify(NULL, &other.verify, made.p, made.len), RK_OK);
    rk_bytes_done(&made);
    request.sign.setting = &replace;
    request.sign.setting_count = 1;
    ck_assert_msg(rk_format_sign("uefi-pe", &request.sign, &request.signer, file.p, file.len, &made,
                                 &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_int_eq(rk_format_sign("uefi-pe", &request.sign, &request.signer, plain.p, plain.len,
                                    &from_plain, &err),
                     RK_OK);
    ck_assert_uint_eq(made.len, from_plain.len);
    ck_assert_mem_eq(made.p, from_plain.p, made.len);
    image_request_done(&other);
    rk_bytes_done(&from_plain);
    rk_bytes_done(&plain);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(none_is_added_to_one_of_another_image_nor_to_a_full_table)
{
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE;
    const struct rk_request *sign = &request.sign;

    file.p[0x500] ^= 1;
    ck_assert_int_eq(
        rk_format_sign("uefi-pe", sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_VERIFY);
    ck_assert_str_eq(err.msg,
                     "sign uefi-pe: signature 1 of 1, which is there already: Authenticode digest "
                     "(SHA256) of headers, sections and what follows them up to 0x600 does not "
                     "hold\n  replace=yes drops the signatures that are there");
    file.p[0x500] ^= 1;
    for (int count = 1; count < 16; count++) {
        ck_assert_msg(rk_format_sign("uefi-pe", sign, &request.signer, file.p, file.len, &made,
                                     &err) == RK_OK,
                      "%s", err.msg);
        rk_bytes_done(&file);
        file = rk_bytes_take(&made);
    }
    ck_assert_int_eq(
        rk_format_sign("uefi-pe", sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign uefi-pe: has 16 signatures, and no room for more\n  "
                              "replace=yes drops the signatures that are there");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(what_is_not_signed_does_not_verify)
{
    struct rk_bytes file = image_read(UNSIGNED);
    struct rk_request nobody = { .ctx = request.ctx };

    ck_assert_int_eq(image_verify(NULL, &nobody, file.p, file.len), RK_OK);
    ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: is not signed");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = image_read(_i == 0 ? UNSIGNED : GOLDEN);
    struct rk_request nobody = { .ctx = request.ctx };

    for (size_t len = 0; len < file.len; len++) {
        enum rk_rc rc = image_verify("uefi-pe", &nobody, file.p, len);

        ck_assert_msg(rc == RK_E_FORMAT, "%zu bytes: %d", len, rc);
    }
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 5.4 and the Authenticode document: what the digest leaves out. */
static const struct image_free unsigned_bytes[] = {
    { CHECKSUM, 4, true },   /* "checksum left out" */
    { DIRECTORY, 8, false }, /* "certificate directory entry left out"; must still be right */
    { TABLE, 0x618, false }, /* the attribute certificate itself */
};

START_TEST(every_flipped_byte_is_noticed_where_it_is_signed)
{
    struct rk_bytes file = image_read(GOLDEN);

    image_flip("uefi-pe", &request.verify, &file, unsigned_bytes, 3);
    rk_bytes_done(&file);
}
END_TEST

/* In the SignedData, by openssl asn1parse of the golden: what the signature stands on. */
static const struct {
    size_t at, len;
} signed_pieces[] = {
    { DER + 133, 32 },   /* the Authenticode digest */
    { DER + 61, 70 },    /* the rest of the SpcIndirectDataContent */
    { DER + 1042, 229 }, /* signed attributes */
    { DER + 1290, 256 }, /* the signature */
    { DER + 330, 267 },  /* the signer's public key */
};

START_TEST(every_flipped_byte_of_what_the_signature_covers_is_noticed)
{
    struct rk_bytes file = image_read(GOLDEN);

    for (size_t k = 0; k < sizeof signed_pieces / sizeof signed_pieces[0]; k++) {
        for (size_t i = 0; i < signed_pieces[k].len; i++) {
            uint8_t *at = file.p + signed_pieces[k].at + i;
            enum rk_rc rc;

            *at ^= 0x01;
            rc = image_verify("uefi-pe", &request.verify, file.p, file.len);
            *at ^= 0x01;
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: %d",
                          signed_pieces[k].at + i, rc);
        }
    }
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct hostile {
    const char *file;
    struct { size_t at, width; uint64_t value; } patch[4];
    const char *says;
} hostile[] = {
    { UNSIGNED, { { LFANEW, 4, 0xffffffff } }, "e_lfanew at 0x3c is 0xffffffff, expected 0x40 to the end of a file of 1536 bytes" },
    { UNSIGNED, { { LFANEW, 4, 0xfffffffc } }, "e_lfanew at 0x3c is 0xfffffffc, expected 0x40 to the end of a file of 1536 bytes" },
    { UNSIGNED, { { LFANEW, 4, 0x5fd } }, "e_lfanew at 0x3c is 0x5fd, expected 0x40 to the end of a file of 1536 bytes" },
    { UNSIGNED, { { LFANEW, 4, 0 } }, "e_lfanew at 0x3c is 0x0, expected 0x40 to the end of a file of 1536 bytes" },
    { UNSIGNED, { { LFANEW, 4, 0x44 } }, "no PE signature at 0x44" },
    { UNSIGNED, { { LFANEW, 4, 0x5fc }, { 0x5fc, 4, 0x4550 } }, "COFF header: cut short at offset 0x600: 2 wanted, 0 left" },
    { UNSIGNED, { { PE, 4, 0x454e } }, "no PE signature at 0x40" },
    { UNSIGNED, { { OPTIONAL_SIZE, 2, 0xffff } }, "optional header: 65535 bytes at 0x58, the file has 1448" },
    { UNSIGNED, { { OPTIONAL_SIZE, 2, 0 } }, "optional header of 0 bytes is too short" },
    { UNSIGNED, { { OPTIONAL_SIZE, 2, 111 } }, "optional header of 111 bytes, expected at least 112" },
    { UNSIGNED, { { MAGIC, 2, 0x107 } }, "optional header: magic 0x107 is neither PE32 nor PE32+" },
    { UNSIGNED, { { DIRECTORIES, 4, 0xffffffff } }, "4294967295 data directories in an optional header of 240 bytes" },
    { UNSIGNED, { { DIRECTORIES, 4, 17 } }, "17 data directories in an optional header of 240 bytes" },
    { UNSIGNED, { { OPTIONAL_SIZE, 2, 0xe8 } }, "16 data directories in an optional header of 232 bytes" },
    { UNSIGNED, { { SECTION_COUNT, 2, 0xffff } }, "65535 sections, expected at most 96" },
    { UNSIGNED, { { SECTION_COUNT, 2, 96 } }, "SizeOfHeaders is 0x400, expected at least the headers' 0x1048 and at most 0x600" },
    { UNSIGNED, { { HEADERS, 4, 0xffffffff } }, "SizeOfHeaders is 0xffffffff, expected at least the headers' 0x170 and at most 0x600" },
    { UNSIGNED, { { HEADERS, 4, 0x16f } }, "SizeOfHeaders is 0x16f, expected at least the headers' 0x170 and at most 0x600" },
    { UNSIGNED, { { HEADERS, 4, 0x401 } }, "section \".text\" at 0x400 overlaps what ends at 0x401" },
    { UNSIGNED, { { RAW_SIZE, 4, 0xffffffff } }, "section \".text\": 0x400 to 0x1000003ff, the image ends at 0x600" },
    { UNSIGNED, { { RAW_OFFSET, 4, 0xffffff00 } }, "section \".text\": 0xffffff00 to 0x100000100, the image ends at 0x600" },
    { UNSIGNED, { { RAW_OFFSET, 4, 0x200 } }, "section \".text\" at 0x200 overlaps what ends at 0x400" },
    { UNSIGNED, { { SECTION_COUNT, 2, 2 }, { SECTION_2, 4, 0x62 }, { SECTION_2 + 16, 4, 0x10 }, { SECTION_2 + 20, 4, 0x5f0 } }, "section \"b\" at 0x5f0 overlaps what ends at 0x600" },
    { UNSIGNED, { { DIRECTORY, 4, 0x600 }, { DIRECTORY + 4, 4, 0x618 } }, "certificate table: 1560 bytes at 0x600, in a file of 1536 bytes" },
    { UNSIGNED, { { DIRECTORY, 4, 0xfffffff8 }, { DIRECTORY + 4, 4, 0x8 } }, "certificate table: 8 bytes at 0xfffffff8, in a file of 1536 bytes" },
    { UNSIGNED, { { DIRECTORY, 4, 0x10 }, { DIRECTORY + 4, 4, 0xfffffff0 } }, "certificate table: 4294967280 bytes at 0x10, in a file of 1536 bytes" },
    { UNSIGNED, { { DIRECTORY, 4, 0x400 } }, "certificate table: 0 bytes at 0x400, in a file of 1536 bytes" },
    { UNSIGNED, { { DIRECTORY, 4, 0x5fc }, { DIRECTORY + 4, 4, 4 } }, "certificate table: 0x5fc to 0x600, expected to start at a multiple of 8 and to end the file at 0x600" },
    { UNSIGNED, { { DIRECTORY, 4, 0x400 }, { DIRECTORY + 4, 4, 0x100 } }, "certificate table: 0x400 to 0x500, expected to start at a multiple of 8 and to end the file at 0x600" },
    { UNSIGNED, { { DIRECTORY, 4, 0x500 }, { DIRECTORY + 4, 4, 0x100 } }, "section \".text\": 0x400 to 0x600, the image ends at 0x500" },
    { UNSIGNED, { { DIRECTORY, 4, 0x100 }, { DIRECTORY + 4, 4, 0x500 } }, "SizeOfHeaders is 0x400, expected at least the headers' 0x170 and at most 0x100" },
    { GOLDEN, { { TABLE, 4, 0xffffffff } }, "attribute certificate at 0x600: dwLength is 4294967295, expected 9 to the table's 1560 bytes" },
    { GOLDEN, { { TABLE, 4, 0 } }, "attribute certificate at 0x600: dwLength is 0, expected 9 to the table's 1560 bytes" },
    { GOLDEN, { { TABLE, 4, 8 } }, "attribute certificate at 0x600: dwLength is 8, expected 9 to the table's 1560 bytes" },
    { GOLDEN, { { TABLE, 4, 1561 } }, "attribute certificate at 0x600: dwLength is 1561, expected 9 to the table's 1560 bytes" },
    { GOLDEN, { { TABLE + 4, 2, 0x0100 } }, "attribute certificate at 0x600: revision 0x0100 and type 0x0002, expected 0x0200 and 0x0002 (PKCS #7)" },
    { GOLDEN, { { TABLE + 6, 2, 0x0ef1 } }, "attribute certificate at 0x600: revision 0x0200 and type 0x0ef1, expected 0x0200 and 0x0002 (PKCS #7)" },
    { GOLDEN, { { 0xc12, 2, 1 } }, "attribute certificate at 0x600: bytes other than zero behind the SignedData" },
};
enum { HOSTILE = sizeof hostile / sizeof hostile[0] };
/* clang-format on */

START_TEST(hostile_headers_are_refused)
{
    const struct hostile *h = &hostile[_i];
    struct rk_bytes file = image_read(h->file);
    struct rk_request nobody = { .ctx = request.ctx };

    for (size_t i = 0; i < 4; i++)
        image_put_le(file.p + h->patch[i].at, h->patch[i].width, h->patch[i].value);
    ck_assert_int_eq(image_verify("uefi-pe", &nobody, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(strchr(err.msg, ':') + 2, h->says);
    rk_bytes_done(&file);
}
END_TEST

/* As pesign wrote it into Debian's fwupd: spcIndividualCodeSigning where spcPEImageData belongs. */
START_TEST(what_the_digest_is_said_to_be_of_does_not_matter)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_request nobody = { .ctx = request.ctx };
    struct rk_map map = { .root = NULL };

    ck_assert_uint_eq(file.p[DER + 74], 15);
    file.p[DER + 74] = 21;
    ck_assert_msg(rk_format_inspect(request.ctx, file.p, file.len, &map, &err) == RK_OK, "%s",
                  err.msg);
    rk_map_done(&map);
    ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: the content is not the one that was signed");
    /* Nobody need be named to see that the certificate inside has not signed this. */
    ck_assert_int_eq(image_verify(NULL, &nobody, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: the content is not the one that was signed");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(what_does_not_hold_says_so)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_request nobody = { .ctx = request.ctx };

    file.p[0x400] ^= 1;
    ck_assert_int_eq(image_verify(NULL, &nobody, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: Authenticode digest (SHA256) of headers, sections and what "
                              "follows them up to 0x600 does not hold");
    file.p[0x400] ^= 1;
    file.p[DER + 128] = 4; /* id-sha224 */
    ck_assert_int_eq(image_verify(NULL, &nobody, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: digest SHA224, expected SHA-256, SHA-384 or SHA-512");
    file.p[DER + 128] = 0x7f;
    ck_assert_int_eq(image_verify(NULL, &nobody, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "uefi-pe: digest of an unknown algorithm, expected SHA-256, SHA-384 "
                              "or SHA-512");
    rk_bytes_done(&file);
}
END_TEST

/* The section's bytes 0x100 later than the headers end. */
START_TEST(what_no_signature_would_cover_is_shown_and_not_signed)
{
    struct rk_bytes file = image_read(UNSIGNED), made = RK_BYTES_NONE, wide = RK_BYTES_NONE;
    struct rk_map map;

    ck_assert_int_eq(rk_bytes_new(file.len + 0x100, &wide, &err), RK_OK);
    memcpy(wide.p, file.p, 0x400);
    memcpy(wide.p + 0x500, file.p + 0x400, 0x200);
    image_put_le(wide.p + RAW_OFFSET, 4, 0x500);
    ck_assert_int_eq(rk_format_inspect(request.ctx, wide.p, wide.len, &map, &err), RK_OK);
    ck_assert_str_eq(map.root->child->next->name, "gap");
    ck_assert_uint_eq(map.root->child->next->offset, 0x400);
    ck_assert_uint_eq(map.root->child->next->len, 0x100);
    rk_map_done(&map);
    ck_assert_int_eq(
        rk_format_sign("uefi-pe", &request.sign, &request.signer, wide.p, wide.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign uefi-pe: 256 bytes between headers and sections would be "
                              "signed by nothing");
    image_put_le(file.p + DIRECTORIES, 4, 4);
    ck_assert_int_eq(
        rk_format_sign("uefi-pe", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign uefi-pe: the optional header has no room for a signature: no "
                              "certificate directory entry");
    rk_bytes_done(&wide);
    rk_bytes_done(&file);
}
END_TEST

static enum rk_rc ask_what_to_sign(void *arg)
{
    const struct rk_bytes *file = arg;
    struct rk_sign_requests requests = { .count = 0 };
    struct rk_err own;
    enum rk_rc rc =
        rk_format_to_sign("uefi-pe", &request.sign, file->p, file->len, &requests, &own);

    rk_sign_requests_done(&requests);
    return rc;
}

static enum rk_rc read_signed(void *arg)
{
    const struct rk_bytes *file = arg;
    struct rk_err own;
    struct rk_map map;
    enum rk_rc rc;

    memset(&map, 0, sizeof map);
    rc = rk_format_inspect(request.ctx, file->p, file->len, &map, &own);
    rk_map_done(&map);
    return rc;
}

START_TEST(exhausted_memory_is_survived)
{
    struct rk_bytes plain = image_read(UNSIGNED), file = image_read(GOLDEN);

    ck_assert_int_gt(fault_sweep(ask_what_to_sign, &plain, 5000), 100);
    ck_assert_int_gt(fault_sweep(read_signed, &file, 5000), 100);
    rk_bytes_done(&file);
    rk_bytes_done(&plain);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exhausted_memory_is_survived);
    tcase_add_test(tc, what_sbsign_signed_holds_under_its_key_and_no_other);
    tcase_add_test(tc, ours_holds_is_the_same_twice_and_carries_the_checksum);
    tcase_add_test(tc, a_signature_is_added_and_replaces_only_when_asked);
    tcase_add_test(tc, none_is_added_to_one_of_another_image_nor_to_a_full_table);
    tcase_add_test(tc, what_is_not_signed_does_not_verify);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 2);
    tcase_add_test(tc, every_flipped_byte_is_noticed_where_it_is_signed);
    tcase_add_test(tc, every_flipped_byte_of_what_the_signature_covers_is_noticed);
    tcase_add_loop_test(tc, hostile_headers_are_refused, 0, HOSTILE);
    tcase_add_test(tc, what_the_digest_is_said_to_be_of_does_not_matter);
    tcase_add_test(tc, what_does_not_hold_says_so);
    tcase_add_test(tc, what_no_signature_would_cover_is_shown_and_not_signed);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(
        &(struct suite_options) { .name = "uefi_pe", .add = add, .load = load, .unload = unload });
}

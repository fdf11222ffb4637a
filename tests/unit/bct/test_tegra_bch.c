/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-bch: the published goldens byte for byte, signed forms, hostile headers, every cut, every
 * flipped byte with the digests made good again. Offsets are those of boot-images.md 1.3.
 */
#include "suite.h"
#include "tegra.h"

#include <openssl/rsa.h>
#include <stdio.h>

#define GOLDEN BOOT "tegra/bch_XXXX_64x22.bin"

enum {
    OUTER = 0x4,
    OUTER_FROM = 0x44,
    INNER = 0x50,
    SIGNATURE = 0x90,
    PCP = 0xba0,
    PAD = 0xd20,
    SIGNED = 0xfc0,
    COUNT_2 = 0xfe0,
    STAGE_2 = 0x1400,
    NV_SIGNATURE = 0x1900,
    COUNT_1 = 0x1aa0,
    STAGE_1 = 0x1ee0,
    HEADER = 0x2000,
    /* of a stage 2 component */
    LENGTH = 0x4,
    LOAD = 0x8,
    VERSION = 0x10,
    START = 0x18,
    FLAGS = 0x1c,
    DIGEST_2 = 0x60,
    COMPONENT_2 = 0xa0,
    DIGEST_1 = 0x50, /* of a stage 1 component */
};

/* What an attacker does after a change. */
static void rehash(uint8_t *file)
{
    tegra_hash(file, SIGNED, HEADER, INNER);
    tegra_hash(file, OUTER_FROM, HEADER, OUTER);
}

static enum rk_rc build(const struct rk_input *part, size_t parts, const struct rk_setting *set,
                        size_t sets, struct rk_bytes *ret)
{
    struct rk_request in = { .ctx = request.ctx, .part = part, .part_count = parts };

    in.setting = set;
    in.setting_count = sets;
    return rk_format_build("tegra-bch", &in, ret, &err);
}

static const struct {
    const char *magic, *file;
    uint8_t byte;
    size_t len;
} goldens[] = {
    { "MB1B", BOOT "tegra/bch_MB1B_256xaa.bin", 0xaa, 256 },
    { "PSCB", BOOT "tegra/bch_PSCB_64x22.bin", 0x22, 64 },
    { "TSEC", BOOT "tegra/bch_TSEC_48x11.bin", 0x11, 48 },
    { "XXXX", BOOT "tegra/bch_XXXX_64x22.bin", 0x22, 64 },
};

START_TEST(golden_is_made_byte_for_byte) /* _i: which */
{
    uint8_t bytes[256];
    struct rk_input part = { "payload", bytes, goldens[_i].len };
    struct rk_setting set = { "magic", goldens[_i].magic };
    struct rk_bytes made = RK_BYTES_NONE, want = image_read(goldens[_i].file);

    memset(bytes, goldens[_i].byte, sizeof bytes);
    ck_assert_msg(build(&part, 1, &set, 1, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(made.len, want.len);
    ck_assert_mem_eq(made.p, want.p, want.len);
    rk_bytes_done(&made);
    rk_bytes_done(&want);
}
END_TEST

START_TEST(every_cut_and_every_flipped_byte_of_a_golden_is_noticed_without_a_key)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_request keyless = { .ctx = request.ctx };

    ck_assert_msg(image_verify(NULL, &keyless, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t len = 0; len < file.len; len++)
        ck_assert_int_eq(image_verify("tegra-bch", &keyless, file.p, len), RK_E_FORMAT);
    image_flip("tegra-bch", &keyless, &file, NULL, 0);
    rk_bytes_done(&file);
}
END_TEST

static const struct {
    const char *pem;
    size_t wire; /* 2.2: stored form */
} keys[] = {
    { BOOT "keys/rsa3072.pem", 384 },
    { BOOT "keys/p256.pem", 64 },
    { BOOT "keys/p521.pem", 136 },
};

static struct rk_bytes signed_golden(void)
{
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE;

    ck_assert_msg(rk_format_sign("tegra-bch", &request.sign, &request.signer, file.p, file.len,
                                 &made, &err) == RK_OK,
                  "%s", err.msg);
    rk_bytes_done(&file);
    return made;
}

/* 1.3: the OEM key signs [0xfc0, 0x2000) and, by the component digest there, the payload. */
START_TEST(a_flip_with_digests_made_good_fails_exactly_where_it_is_signed) /* _i: which key */
{
    struct rk_bytes made;

    image_request_done(&request);
    tegra_use_key(keys[_i].pem);
    made = signed_golden();
    const struct {
        size_t from, to;
    } unsigned_ranges[] = {
        { OUTER, OUTER_FROM },              /* 1.3: OuterDigest, made good */
        { OUTER_FROM, INNER },              /* 1.3: reserved */
        { INNER, SIGNATURE },               /* 1.3: InnerDigest, made good */
        { SIGNATURE + keys[_i].wire, PCP }, /* 1.3: rest of the signature union */
        { PAD, SIGNED },                    /* 1.3: pad */
    };
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    for (size_t i = 0; i < made.len; i++) {
        bool may = false;
        enum rk_rc rc;

        for (size_t k = 0; k < sizeof unsigned_ranges / sizeof unsigned_ranges[0]; k++)
            may = may || (i >= unsigned_ranges[k].from && i < unsigned_ranges[k].to);
        made.p[i] ^= 0x01;
        rehash(made.p);
        rc = image_verify("tegra-bch", &request.verify, made.p, made.len);
        if (may)
            ck_assert_msg(rc == RK_OK, "0x%zx is not signed: %s", i, err.msg);
        else
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: not noticed", i);
        if ((i < OUTER || i >= OUTER_FROM) && (i < INNER || i >= SIGNATURE))
            made.p[i] ^= 0x01;
        rehash(made.p);
    }
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_OK);
    rk_bytes_done(&made);
}
END_TEST

START_TEST(another_key_and_no_signature_are_told_apart)
{
    struct rk_bytes made = signed_golden(), plain = image_read(GOLDEN);
    struct image_request other;

    image_request_open(&other, BOOT "keys/p521.pem", NULL);
    ck_assert_int_eq(image_verify(NULL, &other.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "tegra-bch: signed by another key: the PCP at 0xba0 is not this one");
    ck_assert_int_eq(image_verify(NULL, &other.verify, plain.p, plain.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "tegra-bch: no OEM signature at 0x90 (experimental offset)");
    image_request_done(&other);
    rk_bytes_done(&made);
    rk_bytes_done(&plain);
}
END_TEST

START_TEST(signing_without_the_word_is_refused_with_the_way_out)
{
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE;

    request.sign.setting_count = 0;
    ck_assert_int_eq(
        rk_format_sign("tegra-bch", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_USAGE);
    ck_assert_str_eq(
        err.msg,
        "sign tegra-bch: where the OEM signature stands is known from third-party work alone\n"
        "  output=sig and output=pub make the files that the BSP's own header tool puts in\n"
        "  experimental=oem-insert puts them in here, at those offsets");
    ck_assert_ptr_null(made.p);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(rsa_2048_and_another_exponent_are_refused)
{
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE;
    struct rk_sign_requests requests = { .count = 0 };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *three = NULL;
    BIGNUM *e = BN_new();

    image_request_done(&request);
    tegra_use_key(BOOT "keys/rsa2048.pem");
    ck_assert_int_eq(
        rk_format_sign("tegra-bch", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_KEY);
    ck_assert_str_eq(err.msg, "sign tegra-bch: an Orin boot ROM takes RSA-3072, P-256 or P-521, "
                              "this key is RSA with 2048 bits");
    ck_assert(BN_set_word(e, 3) == 1 && EVP_PKEY_keygen_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 3072) == 1 &&
              EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 &&
              EVP_PKEY_generate(ctx, &three) == 1);
    request.key.pub = three;
    ck_assert_int_eq(
        rk_format_to_sign("tegra-bch", &request.sign, file.p, file.len, &requests, &err), RK_E_KEY);
    ck_assert_str_eq(err.msg, "sign tegra-bch: the RSA exponent is not 65537, which the boot ROM "
                              "assumes");
    EVP_PKEY_free(three);
    EVP_PKEY_CTX_free(ctx);
    BN_free(e);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(sbk_encryption_is_refused_with_the_handover)
{
    struct rk_bytes made = RK_BYTES_NONE;
    uint8_t byte = 0;

    ck_assert_int_eq(rk_format_encrypt("tegra-bch", &request.verify, &byte, 1, &made, &err),
                     RK_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.msg, "encrypted-by: bsp"));
    ck_assert_ptr_nonnull(strstr(err.msg, "SBK encryption has no public definition"));
}
END_TEST

/* ---- hostile headers: one patch, digests of the header made good ---- */

static const struct {
    size_t at;
    uint64_t value; /* 32 bits */
    const char *wanted;
} hostile[] = {
    { COUNT_2, 0, "NumBinaries at 0xfe0 is 0 and at 0x1aa0 is 1, expected 1 to 8 and 0 to 2" },
    { COUNT_2, 9, "NumBinaries at 0xfe0 is 9 and at 0x1aa0 is 1, expected 1 to 8 and 0 to 2" },
    { COUNT_1, 0xffffffff,
      "NumBinaries at 0xfe0 is 1 and at 0x1aa0 is 4294967295, expected 1 to 8 and 0 to 2" },
    { STAGE_2 + LENGTH, 0xffffffff, "payload XXXX: 4294967295 bytes at 0x2000, the file has 64" },
    { STAGE_2 + LENGTH, 65, "payload XXXX: 65 bytes at 0x2000, the file has 64" },
    { STAGE_2 + LENGTH, 0, "payload XXXX: 0 bytes" },
    { STAGE_2 + LENGTH, 48, "the component's digest does not hold: SHA-512 of [0x2000, 0x2030)" },
    { STAGE_2 + START, 0xffffffff, "component 0 starts at block 4294967295, beyond the file" },
    { STAGE_2 + START, 1, "component 0 starts at block 1, beyond the file" },
    { STAGE_2 + FLAGS, 1 << 27, "metadata of 4096 bytes in a payload of 64" },
    { STAGE_2 + DIGEST_2, 0, "the component's digest does not hold: SHA-512 of [0x2000, 0x2040)" },
    { STAGE_1 + LENGTH, 65, "stage 1: 65 bytes at 0x2000, the file has 64" },
    { STAGE_1 + DIGEST_1, 0, "the stage 1 digest does not hold: SHA-512 of [0x2000, 0x2040)" },
    { COUNT_2, 2, "payload : 0 bytes" },
};

START_TEST(hostile_header_is_refused_with_its_fault) /* _i: which */
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_request keyless = { .ctx = request.ctx };
    char wanted[200];

    if (strstr(hostile[_i].wanted, "metadata") != NULL)
        image_put_le(file.p + HEADER, 4, 1);
    image_put_le(file.p + hostile[_i].at, 4, hostile[_i].value);
    rehash(file.p);
    ck_assert(image_verify("tegra-bch", &keyless, file.p, file.len) != RK_OK);
    (void)snprintf(wanted, sizeof wanted, "tegra-bch: %s", hostile[_i].wanted);
    ck_assert_str_eq(err.msg, wanted);
    rk_bytes_done(&file);
}
END_TEST

/* What is hostile to the reader is not signed either: components are held before the key is used.
 */
START_TEST(no_key_signs_a_component_that_does_not_hold)
{
    static const struct rk_setting sig[] = { { "output", "sig" } };
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE;

    request.sign.setting = sig;
    file.p[HEADER] ^= 1;
    ck_assert_int_eq(
        rk_format_sign("tegra-bch", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_E_VERIFY);
    file.p[HEADER] ^= 1;
    memset(file.p + OUTER, 0, 64); /* comes after signing (1.5, step 5) */
    memset(file.p + INNER, 0, 64);
    ck_assert_int_eq(
        rk_format_sign("tegra-bch", &request.sign, &request.signer, file.p, file.len, &made, &err),
        RK_OK);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

/* ---- several components, as cold boot's MEM_BCT ---- */

/* Components of 512 bytes each, at blocks 0, 1, ... of the payload. */
static struct rk_bytes several(size_t count)
{
    struct rk_bytes file = RK_BYTES_NONE, golden = image_read(GOLDEN);

    ck_assert_int_eq(rk_bytes_new(HEADER + count * 512, &file, &err), RK_OK);
    memcpy(file.p, golden.p, HEADER);
    memset(file.p + STAGE_1, 0, 0x120);
    image_put_le(file.p + COUNT_1, 4, 0);
    image_put_le(file.p + COUNT_2, 4, count);
    for (size_t i = 0; i < count; i++) {
        uint8_t *c = file.p + STAGE_2 + i * COMPONENT_2;

        memset(file.p + HEADER + i * 512, (int)i + 1, 512);
        memcpy(c, "MEM0", 4);
        c[3] = (uint8_t)('0' + i);
        image_put_le(c + LENGTH, 4, 512);
        image_put_le(c + START, 4, i);
        tegra_hash(file.p, HEADER + i * 512, HEADER + (i + 1) * 512,
                   STAGE_2 + i * COMPONENT_2 + DIGEST_2);
    }
    rehash(file.p);
    rk_bytes_done(&golden);
    return file;
}

static void set_version(struct rk_bytes *file, size_t i, uint32_t version)
{
    image_put_le(file->p + STAGE_2 + i * COMPONENT_2 + VERSION, 4, version);
    rehash(file->p);
}

START_TEST(the_ratchet_of_each_component_may_not_fall) /* _i: which */
{
    struct rk_bytes older = several(4), newer = several(4);
    struct rk_map was = { .root = NULL }, is = { .root = NULL };
    char wanted[200];

    set_version(&older, (size_t)_i, 0x00050000);
    set_version(&newer, (size_t)_i, 0x00040000);
    ck_assert_msg(rk_format_inspect(request.ctx, older.p, older.len, &was, &err) == RK_OK, "%s",
                  err.msg);
    ck_assert_int_eq(rk_format_inspect(request.ctx, newer.p, newer.len, &is, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&was, &is, &err), RK_OK);
    ck_assert_int_eq(rk_map_not_older(&is, &was, &err), RK_E_VERIFY);
    (void)snprintf(wanted, sizeof wanted,
                   "\"header/OEM-signed region/Stage2Component[%d]/version\" falls from 327680 to "
                   "262144",
                   _i);
    ck_assert_str_eq(err.msg, wanted);
    rk_map_done(&was);
    rk_map_done(&is);
    rk_bytes_done(&older);
    rk_bytes_done(&newer);
}
END_TEST

START_TEST(components_that_overlap_are_refused)
{
    struct rk_bytes file = several(3);
    struct rk_request keyless = { .ctx = request.ctx };

    ck_assert_msg(image_verify(NULL, &keyless, file.p, file.len) == RK_OK, "%s", err.msg);
    image_put_le(file.p + STAGE_2 + 2 * COMPONENT_2 + START, 4, 1);
    rehash(file.p);
    ck_assert_int_eq(image_verify(NULL, &keyless, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "tegra-bch: payload MEM2: [0x2200, 0x2400) overlaps component 1");
    rk_bytes_done(&file);
}
END_TEST

/* 1.3, compressed: one page of metadata, here for one chunk of 64 bytes. */
static struct rk_bytes compressed(void)
{
    struct rk_bytes file = RK_BYTES_NONE, golden = image_read(GOLDEN);
    const size_t body = 4096 + 64;

    ck_assert_int_eq(rk_bytes_new(HEADER + body, &file, &err), RK_OK);
    memcpy(file.p, golden.p, HEADER);
    image_put_le(file.p + HEADER, 4, 1);
    memset(file.p + HEADER + 4096, 0x5a, 64);
    image_put_le(file.p + STAGE_2 + FLAGS, 4, 1 << 27);
    image_put_le(file.p + STAGE_2 + LENGTH, 4, body);
    image_put_le(file.p + STAGE_1 + LENGTH, 4, body);
    tegra_hash(file.p, HEADER, HEADER + 4096, STAGE_2 + DIGEST_2); /* metadata alone */
    tegra_hash(file.p, HEADER, HEADER + body, STAGE_1 + DIGEST_1); /* the whole body */
    rehash(file.p);
    rk_bytes_done(&golden);
    return file;
}

START_TEST(a_compressed_image_is_read_and_held_whole_but_not_built)
{
    struct rk_bytes file = compressed(), made = RK_BYTES_NONE;
    struct rk_request keyless = { .ctx = request.ctx };
    struct rk_input part[] = { { "payload", file.p + HEADER, 16 }, { "header", file.p, HEADER } };

    ck_assert_msg(image_verify(NULL, &keyless, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t i = HEADER; i < file.len; i += 13) {
        file.p[i] ^= 1;
        ck_assert_int_ne(image_verify(NULL, &keyless, file.p, file.len), RK_OK);
        file.p[i] ^= 1;
    }
    ck_assert_int_eq(build(part, 2, NULL, 0, &made), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "pack tegra-bch: part \"header\" is of an encrypted or compressed "
                              "image");
    image_put_le(file.p + HEADER, 4, 0xffffffff); /* absurd chunk count */
    ck_assert_int_eq(image_verify(NULL, &keyless, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "tegra-bch: metadata of 395136991232 bytes in a payload of 4160");
    rk_bytes_done(&file);
}
END_TEST

START_TEST(magic_of_the_file_does_not_reach_the_terminal_raw)
{
    struct rk_bytes file = several(1), text = RK_BYTES_NONE;
    struct rk_map map = { .root = NULL };

    memcpy(file.p + STAGE_2, "\x1b[2J", 4);
    rehash(file.p);
    ck_assert_msg(rk_format_inspect(request.ctx, file.p, file.len, &map, &err) == RK_OK, "%s",
                  err.msg);
    ck_assert_int_eq(rk_map_text(&map, &text, &err), RK_OK);
    ck_assert_ptr_null(memchr(text.p, 0x1b, text.len));
    rk_bytes_done(&text);
    rk_map_done(&map);
    rk_bytes_done(&file);
}
END_TEST

/* ---- building ---- */

START_TEST(payload_is_padded_then_appended_to_then_aligned)
{
    static const struct rk_setting set[] = { { "magic", "CPBL" }, { "pad-to", "0x100" } };
    const struct rk_input part[] = { { "payload", (const uint8_t *)"UEFI", 4 },
                                     { "append", (const uint8_t *)"dtb", 3 },
                                     { "append", (const uint8_t *)"two", 3 } };
    static const uint8_t zeros[10];
    struct rk_bytes made = RK_BYTES_NONE;

    ck_assert_msg(build(part, 3, set, 2, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(made.len, HEADER + 0x110);
    ck_assert_mem_eq(made.p + HEADER, "UEFI\xff\xff", 6);
    ck_assert_uint_eq(made.p[HEADER + 0xff], 0xff);
    ck_assert_mem_eq(made.p + HEADER + 0x100, "dtbtwo", 6);
    ck_assert_mem_eq(made.p + HEADER + 0x106, zeros, 10);
    rk_bytes_done(&made);
}
END_TEST

START_TEST(a_header_of_the_bsp_keeps_what_it_says)
{
    struct rk_bytes header = signed_golden(), made = RK_BYTES_NONE;
    struct rk_input part[] = { { "payload", (const uint8_t *)"another", 7 },
                               { "header", NULL, 0 } };
    static const uint8_t zeros[PAD - SIGNATURE];

    image_put_le(header.p + STAGE_2 + LOAD, 4, 0x80000000);
    image_put_le(header.p + STAGE_2 + FLAGS, 4, 0x5);
    image_put_le(header.p + STAGE_1 + VERSION, 4, 0x0703);
    part[1].p = header.p;
    part[1].len = HEADER;
    ck_assert_msg(build(part, 2, NULL, 0, &made) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(made.len, HEADER + 16);
    ck_assert_mem_eq(made.p + STAGE_2 + LOAD, "\0\0\0\x80", 4);
    ck_assert_uint_eq(made.p[STAGE_2 + FLAGS], 5);
    ck_assert_mem_eq(made.p + STAGE_1 + VERSION, "\x03\x07\0\0", 4);
    ck_assert_uint_eq(made.p[STAGE_1 + LENGTH], 16);
    ck_assert_mem_eq(made.p + SIGNATURE, zeros, sizeof zeros); /* it was over another payload */
    rk_bytes_done(&made);
    memset(header.p + STAGE_1, 0, 0x120); /* OEM-only: no stage 1 is made up */
    image_put_le(header.p + COUNT_1, 4, 0);
    ck_assert_msg(build(part, 2, NULL, 0, &made) == RK_OK, "%s", err.msg);
    ck_assert_mem_eq(made.p + STAGE_1, zeros, 0x120);
    ck_assert_uint_eq(made.p[COUNT_1], 0);
    rk_bytes_done(&made);
    rk_bytes_done(&header);
}
END_TEST

START_TEST(what_nvidia_signed_is_not_put_before_another_payload)
{
    struct rk_bytes header = image_read(GOLDEN), made = RK_BYTES_NONE;
    struct rk_input part[] = { { "payload", (const uint8_t *)"another", 7 },
                               { "header", header.p, HEADER } };

    header.p[NV_SIGNATURE] = 1;
    rehash(header.p);
    ck_assert_int_eq(build(part, 2, NULL, 0, &made), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "pack tegra-bch: part \"header\" is signed by NVIDIA for another "
                              "payload than this");
    part[0].p = header.p + HEADER;
    part[0].len = header.len - HEADER;
    ck_assert_msg(build(part, 2, NULL, 0, &made) == RK_OK, "%s", err.msg);
    ck_assert_mem_eq(made.p, header.p, header.len);
    rk_bytes_done(&made);
    rk_bytes_done(&header);
}
END_TEST

static const struct {
    const char *name, *value, *wanted;
} bad_settings[] = {
    { "magic", "MB1", "setting \"magic\": expected four characters" },
    { "pad-to", "0", "setting \"pad-to\": 0 is no multiple" },
    { "output", "sig", "setting \"output\": expected image or payload, found \"sig\"" },
};

START_TEST(settings_that_make_no_sense_are_refused) /* _i: which */
{
    struct rk_input part = { "payload", (const uint8_t *)"x", 1 };
    struct rk_setting set = { bad_settings[_i].name, bad_settings[_i].value };
    struct rk_bytes made = RK_BYTES_NONE;
    char wanted[200];

    ck_assert_int_eq(build(&part, 1, &set, 1, &made), RK_E_USAGE);
    (void)snprintf(wanted, sizeof wanted, "pack tegra-bch: %s", bad_settings[_i].wanted);
    ck_assert_str_eq(err.msg, wanted);
}
END_TEST

/* ---- what the BSP hands back ---- */

START_TEST(the_bsps_output_is_held_as_far_as_it_can_be)
{
    struct rk_bytes plain = image_read(GOLDEN), back = image_read(GOLDEN);

    ck_assert_int_eq(rk_format_check_handback(request.ctx, "tegra-bch", &plain, &back, &err),
                     RK_E_VERIFY);
    image_put_le(back.p + STAGE_2 + FLAGS, 4, 1 << 26);
    rehash(back.p);
    ck_assert_int_eq(rk_format_check_handback(request.ctx, "tegra-bch", &plain, &back, &err),
                     RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "holds the plaintext"));
    memset(back.p + HEADER, 0x5a, 64); /* stands for the ciphertext */
    tegra_hash(back.p, HEADER, HEADER + 64, STAGE_2 + DIGEST_2);
    rehash(back.p);
    ck_assert_int_eq(rk_format_check_handback(request.ctx, "tegra-bch", &plain, &back, &err),
                     RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "is not signed"));
    memset(back.p + SIGNATURE, 1, 384);
    rehash(back.p);
    ck_assert_msg(rk_format_check_handback(request.ctx, "tegra-bch", &plain, &back, &err) == RK_OK,
                  "%s", err.msg);
    back.p[HEADER] ^= 1; /* the digest is of the ciphertext */
    ck_assert_int_eq(rk_format_check_handback(request.ctx, "tegra-bch", &plain, &back, &err),
                     RK_E_VERIFY);
    rk_bytes_done(&plain);
    rk_bytes_done(&back);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, golden_is_made_byte_for_byte, 0, 4);
    tcase_add_test(tc, every_cut_and_every_flipped_byte_of_a_golden_is_noticed_without_a_key);
    tcase_add_loop_test(tc, a_flip_with_digests_made_good_fails_exactly_where_it_is_signed, 0, 3);
    tcase_add_test(tc, another_key_and_no_signature_are_told_apart);
    tcase_add_test(tc, signing_without_the_word_is_refused_with_the_way_out);
    tcase_add_test(tc, rsa_2048_and_another_exponent_are_refused);
    tcase_add_test(tc, sbk_encryption_is_refused_with_the_handover);
    tcase_add_loop_test(tc, hostile_header_is_refused_with_its_fault, 0,
                        (int)(sizeof hostile / sizeof hostile[0]));
    tcase_add_test(tc, no_key_signs_a_component_that_does_not_hold);
    tcase_add_loop_test(tc, the_ratchet_of_each_component_may_not_fall, 0, 4);
    tcase_add_test(tc, components_that_overlap_are_refused);
    tcase_add_test(tc, a_compressed_image_is_read_and_held_whole_but_not_built);
    tcase_add_test(tc, magic_of_the_file_does_not_reach_the_terminal_raw);
    tcase_add_test(tc, payload_is_padded_then_appended_to_then_aligned);
    tcase_add_test(tc, a_header_of_the_bsp_keeps_what_it_says);
    tcase_add_test(tc, what_nvidia_signed_is_not_put_before_another_payload);
    tcase_add_loop_test(tc, settings_that_make_no_sense_are_refused, 0, 3);
    tcase_add_test(tc, the_bsps_output_is_held_as_far_as_it_can_be);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "tegra_bch", .add = add, .load = tegra_load, .unload = tegra_unload });
}

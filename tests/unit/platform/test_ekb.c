/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs against those NVIDIA's tools made, byte for byte both ways; every cut and every flipped
 * byte. */
#include "rotkit/ekb.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"

#include "fault.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

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

START_TEST(a_size_word_that_ends_in_the_header_is_refused)
{
    struct rk_bytes image = RK_BYTES_NONE;
    struct rk_ekb_outline outline;
    uint8_t *head = malloc(16); /* exactly these bytes are ours to read */

    read_image(record(13), &image);
    memcpy(head, image.p, 16);
    memset(head, 0, 4);
    for (head[0] = 0; head[0] < 12; head[0]++) {
        ck_assert_int_eq(rk_ekb_outline(head, 16, &outline, &err), RK_E_FORMAT);
        ck_assert_msg(strstr(err.msg, "size word says ") == err.msg, "%s", err.msg);
    }
    free(head);
    rk_bytes_done(&image);
}
END_TEST

/*
 * What a flip at an offset must be answered with: file header and pad RK_E_FORMAT or, when the
 * version becomes 2.1, RK_E_USAGE; FV, CMAC, IV and ciphertext RK_E_VERIFY; the content header
 * either (a length that is off by 256 leaves the right pad, and the MAC finds it).
 */
static bool answer_fits(const struct rk_ekb_outline *o, size_t at, enum rk_rc rc)
{
    size_t end = o->ciphertext_offset + o->ciphertext_len;

    if (at < 16 || at >= end)
        return rc == RK_E_FORMAT || (rc == RK_E_USAGE && at >= 12 && at < 16);
    if (at >= o->content_offset && at < o->iv_offset)
        return rc == RK_E_FORMAT || rc == RK_E_VERIFY;
    return rc == RK_E_VERIFY;
}

START_TEST(every_flipped_byte_is_refused)
{
    static const uint8_t masks[] = { 0x01, 0x80, 0xff };
    struct rk_jv at = record((size_t)_i);
    struct rk_bytes image = RK_BYTES_NONE;
    struct rk_ekb_outline outline;
    rk_mac *root = root_of(at);
    uint8_t fv[16];

    unhex(str(at, "fv"), fv, 16);
    read_image(at, &image);
    ck_assert_int_eq(rk_ekb_outline(image.p, image.len, &outline, &err), RK_OK);
    for (size_t k = 0; k < sizeof masks * image.len; k++) {
        struct rk_ekb ekb = { .item_count = 0 };
        size_t i = k / sizeof masks;
        uint8_t mask = masks[k % sizeof masks];

        image.p[i] ^= mask;
        enum rk_rc rc = rk_ekb_read(root, fv, image.p, image.len, &ekb, &err);
        ck_assert_msg(answer_fits(&outline, i, rc), "%s: 0x%02x at %zu: %d, %s", str(at, "name"),
                      mask, i, rc, err.msg);
        ck_assert_uint_eq(ekb.item_count, 0);
        image.p[i] ^= mask;
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

/* An image of version 1.0 around a plaintext, made by OpenSSL with the keys the index lists. */
static size_t forge(struct rk_jv at, const uint8_t *plain, size_t len, uint8_t *image)
{
    static const uint8_t header[16] = { 0, 4, 0, 0, 'N', 'V', 'E', 'K', 'B', 'P', 0, 0, 1 };
    static const uint8_t content[16] = { 0, 0, 0, 0, 'E', 'E', 'K', 'B' };
    EVP_CIPHER_CTX *cbc = EVP_CIPHER_CTX_new();
    size_t size = 64 + len, mac_len = 16;
    uint8_t ek[16], ak[16];
    int n = 0;

    ck_assert(len % 16 == 0 && size <= 1028);
    unhex(str(at, "ekb_ek"), ek, 16);
    unhex(str(at, "ekb_ak"), ak, 16);
    memcpy(image, header, 16);
    memcpy(image + 32, content, 16);
    image[32] = (uint8_t)len;
    image[33] = (uint8_t)(len >> 8);
    unhex(str(at, "iv"), image + 48, 16);
    ck_assert_int_eq(EVP_EncryptInit_ex2(cbc, EVP_aes_128_cbc(), ek, image + 48, NULL), 1);
    EVP_CIPHER_CTX_set_padding(cbc, 0);
    ck_assert_int_eq(EVP_EncryptUpdate(cbc, image + 64, &n, plain, (int)len), 1);
    EVP_CIPHER_CTX_free(cbc);
    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, ak, 16, image + 32,
                                    size - 32, image + 16, 16, &mac_len));
    memset(image + size, (int)((1028 - size) & 0xff), 1028 - size);
    return 1028;
}

/* Behind a MAC that holds: who has the key may still have a broken tool. */
static const struct {
    const char *plain; /* hex, whole blocks */
    const char *message;
} malformed[] = {
    { "04000000"
      "10000000"
      "00000000000000000000000000000000"
      "0000000000000000",
      NULL },
    { "0000000000000000"
      "0808080808080808",
      NULL },
    { "04000000"
      "11000000"
      "00000000000000000000000000000000"
      "0000000000000000",
      "item 2 of the decrypted list: cut short at offset 0x1d: 4 wanted, 3 left" },
    { "04000000"
      "ffffffff"
      "0000000000000000",
      "item 1 of the decrypted list: cut short at offset 0x8: 4294967295 wanted, 8 left" },
    { "04000000"
      "08000000"
      "0000000000000000",
      "item 2 of the decrypted list: cut short at offset 0x10: 4 wanted, 0 left" },
    { "00000000"
      "08000000"
      "0000000000000000"
      "00000000000000000808080808080808",
      "tag 0 ends the list and cannot be an item" },
    { "04000000"
      "00000000"
      "04000000"
      "00000000"
      "00000000000000000808080808080808",
      "tag 4 (UEFI variable authentication key) is there already" },
    { "0000000000000000"
      "0708080808080808",
      "malformed padding after the item list" },
    { "0000000000000000"
      "0808080808080800",
      "malformed padding after the item list" },
    { "0000000000000000"
      "1818181818181818"
      "18181818181818181818181818181818",
      "malformed padding after the item list" },
};

START_TEST(a_malformed_list_is_refused_though_its_mac_holds)
{
    struct rk_jv at = record(1);
    struct rk_ekb ekb = { .item_count = 0 };
    rk_mac *root = root_of(at);
    uint8_t plain[64], image[1028], fv[16];
    size_t len = strlen(malformed[_i].plain) / 2;

    unhex(malformed[_i].plain, plain, len);
    unhex(str(at, "fv"), fv, 16);
    enum rk_rc rc = rk_ekb_read(root, fv, image, forge(at, plain, len, image), &ekb, &err);
    if (malformed[_i].message == NULL) {
        ck_assert_msg(rc == RK_OK, "%s", err.msg);
    } else {
        ck_assert_int_eq(rc, RK_E_FORMAT);
        ck_assert_str_eq(err.msg, malformed[_i].message);
        ck_assert_uint_eq(ekb.item_count, 0);
    }
    rk_ekb_done(&ekb);
    rk_mac_free(root);
}
END_TEST

/* Two items, of i and i % 40 bytes: every block and pad boundary, and the end of the pad. */
static void round_trip(rk_mac *root, enum rk_ekb_version version, size_t i)
{
    struct rk_ekb ekb = { .version = version, .fv = { 7 }, .iv = { 9 } },
                  again = { .item_count = 0 };
    struct rk_bytes image = RK_BYTES_NONE, twice = RK_BYTES_NONE;
    uint8_t *value = malloc(i + 1);

    memset(value, (int)i, i + 1);
    ck_assert_int_eq(rk_ekb_add(&ekb, 4, value, i % 40, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 0xffffffff, value, i, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_write(root, &ekb, &image, &err), RK_OK);
    ck_assert_uint_ge(image.len, 1028);
    ck_assert_msg(rk_ekb_read(root, ekb.fv, image.p, image.len, &again, &err) == RK_OK,
                  "%zu bytes: %s", i, err.msg);
    ck_assert_uint_eq(again.item_count, 2);
    for (size_t k = 0; k < 2; k++) {
        ck_assert_uint_eq(again.items[k].tag, ekb.items[k].tag);
        ck_assert(rk_secret_equal(&again.items[k].value, &ekb.items[k].value));
    }
    ck_assert_int_eq(rk_ekb_write(root, &again, &twice, &err), RK_OK);
    ck_assert_uint_eq(twice.len, image.len);
    ck_assert_mem_eq(twice.p, image.p, image.len);
    rk_bytes_done(&image);
    rk_bytes_done(&twice);
    rk_ekb_done(&ekb);
    rk_ekb_done(&again);
    free(value);
}

START_TEST(items_of_any_size_come_back)
{
    rk_mac *root = root_of(record(1));

    for (size_t i = 0; i < 1100; i++)
        round_trip(root, i % 2 == 0 ? RK_EKB_1_0 : RK_EKB_2_0, i);
    rk_mac_free(root);
}
END_TEST

/* 131072 = 80 (2.0) or 64 (1.0) of headers, 8 of the tag and length, 8 of the end, the value. */
START_TEST(the_image_limit_is_exact)
{
    size_t room = _i == 0 ? RK_EKB_IMAGE_MAX - 64 - 16 : RK_EKB_IMAGE_MAX - 80 - 16;
    rk_mac *root = root_of(record(1));
    uint8_t *value = calloc(1, RK_EKB_IMAGE_MAX);

    for (size_t over = 0; over < 2; over++) {
        struct rk_ekb ekb = { .version = _i == 0 ? RK_EKB_1_0 : RK_EKB_2_0 };
        struct rk_bytes image = RK_BYTES_NONE;

        ck_assert_int_eq(rk_ekb_add(&ekb, 200, value, room + over, &err), RK_OK);
        if (over == 0) {
            ck_assert_int_eq(rk_ekb_write(root, &ekb, &image, &err), RK_OK);
            ck_assert_uint_eq(image.len, RK_EKB_IMAGE_MAX);
        } else {
            ck_assert_int_eq(rk_ekb_write(root, &ekb, &image, &err), RK_E_USAGE);
            ck_assert_str_eq(err.msg, "the image would be larger than 131072 bytes");
        }
        rk_bytes_done(&image);
        rk_ekb_done(&ekb);
    }
    free(value);
    rk_mac_free(root);
}
END_TEST

START_TEST(the_list_takes_64_items_and_no_tag_0)
{
    struct rk_ekb ekb = { .version = RK_EKB_1_0 };

    ck_assert_int_eq(rk_ekb_add(&ekb, 0, "", 0, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "tag 0 ends the list and cannot be an item");
    for (uint32_t tag = 1; tag <= RK_EKB_ITEMS_MAX; tag++)
        ck_assert_int_eq(rk_ekb_add(&ekb, tag, &tag, sizeof tag, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 100, "", 0, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "more than 64 items");
    ck_assert_int_eq(rk_ekb_add(&ekb, 64, "", 0, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "tag 64 (unknown) is there already");
    ck_assert_uint_eq(ekb.item_count, RK_EKB_ITEMS_MAX);
    rk_ekb_done(&ekb);
}
END_TEST

static void message_is(const struct rk_ekb *ekb, const char *want)
{
    ck_assert_int_eq(rk_ekb_check(ekb, 32, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, want);
}

#define WHOLE_SET                                                                                  \
    "\n  the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, 96, 97 (online "     \
    "mode)"

/* Tag 4 and these tags; the message NULL: taken. */
static const struct {
    uint32_t tags[8];
    const char *message;
} sets[] = {
    { { 91, 92, 93, 94 }, NULL },
    { { 91, 92, 95, 96, 97 }, NULL },
    { { 91, 92, 93, 94, 95, 96, 97 }, NULL },
    { { 92, 93, 94 }, "tag 91 (fTPM Device SN) is missing" WHOLE_SET },
    { { 91, 93, 94 }, "tag 92 (EPS_Seed) is missing" WHOLE_SET },
    { { 91, 92, 94 }, "tag 93 (RSA EK certificate) is missing" WHOLE_SET },
    { { 91, 92, 93 }, "tag 94 (ECC EK certificate) is missing" WHOLE_SET },
    { { 91, 92 }, "tag 93 (RSA EK certificate) is missing" WHOLE_SET },
    { { 91, 92, 96, 97 }, "tag 95 (Silicon ID certificate) is missing" WHOLE_SET },
    { { 91, 92, 95, 97 }, "tag 96 (RSA EK CSR) is missing" WHOLE_SET },
    { { 91, 92, 95, 96 }, "tag 97 (ECC EK CSR) is missing" WHOLE_SET },
    { { 91, 92, 93, 95, 96, 97 }, "tag 94 (ECC EK certificate) is missing" WHOLE_SET },
    { { 91, 92, 93, 94, 95 }, "tag 96 (RSA EK CSR) is missing" WHOLE_SET },
};

START_TEST(an_incomplete_set_is_refused)
{
    static const uint8_t bytes[32];
    struct rk_ekb ekb = { .version = RK_EKB_1_0 };

    ck_assert_int_eq(rk_ekb_add(&ekb, 4, bytes, 16, &err), RK_OK);
    for (size_t i = 0; i < 8 && sets[_i].tags[i] != 0; i++)
        ck_assert_int_eq(
            rk_ekb_add(&ekb, sets[_i].tags[i], bytes, sets[_i].tags[i] == 91 ? 10 : 32, &err),
            RK_OK);
    if (sets[_i].message == NULL)
        ck_assert_msg(rk_ekb_check(&ekb, 32, &err) == RK_OK, "%s", err.msg);
    else
        message_is(&ekb, sets[_i].message);
    rk_ekb_done(&ekb);
}
END_TEST

static const struct {
    uint32_t tag;
    size_t len;
    const char *message;
} sizes[] = {
    { 1, 16, "tag 1 (kernel and UEFI payload key): 16 bytes, expected 32" },
    { 2, 32, "tag 2 (disk encryption key): 32 bytes, expected 16" },
    { 91, 9, "tag 91 (fTPM Device SN): 9 bytes, expected 10" },
    { 92, 31, "tag 92 (EPS_Seed): 31 bytes, expected 32" },
    { 93, 0, "tag 93 (RSA EK certificate) is empty" },
    { 93, 2049, "tag 93 (RSA EK certificate): 2049 bytes, the fTPM takes at most 2048" },
    { 94, 0, "tag 94 (ECC EK certificate) is empty" },
    { 94, 2049, "tag 94 (ECC EK certificate): 2049 bytes, the fTPM takes at most 2048" },
};

START_TEST(an_item_of_another_size_is_refused)
{
    static const uint8_t bytes[RK_EKB_CERT_MAX + 1];
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };

    ck_assert_int_eq(rk_ekb_add(&ekb, 4, bytes, 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, sizes[_i].tag, bytes, sizes[_i].len, &err), RK_OK);
    message_is(&ekb, sizes[_i].message);
    rk_ekb_done(&ekb);
}
END_TEST

START_TEST(a_blob_that_would_brick_is_refused)
{
    static const uint8_t bytes[16];
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };

    message_is(&ekb,
               "tag 4 (UEFI variable authentication key) is missing\n  a fused device halts at "
               "boot without it: give a UEFI variable authentication key of 16 bytes");
    ck_assert_int_eq(rk_ekb_add(&ekb, 4, bytes, 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_check(&ekb, 32, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 1, bytes, 16, &err), RK_OK);
    message_is(&ekb, "tag 1 (kernel and UEFI payload key): 16 bytes, expected 32");
    ck_assert_int_eq(rk_ekb_check(&ekb, 16, &err), RK_OK);
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

struct faulty { /* made by the test, so that the body allocates for the blob alone */
    rk_mac *root;
    const struct rk_bytes *image; /* NULL: write; otherwise what to read */
};

static enum rk_rc write_or_read(void *arg)
{
    static const uint8_t bytes[32];
    const struct faulty *in = arg;
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };
    struct rk_bytes out = RK_BYTES_NONE;
    struct rk_err mine;
    enum rk_rc rc;

    if (in->image != NULL) {
        rc = rk_ekb_read(in->root, NULL, in->image->p, in->image->len, &ekb, &mine);
        if (rc == RK_OK ? ekb.item_count != 2 : ekb.item_count != 0)
            rc = RK_E_IO; /* a wrong answer under a fault */
    } else {
        rc = rk_ekb_add(&ekb, 4, bytes, 16, &mine);
        rc = rc == RK_OK ? rk_ekb_add(&ekb, 92, bytes, 32, &mine) : rc;
        rc = rc == RK_OK ? rk_ekb_derive_nonces(in->root, &ekb, &mine) : rc;
        rc = rc == RK_OK ? rk_ekb_write(in->root, &ekb, &out, &mine) : rc;
    }
    /* Ours say what it is; OpenSSL's own failures need not. Nothing else fits. */
    if (rc != RK_OK && rc != RK_E_INTERNAL &&
        (rc != RK_E_NOMEM || strstr(mine.msg, "out of memory") == NULL))
        rc = RK_E_IO;
    rk_bytes_done(&out);
    rk_ekb_done(&ekb);
    return rc;
}

START_TEST(every_failing_allocation_is_survived)
{
    struct rk_bytes image = RK_BYTES_NONE;
    struct faulty in = { .root = root_of(record(1)) };
    struct rk_ekb ekb = { .version = RK_EKB_2_0 };

    /* Once without: OpenSSL 3.0 itself crashes when memory fails in the first fetch of a method. */
    ck_assert_int_eq(write_or_read(&in), RK_OK);
    ck_assert_int_gt(fault_sweep(write_or_read, &in, 2000), 20);
    ck_assert_int_eq(rk_ekb_add(&ekb, 4, "0123456789abcdef", 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_add(&ekb, 2, "0123456789abcdef", 16, &err), RK_OK);
    ck_assert_int_eq(rk_ekb_write(in.root, &ekb, &image, &err), RK_OK);
    in.image = &image;
    ck_assert_int_gt(fault_sweep(write_or_read, &in, 2000), 20);
    rk_ekb_done(&ekb);
    rk_bytes_done(&image);
    rk_mac_free(in.root);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void add(TCase *tc)
{
    tcase_add_test(tc, the_index_lists_22_images);
    tcase_add_loop_test(tc, writing_gives_the_tools_bytes, 0, 22);
    tcase_add_loop_test(tc, reading_gives_back_what_the_tool_was_given, 0, 22);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 22);
    tcase_add_test(tc, a_size_word_that_ends_in_the_header_is_refused);
    tcase_add_loop_test(tc, every_flipped_byte_is_refused, 0, 22);
    tcase_add_test(tc, nvidias_default_images_open);
    tcase_add_loop_test(tc, a_malformed_list_is_refused_though_its_mac_holds, 0, COUNT(malformed));
    tcase_add_test(tc, items_of_any_size_come_back);
    tcase_add_loop_test(tc, the_image_limit_is_exact, 0, 2);
    tcase_add_test(tc, the_list_takes_64_items_and_no_tag_0);
    tcase_add_test(tc, a_blob_that_would_brick_is_refused);
    tcase_add_loop_test(tc, an_incomplete_set_is_refused, 0, COUNT(sets));
    tcase_add_loop_test(tc, an_item_of_another_size_is_refused, 0, COUNT(sizes));
    tcase_add_test(tc, version_2_1_is_refused_with_the_reason);
    tcase_add_test(tc, an_older_blob_needs_its_fv);
    tcase_add_test(tc, derived_nonces_depend_on_the_content_alone);
    tcase_add_test(tc, every_failing_allocation_is_survived);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(
        &(struct suite_options) { .name = "ekb", .add = add, .load = load, .unload = unload });
}

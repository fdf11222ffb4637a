/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit: the golden holds (mkimage made it), its signed region by hand, ours is made and read, trees
 * made to deceive, every cut, every flipped byte. Offsets in the golden are read off fdtdump.
 */
#include "image.h"
#include "suite.h"

#include <libfdt.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#define GOLDEN BOOT "fit/kernel.fit"
#define KERNEL BOOT "inputs/kernel.bin"
#define IMAGE  "/images/kernel-1"
#define HASH   "/images/kernel-1/hash-1"
#define CONF   "/configurations/conf-1"
#define SIG    "/configurations/conf-1/signature-1"

enum { ROOM = 65536, VALUE_PSS_SALT = 222 };

static struct image_request request;

static void load(void)
{
    image_request_open(&request, BOOT "keys/rsa2048.pem", NULL);
}

static void unload(void)
{
    image_request_done(&request);
}

static struct rk_bytes pack(const struct rk_request *how)
{
    struct rk_bytes kernel = image_read(KERNEL), made = RK_BYTES_NONE;
    struct rk_input part = { "kernel", kernel.p, kernel.len };
    struct rk_request build = *how;

    build.part = &part;
    build.part_count = 1;
    ck_assert_msg(rk_format_build("fit", &build, &made, &err) == RK_OK, "%s", err.msg);
    rk_bytes_done(&kernel);
    return made;
}

static enum rk_rc sign(const struct rk_bytes *file, struct rk_bytes *ret)
{
    return rk_format_sign("fit", &request.sign, &request.signer, file->p, file->len, ret, &err);
}

/* The golden with room, to be changed. */
static uint8_t *open_golden(void)
{
    struct rk_bytes file = image_read(GOLDEN);
    uint8_t *fdt = malloc(ROOM);

    ck_assert_ptr_nonnull(fdt);
    ck_assert_int_eq(fdt_open_into(file.p, fdt, ROOM), 0);
    rk_bytes_done(&file);
    return fdt;
}

static int at(const void *fdt, const char *path)
{
    int node = fdt_path_offset(fdt, path);

    ck_assert_int_ge(node, 0);
    return node;
}

/* The rest, if any, is OpenSSL's reason. */
static void begins_with(const char *message)
{
    ck_assert_msg(strncmp(err.msg, message, strlen(message)) == 0, "%s", err.msg);
}

/* Packs, verifies and frees the tree. */
static void answers(uint8_t *fdt, enum rk_rc rc, const char *message)
{
    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(image_verify("fit", &request.verify, fdt, fdt_totalsize(fdt)), rc);
    begins_with(message);
    free(fdt);
}

START_TEST(what_mkimage_signed_holds_under_its_key_and_no_other)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct image_request other;

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    image_request_open(&other, BOOT "keys/tw.pem", NULL);
    ck_assert_int_eq(image_verify(NULL, &other.verify, file.p, file.len), RK_E_VERIFY);
    begins_with(
        "fit: configuration conf-1: signed by another key than the one given, which it calls "
        "\"dev\", or changed since");
    image_request_done(&other);
    rk_bytes_done(&file);
}
END_TEST

/* boot-images.md 5.3, rules 1 to 4, applied to the golden by hand. */
static const struct range {
    size_t from, to;
} golden_signed[] = {
    { 0x38, 0xac },     /* root, BEGIN of images, kernel-1 up to its data */
    { 0x10b8, 0x1194 }, /* kernel-1 behind its data, hash-1; BEGIN of configurations */
    { 0x11a8, 0x11f0 }, /* conf-1, BEGIN of signature-1 */
    { 0x13e8, 0x1486 }, /* the ends, FDT_END; 0x8a bytes of strings */
};

START_TEST(signed_region_of_the_golden_by_openssl_alone)
{
    struct rk_bytes file = image_read(GOLDEN);
    int len;
    const uint8_t *value = fdt_getprop(file.p, at(file.p, SIG), "value", &len);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;

    ck_assert_int_eq(EVP_DigestVerifyInit(md, &key, EVP_sha256(), NULL, request.key.pub), 1);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, VALUE_PSS_SALT), 0);
    for (size_t i = 0; i < sizeof golden_signed / sizeof golden_signed[0]; i++)
        ck_assert_int_eq(EVP_DigestVerifyUpdate(md, file.p + golden_signed[i].from,
                                                golden_signed[i].to - golden_signed[i].from),
                         1);
    ck_assert_int_eq(EVP_DigestVerifyFinal(md, value, (size_t)len), 1);
    EVP_MD_CTX_free(md);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(what_is_not_signed_is_told)
{
    struct rk_bytes file = image_read(GOLDEN);
    struct rk_map map;
    char text[200];

    ck_assert_int_eq(rk_format_verify("fit", &request.verify, file.p, file.len, &map, &err), RK_OK);
    rk_map_unsigned(&map, text, sizeof text);
    ck_assert_str_eq(text, "0x0-0x37, 0xac-0xb7, 0x1194-0x11a7, 0x11f0-0x13e7, 0x1486-0x1691");
    rk_map_done(&map);
    rk_bytes_done(&file);
}
END_TEST

/* Bytes that 5.3 leaves out. Where a flip may break the tree, either answer will do. */
static const struct image_free golden_free[] = {
    { 0x00, 0x1c, false },   /* the FDT header: no part of the region */
    { 0x1c, 0x04, true },    /* boot_cpuid_phys */
    { 0x20, 0x18, false },   /* sizes; the memory reservation's end mark */
    { 0xac, 0x0c, false },   /* tag, length and name of kernel-1's data (rule 1) */
    { 0x1194, 0x0c, false }, /* configurations' default: tag, length, name (rule 2) */
    { 0x11a0, 0x06, true },  /* its text, the configuration to boot */
    { 0x11a6, 0x02, false },  { 0x11f0, 0x1f8, false }, /* what signature-1 says (rule 2) */
    { 0x1486, 0x20c, false },                           /* names behind hashed-strings (rule 4) */
};

START_TEST(every_flipped_byte_is_noticed_where_it_is_signed)
{
    struct rk_bytes file = image_read(GOLDEN);

    image_flip(NULL, &request.verify, &file, golden_free,
               sizeof golden_free / sizeof golden_free[0]);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes file = image_read(GOLDEN);

    for (size_t len = 0; len < file.len; len += len < 0x100 || len > 0x1100 ? 1 : 61) {
        struct rk_bytes cut = RK_BYTES_NONE;

        ck_assert_int_eq(rk_bytes_copy(file.p, len, &cut, &err), RK_OK);
        ck_assert_int_eq(image_verify("fit", &request.verify, cut.p, cut.len), RK_E_FORMAT);
        if (len == 0x200) {
            ck_assert_int_eq(image_verify(NULL, &request.verify, cut.p, cut.len), RK_E_FORMAT);
            ck_assert_str_eq(err.msg, "fit: totalsize is 5778, the file has 512 bytes");
        }
        rk_bytes_done(&cut);
    }
    rk_bytes_done(&file);
}
END_TEST

START_TEST(ours_is_made_signed_and_read) /* loop test: padding, and key */
{
    static const char *const keys[] = { BOOT "keys/rsa2048.pem", BOOT "keys/rsa3072.pem" };
    struct rk_setting padding = { "padding", _i % 2 == 0 ? "pss" : "pkcs-1.5" };
    struct rk_bytes file = pack(&request.verify), made = RK_BYTES_NONE, again = RK_BYTES_NONE;

    image_request_done(&request);
    image_request_open(&request, keys[_i / 2], NULL);
    request.sign.setting = &padding;
    request.sign.setting_count = 1;
    ck_assert_int_eq(image_verify("fit", &request.verify, file.p, file.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "fit: configuration conf-1: is not signed");
    ck_assert_msg(sign(&file, &made) == RK_OK, "%s", err.msg);
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    ck_assert_msg(sign(&made, &again) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(again.len, made.len);
    ck_assert_int_eq(memcmp(again.p, made.p, made.len) == 0, _i % 2); /* PSS salts are drawn */
    rk_bytes_done(&again);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

/* U-Boot takes PSS by an option alone that hardly a board sets. */
START_TEST(without_a_setting_the_padding_is_the_one_that_every_u_boot_takes)
{
    struct rk_bytes file = pack(&request.verify), made = RK_BYTES_NONE;
    int len;

    ck_assert_msg(sign(&file, &made) == RK_OK, "%s", err.msg);
    ck_assert_str_eq(fdt_getprop(made.p, at(made.p, SIG), "padding", &len), "pkcs-1.5");
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(other_keys_and_settings_are_refused)
{
    struct rk_setting set = { "padding", "oaep" };
    struct rk_bytes file = pack(&request.verify), made = RK_BYTES_NONE;

    request.sign.setting = &set;
    request.sign.setting_count = 1;
    ck_assert_int_eq(sign(&file, &made), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign fit: conf-1: setting \"padding\": expected pss or pkcs-1.5");
    set = (struct rk_setting) { "output", "all" };
    ck_assert_int_eq(sign(&file, &made), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "sign fit: setting \"output\": expected image or key-dtb");
    request.sign.setting_count = 0;
    image_request_done(&request);
    image_request_open(&request, BOOT "keys/p256.pem", NULL);
    ck_assert_int_eq(sign(&file, &made), RK_E_KEY);
    ck_assert_str_eq(err.msg, "sign fit: conf-1: FIT signatures here are by RSA of 2048, 3072 or "
                              "4096 bits, this is EC with 256");
    rk_bytes_done(&file);
}
END_TEST

/* ---- data outside of the tree ---- */

/*
 * The golden with its kernel behind the tree, as mkimage -E puts it; gap: bytes between the two.
 * What says where it stands is not signed, so the signature still holds.
 */
static struct rk_bytes move_out(const char *property, size_t gap)
{
    struct rk_bytes kernel = image_read(KERNEL), made = RK_BYTES_NONE;
    uint8_t *fdt = open_golden();
    size_t tree, at_file;

    ck_assert_int_eq(fdt_delprop(fdt, at(fdt, IMAGE), "data"), 0);
    ck_assert_int_eq(fdt_setprop_u32(fdt, at(fdt, IMAGE), "data-size", (uint32_t)kernel.len), 0);
    ck_assert_int_eq(fdt_setprop_u32(fdt, at(fdt, IMAGE), property, 0), 0);
    ck_assert_int_eq(fdt_pack(fdt), 0);
    tree = fdt_totalsize(fdt);
    at_file = (tree + 3) / 4 * 4 + gap;
    ck_assert_int_eq(
        fdt_setprop_inplace_u32(fdt, at(fdt, IMAGE), property,
                                (uint32_t)(strcmp(property, "data-offset") == 0 ? gap : at_file)),
        0);
    ck_assert_int_eq(rk_bytes_new(at_file + kernel.len, &made, &err), RK_OK);
    memset(made.p, 0, made.len);
    memcpy(made.p, fdt, tree);
    memcpy(made.p + at_file, kernel.p, kernel.len);
    rk_bytes_done(&kernel);
    free(fdt);
    return made;
}

static const char *const places[] = { "data-offset", "data-position" };

START_TEST(data_outside_of_the_tree_is_hashed_and_signed) /* loop test: place, and gap */
{
    struct rk_bytes file = move_out(places[_i % 2], _i / 2 == 0 ? 0 : 128);

    ck_assert_msg(image_verify(NULL, &request.verify, file.p, file.len) == RK_OK, "%s", err.msg);
    for (size_t i = file.len - 4096; i < file.len; i += 64) {
        file.p[i] ^= 1;
        ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len), RK_E_VERIFY);
        ck_assert_str_eq(err.msg, "fit: image kernel-1: its sha256 hash does not hold");
        file.p[i] ^= 1;
    }
    ck_assert_int_eq(image_verify(NULL, &request.verify, file.p, file.len - 1), RK_E_FORMAT);
    begins_with("fit: image kernel-1: its data, 4096 bytes at 0x");
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct misplaced {
    const char *property, *name;
    uint32_t value;
    enum rk_rc rc;
    const char *message;
} misplaced[] = {
    { "data-offset", "data-offset", 0xffffffff, RK_E_FORMAT, "fit: image kernel-1: its data, 4096 bytes at 0x100000" },
    { "data-offset", "data-size", 0xffffffff, RK_E_FORMAT, "fit: image kernel-1: its data, 4294967295 bytes at 0x" },
    { "data-offset", "data-size", 4095, RK_E_VERIFY, "fit: image kernel-1: its sha256 hash does not hold" },
    { "data-offset", "data-offset", 4, RK_E_FORMAT, "fit: image kernel-1: its data, 4096 bytes at 0x" },
    { "data-position", "data-position", 0, RK_E_FORMAT, "fit: image kernel-1: its data at 0x0 stands in the device tree" },
    { "data-position", "data-position", 0xffffffff, RK_E_FORMAT, "fit: image kernel-1: its data, 4096 bytes at 0xffffffff" },
};
/* clang-format on */
enum { MISPLACED = sizeof misplaced / sizeof misplaced[0] };

START_TEST(misplaced_data_is_answered) /* loop test: _i is the case */
{
    const struct misplaced *row = &misplaced[_i];
    struct rk_bytes file = move_out(row->property, 0);

    ck_assert_int_eq(fdt_setprop_inplace_u32(file.p, at(file.p, IMAGE), row->name, row->value), 0);
    ck_assert_int_eq(image_verify("fit", &request.verify, file.p, file.len), row->rc);
    begins_with(row->message);
    rk_bytes_done(&file);
}
END_TEST

/* One part of U-Boot hashes what is outside and another runs what is inside: no signature makes
 * that good. */
START_TEST(data_in_two_places_is_not_signed)
{
    static const uint8_t decoy[] = "decoy";
    struct rk_bytes file = move_out("data-position", 512), made = RK_BYTES_NONE;
    uint8_t *fdt = malloc(ROOM);

    ck_assert_ptr_nonnull(fdt);
    ck_assert_int_eq(fdt_open_into(file.p, fdt, ROOM), 0);
    ck_assert_int_eq(fdt_setprop(fdt, at(fdt, IMAGE), "data", decoy, sizeof decoy), 0);
    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(rk_bytes_copy(file.p, file.len, &made, &err), RK_OK);
    memcpy(made.p, fdt, fdt_totalsize(fdt));
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.msg, "image \"kernel-1\" has data in more than one place"));
    free(fdt);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

/* A slot is larger than what stands in it; the header says how much that is. */
START_TEST(a_padded_slot_is_read) /* loop test: what the padding is, and where the data stands */
{
    struct rk_bytes file = _i < 2 ? image_read(GOLDEN) : move_out(places[_i % 2], 0);
    struct rk_bytes slot = RK_BYTES_NONE;

    ck_assert_int_eq(rk_bytes_new(65536, &slot, &err), RK_OK);
    memset(slot.p, _i % 2 == 0 ? 0 : 0xff, slot.len);
    memcpy(slot.p, file.p, file.len);
    ck_assert_msg(image_verify(NULL, &request.verify, slot.p, slot.len) == RK_OK, "%s", err.msg);
    rk_bytes_done(&slot);
    rk_bytes_done(&file);
}
END_TEST

/* ---- what is no FIT, and what is read without a signature ---- */

START_TEST(images_further_down_make_no_fit)
{
    struct rk_bytes tree = RK_BYTES_NONE;
    uint8_t *fdt = malloc(ROOM);
    int node;

    ck_assert_ptr_nonnull(fdt);
    ck_assert_int_eq(fdt_create_empty_tree(fdt, ROOM), 0);
    node = fdt_add_subnode(fdt, fdt_add_subnode(fdt, 0, "binman"), "images");
    ck_assert_int_ge(fdt_add_subnode(fdt, node, "cpu@0"), 0);
    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(rk_bytes_copy(fdt, fdt_totalsize(fdt), &tree, &err), RK_OK);
    ck_assert_int_eq(image_verify(NULL, &request.verify, tree.p, tree.len), RK_E_FORMAT);
    begins_with("unknown format");
    rk_bytes_done(&tree);
    free(fdt);
}
END_TEST

/* Packs and verifies without a key; frees the tree. */
static void answers_alone(uint8_t *fdt, enum rk_rc rc, const char *message)
{
    struct rk_request alone = { .ctx = request.ctx };

    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(image_verify(NULL, &alone, fdt, fdt_totalsize(fdt)), rc);
    if (rc != RK_OK)
        begins_with(message);
    free(fdt);
}

START_TEST(old_names_and_unknown_hashes_are_read)
{
    uint8_t *fdt = open_golden();

    ck_assert_int_eq(fdt_set_name(fdt, at(fdt, IMAGE), "kernel@1"), 0);
    ck_assert_int_eq(fdt_set_name(fdt, at(fdt, "/images/kernel@1/hash-1"), "hash@1"), 0);
    answers_alone(fdt, RK_OK, NULL);
    fdt = open_golden();
    ck_assert_int_eq(fdt_setprop_string(fdt, at(fdt, HASH), "algo", "sha3-256"), 0);
    answers_alone(fdt, RK_E_UNKNOWN,
                  "fit: could not be checked: image kernel-1: hash by \"sha3-256\"");
    fdt = open_golden(); /* beside one that is known it is told, and no more */
    ck_assert_int_eq(
        fdt_setprop_string(fdt, fdt_add_subnode(fdt, at(fdt, IMAGE), "hash-2"), "algo", "sha3-256"),
        0);
    answers_alone(fdt, RK_OK, NULL);
    fdt = open_golden();
    ck_assert_int_eq(fdt_del_node(fdt, at(fdt, "/configurations")), 0);
    answers_alone(fdt, RK_OK, NULL);
    fdt = open_golden();
    ck_assert_int_eq(fdt_del_node(fdt, at(fdt, "/configurations")), 0);
    answers(fdt, RK_E_VERIFY, "fit: has no configuration, so nothing is signed");
    fdt = open_golden();
    ck_assert_int_eq(fdt_delprop(fdt, at(fdt, IMAGE), "data"), 0);
    answers_alone(fdt, RK_OK, NULL);
    fdt = open_golden();
    ck_assert_int_eq(fdt_delprop(fdt, at(fdt, IMAGE), "data"), 0);
    answers(fdt, RK_E_VERIFY, "fit: configuration conf-1: image \"kernel-1\" has no data");
}
END_TEST

START_TEST(signed_images_without_signed_configurations_are_not_enough)
{
    static const uint8_t value[256];
    uint8_t *fdt = open_golden();

    ck_assert_int_eq(fdt_del_node(fdt, at(fdt, SIG)), 0);
    ck_assert_int_eq(fdt_setprop(fdt, fdt_add_subnode(fdt, at(fdt, IMAGE), "signature"), "value",
                                 value, sizeof value),
                     0);
    answers(fdt, RK_E_VERIFY,
            "fit: images are signed, configurations are not: that is not enough, since no "
            "signature says which images, addresses and device tree belong together");
}
END_TEST

/* Of several signatures the one that comes furthest tells why. */
START_TEST(the_signature_that_came_furthest_tells_why)
{
    static const uint8_t value[512];
    uint8_t *fdt = open_golden();
    int node;

    ck_assert_int_eq(fdt_set_name(fdt, at(fdt, SIG), "signature-0"), 0);
    node = fdt_add_subnode(fdt, at(fdt, CONF), "signature-1");
    ck_assert_int_eq(fdt_setprop_string(fdt, node, "algo", "sha256,rsa4096"), 0);
    ck_assert_int_eq(fdt_setprop(fdt, node, "value", value, sizeof value), 0);
    answers(fdt, RK_E_VERIFY,
            "fit: configuration conf-1: signed by another key than the one given, which it calls "
            "\"dev\", or changed since");
}
END_TEST

/* U-Boot's tools of old took the first node that libfdt found for a name: CVE-2021-27138. */
START_TEST(an_image_of_the_same_name_with_a_unit_address_is_refused)
{
    static const uint8_t evil[] = "evil";
    uint8_t *fdt = open_golden(), digest[32];
    int node = fdt_add_subnode(fdt, at(fdt, "/images"), "kernel-1@0"), hash;

    ck_assert_int_eq(fdt_setprop(fdt, node, "data", evil, sizeof evil), 0);
    hash = fdt_add_subnode(fdt, node, "hash-1");
    ck_assert_int_eq(EVP_Digest(evil, sizeof evil, digest, NULL, EVP_sha256(), NULL), 1);
    ck_assert_int_eq(fdt_setprop_string(fdt, hash, "algo", "sha256"), 0);
    ck_assert_int_eq(fdt_setprop(fdt, hash, "value", digest, sizeof digest), 0);
    answers(fdt, RK_E_VERIFY,
            "fit: node \"kernel-1@0\" at 0x88: a name with @ or / in it is not safe to sign, and "
            "U-Boot that asks for signatures refuses it");
}
END_TEST

START_TEST(a_configuration_that_nobody_signed_is_refused)
{
    uint8_t *fdt = open_golden();
    int node = fdt_add_subnode(fdt, at(fdt, "/configurations"), "conf-0");

    ck_assert_int_eq(fdt_setprop_string(fdt, node, "kernel", "kernel-1"), 0);
    answers(fdt, RK_E_VERIFY, "fit: configuration conf-0: is not signed");
}
END_TEST

START_TEST(a_list_of_signed_nodes_that_leaves_one_out_is_refused)
{
    static const char list[] = "/\0/configurations/conf-1\0/images/kernel-1";
    uint8_t *fdt = open_golden();

    ck_assert_int_eq(fdt_setprop(fdt, at(fdt, SIG), "hashed-nodes", list, sizeof list), 0);
    answers(fdt, RK_E_VERIFY,
            "fit: configuration conf-1: \"" HASH "\" is not among the signed nodes");
}
END_TEST

START_TEST(strings_beyond_their_block_are_refused)
{
    uint8_t *fdt = open_golden();

    ck_assert_int_eq(fdt_setprop_u64(fdt, at(fdt, SIG), "hashed-strings", 0xffffffff), 0);
    answers(fdt, RK_E_VERIFY,
            "fit: configuration conf-1: hashed-strings is 4294967295, the strings block has 193 "
            "bytes");
}
END_TEST

/* clang-format off */
static const struct change {
    const char *path, *name, *value;
    enum rk_rc rc;
    const char *message;
} changes[] = {
    { SIG, "padding", "none", RK_E_VERIFY,
      "fit: configuration conf-1: unknown padding, expected pss or pkcs-1.5" },
    { SIG, "padding", "pkcs-1.5", RK_E_VERIFY,
      "fit: configuration conf-1: signed by another key than the one given, which it calls \"dev\"" },
    { SIG, "algo", "sha1,rsa2048", RK_E_VERIFY,
      "fit: configuration conf-1: signed by \"sha1,rsa2048\": expected sha256, sha384 or sha512" },
    { SIG, "algo", "sha256,rsa4096", RK_E_VERIFY,
      "fit: configuration conf-1: signed by another key, by \"sha256,rsa4096\" and the key that it "
      "calls \"dev\": the one given is RSA with 2048 bits" },
    { SIG, "algo", "sha256", RK_E_VERIFY,
      "fit: configuration conf-1: it does not say by which algorithm it is signed" },
    { SIG, "signer-name", "somebody", RK_OK, NULL },
    { HASH, "algo", "sha3", RK_E_VERIFY,
      "fit: configuration conf-1: signed by another key than the one given" },
    { HASH, "uboot-ignore", "abc", RK_E_VERIFY,
      "fit: configuration conf-1: image \"kernel-1\" has no hash by sha256, sha384 or sha512" },
    { HASH, "algo", "sha512", RK_E_VERIFY,
      "fit: image kernel-1: its sha512 hash does not hold" },
    { CONF, "kernel", "kernel-2", RK_E_VERIFY,
      "fit: configuration conf-1: it names image \"kernel-2\", which is not there" },
    { CONF, "kernel", "kernel-1/hash-1", RK_E_VERIFY,
      "fit: configuration conf-1: image name \"kernel-1/hash-1\" is too long or has a slash" },
    { CONF, "description", "other", RK_E_VERIFY,
      "fit: configuration conf-1: signed by another key than the one given" },
    { IMAGE, "data-position", "xyz", RK_E_FORMAT,
      "fit: image kernel-1: its data is outside of the tree, and it has no \"data-size\"" },
    { IMAGE, "data", "other", RK_E_VERIFY,
      "fit: image kernel-1: its sha256 hash does not hold" },
    { "/", "extra", "", RK_E_VERIFY,
      "fit: configuration conf-1: signed by another key than the one given" },
};
/* clang-format on */
enum { CHANGES = sizeof changes / sizeof changes[0] };

START_TEST(a_changed_property_is_answered) /* loop test: _i is the change */
{
    const struct change *change = &changes[_i];
    uint8_t *fdt = open_golden();

    ck_assert_int_eq(fdt_setprop(fdt, at(fdt, change->path), change->name, change->value,
                                 (int)strlen(change->value) + 1),
                     0);
    if (change->rc != RK_OK) {
        answers(fdt, change->rc, change->message);
        return;
    }
    ck_assert_msg(image_verify("fit", &request.verify, fdt, fdt_totalsize(fdt)) == RK_OK, "%s",
                  err.msg);
    free(fdt);
}
END_TEST

/* A signature over a hash node that is weak, or not there, would say nothing of the data. */
START_TEST(an_image_without_a_strong_hash_is_not_signed)
{
    static const uint8_t sha1[20];
    struct rk_bytes file = RK_BYTES_NONE, made = RK_BYTES_NONE;
    uint8_t *fdt = open_golden();
    int len;
    const void *data = fdt_getprop(fdt, at(fdt, IMAGE), "data", &len);
    uint8_t digest[sizeof sha1];

    if (_i == 0) {
        ck_assert_int_eq(EVP_Digest(data, (size_t)len, digest, NULL, EVP_sha1(), NULL), 1);
        ck_assert_int_eq(fdt_setprop(fdt, at(fdt, HASH), "value", digest, sizeof digest), 0);
        ck_assert_int_eq(fdt_setprop_string(fdt, at(fdt, HASH), "algo", "sha1"), 0);
    } else {
        ck_assert_int_eq(fdt_del_node(fdt, at(fdt, HASH)), 0);
        ck_assert_int_ge(fdt_add_subnode(fdt, at(fdt, IMAGE), "cipher"), 0);
    }
    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(rk_bytes_copy(fdt, fdt_totalsize(fdt), &file, &err), RK_OK);
    ck_assert_int_eq(sign(&file, &made), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "sign fit: conf-1: image \"kernel-1\" has no hash by sha256, sha384 "
                              "or sha512, so a signature would not cover it");
    rk_bytes_done(&file);
    answers(fdt, RK_E_VERIFY,
            "fit: configuration conf-1: image \"kernel-1\" has no hash by sha256, sha384 or "
            "sha512, so a signature would not cover it");
}
END_TEST

/* The golden with so many configurations of its one kernel, names as long as boards have them. */
static struct rk_bytes open_many(int count)
{
    struct rk_bytes made = RK_BYTES_NONE;
    uint8_t *fdt = open_golden();
    char name[80];

    ck_assert_int_eq(fdt_del_node(fdt, at(fdt, SIG)), 0);
    for (int i = 1; i < count; i++) {
        int node;

        (void)snprintf(name, sizeof name,
                       "conf-freescale_imx8mp-tqma8mpql-mba8mpxl-lvds-with-a-camera-%d.dtb", i);
        node = fdt_add_subnode(fdt, at(fdt, "/configurations"), name);
        ck_assert_int_eq(fdt_setprop_string(fdt, node, "kernel", "kernel-1"), 0);
    }
    ck_assert_int_eq(fdt_pack(fdt), 0);
    ck_assert_int_eq(rk_bytes_copy(fdt, fdt_totalsize(fdt), &made, &err), RK_OK);
    free(fdt);
    return made;
}

START_TEST(forty_configurations_are_signed_and_no_more)
{
    struct rk_bytes file = open_many(40), made = RK_BYTES_NONE;

    ck_assert_msg(sign(&file, &made) == RK_OK, "%s", err.msg);
    ck_assert_msg(image_verify(NULL, &request.verify, made.p, made.len) == RK_OK, "%s", err.msg);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
    file = open_many(41);
    ck_assert_int_eq(sign(&file, &made), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "sign fit: more than 40 configurations, or one with a long name");
    rk_bytes_done(&file);
}
END_TEST

/* clang-format off */
static const struct patch {
    size_t at;
    uint32_t value;
    const char *message;
} patches[] = {
    { 0x00, 0xd00dfeee, "fit: no device tree magic" },
    { 0x04, 0xffffffff, "fit: totalsize is 4294967295, the file has 5778 bytes" },
    { 0x04, 0x7fffffff, "fit: totalsize is 2147483647, the file has 5778 bytes" },
    { 0x08, 0xfffffffc, "fit: damaged device tree: FDT_ERR_TRUNCATED" },
    { 0x0c, 0xffffffff, "fit: damaged device tree: FDT_ERR_TRUNCATED" },
    { 0x20, 0xffffffff, "fit: damaged device tree: FDT_ERR_TRUNCATED" },
    { 0x24, 0xffffffff, "fit: damaged device tree: FDT_ERR_TRUNCATED" },
    { 0x38, 0x00000003, "fit: damaged device tree: FDT_ERR_BADSTRUCTURE" },
    { 0xb0, 0xffffffff, "fit: damaged device tree: FDT_ERR_BADSTRUCTURE" }, /* length of data */
    { 0xb4, 0x7ffffff0, "fit: damaged device tree: FDT_ERR_BADOFFSET" },    /* its name */
};
/* clang-format on */
enum { PATCHES = sizeof patches / sizeof patches[0] };

START_TEST(a_hostile_number_is_answered) /* loop test: _i is the patch */
{
    struct rk_bytes file = image_read(GOLDEN);

    fdt32_st(file.p + patches[_i].at, patches[_i].value);
    ck_assert_int_eq(image_verify("fit", &request.verify, file.p, file.len), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, patches[_i].message);
    rk_bytes_done(&file);
}
END_TEST

START_TEST(depth_and_counts_have_an_end)
{
    static const uint8_t room[4 * 32768];
    uint8_t *fdt = open_golden(), *many = malloc(1 << 20);
    int node = 0;
    char name[16];

    for (int i = 0; i < 20; i++)
        node = fdt_add_subnode(fdt, node, "x");
    answers(fdt, RK_E_FORMAT, "fit: nodes nested more than 16 deep");
    fdt = open_golden();
    ck_assert_ptr_nonnull(many);
    ck_assert_int_eq(fdt_open_into(fdt, many, 1 << 20), 0);
    free(fdt);
    ck_assert_int_eq(fdt_setprop(many, 0, "x", room, sizeof room), 0);
    ck_assert_int_eq(fdt_nop_property(many, 0, "x"), 0); /* so many tags that say nothing */
    answers(many, RK_E_FORMAT, "fit: more than 32768 nodes and properties");
    fdt = open_golden();
    for (int i = 0; i < 512; i++) {
        (void)snprintf(name, sizeof name, "i%d", i);
        node = fdt_add_subnode(fdt, at(fdt, "/images"), name);
        ck_assert_int_eq(fdt_setprop(fdt, node, "data", name, 1), 0);
    }
    answers(fdt, RK_E_FORMAT, "fit: more than 512 images");
}
END_TEST

START_TEST(encrypting_drops_the_signature_and_openssl_decrypts)
{
    static const uint8_t key[32] = { 1, 2, 3 };
    struct rk_bytes file = image_read(GOLDEN), made = RK_BYTES_NONE, signed_again = RK_BYTES_NONE;
    struct rk_bytes kernel = image_read(KERNEL);
    struct rk_secret secret = RK_SECRET_NONE;
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    uint8_t plain[8192];
    const uint8_t *data, *iv;
    int len, iv_len, n, tail;

    ck_assert_int_eq(rk_secret_copy(key, 20, &secret, &err), RK_OK);
    request.sign.secret = &secret;
    ck_assert_int_eq(rk_format_encrypt("fit", &request.sign, file.p, file.len, &made, &err),
                     RK_E_KEY);
    rk_secret_done(&secret);
    ck_assert_int_eq(rk_secret_copy(key, sizeof key, &secret, &err), RK_OK);
    ck_assert_msg(rk_format_encrypt("fit", &request.sign, file.p, file.len, &made, &err) == RK_OK,
                  "%s", err.msg);
    ck_assert_int_eq(image_verify(NULL, &request.verify, made.p, made.len), RK_E_VERIFY);
    ck_assert_str_eq(err.msg, "fit: configuration conf-1: is not signed");
    data = fdt_getprop(made.p, at(made.p, IMAGE), "data", &len);
    iv = fdt_getprop(made.p, at(made.p, IMAGE "/cipher"), "iv", &iv_len);
    ck_assert_int_eq(iv_len, 16);
    ck_assert_int_eq(EVP_DecryptInit_ex2(run, EVP_aes_256_cbc(), key, iv, NULL), 1);
    ck_assert_int_eq(EVP_DecryptUpdate(run, plain, &n, data, len), 1);
    ck_assert_int_eq(EVP_DecryptFinal_ex(run, plain + n, &tail), 1);
    ck_assert_uint_eq((size_t)(n + tail), kernel.len);
    ck_assert_mem_eq(plain, kernel.p, kernel.len);
    EVP_CIPHER_CTX_free(run);
    request.sign.secret = NULL; /* the signature covers the ciphertext: signing heeds no key */
    ck_assert_int_eq(sign(&made, &signed_again), RK_OK);
    ck_assert_msg(image_verify(NULL, &request.verify, signed_again.p, signed_again.len) == RK_OK,
                  "%s", err.msg);
    rk_secret_done(&secret);
    rk_bytes_done(&kernel);
    rk_bytes_done(&signed_again);
    rk_bytes_done(&made);
    rk_bytes_done(&file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, what_mkimage_signed_holds_under_its_key_and_no_other);
    tcase_add_test(tc, signed_region_of_the_golden_by_openssl_alone);
    tcase_add_test(tc, what_is_not_signed_is_told);
    tcase_add_test(tc, every_flipped_byte_is_noticed_where_it_is_signed);
    tcase_add_test(tc, every_cut_is_refused);
    tcase_add_loop_test(tc, ours_is_made_signed_and_read, 0, 4);
    tcase_add_test(tc, without_a_setting_the_padding_is_the_one_that_every_u_boot_takes);
    tcase_add_test(tc, other_keys_and_settings_are_refused);
    tcase_add_test(tc, an_image_of_the_same_name_with_a_unit_address_is_refused);
    tcase_add_loop_test(tc, data_outside_of_the_tree_is_hashed_and_signed, 0, 4);
    tcase_add_loop_test(tc, misplaced_data_is_answered, 0, MISPLACED);
    tcase_add_test(tc, data_in_two_places_is_not_signed);
    tcase_add_loop_test(tc, a_padded_slot_is_read, 0, 4);
    tcase_add_test(tc, images_further_down_make_no_fit);
    tcase_add_test(tc, old_names_and_unknown_hashes_are_read);
    tcase_add_test(tc, signed_images_without_signed_configurations_are_not_enough);
    tcase_add_test(tc, the_signature_that_came_furthest_tells_why);
    tcase_add_test(tc, a_configuration_that_nobody_signed_is_refused);
    tcase_add_test(tc, a_list_of_signed_nodes_that_leaves_one_out_is_refused);
    tcase_add_test(tc, strings_beyond_their_block_are_refused);
    tcase_add_loop_test(tc, a_changed_property_is_answered, 0, CHANGES);
    tcase_add_loop_test(tc, an_image_without_a_strong_hash_is_not_signed, 0, 2);
    tcase_add_test(tc, forty_configurations_are_signed_and_no_more);
    tcase_add_loop_test(tc, a_hostile_number_is_answered, 0, PATCHES);
    tcase_add_test(tc, depth_and_counts_have_an_end);
    tcase_add_test(tc, encrypting_drops_the_signature_and_openssl_decrypts);
}

int main(void)
{
    static const struct suite_options options = {
        .name = "fit", .add = add, .load = load, .unload = unload
    };

    return suite_run(&options);
}

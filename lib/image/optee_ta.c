/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee-ta: a signed, perhaps encrypted trusted application, as OP-TEE loads it; this is how an
 * fTPM TA update travels. Source: boot-images.md 5.2; where that says that the hash is over the
 * image as stored, the golden ta_encrypted.ta has it over the plaintext, behind the encryption
 * header, IV and tag. So encryption comes first, and signing an encrypted TA needs its key. Until
 * it is signed, a TA has a signature of zeros.
 */
#include "base/digest.h"
#include "rotkit/format_row.h"
#include "base/gcm.h"
#include "base/layout.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/hex.h"
#include "rotkit/guid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TA_MAX = 64 << 20,
    HASH_LEN = 32,
    SIG_MAX = 512,
    IV_LEN = 12,
    TAG_LEN = 16,
    BOOTSTRAP = 1,
    ENCRYPTED = 2,
    SUBKEY = 3,
    UNSIGNED_SIG = 256,
};
#define MAGIC   UINT32_C(0x4f545348)
#define AES_GCM UINT32_C(0x40000810)
static const struct rk_format *self(void);

struct shdr {
    uint32_t magic, img_type, img_size, algo;
    uint16_t hash_size, sig_size;
};
struct bootstrap {
    uint8_t uuid[16]; /* in the order of its text */
    uint32_t ta_version;
};
struct ehdr {
    uint32_t enc_algo, flags;
    uint16_t iv_size, tag_size;
};
enum { SHDR_FIELDS = 6, BOOTSTRAP_FIELDS = 2, EHDR_FIELDS = 4, SHDR_WIRE = 20, BOOT_WIRE = 20 };
/* clang-format off */
static const struct rk_field shdr_layout[SHDR_FIELDS] = {
    RK_LE(struct shdr, magic),
    RK_LE(struct shdr, img_type),
    RK_LE(struct shdr, img_size),
    RK_LE(struct shdr, algo),
    RK_LE(struct shdr, hash_size),
    RK_LE(struct shdr, sig_size),
};
static const struct rk_field bootstrap_layout[BOOTSTRAP_FIELDS] = {
    RK_BYTES(struct bootstrap, uuid),
    RK_LE(struct bootstrap, ta_version),
};
static const struct rk_field ehdr_layout[EHDR_FIELDS] = {
    RK_LE(struct ehdr, enc_algo),
    RK_LE(struct ehdr, flags),
    RK_LE(struct ehdr, iv_size),
    RK_LE(struct ehdr, tag_size),
};
static const struct algo {
    uint32_t id;
    const char *name;
    enum rk_scheme scheme;
} algos[] = {
    { 0x70414930, "rsa-pss-sha256",   RK_SCHEME_RSA_PSS_SHA256 },
    { 0x70004830, "rsa-pkcs1-sha256", RK_SCHEME_RSA_PKCS1_SHA256 },
};
/* clang-format on */

struct ta {
    struct shdr shdr;
    struct bootstrap bootstrap;
    struct ehdr ehdr;
    const struct algo *algo;
    uint8_t hash[HASH_LEN], iv[IV_LEN], tag[TAG_LEN];
    const uint8_t *sig, *image; /* borrowed */
    size_t image_at;
    bool encrypted;
};

/* ---- reading ---- */

static enum rk_rc check_shdr(const struct shdr *h, const struct algo **ret, struct rk_err *err)
{
    if (h->magic != MAGIC)
        return rk_fail(err, RK_E_FORMAT, "magic 0x%08x, expected 0x%08x", h->magic, MAGIC);
    if (h->img_type == SUBKEY)
        return rk_fail(err, RK_E_FORMAT,
                       "a subkey (img_type 3): its layout is not among the sources of this tool");
    if (h->img_type != BOOTSTRAP && h->img_type != ENCRYPTED)
        return rk_fail(err, RK_E_FORMAT, "img_type %u, expected 1 or 2", h->img_type);
    *ret = NULL;
    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++)
        *ret = algos[i].id == h->algo ? &algos[i] : *ret;
    if (*ret == NULL)
        return rk_fail(err, RK_E_FORMAT, "algo 0x%08x, expected 0x70414930 or 0x70004830", h->algo);
    if (h->hash_size != HASH_LEN ||
        (h->sig_size != 256 && h->sig_size != 384 && h->sig_size != SIG_MAX))
        return rk_fail(err, RK_E_FORMAT,
                       "hash_size %u and sig_size %u, expected 32 and 256, 384 or 512",
                       h->hash_size, h->sig_size);
    return RK_OK;
}

static enum rk_rc read_encryption(struct rk_rd *rd, struct ta *ta, struct rk_err *err)
{
    rk_layout_read(ehdr_layout, EHDR_FIELDS, rd, &ta->ehdr);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (ta->ehdr.enc_algo != AES_GCM || ta->ehdr.flags > 1 || ta->ehdr.iv_size != IV_LEN ||
        ta->ehdr.tag_size != TAG_LEN)
        return rk_fail(err, RK_E_FORMAT,
                       "enc_algo 0x%08x, flags 0x%x, iv_size %u, tag_size %u: expected AES-GCM "
                       "(0x40000810), 0 or 1, 12, 16",
                       ta->ehdr.enc_algo, ta->ehdr.flags, ta->ehdr.iv_size, ta->ehdr.tag_size);
    rk_rd_bytes(rd, ta->iv, IV_LEN);
    rk_rd_bytes(rd, ta->tag, TAG_LEN);
    return RK_OK;
}

static enum rk_rc read_ta(const uint8_t *file, size_t len, struct ta *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    *ret = (struct ta) { .image = NULL };
    rk_layout_read(shdr_layout, SHDR_FIELDS, &rd, &ret->shdr);
    if (rk_rd_ok(&rd, err) || check_shdr(&ret->shdr, &ret->algo, err))
        return err->rc;
    rk_rd_bytes(&rd, ret->hash, HASH_LEN);
    ret->sig = rk_rd_take(&rd, ret->shdr.sig_size);
    rk_layout_read(bootstrap_layout, BOOTSTRAP_FIELDS, &rd, &ret->bootstrap);
    ret->encrypted = ret->shdr.img_type == ENCRYPTED;
    if (ret->encrypted && read_encryption(&rd, ret, err))
        return err->rc;
    ret->image_at = rk_rd_offset(&rd);
    ret->image = rk_rd_take(&rd, ret->shdr.img_size);
    return rk_rd_end(&rd, err);
}

/* What is hashed: shdr, uuid, version, encryption header with IV and tag, plaintext. */
static enum rk_rc hashed_bytes(const struct ta *ta, const uint8_t *plain, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TA_MAX);

    rk_layout_write(shdr_layout, SHDR_FIELDS, &ta->shdr, &wr);
    rk_layout_write(bootstrap_layout, BOOTSTRAP_FIELDS, &ta->bootstrap, &wr);
    if (ta->encrypted) {
        rk_layout_write(ehdr_layout, EHDR_FIELDS, &ta->ehdr, &wr);
        rk_wr_bytes(&wr, ta->iv, IV_LEN);
        rk_wr_bytes(&wr, ta->tag, TAG_LEN);
    }
    rk_wr_bytes(&wr, plain, ta->shdr.img_size);
    return rk_wr_end(&wr, ret, err);
}

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= SHDR_WIRE && memcmp(file, "HSTO", 4) == 0;
}

static enum rk_rc add_headers(const struct ta *ta, struct rk_map *map, struct rk_err *err)
{
    size_t sig_at = SHDR_WIRE + HASH_LEN, boot_at = sig_at + ta->shdr.sig_size;
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, SHDR_WIRE, "shdr", &region, err) ||
        rk_layout_map(shdr_layout, SHDR_FIELDS, &ta->shdr, 0, region, err) ||
        rk_region_add(map, map->root, SHDR_WIRE, HASH_LEN, "hash", &region, err) ||
        rk_region_add(map, map->root, sig_at, ta->shdr.sig_size, "signature", &region, err) ||
        rk_region_add(map, map->root, boot_at, BOOT_WIRE, "shdr_bootstrap_ta", &region, err) ||
        rk_layout_map(bootstrap_layout, BOOTSTRAP_FIELDS, &ta->bootstrap, boot_at, region, err))
        return err->rc;
    region->loaded = true;
    rk_region_set_child_ratchet(region, "ta_version", ta->bootstrap.ta_version);
    if (!ta->encrypted)
        return RK_OK;
    if (rk_region_add(map, map->root, boot_at + BOOT_WIRE, 12 + IV_LEN + TAG_LEN,
                      "shdr_encrypted_ta", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "AES-GCM, %s",
                   ta->ehdr.flags == 0 ? "key of the device" : "key of the class");
    return rk_layout_map(ehdr_layout, EHDR_FIELDS, &ta->ehdr, boot_at + BOOT_WIRE, region, err);
}

static bool is_signed(const struct ta *ta)
{
    return !rk_all_zero(ta->sig, ta->shdr.sig_size);
}

static enum rk_rc check_hash(const struct ta *ta, const uint8_t *plain, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint8_t digest[HASH_LEN];

    if (hashed_bytes(ta, plain, &bytes, err) || rk_sha256(bytes.p, bytes.len, digest, err))
        return err->rc;
    if (memcmp(digest, ta->hash, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "hash at 0x14 does not hold: header or image changed");
    return RK_OK;
}

/* All but hash and signature themselves. */
static enum rk_rc guard(struct rk_map *map, const struct ta *ta, enum rk_guard_kind kind,
                        const char *by, struct rk_err *err)
{
    size_t after = SHDR_WIRE + HASH_LEN + ta->shdr.sig_size;

    if (rk_map_guard(map, 0, SHDR_WIRE, kind, by, err))
        return err->rc;
    return rk_map_guard(map, after, ta->image_at + ta->shdr.img_size - after, kind, by, err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    struct ta ta;

    if (read_ta(file, len, &ta, err) || (!ta.encrypted && check_hash(&ta, ta.image, err)) ||
        add_headers(&ta, map, err) ||
        rk_region_add(map, map->root, ta.image_at, ta.shdr.img_size,
                      ta.encrypted ? "image, encrypted" : "image", &region, err) ||
        (!ta.encrypted && guard(map, &ta, RK_GUARD_DIGEST, "hash (SHA-256)", err)))
        return err->rc;
    region->loaded = true;
    map->encrypted = ta.encrypted;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   ta.encrypted ? "structure holds, hash and tag need the encryption key"
                                : "hash ok",
                   is_signed(&ta) ? "signature not checked: needs the public key" : "not signed");
    return RK_OK;
}

/* ---- making ---- */

static const struct rk_part_row part_rows[] = {
    { "elf", true, false, "the trusted application" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "uuid", NULL, "pack: the TA's UUID, as it is written" },
    { "version", "0", "pack: ta_version, against rollback" },
    { "algo", "rsa-pss-sha256", "sign: rsa-pss-sha256 or rsa-pkcs1-sha256" },
    { "enc-key", "device", "encrypt: device for the device's own key, class for a class-wide one" },
    { "iv", NULL, "encrypt: 24 hex digits, for known answers alone: never use one twice" },
    { NULL, NULL, NULL },
};

/* Sets the hash over the plaintext and writes the whole, image as stored. sig NULL: zeros. */
static enum rk_rc write_ta(struct ta *ta, const uint8_t *plain, const uint8_t *sig,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TA_MAX);

    if (hashed_bytes(ta, plain, &bytes, err) || rk_sha256(bytes.p, bytes.len, ta->hash, err))
        return err->rc;
    rk_wr_bytes(&wr, bytes.p, SHDR_WIRE);
    rk_wr_bytes(&wr, ta->hash, HASH_LEN);
    if (sig != NULL)
        rk_wr_bytes(&wr, sig, ta->shdr.sig_size);
    else
        rk_wr_zero(&wr, ta->shdr.sig_size);
    rk_wr_bytes(&wr, bytes.p + SHDR_WIRE, bytes.len - SHDR_WIRE - ta->shdr.img_size);
    rk_wr_bytes(&wr, ta->image, ta->shdr.img_size);
    return rk_wr_end(&wr, ret, err);
}

/* "8aaaf200-2450-11e4-abe2-0002a5d5c51b": the bytes in the order of the text. */
static enum rk_rc read_uuid(const struct rk_request *request, uint8_t ret[16], struct rk_err *err)
{
    const char *text = rk_request_text(request, self(), "uuid");

    if (text == NULL || rk_uuid_parse(text, ret, err))
        return rk_fail(err, RK_E_USAGE,
                       "setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b");
    return RK_OK;
}

static enum rk_rc find_algo(const struct rk_request *request, const struct algo **ret,
                            struct rk_err *err)
{
    const char *name = rk_request_text(request, self(), "algo");

    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
        if (strcmp(algos[i].name, name) == 0) {
            *ret = &algos[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "setting \"algo\": expected %s or %s, found \"%s\"",
                   algos[0].name, algos[1].name, name);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_input *elf = rk_request_part(request, "elf");
    struct ta ta = { .image = elf->p };
    uint64_t version;

    if (elf->len == 0 || elf->len > TA_MAX - 4096)
        return rk_fail(err, RK_E_USAGE, "a TA of %zu bytes", elf->len);
    if (read_uuid(request, ta.bootstrap.uuid, err) || find_algo(request, &ta.algo, err) ||
        rk_request_u64(request, self(), "version", 0, UINT32_MAX, &version, err))
        return err->rc;
    ta.bootstrap.ta_version = (uint32_t)version;
    ta.shdr = (struct shdr) { .magic = MAGIC,
                              .img_type = BOOTSTRAP,
                              .img_size = (uint32_t)elf->len,
                              .algo = ta.algo->id,
                              .hash_size = HASH_LEN,
                              .sig_size = UNSIGNED_SIG };
    return write_ta(&ta, ta.image, NULL, ret, err);
}

/* No AAD. */
static struct rk_gcm describe(const struct rk_request *request, const struct ta *ta)
{
    return (struct rk_gcm) { .ctx = request->ctx, .key = request->secret, .iv = ta->iv };
}

static enum rk_rc set_encryption(const struct rk_request *request, struct ta *ta,
                                 struct rk_err *err)
{
    const char *level = rk_request_text(request, self(), "enc-key"),
               *iv = rk_request_text(request, self(), "iv");
    bool class_wide = strcmp(level, "class") == 0;

    if (!class_wide && strcmp(level, "device") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"enc-key\": expected device or class");
    if (iv != NULL && rk_hex_read(iv, strlen(iv), ta->iv, IV_LEN, err))
        return rk_wrap(err, "setting \"iv\"");
    ta->encrypted = true;
    ta->shdr.img_type = ENCRYPTED;
    ta->ehdr = (struct ehdr) { AES_GCM, class_wide, IV_LEN, TAG_LEN };
    if (iv != NULL)
        return RK_OK;
    return rk_request_iv(request,
                         &(struct rk_iv_inputs) { .format = self()->name,
                                                  .role = level,
                                                  .header = ta->bootstrap.uuid,
                                                  .header_len = 16,
                                                  .content = ta->image,
                                                  .len = ta->shdr.img_size },
                         ta->iv, IV_LEN, err);
}

static enum rk_rc encrypt(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    const uint8_t *plain;
    struct rk_gcm gcm;
    struct ta ta;

    if (read_ta(file, len, &ta, err))
        return err->rc;
    if (ta.encrypted)
        return rk_fail(err, RK_E_USAGE, "is encrypted already");
    gcm = describe(request, &ta);
    if (set_encryption(request, &ta, err) ||
        rk_bytes_copy(ta.image, ta.shdr.img_size, &text, err) ||
        rk_gcm_seal(&gcm, text.p, text.len, ta.tag, err))
        return err->rc;
    plain = ta.image;
    ta.image = text.p;
    /* A signature did not cover the encryption header: it is gone, sign next. */
    return write_ta(&ta, plain, NULL, ret, err);
}

/* The plaintext: the image, or what it decrypts to, in `room`. */
static enum rk_rc find_plain(const struct rk_request *request, struct ta *ta, struct rk_bytes *room,
                             const uint8_t **ret, struct rk_err *err)
{
    const struct rk_gcm gcm = describe(request, ta);

    *ret = ta->image;
    if (!ta->encrypted)
        return RK_OK;
    if (request->secret == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "is encrypted, and the signature covers the plaintext: give the encryption "
                       "key too");
    if (rk_bytes_copy(ta->image, ta->shdr.img_size, room, err) ||
        rk_gcm_open(&gcm, room->p, room->len, ta->tag, err))
        return err->rc;
    *ret = room->p;
    return RK_OK;
}

struct signing {
    struct ta ta;
    const uint8_t *plain;
    struct rk_bytes room;
};

static void signing_done(struct signing *s)
{
    rk_bytes_done(&s->room);
}

/* The TA with its header for this key, as it will be signed. */
static enum rk_rc prepare(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct signing *s, struct rk_err *err)
{
    EVP_PKEY *pub = request->key[0].pub;
    int bits = EVP_PKEY_get_bits(pub);

    if (read_ta(file, len, &s->ta, err) || find_algo(request, &s->ta.algo, err) ||
        find_plain(request, &s->ta, &s->room, &s->plain, err))
        return err->rc;
    if (!EVP_PKEY_is_a(pub, "RSA") || (bits != 2048 && bits != 3072 && bits != 4096))
        return rk_fail(err, RK_E_KEY,
                       "OP-TEE takes RSA keys of 2048, 3072 or 4096 bits, this is "
                       "%s with %d",
                       EVP_PKEY_get0_type_name(pub), bits);
    s->ta.shdr.algo = s->ta.algo->id;
    s->ta.shdr.sig_size = (uint16_t)(bits / 8);
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .plain = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

    if (prepare(request, file, len, &s, err) || hashed_bytes(&s.ta, s.plain, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "headers and plaintext", s.ta.algo->scheme, &message, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .plain = NULL };

    if (prepare(request, file, len, &s, err))
        return err->rc;
    if (signatures[0].len != s.ta.shdr.sig_size)
        return rk_fail(err, RK_E_KEY, "a signature of %zu bytes, expected %u", signatures[0].len,
                       s.ta.shdr.sig_size);
    return write_ta(&s.ta, s.plain, signatures[0].p, ret, err);
}

/* The signature is over the hash in the file, so it can be held without any other key. */
static enum rk_rc check_signature(const struct rk_request *request, const struct ta *ta,
                                  struct rk_map *map, struct rk_err *err)
{
    if (!is_signed(ta))
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (rk_signature_check_digest(request->ctx, request->key[0].pub, ta->algo->scheme, ta->hash,
                                  sizeof ta->hash, ta->sig, ta->shdr.sig_size, err)) {
        err->rc = err->rc == RK_E_KEY ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    (void)snprintf(map->signer, sizeof map->signer, "the key given (%s)", ta->algo->name);
    if (rk_map_checked(map, SHDR_WIRE + HASH_LEN, ta->shdr.sig_size, err))
        return err->rc;
    return rk_map_guard(map, SHDR_WIRE, HASH_LEN, RK_GUARD_SIGNATURE, "signature", err);
}

/* Headers and plaintext against the hash in the file, once it can be seen. */
static enum rk_rc check_plain(const struct rk_request *request, struct signing *s,
                              struct rk_map *map, struct rk_err *err)
{
    if (find_plain(request, &s->ta, &s->room, &s->plain, err) || check_hash(&s->ta, s->plain, err))
        return err->rc;
    return s->ta.encrypted ? guard(map, &s->ta, RK_GUARD_DIGEST, "hash (SHA-256), GCM tag", err)
                           : RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .plain = NULL };
    bool seen, go;

    if (read_ta(file, len, &s.ta, err))
        return err->rc;
    if (request->key_count == 0 && request->trust == NULL)
        go = false; /* what is encrypted shall be looked into, whoever signed it */
    else if (rk_check_begin(request, is_signed(&s.ta), RK_NEED_PUB, map, &go, err) ||
             (go && check_signature(request, &s.ta, map, err)))
        return err->rc;
    seen = !s.ta.encrypted || request->secret != NULL;
    if (seen ? check_plain(request, &s, map, err)
             : rk_map_unknown(map, 0, len, RK_NEED_KEY, "hash and GCM tag", err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   !s.ta.encrypted ? "hash ok"
                   : seen          ? "hash and GCM tag ok"
                          : "signature over the hash; hash and tag need the encryption key");
    return seen && go ? guard(map, &s.ta, RK_GUARD_SIGNATURE, "signature", err) : RK_OK;
}

/* ---- what OP-TEE takes ---- */

static const struct rk_demand demands[] = {
    { "op-tee", "program", "elf-arm elf-aarch64 elf-riscv",
      "it loads ELF programs for Arm and RISC-V", NULL },
    { .firmware = NULL },
};

/* ELF: e_ident, then e_type and e_machine; all of OP-TEE's machines are little-endian. */
static const char *program_word(const uint8_t *image, size_t len)
{
    static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F' };
    static const struct {
        uint16_t machine;
        const char *word;
    } machines[] = { { 40, "elf-arm" }, { 183, "elf-aarch64" }, { 243, "elf-riscv" } };

    if (len < 20 || memcmp(image, magic, sizeof magic) != 0)
        return "not-elf";
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if ((image[18] | image[19] << 8) == machines[i].machine)
            return machines[i].word;
    }
    return "elf-of-another-machine";
}

static enum rk_rc facts(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct ta ta;

    (void)request;
    if (read_ta(file, len, &ta, err))
        return err->rc;
    return ta.encrypted ? RK_OK
                        : rk_map_fact(map, ta.image_at, ta.shdr.img_size, "program",
                                      program_word(ta.image, ta.shdr.img_size), err);
}

const struct rk_format rk_format_optee_ta = {
    .name = "optee-ta",
    .title = "OP-TEE trusted application",
    .max = TA_MAX,
    .recognise = recognise,
    .parse = parse,
    .demands = demands,
    .facts = facts,
    .parts = part_rows,
    .settings = setting_rows,
    .encrypts_first = true,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .encrypt = encrypt,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_optee_ta;
}

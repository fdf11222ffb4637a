/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee-ta: a signed, perhaps encrypted trusted application, as OP-TEE loads it; this is how an
 * fTPM TA update travels. Source: boot-images.md 5.2; where that says that the hash is over the
 * image as stored, the golden ta_encrypted.ta has it over the plaintext, behind the encryption
 * header, IV and tag. So encryption comes first, and signing an encrypted TA needs its key. Until
 * it is signed, a TA has a signature of zeros.
 */
#include "image/optee.h"

#include "base/digest.h"
#include "base/gcm.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TA_MAX = 64 << 20, IV_LEN = 12, TAG_LEN = 16, UNSIGNED_SIG = 256 };
#define AES_GCM UINT32_C(0x40000810)
static const struct rk_format *self(void);

struct bootstrap {
    uint8_t uuid[RK_OPTEE_UUID]; /* in the order of its text */
    uint32_t ta_version;
};
struct ehdr {
    uint32_t enc_algo, flags;
    uint16_t iv_size, tag_size;
};
enum { BOOTSTRAP_FIELDS = 2, EHDR_FIELDS = 4, BOOT_WIRE = 20 };
/* clang-format off */
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
/* clang-format on */

struct ta {
    struct rk_optee_chain above; /* the subkeys in front of it */
    const uint8_t *file;         /* they stand at its start, up to head.at */
    struct rk_optee_signed head;
    struct bootstrap bootstrap;
    struct ehdr ehdr;
    uint8_t iv[IV_LEN], tag[TAG_LEN];
    const uint8_t *image; /* borrowed */
    size_t image_at;
    bool encrypted;
};

/* ---- reading ---- */

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

    *ret = (struct ta) { .file = file };
    if (rk_optee_chain_read(file, len, &ret->above, err))
        return err->rc;
    (void)rk_rd_take(&rd, ret->above.end);
    if (ret->above.count != 0 && rk_rd_left(&rd) == 0)
        return rk_fail(err, RK_E_FORMAT, "subkeys, and no TA behind them: an optee-subkey");
    if (rk_optee_signed_read(&rd, &ret->head, err))
        return err->rc;
    rk_layout_read(bootstrap_layout, BOOTSTRAP_FIELDS, &rd, &ret->bootstrap);
    ret->encrypted = ret->head.shdr.img_type == RK_OPTEE_ENCRYPTED;
    if (ret->encrypted && read_encryption(&rd, ret, err))
        return err->rc;
    ret->image_at = rk_rd_offset(&rd);
    ret->image = rk_rd_take(&rd, ret->head.shdr.img_size);
    return rk_rd_end(&rd, err);
}

/* What is hashed: shdr, uuid, version, encryption header with IV and tag, plaintext. */
static enum rk_rc hashed_bytes(const struct ta *ta, const uint8_t *plain, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TA_MAX);

    rk_layout_write(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, &ta->head.shdr, &wr);
    rk_layout_write(bootstrap_layout, BOOTSTRAP_FIELDS, &ta->bootstrap, &wr);
    if (ta->encrypted) {
        rk_layout_write(ehdr_layout, EHDR_FIELDS, &ta->ehdr, &wr);
        rk_wr_bytes(&wr, ta->iv, IV_LEN);
        rk_wr_bytes(&wr, ta->tag, TAG_LEN);
    }
    rk_wr_bytes(&wr, plain, ta->head.shdr.img_size);
    return rk_wr_end(&wr, ret, err);
}

/* Also what is none of the types: reading it says which. */
static bool recognise(const uint8_t *file, size_t len)
{
    return len >= RK_OPTEE_SHDR_WIRE && memcmp(file, "HSTO", 4) == 0;
}

static enum rk_rc add_headers(const struct ta *ta, struct rk_map *map, struct rk_err *err)
{
    size_t boot_at = ta->head.at + RK_OPTEE_SHDR_WIRE + RK_OPTEE_HASH + ta->head.shdr.sig_size;
    struct rk_region *region;

    if (rk_optee_signed_map(&ta->head, map, map->root, err) ||
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

static enum rk_rc check_hash(const struct ta *ta, const uint8_t *plain, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint8_t digest[RK_OPTEE_HASH];

    if (hashed_bytes(ta, plain, &bytes, err) || rk_sha256(bytes.p, bytes.len, digest, err))
        return err->rc;
    if (memcmp(digest, ta->head.hash, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "hash at 0x%zx does not hold: header or image changed",
                       ta->head.at + RK_OPTEE_SHDR_WIRE);
    return RK_OK;
}

/* All of the TA but hash and signature themselves. */
static enum rk_rc guard(struct rk_map *map, const struct ta *ta, enum rk_guard_kind kind,
                        const char *by, struct rk_err *err)
{
    size_t after = ta->head.at + RK_OPTEE_SHDR_WIRE + RK_OPTEE_HASH + ta->head.shdr.sig_size;

    if (rk_map_guard(map, ta->head.at, RK_OPTEE_SHDR_WIRE, kind, by, err))
        return err->rc;
    return rk_map_guard(map, after, ta->image_at + ta->head.shdr.img_size - after, kind, by, err);
}

/* What the subkeys in front ask: that they hold, and of the TA the UUID that the last gives it. */
static enum rk_rc check_above(const struct ta *ta, struct rk_err *err)
{
    const struct rk_optee_chain *above = &ta->above;
    char wanted[RK_GUID_TEXT];

    if (rk_optee_chain_holds(above, err))
        return err->rc;
    if (above->count == 0 ||
        memcmp(above->subkey[above->count - 1].next, ta->bootstrap.uuid, RK_OPTEE_UUID) == 0)
        return RK_OK;
    rk_uuid_text(above->subkey[above->count - 1].next, wanted);
    return rk_fail(err, RK_E_VERIFY,
                   "the TA has another UUID than subkey %zu gives it by its name: %s", above->count,
                   wanted);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    enum rk_rc rc = RK_OK;
    struct ta ta;

    if (read_ta(file, len, &ta, err) || check_above(&ta, err))
        return err->rc;
    if (!ta.encrypted)
        rc = check_hash(&ta, ta.image, err);
    if (rk_map_compared(map, rc, 0, len, NULL, err) || rk_optee_chain_map(&ta.above, map, err) ||
        add_headers(&ta, map, err) ||
        rk_region_add(map, map->root, ta.image_at, ta.head.shdr.img_size,
                      ta.encrypted ? "image, encrypted" : "image", &region, err) ||
        (!ta.encrypted && rc == RK_OK && guard(map, &ta, RK_GUARD_DIGEST, "hash (SHA-256)", err)))
        return err->rc;
    region->loaded = true;
    map->encrypted = ta.encrypted;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   ta.encrypted ? "structure holds, hash and tag need the encryption key"
                                : "hash ok",
                   rk_optee_is_signed(&ta.head) ? "signature not checked: needs the public key"
                                                : "not signed");
    return RK_OK;
}

/* ---- making ---- */

static const struct rk_part_row part_rows[] = {
    { "elf", true, false, "the trusted application" },
    { RK_OPTEE_PART_SUBKEY, false, false, "pack: the subkey that will sign it, with its chain" },
    { RK_OPTEE_PART_TA_KEY, false, false,
      "encrypt, sign, verify: OP-TEE's public TA key; the key given is then the device's HUK" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "uuid", NULL, "pack: the TA's UUID, as it is written; below a subkey its name gives it" },
    { "name", NULL, "pack: below a subkey: the name that gives the UUID" },
    { "version", "0", "pack: ta_version, against rollback" },
    { "algo", "rsa-pss-sha256", "sign: rsa-pss-sha256 or rsa-pkcs1-sha256" },
    { "enc-key", "device", "encrypt: device for the device's own key, class for a class-wide one" },
    { "iv", NULL, "encrypt: 24 hex digits, for known answers alone: never use one twice" },
    { NULL, NULL, NULL },
};

/* Hashes over the plaintext and writes the whole, image as stored. sig NULL: zeros. */
static enum rk_rc write_ta(const struct ta *ta, const uint8_t *plain, const uint8_t *sig,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TA_MAX);
    uint8_t hash[RK_OPTEE_HASH];

    if (hashed_bytes(ta, plain, &bytes, err) || rk_sha256(bytes.p, bytes.len, hash, err))
        return err->rc;
    rk_wr_bytes(&wr, ta->file, ta->head.at);
    rk_wr_bytes(&wr, bytes.p, RK_OPTEE_SHDR_WIRE);
    rk_wr_bytes(&wr, hash, sizeof hash);
    if (sig != NULL)
        rk_wr_bytes(&wr, sig, ta->head.shdr.sig_size);
    else
        rk_wr_zero(&wr, ta->head.shdr.sig_size);
    rk_wr_bytes(&wr, bytes.p + RK_OPTEE_SHDR_WIRE,
                bytes.len - RK_OPTEE_SHDR_WIRE - ta->head.shdr.img_size);
    rk_wr_bytes(&wr, ta->image, ta->head.shdr.img_size);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes front = RK_BYTES_NONE;
    const struct rk_input *elf = rk_request_part(request, "elf");
    struct ta ta = { .image = elf->p };
    uint64_t version;

    if (elf->len == 0 || elf->len > TA_MAX - 4096)
        return rk_fail(err, RK_E_USAGE, "a TA of %s", RK_COUNTED(elf->len, "byte"));
    if (rk_optee_above(request, self(), &ta.above, &front, ta.bootstrap.uuid, err) ||
        rk_optee_uuid(request, self(), ta.above.count != 0, ta.bootstrap.uuid, err) ||
        rk_optee_algo_find(rk_request_text(request, self(), "algo"), &ta.head.algo, err) ||
        rk_request_u64(request, self(), "version", 0, UINT32_MAX, &version, err))
        return err->rc;
    ta.bootstrap.ta_version = (uint32_t)version;
    ta.file = front.p;
    ta.head.at = front.len;
    ta.head.shdr = (struct rk_optee_shdr) { .magic = RK_OPTEE_MAGIC,
                                            .img_type = RK_OPTEE_BOOTSTRAP,
                                            .img_size = (uint32_t)elf->len,
                                            .algo = ta.head.algo->id,
                                            .hash_size = RK_OPTEE_HASH,
                                            .sig_size = UNSIGNED_SIG };
    return write_ta(&ta, ta.image, NULL, ret, err);
}

/* ---- encryption ---- */

/* The key that the image is under: the one given, or of the device whose HUK that is. No AAD. */
static enum rk_rc describe(const struct rk_request *request, const struct ta *ta,
                           struct rk_secret *room, struct rk_gcm *ret, struct rk_err *err)
{
    const struct rk_input *part = rk_request_part(request, RK_OPTEE_PART_TA_KEY);

    *ret = (struct rk_gcm) { .ctx = request->ctx, .key = rk_request_secret(request), .iv = ta->iv };
    if (part == NULL)
        return RK_OK;
    if (rk_optee_device_key(request, part, room, err))
        return err->rc;
    ret->key = room;
    return RK_OK;
}

static enum rk_rc set_encryption(const struct rk_request *request, struct ta *ta,
                                 struct rk_err *err)
{
    const char *level = rk_request_text(request, self(), "enc-key"),
               *iv = rk_request_text(request, self(), "iv");
    bool class_wide = strcmp(level, "class") == 0;

    if (!class_wide && strcmp(level, "device") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"enc-key\": expected device or class");
    if (class_wide && rk_request_part(request, RK_OPTEE_PART_TA_KEY) != NULL)
        return rk_fail(err, RK_E_USAGE, "part \"" RK_OPTEE_PART_TA_KEY "\" is for enc-key=device");
    if (iv != NULL && rk_hex_read(iv, strlen(iv), ta->iv, IV_LEN, err))
        return rk_wrap(err, "setting \"iv\"");
    ta->encrypted = true;
    ta->head.shdr.img_type = RK_OPTEE_ENCRYPTED;
    ta->ehdr = (struct ehdr) { AES_GCM, class_wide, IV_LEN, TAG_LEN };
    if (iv != NULL)
        return RK_OK;
    return rk_request_iv(request,
                         &(struct rk_iv_inputs) { .format = self()->name,
                                                  .role = level,
                                                  .header = ta->bootstrap.uuid,
                                                  .header_len = 16,
                                                  .content = ta->image,
                                                  .len = ta->head.shdr.img_size },
                         ta->iv, IV_LEN, err);
}

static enum rk_rc encrypt(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    const uint8_t *plain;
    struct rk_gcm gcm;
    struct ta ta;

    if (read_ta(file, len, &ta, err))
        return err->rc;
    if (ta.encrypted)
        return rk_fail(err, RK_E_USAGE, "is encrypted already");
    if (describe(request, &ta, &key, &gcm, err) || set_encryption(request, &ta, err) ||
        rk_bytes_copy(ta.image, ta.head.shdr.img_size, &text, err) ||
        rk_gcm_seal(&gcm, text.p, text.len, ta.tag, err))
        return err->rc;
    plain = ta.image;
    ta.image = text.p;
    /* A signature did not cover the encryption header: it is gone, sign next. */
    if (rk_optee_is_signed(&ta.head))
        rk_warn(request->ctx,
                "its signature was of what is encrypted now, and is gone: sign it again");
    return write_ta(&ta, plain, NULL, ret, err);
}

/* The plaintext: the image, or what it decrypts to, in `room`. */
static enum rk_rc find_plain(const struct rk_request *request, struct ta *ta, struct rk_bytes *room,
                             const uint8_t **ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    struct rk_gcm gcm;

    *ret = ta->image;
    if (!ta->encrypted)
        return RK_OK;
    if (request->secret == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "is encrypted, and the signature covers the plaintext: give the encryption "
                       "key too (--content-key)");
    if (describe(request, ta, &key, &gcm, err) ||
        rk_bytes_copy(ta->image, ta->head.shdr.img_size, room, err) ||
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

    if (read_ta(file, len, &s->ta, err) ||
        rk_optee_algo_find(rk_request_text(request, self(), "algo"), &s->ta.head.algo, err) ||
        rk_optee_key_fits(pub, err) || rk_optee_signs_below(request, &s->ta.above, pub, err) ||
        find_plain(request, &s->ta, &s->room, &s->plain, err))
        return err->rc;
    s->ta.head.shdr.algo = s->ta.head.algo->id;
    s->ta.head.shdr.sig_size = (uint16_t)(EVP_PKEY_get_bits(pub) / 8);
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .plain = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;

    if (prepare(request, file, len, &s, err) || hashed_bytes(&s.ta, s.plain, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "headers and plaintext", s.ta.head.algo->scheme, &message,
                                err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .plain = NULL };

    if (prepare(request, file, len, &s, err))
        return err->rc;
    if (signatures[0].len != s.ta.head.shdr.sig_size)
        return rk_fail(err, RK_E_KEY, "a signature of %s, expected %u",
                       RK_COUNTED(signatures[0].len, "byte"), s.ta.head.shdr.sig_size);
    return write_ta(&s.ta, s.plain, signatures[0].p, ret, err);
}

/* By the key given, through the subkeys in front; none needs any other key. */
static enum rk_rc check_signature(const struct rk_request *request, const struct ta *ta,
                                  struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = NULL;

    if (rk_optee_chain_check(request, &ta->above, request->key[0].pub, map, &key, err) ||
        rk_optee_signed_check(request, &ta->head, key, map, err))
        return err->rc;
    if (ta->above.count == 0)
        (void)snprintf(map->signer, sizeof map->signer, "the key given (%s)", ta->head.algo->name);
    else
        (void)snprintf(map->signer, sizeof map->signer, "the key given, by %s (%s)",
                       RK_COUNTED(ta->above.count, "subkey"), ta->head.algo->name);
    return RK_OK;
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
    else if (rk_check_begin(request, rk_optee_is_signed(&s.ta.head), RK_NEED_PUB, map, &go, err) ||
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
                        : rk_map_fact(map, ta.image_at, ta.head.shdr.img_size, "program",
                                      program_word(ta.image, ta.head.shdr.img_size), err);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee-subkey: a key that may sign trusted applications, or further subkeys, in the root key's
 * stead, confined to UUIDs that its own UUID gives by name. Source: boot-images.md 5.2. The file of
 * a subkey below another has the chain down to it; until it is signed, its signature is zeros.
 */
#include "image/optee.h"

#include "base/digest.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/public.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>

enum { FILE_MAX = 1 << 20, NUMBERS_MAX = 600, UNSIGNED_SIG = 256 };
static const struct rk_format *self(void);

/* Nothing but subkeys: what ends in a TA is one. */
static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_optee_chain chain;
    struct rk_err ignored;

    return len >= 8 && memcmp(file, "HSTO\x03\0\0\0", 8) == 0 &&
           rk_optee_chain_read(file, len, &chain, &ignored) == RK_OK && chain.end == len;
}

static enum rk_rc read_chain(const uint8_t *file, size_t len, struct rk_optee_chain *ret,
                             struct rk_err *err)
{
    if (rk_optee_chain_read(file, len, ret, err))
        return err->rc;
    if (ret->count == 0 || ret->end != len)
        return rk_fail(err, RK_E_FORMAT, "no OP-TEE subkey");
    return ret->subkey[ret->count - 1].name == NULL
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "ends in a name, and nothing has it");
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_optee_chain chain;

    if (read_chain(file, len, &chain, err) || rk_optee_chain_holds(&chain, err) ||
        rk_optee_chain_map(&chain, map, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "hashes and UUIDs ok, %s",
                   rk_optee_is_signed(&chain.subkey[chain.count - 1].head)
                       ? "signatures not checked: need the root's public key"
                       : "not signed");
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *below = NULL;
    struct rk_optee_chain chain;
    bool go;

    if (read_chain(file, len, &chain, err) ||
        rk_check_begin(request, rk_optee_is_signed(&chain.subkey[chain.count - 1].head),
                       RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (rk_optee_chain_check(request, &chain, request->key[0].pub, map, &below, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "hashes, UUIDs and signatures hold");
    (void)snprintf(map->signer, sizeof map->signer, "the key given, by %s",
                   RK_COUNTED(chain.count, "subkey"));
    return RK_OK;
}

/* ---- making ---- */

static const struct rk_part_row part_rows[] = {
    { "pub", true, false, "the subkey's public key: RSA of 2048, 3072 or 4096 bits" },
    { RK_OPTEE_PART_SUBKEY, false, false, "the subkey above, which will sign it, with its chain" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "uuid", NULL, "pack: the subkey's UUID; below another subkey its name gives it" },
    { "name", NULL, "pack: below another subkey: the name that gives its UUID" },
    { "name-size", "64", "pack: room for the name of what it signs, 0: that has the same UUID" },
    { "version", "0", "pack: subkey_version, against rollback" },
    { "max-depth", "0", "pack: levels of subkeys that may stand below; 0: it signs TAs only" },
    { "algo", "rsa-pss-sha256", "how it is signed, and signs: rsa-pss-sha256 or rsa-pkcs1-sha256" },
    { NULL, NULL, NULL },
};

/* Values are (bits + 8) / 8 bytes, so that a set top bit has a zero before it. */
static enum rk_rc put_number(EVP_PKEY *key, const char *param, uint32_t id, size_t at,
                             struct rk_wr *attrs, struct rk_wr *values, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    uint8_t bytes[NUMBERS_MAX];
    int len;

    if (EVP_PKEY_get_bn_param(key, param, &n) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "the RSA key's numbers");
    len = (BN_num_bits(n) + 8) / 8;
    if (len > NUMBERS_MAX || BN_bn2binpad(n, bytes, len) != len)
        return rk_fail(err, RK_E_KEY, "the RSA key's numbers do not fit");
    rk_wr_le(attrs, id, 4);
    rk_wr_le(attrs, at, 4);
    rk_wr_le(attrs, (uint64_t)len, 4);
    rk_wr_bytes(values, bytes, (size_t)len);
    return RK_OK;
}

/* What a subkey says of itself, read from the settings. */
struct said {
    uint8_t uuid[RK_OPTEE_UUID];
    uint64_t name_size, version, max_depth;
    const struct rk_optee_algo *algo;
};

static enum rk_rc read_said(const struct rk_request *request, const struct rk_optee_chain *above,
                            struct said *ret, struct rk_err *err)
{
    uint32_t depth = above->count == 0 ? UINT32_MAX : above->subkey[above->count - 1].max_depth;

    if (rk_optee_algo_find(rk_request_text(request, self(), "algo"), &ret->algo, err) ||
        rk_request_u64(request, self(), "name-size", 0, RK_OPTEE_NAME_MAX, &ret->name_size, err) ||
        rk_request_u64(request, self(), "version", 0, UINT32_MAX, &ret->version, err) ||
        rk_request_u64(request, self(), "max-depth", 0, UINT32_MAX, &ret->max_depth, err))
        return err->rc;
    if (depth == 0)
        return rk_fail(err, RK_E_USAGE,
                       "the subkey above has max_depth 0: it may sign TAs, and no subkey");
    return ret->max_depth < depth
               ? RK_OK
               : rk_fail(err, RK_E_USAGE,
                         "setting \"max-depth\": expected less than %u, that of the subkey above",
                         depth);
}

static enum rk_rc put_image(EVP_PKEY *key, const struct said *said, struct rk_bytes *ret,
                            struct rk_err *err)
{
    enum { HEAD = 36, ATTRS = 24 };
    RK_AUTO(rk_wr_done) struct rk_wr attrs = RK_WR_MAX(ATTRS);
    RK_AUTO(rk_wr_done) struct rk_wr values = RK_WR_MAX(2 * NUMBERS_MAX);
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(4096);
    RK_AUTO(rk_bytes_done) struct rk_bytes a = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes v = RK_BYTES_NONE;

    if (put_number(key, OSSL_PKEY_PARAM_RSA_N, 0xd0000130, HEAD + ATTRS, &attrs, &values, err) ||
        put_number(key, OSSL_PKEY_PARAM_RSA_E, 0xd0000230, HEAD + ATTRS + values.len, &attrs,
                   &values, err) ||
        rk_wr_end(&attrs, &a, err) || rk_wr_end(&values, &v, err))
        return err->rc;
    rk_wr_bytes(&wr, said->uuid, RK_OPTEE_UUID);
    rk_wr_le(&wr, said->name_size, 4);
    rk_wr_le(&wr, said->version, 4);
    rk_wr_le(&wr, said->max_depth, 4);
    rk_wr_le(&wr, said->algo->id, 4);
    rk_wr_le(&wr, 2, 4);
    rk_wr_bytes(&wr, a.p, a.len);
    rk_wr_bytes(&wr, v.p, v.len);
    return rk_wr_end(&wr, ret, err);
}

/* front ‖ shdr ‖ hash ‖ signature (NULL: zeros) ‖ image */
static enum rk_rc write_subkey(const struct rk_bytes *front, const struct rk_optee_shdr *shdr,
                               const uint8_t *sig, const uint8_t *image, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr hashed = RK_WR_MAX(FILE_MAX);
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(FILE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    uint8_t hash[RK_OPTEE_HASH];

    rk_layout_write(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, shdr, &hashed);
    rk_wr_bytes(&hashed, image, shdr->img_size);
    if (rk_wr_end(&hashed, &bytes, err) || rk_sha256(bytes.p, bytes.len, hash, err))
        return err->rc;
    rk_wr_bytes(&wr, front->p, front->len);
    rk_wr_bytes(&wr, bytes.p, RK_OPTEE_SHDR_WIRE);
    rk_wr_bytes(&wr, hash, sizeof hash);
    if (sig == NULL)
        rk_wr_zero(&wr, shdr->sig_size);
    else
        rk_wr_bytes(&wr, sig, shdr->sig_size);
    rk_wr_bytes(&wr, image, shdr->img_size);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_input *part = rk_request_part(request, "pub");
    RK_AUTO(rk_public_done) rk_public *pub = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes front = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    struct rk_optee_chain above;
    struct rk_optee_shdr shdr;
    struct said said;

    if (rk_public_from_bytes(request->ctx, part->p, part->len, &pub, err) ||
        rk_optee_key_fits(rk_public_pkey(pub), err))
        return rk_wrap(err, "part \"pub\"");
    if (rk_optee_above(request, self(), &above, &front, said.uuid, err) ||
        read_said(request, &above, &said, err) ||
        rk_optee_uuid(request, self(), above.count != 0, said.uuid, err) ||
        put_image(rk_public_pkey(pub), &said, &image, err))
        return err->rc;
    shdr = (struct rk_optee_shdr) { RK_OPTEE_MAGIC, RK_OPTEE_SUBKEY, (uint32_t)image.len,
                                    said.algo->id,  RK_OPTEE_HASH,   UNSIGNED_SIG };
    return write_subkey(&front, &shdr, NULL, image.p, ret, err);
}

/* ---- signing ---- */

/* The last subkey, its header as it will be signed by this key. */
static enum rk_rc prepare(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_optee_chain *chain, struct rk_optee_subkey **ret,
                          struct rk_err *err)
{
    EVP_PKEY *key = request->key[0].pub;
    struct rk_optee_subkey *last;

    if (read_chain(file, len, chain, err) || rk_optee_key_fits(key, err))
        return err->rc;
    last = &chain->subkey[--chain->count];
    if (rk_optee_signs_below(request, chain, key, err) ||
        rk_optee_algo_find(rk_request_text(request, self(), "algo"), &last->head.algo, err))
        return err->rc;
    last->head.shdr.algo = last->head.algo->id;
    last->head.shdr.sig_size = (uint16_t)(EVP_PKEY_get_bits(key) / 8);
    *ret = last;
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(FILE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_optee_chain chain;
    struct rk_optee_subkey *last;

    if (prepare(request, file, len, &chain, &last, err))
        return err->rc;
    rk_layout_write(rk_optee_shdr_layout, RK_OPTEE_SHDR_FIELDS, &last->head.shdr, &wr);
    rk_wr_bytes(&wr, last->image, last->head.shdr.img_size);
    if (rk_wr_end(&wr, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "header and public key", last->head.algo->scheme, &message,
                                err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes front = RK_BYTES_NONE;
    struct rk_optee_chain chain;
    struct rk_optee_subkey *last;

    if (prepare(request, file, len, &chain, &last, err))
        return err->rc;
    if (signatures[0].len != last->head.shdr.sig_size)
        return rk_fail(err, RK_E_KEY, "a signature of %s, expected %u",
                       RK_COUNTED(signatures[0].len, "byte"), last->head.shdr.sig_size);
    if (rk_bytes_copy(file, last->head.at, &front, err))
        return err->rc;
    return write_subkey(&front, &last->head.shdr, signatures[0].p, last->image, ret, err);
}

const struct rk_format rk_format_optee_subkey = {
    .name = "optee-subkey",
    .title = "OP-TEE subkey",
    .max = FILE_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_optee_subkey;
}

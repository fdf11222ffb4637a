/* SPDX-License-Identifier: Apache-2.0 */
/* The little-endian forms of keys and signatures on Tegra. Source: boot-images.md 2.2, 2.3. */
#include "rotkit/tegra_sign.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/format_row.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

/* One row a key type that an Orin boot ROM takes. */
/* clang-format off */
static const struct key_type {
    const char *name;   /* for people */
    const char *type;   /* EVP name */
    int bits;
    enum rk_scheme scheme;
    size_t slot;        /* EC: bytes of a coordinate, of r and of s; 0: RSA */
    size_t wire;        /* bytes of key and of signature */
} key_types[] = {
    { "RSA-3072", "RSA", 3072, RK_SCHEME_RSA_PSS_SHA512, 0,  384 },
    { "P-256",    "EC",  256,  RK_SCHEME_ECDSA_SHA512,   32, 64 },
    { "P-521",    "EC",  521,  RK_SCHEME_ECDSA_SHA512,   68, 136 },
};
/* clang-format on */
enum { KEY_TYPES = sizeof key_types / sizeof key_types[0] };

static void reverse(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = byte;
    }
}

static enum rk_rc find_type(EVP_PKEY *pub, const struct key_type **ret, struct rk_err *err)
{
    for (size_t i = 0; i < KEY_TYPES; i++) {
        if (EVP_PKEY_is_a(pub, key_types[i].type) && EVP_PKEY_get_bits(pub) == key_types[i].bits) {
            *ret = &key_types[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_KEY,
                   "an Orin boot ROM takes RSA-3072, P-256 or P-521, this key is %s with %s",
                   EVP_PKEY_get0_type_name(pub), RK_COUNTED(EVP_PKEY_get_bits(pub), "bit"));
}

/* The public exponent is not in the key's form, so the ROM has to assume it. */
static enum rk_rc check_exponent(EVP_PKEY *pub, struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *e = NULL;

    if (EVP_PKEY_get_bn_param(pub, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
        return rk_fail_ossl(err, RK_E_KEY, "RSA key");
    if (!BN_is_word(e, RSA_F4))
        return rk_fail(err, RK_E_KEY, "the RSA exponent is not 65537, which the boot ROM assumes");
    return RK_OK;
}

enum rk_rc rk_tegra_key(EVP_PKEY *pub, struct rk_tegra_key *ret, struct rk_err *err)
{
    const struct key_type *type;
    struct rk_tegra_key key;

    if (find_type(pub, &type, err) || (type->slot == 0 && check_exponent(pub, err)))
        return err->rc;
    key = (struct rk_tegra_key) { .name = type->name, .scheme = type->scheme, .len = type->wire };
    if (rk_pcp(pub, key.pcp, err))
        return err->rc;
    *ret = key;
    return RK_OK;
}

static enum rk_rc ecdsa_to_wire(const struct key_type *type, const struct rk_bytes *der,
                                uint8_t *wire, struct rk_err *err)
{
    const unsigned char *at = der->p;
    RK_AUTO(rk_ecdsa_done) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der->len);

    if (sig == NULL ||
        BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), wire, (int)type->slot) != (int)type->slot ||
        BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), wire + type->slot, (int)type->slot) !=
            (int)type->slot)
        return rk_fail_ossl(err, RK_E_KEY, "ECDSA signature");
    return RK_OK;
}

enum rk_rc rk_tegra_signature(EVP_PKEY *pub, const struct rk_bytes *signature, struct rk_bytes *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes wire = RK_BYTES_NONE;
    const struct key_type *type;

    if (find_type(pub, &type, err) || rk_bytes_new(type->wire, &wire, err))
        return err->rc;
    if (type->slot != 0) {
        if (ecdsa_to_wire(type, signature, wire.p, err))
            return err->rc;
    } else {
        if (signature->len != type->wire)
            return rk_fail(err, RK_E_KEY, "RSA signature of %s, expected %zu",
                           RK_COUNTED(signature->len, "byte"), type->wire);
        memcpy(wire.p, signature->p, type->wire);
        reverse(wire.p, type->wire);
    }
    *ret = rk_bytes_take(&wire);
    return RK_OK;
}

static enum rk_rc ecdsa_from_wire(const struct key_type *type, const uint8_t *wire,
                                  struct rk_bytes *ret, struct rk_err *err)
{
    return rk_ecdsa_der(BN_lebin2bn(wire, (int)type->slot, NULL),
                        BN_lebin2bn(wire + type->slot, (int)type->slot, NULL), ret, err);
}

enum rk_rc rk_tegra_check(const rk_ctx *ctx, EVP_PKEY *pub, const uint8_t *message, size_t len,
                          const uint8_t *wire, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sig = RK_BYTES_NONE;
    const struct key_type *type;

    if (find_type(pub, &type, err))
        return err->rc;
    if (type->slot != 0) {
        if (ecdsa_from_wire(type, wire, &sig, err))
            return err->rc;
    } else {
        if (rk_bytes_copy(wire, type->wire, &sig, err))
            return err->rc;
        reverse(sig.p, sig.len);
    }
    return rk_signature_check(ctx, pub, type->scheme, message, len, sig.p, sig.len, err);
}

/* ---- the split ---- */

enum rk_rc rk_tegra_output_check(const char *output, const char *experimental, struct rk_err *err)
{
    bool insert = experimental != NULL && strcmp(experimental, "oem-insert") == 0;

    if (experimental != NULL && !insert)
        return rk_fail(err, RK_E_USAGE, "setting \"experimental\": expected oem-insert");
    if (insert && strcmp(output, "image") != 0)
        return rk_fail(err, RK_E_USAGE,
                       "settings \"output\" and \"experimental\" exclude each other");
    if (insert || strcmp(output, "sig") == 0 || strcmp(output, "pub") == 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE,
                  "where the OEM signature stands is known from third-party work alone");
    (void)rk_note(err, "output=sig and output=pub make the files that the BSP's own header tool "
                       "puts in");
    return rk_note(err, "experimental=oem-insert puts them in here, at those offsets");
}

enum rk_rc rk_tegra_attach(EVP_PKEY *pub, const char *output, const struct rk_tegra_place *place,
                           const uint8_t *file, size_t len, const struct rk_bytes *signature,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes wire = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct rk_tegra_key key;

    if (rk_tegra_key(pub, &key, err) || rk_tegra_signature(pub, signature, &wire, err))
        return err->rc;
    if (strcmp(output, "pub") == 0)
        return rk_bytes_copy(key.pcp, key.len, ret, err);
    if (strcmp(output, "sig") == 0) {
        *ret = rk_bytes_take(&wire);
        return RK_OK;
    }
    if (rk_bytes_copy(file, len, &made, err))
        return err->rc;
    memset(made.p + place->signature, 0, place->signature_room);
    memcpy(made.p + place->signature, wire.p, wire.len);
    memcpy(made.p + place->pcp, key.pcp, sizeof key.pcp);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

bool rk_tegra_is_signed(const struct rk_tegra_place *place, const uint8_t *file)
{
    return !rk_all_zero(file + place->signature, place->signature_room);
}

enum rk_rc rk_tegra_signature_verify(const rk_ctx *ctx, EVP_PKEY *pub,
                                     const struct rk_tegra_place *place, const uint8_t *file,
                                     char ret_signer[160], struct rk_err *err)
{
    struct rk_tegra_key key;

    if (!rk_tegra_is_signed(place, file))
        return rk_fail(err, RK_E_VERIFY, "no OEM signature at 0x%zx (experimental offset)",
                       place->signature);
    if (rk_tegra_key(pub, &key, err))
        return rk_check_other_kind(err);
    if (memcmp(file + place->pcp, key.pcp, sizeof key.pcp) != 0)
        return rk_fail(err, RK_E_VERIFY, "signed by another key: the PCP at 0x%zx is not this one",
                       place->pcp);
    if (rk_tegra_check(ctx, pub, file + place->from, place->to - place->from,
                       file + place->signature, err))
        return rk_wrap(err, "OEM signature over [0x%zx, 0x%zx)", place->from, place->to);
    (void)snprintf(ret_signer, 160, "OEM key (%s), at experimental offsets", key.name);
    return RK_OK;
}

/* ---- signature and key in files of their own, as output=sig and output=pub make them ---- */

static enum rk_rc check_parts(const struct rk_request *request, struct rk_err *err)
{
    for (size_t i = 0; i < request->part_count; i++) {
        const char *name = request->part[i].name;

        if (strcmp(name, "sig") != 0 && strcmp(name, "pub") != 0)
            return rk_fail(err, RK_E_USAGE, "part \"%s\" is for pack: verify takes sig and pub",
                           name);
    }
    return RK_OK;
}

enum rk_rc rk_tegra_no_signature_parts(const struct rk_request *request, struct rk_err *err)
{
    if (rk_request_part(request, "sig") != NULL || rk_request_part(request, "pub") != NULL)
        return rk_fail(err, RK_E_USAGE, "parts \"sig\" and \"pub\" are for verify");
    return RK_OK;
}

static enum rk_rc check_beside(const struct rk_request *request, const struct rk_tegra_place *place,
                               const uint8_t *file, char ret_signer[160], struct rk_err *err)
{
    const struct rk_input *sig = rk_request_part(request, "sig");
    const struct rk_input *pub = rk_request_part(request, "pub");
    struct rk_tegra_key key;

    if (rk_tegra_key(request->key[0].pub, &key, err))
        return rk_check_other_kind(err);
    if (pub != NULL && (pub->len != key.len || memcmp(pub->p, key.pcp, key.len) != 0))
        return rk_fail(err, RK_E_VERIFY, "part \"pub\" is of another key");
    if (sig == NULL)
        return RK_OK;
    if (sig->len != key.len)
        return rk_fail(err, RK_E_VERIFY, "part \"sig\": %s, a signature by %s has %zu",
                       RK_COUNTED(sig->len, "byte"), key.name, key.len);
    if (rk_tegra_check(request->ctx, request->key[0].pub, file + place->from,
                       place->to - place->from, sig->p, err))
        return rk_wrap(err, "part \"sig\" over [0x%zx, 0x%zx)", place->from, place->to);
    (void)snprintf(ret_signer, 160, "OEM key (%s), signature beside the file", key.name);
    return RK_OK;
}

enum rk_rc rk_tegra_check_signer(const struct rk_request *request,
                                 const struct rk_tegra_place *place, const uint8_t *file,
                                 struct rk_map *map, bool *ret_signed, struct rk_err *err)
{
    bool keyed = request->key_count != 0, inside = rk_tegra_is_signed(place, file);
    bool beside = rk_request_part(request, "sig") != NULL;

    if (check_parts(request, err) ||
        rk_check_begin(request, keyed || inside || request->part_count != 0, RK_NEED_PUB, map,
                       ret_signed, err))
        return err->rc;
    if (!*ret_signed)
        return RK_OK;
    if ((inside || !beside) &&
        rk_tegra_signature_verify(request->ctx, request->key[0].pub, place, file, map->signer, err))
        return err->rc;
    return check_beside(request, place, file, map->signer, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of a unit: the firmware TPM's TA with its seed, encrypted and signed. */
#include "platform/optee/plan.h"

#include "rotkit/base64.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"

#include <string.h>

static const char format[] = "optee-ta";

static const struct rk_optee_plan *plan_of(const struct rk_making *making)
{
    return making->plan;
}

static bool wants_public(const struct rk_making *making)
{
    return plan_of(making)->huks != NULL;
}

static bool wants_sealed(const struct rk_making *making)
{
    return plan_of(making)->class_key.p != NULL;
}

static const char *file_name(const void *plan)
{
    return ((const struct rk_optee_plan *)plan)->file;
}

/* What the operations on one unit's TA take; each by what it heeds. */
struct ta {
    struct rk_input elf, ta_key;
    struct rk_setting pack[2], encrypt, sign;
    struct rk_request_key key;
    struct rk_request request;
};

/* In place, since the request points into it. */
static void set_up(const struct rk_making *making, struct ta *ret)
{
    const struct rk_optee_plan *plan = making->plan;
    const struct rk_bytes *spki = rk_signer_spki(plan->key);

    *ret = (struct ta) { .ta_key = { "ta-key", spki->p, spki->len },
                         .pack = { { "uuid", plan->uuid }, { "version", plan->version } },
                         .encrypt = { "enc-key", plan->huks != NULL ? "device" : "class" },
                         .sign = { "algo", plan->algo },
                         .key = { .role = "", .pub = rk_signer_pkey(plan->key) },
                         .request = { .ctx = making->ctx, .reproducible = true } };
}

/* For what reads the plaintext: the device's HUK and the TA key, or the class's key. */
static struct rk_request under_key(const struct rk_making *making, const struct ta *ta)
{
    const struct rk_optee_plan *plan = making->plan;
    struct rk_request request = ta->request;

    request.secret = plan->huks != NULL ? &making->unit->secret[RK_OPTEE_HUK] : &plan->class_key;
    request.part = &ta->ta_key;
    request.part_count = plan->huks != NULL ? 1 : 0;
    return request;
}

static struct rk_request to_encrypt(const struct rk_making *making, const struct ta *ta)
{
    struct rk_request request = under_key(making, ta);

    request.setting = &ta->encrypt;
    request.setting_count = 1;
    return request;
}

static struct rk_request to_sign(const struct rk_making *making, const struct ta *ta)
{
    struct rk_request request = under_key(making, ta);

    request.setting = &ta->sign;
    request.setting_count = 1;
    request.key = &ta->key;
    request.key_count = 1;
    return request;
}

static struct rk_request to_verify(const struct rk_making *making, const struct ta *ta)
{
    struct rk_request request = to_sign(making, ta);

    request.setting_count = 0;
    return request;
}

/* The ELF with the unit's seed in place of the placeholder. */
static enum rk_rc fill_in(const struct rk_making *making, struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_optee_plan *plan = making->plan;
    const struct rk_secret *eps = &making->unit->secret[RK_OPTEE_EPS];
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes elf = RK_BYTES_NONE;

    if (eps->len != RK_TA_SEED)
        return rk_fail(err, RK_E_USAGE, "a seed of %s, expected %d", RK_COUNTED(eps->len, "byte"),
                       RK_TA_SEED);
    if (rk_base64_write(eps->p, eps->len, &text, err) ||
        rk_bytes_copy(plan->elf.p, plan->elf.len, &elf, err))
        return err->rc;
    memcpy(elf.p + plan->place.seed_at, text.p, RK_TA_SEED_TEXT);
    *ret = rk_bytes_take(&elf);
    return RK_OK;
}

/* Packed and encrypted, not yet signed. */
static enum rk_rc pack(const struct rk_making *making, struct ta *ta, struct rk_bytes *ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes elf = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes packed = RK_BYTES_NONE;
    struct rk_request packing = ta->request;
    const struct rk_request encrypting = to_encrypt(making, ta);

    if (fill_in(making, &elf, err))
        return err->rc;
    ta->elf = (struct rk_input) { "elf", elf.p, elf.len };
    packing.part = &ta->elf;
    packing.part_count = 1;
    packing.setting = ta->pack;
    packing.setting_count = sizeof ta->pack / sizeof ta->pack[0];
    if (rk_format_build(format, &packing, &packed, err))
        return err->rc;
    return rk_format_encrypt(format, &encrypting, packed.p, packed.len, ret, err);
}

static void map_done(struct rk_map *map)
{
    rk_map_done(map);
}

static enum rk_rc verify(const struct rk_making *making, const struct ta *ta, const uint8_t *file,
                         size_t len, struct rk_err *err)
{
    RK_AUTO(map_done) struct rk_map map = { .format = NULL };
    const struct rk_request request = to_verify(making, ta);

    return rk_format_verify(format, &request, file, len, &map, err);
}

/* What is signed of a TA. */
static enum rk_rc message_of(const struct rk_making *making, const struct ta *ta,
                             const struct rk_bytes *file, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    const struct rk_request request = to_sign(making, ta);

    if (rk_format_to_sign(format, &request, file->p, file->len, &requests, err))
        return err->rc;
    *ret = rk_bytes_take(&requests.item[0].message);
    return RK_OK;
}

/* The TA of the release in place, when only its signature could differ and holds; else empty. */
static enum rk_rc previous_of(const struct rk_making *making, const struct ta *ta,
                              const struct rk_role_row *role, const struct rk_bytes *unsigned_ta,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes now = RK_BYTES_NONE, then = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes old = RK_BYTES_NONE;
    const struct rk_making_signs *signs = making->signs;
    struct rk_err damage; /* a damaged previous release is no reason to stop */

    if (signs->previous == NULL || role->place != RK_PLACE_DEVICE)
        return RK_OK;
    if (signs->previous(signs->arg, role, &making->unit->sn, &old, err) ||
        message_of(making, ta, unsigned_ta, &now, err))
        return err->rc;
    if (old.p == NULL || message_of(making, ta, &old, &then, &damage) != RK_OK ||
        then.len != now.len || memcmp(then.p, now.p, now.len) != 0 ||
        verify(making, ta, old.p, old.len, &damage) != RK_OK)
        return RK_OK;
    *ret = rk_bytes_take(&old);
    return RK_OK;
}

static enum rk_rc sign(const struct rk_making *making, const struct ta *ta,
                       const struct rk_role_row *role, const struct rk_bytes *unsigned_ta,
                       struct rk_bytes *ret, struct rk_err *err)
{
    rk_signer *key = plan_of(making)->key;
    RK_AUTO(rk_wants_done) struct rk_wants none = { .item = NULL }; /* the key is at hand */
    const struct rk_signing by = { .signer = &key, .book = making->signs->book, .wants = &none };
    const struct rk_request request = to_sign(making, ta);

    if (previous_of(making, ta, role, unsigned_ta, ret, err))
        return err->rc;
    if (ret->p != NULL)
        return RK_OK;
    return rk_format_sign_by(format, &request, &by, unsigned_ta->p, unsigned_ta->len, ret, err);
}

static enum rk_rc make(const struct rk_making *making, struct rk_artifact *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes unsigned_ta = RK_BYTES_NONE;
    struct ta ta;

    set_up(making, &ta);
    if (pack(making, &ta, &unsigned_ta, err))
        return err->rc;
    return sign(making, &ta, &ret->role, &unsigned_ta, &ret->bytes, err);
}

static enum rk_rc check(const struct rk_making *making, const struct rk_artifact *made,
                        struct rk_err *err)
{
    struct ta ta;

    set_up(making, &ta);
    return verify(making, &ta, made->bytes.p, made->bytes.len, err);
}

/* clang-format off */
const struct rk_maker rk_optee_makers[] = {
    { .role = { "ftpm-ta", "*.ta", RK_PLACE_DEVICE, "optee-ta", NULL, false },
      .what = "fTPM TA", .file = file_name, .wants = wants_public, .make = make, .check = check },
    { .role = { "ftpm-ta", "*.ta", RK_PLACE_SECRET, "optee-ta", NULL, false },
      .what = "fTPM TA", .file = file_name, .wants = wants_sealed, .make = make, .check = check },
    { .role = { .role = NULL } },
};
/* clang-format on */

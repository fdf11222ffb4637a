/* SPDX-License-Identifier: Apache-2.0 */
/* The TA and the keys that releases for boards with OP-TEE are made with, opened once. */
#include "platform/optee/plan.h"

#include "base/digest.h"
#include "base/mem.h"
#include "rotkit/file.h"
#include "rotkit/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ELF_MAX = 32 << 20, CLASS_KEY = 32 };

void rk_optee_plan_free(void *arg)
{
    struct rk_optee_plan *plan = arg;

    if (plan == NULL)
        return;
    rk_signer_free(plan->key);
    rk_bytes_done(&plan->elf);
    rk_secret_done(&plan->class_key);
    rk_huk_db_close(plan->huks);
    rk_free(plan);
}

RK_CLEANUP(free_at_exit, struct rk_optee_plan, rk_optee_plan_free)

/* The TA as its maker built it, with a place for the seed. */
static enum rk_rc read_elf(const struct rk_given *given, struct rk_optee_plan *plan,
                           struct rk_err *err)
{
    const struct rk_optee_settings *s = given->settings;

    if (rk_file_read(s->ta.elf.v, ELF_MAX, &plan->elf, err) ||
        rk_sha256(plan->elf.p, plan->elf.len, plan->elf_sha256, err))
        return rk_given_at(given, s->ta.elf.at, "ftpm-ta.elf", err);
    if (rk_ta_elf_read(plan->elf.p, plan->elf.len, &plan->place, err) == RK_OK)
        return RK_OK;
    (void)rk_wrap(err, "\"%s\"", s->ta.elf.v);
    (void)rk_given_at(given, s->ta.elf.at, "ftpm-ta.elf", err);
    return rk_note(err, "rotkit help optee says what is built into the TA");
}

static enum rk_rc check_uuid(const rk_ctx *ctx, const struct rk_given *given,
                             struct rk_optee_plan *plan, struct rk_err *err)
{
    const struct rk_optee_settings *s = given->settings;
    char built[RK_GUID_TEXT];
    uint8_t uuid[RK_GUID_LEN];

    if (rk_uuid_parse(s->ta.uuid.v, uuid, err))
        return rk_given_at(given, s->ta.uuid.at, "ftpm-ta.uuid", err);
    rk_uuid_text(uuid, plan->uuid);
    (void)snprintf(plan->file, sizeof plan->file, "%s.ta", plan->uuid);
    if (!plan->place.has_uuid) {
        rk_warn(ctx, "\"%s\" has no head of a TA: whether its UUID is %s is not known", s->ta.elf.v,
                plan->uuid);
        return RK_OK;
    }
    if (memcmp(plan->place.uuid, uuid, sizeof uuid) == 0)
        return RK_OK;
    rk_uuid_text(plan->place.uuid, built);
    return rk_given_fail(given, s->ta.uuid.at.line == 0 ? s->ta.elf.at : s->ta.uuid.at, err,
                         "ftpm-ta.uuid: \"%s\" was built as %s, and OP-TEE would look for %s",
                         s->ta.elf.v, built, plan->uuid);
}

/* What the format says of it, before the first unit. */
static enum rk_rc check_key(const rk_ctx *ctx, const struct rk_optee_plan *plan, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes packed = RK_BYTES_NONE;
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    const struct rk_input elf = { "elf", plan->elf.p, plan->elf.len };
    const struct rk_setting uuid = { "uuid", plan->uuid };
    const struct rk_request_key key = { .role = "", .pub = rk_signer_pkey(plan->key) };
    const struct rk_request pack = {
        .ctx = ctx, .part = &elf, .part_count = 1, .setting = &uuid, .setting_count = 1
    };
    const struct rk_request sign = { .ctx = ctx, .key = &key, .key_count = 1 };

    if (rk_format_build("optee-ta", &pack, &packed, err))
        return err->rc;
    return rk_format_to_sign("optee-ta", &sign, packed.p, packed.len, &requests, err);
}

static enum rk_rc open_keys(const rk_ctx *ctx, const struct rk_given *given,
                            struct rk_optee_plan *plan, struct rk_err *err)
{
    const struct rk_optee_settings *s = given->settings;
    const struct rk_pin pin = RK_PIN_INIT(s->ta.passphrase.v);
    RK_AUTO(rk_bytes_done) struct rk_bytes probe = RK_BYTES_NONE;

    if (rk_signer_open(ctx, s->ta.key.v, &pin, &plan->key, err) || check_key(ctx, plan, err) ||
        (rk_signer_can_sign(plan->key) && rk_signer_sign(plan->key, rk_scheme_find(plan->algo),
                                                         (const uint8_t *)"probe", 5, &probe, err)))
        return rk_given_at(given, s->ta.key.at, "ftpm-ta.key", err);
    /* What is signed of a TA is its plaintext: a round's folder would hold every seed. */
    if (!rk_signer_can_sign(plan->key)) {
        (void)rk_given_fail(given, s->ta.key.at, err,
                            "ftpm-ta.key: a public key: what is signed of a TA holds its seed in "
                            "the clear, and must not go into the folder of a signing round");
        return rk_note(err, "name the key itself, one in a token (pkcs11:) or behind a program of "
                            "yours (helper:)");
    }
    if (s->ta.huk_db.v != NULL && rk_huk_db_open(s->ta.huk_db.v, &plan->huks, err))
        return rk_given_at(given, s->ta.huk_db.at, "ftpm-ta.encrypt.huk-db", err);
    if (plan->huks != NULL)
        rk_huk_db_warn(ctx, plan->huks);
    return rk_given_read_key(given, &s->ta.class_key, "ftpm-ta.encrypt.class-key", CLASS_KEY,
                             &plan->class_key, err);
}

enum rk_rc rk_optee_prepare(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                            bool *ret_unconfirmed, struct rk_err *err)
{
    RK_AUTO(free_at_exit) struct rk_optee_plan *plan = rk_alloc(1, sizeof *plan);
    const struct rk_optee_settings *s = given->settings;

    (void)ret_unconfirmed;
    if (plan == NULL)
        return rk_fail_nomem(err);
    if (s->ta.at.line != 0) {
        plan->algo = s->ta.algo.v;
        (void)snprintf(plan->version, sizeof plan->version, "%" PRId64, s->ta.version.v);
        if (read_elf(given, plan, err) || check_uuid(ctx, given, plan, err) ||
            open_keys(ctx, given, plan, err))
            return err->rc;
    }
    *ret = plan;
    plan = NULL;
    return RK_OK;
}

enum rk_rc rk_optee_complete(const void *arg, const struct rk_unit_id *sn, struct rk_unit *ret,
                             struct rk_err *err)
{
    const struct rk_optee_plan *plan = arg;

    if (plan->huks == NULL)
        return RK_OK;
    return rk_huk_db_find(plan->huks, sn, ret == NULL ? NULL : &ret->secret[RK_OPTEE_HUK], err);
}

void rk_optee_put_inputs(const void *arg, struct rk_wr *wr)
{
    const struct rk_optee_plan *plan = arg;

    if (plan->key == NULL)
        return;
    rk_wr_part(wr, plan->elf_sha256, sizeof plan->elf_sha256);
    rk_wr_text_part(wr, plan->uuid);
    rk_wr_text_part(wr, plan->version);
    rk_wr_text_part(wr, plan->algo);
    rk_wr_part(wr, rk_signer_spki(plan->key)->p, rk_signer_spki(plan->key)->len);
    rk_wr_part(wr, plan->class_key.p, plan->class_key.len);
}

enum rk_rc rk_optee_put_run_inputs(const void *arg, struct rk_wr *wr, struct rk_err *err)
{
    const struct rk_optee_plan *plan = arg;

    (void)err;
    if (plan->huks != NULL)
        rk_wr_part(wr, rk_huk_db_sha256(plan->huks), 32);
    return RK_OK;
}

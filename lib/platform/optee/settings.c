/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's words for boards with OP-TEE, and the rules between them. */
#include "platform/optee/plan.h"

#include <string.h>

#define OF(member) offsetof(struct rk_optee_settings, member)

/* clang-format off */
static const char *const algos[] = { "rsa-pkcs1-sha256", "rsa-pss-sha256", NULL };

static const struct rk_mrow encrypt_rows[] = {
    { "huk-db", RK_M_PATH, OF(ta.huk_db), 0, NULL, NULL, NULL, "devices/huk_db.csv",
      "CSV \"unit,huk\": 20 and 32 hex digits a row; each TA is for one device, and public" },
    { "class-key", RK_M_KEY, OF(ta.class_key), RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "instead: OP-TEE's class-wide key, 32 bytes; who holds it can read each seed, so TAs are sealed" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

static const struct rk_mrow ta_rows[] = {
    { "elf", RK_M_PATH, OF(ta.elf), RK_M_REQUIRED, NULL, NULL, NULL, "components/ftpm_ta.elf",
      "the fTPM TA as it was built, stripped or not, with the placeholder of the seed in it" },
    { "uuid", RK_M_TEXT, OF(ta.uuid), 0, "bc50d971-d4c9-42c4-82cb-343fb7f37896", NULL, NULL, NULL,
      "UUID of the TA" },
    { "version", RK_M_U32, OF(ta.version), 0, "0", NULL, NULL, "1",
      "ta_version: OP-TEE refuses a lower one than it has loaded" },
    { "key", RK_M_KEY, OF(ta.key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "keys/ta.key",
      "key that OP-TEE's TA key is the public half of: RSA-2048 to 4096" },
    { "passphrase", RK_M_PASSPHRASE, OF(ta.passphrase), 0, NULL, NULL, NULL, NULL,
      "where the key's passphrase comes from: fd:N, file:PATH, env:NAME" },
    { "algo", RK_M_CHOICE, OF(ta.algo), 0, "rsa-pkcs1-sha256", algos, NULL, NULL,
      "of the signature; PSS, which is random, under huk-db alone: what is sealed cannot be kept" },
    { "encrypt", RK_M_SECTION, OF(ta.encrypt.at), RK_M_REQUIRED, NULL, NULL, encrypt_rows, "",
      "what the TA is encrypted under, since it holds the seed" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

const struct rk_mrow rk_optee_sections[] = {
    { "ftpm-ta", RK_M_PLATFORM, OF(ta.at), 0, NULL, NULL, ta_rows, "",
      "the firmware TPM with the seed of each device; without it: EK certificates alone" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};

const struct rk_device_file rk_optee_device_files[] = {
    [RK_OPTEE_EPS_DB] = { "eps-db", "devices/eps_db.csv",
      "CSV \"unit,eps\": 20 and 128 hex digits a row, as `rotkit device new` writes it", false },
    { NULL, NULL, NULL, false },
};
const struct rk_init_file rk_optee_init_files[] = {
    { .path = "devices/eps_db.csv", .kind = RK_INIT_UNITS, .db = RK_DB_EPS },
    { .path = "devices/huk_db.csv", .kind = RK_INIT_UNITS, .db = RK_DB_HUK },
    { .path = "keys/ta.key", .kind = RK_INIT_SIGNER, .type = "rsa3072" },
    { .path = "components/ftpm_ta.elf", .kind = RK_INIT_BYTES, .bytes = rk_optee_stand_in, .len = &rk_optee_stand_in_len },
    { .path = NULL },
};
/* clang-format on */

enum rk_rc rk_optee_check_devices(const struct rk_given *given, struct rk_err *err)
{
    bool file = given->file[RK_OPTEE_EPS_DB].v != NULL;

    if (!given->odm || !given->oem)
        return rk_given_fail(given, given->devices, err,
                             "role: platform %s knows no hand-over between two companies: "
                             "expected both",
                             rk_platform_name(given->platform));
    if (file == given->has_master_key)
        return rk_given_fail(given, given->devices, err,
                             "devices: exactly one of eps-db and master-key is needed");
    return RK_OK;
}

enum rk_rc rk_optee_check_settings(const struct rk_given *given, struct rk_err *err)
{
    const struct rk_optee_settings *s = given->settings;

    if (s->ta.at.line == 0)
        return RK_OK;
    if ((s->ta.huk_db.v == NULL) == (s->ta.class_key.v == NULL))
        return rk_given_fail(given, s->ta.encrypt.at, err,
                             "ftpm-ta.encrypt: exactly one of huk-db and class-key is needed");
    if (s->ta.class_key.v != NULL && strcmp(s->ta.algo.v, algos[0]) != 0)
        return rk_given_fail(given, s->ta.algo.at, err,
                             "ftpm-ta.algo: %s signatures are random, and a sealed TA cannot be "
                             "kept from build to build: take %s under a class key",
                             s->ta.algo.v, algos[0]);
    return RK_OK;
}

const char *rk_optee_unit_svn(const struct rk_given *given, uint64_t *ret)
{
    const struct rk_optee_settings *s = given->settings;

    *ret = (uint64_t)s->ta.version.v;
    return s->ta.at.line == 0 ? NULL : "ftpm-ta";
}

const char *rk_optee_secrets(const struct rk_given *given, struct rk_where *ret)
{
    const struct rk_optee_settings *s = given->settings;

    *ret = s->ta.class_key.at;
    return s->ta.class_key.v != NULL ? "a TA under a class key holds its device's seed" : NULL;
}
